"""`rollsim conform`: one way of rolling out through every law, on random scenarios."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simulator.cli.endings import NO, answering
from simulator.cli.options import DEFAULT_SEED, LARGEST, Json, Seed, located

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.status import Status

    from simulator.conformance import Counterexample, Verdict
    from simulator.conformance.bench import Row
    from simulator.conformance.cases import Case

DEFAULT_CASES = 50


@answering
def conform(
    *,
    rollout: Annotated[
        str | None,
        typer.Option(
            "--rollout",
            metavar="WHERE:NAME",
            help="One that is not in the package: package.module:function, file.py:function, or a registered name.",
        ),
    ] = None,
    row: Annotated[
        str | None,
        typer.Option(
            "--for", metavar="PLATFORM/TYPE", help="What it is for, as in server/in_place; all when left out."
        ),
    ] = None,
    cases: Annotated[
        int, typer.Option("--cases", min=1, max=100_000, metavar="N", help="Random scenarios.")
    ] = DEFAULT_CASES,
    scenario: Annotated[
        str | None,
        typer.Option("--scenario", metavar="SCENARIO", help="Judge it on this scenario's strategies instead."),
    ] = None,
    replication: Annotated[
        int, typer.Option("--replication", min=0, max=LARGEST, metavar="K", help="With --scenario: which luck.")
    ] = 0,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FOLDER", help="Write each counter-example there, as a scenario.")
    ] = None,
    seed: Seed = DEFAULT_SEED,
    json: Json = False,
) -> None:
    """Put a way of rolling out through every law: floor, weights, conservation, the bill and more.

    It passes, or the smallest scenario that breaks a law is shown. Exit code 1 when a law is broken.
    """
    from simulator import conformance
    from simulator.cli import terminal

    outside = None if rollout is None else conformance.rollout_named(rollout)
    verdicts = []
    with terminal.remarks().status("simulating") as status:
        for each in _rows(row, default="server/in_place" if outside is not None else None):
            given = cases if scenario is None else _cases_of(scenario, each, replication)
            verdicts.append(
                conformance.conform(
                    each,
                    outside,
                    cases=given,
                    seed=seed,
                    progress=_shown(status, _name(each)),
                )
            )
    if out is not None:
        _write(verdicts, out)
    if json:
        terminal.document({"verdicts": [_document(verdict, rollout, seed) for verdict in verdicts]})
    else:
        for verdict in verdicts:
            _tell(verdict, rollout, seed)
    if not all(verdict.passes for verdict in verdicts):
        raise typer.Exit(NO)


def _shown(status: Status, name: str) -> Callable[[int, int], None]:
    return lambda done, total: status.update(f"{name}: {done} of {total} scenarios")


def _name(row: Row) -> str:
    return "/".join(row)


def _rows(asked: str | None, default: str | None) -> tuple[Row, ...]:
    from simulator.conformance import rows
    from simulator.errors import quoted

    known = {_name(row): row for row in rows()}
    chosen = asked if asked is not None else default
    if chosen is None:
        return rows()
    if chosen not in known:
        raise typer.BadParameter(f"{quoted(chosen)} is none of {', '.join(known)}", param_hint="--for")
    return (known[chosen],)


def _cases_of(path: str, row: Row, replication: int) -> list[Case]:
    """Both kinds of release under each strategy of a scenario that is for the row."""
    from simulator.conformance.cases import Case
    from simulator.scenario import load
    from simulator.scenario.writing import written

    scenario, cases = load(located(path)), []
    for strategy in scenario.strategies:
        world = scenario.under(strategy.name)
        if (world.service.platform, world.deployment_type) == row:
            cases += [Case(written(world), stratum, replication) for stratum in ("good", "bad")]
    return cases


def _yaml(found: Counterexample) -> str:
    from simulator.scenario import dump

    return dump(found.case.scenario())


def _again(found: Counterexample, verdict: Verdict, rollout: str | None, seed: int, file: str) -> str:
    """The command that runs a counter-example again."""
    luck = f"--seed {seed} --replication {found.case.replication}"
    if rollout is None:
        return f"rollsim run {file} {luck} --given {found.case.stratum}"
    return f"rollsim conform --rollout {rollout} --for {_name(verdict.row)} --scenario {file} {luck}"


def _file(found: Counterexample) -> str:
    return f"breaks-{found.law}.yaml"


def _write(verdicts: list[Verdict], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for verdict in verdicts:
        for found in verdict.broken:
            (folder / _file(found)).write_text(_yaml(found), encoding="utf-8")


def _tell(verdict: Verdict, rollout: str | None, seed: int) -> None:
    from simulator.cli import terminal
    from simulator.conformance import LAWS

    out = terminal.results()
    name = _name(verdict.row) if rollout is None else f"{rollout} as {_name(verdict.row)}"
    tried = f"{verdict.cases} scenario{'' if verdict.cases == 1 else 's'}"
    if verdict.passes:
        terminal.say(out, f"{name}: passes all {len(LAWS)} laws on {tried}.")
        return
    for found in verdict.broken:
        law = LAWS.get(found.law)
        statement = law.statement if law is not None else "a run raises nothing"
        terminal.say(out, f"{name}: breaks {found.law} ({statement}): {found.complaint}.")
        terminal.say(out, f"The smallest scenario found that shows it ({_file(found)}):\n")
        terminal.say(out, _yaml(found))
        terminal.say(out, f"Again: {_again(found, verdict, rollout, seed, _file(found))}\n")


def _document(verdict: Verdict, rollout: str | None, seed: int) -> dict[str, Any]:
    return {
        "row": _name(verdict.row),
        "rollout": rollout,
        "scenarios": verdict.cases,
        "passes": verdict.passes,
        "broken": [
            {
                "law": found.law,
                "complaint": found.complaint,
                "seed": seed,
                "stratum": found.case.stratum,
                "replication": found.case.replication,
                "scenario": _yaml(found),
            }
            for found in verdict.broken
        ],
    }
