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
from simulator.engine.lifecycle import Attempt, FleetPlan, Planned, events_of, plan_fleet
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
        delay = on_grid(world.assume("creation_delay")) if not mine.is_rollback else 0.0
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
    if healthy_hosts.deployment_succeeds(update.required, update.succeeded):
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
        self.unhealthy_waiting = sum(self.fleet.unhealthy[target] for target in self.waiting)
        self.running: dict[int, simpy.Process] = {}
        self.rows: dict[int, list[Planned]] = {}
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
        health = [
            TargetHealth("Current" if fleet.installed[target] == current else "Old", not fleet.unhealthy[target])
            for target in range(fleet.size)
        ]
        order = healthy_hosts.order(health)
        if self.mine.is_rollback and self.world.assume("rollback_scope") == "touched":
            order = [target for target in order if fleet.installed[target] == "new" or fleet.touched[target]]
        return iter(order)

    def must_stop(self) -> bool:
        """Failures hold every place while targets still wait."""
        return self.in_progress == 0 and healthy_hosts.must_stop(
            self.required, self.fleet.size, self.failed, len(self.waiting), self.unhealthy_waiting
        )

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
        start = max(world.env.now, fleet.busy_until[target])
        row = self.row(target, start)
        self.rows[target] = row
        try:
            for instant, order, what in self.visible(row):
                if instant > world.env.now:
                    yield at(world.env, instant, order)
                self.apply(target, what)
            if row[-1].ends > world.env.now:
                yield at(world.env, row[-1].ends, END)
            else:
                yield at(world.env, world.env.now, END)
            self.ended(target, row)
        except simpy.Interrupt:
            self.stopped(target, row)

    # -- the plan of one target --------------------------------------------------------------------------

    def row(self, target: int, start: float) -> list[Planned]:
        """The target's events at absolute instants, cut where its host dies or a fault strikes."""
        first_limit = self.world.env.now + EVENT_START_LIMIT_S
        planned = [
            Planned(event.event, start + event.started, start + event.ends, event.fails, event.code)
            for event in events_of(self.plan, target)
        ]
        if planned[0].started > first_limit:
            # The agent is still busy with the stopped deployment's script (user guide, Limits: event not started).
            return [Planned(planned[0].event, first_limit, first_limit, True, "UnknownError")]
        planned = self._struck(target, planned)
        dies = self.world.dies_at[target]
        return planned if dies == math.inf and self.fleet.alive[target] else self._dead(target, planned, dies)

    def _struck(self, target: int, planned: list[Planned]) -> list[Planned]:
        for fault in self.world.scenario.faults:
            if not isinstance(fault, HookFailure) or fault.target != target or fault.at is None:
                continue
            for index, event in enumerate(planned):
                if event.event == fault.event and event.started <= fault.at < event.ends:
                    hit = Planned(event.event, event.started, on_grid(fault.at), True, "ScriptFailed")
                    return [*planned[:index], hit]
        return planned

    def _dead(self, target: int, planned: list[Planned], dies: float) -> list[Planned]:
        """A dead host: the running event fails at its run limit, one not begun at its start limit.

        User guide, Limits and troubleshooting-ec2-instances: the timer of a script lives in the dead agent.
        """
        if not self.fleet.alive[target]:
            dies = -math.inf
        offered = self.world.env.now
        for index, event in enumerate(planned):
            if dies < event.started:
                ends = offered + EVENT_START_LIMIT_S
                return [*planned[:index], Planned(event.event, ends, ends, True, "UnknownError")]
            if dies < event.ends and event.event != "BlockTraffic":
                ends = event.started + EVENT_RUN_LIMIT_S
                return [*planned[:index], event._replace(ends=ends, fails=True, code="UnknownError")]
            offered = event.ends
        return planned

    def visible(self, row: list[Planned]) -> list[tuple[float, int, str]]:
        """Instants at which others see this target change, in order."""
        instants: list[tuple[float, int, str]] = []
        balanced = self.service.load_balancer is not None
        for event in row:
            match event.event:
                case "BlockTraffic" if balanced:
                    instants.append((event.started, HEALTH, "leaves"))
                case "ApplicationStop" if not balanced:
                    instants.append((event.started, HEALTH, "down"))
                case "ApplicationStart" if not balanced and not event.fails:
                    instants.append((event.ends, HEALTH, "up"))
                case "AllowTraffic" if balanced:
                    instants.append((event.started, HEALTH, "registers"))
                    if not event.fails:
                        instants.append((event.ends, HEALTH, "returns"))
        return instants

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
            early = world.assume("fail_open_initial") == "yes"
            set_bits |= REGISTERED if early else 0
            word = "up"
        else:
            set_bits |= REGISTERED | HEALTHY
            word = "returns" if what == "returns" else "up"
        world.fleet.installed[target] = revision
        world.set_target(target, set_bits, clear, word, revision)

    def ended(self, target: int, row: list[Planned]) -> None:
        """The target is done, well or not."""
        last = row[-1]
        self._hold(target, row, last.ends)
        self._finish(target, row, "Failed" if last.fails else "Succeeded", last.ends)
        if last.fails:
            self.failed += 1
        else:
            self.succeeded += 1
        del self.running[target]
        if not self.wake.triggered and (self.window or not self.running):
            self.wake.succeed()

    def stopped(self, target: int, row: list[Planned]) -> None:
        """The deployment was stopped: the running event's record ends now, its script runs on to its planned end."""
        now, fleet, env = self.world.env.now, self.fleet, self.world.env
        running = next((event for event in row if event.started <= now < event.ends), None)
        self._hold(target, row, now)
        self._finish(target, row, "Failed", now)
        if running is None or running.fails:
            return
        if running.event not in LOAD_BALANCER_EVENTS:
            fleet.busy_until[target] = running.ends
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
                world.record(Usage(world.env.now, self.mine.number, "instance_update", 1.0))
            elif event == "AllowTraffic" or self.service.load_balancer is None:
                self._arrives(target, "returns" if event == "AllowTraffic" else "up", self.mine.brings)
        world.flow_changed()

    def _hold(self, target: int, row: list[Planned], now: float) -> None:
        """What the host holds now: an Install that has ended counts, whatever came after (agent source)."""
        for event in row:
            if event.event == "Install" and event.ends <= now and not event.fails:
                self.fleet.installed[target] = self.mine.brings
                self.world.record(Usage(now, self.mine.number, "instance_update", 1.0))
            if event.event == "DownloadBundle" and event.started <= now:
                tries = self.plan.attempts[target]
                self.world.record(Usage(now, self.mine.number, "bundle_download", float(tries)))

    def _finish(self, target: int, row: list[Planned], status: str, now: float) -> None:
        """Write the target's records and its health in CodeDeploy's eyes."""
        world, number = self.world, self.mine.number
        self.fleet.unhealthy[target] = status != "Succeeded"
        if world.full:
            for event in row:
                if event.started > now or (event.started == now and event.ends > now):
                    break
                cut = event.ends > now
                how = "Failed" if event.fails or cut else "Succeeded"
                ends = min(event.ends, now)
                world.record(EventRun(ends, number, target, event.event, event.started, how, event.code))  # type: ignore[arg-type]
        if row[-1].fails and row[-1].ends <= now:
            world.record(FaultStrike(now, row[-1].code or "UnknownError", target, row[-1].event))
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
