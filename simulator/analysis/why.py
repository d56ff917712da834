"""Where the difference between two strategies comes from, line by line, adding up.

The one thing a newcomer would get wrong: what the lines are depends on the metric, and none is a guess. Failed requests
have causes, which every run measured; downtime is shared out, run by run, as the failed requests of that run are; a
time to detect has its slots. Any other amount is divided by what became of the deployment under the one and under the
other. Each line is a difference between the same worlds, with an interval of its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from simulator.analysis.contrast import difference_of
from simulator.analysis.criterion import Criterion
from simulator.analysis.reasons import Line, sentence
from simulator.analysis.sample import BoolArray, FloatArray, Sample, aligned
from simulator.analysis.summary import table
from simulator.estimate import Estimate, Moments, stratified_moments
from simulator.metrics.table import PARTS
from simulator.showing import view

if TYPE_CHECKING:
    from simulator.analysis.compared import Compared

CAUSES = {
    "failed_defect": "the defect",
    "failed_capacity": "want of capacity",
    "failed_dead": "dead or cut-off targets",
    "failed_way_back": "the way back",
}
SHARED_OUT = ("failed_requests", "downtime_s", "budget_share")  # by cause, as each run's failed requests are
PEOPLE = "people's hours"
OTHERS = "all other runs"
ONLY_ONE = {
    "detect_s": "releases that only one of them notices",
    "rollback_s": "releases that only one of them takes back",
    "duration_s": "runs in which only one of them ends",
}
_ONLY_ONE = "runs in which only one of them has a number"
_SLOTS = tuple(name for name in PARTS if name.startswith("detect_"))
_MOST_LINES = 6
_ENDINGS = {
    "succeeded": ("succeed", "succeeds"),
    "rolled_back": ("are rolled back", "is rolled back"),
    "rollback_failed": ("fail to roll back", "fails to roll back"),
    "bad_in_production": ("leave it in production", "leaves it in production"),
    "failed": ("fail", "fails"),
    "stuck": ("get stuck", "gets stuck"),
}
_COLUMNS = ("cause", "difference", "low", "high", "share")
_ROUNDING = 1e-12  # relative: equal but for the order in which floats were added up


class Part(NamedTuple):
    """A share of the metric: its amount in each run of either strategy; all parts of a run add up to its number."""

    label: str
    one: FloatArray
    other: FloatArray


@dataclass(frozen=True, eq=False)
class Why:
    """Where a difference comes from.

    Parameters
    ----------
    one, other : str
        Strategies; the difference is the first minus the second.
    criterion : Criterion
        The metric, as a mean, and over which releases.
    estimate : Estimate
        The difference with its interval, paired by replication where the worlds are the same.
    lines : tuple of Line
        What it is made of, the largest first.
    releases : tuple of Line
        The same difference by kind of release; empty where only one kind was looked at.
    sentence : str
        The answer in one line of plain text.
    """

    one: str
    other: str
    criterion: Criterion
    estimate: Estimate
    lines: tuple[Line, ...]
    releases: tuple[Line, ...]
    sentence: str

    @property
    def difference(self) -> float:
        """What the lines add up to, in the unit of the metric."""
        return self.estimate.value

    @property
    def table(self) -> pd.DataFrame:
        """Columns cause, difference, low, high, share; the differences add up to `difference`."""
        return _as_table(self.lines, self.difference)

    @property
    def by_release(self) -> pd.DataFrame:
        """The same columns with the kinds of release as causes."""
        return _as_table(self.releases, self.difference)

    def __str__(self) -> str:
        return self.sentence

    def __repr__(self) -> str:
        return f"{self.sentence}\n\n{self.table.to_string(index=False)}"

    def _repr_html_(self) -> str:
        """What a notebook shows; the report draws it."""
        shown: str = view("notebook.why")(self)
        return shown


def explained(comparison: Compared, one: str, other: str, criterion: Criterion) -> Why:
    """Take a difference of means apart and say what it is made of."""
    first, second = (criterion.select(comparison.samples[name]) for name in (one, other))
    pair = aligned(first, second)
    runs = pair or (first, second)
    lines = _lines(criterion, *runs, _parts(comparison, criterion, *runs), paired=pair is not None)
    both = all(sample.bad.any() and not sample.bad.all() for sample in runs)
    kinds = _lines(criterion, *runs, _by_release(criterion, *runs), paired=pair is not None) if both else []
    whole = difference_of(criterion, *runs).corrected()
    value = math.fsum(line.difference.value for line in lines) if lines else math.nan
    estimate = Estimate(value, whole.low, whole.high, whole.level, whole.replications)
    lines.sort(key=lambda line: -abs(line.difference.value))
    told = sentence(comparison, one, other, criterion, estimate, lines, kinds)
    return Why(one, other, criterion, estimate, tuple(lines), tuple(kinds), told)


# -- what a metric is made of ----------------------------------------------------------------------------------


def _parts(comparison: Compared, criterion: Criterion, one: Sample, other: Sample) -> list[Part]:
    if criterion.chance is None and criterion.metric in SHARED_OUT:
        return _by_cause(criterion, one, other)
    if criterion.metric == "detect_s":
        return [Part(PARTS[slot].label, one.numbers[slot], other.numbers[slot]) for slot in _SLOTS]
    if criterion.metric == "incident_usd":
        return _incident(comparison, criterion, one, other)
    if np.array_equal(one.replication, other.replication) and "outcome" in one.words:
        return _by_ending(criterion, one, other)
    return _by_release(criterion, one, other)


def _by_cause(criterion: Criterion, one: Sample, other: Sample) -> list[Part]:
    """Each run's number, shared out as its failed requests are."""
    sides = [_shares(criterion.values(sample), sample) for sample in (one, other)]
    return [Part(label, sides[0][index], sides[1][index]) for index, label in enumerate(CAUSES.values())]


