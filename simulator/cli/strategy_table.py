"""The table of strategies: a section per number, with its range overall and if the release is bad."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.console import Group
from rich.padding import Padding
from rich.table import Table

from simulator.analysis import Criterion
from simulator.cli.terminal import cell, table
from simulator.estimate import Estimate
from simulator.estimate.duration import spoken
from simulator.report.words import chance, scale_of

Pair = tuple[Estimate | None, ...]
_ABSENT, _NEXT_TO_NOTHING = "–", "under 0.01 USD"
_EACH = f"{_NEXT_TO_NOTHING} each"
# Columns between the three of a wide table, what a heading needs, and what a number with its range does.
_GAPS, _TITLE, _RANGE = 4, 22, 22


@dataclass(frozen=True, slots=True)
class Section:
    """One number of every strategy: overall, and if the release is bad."""

    criterion: Criterion
    found: dict[str, Pair]

    @property
    def title(self) -> str:
        """The number's name, as a heading."""
        label = self.criterion.label
        return label[:1].upper() + label[1:]

    def cells(self) -> list[tuple[str, str, str]]:
        """A line for each strategy, all in one unit."""
        values = [one for pair in self.found.values() for one in pair if one is not None]
        write = writer(self.criterion, values)
        texts = {name: [_ABSENT if one is None else write(one) for one in pair] for name, pair in self.found.items()}
        return [(name, overall, if_bad) for name, (overall, if_bad) in texts.items()]

    @property
    def open_ended(self) -> bool:
        """Whether some interval has no upper end."""
        return any("[from " in text for row in self.cells() for text in row)

    @property
    def costs_nothing(self) -> bool:
        """Whether no strategy comes to a cent, so that one line says it all."""
        return {text for row in self.cells() for text in row[1:]} - {_ABSENT} == {_NEXT_TO_NOTHING}


def writer(criterion: Criterion, values: Sequence[Estimate]) -> Callable[[Estimate], str]:
    """How the criterion's values are written: durations as people say them, the rest in one unit for all of them."""
    if criterion.chance:
        return chance
    if criterion.unit == "s":
        return duration
    return scale_of(criterion.unit, [one.value for one in values]).text


def duration(estimate: Estimate) -> str:
    """Write a duration with its interval in the room of a column.

    >>> duration(Estimate(754.2, 671.0, 838.0, 0.95, 200)), duration(Estimate(400.0, 396.0, math.inf, 0.95, 200))
    ('12 min 30 s [11 min 10 s, 14 min]', '6 min 40 s [from 6 min 36 s]')
    """
    if not math.isfinite(estimate.value):
        return "did not end" if math.isinf(estimate.value) else _ABSENT
    value, low, high = spoken(estimate)
    if not low and not high:
        return f"{value} [spread unknown]"
    if not high:
        return f"{value} [from {low}]"
    return f"{value} [{low}, {high}]" if low else f"{value} [to {high}]"


def strategy_table(sections: Sequence[Section], width: int) -> Table | Group:
    """Everything about the strategies: beside each other where two ranges fit, else below each other."""
    names = max(_TITLE, *(len(row[0]) + 2 for section in sections for row in section.cells()))
    room = (width - names - _GAPS) // 2
    return _wide(sections, width, names, room) if room >= _RANGE else _narrow(sections)


def _wide(sections: Sequence[Section], width: int, names: int, room: int) -> Table:
    lines: list[tuple[str, str, str]] = []
    for section in sections:
        lines += [("", "", "")] if lines else []
        title = textwrap.fill(section.title, names)
        if section.costs_nothing:
            lines.append((title, _EACH, _EACH))
            continue
        lines.append((title, "", ""))
        for name, *pair in section.cells():
            overall, if_bad = (_folded(text, room) for text in pair)
            lines.append((f"  {name}", overall, if_bad))
    return table(width, ("", "overall", "if the release is bad"), lines)


def _narrow(sections: Sequence[Section]) -> Group:
    parts: list[Padding] = []
    for section in sections:
        parts.append(Padding(cell(section.title, "bold"), (1 if parts else 0, 0, 0, 0)))
        if section.costs_nothing:
            parts.append(Padding(cell(_EACH), (0, 0, 0, 2)))
            continue
        for name, overall, if_bad in section.cells():
            lines = Table.grid(padding=(0, 1, 0, 0))
            lines.add_column(no_wrap=True)
            lines.add_row(cell("overall"), cell(overall))
            lines.add_row(cell("if bad"), cell(if_bad))
            parts += [Padding(cell(name), (0, 0, 0, 2)), Padding(lines, (0, 0, 0, 4))]
    return Group(*parts)


def _folded(text: str, room: int) -> str:
    """Break a number that does not fit before its range."""
    value, bracket, interval = text.partition(" [")
    return text if len(text) <= room or not bracket else f"{value}\n[{interval}"
