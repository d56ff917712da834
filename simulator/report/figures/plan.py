"""The plan with its spread: phases of a release in minutes, where each begins and ends in 90 of 100 of them.

The one thing a newcomer would get wrong: an end is a range, not an edge. The solid bar goes from the median
start to the median end; the whiskers at each end hold 90 of 100 releases.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from simulator.report.figures.style import INK, SOFT, WARM, Look, label, panels_of, time_axis, title
from simulator.report.figures.timeline import phase_of
from simulator.trace import sides, staged
from simulator.trace.batches import batches, journeys
from simulator.trace.records import AlarmChange, DeploymentChange, FlowChange, Trace, Trigger

ROWS_MOST = 8
_APART = 4.0
_ENDED = ("Succeeded", "Failed", "Stopped")
# A stage that fewer releases than this reach is no part of the plan.
_REACHED_LEAST = 0.05
# A rollout that failed early divides into other parts than the plan does; those of most releases are the plan.
_PART_LEAST = 0.5


@dataclass(frozen=True, slots=True)
class Spread:
    """5th, 50th and 95th percentile of an instant, in seconds; infinite where it never came."""

    low: float
    middle: float
    high: float


@dataclass(frozen=True, slots=True)
class Stage:
    """A row of the plan.

    Parameters
    ----------
    name : str
        Of the phase, or of the instant.
    block : str
        Which releases it is about: ``"good"`` or ``"bad"``.
    start, end : Spread
        The same for an instant.
    decision : bool
        Whether somebody or something decides here.
    share : float
        Of the releases that reach it.
    """

    name: str
    block: str
    start: Spread
    end: Spread
    decision: bool
    share: float

    @property
    def instant(self) -> bool:
        """Whether it has no length."""
        return self.start == self.end


def stages(traces: Sequence[Trace], block: str) -> list[Stage]:
    """Sum up the stages of many releases of one kind under one strategy, in the order they are reached."""
    met: dict[str, list[tuple[float, float]]] = {}
    decisions: set[str] = set()
    parts: set[str] = set()
    for trace in traces:
        for name, (start, end) in (_phases(trace) if block == "good" else {}).items():
            met.setdefault(name, []).append((start, end))
            parts.add(name)
        for name, (time, decision) in _instants(trace, block).items():
            met.setdefault(name, []).append((time, time))
            decisions |= {name} if decision else set()
    found = []
    for name, times in met.items():
        share = len(times) / len(traces)
        if share >= (_PART_LEAST if name in parts else _REACHED_LEAST):
            began, ended = (_spread([each[side] for each in times]) for side in (0, 1))
            found.append(Stage(name, block, began, ended, name in decisions, share))
    return sorted(found, key=lambda stage: (stage.name == "deployment over", stage.start.middle, stage.end.middle))


def _spread(times: Sequence[float]) -> Spread:
    low, middle, high = np.quantile(np.array(times), (0.05, 0.5, 0.95), method="inverted_cdf")
    return Spread(float(low), float(middle), float(high))


def _phases(trace: Trace) -> dict[str, tuple[float, float]]:
    """First start and last end of each phase: of the events where there is one target, else of the batches."""
    if stages := staged.spans(trace):
        return {f"{span.stage}{' bakes' if span.bakes else ''}": (span.began, span.ended) for span in stages}
    if trace.platform == "server" and trace.deployment_type == "blue_green":
        return {f"{part.name} ({part.side})": (part.began, part.ended) for part in sides.parts(trace, 0)}
    found = journeys(trace, 0)
    if not found:
        return {}
    if len(found) == 1:
        phases: dict[str, tuple[float, float]] = {}
        for event in found[0].events:
            name = phase_of(event.event, trace.platform)
            start, end = phases.get(name, (event.started, event.time))
            phases[name] = (min(start, event.started), max(end, event.time))
        return phases
    grouped = batches(found)
    word = "batch"
    if not 1 < len(grouped) <= ROWS_MOST and len(found) > ROWS_MOST:
        size = math.ceil(len(found) / ROWS_MOST)
        grouped, word = [found[first : first + size] for first in range(0, len(found), size)], "targets"
    named = {}
    done = 0
    for place, members in enumerate(grouped):
        name = f"batch {place + 1}" if word == "batch" else f"targets {done + 1}–{done + len(members)}"
        done += len(members)
        name = "all targets" if len(grouped) == 1 else name
        named[name] = (min(each.began for each in members), max(each.ended for each in members))
    return named


def _instants(trace: Trace, block: str) -> dict[str, tuple[float, bool]]:
    """Instants that matter to whoever is awake, and whether something is decided at them."""
    found: dict[str, tuple[float, bool]] = {}
    trigger = next((record for record in trace.records if isinstance(record, Trigger)), None)
    last = staged.deployment_that_ended(trace)
    for record in trace.records:
        if isinstance(record, FlowChange):
            if record.flow.share_new > 0:
                found.setdefault("first users on it", (record.time, False))
            if record.flow.share_new >= 1 - 1e-9:
                found.setdefault("all users on it", (record.time, False))
            if trigger and record.time >= trigger.time and record.flow.share_new <= 0:
                found.setdefault("previous release serves all", (record.time, False))
        elif isinstance(record, AlarmChange) and record.state == "ALARM" and record.time > 0:
            found.setdefault("alarm fires", (record.time, False))
        elif isinstance(record, DeploymentChange) and record.deployment == last and record.status in _ENDED:
            found.setdefault("deployment over", (record.time, False))
    if trigger is not None:
        found["way back decided"] = (trigger.time, True)
    shown = {
        "good": ("all users on it", "deployment over"),
        "bad": (
            "first users on it",
            "all users on it",
            "alarm fires",
            "way back decided",
            "previous release serves all",
        ),
    }[block]
    return {name: found[name] for name in shown if name in found}


def draw(
    blocks: Mapping[str, Sequence[Stage]],
    look: Look,
    heading: str,
    start_of_day_s: float | None = None,
    limits: Mapping[str, float] | None = None,
    ax: Axes | None = None,
) -> list[Axes]:
    """Draw one row per stage, the first on top, block by block.

    Parameters
    ----------
    blocks : mapping
        Heading of each block to its stages.
    look : Look
        Of the strategy.
    heading : str
        The finding.
    start_of_day_s : float, optional
        Seconds since midnight at the start, for a second label in clock time.
    limits : mapping, optional
        Word to second: the end of the window, the latest start of the way back. Lines where they lie within
        the axis, else words at its end.
    ax : Axes, optional
        Axes to draw on.
    """
    apart = ax is None and _ends_apart(blocks)
    groups = [{words: found} for words, found in blocks.items()] if apart else [blocks]
    sizes = [sum(len(found) + 1 for found in group.values()) for group in groups]
    height = 0.75 + 0.185 * sum(sizes) + 0.35 * len(groups)
    every = panels_of(ax, height, len(groups), height_ratios=sizes)[1]
    for axes, group, size in zip(every, groups, sizes, strict=True):
        _panel(axes, group, size, look, start_of_day_s, (limits or {}) if axes is every[-1] else {})
    for axes in every[:-1]:
        axes.set_xlabel("")
    title(every[0], heading, ax is None)
    return every


def _last(found: Sequence[Stage]) -> float:
    return max([t for s in found for t in (s.start.high, s.end.high) if math.isfinite(t)], default=60.0)


def _ends_apart(blocks: Mapping[str, Sequence[Stage]]) -> bool:
    """Whether one block would be a smudge on the other's axis."""
    lasts = [_last(found) for found in blocks.values()]
    return max(lasts) > _APART * max(min(lasts), 1.0)


