"""One run as a picture: targets by phase, traffic, failures, alarms and the way back on one time axis."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from simulator.report.figures.style import BAD, CALM, INK, SOFT, label, new_figure, plain_numbers, title
from simulator.report.figures.timeline import Bar, Row, alarm_rows, deployment_bars, horizon_of, target_rows
from simulator.trace.records import FlowChange, Trace, Trigger

_FILLS = {
    "leaving service": ("#bdbdbd", "//"),
    "installing": ("#56B4E9", ""),
    "starting": ("#0072B2", ""),
    "returning to service": ("#009E73", ""),
    "hook before traffic": ("#56B4E9", ""),
    "shifting traffic": ("#009E73", ""),
    "hook after traffic": ("#bdbdbd", "//"),
}
_STATES = {"OK": "#e8ecef", "ALARM": BAD, "INSUFFICIENT_DATA": "#ffffff"}
_WAY_BACK = "#b34700"  # dark enough for white text
_LEGEND_COLUMNS = 3


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
    _legend(figure, targets, bool(alarms))
    return figure


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
        return
    right = start + length < axes.get_xlim()[1] / 2
    axes.annotate(
        words,
        (start + length if right else start, y),
        xytext=(3 if right else -3, 0),
        textcoords="offset points",
        ha="left" if right else "right",
        va="center",
        fontsize=8,
        color=INK,
    )


def _step_panel(axes: Axes, trace: Trace, what: str, name: str, end: float) -> None:
    times, values = _steps(trace, what)
    colour = BAD if what == "failing" else CALM
    axes.fill_between([*times, end], [*values, values[-1]], step="post", color=colour, alpha=0.25, linewidth=0)
    axes.step([*times, end], [*values, values[-1]], where="post", color=colour, linewidth=1.3)
    top = 1.0 if what == "new" else _round_top(max(0.01, *values))
    axes.set_ylim(0, top * 1.05)
    axes.set_yticks([0, top])
    axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.3g} %")
    axes.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=8, color=SOFT, labelpad=22)
    axes.tick_params(axis="x", length=0)


def _round_top(most: float) -> float:
    """Least round number that is no smaller.

    >>> _round_top(0.447), _round_top(0.654), _round_top(0.01)
    (0.5, 0.8, 0.01)
    """
    power = 10.0 ** math.floor(math.log10(most))
    return next(round(step * power, 12) for step in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if step * power >= most * (1 - 1e-9))


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
    words = {"alarm": "alarm stops it", "failure": "deployment fails", "person": "person goes back"}[trigger.kind]
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


def _legend(figure: Figure, targets: Sequence[Row], alarms: bool) -> None:
    """Name the colours that are there."""
    shown = {bar.kind for row in targets for bar in row.bars}
    kinds = [kind for kind in _FILLS if kind in shown]
    handles: list[Artist] = [
        Patch(facecolor=_FILLS[kind][0], hatch=_FILLS[kind][1], edgecolor="white", label=kind) for kind in kinds
    ]
    if any(bar.back for row in targets for bar in row.bars):
        handles.append(Line2D([], [], color=BAD, linewidth=2, label="line below: on the way back"))
    if alarms:
        handles.append(Patch(facecolor=_STATES["ALARM"], edgecolor="#aab2bb", label="alarm in ALARM"))
    if handles:
        figure.legend(handles=handles, loc="outside lower left", ncols=_LEGEND_COLUMNS, frameon=False, fontsize=8)
