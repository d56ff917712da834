"""A run on the terminal: the story, the rules behind it, what was measured, and why it went as it went."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from simulator.cli import terminal
from simulator.errors import quoted

if TYPE_CHECKING:
    from rich.console import Console

    from simulator.cli.picking import Picked
    from simulator.experiment import Run
    from simulator.metrics import Outcome
    from simulator.trace.story import Moment

# From how many columns on there is room for the clock on the wall, and for the rules beside each line.
ROOM_FOR_WALL, ROOM_FOR_RULES = 60, 120
NAME_LIMIT = 100
# Times from one event to another, which are absent where there was none.
_TOOK = frozenset({"duration_s", "detect_s", "rollback_s", "recover_s"})


def tell(out: Console, done: Run, name: str, picked: Picked | None) -> None:
    """Print a run as a story; it ends with why the run went as it went."""
    from simulator.trace.leftovers import left_behind
    from simulator.trace.story import story
    from simulator.trace.text import heading, why

    told = story(done.trace, done.scenario)
    out.print(terminal.cell(f"{quoted(name, NAME_LIMIT)[1:-1]}: {heading(done.trace)}", "bold"))
    if picked is not None:
        out.print(terminal.cell(picked.sentence))
    _moments(out, done, told)
    out.print()
    if out.width < ROOM_FOR_RULES:
        out.print(terminal.cell(_behind(told, out.width), "dim"))
        out.print()
    out.print(terminal.table(out.width, ("measured", ""), _measured(done.outcome, left_behind(done.trace))))
    out.print()
    out.print(terminal.cell(why(done.trace, done.outcome)))


def _behind(told: Sequence[Moment], width: int) -> str:
    """Name the rules behind a story whose lines have no room for them."""
    names = sorted({rule for moment in told for rule in moment.rules})
    if width < ROOM_FOR_WALL:
        return f"{len(names)} rules and assumptions are behind it; --json names them."
    return f"Behind it: {', '.join(names)}. rollsim explain NAME tells each; 120 columns show them beside each line."


def _moments(out: Console, done: Run, told: Sequence[Moment]) -> None:
    from rich.table import Table

    from simulator.trace.story import clock, wall_clock

    start = done.scenario.under(done.trace.strategy).start.second_of_week
    grid = Table.grid(padding=(0, 2, 0, 0))
    for moment in told:
        cells = [terminal.cell(clock(moment.time))]
        if out.width >= ROOM_FOR_WALL:
            cells.append(terminal.cell(wall_clock(start + moment.time), "dim"))
        cells.append(terminal.cell(moment.text))
        if out.width >= ROOM_FOR_RULES:
            cells.append(terminal.cell("\n".join(f"[{rule}]" for rule in moment.rules), "dim"))
        grid.add_row(*cells)
    if not grid.columns:
        return
    grid.columns[0].justify = "right"
    clocks = 2 if out.width >= ROOM_FOR_WALL else 1
    for column in grid.columns[:clocks]:
        column.no_wrap = True
    if out.width >= ROOM_FOR_RULES:
        grid.columns[-1].no_wrap = True
    out.print(grid)


def _measured(outcome: Outcome, left: str) -> list[tuple[str, str]]:
    """What the run came to, in words and metrics; amounts that are zero share a line.

    What took no time happened all the same, and what did not happen has no line.
    """
    from simulator.metrics import METRICS, PARTS
    from simulator.report.words import amount

    rows = [("Outcome", f"{outcome.outcome.replace('_', ' ')}{f', leaving {left}' if outcome.left_split else ''}")]
    rows += [("Way back decided by", outcome.trigger)] if outcome.trigger else []
    nothing = []
    for name, metric in METRICS.items():
        value = getattr(outcome, name, None)
        if value is None:
            continue
        if value == 0 and name not in _TOOK:
            nothing.append(metric.label.partition(",")[0].lower())
        else:
            rows.append((metric.label, amount(value, metric.unit)))
    if outcome.kept_usd_per_hour is not None:
        kept = PARTS["kept_usd_per_hour"]
        rows.append((kept.label, f"{amount(outcome.kept_usd_per_hour, kept.unit)}, not in the cost"))
    return rows + ([("None of", ", ".join(nothing))] if nothing else [])