def _shares(values: FloatArray, sample: Sample) -> list[FloatArray]:
    causes = [sample.numbers[name] for name in CAUSES]
    failed = np.sum(causes, axis=0)
    # A run without a failed request has no downtime either: there is nothing to share out.
    with np.errstate(divide="ignore", invalid="ignore"):
        return [np.where(failed > 0, values * (cause / failed), 0.0 * values) for cause in causes]


def _incident(comparison: Compared, criterion: Criterion, one: Sample, other: Sample) -> list[Part]:
    """People's hours, and the failed requests at their price."""
    people, causes = [], []
    for sample in (one, other):
        price = comparison.scenario.under(sample.strategy).slo.usd_per_failed_request or 0.0
        amounts = [price * sample.numbers[name] for name in CAUSES]
        people.append(criterion.values(sample) - np.sum(amounts, axis=0))
        causes.append(amounts)
    return [
        Part(PEOPLE, people[0], people[1]),
        *(Part(label, causes[0][index], causes[1][index]) for index, label in enumerate(CAUSES.values())),
    ]


def _by_release(criterion: Criterion, one: Sample, other: Sample) -> list[Part]:
    values = [criterion.values(sample) for sample in (one, other)]
    bad = [sample.bad for sample in (one, other)]
    return [
        Part("good releases", np.where(bad[0], 0.0, values[0]), np.where(bad[1], 0.0, values[1])),
        Part("bad releases", np.where(bad[0], values[0], 0.0), np.where(bad[1], values[1], 0.0)),
    ]


def _by_ending(criterion: Criterion, one: Sample, other: Sample) -> list[Part]:
    """By kind of release and what became of it under either strategy; the small ones together."""
    values = criterion.values(one), criterion.values(other)
    finite = np.isfinite(values[0]) & np.isfinite(values[1])
    gap = np.where(finite, np.where(finite, values[0], 0.0) - np.where(finite, values[1], 0.0), 0.0) * one.weights
    cells: dict[str, BoolArray] = {}
    kinds = np.stack([one.bad.astype(str), one.words["outcome"], other.words["outcome"]])
    for bad, first, second in np.unique(kinds, axis=1).T:
        rows = (kinds == np.array([[bad], [first], [second]])).all(axis=0)
        if np.any(gap[rows]):
            cells[_cell(bad == "True", str(first), str(second), one.strategy, other.strategy)] = rows
    if not cells:
        return _by_release(criterion, one, other)
    ranked = sorted(cells, key=lambda label: -abs(float(gap[cells[label]].sum())))
    kept = ranked[:_MOST_LINES] if len(ranked) > _MOST_LINES + 1 else ranked
    parts = [_within(label, cells[label], *values) for label in kept]
    if len(kept) < len(ranked):
        parts.append(_within(OTHERS, np.any([cells[label] for label in ranked[len(kept) :]], axis=0), *values))
    return parts


