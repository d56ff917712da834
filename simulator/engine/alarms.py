"""Alarms evaluated at their own second of the minute, on what has been delivered by then.

The one thing a newcomer would get wrong: CodeDeploy watches an alarm's *state*, people are paged by its *change*.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import simpy

from simulator.engine.clock import ALARM, Steps, at, next_tick, on_grid
from simulator.engine.telemetry import Telemetry
from simulator.model.alarm import Alarm, AlarmState, Metric
from simulator.model.service import AnyService
from simulator.rules import alarm_windows, composite_alarms, metric_math
from simulator.rules import alarms as alarm_rules
from simulator.rules.telemetry import Family, Series, series


@dataclass(slots=True)
class Watched:
    """One alarm as the run keeps it.

    Parameters
    ----------
    alarm : Alarm
        As configured.
    recipe : Recipe
        How the simulation makes its datapoints.
    telemetry : Telemetry
        Where its datapoints come from.
    phase : float
        Second at which it is evaluated, within its cadence.
    range_floor : float
        Shortest history it fetches, in seconds.
    """

    alarm: Alarm
    recipe: Recipe
    telemetry: Telemetry
    phase: float
    range_floor: float
    state: AlarmState = "OK"
    slot_end: float | None = None
    delivered: float | None = None
    _final: dict[float, tuple[bool | None, float]] = field(default_factory=dict)

    def evaluate(self, now: float) -> AlarmState:
        """State at this instant, from the slots delivered by now (CloudWatch user guide, alarm evaluation)."""
        alarm, telemetry = self.alarm, self.telemetry
        count = alarm_windows.evaluation_range(alarm.period, alarm.evaluation_periods, self.range_floor)
        slots = alarm_windows.slots(
            now, alarm.period, count, evaluation_periods=alarm.evaluation_periods, minute_phase=telemetry.phase
        )
        datapoints: list[bool | None] = []
        self.slot_end = self.delivered = None
        for start, end in slots:
            point = self._final.get(end) or self._point(start, end, now)
            datapoints.append(point[0])
            if point[0] is not None:
                self.slot_end, self.delivered = end, point[1]
        return alarm_rules.evaluate(
            datapoints, alarm.evaluation_periods, alarm.datapoints_to_alarm, alarm.treat_missing_data, self.state
        )

    def _point(self, start: float, end: float, now: float) -> tuple[bool | None, float]:
        """Whether a slot breaches as far as delivered, and when its newest part arrived; kept once all has."""
        telemetry, recipe = self.telemetry, self.recipe
        indices = telemetry.indices(start, end)
        families = recipe.families
        if len(indices) == 1 and len(families) == 1 and telemetry.delivered(indices[0], families[0]) > now:
            return None, now
        arrivals = {family: [telemetry.delivered(index, family) for index in indices] for family in families}
        latest = max((arrival for each in arrivals.values() for arrival in each), default=now)
        values: dict[str, float | None] = {}
        for name, (found, statistic) in recipe.parts.items():
            seen = [
                value
                for index, arrival in zip(indices, arrivals[found.family], strict=True)
                if arrival <= now and (value := telemetry.value(found, statistic, index)) is not None
            ]
            values[name] = _aggregate(seen, statistic) if seen else None
        value = recipe.value(values)
        assert self.alarm.threshold is not None  # a metric alarm has one
        breaching = alarm_rules.breaching(value, self.alarm.comparison_operator, self.alarm.threshold)
        arrived = [arrival for each in arrivals.values() for arrival in each if arrival <= now]
        point = (breaching, max(arrived, default=now))
        if latest <= now:
            self._final[end] = point
        return point


def _aggregate(values: list[float], statistic: str) -> float:
    if statistic == "Sum":
        return sum(values)
    if statistic == "Minimum":
        return min(values)
    return max(values) if statistic == "Maximum" else sum(values) / len(values)


@dataclass(frozen=True)
class Recipe:
    """How the simulation makes an alarm's datapoints.

    Parameters
    ----------
    parts : dict
        Per id of a metric, its series and statistic.
    expressions : dict
        Per id of an expression, the expression over other ids.
    shown : str
        The id that the alarm judges.
    """

    parts: dict[str, tuple[Series, str]]
    expressions: dict[str, metric_math.Expression]
    shown: str

    @cached_property
    def families(self) -> tuple[Family, ...]:
        """Whose deliveries it waits for."""
        return tuple(sorted({found.family for found, _ in self.parts.values()}))

    def value(self, values: dict[str, float | None]) -> float | None:
        """The judged value of one slot, from its metrics' values."""
        return self._of(self.shown, values)

    def _of(self, name: str, values: dict[str, float | None]) -> float | None:
        if name not in values:
            expression = self.expressions[name]
            values[name] = expression.evaluate({each: self._of(each, values) for each in expression.names})
        return values[name]

    def complete(self) -> bool:
        """Whether every id is known and none depends on itself."""
        return self._known(self.shown, ())

    def _known(self, name: str, above: tuple[str, ...]) -> bool:
        if name in self.parts:
            return True
        if name not in self.expressions or name in above:
            return False
        return all(self._known(each, (*above, name)) for each in self.expressions[name].names)


