"""An EC2 or on-premises fleet updated in place, keeping the minimum healthy hosts in service.

The one thing a newcomer would get wrong: nothing of how targets are paced stands here. That is `fleet_update`, which
EC2 blue/green uses too; in place one pass over the whole fleet is the deployment.

Source: CodeDeploy user guide, "Instance health" and "AppSpec hooks".
"""

from __future__ import annotations

import simpy

from simulator.engine.attempt import Deployment
from simulator.engine.clock import END, Steps, at, on_grid
from simulator.engine.rollouts.fleet_update import FleetUpdate
from simulator.engine.world import World
from simulator.rules.rollback import TerminalStatus


def server_in_place(world: World, mine: Deployment) -> Steps[tuple[TerminalStatus, str | None]]:
    """Update the fleet batch by batch, or as a window; end Succeeded or Failed by the floor's rule."""
    update = FleetUpdate(world, mine)
    try:
        delay = on_grid(world.assume("creation_delay"))
        if delay > 0:
            yield at(world.env, world.env.now + delay, END)
        yield from update.through()
    except simpy.Interrupt as stop:
        update.cut()
        return "Stopped", str(stop.cause)
    if update.succeeds():
        return "Succeeded", None
    return "Failed", "HEALTH_CONSTRAINTS"
