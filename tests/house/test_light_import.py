"""`import simulator` is quick, and what runs a replication needs no tables."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HEAVY = ("pandas", "scipy.stats", "pyarrow", "matplotlib")
# What reads, simulates or draws, which neither a bare import nor a page of help has any use for.
WORKING = (*HEAVY, "numpy", "scipy", "pydantic", "simpy", "jinja2", "rich", "yaml", "multiprocessing")
ONE_RUN = ("engine", "metrics", "model", "rules", "trace", "randomness.py")


def loaded(program: str, names: tuple[str, ...], repository: Path) -> list[str]:
    """Which of these modules a program has loaded when it ends."""
    last = f"import sys; print('loaded', *[name for name in {names} if name in sys.modules])"
    text = f"{program}\n{last}"
    done = subprocess.run([sys.executable, "-c", text], cwd=repository, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1].split()[1:]


def test_importing_the_package_loads_no_more_than_itself(repository: Path) -> None:
    assert loaded("import simulator", WORKING, repository) == []


def test_help_loads_nothing_that_works(repository: Path) -> None:
    program = """
import sys
from simulator.cli import main
sys.argv = ["rollsim", "--help"]
try:
    main()
except SystemExit:
    pass
"""
    assert loaded(program, WORKING, repository) == []


def test_one_run_loads_no_tables_statistics_or_plotting(repository: Path) -> None:
    assert loaded("import simulator.experiment", HEAVY, repository) == []


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
