"""The model's complaints about a scenario file, each at its line and in the file's own words.

The one thing a newcomer would get wrong: what stops the model at its first complaint (a strategy's unknown
field, an unknown assumption) is looked for here beforehand and put aside, so that all is told at once.
"""

from __future__ import annotations

import difflib
import re
from typing import Any

from pydantic import ValidationError

from simulator.errors import ScenarioError, quoted
from simulator.importers.places import Map, Path, Seq, duplicate, follow, place_of, places_below, plain
from simulator.importers.wording import Complaint, complaints, nearest, not_one_of, unknown_field
from simulator.model.assumptions import TABLE
from simulator.model.deployment_configuration import predefined
from simulator.model.misfit import MisfitError
from simulator.model.scenario import Scenario
from simulator.rules.prices import priced
from simulator.scenario import schema
from simulator.scenario.culprit import culprit
from simulator.scenario.findings import Findings
from simulator.scenario.resolving import FALLBACK

_SEXAGESIMAL = re.compile(r"[0-9]{1,3}:[0-5][0-9]\Z")
UNITS_REQUIRED = {"units": "required"}


def validated(root: Map, findings: Findings, *, units: bool = True) -> Scenario | None:
    """Return the scenario, or None when anything is wrong with it.

    Parameters
    ----------
    root : Map
        The file's data, with everything it imports.
    findings : Findings
        Where complaints go.
    units : bool
        Whether a bare number is refused where a quantity is due, as in a file.
    """
    context = UNITS_REQUIRED if units else {}
    cleared = duplicate(root)
    _numbers_that_are_words(cleared, (), cleared, findings)
    _assumptions(cleared, (), findings, units)
    strategies = cleared.get("strategies")
    for index, strategy in enumerate(strategies if isinstance(strategies, Seq) else ()):
        if isinstance(strategy, Map):
            _strategy(strategy, ("strategies", index), findings)
            _assumptions(strategy, ("strategies", index), findings, units)
    try:
        scenario = Scenario.model_validate(plain(cleared), context=context)
    except ValidationError as error:
        _tell_all(cleared, list(complaints(error)), findings)
        return None
    for index, strategy in enumerate(scenario.strategies):
        _under(scenario, strategy.name, index, cleared, findings, context)
    return None if findings.failed else scenario


# ------------------------------------------------------------------------------------------------ beforehand


def _numbers_that_are_words(data: Any, path: Path, root: Map, findings: Findings) -> None:
    """Python takes true for 1; a reader of the file does not."""
    if isinstance(data, Map):
        for key, item in list(data.items()):
            _numbers_that_are_words(item, (*path, key), root, findings)
    elif isinstance(data, list):
        for index, item in enumerate(data):
            _numbers_that_are_words(item, (*path, index), root, findings)
    elif isinstance(data, bool):
        wanted = schema.at(path, root)
        if wanted is not None and wanted.get("type") in ("integer", "number"):
            _say(root, path, f"{str(data).lower()} is not a number; write for example 3", findings)
            above, _ = follow(root, path[:-1])
            above[path[-1]] = None


def _strategy(strategy: Map, path: Path, findings: Findings) -> None:
    known = schema.fields(path)
    for key in [key for key in strategy if key not in known]:
        findings.add(strategy.key_places[key], unknown_field(key, known), (*path, key))
        del strategy[key]
    name = strategy.get("configuration")
    if isinstance(name, str):
        try:
            predefined(name)
        except ValueError as error:
            findings.add(strategy.value_places["configuration"], str(error), (*path, "configuration"))
            strategy["configuration"] = FALLBACK


def _assumptions(world: Map, path: Path, findings: Findings, units: bool) -> None:
    given = world.get("assumptions")
    if not isinstance(given, Map):
        return
    for key in list(given):
        here = (*path, "assumptions", key)
        if key not in TABLE:
            findings.add(given.key_places[key], _unknown_assumption(key), here)
            del given[key]
            continue
        try:
            _parse_assumption(key, plain(given[key]), units)
        except ValueError as error:
            for complaint in complaints(error):
                findings.add(given.value_places[key], f"{key}: {complaint.message}", here)
            del given[key]


def _parse_assumption(key: str, value: Any, units: bool) -> None:
    assumption = TABLE[key]
    if value is None:
        raise ValueError("nothing is written here; write its value or leave it out")
    if assumption.kind == "switch" and not isinstance(value, str | bool):
        raise ValueError(not_one_of(value, assumption.choices))
    assumption.parse(value, required=units)


def _unknown_assumption(key: str) -> str:
    near = difflib.get_close_matches(key, TABLE, n=1)
    hint = f"did you mean '{near[0]}'?" if near else "docs/assumptions.md lists them"
    return f"unknown assumption {quoted(key)}; {hint}"


# ------------------------------------------------------------------------------------------------ the model


def _tell_all(root: Map, found: list[Complaint], findings: Findings, prefix: Path = ()) -> None:
    """Tell complaints, leaving out those that only follow from another one."""
    misspelt = {
        (complaint.path[:-1], near)
        for complaint in found
        if complaint.kind == "extra_forbidden"
        for near in nearest(str(complaint.path[-1]), _known(follow(root, complaint.path[:-1])[1], root))
    }
    for complaint in found:
        value, _ = follow(root, (*prefix, *complaint.path))
        if complaint.kind == "missing" and (complaint.path[:-1], complaint.path[-1]) in misspelt:
            continue
        if complaint.kind == "too_short" and value:
            continue  # its items were refused one by one
        _tell(root, complaint, findings, prefix)


