"""A scenario file to a `Scenario`, or to every reason why not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from simulator.errors import ImportFailure, Problem, ScenarioError
from simulator.importers.document import Document, parse
from simulator.importers.files import read_text, shown
from simulator.importers.places import Map
from simulator.model.scenario import Scenario
from simulator.scenario.bases import Chain
from simulator.scenario.checking import validated
from simulator.scenario.findings import Findings
from simulator.scenario.resolving import Resolver
from simulator.scenario.setting import Setting, apply, split


@dataclass
class _Reading:
    """One scenario on its way from text to model."""

    findings: Findings = field(default_factory=Findings)
    root: Map | None = None
    scenario: Scenario | None = None


def load(path: str | Path, *, sets: Iterable[Setting] = ()) -> Scenario:
    """Read a scenario file.

    Parameters
    ----------
    path : str or Path
        Of a YAML file; files it names, its ``base`` among them, are looked for in its folder.
    sets : iterable of str or (str, str)
        Changes made before the scenario is checked: ``"traffic.rate=900/s"``.

    Raises
    ------
    ScenarioError
        With every problem, each with its line and column.
    """
    return _finished(_read_file(path, sets))


def loads(text: str, name: str = "<text>", folder: str | Path | None = None) -> Scenario:
    """Read a scenario from text.

    Parameters
    ----------
    text : str
        YAML.
    name : str
        What to call it in complaints.
    folder : str or Path, optional
        Where files it names are looked for; without it they are refused.

    Raises
    ------
    ScenarioError
        With every problem, each with its line and column.
    """
    return _finished(_read(text, name, None if folder is None else Path(folder), ()))


def check(path: str | Path, *, sets: Iterable[Setting] = ()) -> tuple[Problem, ...]:
    """Every problem of a scenario file, by line, and advice where there is none.

    Parameters
    ----------
    path : str or Path
        Of a YAML file.
    sets : iterable of str or (str, str)
        As in `load`.

    Returns
    -------
    tuple of Problem
        Severity ``error`` stops; ``advice`` does not. Empty when nothing is to be said.

    Raises
    ------
    ScenarioError
        When there is no such file or it is no text: nothing in it could be checked.
    """
    from simulator.scenario.advice import advise

    reading = _read_file(path, sets)
    if reading.scenario is not None and reading.root is not None:
        advise(reading.scenario, reading.root, reading.findings)
    return reading.findings.sorted()


def read_scenario_text(path: str | Path) -> str:
    """Text of a scenario file.

    Raises
    ------
    ScenarioError
        When it is missing, a folder, too large or no text.
    """
    try:
        return read_text(path)
    except ImportFailure as failure:
        raise ScenarioError(failure.problems) from failure


def _finished(reading: _Reading) -> Scenario:
    if reading.scenario is None or reading.findings.failed:
        raise ScenarioError(tuple(item for item in reading.findings.sorted() if item.severity == "error"))
    return reading.scenario


def _read_file(path: str | Path, sets: Iterable[Setting]) -> _Reading:
    return _read(read_scenario_text(path), shown(path), Path(path).parent, sets, Path(path))


def _read(text: str, name: str, folder: Path | None, sets: Iterable[Setting], path: Path | None = None) -> _Reading:
    reading = _Reading()
    findings = reading.findings
    try:
        document = parse(text, name)
    except ImportFailure as failure:
        findings.extend(list(failure.problems))
        return reading
    findings.extend(document.problems)
    root = _mapping(document, findings)
    if root is None:
        return reading
    settings = split(sets)
    chain = Chain(path, folder, findings)
    resolver = Resolver(folder, findings, chain.folders)
    apply(root, settings.base, findings)
    reading.root = root = chain.complete(root, resolver.alarms)
    if chain.broken:
        return reading
    apply(root, settings.files, findings)
    resolver.resolve(root)
    if settings.others:
        apply(root, settings.others, findings)
        resolver.resolve(root)
    reading.scenario = validated(root, findings)
    for place, named, note in resolver.notes:
        if reading.scenario is not None and note.kind != "read":
            findings.add(place, f"{named}: {note.message}", severity="advice")
    return reading


def _mapping(document: Document, findings: Findings) -> Map | None:
    if isinstance(document.root, Map):
        return document.root
    if document.root is None:
        said = "the file is empty; `rollsim init --platform server` writes one to start from"
    else:
        said = "a scenario is a mapping of fields; begin with name: and service:, as `rollsim init` writes it"
    findings.add(document.start, said)
    return None
