"""Paired differences: how often, and by how much, one strategy does better than today's in the same world.

The one thing a newcomer would get wrong: each dot stands for the same share of deployments, and each of them
is one release met by both strategies; two overlapping histograms could not show that.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from simulator.estimate import Estimate, weighted_quantile
from simulator.report.figures.style import INK, SOFT, Look, axes_of, label, plain_numbers, title

FloatArray = npt.NDArray[np.float64]
DOTS = 50


def dots_of(differences: FloatArray, weights: FloatArray, dots: int = DOTS) -> FloatArray:
    """Weighted quantiles that stand for the distribution, each for the same share of deployments.

    >>> dots_of(np.array([0.0, 10.0]), np.array([0.5, 0.5]), dots=4)
    array([ 0.,  0., 10., 10.])
    """
    shares = (np.arange(dots) + 0.5) / dots
    return np.array([weighted_quantile(differences, weights, float(share)) for share in shares])


def shares_of(differences: FloatArray, weights: FloatArray) -> tuple[float, float, float]:
    """Weighted shares below, at and above zero."""
    below, above = float(weights[differences < 0].sum()), float(weights[differences > 0].sum())
    return below, max(1.0 - below - above, 0.0), above


def draw(
    dots: FloatArray,
    look: Look,
    heading: str,
    axis_label: str,
    reference: str = "today",
    mean: Estimate | None = None,
    ax: Axes | None = None,
) -> list[Axes]:
    """Stack the dots; better than the reference on the left of the line.

    Parameters
    ----------
    dots : array of float
        As from `dots_of`, in the unit of `axis_label`.
    look, heading, axis_label : Look, str, str
        As in the other figures.
    reference : str
        What the strategy is held against.
    mean : Estimate, optional
        Mean difference with its interval, in the same unit.
    ax : Axes, optional
        Axes to draw on.
    """
    axes = axes_of(ax, 2.3)[1]
    span = float(np.abs(dots).max()) or 1.0
    width = 2.1 * span / 46
    stacks: Counter[int] = Counter()
    for value in dots:
        place = round(value / width)
        stacks[place] += 1
        axes.plot([place * width], [stacks[place] - 0.5], look.mark, color=look.ink, markersize=5.2,
                  markeredgecolor="white", markeredgewidth=0.4)  # fmt: skip
    axes.axvline(0, color=INK, linewidth=0.9)
    top = max(stacks.values()) * 1.12 + 1
    if mean is not None:
        axes.plot([mean.low, mean.high], [-0.07 * top] * 2, color=INK, linewidth=1.1, marker="|", markersize=5)
        axes.plot([mean.value], [-0.07 * top], "d", color=INK, markersize=4.5, zorder=6)
        ahead = mean.value > 0
        axes.annotate("mean and its precision", (mean.low if ahead else mean.high, -0.07 * top),
                      xytext=(-5 if ahead else 5, 0), textcoords="offset points", va="center",
                      ha="right" if ahead else "left", fontsize=8, color=SOFT)  # fmt: skip
    axes.set_ylim(-0.15 * top if mean is not None else 0, top)
    axes.set_xlim(-1.06 * max(-float(dots.min()), 0.45 * span), 1.06 * max(float(dots.max()), 0.45 * span))
    axes.text(-0.02 * span, top, f"better than {label(reference)} ", ha="right", va="top", fontsize=8, color=SOFT)
    axes.text(0.02 * span, top, f" worse than {label(reference)}", ha="left", va="top", fontsize=8, color=SOFT)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    plain_numbers(axes.xaxis)
    axes.set_xlabel(axis_label)
    title(axes, heading, ax is None)
    return [axes]
