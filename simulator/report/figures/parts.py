"""Stacked bars of what a mean is made of, such as failed requests by cause."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from simulator.estimate import number
from simulator.estimate.value import decimals
from simulator.report.figures.style import INK, SOFT, axes_of, label, plain_numbers, title

# One grey-to-blue order with a hatch each, so that the parts hold apart in print and for every eye.
_FILLS = ("#0072B2", "#9ecae1", "#d9d9d9", "#E69F00", "#8c8c8c")
_HATCHES = ("", "//", "", "", "")


def draw(parts: Mapping[str, Mapping[str, float]], heading: str, axis_label: str, ax: Axes | None = None) -> list[Axes]:
    """Draw one bar per strategy, its parts end to end from 0.

    Parameters
    ----------
    parts : mapping
        Strategy to part to mean, in the unit of `axis_label`; first strategy on top.
    """
    figure, axes = axes_of(ax, 1.25 + 0.4 * len(parts))
    names: Sequence[str] = list(next(iter(parts.values())))
    for place, values in enumerate(parts.values()):
        start, y = 0.0, len(parts) - 1 - place
        for index, name in enumerate(names):
            axes.barh(y, values[name], 0.56, left=start, color=_FILLS[index % 5], hatch=_HATCHES[index % 5],
                      edgecolor="white", linewidth=0.6, label=name if place == 0 else None)  # fmt: skip
            start += values[name]
        axes.annotate(number(start, decimals(start)), (start, y), xytext=(4, 0),
                      textcoords="offset points", va="center", fontsize=8, color=SOFT)  # fmt: skip
    axes.set_yticks(range(len(parts)))
    axes.set_yticklabels([label(strategy) for strategy in reversed(list(parts))])
    axes.set_xlim(left=0)
    axes.margins(x=0.12)
    axes.grid(visible=True, axis="x")
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_locator(MaxNLocator(6))
    plain_numbers(axes.xaxis)
    axes.set_xlabel(axis_label)
    title(axes, heading, ax is None)
    holder: Any = figure if ax is None else axes
    holder.legend(loc="outside lower left" if ax is None else "best", ncols=min(len(names), 3), frameon=False,
                 fontsize=8.5, labelcolor=INK, handlelength=1.4)  # fmt: skip
    return [axes]
