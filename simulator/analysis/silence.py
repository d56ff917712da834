"""Strata in which every run said the same: what their silence shows, and what it leaves open.

The one thing a newcomer would get wrong: amounts that never varied have no spread, so an interval made of spreads has
no width, however few the runs. What none of n runs showed may still be 1 - 0.05^(1/n) of all, and how much an amount
would be then nobody can tell. A conclusion may rest on silence only where that share is small.

References
----------
HLH: Hanley, Lippman-Hand, If nothing goes wrong, is everything all right?, JAMA 249 (1983).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from simulator.analysis.criterion import Criterion
from simulator.analysis.sample import FloatArray, Sample, aligned
from simulator.estimate import rule_of_three

ENOUGH_RUNS = 299  # of a stratum: what none of them showed is at most 1 % of it, at 95 %
_SAME = 1e-9  # equal but for the order in which floats were added up


class Silence(NamedTuple):
    """What silent strata with too few runs leave open.

    Parameters
    ----------
    replications : int
        How many would do; 0 where no silent stratum has too few.
    below : float
        By how much the mean may be smaller, were the unseen share of those strata at the least possible, which is 0;
        infinite for a metric of the reader's own. How much larger nobody can tell.
    """

    replications: int = 0
    below: float = 0.0


def silence(criterion: Criterion, sample: Sample) -> Silence:
    """Look for silent strata behind a mean; the interval of a share or a quantile knows of silence by itself."""
    if criterion.chance or criterion.statistic != "mean":
        return Silence()
    runs = criterion.select(sample)
    found = _silent(criterion.values(runs), runs, sample.runs)
    return found._replace(below=math.inf) if found.replications and criterion.own else found


def silence_between(criterion: Criterion, one: Sample, other: Sample) -> int:
    """Replications it would take where strategies differ by the same in every run of a stratum with too few; else 0.

    Of quantiles it is not asked: their ranks count the runs.
    """
    if not criterion.is_mean and not criterion.is_cvar:
        return 0
    first, second = criterion.select(one), criterion.select(other)
    pair = aligned(first, second)
    if pair is None:
        apart = (_silent(criterion.values(runs), runs, runs.runs) for runs in (first, second))
        return max(found.replications for found in apart)
    a, b = (criterion.values(runs) for runs in pair)
    with np.errstate(invalid="ignore"):
        gap = np.where(np.isclose(a, b, rtol=_SAME, atol=0.0), 0.0, a - b)
    return _silent(gap, pair[0], one.runs).replications


def _silent(values: FloatArray, runs: Sample, replications: int) -> Silence:
    counting = np.isfinite(values)
    total = float(runs.weights[counting].sum())
    needed, below = 0, 0.0
    for stratum in np.unique(runs.strata[counting]):
        rows = counting & (runs.strata == stratum)
        here, weight = values[rows], float(runs.weights[rows].sum())
        if here.size >= ENOUGH_RUNS or weight <= 0 or np.ptp(here) > _SAME * np.abs(here).max():
            continue
        needed = max(needed, math.ceil(replications * ENOUGH_RUNS / here.size))
        below += weight / total * rule_of_three(here.size) * max(float(here[0]), 0.0)
    return Silence(needed, below)
