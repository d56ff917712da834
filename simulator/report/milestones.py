"""When a release gets where, good and bad: the table beside the figure of the plan, with the same numbers.

The one thing a newcomer would get wrong: each row has its own percentiles. The 95th percentile of the end is not
the sum of those of the steps before it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from simulator import units
from simulator.estimate import percent
from simulator.model.context import seconds_of_day
from simulator.model.scenario import Scenario
from simulator.report.figures.plan import Stage, stages
from simulator.report.page import Cell, Column, Table
from simulator.report.words import short
from simulator.trace.records import Trace


def table(world: Scenario, strategy: str, good: Sequence[Trace], bad: Sequence[Trace]) -> Table | None:
    """Stages with the 5th, 50th and 95th percentile of their ends; None where nothing was simulated again."""
    start = seconds_of_day(world.start.time)
    rows = []
    for kind, traces in (("good", good), ("bad", bad)):
        rows += [_row(stage, kind, start) for stage in (stages(traces, kind) if traces else [])]
    if not rows:
        return None
    columns = (
        Column("what", "Stage", kind="text"),
        Column("release", "Release", kind="text"),
        Column("reached", "Reached in", kind="text"),
        Column("p05", "5th percentile", kind="time"),
        Column("p50", "Median", kind="time"),
        Column("p95", "95th percentile", kind="time"),
    )
    runs = " and ".join(f"{len(traces)} {kind}" for kind, traces in (("good", good), ("bad", bad)) if traces)
    caption = (
        f"{short(strategy)}, {runs} releases simulated again: from CreateDeployment to the end of the stage, and the "
        "time of day. The spread of rollouts, not a confidence interval."
    )
    return Table("milestones", "When a release gets where", caption, columns, tuple(rows))


def _row(stage: Stage, kind: str, start: float) -> dict[str, Cell]:
    return {
        "what": Cell(f"{stage.name}{' (a decision)' if stage.decision else ''}"),
        "release": Cell(kind),
        "reached": Cell("all" if stage.share >= 1 else percent(stage.share, digits=2), numbers={"value": stage.share}),
        "p05": _cell(stage.end.low, start),
        "p50": _cell(stage.end.middle, start),
        "p95": _cell(stage.end.high, start),
    }


def _cell(value: float, start: float) -> Cell:
    if math.isinf(value):
        return Cell("never", numbers={"value": value})
    minute = math.floor((start + value) / 60) % 1440
    return Cell(units.human(value), f"{minute // 60:02d}:{minute % 60:02d}", {"value": value})
