"""Writing to the terminal: two consoles, one JSON document, and text from files made harmless.

The one thing a newcomer would get wrong: names and messages come from files. They are data to show, never
markup and never control sequences, so both consoles have markup off and everything passes `printable`.
"""

from __future__ import annotations

import json
import math
import os
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TextIO

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

# Width of what goes into a pipe or a file, unless COLUMNS says otherwise.
PIPED_WIDTH = 100


def results() -> Console:
    """Console for results."""
    return _console(sys.stdout)


def remarks() -> Console:
    """Console for progress and warnings."""
    return _console(sys.stderr)


def document(value: Any) -> None:
    """Print one JSON document on stdout: infinity as ``"Infinity"``, what is absent as null."""
    sys.stdout.write(json.dumps(plain(value), indent=2, allow_nan=False) + "\n")


def plain(value: Any) -> Any:
    """Turn a value into what JSON knows.

    >>> plain({"a": float("inf"), "b": (1, None, float("nan"))})
    {'a': 'Infinity', 'b': [1, None, None]}
    """
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, str) or value is None or isinstance(value, bool):
        return value
    if isinstance(value, Iterable):
        return [plain(item) for item in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None if math.isnan(value) else _infinite(value)
    return None if type(value).__name__ == "NAType" else str(value)


def printable(text: str) -> str:
    r"""Escape control characters, direction marks and lone surrogates; line breaks stay.

    >>> printable("red \x1b[31m\tname\nnext")
    'red \\x1b[31m name\nnext'
    """
    return "".join(
        character
        if character == "\n" or unicodedata.category(character)[0] != "C"
        else " "
        if character == "\t"
        else character.encode("unicode_escape", "surrogatepass").decode()
        for character in text
    )


def say(console: Console, text: str, style: str = "") -> None:
    """Print lines as they are, harmless but neither cut nor broken: messages, and marks under a column."""
    console.print(Text(printable(text), style=style), soft_wrap=True)


def cell(text: str, style: str = "") -> Text:
    """Text of a file as a table's cell or a line, without markup; long words are folded, never cut."""
    return Text(printable(text), style=style, overflow="fold")


def indented(text: Text, by: int = 2) -> Padding:
    """Text some columns further in, on every line it is folded to."""
    return Padding(text, (0, 0, 0, by))


def table(width: int, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """Build a table without vertical lines; names in the first column stay in one piece where there is room.

    Parameters
    ----------
    width : int
        Of the console.
    headings : sequence of str
        One per column.
    rows : sequence of sequence of str
        Their text, which may come from a file.
    """
    made = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    longest = max((len(line) for row in rows for line in row[0].split("\n")), default=0)
    for place, heading in enumerate(headings):
        whole = place == 0 and longest <= 0.6 * width
        made.add_column(cell(heading), overflow="fold", no_wrap=whole)
    for row in rows:
        made.add_row(*(cell(text) for text in row))
    return made


def _console(stream: TextIO) -> Console:
    width = None if stream.isatty() or "COLUMNS" in os.environ else PIPED_WIDTH
    return _Terminal(file=stream, width=width, markup=False, highlight=False, emoji=False, soft_wrap=False)


class _Terminal(Console):
    """A console that leaves it to `endings.answering` what a reader who has gone means."""

    def on_broken_pipe(self) -> None:
        """Let it through; rich would end with exit code 1, which here is an answer."""
        raise  # noqa: PLE0704 - called while the error is handled


def _infinite(value: float) -> str:
    return "Infinity" if value > 0 else "-Infinity"
