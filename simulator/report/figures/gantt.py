"""One run as a picture: targets by phase, traffic, failures, alarms and the way back on one time axis."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from simulator.report.figures.style import (
    BAD,
    CALM,
    INK,
    SOFT,
    WARM,
    label,
    note,
    panels_of,
    time_axis,
    title,
    top_tick,
)
from simulator.report.figures.timeline import (
    Bar,
    Row,
    alarm_rows,
    deployment_bars,
    horizon_of,
    target_rows,
    trigger_words,
)
from simulator.trace.records import FlowChange, Trace, Trigger

_FILLS = {
    "leaving service": ("#bdbdbd", "//"),
    "installing": ("#56B4E9", ""),
    "starting": ("#0072B2", ""),
    "returning to service": ("#009E73", ""),
    "testing": ("#E69F00", ""),
    "hook before traffic": ("#56B4E9", ""),
    "shifting traffic": ("#009E73", ""),
    "hook after traffic": ("#bdbdbd", "//"),
    "baking": ("#F0E442", ""),
}
_OTHER_PHASE = ("#CC79A7", "..")
_STATES = {"OK": "#e8ecef", "ALARM": BAD, "INSUFFICIENT_DATA": "#ffffff"}
_WAY_BACK = "#b34700"  # dark enough for white text
_LEGEND_COLUMNS = 3
_WORDS_BESIDE = 3  # deployments that have room for words beside them


def draw(trace: Trace, heading: str, start_of_day_s: float | None = None, ax: Axes | None = None) -> list[Axes]:
    """Draw the whole run; panels that have nothing to show are left out.

    Parameters
    ----------
    trace : Trace
        Of full grain.
    heading : str
        The finding.
    start_of_day_s : float, optional
        Seconds since midnight at CreateDeployment, for a second axis in clock time.
    ax : Axes, optional
        Axes to draw the deployments and targets on, alone.
    """
    bars, targets = deployment_bars(trace), target_rows(trace)
    alarms = alarm_rows(trace)
    rows = 1 + len(targets) + any(bar.phase for bar in bars)
    heights = [0.3 + 0.17 * rows, 0.62, 0.62, 0.17 * max(len(alarms), 1) + 0.1]
    names = ["deployment", "traffic", "failing", "alarms"][: 4 if alarms else 3]
    heights = heights[: len(names) if ax is None else 1]
    figure, every = panels_of(ax, 1.45 + sum(heights), len(heights), sharex=True, height_ratios=heights)
    end = max(horizon_of(trace), 1.0) / 60
    for axes in every:
        axes.set_xlim(0, end)
    bakes = [Row("bake", tuple(bar for bar in bars if bar.phase))] if any(bar.phase for bar in bars) else []
    targets = [*bakes, *targets]
    _rows_panel(every[0], [Row("deployment", tuple(bar for bar in bars if not bar.phase)), *targets])
    if ax is None:
        _step_panel(every[1], trace, "new", "on the new\nrevision", end)
        _step_panel(every[2], trace, "failing", "failing\nrequests", end)
    if alarms and ax is None:
        _rows_panel(every[3], [Row(label(row.name, 22), row.bars) for row in alarms])
    for axes in every:
        _marks(axes, trace)
        axes.set_xlim(0, end)
    trigger = _trigger(trace)
    if trigger is not None:
        note(every[min(1, len(every) - 1)], trigger.time / 60, 0.5, trigger_words(trigger), WARM)
    time_axis(every[-1], start_of_day_s)
    title(every[0], heading, ax is None)
    _legend(figure if ax is None else ax, targets, bool(alarms) and ax is None)
    return every


def _rows_panel(axes: Axes, rows: Sequence[Row]) -> None:
    for place, row in enumerate(rows):
        y = len(rows) - 1 - place
        for bar in row.bars:
            _bar(axes, bar, y, crowded=len(row.bars) > _WORDS_BESIDE)
        axes.plot([time / 60 for time in row.failed], [y] * len(row.failed), "x", color=INK, markersize=4.5,
                  markeredgewidth=1.3, zorder=6)  # fmt: skip
    axes.set_yticks(range(len(rows)))
    axes.set_yticklabels([row.name for row in reversed(rows)], fontsize=8)
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="x", length=0)


def _bar(axes: Axes, bar: Bar, y: float, crowded: bool) -> None:
    start, length = bar.start / 60, (bar.end - bar.start) / 60
    if bar.kind in _FILLS or bar.phase:
        colour, hatch = _FILLS.get(bar.kind, _OTHER_PHASE)
        axes.barh(y, length, 0.72, left=start, color=colour, hatch=hatch, edgecolor="white", linewidth=0.3)
        if bar.back:
            axes.barh(y - 0.42, length, 0.12, left=start, color=BAD)
    elif bar.kind in _STATES:
        axes.barh(y, length, 0.62, left=start, color=_STATES[bar.kind], edgecolor="#aab2bb", linewidth=0.4)
    else:
        _deployment_bar(axes, bar, y, crowded)


def _deployment_bar(axes: Axes, bar: Bar, y: float, crowded: bool) -> None:
    """Draw a deployment with its status: inside the bar where it fits, else behind it unless there are many."""
    start, length = bar.start / 60, (bar.end - bar.start) / 60
    colour = _WAY_BACK if bar.back else INK if bar.kind == "Succeeded" else "#5d6672"
    axes.barh(y, length, 0.8, left=start, color=colour)
    words = f"{'way back ' if bar.back else ''}{bar.kind}"
    fits = length > 0.012 * len(words) * axes.get_xlim()[1]
    if fits:
        axes.annotate(words, (start + length / 2, y), ha="center", va="center", fontsize=8, color="white")
    if fits or crowded:
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
    top = 1.0 if what == "new" else top_tick(max(0.01, *values))
    axes.set_ylim(0, top * 1.05)
    axes.set_yticks([0, top])
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


def _legend(place: Figure | Axes, targets: Sequence[Row], alarms: bool) -> None:
    """Name the colours that are there."""
    shown = {bar.kind for row in targets for bar in row.bars if bar.phase}
    kinds = [*(kind for kind in _FILLS if kind in shown), *sorted(shown - set(_FILLS))]
    fills = {kind: _FILLS.get(kind, _OTHER_PHASE) for kind in kinds}
    handles: list[Artist] = [
        Patch(facecolor=colour, hatch=hatch, edgecolor="white", label=kind) for kind, (colour, hatch) in fills.items()
    ]
    if any(bar.back for row in targets for bar in row.bars):
        handles.append(Line2D([], [], color=BAD, linewidth=2, label="line below: on the way back"))
    if alarms:
        handles.append(Patch(facecolor=_STATES["ALARM"], edgecolor="#aab2bb", label="alarm in ALARM"))
    if handles and isinstance(place, Axes):
        place.legend(handles=handles, loc="upper left", bbox_to_anchor=(1, 1), frameon=False, fontsize=8)
    elif handles:
        place.legend(handles=handles, loc="outside lower left", ncols=_LEGEND_COLUMNS, frameon=False, fontsize=8)
