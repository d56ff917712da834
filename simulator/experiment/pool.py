"""Every strategy in every replication, on one process or many; the numbers are the same.

The one thing a newcomer would get wrong: the number of workers and the size of chunks change the time taken and
nothing else, because a row depends on (scenario, strategy, seed, stratum, replication) alone.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from simulator.engine import simulate
from simulator.errors import SimulatorError
from simulator.experiment.plan import Plan, stratum_of
from simulator.experiment.rows import COLUMNS, as_row
from simulator.metrics import measure, price_list
from simulator.metrics.cost import PriceList
from simulator.model.scenario import Scenario
from simulator.randomness import Rekeyed, Streams

FloatArray = NDArray[np.float64]
Progress = Callable[[int, int], None]
QUEUED = 256  # chunks handed out ahead: enough to keep any pool busy, few enough to look through each time
FEWEST_RUNS_FOR_A_POOL = 200  # below that, starting processes costs more than it saves


@dataclass(frozen=True, slots=True)
class Finished:
    """What an experiment came to.

    Parameters
    ----------
    arrays : list of array of float, each of shape (replications, columns)
        One per strategy.
    replications : int
        Finished by every strategy, from 0 on without a gap.
    complete : bool
        False when it was interrupted.
    """

    arrays: list[FloatArray]
    replications: int
    complete: bool


def replicate(
    plan: Plan,
    workers: int | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
    chunk: int | None = None,
    start_method: str | None = None,
) -> Finished:
    """Run every strategy in every replication.

    Parameters
    ----------
    plan : Plan
        What to run.
    workers : int, optional
        Processes; as many as there are cores when left out. 1 runs here.
    executor : concurrent.futures.Executor, optional
        Runs the chunks instead of a pool of ours.
    progress : callable, optional
        Told the runs done and the runs in all.
    chunk : int, optional
        Replications per task.
    start_method : {"fork", "spawn", "forkserver"}, optional
        How worker processes start; the platform's default when left out.

    Returns
    -------
    Finished
        Interrupted work keeps what it finished.
    """
    strategies = len(plan.scenario.strategies)
    size = chunk or max(1, min(32, plan.replications // 8))
    chunks = list(plan.chunks(size))
    payload = pickle.dumps(plan.scenario)
    tell = _teller(progress, plan.replications * strategies, strategies)
    count = workers if workers is not None else os.cpu_count() or 1
    done: dict[int, FloatArray] = {}
    complete = True
    try:
        if executor is not None:
            _on_executor(executor, payload, plan.seed, chunks, done, tell)
        elif count == 1 or len(chunks) == 1 or plan.replications * strategies < FEWEST_RUNS_FOR_A_POOL:
            for index, replications in enumerate(chunks):
                done[index] = run_chunk(payload, plan.seed, replications)
                tell(len(replications))
        else:
            context = multiprocessing.get_context(start_method)
            pool = ProcessPoolExecutor(count, context, _leave_interrupts_to_the_parent)
            try:
                _on_executor(pool, payload, plan.seed, chunks, done, tell)
            finally:
                pool.shutdown(wait=True, cancel_futures=True)
    except KeyboardInterrupt:
        complete = False
    except BrokenProcessPool as error:
        raise SimulatorError("a worker process died; run again with fewer workers or more memory") from error
    return _gathered(done, len(chunks), strategies, complete)


def _leave_interrupts_to_the_parent() -> None:
    """A Ctrl-C reaches every process of the terminal; a worker that dies of it would take the pool's queue along."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _on_executor(
    executor: Executor,
    payload: bytes,
    seed: int,
    chunks: list[range],
    done: dict[int, FloatArray],
    tell: Callable[[int], None],
) -> None:
    todo = iter(enumerate(chunks))
    futures: dict[Future[FloatArray], int] = {}

    def submit(most: int) -> None:
        for index, replications in islice(todo, most):
            futures[executor.submit(run_chunk, payload, seed, replications)] = index

    submit(QUEUED)
    try:
        while futures:
            ready, _ = wait(futures, return_when=FIRST_COMPLETED)
            for future in ready:
                index = futures.pop(future)
                done[index] = future.result()
                tell(len(chunks[index]))
            submit(len(ready))
    finally:
        for future in futures:
            future.cancel()


def _gathered(done: dict[int, FloatArray], chunks: int, strategies: int, complete: bool) -> Finished:
    """Chunks from the first on without a gap, one array per strategy."""
    prefix = []
    for index in range(chunks):
        if index not in done:
            break
        prefix.append(done[index])
    if not prefix:
        return Finished([np.empty((0, len(COLUMNS))) for _ in range(strategies)], 0, complete)
    whole = np.concatenate(prefix, axis=1)
    return Finished([whole[strategy] for strategy in range(strategies)], whole.shape[1], complete)


def _teller(progress: Progress | None, total: int, strategies: int) -> Callable[[int], None]:
    done = 0

    def tell(replications: int) -> None:
        nonlocal done
        done += replications * strategies
        if progress is not None:
            progress(done, total)

    return tell


def run_chunk(payload: bytes, seed: int, replications: range) -> FloatArray:
    """Rows of every strategy for some replications, shape (strategies, replications, columns)."""
    worlds = _worlds(payload)
    rows = np.empty((len(worlds), len(replications), len(COLUMNS)))
    for place, (world, prices) in enumerate(worlds):
        for index, replication in enumerate(replications):
            streams = Streams(seed, replication, _OWN.philox)
            trace = simulate(world, streams, stratum_of(world.revision.bad, replication))
            rows[place, index] = as_row(measure(trace, world, prices))
    return rows


@lru_cache(maxsize=4)
def _worlds(payload: bytes) -> tuple[tuple[Scenario, PriceList], ...]:
    """The world of each strategy, resolved once per process."""
    scenario: Scenario = pickle.loads(payload)  # noqa: S301 - our own process wrote it
    worlds = [scenario.under(strategy.name) for strategy in scenario.strategies]
    return tuple((world, price_list(world.prices)) for world in worlds)


class _PerThread(threading.local):
    """A generator for each thread, since an executor may run chunks in threads of one process."""

    def __init__(self) -> None:
        self.philox = Rekeyed()


_OWN = _PerThread()
