"""`rollsim explain`: a rule with its source and example, and every other name that a story or report shows."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simulator.cli.endings import answering
from simulator.cli.options import Json

if TYPE_CHECKING:
    from rich.console import Console

    from simulator.cli.explanations import Explanation


@answering
def explain(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="A rule, assumption, metric, lifecycle event or code.")
    ] = None,
    *,
    json: Json = False,
) -> None:
    """Explain a rule, its source and an example; without a name list all, grouped.

    The example is AWS's own where there is one, and its answer is computed now. Assumptions are shown with their
    range and how to override them, metrics with their definition.
    """
    from simulator.cli import terminal
    from simulator.cli.explanations import everything, explained

    if name is None:
        items = list(everything().values())
        if json:
            terminal.document([{"kind": each.kind, "name": each.name, "title": each.title} for each in items])
        else:
            _list(terminal.results(), items)
        return
    item = explained(name)
    if json:
        terminal.document(_document(item))
    else:
        _show(terminal.results(), item)


def _list(out: Console, items: list[Explanation]) -> None:
    from simulator.cli import terminal

    for number, (group, members) in enumerate(groupby(items, key=lambda item: item.group)):
        if number:
            out.print()
        out.print(terminal.table(out.width, (group, ""), [(each.name, each.title) for each in members]))


def _show(out: Console, item: Explanation) -> None:
    from rich.table import Table

    from simulator.cli import terminal
    from simulator.cli.explanations import READ, example_of

    # An assumption's title, and a code's, is what it says.
    title = "" if item.kind in ("assumption", "code") else f": {item.title}"
    out.print(terminal.cell(f"{item.name} ({item.kind}){title}", "bold"))
    out.print()
    out.print(terminal.cell(item.text))
    out.print()
    grid = Table.grid(padding=(0, 2, 0, 0))
    example = example_of(item)
    facts = [fact for fact in item.facts if fact[0] != READ]
    for heading, text in (*facts, *((("Example", example),) if example else ())):
        grid.add_row(terminal.cell(heading, "dim"), terminal.cell(text))
    grid.columns[0].no_wrap = True
    out.print(grid)
    for heading, link in item.facts:
        if heading == READ:
            terminal.say(out, link, "dim")


def _document(item: Explanation) -> dict[str, Any]:
    from simulator.cli.explanations import READ, example_of

    facts: dict[str, Any] = {heading.lower().replace(" ", "_"): text for heading, text in item.facts if heading != READ}
    facts[READ.lower()] = [link for heading, link in item.facts if heading == READ]
    example = example_of(item)
    told = {"kind": item.kind, "name": item.name, "title": item.title, "statement": item.text, **facts}
    return {**told, "example": example.splitlines()} if example else told
