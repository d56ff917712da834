"""One run as users and alarms saw it: traffic, errors by version, datapoints judged, states of the alarms.

The one thing a newcomer would get wrong: errors are expected rates, what users felt; datapoints are what
CloudWatch counted, minute by minute, and could be read only later. Two scales, so two panels, never two axes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from simulator.report.datapoints import Judged
from simulator.report.figures.style import (
    BAD,
    CALM,
    INK,
    SOFT,
    WARM,
    label,
    note,
    panels_of,
    plain_numbers,
    side_label,
    time_axis,
    title,
    top_tick,
)
from simulator.report.figures.timeline import ALARMS_MOST, Bar, Row, alarm_rows, horizon_of, trigger_words
from simulator.trace.records import FlowChange, Trace, Trigger

FloatArray = npt.NDArray[np.float64]
ALARMS_DRAWN = 2
_STATES = {"OK": ("#e8ecef", ""), "ALARM": (BAD, ""), "INSUFFICIENT_DATA": ("#ffffff", "....")}


@dataclass(frozen=True, slots=True)
class Seen:
    """What one run looked like; times in seconds, step functions hold from their time on.

    Parameters
    ----------
    times, weight_new, errors_old, errors_new : array of float, shape (changes,)
        Share of traffic on the new version, and of each version's requests the share that fails; NaN while a
        version takes no request.
    judged : sequence of Judged
        Alarms with their datapoints, those that fired first.
    states : sequence of Row
        Alarms with the states they were in.
    triggered : float or None
        When the first way back was decided.
    trigger_words : str
        By whom.
    end : float
        Last second worth showing.
    """

    times: FloatArray
    weight_new: FloatArray
    errors_old: FloatArray
    errors_new: FloatArray
    judged: Sequence[Judged]
    states: Sequence[Row]
    triggered: float | None
    trigger_words: str
    end: float


def seen(trace: Trace, judged: Sequence[Judged], baseline_errors: float) -> Seen:
    """Read a run's traffic off its trace, whatever the platform.

    Parameters
    ----------
    trace : Trace
    judged : sequence of Judged
        From `simulator.report.datapoints`.
    baseline_errors : float
        Share of requests that fails on any revision.
    """
    # Of several changes at one instant the last one holds.
    flows = {max(record.time, 0.0): record.flow for record in trace.records if isinstance(record, FlowChange)}
    rows = []
    for flow in flows.values():
        sound = 1 - baseline_errors
        old = 1 - sound * flow.served_old / (flow.demand * flow.share_old) if flow.demand * flow.share_old else math.nan
        well = sound * flow.served_new - flow.defect
        new = 1 - well / (flow.demand * flow.share_new) if flow.demand * flow.share_new else math.nan
        rows.append((flow.share_new, old, new))
    table = np.array(rows or [(0.0, math.nan, math.nan)], dtype=np.float64)
    states = _states(trace, judged)
    places = {row.name: place for place, row in enumerate(states)}
    ordered = sorted(
        judged, key=lambda each: (places.get(each.alarm, len(places)), -sum(p.breaches for p in each.points))
    )
    trigger = next((record for record in trace.records if isinstance(record, Trigger)), None)
    return Seen(
        np.array(list(flows) or [0.0]),
        table[:, 0],
        np.clip(table[:, 1], 0.0, 1.0),
        np.clip(table[:, 2], 0.0, 1.0),
        ordered[:ALARMS_DRAWN],
        states,
        trigger.time if trigger else None,
        trigger_words(trigger) if trigger else "",
        max(horizon_of(trace), 60.0),
    )


def _states(trace: Trace, judged: Sequence[Judged]) -> list[Row]:
    """Alarms with their states from zero on, those too that never changed."""
    rows = {row.name: row for row in alarm_rows(trace)}
    for each in judged:
        bars = rows[each.alarm].bars if each.alarm in rows else (Bar(0.0, trace.end.time, each.state),)
        if bars[0].start <= 0 and bars[0].kind == "OK":
            bars = (replace(bars[0], kind=each.state), *bars[1:])
        rows[each.alarm] = Row(each.alarm, bars)
    return list(rows.values())[:ALARMS_MOST]


def draw(run: Seen, heading: str, start_of_day_s: float | None = None, ax: Axes | None = None) -> list[Axes]:
    """Draw the panels under each other on one time axis in minutes.

    Parameters
    ----------
    run : Seen
    heading : str
        The finding.
    start_of_day_s : float, optional
        Seconds since midnight at the start, for a second label in clock time.
    ax : Axes, optional
        Axes to draw the share of traffic on, alone.
    """
    heights = [0.55, 0.75, *[0.8] * len(run.judged), *([0.12 + 0.2 * len(run.states)] if run.states else [])]
    if ax is not None:
        heights = heights[:1]
    every = panels_of(ax, 1.25 + sum(heights), len(heights), sharex=True, height_ratios=heights)[1]
    _weight(every[0], run)
    every[0].set_xlim(0, run.end / 60)
    if ax is None:
        _errors(every[1], run)
        for axes, judged in zip(every[2:], run.judged, strict=False):
            _datapoints(axes, judged, run)
        if run.states:
            _bands(every[-1], run.states)
    for axes in every:
        if run.triggered is not None:
            axes.axvline(run.triggered / 60, color=BAD, linewidth=1.0, linestyle=(0, (3, 2)))
        axes.set_xlim(0, run.end / 60)
        if axes is not every[-1]:
            axes.tick_params(axis="x", length=0)
    if run.triggered is not None:
        note(every[0], run.triggered / 60, 0.5, run.trigger_words, WARM)
    time_axis(every[-1], start_of_day_s)
    title(every[0], heading, ax is None)
    return every


def _weight(axes: Axes, run: Seen) -> None:
    minutes, share = _held(run.times, run.weight_new, run.end)
    axes.fill_between(minutes, share, step="post", color=CALM, alpha=0.22, linewidth=0)
    axes.step(minutes, share, where="post", color=CALM, linewidth=1.5)
    axes.set_ylim(0, 1.06)
    axes.set_yticks([0, 1], ["0 %", "100 %"])
    side_label(axes, "traffic on the\nnew version")


def _errors(axes: Axes, run: Seen) -> None:
    """Draw each version's error ratio, named at the point where it stands out."""
    most = float(np.nanmax([0.01, *run.errors_old, *run.errors_new]))
    top = top_tick(most)
    axes.set_ylim(0, 1.12 * top)
    axes.set_yticks([0, top])
    axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.3g} %")
    for name, values, colour, style in (
        ("old", run.errors_old, SOFT, "-"),
        ("new", run.errors_new, BAD, (0, (5, 1.5))),
    ):
        minutes, share = _held(run.times, values, run.end)
        axes.step(minutes, share, where="post", color=colour, linewidth=1.5, linestyle=style)
        if np.isfinite(values).any():
            dash, height, ink = ("╌╌", 0.95, WARM) if name == "new" else ("──", 0.5, SOFT)
            axes.annotate(
                f"{dash} {name} version", (1, height), xycoords="axes fraction", xytext=(6, 0),
                textcoords="offset points", va="center", fontsize=8, color=ink, annotation_clip=False,
            )  # fmt: skip
    side_label(axes, "requests that\nfail, by version")


