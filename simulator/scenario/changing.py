"""One field of a `Scenario` changed: what ``--set`` does to a file, done to the model."""

from __future__ import annotations

from typing import Any

from simulator.errors import Problem, ScenarioError
from simulator.importers.places import Map, Place, Source, located
from simulator.model.scenario import Scenario
from simulator.scenario.bases import FIELD
from simulator.scenario.checking import validated
from simulator.scenario.findings import Findings
from simulator.scenario.resolving import Resolver
from simulator.scenario.setting import set_path
from simulator.scenario.writing import written


def changed(scenario: Scenario, path: str, value: Any) -> Scenario:
    """Return the scenario with one field changed; the same as the file with that field changed gives.

    Parameters
    ----------
    scenario : Scenario
        Stays as it is.
    path : str
        As in ``"traffic.rate"`` or ``"strategies.half-at-a-time.configuration"``.
    value : str or other
        Text is read as behind ``--set PATH=``: ``"900/s"``, ``"{median: 20 s, p95: 45 s}"``. A number is in the
        unit used inside (seconds, fractions, per second, US dollars).

    Raises
    ------
    ScenarioError
        When the path leads nowhere (names the nearest) or the scenario could not be run.
    """
    findings = Findings()
    if path == FIELD:
        raise ScenarioError((Problem("a base is read with a file; load the file that names it", (FIELD,)),))
    root = located(written(scenario), Place(Source("")))
    assert isinstance(root, Map)
    set_path(root, path, value)
    Resolver(None, findings).resolve(root)
    found = validated(root, findings, units=isinstance(value, str))
    if found is None or findings.failed:
        raise ScenarioError(tuple(item for item in findings.sorted() if item.severity == "error"))
    return found
