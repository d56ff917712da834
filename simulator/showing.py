"""The one agreed way up: how a scenario, a run or a comparison finds its picture without knowing who draws it.

The one thing a newcomer would get wrong: nothing below the report imports plotting or writes HTML. What a notebook
shows is looked up here by name at the moment somebody looks, as pandas finds its plotting backend.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {"plots": "simulator.report.plots", "notebook": "simulator.report.notebook"}


def view(name: str) -> Any:
    """Return a view by its dotted name: ``"notebook.run"``, ``"plots.ComparisonPlots"``.

    >>> view("notebook.run").__module__
    'simulator.report.notebook'
    """
    home, _, attribute = name.partition(".")
    return getattr(import_module(_HOMES[home]), attribute)
