"""The package holds finished work and speaks of rollsim alone."""

import re
from pathlib import Path

import pytest

UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK|NotImplementedError|placeholder(?!=)|(?<!now )for now|no cover)\b")
UNEXPLAINED = re.compile(r"#\s*(type: ignore(?!\[)|noqa(?!: [A-Z]))")
# A path of somebody's machine.
MACHINE = re.compile(r"(?<![\w.])/(root|home|work|tmp|Users)/")


def offenders(repository: Path, pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{path.relative_to(repository)}:{number}: {line.strip()}"
        for path in sorted((repository / "simulator").rglob("*"))
        if path.suffix in {".py", ".yaml", ".html", ".md", ".j2", ".jinja", ".css", ".js"}
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if pattern.search(line)
    ]


@pytest.mark.parametrize(
    "pattern",
    [UNFINISHED, UNEXPLAINED, MACHINE],
    ids=["unfinished work", "unexplained exceptions", "path of a machine"],
)
def test_the_package_holds_no(repository: Path, pattern: re.Pattern[str]) -> None:
    assert offenders(repository, pattern) == []
