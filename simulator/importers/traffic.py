"""Recorded traffic from a CSV file: ``time_s,rate`` from the start on, or ``clock,rate`` of the day it starts on."""

from __future__ import annotations

import csv
import io
import math
import re
from pathlib import Path

from simulator import units
from simulator.errors import quoted
from simulator.importers.files import TABLE_LIMIT, read_text, shown
from simulator.importers.places import Place, Source
from simulator.importers.result import refuse
from simulator.model.traffic import SERIES_POINTS

_CLOCK = re.compile(r"([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?")
_HEAD = "write time_s,rate (seconds from the start) or clock,rate (time of day)"


def read(path: Path) -> dict[str, str]:
    """Rates by time, as ``traffic.series`` of a scenario holds them.

    Parameters
    ----------
    path : Path
        A CSV file whose first line names its columns, ``rate`` in requests per second among them.

    Raises
    ------
    ImportFailure
        With the line of the first cell that cannot be read.
    """
    text = read_text(path, TABLE_LIMIT)
    source = Source(shown(path), tuple(text.splitlines()))
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    series: dict[str, str] = {}
    try:
        names = [name.strip() for name in next(rows, [])]
        time = next((name for name in ("time_s", "clock") if name in names), None)
        if time is None or "rate" not in names:
            refuse(Place(source, 1, 1), f"the first line names no columns of time and rate; {_HEAD}")
        for row in rows:
            if any(row):
                line = rows.line_num
                key = _time(_cell(row, names.index(time)), time, Place(source, line, 1))
                if key in series:
                    refuse(Place(source, line, 1), f"{quoted(key)} is given twice; keep one")
                rate = _number(_cell(row, names.index("rate")), Place(source, line, 1))
                series[key] = units.text(rate, "rate")
    except csv.Error as error:
        refuse(Place(source, max(1, rows.line_num), 1), f"not CSV ({error}); check its quotes")
    if not series:
        refuse(Place(source, 1, 1), "no rates under the first line; add them")
    if len(series) > SERIES_POINTS:
        refuse(Place(source, SERIES_POINTS + 2, 1), f"more than {SERIES_POINTS} rates; write fewer")
    return series


def _cell(row: list[str], index: int) -> str:
    return row[index].strip() if index < len(row) else ""


def _time(cell: str, column: str, place: Place) -> str:
    if column == "time_s":
        return units.text(_number(cell, place), "duration")
    if _CLOCK.fullmatch(cell) is None:
        refuse(place, f"{quoted(cell)} is not a time of day; write for example 18:30, or the column time_s")
    return cell


def _number(cell: str, place: Place) -> float:
    try:
        number = float(cell)
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or number < 0:
        refuse(place, f"{quoted(cell)} is not a number from 0 on; write for example 12.5")
    return number
