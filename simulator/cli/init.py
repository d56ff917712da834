"""`rollsim init`: a commented scenario to start from."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from simulator.cli.endings import answering
from simulator.cli.options import Json
from simulator.errors import OutputError, quoted


@answering
def init(
    platform: Annotated[
        Literal["server", "lambda", "ecs"], typer.Option("--platform", help="What is updated.")
    ] = "server",
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write there; never over a file that exists.")
    ] = None,
    json: Json = False,
) -> None:
    """Write a commented scenario to start from, to stdout or a new file."""
    from simulator.cli import terminal
    from simulator.scenario.templates import template

    text = template(platform)
    if out is not None:
        _write(text, out)
    if json:
        terminal.document({"platform": platform, "scenario": text})
    elif out is None:
        sys.stdout.write(text)


def _write(text: str, out: Path) -> None:
    from simulator.cli import terminal

    try:
        with out.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise OutputError(f"{quoted(str(out), 255)} exists already; name another file or remove it") from error
    terminal.remarks().print(f"Wrote {quoted(str(out), 255)}; next: rollsim compare {quoted(str(out), 255)}")
