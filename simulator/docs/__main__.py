"""Writes or checks the generated documents.

``python -m simulator.docs`` writes them, ``--check`` says whether they are up to date. ``--measure`` first simulates
the scenarios that the library's index takes its numbers from, which takes minutes; names behind it measure those alone.
"""

from __future__ import annotations

import sys
from pathlib import Path

from simulator.docs import library, tables
from simulator.model.assumptions import TABLE
from simulator.model.distribution import Distribution

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: list[str]) -> int:
    """Write the documents, or check them; 1 when one is out of date."""
    for item in TABLE.values():
        value = item.value
        assert isinstance(value, str | float | Distribution)  # every default can be read
    if "--measure" in arguments:
        library.measure([name for name in arguments if not name.startswith("-")])
    stale = []
    for name, text in (
        ("docs/assumptions.md", tables.assumptions()),
        ("docs/metrics.md", tables.metrics()),
        ("scenarios/library/index.md", library.index()),
    ):
        path = ROOT / name
        if "--check" in arguments:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                stale.append(name)
        else:
            path.write_text(text, encoding="utf-8")
    if stale:
        sys.stderr.write(f"out of date: {', '.join(stale)}; run python -m simulator.docs\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
