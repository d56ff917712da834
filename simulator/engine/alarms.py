"""Alarms evaluated at their own second of the minute, on what has been delivered by then.

The one thing a newcomer would get wrong: CodeDeploy watches an alarm's *state*, people are paged by its *change*.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import simpy

from simulator.engine.ceiling import Bounded, Ceiling, bounded
from simulator.engine.clock import ALARM, call_at, next_tick, on_grid
from simulator.engine.recipes import Recipe
from simulator.engine.telemetry import Telemetry
from simulator.model.alarm import Alarm, AlarmState
from simulator.model.flow import Flow
from simulator.rules import alarm_windows
from simulator.rules import alarms as alarm_rules
from simulator.rules.composite_alarms import Rule

UNKNOWN: Any = object()  # nobody has looked yet, or not all of it has been delivered


@dataclass(frozen=True, slots=True)
class Judged:
    """An alarm whose datapoints the simulation makes, as far as it is the same in every replication.

    Parameters
    ----------
    alarm : Alarm
        As configured.
    recipe : Recipe
        How its datapoints are made.
    width : float
        Seconds of the bins it reads.
    cadence : int
        Seconds between two evaluations.
    slots : int
        How many it fetches.
    bounded : Bounded or None
        What it takes to leave it alone.
    """

    alarm: Alarm
    recipe: Recipe
    width: float
    cadence: int
    slots: int
    bounded: Bounded | None

    @property
    def reach(self) -> float:
        """Seconds before zero that its first evaluation can look back."""
        return (self.slots + 1) * self.alarm.period + self.cadence + self.width


def judged(alarm: Alarm, recipe: Recipe, range_floor: float, values: Mapping[str, Any]) -> Judged:
    """Work out an alarm's cadence and window; `range_floor` is the shortest history it fetches, in seconds."""
    # Ten-second counts for a high-resolution alarm on a metric of the scenario's own, else minutes.
    own = any(part.series.family == "custom" for part in recipe.parts.values())
    width = 10.0 if alarm.period < 60 and own else 60.0
    slots = alarm_windows.evaluation_range(alarm.period, alarm.evaluation_periods, range_floor)
    return Judged(
        alarm,
        recipe,
        width,
        int(alarm_windows.cadence(alarm.period, alarm.evaluation_periods)),
        slots,
        bounded(alarm, recipe, width, slots, values),
    )