def _within(label: str, rows: BoolArray, one: FloatArray, other: FloatArray) -> Part:
    return Part(label, np.where(rows, one, 0.0), np.where(rows, other, 0.0))


def _cell(bad: bool, first: str, second: str, one: str, other: str) -> str:
    kind = "bad" if bad else "good"
    if first == second:
        return f"{kind} releases (both {_ENDINGS.get(first, (first, first))[0]})"
    endings = [_ENDINGS.get(word, (word, word))[1] for word in (first, second)]
    return f"{kind} releases ({one} {endings[0]}, {other} {endings[1]})"


# -- differences that add up -----------------------------------------------------------------------------------


def _lines(criterion: Criterion, one: Sample, other: Sample, parts: Sequence[Part], *, paired: bool) -> list[Line]:
    if not all(np.isfinite(criterion.values(sample)).any() for sample in (one, other)):
        return []
    if not paired:
        return [Line(part.label, _apart(criterion, one, other, part).corrected()) for part in parts]
    return [Line(label, moments.corrected()) for label, moments in _paired(criterion, one, other, parts)]


def _apart(criterion: Criterion, one: Sample, other: Sample, part: Part) -> Moments:
    """Difference of two means of a part, each over the runs its own strategy has a number for."""
    sides = []
    for sample, amounts in ((one, part.one), (other, part.other)):
        applies = np.isfinite(criterion.values(sample))
        sides.append(stratified_moments(np.where(applies, amounts, np.nan), applies, sample.strata, sample.weights))
    return sides[0].minus(sides[1])


def _paired(criterion: Criterion, one: Sample, other: Sample, parts: Sequence[Part]) -> Iterator[tuple[str, Moments]]:
    """Parts run by run where both have a number, and what comes of the runs where only one of them has."""
    finite = np.isfinite(criterion.values(one)), np.isfinite(criterion.values(other))
    common = finite[0] & finite[1]
    # Its influence on the difference, run by run, of what is left after the parts.
    rest = _influence(criterion.values(one), one, finite[0]) - _influence(criterion.values(other), other, finite[1])
    left = difference_of(criterion, one, other).value
    for part in parts:
        first, second = (np.where(common, amounts, 0.0) for amounts in (part.one, part.other))
        gap = first - second
        gap[np.abs(gap) <= _ROUNDING * np.maximum(np.abs(first), np.abs(second))] = 0.0
        if common.any():
            moments = stratified_moments(gap, common, one.strata, one.weights)
            left -= moments.value
            rest -= _influence(gap, one, common)
            yield part.label, moments
    if (finite[0] != finite[1]).any() and math.isfinite(left):
        spread = stratified_moments(rest, None, one.strata, one.weights)
        degrees, third = spread.degrees, spread.third
        yield ONLY_ONE.get(criterion.metric, _ONLY_ONE), Moments(left, spread.variance, degrees, spread.rows, third)


def _influence(values: FloatArray, runs: Sample, counting: BoolArray) -> FloatArray:
    """Influence of each run on the weighted mean over the runs that count."""
    influence = np.zeros(values.size)
    if counting.any():
        kept, weights = values[counting], runs.weights[counting]
        influence[counting] = (kept - weights @ kept / weights.sum()) / weights.sum()
    return influence


def _as_table(lines: Sequence[Line], total: float) -> pd.DataFrame:
    rows = [
        {
            "cause": line.cause,
            "difference": line.difference.value,
            "low": line.difference.low if math.isfinite(line.difference.low) else None,
            "high": line.difference.high if math.isfinite(line.difference.high) else None,
            "share": line.difference.value / total + 0.0 if total else None,
        }
        for line in lines
    ]
    return table(rows, _COLUMNS, words=("cause",))
