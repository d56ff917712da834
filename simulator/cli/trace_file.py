"""The file that ``run --trace`` writes: text to read, or JSON Lines for other programs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.errors import OutputError, quoted

if TYPE_CHECKING:
    from simulator.trace.records import Trace

_TEXT_MARK = "# rollsim trace: "
_JSON_MARK = '{"kind": "Trace"'


def write_trace(trace: Trace, path: Path) -> None:
    """Write a trace beside its place and move it there, over an older trace but over nothing else.

    Raises
    ------
    OutputError
        When the file that is there is no trace.
    """
    from simulator.trace.text import heading, lines, to_json_lines

    if path.exists() and not _is_ours(path):
        raise OutputError(f"{quoted(str(path), 255)} exists and is no trace of rollsim; name another file")
    content: Iterator[str] = to_json_lines(trace) if path.suffix == ".jsonl" else lines(trace)
    target = path if path.exists() and not path.is_file() else path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with target.open("w", encoding="utf-8", errors="backslashreplace") as file:
            if path.suffix != ".jsonl":
                file.write(f"{_TEXT_MARK}{heading(trace)}\n")
            file.writelines(f"{line}\n" for line in content)
        if target != path:
            target.replace(path)
    finally:
        if target != path:
            target.unlink(missing_ok=True)


def _is_ours(path: Path) -> bool:
    """Whether this is an earlier trace, an empty file, or no file to be kept (a pipe, a terminal)."""
    if path.is_dir():
        return False
    if not path.is_file():
        return True
    with path.open("rb") as file:
        start = file.read(64)
    return not start or start.startswith((_TEXT_MARK.encode(), _JSON_MARK.encode()))
