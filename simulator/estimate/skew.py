"""Intervals of means of skewed amounts, such as downtime that is zero in most runs.

The one thing a newcomer would get wrong: Student's t is symmetric, so for such amounts it misses on one side,
and the side is always the harmful one.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.estimate.sample import t_quantile
from simulator.estimate.strata import stratified_moments
from simulator.estimate.value import LEVEL, Estimate

FloatArray = NDArray[np.float64]


def skewed_mean(values: FloatArray, strata: NDArray[Any], weights: FloatArray, level: float = LEVEL) -> Estimate:
    """Weighted mean over the finite values with an interval corrected for skewness.

    Parameters
    ----------
    values : array of float, shape (rows,)
        NaN where the metric does not apply.
    strata : array, shape (rows,)
        Stratum of each row.
    weights : array of float, shape (rows,)
        Stratum probability over the runs of that stratum.
    level : float
        Confidence level.

    Returns
    -------
    Estimate
        As `stratified_mean`, with its ends moved; the same where nothing is skewed.

    References
    ----------
    P. Hall, On the removal of skewness by transformation, J. R. Statist. Soc. B 54 (1992).

    Examples
    --------
    >>> values = np.array([0.0] * 18 + [40.0, 100.0])
    >>> found = skewed_mean(values, np.zeros(20), np.full(20, 0.05))
    >>> found.high - found.value > found.value - found.low
    True
    """
    moments = stratified_moments(values, None, strata, weights)
    plain = moments.estimate(level)
    if not 0 < moments.variance < math.inf:
        return plain
    gamma = _skewness_of_mean(values, strata, weights, moments.value, moments.variance)
    if abs(gamma) < 1e-9:
        return plain
    t, error = t_quantile(level, moments.degrees), math.sqrt(moments.variance)

    def back(x: float) -> float:
        return 3 / gamma * (float(np.cbrt(1 + gamma * (x - gamma / 6))) - 1)

    return replace(plain, low=moments.value - error * back(t), high=moments.value - error * back(-t))


def _skewness_of_mean(
    values: FloatArray, strata: NDArray[Any], weights: FloatArray, mean: float, variance: float
) -> float:
    """Skewness of the weighted mean itself: third cumulant over the variance to the power 3/2."""
    counting = np.isfinite(values)
    share = float(weights[counting].sum())
    residual = np.where(counting, values - mean, 0.0) * (weights.sum() / share)
    third = 0.0
    for stratum in np.unique(strata):
        here = strata == stratum
        runs = int(here.sum())
        if runs < 3:
            continue
        centred = residual[here] - residual[here].mean()
        cumulant = runs * float((centred**3).sum()) / ((runs - 1) * (runs - 2))
        third += (float(weights[here].sum()) / float(weights.sum())) ** 3 * cumulant / runs**2
    return float(third / variance**1.5)
