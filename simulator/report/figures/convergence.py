"""How the estimate settled as replications came in: the number decided on, with its interval, run by run.

The one thing a newcomer would get wrong: the interval is the precision of the estimate, and it shrinks with the
runs; the spread of the deployments themselves does not.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator

from simulator.report.figures.style import INK, SOFT, Look, axes_of, label, plain_numbers, spread_labels, title
from simulator.report.words import Scale

BANDS_MOST = 3  # more of them over each other are mud; then the first strategy alone has one
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Course:
    """Estimate of one strategy after so many replications; NaN where they carry none."""

    strategy: str
    replications: FloatArray
    value: FloatArray
    low: FloatArray
    high: FloatArray


def shaded(courses: Sequence[Course]) -> str:
    """Say whose interval is shaded all along."""
    return "along the lines" if len(courses) <= BANDS_MOST else f"along the line of {label(courses[0].strategy, 40)}"


def draw(
    courses: Sequence[Course],
    looks: Mapping[str, Look],
    scale: Scale,
    heading: str,
    axis_label: str,
    ax: Axes | None = None,
) -> list[Axes]:
    """Draw estimate and interval against replications on a log axis, labelled at the end.

    Parameters
    ----------
    courses : sequence of Course
        In the inner unit.
    looks : mapping
        Strategy to colour and mark.
    scale : Scale
        Unit shown.
    heading, axis_label : str
        The finding, and what the axis measures with its unit.
    ax : Axes, optional
        Axes to draw on.
    """
    axes = axes_of(ax, 2.7 + 0.12 * max(len(courses) - 6, 0))[1]
    ends: list[float] = []
    for place, course in enumerate(courses):
        look = looks[course.strategy]
        value, low, high = (each * scale.factor for each in (course.value, course.low, course.high))
        closed = np.isfinite(low) & np.isfinite(high)
        if place == 0 or len(courses) <= BANDS_MOST:
            axes.fill_between(course.replications[closed], low[closed], high[closed], color=look.colour, alpha=0.16,
                              linewidth=0)  # fmt: skip
        last = course.replications[-1:]
        axes.plot(course.replications, np.where(np.isfinite(value), value, np.nan), color=look.ink,
                  linestyle=look.line, linewidth=1.7)  # fmt: skip
        if closed[-1]:
            axes.plot([last[0]] * 2, [low[-1], high[-1]], color=look.ink, linewidth=1.4, marker="_", markersize=6)
        axes.plot(last, value[-1:], look.mark, color=look.ink, markersize=5.5, zorder=5, clip_on=False)
        settled = course.replications >= course.replications[-1] / 8
        ends += [each for each in (*value[settled], *high[settled & closed]) if math.isfinite(each)]
    axes.set_xscale("log")
    axes.set_ylim(min(0.0, *ends) if ends else 0.0, 1.15 * max(ends, default=1.0) or 1.0)
    _runs_axis(axes, courses)
    plain_numbers(axes.yaxis)
    axes.grid(visible=True, axis="y")
    axes.set_xlabel("runs of each strategy (logarithmic)")
    axes.set_ylabel(axis_label)
    _names(axes, courses, looks, scale)
    title(axes, heading, ax is None)
    return [axes]


def _runs_axis(axes: Axes, courses: Sequence[Course]) -> None:
    first, last = courses[0].replications[0], max(course.replications[-1] for course in courses)
    axes.set_xlim(first, last * 1.001 if last > first else first + 1)
    rounds = [digit * 10**power for power in range(7) for digit in (1, 2, 5)]
    ticks = [tick for tick in rounds if first <= tick < 0.75 * last] + [last]
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_minor_locator(FixedLocator([]))
    plain_numbers(axes.xaxis)


def _names(axes: Axes, courses: Sequence[Course], looks: Mapping[str, Look], scale: Scale) -> None:
    low, high = axes.get_ylim()
    shown = [course for course in courses if math.isfinite(course.value[-1])]
    heights = [(course.value[-1] * scale.factor - low) / (high - low) for course in shown]
    gap = min(0.085, 0.98 / max(len(shown), 1))
    apart = spread_labels(heights, gap)
    lift = max(0.03 - min(apart, default=1.0), 0.0)
    for course, height in zip(shown, apart, strict=True):
        look = looks[course.strategy]
        axes.annotate(
            f"{look.glyph} {label(course.strategy, 24)}", (1, course.value[-1] * scale.factor),
            xycoords=("axes fraction", "data"), xytext=(1.025, height + lift), textcoords="axes fraction", va="center",
            fontsize=8.5, color=INK, annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": SOFT, "linewidth": 0.5, "shrinkA": 0, "shrinkB": 3,
                        "relpos": (0, 0.5)},
        )  # fmt: skip
