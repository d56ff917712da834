"""Every strategy in every replication, on one process or many; the numbers are the same.

The one thing a newcomer would get wrong: the number of workers and the size of chunks change the time taken and
nothing else, because a row depends on (scenario, strategy, seed, stratum, replication) alone. The first replications
are run here and timed; what they took says how long a chunk should be, and whether processes are worth starting.
"""

from __future__ import annotations

import os
import pickle
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import islice

import numpy as np

from simulator.errors import SimulatorError
from simulator.experiment.own import obstacle
from simulator.experiment.plan import Plan
from simulator.experiment.progress import EVERY_S, Leader, Progress, Teller
from simulator.experiment.rows import COLUMNS, FloatArray
from simulator.experiment.starting import main_out_of_sight, method_of, pool_of
from simulator.experiment.work import held, run_chunk

CHUNK_S = 0.075  # long enough that handing it out costs nothing, short enough that workers end together
CHUNKS_PER_WORKER = 4  # at least, however few replications there are
LARGEST = 1000  # replications of a chunk: what is under way is no larger, however quick they are
QUEUED = 256  # chunks handed out ahead: enough to keep any pool busy, few enough to look through each time
STARTING_S = {"fork": 0.1, "forkserver": 1.0, "spawn": 1.0}  # what a pool has to save before it is worth starting
_TIMING_S = 0.03


@dataclass(frozen=True, slots=True)
class Finished:
    """What an experiment came to.

    Parameters
    ----------
    rows : array of float, shape (columns, strategies, replications)
        Replications finished by every strategy, from 0 on without a gap.
    complete : bool
        False when it was interrupted.
    """

    rows: FloatArray
    complete: bool

    @property
    def replications(self) -> int:
        """Replications of each strategy."""
        return int(self.rows.shape[2])


class _Rows:
    """Rows as they come in, in any order; memory is taken as it is filled."""

    def __init__(self, plan: Plan) -> None:
        shape = (len(COLUMNS) + len(plan.own), len(plan.scenario.strategies), plan.replications)
        self.all = np.empty(shape)
        self.have = np.zeros(plan.replications, dtype=np.bool_)

    def put(self, replications: range, rows: FloatArray) -> None:
        chunk = slice(replications.start, replications.stop)
        self.all[:, :, chunk] = rows
        self.have[chunk] = True

    def prefix(self) -> FloatArray:
        """Rows from the first on without a gap."""
        end = self.have.size if self.have.all() else int(self.have.argmin())
        return self.all if end == self.have.size else self.all[:, :, :end]


def replicate(
    plan: Plan,
    workers: int | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
    chunk: int | None = None,
    start_method: str | None = None,
    leader: Leader | None = None,
    every: float = EVERY_S,
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
        Told a `Step` a few times a second and at the end.
    chunk : int, optional
        Replications per task; so many as take 50 to 100 ms when left out.
    start_method : {"fork", "spawn", "forkserver"}, optional
        How worker processes start; the platform's way when left out.
    leader : callable, optional
        Finds who leads, for the steps.
    every : float
        Seconds between steps at least.

    Returns
    -------
    Finished
        Interrupted work keeps what it finished.

    Raises
    ------
    SimulatorError
        When a worker dies, or the reader's own metrics fail or cannot be handed to the workers asked for.
    """
    rows = _Rows(plan)
    strategies = len(plan.scenario.strategies)
    teller = Teller(progress, plan.replications * strategies, leader, every)

    def done(replications: range, found: FloatArray) -> None:
        rows.put(replications, found)
        teller.tell(len(replications) * strategies, rows.prefix)

    complete = True
    try:
        with held(plan) as key:
            _run(plan, key, _workers(plan, workers, executor, start_method), executor, chunk, start_method, done)
    except KeyboardInterrupt:
        complete = False
    except BrokenProcessPool as error:
        raise SimulatorError("a worker process died; run again with fewer workers or more memory") from error
    return Finished(rows.prefix(), complete)


def _workers(plan: Plan, asked: int | None, executor: Executor | None, start_method: str | None) -> int:
    """How many processes there may be; one where the reader's own metrics cannot travel and nobody insists."""
    here = executor is None and asked == 1
    forked = isinstance(executor, ThreadPoolExecutor) or (executor is None and method_of(start_method) == "fork")
    why = None if here else obstacle(plan.own, forked)
    if why is None:
        return asked or os.cpu_count() or 1
    remedy = "define it with def in a module of its own and import it"
    if executor is not None or asked is not None:
        raise SimulatorError(f"{why}; {remedy}, or write workers=1")
    warnings.warn(f"{why}; everything runs on this one. For more speed, {remedy}", RuntimeWarning, stacklevel=5)
    return 1


Done = Callable[[range, FloatArray], None]


def _run(
    plan: Plan,
    key: bytes,
    workers: int,
    executor: Executor | None,
    chunk: int | None,
    start_method: str | None,
    done: Done,
) -> None:
    """First a few replications here, to time them; then the rest where it is done soonest."""
    if executor is not None:
        payload = key if isinstance(executor, ThreadPoolExecutor) else pickle.dumps(plan)
        _spread(executor, payload, plan.chunks(chunk or max(1, min(32, plan.replications // 8))), done)
        return
    first, cost = (0, 0.0) if chunk else _timed(plan, key, done)
    left = plan.replications - first
    size = chunk or max(1, min(round(CHUNK_S / cost), LARGEST, left // (CHUNKS_PER_WORKER * workers)))
    method = method_of(start_method)
    if workers == 1 or left <= size or (not chunk and left * cost < STARTING_S[method] * workers / (workers - 1)):
        for replications in plan.chunks(size, first):
            done(replications, run_chunk(key, replications))
        return
    pool = pool_of(workers, start_method)
    starting = nullcontext if method == "fork" else main_out_of_sight
    try:
        payload = key if method == "fork" else pickle.dumps(plan)
        _spread(pool, payload, plan.chunks(size, first), done, starting)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _timed(plan: Plan, key: bytes, done: Done) -> tuple[int, float]:
    """Run chunks of growing size until one takes long enough to time; where to go on, and seconds a replication."""
    first, size = 0, 1
    while True:
        replications = range(first, min(first + size, plan.replications))
        began = time.perf_counter()
        found = run_chunk(key, replications)
        took = time.perf_counter() - began
        done(replications, found)
        first = replications.stop
        # The very first run loads what the others find loaded: it is no measure of them, unless it is a long one.
        long_enough = took >= (_TIMING_S if size > 1 else 10 * _TIMING_S)
        if long_enough or first >= plan.replications or 2 * size > LARGEST:
            return first, max(took / len(replications), 1e-6)
        size *= 2


def _spread(
    executor: Executor,
    key: bytes,
    chunks: Iterator[range],
    done: Done,
    starting: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> None:
    """Hand chunks out, a bounded number ahead, and take what is ready; processes start while they are handed out."""
    futures: dict[Future[FloatArray], range] = {}

    def submit(most: int) -> None:
        with starting():
            for replications in islice(chunks, most):
                futures[executor.submit(run_chunk, key, replications)] = replications

    submit(QUEUED)
    try:
        while futures:
            ready, _ = wait(futures, return_when=FIRST_COMPLETED)
            for future in ready:
                done(futures.pop(future), future.result())
            submit(len(ready))
    finally:
        for future in futures:
            future.cancel()