def recipe_of(alarm: Alarm, service: AnyService, latency_known: bool) -> Recipe | None:
    """How the simulation makes an alarm's datapoints; None when it does not produce one of its metrics."""
    if alarm.alarm_rule is not None or alarm.comparison_operator not in SUPPORTED_COMPARISONS:
        return None
    if alarm.metric_name is not None:
        metrics = {
            "m1": Metric(
                namespace=alarm.namespace,
                metric_name=alarm.metric_name,
                dimensions=alarm.dimensions,
                statistic=alarm.statistic,
                measures=alarm.measures,
            )
        }
        written, shown = {}, "m1"
    else:
        metrics = {query.id: query.metric for query in alarm.metrics if query.metric is not None}
        written = {query.id: query.expression for query in alarm.metrics if query.expression is not None}
        shown = next(query.id for query in alarm.metrics if query.return_data)
    made = {name: series(metric, service, latency_known) for name, metric in metrics.items()}
    parts = {name: (found, metrics[name].statistic) for name, found in made.items() if found is not None}
    expressions = {}
    for name, text in written.items():
        try:
            expressions[name] = metric_math.parse(text)
        except ValueError:
            continue  # more than arithmetic: the alarm keeps its recorded state, and a warning says so
    recipe = Recipe(parts, expressions, shown)
    return recipe if recipe.complete() else None


SUPPORTED_COMPARISONS = frozenset(
    {
        "GreaterThanThreshold",
        "GreaterThanOrEqualToThreshold",
        "LessThanThreshold",
        "LessThanOrEqualToThreshold",
    }
)


class AlarmBoard:
    """All alarms of the run and their states.

    Parameters
    ----------
    env : simpy.Environment
        The clock.
    watched : list of Watched
        Alarms whose metrics the simulation produces.
    kept : list of Alarm
        The others: composites, and those that keep their recorded state.
    changed : callable
        Told of every change: the alarm, its old and new state, and the newest datapoint's slot end and delivery.
    can_matter : callable
        Whether an alarm could still change anything; while not, nothing is evaluated.
    """

    def __init__(
        self,
        env: simpy.Environment,
        watched: list[Watched],
        kept: list[Alarm],
        changed: Callable[[Alarm, AlarmState, AlarmState, float | None, float | None], None],
        can_matter: Callable[[], bool],
    ) -> None:
        self.env, self.watched, self._changed, self._can_matter = env, watched, changed, can_matter
        self._stirred: simpy.Event | None = None
        self._alarms = {alarm.name: alarm for alarm in (*(each.alarm for each in watched), *kept)}
        self.states: dict[str, AlarmState] = {alarm.name: alarm.state for alarm in self._alarms.values()}
        rules = {alarm.name: composite_alarms.parse(alarm.alarm_rule) for alarm in kept if alarm.alarm_rule is not None}
        # A composite over an alarm that the scenario does not have keeps its recorded state.
        self._composites = {name: rule for name, rule in rules.items() if set(rule.names) <= set(self.states)}

    def settle_history(self) -> None:
        """Evaluate every alarm once on the history before time zero."""
        for each in self.watched:
            each.state = each.evaluate(0.0)
            self.states[each.alarm.name] = each.state
        for name, rule in self._composites.items():
            self.states[name] = rule.state(self.states)

    def in_alarm(self) -> list[Alarm]:
        """Alarms of the deployment group that are in ALARM now."""
        up = (self._alarms[name] for name, state in self.states.items() if state == "ALARM")
        return [alarm for alarm in up if alarm.watched]

    def clock(self, each: Watched) -> Steps[None]:
        """Evaluate one alarm at its cadence for as long as the run lasts."""
        period = alarm_windows.cadence(each.alarm.period, each.alarm.evaluation_periods)
        tick = next_tick(0.0, each.phase, period)
        while True:
            yield at(self.env, tick, ALARM)
            state = each.evaluate(self.env.now)
            if state != each.state:
                each.state = state
                self._set(each.alarm, state, each.slot_end, each.delivered)
            tick = on_grid(tick + period)
            if not self._can_matter() and each.state != "ALARM":
                self._stirred = self._stirred or self.env.event()
                yield self._stirred
                tick = next_tick(self.env.now, each.phase, period)

    def wake(self) -> None:
        """Requests changed: alarms that rested are evaluated again."""
        if self._stirred is not None:
            self._stirred.succeed()
            self._stirred = None

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
