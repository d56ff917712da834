"""The shape of a scenario file: which fields exist where, for the JSON Schema, nearest names and ``--set``.

It is the model's own schema plus what only files may say: ``from:``, ``appspec:``, a predefined configuration
by name, the short form of a hook, and a strategy's overlay.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from simulator.importers.places import Path
from simulator.model.assumptions import TABLE
from simulator.model.deployment_configuration import PREDEFINED
from simulator.model.scenario import Scenario
from simulator.model.scenario_fields import OVERLAY_FIELDS

_FROM = {
    "type": "object",
    "properties": {"from": {"type": "string", "description": "a file beside the scenario"}},
    "required": ["from"],
    "additionalProperties": False,
}


@cache
def json_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of the scenario file, for editors and for `rollsim schema`."""
    schema = Scenario.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "rollsim scenario"
    parts = schema["$defs"]
    fields = schema["properties"]
    fields["base"] = {
        "type": "string",
        "description": "a scenario file beside this one that says the rest; lists of strategies and of alarms are "
        "those given here, items of a name that it knows start from its own",
    }
    fields["alarms"] = _alarms(fields["alarms"])
    fields["assumptions"] = _assumptions()
    fields["start"] = {"anyOf": [{"type": "string"}, fields["start"]], "description": "as in Tuesday 10:00"}
    for part, bounds in (("Decision", ("delta", "tolerance")), ("Limit", ("at_most", "at_least"))):
        for name in bounds:
            parts[part]["properties"][name] = {"type": ["string", "number"], "description": "in the metric's unit"}
    strategy = parts["Strategy"]["properties"]
    del strategy["overlay"]
    strategy["configuration"] = {
        "anyOf": [{"enum": list(PREDEFINED)}, _FROM, strategy["configuration"]],
        "description": "a predefined name, a file from aws deploy get-deployment-config, or the fields",
    }
    _from_files(parts, strategy)
    for name in OVERLAY_FIELDS:
        strategy[name] = _overlay(fields[name], parts)
    parts["Lifecycle"]["properties"]["appspec"] = {
        "type": "string",
        "description": "an AppSpec file beside the scenario; hooks given here are laid over its own",
    }
    _unless_based(schema)
    duration = parts["Lifecycle"]["properties"]["durations"]["additionalProperties"]
    parts["Hook"]["properties"]["timeout"] = {
        "type": "string",
        "description": "of its one script, as in 300 s",
    }
    parts["Hook"]["properties"]["duration"] = {**duration, "description": "of the event, as in 20 s"}
    return schema


def _unless_based(schema: dict[str, Any]) -> None:
    """Ask for what a scenario needs only where it names no base that may say it."""
    fields, parts = schema["properties"], schema["$defs"]
    strict = {}
    for name in OVERLAY_FIELDS:
        loose = _overlay(fields[name], parts)
        if loose is not fields[name]:
            strict[name], fields[name] = fields[name], loose
    strict["strategies"] = fields["strategies"]
    fields["strategies"] = {**fields["strategies"], "items": _overlay(fields["strategies"]["items"], parts)}
    schema["if"] = {"required": ["base"]}
    schema["else"] = {"required": schema.pop("required"), "properties": strict}


def _from_files(parts: dict[str, Any], strategy: dict[str, Any]) -> None:
    """``from:`` where a file gives part of a mapping, and configurations of stages by name."""
    traffic = parts["Traffic"]
    traffic["properties"]["from"] = _named_file("a CSV of time_s or clock and rate, instead of rate")
    traffic["if"] = {"not": {"anyOf": [{"required": ["series"]}, {"required": ["from"]}]}}
    traffic["then"] = {"required": traffic.pop("required")}
    parts["Prices"]["properties"]["from"] = _named_file("a file of amounts by price id, as in s3-get: 0.0000004 USD")
    strategy["from"] = _named_file("a file from aws deploy get-deployment-group: today's practice")
    parts["Strategy"]["if"] = {"not": {"required": ["from"]}}
    parts["Strategy"]["then"] = {"required": parts["Strategy"]["required"]}
    parts["Strategy"]["required"] = ["name"]
    parts["Stage"]["properties"]["configuration"] = {
        **strategy["configuration"],
        "description": "deployment configuration of this stage; left out, the strategy's",
    }


