"""Two strategies compared run by run: the same replication is the same world.

The one thing a newcomer would get wrong: the interval of a difference is not read off two intervals. Both
strategies met the same bad revision and the same slow instance, so the spread of the paired differences
counts, and it may be much smaller than either (or larger: strategies can fail in different worlds). The
correlation is reported and no factor is promised.

References
----------
Law: A. M. Law, *Simulation Modeling and Analysis*, 5th ed., 2015, ch. 10 and 11.
BM: Brunner, Munzel, The nonparametric Behrens-Fisher problem, Biometrical Journal 42 (2000).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from simulator.analysis.criterion import Criterion
from simulator.analysis.sample import BoolArray, FloatArray, Sample, aligned
from simulator.estimate import (
    LEVEL,
    Estimate,
    Moments,
    Probability,
    stratified_moments,
    stratified_probability,
    stratified_share,
)
from simulator.estimate.sample import z_quantile

# Equal but for the order in which floats were added up.
_SAME = 1e-9


@dataclass(frozen=True, slots=True)
class Contrast:
    """One strategy minus another on one metric.

    Parameters
    ----------
    difference : Moments
        Mean difference with its variance.
    better : Probability or None
        Share of replications in which the first does better, ties counted half.
    correlation, variance_reduction : float
        What pairing did; NaN where the runs could not be paired or one of the two does not vary.
    same : bool
        Every single difference is exactly zero.
    ahead, behind : Probability or None
        Shares of replications in which the first does better, and worse; None where they could not be paired.
    open_share : float
        Share of runs in which the first did not end, minus that of the other: what the difference leaves out.
    """

    difference: Moments
    better: Probability | None
    correlation: float = math.nan
    variance_reduction: float = math.nan
    same: bool = False
    ahead: Probability | None = None
    behind: Probability | None = None
    open_share: float = 0.0

    def row(self, lower_is_better: bool, level: float = LEVEL) -> dict[str, Any]:
        """Columns of the table of differences."""
        if not self.difference.rows and self.better is None:
            return {"n": 0}
        ends = self.difference.corrected(level)
        row: dict[str, Any] = {"n": self.difference.rows, "difference": ends.value}
        if math.isfinite(ends.half_width):
            row |= {"low": ends.low, "high": ends.high, "half_width": self.difference.estimate(level).half_width}
        row |= {"correlation": self.correlation, "variance_reduction": self.variance_reduction}
        if self.better:
            row["p_better"] = self.better.value
            row |= {"p_better_low": self.better.low, "p_better_high": self.better.high}
        if self.difference.rows:
            row["verdict"] = verdict(ends, lower_is_better, self.same, self.open_share)
        return row


def verdict(difference: Estimate, lower_is_better: bool, same: bool = False, open_share: float = 0.0) -> str:
    """Say which way a difference points, or that none was found: its interval covers 0.

    A difference leaves out runs that did not end. Where more of them are on the side that it speaks for, it is unsure.

    >>> verdict(Estimate(-16.6, -30.1, -3.2, 0.95, 8), lower_is_better=True)
    'better'
    >>> verdict(Estimate(-16.6, -30.1, -3.2, 0.95, 8), lower_is_better=True, open_share=0.01)
    'unsure'
    """
    if same or difference.low <= 0 <= difference.high:
        return "unsure" if open_share else "no difference"
    if open_share and (open_share > 0) == (difference.value < 0):
        return "unsure"
    return "better" if (difference.value < 0) == lower_is_better else "worse"


def contrast(criterion: Criterion, one: Sample, other: Sample) -> Contrast:
    """Compare two samples run by run: paired by replication where both are finite, else as independent."""
    one, other = criterion.select(one), criterion.select(other)
    pair = aligned(one, other)
    if pair is None:
        first, second = criterion.values(one), criterion.values(other)
        difference = _moments(first, one).minus(_moments(second, other))
        better = _superiority(criterion.sign * first, criterion.sign * second, one, other)
        open_share = open_share_difference(criterion, one, other).value
        return Contrast(difference, better, open_share=open_share)
    return _paired(criterion.values(pair[0]), criterion.values(pair[1]), criterion.sign, pair[0])


def _paired(a: FloatArray, b: FloatArray, sign: float, runs: Sample) -> Contrast:
    """Paired comparison; `runs` gives strata and weights, which both share."""
    with np.errstate(invalid="ignore"):
        gap = np.where(np.isclose(a, b, rtol=_SAME, atol=0.0), 0.0, a - b)
        scores = np.where(gap == 0, 0.5, sign * a < sign * b)
    applies = ~np.isnan(a) & ~np.isnan(b)
    better = stratified_share(scores, runs.strata, runs.weights, applies) if applies.any() else None
    finite = np.isfinite(a) & np.isfinite(b)
    difference = _moments(gap, runs, finite)
    apart = _moments(a, runs, finite).variance, _moments(b, runs, finite).variance
    correlation = reduction = math.nan
    if min(apart) > 0 and math.isfinite(sum(apart)):
        correlation = (sum(apart) - difference.variance) / (2 * math.sqrt(apart[0] * apart[1]))
        correlation = min(max(correlation, -1.0), 1.0)
        reduction = sum(apart) / difference.variance if difference.variance > 0 else math.nan
    ahead = stratified_probability(scores == 1, runs.strata, runs.weights, applies) if applies.any() else None
    behind = stratified_probability(scores == 0, runs.strata, runs.weights, applies) if applies.any() else None
    same = bool((gap[finite] == 0).all())
    apart_open = np.where(applies, np.isinf(a).astype(np.float64) - np.isinf(b), 0.0)
    open_share = float(runs.weights @ apart_open) / float(runs.weights[applies].sum()) if apart_open.any() else 0.0
    open_share = 0.0 if abs(open_share) < _SAME else open_share
    return Contrast(difference, better, correlation, reduction, same, ahead, behind, open_share)


def difference_of(criterion: Criterion, one: Sample, other: Sample) -> Moments:
    """Return the difference of two averages as the criterion defines them, with its paired variance.

    Unlike `contrast` this holds when the metric applies to different runs of the two: each average is
    linearised, as in `estimate.strata`, and the linear parts are paired.
    """
    one, other = criterion.select(one), criterion.select(other)
    apart = criterion.moments(one).minus(criterion.moments(other))
    pair = aligned(one, other)
    if pair is None:
        return apart
    linear = _linear(criterion, pair[0]) - _linear(criterion, pair[1])
    linear[np.abs(linear) <= _SAME * max(abs(apart.value), 1e-12)] = 0.0
    spread = _moments(linear, pair[0])
    return Moments(apart.value, spread.variance, spread.degrees, apart.rows, spread.third)


def open_share_difference(criterion: Criterion, one: Sample, other: Sample) -> Estimate:
    """Difference in the share of runs, among those that apply, in which a time never ended."""
    shares = []
    for sample in (criterion.select(one), criterion.select(other)):
        values = criterion.values(sample)
        shares.append(_moments(np.isinf(values).astype(np.float64), sample, ~np.isnan(values)))
    return shares[0].minus(shares[1]).estimate()


def _linear(criterion: Criterion, runs: Sample) -> FloatArray:
    """Influence of each run on a weighted average over the runs to which it applies."""
    values = criterion.values(runs)
    counting = np.isfinite(values)
    influence = np.zeros(values.size)
    if counting.any():
        kept, weights = values[counting], runs.weights[counting]
        influence[counting] = (kept - weights @ kept / weights.sum()) / weights.sum()
    return influence


def _superiority(a: FloatArray, b: FloatArray, one: Sample, other: Sample) -> Probability | None:
    """P(a < b) for independent runs, ties counted half, with Brunner and Munzel's variance by stratum."""
    kept, also = ~np.isnan(a), ~np.isnan(b)
    if not kept.any() or not also.any():
        return None
    ahead = 1 - _placements(a[kept], b[also], other.weights[also])
    behind = _placements(b[also], a[kept], one.weights[kept])
    parts = []
    for scores, runs, rows in ((ahead, one, kept), (behind, other, also)):
        full = np.full(runs.runs, np.nan)
        full[rows] = scores
        parts.append(_moments(full, runs))
    value, variance = parts[0].value, parts[0].variance + parts[1].variance
    half = z_quantile(LEVEL) * math.sqrt(variance)
    rows_used = int(min(kept.sum(), also.sum()))
    return Probability(value, max(value - half, 0.0), min(value + half, 1.0), LEVEL, rows_used)


def _placements(points: FloatArray, among: FloatArray, weights: FloatArray) -> FloatArray:
    """Weighted share of `among` below each point, equals counted half."""
    order = np.argsort(among, kind="stable")
    cumulative = np.concatenate([[0.0], np.cumsum(weights[order])])
    below = cumulative[np.searchsorted(among[order], points, side="left")]
    up_to = cumulative[np.searchsorted(among[order], points, side="right")]
    return np.asarray((below + up_to) / (2 * cumulative[-1]), dtype=np.float64)


def _moments(values: FloatArray, runs: Sample, applies: BoolArray | None = None) -> Moments:
    return stratified_moments(values, applies, runs.strata, runs.weights)
