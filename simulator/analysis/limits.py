"""Limits that a strategy has to keep: met, not met, or not to be told from these runs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from simulator.analysis.criterion import Asked, Criterion
from simulator.analysis.sample import Sample
from simulator.analysis.silence import silence
from simulator.analysis.words import plain, quantity
from simulator.estimate import Estimate

# A limit that the interval keeps by less than this share of it was nearly missed.
_NEARLY = 0.1


class AskedLimit(Asked, Protocol):
    """A limit of the scenario's decision."""

    @property
    def at_most(self) -> float | None:
        """Largest value allowed."""

    @property
    def at_least(self) -> float | None:
        """Smallest value allowed."""


@dataclass(frozen=True, slots=True)
class LimitVerdict:
    """Whether one strategy keeps one limit.

    Parameters
    ----------
    strategy : str
        Its name.
    criterion : Criterion
        What is limited.
    at_most, at_least : float or None
        The limit, in the unit of the metric.
    verdict : str
        ``"met"`` or ``"not met"`` when the whole interval is on one side, else ``"unsure"``.
    estimate : Estimate or None
        The number held against the limit; None where it does not apply or too few runs carry it.
    """

    strategy: str
    criterion: Criterion
    at_most: float | None
    at_least: float | None
    verdict: Literal["met", "not met", "unsure"]
    estimate: Estimate | None

    @property
    def nearly_missed(self) -> bool:
        """Whether the limit is met with hardly anything to spare."""
        if self.verdict != "met" or self.estimate is None:
            return False
        if self.at_most is not None:
            return self.estimate.high > self.at_most - _NEARLY * abs(self.at_most)
        spare = self.estimate.low - (self.at_least or 0.0)
        return spare < _NEARLY * abs(self.at_least or 0.0)

    @property
    def limit(self) -> str:
        """The limit in words.

        >>> LimitVerdict("canary", Criterion("downtime_s", "p95"), 60.0, None, "unsure", None).limit
        '95th percentile of downtime at most 1 min'
        """
        bounds = (("at most", self.at_most), ("at least", self.at_least))
        unit = self.criterion.unit
        texts = [f"{word} {plain(bound, unit)}" for word, bound in bounds if bound is not None]
        return f"{self.criterion.label} {' and '.join(texts)}"

    def __str__(self) -> str:
        number = "no number" if self.estimate is None else quantity(self.estimate, self.criterion.unit)
        return f"{self.strategy}, {self.limit}: {number}, {self.verdict}"


def judge(samples: Mapping[str, Sample], limits: Iterable[AskedLimit]) -> tuple[LimitVerdict, ...]:
    """Hold every strategy against every limit."""
    return tuple(
        _judged(name, sample, limit, Criterion.of(limit)) for limit in limits for name, sample in samples.items()
    )


def _judged(name: str, sample: Sample, limit: AskedLimit, criterion: Criterion) -> LimitVerdict:
    estimate = criterion.estimate(sample)
    kept = broken = False
    if estimate is not None:
        unseen = silence(criterion, sample)
        low, high = estimate.low - unseen.below, math.inf if unseen.replications else estimate.high
        kept = high <= _or(limit.at_most, math.inf) and low >= _or(limit.at_least, -math.inf)
        broken = low > _or(limit.at_most, math.inf) or high < _or(limit.at_least, -math.inf)
        # A mean is over the runs that ended; with runs that did not, it cannot vouch for a limit.
        kept = kept and not (criterion.statistic == "mean" and _any_open(criterion, sample))
        kept = kept and not (limit.at_most is not None and math.isinf(estimate.high))
    verdict: Literal["met", "not met", "unsure"] = "met" if kept else "not met" if broken else "unsure"
    return LimitVerdict(name, criterion, limit.at_most, limit.at_least, verdict, estimate)


def _any_open(criterion: Criterion, sample: Sample) -> bool:
    return bool(np.isinf(criterion.values(criterion.select(sample))).any())


def _or(bound: float | None, otherwise: float) -> float:
    return otherwise if bound is None else bound