def _panel(
    axes: Axes,
    blocks: Mapping[str, Sequence[Stage]],
    rows: int,
    look: Look,
    start_of_day_s: float | None,
    limits: Mapping[str, float],
) -> None:
    """Draw blocks of stages on one axis of time."""
    end = 1.04 * max(_last(found) for found in blocks.values())
    inside = {word: at for word, at in limits.items() if 0 < at <= 1.5 * end}
    end = max([end, *(1.05 * at for at in inside.values())])
    axes.set_xlim(0, end / 60)
    names: dict[float, str] = {}
    y = float(rows)
    for words, found in blocks.items():
        y -= 1
        axes.annotate(words, (0, y), xytext=(2, 0), textcoords="offset points", fontsize=8.5, fontweight="bold",
                      va="center", color=INK)  # fmt: skip
        for stage in found:
            y -= 1
            names[y] = f"{stage.name}" + (f" ({100 * stage.share:.0f} %)" if stage.share < 0.995 else "")
            _row(axes, stage, y, look, end)
    axes.set_yticks(list(names), list(names.values()), fontsize=8)
    axes.set_ylim(-0.6, rows - 0.4)
    axes.spines["left"].set_visible(False)
    axes.grid(visible=True, axis="x")
    time_axis(axes, start_of_day_s)
    _limits(axes, inside, limits, rows)
    axes.annotate("5–95 % range", (1, rows - 1), xycoords=("axes fraction", "data"), xytext=(6, 0),
                  textcoords="offset points", va="center", fontsize=8, color=SOFT, annotation_clip=False)  # fmt: skip


