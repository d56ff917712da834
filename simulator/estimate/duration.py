"""How a duration with its interval is written: rounded once, in seconds, wherever it is shown.

The one thing a newcomer would get wrong: digits depend on the unit they are counted in. Ends rounded in minutes here
and in seconds there would be two intervals for one estimate.
"""

from __future__ import annotations

import math

from simulator import units
from simulator.estimate.value import Estimate, decimals, number


def spoken(estimate: Estimate) -> tuple[str, str, str]:
    """Write a duration and both ends of its interval, as screen, page and file all do.

    Where any of the three reaches a minute each is written as people say it, else the unit stands once, with the value.
    An end that is missing is empty.

    Examples
    --------
    >>> spoken(Estimate(754.2, 671.0, 838.0, 0.95, 200)), spoken(Estimate(7.52, 5.17, 11.12, 0.95, 200))
    (('12 min 30 s', '11 min 10 s', '14 min'), ('7.5 s', '5.2', '11.1'))
    """
    ends = (estimate.value, estimate.low, estimate.high)
    precision = estimate.precision
    if any(60 <= abs(end) < math.inf for end in ends):
        value, low, high = (rounded(end, estimate.value, precision) if math.isfinite(end) else "" for end in ends)
        return value, low, high
    places = decimals(estimate.value, precision)
    value, low, high = (number(end, min(places, decimals(end))) if math.isfinite(end) else "" for end in ends)
    return f"{value} s", low, high


def rounded(seconds: float, value: float, precision: float) -> str:
    """Write a duration no finer than an estimate of this value and precision allows.

    >>> rounded(131.4, 131.4, 4.0), rounded(0.0, 131.4, 4.0)
    ('2 min 11 s', '0 s')
    """
    told = round(seconds, decimals(value, precision)) + 0.0
    return units.human(told) if told else "0 s"
