"""Every number of the report, computed once and asked for by name.

Text, tables, figures and the machine-readable twin all ask here, so they cannot disagree; the statistics are
those of `simulator.analysis`.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from simulator.analysis.contrast import difference_of
from simulator.analysis.criterion import Criterion
from simulator.analysis.resampling import resampled
from simulator.analysis.sample import Given, Sample, aligned
from simulator.estimate import LEVEL, Estimate, Probability, stratified_probability, weighted_quantile
from simulator.metrics.table import METRICS, Metric

if TYPE_CHECKING:
    from simulator.analysis import Comparison

FloatArray = npt.NDArray[np.float64]

GIVENS: tuple[Given, ...] = ("overall", "bad")
GIVEN_WORDS: dict[Given, str] = {
    "overall": "overall",
    "bad": "if the release is bad",
    "good": "if the release is good",
}
STATISTIC_WORDS = {
    "mean": "mean",
    "p50": "median",
    "p95": "95th percentile",
    "p99": "99th percentile",
    "cvar95": "mean of worst 5 %",
}
# A 99th percentile is printed from this many runs on; fewer say next to nothing about it.
_RUNS_FOR_P99 = 1000


def _beyond(values: FloatArray, limit: float) -> FloatArray:
    """1 where a value lies beyond the limit, 0 where not, NaN where there is none."""
    return np.where(np.isnan(values), np.nan, (values > limit).astype(np.float64))


class Numbers:
    """Estimates by strategy, metric and kind of release.

    Parameters
    ----------
    comparison : Comparison
        Its outcomes are read, nothing is simulated.
    """

    def __init__(self, comparison: Comparison) -> None:
        self.comparison = comparison
        listed = [strategy.name for strategy in comparison.scenario.strategies]
        self.strategies = tuple(name for name in listed if name in comparison.samples)
        self.sample = cache(self._sample)
        self.estimate = cache(self._estimate)
        self.difference = cache(self._difference)

    def about(self, metric: str) -> Metric:
        """Row of the table of metrics, be it ours or the reader's own."""
        return METRICS.get(metric) or self.comparison.metrics[metric]

    def runs(self, given: Given = "overall") -> int:
        """Runs per strategy: the fewest any strategy has."""
        return min((self.sample(name, given).runs for name in self.strategies), default=0)

    def has(self, metric: str, given: Given = "overall") -> bool:
        """Whether the metric applied to any such run at all."""
        return any(not np.isnan(self.values(name, metric, given)).all() for name in self.strategies)

    def values(self, strategy: str, metric: str, given: Given) -> FloatArray:
        """Run by run; NaN where the metric does not apply."""
        sample = self.sample(strategy, given)
        return sample.numbers.get(metric, np.full(sample.runs, np.nan))

    def quantile(self, strategy: str, metric: str, p: float, given: Given) -> float:
        """Quantile of the outcomes, infinite ones included; NaN when the metric never applied."""
        values, weights = self.values(strategy, metric, given), self.sample(strategy, given).weights
        there = ~np.isnan(values)
        return weighted_quantile(values[there], weights[there], p) if there.any() else math.nan

    def exceeds(self, strategy: str, metric: str, limit: float, given: Given) -> Probability:
        """P(metric > limit) among the runs to which the metric applies."""
        sample, values = self.sample(strategy, given), self.values(strategy, metric, given)
        return stratified_probability(values > limit, sample.strata, sample.weights, ~np.isnan(values))

    def more_often_beyond(self, strategy: str, other: str, metric: str, limit: float, given: Given) -> bool:
        """Whether the first is shown to exceed the limit in more deployments than the other, in the same worlds."""
        ours, theirs = self.sample(strategy, given), self.sample(other, given)
        beyond = [
            replace(sample, numbers={metric: _beyond(sample.numbers[metric], limit)})
            if metric in sample.numbers else sample for sample in (ours, theirs)
        ]  # fmt: skip
        found = difference_of(Criterion(metric, own=self.about(metric)), *beyond)
        return found.rows > 0 and found.corrected().low > 0

    def applies(self, strategy: str, metric: str) -> Probability:
        """Share of runs to which a metric applies."""
        sample, values = self.sample(strategy, "overall"), self.values(strategy, metric, "overall")
        return stratified_probability(~np.isnan(values), sample.strata, sample.weights)

    def endless(self, strategy: str, metric: str, given: Given) -> Probability:
        """Share of runs in which it began and did not end, among those to which the metric applies."""
        sample, values = self.sample(strategy, given), self.values(strategy, metric, given)
        return stratified_probability(np.isinf(values), sample.strata, sample.weights, ~np.isnan(values))

    def zero(self, strategy: str, metric: str) -> Probability:
        """Share of exact zeros among the runs to which a metric applies."""
        sample, values = self.sample(strategy, "overall"), self.values(strategy, metric, "overall")
        return stratified_probability(values == 0, sample.strata, sample.weights, ~np.isnan(values))

    def paired(self, strategy: str, baseline: str, metric: str, given: Given) -> tuple[FloatArray, FloatArray]:
        """Strategy minus baseline by replication, where both are finite, with weights that sum to one."""
        pair = aligned(self.sample(strategy, given), self.sample(baseline, given))
        if pair is None or metric not in pair[0].numbers:
            return np.empty(0), np.empty(0)
        values, others = pair[0].numbers[metric], pair[1].numbers[metric]
        both = np.isfinite(values) & np.isfinite(others)
        weights = pair[0].weights[both]
        return values[both] - others[both], weights / weights.sum() if weights.size else weights

    def better(self, strategy: str, baseline: str, metric: str, given: Given) -> Probability | None:
        """Share of pairs in which the strategy has less of the metric; None without a pair."""
        pair = aligned(self.sample(strategy, given), self.sample(baseline, given))
        if pair is None or metric not in pair[0].numbers:
            return None
        values, others = pair[0].numbers[metric], pair[1].numbers[metric]
        both = np.isfinite(values) & np.isfinite(others)
        return stratified_probability(values < others, pair[0].strata, pair[0].weights, both)

    def _sample(self, strategy: str, given: Given) -> Sample:
        return self.comparison.samples[strategy].given(given)

    def _estimate(self, strategy: str, metric: str, statistic: str, given: Given) -> Estimate | None:
        if statistic == "p99" and self.sample(strategy, given).runs < _RUNS_FOR_P99:
            return None
        return self.comparison.asked(metric, given, statistic).estimate(self.comparison.samples[strategy])

    def _difference(self, strategy: str, baseline: str, metric: str, statistic: str, given: Given) -> Estimate | None:
        """Strategy minus baseline in the same worlds; quantiles and CVaR by resampling both jointly."""
        criterion = self.comparison.asked(metric, given, statistic)
        ours, theirs = self.comparison.samples[strategy], self.comparison.samples[baseline]
        first, second = (
            self.estimate(strategy, metric, statistic, given),
            self.estimate(baseline, metric, statistic, given),
        )
        if first is None or second is None:
            return None
        if criterion.is_mean:
            return difference_of(criterion, ours, theirs).corrected()
        values = resampled(criterion, {"ours": ours, "theirs": theirs}, self.comparison.seed)
        with np.errstate(invalid="ignore"):
            apart = values[:, 0] - values[:, 1]
        apart = apart[np.isfinite(apart)]
        value = first.value - second.value
        if not apart.size or not math.isfinite(value):
            return None
        low, high = np.quantile(apart, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        return Estimate(value, float(min(low, value)), float(max(high, value)), LEVEL, first.replications)
