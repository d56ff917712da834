"""What a scenario can say and the engine does not simulate: one row for each feature, and its message.

The one thing a newcomer would get wrong: a feature is finished when its row is gone. Until then its row is the
one place that refuses it, so nothing half simulated gets through.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from simulator.model.misfit import MisfitError
from simulator.model.service import LambdaFunction, ServerFleet

if TYPE_CHECKING:
    from simulator.model.scenario import Scenario


class Unsimulated(NamedTuple):
    """A feature, the field it stands in, whether a world (one strategy) makes use of it, and what to write instead."""

    feature: str
    field: str
    used: Callable[[Scenario], bool]
    message: str


def _fleet(uses: Callable[[ServerFleet], object]) -> Callable[[Scenario], bool]:
    return lambda world: isinstance(world.service, ServerFleet) and bool(uses(world.service))


def _function(uses: Callable[[LambdaFunction], object]) -> Callable[[Scenario], bool]:
    return lambda world: isinstance(world.service, LambdaFunction) and bool(uses(world.service))


_ROWS = (
    Unsimulated(
        "auto_scaling",
        "service",
        _fleet(lambda service: service.fleet.auto_scaling),
        "fleet.auto_scaling is not simulated in this version; leave auto_scaling out",
    ),
)
NOT_SIMULATED: dict[str, Unsimulated] = {row.feature: row for row in _ROWS}


def refuse_unsimulated(world: Scenario) -> None:
    """Refuse a world that makes use of a feature with a row in `NOT_SIMULATED`.

    Raises
    ------
    MisfitError
        With what to write instead.
    """
    for row in NOT_SIMULATED.values():
        if row.used(world):
            raise MisfitError(row.message, row.field)
