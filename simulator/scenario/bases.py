"""``base: other.yaml``: a scenario that says only what differs from another one.

Fields are laid over the base's own: mappings field by field, everything else replaced whole. A list of
strategies or alarms is the list that counts, in its order; an item of it that has the name of one of the base's
starts from that one, so ``{name: half-at-a-time}`` takes it over as it is. What a reader does not see in the
list is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path as File
from typing import Any

from simulator.errors import ImportFailure, quoted
from simulator.importers.document import parse
from simulator.importers.files import inside, read_text, shown
from simulator.importers.places import Map, Path, Place, Seq
from simulator.model.overlay import TAGS
from simulator.scenario import schema
from simulator.scenario.findings import Findings

FIELD = "base"
LONGEST_CHAIN = 20
_NAMED = ("strategies", "alarms")
Alarms = Callable[[Map], None]


class Chain:
    """A scenario file and the ones it builds on.

    Parameters
    ----------
    path : pathlib.Path or None
        Of the scenario file itself; None for text, which can have no base.
    folder : pathlib.Path or None
        Where the files it names are looked for.
    findings : Findings
        Where complaints go.
    """

    def __init__(self, path: File | None, folder: File | None, findings: Findings) -> None:
        self.folder, self.findings = folder, findings
        self.folders: dict[str, File] = {}
        self.broken = False  # a base that cannot be read: what it would have said is not known
        self.seen = [] if path is None else [path.resolve()]

    def complete(self, root: Map, expand: Alarms) -> Map:
        """Lay a scenario over its base, and that over its own.

        Parameters
        ----------
        root : Map
            Data of the scenario file.
        expand : callable
            Turns alarms that a mapping takes from a file into the alarms themselves, in place.

        Returns
        -------
        Map
            All fields, each knowing the file and line it was written in; `root` when it names no base.
        """
        return self._completed(root, self.folder, expand)

    def _completed(self, root: Map, folder: File | None, expand: Alarms) -> Map:
        if FIELD not in root:
            return root
        read = self._read(root.pop(FIELD), root.value_places[FIELD], folder)
        if read is None:
            self.broken = True
            return root
        base, path = read
        base = self._completed(base, path.parent, expand)
        if isinstance(root.get("alarms"), Seq) and root["alarms"]:
            expand(base)
        return _laid(root, base, ())

    def _read(self, named: Any, place: Place, folder: File | None) -> tuple[Map, File] | None:
        try:
            path = inside(folder, named)
        except ValueError as error:
            self.findings.add(place, str(error), (FIELD,))
            return None
        if path.resolve() in self.seen:
            chain = " -> ".join(quoted(item.name) for item in (*self.seen, path))
            self.findings.add(place, f"these files build on each other in a circle ({chain}); take one base out")
            return None
        if len(self.seen) > LONGEST_CHAIN:
            self.findings.add(place, f"more than {LONGEST_CHAIN} files build on each other; write some into one")
            return None
        self.seen.append(path.resolve())
        try:
            document = parse(read_text(path), shown(path))
        except ImportFailure as failure:
            self.findings.imported(place, failure)
            return None
        self.findings.files.append(document.source.name)
        self.folders[document.source.name] = path.parent
        self.findings.extend(document.problems)
        if not isinstance(document.root, Map):
            self.findings.imported(place, ImportFailure((document.start.problem("no scenario; name another file"),)))
            return None
        return document.root, path


def _laid(over: Map, base: Map, path: Path) -> Map:
    """Lay one mapping over another; both stay as they were."""
    if any(tag in over and tag in base and over[tag] != base[tag] for tag in TAGS):
        return over
    found = Map(over.place)
    for key in base:
        found.take(key, base)
    if path[-1:] in (("lifecycle",), ("previous_lifecycle",)):
        _one_duration(over, found)
    for key, value in over.items():
        below, here = found.get(key), (*path, key)
        if isinstance(value, Map) and isinstance(below, Map) and _has_fields(here, value, below):
            found[key] = _laid(value, below, here)
        elif isinstance(value, Seq) and isinstance(below, Seq) and key in _NAMED:
            found[key] = _listed(value, below, here)
        else:
            found[key] = value
        found.value_places[key] = over.value_places[key]
        found.key_places[key] = over.key_places[key]
    return found


def _listed(over: Seq, base: Seq, path: Path) -> Seq:
    """Return the items of the upper list, each laid over the lower one's item of its name."""
    named = {item["name"]: item for item in base if isinstance(item, Map) and isinstance(item.get("name"), str)}
    found = Seq(over.place)
    for index, (item, place) in enumerate(zip(over, over.value_places, strict=True)):
        name = item.get("name") if isinstance(item, Map) else None
        known = named.get(name) if isinstance(name, str) else None
        found.add(item if known is None else _laid(item, known, (*path, index)), place)
    return found


def _has_fields(path: Path, over: Map, base: Map) -> bool:
    """Whether a mapping has fields to lay over each other; a random quantity, or what a file holds, is one value."""
    if "from" in over or "from" in base:
        return False
    return bool(schema.fields(path)) or schema.has_free_names(path)


def _one_duration(over: Map, found: Map) -> None:
    """The duration of an event stands at its hook or under durations: the upper file's is the one that counts."""
    hooks, durations = over.get("hooks"), over.get("durations")
    if isinstance(hooks, Map) and isinstance(found.get("durations"), Map):
        timed = [event for event, hook in hooks.items() if isinstance(hook, Map) and "duration" in hook]
        found["durations"] = _without(found["durations"], timed)
    if isinstance(durations, Map) and isinstance(found.get("hooks"), Map):
        found["hooks"] = _without(found["hooks"], ())
        for event in durations:
            if isinstance(found["hooks"].get(event), Map):
                found["hooks"][event] = _without(found["hooks"][event], ("duration",))


def _without(given: Map, left_out: Sequence[str]) -> Map:
    kept = Map(given.place)
    for key in given:
        if key not in left_out:
            kept.take(key, given)
    return kept
