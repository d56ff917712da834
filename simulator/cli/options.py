"""Arguments and options that several commands share, and the scenario they name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from simulator.model.scenario import Scenario

DEFAULT_SEED = 0

ScenarioPath = Annotated[str, typer.Argument(metavar="SCENARIO", help="A scenario file (YAML).")]
Sets = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="PATH=VALUE",
        help="Change a field before anything else, as in --set 'traffic.rate=900/s'; may be repeated.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout instead of text.")]
Seed = Annotated[
    int,
    typer.Option("--seed", min=0, max=2**63 - 1, help="Same scenario, seed and version: same results."),
]


def opened(path: str, sets: list[str] | None) -> Scenario:
    """Load a scenario with the fields of ``--set`` replaced; its advice goes to stderr."""
    from simulator.scenario import load

    return load(path, sets=sets or [])


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
