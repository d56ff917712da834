"""The scenarios that travel with the package, for people to take: what each teaches, and a copy with its files."""

from __future__ import annotations

import difflib
import shutil
from dataclasses import dataclass
from pathlib import Path

from simulator.errors import ImportFailure, OutputError, quoted
from simulator.importers.document import parse
from simulator.importers.files import read_text
from simulator.scenario.shipped import known, library, shipped


@dataclass(frozen=True, slots=True)
class Example:
    """A shipped scenario: its name, what it is about, and what it teaches."""

    name: str
    title: str
    teaches: str
    path: Path

    @property
    def files(self) -> tuple[Path, ...]:
        """The scenario and the files it points to, which lie in the folder of its name."""
        beside = self.path.with_suffix("")
        named = (path for path in beside.rglob("*") if path.is_file()) if beside.is_dir() else ()
        return (self.path, *sorted(named))


def examples(*, small: bool = False) -> tuple[Example, ...]:
    """Every scenario that teaches, by name; of the library, the small ones of one lesson each, if asked for."""
    return tuple(_example(name, path) for name, path in (library() if small else shipped()).items())


def copy(name: str, to: Path, *, force: bool = False) -> tuple[Path, ...]:
    """Copy a shipped scenario with every file it points to.

    Parameters
    ----------
    name : str
        Of the scenario.
    to : pathlib.Path
        The folder; made when it is not there.
    force : bool
        Whether files that are there are written over.

    Returns
    -------
    tuple of pathlib.Path
        The files written, the scenario first.

    Raises
    ------
    OutputError
        When there is no scenario of the name, or a file is in the way; nothing is written then.
    """
    paths = known()
    if name not in paths:
        near = difflib.get_close_matches(name, paths, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(paths)}"
        raise OutputError(f"no example is called {quoted(name)}; {hint}")
    example = _example(name, paths[name])
    folder = example.path.parent
    places = {source: to / source.relative_to(folder) for source in example.files}
    taken = [place for place in places.values() if place.is_symlink() or place.exists()]
    if any(not place.is_file() or place.is_symlink() for place in taken):
        raise OutputError(
            f"{quoted(str(taken[0]), 255)} is no plain file and in the way; name another folder with --to"
        )
    if taken and not force:
        raise OutputError(
            f"{quoted(str(taken[0]), 255)} exists already; name another folder with --to, or write over it with --force"
        )
    for source, place in places.items():
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, place)
    return tuple(places.values())


def _example(name: str, path: Path) -> Example:
    try:
        root = parse(read_text(path), str(path)).root
    except ImportFailure:
        root = {}
    said = root if isinstance(root, dict) else {}
    return Example(name, str(said.get("name", name)), str(said.get("teaches", "")), path)
