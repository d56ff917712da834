"""How numbers, shares and names are written for readers.

The one thing a newcomer would get wrong: names come from files and are data. They are shortened and their
direction marks taken out here; escaping is left to the place they go to (HTML, SVG, a spreadsheet).
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from simulator import units
from simulator.estimate import Estimate, Probability, Unvaried, number, percent
from simulator.estimate.duration import spoken
from simulator.estimate.value import decimals

NAME_LIMIT = 48


@dataclass(frozen=True, slots=True)
class Scale:
    """A unit to show values in: how many of it one inner unit is, and its name."""

    factor: float
    unit: str

    def value(self, estimate: Estimate) -> str:
        """Write the point estimate without unit, with as many digits as the interval allows.

        >>> Scale(1 / 60, "min").value(Estimate(754.0, 700.0, 808.0, 0.95, 400))
        '12.6'
        """
        if math.isnan(estimate.value):
            return "–"
        if math.isinf(estimate.value):
            return "did not end"
        shown = estimate.scaled(self.factor)
        if self._under_a_cent(shown):
            return "under 0.01"
        return _end(shown.value, self._places(shown))

    def interval(self, estimate: Estimate) -> str:
        """Write the interval beside it; what this many runs cannot supply is said.

        >>> Scale(1.0, "s").interval(Estimate(30.0, 20.0, math.inf, 0.95, 40))
        '[20, no upper end]'
        """
        shown = estimate.scaled(self.factor)
        if not math.isfinite(shown.value) or self._under_a_cent(shown):
            return ""
        if math.isinf(shown.low) and math.isinf(shown.high):
            return "[spread unknown]"
        if isinstance(estimate, Unvaried):
            return "[no spread]"
        places = self._places(shown)
        low = "no lower end" if math.isinf(shown.low) else _end(shown.low, places)
        high = "no upper end" if math.isinf(shown.high) else _end(shown.high, places)
        return f"[{low}, {high}]"

    def text(self, estimate: Estimate) -> str:
        """Write value, unit and interval on one line."""
        value = self.value(estimate)
        if not math.isfinite(estimate.value):
            return value
        return " ".join(part for part in (value, self.unit, self.interval(estimate)) if part)

    def _under_a_cent(self, shown: Estimate) -> bool:
        """Whether money and its whole interval would round to nothing."""
        ends = (shown.value, shown.low, shown.high)
        return self.unit == "USD" and any(ends) and max(map(abs, ends)) < 0.005

    @staticmethod
    def _places(shown: Estimate) -> int:
        """As `Estimate` itself is written: the nearer end of the interval sets the digits."""
        return max(decimals(shown.value, shown.precision), -9)


@dataclass(frozen=True, slots=True)
class Spoken(Scale):
    """Durations in a table: each as people say it, with the digits that a screen and a sentence show."""

    def value(self, estimate: Estimate) -> str:
        """Write the point estimate.

        >>> Spoken(1.0, "").value(Estimate(754.0, 700.0, 808.0, 0.95, 400))
        '12 min 30 s'
        """
        return spoken(estimate)[0] if math.isfinite(estimate.value) else Scale.value(self, estimate)

    def interval(self, estimate: Estimate) -> str:
        """Write the interval beside it; what this many runs cannot supply is said."""
        if not math.isfinite(estimate.value):
            return ""
        if isinstance(estimate, Unvaried):
            return "[no spread]"
        _, low, high = spoken(estimate)
        if not low and not high:
            return "[spread unknown]"
        return f"[{low or 'no lower end'}, {high or 'no upper end'}]"


def _end(value: float, places: int) -> str:
    """Write an end of an interval to the digits of its estimate, and to no more than three significant ones."""
    return number(value, min(places, decimals(value))) if value else "0"


def in_tables(unit: str, values: Iterable[float]) -> Scale:
    """Choose how the numbers of a table are written: durations as people say them, the rest as `scale_of` says."""
    return Spoken(1.0, "") if unit == "s" else scale_of(unit, values)


def scale_of(unit: str, values: Iterable[float]) -> Scale:
    """Choose the unit in which most of these values are easy to read.

    Parameters
    ----------
    unit : str
        ``"s"``, ``"requests"``, ``"fraction"`` or ``"USD"``.
    values : iterable of float
        In that unit; zeros and those not finite are left out.

    Examples
    --------
    >>> scale_of("s", [0.0, 300.0, 754.0]).unit, scale_of("fraction", [0.2]).unit
    ('min', '%')
    """
    if unit == "fraction":
        return Scale(100.0, "%")
    sizes = [abs(value) for value in values if math.isfinite(value) and value != 0]
    middle = median(sizes) if sizes else 0.0
    if unit == "requests" and middle >= 50_000:
        return Scale(1e-3, "thousand") if middle < 5_000_000 else Scale(1e-6, "million")
    if unit != "s":
        return Scale(1.0, unit)
    for limit, size, name in ((120.0, 1.0, "s"), (7200.0, 60.0, "min"), (172_800.0, 3600.0, "h")):
        if middle < limit:
            return Scale(1.0 / size, name)
    return Scale(1.0 / 86_400.0, "d")


def scale_for_one(unit: str, estimate: Estimate) -> Scale:
    """Choose the unit for one estimate in a sentence, as the recommendation does: by its value.

    >>> scale_for_one("s", Estimate(100.0, 60.0, 150.0, 0.95, 400)).text(Estimate(100.0, 60.0, 150.0, 0.95, 400))
    '1 min 40 s [1 min, 2 min 30 s]'
    """
    width = estimate.half_width
    return in_tables(unit, [estimate.value if estimate.value or not math.isfinite(width) else width])


def amount(value: float, unit: str) -> str:
    """Write one number that carries no interval, such as a limit from the scenario or what one run took.

    >>> amount(754.0, "s"), amount(0.2, "fraction"), amount(1234.0, "requests"), amount(0.5, "USD")
    ('12 min 34 s', '20 %', '1,230 requests', '0.50 USD')
    """
    if math.isinf(value):
        return "does not end"
    if unit == "s":
        return units.human(value)
    scale = scale_of(unit, [value])
    shown = value * scale.factor
    places = decimals(shown)
    if unit == "requests" and scale.factor < 1:
        return f"{number(value, decimals(value))} requests"
    if unit == "USD":
        if 0 < abs(shown) < 0.005:
            return "under 0.01 USD"
        places = 2
    text = number(shown, places)
    if "." in text and unit != "USD":
        text = text.rstrip("0").rstrip(".")
    return f"{text} {scale.unit}"


def chance(estimate: Probability | Estimate) -> str:
    """Write a probability with its interval; nothing looks impossible or certain."""
    if math.isnan(estimate.value):
        return "no such run"
    return str(estimate)


def share_text(share: float) -> str:
    """Write a share of runs in a sentence, with no false certainty.

    >>> share_text(0.0), share_text(1.0), share_text(0.42)
    ('none', 'all', '42 %')
    """
    if share <= 1e-9:
        return "none"
    if share >= 1 - 1e-9:
        return "all"
    return percent(share, digits=2)


def short(name: str, limit: int = NAME_LIMIT) -> str:
    r"""Shorten a name and take out what would disturb the line it stands in.

    >>> short("a\u202eb\nc" + "d" * 90, limit=10)
    'ab cddddd…'
    """
    # Line breaks and tabs become spaces; direction marks, zero-width and unassigned characters go.
    text = re.sub(r"\s+", " ", name).strip()
    text = "".join(character for character in text[: 4 * limit] if unicodedata.category(character)[0] != "C")
    return text if len(text) <= limit else text[: limit - 1] + "…"


def slug(name: str) -> str:
    """Turn a name into a folder's name.

    >>> slug("Checkout web, release 2.31"), slug("../../etc"), slug("???")
    ('checkout-web-release-2-31', 'etc', 'report')
    """
    folded = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", folded).strip("-")[:60].strip("-") or "report"