def _tell(root: Map, complaint: Complaint, findings: Findings, prefix: Path = ()) -> None:
    """Put one complaint where its cause stands in the file."""
    value, path = follow(root, (*prefix, *complaint.path))
    match complaint.kind:
        case "extra_forbidden":
            place = place_of(root, path, key=True) or root.place
            findings.add(place, unknown_field(str(path[-1]), _known(path[:-1], root)), path)
        case "missing":
            name = str(complaint.path[-1])
            place = place_of(root, path, key=bool(path) and isinstance(path[-1], str)) or root.place
            whose = f"{_label(path)}: " if path else ""
            findings.add(place, f"{whose}{name} is missing; write for example {_example(name)}", (*path, name))
        case "union_tag_not_found":
            place = place_of(root, path, key=bool(path) and isinstance(path[-1], str)) or root.place
            tag, known = _tag(path, root)
            said = f"{_label(path)}: {tag} is missing; write {tag}: {_or(known)}"
            findings.add(place, said, (*path, tag))
        case "union_tag_invalid":
            tag, known = _tag(path, root)
            said = not_one_of(value.get(tag) if isinstance(value, Map) else None, known)
            _say(root, (*path, tag), said, findings)
        case _:
            _say(root, path, complaint.message, findings)


def _say(root: Map, path: Path, message: str, findings: Findings) -> None:
    whole = path
    path, named = culprit(root, path, message)
    place = place_of(root, path, key=named and f"'{path[-1]}'" in message) or root.place
    if findings.taken(place) or any(findings.taken(inner) for inner in places_below(follow(root, whole)[0])):
        return  # what the file says there is already refused; the model only follows suit
    value, _ = follow(root, path)
    if isinstance(value, str) and _SEXAGESIMAL.match(value) and "unit" in message:
        first, second = (int(part) for part in value.split(":"))
        message = f"{value} could be minutes or hours; write {60 * first + second} s or {60 * first + second} min"
    findings.add(place, message if named else _labelled(whole, message), path)


def _known(path: Path, root: Map) -> list[str]:
    if path[:1] == ("strategies",) and len(path) > 2:
        # In an overlay, fields are those of the scenario; its own data tell the branches of unions apart.
        return list(schema.fields(path[2:], root)) or list(schema.fields(path, root))
    return list(schema.fields(path, root))


def _tag(path: Path, root: Map) -> tuple[str, list[str]]:
    found = schema.at(path[2:] if path[:1] == ("strategies",) and len(path) > 2 else path, root) or {}
    tag = found.get("discriminator", {"propertyName": "kind", "mapping": {}})
    order = [branch["$ref"] for branch in found.get("oneOf", ())]
    return tag["propertyName"], sorted(tag["mapping"], key=lambda name: order.index(tag["mapping"][name]))


def _label(path: Path) -> str:
    """The last name of a path, with the index behind it: what a reader calls the place."""
    names = [index for index, step in enumerate(path) if isinstance(step, str)]
    if not names:
        return ""
    last = names[-1]
    return str(path[last]) + "".join(f"[{step}]" for step in path[last + 1 :])


def _labelled(path: Path, message: str) -> str:
    label = _label(path)
    return message if not label or message.startswith(label.split("[")[0]) else f"{label}: {message}"


def _or(words: list[str]) -> str:
    return " or ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)


_EXAMPLES = {
    "service": "service: {platform: server, fleet: {size: 40, capacity: 60/s}}",
    "traffic": "traffic: {rate: 1500/s}",
    "strategies": "strategies: [{name: all-at-once, configuration: CodeDeployDefault.AllAtOnce}]",
    "name": "name: half-at-a-time",
    "configuration": "configuration: CodeDeployDefault.HalfAtATime",
    "fleet": "fleet: {size: 40, capacity: 60/s}",
    "size": "size: 40",
    "rate": "rate: 1500/s",
    "factor": "factor: {median: 1.6, p95: 3}",
    "event": "event: AfterInstall",
    "probability": "probability: 5 %",
    "percentage": "percentage: 10",
    "interval": "interval: 5 min",
    "type": "type: FLEET_PERCENT",
    "value": "value: 75",
    "metric_name": "metric_name: HTTPCode_Target_5XX_Count",
    "id": "id: m1",
}


def _example(name: str) -> str:
    return _EXAMPLES.get(name, f"{name}: ...")


# ------------------------------------------------------------------------------------------------ strategies


def _under(scenario: Scenario, name: str, index: int, root: Map, findings: Findings, context: dict[str, str]) -> None:
    """Complain about the world that one strategy meets, where the strategy (else the base) causes it."""
    strategy = root["strategies"][index]
    try:
        priced(scenario.under(name, context))
    except ScenarioError as error:
        for problem in error.problems:
            _say(root, _written(problem.path, strategy, index), problem.message, findings)
    except ValidationError as error:
        found = list(complaints(error))
        own = [complaint for complaint in found if complaint.path and complaint.path[0] in strategy]
        _tell_all(root, own, findings, ("strategies", index))
        _tell_all(root, [complaint for complaint in found if complaint not in own], findings)
    except ValueError as error:
        if not any(problem.message.endswith(str(error)) for _, problem in findings.found):
            _say(root, _misfit(error, strategy, index, root), str(error), findings)


def _written(path: Path, strategy: Map, index: int) -> Path:
    """Where a field that a strategy's world has was written: in the strategy, else in the scenario."""
    return ("strategies", index, *path) if path[0] in strategy else path


def _misfit(error: ValueError, strategy: Map, index: int, root: Map) -> Path:
    """Where a misfit between a strategy and its world was written."""
    field = error.field if isinstance(error, MisfitError) else "configuration"
    if field not in strategy and field in root:
        return (field,)
    return ("strategies", index, field if field in strategy else "configuration")
