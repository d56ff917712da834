"""``--set PATH=VALUE``: one field of a scenario's data changed before it is checked.

Paths read like ``traffic.rate``, ``alarms[0].threshold`` and ``strategies.half-at-a-time.configuration``:
items of a list go by index, by name, or by kind where only one has it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Any, NamedTuple, NoReturn

from simulator.errors import ImportFailure, ScenarioError, quoted
from simulator.importers.document import parse
from simulator.importers.files import shown
from simulator.importers.places import Map, Path, Place, Seq, Source, located
from simulator.scenario import schema
from simulator.scenario.bases import FIELD
from simulator.scenario.findings import Findings

Setting = str | tuple[str, str]
_INDEX = re.compile(r"\[?([0-9]{1,6})\]?(?=[.\[]|$)")
_NAMES_A_FILE = (".appspec", ".from", ".column", ".unit")


class Settings(NamedTuple):
    """Settings by the moment they are made: before the base is read, before other files are, and then."""

    base: list[tuple[str, str]]
    files: list[tuple[str, str]]
    others: list[tuple[str, str]]


def split(sets: Iterable[Setting]) -> Settings:
    """Sort settings by when they are made.

    >>> split(["traffic.rate=900/s", "service.lifecycle.appspec=b.yml"])
    Settings(base=[], files=[('service.lifecycle.appspec', 'b.yml')], others=[('traffic.rate', '900/s')])
    """
    found = Settings([], [], [])
    for item in sets:
        path, _, value = item.partition("=") if isinstance(item, str) else (item[0], "=", item[1])
        if isinstance(item, str) and "=" not in item:
            _refuse(item, "write PATH=VALUE, as in traffic.rate=900/s")
        path = path.strip()
        kind = found.base if path == FIELD else found.files if path.endswith(_NAMES_A_FILE) else found.others
        kind.append((path, value.strip()))
    return found


def apply(root: Map, sets: Iterable[tuple[str, str]], findings: Findings) -> None:
    """Apply settings in order; what cannot be set is a complaint."""
    for path, value in sets:
        try:
            set_path(root, path, value)
        except ScenarioError as error:
            findings.extend(list(error.problems))


def set_path(raw: Any, path: str, value: Any) -> Any:
    """Change one field of a scenario's data, in place.

    Parameters
    ----------
    raw : dict
        The data of a scenario file.
    path : str
        As in ``"strategies.half-at-a-time.configuration"``.
    value : str or other
        Text is a YAML scalar or flow value: ``"900/s"``, ``"{median: 20 s, p95: 45 s}"``; anything else is taken
        as it is.

    Returns
    -------
    dict
        `raw`.

    Raises
    ------
    ScenarioError
        When the path leads nowhere (names the nearest) or the value is no YAML.

    Examples
    --------
    >>> set_path({"traffic": {"rate": "1500/s"}}, "traffic.rate", "900/s")
    {'traffic': {'rate': '900/s'}}
    """
    source = Source(f"--set {shown(path)}={quoted(value)[1:-1] if isinstance(value, str) else quoted(value)}")
    new = _parsed(value, source)
    steps = _steps(raw, path, source.name)
    here = raw
    for index, step in enumerate(steps[:-1]):
        if isinstance(here, dict) and not isinstance(here.get(str(step)), dict | list):
            _put(here, str(step), _empty(here, steps[index + 1], source), source)
        here = here[step]
    last = steps[-1]
    if isinstance(here, list):
        here[int(last)] = new
        if isinstance(here, Seq):
            here.value_places[int(last)] = Place(source)
    else:
        _put(here, str(last), new, source)
    return raw


def _parsed(value: Any, source: Source) -> Any:
    if not isinstance(value, str):
        return located(value, Place(source))
    try:
        document = parse(value, source.name)
    except ImportFailure as failure:
        _refuse(source.name, failure.problems[0].message)
    if document.problems:
        _refuse(source.name, document.problems[0].message)
    return document.root


def _put(here: dict[str, Any], key: str, value: Any, source: Source) -> None:
    if isinstance(here, Map):
        here.put(key, value, Place(source))
        here.key_places[key] = Place(source)
    else:
        here[key] = value


def _empty(here: dict[str, Any], following: str | int, source: Source) -> Any:
    if isinstance(following, int):
        _refuse(source.name, f"there is no item {following} yet; write the list in the file first")
    return Map(Place(source)) if isinstance(here, Map) else {}


def _steps(raw: Any, path: str, name: str) -> Path:
    """Take a path apart along the data it leads through: names may hold dots."""
    steps: list[str | int] = []
    here, rest = raw, path
    while rest:
        step, rest = _next(raw, here, rest, tuple(steps), name)
        steps.append(step)
        if isinstance(here, dict):
            here = here.get(str(step))
        elif isinstance(here, list) and isinstance(step, int):
            here = here[step]
        else:
            here = None
    if not steps:
        _refuse(name, "write a path, as in traffic.rate")
    return tuple(steps)


def _next(raw: Any, here: Any, rest: str, done: Path, name: str) -> tuple[str | int, str]:
    if isinstance(here, list):
        return _item(here, rest, done, name)
    for known in sorted(here, key=len, reverse=True) if isinstance(here, dict) else ():
        if _begins(rest, known):
            return known, _after(rest, known)
    fields = schema.fields(done, raw)
    word = re.split(r"[.\[]", rest, maxsplit=1)[0]
    if word in fields:
        return word, _after(rest, word)
    if schema.has_free_names(done, raw):
        inner = schema.at((*done, word), raw) or {}
        whole = inner.get("type") in ("string", "number")
        return (rest, "") if whole else (word, _after(rest, word))
    where = ".".join(str(step) for step in done) or "a scenario"
    known = list(dict.fromkeys((*fields, *(here if isinstance(here, dict) else ()))))
    if not known:
        return _refuse(name, f"{where} has no fields below it; end the path there")
    near = difflib.get_close_matches(word, known, n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else f"write one of {', '.join(known)}"
    return _refuse(name, f"{where} has no field {quoted(word)}; {hint}")


def _item(here: list[Any], rest: str, done: Path, name: str) -> tuple[str | int, str]:
    index = _INDEX.match(rest)
    where = ".".join(str(step) for step in done)
    if index is not None:
        number = int(index[1])
        if number >= len(here):
            _refuse(name, f"{where} has {len(here)} items, numbered from 0; write at most {len(here) - 1}")
        return number, rest[index.end() :].removeprefix(".")
    names: dict[str, list[int]] = {}
    for position, item in enumerate(here):
        for tag in ("name", "kind", "id"):
            if isinstance(item, dict) and isinstance(item.get(tag), str):
                names.setdefault(item[tag], []).append(position)
    for known in sorted(names, key=len, reverse=True):
        if _begins(rest, known):
            if len(names[known]) > 1:
                _refuse(name, f"{where} has {len(names[known])} items called {quoted(known)}; go by index")
            return names[known][0], _after(rest, known)
    word = rest.split(".", maxsplit=1)[0]
    near = difflib.get_close_matches(word, names, n=3, cutoff=0.4) or list(names)[:10]
    hint = f"write one of {', '.join(near)}" if near else "go by index, from 0"
    return _refuse(name, f"{where} has no item {quoted(word)}; {hint}")


def _begins(rest: str, known: str) -> bool:
    return bool(known) and rest.startswith(known) and rest[len(known) : len(known) + 1] in ("", ".", "[")


def _after(rest: str, known: str) -> str:
    return rest[len(known) :].removeprefix(".")


def _refuse(name: str, message: str) -> NoReturn:
    raise ScenarioError((Place(Source(name)).problem(message),))
