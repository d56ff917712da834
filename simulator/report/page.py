"""The pieces a report is made of, before anybody has decided how they look.

One `Report` is written as a page for people and as JSON for programs; both print the same texts. Text is
plain: escaping belongs to whoever writes it out.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from simulator.estimate import Estimate, Probability
from simulator.report.words import Scale, chance

NOT_PROVIDED = "not provided"


@dataclass(frozen=True, slots=True)
class Cell:
    """One number or text of a table: what is printed, the interval under it, and the numbers themselves."""

    text: str
    detail: str = ""
    numbers: Mapping[str, float | int | None] = field(default_factory=dict)
    name: bool = False

    def twin(self) -> Any:
        """Return the cell for the machine-readable twin; a name stands alone."""
        if self.name:
            return self.text
        if not self.numbers:
            return f"{self.text} ({self.detail})" if self.detail else self.text
        return {"text": f"{self.text} {self.detail}".strip(), **self.numbers}


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its key, its heading and unit, the group it stands under, and how it is set."""

    key: str
    head: str
    unit: str = ""
    group: str = ""
    kind: Literal["number", "text", "name", "time"] = "number"
    screen: bool = False  # on screen alone: paper has no room for it


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under columns, with a caption that says what the numbers are; `unit` is the whole table's."""

    id: str
    title: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Mapping[str, Cell], ...]
    total: Mapping[str, Cell] | None = None
    unit: str = ""

    @property
    def groups(self) -> list[tuple[str, int, bool]]:
        """Headings that span columns, with how many, and whether those are on screen alone; empty without any."""
        spans: list[tuple[str, int, bool]] = []
        for column in self.columns:
            name = "" if column.screen else column.group
            if spans and (spans[-1][0], spans[-1][2]) == (name, column.screen):
                spans[-1] = (name, spans[-1][1] + 1, column.screen)
            else:
                spans.append((name, 1, column.screen))
        return spans if any(name for name, _, _ in spans) else []

    def column(self, key: str) -> list[Cell]:
        """Cells of one column, row by row."""
        return [row[key] for row in self.rows if key in row]

    def twin(self) -> dict[str, Any]:
        """Return the table for the machine-readable twin."""
        rows = [*self.rows, *([self.total] if self.total else [])]
        return {
            "id": self.id,
            "title": self.title,
            "caption": self.caption,
            "unit": self.unit,
            "columns": [{"key": c.key, "head": c.head, "unit": c.unit, "group": c.group} for c in self.columns],
            "rows": [_row_twin(row) for row in rows],
        }


def _row_twin(row: Mapping[str, Cell]) -> dict[str, Any]:
    """One row by key; what is said under a name, such as what dominates it, has a key of its own."""
    notes = {f"{key}_note": cell.detail for key, cell in row.items() if cell.name and cell.detail}
    return {key: cell.twin() for key, cell in row.items()} | notes


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure as SVG, with the message in one sentence and what the reader looks at."""

    id: str
    svg: str
    message: str
    caption: str


@dataclass(frozen=True, slots=True)
class Field:
    """A numbered item of the report; ids are stable for programs that read the twin."""

    id: str
    label: str
    text: str

    @property
    def given(self) -> bool:
        """Whether it was filled, from the runs or by the user."""
        return not self.text.startswith(NOT_PROVIDED)


@dataclass(slots=True)
class Report:
    """Everything a report says, in the order of its sections."""

    title: str
    fields: dict[str, Field] = field(default_factory=dict)
    tables: dict[str, Table] = field(default_factory=dict)
    pictures: dict[str, Picture] = field(default_factory=dict)
    lists: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    def put(self, id: str, label: str, text: str | None) -> None:
        """Add a numbered item; an empty one is "not provided", never blank."""
        self.fields[id] = Field(id, label, text or NOT_PROVIDED)

    def add(self, *tables: Table | None) -> None:
        """Add the tables that there are."""
        self.tables |= {table.id: table for table in tables if table is not None and table.rows}

    @property
    def missing(self) -> list[Field]:
        """Items the user was asked for and did not give."""
        return [item for item in self.fields.values() if not item.given]

    def section(self, prefix: str, skip: Iterable[str] = ()) -> list[Field]:
        """Items of one section, such as ``"S2"``."""
        return [item for item in self.fields.values() if item.id.split(".")[0] == prefix and item.id not in skip]


def quantity_cell(estimate: Estimate | None, scale: Scale) -> Cell:
    """Cell of an estimate in the unit of its column."""
    if estimate is None or math.isnan(estimate.value):
        return Cell("–")
    return Cell(scale.value(estimate), scale.interval(estimate), numbers_of(estimate))


def chance_cell(estimate: Estimate | None) -> Cell:
    """Cell of a probability; the text says what was seen where nothing, or everything, was."""
    if estimate is None or math.isnan(estimate.value):
        return Cell("–")
    text = chance(estimate)
    place = min((at for at in (text.find(" ["), text.find(" (")) if at > 0), default=len(text))
    return Cell(text[:place], text[place + 1 :], numbers_of(estimate))


def numbers_of(estimate: Estimate) -> dict[str, float | int | None]:
    """Numbers of an estimate as the twin has them."""
    numbers: dict[str, float | int | None] = {
        "value": estimate.value, "low": estimate.low, "high": estimate.high,
        "level": estimate.level, "n": estimate.replications,
    }  # fmt: skip
    if isinstance(estimate, Probability) and estimate.bound is not None:
        numbers["bound"] = estimate.bound
    return numbers


def aligned(cells: list[Cell]) -> list[str]:
    r"""Pad plain numbers with figure spaces so that decimal points stand under each other.

    >>> aligned([Cell("1.25"), Cell("10"), Cell("did not end")])
    ['1.25', '10\u2008\u2007\u2007', 'did not end']
    """
    plain = [cell.text.replace(",", "").replace(".", "").replace("−", "").replace("-", "").isdigit() for cell in cells]
    places = [len(cell.text.partition(".")[2]) if is_plain else 0 for cell, is_plain in zip(cells, plain, strict=True)]
    most = max(places, default=0)
    texts = []
    for cell, is_plain, own in zip(cells, plain, places, strict=True):
        missing = most - own if is_plain else 0
        point = "\u2008" if missing and own == 0 else ""
        texts.append(cell.text + point + "\u2007" * missing)
    return texts