def _datapoints(axes: Axes, judged: Judged, run: Seen) -> None:
    """Mark each datapoint at the end of its slot, filled where it breaches, against the threshold."""
    points = [point for point in judged.points if point.slot_end <= run.end]
    for breaches, face in ((False, "white"), (True, BAD)):
        chosen = [point for point in points if point.breaches == breaches]
        if not chosen:
            continue  # an empty line that is not clipped would count as one at the corner of the page
        axes.plot([p.slot_end / 60 for p in chosen], [p.value for p in chosen], "o", markersize=4.5,
                  markerfacecolor=face, markeredgecolor=readable_edge(breaches), markeredgewidth=1.1, clip_on=False,
                  zorder=5)  # fmt: skip
    axes.axhline(judged.threshold, color=INK, linewidth=0.9, linestyle=(0, (4, 3)))
    top = max([judged.threshold, *(point.value for point in points)]) or 1.0
    axes.set_ylim(min([0.0, *(point.value for point in points)]), 1.15 * top)
    axes.yaxis.set_major_locator(MaxNLocator(2, integer=top > 4))
    plain_numbers(axes.yaxis)
    rule = f"threshold, {judged.needed} of {judged.of}"
    axes.annotate(rule, (1, judged.threshold), xycoords=("axes fraction", "data"), xytext=(-2, 2),
                  textcoords="offset points", ha="right", va="bottom", fontsize=8, color=INK,
                  bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.4, "alpha": 0.8})  # fmt: skip
    side_label(axes, f"datapoints of\n{label(judged.alarm, 20)}\n(● breaching)")


def readable_edge(breaches: bool) -> str:
    """Edge of a datapoint's mark."""
    return INK if breaches else SOFT


def _bands(axes: Axes, rows: Sequence[Row]) -> None:
    for place, row in enumerate(rows):
        y = len(rows) - 1 - place
        for bar in row.bars:
            colour, hatch = _STATES.get(bar.kind, ("#ffffff", ""))
            axes.barh(y, (bar.end - bar.start) / 60, 0.7, left=bar.start / 60, color=colour, hatch=hatch,
                      edgecolor="#7d8792", linewidth=0.5)  # fmt: skip
            words = bar.kind.replace("_", " ").lower() if bar.kind == "INSUFFICIENT_DATA" else bar.kind
            if (bar.end - bar.start) / 60 > 0.013 * len(words) * axes.get_xlim()[1]:
                weight = "bold" if bar.kind == "ALARM" else "normal"
                axes.annotate(words, (bar.start / 60, y), xytext=(3, 0), textcoords="offset points", va="center",
                              fontsize=8, color="black", fontweight=weight, clip_on=True)  # fmt: skip
    axes.set_yticks(range(len(rows)), [label(row.name, 22) for row in reversed(rows)], fontsize=8)
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.spines["left"].set_visible(False)


def _held(times: FloatArray, values: FloatArray, end: float) -> tuple[FloatArray, FloatArray]:
    """Minutes and values of a step function, its last value held to the end."""
    return np.append(times, max(end, times[-1])) / 60, np.append(values, values[-1])
