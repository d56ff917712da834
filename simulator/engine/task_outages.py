"""Tasks of an ECS service whose Availability Zone is gone for a time, and those that ECS starts in their places.

The one thing a newcomer would get wrong: nobody waits for the zone. Tasks that fail their checks are replaced where
there is room, so what is missing is missing for a launch and its checks, unless an assumption says that they wait.

Sources: Amazon ECS developer guide, service-load-balancing (a task that fails its checks is replaced); Application Load
Balancer guide, target-group-health-checks.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from simulator.engine.clock import HEALTH, all_on_grid, call_at
from simulator.engine.fleet import Outage
from simulator.engine.outages import drawn_outages
from simulator.engine.production.task_sets import Revision, Tasks
from simulator.engine.rollouts.ecs_service import launch_times, task_sets_of
from simulator.engine.world import World
from simulator.model.service import EcsService
from simulator.rules import load_balancer
from simulator.trace.records import FaultStrike

FloatArray = NDArray[np.float64]
LAUNCH, PHASE_GONE, PHASE_BACK = range(3)  # draws of one task


def let_happen(world: World) -> None:
    """Draw the outages of a service's zones and let them happen."""
    if not isinstance(world.service, EcsService):
        return
    production = task_sets_of(world)
    production.outages = drawn_outages(world)
    for outage in production.outages:
        call_at(world.env, outage.begins, HEALTH, _begins, world, outage)


def _begins(world: World, outage: Outage) -> None:
    production, now = task_sets_of(world), world.env.now
    world.record(FaultStrike(now, "zone_outage", None, f"zone {outage.zone}"))
    instants = {outage.ends}
    for revision in sorted(production.sets):
        lost = _lost(world, outage, revision)
        before = production.sets[revision]
        production.sets[revision] = after = _after(before, lost, now)
        production.takes_traffic(revision)
        instants |= {*after.started, *after.healthy, *(ends for _, ends in after.dead)}
        again = after.healthy if math.isfinite(before.healthy[-1]) else after.started
        production.whole_again = max(production.whole_again, again[-1])
    for instant in sorted(instants):
        if now < instant < math.inf:
            call_at(world.env, instant, HEALTH, world.flow_changed)
    world.flow_changed()


Lost = dict[int, tuple[float, float, float]]
"""By place in a task set: when a task is missed, when its successor runs, and when that is healthy."""


def _lost(world: World, outage: Outage, revision: Revision) -> Lost:
    """Tasks of a task set that stand in the zone."""
    service = world.service
    assert isinstance(service, EcsService)  # the tasks' service
    places = list(service.in_zone(outage.zone))
    check = service.load_balancer.health_check
    draws = world.streams.uniforms(f"zone_outage/{revision}/{outage.begins}", service.tasks, 3)[places]
    phases = world.assume("health_check_phase").quantile(draws[:, PHASE_GONE]) * check.interval
    missed = outage.begins + load_balancer.time_to_notice(check.interval, check.unhealthy_threshold, 0.0, check.timeout)
    missed = np.minimum(missed + phases, outage.ends)
    again = world.assume("health_check_phase").quantile(draws[:, PHASE_BACK]) * check.interval
    back = missed >= outage.ends  # before anybody has missed it
    if world.assume("zone_outage_tasks") == "replaced":
        reading = world.assume("allow_traffic")
        each = check.interval, check.healthy_threshold
        runs = np.where(back, outage.ends, missed + launch_times(world, service, draws[:, LAUNCH]))
        waits = np.array([load_balancer.allow_traffic_wait(reading, *each, phase) for phase in again.tolist()])
    else:
        runs = np.full(len(places), outage.ends)
        waits = load_balancer.time_to_recover(check.interval, check.healthy_threshold, 0.0) + again
    healthy = np.where(back, outage.ends, runs + waits)
    found = (all_on_grid(missed).tolist(), all_on_grid(runs).tolist(), all_on_grid(healthy).tolist())
    return dict(zip(places, zip(*found, strict=True), strict=True))


def _after(tasks: Tasks, lost: Lost, now: float) -> Tasks:
    """A task set whose lost tasks run, and are healthy, when their successors do; one that never is, never."""
    started, healthy, dead = list(tasks.started), list(tasks.healthy), list(tasks.dead)
    for place, (missed, runs, passes) in lost.items():
        if healthy[place] <= now and tasks.answers:
            dead.append((now, missed))
        started[place] = max(runs, started[place])
        healthy[place] = max(passes, healthy[place])
    pairs = tuple(zip(started, healthy, strict=True))
    return tasks._replace(started=tuple(sorted(started)), healthy=tuple(sorted(healthy)), pairs=pairs, dead=tuple(dead))
