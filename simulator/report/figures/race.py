"""Two clocks from a bad release's first user on: until something stops it, and until everybody has it.

The one thing a newcomer would get wrong: the second clock is that of a rollout nobody stops. Where the first is
later, the release reached everybody before anything could stop it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator

from simulator.report.figures.style import INK, SOFT, Look, axes_of, figure_of, label, title

_LEAST_S = 6.0  # what is sooner stands at the left edge
_ROUND_S = (6.0, 30.0, 60.0, 300.0, 1200.0, 3600.0, 14_400.0, 43_200.0, 86_400.0, 604_800.0)


@dataclass(frozen=True, slots=True)
class Clock:
    """5th, 25th, 50th, 75th and 95th percentile of a time in seconds; infinite where it never came."""

    quantiles: tuple[float, float, float, float, float]
    runs: int


@dataclass(frozen=True, slots=True)
class Race:
    """One strategy's two clocks.

    Parameters
    ----------
    strategy : str
    stopped : Clock or None
        First request on a bad release to an automatic way back; 0 when it came before any request, infinite
        when none came by itself.
    full : Clock or None
        First share of traffic to all of it, where nothing stops it.
    soonest : float or None
        Seconds an alarm needs at the least, by arithmetic; None without a watched alarm.
    won : str
        How often the stop came first, with its interval.
    """

    strategy: str
    stopped: Clock | None
    full: Clock | None
    soonest: float | None
    won: str


def draw(races: Sequence[Race], looks: Mapping[str, Look], heading: str, ax: Axes | None = None) -> list[Axes]:
    """Draw two rows per strategy on one logarithmic axis of time.

    Parameters
    ----------
    races : sequence of Race
        In the order to be shown.
    looks, heading : mapping, str
        As in the other figures.
    ax : Axes, optional
        Axes to draw on.
    """
    axes = axes_of(ax, 1.3 + 0.44 * len(races))[1]
    ends = [end for race in races for clock in (race.stopped, race.full) if clock for end in clock.quantiles]
    ends += [race.soonest for race in races if race.soonest]
    finite = [end for end in ends if math.isfinite(end)]
    limit = 1.6 * max([120.0, *finite])
    axes.set_xscale("log")
    axes.set_xlim(_LEAST_S / 1.25, limit)
    for place, race in enumerate(races):
        y = float(len(races) - 1 - place)
        if place % 2 == 0:
            axes.axhspan(y - 0.5, y + 0.5, color="#f4f6f8", linewidth=0, zorder=0)
        _clock(axes, race.stopped, y + 0.17, looks[race.strategy], limit, filled=True)
        _clock(axes, race.full, y - 0.2, looks[race.strategy], limit, filled=False)
        if race.soonest is not None:
            axes.plot([max(race.soonest, _LEAST_S)] * 2, [y + 0.02, y + 0.32], color=INK, linewidth=1.2)
        axes.annotate(race.won, (1, y), xycoords=("axes fraction", "data"), xytext=(6, 0), textcoords="offset points",
                      va="center", fontsize=8, color=INK, annotation_clip=False)  # fmt: skip
    axes.annotate("stopped by itself\nbefore all have it", (1, 1), xycoords="axes fraction", xytext=(6, 3),
                  textcoords="offset points", va="bottom", fontsize=8, color=SOFT, annotation_clip=False)  # fmt: skip
    _frame(axes, races, looks, limit, ax is None)
    title(axes, heading, ax is None)
    return [axes]


def _frame(axes: Axes, races: Sequence[Race], looks: Mapping[str, Look], limit: float, own_figure: bool) -> None:
    ticks = [tick for tick in _ROUND_S if tick <= limit]
    ticks = ticks if len(ticks) <= 8 else [tick for tick in ticks if tick not in (30.0, 1200.0, 43_200.0)]
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_minor_locator(FixedLocator([]))
    axes.set_xticklabels(["at once" if tick == _LEAST_S else _time(tick) for tick in ticks])
    axes.set_yticks(
        [len(races) - 1 - place for place in range(len(races))],
        [f"{looks[race.strategy].glyph} {label(race.strategy, 24)}" for race in races],
    )
    axes.set_ylim(-0.55, len(races) - 0.4)
    axes.spines["left"].set_visible(False)
    axes.grid(visible=True, axis="x")
    axes.set_xlabel("time since the first user met the bad release (logarithmic)")
    handles = [
        Line2D([], [], color=SOFT, marker="o", linewidth=3.5, alpha=1, markersize=5.5,
               label="until something stops it: median, half, 90 in 100"),
        Line2D([], [], color=SOFT, marker="o", markerfacecolor="white", linewidth=1, markersize=5.5,
               label="until all users have it, if nothing does"),
        Line2D([], [], color=INK, marker="|", linestyle="", markersize=9, markeredgewidth=1.2,
               label="soonest an alarm can"),
    ]  # fmt: skip
    if own_figure:
        figure_of(axes).legend(
            handles=handles, loc="outside lower left", ncols=2, frameon=False, fontsize=8, columnspacing=1.2
        )


def _clock(axes: Axes, clock: Clock | None, y: float, look: Look, limit: float, filled: bool) -> None:
    if clock is None:
        return

    def shown(seconds: float) -> float:
        return min(max(seconds, _LEAST_S), limit)

    low, half_low, middle, half_high, high = clock.quantiles
    axes.plot([shown(low), shown(high)], [y, y], color=look.ink, linewidth=1.2, zorder=3)
    if filled:
        axes.plot([shown(half_low), shown(half_high)], [y, y], color=look.colour, linewidth=5, alpha=0.6, zorder=3)
    if math.isinf(high):
        axes.annotate("▸ not by itself", (limit, y), xytext=(-2, 0), textcoords="offset points", ha="right",
                      va="bottom", color=look.ink, fontsize=8)  # fmt: skip
    if math.isfinite(middle):
        axes.plot([shown(middle)], [y], look.mark, color=look.ink, markerfacecolor=look.ink if filled else "white",
                  markersize=6, markeredgewidth=1.2, zorder=5, clip_on=False)  # fmt: skip


def _time(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:g} s"
    if seconds < 3600:
        return f"{seconds / 60:g} min"
    return f"{seconds / 3600:g} h" if seconds < 86_400 else f"{seconds / 86_400:g} d"
