"""A `Scenario` back to YAML: as resolved, every quantity with its unit, every imported file inlined."""

from __future__ import annotations

from typing import Any

import yaml
from pydantic import BaseModel

from simulator.importers.document import scalar
from simulator.model.deployment_configuration import PREDEFINED
from simulator.model.scenario import Scenario

_WIDTH = 100


class _Dumper(yaml.SafeDumper):
    """Writes block style, and quotes every text that some reader would take for something else."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write a value as often as it occurs: a reader follows no anchors."""
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    # A leading digit or sign is quoted only where a reader may see a number: 900/s stays bare, 1e5 does not.
    # Marks that YAML takes for line ends survive as escapes alone.
    ends_lines = any(mark in text for mark in "\x85\u2028\u2029")
    number = scalar(text) != text or (text[:1] == "0" and text[1:2].isdigit())
    style = '"' if number or ends_lines else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def dump(scenario: Scenario) -> str:
    """Write a scenario as YAML that `loads` reads back as an equal one.

    Parameters
    ----------
    scenario : Scenario
        With what it imported already inside it.

    Returns
    -------
    str
        Fields that were not given are left out, so defaults stay defaults.
    """
    return yaml.dump(written(scenario), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH)


def written(scenario: Scenario) -> dict[str, Any]:
    """A scenario as the data that `dump` writes, fields in the model's order."""
    fields = scenario.model_dump(mode="json", exclude_unset=True)
    fields["service"] = {"platform": scenario.service.platform, **fields["service"]}
    _with_kinds(fields, scenario)
    if not fields.get("assumptions"):
        fields.pop("assumptions", None)
    for plan, strategy in zip(fields["strategies"], scenario.strategies, strict=True):
        if _has_bare_numbers(strategy.overlay):
            world = scenario.under(strategy.name).model_dump(mode="json", exclude_unset=True)
            plan.update({key: _with_units(plan[key], world.get(key)) for key in strategy.overlay})
        name = strategy.configuration.name
        if PREDEFINED.get(name) == strategy.configuration:
            plan["configuration"] = name
        for stage, part in zip(plan.get("stages", ()), strategy.stages, strict=False):
            if part.configuration is not None and PREDEFINED.get(part.configuration.name) == part.configuration:
                stage["configuration"] = part.configuration.name
    return {name: fields[name] for name in Scenario.model_fields if name in fields}


def _has_bare_numbers(data: Any) -> bool:
    """Whether an overlay was built in Python, where numbers need no unit."""
    if isinstance(data, dict):
        return any(_has_bare_numbers(item) for item in data.values())
    if isinstance(data, list | tuple):
        return any(_has_bare_numbers(item) for item in data)
    return isinstance(data, BaseModel | int | float) and not isinstance(data, bool)


def _with_units(overlay: Any, world: Any) -> Any:
    """Return an overlay with the units that the world it makes is written with."""
    if isinstance(overlay, dict) and isinstance(world, dict) and set(overlay) <= set(world):
        return {key: _with_units(item, world[key]) for key, item in overlay.items()}
    if isinstance(overlay, list | tuple) and isinstance(world, list) and len(overlay) == len(world):
        return [_with_units(item, other) for item, other in zip(overlay, world, strict=True)]
    return world if _has_bare_numbers(overlay) else overlay


def _with_kinds(written: dict[str, Any], scenario: Scenario) -> None:
    """A defect or fault built in Python did not have to name its kind; a file does."""
    lists = (
        (written.get("revision", {}).get("defects", []), scenario.revision.defects),
        (written.get("faults", []), scenario.faults),
    )
    for items, models in lists:
        for index, model in enumerate(models if items else ()):
            items[index] = {"kind": model.kind, **items[index]}
