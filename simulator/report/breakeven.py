"""At which value of an input another strategy would be the better choice.

The one thing a newcomer would get wrong: break-evens of the point estimates are printed, and beside each how far
away it is from the value assumed. "None" is an answer: no value looked at changes the choice.
"""

from __future__ import annotations

from simulator.analysis.recomposition import GRID
from simulator.estimate import percent
from simulator.report.facts import Facts
from simulator.report.inputs import left_in_service
from simulator.report.page import Cell, Column, Table
from simulator.report.tables import name_cell
from simulator.report.words import short


def table(facts: Facts) -> Table | None:
    """Break-evens found, nearest to today's value first; None where there are none."""
    rows = [*_chance_of_bad(facts), *_traffic(facts)]
    columns = (
        Column("input", "Input", kind="text"),
        Column("now", "Value used"),
        Column("at", "Break-even"),
        Column("away", "How far away"),
        Column("below", "Best below it", kind="text"),
        Column("above", "Best above it", kind="text"),
    )
    caption = (
        "One input moved at a time, everything else as it is. The break-even is that of the point estimates; close "
        "to it the strategies cannot be told apart."
    )
    if facts.recommendation.kind == "either":
        caption += " Which of those that tie has the best number does not by itself change the recommendation."
    return Table("break-even", "What would change the recommendation", caption, columns, tuple(rows)) if rows else None


def sentence(facts: Facts) -> str:
    """Write the break-evens of the chance of a bad release, or say that there are none."""
    found = facts.recommendation.flips
    if found:
        return "; ".join(f"at {percent(at, digits=2)}: {below} below, {above} above" for at, below, above in found)
    if facts.comparison.criterion.given != "overall" or not facts.recommendation.strategy:
        return "does not apply: the choice is made whatever that chance is"
    if len(facts.numbers.strategies) < 2:
        return "does not apply: there is one strategy"
    return f"none between {percent(float(GRID[0]))} and {percent(float(GRID[-1]))}"


def _chance_of_bad(facts: Facts) -> list[dict[str, Cell]]:
    assumed = facts.comparison.samples[facts.shown].bad_probability
    rows = []
    for at, below, above in sorted(facts.recommendation.flips, key=lambda flip: abs(flip[0] - assumed)):
        row = _row("chance of a bad release", percent(assumed), percent(at, digits=2), at, assumed)
        rows.append(row | {"below": name_cell(below), "above": name_cell(above)})
    return rows


def _traffic(facts: Facts) -> list[dict[str, Cell]]:
    """Below which traffic today's practice leaves enough in service, where it does not now."""
    current = facts.scenario.current_strategy
    if current == facts.shown or current not in facts.numbers.strategies:
        return []
    left = left_in_service(facts.scenario.under(current), current)
    if left is None or not 0 < left.capacity < left.peak:
        return []
    row = _row("peak traffic", f"{left.peak:,.4g}/s", f"{left.capacity:,.4g}/s", left.capacity, left.peak)
    return [row | {"below": Cell(f"{short(current)} leaves enough in service"), "above": Cell("it does not")}]


def _row(what: str, now: str, at: str, value: float, assumed: float) -> dict[str, Cell]:
    return {
        "input": Cell(what),
        "now": Cell(now, numbers={"value": assumed}),
        "at": Cell(at, numbers={"value": value}),
        "away": Cell(f"{value / assumed:.2g} times" if assumed > 0 else "–"),
    }
