"""One run as rows of bars: deployments, targets by phase, alarms by state; plain data for a figure.

The one thing a newcomer would get wrong: a row is one target only while there are few of them. A larger
fleet is shown by batches, and a row then has the phase that the slowest of its targets is in.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from simulator.trace import staged
from simulator.trace.batches import Journey, batches, journeys
from simulator.trace.records import AlarmChange, DeploymentChange, EventRun, FlowChange, Trace, Trigger
from simulator.trace.scaled import CREATORS

ROWS_MOST = 12
ALARMS_MOST = 4
# What the events of a lifecycle are for; CodeDeploy's own order (user guide, AppSpec hooks section).
PHASES = {
    "leaving service": ("BeforeBlockTraffic", "BlockTraffic", "AfterBlockTraffic"),
    "installing": ("ApplicationStop", "DownloadBundle", "BeforeInstall", "Install", "AfterInstall"),
    "starting": ("ApplicationStart", "ValidateService"),
    "returning to service": ("BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic"),
}
# Of platforms on which traffic shifts between two revisions; a function is neither installed nor tested.
LAMBDA_PHASES = {
    "testing": ("AllowTestTraffic", "AfterAllowTestTraffic"),
    "hook before traffic": ("BeforeAllowTraffic",),
    "shifting traffic": ("AllowTraffic",),
    "hook after traffic": ("AfterAllowTraffic",),
}
_ONE_TARGET: dict[str, str] = {"lambda": "function", "ecs": "service"}
_ENDED = ("Succeeded", "Failed", "Stopped")
_PICKUP_S = 5.0  # between two events the agent takes a moment; that is no gap worth showing


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of time in seconds with its kind; `back` on a way back, `phase` where a target went through it."""

    start: float
    end: float
    kind: str
    back: bool = False
    phase: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A named row of bars; `failed` are the instants at which a target of it failed."""

    name: str
    bars: tuple[Bar, ...]
    failed: tuple[float, ...] = ()


def deployment_bars(trace: Trace) -> list[Bar]:
    """Return one bar for each deployment, from its creation to its terminal status, `kind`, and one for each bake.

    Those to single instances that an Auto Scaling group launches or terminates stand on their targets' rows alone.
    """
    began: dict[int, DeploymentChange] = {}
    bars = []
    for record in trace.records:
        if not isinstance(record, DeploymentChange) or record.creator in CREATORS:
            continue
        if record.status in _ENDED:
            first = began.get(record.deployment, record)
            bars.append(Bar(first.time, record.time, record.status, first.rollback or record.rollback))
            began.pop(record.deployment, None)
        else:
            began.setdefault(record.deployment, record)
    bars += [Bar(first.time, trace.end.time, "unfinished", first.rollback) for first in began.values()]
    bars += [Bar(span.began, span.ended, "baking", phase=True) for span in staged.spans(trace) if span.bakes]
    return sorted(bars, key=lambda bar: bar.start)


def rollout_bar(trace: Trace) -> Bar | None:
    """Return one bar for the rollout: its deployment, or all its stages with their bakes."""
    ended = staged.ending(trace)
    if ended is not None:
        return Bar(0.0, ended.time, ended.status)
    return next(iter(deployment_bars(trace)), None)


def target_rows(trace: Trace) -> list[Row]:
    """Rows by target, or by batches of them when there are more than a dozen."""
    deployments = sorted({record.deployment for record in trace.records if isinstance(record, EventRun)})
    back = {r.deployment for r in trace.records if isinstance(r, DeploymentChange) and r.rollback}
    met = {number: journeys(trace, number) for number in deployments}
    forward = sorted(staged.stage_of(trace)) or deployments[:1]
    rows = []
    launched = {r.deployment for r in trace.records if isinstance(r, DeploymentChange) and r.creator == "autoscaling"}
    forward += sorted(launched)
    # Every stage has targets of its own, and so has each launch; a way back brings no further ones.
    begun = {journey.target: journey for number in forward for journey in met.get(number, ())}
    for members in groups(list(begun.values())):
        bars: list[Bar] = []
        failed: list[float] = []
        for number in deployments:
            ours = [journey for journey in met[number] if journey.target in members]
            bars += phases(ours, number in back, trace.platform)
            failed += [journey.ended for journey in ours if journey.status == "Failed"]
        name = _ONE_TARGET.get(trace.platform) or _targets(members)
        rows.append(Row(name, tuple(bars), tuple(failed)))
    return rows


def groups(found: Sequence[Journey]) -> list[list[int]]:
    """Targets by row: each its own, their batches, or a dozen groups in order of beginning."""
    if len(found) <= ROWS_MOST:
        return [[journey.target] for journey in found]
    by_batch = [[journey.target for journey in batch] for batch in batches(found)]
    if 1 < len(by_batch) <= ROWS_MOST:
        return by_batch
    size = math.ceil(len(found) / ROWS_MOST)
    order = [journey.target for journey in found]
    return [order[first : first + size] for first in range(0, len(order), size)]


def phase_of(event: str, platform: str) -> str:
    """Say what a lifecycle event is for; an event this table does not know is its own phase.

    >>> phase_of("AllowTraffic", "lambda"), phase_of("AllowTraffic", "server"), phase_of("AllowTestTraffic", "ecs")
    ('shifting traffic', 'returning to service', 'testing')
    """
    table = PHASES if platform == "server" else {**LAMBDA_PHASES, "installing": PHASES["installing"]}
    return next((phase for phase, events in table.items() if event in events), event)


def phases(found: Sequence[Journey], back: bool, platform: str) -> list[Bar]:
    """Stretches of time by the phase that the slowest of these targets is in."""
    steps: list[tuple[float, str, int]] = []
    for journey in found:
        for event in journey.events:
            phase = phase_of(event.event, platform)
            steps += [(event.started, phase, 1), (event.time, phase, -1)]
    order = [*(LAMBDA_PHASES if platform != "server" else ()), *PHASES]
    met = {phase for _, phase, _ in steps}
    counts = dict.fromkeys([*(phase for phase in order if phase in met), *sorted(met - set(order))], 0)
    bars: list[Bar] = []
    times = sorted({time for time, _, _ in steps})
    by_time: dict[float, list[tuple[str, int]]] = {}
    for time, phase, change in steps:
        by_time.setdefault(time, []).append((phase, change))
    for start, end in pairwise(times):
        for phase, change in by_time[start]:
            counts[phase] += change
        kind = next((phase for phase, count in counts.items() if count > 0), None)
        if kind is None:
            continue
        if bars and bars[-1].kind == kind and start - bars[-1].end <= _PICKUP_S:
            bars[-1] = Bar(bars[-1].start, end, kind, back, phase=True)
        else:
            bars.append(Bar(start, end, kind, back, phase=True))
    return bars


def alarm_rows(trace: Trace) -> list[Row]:
    """One row for each alarm, those that fired first; its bars are its states."""
    changes: dict[str, list[AlarmChange]] = {}
    for record in trace.records:
        if isinstance(record, AlarmChange):
            changes.setdefault(record.alarm, []).append(record)
    rows = []
    for name, states in changes.items():
        before: list[tuple[float, str]] = [] if states[0].time <= 0 else [(0.0, "OK")]
        points = [
            *before,
            *((max(change.time, 0.0), change.state) for change in states),
            (trace.end.time, ""),
        ]
        rows.append(Row(name, tuple(Bar(start, end, state) for (start, state), (end, _) in pairwise(points))))
    return sorted(rows, key=lambda row: not any(bar.kind == "ALARM" for bar in row.bars))[:ALARMS_MOST]


def trigger_words(trigger: Trigger) -> str:
    """Say who decided the way back."""
    words = {"alarm": "alarm stops it", "failure": "deployment fails", "person": "person goes back"}
    return words.get(trigger.kind, trigger.kind)


def horizon_of(trace: Trace) -> float:
    """Seconds worth showing: to the last thing that changed, and a little more."""
    last = 0.0
    for record in trace.records:
        if isinstance(record, FlowChange | DeploymentChange | EventRun | AlarmChange | Trigger):
            last = max(last, record.time)
    return min(trace.end.time, last * 1.04 + 1.0) if last else trace.end.time


def _targets(members: Sequence[int]) -> str:
    if len(members) == 1:
        return f"target {members[0]}"
    ordered = sorted(members)
    if ordered[-1] - ordered[0] == len(ordered) - 1:
        return f"targets {ordered[0]}–{ordered[-1]}"
    return f"{len(members)} targets"
