"""An EC2 fleet replaced by another one behind its load balancer, and given back its traffic while it stands.

The one thing a newcomer would get wrong: nobody loses service on the way. Replacements are installed beside the
originals and registered at the deployment configuration's pace; only then do the originals leave, all at once.

Sources: CodeDeploy user guide, "AppSpec hooks", deployment-groups-create-blue-green and deployment-configurations; API
reference, DeploymentReadyOption and BlueInstanceTerminationOption.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import simpy

from simulator.engine.attempt import Deployment
from simulator.engine.clock import END, Steps, at, on_grid
from simulator.engine.faults import draw_fates_of, struck_by
from simulator.engine.fleet import REGISTERED
from simulator.engine.rollouts import waits
from simulator.engine.rollouts.fleet_update import FleetUpdate
from simulator.engine.rollouts.part import Part
from simulator.engine.rollouts.waiting_line import in_turn
from simulator.engine.world import World
from simulator.model.deployment_configuration import MinimumHealthyHostsType
from simulator.model.faults import NoCapacity, ProvisioningSlow
from simulator.model.service import ServerFleet
from simulator.rules import blue_green, lifecycle
from simulator.rules.rollback import TerminalStatus
from simulator.trace.records import Capacity, TargetChange

Result = tuple[TerminalStatus, str | None]

UNHEALTHY: Result = ("Failed", "HEALTH_CONSTRAINTS")
EVERYBODY: tuple[MinimumHealthyHostsType, int] = ("HOST_COUNT", 0)


def server_blue_green(world: World, mine: Deployment) -> Steps[Result]:
    """Replace the fleet, or give traffic back to one that still stands with the revision to bring."""
    story = Replacement(world, mine)
    result: Result
    try:
        delay = on_grid(world.assume("creation_delay"))
        if delay > 0:
            yield at(world.env, world.env.now + delay, END)
        result = yield from story.give_back() if story.standing else story.replace()
    except simpy.Interrupt as stop:
        story.cut()
        result = "Stopped", str(stop.cause)
    story.close(succeeded=result[0] == "Succeeded")
    return result


class Replacement:
    """One deployment's two sides: the instances that leave production, and those that arrive.

    Parameters
    ----------
    world : World
        Where it happens.
    mine : Deployment
        What is brought, and how carefully.

    Attributes
    ----------
    standing : bool
        Whether instances that served the revision to bring are still there, so that nothing is installed.
    leaving, arriving : list of int
        Targets of each side.
    """

    def __init__(self, world: World, mine: Deployment) -> None:
        assert isinstance(world.service, ServerFleet)
        self.world, self.mine, self.fleet = world, mine, world.fleet
        self.options = world.scenario.blue_green
        self.passes: list[FleetUpdate] = []
        self.sides = sides = world.fleet.sides(mine.targets)
        self.revision = world.groups.last_good_of(mine.targets)
        self.standing = True
        if self.revision == mine.brings:
            self.arriving, self.leaving = sides.group, self.registered(sides.aside)
        else:
            # Originals that a deployment has kept are in no deployment group any more (API reference,
            # BlueInstanceTerminationOption), so a way back after it launches others.
            # One that was stopped all along has no traffic to give up.
            alive, bits = world.fleet.alive, world.fleet.bits
            leaving = [target for target in sides.group if alive[target] or bits[target] & REGISTERED]
            self.standing, self.arriving, self.leaving = False, [], leaving

    def registered(self, targets: list[int]) -> list[int]:
        """Those of the targets that the load balancer knows."""
        return [target for target in targets if self.fleet.bits[target] & REGISTERED]

    # -- forward ---------------------------------------------------------------------------------------------

    def replace(self) -> Steps[Result]:
        """Provision, install, wait to be continued, register, deregister the originals, wait, terminate them."""
        error = yield from self.provision()
        if error is not None:
            return "Failed", error
        install = self.part(lifecycle.INSTALL_EVENTS, self.arriving, ends=False)
        yield from install.through()
        if not install.succeeds():
            return UNHEALTHY
        code = yield from waits.ready_wait(self.world, self.mine)
        if code is not None:
            return "Stopped", code
        register = self.part(lifecycle.ALLOW_EVENTS, install.passed)
        yield from register.through()
        if not register.succeeds():
            return UNHEALTHY
        block = self.part(lifecycle.BLOCK_EVENTS, self.leaving, minimum=EVERYBODY)
        yield from block.through()
        if block.failed:
            # One original that cannot be deregistered fails the deployment (user guide, instances-health).
            return UNHEALTHY
        if self.options.originals.action == "TERMINATE":
            yield from waits.termination_wait(self.world, self.mine)
            self.terminate(self.leaving)
        return "Succeeded", None

    def provision(self) -> Steps[str | None]:
        """Launch the replacements, or take those that exist; the code of what prevents it."""
        world, fleet, sides = self.world, self.fleet, self.sides
        healthy = sum(fleet.alive[target] for target in self.leaving)
        # What existed beforehand is there once; a later deployment's instances have to be launched.
        found = self.options.green_fleet == "DISCOVER_EXISTING" and not sides.found
        size, error = blue_green.provisioning(
            "DISCOVER_EXISTING" if found else "COPY_AUTO_SCALING_GROUP", len(self.leaving), healthy, self.existing()
        )
        if error is None and not found and struck_by(world, NoCapacity, self.mine.number):
            error = "NO_INSTANCES"  # "Auto Scaling capacity too small" (user guide, error-codes)
        if error is not None:
            return error
        first = fleet.extend(fleet.size)
        # Each takes the place, and the luck, of one that leaves.
        self.arriving = [first + place for place in sorted(target % fleet.size for target in self.leaving)[:size]]
        sides.aside, sides.serves = self.arriving, None
        if found:
            sides.found = self.arriving  # they are there, and billed, whether anybody deploys to them or not
        else:
            fleet.launched += size
            self.billed("new", fleet.launched)
            yield at(world.env, on_grid(world.env.now + self.launch_time()), END)
        for target in self.arriving:
            fleet.alive[target] = True
        draw_fates_of(world, first, fleet.size)
        return None

    def existing(self) -> int:
        """Replacements that exist beforehand."""
        return len(self.leaving) if self.options.existing is None else self.options.existing

    def launch_time(self) -> float:
        """Seconds until the slowest of the instances can be deployed to."""
        world = self.world
        places = [target % self.fleet.size for target in self.arriving]
        draws = world.streams.uniforms(f"provisioning/{self.mine.draws}", self.fleet.size, 2)[places]
        launch, overhead = world.assume("instance_launch"), world.assume("asg_overhead")
        slowest = float(np.max(launch.quantile(draws[:, 0]) + overhead.quantile(draws[:, 1])))
        slow = struck_by(world, ProvisioningSlow, self.mine.number)
        if slow is not None:
            draw = np.array([world.streams.uniform(f"{slow.kind}/{self.mine.number}/factor")])
            slowest *= max(1.0, float(slow.factor.quantile(draw)[0]))
        return slowest

    # -- back ------------------------------------------------------------------------------------------------

    def give_back(self) -> Steps[Result]:
        """Register those that stand, deregister the others; nothing is installed (user guide, AppSpec hooks)."""
        world, env = self.world, self.world.env
        allow = self.part(lifecycle.ALLOW_EVENTS, self.arriving, gives_back=True)
        if world.assume("blue_green_rollback_order") == "together":
            block = self.part(lifecycle.BLOCK_EVENTS, self.leaving, minimum=EVERYBODY, gives_back=True)
            yield env.process(allow.through()) & env.process(block.through())
        else:
            yield from allow.through()
            if not allow.succeeds():
                return UNHEALTHY
            block = self.part(lifecycle.BLOCK_EVENTS, self.leaving, minimum=EVERYBODY, gives_back=True)
            yield from block.through()
        return ("Succeeded", None) if allow.succeeds() and not block.failed else UNHEALTHY

    # -- what both need --------------------------------------------------------------------------------------

    def part(
        self,
        events: tuple[str, ...],
        targets: list[int],
        *,
        minimum: tuple[MinimumHealthyHostsType, int] | None = None,
        ends: bool = True,
        gives_back: bool = False,
    ) -> FleetUpdate:
        """Targets of one side on their way through a few events, in the order in which equals are taken."""
        concerned, size = set(targets), self.fleet.size
        first = targets[0] // size * size if targets else 0  # each fleet has as many numbers as the first
        order = [first + place for place in in_turn(self.world) if first + place in concerned]
        if minimum is None:
            hosts = self.mine.configuration.minimum_healthy_hosts
            assert hosts is not None  # a Server configuration has them
            # Replacements that were not installed are not there to be registered, so one of the rest may always go.
            capped = hosts.type == "HOST_COUNT" and hosts.value >= len(targets)
            minimum = (hosts.type, max(len(targets) - 1, 0)) if capped else (hosts.type, hosts.value)
        update = FleetUpdate(self.world, self.mine, Part(events, order, minimum, first, ends, gives_back))
        self.passes.append(update)
        return update

    def terminate(self, targets: list[int]) -> None:
        """Take instances away for good."""
        world, fleet = self.world, self.fleet
        for target in targets:
            fleet.alive[target] = False
            fleet.dark.pop(target, None)
            fleet.generation[target] += 1
            fleet.first_checks.discard(target)
            fleet.change(target, 0, fleet.bits[target])
        if targets and targets[0] < fleet.size:
            fleet.originals -= len(targets)
            self.billed("old", fleet.originals)
        elif targets and targets != self.sides.found:
            fleet.launched -= len(targets)
            self.billed("new", fleet.launched)
        world.flow_changed()

    def billed(self, colour: Literal["old", "new"], units: int) -> None:
        """Write down how many instances there are now; those that a deployment found are nobody's extra."""
        self.world.record(Capacity(self.world.env.now, colour, "instance", units))

    def cut(self) -> None:
        """The deployment is stopped: nothing further is dispatched on either side."""
        for update in self.passes:
            update.cut()

    def close(self, *, succeeded: bool) -> None:
        """Settle which instances are the deployment group now, and what becomes of the others."""
        world, sides = self.world, self.sides
        self.skip_rest()
        if succeeded:
            gone = not self.standing and self.options.originals.action == "TERMINATE"
            before = sides.group
            self.fleet.replace(sides, self.arriving)
            if gone:
                sides.aside, sides.serves = [], None
            elif before is not self.arriving:
                # Somebody can give traffic back to those that are kept; what left on a way back is not wanted again.
                sides.aside, sides.serves = before, None if self.standing else self.revision
        idle = sides.aside and sides.serves is None and not self.registered(sides.aside)
        if idle and world.assume("green_after_failure") == "terminated":
            self.terminate(sides.aside)
            sides.aside = []

    def skip_rest(self) -> None:
        """Targets that the deployment did not get to, or got through a part of it only, are Skipped."""
        world, number = self.world, self.mine.number
        told: set[int] = set()
        for update in self.passes:
            concerned = set(update.part.targets or ())
            told |= concerned if update.part.ends else concerned - set(update.passed)
        for target in [*self.arriving, *self.leaving]:
            if target not in told:
                world.record(TargetChange(world.env.now, number, target, "Skipped"))
