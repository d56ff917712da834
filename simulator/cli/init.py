"""`rollsim init`: a commented scenario to start from."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from simulator.cli.endings import answering
from simulator.errors import OutputError, quoted


@answering
def init(
    platform: Annotated[Literal["server", "lambda"], typer.Option("--platform", help="What is updated.")] = "server",
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write there; never over a file that exists.")
    ] = None,
) -> None:
    """Write a commented scenario to start from, to stdout or a new file."""
    from simulator.scenario.templates import template

    text = template(platform)
    if out is None:
        sys.stdout.write(text)
        return
    try:
        with out.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise OutputError(f"{quoted(str(out), 255)} exists already; name another file or remove it") from error
    from simulator.cli.terminal import remarks

    remarks().print(f"Wrote {quoted(str(out), 255)}; next: rollsim compare {quoted(str(out), 255)}")