def _row(axes: Axes, stage: Stage, y: float, look: Look, end: float) -> None:
    def shown(seconds: float) -> float:
        return min(seconds, end) / 60

    colour = WARM if stage.block == "bad" else look.ink
    if not stage.instant:
        axes.barh(y, shown(stage.end.middle) - shown(stage.start.middle), 0.5, left=shown(stage.start.middle),
                  color=look.colour, alpha=0.45, linewidth=0)  # fmt: skip
    for place, (spread, lift) in enumerate(((stage.start, 0.0), (stage.end, 0.0))):
        if stage.instant and place:
            continue
        axes.plot([shown(spread.low), shown(spread.high)], [y + lift] * 2, color=colour, linewidth=1.3, marker="|",
                  markersize=6, markeredgewidth=1.3, zorder=4)  # fmt: skip
    if stage.instant:
        mark = "D" if stage.decision else "o"
        face = "white" if stage.decision else colour
        axes.plot([shown(stage.start.middle)], [y], mark, color=colour, markerfacecolor=face, markersize=5.5,
                  markeredgewidth=1.3, zorder=5)  # fmt: skip
    axes.annotate(_clock_words(stage.start if stage.instant else stage.end), (1, y), xycoords=("axes fraction", "data"),
                  xytext=(6, 0), textcoords="offset points", va="center", fontsize=8, color=SOFT,
                  annotation_clip=False)  # fmt: skip


def _clock_words(spread: Spread) -> str:
    """Write the range of an instant in one unit.

    >>> _clock_words(Spread(4.0, 9.0, 31.2)), _clock_words(Spread(60.0, 90.0, 4500.0))
    ('4.0–31 s', '1.0–75 min')
    """
    if not math.isfinite(spread.low):
        return "never"
    most = spread.high if math.isfinite(spread.high) else spread.low
    size, unit = (1.0, "s") if most < 120 else (60.0, "min") if most < 14_400 else (3600.0, "h")
    low, high = (f"{value / size:.{1 if value / size < 9.95 else 0}f}" for value in (spread.low, most))
    if math.isinf(spread.high):
        return f"from {low} {unit} on"
    return f"{low}–{high} {unit}" if low != high else f"{low} {unit}"


def _limits(axes: Axes, inside: Mapping[str, float], limits: Mapping[str, float], rows: int) -> None:
    for place, (word, at) in enumerate(inside.items()):
        axes.axvline(at / 60, color=INK, linewidth=1.0, linestyle=(0, (4, 3)))
        right = at / 60 > axes.get_xlim()[1] / 2  # words stand where the axis has room for them
        axes.annotate(label(word), (at / 60, rows - 0.5 - place), xytext=(-3 if right else 3, 0),
                      textcoords="offset points", ha="right" if right else "left", va="top", fontsize=8)  # fmt: skip
    beyond = [f"{label(word)} at {at / 60:,.0f} min" for word, at in limits.items() if word not in inside]
    if beyond:
        axes.set_xlabel(f"{axes.get_xlabel()}; beyond this axis:\n{', '.join(beyond)}")
