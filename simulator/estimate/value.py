"""An estimate and how it is written down.

The one thing a newcomer would get wrong: a probability that was never seen is not 0 %. What *n* silent runs
show is an upper bound, and that is what gets printed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

LEVEL = 0.95
_PLACES_MOST = 9


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its uncertainty, in the unit of the samples.

    Parameters
    ----------
    value : float
        The point estimate; ``inf`` for a time that never ended.
    low, high : float
        Ends of the confidence interval. An end that this many replications cannot supply is infinite: a
        quantile's interval may have no upper end, and one replication has no interval at all.
    level : float
        Confidence level of the interval.
    replications : int
        Runs that the estimate rests on.

    Examples
    --------
    >>> str(Estimate(542.0, 519.456, 564.544, 0.95, 10))
    '542 [519, 565]'
    >>> str(Estimate(5210.0, 4903.0, 5517.0, 0.95, 400))
    '5,210 [4,900, 5,520]'
    """

    value: float
    low: float
    high: float
    level: float
    replications: int

    @property
    def half_width(self) -> float:
        """Half the interval; ``inf`` when an end is missing."""
        return (self.high - self.low) / 2 if math.isfinite(self.high - self.low) else math.inf

    @property
    def precision(self) -> float:
        """Distance to the nearer end, which sets how many digits are worth printing; 0 without a spread."""
        sides = (self.value - self.low, self.high - self.value)
        return min((side for side in sides if 0 < side < math.inf), default=0.0)

    def scaled(self, factor: float) -> Estimate:
        """Return the same estimate in a unit that is `factor` times as many."""
        value, low, high = (end * factor for end in (self.value, self.low, self.high))
        return Estimate(value, low, high, self.level, self.replications)

    def __str__(self) -> str:
        if not math.isfinite(self.value):
            return "did not end" if math.isinf(self.value) else "not available"
        places = decimals(self.value, self.precision)
        value, low, high = (_digits(end, places) for end in (self.value, self.low, self.high))
        if math.isinf(self.low) and math.isinf(self.high):
            return f"{value} (spread unknown, {_runs(self.replications)})"
        show = "shows" if self.replications == 1 else "show"
        if math.isinf(self.high):
            return f"{value} (at least {low}; {_runs(self.replications)} {show} no upper end)"
        if math.isinf(self.low):
            return f"{value} (at most {high}; {_runs(self.replications)} {show} no lower end)"
        return f"{value} [{low}, {high}]"


@dataclass(frozen=True, slots=True)
class Unvaried(Estimate):
    """A mean whose runs had no spread, which is no certainty: its interval has no width because none was seen.

    Examples
    --------
    >>> str(Unvaried(0.0, 0.0, 0.0, 0.95, 100))
    '0 (no spread in 100 runs)'
    """

    def scaled(self, factor: float) -> Estimate:
        """Return the same estimate in a unit that is `factor` times as many."""
        return replace(self, value=self.value * factor, low=self.low * factor, high=self.high * factor)

    @property
    def silence(self) -> str:
        """What stands in place of the interval."""
        return f"no spread in {_runs(self.replications)}"

    def __str__(self) -> str:
        return f"{number(self.value, decimals(self.value))} ({self.silence})"


