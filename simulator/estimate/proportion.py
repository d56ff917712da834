"""Probabilities from independent replications that all count the same.

The one thing a newcomer would get wrong: the textbook interval p ± 1.96 √(p(1-p)/n) is empty when nothing was
seen. Wilson's is the default; Clopper and Pearson's is for a guarantee, and for a sentence with "at most".

References
----------
BCD: Brown, Cai, DasGupta, Interval estimation for a binomial proportion, Statist. Sci. 16 (2001).
HLH: Hanley, Lippman-Hand, If nothing goes wrong, is everything all right?, JAMA 249 (1983).
"""

from __future__ import annotations

import math

from simulator.estimate.sample import z_quantile
from simulator.estimate.value import LEVEL, Probability


def wilson(hits: float, runs: float, level: float = LEVEL) -> Probability:
    """Probability from `hits` of `runs`, with Wilson's interval.

    Parameters
    ----------
    hits, runs : float
        Counts; ties counted half make them fractional.
    level : float
        Confidence level.

    References
    ----------
    BCD, section 3.1.1.

    Examples
    --------
    >>> estimate = wilson(7, 400)
    >>> round(estimate.low, 6), round(estimate.high, 6)
    (0.008502, 0.035677)
    >>> print(wilson(0, 1000))
    none in 1,000 runs (at most 0.30 % at 95 %)
    """
    _counts(hits, runs)
    share = hits / runs
    low, high = _wilson_ends(share, runs, level)
    bound = None
    if hits <= 0:
        low, bound = 0.0, rule_of_three(runs, level)
    elif hits >= runs:
        high, bound = 1.0, 1 - rule_of_three(runs, level)
    return Probability(share, low, high, level, round(runs), bound)


def _wilson_ends(share: float, runs: float, level: float = LEVEL) -> tuple[float, float]:
    """Give the ends of Wilson's interval for a share seen in a (possibly effective) number of runs."""
    z2 = z_quantile(level) ** 2
    centre = (share + z2 / (2 * runs)) / (1 + z2 / runs)
    half = math.sqrt(z2) * math.sqrt(share * (1 - share) / runs + z2 / (4 * runs**2)) / (1 + z2 / runs)
    return max(centre - half, 0.0), min(centre + half, 1.0)


def clopper_pearson(hits: int, runs: int, level: float = LEVEL) -> Probability:
    """Probability from `hits` of `runs`, with the interval that guarantees its level.

    References
    ----------
    BCD, section 4.2.1.

    Examples
    --------
    >>> estimate = clopper_pearson(5, 1000)
    >>> round(estimate.low, 6), round(estimate.high, 6)
    (0.001625, 0.011629)
    """
    from scipy.special import betaincinv

    _counts(hits, runs)
    tail = (1 - level) / 2
    low = float(betaincinv(hits, runs - hits + 1, tail)) if hits > 0 else 0.0
    high = float(betaincinv(hits + 1, runs - hits, 1 - tail)) if hits < runs else 1.0
    bound = None
    if hits in (0, runs):
        bound = rule_of_three(runs, level) if hits == 0 else 1 - rule_of_three(runs, level)
    return Probability(hits / runs, low, high, level, runs, bound)


def upper_bound(hits: int, runs: int, level: float = LEVEL) -> float:
    """One-sided Clopper-Pearson bound: what a sentence that says "at most" may state.

    Examples
    --------
    >>> round(upper_bound(0, 1000), 7)
    0.0029912
    """
    from scipy.special import betaincinv

    _counts(hits, runs)
    return float(betaincinv(hits + 1, runs - hits, level)) if hits < runs else 1.0


def rule_of_three(runs: float, level: float = LEVEL) -> float:
    """Most that a probability may be when none of `runs` runs had the event; about 3/n at 95 %.

    References
    ----------
    HLH.

    Examples
    --------
    >>> round(rule_of_three(100), 6), round(rule_of_three(3000), 8)
    (0.029513, 0.00099808)
    """
    return 1 - math.pow(1 - level, 1 / runs)


def _counts(hits: float, runs: float) -> None:
    if not 0 <= hits <= runs or runs <= 0:
        raise ValueError(f"{hits:g} of {runs:g} runs is no share; it takes hits between 0 and runs")
