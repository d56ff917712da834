"""`rollsim compare`: the main job. Every strategy in the same worlds, many times, and which one to take."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simulator.cli.endings import ANSWERED, NO, answering, give_up, interrupted
from simulator.cli.options import DEFAULT_SEED, Json, ScenarioPath, Seed, Sets, Unsure, chosen, opened

if TYPE_CHECKING:
    from simulator.analysis import Comparison
    from simulator.analysis.gate import Gate
    from simulator.cli.verdicts import Judged

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
    fail_if: Annotated[
        list[str] | None,
        typer.Option(
            "--fail-if",
            metavar="EXPR",
            help="Exit 1 where this is true, 3 where the runs cannot tell, as in 'p95(downtime_s) > 60 s' or "
            "'mean(failed_requests | bad) > 10k and not p_missed <= 5 %'; may be repeated.",
        ),
    ] = None,
    strategy: Annotated[
        list[str] | None,
        typer.Option("--strategy", metavar="NAME", help="Whom --fail-if is about; all strategies when left out."),
    ] = None,
    unsure: Annotated[
        Unsure | None, typer.Option("--unsure", help="What an unsure --fail-if counts as, instead of exit code 3.")
    ] = None,
    sets: Sets = None,
    json: Json = False,
) -> None:
    """Compare the strategies of a scenario and recommend one; writes the report.

    Every number stands beside the one that holds if the release is bad. Exit code 1 says that no strategy
    keeps the limits of the scenario's decision, or that --fail-if is true of one; 3 that the runs cannot tell.
    Ctrl-C keeps what is finished.
    """
    from simulator import analysis, report
    from simulator.analysis import Criterion
    from simulator.cli import terminal
    from simulator.cli.verdicts import judged
    from simulator.cli.watching import Watch
    from simulator.report import folder
    from simulator.report.words import slug
    from simulator.scenario import dump

    asked = _asked_formats(formats)
    gates = _gates(fail_if, strategy, unsure)
    world = opened(scenario, sets)
    for name in strategy or ():
        chosen(world, name)
    place = out if out is not None else Path("reports") / slug(world.name)
    folder.refuse_foreign(place)  # before the simulation, not after it
    again = _line(
        scenario, replications=replications, seed=seed, workers=workers, out=out, format=formats, fail_if=fail_if,
        strategy=strategy, unsure=unsure, set=sets, json=json,
    )  # fmt: skip
    with Watch(terminal.remarks(), Criterion.of(world.decision).label) as watch:
        try:
            comparison = analysis.compare(world, replications=replications, seed=seed, workers=workers, progress=watch)
        except KeyboardInterrupt:
            interrupted(f"Interrupted before there was anything to compare; nothing was written. To run it: {again}")
        watch.simulated()
        if not comparison.complete:
            _say_what_was_kept(comparison, replications)
        verdicts = judged(gates, comparison, strategy or [], unsure)
        with terminal.remarks().status("writing the report"):  # first: whoever reads on may stop reading
            written = report.render(comparison, out=place, formats=asked, scenario_yaml=dump(world))
        if not json:
            _tell(comparison, verdicts)
        if json:
            terminal.document(_document(comparison, verdicts, written))
        else:
            terminal.say(terminal.results(), f"The report: {written / 'report.html'}")
        if watch.presses and comparison.complete:
            interrupted("Interrupted when everything was simulated; the report is whole.")
    _end(comparison, verdicts, again)


def _gates(texts: list[str] | None, strategies: list[str] | None, unsure: Unsure | None) -> list[Gate]:
    from simulator.analysis import gate
    from simulator.errors import GateError

    for option, given in (("--strategy", strategies), ("--unsure", unsure)):
        if given and not texts:
            raise typer.BadParameter("says how --fail-if is judged; write --fail-if too", param_hint=option)
    try:
        return [gate.parse(text) for text in texts or ()]
    except GateError as error:
        give_up(f"--fail-if, {error}")


def _asked_formats(text: str) -> tuple[str, ...]:
    asked = tuple(dict.fromkeys(name.strip().lower() for name in text.split(",") if name.strip()))
    for name in asked:
        if name not in FORMATS:
            known = ", ".join(FORMATS)
            raise typer.BadParameter(
                f"{name!r} is no format of the report; write one of {known}", param_hint="--format"
            )
    return asked


_DEFAULTS: dict[str, Any] = {"replications": DEFAULT_REPLICATIONS, "seed": DEFAULT_SEED, "format": "html"}


def _line(scenario: str, **options: Any) -> str:
    """Write the command line that does all of it, quoted for a shell; what is a default is left out.

    >>> _line("a b.yaml", seed=7, replications=1000, set=["traffic.rate=9/s"], json=True).partition("compare ")[2]
    "'a b.yaml' --seed 7 --set traffic.rate=9/s --json"
    """
    words: list[str] = []
    for name, value in options.items():
        if value is None or value is False or value == _DEFAULTS.get(name):
            continue
        flag = f"--{name.replace('_', '-')}"
        for item in value if isinstance(value, list) else [value]:
            text = str(item)
            words += [flag] if item is True else [f"{flag}={text}"] if text.startswith("-") else [flag, text]
    words = [*words, "--", scenario] if scenario.startswith("-") else [scenario, *words]
    return shlex.join([*_program(), "compare", *words])


def _program() -> list[str]:
    """How this program is called here."""
    if shutil.which("rollsim"):
        return ["rollsim"]
    called = Path(sys.argv[0])
    return [str(called)] if called.name == "rollsim" else [sys.executable, "-m", "simulator"]


def _tell(comparison: Comparison, verdicts: Judged) -> None:
    from simulator.cli import terminal
    from simulator.cli.conclusion import conclusion, labels_of

    out = terminal.results()
    labels = labels_of(comparison.strategies, max(24, min(40, out.width // 3)))
    conclusion(out, comparison, labels)
    if verdicts.verdicts:
        out.print()
        verdicts.tell(out, labels)


def _document(comparison: Comparison, verdicts: Judged, written: Path) -> dict[str, Any]:
    from simulator.cli.conclusion import as_document

    return {**as_document(comparison), "gates": verdicts.as_data(), "report": str(written)}


def _say_what_was_kept(comparison: Comparison, replications: int) -> None:
    from simulator.cli import terminal

    kept = f"{comparison.replications:,} of {replications:,} replications were finished"
    said = f"Interrupted: {kept}; writing their report. Ctrl-C again leaves it out."
    terminal.say(terminal.remarks(), said)


def _end(comparison: Comparison, verdicts: Judged, again: str) -> None:
    if not comparison.complete:
        interrupted(f"The report holds what was finished. To run all of it, from the beginning: {again}")
    code = verdicts.code
    if comparison.recommendation.kind == "none_allowed":
        code = NO
    if code != ANSWERED:
        raise typer.Exit(code)
