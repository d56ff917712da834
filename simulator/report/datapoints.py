"""What each alarm of a run was judged on, datapoint by datapoint; the run is simulated again to ask.

The one thing a newcomer would get wrong: a trace says when an alarm changed state, not what it saw. What
CloudWatch saw comes from the same draws, so the run made again has the same datapoints to the last digit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.engine.run import begun, closed
from simulator.model.sites import alarm_names
from simulator.randomness import Streams
from simulator.rules.alarms import breaching

if TYPE_CHECKING:
    from simulator.engine.alarms import Watched
    from simulator.experiment import Run


@dataclass(frozen=True, slots=True)
class Datapoint:
    """One slot of an alarm's metric: its end, when it could be read, its value, and whether it breaches."""

    slot_end: float
    delivered: float
    value: float
    breaches: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """One alarm with the datapoints of a run, in order of time.

    Parameters
    ----------
    alarm : str
    threshold : float
    operator : str
        CloudWatch's comparison.
    needed, of : int
        Datapoints to alarm, out of how many periods.
    state : str
        Its state at time zero.
    points : tuple of Datapoint
        Those of the newest slot at each minute (each ten seconds below a period of a minute); a slot without
        data has none.
    """

    alarm: str
    threshold: float
    operator: str
    needed: int
    of: int
    state: str
    points: tuple[Datapoint, ...]


def datapoints(run: Run) -> list[Judged]:
    """Datapoints of every alarm whose metric the simulation makes, from time zero to the end of the run."""
    trace = run.trace
    if not run.scenario.alarms:
        return []
    whole = begun(run.scenario, Streams(trace.seed, trace.replication), trace.stratum, "states")
    watched = [
        (each, name, site.board.states[each.alarm.name])
        for place, site in enumerate(whole.sites)
        for each in site.board.watched
        for name in [alarm_names(run.scenario, each.alarm.name)[place]]
    ]
    if not watched:
        return []
    whole.env.run(until=whole.over)
    end = closed(whole).end.time
    return [_judged(each, name, state, end) for each, name, state in watched]


def _judged(watched: Watched, name: str, state: str, end: float) -> Judged:
    alarm, telemetry = watched.alarm, watched.telemetry
    step = telemetry.width if alarm.period < 60 else 60.0
    points = []
    for count in range(math.floor((end - telemetry.phase) / step) + 1):
        point = _point(watched, telemetry.phase + count * step)
        if point is not None and point.slot_end > 0:
            points.append(point)
    assert alarm.threshold is not None  # a metric alarm has one
    needed = alarm.datapoints_to_alarm or alarm.evaluation_periods
    return Judged(
        name, alarm.threshold, alarm.comparison_operator, needed, alarm.evaluation_periods, state, tuple(points)
    )


def _point(watched: Watched, slot_end: float) -> Datapoint | None:
    """One slot with everything delivered; None where nothing was published."""
    alarm, telemetry, recipe = watched.alarm, watched.telemetry, watched.plan.recipe
    last = round((slot_end - telemetry.phase) / telemetry.width)
    indices = range(last - round(alarm.period / telemetry.width), last)
    values = {name: telemetry.statistic(part, indices) for name, part in recipe.parts.items()}
    value = recipe.value(values)
    breaches = breaching(value, alarm.comparison_operator, alarm.threshold or 0.0)
    if value is None or breaches is None:
        return None
    arrivals = [telemetry.delivered(index, family) for family in recipe.families for index in indices]
    return Datapoint(slot_end, max(arrivals, default=slot_end), value, breaches)
