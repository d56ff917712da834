"""What an importer hands back beside the model: what it read, what it guessed, what it could not see."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NoReturn

from simulator.errors import ImportFailure, Problem
from simulator.importers.document import Dialect, Document, parse
from simulator.importers.files import read_text, shown
from simulator.importers.places import Map, Place, Seq

IMPORT_NODES = 200_000


@dataclass(frozen=True, slots=True)
class Note:
    """One line about an import.

    Parameters
    ----------
    kind : {"read", "guessed", "unseen"}
        Whether the file says it, it was assumed, or the file cannot say it.
    message : str
        In the reader's words.
    """

    kind: Literal["read", "guessed", "unseen"]
    message: str


def opened(given: str | Path, name: str = "<text>", *, dialect: Dialect = "strict") -> Document:
    """Read a file, or text that is already at hand.

    Parameters
    ----------
    given : str or Path
        A `Path` is read from disk; a string is the text itself.
    name : str
        What to call the text in complaints.
    dialect : {"strict", "agent"}
        As in `document.parse`.

    Raises
    ------
    ImportFailure
        When it cannot be read, or is empty.
    """
    if isinstance(given, Path):
        name, given = shown(given), read_text(given)
    document = parse(given, name, nodes=IMPORT_NODES, dialect=dialect)
    if document.root is None:
        refuse(document.start, "the file is empty; export it again")
    return document


def refuse(place: Place, message: str) -> NoReturn:
    """Give up on a file, with the one reason.

    Raises
    ------
    ImportFailure
        Always.
    """
    raise ImportFailure((place.problem(message),))


@dataclass
class Reader:
    """Collects the complaints about one file, so that all are told at once."""

    document: Document
    problems: list[Problem]

    def complain(self, place: Place, message: str) -> None:
        """Add a complaint."""
        self.problems.append(place.problem(message))

    def mapping(self, value: Any, place: Place, what: str) -> Map:
        """Return `value` if it is a mapping; else complain and return an empty one."""
        if isinstance(value, Map):
            return value
        self.complain(place, f"{what} is a mapping of fields, as in {{name: value}}")
        return Map(place)

    def items(self, value: Any, place: Place, what: str) -> Seq:
        """Return `value` if it is a list; else complain and return an empty one."""
        if isinstance(value, Seq):
            return value
        self.complain(place, f"{what} is a list")
        return Seq(place)

    def finish(self) -> None:
        """Fail with every complaint, if there are any.

        Raises
        ------
        ImportFailure
            In order of line and column.
        """
        if self.problems:
            raise ImportFailure(tuple(sorted(self.problems, key=lambda problem: (problem.line, problem.column))))
