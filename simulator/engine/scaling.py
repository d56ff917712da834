"""The Auto Scaling group of a fleet: instances that are launched, brought up to date and terminated meanwhile.

The one thing a newcomer would get wrong: what an instance gets is the last revision that *succeeded*. During a rollout
that is the previous one, and a further deployment brings the instance up afterwards; after a bad rollout succeeded it
is the bad one, and where the launch fails of it the group launches the next instance, again and again.

Sources: CodeDeploy user guide, integrations-aws-auto-scaling and troubleshooting-auto-scaling; EC2 Auto Scaling guide,
attach-load-balancer (instances drain before they are terminated).
"""

from __future__ import annotations

import numpy as np

from simulator.engine.attempt import Deployment
from simulator.engine.clock import ACTION, END, Steps, at, call_at, on_grid
from simulator.engine.deployment import deployment, new_deployment, roll_back
from simulator.engine.faults import draw_fates_of
from simulator.engine.fleet import IN_SERVICE, REGISTERED
from simulator.engine.groups import Revision
from simulator.engine.rollouts.fleet_update import FleetUpdate
from simulator.engine.rollouts.part import Part
from simulator.engine.world import World
from simulator.model.service.fleet import AutoScaling
from simulator.rules import auto_scaling, lifecycle
from simulator.rules.limits import AUTO_SCALING_LAUNCH_LIMIT_S
from simulator.trace.records import Capacity, Creator, DeploymentChange, Scaling, ServiceChange

# Lifecycle draws of these deployments: numbers that no rollout and no way back has, so that nobody's luck moves.
LAUNCHES, TERMINATIONS, FOLLOW_ON = -1, -2, -3
SOONEST_S = 1.0  # a group whose instances fail at once launches the next a second later at the soonest


