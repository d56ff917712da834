"""The house has floors: imports never lead back to where they came from, those for types alone included."""

from __future__ import annotations

from graphlib import TopologicalSorter

import grimp

from tests.conftest import ROOT

LONGEST = 400  # lines of a module; what grows beyond it holds a second noun
# The lifecycle of a target is planned event by event in one table of methods; taken apart it would read worse.
LONGER = {"simulator/engine/lifecycle.py": 450}


def test_no_module_leads_back_to_itself() -> None:
    graph = grimp.build_graph("simulator", cache_dir=None)
    floors = TopologicalSorter({module: graph.find_modules_directly_imported_by(module) for module in graph.modules})
    floors.prepare()  # raises CycleError, which names the circle


def test_no_module_is_longer_than_fits_in_the_head() -> None:
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in (ROOT / "simulator").rglob("*.py")
    }
    assert {name: lines for name, lines in lengths.items() if lines > LONGER.get(name, LONGEST)} == {}
