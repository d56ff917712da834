"""Forecast a software rollout before it happens.

A scenario file becomes a model (`load`). The model runs and leaves a trace, which is measured into an
outcome (`run`, once). Many outcomes are compared (`compare`), and the comparison is reported (`render`).
Everything here is loaded on first use, so importing the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.analysis import Comparison, compare
    from simulator.errors import ImportFailure, OutputError, ScenarioError, SimulatorError, TraceError
    from simulator.experiment import Run, run
    from simulator.model.scenario import Scenario
    from simulator.report import render
    from simulator.scenario import load

__version__ = "0.1.0"

__all__ = [
    "Comparison",
    "ImportFailure",
    "OutputError",
    "Run",
    "Scenario",
    "ScenarioError",
    "SimulatorError",
    "TraceError",
    "__version__",
    "compare",
    "load",
    "render",
    "run",
]

_HOME = {
    "Comparison": "simulator.analysis",
    "ImportFailure": "simulator.errors",
    "OutputError": "simulator.errors",
    "Run": "simulator.experiment",
    "Scenario": "simulator.model.scenario",
    "ScenarioError": "simulator.errors",
    "SimulatorError": "simulator.errors",
    "TraceError": "simulator.errors",
    "compare": "simulator.analysis",
    "load": "simulator.scenario",
    "render": "simulator.report",
    "run": "simulator.experiment",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'simulator' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
