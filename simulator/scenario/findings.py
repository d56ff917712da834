"""Complaints gathered on the way, told once each and in the order of the scenario's lines."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from simulator.errors import ImportFailure, Problem
from simulator.importers.places import Path, Place, Source


@dataclass
class Findings:
    """Problems and advice about one scenario file."""

    found: list[tuple[Place, Problem]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)  # the scenario's bases, nearest first; told after it

    def add(self, place: Place, message: str, path: Path = (), severity: str = "error") -> None:
        """Add a complaint about what stands at a place of the scenario."""
        self.found.append((place, place.problem(message, path, severity)))

    def extend(self, problems: list[Problem]) -> None:
        """Add problems of the scenario file itself."""
        for problem in problems:
            self.found.append((Place(Source(problem.file), problem.line, problem.column), problem))

    def imported(self, place: Place, failure: ImportFailure) -> None:
        """Add what is wrong in another file, and where the scenario names that file."""
        for problem in failure.problems:
            said = replace(problem, message=f"{problem.message} (named in {place})")
            self.found.append((place, said))

    def taken(self, place: Place) -> bool:
        """Whether something is already said about this very place."""
        spot = (place.source.name, place.line, place.column)
        return any(
            spot == (where.source.name, where.line, where.column)
            for where, problem in self.found
            if problem.severity == "error"
        )

    @property
    def failed(self) -> bool:
        """Whether any complaint stops the scenario."""
        return any(problem.severity == "error" for _, problem in self.found)

    def sorted(self) -> tuple[Problem, ...]:
        """Each complaint once: file by file, by line and column."""
        told: dict[tuple[str, int, int, str], Problem] = {}
        rank = {name: number for number, name in enumerate(self.files, 1)}

        def order(item: tuple[Place, Problem]) -> tuple[int, int, int]:
            place = item[0]
            return rank.get(place.source.name, 0), place.line, place.column

        for _, problem in sorted(self.found, key=order):
            told.setdefault((problem.file, problem.line, problem.column, problem.message), problem)
        return tuple(told.values())
