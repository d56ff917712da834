"""`rollsim compare`: the main job. Every strategy in the same worlds, many times, and which one to take."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simulator.cli.endings import NO, answering, interrupted
from simulator.cli.options import DEFAULT_SEED, Json, ScenarioPath, Seed, Sets, opened

if TYPE_CHECKING:
    from simulator.analysis import Comparison

DEFAULT_REPLICATIONS = 1000
FORMATS = ("html",)


@answering
def compare(
    scenario: ScenarioPath,
    *,
    replications: Annotated[
        int,
        typer.Option("--replications", min=2, max=10_000_000, metavar="N", help="Runs of each strategy."),
    ] = DEFAULT_REPLICATIONS,
    seed: Seed = DEFAULT_SEED,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers",
            min=1,
            max=1024,
            metavar="N",
            help="Processes; as many as there are cores when left out.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Folder for the report; reports/<scenario name>/ by default."),
    ] = None,
    formats: Annotated[
        str, typer.Option("--format", metavar="LIST", help="What to render beside the data, as in html.")
    ] = "html",
    sets: Sets = None,
    json: Json = False,
) -> None:
    """Compare the strategies of a scenario and recommend one; writes the report.

    Every number stands beside the one that holds if the release is bad. Exit code 1 says that no strategy
    keeps the limits of the scenario's decision.
    """
    from simulator import analysis, report
    from simulator.cli import terminal
    from simulator.cli.conclusion import as_document, conclusion
    from simulator.report import folder
    from simulator.report.words import slug
    from simulator.scenario import dump

    asked = _asked_formats(formats)
    world = opened(scenario, sets)
    place = out if out is not None else Path("reports") / slug(world.name)
    folder.refuse_foreign(place)  # before the simulation, not after it
    with _progress() as progress:
        comparison = analysis.compare(world, replications=replications, seed=seed, workers=workers, progress=progress)
    if not json:
        conclusion(terminal.results(), comparison)
    with terminal.remarks().status("writing the report"):
        written = report.render(comparison, out=place, formats=asked, scenario_yaml=dump(world))
    if json:
        terminal.document({**as_document(comparison), "report": str(written)})
    else:
        terminal.say(terminal.results(), f"The report: {written / 'report.html'}")
    _end(comparison)


def _asked_formats(text: str) -> tuple[str, ...]:
    asked = tuple(dict.fromkeys(name.strip().lower() for name in text.split(",") if name.strip()))
    for name in asked:
        if name not in FORMATS:
            known = ", ".join(FORMATS)
            raise typer.BadParameter(
                f"{name!r} is no format of the report; write one of {known}", param_hint="--format"
            )
    return asked


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None] | None]:
    """A bar on stderr while a person is watching; nothing in a pipe."""
    from simulator.cli import terminal

    console = terminal.remarks()
    if not console.is_terminal:
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("simulating"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("simulating", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _end(comparison: Comparison) -> None:
    if not comparison.complete:
        interrupted("Interrupted: these are the runs that were finished.")
    if comparison.recommendation.kind == "none_allowed":
        raise typer.Exit(NO)
