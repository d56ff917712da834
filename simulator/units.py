"""Units at the edges: text such as ``5 min`` and ``10 %`` to the one unit used inside, and back.

Inside the package a duration is in seconds, a share a fraction from 0 to 1, a rate per second, money in US
dollars and memory in bytes. In a scenario file every quantity carries its unit; a bare number is refused
with the fix, because ``1:30`` would be read as 90 and ``010`` as 8.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation, Overflow
from typing import Literal

from simulator.errors import quoted

Dimension = Literal["duration", "share", "rate", "money", "memory", "factor"]

_YEAR = Decimal(365 * 86_400)


@dataclass(frozen=True, slots=True)
class Unit:
    """A dimension's spellings, each with its size in the unit used inside."""

    factors: dict[str, Decimal]
    base: str
    example: str
    noun: str


UNITS: dict[Dimension, Unit] = {
    "duration": Unit(
        {
            "ms": Decimal("0.001"),
            "s": Decimal(1),
            "sec": Decimal(1),
            "second": Decimal(1),
            "seconds": Decimal(1),
            "min": Decimal(60),
            "minute": Decimal(60),
            "minutes": Decimal(60),
            "h": Decimal(3600),
            "hour": Decimal(3600),
            "hours": Decimal(3600),
            "d": Decimal(86_400),
            "day": Decimal(86_400),
            "days": Decimal(86_400),
            "week": Decimal(604_800),
            "weeks": Decimal(604_800),
        },
        "s",
        "5 min",
        "a duration",
    ),
    "share": Unit({"%": Decimal("0.01")}, "%", "10 %", "a share"),
    "rate": Unit(
        {
            "/s": Decimal(1),
            "/min": 1 / Decimal(60),
            "/h": 1 / Decimal(3600),
            "/hour": 1 / Decimal(3600),
            "/day": 1 / Decimal(86_400),
            "/d": 1 / Decimal(86_400),
            "/year": 1 / _YEAR,
        },
        "/s",
        "1500/s",
        "a rate",
    ),
    "money": Unit({"USD": Decimal(1), "usd": Decimal(1), "$": Decimal(1)}, "USD", "12.50 USD", "an amount"),
    "memory": Unit(
        {
            "B": Decimal(1),
            "KB": Decimal(1000),
            "MB": Decimal(10**6),
            "GB": Decimal(10**9),
            "KiB": Decimal(2**10),
            "MiB": Decimal(2**20),
            "GiB": Decimal(2**30),
        },
        "B",
        "512 MB",
        "a size",
    ),
    "factor": Unit({"": Decimal(1), "x": Decimal(1)}, "", "1.6", "a plain number"),
}

_QUANTITY = re.compile(r"^\s*(\$?)\s*([+-]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(\S*)\s*$")


def parse(text: str, dimension: Dimension) -> float:
    """Read a quantity with its unit.

    Parameters
    ----------
    text : str
        Such as ``"5 min"``, ``"10 %"``, ``"1500/s"``, ``"0.02 USD"``.
    dimension : str
        A key of `UNITS`.

    Returns
    -------
    float
        In the unit used inside (seconds, fraction, per second, US dollars, bytes).

    Raises
    ------
    ValueError
        When the text is no quantity, too large a number, or its unit belongs to another dimension; says what to
        write.

    Examples
    --------
    >>> parse("5 min", "duration"), parse("0.05 %", "share"), parse("90/min", "rate")
    (300.0, 0.0005, 1.5)
    """
    unit = UNITS[dimension]
    match = _QUANTITY.match(text)
    if match is None:
        raise ValueError(f"{quoted(text)} is not {unit.noun}; write for example {unit.example}")
    dollar, digits, spelling = match.groups()
    spelling = spelling or dollar
    if spelling not in unit.factors:
        known = ", ".join(spelling for spelling in unit.factors if spelling)
        if not spelling:
            raise ValueError(f"{quoted(text)} has no unit; write for example {digits} {_first(dimension)}")
        raise ValueError(f"unit {quoted(spelling)} is not {unit.noun}; write one of {known}, as in {unit.example}")
    try:
        number = float(Decimal(digits.replace("_", "")) * unit.factors[spelling])
    except InvalidOperation as error:
        raise ValueError(f"{quoted(text)} is not {unit.noun}; write for example {unit.example}") from error
    except Overflow:
        number = math.inf
    if not math.isfinite(number):
        raise ValueError(f"{quoted(text)} is not a finite number; write for example {unit.example}")
    return number


def bare(value: float, dimension: Dimension) -> ValueError:
    """Build the refusal of a number without a unit, with the fix."""
    unit = UNITS[dimension]
    if dimension == "share":
        fix = f"{Decimal(repr(value)) * 100:f} %" if 0 <= value <= 1 else f"{value:g} %"
        return ValueError(f"a bare number is not a share; write {fix}")
    space = "" if unit.base.startswith("/") else " "
    return ValueError(f"a bare number is not {unit.noun}; write {value:g}{space}{unit.base}, as in {unit.example}")


def text(value: float, dimension: Dimension) -> str:
    """Write a quantity so that `parse` gives the same float back.

    >>> text(0.1, "share"), text(300.0, "duration"), text(1.5, "rate")
    ('10 %', '300 s', '1.5/s')
    """
    unit = UNITS[dimension]
    number = Decimal(repr(float(value))) / unit.factors[unit.base]
    digits = format(number.normalize(), "f")
    space = "" if unit.base.startswith("/") or not unit.base else " "
    return f"{digits}{space}{unit.base}"


def human(seconds: float) -> str:
    """Write a duration as people say it, in its two largest units.

    >>> human(0.73), human(42), human(400), human(18_000), human(float("inf"))
    ('0.73 s', '42 s', '6 min 40 s', '5 h', 'never')
    """
    if seconds == float("inf"):
        return "never"
    if seconds < 0:
        return f"-{human(-seconds)}"
    if seconds < 9.95:
        return f"{round(seconds, 3):.2g} s"
    for least, size, unit, part, smaller in _CLOCKS:
        if round(seconds) >= least:
            large, small = divmod(round(seconds / part), size // part)
            return f"{large} {unit} {small} {smaller}" if small else f"{large} {unit}"
    return f"{round(seconds)} s"


# From how many seconds on a duration is told in a unit, the unit's size, and the unit that goes with it.
_CLOCKS = ((172_800, 86_400, "d", 3600, "h"), (3600, 3600, "h", 60, "min"), (60, 60, "min", 1, "s"))


def _first(dimension: Dimension) -> str:
    return UNITS[dimension].base
