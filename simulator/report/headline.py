"""The numbers of page one, and the limits a strategy must keep."""

from __future__ import annotations

import math
from collections.abc import Sequence

from simulator.analysis.criterion import PROBABILITIES
from simulator.analysis.sample import Given
from simulator.estimate import Estimate
from simulator.metrics.table import METRICS, PARTS
from simulator.report.numbers import GIVEN_WORDS, STATISTIC_WORDS, Numbers
from simulator.report.page import Cell, Column, Table, chance_cell, numbers_of, quantity_cell
from simulator.report.tables import STRATEGY, label_of, name_cell, precision
from simulator.report.words import Scale, scale_for_one


def headline(numbers: Numbers, recommended: str, reference: str | None, reference_word: str) -> Table:
    """The numbers of page one: recommended, the strategy it is held against, and the paired difference."""
    asked: list[tuple[str, str, Given, str]] = [
        ("p_auto_rollback", "mean", "overall", "Rolls back by itself"),
        ("failed_requests", "mean", "bad", "Failed requests, mean"),
        ("downtime_s", "cvar95", "overall", "Downtime, mean of worst 5 %"),
        ("duration_s", "p95", "overall", "Duration, 95th percentile"),
        ("rollback_s", "p95", "bad", "Way back, 95th percentile"),
        ("cost_usd", "mean", "overall", "Cost of the rollout, mean"),
        ("incident_usd", "mean", "overall", "Incident cost, mean"),
    ]
    criterion = numbers.comparison.criterion
    if not criterion.chance and (criterion.metric, criterion.statistic, criterion.given) not in {a[:3] for a in asked}:
        words = f"{label_of(criterion.metric)}, {STATISTIC_WORDS[criterion.statistic]}"
        asked.insert(0, (criterion.metric, criterion.statistic, criterion.given, words))
    names = [recommended, *([reference] if reference else [])]
    rows = []
    for metric, statistic, given, label in asked:
        estimates = [numbers.estimate(name, metric, statistic, given) for name in names]
        if not any(estimates):
            continue
        apart = numbers.difference(recommended, reference, metric, statistic, given) if reference else None
        rows.append(_headline_row(metric, given, label, estimates, apart))
    columns = [
        Column("what", "", kind="text"),
        Column("ours", "Recommended" if numbers.comparison.recommendation.chosen == recommended else "Best so far"),
    ]
    if reference:
        columns += [Column("theirs", reference_word), Column("difference", "Difference, same releases")]
    return Table(
        "headline",
        "Headline numbers",
        f"Overall, and if the release is bad. {precision(numbers)}",
        tuple(columns),
        tuple(rows),
    )


def _headline_row(
    metric: str, given: Given, label: str, estimates: Sequence[Estimate | None], apart: Estimate | None
) -> dict[str, Cell]:
    row = {"what": Cell(label, "" if given == "overall" else GIVEN_WORDS[given])}
    for key, estimate in zip(("ours", "theirs"), estimates, strict=False):
        row[key] = _with_unit(metric, estimate)
    row["difference"] = _points(apart) if metric in PROBABILITIES else _with_unit(metric, apart)
    if apart is not None and apart.low == apart.high == 0:
        row["difference"] = Cell("none", "in any release", numbers_of(apart))
    return row


def _with_unit(metric: str, estimate: Estimate | None) -> Cell:
    if metric in PROBABILITIES:
        return chance_cell(estimate)
    if estimate is None:
        return Cell("–")
    unit = (METRICS.get(metric) or PARTS[metric]).unit
    scale = scale_for_one(unit, estimate)
    cell = quantity_cell(estimate, scale)
    shown = "" if scale.unit == "requests" else scale.unit
    return Cell(
        f"{cell.text} {shown}".strip() if math.isfinite(estimate.value) else cell.text,
        cell.detail,
        cell.numbers,
    )


def _points(apart: Estimate | None) -> Cell:
    """Difference of two probabilities, in percentage points."""
    if apart is None:
        return Cell("–")
    cell = quantity_cell(apart, Scale(100.0, "points"))
    return Cell(f"{cell.text} points", cell.detail, cell.numbers)


def limit_rows(numbers: Numbers) -> Table | None:
    """Every strategy against every limit of the decision."""
    rows = tuple(
        {
            "strategy": name_cell(verdict.strategy),
            "limit": Cell(verdict.limit),
            "estimate": _with_unit(verdict.criterion.metric, verdict.estimate),
            "verdict": Cell(verdict.verdict),
        }
        for verdict in numbers.comparison.recommendation.limits
    )
    columns = (STRATEGY, Column("limit", "Limit", kind="text"), Column("estimate", "Simulated"),
               Column("verdict", "Kept?", kind="text"))  # fmt: skip
    return Table("limits", "Limits a strategy must keep", precision(numbers), columns, rows) if rows else None
