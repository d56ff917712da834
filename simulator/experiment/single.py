"""One replication of one strategy, simulated and measured; any run of an experiment can be had again this way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from simulator.engine import simulate
from simulator.errors import Problem, ScenarioError, quoted
from simulator.experiment.plan import Stratum, check_numbers, drawn_stratum
from simulator.metrics import CostLine, Outcome, cost_lines, measure, priced
from simulator.model.scenario import Scenario
from simulator.randomness import Streams
from simulator.showing import view
from simulator.trace.records import Grain, Trace
from simulator.units import human


@dataclass(frozen=True, slots=True, repr=False)
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
        The bill; it adds up to ``outcome.cost_usd``, and ``outcome.kept_usd_per_hour`` stands beside it.
    """

    scenario: Scenario
    trace: Trace
    outcome: Outcome
    cost_lines: tuple[CostLine, ...]

    def __repr__(self) -> str:
        trace, outcome = self.trace, self.outcome
        defect = f" ({trace.defect})" if trace.defect else ""
        return (
            f"<Run of {quoted(trace.strategy)}, replication {trace.replication}, seed {trace.seed}: {trace.stratum} "
            f"release{defect}, {outcome.outcome.replace('_', ' ')}; downtime {human(outcome.downtime_s)}, "
            f"duration {human(outcome.duration_s)}>"
        )

    def _repr_html_(self) -> str:
        """What a notebook shows; the report draws it."""
        shown: str = view("notebook.run")(self)
        return shown

    def plot(self, ax: Any = None) -> Any:
        """Draw this run; needs matplotlib, as everything drawn does.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to; a new figure otherwise.

        Returns
        -------
        matplotlib Axes, or an array of them
        """
        return view("plots.run")(self, ax=ax)


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
        Which luck; from 0 to 2**63 - 1.
    stratum : {"good", "bad"}, optional
        Which kind of revision; drawn with its probability when left out, so that it may be another than the row of
        this number has in a comparison, which `Comparison.run` simulates again.
    grain : {"full", "states"}
        How much of the trace is recorded.

    Returns
    -------
    Run
        Trace, outcome and bill.

    Raises
    ------
    ScenarioError
        When there is no such strategy, seed or replication, the stratum cannot occur, or something billed has no price.
    """
    check_numbers(seed, replication)
    try:
        world = scenario.under(strategy if strategy is not None else scenario.current_strategy)
    except ValueError as error:
        raise ScenarioError((Problem(str(error), ("strategies",)),)) from error
    streams = Streams(seed, replication)
    bad = world.revision.bad
    chosen = stratum if stratum is not None else drawn_stratum(bad, streams)
    if (chosen == "bad" and bad <= 0) or (chosen == "good" and bad >= 1):
        raise ScenarioError((Problem(f"the revision is never {chosen} here; revision.bad is {bad:.0%}"),))
    prices = priced(world)
    trace = simulate(world, streams, chosen, grain)
    return Run(world, trace, measure(trace, world, prices), tuple(cost_lines(trace, world, prices)))
