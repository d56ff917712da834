"""What a scenario can say and the engine does not simulate: one row for each feature, and its message.

The one thing a newcomer would get wrong: a feature is finished when its row is gone. Until then its row is the
one place that refuses it, so nothing half simulated gets through.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from simulator.model.misfit import MisfitError
from simulator.model.service import AnyService, EcsService, LambdaFunction, ServerFleet, WarmUp

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


def _warm_up(service: AnyService) -> WarmUp | None:
    if isinstance(service, ServerFleet):
        return service.fleet.warm_up
    return service.warm_up if isinstance(service, EcsService) else None


def _slow_start(service: AnyService) -> float:
    balancer = None if isinstance(service, LambdaFunction) else service.load_balancer
    return 0.0 if balancer is None else balancer.slow_start


def _fault(kind: str) -> Unsimulated:
    message = f"fault {kind} is not simulated in this version; take it out"
    return Unsimulated(
        f"fault_{kind}", "faults", lambda world: any(fault.kind == kind for fault in world.faults), message
    )


_ROWS = (
    Unsimulated(
        "initially",
        "service",
        _fleet(lambda service: service.fleet.initially.stopped + service.fleet.initially.unhealthy),
        "fleet.initially is not simulated in this version; leave initially out",
    ),
    Unsimulated(
        "warm_up",
        "service",
        lambda world: _warm_up(world.service) is not None,
        "warm_up is not simulated in this version; leave warm_up out",
    ),
    Unsimulated(
        "auto_scaling",
        "service",
        _fleet(lambda service: service.fleet.auto_scaling),
        "fleet.auto_scaling is not simulated in this version; leave auto_scaling out",
    ),
    Unsimulated(
        "slow_start",
        "service",
        lambda world: _slow_start(world.service) > 0,
        "load_balancer.slow_start is not simulated in this version; leave slow_start out",
    ),
    *(_fault(kind) for kind in ("zone_outage",)),
    Unsimulated(
        "ecs_warm_up",
        "service",
        lambda world: isinstance(world.service, EcsService) and world.service.warm_up is not None,
        "warm_up of an ECS service's tasks is not simulated in this version; leave warm_up out",
    ),
    Unsimulated(
        "ecs_slow_start",
        "service",
        lambda world: isinstance(world.service, EcsService) and world.service.load_balancer.slow_start > 0,
        "load_balancer.slow_start of an ECS service is not simulated in this version; leave slow_start out",
    ),
    Unsimulated(
        "ecs_zone_outage",
        "faults",
        lambda world: (
            isinstance(world.service, EcsService) and any(each.kind == "zone_outage" for each in world.faults)
        ),
        "fault zone_outage is not simulated for an ECS service in this version; take it out",
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
