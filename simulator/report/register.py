"""What the answer rests on: assumptions relied on, default priors, inputs left at their defaults.

The one thing a newcomer would get wrong: only what a run looked up is listed. An assumption that no run of this
comparison needed is not part of its register.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from simulator.model.assumptions import TABLE
from simulator.model.base import Model
from simulator.model.scenario import Scenario
from simulator.report.page import Cell, Column, Table
from simulator.report.words import amount

# Fields that describe and decide nothing; they do not count as inputs.
_TELLING = {"name", "teaches", "change", "strategies", "assumptions"}


def assumptions(scenario: Scenario, used: Sequence[str]) -> Table | None:
    """Assumptions the runs relied on, with value, meaning, source and evidence; guesses first."""
    grades = ("guess", "weak", "derived", "observed", "documented")
    rows = []
    for name in sorted(used, key=lambda name: grades.index(TABLE[name].evidence)):
        item = TABLE[name]
        rows.append(
            {
                "id": Cell(name),
                "value": Cell(_value(scenario, name), _status(scenario, name)),
                "meaning": Cell(item.meaning),
                "effect": Cell(item.effect),
                "evidence": Cell(item.evidence, item.source),
            }
        )
    columns = tuple(
        Column(key, head, kind="text")
        for key, head in (
            ("id", "Assumption"),
            ("value", "Value used"),
            ("meaning", "What it is"),
            ("effect", "If it is wrong"),
            ("evidence", "Evidence and source"),
        )
    )
    caption = "Readings and priors these runs relied on, guesses first. A scenario overrides one under “assumptions”."
    return Table("assumptions", "Assumptions relied on", caption, columns, tuple(rows)) if rows else None


def _value(scenario: Scenario, name: str) -> str:
    """Value as a person would write it."""
    item = TABLE[name]
    return written(item.write(scenario.assumptions[name]) if name in scenario.assumptions else item.default)


def _status(scenario: Scenario, name: str) -> str:
    return "given by the scenario" if name in scenario.assumptions else "default"


def priors(scenario: Scenario) -> Table | None:
    """Inputs of the release that were left at their default priors."""
    rows = []
    given = scenario.revision.model_fields_set if "revision" in scenario.model_fields_set else set()
    if "bad" not in given:
        rows.append(
            (
                "revision.bad",
                amount(scenario.revision.bad, "fraction"),
                "chance that the release is bad",
                "prior cfr.default, median of the published change failure rate",
                "weak",
            )
        )
    if "defects" not in given and scenario.revision.bad > 0:
        rows.append(
            (
                "revision.defects",
                "errors: a quarter total, a third partial, the rest subtle",
                "in which way a bad release is bad",
                "prior error.ratio_given_bad",
                "guess",
            )
        )
    heads = {
        "id": "Input",
        "value": "Value used",
        "meaning": "What it is",
        "source": "Source",
        "evidence": "Evidence",
    }
    columns = tuple(Column(key, head, kind="text") for key, head in heads.items())
    cells = tuple({c.key: Cell(text) for c, text in zip(columns, row, strict=True)} for row in rows)
    return (
        Table(
            "priors",
            "Default priors",
            "Inputs about the release that the scenario does not give.",
            columns,
            cells,
        )
        if rows
        else None
    )


def written(value: Any) -> str:
    """Write a value of the scenario on one line.

    >>> written({"median": "4 min", "p95": "30 min"}), written({"uniform": ["1 s", "2 s"]})
    ('median 4 min, p95 30 min', 'uniform 1 s to 2 s')
    """
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {written(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return " to ".join(written(item) for item in value) if len(value) == 2 else ", ".join(map(written, value))
    return str(value)


def defaults(scenario: Scenario) -> tuple[int, int]:
    """Count the inputs of the world left at their defaults, and all of them."""
    return _defaults(scenario, _TELLING)


def _defaults(model: Model, skip: set[str]) -> tuple[int, int]:
    left = every = 0
    for name in type(model).model_fields:
        if name in skip:
            continue
        value = getattr(model, name)
        if isinstance(value, Model) and type(value).__module__ != "simulator.model.distribution":
            if name in model.model_fields_set:
                inner = _defaults(value, set())
                left, every = left + inner[0], every + inner[1]
                continue
            count = _defaults(value, set())[1]
            left, every = left + count, every + count
        else:
            every += 1
            left += name not in model.model_fields_set
    return left, every
