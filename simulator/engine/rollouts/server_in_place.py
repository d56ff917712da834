"""An EC2 or on-premises fleet updated in place, keeping the minimum healthy hosts in service.

The one thing a newcomer would get wrong: a target's process waits only for the instants that others can see; all
its lifecycle events were planned before it started, and are written into the trace when it ends or is cut.

Source: CodeDeploy user guide, "Instance health" and "AppSpec hooks"; the host's side: aws-codedeploy-agent.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

import simpy

from simulator.engine.clock import END, HEALTH, Steps, at, call_at, on_grid
from simulator.engine.fleet import ANSWERS, HEALTHY, NEW, REGISTERED
from simulator.engine.lifecycle import Attempt, FleetPlan, Planned, plan_fleet
from simulator.engine.target_row import NOT_STARTED, Row
from simulator.engine.world import World
from simulator.model.release import HookFailure
from simulator.model.service import ServerFleet
from simulator.rules import healthy_hosts
from simulator.rules.healthy_hosts import TargetHealth
from simulator.rules.limits import EVENT_RUN_LIMIT_S, EVENT_START_LIMIT_S
from simulator.trace.records import EventRun, FaultStrike, TargetChange, Usage

if TYPE_CHECKING:
    from simulator.engine.deployment import Deployment

LOAD_BALANCER_EVENTS = frozenset({"BlockTraffic", "AllowTraffic"})


def server_in_place(world: World, mine: Deployment) -> Steps[tuple[str, str | None]]:
    """Update the fleet batch by batch, or as a window; end Succeeded or Failed by the floor's rule."""
    update = FleetUpdate(world, mine)
    try:
        delay = on_grid(world.assume("creation_delay"))
        if delay > 0:
            yield at(world.env, world.env.now + delay, END)
        while update.waiting or update.in_progress:
            if update.must_stop():
                break
            update.start_some()
            if not update.in_progress:
                break
            update.wake = world.env.event()
            yield update.wake
        update.skip_waiting()
    except simpy.Interrupt as stop:
        update.cut()
        return "Stopped", str(stop.cause)
    if update.succeeds():
        return "Succeeded", None
    return "Failed", "HEALTH_CONSTRAINTS"


