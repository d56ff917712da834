"""Originals that blue/green has kept, registered again by hand.

The one thing a newcomer would get wrong: CodeDeploy has no way back to them. KEEP_ALIVE takes them out of the
deployment group, so a deployment of the previous revision would launch another fleet; what brings them back at once is
somebody at the load balancer, who also takes the replacements out.

Sources: CodeDeploy API reference, BlueInstanceTerminationOption; Application Load Balancer guide, target-group-health-
checks. That people do so is an assumption.
"""

from __future__ import annotations

import numpy as np

from simulator.engine.clock import HEALTH, Steps, at, on_grid
from simulator.engine.fleet import REGISTERED, effects_of
from simulator.engine.groups import Targets
from simulator.engine.template import allow_traffic_wait
from simulator.engine.world import World
from simulator.model.service import ServerFleet
from simulator.trace.records import PersonAct


def registered_again(world: World, targets: Targets) -> Steps[None]:
    """Register the kept originals of a deployment group, wait until they are healthy, deregister the others."""
    fleet, env = world.fleet, world.env
    sides = fleet.sides(targets)
    kept = fleet.kept(targets)
    world.record(PersonAct(env.now, "registers", _so_many(len(kept), "kept original")))
    steps, begun = effects_of("old", crashes=False), env.now
    for target in kept:
        fleet.generation[target] += 1
        _take(world, steps["registers"], target, "old")
    for wait, target in sorted(zip(_waits(world, kept), kept, strict=True)):
        yield at(env, on_grid(begun + wait), HEALTH)
        if fleet.alive[target]:
            fleet.ageing(env.now, target, "returns")
            _take(world, steps["returns"], target, "old")
    others = [target for target in sides.group if fleet.bits[target] & REGISTERED]
    world.record(PersonAct(env.now, "deregisters", _so_many(len(others), "replacement")))
    for target in others:
        fleet.generation[target] += 1
        _take(world, steps["leaves"], target, fleet.installed[target])
    replaced = sides.group
    fleet.replace(sides, kept)
    sides.aside, sides.serves = replaced, None
    world.flow_changed()


def _take(world: World, step: tuple[int, int, str, bool], target: int, revision: str) -> None:
    set_bits, clear_bits, word, _ = step
    world.set_target(target, set_bits, clear_bits, word, revision)


def _waits(world: World, kept: list[int]) -> list[float]:
    """Seconds from the registration of each original to its being healthy."""
    service, fleet = world.service, world.fleet
    assert isinstance(service, ServerFleet)  # whose originals they are
    assert service.load_balancer is not None  # as blue/green has
    places = [target % fleet.size for target in kept]
    draws = world.streams.uniforms("kept_originals", fleet.size, 1)[places, 0]
    given = service.lifecycle.durations.get("AllowTraffic")
    if given is not None:
        return [on_grid(wait) for wait in np.asarray(given.quantile(draws)).tolist()]
    reading = world.assume("allow_traffic")
    phases = world.assume("health_check_phase").quantile(draws) * service.load_balancer.health_check.interval
    return [allow_traffic_wait(service, reading, phase) for phase in phases.tolist()]


def _so_many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
