"""Which strategies another one beats on everything a board weighs: harm, time and money.

The one thing a newcomer would get wrong: a strategy is dominated only by one whose intervals show it to be better
on something and worse on nothing by as much as matters. An average that happens to be lower is not enough. And one
that the recommendation still leaves to choose from is not dominated: it may be taken, the page says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from simulator.analysis.criterion import Criterion
from simulator.analysis.recommendation import TIE_BREAKS
from simulator.analysis.words import listed
from simulator.metrics.table import METRICS
from simulator.report.numbers import STATISTIC_WORDS, Numbers


@dataclass(frozen=True, slots=True)
class Aim:
    """One thing a board weighs, with the smallest difference in it that matters."""

    criterion: Criterion
    least: float
    words: str


@dataclass(frozen=True, slots=True)
class Dominated:
    """By which strategy, in what it is shown to be better, and in what the two do not differ by as much as matters."""

    by: str
    better: tuple[str, ...]
    same: tuple[str, ...]

    def __str__(self) -> str:
        return f"dominated by {self.by} in {listed(self.better)}"


def aims(numbers: Numbers) -> list[Aim]:
    """What the decision is made on, then the cost and the time of the rollout."""
    criterion = numbers.comparison.criterion
    found = [Aim(criterion, numbers.comparison.selection.delta, _words(criterion))]
    for metric, least, _ in reversed(TIE_BREAKS):
        other = Criterion(metric)
        if (metric, "mean") != (criterion.metric, criterion.statistic):
            found.append(Aim(other, least, _words(other)))
    return found


def dominated(numbers: Numbers, weighed: Sequence[Aim] | None = None) -> dict[str, Dominated]:
    """Dominated strategies, each with the strategy that beats it most widely.

    Weighed are the decision, cost and time, or what the caller names.
    """
    weighed = aims(numbers) if weighed is None else weighed
    found: dict[str, Dominated] = {}
    left = numbers.comparison.recommendation.in_question
    for name in numbers.strategies:
        if name in left:
            continue
        for other in numbers.comparison.selection.allowed:
            verdict = _judge(numbers, weighed, other, name) if other != name else None
            known = found.get(name)
            if verdict is not None and (known is None or len(verdict.better) > len(known.better)):
                found[name] = verdict
    return found


def _judge(numbers: Numbers, weighed: Sequence[Aim], one: str, other: str) -> Dominated | None:
    """Say in what `one` dominates `other`; None where it does not."""
    better, same = [], []
    for aim in weighed:
        criterion = aim.criterion
        apart = numbers.difference(one, other, criterion.metric, criterion.statistic, criterion.given)
        if apart is None:
            return None
        worse, most = criterion.sign * apart.value, max(criterion.sign * apart.low, criterion.sign * apart.high)
        if most > aim.least:
            return None
        if most < 0 and worse < -aim.least:
            better.append(aim.words)
        else:
            same.append(aim.words)
    return Dominated(one, tuple(better), tuple(same)) if better else None


def _words(criterion: Criterion) -> str:
    if criterion.chance or criterion.metric not in METRICS:
        return criterion.label
    name = METRICS[criterion.metric].label.partition(",")[0].lower()
    return name if criterion.statistic == "mean" else f"{name} ({STATISTIC_WORDS[criterion.statistic]})"
