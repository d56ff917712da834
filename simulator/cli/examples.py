"""`rollsim examples`: the scenarios that travel with the package, listed and copied."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from simulator.cli.endings import answering
from simulator.cli.options import Json


@answering
def examples(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Copy this one; list all when left out.")] = None,
    *,
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="Folder to copy into; this one by default.")] = Path(),
    force: Annotated[bool, typer.Option("--force", help="Write over files that are there.")] = False,
    library: Annotated[
        bool, typer.Option("--library", help="List the library instead: small ones, a lesson each.")
    ] = False,
    json: Json = False,
) -> None:
    """List the shipped scenarios and what each teaches, or copy one with the files it points to.

    A name also works without a copy, as in `rollsim compare web-fleet`.
    """
    from simulator.cli import terminal
    from simulator.scenario.copying import copy
    from simulator.scenario.copying import examples as shipped

    if name is not None:
        written = copy(name, to, force=force)
        if json:
            terminal.document({"example": name, "files": [str(path) for path in written]})
            return
        for path in written:
            terminal.say(terminal.results(), str(path))
        terminal.say(terminal.remarks(), f"Next: rollsim compare {shlex.quote(str(written[0]))}")
        return
    known = shipped(small=library)
    if json:
        terminal.document(
            {"examples": [{"name": item.name, "title": item.title, "teaches": item.teaches} for item in known]}
        )
        return
    out = terminal.results()
    for item in known:
        out.print(terminal.cell(item.name, "bold"))
        out.print(terminal.indented(terminal.cell(item.title)))
        out.print(terminal.indented(terminal.cell(f"Teaches that {item.teaches}.")))
        out.print()
    terminal.say(out, f"Look at one: rollsim compare {known[-1].name}")
    terminal.say(out, f"Make it yours: rollsim examples {known[-1].name}")
    if not library and (small := len(shipped(small=True))):
        terminal.say(out, f"{small} small ones, a lesson each: rollsim examples --library")
