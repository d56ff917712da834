"""What only files may say, turned into what the model reads: ``from:``, ``appspec:``, short forms of hooks.

Everything happens on data that knows its places, so a complaint about an imported or rewritten value still
points at the line somebody wrote.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from simulator.errors import ImportFailure, quoted
from simulator.importers import alarms, appspec, deployment_config, observations
from simulator.importers.files import inside
from simulator.importers.places import Map, Place, Seq, located
from simulator.importers.result import Note
from simulator.model.platforms import PLATFORMS
from simulator.scenario.findings import Findings
from simulator.scenario.from_files import complete_prices, complete_strategy, complete_traffic


class Resolver:
    """Completes one scenario's data in place.

    Parameters
    ----------
    folder : Path or None
        Where named files are looked for; None refuses every one.
    findings : Findings
        Where complaints go.
    folders : mapping of str to Path, optional
        Folder of each further file that parts of the data were written in, by the file's name.
    """

    def __init__(self, folder: Path | None, findings: Findings, folders: Mapping[str, Path] | None = None) -> None:
        self.folder, self.folders = folder, {} if folders is None else folders
        self.findings = findings
        self.notes: list[tuple[Place, str, Note]] = []

    def resolve(self, root: Map) -> None:
        """Complete the scenario and the overlay of each of its strategies."""
        self._empirical(root)
        base = root.get("service")
        platform = base.get("platform") if isinstance(base, Map) else None
        self._world(root, platform)
        strategies = root.get("strategies")
        for strategy in strategies if isinstance(strategies, Seq) else ():
            if isinstance(strategy, Map):
                complete_strategy(strategy, root, self._file, self.findings, self._noted)
                self._configuration(strategy)
                stages = strategy.get("stages")
                for stage in stages if isinstance(stages, Seq) else ():
                    if isinstance(stage, Map):
                        self._configuration(stage)
                self._world(strategy, platform)

    def _world(self, world: Map, platform: Any) -> None:
        self.alarms(world)
        complete_traffic(world, self._file, self.findings)
        complete_prices(world, self._file, self.findings)
        service = world.get("service")
        if isinstance(service, Map):
            for key in ("lifecycle", "previous_lifecycle"):
                lifecycle = service.get(key)
                if isinstance(lifecycle, Map):
                    self._appspec(service, lifecycle, service.get("platform", platform))
                    self._short_hooks(lifecycle)

    def _file(self, named: Any, place: Place) -> Path | None:
        try:
            return inside(self.folders.get(place.source.name, self.folder), named)
        except ValueError as error:
            self.findings.add(place, str(error))
            return None

    def _noted(self, place: Place, named: Any, notes: tuple[Note, ...]) -> None:
        self.notes.extend((place, str(named), note) for note in notes)

    # -------------------------------------------------------------------------------------------- from:

    def _named(self, value: Any) -> tuple[Path, Place] | None:
        """Return the file that ``{from: path}`` names; None (and a complaint, if due) otherwise."""
        assert isinstance(value, Map)
        place = value.value_places["from"]
        for key in value:
            if key != "from":
                self.findings.add(value.key_places[key], f"{quoted(key)} has no use beside from; take it out")
        path = self._file(value["from"], place)
        return None if path is None else (path, place)

    def alarms(self, world: Map) -> None:
        """Replace ``alarms: {from: path}``, whole or an item, by the alarms of that file."""
        given = world.get("alarms")
        if isinstance(given, Map) and "from" in given:
            world["alarms"] = self._alarms_from(given)
        elif isinstance(given, Seq):
            complete = Seq(given.place)
            for item, place in zip(given, given.value_places, strict=True):
                if isinstance(item, Map) and "from" in item:
                    for alarm in self._alarms_from(item):
                        complete.add(alarm, place)
                else:
                    complete.add(item, place)
            world["alarms"] = complete

    def _alarms_from(self, given: Map) -> Seq:
        found = self._named(given)
        read = Seq(given.place)
        if found is None:
            return read
        path, place = found
        try:
            imported = alarms.read(path)
        except ImportFailure as failure:
            self.findings.imported(place, failure)
            return read
        for alarm in imported.alarms:
            read.add(located(alarm.model_dump(mode="json", exclude_unset=True), place), place)
        self._noted(place, given["from"], imported.notes)
        return read

    def _configuration(self, strategy: Map) -> None:
        given = strategy.get("configuration")
        if not isinstance(given, Map) or "from" not in given:
            return
        found = self._named(given)
        strategy["configuration"] = FALLBACK
        if found is None:
            return
        path, place = found
        try:
            imported = deployment_config.read(path)
        except ImportFailure as failure:
            self.findings.imported(place, failure)
            return
        fields = imported.configuration.model_dump(mode="json", exclude_unset=True)
        strategy["configuration"] = located(fields, place)
        self._noted(place, given["from"], imported.notes)

    def _empirical(self, data: Any) -> None:
        """Replace every ``empirical: {from: ...}``, wherever a random quantity stands."""
        for here in _maps(data):
            given = here.get("empirical")
            if not isinstance(given, Map) or "from" not in given:
                continue
            here["empirical"] = read = self._observations(given)
            if not read:  # said already; the model's complaint about an empty list then stands at the same place
                here.value_places["empirical"] = given.value_places["from"]

    def _observations(self, given: Map) -> list[str] | list[float]:
        place = given.value_places["from"]
        for key in given:
            if key not in ("from", "column", "unit"):
                said = f"unknown field {quoted(key)}; write from, column and unit"
                self.findings.add(given.key_places[key], said)
        for key in ("column", "unit"):
            if key in given and not isinstance(given[key], str):
                self.findings.add(given.value_places[key], f"{key} is one text")
        path = self._file(given["from"], place)
        if path is not None:
            try:
                return observations.read(path, given.get("column"), given.get("unit"))
            except ImportFailure as failure:
                self.findings.imported(place, failure)
        return []

    # -------------------------------------------------------------------------------------------- lifecycle

    def _appspec(self, service: Map, lifecycle: Map, platform: Any) -> None:
        if "appspec" not in lifecycle:
            return
        named, place = lifecycle["appspec"], lifecycle.value_places["appspec"]
        del lifecycle["appspec"]
        path = self._file(named, place)
        if path is None:
            return
        try:
            spec = appspec.read(path)
        except ImportFailure as failure:
            self.findings.imported(place, failure)
            return
        if platform in PLATFORMS and spec.platform != platform:
            said = f"{named} is for platform {spec.platform}, this service is {platform}; name another"
            self.findings.add(place, said)
            return
        self._merge_hooks(lifecycle, spec, place)
        for field in ("name", "alias", "current_version", "target_version"):
            ours = "function" if field == "name" else field
            if spec.function.get(field) is not None and ours not in service:
                service.put(ours, str(spec.function[field]), place)
        # Durations stand beside the file; `advice` names the events that have none.
        kept = tuple(note for note in spec.notes if note.message != appspec.NO_DURATIONS)
        self._noted(place, named, kept)

    def _merge_hooks(self, lifecycle: Map, spec: appspec.AppSpec, place: Place) -> None:
        """Lay hooks of the scenario over those of the file: what both give, the scenario decides."""
        inline = lifecycle.get("hooks")
        if inline is not None and not isinstance(inline, Map):
            return
        merged = Map(inline.place if inline is not None else place)
        for event, hook in spec.lifecycle.hooks.items():
            read = located(hook.model_dump(mode="json", exclude_unset=True), place)
            merged.put(event, read, place)
        for event, hook in (inline or {}).items():
            assert inline is not None
            if isinstance(hook, Map) and event in merged:
                for field in hook:
                    merged[event].take(field, hook)
                merged.value_places[event] = inline.value_places[event]
                merged.key_places[event] = inline.key_places[event]
            else:
                merged.take(event, inline)
        where = lifecycle.value_places.get("hooks", place)
        lifecycle.put("hooks", merged, where, lifecycle.key_places.get("hooks"))

    def _short_hooks(self, lifecycle: Map) -> None:
        """Turn ``{timeout: 300 s, duration: 20 s}`` of a hook into its script's and its event's time."""
        hooks = lifecycle.get("hooks")
        if not isinstance(hooks, Map):
            return
        for event, hook in hooks.items():
            if not isinstance(hook, Map):
                continue
            if "timeout" in hook:
                self._script_timeout(event, hook)
            if "duration" in hook:
                self._event_duration(event, hook, lifecycle)

    def _script_timeout(self, event: str, hook: Map) -> None:
        timeout, place = hook.pop("timeout"), hook.value_places["timeout"]
        scripts = hook.get("scripts")
        if scripts is None:
            scripts = Seq(place)
            scripts.add(Map(place), place)
            hook.put("scripts", scripts, place)
        if not isinstance(scripts, Seq) or len(scripts) != 1 or not isinstance(scripts[0], Map):
            self.findings.add(place, f"{quoted(event)} has not one script; write a timeout on each of its scripts")
            return
        scripts[0].put("timeout", timeout, place, hook.key_places["timeout"])
        scripts[0].value_places["timeout"] = place

    def _event_duration(self, event: str, hook: Map, lifecycle: Map) -> None:
        duration, place = hook.pop("duration"), hook.value_places["duration"]
        durations = lifecycle.get("durations")
        if durations is None:
            durations = Map(place)
            lifecycle.put("durations", durations, place)
        if not isinstance(durations, Map):
            return
        if event in durations and place.line:  # what was set has no line, and counts
            line = durations.key_places[event].line
            self.findings.add(place, f"the duration of {quoted(event)} is also given in line {line}; keep one")
            return
        durations.put(event, duration, place, hook.key_places["duration"])


# Stands in for a configuration that could not be read, so that the rest is still checked.
FALLBACK = "CodeDeployDefault.AllAtOnce"


def _maps(data: Any) -> Iterator[Map]:
    if isinstance(data, Map):
        yield data
        for item in list(data.values()):
            yield from _maps(item)
    elif isinstance(data, list):
        for item in data:
            yield from _maps(item)
