"""The law of the floor: as many hosts stay in service as the deployment configuration asks for.

The one thing a newcomer would get wrong: the floor is that of a deployment. Each region has its own, a zone may have
one besides, and a fleet that is replaced has that of its replacements.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TypeVar

from simulator.conformance.bench import Observed
from simulator.model.scenario import Scenario
from simulator.model.service import ServerFleet
from simulator.model.stages import least_in_service
from simulator.rules import healthy_hosts
from simulator.trace.records import DeploymentChange, Scaling, ServiceChange, Trace

Complaint = str | None
Record = TypeVar("Record", bound=tuple)  # type: ignore[type-arg]  # records are tuples of many shapes
TERMINAL = ("Succeeded", "Failed", "Stopped")


def records_of(trace: Trace, kind: type[Record]) -> Iterator[Record]:
    """Records of one kind."""
    return (record for record in trace.records if isinstance(record, kind))


def floor(seen: Observed) -> Complaint:
    """Those that failed and those on the way are out, replacements count; hosts that died are not its doing.

    Nor are those that an Auto Scaling group took away; those that it launched count.
    """
    service, hosts = seen.world.service, seen.world.strategies[0].configuration.minimum_healthy_hosts
    if not isinstance(service, ServerFleet) or hosts is None:
        return None
    size, copies = service.fleet.size, max(1, len(service.regions))
    required = healthy_hosts.required(hosts.type, hosts.value, size)
    back = ("returns", "repaired") if service.load_balancer else ("up", "repaired")
    unwell, replaced = _unwell(seen.world, service), seen.world.deployment_type == "blue_green"
    if replaced:  # as many as are healthy, and the minimum is theirs
        well = size - len(unwell)
        value = min(hosts.value, max(well - 1, 0)) if hosts.type == "HOST_COUNT" else hosts.value
        required = healthy_hosts.required(hosts.type, value, well) if well else 0
    in_service = [{size * copy + target for target in range(size) if target not in unwell} for copy in range(copies)]
    back_from, all_at_once = _back_by_stages(seen, service)
    for change in _changes(seen.full.trace):
        if change.time >= back_from:
            required = min(required, all_at_once)
        serving = in_service[change.target // size % copies]
        before = len(serving)
        if change.what in ("leaves", "down"):
            serving.discard(change.target)
        elif change.what in back:
            serving.add(change.target)
        # Too few may be healthy at the start; then the number must only not fall further (instances-health).
        if len(serving) < (required if replaced else min(before, required)):
            return f"at {change.time:g} s {len(serving)} of {size} targets are in service; {required} must stay in it"
    places: list[str | None] = [region.name for region in service.regions] or [None]
    found = (_floor_of_zones(seen, back, place, region) for place, region in enumerate(places))
    return next((complaint for complaint in found if complaint is not None), None)


def _back_by_stages(seen: Observed, service: ServerFleet) -> tuple[float, int]:
    """When a way back begins, and how many stay in service while people take all stages back side by side."""
    strategy = seen.world.strategies[0]
    if not strategy.stages or service.regions or seen.world.deployment_type != "in_place":
        return math.inf, 0
    begun = (record.time for record in records_of(seen.full.trace, DeploymentChange) if record.rollback)
    stages = [stage.model_copy(update={"together": place > 0}) for place, stage in enumerate(strategy.stages)]
    return next(begun, math.inf), least_in_service(stages, service.fleet, strategy.configuration)


def _changes(trace: Trace) -> list[ServiceChange]:
    """Changes of targets, those aside that an Auto Scaling group takes away in the end."""
    taken = {record.target for record in records_of(trace, Scaling) if record.what == "terminated"}
    return [change for change in records_of(trace, ServiceChange) if change.target not in taken]


def _unwell(world: Scenario, service: ServerFleet) -> set[int]:
    """Targets that CodeDeploy counts as unhealthy before it has tried any."""
    stopped = service.fleet.stopped if world.assumed("stopped_hosts") == "from_the_start" else ()
    return {*stopped, *service.fleet.unhealthy}


def _floor_of_zones(seen: Observed, back: tuple[str, ...], place: int, region: str | None) -> Complaint:
    """The same in each zone, and one zone at a time, until the rollout ends: a way back ignores zones."""
    service, zonal = seen.world.service, seen.world.strategies[0].configuration.zonal
    if not isinstance(service, ServerFleet) or zonal is None or (seen.world.strategies[0].stages and region is None):
        return None
    trace, fleet, copies = seen.full.trace, service.fleet, max(1, len(service.regions))
    single = ("autoscaling", "autoscalingTermination")
    all_of = records_of(trace, DeploymentChange)
    mine = (each for each in all_of if each.region == region and each.creator not in single)
    ended = next((r.time for r in mine if r.status in TERMINAL), math.inf)
    unwell = _unwell(seen.world, service)
    serving = {zone: set(fleet.in_zone(zone)) - unwell for zone in range(1, fleet.zones + 1)}
    begun: list[int] = []
    for change in _changes(trace):
        zone = fleet.zone_of(change.target % fleet.size)
        before = len(serving[zone])
        if change.target // fleet.size % copies != place:
            continue
        if change.time >= ended:
            return None
        if change.what in ("leaves", "down"):
            serving[zone].discard(change.target % fleet.size)
            if zone in begun[:-1]:
                return f"at {change.time:g} s zone {zone} is deployed to again, after zone {begun[-1]} has begun"
            begun += [] if zone in begun else [zone]
        elif change.what in back:
            serving[zone].add(change.target % fleet.size)
        required = zonal.minimum_healthy_hosts_per_zone.required(len(fleet.in_zone(zone)))
        if len(serving[zone]) < min(before, required):
            return f"at {change.time:g} s {len(serving[zone])} targets of zone {zone} serve; {required} must stay"
    return None
