"""`compare`: a scenario replicated and compared, or outcomes that were replicated already."""

from __future__ import annotations

import time
from concurrent.futures import Executor
from typing import TYPE_CHECKING

from simulator.analysis.comparison import Comparison
from simulator.errors import SimulatorError
from simulator.experiment import Plan, Run, as_table, replicate, run
from simulator.experiment.plan import stratum_of
from simulator.experiment.pool import Progress
from simulator.model.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd


def compare(
    scenario: Scenario,
    outcomes: pd.DataFrame | None = None,
    *,
    replications: int = 1000,
    seed: int = 0,
    workers: int | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
    start_method: str | None = None,
) -> Comparison:
    """Compare the strategies of a scenario.

    Parameters
    ----------
    scenario : Scenario
        The world and its strategies.
    outcomes : DataFrame, optional
        Rows of an earlier experiment on this scenario; nothing is simulated then.
    replications : int
        Runs of each strategy, half with a good and half with a bad revision where both can be.
    seed : int
        Same scenario, seed and version: same numbers.
    workers : int, optional
        Processes; as many as there are cores when left out.
    executor : concurrent.futures.Executor, optional
        Runs the work instead.
    progress : callable, optional
        Told the runs done and the runs in all.
    start_method : {"fork", "spawn", "forkserver"}, optional
        How worker processes start.

    Returns
    -------
    Comparison
        What was finished, also when interrupted (``complete`` is then False).

    Raises
    ------
    SimulatorError
        When fewer than two replications are asked for.
    KeyboardInterrupt
        When it was interrupted before anything that could be compared was finished.
    """
    if replications < 2:
        raise SimulatorError("a comparison needs at least 2 replications; one run says nothing about spread")
    began = time.perf_counter()
    complete = True
    if outcomes is None:
        finished = replicate(Plan(scenario, replications, seed), workers, executor, progress, None, start_method)
        if finished.replications < 4 <= replications:
            raise KeyboardInterrupt  # nothing that could be compared was finished, so nothing is kept
        outcomes, complete = as_table(scenario, finished.arrays, finished.replications), finished.complete
        replications = finished.replications

    def again(strategy: str, replication: int) -> Run:
        bad = scenario.under(strategy).revision.bad
        return run(scenario, strategy, seed, replication, stratum_of(bad, replication))

    return Comparison(
        scenario=scenario,
        outcomes=outcomes,
        seed=seed,
        replications=replications,
        wall_time_s=time.perf_counter() - began,
        complete=complete,
        runner=again,
    )
