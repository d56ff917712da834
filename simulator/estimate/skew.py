"""Intervals of means of skewed amounts, such as downtime that is zero in most runs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.estimate.strata import stratified_moments
from simulator.estimate.value import LEVEL, Estimate

FloatArray = NDArray[np.float64]


def skewed_mean(values: FloatArray, strata: NDArray[Any], weights: FloatArray, level: float = LEVEL) -> Estimate:
    """Weighted mean over the finite values with an interval corrected for skewness (`Moments.corrected`).

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

    Examples
    --------
    >>> values = np.array([0.0] * 18 + [40.0, 100.0])
    >>> found = skewed_mean(values, np.zeros(20), np.full(20, 0.05))
    >>> found.high - found.value > found.value - found.low
    True
    """
    return stratified_moments(values, None, strata, weights).corrected(level)
