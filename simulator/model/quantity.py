"""Quantities as field types: a unit in a file, a plain float in Python.

With the validation context ``{"units": "required"}`` (how scenario files are read) a bare number is refused
with the fix; without it (a notebook, a test) a number is taken in the unit used inside.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic_core import CoreSchema, core_schema

from simulator import units


def units_required(info: ValidationInfo) -> bool:
    """Whether the reader is a file, where every quantity carries its unit."""
    return (info.context or {}).get("units") == "required"


def number_of(value: Any, dimension: units.Dimension, required: bool) -> float:
    """Return one number in the unit used inside; refuse bare numbers where units are required.

    Raises
    ------
    ValueError
        With what to write instead.
    """
    unit = units.UNITS[dimension]
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f"not {unit.noun}; write for example {unit.example}")
    if isinstance(value, str):
        return units.parse(value, dimension)
    if not abs(value) <= sys.float_info.max:  # also NaN, and a whole number too large for a float
        raise ValueError(f"not a finite number; write for example {unit.example}")
    if required and dimension != "factor":
        raise units.bare(value, dimension)
    return float(value)


@dataclass(frozen=True, slots=True)
class Quantity:
    """Marks a float field with its dimension and bounds, in the unit used inside."""

    dimension: units.Dimension
    low: float = 0.0
    high: float = math.inf

    def read(self, value: Any, info: ValidationInfo) -> float:
        """Turn text or a number into a float within bounds."""
        number = number_of(value, self.dimension, units_required(info))
        if not self.low <= number <= self.high:
            low, high = units.text(self.low, self.dimension), self.high
            bounds = f"{low} to {units.text(high, self.dimension)}" if high < math.inf else f"at least {low}"
            raise ValueError(f"{units.text(number, self.dimension)} is out of range; write {bounds}")
        return number

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Read with `read`; write JSON and YAML with the unit, Python as a float."""
        return core_schema.with_info_plain_validator_function(
            self.read,
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda value: units.text(value, self.dimension), when_used="json"
            ),
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Describe the field as text with a unit."""
        unit = units.UNITS[self.dimension]
        return {"type": "string", "description": f"{unit.noun}, as in {unit.example}"}


Seconds = Annotated[float, Quantity("duration")]
Fraction = Annotated[float, Quantity("share", 0.0, 1.0)]
PerSecond = Annotated[float, Quantity("rate")]
Dollars = Annotated[float, Quantity("money")]
Bytes = Annotated[float, Quantity("memory")]
