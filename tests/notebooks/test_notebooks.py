"""The notebooks run from top to bottom, with few replications, and show what their text says they show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbclient
import nbformat
import pytest

FOLDER = Path(__file__).parents[2] / "notebooks"
FIGURES = {"five-minutes.ipynb": 2, "choosing-a-strategy.ipynb": 5}


def opened(name: str) -> Any:
    return nbformat.read(FOLDER / name, as_version=4)


def test_every_notebook_is_looked_at_here() -> None:
    assert sorted(path.name for path in FOLDER.glob("*.ipynb")) == sorted(FIGURES)


@pytest.mark.parametrize("name", FIGURES)
def test_outputs_are_not_kept(name: str) -> None:
    """They would change with every version; whoever reads a notebook runs it."""
    cells = [cell for cell in opened(name).cells if cell.cell_type == "code"]
    assert [cell.outputs for cell in cells] == [[] for _ in cells]
    assert {cell.execution_count for cell in cells} == {None}


@pytest.mark.slow
@pytest.mark.parametrize("name", FIGURES)
def test_a_notebook_runs_from_top_to_bottom(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROLLSIM_REPLICATIONS", "24")
    notebook = opened(name)
    nbclient.NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(FOLDER)}}).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert [output.text for output in outputs if output.get("name") == "stderr"] == []
    shown = [output.get("data", {}) for output in outputs]
    assert sum("image/png" in data for data in shown) == FIGURES[name]
    assert sum("<table" in str(data.get("text/html", "")) for data in shown) >= 5
