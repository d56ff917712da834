"""Rollouts that are broken on purpose, each in one way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import simpy

from simulator.engine.clock import END, at
from simulator.engine.rollouts.fleet_update import FleetUpdate
from simulator.engine.rollouts.lambda_alias import lambda_alias
from simulator.engine.rollouts.part import Part
from simulator.engine.rollouts.server_in_place import server_in_place
from simulator.rules import healthy_hosts, lifecycle

Result = tuple[str, str | None]
Steps = Iterator[Any]


def one_too_many(world: Any, mine: Any) -> Any:
    """Take one instance more out of service than the minimum healthy hosts allow."""
    hosts, fleet = mine.configuration.minimum_healthy_hosts, world.fleet.size
    required = healthy_hosts.required(hosts.type, hosts.value, fleet)
    events = lifecycle.events("server", "in_place", load_balancer=world.service.load_balancer is not None)
    update = FleetUpdate(world, mine, Part(events, minimum=("HOST_COUNT", max(0, required - 1))))
    try:
        yield from update.through()
    except simpy.Interrupt as stop:
        update.cut()
        return "Stopped", str(stop.cause)
    return ("Succeeded", None) if update.succeeds() else ("Failed", "HEALTH_CONSTRAINTS")


def blind_to_zones(world: Any, mine: Any) -> Any:
    """Deploy to all zones at once, whatever the configuration says of them."""
    mine.configuration = mine.configuration.model_copy(update={"zonal": None})
    return (yield from server_in_place(world, mine))


def of_its_own_luck(world: Any, mine: Any) -> Any:
    """Wait for a time that no stream gives."""
    try:
        yield at(world.env, world.env.now + float(np.random.default_rng().integers(1, 1000)), END)
    except simpy.Interrupt as stop:
        return "Stopped", str(stop.cause)
    return (yield from server_in_place(world, mine))


def of_others_draws(world: Any, mine: Any) -> Any:
    """Ask for a block of draws in another shape than everybody else."""
    world.streams.uniforms("tie_order", world.fleet.size, 3)
    return (yield from server_in_place(world, mine))


def forgetful(world: Any, mine: Any) -> Any:
    """Say Succeeded without having touched a target."""
    yield at(world.env, world.env.now, END)
    return "Succeeded", None


def deaf(world: Any, mine: Any) -> Any:
    """Let a stop request pass through as an exception."""
    yield at(world.env, world.env.now + 10_000.0, END)
    return (yield from server_in_place(world, mine))


def heavy(world: Any, mine: Any) -> Any:
    """Give the new version more than all the traffic."""
    world.production.weight_new = 1.2
    world.flow_changed()
    return (yield from lambda_alias(world, mine))


no_function = 3
