"""A comparison becomes a report: items, tables and figures, put together once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.analysis.sample import Given
from simulator.metrics.table import METRICS
from simulator.report import (
    breakeven,
    dominance,
    fields,
    headline,
    inputs,
    milestones,
    pictures,
    register,
    risk,
    sums,
    tables,
)
from simulator.report.facts import Facts
from simulator.report.numbers import Numbers
from simulator.report.page import Cell, Column, Report, Table
from simulator.report.replays import Replays, assumed, replay
from simulator.report.tables import STRATEGY, name_cell, precision
from simulator.report.words import short
from simulator.trace.story import clock, story, wall_clock

if TYPE_CHECKING:
    from simulator.analysis import Comparison

_STORY_LINES = 20


def build(comparison: Comparison) -> tuple[Report, Facts]:
    """Put the report of a comparison together.

    Runs are simulated again where the comparison has a runner; without one the figures that need runs are
    left out and the report says so.

    Raises
    ------
    ValueError
        When the comparison has no run at all.
    """
    numbers = Numbers(comparison)
    if not numbers.strategies:
        raise ValueError("there is nothing to report: no strategy has a run")
    facts = Facts(numbers, Replays(), [])
    if comparison.runner is not None:
        current = comparison.scenario.current_strategy
        current = current if current in numbers.strategies else facts.shown
        replays = replay(numbers, comparison.runner, facts.shown, current)
        facts = Facts(numbers, replays, assumed(replays.all))
    report = Report(comparison.scenario.name)
    fields.fill(report, facts)
    report.lists["capacity"] = inputs.capacity(facts.numbers, facts.order)
    report.lists["race"] = inputs.race(facts.numbers, facts.order)
    _add_tables(report, facts)
    report.pictures = pictures.drawn(report, facts)
    fields.refer(report)
    return report, facts


def _add_tables(report: Report, facts: Facts) -> None:
    numbers, order = facts.numbers, facts.order
    current = facts.scenario.current_strategy
    word = "Current practice" if facts.reference == current else short(facts.reference or "", 30)
    report.add(
        headline.headline(numbers, facts.shown, facts.reference, word),
        tables.compared(numbers, order, dominance.dominated(numbers)),
        tables.chances(numbers, order),
        headline.limit_rows(numbers),
        *(sums.causes(numbers, order, given) for given in _givens(numbers)),
        sums.detection(numbers, order),
        *(
            tables.detailed(numbers, metric, order)
            for metric in (*METRICS, *numbers.comparison.metrics)
            if numbers.has(metric)
        ),
        inputs.strategies(facts.scenario, order, facts.recommendation.chosen),
        inputs.alarms(facts.world, facts.replays, facts.shown),
        breakeven.table(facts),
        milestones.table(
            facts.world,
            facts.shown,
            facts.replays.good.get(facts.shown, []),
            facts.replays.releases.get(facts.shown, []),
        ),
        register.assumptions(facts.scenario, facts.used),
        register.priors(facts.scenario),
        _risk(facts),
        _risk_by_strategy(facts),
        _story(facts),
    )
    for kind, runs in (("typical", facts.replays.typical), ("bad", facts.replays.bad)):
        run = runs.get(facts.shown)
        if run is not None and run.cost_lines:
            title = f"What a {kind} run of {short(facts.shown)} costs"
            report.add(sums.costs(run.cost_lines, title, f"cost-{kind}", run.outcome.kept_usd_per_hour))


def _givens(numbers: Numbers) -> list[Given]:
    """Kinds of release that causes are told for: overall, and bad ones where these are not all."""
    return ["overall", *(["bad"] if numbers.runs("bad") else [])]  # type: ignore[list-item]  # a literal


def _risk(facts: Facts) -> Table | None:
    """Cells of the risk matrix, one row for each band of impact."""
    rows = tuple(
        {
            "impact": Cell(f"{cell.impact}: more than {100 * cell.from_share:g} % of the error budget"),
            "chance": Cell(str(cell.chance)),
            "year": _yearly(cell),
            "likelihood": Cell(cell.likelihood),
            "level": Cell(" or ".join(cell.levels)),
        }
        for cell in facts.risk_cells()
    )
    heads = {
        "impact": "Impact of one deployment, at least",
        "chance": "Chance per deployment",
        "year": "Times a year",
        "likelihood": "Likelihood",
        "level": "Level of risk",
    }
    columns = tuple(Column(key, head, kind="text") for key, head in heads.items())
    caption = (
        f"{short(facts.shown)}, {facts.per_year:g} deployments a year; two levels where the interval "
        "straddles a border. "
        "Matrix: NIST SP 800-30 rev. 1, tables G-3 and I-2; impact bands are a proposal."
        if facts.per_year
        else ""
    )
    return Table("risk", "Risk rating, band by band", caption, columns, rows) if rows else None


def _risk_by_strategy(facts: Facts) -> Table | None:
    """Rating of every strategy, and if one release in four were bad."""
    rows = []
    for name in facts.order if facts.risk_cells() else []:
        found, doubted = facts.risk_cells(name), facts.risk_cells(name, risk.PESSIMISTIC_BAD)
        cell = risk.leading(found)
        rows.append(
            {
                "strategy": name_cell(name),
                "cell": Cell(f"likelihood {cell.likelihood} × impact {cell.impact}"),
                "chance": Cell(str(cell.chance)),
                "level": Cell(cell.level),
                "range": Cell(" to ".join(risk.span(found))),
                "doubted": Cell(risk.leading(doubted).level if doubted else "–"),
            }
        )
    heads = {
        "cell": "Cell that sets the rating",
        "chance": "Chance of that impact or a worse one",
        "level": "Level of risk",
        "range": "Levels within the intervals",
        "doubted": "If one release in four were bad",
    }
    columns = (STRATEGY, *(Column(key, head, kind="text") for key, head in heads.items()))
    caption = "Best of the decision's metric first. " + precision(facts.numbers)
    return (
        Table("risk-strategies", "Risk rating, strategy by strategy", caption, columns, tuple(rows)) if rows else None
    )


def _yearly(cell: risk.Cell) -> Cell:
    """Times a year; what was never seen is bounded, not zero."""
    text = f"{cell.per_year:.2g}" if cell.per_year else f"at most {cell.most_per_year:.2g}"
    return Cell(text, numbers={"value": cell.per_year, "high": cell.most_per_year})


def _story(facts: Facts) -> Table | None:
    """The worst plausible run, moment by moment."""
    run = facts.replays.worst
    if run is None:
        return None
    start = run.scenario.start.second_of_week
    moments = story(run.trace, facts.scenario)
    cut = len(moments) - _STORY_LINES
    if cut > 0:
        moments = [*moments[: _STORY_LINES // 2], *moments[-_STORY_LINES // 2 :]]
    rows = [
        {"clock": Cell(clock(m.time)), "wall": Cell(wall_clock(start + m.time)), "what": Cell(m.text)} for m in moments
    ]
    if cut > 0:
        rows.insert(_STORY_LINES // 2, {"clock": Cell("…"), "wall": Cell(""), "what": Cell(f"… {cut} more moments …")})
    columns = (Column("clock", "After", kind="number"), Column("wall", "Clock", kind="time"),
               Column("what", "What happens", kind="text"))  # fmt: skip
    return Table(
        "worst",
        "Worst plausible case, moment by moment",
        f"{short(facts.shown)}, the run nearest to the mean of the worst 1 % on the decision's metric; "
        "replication "
        f"{run.trace.replication}.",
        columns,
        tuple(rows),
    )
