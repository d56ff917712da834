"""Duration, harm and cost of each strategy: which ones another beats in all three.

The one thing a newcomer would get wrong: a lower mean is not enough to beat a strategy. The interval of the paired
difference has to say so; a beaten strategy is greyed and named, never left out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes

from simulator.estimate import Estimate
from simulator.report.figures.style import INK, SOFT, Look, label, panels_of, plain_numbers, spread_labels, title
from simulator.report.words import Scale

_NAMED_IN_FULL = 6  # with more strategies there is no room to say by which each is dominated
_PALE = "#7d8792"


@dataclass(frozen=True, slots=True)
class Point:
    """One strategy in three objectives.

    Parameters
    ----------
    strategy : str
    values : mapping of str to Estimate
        Each objective with its interval, in the inner unit.
    beaten_by : str or None
        Strategy that is shown to be better in something and worse in nothing by as much as matters.
    """

    strategy: str
    values: Mapping[str, Estimate]
    beaten_by: str | None

    @property
    def beaten(self) -> bool:
        """Whether another strategy dominates it."""
        return self.beaten_by is not None


@dataclass(frozen=True, slots=True)
class Objective:
    """What an axis measures: its key in a point's values, the words for it and its unit."""

    metric: str
    words: str
    scale: Scale

    @property
    def label(self) -> str:
        """Words and unit."""
        return self.words if self.words.endswith(self.scale.unit) else f"{self.words} ({self.scale.unit})"


def draw(
    points: Sequence[Point],
    harm: Objective,
    across: Sequence[Objective],
    looks: Mapping[str, Look],
    heading: str,
    ax: Axes | None = None,
) -> list[Axes]:
    """Draw harm upwards against each of the other objectives, side by side on one scale of harm.

    Parameters
    ----------
    points : sequence of Point
        In the order to be named.
    harm : Objective
        Upwards.
    across : sequence of Objective
        One panel each; with `ax`, the first alone.
    looks, heading : mapping, str
        As in the other figures.
    ax : Axes, optional
        Axes to draw on.
    """
    across = across if ax is None else across[:1]
    every = panels_of(ax, 3.0 + 0.1 * max(len(points) - 4, 0), 1, len(across), sharey=True)[1]
    for axes, objective in zip(every, across, strict=True):
        for point in points:
            _point(axes, point, objective, harm, looks[point.strategy])
        axes.set_xlabel(objective.label)
        axes.grid(visible=True)
        plain_numbers(axes.xaxis)
        plain_numbers(axes.yaxis)
        _limits(axes, points, objective, harm)
    every[0].set_ylabel(harm.label)
    _names(every[-1], points, across[-1], harm, looks)
    title(every[0], heading, ax is None)
    return every


def _limits(axes: Axes, points: Sequence[Point], across: Objective, harm: Objective) -> None:
    for objective, set_limit in ((across, axes.set_xlim), (harm, axes.set_ylim)):
        ends = [_ends(point.values[objective.metric])[1] * objective.scale.factor for point in points]
        top = max([end for end in ends if math.isfinite(end)], default=1.0) or 1.0
        set_limit(-0.04 * top, 1.1 * top)


def _ends(estimate: Estimate) -> tuple[float, float]:
    """Ends of the interval; the value itself where the runs give none."""
    low = estimate.low if math.isfinite(estimate.low) else estimate.value
    return max(low, 0.0), estimate.high if math.isfinite(estimate.high) else estimate.value


def _point(axes: Axes, point: Point, across: Objective, harm: Objective, look: Look) -> None:
    one, other = point.values[across.metric], point.values[harm.metric]
    x, y = one.value * across.scale.factor, other.value * harm.scale.factor
    if not (math.isfinite(x) and math.isfinite(y)):
        return
    colour = _PALE if point.beaten else look.ink
    left, right = (end * across.scale.factor for end in _ends(one))
    low, high = (end * harm.scale.factor for end in _ends(other))
    axes.plot([left, right], [y, y], color=colour, linewidth=1.2, zorder=3)
    axes.plot([x, x], [low, high], color=colour, linewidth=1.2, zorder=3)
    axes.plot([x], [y], look.mark, zorder=4, **_mark(point, look))


def _names(axes: Axes, points: Sequence[Point], across: Objective, harm: Objective, looks: Mapping[str, Look]) -> None:
    """Name each strategy at the right, at its height, the beaten ones with what beats them."""
    shown = [p for p in points if all(math.isfinite(p.values[o.metric].value) for o in (across, harm))]
    low, high = axes.get_ylim()
    brief = len(shown) > _NAMED_IN_FULL
    lines = [1 + (point.beaten_by is not None and not brief) for point in shown]
    gap = min(0.095, 0.95 / max(sum(lines), 1))
    heights = [(p.values[harm.metric].value * harm.scale.factor - low) / (high - low) for p in shown]
    apart = spread_labels(heights, gap * max(lines, default=1))
    lift = max(0.03 - min(apart, default=1.0), 0.0)
    lift -= max(max(apart, default=0.0) + lift - 0.99, 0.0)
    for point, height in zip(shown, apart, strict=True):
        look = looks[point.strategy]
        words = label(point.strategy, 26 if not brief else 16)
        if point.beaten_by is not None:
            words += " (dominated)" if brief else f"\ndominated by {label(point.beaten_by, 20)}"
        axes.plot([1.035], [height + lift], look.mark, transform=axes.transAxes, clip_on=False, **_mark(point, look))
        axes.annotate(words, (1.035, height + lift), xycoords="axes fraction", xytext=(8, 0),
                      textcoords="offset points", va="center", fontsize=8.5, color=SOFT if point.beaten else INK,
                      annotation_clip=False)  # fmt: skip


def _mark(point: Point, look: Look) -> dict[str, Any]:
    """How a strategy's mark looks: hollow and grey when it is beaten."""
    colour = _PALE if point.beaten else look.ink
    return {
        "color": colour,
        "markerfacecolor": "white" if point.beaten else look.colour,
        "markersize": 7.5,
        "markeredgewidth": 1.3,
    }
