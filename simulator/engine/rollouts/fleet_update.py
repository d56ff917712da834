"""Targets of a fleet on their way through lifecycle events, as many at once as a minimum of healthy hosts allows.

The one thing a newcomer would get wrong: nobody waits for a lifecycle event, only for the instants that others can
see; all events of a target were planned before it started, and are written into the trace when it ends or is cut.

Source: CodeDeploy user guide, "Instance health" and "AppSpec hooks"; the host's side: aws-codedeploy-agent.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import repeat

from simulator.engine import outages
from simulator.engine.agenda import Agenda, Step
from simulator.engine.attempt import Deployment
from simulator.engine.clock import END, HEALTH, Steps, call_at
from simulator.engine.faults import struck_by
from simulator.engine.fleet import REGISTERED
from simulator.engine.lifecycle import Attempt, forgiven_in, plan_fleet
from simulator.engine.rollouts import waits
from simulator.engine.rollouts.effects import Effects, EffectsBetweenOutages
from simulator.engine.rollouts.part import Part
from simulator.engine.rollouts.waiting_line import WaitingLine, by_zone, in_turn
from simulator.engine.target_row import NOT_STARTED, Row, Rows, dead, edges, not_started, struck
from simulator.engine.world import World
from simulator.model.deployment_configuration import MinimumHealthyHostsType
from simulator.model.faults import HealthCheckFailure, HookFailure
from simulator.model.service import ServerFleet
from simulator.rules import healthy_hosts
from simulator.rules import lifecycle as lifecycle_rules
from simulator.rules.healthy_hosts import TargetHealth
from simulator.rules.limits import EVENT_START_LIMIT_S
from simulator.trace.records import FaultStrike, TargetChange, Usage

LOAD_BALANCER_EVENTS = frozenset({"BlockTraffic", "AllowTraffic"})

# Registered, a target gets no requests before it is healthy, unless nobody is.
QUIET = frozenset({"registers"})


class FleetUpdate:
    """Who waits, who is being updated, who failed, in one deployment to the fleet or to a part of it."""

    def __init__(self, world: World, mine: Deployment, part: Part | None = None) -> None:
        assert isinstance(world.service, ServerFleet)
        self.world, self.mine, self.service = world, mine, world.service
        self.fleet = world.fleet
        balanced = self.service.load_balancer is not None
        self.part = part = part or Part(lifecycle_rules.events("server", "in_place", load_balancer=balanced))
        hosts = mine.configuration.minimum_healthy_hosts
        assert hosts is not None  # a Server configuration has them
        self.window = world.assume("dispatch") == "window"
        self.zonal = mine.configuration.zonal if part.targets is None else None
        self.line = self._line(part.minimum or (hosts.type, hosts.value))
        self.running: dict[int, Row] = {}
        self.passed: list[int] = []  # those that got through
        self.timed_faults = any(
            isinstance(fault, HookFailure) and fault.at is not None for fault in world.scenario.faults
        )
        self.succeeded = 0
        self.first, self.installs = part.first, "Install" in part.events
        self.wake = world.env.event()
        template = world.plan.lifecycle(part.events, self.fleet.places)
        forgiven = forgiven_in(template, mine.goes_back, world.assume)
        plan = plan_fleet(template, world.release, world.streams, self._attempt(), world.assume)
        crashes = mine.brings == "new" and world.release.crashes
        self.rows = Rows(plan, edges(balanced, self.fleet.ages), crashes, forgiven)
        kind = EffectsBetweenOutages if self.fleet.outages else Effects
        self.effects = effects = kind(world, self.service.load_balancer, mine.brings, crashes)
        self.steps = 0
        take, told, loud = effects.take, world.flow_changed_at, effects.registrations_seen
        self.agenda = Agenda(world.env, HEALTH, take, told, QUIET, loud, effects.sweep)
        world.agendas.append(self.agenda)
        if self.fleet.scales:
            world.updates.append(self)

    def _attempt(self) -> Attempt:
        """What the plan must know of the deployment and of what the targets hold."""
        mine, fleet, rows = self.mine, self.fleet, slice(self.part.first, self.part.first + self.fleet.places)
        registered = tuple([bits & REGISTERED > 0 for bits in fleet.bits[rows]])
        downloaded = tuple(fleet.downloaded[rows]) if self.part.gives_back else None
        installed = tuple(fleet.installed[rows])
        world, number = self.world, mine.number
        wrong = "AllowTraffic" in self.part.events and struck_by(world, HealthCheckFailure, number) is not None
        return Attempt(mine.draws, mine.brings, mine.goes_back, installed, registered, downloaded, wrong)

    def _line(self, minimum: tuple[MinimumHealthyHostsType, int]) -> WaitingLine:
        """Who waits: all targets at once, or zone after zone."""
        mine, part, fleet = self.mine, self.part, self.fleet
        given = mine.targets if part.targets is None else part.targets
        concerned: Sequence[int] = fleet.members() if given is None else given
        if mine.only is not None and self.world.assume("follow_on_floor") == "targets":
            concerned = mine.only
        order = self._queue() if part.targets is None else part.targets
        zones = [(order, len(concerned))] if self.zonal is None else by_zone(self.world, order, concerned)
        floor = None if self.zonal is None else self.zonal.minimum_healthy_hosts_per_zone
        return WaitingLine(minimum, len(concerned), zones, floor, fleet.unhealthy.copy(), self.window)

    def through(self) -> Steps[None]:
        """Take targets through, zone after zone where there are such, until none waits or failures stop it."""
        line, zonal, zone = self.line, self.zonal, 0
        while True:
            yield from self._through_those_at_hand()
            if line.waiting or not line.next_zone() or self.must_stop():
                break
            assert zonal is not None  # without zones nobody is behind the first
            zone += 1
            yield from waits.wait(self.world, self.mine, "MONITOR", zonal.wait_after(zone))
        stopped = self.skip_waiting()
        if zonal is not None and not stopped and self.world.assume("zone_wait_after_last") == "yes":
            yield from waits.wait(self.world, self.mine, "MONITOR", zonal.wait_after(zone + 1))

    def _through_those_at_hand(self) -> Steps[None]:
        """Take the targets whose turn it is through, batch by batch or as a window."""
        while self.line.waiting or self.in_progress:
            if self.must_stop():
                break
            self.start_some()
            if not self.in_progress:
                break
            self.wake = self.world.env.event()
            yield self.wake

    @property
    def in_progress(self) -> int:
        """Targets being updated."""
        return len(self.running)

    def _queue(self) -> list[int]:
        """Targets in CodeDeploy's order; a rollback may leave out those that were never touched."""
        fleet = self.fleet
        last_good = self.world.groups.last_good
        # AWS breaks ties at random; equals keep the order they are given in.
        equals = in_turn(self.world, self.mine.draws if self.mine.brings == "new" else 0)
        chosen = self.mine.targets if self.mine.only is None else self.mine.only
        if chosen is not None or fleet.scales:
            mine = frozenset(fleet.members() if chosen is None else chosen)
            equals = [target for target in equals if target in mine]
        order = equals
        if any(fleet.unhealthy) or len(set(fleet.installed)) > 1:
            health = [
                TargetHealth(
                    "Current" if fleet.installed[target] == last_good(target) else "Old", not fleet.unhealthy[target]
                )
                for target in equals
            ]
            order = [equals[place] for place in healthy_hosts.order(health)]
        automatic = self.mine.creator == "codeDeployRollback"
        if automatic and self.world.assume("rollback_scope") == "touched":
            order = [target for target in order if fleet.installed[target] == "new" or fleet.touched[target]]
        return order

    @property
    def failed(self) -> int:
        """Targets that failed."""
        return self.line.failed

    def must_stop(self) -> bool:
        """Failures hold every place while targets still wait."""
        return self.in_progress == 0 and self.line.must_stop()

    def succeeds(self) -> bool:
        """Whether enough targets ended well; those that a rollback leaves out serve on and count among them."""
        line = self.line
        left_out = line.size - line.targets
        if line.targets == 0:
            return True
        return self.succeeded > 0 and healthy_hosts.deployment_succeeds(line.required, self.succeeded + left_out)

    def start_some(self) -> None:
        """Start as many targets as the floor allows."""
        batch = self.line.start(self.in_progress)
        steps: list[Step] = []
        if len(batch) > 1:
            self.rows.make_ready([target - self.first for target in batch], self.world.env.now)
        for target in batch:
            self.begin(target, steps)
        self.wait_for(batch)  # first: the agenda looks ahead as far as the clock's next event
        self.agenda.add(steps)

    def wait_for(self, batch: list[int]) -> None:
        """Wait for the end of each target, or of the batch where nothing hangs on a target's own."""
        together = []
        for target in batch:
            if self.window or self.world.dies_at[target] < math.inf or self.fleet.outages:
                self.end_at(self.running[target].ends, [target])
            else:
                together.append(target)
        if together:
            running = self.running
            together.sort(key=lambda target: running[target].ends)
            self.end_at(running[together[-1]].ends, together)

    def end_at(self, instant: float, targets: list[int]) -> None:
        """Let targets end together."""
        call_at(self.world.env, instant, END, self.ended, [(target, self.running[target]) for target in targets])

    def begin(self, target: int, steps: list[Step]) -> None:
        """Plan one target's way out of service, through its lifecycle events, and back."""
        fleet = self.fleet
        fleet.generation[target] += 1
        fleet.touched[target] = True
        start = self.world.env.now
        if fleet.busy_until[target] > start and self.world.assume("agent_commands") == "one_by_one":
            start = fleet.busy_until[target]
        self.running[target] = row = self.row(target, start)
        self.effects.expect(target, row.fails)
        if self.world.groups.at_once:
            fleet.busy_until[target] = max(fleet.busy_until[target], row.ends)
        numbers = range(self.steps, self.steps + len(row.instants))
        self.steps += len(row.instants)
        steps.extend(zip(row.instants, numbers, repeat(target), row.effects, strict=False))

    # -- the plan of one target --------------------------------------------------------------------------

    def row(self, target: int, start: float) -> Row:
        """The target's plan at absolute instants, cut where its host dies or a fault strikes."""
        now, rows, place = self.world.env.now, self.rows, target - self.first
        if start > now and start + rows.offered(place) > now + EVENT_START_LIMIT_S:
            # The agent is still busy with the stopped deployment's script (user guide, Limits: event not started).
            return rows.of([not_started(rows.plan.events[0], now)])
        if target in self.fleet.dead_agents:
            return rows.of([not_started(rows.plan.events[0], start, self.part.start_limit)])
        row = rows.at(place, start)
        fleet = self.fleet
        dies = self.world.dies_at[target] if fleet.alive[target] or target in fleet.dark else -math.inf
        if dies >= row.ends and not (self.timed_faults or fleet.outages):
            return row
        planned = struck(row.events, place, self.mine.goes_back, self.world.scenario.faults, rows.forgiven)
        if fleet.outages:
            planned = outages.through(self.world, target, planned, now, rows.forgiven)
        return rows.of(dead(planned, dies, now, rows.forgiven) if dies < planned[-1].ends else planned)

    # -- the end of a target -------------------------------------------------------------------------------------

    def ended(self, rows: list[tuple[int, Row]]) -> None:
        """Targets are done, well or not; in a window their places are free."""
        if not self.running:
            return  # the deployment was stopped
        for target, row in rows:
            if self.running.get(target) is not row:
                continue  # its host was taken away, and it ends later
            del self.running[target]
            self.settle(target, row)
        if not self.wake.triggered and (self.window or not self.running):
            self.wake.succeed()

    def lost(self, target: int) -> None:
        """The host of a target is gone: what runs on it fails at its limit, what is next is never started."""
        row = self.running.get(target)
        if row is None:
            return
        events, now = row.events, self.world.env.now
        offered = events[0].started - self.rows.offered(target - self.first)
        self.running[target] = self.rows.of(dead(events, now, offered, self.rows.forgiven))
        self.agenda.drop(target)
        self.end_at(self.running[target].ends, [target])

    def settle(self, target: int, row: Row) -> None:
        """Write down how a target ended, at the instant at which it did."""
        self._hold(target, row, row.ends)
        self._finish(target, row, "Failed" if row.fails else "Succeeded", row.ends)
        if row.fails:
            self.line.failed += 1
        else:
            self.succeeded += 1
            self.passed.append(target)
            if self.fleet.absent:
                self.fleet.absent.discard(target)  # it serves now, so somebody would miss it

    def stopped(self, target: int, row: Row) -> None:
        """The deployment was stopped: the running event's record ends now, its script runs on to its planned end."""
        now, fleet, env = self.world.env.now, self.fleet, self.world.env
        begun = (event for event in row.events if event.code != NOT_STARTED)
        if self.world.groups.at_once:
            fleet.busy_until[target] = -math.inf
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
                what = "returns" if event == "AllowTraffic" else "up"
                self.effects.take((world.env.now, 0, target, what))
        world.flow_changed()

    def _hold(self, target: int, row: Row, now: float) -> None:
        """What the host holds now: an Install that has ended counts, whatever came after (agent source)."""
        fleet, mine = self.fleet, self.mine
        if row.installed <= now:
            fleet.installed[target] = mine.brings
        if row.fetched <= now:
            fleet.downloaded[target] = mine.brings
            tries = self.rows.plan.attempts[target - self.first]
            self.world.record(tuple.__new__(Usage, (now, mine.number, "bundle_download", float(tries))))

    def _finish(self, target: int, row: Row, status: str, now: float) -> None:
        """Write the target's records (as their constructors would, see `rules.flow`) and its health for CodeDeploy."""
        world, number, well = self.world, self.mine.number, status == "Succeeded"
        self.fleet.unhealthy[target] = not well
        billed = self.installs and row.began(now)
        if billed and (well or world.assume("failed_update_billed") == "yes"):
            world.record(tuple.__new__(Usage, (now, number, "instance_update", 1.0)))
        if world.full:
            world.trace.records.extend(row.records(number, target, now))
        if row.fails and row.ends <= now:
            last = row.events[-1]
            world.record(FaultStrike(now, last.code or "UnknownError", target, last.event))
        if self.rows.forgiven:
            for event in row.events:
                if self.rows.forgives(event) and event.ends <= now:
                    world.record(FaultStrike(event.ends, "stop_failure_ignored", target, event.event))
        if self.part.ends or not well:
            world.record(tuple.__new__(TargetChange, (now, number, target, status)))

    def skip_waiting(self) -> bool:
        """Targets never started are Skipped (API, DeploymentOverview); whether there were any."""
        left = self.line.leave()
        for target in left:
            self.world.record(TargetChange(self.world.env.now, self.mine.number, target, "Skipped"))
        return bool(left)

    def cut(self) -> None:
        """Stop every running target and skip the rest."""
        self.agenda.catch_up()
        self.agenda.clear()
        self.skip_waiting()
        running, self.running = self.running, {}
        for target, row in running.items():
            if row.ends < self.world.env.now:
                self.settle(target, row)
            else:
                self.stopped(target, row)
