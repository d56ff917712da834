"""`rollsim run`: one replication of one strategy, told as a story."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from simulator.cli.endings import answering, interrupted
from simulator.cli.options import DEFAULT_SEED, LARGEST, Json, ScenarioPath, Seed, Sets, chosen, opened

if TYPE_CHECKING:
    from simulator.cli.picking import Picked
    from simulator.experiment import Run

DEFAULT_PICKED_FROM = 1000


@answering
def run(
    scenario: ScenarioPath,
    *,
    strategy: Annotated[
        str | None,
        typer.Option(
            "--strategy",
            metavar="NAME",
            help="Which of the scenario's; today's practice (the one marked current, else the first) when left out.",
        ),
    ] = None,
    seed: Seed = DEFAULT_SEED,
    replication: Annotated[
        int | None,
        typer.Option(
            "--replication",
            min=0,
            max=LARGEST,
            metavar="K",
            help="Which of the experiment's runs, with the revision it meets there unless --given names one.",
        ),
    ] = None,
    given: Annotated[
        Literal["bad", "good"] | None,
        typer.Option("--given", help="Meet a bad, or a good, revision; else that of --replication, else drawn."),
    ] = None,
    pick: Annotated[
        Literal["median", "p95", "worst"] | None,
        typer.Option("--pick", help="Simulate many, and tell the one that stands there by the decision's metric."),
    ] = None,
    pick_by: Annotated[
        str | None,
        typer.Option("--pick-by", metavar="METRIC", help="Pick by another metric, as in recover_s."),
    ] = None,
    replications: Annotated[
        int | None,
        typer.Option(
            "--replications", min=2, metavar="N", help=f"Runs to pick from; {DEFAULT_PICKED_FROM:,} by default."
        ),
    ] = None,
    trace: Annotated[
        Path | None,
        typer.Option("--trace", metavar="FILE", help="Write every record: JSON Lines for .jsonl, else text."),
    ] = None,
    sets: Sets = None,
    json: Json = False,
) -> None:
    """Tell one replication of one strategy as a story that ends with why it went as it went.

    Names in brackets are the rules behind a line, as in [healthy_hosts.may_start]; rollsim explain tells each.
    """
    import simulator
    from simulator.cli import telling, terminal
    from simulator.cli.trace_file import write_trace
    from simulator.experiment.plan import stratum_of

    _refuse_both(pick, pick_by, replications, replication)
    world = opened(scenario, sets)
    name = strategy if strategy is not None else world.current_strategy
    chosen(world, name)
    done: Run
    picked: Picked | None = None
    if pick is None:
        if given is None and replication is not None:
            given = stratum_of(world.under(name).revision.bad, replication)
        done = simulator.run(world, strategy=name, seed=seed, replication=replication or 0, stratum=given)
    else:
        from simulator.cli.picking import pick_run

        number = replications if replications is not None else DEFAULT_PICKED_FROM
        with terminal.remarks().status(f"simulating {number:,} runs"):
            found = pick_run(world, name, pick, seed=seed, replications=number, metric=pick_by, given=given)
        if found is None:
            interrupted("Interrupted before the runs to pick from were simulated.")
        done, picked = found
    if trace is not None:
        write_trace(done.trace, trace)
    if json:
        terminal.document(_document(done, world.name, picked))
        return
    telling.tell(terminal.results(), done, world.name, picked)
    if trace is not None:
        terminal.remarks().print(terminal.cell(f"The trace: {trace}"))


def _refuse_both(pick: str | None, pick_by: str | None, replications: int | None, replication: int | None) -> None:
    """Refuse options that say nothing together."""
    if pick is not None and replication is not None:
        raise typer.BadParameter("--replication names the run that --pick would pick; write one of the two")
    if pick is None:
        for option, value in (("--pick-by", pick_by), ("--replications", replications)):
            if value is not None:
                raise typer.BadParameter("is about --pick; write --pick median, p95 or worst too", param_hint=option)
    if pick_by is not None:
        from simulator.cli.explanations import nearest
        from simulator.errors import quoted
        from simulator.metrics import METRICS

        if pick_by not in METRICS:
            raise typer.BadParameter(
                f"{quoted(pick_by)} is no metric; {nearest(pick_by, METRICS)}", param_hint="--pick-by"
            )


def _document(done: Run, name: str, picked: Picked | None) -> dict[str, Any]:
    from dataclasses import asdict

    from simulator.trace.story import clock, story, wall_clock
    from simulator.trace.text import why

    trace = done.trace
    start = done.scenario.under(trace.strategy).start.second_of_week
    return {
        "scenario": name,
        "strategy": trace.strategy,
        "seed": trace.seed,
        "replication": trace.replication,
        "picked": None if picked is None else asdict(picked),
        "stratum": trace.stratum,
        "defect": trace.defect,
        "outcome": asdict(done.outcome),
        "cost": [asdict(line) for line in done.cost_lines],
        "assumed": list(trace.assumed),
        "story": [
            {
                "time_s": moment.time,
                "clock": clock(moment.time),
                "wall_clock": wall_clock(start + moment.time),
                "text": moment.text,
                "rules": list(moment.rules),
            }
            for moment in story(trace, done.scenario)
        ],
        "why": why(trace, done.outcome),
    }
