"""Data read from a file that remembers where each of its values stands.

The one thing a newcomer would get wrong: `Map` and `Seq` are a dict and a list with places beside them, so
data can be moved, merged and completed and complaints still find their line. `plain` takes the places off.
"""

from __future__ import annotations

import copy
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from simulator.errors import Problem

Path = tuple[str | int, ...]
SHOWN_LINE = 160
NOTHING = object()


@dataclass(frozen=True, slots=True)
class Source:
    """A file by the name its reader gave it, with its lines."""

    name: str
    lines: tuple[str, ...] = ()

    def __deepcopy__(self, memo: object) -> Source:
        return self


@dataclass(frozen=True, slots=True)
class Place:
    """One-based line and column in a file; line 0 is the file as a whole."""

    source: Source
    line: int = 0
    column: int = 0

    def problem(self, message: str, path: Path = (), severity: str = "error") -> Problem:
        """Complain about what stands here."""
        return Problem(
            message=message,
            path=path,
            file=self.source.name,
            line=self.line,
            column=self.column,
            source=self.text,
            severity=severity,
        )

    @property
    def text(self) -> str:
        """The line as it can be shown: without control characters, and only if the column is within reach."""
        if not 1 <= self.line <= len(self.source.lines) or self.column > SHOWN_LINE:
            return ""
        line = self.source.lines[self.line - 1].rstrip()
        text = "".join(" " if unicodedata.category(letter)[0] == "C" else letter for letter in line)
        return text if len(text) <= SHOWN_LINE else text[: SHOWN_LINE - 1] + "…"

    def __str__(self) -> str:
        return f"{self.source.name}:{self.line}:{self.column}" if self.line else self.source.name


class Map(dict[str, Any]):
    """A mapping that knows where it stands, and where each of its keys and values does."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place
        self.key_places: dict[str, Place] = {}
        self.value_places: dict[str, Place] = {}

    def put(self, key: str, value: Any, place: Place, key_place: Place | None = None) -> None:
        """Set a value and where it was written; a place already known for the key is kept."""
        self[key] = value
        self.value_places[key] = place
        self.key_places.setdefault(key, key_place or place)

    def take(self, key: str, other: Map) -> None:
        """Set what another mapping holds under this key, with its places."""
        self.put(key, other[key], other.value_places.get(key, other.place), other.key_places.get(key))


class Seq(list[Any]):
    """A list that knows where it stands, and where each of its items does."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place
        self.value_places: list[Place] = []

    def add(self, value: Any, place: Place) -> None:
        """Append an item and where it was written."""
        self.append(value)
        self.value_places.append(place)


def plain(data: Any) -> Any:
    """Return the same data as ordinary dicts and lists."""
    if isinstance(data, Mapping):
        return {key: plain(item) for key, item in data.items()}
    if isinstance(data, list | tuple):
        return [plain(item) for item in data]
    return data


def located(data: Any, place: Place) -> Any:
    """Return ordinary data as maps and lists that all stand at one place."""
    if isinstance(data, Mapping):
        here = Map(place)
        for key, item in data.items():
            here.put(str(key), located(item, place), place)
        return here
    if isinstance(data, list | tuple):
        items = Seq(place)
        for item in data:
            items.add(located(item, place), place)
        return items
    return data


def duplicate(data: Any) -> Any:
    """Copy data with its places, so that a change to one copy does not show in the other."""
    return copy.deepcopy(data)


def child(data: Any, step: str | int) -> Any:
    """Return what stands one step down; `NOTHING` when the data has no such step."""
    if isinstance(data, Mapping) and step in data:
        return data[step]
    if isinstance(data, list) and isinstance(step, int) and 0 <= step < len(data):
        return data[step]
    return NOTHING


def follow(data: Any, path: Path) -> tuple[Any, Path]:
    """Walk down a path as far as the data goes: what stands there, and the steps taken.

    Steps the data does not have are skipped when a later one fits: a validator's paths name the branch of a
    union (``service.server.fleet``), files do not.
    """
    taken: list[str | int] = []
    for step in path:
        below = child(data, step)
        if below is not NOTHING:
            data = below
            taken.append(step)
    return data, tuple(taken)


def places_below(data: Any) -> Iterator[Place]:
    """Every place inside a value."""
    if isinstance(data, Map | Seq):
        yield from data.value_places.values() if isinstance(data, Map) else data.value_places
        for item in data.values() if isinstance(data, Map) else data:
            yield from places_below(item)


def place_of(root: Any, path: Path, *, key: bool = False) -> Place | None:
    """Where the value at a path stands (with `key`, its name); the nearest one above when it has no place."""
    place: Place | None = getattr(root, "place", None)
    here = root
    for depth, step in enumerate(path):
        below = child(here, step)
        if below is NOTHING:
            break
        if isinstance(here, Map):
            places = here.key_places if key and depth == len(path) - 1 else here.value_places
            place = places.get(str(step), place)
        elif isinstance(here, Seq):
            place = here.value_places[int(step)]
        here = below
    return place
