"""What goes wrong around the revision by itself: instances that die, and the load balancer noticing.

The one thing a newcomer would get wrong: fates are drawn up front, so a plan can be cut where its host dies.
"""

from __future__ import annotations

import math
from typing import TypeVar

import numpy as np

from simulator.engine.clock import HEALTH, call_at, on_grid
from simulator.engine.fleet import ANSWERS, HEALTHY
from simulator.engine.world import World
from simulator.model.faults import (
    AgentDead,
    AlarmAlreadyUp,
    HealthCheckFailure,
    InstanceCrash,
    MetricsMissing,
    NoCapacity,
    ProvisioningSlow,
    Throttling,
)
from simulator.model.service import LoadBalancer, ServerFleet
from simulator.rules.load_balancer import time_to_notice
from simulator.trace.records import FaultStrike

Struck = TypeVar("Struck", NoCapacity, ProvisioningSlow, HealthCheckFailure, Throttling)


def draw_fates(world: World) -> None:
    """Draw when each instance dies, if it does, and let it happen then."""
    if not isinstance(world.service, ServerFleet):
        return
    crashes = [fault for fault in world.scenario.faults if isinstance(fault, InstanceCrash)]
    # Hazards of several causes add up, and one draw for each instance serves them all.
    if rate := sum(fault.rate or 0.0 for fault in crashes):
        u = world.streams.uniforms("instance_crash", world.fleet.size, 1)[:, 0]
        world.dies_at = [on_grid(life) for life in (-np.log1p(-u) / rate).tolist()]
    for fault in crashes:
        if fault.target is not None and fault.at is not None:
            world.dies_at[fault.target] = min(world.dies_at[fault.target], on_grid(fault.at))
    _let_happen(world, range(world.fleet.size))
    _find_dead_agents(world, range(world.fleet.size))


def draw_fates_of(world: World, first: int, size: int) -> None:
    """The same for instances that were launched now, `first` being the number of the first."""
    end = first + size
    world.dies_at += [math.inf] * (end - len(world.dies_at))
    crashes = [fault for fault in world.scenario.faults if isinstance(fault, InstanceCrash)]
    if rate := sum(fault.rate or 0.0 for fault in crashes):
        u = world.streams.uniforms("instance_crash", end, 1)[first:, 0]
        world.dies_at[first:end] = [on_grid(world.env.now + life) for life in (-np.log1p(-u) / rate).tolist()]
        _let_happen(world, range(first, end))
    _find_dead_agents(world, range(first, end))


def _find_dead_agents(world: World, targets: range) -> None:
    """Draw on which hosts the agent does not answer; a fault that names one is about the hosts at zero."""
    for place, fault in enumerate(world.scenario.faults):
        if not isinstance(fault, AgentDead):
            continue
        found = [] if fault.target is None or fault.target not in targets else [fault.target]
        if fault.probability is not None:
            draws = world.streams.uniforms(f"{fault.kind}/{place}", targets.stop, 1)[:, 0].tolist()
            found = [target for target in targets if draws[target] < fault.probability]
        for target in found:
            if target not in world.fleet.dead_agents:
                world.fleet.dead_agents.add(target)
                world.record(FaultStrike(world.env.now, fault.kind, target))


def _let_happen(world: World, targets: range) -> None:
    for target in targets:
        if world.dies_at[target] < math.inf:
            call_at(world.env, world.dies_at[target], HEALTH, _dies, world, target)


def struck_by(world: World, kind: type[Struck], deployment: int) -> Struck | None:
    """The first fault of a kind that strikes a deployment by its probability, if one does; it is recorded."""
    for place, fault in enumerate(world.scenario.faults):
        if isinstance(fault, kind) and world.streams.uniform(f"{fault.kind}/{deployment}/{place}") < fault.probability:
            world.record(FaultStrike(world.env.now, fault.kind, None))
            return fault
    return None


def disturb_alarms(world: World) -> None:
    """Let metrics go missing that the scenario's faults take away, and begin the alarms; some of them up already."""
    chances = [
        (fault, world.streams.uniform(f"{fault.kind}/{place}"))
        for place, fault in enumerate(world.scenario.faults)
        if isinstance(fault, AlarmAlreadyUp | MetricsMissing)
    ]
    struck = [fault for fault, u in chances if u < fault.probability]
    for fault in struck:
        if isinstance(fault, MetricsMissing):
            begin, end = on_grid(fault.at), on_grid(fault.at + fault.lasts)
            for telemetry in {watched.telemetry for watched in world.board.watched}:
                telemetry.lose(begin, end)
            call_at(world.env, begin, HEALTH, world.record, FaultStrike(begin, fault.kind, None))
    world.board.begin()
    for fault in struck:
        if isinstance(fault, AlarmAlreadyUp):
            name = fault.alarm or next(alarm.name for alarm in world.scenario.alarms if alarm.watched)
            world.board.put_up(name)
            world.record(FaultStrike(0.0, fault.kind, None, name))


def _dies(world: World, target: int) -> None:
    if not world.fleet.alive[target]:
        return
    world.catch_up()
    world.fleet.alive[target] = False
    world.record(FaultStrike(world.env.now, "instance_crash", target))
    world.set_target(target, 0, ANSWERS, "dies", world.fleet.installed[target])
    _noticed_later(world, target)


def _noticed_later(world: World, target: int) -> None:
    """The load balancer takes its checks to see that a host is gone; nobody answers, so each takes its timeout."""
    service = world.service
    if isinstance(service, ServerFleet) and service.load_balancer is not None:
        wait = notice_wait(world, service.load_balancer, target, service.load_balancer.health_check.timeout)
        call_at(world.env, on_grid(world.env.now + wait), HEALTH, _noticed, world, target)


def notice_wait(world: World, balancer: LoadBalancer, target: int, probe: float) -> float:
    """Seconds until the load balancer calls a target unhealthy of which each check fails after `probe` seconds."""
    check = balancer.health_check
    law = world.assume("health_check_phase")
    u = world.streams.uniforms("health_check_phase", len(world.fleet.bits), 1)[target]
    phase = float(law.quantile(u)[0]) * check.interval
    return time_to_notice(check.interval, check.unhealthy_threshold, phase, probe)


def _noticed(world: World, target: int) -> None:
    if not world.fleet.alive[target]:
        world.set_target(target, 0, HEALTHY, "noticed", world.fleet.installed[target])
