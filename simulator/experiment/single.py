"""One replication of one strategy, simulated and measured; any run of an experiment can be had again this way."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.engine import simulate
from simulator.errors import Problem, ScenarioError
from simulator.experiment.plan import Stratum, drawn_stratum
from simulator.metrics import CostLine, Outcome, cost_lines, measure, price_list
from simulator.model.scenario import Scenario
from simulator.randomness import Streams
from simulator.trace.records import Grain, Trace


@dataclass(frozen=True, slots=True)
class Run:
    """One replication looked at closely.

    Parameters
    ----------
    scenario : Scenario
        The world under its strategy.
    trace : Trace
        What happened.
    outcome : Outcome
        What it came to.
    cost_lines : tuple of CostLine
        The bill; it adds up to ``outcome.cost_usd``.
    """

    scenario: Scenario
    trace: Trace
    outcome: Outcome
    cost_lines: tuple[CostLine, ...]


def run(
    scenario: Scenario,
    strategy: str | None = None,
    seed: int = 0,
    replication: int = 0,
    stratum: Stratum | None = None,
    grain: Grain = "full",
) -> Run:
    """Simulate and measure one replication.

    Parameters
    ----------
    scenario : Scenario
        The world and its strategies.
    strategy : str, optional
        Which one; today's practice when left out.
    seed, replication : int
        Which luck.
    stratum : {"good", "bad"}, optional
        Which kind of revision; drawn with its probability when left out.
    grain : {"full", "states"}
        How much of the trace is recorded.

    Returns
    -------
    Run
        Trace, outcome and bill.

    Raises
    ------
    ScenarioError
        When there is no such strategy, or the stratum cannot occur.
    """
    if replication < 0 or seed < 0:
        raise ScenarioError((Problem("seed and replication are whole numbers from 0 on"),))
    try:
        world = scenario.under(strategy if strategy is not None else scenario.current_strategy)
    except ValueError as error:
        raise ScenarioError((Problem(str(error), ("strategies",)),)) from error
    streams = Streams(seed, replication)
    bad = world.revision.bad
    chosen = stratum if stratum is not None else drawn_stratum(bad, streams)
    if (chosen == "bad" and bad <= 0) or (chosen == "good" and bad >= 1):
        raise ScenarioError((Problem(f"the revision is never {chosen} here; revision.bad is {bad:.0%}"),))
    trace = simulate(world, streams, chosen, grain)
    prices = price_list(world.prices)
    return Run(world, trace, measure(trace, world, prices), tuple(cost_lines(trace, world, prices)))
