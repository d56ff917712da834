"""The price book as it is written: rows, sources, and the region its prices are of."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from typing import Any


@lru_cache(maxsize=1)
def price_book() -> dict[str, Any]:
    """Read ``prices.yaml`` once."""
    import yaml

    text = resources.files("simulator.data").joinpath("prices.yaml").read_text(encoding="utf-8")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    book: dict[str, Any] = yaml.load(text, Loader=loader)  # noqa: S506 - a safe loader, and our own file
    return book
