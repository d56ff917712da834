"""Who leads while an experiment is still going: the rows so far as samples, and the decision's statistic on them.

The one thing a newcomer would get wrong: this is a look at the numbers, not a conclusion. Nothing is compared and no
interval is made; it has to be cheap enough to be had while runs go on.
"""

from __future__ import annotations

import numpy as np

from simulator.analysis.criterion import Criterion
from simulator.analysis.limits import judge
from simulator.analysis.sample import FloatArray, IntArray, Sample
from simulator.analysis.selection import leader_of
from simulator.experiment.plan import stratum_of, weights
from simulator.experiment.progress import Lead, Leader
from simulator.experiment.rows import CODED, COLUMNS, FLAGS, NUMBERS
from simulator.model.scenario import Scenario

_FEWEST = 8  # replications; before that, whoever leads does so by chance alone


def leader(scenario: Scenario) -> Leader:
    """Return a function that finds the leading strategy, given the rows so far."""
    criterion, limits = Criterion.of(scenario.decision), scenario.decision.limits
    chances = {strategy.name: scenario.under(strategy.name).revision.bad for strategy in scenario.strategies}
    # Words take more room than all numbers of a row; only probabilities read them.
    words = any(asked.chance for asked in (criterion, *map(Criterion.of, limits)))

    def find(rows: FloatArray) -> Lead | None:
        if rows.shape[2] < _FEWEST:
            return None
        shapes = {bad: _shape(bad, rows.shape[2]) for bad in set(chances.values())}
        samples = {
            name: _sample(name, rows[:, place], shapes[bad], words) for place, (name, bad) in enumerate(chances.items())
        }
        found = leader_of(samples, criterion, judge(samples, limits))
        return Lead(*found, criterion.unit) if found else None

    return find


def _shape(bad: float, runs: int) -> tuple[IntArray, IntArray, FloatArray]:
    """Replication, stratum and weight of each run; the same for all strategies of one P(bad)."""
    replication = np.arange(runs, dtype=np.int64)
    codes = [int(stratum_of(bad, k) == "bad") for k in (0, 1)]
    strata = np.resize(np.array(codes, dtype=np.int64), runs)
    by_stratum = weights(bad, runs)
    return replication, strata, np.where(strata == 1, by_stratum.get("bad", 0.0), by_stratum.get("good", 0.0))


def _sample(strategy: str, rows: FloatArray, shape: tuple[IntArray, IntArray, FloatArray], words: bool) -> Sample:
    """Runs of one strategy, rows of shape (columns, replications), as views where possible."""
    column = dict(zip(COLUMNS, rows, strict=False))
    known = {
        name: np.array(("", *spoken))[np.where(np.isnan(column[name]), 0, column[name] + 1).astype(np.int8)]
        for name, spoken in (CODED.items() if words else ())
    }
    numbers = {name: column[name] for name in NUMBERS}
    return Sample(strategy, *shape, column["bad"] > 0, numbers, known, {name: column[name] > 0 for name in FLAGS})
