"""Random quantities as field types: `Duration`, `Share` and `Factor`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic_core import CoreSchema, core_schema

from simulator import units
from simulator.model.distribution.reading import SHAPES, read, write
from simulator.model.distribution.shapes import Distribution
from simulator.model.quantity import units_required


@dataclass(frozen=True, slots=True)
class Random:
    """Marks a field as a random quantity of one dimension."""

    dimension: units.Dimension

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Read with `read`, write with `write`."""

        def validate(value: Any, info: ValidationInfo) -> Distribution:
            return read(value, self.dimension, units_required(info))

        return core_schema.with_info_plain_validator_function(
            validate,
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda value: write(value, self.dimension), when_used="json"
            ),
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Text with a unit, a plain number for a factor, or one named shape."""
        unit = units.UNITS[self.dimension]
        shapes = ", ".join(SHAPES)
        return {
            "anyOf": [{"type": "string"}, {"type": "number"}, {"type": "object"}],
            "description": f"{unit.noun}, as in {unit.example}, or a distribution: median and p95, or one of {shapes}",
        }


Duration = Annotated[Distribution, Random("duration")]
Share = Annotated[Distribution, Random("share")]
Factor = Annotated[Distribution, Random("factor")]
