"""Prices of one's own from a YAML or JSON file: one amount by the id of each price, ``ec2-m6i-large: 0.085 USD``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from simulator import units
from simulator.errors import quoted
from simulator.importers.result import Reader, opened


def read(path: Path) -> dict[str, str]:
    """Amounts with their unit, by id.

    Raises
    ------
    ImportFailure
        With every complaint and its line.
    """
    document = opened(path)
    reader = Reader(document, list(document.problems))
    prices = reader.mapping(document.root, document.start, "a file of prices")
    for name, amount in prices.items():
        if said := _wrong(amount):
            reader.complain(prices.value_places[name], f"{quoted(name)}: {said}")
    reader.finish()
    return {name: str(amount) for name, amount in prices.items()}


def _wrong(amount: Any) -> str | None:
    if isinstance(amount, int | float) and not isinstance(amount, bool):
        return str(units.bare(amount, "money"))
    if not isinstance(amount, str):
        return "an amount is wanted here; write for example 0.02 USD"
    try:
        price = units.parse(amount, "money")
    except ValueError as error:
        return str(error)
    return None if price >= 0 else "a price is not below zero; write for example 0.02 USD"