class FleetUpdate:
    """Who waits, who is being updated, who failed, in one deployment to the fleet."""

    def __init__(self, world: World, mine: Deployment) -> None:
        assert isinstance(world.service, ServerFleet)
        self.world, self.mine, self.service = world, mine, world.service
        self.fleet = world.fleet
        hosts = mine.configuration.minimum_healthy_hosts
        assert hosts is not None  # a Server configuration has them
        self.kind, self.value = hosts.type, hosts.value
        self.required = healthy_hosts.required(hosts.type, hosts.value, self.fleet.size)
        self.window = world.assume("dispatch") == "window"
        self.waiting: deque[int] = deque(self._queue())
        self.targets = len(self.waiting)
        self.unhealthy_waiting = sum(self.fleet.unhealthy[target] for target in self.waiting)
        self.running: dict[int, simpy.Process] = {}
        self.balanced = self.service.load_balancer is not None
        self.timed_faults = any(
            isinstance(fault, HookFailure) and fault.at is not None for fault in world.scenario.faults
        )
        self.failed = self.succeeded = 0
        self.wake = world.env.event()
        registered = tuple(bool(bits & REGISTERED) for bits in self.fleet.bits)
        attempt = Attempt(mine.number, mine.brings, mine.is_rollback, tuple(self.fleet.installed), registered)
        self.plan: FleetPlan = plan_fleet(
            world.scenario, self.service, world.release, world.streams, attempt, world.assume
        )

    @property
    def in_progress(self) -> int:
        """Targets being updated."""
        return len(self.running)

    def _queue(self) -> Iterator[int]:
        """Targets in CodeDeploy's order; a rollback may leave out those that were never touched."""
        fleet = self.fleet
        current = self.world.group_revision
        # AWS breaks ties at random; equals keep the order they are given in.
        equals = self._equals()
        health = [
            TargetHealth("Current" if fleet.installed[target] == current else "Old", not fleet.unhealthy[target])
            for target in equals
        ]
        order = [equals[place] for place in healthy_hosts.order(health)]
        automatic = self.mine.creator == "codeDeployRollback"
        if automatic and self.world.assume("rollback_scope") == "touched":
            order = [target for target in order if fleet.installed[target] == "new" or fleet.touched[target]]
        return iter(order)

    def _equals(self) -> list[int]:
        """Targets in the order in which equals are taken."""
        targets = list(range(self.fleet.size))
        if self.world.assume("tie_order") == "random":
            keys = self.world.streams.uniforms("tie_order", self.fleet.size, 1)[:, 0].tolist()
            targets.sort(key=keys.__getitem__)
        return targets

    def must_stop(self) -> bool:
        """Failures hold every place while targets still wait."""
        return self.in_progress == 0 and healthy_hosts.must_stop(
            self.required, self.fleet.size, self.failed, len(self.waiting), self.unhealthy_waiting
        )

    def succeeds(self) -> bool:
        """Whether enough targets ended well; those that a rollback leaves out serve on and count among them."""
        left_out = self.fleet.size - self.targets
        if self.targets == 0:
            return True
        return self.succeeded > 0 and healthy_hosts.deployment_succeeds(self.required, self.succeeded + left_out)

    def start_some(self) -> None:
        """Start as many targets as the floor allows."""
        if self.window and healthy_hosts.must_stop(
            self.required, self.fleet.size, self.failed, len(self.waiting), self.unhealthy_waiting
        ):
            return
        places = healthy_hosts.may_start(
            self.kind,
            self.value,
            self.fleet.size,
            self.failed,
            self.in_progress,
            window=self.window,
            unhealthy_waiting=self.unhealthy_waiting,
        )
        for _ in range(min(places, len(self.waiting))):
            target = self.waiting.popleft()
            if self.fleet.unhealthy[target]:
                self.unhealthy_waiting -= 1
            self.running[target] = self.world.env.process(self.target_update(target))

    def target_update(self, target: int) -> Steps[None]:
        """Take one target out of service, through its lifecycle events, and back."""
        world, fleet = self.world, self.fleet
        fleet.generation[target] += 1
        fleet.touched[target] = True
        start = world.env.now
        if fleet.busy_until[target] > start and world.assume("agent_commands") == "one_by_one":
            start = fleet.busy_until[target]
        row = self.row(target, start)
        try:
            for instant, what in row.visible:
                if instant > world.env.now:
                    yield at(world.env, instant, HEALTH)
                self.apply(target, what)
            yield at(world.env, row.ends, END)
            self.ended(target, row)
        except simpy.Interrupt:
            self.stopped(target, row)

    # -- the plan of one target --------------------------------------------------------------------------

    def row(self, target: int, start: float) -> Row:
        """The target's plan at absolute instants, cut where its host dies or a fault strikes."""
        first_limit = self.world.env.now + EVENT_START_LIMIT_S
        if start + self.plan.started[target][0] > first_limit:
            # The agent is still busy with the stopped deployment's script (user guide, Limits: event not started).
            event = self.plan.events[0]
            return Row([Planned(event, self.world.env.now, first_limit, True, NOT_STARTED)], self.balanced)
        row = Row(None, self.balanced, self.plan, target, start)
        dies = self.world.dies_at[target] if self.fleet.alive[target] else -math.inf
        if dies >= row.ends and not self.timed_faults:
            return row
        planned = self._struck(target, row.events)
        return Row(self._dead(planned, dies) if dies < planned[-1].ends else planned, self.balanced)

    def _struck(self, target: int, planned: list[Planned]) -> list[Planned]:
        for fault in self.world.scenario.faults:
            if not isinstance(fault, HookFailure) or fault.target != target or fault.at is None:
                continue
            if fault.on != "both" and (fault.on == "rollback") != self.mine.is_rollback:
                continue
            for index, event in enumerate(planned):
                if event.event == fault.event and event.started <= fault.at < event.ends:
                    hit = Planned(event.event, event.started, on_grid(fault.at), True, "ScriptFailed")
                    return [*planned[:index], hit]
        return planned

    def _dead(self, planned: list[Planned], dies: float) -> list[Planned]:
        """A dead host: the running event fails at its run limit, one not begun at its start limit.

        User guide, Limits and troubleshooting-ec2-instances: the timer of a script lives in the dead agent.
        """
        offered = self.world.env.now
        for index, event in enumerate(planned):
            if dies < event.started:
                ends = offered + EVENT_START_LIMIT_S
                return [*planned[:index], Planned(event.event, offered, ends, True, NOT_STARTED)]
            if dies < event.ends and event.event != "BlockTraffic":
                ends = event.started + EVENT_RUN_LIMIT_S
                return [*planned[:index], event._replace(ends=ends, fails=True, code="UnknownError")]
            offered = event.ends
        return planned

    # -- effects ---------------------------------------------------------------------------------------------

    def apply(self, target: int, what: str) -> None:
        """Let an instant of the plan take effect on the fleet."""
        world, revision = self.world, self.mine.brings
        if what == "leaves":
            world.set_target(target, 0, REGISTERED | HEALTHY, "leaves", world.fleet.installed[target])
        elif what == "down":
            world.set_target(target, 0, ANSWERS, "down", world.fleet.installed[target])
        elif what in ("up", "registers", "returns"):
            self._arrives(target, what, revision)

    def _arrives(self, target: int, what: str, revision: str) -> None:
        world = self.world
        answers = world.fleet.alive[target] and not (revision == "new" and world.release.crashes)
        set_bits = (ANSWERS if answers else 0) | (NEW if revision == "new" else 0)
        clear = (0 if answers else ANSWERS) | (0 if revision == "new" else NEW)
        if what == "registers":
            set_bits |= REGISTERED
            word = "up"
        else:
            set_bits |= REGISTERED | HEALTHY
            word = "returns" if what == "returns" else "up"
        world.fleet.installed[target] = revision
        world.set_target(target, set_bits, clear, word, revision)

    def ended(self, target: int, row: Row) -> None:
        """The target is done, well or not."""
        self._hold(target, row, row.ends)
        self._finish(target, row, "Failed" if row.fails else "Succeeded", row.ends)
        if row.fails:
            self.failed += 1
        else:
            self.succeeded += 1
        del self.running[target]
        if not self.wake.triggered and (self.window or not self.running):
            self.wake.succeed()

    def stopped(self, target: int, row: Row) -> None:
        """The deployment was stopped: the running event's record ends now, its script runs on to its planned end."""
        now, fleet, env = self.world.env.now, self.fleet, self.world.env
        begun = (event for event in row.events if event.code != NOT_STARTED)
        running = next((event for event in begun if event.started <= now < event.ends), None)
        self._hold(target, row, now)
        self._finish(target, row, "Failed", now)
        if running is None:
            return
        if running.event not in LOAD_BALANCER_EVENTS:
            fleet.busy_until[target] = running.ends
        if running.fails:
            return
        if running.event == "Install" and self.world.assume("agent_commands") == "one_by_one":
            # It will hold it when the copying is done, and whoever deploys to it next waits until then.
            fleet.installed[target] = self.mine.brings
        if running.event in ("Install", "ApplicationStart", "AllowTraffic"):
            self.world.under_way += 1
            call_at(env, running.ends, HEALTH, self._runs_on, target, running.event, fleet.generation[target])

    def _runs_on(self, target: int, event: str, generation: int) -> None:
        """A script that outlived the stop has ended; nothing happens if a later deployment took the host over."""
        world = self.world
        world.under_way -= 1
        if self.fleet.generation[target] == generation:
            if event == "Install":
                self.fleet.installed[target] = self.mine.brings
            elif event == "AllowTraffic" or self.service.load_balancer is None:
                self._arrives(target, "returns" if event == "AllowTraffic" else "up", self.mine.brings)
        world.flow_changed()

    def _hold(self, target: int, row: Row, now: float) -> None:
        """What the host holds now: an Install that has ended counts, whatever came after (agent source)."""
        for event in row.held:
            if event.event == "Install" and event.ends <= now and not event.fails:
                self.fleet.installed[target] = self.mine.brings
            if event.event == "DownloadBundle" and event.started <= now and event.code != NOT_STARTED:
                tries = self.plan.attempts[target]
                self.world.record(Usage(now, self.mine.number, "bundle_download", float(tries)))

    def _finish(self, target: int, row: Row, status: str, now: float) -> None:
        """Write the target's records and its health in CodeDeploy's eyes."""
        world, number = self.world, self.mine.number
        self.fleet.unhealthy[target] = status != "Succeeded"
        if row.began(now) and (status == "Succeeded" or world.assume("failed_update_billed") == "yes"):
            world.record(Usage(now, number, "instance_update", 1.0))
        if world.full:
            for event in row.events:
                if event.started > now or (event.started == now and event.ends > now):
                    break
                cut = event.ends > now
                how = "Failed" if event.fails or cut else "Succeeded"
                if event.code == NOT_STARTED:
                    how = "Skipped"
                ends = min(event.ends, now)
                world.record(EventRun(ends, number, target, event.event, event.started, how, event.code))  # type: ignore[arg-type]
        if row.fails and row.ends <= now:
            last = row.events[-1]
            world.record(FaultStrike(now, last.code or "UnknownError", target, last.event))
        world.record(TargetChange(now, number, target, status))  # type: ignore[arg-type]

    def skip_waiting(self) -> None:
        """Targets never started are Skipped (API, DeploymentOverview)."""
        for target in self.waiting:
            self.world.record(TargetChange(self.world.env.now, self.mine.number, target, "Skipped"))
        self.waiting.clear()

    def cut(self) -> None:
        """Stop every running target and skip the rest."""
        for process in list(self.running.values()):
            if process.is_alive:
                process.interrupt("stopped")
        self.running.clear()
        self.skip_waiting()