@dataclass(frozen=True, slots=True)
class Probability(Estimate):
    """A probability with its uncertainty; written so that nothing looks impossible or certain.

    Parameters
    ----------
    bound : float, optional
        One-sided bound that a sentence states when no run, or every run, had the event: the most, or the
        least, that the probability may be at this level.

    Examples
    --------
    >>> str(Probability(0.0, 0.0, 0.0038, 0.95, 1000, bound=0.0029912))
    'none in 1,000 runs (at most 0.30 % at 95 %)'
    >>> str(Probability(0.0175, 0.008502, 0.035677, 0.95, 400))
    '1.8 % [0.9 %, 3.6 %]'
    """

    bound: float | None = None

    def __str__(self) -> str:
        level, runs = percent(self.level), _runs(self.replications)
        if self.value <= 0:
            most = self.high if self.bound is None else self.bound
            return f"none in {runs} (at most {percent(most, digits=2, up=True)} at {level})"
        if self.value >= 1:
            least = self.low if self.bound is None else self.bound
            return f"all of {runs} (at least {percent(least, up=False)} at {level})"
        value, low, high = (percent(end, self.precision) for end in (self.value, self.low, self.high))
        if self.low <= 0 and self.high >= 1:
            return f"{value} ({runs} rule nothing out)"
        if self.low <= 0:
            return f"{value} (at most {high} at {level})"
        if self.high >= 1:
            return f"{value} (at least {low} at {level})"
        return f"{value} [{low}, {high}]"


def decimals(value: float, half_width: float = 0.0, digits: int = 3) -> int:
    """Decimal places worth printing: at most `digits` significant ones, fewer when the interval says so.

    Two digits of the half-width are kept when it begins with 10 to 35, else one: the rounding rule of the
    Particle Data Group. Negative places round to tens and hundreds.

    >>> decimals(542.0, 22.5), decimals(16.625, 13.45), decimals(5210.0, 700.0)
    (0, 0, -2)
    """
    places = _PLACES_MOST if value == 0 else digits - 1 - math.floor(math.log10(abs(value)))
    if half_width > 0 and math.isfinite(half_width):
        exponent = math.floor(math.log10(half_width))
        places = min(places, (1 if half_width / 10.0**exponent < 3.55 else 0) - exponent)
    elif value == 0:
        places = 0
    return min(places, _PLACES_MOST)


def number(value: float, places: int) -> str:
    """Write a number at these decimal places, thousands grouped.

    >>> number(-5213.4, -2), number(0.125, 2), number(-0.001, 1)
    ('-5,200', '0.12', '0.0')
    """
    if not math.isfinite(value):
        return str(value)
    # Adding 0.0 turns the -0.0 that rounding leaves into 0.0.
    return f"{round(value, places) + 0.0:,.{max(places, 0)}f}"


def percent(share: float, half_width: float = 0.0, digits: int = 3, up: bool | None = None) -> str:
    """Write a share as a percentage that never reads 0 % or 100 % unless it is.

    Parameters
    ----------
    share : float
        A fraction.
    half_width : float
        Of its interval, as a fraction; 0 leaves the digits to `digits`.
    digits : int
        Significant digits at most.
    up : bool, optional
        Round away from zero (a bound that says "at most") or towards it ("at least"); None rounds to nearest.

    Examples
    --------
    >>> percent(0.0029912, digits=2, up=True), percent(0.99971), percent(0.5), percent(1 - 2e-16, digits=2)
    ('0.30 %', '99.97 %', '50 %', '100 %')
    """
    # Weights of strata add up to 1 but for the last bits of a float, which are no share of anything.
    hundred = 100.0 if abs(share - 1.0) < 1e-13 else 100.0 * share
    places = decimals(hundred, 100.0 * half_width, digits)
    while hundred not in (0.0, 100.0) and _rounded(hundred, places, up) in (0.0, 100.0) and places < 15:
        places += 1
    text = number(_rounded(hundred, places, up), places)
    if not half_width and digits == 3 and "." in text:
        text = text.rstrip("0").rstrip(".")
    return f"{text} %"


def _digits(value: float, places: int) -> str:
    """Write a number at these places, or fewer where that is more than three significant digits."""
    return number(value, min(places, decimals(value)) if math.isfinite(value) else places)


def _rounded(value: float, places: int, up: bool | None) -> float:
    if up is None:
        return round(value, places)
    scale = 10.0**places
    return (math.ceil(value * scale - 1e-9) if up else math.floor(value * scale + 1e-9)) / scale


def _runs(count: int) -> str:
    return f"{count:,} run" if count == 1 else f"{count:,} runs"
