"""Loss-exceedance curve: how likely a deployment is to lose more than so much.

The one thing a newcomer would get wrong: a curve stops where the runs stop supporting it. Below one run in
thirty of a stratum's weight nothing is drawn, so no line pretends to know the far tail.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from simulator.report.figures.style import (
    INK,
    SOFT,
    Look,
    axes_of,
    label,
    mark_tolerance,
    plain_numbers,
    spread_labels,
    title,
)

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Curve:
    """P(loss > x) of one strategy with its pointwise interval, down to the last supported point."""

    strategy: str
    x: FloatArray
    p: FloatArray
    low: FloatArray
    high: FloatArray


def draw(
    curves: Sequence[Curve],
    looks: Mapping[str, Look],
    heading: str,
    axis_label: str,
    tolerance: float | None = None,
    ax: Axes | None = None,
) -> list[Axes]:
    """Draw the curves on log scales, labelled at their ends.

    Parameters
    ----------
    curves : sequence of Curve
        x in the unit of `axis_label`, above 0.
    looks, heading, axis_label : mapping, str, str
        As in the other figures.
    tolerance : float, optional
        Loss to mark.
    ax : Axes, optional
        Axes to draw on.
    """
    axes = axes_of(ax, 2.9 + 0.1 * max(len(curves) - 8, 0))[1]
    for curve in curves:
        look = looks[curve.strategy]
        axes.fill_between(curve.x, np.maximum(curve.low, 1e-9), curve.high, color=look.colour, alpha=0.13,
                          step="post", linewidth=0)  # fmt: skip
        axes.step(curve.x, curve.p, where="post", color=look.ink, linestyle=look.line, linewidth=1.7)
    axes.set_xscale("log")
    axes.set_yscale("log")
    least = min((float(curve.p[curve.p > 0].min()) for curve in curves if (curve.p > 0).any()), default=1e-2)
    axes.set_ylim(least / 1.8, 1.25)
    _frequencies(axes, least)
    plain_numbers(axes.xaxis)
    axes.grid(visible=True, which="major")
    axes.set_xlabel(axis_label)
    axes.set_ylabel("deployments that lose more")
    title(axes, heading, ax is None)
    _end_labels(axes, curves, looks)
    if tolerance is not None:
        mark_tolerance(axes, tolerance)
    return [axes]


def _frequencies(axes: Axes, least: float) -> None:
    """Label the probabilities as frequencies."""
    ticks = [share for share in (1.0, 0.1, 0.01, 1e-3, 1e-4) if share >= least / 1.8]
    texts = {1.0: "all", 0.1: "100 in 1,000", 0.01: "10 in 1,000", 1e-3: "1 in 1,000", 1e-4: "0.1 in 1,000"}
    axes.set_yticks(ticks)
    axes.set_yticklabels([texts[share] for share in ticks])
    axes.yaxis.set_minor_formatter(lambda _value, _place: "")


def _end_labels(axes: Axes, curves: Sequence[Curve], looks: Mapping[str, Look]) -> None:
    """Name each curve at the right, apart from each other, in its colour."""
    shown = [curve for curve in curves if (curve.p > 0).any()]
    low, high = (np.log10(end) for end in axes.get_ylim())
    ends = []
    for curve in shown:
        last = int(np.flatnonzero(curve.p > 0)[-1])
        ends.append((float(curve.x[last]), float(curve.p[last])))
    heights = [(np.log10(p) - low) / (high - low) for _, p in ends]
    apart = spread_labels(heights, 0.07)
    lift = max(0.04 - min(apart), 0.0)
    for curve, (x, p), height in zip(shown, ends, [place + lift for place in apart], strict=True):
        look = looks[curve.strategy]
        axes.annotate(
            f"{look.glyph} {label(curve.strategy, 24)}",
            (x, p), xycoords="data", xytext=(1.02, height), textcoords="axes fraction", va="center",
            fontsize=8.5, color=INK, annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": SOFT, "linewidth": 0.5, "shrinkA": 0, "shrinkB": 0,
                        "relpos": (0, 0.5)},
        )  # fmt: skip
