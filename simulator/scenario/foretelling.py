"""Limits of AWS foretold from a scenario: how long each strategy will take, beside what CodeDeploy allows.

The one thing a newcomer would get wrong: nothing warns before the twelfth hour. A rollout that does everything right
is failed then, and its way back starts, so what it will take is told before it runs.

A random duration counts at its 95th percentile; targets are independent, and a batch is as long as its slowest.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from simulator import units
from simulator.errors import quoted
from simulator.importers.places import Path
from simulator.model.deployment_configuration import DeploymentConfiguration
from simulator.model.distribution import Distribution
from simulator.model.scenario import Scenario
from simulator.model.scenario_fields import Strategy
from simulator.model.service import AnyService, ServerFleet
from simulator.model.stages import targets_of
from simulator.rules import batch_time, forecast, lifecycle, limits, load_balancer, traffic_shift
from simulator.rules.batch_time import Quantile
from simulator.rules.load_balancer import AllowTrafficReading, BlockTrafficReading

Law = float | Distribution
LEVEL = 0.95
_POINTS = 4096
_MANY = 30
_HOUR_S = limits.HOUR_S
_TRAFFIC_EVENTS = ("BeforeBlockTraffic", "BlockTraffic", "AfterBlockTraffic")
_REGISTERING = ("BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic")


def foretold(world: Scenario, strategy: Strategy) -> Iterator[tuple[Path, str]]:
    """Limits that one strategy will run into, each with the field it is about and its remedy.

    Parameters
    ----------
    world : Scenario
        Resolved for the strategy.
    strategy : Strategy
        As the scenario has it.
    """
    service = world.service
    if isinstance(service, ServerFleet):
        yield from _quota(world, service)
        yield from _start(world, service)
        yield from _existing(world, service)
    for piece in _pieces(service, strategy):
        if isinstance(service, ServerFleet) and world.deployment_type != "blue_green":
            yield from _in_place(world, service, piece)
        else:
            yield from _shifted(world, piece)


class Piece(NamedTuple):
    """One deployment of a strategy: what it is called, the field that sets it, its configuration and its targets.

    Each stage is a deployment of its own, and has the whole limit.
    """

    name: str
    field: str
    configuration: DeploymentConfiguration
    size: int


def _pieces(service: AnyService, strategy: Strategy) -> list[Piece]:
    fleet = service.fleet if isinstance(service, ServerFleet) else None
    if not strategy.stages:
        size = 1 if fleet is None else fleet.size
        return [Piece(quoted(strategy.name), "configuration", strategy.configuration, size)]
    sizes = [1] * len(strategy.stages) if fleet is None else [len(part) for part in targets_of(strategy.stages, fleet)]
    return [
        Piece(
            f"stage {quoted(stage.name)} of {quoted(strategy.name)}",
            "stages",
            stage.configuration or strategy.configuration,
            size,
        )
        for stage, size in zip(strategy.stages, sizes, strict=True)
    ]


def _existing(world: Scenario, service: ServerFleet) -> Iterator[tuple[Path, str]]:
    found = world.blue_green.existing
    if world.deployment_type == "blue_green" and found is not None and found != service.fleet.size:
        said = (
            f"{found} replacements exist for {service.fleet.size} originals, and CodeDeploy ends such a deployment "
            f"with NO_INSTANCES; write existing: {service.fleet.size}, or leave it out"
        )
        yield ("blue_green", "existing"), said


def _quota(world: Scenario, service: ServerFleet) -> Iterator[tuple[Path, str]]:
    own = world.prices.region
    places = {region.priced_as(own) for region in service.regions} or {own}
    most, place = min((limits.instances_per_deployment(place), place) for place in places)
    if service.fleet.size > most and world.assumed("instance_quota") == "of_region":
        said = (
            f"CodeDeploy takes {most} instances in a deployment in {place} and fails a larger one at "
            "once; ask AWS for more and write assumptions: {instance_quota: raised}, or split the deployment group"
        )
        yield ("service", "fleet", "size"), said


def _start(world: Scenario, service: ServerFleet) -> Iterator[tuple[Path, str]]:
    wait = _quantile(service.agent_pickup or _law(world, "agent_pickup"), LEVEL)
    if wait > limits.EVENT_START_LIMIT_S:
        place = "service" if service.agent_pickup is not None else "assumptions"
        said = (
            f"the agent takes {units.human(wait)} (p95) to start an event, and CodeDeploy fails one that has not "
            f"started after {units.human(limits.EVENT_START_LIMIT_S)}; write a shorter agent_pickup"
        )
        yield (place, "agent_pickup"), said


def _in_place(world: Scenario, service: ServerFleet, piece: Piece) -> Iterator[tuple[Path, str]]:
    hosts, zonal = piece.configuration.minimum_healthy_hosts, piece.configuration.zonal
    if hosts is None:
        return
    each = _of_events(
        world, service, lifecycle.events("server", "in_place", load_balancer=service.load_balancer is not None)
    )
    needs = _in_place_needs(service, piece, each)
    limit = limits.IN_PLACE_RUN_LIMIT_S
    if needs <= limit:
        return
    fit = None if zonal is not None else forecast.smallest_batch(piece.size, each, limit, LEVEL)
    if zonal is not None:
        remedy = "take larger batches or a shorter monitor_duration"
    elif fit is None:
        remedy = "not even all at once fits; shorten deregistration_delay or a script"
    else:
        remedy = (
            f"{fit.at_once} at a time fit ({fit.duration / _HOUR_S:.1f} h): keep HOST_COUNT {fit.host_count} or "
            f"FLEET_PERCENT {fit.fleet_percent} healthy"
        )
    yield (piece.field,), f"{_needs(piece, needs, limit, callable(each))}; {remedy}"


def in_place_lasts(world: Scenario, strategy: Strategy) -> float:
    """Seconds that a deployment in place takes, at the 95th percentile of its durations; no stages."""
    service = world.service
    assert isinstance(service, ServerFleet)
    events = lifecycle.events("server", "in_place", load_balancer=service.load_balancer is not None)
    (piece,) = _pieces(service, strategy)
    return _in_place_needs(service, piece, _of_events(world, service, events))


def _in_place_needs(service: ServerFleet, piece: Piece, each: float | Quantile) -> float:
    hosts, zonal, fleet = piece.configuration.minimum_healthy_hosts, piece.configuration.zonal, service.fleet
    assert hosts is not None  # a Server configuration has them
    if zonal is None or piece.size < fleet.size:  # how a stage's hosts spread over zones is left aside
        sizes, waits = batch_time.batches(hosts.type, hosts.value, piece.size), 0.0
    else:
        zones = [len(fleet.in_zone(zone)) for zone in range(1, fleet.zones + 1)]
        waits = batch_time.zone_waits(fleet.zones, zonal.monitor_duration, zonal.first_zone_monitor_duration)
        in_zone = zonal.minimum_healthy_hosts_per_zone
        sizes = batch_time.batches(hosts.type, hosts.value, fleet.size, zones, in_zone.type, in_zone.value)
    return batch_time.duration(sizes, each, LEVEL, waits) if sizes else 0.0


def _shifted(world: Scenario, piece: Piece) -> Iterator[tuple[Path, str]]:
    limit = limits.run_limit(world.service.platform, world.deployment_type)
    if limit is None:
        return
    parts = _replacing(world, world.service, piece) if isinstance(world.service, ServerFleet) else []
    if not isinstance(world.service, ServerFleet):
        hooks = [_event(world, world.service, event) for event in world.service.lifecycle.hooks]
        parts = [(law, 1) for law in (_law(world, "lambda_setup"), *hooks, _law(world, "lambda_finish"))]
        parts.append((traffic_shift.duration(piece.configuration), 1))
    needs = float(np.quantile(_sum(parts), LEVEL))
    if needs > limit:
        fixed = all(_fixed(law) for law, _ in parts)
        remedy = "shorten a wait or the interval between shifts"
        if isinstance(world.service, ServerFleet):
            remedy = "take larger batches, or shorten a wait or a script"
        yield (piece.field,), f"{_needs(piece, needs, limit, not fixed)}; {remedy}"


def _replacing(world: Scenario, service: ServerFleet, piece: Piece) -> list[tuple[Law, int]]:
    """Parts of an EC2 blue/green deployment, each as long as the slowest of so many targets.

    Replacements are installed, and then registered, in the configuration's batches; originals leave all at once.
    """
    size, hosts = piece.size, piece.configuration.minimum_healthy_hosts
    if hosts is None:
        return []
    balanced = service.load_balancer is not None
    events = [
        each for each in lifecycle.events("server", "in_place", load_balancer=balanced) if each not in _TRAFFIC_EVENTS
    ]
    installing = [each for each in events if each not in _REGISTERING]
    waits = world.ready_wait + (world.termination_wait if world.blue_green.originals.action == "TERMINATE" else 0.0)
    parts: list[tuple[Law, int]] = [(waits, 1)]
    if world.blue_green.green_fleet == "COPY_AUTO_SCALING_GROUP":
        parts += [(_law(world, "instance_launch"), size), (_law(world, "asg_overhead"), 1)]
    paced = [*installing, *_REGISTERING] if balanced else installing
    for batch in batch_time.batches(hosts.type, hosts.value, size):
        parts += [(law, batch) for event in paced for law in _laws(world, service, event)]
    if balanced:
        parts += [(law, size) for event in _TRAFFIC_EVENTS for law in _laws(world, service, event)]
    return parts


def _needs(piece: Piece, needs: float, limit: float, random: bool) -> str:
    at = " (p95)" if random else ""
    return (
        f"{piece.name} needs {needs / _HOUR_S:.1f} h{at} against {limit / _HOUR_S:g} h, after which CodeDeploy fails it"
    )


# ------------------------------------------------------------------------------------------------ durations


def _of_events(world: Scenario, service: ServerFleet, events: Sequence[str]) -> float | Quantile:
    """Seconds one target takes, or their quantile function where a duration is random."""
    laws = [law for event in events for law in _laws(world, service, event)]
    if all(_fixed(law) for law in laws):
        return sum(_quantile(law, 0.5) for law in laws)
    values = np.sort(_sum([(law, 1) for law in laws]))
    places = (np.arange(_POINTS) + 0.5) / _POINTS

    def quantile(u: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.interp(u, places, values)

    return quantile


def _laws(world: Scenario, service: ServerFleet, event: str) -> tuple[Law, Law]:
    """An event's wait for the agent, and its length."""
    return service.agent_pickup or _law(world, "agent_pickup"), _event(world, service, event)


