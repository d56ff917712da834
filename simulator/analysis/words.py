"""Numbers and probabilities as a board reads them: a word, and always the number beside it.

The one thing a newcomer would get wrong: what was never seen in n runs is as unlikely as n runs can show, so
its word is chosen by the bound and not by the zero.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from simulator import units
from simulator.estimate import Estimate, Probability, Unvaried, number, percent
from simulator.estimate.duration import rounded, spoken
from simulator.estimate.value import decimals

# Upper limits of the calibrated scale. Source: Mastrandrea et al., Guidance note for lead authors of the IPCC
# fifth assessment report on consistent treatment of uncertainties, 2010, table 1.
_AT_MOST = (
    (0.01, "exceptionally unlikely"),
    (0.10, "very unlikely"),
    (0.33, "unlikely"),
)
_ABOVE = (
    (0.99, "virtually certain"),
    (0.90, "very likely"),
    (0.66, "likely"),
)


def likelihood(probability: float) -> str:
    """Word for a probability, from the IPCC's calibrated scale.

    >>> likelihood(0.95), likelihood(0.5), likelihood(0.004)
    ('very likely', 'about as likely as not', 'exceptionally unlikely')
    """
    for limit, word in _ABOVE:
        if probability > limit:
            return word
    for limit, word in _AT_MOST:
        if probability < limit:
            return word
    return "about as likely as not"


def chance(probability: Probability) -> str:
    """Word and number of a probability.

    >>> chance(Probability(0.021, 0.014, 0.031, 0.95, 2000))
    'very unlikely: 2.1 % [1.4 %, 3.1 %]'
    """
    known = probability.value
    if probability.bound is not None:
        known = probability.bound
    return f"{likelihood(known)}: {probability}"


def confidence(share: float) -> str:
    """Write a share of resamples, which cannot tell 99 % from certainty.

    >>> confidence(1.0), confidence(0.873), confidence(0.001)
    ('more than 99 %', '87 %', 'less than 1 %')
    """
    if share > 0.99:
        return "more than 99 %"
    return "less than 1 %" if share < 0.01 else f"{100 * share:.0f} %"


def frequency(probability: float, denominator: int = 1000) -> str:
    """Write a small probability as a frequency, with one denominator throughout a document.

    >>> frequency(0.0021)
    '2.1 in 1,000 deployments'
    """
    return f"{probability * denominator:.2g} in {denominator:,} deployments"


def quantity(estimate: Estimate, unit: str) -> str:
    """Write an estimate in its unit, with its interval and no more digits than that allows.

    Parameters
    ----------
    estimate : Estimate
        In the unit used inside: seconds, requests, fraction, US dollars.
    unit : str
        As in the table of metrics: ``"s"``, ``"requests"``, ``"fraction"`` or ``"USD"``.

    Examples
    --------
    >>> quantity(Estimate(754.2, 671.0, 838.0, 0.95, 200), "s")
    '12 min 30 s [11 min 10 s, 14 min]'
    >>> quantity(Estimate(0.0, 0.0, 0.031, 0.95, 200), "fraction")
    'none [none, 3.1 %]'
    """
    if isinstance(estimate, Probability):
        return str(estimate)
    if not math.isfinite(estimate.value):
        return "did not end by the horizon" if estimate.value > 0 else "not available"
    if isinstance(estimate, Unvaried):
        return f"{amount(estimate.value, unit)} ({estimate.silence})"
    if unit == "fraction":
        ends = [_share(end, estimate.precision) for end in (estimate.value, estimate.low, estimate.high)]
        return f"{ends[0]} [{ends[1]}, {ends[2]}]"
    if unit == "s":
        return _duration(estimate)
    value, _, rest = str(estimate).partition(" ")
    return f"{value} {unit} {rest}"


def _duration(estimate: Estimate) -> str:
    """Write a duration with its interval in a sentence; what these runs cannot supply is said."""
    value, low, high = spoken(estimate)
    shown = f"{estimate.replications:,} run{'s' if estimate.replications != 1 else ''}"
    if not low and not high:
        return f"{value} (spread unknown, {shown})"
    show = "shows" if estimate.replications == 1 else "show"
    if not high:
        return f"{value} (at least {low}; {shown} {show} no upper end)"
    return f"{value} [{low}, {high}]" if low else f"{value} (at most {high}; {shown} {show} no lower end)"


def plain(value: float, unit: str) -> str:
    """Write a given number, such as a limit, in its unit.

    >>> plain(90.0, "s"), plain(0.999, "fraction"), plain(5200.0, "requests")
    ('1 min 30 s', '99.9 %', '5,200 requests')
    """
    if unit in {"fraction", "probability"}:
        return percent(value)
    if unit == "s" and value >= 60 and value == _told(value):
        return units.human(value)
    return f"{number(value, 0 if value == round(value) else 2)} {unit}"


def _told(seconds: float) -> float:
    """What is left of a duration when it is told in its two largest units."""
    size = 1 if seconds < 3600 else 60 if seconds < 172_800 else 3600
    return float(seconds // size * size)


def amount(value: float, unit: str, precision: float = 0.0) -> str:
    """Write a number without its interval, with no more digits than its precision allows.

    Parameters
    ----------
    value : float
        In the unit used inside.
    unit : str
        As in the table of metrics.
    precision : float
        Half-width of its interval; 0 leaves three digits.

    Examples
    --------
    >>> amount(131.4, "s", 4.0), amount(4.61, "s"), amount(0.0132, "fraction"), amount(52.25, "USD")
    ('2 min 11 s', '4.61 s', '1.32 %', '52.2 USD')
    """
    if unit in {"fraction", "probability"}:
        return percent(value, precision)
    if unit == "s" and abs(value) >= 60:
        return rounded(value, value, precision)
    places = decimals(value, precision)
    if places < 0 or value == 0:
        places = 0
    return f"{number(value, places)} {unit}".rstrip()


def listed(names: Sequence[str], word: Literal["and", "or"] = "and") -> str:
    """Write names as a list.

    >>> listed(["a", "b", "c"], "or")
    'a, b or c'
    """
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {word} {names[-1]}"


def _share(value: float, half_width: float) -> str:
    if value <= 0:
        return "none"
    if value == 1:
        return "all"
    return percent(value, half_width) if math.isfinite(value) else "no upper end"
