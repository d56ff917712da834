"""Any other chance that the release is bad, without a new run.

Good and bad revisions were simulated apart, so their weights can be changed afterwards. A board that
doubts the 5 % can put in its own, and is told where the choice would flip.

References
----------
Owen: A. B. Owen, *Monte Carlo theory, methods and examples*, ch. 8.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

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
            at = _bisect(able, names, criterion, float(GRID[place - 1]), float(GRID[place]))
            found.append((at, bests[place - 1], bests[place]))
    return found


def flip_table(found: Sequence[tuple[float, str, str]]) -> pd.DataFrame:
    """One row per flip: ``p_bad``, best strategy ``below`` and ``above`` it."""
    rows = [{"p_bad": at, "below": below, "above": above} for at, below, above in found]
    return table(rows, ("p_bad", "below", "above"), words=("below", "above"))


def _best(samples: Mapping[str, Sample], names: Sequence[str], criterion: Criterion, bad: float) -> str:
    best, least = names[0], math.inf
    for name in names:
        other = samples[name].reweighted(bad)
        loss = criterion.sign * criterion.point(other) if other else math.nan
        if loss < least - 1e-9 * abs(loss):
            best, least = name, loss
    return best


def _bisect(
    samples: Mapping[str, Sample], names: Sequence[str], criterion: Criterion, low: float, high: float
) -> float:
    """Halve the bracket until the flip is known to many digits."""
    before = _best(samples, names, criterion, low)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if _best(samples, names, criterion, middle) == before:
            low = middle
        else:
            high = middle
    return (low + high) / 2
