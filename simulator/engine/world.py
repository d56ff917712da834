"""One replication's world: clock, state, alarms, people, and the trace they leave; complete when built.

The one thing a newcomer would get wrong: every change of who takes requests goes through `flow_changed`, which
records the rates of that instant once, feeds what CloudWatch will see, and asks whether the service has settled.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import simpy

from simulator.engine.agenda import Agenda
from simulator.engine.alarms import AlarmBoard, Judged, Watched, phase_of
from simulator.engine.attempt import Update
from simulator.engine.clock import HEALTH, TRAFFIC, Steps, at, call_at, on_grid
from simulator.engine.groups import Group, Groups
from simulator.engine.production import Production, ServerProduction
from simulator.engine.release import Release
from simulator.engine.telemetry import Levels, Seen, Telemetry
from simulator.engine.whole import Whole
from simulator.engine.world_plan import HOUR_S, world_plan
from simulator.model.alarm import Alarm, AlarmState
from simulator.model.flow import Flow
from simulator.model.scenario import Scenario
from simulator.randomness import Streams
from simulator.rules.flow import covers
from simulator.rules.retries import Retried
from simulator.trace.records import AlarmChange, Attempts, FlowChange, ServiceChange, Trace

NEGLIGIBLE = 1e-12  # a failing share below this is rounding, not harm


class World(Whole):
    """Everything one run consists of.

    Parameters
    ----------
    scenario : Scenario
        Resolved for one strategy.
    streams : Streams
        Draws of the replication.
    release : Release
        The drawn revision.
    trace : Trace
        Where records go.
    """

    def __init__(
        self,
        scenario: Scenario,
        streams: Streams,
        release: Release,
        trace: Trace,
        env: simpy.Environment | None = None,
    ) -> None:
        super().__init__(scenario, streams, release, trace, env)
        self.sites = (self,)
        self.plan = plan = world_plan(scenario)
        self.full = trace.grain == "full"
        self.service = plan.service
        self.assumed: set[str] = set()
        self.production: Production = plan.production(self)
        self.forwards = 0  # deployments of the new revision, and bakes after them
        self.way_back_running = self.way_back_failed = False
        self.deployments = 0
        self.groups = Groups()
        # Whom the rollout has begun with: each is brought back by a deployment of its own.
        self.reached = [Group(None, scenario.strategies[0].configuration)]
        self.dies_at = [math.inf] * self.production.size
        self.agendas: list[Agenda] = []
        self.updates: list[Update] = []  # those that may be under way, of a fleet that scales
        # What an Auto Scaling group deploys once a rollout, or the way back from it, is over.
        self.follow_on: Callable[[], Steps[None]] | None = None
        self.on_alarm.append(self._record_alarm)
        self.capacity_at_zero = plan.capacity_at_zero
        self.requests = plan.requests
        self._flow = self.production.flow if self.requests is None else self._met
        if release.shows_when is not None:
            self._flow = partial(self._as_it_shows, self._flow)
        self.flow = plan.flow_at_zero
        self.demand = self.flow.demand
        self.at_servers = plan.untouched_at_servers(self.demand)  # kept where it differs from what users see
        self._dormant = release.shows_after < math.inf  # whether a latent defect's clock has yet to start
        self._flow_is_quiet = False  # whether the latest change of rates is nobody's business but the trace's
        self._levels_wanted = plan.levels_wanted
        self.seen: list[Seen | FlowChange] = list(plan.history) if plan.judged else []
        self.board = self._board()
        if plan.judged and plan.history[-1].flow != self.at_servers:
            self._observe(0.0)  # a step of the profile at this very instant
        self._latest_flow, self._sound = self._record_first_rates(), self._sound_at(self.demand)

    @property
    def fleet(self) -> ServerProduction:
        """The targets of a server fleet."""
        assert isinstance(self.production, ServerProduction)  # nobody asks a function or task sets for them
        return self.production

    def deploying(self) -> bool:
        """Whether a deployment to the group runs or is about to, those of its Auto Scaling group aside."""
        running = self.current is not None and self.current.running
        return running or self.forward_running or self.way_back_running

    @property
    def forward_running(self) -> bool:
        """Whether a rollout is in progress."""
        return self.forwards > 0

    # -- assumptions -------------------------------------------------------------------------------------

    def assume(self, name: str) -> Any:
        """Value of an assumption; the trace remembers that the run relied on it."""
        self.assumed.add(name)
        return self.plan.values[name]

    def drawn(self, name: str, purpose: str) -> float:
        """One draw of a random assumption, or its fixed value, on the grid."""
        return self.sample(self.assume(name), purpose)

    def sample(self, law: Any, purpose: str) -> float:
        """One draw from a distribution (or a plain number), on the grid."""
        return on_grid(law if isinstance(law, float) else self._share(law, purpose))

    def share(self, name: str, purpose: str | None = None) -> float:
        """One draw of where a clock stands in its period, as a fraction of it."""
        return self._share(self.assume(name), purpose or name)

    def _share(self, law: Any, purpose: str) -> float:
        fixed: float | None = law.fixed
        return law.at(self.streams.uniform(purpose)) if fixed is None else fixed

    # -- what CloudWatch sees ------------------------------------------------------------------------------

    def _board(self) -> AlarmBoard:
        plan, watched = self.plan, []
        if plan.judged:
            self.assumed.add("evaluation_range_floor")
            poisson, minute = self.assume("alarm_counts") == "poisson", phase_of(self.share("minute_phase"), 60.0)
            telemetry = {
                width: Telemetry(
                    self.streams, self.seen, self.production.expected, minute % width, width, poisson, self.assume
                )
                for width in plan.widths
            }
            watched = [self._watched(judged, minute, telemetry[judged.width]) for judged in plan.judged]
        return AlarmBoard(self.env, plan.alarms, watched, plan.composites, self._alarm_changed, self.alarms_can_matter)

    def _watched(self, judged: Judged, minute: float, telemetry: Telemetry) -> Watched:
        """An alarm with its own second, drawn by its name so that another alarm more or less moves nobody's."""
        share = self.share("alarm_evaluation_phase", f"alarm_evaluation_phase/{judged.alarm.name}")
        anchor = minute + (self.plan.hour_anchor if judged.cadence == HOUR_S else 0)
        phase = on_grid(anchor + phase_of(share, judged.cadence))
        return Watched(judged, telemetry, anchor, phase)

    def _alarm_changed(
        self, alarm: Alarm, before: AlarmState, state: AlarmState, slot_end: float | None, delivered: float | None
    ) -> None:
        for listener in self.on_alarm:
            listener(alarm, before, state, slot_end, delivered)

    def _record_alarm(
        self, alarm: Alarm, before: AlarmState, state: AlarmState, slot_end: float | None, delivered: float | None
    ) -> None:
        self.record(AlarmChange(self.env.now, alarm.name, state, slot_end, delivered))

    def _observe(self, instant: float) -> None:
        """Let CloudWatch see the rates and, where an alarm asks for them, the levels of an instant."""
        seen = self.seen
        flow = self.flow if self.requests is None else self.at_servers
        latest = Seen(instant, flow, self._levels()) if self._levels_wanted else FlowChange(instant, flow)
        if seen[-1][0] == instant:
            seen[-1] = latest
        else:
            seen.append(latest)

    def _sound_at(self, demand: float) -> float:
        """Good answers per second from which on alarms see of all kinds of requests what they see of the untouched."""
        everybody = (1.0 - self.plan.baseline) * demand * (1.0 - NEGLIGIBLE)
        # An overloaded service may lose others than the untouched one would; of retries servers see more than users.
        whole = self.requests is None and self.plan.untouched(demand).untouched >= everybody
        return everybody if whole else math.inf

    def _levels(self) -> Levels:
        flow = self.flow
        healthy, unhealthy, *by_revision = self.production.health()
        latency = self.plan.latency or 0.0
        slow = latency * self.release.slow_factor
        served = flow.served_old + flow.served_new
        both = (flow.served_old * latency + flow.served_new * slow) / served if served > 0 else latency
        return Levels(healthy, unhealthy, latency, slow, both, *by_revision)

    # -- requests --------------------------------------------------------------------------------------------

    def _met(self, demand: float) -> Flow:
        """Rates that users see, where servers see others."""
        assert self.requests is not None  # only then is this asked
        self._latest_met = self.requests.now(demand, self.production)
        return self._latest_met.users

    def _record_first_rates(self) -> int:
        """Record what holds at zero, and give the record's place."""
        place = len(self.trace.records)
        self.record(FlowChange(0.0, self.flow))
        if self.requests is not None:
            self._tell_tries(0.0, self.requests.untouched(self.demand).tries)
        return place

    def _servers_see(self, instant: float) -> None:
        """Note what servers see of the latest rates."""
        self.at_servers = self._latest_met.servers
        self._tell_tries(instant, self._latest_met.tries)

    def _tell_tries(self, instant: float, tries: Retried) -> None:
        assert self.requests is not None  # only then is this asked
        if self.scenario.traffic.retries is not None:
            anyway = self.requests.untouched(self.demand).tries.failed_attempts
            self.record(Attempts(instant, tries.load, tries.failed_attempts, anyway))

    def flow_changed(self) -> None:
        """Work out the rates of this instant; record them if they differ, and let those know who care."""
        if self._change_flow(self.env.now):
            self._flow_has_changed()
        elif self._levels_wanted:
            self._observe(self.env.now)
        if self.under_way == 0:
            self.consider_end()

    def flow_changed_at(self, instant: float) -> bool:
        """The same at an instant before the clock's next event; whether nobody but the trace cares."""
        if instant == self.env.now:
            self.flow_changed()
        elif self._change_flow(instant):
            if not self._flow_is_quiet:
                call_at(self.env, instant, HEALTH, self._flow_has_changed)
        elif self._levels_wanted:
            self._observe(instant)
        return self._flow_is_quiet

    def _change_flow(self, instant: float) -> bool:
        """Record the rates from an instant on, and whether the change needs to be told to anybody."""
        flow, before = self._flow(self.demand), self.flow
        if flow is before or flow == before:
            return False
        self.flow = flow
        # Changes of one instant leave one record, so that nothing is measured in between them.
        records, latest = self.trace.records, self._latest_flow
        # As FlowChange(...), without its call (`rules.flow`).
        change = tuple.__new__(FlowChange, (instant, flow))
        if records[latest][0] == instant:
            records[latest] = change
        else:
            self._latest_flow = len(records)
            records.append(change)
        if self.requests is not None:
            self._servers_see(instant)
        if self.seen:
            self._observe(instant)
            if flow.good < self._sound and self.board.ceilings:
                self.board.met(self.seen[-1].flow)
        if self._dormant and flow.share_new > 0:
            self._dormant = False
            call_at(self.env, on_grid(instant + self.release.shows_after), HEALTH, self._defect_shows)
        self._flow_is_quiet = (
            before.good >= before.untouched
            and flow.good >= flow.untouched
            and self.under_way > 0
            and not (self.production.open or self.board.resting)
        )
        return True

    def unwatched(self) -> bool:
        """Whether nobody but the trace cares who takes requests, as long as they are answered as well as ever."""
        if self.full or self.release.bad or self.requests is not None or self._levels_wanted:
            return False
        lossless = self.flow.good >= self.flow.untouched
        return lossless and self.under_way > 0 and not (self.production.open or self.board.resting)

    def unnoticed(self, changes: list[FlowChange]) -> None:
        """Record changes of rates that come one after another, all before the clock's next event and told to nobody."""
        self.flow, self._flow_is_quiet = changes[-1].flow, True
        self.trace.records.extend(changes)
        self._latest_flow = len(self.trace.records) - 1
        if self.seen:
            self.seen.extend(changes)  # with nobody to ask for more than the rates

    def _defect_shows(self) -> None:
        """A latent defect shows from now on, whether or not the new revision still serves."""
        self.catch_up()
        self._fails(self.release.hidden_share)
        self.flow_changed()

    def _as_it_shows(self, flows: Callable[[float], Flow], demand: float) -> Flow:
        """Rates with a defect that shows in some states of the service only."""
        flow = flows(demand)
        share = self.release.share_in(flow)
        if share == self.release.error_share:
            return flow
        self._fails(share)
        return flows(demand)

    def _fails(self, share: float) -> None:
        """The new revision fails this share of its requests from now on."""
        self.release.error_share = self.production.error_share = share

    def _flow_has_changed(self) -> None:
        """Tell people who see requests fail, alarms that rest, and plans that hang on nobody being healthy."""
        for listener in self.flow_listeners:
            listener()
        if self.board.resting:
            self.board.wake()
        if self.production.open:
            for agenda in self.agendas:
                agenda.go_on()  # registered targets get requests now

    def catch_up(self) -> None:
        """Let every step of a target's plan that was due till now have its effect."""
        for agenda in self.agendas:
            agenda.catch_up()

    def set_target(self, target: int, set_bits: int, clear_bits: int, what: str, revision: str) -> None:
        """Change a target's state bits, with its record in the full grain."""
        self.catch_up()
        if self.fleet.change(target, set_bits, clear_bits):
            if self.full:
                self.record(ServiceChange(self.env.now, target, what, revision))  # type: ignore[arg-type]
            self.flow_changed()

    def traffic(self) -> Steps[None]:
        """Users' demand, one event at each step of the profile or of what was recorded."""
        for instant, rate in self.plan.demand.ahead():
            yield at(self.env, instant, TRAFFIC)
            self.demand = rate
            self._sound = self._sound_at(rate)
            if self.board.ceilings:
                self.board.met(self.plan.untouched_at_servers(rate))
            self.flow_changed()

    # -- the end ----------------------------------------------------------------------------------------------

    def begun(self) -> bool:
        """Whether anything has been deployed."""
        return self.deployments > 0

    def rates(self) -> Flow:
        """Rates of all requests now."""
        return self.flow

    def settled(self) -> bool:
        """One sound revision takes all traffic, nobody dead is sent any, capacity covers demand or is as at zero.

        While targets warm up and refuse requests, capacity that others have to spare covers nothing.
        """
        flow = self.flow
        sound = flow.share_new == 0 or not self.release.bad
        well = self.production.nobody_dead() and not self.production.suffers_from_youth()
        return self.one_revision() and sound and well and covers(flow, self.capacity_at_zero)

    def looks_well(self) -> bool:
        """What somebody at the dashboards can see of `settled`: a defect shows by what it fails, or by an alarm."""
        flow = self.flow
        well = flow.failing_share <= NEGLIGIBLE and not self.alarm_shows()
        return self.one_revision() and well and self.production.nobody_dead() and covers(flow, self.capacity_at_zero)

    def one_revision(self) -> bool:
        """One revision takes all production traffic, targets that a Succeeded deployment gave up aside."""
        flow = self.flow
        if flow.share_old == 0 or flow.share_new == 0:
            return flow.share_old != flow.share_new
        return self.latest_succeeded and self.production.one_revision_but_given_up()

    def alarms_can_matter(self) -> bool:
        """Whether an alarm could still change anything: something is under way, failing, or slow for one to see."""
        if self.under_way > 0 or self.flow.failing_share > NEGLIGIBLE:
            return True
        if self.requests is not None and self.at_servers.failing_share > NEGLIGIBLE:
            return True  # tries fail, whatever becomes of the requests
        return self.plan.latency_watched and self.release.slow_factor > 1 and self.flow.share_new > 0

    def alarm_shows(self) -> bool:
        """Whether an alarm is up for a bad revision that takes requests."""
        if not self.release.bad or self.flow.share_new <= 0:
            return False
        return any(each.state == "ALARM" and each.alarm.pages for each in self.board.watched)
