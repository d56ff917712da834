"""The work itself: every strategy in some replications, on whatever process has it to do.

The one thing a newcomer would get wrong: a process gets the experiment once, not with every task. What travels with a
task is a short key, or for somebody else's executor the pickled experiment, unpacked the first time it is seen.
"""

from __future__ import annotations

import pickle
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import count

import numpy as np

from simulator.engine import simulate
from simulator.experiment.own import Own, value_of
from simulator.experiment.plan import Plan, stratum_of
from simulator.experiment.rows import COLUMNS, FloatArray, as_row
from simulator.metrics import measure, priced
from simulator.metrics.cost import PriceList
from simulator.model.scenario import Scenario
from simulator.randomness import Rekeyed, Streams
from simulator.trace.records import Grain


@dataclass(frozen=True, slots=True)
class Work:
    """An experiment made ready: the world of each strategy, resolved once."""

    worlds: tuple[tuple[Scenario, PriceList], ...]
    seed: int
    own: Own

    @classmethod
    def of(cls, plan: Plan) -> Work:
        """Resolve the worlds of a plan."""
        worlds = [plan.scenario.under(strategy.name) for strategy in plan.scenario.strategies]
        return cls(tuple((world, priced(world)) for world in worlds), plan.seed, plan.own)

    def rows(self, replications: range) -> FloatArray:
        """Rows of every strategy for some replications, shape (columns, strategies, replications)."""
        # The reader's own functions may look at any record; the metrics need only those that are always kept.
        grain: Grain = "full" if self.own else "states"
        rows = np.empty((len(COLUMNS) + len(self.own), len(self.worlds), len(replications)))
        for place, (world, prices) in enumerate(self.worlds):
            for index, replication in enumerate(replications):
                streams = Streams(self.seed, replication, _OWN.philox)
                trace = simulate(world, streams, stratum_of(world.revision.bad, replication), grain)
                row = as_row(measure(trace, world, prices))
                row += [value_of(name, function, trace, world) for name, function in self.own]
                rows[:, place, index] = row
        return rows


def run_chunk(key: bytes, replications: range) -> FloatArray:
    """Rows of an experiment that this process holds, or else of the pickled one."""
    work = _HELD.get(key) or _unpacked(key)
    return work.rows(replications)


@contextmanager
def held(plan: Plan) -> Iterator[bytes]:
    """Hold an experiment ready in this process, and in those forked from it; gives its key."""
    key = b"held %d" % next(_NUMBERS)
    _HELD[key] = Work.of(plan)
    try:
        yield key
    finally:
        del _HELD[key]


@lru_cache(maxsize=4)
def _unpacked(payload: bytes) -> Work:
    plan: Plan = pickle.loads(payload)  # noqa: S301 - the process that started us wrote it
    return Work.of(plan)


class _PerThread(threading.local):
    """A generator for each thread, since an executor may run chunks in threads of one process."""

    def __init__(self) -> None:
        self.philox = Rekeyed()


_OWN = _PerThread()
_HELD: dict[bytes, Work] = {}
_NUMBERS = count()