class AutoScalingGroup:
    """What the group wants, and what becomes of it.

    Parameters
    ----------
    world : World
        Where it scales.
    options : AutoScaling
        When, and what becomes of outdated instances.

    Attributes
    ----------
    desired : int
        Instances it wants.
    pending : int
        Places of it whose instance is not in service yet.
    """

    def __init__(self, world: World, options: AutoScaling) -> None:
        self.world, self.options, self.fleet = world, options, world.fleet
        self.desired = self.exist = self.fleet.size
        self.pending = self.follow_ons = 0
        self.following = False
        balanced = self.fleet.balanced
        self.launch_events = lifecycle.events("server", "asg_launch", load_balancer=balanced)
        ends = lifecycle.events("server", "asg_termination", load_balancer=balanced)
        # Without a load balancer there is nothing to deregister from.
        self.termination_events = tuple(event for event in ends if balanced or event != "BlockTraffic")

    def begin(self) -> None:
        """Put every step on the clock; of one instant launches come before terminations."""
        for step in self.options.scale_out:
            call_at(self.world.env, on_grid(step.at), ACTION, self.scale_out, step.instances)
        for step in self.options.scale_in:
            call_at(self.world.env, on_grid(step.at), ACTION, self.scale_in, step.instances)

    # -- out -------------------------------------------------------------------------------------------------

    def scale_out(self, instances: int) -> None:
        """Launch so many more."""
        self.desired += instances
        self.pending += instances
        self.tell("scale-out")
        self.billed(instances)
        for _ in range(instances):
            self.world.env.process(self.place())

    def place(self) -> Steps[None]:
        """One more instance: launched until one gets into service, or the group wants none any more."""
        world, tried = self.world, False
        world.under_way += 1
        while True:
            target = yield from self.launch()
            well = yield from self.launch_deployment(target)
            if not tried:
                # An untouched group would have had the instance by now, whatever the revision did to it.
                tried = True
                self.serve(1)
            if well or len(self.fleet.group) + self.pending > self.desired:
                break
            pause = world.drawn("auto_scaling_relaunch", f"auto_scaling_relaunch/{target}")
            yield at(world.env, on_grid(world.env.now + max(pause, SOONEST_S)), ACTION)
            self.billed(1)
        self.pending -= 1
        if well:
            self.fleet.group.append(target)
            if len(self.fleet.group) + self.pending > self.desired:
                world.env.process(self.leave(target))
        world.under_way -= 1
        world.flow_changed()
        if not world.deploying():
            yield from self.follow_on()

    def launch(self) -> Steps[int]:
        """Number of a new instance, once it can be deployed to."""
        world, fleet = self.world, self.fleet
        target = fleet.extend(1)
        self.tell("launch", target)
        draws = world.streams.uniforms("auto_scaling", target + 1, 2)[target:]
        launch, overhead = world.assume("instance_launch"), world.assume("asg_overhead")
        takes = float(np.max(launch.quantile(draws[:, 0]) + overhead.quantile(draws[:, 1])))
        yield at(world.env, on_grid(world.env.now + takes), ACTION)
        fleet.alive[target] = True
        draw_fates_of(world, target, 1)
        return target

    def launch_deployment(self, target: int) -> Steps[bool]:
        """Install the last successful revision before the instance goes into service; whether it may."""
        world, fleet = self.world, self.fleet
        revision = world.groups.revision  # `rules.auto_scaling.launch_revision`: there always was one before
        mine = self.attempt("autoscaling", revision, LAUNCHES, target)
        part = Part(self.launch_events, [target], ("HOST_COUNT", 0), start_limit=AUTO_SCALING_LAUNCH_LIMIT_S)
        well = yield from self.run(mine, part)
        fleet.touched[target] = False  # by a rollout or a way back
        self.tell(auto_scaling.launch_result(well), target, mine.number, revision)
        if not well:
            self.terminate(target)
        return well

    # -- in --------------------------------------------------------------------------------------------------

    def scale_in(self, instances: int) -> None:
        """Terminate so many of those in service; of the others the group gets fewer than it launches."""
        self.desired -= instances
        self.tell("scale-in")
        self.serve(-instances)
        for target in self.chosen(instances):
            self.world.env.process(self.leave(target))

    def chosen(self, instances: int) -> list[int]:
        """Who goes: the group's own policy balances zones first and is not told here."""
        choice, group = self.world.assume("scale_in_choice"), sorted(self.fleet.group)
        if choice == "newest":
            group.reverse()
        elif choice == "random":
            keys = self.world.streams.uniforms("scale_in", len(self.fleet.bits), 1)[:, 0].tolist()
            group.sort(key=keys.__getitem__)
        return group[:instances]

    def leave(self, target: int) -> Steps[None]:
        """Take an instance out of service, after its termination deployment where the group waits for one."""
        world, fleet, env = self.world, self.fleet, self.world.env
        if target not in fleet.group:
            return
        fleet.group.remove(target)
        world.under_way += 1
        if self.options.termination_hook:
            yield from self.termination_deployment(target)
        else:
            world.catch_up()
            if fleet.balanced and fleet.bits[target] & REGISTERED:
                world.set_target(target, 0, IN_SERVICE, "scaled in", fleet.installed[target])
                balancer = world.service.load_balancer  # type: ignore[union-attr]
                assert balancer is not None  # the fleet is balanced
                yield at(env, on_grid(env.now + balancer.deregistration_delay), END)
        self.terminate(target)
        world.under_way -= 1
        world.flow_changed()

    def termination_deployment(self, target: int) -> Steps[None]:
        """Run the previous revision's scripts, after what is under way on the host; a failure changes nothing."""
        world = self.world
        for update in world.updates:
            if target in update.running:
                yield at(world.env, update.running[target].ends, END)
        revision: Revision = "new" if self.fleet.installed[target] == "new" else "old"
        mine = self.attempt("autoscalingTermination", revision, TERMINATIONS, target)
        yield from self.run(mine, Part(self.termination_events, [target], ("HOST_COUNT", 0)))

    def terminate(self, target: int) -> None:
        """The instance is gone; a deployment to it finds that out later."""
        world, fleet = self.world, self.fleet
        world.catch_up()
        fleet.alive[target] = False
        fleet.generation[target] += 1
        fleet.first_checks.discard(target)
        fleet.misjudged.discard(target)
        world.dies_at[target] = min(world.dies_at[target], world.env.now)
        for update in world.updates:
            update.lost(target)
        fleet.remove(target)
        if world.full:
            revision: Revision = "new" if fleet.installed[target] == "new" else "old"
            world.record(ServiceChange(world.env.now, target, "terminated", revision))
        self.billed(-1)
        self.tell("terminated", target)
        world.flow_changed()

    # -- deployments of the group's own ----------------------------------------------------------------------

    def attempt(self, creator: Creator, brings: Revision, draws: int, target: int) -> Deployment:
        """A deployment to one instance; nobody watches it, and it is no way back whatever it brings."""
        world = self.world
        number = world.deployments
        world.deployments += 1
        configuration = world.scenario.strategies[0].configuration
        event = world.env.event()
        return Deployment(number, creator, brings, configuration, False, False, event, draws=draws, targets=(target,))

    def run(self, mine: Deployment, part: Part) -> Steps[bool]:
        """Take the one target through; whether it got there."""
        world, env = self.world, self.world.env
        mine.created, mine.running = env.now, True
        for status in ("Created", "InProgress"):
            world.record(DeploymentChange(env.now, mine.number, status, mine.creator))
        update = FleetUpdate(world, mine, part)
        yield from update.through()
        mine.running, well = False, update.succeeds()
        code = None if well else "HEALTH_CONSTRAINTS"
        world.record(DeploymentChange(env.now, mine.number, "Succeeded" if well else "Failed", mine.creator, code))
        return well

    def outdated(self) -> list[int]:
        """Instances that were launched meanwhile and hold another revision than the last successful one."""
        fleet, revision = self.fleet, self.world.groups.revision
        return [target for target in fleet.group if target >= fleet.size and fleet.installed[target] != revision]

    def follow_on(self) -> Steps[None]:
        """Bring up instances that were launched with the revision before."""
        world = self.world
        if self.following or self.options.outdated_instances == "IGNORE":
            return
        self.following = True
        while self.outdated():
            pause = world.drawn("auto_update_delay", f"auto_update_delay/{self.follow_ons}")
            world.under_way += 1
            yield at(world.env, on_grid(world.env.now + pause), ACTION)
            world.under_way -= 1
            outdated = self.outdated()
            mine = new_deployment(
                world, "CodeDeployAutoUpdate", world.groups.revision, world.scenario.strategies[0].configuration
            )
            mine.only, mine.draws = tuple(outdated), FOLLOW_ON - self.follow_ons
            self.follow_ons += 1
            world.current = mine
            ending = yield from deployment(world, mine)
            if ending.status != "Succeeded":
                world.page(f"deployment {ending.status}", {})
                if mine.stopped_by == "request":
                    yield from roll_back(world, mine)
                break
        self.following = False
        world.flow_changed()

    # -- what is written down --------------------------------------------------------------------------------

    def serve(self, more: int) -> None:
        """An untouched group would have so many more in service from now on."""
        world, production = self.world, self.fleet
        production.serving += more
        world.capacity_at_zero = production.serving * world.plan.capacity_each
        self.world.record(Scaling(world.env.now, "counts", self.desired, production.serving))
        world.flow_changed()

    def tell(
        self, what: str, target: int | None = None, deployed: int | None = None, revision: Revision | None = None
    ) -> None:
        """Write down a step of the group."""
        self.world.record(
            Scaling(self.world.env.now, what, self.desired, self.fleet.serving, target, deployed, revision)  # type: ignore[arg-type]
        )

    def billed(self, more: int) -> None:
        """Write down how many instances there are."""
        self.exist += more
        self.world.record(Capacity(self.world.env.now, "old", "instance", self.exist))
