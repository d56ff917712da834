"""What goes wrong around the revision by itself: instances that die, and the load balancer noticing.

The one thing a newcomer would get wrong: fates are drawn up front, so a plan can be cut where its host dies.
"""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from simulator.engine.clock import HEALTH, call_at, on_grid
from simulator.engine.fleet import ANSWERS, HEALTHY
from simulator.engine.world import World
from simulator.model.release import InstanceCrash
from simulator.model.service import ServerFleet
from simulator.rules.load_balancer import time_to_notice
from simulator.trace.records import FaultStrike


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
    for target, instant in enumerate(world.dies_at):
        if instant < math.inf:
            call_at(world.env, instant, HEALTH, _dies, world, target)


def _dies(world: World, target: int) -> None:
    if not world.fleet.alive[target]:
        return
    world.fleet.alive[target] = False
    world.record(FaultStrike(world.env.now, "instance_crash", target))
    world.set_target(target, 0, ANSWERS, "dies", world.fleet.installed[target])
    _noticed_later(world, target)


def _noticed_later(world: World, target: int) -> None:
    """The load balancer takes its checks to see that a host is gone; nobody answers, so each takes its timeout."""
    service = world.service
    if not isinstance(service, ServerFleet) or service.load_balancer is None:
        return
    check = service.load_balancer.health_check
    law = world.assume("health_check_phase")
    u = world.streams.uniforms("health_check_phase", world.fleet.size, 1)[target]
    phase = float(law.quantile(u)[0]) * check.interval
    wait = time_to_notice(check.interval, check.unhealthy_threshold, phase, check.timeout)
    call_at(world.env, on_grid(world.env.now + wait), HEALTH, partial(_noticed, world, target))


def _noticed(world: World, target: int) -> None:
    if not world.fleet.alive[target]:
        world.set_target(target, 0, HEALTHY, "noticed", world.fleet.installed[target])