class Watched:
    """One alarm as the run keeps it.

    Its slots are numbered by where they end, one every `step` seconds; what is known of each stands in a list, so
    that a window is a slice of it, and a window in which nothing is new need not be judged.

    Parameters
    ----------
    plan : Judged
        What it looks at and when.
    telemetry : Telemetry
        Where its datapoints come from.
    anchor : float
        An instant at which a minute begins (for alarms over more than a day: an hour); its windows hang on it.
    phase : float
        Second at which it is evaluated, within its cadence.
    """

    def __init__(self, plan: Judged, telemetry: Telemetry, anchor: float, phase: float) -> None:
        self.plan, self.alarm, self.telemetry = plan, plan.alarm, telemetry
        self.anchor, self.phase = anchor, phase
        self.state: AlarmState = plan.alarm.state
        self._ahead = round(anchor - telemetry.phase)
        self._step = math.gcd(int(plan.alarm.period), plan.cadence)
        self._stride = int(plan.alarm.period) // self._step
        # Windows reach back so far before zero; a slot that is not all delivered yet is UNKNOWN.
        self._first = (math.floor(-anchor / plan.cadence) * plan.cadence) // self._step - plan.slots * self._stride
        self._points: list[bool | None] = []
        self._delivered: dict[int, float] = {}
        self._newest = 0
        self._window: list[bool | None] = []
        self.rest = 0  # number of its latest rest
        # Made when the alarm is begun: by then it is known what is never delivered.
        self.ceiling: Ceiling

    def evaluate(self, now: float) -> AlarmState:
        """State at this instant, from the slots delivered by now (CloudWatch user guide, alarm evaluation)."""
        plan, points = self.plan, self._points
        newest = int((now - self.anchor) // plan.cadence) * plan.cadence // self._step - self._first
        if newest >= len(points):
            points.extend([UNKNOWN] * (newest + 1 - len(points)))
        oldest = newest - (plan.slots - 1) * self._stride
        window = points[oldest : newest + 1 : self._stride]
        while UNKNOWN in window:
            place = window.index(UNKNOWN)
            window[place] = self._judge(oldest + place * self._stride, now)
        self._newest = newest
        if window == self._window:
            return self.state  # nothing new, as in most evaluations of a quiet run
        self._window, alarm = window, self.alarm
        return alarm_rules.evaluate(
            window, alarm.evaluation_periods, alarm.datapoints_to_alarm, alarm.treat_missing_data, self.state
        )

    def put_up(self) -> None:
        """Be in ALARM until the next evaluation, which looks at everything anew."""
        self.state, self._window = "ALARM", []

    def newest(self) -> tuple[float | None, float | None]:
        """End and delivery of the newest slot with data at the latest evaluation."""
        for age, point in enumerate(reversed(self._window)):
            if point is not None:
                place = self._newest - age * self._stride
                return self.anchor + (place + self._first) * self._step, self._delivered[place]
        return None, None

    def constant_until(self) -> float:
        """Instant before which no evaluation can come to another state, as long as no rate changes; 0 if unknown.

        For the plain case, a sum over one bin a slot: what is known of the window is all good, or all missing, and
        so are the bins to come.
        """
        part, alarm, telemetry = self.plan.recipe.only, self.alarm, self.telemetry
        if part is None or not part.simple or self._stride != 1 or self._step != telemetry.width:
            return 0.0
        known = self._points[self._newest - self.plan.slots + 1 :]
        if UNKNOWN in known:
            known = known[: known.index(UNKNOWN)]
        if not known or alarm.treat_missing_data == "breaching" or known.count(known[0]) < len(known):
            return 0.0
        # The bin of the first slot that is not known: the slot before the one that begins where it ends.
        place = self._newest - self.plan.slots + 1 + len(known)
        ahead = telemetry.ahead(part, place + self._first - 1 + self._ahead // self._step)
        if ahead is None or ahead.published == (known[0] is None) or known[0]:
            return 0.0
        if ahead.published:
            # One good datapoint in the window is enough, whatever is on its way.
            on_the_way = telemetry.longest_delay(part.series.family) / self._step + 1
            if on_the_way >= self.plan.slots - 1 or any(map(self._breaches, (ahead.lowest, ahead.highest))):
                return 0.0
        return ahead.until

    def _breaches(self, value: float | None) -> bool | None:
        assert self.alarm.threshold is not None  # a metric alarm has one
        return alarm_rules.breaching(value, self.alarm.comparison_operator, self.alarm.threshold)

    def _judge(self, place: int, now: float) -> bool | None:
        """Whether a slot breaches as far as it is delivered; kept once all of it is."""
        telemetry, recipe = self.telemetry, self.plan.recipe
        # Bins that begin in the slot, in whole seconds from the first bin's beginning (`alarm_windows.slots`).
        end, width = (place + self._first) * self._step + self._ahead, int(telemetry.width)
        start = -(-(end - int(self.alarm.period)) // width)
        indices = range(start, -(-end // width))
        if recipe.only is not None and len(indices) == 1:
            arrived = telemetry.delivered(start, recipe.only.series.family)
            if arrived > now:
                return None
            value, whole = telemetry.statistic(recipe.only, indices), True
        else:
            value, arrived, whole = self._value(indices, now)
        breaching = self._breaches(value)
        self._delivered[place] = arrived
        if whole:
            self._points[place] = breaching
        return breaching

    def _value(self, indices: range, now: float) -> tuple[float | None, float, bool]:
        """Value of a slot from the bins delivered, when the newest of them arrived, and whether all have."""
        telemetry, recipe = self.telemetry, self.plan.recipe
        arrivals = {family: [telemetry.delivered(index, family) for index in indices] for family in recipe.families}
        values: dict[str, float | None] = {}
        for name, part in recipe.parts.items():
            each = zip(indices, arrivals[part.series.family], strict=True)
            values[name] = telemetry.statistic(part, [index for index, arrival in each if arrival <= now])
        everything = [arrival for each in arrivals.values() for arrival in each]
        arrived = [arrival for arrival in everything if arrival <= now]
        return recipe.value(values), max(arrived, default=now), len(arrived) == len(everything)


class AlarmBoard:
    """All alarms of the run and their states.

    Parameters
    ----------
    env : simpy.Environment
        The clock.
    alarms : dict of Alarm
        All of them by name.
    watched : list of Watched
        Those whose metrics the simulation produces; the others keep their recorded state.
    composites : dict of Rule
        Rules of composite alarms by name.
    changed : callable
        Told of every change: the alarm, its old and new state, and the newest datapoint's slot end and delivery.
    can_matter : callable
        Whether an alarm could still change anything; while not, nothing is evaluated.
    """

    def __init__(
        self,
        env: simpy.Environment,
        alarms: dict[str, Alarm],
        watched: list[Watched],
        composites: dict[str, Rule],
        changed: Callable[[Alarm, AlarmState, AlarmState, float | None, float | None], None],
        can_matter: Callable[[], bool],
    ) -> None:
        self.env, self.watched, self._changed, self._can_matter = env, watched, changed, can_matter
        self._alarms, self._composites = alarms, composites
        self.states: dict[str, AlarmState] = {name: alarm.state for name, alarm in alarms.items()}
        # Alarms of which nothing can come before the requests change, and those that no count can bring up.
        self.resting: dict[str, Watched] = {}
        self.at_ease: dict[str, Watched] = {}
        self.ceilings: list[Watched] = []  # those whose ceiling holds
        self.rests = 0

    def begin(self) -> None:
        """Evaluate every alarm once on the history before time zero, and from then on at its cadence."""
        for each in self.watched:
            plan = each.plan
            each.ceiling = Ceiling(plan.bounded, plan.slots, plan.recipe.families[0], each.telemetry)
            each.state = "OK" if self._eases(each) else each.evaluate(0.0)
            self.states[each.alarm.name] = each.state
        self.ceilings = [each for each in self.watched if each.ceiling.holds]
        if self.watched:
            for name, rule in self._composites.items():
                self.states[name] = rule.state(self.states)
        for each in self.watched:
            if each.alarm.name not in self.at_ease:
                self._begin(each)

    def put_up(self, name: str) -> None:
        """Let an alarm be in ALARM whatever its metric says, until it is next evaluated."""
        self.states[name] = "ALARM"
        for each in self.watched:
            if each.alarm.name == name:
                each.put_up()
                if self.at_ease.pop(name, None) is not None:
                    self._begin(each)
        for composite, rule in self._composites.items():
            if composite != name:
                self.states[composite] = rule.state(self.states)

    def in_alarm(self) -> list[Alarm]:
        """Alarms of the deployment group that are in ALARM now."""
        up = (self._alarms[name] for name, state in self.states.items() if state == "ALARM")
        return [alarm for alarm in up if alarm.watched]

    def met(self, flow: Flow) -> None:
        """Hold new rates against the ceilings; an alarm whose ceiling breaks is only at rest."""
        for each in self.ceilings:
            if not each.ceiling.meet(flow) and self.at_ease.pop(each.alarm.name, None) is not None:
                self.resting[each.alarm.name] = each
        self.ceilings = [each for each in self.ceilings if each.ceiling.holds]

    def wake(self) -> None:
        """Requests changed: alarms that rested are evaluated again."""
        resting = list(self.resting.values())
        self.resting.clear()
        for each in resting:
            self._begin(each)

    def _begin(self, each: Watched) -> None:
        tick = next_tick(self.env.now, each.phase, each.plan.cadence)
        call_at(self.env, tick, ALARM, self._tick, each)

    def _tick(self, each: Watched) -> None:
        """Evaluate one alarm, and again a cadence later unless nothing can come of it before the requests change."""
        now = self.env.now
        state = each.evaluate(now)
        if state != each.state:
            each.state = state
            self._set(each.alarm, state, *each.newest())
        again = now + each.plan.cadence
        if self._eases(each):
            return
        if state != "ALARM" and not self._can_matter():
            self.resting[each.alarm.name] = each
        elif (until := each.constant_until()) > again:
            self._rest(each, self.resting, until)
        else:
            call_at(self.env, again, ALARM, self._tick, each)

    def _eases(self, each: Watched) -> bool:
        """Leave an alarm alone that no count can bring up, as far as luck is drawn; whether it is."""
        until = each.ceiling.until(self.env.now) if each.ceiling.holds else 0.0
        if until <= self.env.now + each.plan.cadence:
            return False
        self._rest(each, self.at_ease, until)
        return True

    def _rest(self, each: Watched, among: dict[str, Watched], until: float) -> None:
        self.rests += 1
        among[each.alarm.name] = each
        each.rest = self.rests
        call_at(self.env, until, ALARM, self._end_rest, each, among, self.rests)

    def _end_rest(self, each: Watched, among: dict[str, Watched], rest: int) -> None:
        """What was known ahead is used up."""
        if each.rest != rest or among.pop(each.alarm.name, None) is None:
            return
        if each.state != "OK" or not self._eases(each):
            self._begin(each)

    def _set(self, alarm: Alarm, state: AlarmState, slot_end: float | None, delivered: float | None) -> None:
        before = self.states[alarm.name]
        self.states[alarm.name] = state
        self._changed(alarm, before, state, slot_end, delivered)
        for name, rule in self._composites.items():
            now = rule.state(self.states)
            if name != alarm.name and now != self.states[name]:
                self._set(self._alarms[name], now, slot_end, delivered)


def phase_of(share: float, period: float) -> float:
    """Second within its period at which a clock with this drawn share ticks."""
    return on_grid(min(share * period, math.nextafter(period, 0.0)))