def _named_file(description: str) -> dict[str, Any]:
    return {"type": "string", "description": description}


def _alarms(given: dict[str, Any]) -> dict[str, Any]:
    items = {**given, "items": {"anyOf": [_FROM, given["items"]]}}
    described = "alarms, or a file from aws cloudwatch describe-alarms"
    return {"anyOf": [_FROM, items], "default": [], "description": described}


def _assumptions() -> dict[str, Any]:
    properties = {}
    for name, item in TABLE.items():
        if item.kind == "switch":
            properties[name] = {"enum": list(item.choices), "description": item.meaning}
        else:
            properties[name] = {"type": ["string", "number", "object"], "description": item.meaning}
    return {"type": "object", "properties": properties, "additionalProperties": False, "default": {}}


def _overlay(field: dict[str, Any], parts: dict[str, Any]) -> dict[str, Any]:
    """Fields that an overlay lays over the scenario's own: none of them required there."""
    if "$ref" not in field or field["$ref"].rsplit("/", 1)[-1] not in parts:
        return field if "oneOf" not in field else {"type": "object", "x-of": field}
    name = field["$ref"].rsplit("/", 1)[-1]
    loose = {key: item for key, item in parts[name].items() if key not in ("required", "if", "then")}
    parts[f"{name}Overlay"] = loose
    return {"$ref": f"#/$defs/{name}Overlay"}


def at(path: Path, data: Any = None) -> dict[str, Any] | None:
    """Schema of the value at a path, or None when the path leads nowhere.

    Parameters
    ----------
    path : tuple
        As in ``("revision", "defects", 0)``.
    data : Any
        The scenario's data, which tells the branches of unions apart; without it all branches are tried.
    """
    found = _resolved(json_schema())
    for step in path:
        here = _step(found, step, data)
        if here is None:
            return None
        found = here
        data = _child(data, step)
    return found


def fields(path: Path, data: Any = None) -> dict[str, Any]:
    """Fields that may stand at a path, by name, with the schema of each; empty where names are free."""
    found = at(path, data)
    here = data
    for step in path:
        here = _child(here, step)
    if found is None:
        return {}
    known: dict[str, Any] = {}
    for branch in _branches(found, here):
        for name, item in branch.get("properties", {}).items():
            known.setdefault(name, item)
    return known


def has_free_names(path: Path, data: Any = None) -> bool:
    """Whether any name may stand at a path (durations by event, dimensions, readiness)."""
    found = at(path, data)
    return found is not None and any(
        isinstance(branch.get("additionalProperties"), dict) or branch.get("additionalProperties") is True
        for branch in _branches(found, None)
    )


def _resolved(schema: Any) -> dict[str, Any]:
    while "$ref" in schema:
        schema = json_schema()["$defs"][schema["$ref"].rsplit("/", 1)[-1]]
    return dict(schema.get("x-of", schema))


def _branches(schema: dict[str, Any], data: Any) -> list[dict[str, Any]]:
    """Every object or list a value may be; the one its tag names when there is one."""
    schema = _resolved(schema)
    tag = schema.get("discriminator")
    if tag is not None and isinstance(data, Mapping) and data.get(tag["propertyName"]) in tag["mapping"]:
        return [_resolved({"$ref": tag["mapping"][data[tag["propertyName"]]]})]
    alternatives = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
    if not alternatives:
        return [schema]
    return [branch for item in alternatives for branch in _branches(item, data)]


def _step(schema: dict[str, Any], step: str | int, data: Any) -> dict[str, Any] | None:
    for branch in _branches(schema, data):
        if isinstance(step, int):
            if "items" in branch:
                return _resolved(branch["items"])
        elif step in branch.get("properties", {}):
            return _resolved(branch["properties"][step])
        elif isinstance(branch.get("additionalProperties"), dict):
            return _resolved(branch["additionalProperties"])
        elif branch.get("additionalProperties") is True:
            return {}
    return None


def _child(data: Any, step: str | int) -> Any:
    if isinstance(data, Mapping) and isinstance(step, str):
        return data.get(step)
    if isinstance(data, list) and isinstance(step, int) and step < len(data):
        return data[step]
    return None
