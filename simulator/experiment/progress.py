"""How far an experiment has come, for whoever is waiting: runs done, time left, who leads so far.

The one thing a newcomer would get wrong: looking costs time too. However fast the runs, a look is taken a few times a
second at most, and so seldom that all looks together stay a small share of the time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
EVERY_S = 0.25
_LOOKS_AT_MOST = 0.02  # share of the time that looking may take
_TOO_EARLY_S = 0.5  # the first runs are slow: modules load, processes start


class Lead(NamedTuple):
    """The strategy that leads on the decision's statistic, and its number."""

    strategy: str
    value: float
    unit: str


Leader = Callable[[FloatArray], Lead | None]


@dataclass(frozen=True, slots=True)
class Step:
    """How far an experiment has come.

    Parameters
    ----------
    done, total : int
        Runs: strategies times replications.
    left_s : float or None
        Seconds still to go at the pace so far; None while it is too early to say.
    best : str or None
        Strategy that leads so far on the decision's statistic, among those that keep the limits so far.
    value : float or None
        Its statistic so far.
    unit : str
        Unit of `value`, as in the table of metrics.
    """

    done: int
    total: int
    left_s: float | None = None
    best: str | None = None
    value: float | None = None
    unit: str = ""


Progress = Callable[[Step], object]


class Teller:
    """Tells progress seldom enough; the last step is always told.

    Parameters
    ----------
    progress : callable or None
        Is told; nothing happens without one.
    total : int
        Runs in all.
    leader : callable, optional
        Finds who leads, given the rows finished without a gap.
    every : float
        Seconds between two tellings at least; 0 tells each chunk.
    """

    def __init__(
        self, progress: Progress | None, total: int, leader: Leader | None = None, every: float = EVERY_S
    ) -> None:
        self._progress, self._total, self._leader, self._every = progress, total, leader, every
        self._began = time.perf_counter()
        self._next = self._began + every
        self._done = 0

    def tell(self, runs: int, rows: Callable[[], FloatArray]) -> None:
        """Count runs that were finished, and say so if it is time; `rows` gives all rows so far."""
        self._done += runs
        if self._progress is None:
            return
        now = time.perf_counter()
        if now < self._next and self._done < self._total:
            return
        lead = self._leader(rows()) if self._leader else None
        after = time.perf_counter()
        self._next = after + max(self._every, (after - now) / _LOOKS_AT_MOST) if self._every else after
        named = lead if lead is not None else (None, None, "")
        self._progress(Step(self._done, self._total, self._left(after - self._began), *named))

    def _left(self, elapsed: float) -> float | None:
        if self._done >= self._total:
            return 0.0
        return elapsed / self._done * (self._total - self._done) if elapsed >= _TOO_EARLY_S else None
