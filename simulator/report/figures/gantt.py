"""One run as a picture: targets by phase, traffic, failures, alarms and the way back on one time axis.

The one thing a newcomer would get wrong: a row is one target only while there are few of them. A larger fleet
is shown by batches, and a row then has the colour of the phase that the slowest of its targets is in.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from simulator.report.figures.style import BAD, CALM, INK, SOFT, label, new_figure, plain_numbers, title
from simulator.trace.batches import Journey, batches, journeys
from simulator.trace.records import AlarmChange, DeploymentChange, EventRun, FlowChange, Trace, Trigger

ROWS_MOST = 12
ALARMS_MOST = 4
# What the events of a lifecycle are for; CodeDeploy's own order (user guide, AppSpec hooks section).
PHASES = {
    "leaving service": ("BeforeBlockTraffic", "BlockTraffic", "AfterBlockTraffic"),
    "installing": ("ApplicationStop", "DownloadBundle", "BeforeInstall", "Install", "AfterInstall"),
    "starting": ("ApplicationStart", "ValidateService"),
    "returning to service": ("BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic"),
}
_PHASE_OF = {event: phase for phase, events in PHASES.items() for event in events}
_FILLS = {
    "leaving service": ("#bdbdbd", "//"),
    "installing": ("#56B4E9", ""),
    "starting": ("#0072B2", ""),
    "returning to service": ("#009E73", ""),
}
_STATES = {"OK": "#e8ecef", "ALARM": BAD, "INSUFFICIENT_DATA": "#ffffff"}
_WAY_BACK = "#b34700"  # dark enough for white text
_ENDED = ("Succeeded", "Failed", "Stopped")
_LEGEND_COLUMNS = 3
_PICKUP_S = 5.0  # between two events the agent takes a moment; that is no gap worth showing


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of time in seconds with its kind; `back` when it belongs to a way back."""

    start: float
    end: float
    kind: str
    back: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A named row of bars; `failed` are the instants at which a target of it failed."""

    name: str
    bars: tuple[Bar, ...]
    failed: tuple[float, ...] = ()


def deployment_bars(trace: Trace) -> list[Bar]:
    """Return one bar for each deployment, from its creation to its terminal status; `kind` is that status."""
    began: dict[int, DeploymentChange] = {}
    bars = []
    for record in trace.records:
        if not isinstance(record, DeploymentChange):
            continue
        if record.status in _ENDED:
            first = began.get(record.deployment, record)
            bars.append(Bar(first.time, record.time, record.status, first.rollback or record.rollback))
            began.pop(record.deployment, None)
        else:
            began.setdefault(record.deployment, record)
    bars += [Bar(first.time, trace.end.time, "unfinished", first.rollback) for first in began.values()]
    return sorted(bars, key=lambda bar: bar.start)


def target_rows(trace: Trace) -> list[Row]:
    """Rows by target, or by batches of them when there are more than a dozen."""
    deployments = sorted({record.deployment for record in trace.records if isinstance(record, EventRun)})
    back = {r.deployment for r in trace.records if isinstance(r, DeploymentChange) and r.rollback}
    met = {number: journeys(trace, number) for number in deployments}
    rows = []
    for members in groups(met[deployments[0]] if deployments else []):
        bars: list[Bar] = []
        failed: list[float] = []
        for number in deployments:
            ours = [journey for journey in met[number] if journey.target in members]
            bars += phases(ours, number in back)
            failed += [journey.ended for journey in ours if journey.status == "Failed"]
        rows.append(Row(_targets(members), tuple(bars), tuple(failed)))
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


def phases(found: Sequence[Journey], back: bool) -> list[Bar]:
    """Stretches of time by the phase that the slowest of these targets is in."""
    steps: list[tuple[float, str, int]] = []
    for journey in found:
        for event in journey.events:
            phase = _PHASE_OF.get(event.event, "installing")
            steps += [(event.started, phase, 1), (event.time, phase, -1)]
    counts = dict.fromkeys(PHASES, 0)
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
            bars[-1] = Bar(bars[-1].start, end, kind, back)
        else:
            bars.append(Bar(start, end, kind, back))
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


def draw(trace: Trace, heading: str, start_of_day_s: float | None = None) -> Figure:
    """Draw the whole run; panels that have nothing to show are left out.

    Parameters
    ----------
    trace : Trace
        Of full grain.
    heading : str
        The finding.
    start_of_day_s : float, optional
        Seconds since midnight at CreateDeployment, for a second axis in clock time.
    """
    targets = target_rows(trace)
    alarms = alarm_rows(trace)
    heights = [0.3 + 0.17 * (1 + len(targets)), 0.62, 0.62, 0.17 * max(len(alarms), 1) + 0.1]
    names = ["deployment", "traffic", "failing", "alarms"][: 4 if alarms else 3]
    heights = heights[: len(names)]
    figure = new_figure(1.45 + sum(heights))
    every = figure.subplots(len(names), 1, sharex=True, height_ratios=heights, squeeze=False)[:, 0]
    end = max(horizon_of(trace), 1.0) / 60
    for axes in every:
        axes.set_xlim(0, end)
    _rows_panel(every[0], [Row("deployment", tuple(deployment_bars(trace))), *targets])
    _step_panel(every[1], trace, "new", "on the new\nrevision", end)
    _step_panel(every[2], trace, "failing", "failing\nrequests", end)
    if alarms:
        _rows_panel(every[3], [Row(label(row.name, 22), row.bars) for row in alarms])
    for axes in every:
        _marks(axes, trace)
        axes.set_xlim(0, end)
    _mark_words(every[1], trace, end)
    every[-1].set_xlabel("minutes from the start of the deployment")
    plain_numbers(every[-1].xaxis)
    title(every[0], heading)
    if start_of_day_s is not None:
        _clock(every[0], start_of_day_s)
    _legend(figure, bool(targets), bool(alarms), any(bar.back for bar in deployment_bars(trace)))
    return figure


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


def _rows_panel(axes: Axes, rows: Sequence[Row]) -> None:
    for place, row in enumerate(rows):
        y = len(rows) - 1 - place
        for bar in row.bars:
            _bar(axes, bar, y)
        axes.plot([time / 60 for time in row.failed], [y] * len(row.failed), "x", color=INK, markersize=4.5,
                  markeredgewidth=1.3, zorder=6)  # fmt: skip
    axes.set_yticks(range(len(rows)))
    axes.set_yticklabels([row.name for row in reversed(rows)], fontsize=8)
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="x", length=0)


def _bar(axes: Axes, bar: Bar, y: float) -> None:
    start, length = bar.start / 60, (bar.end - bar.start) / 60
    if bar.kind in _FILLS:
        colour, hatch = _FILLS[bar.kind]
        axes.barh(y, length, 0.72, left=start, color=colour, hatch=hatch, edgecolor="white", linewidth=0.3)
        if bar.back:
            axes.barh(y - 0.42, length, 0.12, left=start, color=BAD)
    elif bar.kind in _STATES:
        axes.barh(y, length, 0.62, left=start, color=_STATES[bar.kind], edgecolor="#aab2bb", linewidth=0.4)
    else:
        _deployment_bar(axes, bar, y)


def _deployment_bar(axes: Axes, bar: Bar, y: float) -> None:
    """Draw a deployment with its status: inside the bar where it fits, else behind it."""
    start, length = bar.start / 60, (bar.end - bar.start) / 60
    colour = _WAY_BACK if bar.back else INK if bar.kind == "Succeeded" else "#5d6672"
    axes.barh(y, length, 0.8, left=start, color=colour)
    words = f"{'way back ' if bar.back else ''}{bar.kind}"
    fits = length > 0.012 * len(words) * axes.get_xlim()[1]
    if fits:
        axes.annotate(words, (start + length / 2, y), ha="center", va="center", fontsize=8, color="white")
    else:
        axes.annotate(words, (start, y), xytext=(-3, 0), textcoords="offset points", ha="right", va="center",
                      fontsize=8, color=INK)  # fmt: skip


def _step_panel(axes: Axes, trace: Trace, what: str, name: str, end: float) -> None:
    times, values = _steps(trace, what)
    colour = BAD if what == "failing" else CALM
    axes.fill_between(
        [*times, end], [*values, values[-1]], step="post", color=colour, alpha=0.25, linewidth=0
    )
    axes.step([*times, end], [*values, values[-1]], where="post", color=colour, linewidth=1.3)
    top = 1.0 if what == "new" else max(0.01, *values) * 1.15
    axes.set_ylim(0, top * 1.05)
    axes.set_yticks([0, top if what == "new" else max(0.01, *values)])
    axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.3g} %")
    axes.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=8, color=SOFT, labelpad=22)
    axes.tick_params(axis="x", length=0)


def _steps(trace: Trace, what: str) -> tuple[list[float], list[float]]:
    """Minutes and shares of one step function of the trace, from 0 on."""
    # Of several changes at one instant the last one holds.
    flows = {max(r.time, 0.0): r.flow for r in trace.records if isinstance(r, FlowChange)}
    times = [time / 60 for time in flows] or [0.0]
    values = [flow.share_new if what == "new" else flow.failing_share for flow in flows.values()] or [0.0]
    return times, [float(value) for value in np.clip(values, 0, 1)]


def _trigger(trace: Trace) -> Trigger | None:
    return next((record for record in trace.records if isinstance(record, Trigger)), None)


def _marks(axes: Axes, trace: Trace) -> None:
    trigger = _trigger(trace)
    if trigger is not None:
        axes.axvline(trigger.time / 60, color=BAD, linewidth=1.0, linestyle=(0, (3, 2)))


def _mark_words(axes: Axes, trace: Trace, end: float) -> None:
    trigger = _trigger(trace)
    if trigger is None:
        return
    words = {"alarm": "alarm stops it", "failure": "deployment fails", "person": "person goes back"}[
        trigger.kind
    ]
    right = trigger.time / 60 > 0.7 * end
    axes.annotate(
        words,
        (trigger.time / 60, 0.5),
        xycoords=("data", "axes fraction"),
        xytext=(-3 if right else 3, 0),
        textcoords="offset points",
        fontsize=8,
        color="#a34700",
        ha="right" if right else "left",
        va="center",
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.85},
    )


def _clock(axes: Axes, start_of_day_s: float) -> None:
    """Label the same axis in time of day on top."""
    upper = axes.secondary_xaxis("top")
    upper.xaxis.set_major_locator(MaxNLocator(8, steps=[1, 2, 3, 6, 10], integer=True))
    upper.xaxis.set_major_formatter(
        lambda minutes, _: _time_of_day(start_of_day_s + 60 * minutes),
    )
    upper.tick_params(axis="x", labelsize=8, length=2, pad=1)
    upper.spines["top"].set_visible(False)


def _time_of_day(seconds: float) -> str:
    minutes = round(seconds / 60) % 1440
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _legend(figure: Figure, targets: bool, alarms: bool, back: bool) -> None:
    kinds: Iterable[str] = PHASES if targets else ()
    handles: list[Artist] = [
        Patch(facecolor=_FILLS[kind][0], hatch=_FILLS[kind][1], edgecolor="white", label=kind)
        for kind in kinds
    ]
    if targets and back:
        handles.append(Line2D([], [], color=BAD, linewidth=2, label="below a target: on the way back"))
    if alarms:
        handles.append(Patch(facecolor=_STATES["ALARM"], edgecolor="#aab2bb", label="alarm in ALARM"))
    if handles:
        figure.legend(
            handles=handles, loc="outside lower left", ncols=_LEGEND_COLUMNS, frameon=False, fontsize=8
        )
