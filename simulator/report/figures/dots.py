"""Dot plot of outcomes by strategy: what usually happens, and how exactly its mean is known.

The one thing a newcomer would get wrong: the wide bars are the spread of *outcomes*, the small diamond with
whiskers is the *precision of the mean*. They answer different questions and are drawn apart.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from simulator.estimate import Estimate
from simulator.report.figures.style import (
    INK,
    SOFT,
    Look,
    label,
    mark_tolerance,
    panels_of,
    plain_numbers,
    title,
)
from simulator.report.words import Scale

# From here on numbers are too long for as many as an axis usually has.
_LONG = 10_000.0


@dataclass(frozen=True, slots=True)
class Dots:
    """One strategy's row: quantiles of the outcomes and the mean with its interval, in inner units."""

    strategy: str
    low95: float
    low50: float
    median: float
    high50: float
    high95: float
    mean: Estimate

    @property
    def absent(self) -> bool:
        """Whether the metric applied to no run."""
        return math.isnan(self.median)

    @property
    def ends(self) -> tuple[float, ...]:
        """Every number the row shows."""
        return (self.low95, self.low50, self.median, self.high50, self.high95, self.mean.value)


def no_mean(median: Estimate) -> Estimate:
    """Stand in for a mean that no run supports, as when none ended."""
    return Estimate(math.nan, math.nan, math.nan, median.level, median.replications)


def draw(
    panels: Mapping[str, Sequence[Dots]],
    looks: Mapping[str, Look],
    scale: Scale,
    heading: str,
    axis_label: str,
    recommended: str | None = None,
    tolerance: float | None = None,
    ax: Axes | None = None,
) -> list[Axes]:
    """Draw one panel per kind of release, side by side on one scale, best row on top.

    Parameters
    ----------
    panels : mapping
        Heading of the panel to its rows, in the order to be shown.
    looks : mapping
        Strategy to colour and mark.
    scale : Scale
        Unit shown.
    heading, axis_label : str
        The finding, and what the axis measures with its unit.
    recommended : str, optional
        Row to label.
    tolerance : float, optional
        Line to draw, in the inner unit.
    ax : Axes, optional
        Axes to draw the first panel on, alone.
    """
    if ax is not None:
        panels = dict(list(panels.items())[:1])
    rows = max(len(rows) for rows in panels.values())
    figure, every = panels_of(ax, 1.25 + 0.36 * rows, 1, len(panels), sharex=True, sharey=True)
    limit = _limit([dots for rows in panels.values() for dots in rows], scale, tolerance)
    for axes, (name, dots) in zip(every, panels.items(), strict=True):
        panel(axes, dots, looks, scale, limit, recommended, tolerance)
        if ax is None:
            axes.set_title(name, fontsize=9, fontweight="normal", color=SOFT, pad=5)
        axes.set_xlabel(axis_label)
    title(every[0], heading, ax is None)
    if ax is None:
        _legend(figure)
    return every


def panel(
    axes: Axes,
    rows: Sequence[Dots],
    looks: Mapping[str, Look],
    scale: Scale,
    limit: float,
    recommended: str | None = None,
    tolerance: float | None = None,
) -> None:
    """Draw the rows on these axes, first on top; `limit` is the right edge in the shown unit."""
    for place, dots in enumerate(rows):
        y = len(rows) - 1 - place
        if dots.absent:
            axes.text(0, y, "does not apply", va="center", color=SOFT, fontstyle="italic")
            continue
        _row(axes, dots, y, looks[dots.strategy], scale, limit)
    axes.set_yticks([len(rows) - 1 - place for place in range(len(rows))])
    words = ["\nrecommended" if dots.strategy == recommended else "" for dots in rows]
    axes.set_yticklabels([label(dots.strategy) + word for dots, word in zip(rows, words, strict=True)])
    # A panel that shares its rows with the one on its left has no labels of its own.
    for tick, dots in zip(axes.get_yticklabels(), rows, strict=False):
        tick.set_fontweight("bold" if dots.strategy == recommended else "normal")
    axes.set_ylim(-0.6, len(rows) - 0.3)
    axes.set_xlim(-0.02 * limit, limit)
    axes.grid(visible=True, axis="x")
    axes.spines["left"].set_visible(False)
    if limit >= _LONG:
        axes.xaxis.set_major_locator(MaxNLocator(4))
    plain_numbers(axes.xaxis)
    if tolerance is not None:
        mark_tolerance(axes, tolerance * scale.factor)


def _legend(figure: Figure) -> None:
    """Name the two kinds of uncertainty, which are not the same."""
    handles = [
        Line2D([], [], color=SOFT, marker="o", linestyle="", markersize=6, label="median"),
        Line2D([], [], color=SOFT, linewidth=6.5, alpha=0.55, label="typical spread: half of deployments"),
        Line2D([], [], color=SOFT, linewidth=2.2, alpha=0.55, label="95 in 100"),
        Line2D([], [], color=INK, marker="d", linewidth=1.1, markersize=4, label="mean, and its precision"),
    ]
    figure.legend(handles=handles, loc="outside lower left", ncols=4, frameon=False, fontsize=8, columnspacing=1.2)


def _row(axes: Axes, dots: Dots, y: float, look: Look, scale: Scale, limit: float) -> None:
    def shown(value: float) -> float:
        return min(value * scale.factor, limit)

    axes.plot([shown(dots.low95), shown(dots.high95)], [y, y], color=look.colour, linewidth=2.2, alpha=0.45)
    axes.plot([shown(dots.low50), shown(dots.high50)], [y, y], color=look.colour, linewidth=6.5, alpha=0.55)
    if math.isinf(dots.high95):
        axes.annotate("▶", (limit, y), ha="right", va="center", color=look.ink, fontsize=9)
    axes.plot([shown(dots.median)], [y], look.mark, color=look.ink, markersize=7, markeredgecolor="white",
              markeredgewidth=0.9, clip_on=False, zorder=5)  # fmt: skip
    if not math.isfinite(dots.mean.value):
        return
    low, high = (max(dots.mean.low, 0.0), dots.mean.high)
    if math.isfinite(high):
        axes.plot([shown(low), shown(high)], [y - 0.3, y - 0.3], color=INK, linewidth=1.1, marker="|", markersize=5)
    axes.plot([shown(dots.mean.value)], [y - 0.3], "d", color=INK, markersize=4, zorder=6)


def _limit(rows: Sequence[Dots], scale: Scale, tolerance: float | None) -> float:
    """Right edge of the axis: a little beyond the largest finite number."""
    ends = [value * scale.factor for dots in rows for value in (*dots.ends, dots.mean.high) if math.isfinite(value)]
    if tolerance is not None and ends and tolerance * scale.factor < 2.5 * max(ends):
        ends.append(tolerance * scale.factor)
    return 1.08 * max(ends, default=1.0) or 1.0
