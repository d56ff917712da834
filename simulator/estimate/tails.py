"""Tails of replications that were run stratum by stratum: exceedance, quantiles, CVaR.

The one thing a newcomer would get wrong: quantiles of the strata are not to be averaged. The weighted share
of runs beyond x is put together for each x, and a quantile read off from it. A time that never ended counts
as larger than any other.

References
----------
Woodruff: R. S. Woodruff, Confidence intervals for medians and other position measures, JASA 47 (1952).
RU: Rockafellar, Uryasev, Optimization of conditional value-at-risk, J. Risk 2 (2000).
HHL: Hong, Hu, Liu, Monte Carlo methods for VaR and CVaR: a review, ACM TOMACS 24 (2014).
"""

from __future__ import annotations

import math

import numpy as np

from simulator.estimate.proportion import rule_of_three
from simulator.estimate.sample import FloatArray, enough_beyond, quantile
from simulator.estimate.strata import (
    BoolArray,
    Labels,
    applying,
    domain_of,
    share_ends,
    stratified_moments,
)
from simulator.estimate.value import LEVEL, Estimate

# Weighted shares are sums of thousands of floats: 0.95 may come out as 0.9499999999999.
_SHARE_TOLERANCE = 1e-9


def stratified_exceedance(
    values: FloatArray,
    applies: BoolArray | None,
    strata: Labels,
    weights: FloatArray,
    thresholds: FloatArray,
    level: float = LEVEL,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """P(value > x) among the rows that apply, at each threshold, with its pointwise interval.

    Returns
    -------
    tuple of arrays of float, shape (thresholds,)
        Probability, low, high; NaN when no row applies.
    """
    counting = applying(applies, values)
    domain = domain_of(counting, strata, weights)
    if domain is None:
        empty = np.full(thresholds.shape, math.nan)
        return empty, empty, empty
    kept = values[counting]
    beyond = np.empty((domain.count.size, thresholds.size))
    for code, count in enumerate(domain.count):
        ordered = np.sort(kept[domain.code == code])
        beyond[code] = 1 - np.searchsorted(ordered, thresholds, side="right") / count
    return share_ends(beyond, beyond * (1 - beyond), domain, level)


def weighted_quantile(values: FloatArray, weights: FloatArray, p: float) -> float:
    """Smallest value at or below which a share `p` of the weight lies; right with atoms and infinite values.

    >>> weighted_quantile(np.array([0.0, 5.0, np.inf]), np.array([0.90, 0.09, 0.01]), 0.95)
    5.0
    """
    order = np.argsort(values, kind="stable")
    cumulative = np.cumsum(weights[order])
    place = int(np.searchsorted(cumulative, cumulative[-1] * (p - _SHARE_TOLERANCE)))
    return float(values[order[min(place, values.size - 1)]])


def stratified_quantile(
    values: FloatArray,
    applies: BoolArray | None,
    strata: Labels,
    weights: FloatArray,
    p: float,
    level: float = LEVEL,
) -> Estimate:
    """Quantile over the rows to which a metric applies, infinite ones included.

    With one stratum the interval is that of order statistics, exact. Otherwise it inverts the exceedance
    curve: the values x whose interval for P(value > x) holds 1 - p (Woodruff's method, with the intervals of
    `stratified_probability`, so that a quantile and the curve it stands on cannot disagree).

    Returns
    -------
    Estimate
        NaN when no row applies; an end that these runs cannot supply is infinite.

    References
    ----------
    Woodruff.
    """
    counting = applying(applies, values)
    kept = values[counting]
    if kept.size == 0:
        return Estimate(math.nan, math.nan, math.nan, level, 0)
    groups = strata[counting]
    if (groups == groups[0]).all():
        return quantile(kept, p, level)
    value = weighted_quantile(kept, weights[counting], p)
    # Below every value stands no value at all: where the condition holds there already, there is no lower end.
    points = np.concatenate([[-math.inf], np.unique(kept[np.isfinite(kept)])])
    _, least, most = stratified_exceedance(values, counting, strata, weights, points, level)
    limit = 1 - p + _SHARE_TOLERANCE
    return Estimate(value, _first(points, least <= limit), _first(points, most <= limit), level, kept.size)


def stratified_cvar(
    values: FloatArray,
    applies: BoolArray | None,
    strata: Labels,
    weights: FloatArray,
    alpha: float = 0.95,
    level: float = LEVEL,
) -> Estimate | None:
    """CVaR over the rows to which a metric applies; None with too few runs beyond the quantile.

    None as well where strata that showed nothing beyond the quantile may yet, for all their runs tell, fill half of the
    tail: a hundred bad releases that weigh a thousandth are no picture of the worst twentieth.

    That the quantile v is itself estimated does not matter to first order: the interval is that of the mean of
    max(X - v, 0), scaled. That mean is more skewed than any other of a comparison, since it is 0 in nearly all runs, so
    its ends are corrected as those of means are (`Moments.corrected`). Without that, intervals that claim 95 % cover an
    Exponential(1) in 94 % of experiments at 2,000 runs and 93 % at 600, and a loss that is lognormal in one run of ten
    and 0 otherwise in 88 % and 84 %; with it in 97, 97, 94 and 94 %.

    Infinite as soon as one of the worst runs did not end.

    References
    ----------
    RU, theorem 1 (right with ties and atoms); HHL for the variance.
    """
    counting = applying(applies, values)
    kept = values[counting]
    if kept.size == 0:
        return None
    worst = weighted_quantile(kept, weights[counting], alpha)
    unseen = _unseen_beyond(values, worst, counting, strata, weights)
    if not enough_beyond(kept, worst, alpha) or unseen >= (1 - alpha) / 2:
        return None
    if np.isinf(kept).any():
        return Estimate(math.inf, math.inf, math.inf, level, kept.size)
    moments = stratified_moments(np.maximum(values - worst, 0.0), counting, strata, weights)
    value = worst + moments.value / (1 - alpha)
    ends = moments.corrected(level)
    low, high = (worst + end / (1 - alpha) for end in (ends.low, ends.high))
    return Estimate(value, low, high, level, kept.size)


def cvar(samples: FloatArray, alpha: float = 0.95, level: float = LEVEL) -> Estimate | None:
    """CVaR of runs that all count the same; None with fewer than 30 beyond the quantile: then it is unusable.

    Examples
    --------
    >>> u = (np.arange(1000) + 0.5) / 1000
    >>> round(cvar(-np.log1p(-u)).value, 6)
    3.988817
    >>> cvar(np.arange(20.0)) is None
    True
    """
    strata = np.zeros(samples.size, dtype=np.int64)
    return stratified_cvar(samples, None, strata, np.full(samples.size, 1 / samples.size), alpha, level)


def _unseen_beyond(
    values: FloatArray, worst: float, counting: BoolArray, strata: Labels, weights: FloatArray, level: float = LEVEL
) -> float:
    """Give the most that lies beyond a value in strata where no row does: the sum of W_h (1 - 0.05^(1/n_h))."""
    domain = domain_of(counting, strata, weights)
    if domain is None:
        return 1.0
    silent = domain.means((values[counting] > worst).astype(np.float64)) == 0
    chances = zip(domain.share[silent], domain.count[silent], strict=True)
    return sum(float(share) * rule_of_three(float(count), level) for share, count in chances)


def _first(points: FloatArray, holds: BoolArray) -> float:
    """First point at which a condition holds; infinite when at none."""
    return float(points[int(np.argmax(holds))]) if holds.any() else math.inf
