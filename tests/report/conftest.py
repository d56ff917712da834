"""One report, rendered once, for the tests that only read it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simulator.report import pictures, render
from simulator.report.document import build
from tests.report.builders import a_comparison


@pytest.fixture
def plain(monkeypatch) -> None:
    """Reports without figures, for tests of the rest: drawing is what takes the time."""
    monkeypatch.setattr(pictures, "drawn", lambda report, facts: {})


@pytest.fixture(scope="session")
def comparison():
    return a_comparison(runs=400)


@pytest.fixture(scope="session")
def built(comparison):
    return build(comparison)


@pytest.fixture(scope="session")
def folder(comparison, tmp_path_factory) -> Path:
    return render(comparison, tmp_path_factory.mktemp("reports") / "checkout")


@pytest.fixture(scope="session")
def page(folder) -> str:
    return (folder / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def twin(folder) -> dict:
    return json.loads((folder / "report.json").read_text(encoding="utf-8"))
