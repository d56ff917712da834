"""One column of a CSV file as observed values: ``empirical: {from: times.csv, column: seconds, unit: s}``."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path

from simulator.errors import quoted
from simulator.importers.files import TABLE_LIMIT, read_text, shown
from simulator.importers.places import Place, Source
from simulator.importers.result import refuse

ROWS = 100_000


def read(path: Path, column: str | None = None, unit: str | None = None) -> list[str] | list[float]:
    """Values of one column, each with its unit as text, or as plain numbers when there is none.

    Parameters
    ----------
    path : Path
        A CSV file whose first line names its columns.
    column : str, optional
        Which one; may be left out when there is only one.
    unit : str, optional
        Of every value, as in ``s``; left out for plain factors.

    Raises
    ------
    ImportFailure
        With the line and column of the first cell that is no number.
    """
    text = read_text(path, TABLE_LIMIT)
    source = Source(shown(path), tuple(text.splitlines()))
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(rows, None)
        if not header:
            refuse(Place(source, 1, 1), "the file is empty; its first line names its columns")
        index = _index(header, column, source)
        numbers = [_number(row, index, source, rows.line_num) for row in rows if any(row)]
    except csv.Error as error:
        refuse(Place(source, max(1, rows.line_num), 1), f"not CSV ({error}); check its quotes")
    if not numbers:
        refuse(Place(source, 1, 1), "no values under the first line; add them")
    if len(numbers) > ROWS:
        refuse(Place(source, ROWS + 2, 1), f"more than {ROWS} values; keep a sample of them")
    return numbers if unit is None else [f"{number!r} {unit}" for number in numbers]


def _index(header: list[str], column: str | None, source: Source) -> int:
    names = [name.strip() for name in header]
    if column is None and len(names) == 1:
        return 0
    if column not in names:
        known = ", ".join(quoted(name) for name in names[:10])
        said = "which column?" if column is None else f"no column is called {quoted(column)};"
        refuse(Place(source, 1, 1), f"{said} write column: one of {known}")
    return names.index(column)


def _number(row: list[str], index: int, source: Source, line: int) -> float:
    cell = row[index].strip() if index < len(row) else ""
    try:
        number = float(cell)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        column = 1 + sum(len(before) + 1 for before in row[:index])
        refuse(Place(source, line, column), f"{quoted(cell)} is not a number; write for example 12.5")
    return number
