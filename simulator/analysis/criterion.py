"""What a choice is made on: a metric, the statistic that sums it up, and the runs it is taken over.

A decision is a criterion, and so is a limit and a gate. Probabilities (`p_success` and the like) are criteria
of their own: the name of one stands in place of the metric, or of the statistic.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, Protocol

import numpy as np

from simulator.analysis.sample import BoolArray, FloatArray, Given, Sample
from simulator.errors import quoted
from simulator.estimate import (
    Estimate,
    Moments,
    stratified_cvar,
    stratified_moments,
    stratified_probability,
    stratified_quantile,
    weighted_quantile,
)
from simulator.estimate.skew import skewed_mean
from simulator.metrics.table import METRICS, PARTS, Metric

OUTCOMES = ("rollback_failed", "rolled_back", "bad_in_production", "succeeded", "failed", "stuck")
_QUANTILE = re.compile(r"^p(\d\d)$")
_CVAR = re.compile(r"^cvar(\d\d)$")


class Asked(Protocol):
    """A decision or a limit of the scenario."""

    @property
    def metric(self) -> str:
        """Name of a metric or of a probability."""

    @property
    def statistic(self) -> str:
        """How it is summed up."""

    @property
    def given(self) -> Given:
        """Over which runs."""


@dataclass(frozen=True, slots=True)
class Chance:
    """A probability over replications: its event, and the runs on which it is conditional."""

    label: str
    better: Literal["lower", "higher"]
    hits: Callable[[Sample], BoolArray]
    given: Given = "overall"


def _outcome(word: str) -> Callable[[Sample], BoolArray]:
    return lambda sample: sample.words["outcome"] == word


def _any_trigger(sample: Sample) -> BoolArray:
    triggered: BoolArray = sample.words["trigger"] != ""
    return triggered


def _automatic(sample: Sample) -> BoolArray:
    return np.isin(sample.words["trigger"], ("alarm", "failure"))


def _missed(sample: Sample) -> BoolArray:
    missed: BoolArray = (sample.words["deployment_status"] == "Succeeded") & ~_automatic(sample)
    return missed


# Definitions: design, "What is measured"; each outcome has a probability of its own besides.
PROBABILITIES: Mapping[str, Chance] = {
    "p_success": Chance("probability of success", "higher", _outcome("succeeded")),
    "p_rollback": Chance("probability of a rollback", "lower", _any_trigger),
    "p_auto_rollback": Chance("probability of an automatic rollback", "lower", _automatic),
    "p_false_rollback": Chance("probability of a false rollback", "lower", _any_trigger, "good"),
    "p_missed": Chance("probability that a bad release is missed", "lower", _missed, "bad"),
    "p_detected_before_full": Chance(
        "probability that a bad release is detected before it has all traffic",
        "higher",
        lambda sample: sample.flags["detected_before_full"],
        "bad",
    ),
    "p_left_split": Chance(
        "probability that both revisions are left in production", "lower", lambda sample: sample.flags["left_split"]
    ),
    **{
        f"p_{word}": Chance(
            f"probability of the outcome '{word.replace('_', ' ')}'",
            "higher" if word == "succeeded" else "lower",
            _outcome(word),
        )
        for word in OUTCOMES
    },
}


@dataclass(frozen=True)
class Criterion:
    """A number per strategy to compare strategies by.

    Parameters
    ----------
    metric : str
        Of the table of metrics and parts, or a probability's name.
    statistic : str
        ``"mean"``, a quantile such as ``"p95"``, ``"cvar95"``, or a probability's name.
    given : str
        ``"overall"``, ``"bad"`` or ``"good"``.
    own : Metric, optional
        Row of the table for a metric that the reader brought along.

    Raises
    ------
    ValueError
        For an unknown metric or statistic.
    """

    metric: str
    statistic: str = "mean"
    given: Given = "overall"
    own: Metric | None = None

    def __post_init__(self) -> None:
        if self.chance is not None:
            return
        if self.own is None and self.metric not in METRICS and self.metric not in PARTS:
            raise ValueError(f"no metric is called {quoted(self.metric)}; write one of {', '.join(METRICS)}")
        if self.statistic != "mean" and not self.level:
            known = "mean, a quantile such as p95, or cvar95"
            raise ValueError(f"no statistic is called {quoted(self.statistic)}; write {known}")

    @classmethod
    def of(cls, asked: Asked) -> Criterion:
        """Return the criterion of a decision or of a limit."""
        return cls(asked.metric, asked.statistic, asked.given)

    @property
    def chance(self) -> Chance | None:
        """The probability that is asked for, if one is."""
        return PROBABILITIES.get(self.metric) or PROBABILITIES.get(self.statistic)

    @property
    def definition(self) -> Metric:
        """Row of the table of metrics."""
        return self.own or metric_of(self.metric)

    @property
    def level(self) -> float:
        """Level of a quantile or CVaR; 0 for a mean."""
        match = _QUANTILE.match(self.statistic) or _CVAR.match(self.statistic)
        return int(match[1]) / 100 if match else 0.0

    @property
    def is_cvar(self) -> bool:
        """Whether the statistic is a CVaR."""
        return self.chance is None and self.statistic.startswith("cvar")

    @property
    def is_mean(self) -> bool:
        """Whether the statistic is an average over runs: a mean, or a probability."""
        return self.chance is not None or self.statistic == "mean"

    @property
    def better(self) -> Literal["lower", "higher"]:
        """Which way is better."""
        return self.chance.better if self.chance else self.definition.better

    @property
    def sign(self) -> float:
        """Multiplier that makes smaller better."""
        return 1.0 if self.better == "lower" else -1.0

    @property
    def unit(self) -> str:
        """Unit as in the table of metrics, or ``"probability"``."""
        return "probability" if self.chance else self.definition.unit

    @property
    def label(self) -> str:
        """The criterion as it stands in a sentence.

        >>> Criterion("downtime_s", "p95", "bad").label
        '95th percentile of downtime if the release is bad'
        """
        condition = "" if self.given == "overall" else f" if the release is {self.given}"
        if self.chance:
            return self.chance.label + condition
        name = self.metric if self.own else self.definition.label.partition(",")[0].lower()
        level = round(100 * self.level)
        if self.statistic == "mean":
            return f"mean {name}{condition}"
        if self.is_cvar:
            return f"mean {name} of the worst {100 - level} % of runs{condition}"
        return f"{level}th percentile of {name}{condition}" if level != 50 else f"median {name}{condition}"

    def select(self, sample: Sample) -> Sample:
        """Return the runs the criterion is taken over."""
        chosen = sample.given(self.given)
        return chosen.given(self.chance.given) if self.chance else chosen

    def values(self, selected: Sample) -> FloatArray:
        """Return the number of each selected run; NaN where the criterion does not apply."""
        if self.chance:
            return self.chance.hits(selected).astype(np.float64)
        return selected.numbers.get(self.metric, np.full(selected.runs, np.nan))

    def estimate(self, sample: Sample) -> Estimate | None:
        """Return the statistic with its interval; None where it does not apply or too few runs carry it."""
        runs = self.select(sample)
        values = self.values(runs)
        if np.isnan(values).all():
            return None
        if self.chance:
            return stratified_probability(values > 0, runs.strata, runs.weights)
        if self.statistic == "mean":
            mean = skewed_mean(values, runs.strata, runs.weights)
            return self._possible(mean) if mean.replications else None
        if self.is_cvar:
            worst = stratified_cvar(values, None, runs.strata, runs.weights, self.level)
            return worst and self._possible(worst)
        return stratified_quantile(values, None, runs.strata, runs.weights, self.level)

    def _possible(self, estimate: Estimate) -> Estimate:
        """Cut an interval at 0, below which no metric of ours can lie; of the reader's own nothing is known."""
        return estimate if self.own else replace(estimate, low=max(estimate.low, 0.0))

    def moments(self, selected: Sample) -> Moments:
        """Return mean and variance over selected runs, for a criterion that is an average."""
        return stratified_moments(self.values(selected), None, selected.strata, selected.weights)

    def point(self, sample: Sample) -> float:
        """Return the statistic alone, whatever the number of runs; NaN where it does not apply."""
        runs = self.select(sample)
        values = self.values(runs)
        kept = np.isfinite(values) if self.is_mean else ~np.isnan(values)
        values, weights = values[kept], runs.weights[kept]
        if values.size == 0:
            return np.nan
        if self.is_mean:
            return float(weights @ values / weights.sum())
        quantile = weighted_quantile(values, weights, self.level)
        if not self.is_cvar:
            return quantile
        if np.isinf(values).any():
            return np.inf
        beyond = float(weights @ np.maximum(values - quantile, 0.0) / weights.sum())
        return quantile + beyond / (1 - self.level)


def metric_of(name: str) -> Metric:
    """Row of the table of metrics or of parts."""
    return METRICS[name] if name in METRICS else PARTS[name]
