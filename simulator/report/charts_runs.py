"""Figures of runs simulated again: exposure, plan, capacity, and single runs with their alarms."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes

from simulator import units
from simulator.analysis.sample import Given
from simulator.analysis.words import listed
from simulator.model.context import seconds_of_day
from simulator.model.scenario import Scenario
from simulator.report.charts import Chart, kind_of, of_looks
from simulator.report.datapoints import datapoints
from simulator.report.figures import capacity, exposure, gantt, plan, timeline, traffic
from simulator.report.numbers import Numbers
from simulator.report.words import Scale, short
from simulator.trace.records import AlarmChange, Trace, Trigger

if TYPE_CHECKING:
    from simulator.experiment import Run

_WINDOW = re.compile(r"(?<!\d)(\d{1,2}):(\d{2})(?!\d)")
_FAR = 3.0  # times as long as the next strategy: its panel stops where the others do
_CAPACITY_NOTE = "Line: median; band: 90 in 100; dashed: demand; hatched: what users ask for beyond it."


def start_of_day(world: Scenario) -> float:
    """Seconds since midnight at which the deployment is created."""
    return seconds_of_day(world.start.time)


def exposing(numbers: Numbers, releases: Mapping[str, Sequence[Trace]], order: Sequence[str]) -> Chart | None:
    """Exposure over time of bad releases."""
    shown = {name: releases[name] for name in order if releases.get(name)}
    if not shown:
        return None
    ends = [timeline.horizon_of(trace) for traces in shown.values() for trace in traces]
    until = exposure.worth_showing(list(shown.values()), float(np.quantile(ends, 0.9)))
    fans = [exposure.fan(name, traces, until) for name, traces in shown.items()]
    heading = _exposure_heading(fans)
    start = start_of_day(numbers.comparison.scenario)

    def draw(ax: Axes | None = None) -> list[Axes]:
        return exposure.draw(fans, of_looks(numbers), heading, start, ax)

    caption = (
        f"Share of production traffic on the bad release over time, {min(one.runs for one in fans)} bad releases of "
        "each strategy simulated again. Line: median; dark and light bands: 50 and 90 in 100 of them; thin lines: five "
        f"single runs; ticks above: the way back is decided. Shown to {units.human(until)}."
    )
    return Chart("exposure", draw, heading, caption, fans)


def _exposure_heading(fans: Sequence[exposure.Fan]) -> str:
    full = [one.strategy for one in fans if float(one.bands[4].max()) >= 0.999]
    never = [short(one.strategy, 30) for one in fans if one.strategy not in full]
    if not any(one.bands[4].max() > 0 for one in fans):
        return "95 in 100 bad releases reach no user at all"
    if not never:
        which = "Every strategy shows" if len(fans) > 1 else f"{short(fans[0].strategy, 40)} shows"
        return f"{which} some bad releases to all users"
    if not full:
        return "No strategy shows more than 5 in 100 bad releases to all users"
    told = listed(never if len(never) <= 3 else [*never[:2], f"{len(never) - 2} more"])
    return f"Under {told}, 95 in 100 bad releases do not reach all users"


def planning(numbers: Numbers, strategy: str, traces: Mapping[Given, Sequence[Trace]]) -> Chart | None:
    """Draw the plan of one strategy with its spread: phases of good releases, and what a bad one meets."""
    world = numbers.comparison.scenario.under(strategy)
    blocks = {}
    kinds: tuple[Given, Given] = ("good", "bad")
    for given in kinds:
        found = traces.get(given, ())
        rows = plan.stages(found, given) if found else []
        if given == "bad" and not traces.get("good"):
            rows = [*plan.stages(found, "good"), *rows] if found else []
        if rows:
            blocks[f"{given} release ({len(found)} runs)"] = rows
    if not blocks:
        return None
    limits = _limits(numbers, world, strategy)
    heading = _plan_heading(strategy, [stage for rows in blocks.values() for stage in rows], bool(traces.get("good")))

    def draw(ax: Axes | None = None) -> list[Axes]:
        return plan.draw(blocks, of_looks(numbers)[strategy], heading, start_of_day(world), limits, ax)

    caption = (
        f"Phases of {short(strategy)}, from releases simulated again. Bar: median start to median end; whiskers and "
        "the minutes beside: 5th to 95th percentile of that instant over the releases that reach it (share in "
        "brackets). Circle: median of an instant; diamond: the way back is decided, by an alarm, a failing check or a "
        "person."
    )
    return Chart("plan", draw, heading, caption, blocks)


def _plan_heading(strategy: str, stages: Sequence[plan.Stage], good: bool) -> str:
    over = next((s for s in stages if s.name == "deployment over" and s.block == "good"), None) if good else None
    back = next((s for s in stages if s.name == "previous release serves all"), None)
    told = []
    if over is not None and math.isfinite(over.end.high):
        told.append(f"good releases are over within {units.human(over.end.high)}")
    if back is not None and math.isfinite(back.end.high):
        told.append(f"bad ones taken back within {units.human(back.end.high)}")
    return f"{short(strategy, 30)}: 95 of 100 {', '.join(told)}" if told else f"When {short(strategy, 40)} does what"


def _limits(numbers: Numbers, world: Scenario, strategy: str) -> dict[str, float]:
    """End of the window, and the latest start of the way back, in seconds from the start."""
    times = _WINDOW.findall(world.change.window or "")
    if len(times) != 2:
        return {}
    until = int(times[1][0]) * 3600 + int(times[1][1]) * 60
    end = (until - start_of_day(world)) % 86_400
    limits = {"window ends": float(end)}
    longest = numbers.estimate(strategy, "rollback_s", "p95", "overall")
    if longest is not None and math.isfinite(longest.value) and 0 < longest.value < end:
        limits["latest start of the way back"] = end - longest.value
    return limits


def supplying(
    numbers: Numbers, traces: Mapping[str, Sequence[Trace]], order: Sequence[str], given: Given
) -> Chart | None:
    """Capacity in service against demand; None where no capacity is stated."""
    shown = {name: traces[name] for name in order if traces.get(name)}
    shown = {name: found for name, found in shown.items() if _states_capacity(found[0])}
    if not shown:
        return None
    until = _worth_showing([[_over(trace) for trace in found] for found in shown.values()])
    supplies = [capacity.supply(name, found, until) for name, found in shown.items()]
    most = max(float(one.bands[2].max()) for one in supplies)
    scale = Scale(1e-3, " (thousand)") if most >= 20_000 else Scale(1.0, "")
    heading = _capacity_heading(supplies)
    start = start_of_day(numbers.comparison.scenario)

    def draw(ax: Axes | None = None) -> list[Axes]:
        return capacity.draw(supplies, of_looks(numbers), heading, scale, start, ax)

    caption = (
        f"What the service can answer and what users ask for, in requests a second, {min(s.runs for s in supplies)} "
        f"{kind_of(given)} of each strategy simulated again. {_CAPACITY_NOTE}"
    )
    return Chart("capacity", draw, heading, caption, supplies)


def _worth_showing(ends: Sequence[Sequence[float]]) -> float:
    """Seconds to show: to the end of every strategy, save one that lasts several times as long as the next."""
    lasts = sorted(float(np.quantile(each, 0.95)) for each in ends)
    while len(lasts) > 1 and lasts[-1] > _FAR * max(lasts[-2], 60.0):
        lasts.pop()
    return max(1.1 * lasts[-1], 60.0)


def _over(trace: Trace) -> float:
    """Second at which capacity is as at the start and the rollout is over."""
    bar = timeline.rollout_bar(trace)
    return max(capacity.restored(trace), bar.end if bar else 0.0)


def _states_capacity(trace: Trace) -> bool:
    return bool(np.isfinite(capacity.supply(trace.strategy, [trace], 1.0).bands).all())


def _capacity_heading(supplies: Sequence[capacity.Supply]) -> str:
    short_ones = [one for one in supplies if one.short > 0]
    if not short_ones:
        return "Capacity stays above the demand throughout"
    worst = min(short_ones, key=lambda one: one.least / max(float(one.demand.max()), 1e-9))
    share = worst.least / max(float(worst.demand.max()), 1e-9)
    if share >= 1:
        names = listed([short(one.strategy, 26) for one in short_ones[:3]])
        return f"Capacity falls short of the demand in some releases under {names}"
    left = "nothing" if worst.least <= 0 else f"{100 * share:.0f} % of the demand"
    told = f"{short(worst.strategy, 26)} leaves {left} answered at its lowest"
    never = [short(one.strategy, 26) for one in supplies if one.short <= 0]
    if never:
        names = listed(never) if len(never) <= 3 else f"{len(never)} strategies"
        return f"{told}; {names} run{'s' if len(never) == 1 else ''} short in none of the runs"
    return f"{told}; every strategy runs short at times" if len(supplies) > 1 else told


def watching(run: Run, kind: str, id: str) -> Chart:
    """Traffic, errors by version, datapoints and alarm states of one run."""
    trace, world = run.trace, run.scenario
    data = traffic.seen(trace, datapoints(run), world.traffic.baseline_errors)
    heading = _traffic_heading(trace, kind)

    def draw(ax: Axes | None = None) -> list[Axes]:
        return traffic.draw(data, heading, start_of_day(world), ax)

    defect = f" The release is bad: {short(trace.defect)}." if trace.defect else " The release is good."
    caption = (
        f"One simulated run, replication {trace.replication}.{defect} From the top: share of production traffic on the "
        "new version; of each version's requests the share that fails, as expected rates; datapoints at the end of "
        "their slot, filled where they breach (they can be read later); states of the alarms. Expected rates and one "
        "run have no interval."
    )
    return Chart(id, draw, heading, caption, data)


def _traffic_heading(trace: Trace, kind: str) -> str:
    fired = next((r for r in trace.records if isinstance(r, AlarmChange) and r.state == "ALARM" and r.time > 0), None)
    trigger = next((record for record in trace.records if isinstance(record, Trigger)), None)
    told = f"{short(trace.strategy, 30)}, {kind}: "
    if fired is None:
        told += "no alarm fires"
    else:
        told += f"{short(fired.alarm, 30)} fires after {units.human(fired.time)}"
    if trigger is not None:
        what = {"alarm": "the alarm stops it", "failure": "the deployment fails", "person": "a person goes back"}
        told += f", {what.get(trigger.kind, trigger.kind)} at {units.human(trigger.time)}"
    elif fired is not None:
        told += ", nobody goes back"
    return told


def running(run: Run, kind: str, id: str) -> Chart:
    """Timeline of one run: deployments, targets, traffic, failures, alarms."""
    trace = run.trace
    trigger = next((record for record in trace.records if isinstance(record, Trigger)), None)
    status = timeline.rollout_bar(trace)
    took = units.human(status.end - status.start) if status else "no time"
    ended = status.kind if status else "nothing"
    heading = f"{short(trace.strategy, 34)}, {kind}: {ended} after {took}"
    if trigger is not None:
        heading += f"; way back decided at {units.human(trigger.time)}"

    def draw(ax: Axes | None = None) -> list[Axes]:
        return gantt.draw(trace, heading, start_of_day(run.scenario), ax)

    defect = f" The release is bad: {short(trace.defect)}." if trace.defect else ""
    caption = (
        f"One simulated run, replication {trace.replication}.{defect} Top: deployments, then targets by phase; below: "
        "share of traffic on the new revision, share of requests failing, alarm states. × marks a target that failed."
    )
    return Chart(id, draw, heading, caption, trace)