def _event(world: Scenario, service: AnyService, event: str) -> Law:
    given, hooks = service.lifecycle.durations, service.lifecycle.hooks
    if event in given:
        return given[event]
    if event in hooks:
        return _law(world, "hook_duration")
    if event in ("DownloadBundle", "Install"):
        return _law(world, "download_bundle" if event == "DownloadBundle" else "install")
    if not isinstance(service, ServerFleet) or service.load_balancer is None:
        return 0.0
    balancer, check = service.load_balancer, service.load_balancer.health_check
    if event == "BlockTraffic":
        reading = cast("BlockTrafficReading", world.assumed("block_traffic"))
        if reading == "drained" and balancer.in_flight is not None:
            return balancer.in_flight
        delay = balancer.deregistration_delay
        return load_balancer.block_traffic_wait(
            reading, balancer.kind, delay, check.interval, check.healthy_threshold, delay
        )
    if event == "AllowTraffic":
        asked = cast("AllowTrafficReading", world.assumed("allow_traffic"))
        return load_balancer.allow_traffic_wait(asked, check.interval, check.healthy_threshold, check.interval)
    return 0.0


def _sum(parts: Sequence[tuple[Law, int]]) -> NDArray[np.float64]:
    """Sample of the sum of independent parts, each the slowest of so many targets; the same one every time.

    Many parts that are alike, as the batches of a large fleet, add up to a normal amount.
    """
    order = np.random.default_rng(0)
    u = (np.arange(_POINTS) + 0.5) / _POINTS
    total = np.zeros(_POINTS)
    alike = Counter((id(law), targets) for law, targets in parts)
    laws = {id(law): law for law, _ in parts}
    for (key, targets), count in alike.items():
        law = laws[key]
        if _fixed(law):
            total += count * _quantile(law, 0.5)
            continue
        assert isinstance(law, Distribution)
        longest = np.minimum(law.quantile(u ** (1.0 / targets)), limits.EVENT_RUN_LIMIT_S)
        if count < _MANY:
            for _ in range(count):
                total += order.permutation(longest)
        else:
            total += count * longest.mean() + math.sqrt(count) * longest.std() * order.standard_normal(_POINTS)
    return total


def _law(world: Scenario, name: str) -> Law:
    value = world.assumed(name)
    assert not isinstance(value, str)  # the table has a duration there
    return value


def _fixed(law: Law) -> bool:
    return not isinstance(law, Distribution) or law.fixed is not None


def _quantile(law: Law, at: float) -> float:
    return float(law.quantile(np.array([at]))[0]) if isinstance(law, Distribution) else law
