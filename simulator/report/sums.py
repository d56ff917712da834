"""Tables whose numbers add up: failed requests by cause, time to detect by part, cost line by line."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal

from simulator.analysis.sample import Given
from simulator.estimate import Estimate
from simulator.metrics.cost import CostLine
from simulator.metrics.table import PARTS
from simulator.report.numbers import GIVEN_WORDS, Numbers
from simulator.report.page import Cell, Column, Table, numbers_of, quantity_cell
from simulator.report.tables import STRATEGY, name_cell, scale_for, with_unit
from simulator.report.words import Scale, amount

CAUSES = ("failed_defect", "failed_capacity", "failed_dead", "failed_way_back")
STEPS = ("detect_slot_s", "detect_delivery_s", "detect_evaluation_s", "detect_poll_s", "detect_action_s")


def causes(numbers: Numbers, order: Sequence[str], given: Given) -> Table | None:
    """Mean failed requests by cause; the parts of a row add up to its total."""
    return _parts(
        numbers, order, given, "failed_requests", CAUSES, "causes", "Failed requests by cause",
        "Mean number of requests that failed beyond the baseline, by what failed them; a row adds up",
    )  # fmt: skip


def detection(numbers: Numbers, order: Sequence[str]) -> Table | None:
    """Mean time to detect by part, over bad releases that were found."""
    return _parts(
        numbers, order, "bad", "detect_s", STEPS, "detection", "Time to detect, part by part",
        "Mean over the bad releases whose way back was begun; a row adds up",
    )  # fmt: skip


def _parts(
    numbers: Numbers,
    order: Sequence[str],
    given: Given,
    whole: str,
    parts: Sequence[str],
    id: str,
    title: str,
    what: str,
) -> Table | None:
    if not numbers.has(whole, given) or not any(numbers.has(part, given) for part in parts):
        return None
    means = {name: {m: numbers.estimate(name, m, "mean", given) for m in (*parts, whole)} for name in order}
    scale = scale_for(whole, [estimate for row in means.values() for estimate in row.values()])
    columns = [
        STRATEGY,
        *(Column(part, PARTS[part].label.removeprefix("failed "), scale.unit) for part in parts),
    ]
    columns.append(Column(whole, "together", scale.unit))
    rows = [
        {"strategy": name_cell(name), **{m: _cell(means[name][m], scale) for m in (*parts, whole)}} for name in order
    ]
    return Table(
        f"{id}-{given}",
        with_unit(f"{title}, {GIVEN_WORDS[given]}", scale),
        f"{what} but for rounding, as each number has its interval's digits. In brackets: 95 % intervals, "
        f"{numbers.runs(given):,} runs of each strategy.",
        tuple(columns),
        tuple(rows),
        unit=scale.unit,
    )


def _cell(estimate: Estimate | None, scale: Scale) -> Cell:
    """Estimate and interval to the same digit, so that no estimate reads as outside its interval."""
    if estimate is None or not math.isfinite(estimate.value):
        return Cell("–")
    if estimate.low == estimate.value == estimate.high == 0:
        return Cell("0", "", numbers_of(estimate))
    return quantity_cell(estimate, scale)


def costs(lines: Sequence[CostLine], title: str, id: str, kept_per_hour: float | None = None) -> Table | None:
    """What one run cost, line by line; the lines add up to the total, and what is kept stands beside it."""
    total = math.fsum(line.usd for line in lines)
    places = _places_of_usd([line.usd for line in lines])
    rows = tuple(
        {
            "item": Cell(line.item),
            "quantity": Cell(f"{line.quantity:,.6g}", numbers={"value": line.quantity}),
            "unit_usd": Cell(_exact(line.unit_usd), numbers={"value": line.unit_usd}),
            "price": Cell(f"{line.price_id}, {line.as_of or 'undated'}"),
            "usd": Cell(f"{line.usd:,.{places}f}", numbers={"value": line.usd}),
        }
        for line in lines
    )
    return Table(
        id,
        title,
        "One simulated run. US dollars before tax at list prices, beyond what runs anyway; the lines add "
        "up to the total." + _kept(kept_per_hour),
        (
            Column("item", "Item", kind="text"),
            Column("quantity", "Quantity"),
            Column("unit_usd", "Unit price", "USD"),
            Column("price", "Price and its date", kind="text"),
            Column("usd", "Cost", "USD"),
        ),
        rows,
        {"item": Cell("Total"), "usd": Cell(f"{total:,.{places}f}", numbers={"value": total})},
    )


def _kept(usd_per_hour: float | None) -> str:
    """Say what a fleet that is kept goes on costing.

    >>> _kept(0.9984), _kept(None)
    (' What is kept after it costs 1.00 USD an hour more, not added.', '')
    """
    if usd_per_hour is None:
        return ""
    return f" What is kept after it costs {amount(usd_per_hour, 'USD')} an hour more, not added."


def _places_of_usd(amounts: Sequence[float]) -> int:
    """Decimal places at which the largest amount still has two digits, and at least cents."""
    most = max(map(abs, amounts), default=0.0)
    return max(2, 1 - math.floor(math.log10(most))) if most > 0 else 2


def _exact(usd: float) -> str:
    """Write a unit price in full.

    >>> _exact(4e-07), _exact(0.02)
    ('0.0000004', '0.02')
    """
    return f"{Decimal(repr(usd)).normalize():f}"


def means_of_parts(table: Table, parts: Sequence[str]) -> dict[str, Mapping[str, float]]:
    """Numbers of a table of parts, for the figure that stands for it."""
    return {
        row["strategy"].text: {PARTS[part].label: float(row[part].numbers.get("value") or 0.0) for part in parts}
        for row in table.rows
    }
