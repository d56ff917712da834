"""What ``from:`` brings into a scenario beside alarms and configurations: traffic, prices, a deployment group.

Each function completes one mapping in place; what the scenario says itself counts over what the file says.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from simulator.errors import ImportFailure, quoted
from simulator.importers import deployment_group, price_file, traffic
from simulator.importers.deployment_group import DeploymentGroup
from simulator.importers.places import Map, Place, Seq, duplicate, located
from simulator.importers.result import Note
from simulator.scenario.findings import Findings

Opened = Callable[[Any, Place], Path | None]
Noted = Callable[[Place, Any, tuple[Note, ...]], None]


def complete_traffic(world: Map, opened: Opened, findings: Findings) -> None:
    """Replace ``from:`` in traffic by the series that the file holds."""
    given = world.get("traffic")
    if isinstance(given, Map) and "from" in given:
        for name in ("rate", "daily", "series"):
            if name in given:
                findings.add(given.key_places[name], f"{quoted(name)} has no use beside from; take it out")
                del given[name]
        _complete(given, "series", traffic.read, opened, findings)


def complete_prices(world: Map, opened: Opened, findings: Findings) -> None:
    """Replace ``from:`` in prices by what the file holds, laid under the overrides."""
    given = world.get("prices")
    if isinstance(given, Map) and "from" in given:
        own = given.pop("overrides", None)
        _complete(given, "overrides", price_file.read, opened, findings)
        if isinstance(own, Map):
            under = given.get("overrides", own)
            for name in own:
                under[name] = own[name]
                under.value_places[name] = own.value_places[name]
                under.key_places[name] = own.key_places[name]
            given.put("overrides", under, own.place)


def _complete(
    given: Map, name: str, read: Callable[[Path], dict[str, str]], opened: Opened, findings: Findings
) -> None:
    named, place = given.pop("from"), given.value_places["from"]
    path = opened(named, place)
    if path is None:
        return
    try:
        given.put(name, located(read(path), place), place)
    except ImportFailure as failure:
        findings.imported(place, failure)


def complete_strategy(strategy: Map, root: Map, opened: Opened, findings: Findings, noted: Noted) -> None:
    """Replace ``from:`` in a strategy by what its deployment group says."""
    if "from" not in strategy:
        return
    named, place = strategy.pop("from"), strategy.value_places["from"]
    path = opened(named, place)
    if path is None:
        return
    try:
        imported = deployment_group.read(path)
    except ImportFailure as failure:
        findings.imported(place, failure)
        return
    if len(imported.groups) != 1:
        said = f"{named} holds {len(imported.groups)} deployment groups; save one with get-deployment-group"
        findings.add(place, said)
        return
    (group,) = imported.groups
    if deployment_group.is_own(group.configuration) and "configuration" not in strategy:
        said = (
            f"{named} names the configuration {quoted(group.configuration)}, which is your own; write configuration: "
            "{from: ...} beside it, a file from aws deploy get-deployment-config"
        )
        findings.add(place, said)
        return
    for key, value in group.strategy.items():
        if key not in strategy:
            strategy.put(key, located(value, place), place)
    noted(place, named, (*imported.notes, *_watch(strategy, root, group, place)))


def _watch(strategy: Map, root: Map, group: DeploymentGroup, place: Place) -> tuple[Note, ...]:
    """Mark the scenario's alarms as watched where the group names them."""
    given = root.get("alarms")
    if group.alarms is None or "alarms" in strategy:
        return ()
    alarms = duplicate(given) if isinstance(given, Seq) else Seq(place)
    known = {alarm.get("name"): alarm for alarm in alarms if isinstance(alarm, Map)}
    changed = False
    for name, alarm in known.items():
        watched = name in group.alarms
        if alarm.get("watched", True) != watched:
            alarm.put("watched", watched, place)
            changed = True
    if changed:
        strategy.put("alarms", alarms, place)
    missing = [name for name in group.alarms if name not in known]
    return tuple(Note("unseen", f"what alarm {quoted(name)} watches; list it under alarms") for name in missing)
