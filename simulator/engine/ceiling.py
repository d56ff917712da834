"""Alarms that no count of the run so far, or of one to come, can bring up; nobody need evaluate them.

The one thing a newcomer would get wrong: nothing is guessed here. The luck of every minute is drawn, one uniform for
each count, and more luck or a higher mean is never a lower count. A bound on a Poisson number at the highest luck drawn
and the highest mean met is therefore above every count; while it is below the threshold, every evaluation comes to OK.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from simulator.engine.recipes import Recipe
from simulator.engine.telemetry import CERTAIN, Telemetry
from simulator.model.alarm import Alarm
from simulator.model.flow import Flow

LUCKIEST = 1.0 - 1e-9  # above it, sums of probabilities are too coarse to be bounded
ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Bounded:
    """An alarm on a sum whose counts can be bounded, as far as it is the same in every replication.

    Parameters
    ----------
    kinds : tuple of int
        Places of the counts that it adds up, those of both revisions even where it reads one alone: a rollout
        moves requests from one to the other.
    traffic : tuple of int
        Places of the counts that must be sure to be there, else it would want for data; none where it does not.
    threshold : float
        The sum stays OK below.
    """

    kinds: tuple[int, ...]
    traffic: tuple[int, ...]
    threshold: float


def bounded(alarm: Alarm, recipe: Recipe, width: float, slots: int, values: Mapping[str, Any]) -> Bounded | None:
    """Where an alarm is plain enough for it: a sum over one bin a slot that breaches above a threshold."""
    part = recipe.only
    if part is None or not part.simple or alarm.period != width or alarm.threshold is None:
        return None
    if not alarm.comparison_operator.startswith("GreaterThan") or alarm.treat_missing_data == "breaching":
        return None
    if alarm.treat_missing_data == "notBreaching":
        return Bounded(part.kinds, (), alarm.threshold)
    # The state hangs on there being data: some of it must be in the window whenever it is looked at.
    slowest = float(values[f"delivery_{part.series.family}"].quantile(np.array([1.0 - 2.0**-53]))[0])
    if part.series.published == "when_non_zero" or slowest / width + 2 >= slots - 1:
        return None
    if part.series.published == "always":
        return Bounded(part.kinds, (), alarm.threshold)
    return Bounded(part.kinds, part.traffic, alarm.threshold) if part.series.version is None else None


class Ceiling:
    """What an alarm's sums of one run stay below.

    Parameters
    ----------
    bounded : Bounded or None
        The alarm, if its counts can be bounded.
    slots : int
        How many it fetches.
    family : str
        Whose deliveries it waits for.
    telemetry : Telemetry
        Where its counts come from.
    """

    def __init__(self, bounded: Bounded | None, slots: int, family: str, telemetry: Telemetry) -> None:
        self._bounded, self._telemetry = bounded, telemetry
        self._slots, self._delivery = slots, f"delivery_{family}"
        self._mean = 0.0
        self.holds = bounded is not None and not telemetry.loses
        for held in telemetry.seen if self.holds else ():
            self.meet(held.flow)

    def meet(self, flow: Flow) -> bool:
        """Let rates of requests hold in some bins, and say whether none of them can breach."""
        if not self.holds:
            return False
        assert self._bounded is not None  # else it would not hold
        means = self._telemetry.steady(flow)
        mean = 0.0
        for series in self._bounded.kinds:
            mean += means[series]
        self._mean = max(self._mean, mean)
        self.holds = self._has_data(means) and self._below()
        return self.holds

    def until(self, now: float) -> float:
        """Instant till which the luck of all bins that are looked at is drawn, and stays below the threshold."""
        self._telemetry.assume(self._delivery)  # as whoever evaluates does
        until = self._telemetry.draw_luck(now, self._slots)
        self.holds = self.holds and self._below()
        return until if self.holds else 0.0

    def _has_data(self, means: tuple[float, ...]) -> bool:
        """Whether one of the counts is sure not to be 0, in a bin of these rates and others like them too."""
        assert self._bounded is not None  # else it would not hold
        traffic = self._bounded.traffic
        return not traffic or sum([means[series] for series in traffic]) > CERTAIN * len(traffic) * (1 + ROUNDING)

    def _below(self) -> bool:
        assert self._bounded is not None  # else it would not hold
        telemetry, count = self._telemetry, len(self._bounded.kinds)
        mean = self._mean * (1 + ROUNDING)
        if not telemetry.poisson:
            return mean < self._bounded.threshold
        luck = telemetry.luck
        if luck > LUCKIEST:
            return False
        return mean + most_above(mean, luck, count) < self._bounded.threshold


def most_above(mean: float, luck: float, count: int) -> float:
    """What the quantiles of `count` Poisson numbers, of this mean in all, exceed it by at the most.

    Bernstein's inequality, P(X >= m + t) <= exp(-t^2 / (2 (m + t / 3))), solved for t; equal means are the worst. One
    more for each number, so that no rounding of a quantile passes it.

    >>> [round(most_above(mean, 0.999, 1), 1) for mean in (0.0, 12.0, 1200.0)]
    [5.6, 16.4, 132.1]
    """
    chance = -math.log1p(-luck)
    third = chance / 3
    return count * (1 + third) + math.sqrt(count) * math.sqrt(count * third * third + 2 * mean * chance)
