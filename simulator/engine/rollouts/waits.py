"""Waits of a deployment: for somebody to continue it, before the originals are terminated, and between zones.

The one thing a newcomer would get wrong: nothing is over while the originals wait for their end. The deployment is
InProgress, both sides are billed, alarms are watched, and the way back is open.

Source: CodeDeploy API reference, DeploymentReadyOption, BlueInstanceTerminationOption and ZonalConfig; user guide,
"Limits".
"""

from __future__ import annotations

from typing import Literal

from simulator.engine.attempt import Deployment
from simulator.engine.clock import ACTION, Steps, at, on_grid
from simulator.engine.world import World
from simulator.model.platforms import PLATFORMS
from simulator.rules import blue_green
from simulator.trace.records import DeploymentChange, Wait


def ready(world: World, mine: Deployment) -> blue_green.Ready:
    """How the wait for rerouting will end; people who deploy by hand are there to continue."""
    option = world.scenario.blue_green.ready
    if option.action == "CONTINUE_DEPLOYMENT" or mine.is_rollback:
        return blue_green.ready_wait("CONTINUE_DEPLOYMENT")
    longest = world.assume("ready_wait") if option.wait is None else option.wait
    continued = None
    if option.continued_after is not None:
        continued = world.sample(option.continued_after, "continued_after")
    return blue_green.ready_wait(option.action, longest, continued, PLATFORMS[world.service.platform].ready_wait_limit)


def ready_wait(world: World, mine: Deployment) -> Steps[str | None]:
    """Wait to be continued; the code with which the deployment is Stopped if nobody did."""
    ends = ready(world, mine)
    yield from wait(world, mine, "READY_WAIT", ends.after)
    if ends.continues:
        if ends.after > 0:
            _status(world, mine, "InProgress")
        return None
    mine.stopped_by = "ready_wait"
    return ends.code


def termination_wait(world: World, mine: Deployment) -> Steps[None]:
    """Keep the originals until they are terminated."""
    given = world.scenario.blue_green.originals.wait
    seconds = world.assume("termination_wait") if given is None else given
    if mine.watched and seconds > 0 and world.scenario.alarms:
        mine.watched = world.assume("termination_wait_watches_alarms") == "yes"
    yield from wait(world, mine, "TERMINATION_WAIT", blue_green.originals_gone_after("TERMINATE", seconds))
    mine.watched = False  # there is nothing left to go back to


def wait(
    world: World, mine: Deployment, kind: Literal["READY_WAIT", "TERMINATION_WAIT", "MONITOR"], seconds: float
) -> Steps[None]:
    """Let time pass between two parts of a deployment."""
    if seconds <= 0:
        return
    ends = on_grid(world.env.now + seconds)
    world.record(Wait(world.env.now, mine.number, kind, ends))
    if kind == "READY_WAIT":
        _status(world, mine, "Ready")
    yield at(world.env, ends, ACTION)


def _status(world: World, mine: Deployment, status: str) -> None:
    """Write a status that the deployment passes through."""
    change = DeploymentChange(world.env.now, mine.number, status, mine.creator, None, mine.is_rollback)  # type: ignore[arg-type]
    world.record(change)
