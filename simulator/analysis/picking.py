"""Which run to look at: the typical one, the one that 5 % are worse than, the worst.

The one thing a newcomer would get wrong: runs carry weights, so the middle of the sorted rows is not the median. And
many runs tie, on no downtime at all say: those are put in order of how long the rollout took, so that the typical run
is typical in that too.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from simulator.analysis.criterion import Criterion
from simulator.analysis.sample import FloatArray, Sample
from simulator.errors import SimulatorError, quoted

Which = Literal["median", "p95", "worst"]
LEVELS: dict[str, float] = {"median": 0.5, "p95": 0.95, "worst": 1.0}
_SHARE_TOLERANCE = 1e-9  # as in `estimate.tails`, so that the run picked is the one whose value the table prints


def picked(sample: Sample, which: Which, criterion: Criterion) -> int:
    """Replication number of a run by the weighted order of a metric.

    Raises
    ------
    SimulatorError
        When the metric applies to no run.
    ValueError
        When `which` is another word.
    """
    if which not in LEVELS:
        raise ValueError(f"which is {quoted(which)}; write {', '.join(LEVELS)}")
    runs = criterion.select(sample)
    values = criterion.sign * criterion.values(runs)
    applies = np.flatnonzero(~np.isnan(values))
    if not applies.size:
        raise SimulatorError(f"{criterion.label} applies to no run of {sample.strategy}; pick by another metric")
    order = applies[np.lexsort((-runs.replication[applies], _durations(runs)[applies], values[applies]))]
    if which == "worst":
        return int(runs.replication[order[-1]])
    cumulative = np.cumsum(runs.weights[order])
    place = int(np.searchsorted(cumulative, cumulative[-1] * (LEVELS[which] - _SHARE_TOLERANCE)))
    return int(runs.replication[order[min(place, order.size - 1)]])


def worst_of(samples: dict[str, Sample], criterion: Criterion) -> tuple[str, int]:
    """Strategy and replication of the worst run of all strategies; the first of those that tie.

    Raises
    ------
    SimulatorError
        When the metric applies to no run.
    """
    worst: tuple[float, float] | None = None
    found: tuple[str, int] | None = None
    for name, sample in samples.items():
        runs = criterion.select(sample)
        values = criterion.sign * criterion.values(runs)
        if np.isnan(values).all():
            continue
        replication = picked(sample, "worst", criterion)
        row = int(np.flatnonzero(runs.replication == replication)[0])
        value = (float(values[row]), float(_durations(runs)[row]))
        if worst is None or value > worst:
            worst, found = value, (name, replication)
    if found is None:
        raise SimulatorError(f"{criterion.label} applies to no run; pick by another metric")
    return found


def _durations(runs: Sample) -> FloatArray:
    return np.nan_to_num(runs.numbers.get("duration_s", np.zeros(runs.runs)), nan=0.0, posinf=np.inf)
