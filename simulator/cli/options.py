"""Arguments and options that several commands share, and the scenario they name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from simulator.model.scenario import Scenario

DEFAULT_SEED = 0
LARGEST = 2**63 - 1  # `simulator.experiment.plan.LARGEST`, which help must not load
Unsure = Literal["fail", "pass"]

ScenarioPath = Annotated[
    str, typer.Argument(metavar="SCENARIO", help="A scenario file (YAML), or the name of a shipped one.")
]
Sets = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="PATH=VALUE",
        help="Change a field before anything else, as in --set 'traffic.rate=600/s'; may be repeated.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout instead of text.")]
Seed = Annotated[
    int,
    typer.Option("--seed", min=0, max=LARGEST, metavar="N", help="Same scenario, seed and version: same results."),
]


def located(scenario: str) -> str:
    """Path of a scenario: the file of this name, else the shipped one, or one's own copy of that in this folder."""
    from simulator.scenario.shipped import known

    found = known()
    if Path(scenario).is_file() or scenario not in found:
        return scenario
    copy = Path(f"{scenario}.yaml")
    return str(copy if copy.is_file() else found[scenario])


def opened(scenario: str, sets: list[str] | None) -> Scenario:
    """Load a scenario with the fields of ``--set`` replaced; advice about it goes to stderr."""
    from simulator.cli import terminal
    from simulator.scenario import check, load

    path = located(scenario)
    world = load(path, sets=sets or [])
    for advice in check(path, sets=sets or []):
        terminal.say(terminal.remarks(), f"advice: {replace(advice, source='')}")
    return world


def chosen(scenario: Scenario, strategy: str) -> None:
    """Refuse a strategy that the scenario does not have.

    Raises
    ------
    typer.BadParameter
        Naming those there are.
    """
    try:
        scenario.strategy(strategy)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--strategy") from error
