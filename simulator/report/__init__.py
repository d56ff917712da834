"""Conclusions become something people read and programs check.

`render` writes a folder. `document` puts a report together once, from `numbers` (every estimate, asked for by
name), `tables`, `fields` (one sentence each, with the stable ids S1 to S18), `pictures` and `replays` (runs
simulated again to be looked at). `html` and `data` only write down what is in it, so page, twin and tables
cannot disagree.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.report.rendering import render as render

__all__ = ["render"]


def __getattr__(name: str) -> Any:
    """Load rendering on first use: it needs pandas, which naming a folder or a word does not."""
    if name == "render":
        return import_module("simulator.report.rendering").render
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
