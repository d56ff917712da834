"""What a scenario can say and the engine does not simulate: one row for each feature, and its message.

The one thing a newcomer would get wrong: a feature is finished when its row is gone. Until then its row is the
one place that refuses it, so nothing half simulated gets through.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from simulator.model.misfit import MisfitError
from simulator.model.scenario_fields import ScenarioFields
from simulator.model.service import LambdaFunction, ServerFleet


class Unsimulated(NamedTuple):
    """A feature, the field it stands in, whether a world (one strategy) makes use of it, and what to write instead."""

    feature: str
    field: str
    used: Callable[[ScenarioFields], bool]
    message: str


def _fleet(uses: Callable[[ServerFleet], object]) -> Callable[[ScenarioFields], bool]:
    return lambda world: isinstance(world.service, ServerFleet) and bool(uses(world.service))


def _scaling_with(uses: Callable[[ScenarioFields], object]) -> Callable[[ScenarioFields], bool]:
    return lambda world: isinstance(world.service, ServerFleet) and world.service.fleet.scales and bool(uses(world))


def _function(uses: Callable[[LambdaFunction], object]) -> Callable[[ScenarioFields], bool]:
    return lambda world: isinstance(world.service, LambdaFunction) and bool(uses(world.service))


_ROWS = (
    Unsimulated(
        "auto_scaling_of_blue_green",
        "service",
        _scaling_with(lambda world: world.deployment_type == "blue_green"),
        "a fleet that scales while it is replaced is not simulated (an instance that the replacements gain before "
        "traffic moves is not registered); leave auto_scaling out, or write deployment_type: in_place",
    ),
    Unsimulated(
        "auto_scaling_of_unwell",
        "service",
        _scaling_with(lambda world: world.service.fleet.stopped or world.service.fleet.unhealthy),  # type: ignore[union-attr]
        "a fleet that scales, with hosts that are stopped or unhealthy at zero, is not simulated in this version; "
        "leave initially or auto_scaling out",
    ),
    Unsimulated(
        "auto_scaling_with_zone_outage",
        "faults",
        _scaling_with(lambda world: any(fault.kind == "zone_outage" for fault in world.faults)),
        "a fleet that scales while a zone is out is not simulated in this version; take zone_outage or auto_scaling "
        "out",
    ),
    Unsimulated(
        "auto_scaling_in_stages",
        "service",
        _scaling_with(lambda world: world.strategies[0].stages),
        "a fleet that scales during a rollout in stages is not simulated in this version; leave stages or auto_scaling "
        "out",
    ),
    Unsimulated(
        "auto_scaling_in_regions",
        "service",
        _scaling_with(lambda world: world.service.regions),
        "a fleet that scales in several regions is not simulated in this version; leave regions or auto_scaling out",
    ),
    Unsimulated(
        "auto_scaling_with_retries",
        "service",
        _scaling_with(lambda world: world.traffic.retries is not None or world.dependency is not None),
        "a fleet that scales under clients that try again, or with a dependency, is not simulated in this version; "
        "leave auto_scaling out, or traffic.retries and dependency",
    ),
)
NOT_SIMULATED: dict[str, Unsimulated] = {row.feature: row for row in _ROWS}


def refuse_unsimulated(world: ScenarioFields) -> None:
    """Refuse a world that makes use of a feature with a row in `NOT_SIMULATED`.

    Raises
    ------
    MisfitError
        With what to write instead.
    """
    for row in NOT_SIMULATED.values():
        if row.used(world):
            raise MisfitError(row.message, row.field)
