"""`import simulator` is quick, and what runs a replication needs no tables."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HEAVY = ("pandas", "scipy.stats", "pyarrow", "matplotlib")
ONE_RUN = ("engine", "metrics", "model", "rules", "trace", "randomness.py")


def test_importing_the_package_loads_no_tables_statistics_or_plotting(repository: Path) -> None:
    program = f"import sys, simulator; print(*[name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], cwd=repository, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("part", ONE_RUN)
def test_what_runs_a_replication_never_imports_scipy_stats(repository: Path, part: str) -> None:
    """The import contract sees `scipy` as a whole; special functions are welcome, distributions not."""
    place = repository / "simulator" / part
    files = sorted(place.rglob("*.py")) if place.is_dir() else [place]
    offenders = [
        f"{path.relative_to(repository)}: {name}"
        for path in files
        for name in imported(path)
        if name == "scipy" or name.startswith("scipy.stats")
    ]
    assert offenders == []
