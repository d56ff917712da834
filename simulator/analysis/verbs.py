"""`compare`: a scenario replicated and compared, or outcomes that were replicated already."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import Executor
from typing import TYPE_CHECKING

from simulator.analysis.comparison import Comparison
from simulator.analysis.leading import leader
from simulator.errors import SimulatorError
from simulator.experiment import Plan, Run, as_table, replicate, run
from simulator.experiment.own import Function, checked, described
from simulator.experiment.plan import check_numbers, stratum_of
from simulator.experiment.progress import Progress
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
    metrics: Mapping[str, Function] | None = None,
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
        From 0 to 2**63 - 1. Same scenario, seed and version: same numbers.
    workers : int, optional
        Processes; as many as there are cores when left out.
    executor : concurrent.futures.Executor, optional
        Runs the work instead.
    progress : callable, optional
        Told a `simulator.experiment.Step` a few times a second: runs done and in all, time left, who leads so far.
    start_method : {"fork", "spawn", "forkserver"}, optional
        How worker processes start.
    metrics : mapping of str to callable, optional
        Metrics of your own: ``{"name": function}`` with ``function(trace, scenario)`` giving a number, or None where
        it does not apply. It sees the full trace and the scenario under the strategy, as ``run.trace`` and
        ``run.scenario`` of `simulator.run`; it becomes the column `name` of every table. Less is better. A name that
        ends in ``_s``, ``_requests``, ``_share`` or ``_usd`` tells the unit. With `outcomes`, which of their columns
        are such metrics.

    Returns
    -------
    Comparison
        What was finished, also when interrupted (``complete`` is then False).

    Raises
    ------
    SimulatorError
        When fewer than two replications are asked for, the seed is out of range, or a metric of your own fails, or
        cannot be handed to the workers asked for.
    KeyboardInterrupt
        When it was interrupted before anything that could be compared was finished.
    """
    if replications < 2:
        raise SimulatorError("a comparison needs at least 2 replications; one run says nothing about spread")
    check_numbers(seed)
    began = time.perf_counter()
    complete = True
    own = checked(metrics)
    if outcomes is None:
        plan = Plan(scenario, replications, seed, own)
        look = leader(scenario) if progress is not None else None
        finished = replicate(plan, workers, executor, progress, start_method=start_method, leader=look)
        if finished.replications < 4 <= replications:
            raise KeyboardInterrupt  # nothing that could be compared was finished, so nothing is kept
        outcomes, complete = as_table(scenario, finished.rows, [name for name, _ in own]), finished.complete
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
        metrics={name: described(name, function) for name, function in own},
    )
