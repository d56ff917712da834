"""`rollsim run`: one replication of one strategy, told as a story."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from simulator.cli.endings import answering
from simulator.cli.options import DEFAULT_SEED, Json, ScenarioPath, Seed, Sets, chosen, opened

if TYPE_CHECKING:
    from rich.console import Console

    from simulator.experiment import Run
    from simulator.metrics import Outcome


@answering
def run(
    scenario: ScenarioPath,
    *,
    strategy: Annotated[str, typer.Option("--strategy", metavar="NAME", help="Which of the scenario's.")],
    seed: Seed = DEFAULT_SEED,
    replication: Annotated[
        int, typer.Option("--replication", min=0, metavar="K", help="Which of the experiment's runs.")
    ] = 0,
    given: Annotated[
        Literal["bad", "good"] | None,
        typer.Option("--given", help="Meet a bad, or a good, revision; drawn when left out."),
    ] = None,
    trace: Annotated[
        Path | None,
        typer.Option("--trace", metavar="FILE", help="Write every record: JSON Lines for .jsonl, else text."),
    ] = None,
    sets: Sets = None,
    json: Json = False,
) -> None:
    """Tell one replication of one strategy as a story that ends with why it went as it went."""
    import simulator
    from simulator.cli import terminal
    from simulator.cli.trace_file import write_trace
    from simulator.trace.text import why

    world = opened(scenario, sets)
    chosen(world, strategy)
    done = simulator.run(world, strategy=strategy, seed=seed, replication=replication, stratum=given)
    if trace is not None:
        write_trace(done.trace, trace)
    reason = why(done.trace, done.outcome)
    if json:
        terminal.document(_document(done, world.name, reason))
        return
    out = terminal.results()
    _tell(out, done, world.name)
    out.print()
    out.print(terminal.cell(reason))
    if trace is not None:
        terminal.remarks().print(terminal.cell(f"The trace: {trace}"))


def _tell(out: Console, done: Run, name: str) -> None:
    from rich.table import Table

    from simulator.cli import terminal
    from simulator.trace.story import clock, story, wall_clock

    start = done.scenario.under(done.trace.strategy).start.second_of_week
    grid = Table.grid(padding=(0, 2, 0, 0))
    wide = out.width >= 60
    for moment in story(done.trace, done.scenario):
        clocks = [terminal.cell(clock(moment.time))]
        clocks += [terminal.cell(wall_clock(start + moment.time), "dim")] if wide else []
        grid.add_row(*clocks, terminal.cell(moment.text))
    grid.columns[0].justify = "right"
    for column in grid.columns[:-1]:
        column.no_wrap = True
    out.print(terminal.cell(f"{name}: {_heading(done)}", "bold"))
    out.print(grid)
    out.print()
    out.print(terminal.table(out.width, ("measured", ""), _measured(done.outcome)))


def _heading(done: Run) -> str:
    from simulator.trace.text import heading

    return heading(done.trace)


def _measured(outcome: Outcome) -> list[tuple[str, str]]:
    """Metrics that apply to the run, then its words."""
    from simulator.metrics import METRICS
    from simulator.report.words import amount

    rows = [("Outcome", outcome.outcome.replace("_", " "))]
    rows += [("Trigger", outcome.trigger)] if outcome.trigger else []
    for name, metric in METRICS.items():
        value = getattr(outcome, name)
        if value is not None:
            rows.append((metric.label, amount(value, metric.unit)))
    return rows


def _document(done: Run, name: str, reason: str) -> dict[str, Any]:
    from dataclasses import asdict

    from simulator.trace.text import narrate

    trace = done.trace
    return {
        "scenario": name,
        "strategy": trace.strategy,
        "seed": trace.seed,
        "replication": trace.replication,
        "stratum": trace.stratum,
        "defect": trace.defect,
        "outcome": asdict(done.outcome),
        "cost": [asdict(line) for line in done.cost_lines],
        "assumed": list(trace.assumed),
        "story": narrate(trace, done.scenario),
        "why": reason,
    }
