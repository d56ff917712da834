"""Exposure of users to a bad release over time, from releases simulated again.

The one thing a newcomer would get wrong: this is conditional on a bad release. The band is what differs from
one bad release to the next, not how exactly the middle is known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from simulator.report.figures.style import INK, SOFT, Look, label, panels_of, time_axis, title
from simulator.trace.records import FlowChange, Trace, Trigger

FloatArray = npt.NDArray[np.float64]
GRID_POINTS = 181
SINGLE_RUNS = 5


@dataclass(frozen=True, slots=True)
class Fan:
    """Exposure of one strategy.

    Parameters
    ----------
    strategy : str
    runs : int
        Bad releases it rests on.
    times : array of float, shape (points,)
        Seconds from the start.
    bands : array of float, shape (5, points)
        5, 25, 50, 75 and 95 % quantiles of the share of production traffic on the bad revision.
    singles : array of float, shape (up to 5, points)
        Single runs.
    detected : array of float
        Seconds at which the first way back was decided, for the runs that had one.
    """

    strategy: str
    runs: int
    times: FloatArray
    bands: FloatArray
    singles: FloatArray
    detected: FloatArray


def share_of_bad(trace: Trace, times: FloatArray) -> FloatArray:
    """Share of production traffic on the new revision at each of these times; what was last holds on."""
    changes = [(record.time, record.flow.share_new) for record in trace.records if isinstance(record, FlowChange)]
    if not changes:
        return np.zeros(times.size)
    at, share = np.array(changes).T
    place = np.searchsorted(at, times, side="right") - 1
    return np.where(place >= 0, share[np.maximum(place, 0)], 0.0)


def fan(strategy: str, traces: Sequence[Trace], until: float) -> Fan:
    """Sum up the traces of bad releases under one strategy, from 0 to `until` seconds."""
    times = np.linspace(0.0, until, GRID_POINTS)
    shares = np.array([share_of_bad(trace, times) for trace in traces])
    first = [next((r.time for r in trace.records if isinstance(r, Trigger)), np.nan) for trace in traces]
    detected = np.array(first)
    return Fan(
        strategy,
        len(traces),
        times,
        np.quantile(shares, (0.05, 0.25, 0.5, 0.75, 0.95), axis=0, method="inverted_cdf"),
        shares[:SINGLE_RUNS],
        np.sort(detected[np.isfinite(detected)]),
    )


def worth_showing(strategies: Sequence[Sequence[Trace]], longest: float) -> float:
    """Seconds until 19 in 20 releases of every strategy are off the bad revision, and a little more."""
    times = np.linspace(0.0, longest, GRID_POINTS)
    last = 0.0
    for traces in strategies:
        exposed = np.array([share_of_bad(trace, times) > 0 for trace in traces])
        often = np.flatnonzero(exposed.mean(axis=0) > 0.05)
        last = max(last, float(times[often[-1]]) if often.size else 0.0)
    return min(max(1.15 * last, 60.0), max(longest, 60.0))


def draw(
    fans: Sequence[Fan],
    looks: Mapping[str, Look],
    heading: str,
    start_of_day_s: float | None = None,
    ax: Axes | None = None,
) -> list[Axes]:
    """Draw one panel per strategy, all on one time axis in minutes; with `ax`, the first strategy alone."""
    shown = fans if ax is None else fans[:1]
    columns = 1 if len(shown) <= 6 else 2
    rows = -(-len(shown) // columns)
    every = panels_of(ax, 1.0 + 0.64 * rows, rows, columns, sharex=True, sharey=True)[1]
    for axes, one in zip(every, shown, strict=False):
        panel(axes, one, looks[one.strategy], 40 if columns == 1 else 26)
    for axes in every[len(shown) :]:
        axes.set_axis_off()
    for axes in every[max(len(shown) - columns, 0) : len(shown)]:
        time_axis(axes, start_of_day_s, short=columns > 1)
    words = "share of production traffic on the bad release"
    if ax is None:
        every[0].figure.supylabel(words, fontsize=8.5, color=SOFT)
    else:
        ax.set_ylabel(words)
    title(every[0], heading, ax is None)
    return every[: len(shown)]


def panel(axes: Axes, one: Fan, look: Look, letters: int = 40) -> None:
    """Draw one strategy's bands, five single runs and detection ticks."""
    minutes = one.times / 60
    axes.fill_between(minutes, one.bands[0], one.bands[4], step="post", color=look.colour, alpha=0.16, linewidth=0)
    axes.fill_between(minutes, one.bands[1], one.bands[3], step="post", color=look.colour, alpha=0.28, linewidth=0)
    for single in one.singles:
        axes.step(minutes, single, where="post", color=look.ink, linewidth=0.6, alpha=0.8)
    axes.step(minutes, one.bands[2], where="post", color=look.ink, linewidth=2)
    shown = one.detected[one.detected <= one.times[-1]] / 60
    if shown.size:
        axes.plot(shown, np.full(shown.size, 1.14), "|", color=INK, markersize=6, markeredgewidth=0.8, clip_on=False)
    axes.set_ylim(0, 1.22)
    axes.set_xlim(0, minutes[-1])
    axes.set_yticks([0, 0.5, 1], ["0 %", "", "100 %"])
    axes.grid(visible=True, axis="y")
    axes.set_title(f"{look.glyph} {label(one.strategy, letters)}", fontsize=9, fontweight="normal", pad=4, color=INK)
