"""What the service can answer while a good release rolls out, against what users ask for.

The one thing a newcomer would get wrong: this is the rollout itself, with no defect at all. Where the line of
capacity is under the demand, users are refused in every release, good or bad.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from simulator.report.figures.style import INK, SOFT, WARM, Look, label, panels_of, plain_numbers, time_axis, title
from simulator.report.words import Scale
from simulator.trace.records import FlowChange, Trace

FloatArray = npt.NDArray[np.float64]
GRID_POINTS = 361


@dataclass(frozen=True, slots=True)
class Supply:
    """Capacity and demand of one strategy over time.

    Parameters
    ----------
    strategy : str
    runs : int
        Releases it rests on.
    times : array of float, shape (points,)
        Seconds from the start.
    bands : array of float, shape (3, points)
        5, 50 and 95 % quantiles of what the service can answer, in requests per second.
    demand : array of float, shape (points,)
        Median of what users ask for.
    over : float
        Median second at which capacity is as at the start again, for good.
    short : float
        Share of the releases in which capacity was ever below demand.
    """

    strategy: str
    runs: int
    times: FloatArray
    bands: FloatArray
    demand: FloatArray
    over: float
    short: float

    @property
    def least(self) -> float:
        """Lowest point of the median."""
        return float(self.bands[1].min())


def supply(strategy: str, traces: Sequence[Trace], until: float) -> Supply:
    """Sum up traces of good releases under one strategy, from 0 to `until` seconds."""
    times = np.linspace(0.0, until, GRID_POINTS)
    steps = [_steps(trace) for trace in traces]
    capacity = np.array([_held(at, able, times) for at, able, _ in steps])
    demand = np.array([_held(at, asked, times) for at, _, asked in steps])
    short = np.mean([bool((able < asked * (1 - 1e-9)).any()) for _, able, asked in steps])
    bands = np.quantile(capacity, (0.05, 0.5, 0.95), axis=0, method="inverted_cdf")
    middle = np.quantile(demand, 0.5, axis=0, method="inverted_cdf")
    over = float(np.median([restored(trace) for trace in traces]))
    return Supply(strategy, len(traces), times, bands, middle, over, float(short))


def restored(trace: Trace) -> float:
    """Second from which on capacity is as at the start; 0 where it never changed."""
    at, able, _ = _steps(trace)
    if not np.isfinite(able).all():
        return 0.0
    away = np.flatnonzero(np.abs(able - able[0]) > 1e-9 * max(able[0], 1.0))
    if not away.size:
        return 0.0
    last = int(away[-1])
    return float(at[last + 1]) if last + 1 < at.size else trace.end.time


def _steps(trace: Trace) -> tuple[FloatArray, FloatArray, FloatArray]:
    flows = {max(record.time, 0.0): record.flow for record in trace.records if isinstance(record, FlowChange)}
    rows = [(flow.capacity, flow.demand) for flow in flows.values()]
    able, asked = np.array(rows, dtype=np.float64).T
    return np.array(list(flows)), able, asked


def _held(at: FloatArray, values: FloatArray, times: FloatArray) -> FloatArray:
    held: FloatArray = values[np.maximum(np.searchsorted(at, times, side="right") - 1, 0)]
    return held


def draw(
    supplies: Sequence[Supply],
    looks: Mapping[str, Look],
    heading: str,
    scale: Scale,
    start_of_day_s: float | None = None,
    ax: Axes | None = None,
) -> list[Axes]:
    """Draw one panel per strategy on common scales; with `ax`, the first strategy alone.

    Parameters
    ----------
    supplies : sequence of Supply
        In the order to be shown.
    looks, heading : mapping, str
        As in the other figures.
    scale : Scale
        Unit of the rates shown.
    start_of_day_s : float, optional
        Seconds since midnight at the start, for a second label in clock time.
    ax : Axes, optional
        Axes to draw on.
    """
    shown = supplies if ax is None else supplies[:1]
    columns = 1 if len(shown) <= 5 else 2
    rows = -(-len(shown) // columns)
    every = panels_of(ax, 1.0 + 0.78 * rows, rows, columns, sharex=True, sharey=True)[1]
    most = max(max(float(one.bands[2].max()), float(one.demand.max())) for one in shown) * scale.factor
    for axes, one in zip(every, shown, strict=False):
        panel(axes, one, looks[one.strategy], scale, columns == 1)
        axes.set_ylim(0, 1.12 * most or 1.0)
        axes.set_xlim(0, one.times[-1] / 60)
    for axes in every[len(shown) :]:
        axes.set_axis_off()
    for axes in every[max(len(shown) - columns, 0) : len(shown)]:
        time_axis(axes, start_of_day_s, short=columns > 1)
    if ax is None:
        every[0].figure.supylabel(f"requests a second{scale.unit}", fontsize=8.5, color=SOFT)
    else:
        ax.set_ylabel(f"requests a second{scale.unit}")
    title(every[0], heading, ax is None)
    return every[: len(shown)]


def panel(axes: Axes, one: Supply, look: Look, scale: Scale, wide: bool = True) -> None:
    """Draw one strategy's capacity, its band, and the demand; hatched where the median falls short."""
    minutes = one.times / 60
    low, middle, high = one.bands * scale.factor
    demand = one.demand * scale.factor
    axes.fill_between(minutes, low, high, step="post", color=look.colour, alpha=0.22, linewidth=0)
    axes.fill_between(minutes, middle, demand, where=list(middle < demand), step="post", facecolor="none", hatch="////",
                      edgecolor=WARM, linewidth=0)  # fmt: skip
    axes.step(minutes, middle, where="post", color=look.ink, linewidth=1.8)
    axes.step(minutes, demand, where="post", color=INK, linewidth=1.1, linestyle=(0, (4, 2)))
    words = f"short in none of {one.runs} releases" if one.short <= 0 else f"short in {_often(one.short, one.runs)}"
    if one.over > one.times[-1] and wide:
        words += f" (goes on like this to {one.over / 60:,.0f} min)"
    axes.set_title(
        f"{look.glyph} {label(one.strategy, 30 if wide else 16)}: {words if wide else words.removesuffix(' releases')}",
        fontsize=8.5,
        fontweight="normal",
        pad=3,
        color=INK,
    )
    axes.annotate("demand", (1, demand[-1]), xycoords=("axes fraction", "data"), xytext=(-2, -2),
                  textcoords="offset points", ha="right", va="top", fontsize=8, color=INK)  # fmt: skip
    axes.annotate("capacity", (1, middle[-1]), xycoords=("axes fraction", "data"), xytext=(-2, 2),
                  textcoords="offset points", ha="right", va="bottom", fontsize=8, color=look.ink)  # fmt: skip
    axes.yaxis.set_major_locator(MaxNLocator(3))
    plain_numbers(axes.yaxis)
    axes.grid(visible=True, axis="y")


def _often(share: float, runs: int) -> str:
    return f"each of {runs} releases" if share >= 1 - 1e-9 else f"{round(share * runs)} of {runs} releases"
