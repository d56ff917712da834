"""Estimates from independent replications that all count the same.

One number per replication and metric, replications independent: a rollout starts in a known state and
ends, so there is no warm-up to cut and no batch to form. Rows from strata carry weights; see `strata`.

References
----------
Law: A. M. Law, *Simulation Modeling and Analysis*, 5th ed., 2015, ch. 9.
Conover: W. J. Conover, *Practical Nonparametric Statistics*, 3rd ed., 1999.
RU: Rockafellar, Uryasev, Optimization of conditional value-at-risk, J. Risk 2 (2000).
HHL: Hong, Hu, Liu, Monte Carlo methods for VaR and CVaR: a review, ACM TOMACS 24 (2014).
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from simulator.estimate.value import LEVEL, Estimate

FloatArray = npt.NDArray[np.float64]

BEYOND_LEAST = 30  # runs beyond the quantile below which no CVaR is printed


def t_quantile(level: float, degrees: float) -> float:
    """Two-sided Student-t multiplier of a confidence level."""
    from scipy.special import stdtrit

    return float(stdtrit(degrees, (1 + level) / 2))


def z_quantile(level: float) -> float:
    """Two-sided normal multiplier of a confidence level."""
    from scipy.special import ndtri

    return float(ndtri((1 + level) / 2))


def half_width(samples: FloatArray, level: float = LEVEL) -> float:
    """Half-width of the Student-t confidence interval for the mean.

    Parameters
    ----------
    samples : array of float, shape (replications,)
        One value per replication, all in one unit.
    level : float
        Confidence level, strictly between 0 and 1.

    Returns
    -------
    float
        In the unit of `samples`.

    Raises
    ------
    ValueError
        With fewer than two replications: one value says nothing about spread.

    References
    ----------
    Law, section 9.4.1.

    Examples
    --------
    Ten rollouts, in seconds:

    >>> round(half_width(np.array([512, 548, 530, 601, 495, 577, 533, 560, 519, 545.0])), 6)
    22.543518
    """
    if samples.size < 2:
        raise ValueError(f"half_width needs at least 2 replications, got {samples.size}")
    return t_quantile(level, samples.size - 1) * float(samples.std(ddof=1)) / math.sqrt(samples.size)


def mean(samples: FloatArray, level: float = LEVEL) -> Estimate:
    """Mean with its Student-t interval.

    Raises
    ------
    ValueError
        With fewer than two replications.

    References
    ----------
    Law, section 9.4.1.

    Examples
    --------
    >>> print(mean(np.array([512, 548, 530, 601, 495, 577, 533, 560, 519, 545.0])))
    542 [519, 565]
    """
    half, value = half_width(samples, level), float(samples.mean())
    return Estimate(value, value - half, value + half, level, samples.size)


@lru_cache(maxsize=256)
def quantile_ranks(runs: int, p: float, level: float = LEVEL) -> tuple[int | None, int | None]:
    """Ranks (from 1) of the order statistics that enclose the p-quantile; None where no rank reaches.

    The number of values at or below the quantile is binomial: exact coverage, whatever the distribution.

    References
    ----------
    Conover, section 3.2; Law, section 9.5.2.

    Examples
    --------
    >>> quantile_ranks(1000, 0.95), quantile_ranks(20, 0.95)
    ((936, 964), (17, None))
    """
    from scipy.special import bdtr, bdtrc

    tail = (1 - level) / 2
    counts = np.arange(runs)
    # bdtr is P(B <= k), bdtrc P(B > k): the largest l with P(B <= l-1), the smallest u with P(B >= u).
    low = int(np.count_nonzero(bdtr(counts, runs, p) <= tail))
    high = int(np.count_nonzero(bdtrc(counts, runs, p) > tail)) + 1
    return low or None, high if high <= runs else None


def quantile(samples: FloatArray, p: float, level: float = LEVEL) -> Estimate:
    """Quantile: the smallest value at or below which a share `p` of the runs lies, between order statistics.

    Right with atoms and with infinite values. An end that this many runs cannot supply is infinite.

    References
    ----------
    Conover, section 3.2.

    Examples
    --------
    >>> quantile(np.arange(1.0, 1001.0), 0.95)
    Estimate(value=950.0, low=936.0, high=964.0, level=0.95, replications=1000)
    """
    if samples.size < 1:
        raise ValueError("quantile needs at least 1 replication, got none")
    ordered = np.sort(samples)
    low, high = quantile_ranks(samples.size, p, level)
    return Estimate(
        float(ordered[rank_of(samples.size, p) - 1]),
        float(ordered[low - 1]) if low else -math.inf,
        float(ordered[high - 1]) if high else math.inf,
        level,
        samples.size,
    )


def rank_of(runs: int, p: float) -> int:
    """Rank of the point estimate, ceil(np); a hair of tolerance, since 0.95 is no binary fraction."""
    return max(math.ceil(runs * p - 1e-9), 1)


def plug_in_cvar(samples: FloatArray, alpha: float = 0.95) -> tuple[float, float]:
    """CVaR, the mean of the worst (1 - alpha) share of runs, and its standard error; whatever their number.

    References
    ----------
    RU, theorem 1 (right with ties and atoms); HHL for the standard error.

    Examples
    --------
    >>> losses = np.array([0.0] * 14 + [12, 30, 45, 60, 180, 600])
    >>> value, error = plug_in_cvar(losses, alpha=0.90)
    >>> round(value, 1), round(error, 1)
    (390.0, 273.5)
    """
    worst = float(np.sort(samples)[rank_of(samples.size, alpha) - 1])
    beyond = np.maximum(samples - worst, 0.0)
    value = worst + float(beyond.mean()) / (1 - alpha)
    return value, float(beyond.std(ddof=1)) / ((1 - alpha) * math.sqrt(samples.size))


def enough_beyond(values: FloatArray, quantile_value: float, alpha: float) -> bool:
    """Whether the tail carries a CVaR: 30 runs beyond the quantile, or an atom of 30 there that is all of the tail.

    >>> enough_beyond(np.arange(20.0), 18.0, 0.95), enough_beyond(np.zeros(600), 0.0, 0.95)
    (False, True)
    """
    beyond = int(np.count_nonzero(values > quantile_value))
    if beyond:
        return beyond >= BEYOND_LEAST
    atom = int(np.count_nonzero(values == quantile_value))
    return min(values.size * (1 - alpha), atom) >= BEYOND_LEAST


def dkw(runs: int, level: float = LEVEL) -> float:
    """Half-width of the band that holds a whole distribution function (Dvoretzky, Kiefer, Wolfowitz).

    Examples
    --------
    >>> round(dkw(1000), 4), round(dkw(10_000), 4)
    (0.0429, 0.0136)
    """
    return math.sqrt(math.log(2 / (1 - level)) / (2 * runs))


def sequential_stop(value: float, half_width: float, relative: float, absolute: float = 0.0) -> bool:
    """Whether an estimate is precise enough to stop adding replications.

    Parameters
    ----------
    value, half_width : float
        The estimate so far. Look in batches that grow by half, not after each run, or coverage erodes.
    relative : float
        Error wanted relative to the *true* mean; the half-width is held against relative / (1 + relative).
    absolute : float
        Error that is good enough whatever the mean, for means near zero.

    References
    ----------
    Law, section 9.4.1.

    Examples
    --------
    The ten rollouts above, 542 s ± 22.5 s, are precise to 5 % and not to 2 %:

    >>> sequential_stop(542.0, 22.543518, 0.05), sequential_stop(542.0, 22.543518, 0.02)
    (True, False)
    """
    return half_width <= max(absolute, relative / (1 + relative) * abs(value))
