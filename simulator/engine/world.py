"""One replication's world: clock, state, alarms, people, and the trace they leave; complete when built.

The one thing a newcomer would get wrong: every change of who takes requests goes through `flow_changed`, which
records the rates of that instant once, feeds what CloudWatch will see, and asks whether the service has settled.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import simpy

from simulator.engine.alarms import AlarmBoard, Watched, phase_of, recipe_of
from simulator.engine.clock import END, TRAFFIC, Steps, at, call_at, on_grid
from simulator.engine.fleet import Fleet
from simulator.engine.release import Release
from simulator.engine.telemetry import Levels, Telemetry
from simulator.model.alarm import Alarm, AlarmState
from simulator.model.context import DAY_S
from simulator.model.flow import FleetState, Flow
from simulator.model.scenario import Scenario
from simulator.model.service import LambdaFunction, ServerFleet
from simulator.randomness import Streams
from simulator.rules.flow import alias_flow, covers, fleet_flow
from simulator.rules.telemetry import ALIAS_COUNTS, FLEET_COUNTS, alias_rates, fleet_rates
from simulator.trace.records import AlarmChange, End, FlowChange, ServiceChange, Trace, Trigger, TriggerKind

if TYPE_CHECKING:
    from simulator.engine.deployment import Deployment

NEGLIGIBLE = 1e-12  # a failing share below this is rounding, not harm

UNKNOWN = Levels()  # no alarm asks

AlarmListener = Callable[[Alarm, AlarmState, AlarmState, float | None, float | None], None]


class World:
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

    def __init__(self, scenario: Scenario, streams: Streams, release: Release, trace: Trace) -> None:
        self.env = simpy.Environment()
        self.scenario, self.streams, self.release, self.trace = scenario, streams, release, trace
        self.full = trace.grain == "full"
        self.record = trace.records.append
        self.service = scenario.service
        self.over = self.env.event()
        self.assumed: set[str] = set()
        self.fleet = (
            Fleet(
                self.service.fleet.size,
                self.service.load_balancer,
                self.service.load_balancer is None or self.assume("fail_open_initial") == "yes",
            )
            if isinstance(self.service, ServerFleet)
            else Fleet(0, None)
        )
        self.weight_new = 0.0
        # Deployments, pending rollbacks, scripts that run on, people acting: while above 0 the run goes on.
        self.under_way = 0
        self.forward_running = False
        self.way_back_running = False
        self.way_back_failed = False
        self.deployments = 0
        self.latest_succeeded = False
        self.group_revision = "old"  # the deployment group's last successful revision
        self.current: Deployment | None = None
        self.dies_at = [math.inf] * self.fleet.size
        self.triggered = False
        # Called when no deployment and no way back runs any more.
        self.listeners_of_end: list[Callable[[], None]] = []
        self.flow_listeners: list[Callable[[], None]] = []
        # Called with the reason and the instants that led to it whenever somebody is to be paged.
        self.page: Callable[[str, dict[str, Any]], None] = lambda reason, instants: None
        self.demand = self._demand_at(0.0)
        self.capacity_at_zero = self.service.capacity if self.service.capacity is not None else math.inf
        self.flow = self._flow()
        phase = phase_of(self._share("minute_phase"), 60.0)
        self._telemetry = {width: self._new_telemetry(phase, width) for width in self._widths()}
        self.board = self._board(phase)
        self.on_alarm: list[AlarmListener] = [self._record_alarm]
        self._levels_wanted = any(
            found.level is not None for each in self.board.watched for found, _ in each.recipe.parts.values()
        )
        self._observe()
        self._latest_flow = len(trace.records)
        self.record(FlowChange(0.0, self.flow))

    # -- assumptions -------------------------------------------------------------------------------------

    def assume(self, name: str) -> Any:
        """Value of an assumption; the trace remembers that the run relied on it."""
        self.assumed.add(name)
        return self.scenario.assumed(name)

    def drawn(self, name: str, purpose: str) -> float:
        """One draw of a random assumption, or its fixed value, on the grid."""
        return self.sample(self.assume(name), purpose)

    def sample(self, law: Any, purpose: str) -> float:
        """One draw from a distribution (or a plain number), on the grid."""
        if isinstance(law, float):
            return on_grid(law)
        if law.fixed is not None:
            return on_grid(law.fixed)
        return on_grid(float(law.quantile(self.streams.uniforms(purpose, 1, 1)[0])[0]))

    def _share(self, name: str) -> float:
        law = self.assume(name)
        return law.fixed if law.fixed is not None else float(law.quantile(self.streams.uniforms(name, 1, 1)[0])[0])

    # -- what CloudWatch sees ------------------------------------------------------------------------------

    def _widths(self) -> set[float]:
        return {_width(alarm) for alarm in self.scenario.alarms if alarm.alarm_rule is None}

    def _new_telemetry(self, phase: float, width: float) -> Telemetry:
        names = ALIAS_COUNTS if isinstance(self.service, LambdaFunction) else FLEET_COUNTS
        poisson = self.assume("alarm_counts") == "poisson"
        return Telemetry(self.streams, names, phase % width, width, poisson, self.assume)

    def _board(self, minute_phase: float) -> AlarmBoard:
        watched, kept = [], []
        latency_known = self.scenario.traffic.latency is not None
        if self.scenario.alarms:
            law = self.assume("alarm_evaluation_phase")
            draws = self.streams.uniforms("alarm_evaluation_phase", len(self.scenario.alarms), 1)[:, 0]
            shares = law.quantile(draws).tolist()
            for alarm, share in zip(self.scenario.alarms, shares, strict=True):
                recipe = recipe_of(alarm, self.service, latency_known)
                if recipe is None:
                    kept.append(alarm)
                    continue
                cadence = 10.0 if alarm.period < 60 else 60.0
                # The evaluation's second is counted from the full minute.
                phase = on_grid(minute_phase + phase_of(share, cadence))
                floor = self.assume("evaluation_range_floor")
                telemetry = self._telemetry[_width(alarm)]
                watched.append(Watched(alarm, recipe, telemetry, phase, floor, alarm.state))
        return AlarmBoard(self.env, watched, kept, self._alarm_changed, self.alarms_can_matter)

    def _alarm_changed(
        self, alarm: Alarm, before: AlarmState, state: AlarmState, slot_end: float | None, delivered: float | None
    ) -> None:
        for listener in self.on_alarm:
            listener(alarm, before, state, slot_end, delivered)

    def _record_alarm(
        self, alarm: Alarm, before: AlarmState, state: AlarmState, slot_end: float | None, delivered: float | None
    ) -> None:
        self.record(AlarmChange(self.env.now, alarm.name, state, slot_end, delivered))

    def _observe(self) -> None:
        """Let CloudWatch see the rates and, where an alarm asks for them, the levels of this instant."""
        if not self._telemetry:
            return
        baseline, flow = self.scenario.traffic.baseline_errors, self.flow
        if isinstance(self.service, LambdaFunction):
            rates = alias_rates(flow, baseline, self._error_share())
        else:
            rates = fleet_rates(flow, baseline)
        levels = self._levels() if self._levels_wanted else UNKNOWN
        for telemetry in self._telemetry.values():
            telemetry.change(self.env.now, rates, levels)

    def _levels(self) -> Levels:
        flow = self.flow
        healthy, unhealthy = (0, 0) if isinstance(self.service, LambdaFunction) else self.fleet.health()
        latency = self.scenario.traffic.latency or 0.0
        slow = latency * self.release.slow_factor
        served = flow.served_old + flow.served_new
        both = (flow.served_old * latency + flow.served_new * slow) / served if served > 0 else latency
        return Levels(healthy, unhealthy, latency, slow, both)

    # -- requests --------------------------------------------------------------------------------------------

    def _error_share(self) -> float:
        """Share of requests that the new revision fails; on Lambda a crash at start fails all of them."""
        if self.release.crashes and isinstance(self.service, LambdaFunction):
            return 1.0
        return self.release.error_share

    def _flow(self) -> Flow:
        traffic = self.scenario.traffic
        if isinstance(self.service, LambdaFunction):
            return alias_flow(
                self.demand,
                traffic.baseline_errors,
                self.capacity_at_zero,
                self.weight_new,
                self._error_share(),
                self.release.slow_factor,
            )
        fleet = self.service.fleet
        return fleet_flow(
            self.demand,
            traffic.baseline_errors,
            fleet.size,
            fleet.capacity if fleet.capacity is not None else math.inf,
            self.fleet.receivers(),
            self.release.error_share,
            self.release.slow_factor,
        )

    def flow_changed(self) -> None:
        """Work out the rates of this instant; record them if they differ."""
        flow = self._flow()
        if flow != self.flow:
            self.flow = flow
            # Changes of one instant leave one record, so that nothing is measured in between them.
            records, latest = self.trace.records, self._latest_flow
            if records[latest].time == self.env.now:
                records[latest] = FlowChange(self.env.now, flow)
            else:
                self._latest_flow = len(records)
                self.record(FlowChange(self.env.now, flow))
            for listener in self.flow_listeners:
                listener()
            self.board.wake()
            self._observe()
        elif self._levels_wanted:
            self._observe()
        self.consider_end()

    def set_target(self, target: int, set_bits: int, clear_bits: int, what: str, revision: str) -> None:
        """Change a target's state bits, with its record in the full grain."""
        if self.fleet.change(target, set_bits, clear_bits):
            if self.full:
                self.record(ServiceChange(self.env.now, target, what, revision))  # type: ignore[arg-type]
            self.flow_changed()

    def _demand_at(self, time: float) -> float:
        second = (self.scenario.start.second_of_week + time) % DAY_S
        return [rate for begin, rate in self.scenario.traffic.steps() if begin <= second][-1]

    def traffic(self) -> Steps[None]:
        """Demand over the day, one event at each step of the profile."""
        steps = self.scenario.traffic.steps()
        midnight = -(self.scenario.start.second_of_week % DAY_S)
        while True:
            for begin, rate in (*steps[1:], (DAY_S, steps[0][1])):
                if midnight + begin > self.env.now:
                    yield at(self.env, on_grid(midnight + begin), TRAFFIC)
                    self.demand = rate
                    self.flow_changed()
            midnight += DAY_S

    def deployments_over(self) -> None:
        """Tell whoever waits for it that nothing is being deployed any more."""
        for listener in self.listeners_of_end:
            listener()

    # -- the end ----------------------------------------------------------------------------------------------

    def begin_way_back(self, kind: TriggerKind, **instants: Any) -> None:
        """Record the first way back being decided; later ones are no trigger."""
        if not self.triggered:
            self.triggered = True
            self.record(Trigger(self.env.now, kind, **instants))

    def settled(self) -> bool:
        """One sound revision takes all traffic, nobody dead is sent any, capacity covers demand or is as at zero."""
        flow = self.flow
        sound = flow.share_new == 0 or not self.release.bad
        return self._one_revision() and sound and self._nobody_dead_in_service() and covers(flow, self.capacity_at_zero)

    def looks_well(self) -> bool:
        """What somebody at the dashboards can see of `settled`: a defect that fails nothing does not show."""
        flow = self.flow
        well = flow.failing_share <= NEGLIGIBLE
        return self._one_revision() and well and self._nobody_dead_in_service() and covers(flow, self.capacity_at_zero)

    def _one_revision(self) -> bool:
        """One revision takes all production traffic, targets that a Succeeded deployment gave up aside."""
        flow = self.flow
        if flow.share_old == 0 or flow.share_new == 0:
            return flow.share_old != flow.share_new
        return self.latest_succeeded and self.fleet.one_revision_but_given_up()

    def alarms_can_matter(self) -> bool:
        """Whether an alarm could still change anything: something is under way, failing, or just did."""
        return self.under_way > 0 or self.flow.failing_share > NEGLIGIBLE

    def _nobody_dead_in_service(self) -> bool:
        if isinstance(self.service, LambdaFunction):
            return True
        state: FleetState = self.fleet.receivers()
        return state.dead_old == 0 and state.dead_new == 0

    def consider_end(self) -> None:
        """End the run when nothing is under way and the service has settled."""
        if self.under_way == 0 and self.deployments > 0 and not self.over.triggered and self.settled():
            call_at(self.env, self.env.now, END, self._finish, "settled")

    def _finish(self, how: str) -> None:
        if self.over.triggered:
            return
        if how == "settled" and not (self.under_way == 0 and self.settled()):
            return
        self.record(End(self.env.now, how))  # type: ignore[arg-type]
        self.over.succeed()

    def set_horizon(self, terminal: float) -> None:
        """Cut the run this long after the rollout's terminal status, if it has not settled by then."""
        call_at(self.env, on_grid(terminal + self.scenario.horizon), END, self._finish, "horizon")


def _width(alarm: Alarm) -> float:
    """Ten-second counts for a high-resolution alarm on a metric of the scenario's own, else minutes."""
    own = alarm.measures is not None or any(
        query.metric is not None and query.metric.measures is not None for query in alarm.metrics
    )
    return 10.0 if alarm.period < 60 and own else 60.0
