"""Any other chance that the release is bad, without a new run.

Good and bad revisions were simulated apart, so their weights can be changed afterwards. A board that
doubts the 5 % can put in its own, and is told where the choice would flip.

References
----------
Owen: A. B. Owen, *Monte Carlo theory, methods and examples*, ch. 8.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from simulator.analysis.criterion import Criterion
from simulator.analysis.sample import Sample
from simulator.analysis.summary import table

# P(bad) looked at, evenly in the logit; a pair of flips between two neighbours would be overlooked.
GRID = 1 / (1 + np.exp(-np.linspace(math.log(1e-4 / (1 - 1e-4)), -math.log(1e-4 / (1 - 1e-4)), 121)))
_HALVINGS = 40


def recomposed_table(samples: Mapping[str, Sample], criterion: Criterion, bad: float) -> pd.DataFrame:
    """Criterion of each strategy if P(bad) were `bad`, with its interval.

    Raises
    ------
    ValueError
        When `bad` is no probability.
    """
    if not 0 <= bad <= 1:
        raise ValueError(f"P(bad) is {bad:g}; a probability lies between 0 and 1")
    rows = []
    for name, sample in samples.items():
        other = sample.reweighted(bad)
        estimate = criterion.estimate(other) if other else None
        ends = (estimate.value, estimate.low, estimate.high) if estimate else (None, None, None)
        rows.append({"strategy": name, "value": ends[0], "low": ends[1], "high": ends[2]})
    return table(rows, ("strategy", "value", "low", "high"))


def flips(samples: Mapping[str, Sample], criterion: Criterion, preferred: str) -> list[tuple[float, str, str]]:
    """Find P(bad) at which the best strategy changes: (P(bad), best below, best above), ascending.

    Parameters
    ----------
    samples : mapping of str to Sample
        Strategies to choose from; one of which only good, or only bad, runs exist is left out.
    criterion : Criterion
        What is best; taken overall, since given a bad release P(bad) changes nothing.
    preferred : str
        Wins ties.
    """
    if criterion.given != "overall" or (criterion.chance and criterion.chance.given != "overall"):
        return []
    able = {name: sample for name, sample in samples.items() if sample.reweighted(0.5) is not None}
    names = sorted(able, key=lambda name: name != preferred)
    if len(names) < 2:
        return []
    bests = [_best(able, names, criterion, float(bad)) for bad in GRID]
    found = []
    for place in range(1, len(bests)):
        if bests[place] != bests[place - 1]:
            at = _flip(able, names, criterion, place)
            found.append((at, bests[place - 1], bests[place]))
    return found


def overtaken(
    samples: Mapping[str, Sample], criterion: Criterion, strategy: str, delta: float, assumed: float
) -> tuple[tuple[float, str] | None, tuple[float, str] | None]:
    """Nearest P(bad) below and above the one assumed at which another is better by more than delta, and which.

    None where no such P(bad) was found. Of strategies that tie this is where the one that was named, for whatever
    reason, would be named no longer.
    """
    able = {name: sample for name, sample in samples.items() if sample.reweighted(0.5) is not None}
    if strategy not in able:
        return None, None

    def other(bad: float) -> str | None:
        best = _best(able, list(able), criterion, bad)
        losses = [criterion.sign * _at(able[name], criterion, bad) for name in (strategy, best)]
        return best if losses[0] > losses[1] + delta + 1e-9 * abs(losses[1]) else None

    def nearest(away: Sequence[float]) -> tuple[float, str] | None:
        within = assumed
        for bad in away:
            name = other(bad)
            if name is not None:
                at = _edge(lambda p: other(p) is None, within, bad)
                return at, other(at + 1e-6 * (bad - at)) or name
            within = bad
        return None

    if other(assumed) is not None:
        return None, None
    grid = [float(bad) for bad in GRID]
    return nearest([bad for bad in reversed(grid) if bad < assumed]), nearest([bad for bad in grid if bad > assumed])


def flip_table(found: Sequence[tuple[float, str, str]]) -> pd.DataFrame:
    """One row per flip: ``p_bad``, best strategy ``below`` and ``above`` it."""
    rows = [{"p_bad": at, "below": below, "above": above} for at, below, above in found]
    return table(rows, ("p_bad", "below", "above"), words=("below", "above"))


def _best(samples: Mapping[str, Sample], names: Sequence[str], criterion: Criterion, bad: float) -> str:
    best, least = names[0], math.inf
    for name in names:
        loss = criterion.sign * _at(samples[name], criterion, bad)
        if loss < least - 1e-9 * abs(loss):
            best, least = name, loss
    return best


def _flip(samples: Mapping[str, Sample], names: Sequence[str], criterion: Criterion, place: int) -> float:
    """Where, between two points of the grid, the best strategy changes."""
    low, high = float(GRID[place - 1]), float(GRID[place])
    before = _best(samples, names, criterion, low)
    return _edge(lambda bad: _best(samples, names, criterion, bad) == before, low, high)


def _at(sample: Sample, criterion: Criterion, bad: float) -> float:
    other = sample.reweighted(bad)
    return criterion.point(other) if other else math.nan


def _edge(holds: Callable[[float], bool], here: float, there: float) -> float:
    """Halve the bracket, at whose first end something holds and at whose second not, to many digits."""
    for _ in range(_HALVINGS):
        middle = (here + there) / 2
        here, there = (middle, there) if holds(middle) else (here, middle)
    return (here + there) / 2
