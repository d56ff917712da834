"""Tails of replications that were run stratum by stratum: exceedance, quantiles, CVaR.

The one thing a newcomer would get wrong: quantiles of the strata are not to be averaged. The weighted share
of runs beyond x is put together for each x, and a quantile read off from it. A time that never ended counts
as larger than any other.

References
----------
Woodruff: R. S. Woodruff, Confidence intervals for medians and other position measures, JASA 47 (1952).
"""

from __future__ import annotations

import math

import numpy as np

from simulator.estimate.sample import FloatArray, enough_beyond, quantile, z_quantile
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
    points = np.unique(kept[np.isfinite(kept)])
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

    Infinite as soon as one of the worst runs did not end.
    """
    counting = applying(applies, values)
    kept = values[counting]
    if kept.size == 0:
        return None
    worst = weighted_quantile(kept, weights[counting], alpha)
    if not enough_beyond(kept, worst, alpha):
        return None
    if np.isinf(kept).any():
        return Estimate(math.inf, math.inf, math.inf, level, kept.size)
    moments = stratified_moments(np.maximum(values - worst, 0.0), counting, strata, weights)
    value = worst + moments.value / (1 - alpha)
    half = z_quantile(level) * math.sqrt(moments.variance) / (1 - alpha)
    return Estimate(value, value - half, value + half, level, kept.size)


def _first(points: FloatArray, holds: BoolArray) -> float:
    """First point at which a condition holds; infinite when at none."""
    return float(points[int(np.argmax(holds))]) if holds.any() else math.inf
