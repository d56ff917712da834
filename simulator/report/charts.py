"""A figure with what it says: its finding, its caption, and the numbers it is drawn from.

The one thing a newcomer would get wrong: the finding is computed from the same numbers as the drawing. Where
they support none, the heading says that no difference was found.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes

from simulator.analysis.sample import Given
from simulator.estimate import Estimate, Probability
from simulator.metrics.table import METRICS, PARTS, Metric
from simulator.report.figures.style import Look, drawing, figure_of, looks, svg
from simulator.report.numbers import Numbers
from simulator.report.page import Picture
from simulator.report.words import Scale, chance, in_tables, scale_of

LEVEL_WORDS = "95 % confidence interval"


@dataclass(frozen=True, slots=True)
class Chart:
    """A figure not drawn yet.

    Parameters
    ----------
    id : str
        Stable; of letters, digits and dashes.
    draw : callable
        ``draw(ax)`` draws on a figure of its own, or on the axes given, and returns the panels' axes.
    heading : str
        The finding, true of the data.
    caption : str
        What is drawn, from how many runs, and what every interval is.
    data : object
        The numbers drawn.
    """

    id: str
    draw: Callable[[Axes | None], list[Axes]]
    heading: str
    caption: str
    data: Any

    def picture(self) -> Picture:
        """Draw it for a page."""
        with drawing():
            axes = self.draw(None)
        return Picture(self.id, svg(figure_of(axes[0]), self.id, self.heading), self.heading, self.caption)


@functools.lru_cache(maxsize=8)
def _looks(strategies: tuple[str, ...]) -> dict[str, Look]:
    return looks(strategies)


def of_looks(numbers: Numbers) -> dict[str, Look]:
    """One look per strategy, the same in every figure and table."""
    return _looks(numbers.strategies)


def metric_of(numbers: Numbers, name: str) -> Metric:
    """Row of the table of metrics or parts, or of a metric that the reader brought along."""
    own = numbers.comparison.metrics.get(name)
    return own or METRICS.get(name) or PARTS[name]


def words_of(numbers: Numbers, metric: str) -> str:
    """What a metric measures, as an axis says it."""
    words = metric_of(numbers, metric).label.partition(",")[0]
    return words if metric in numbers.comparison.metrics else words.lower()


def with_unit(words: str, scale: Scale) -> str:
    """Add the unit where there is one.

    >>> with_unit("duration", Scale(1 / 60, "min")), with_unit("failed requests", Scale(1.0, "requests"))
    ('duration (min)', 'failed requests')
    """
    return words if not scale.unit or scale.unit in words.split() else f"{words} ({scale.unit})"


def scale_for(numbers: Numbers, metric: str, values: Iterable[float]) -> Scale:
    """Choose the unit to show these values in."""
    return scale_of(metric_of(numbers, metric).unit, [value for value in values if math.isfinite(value)])


def shown(numbers: Numbers, metric: str, estimate: Estimate) -> str:
    """Write an estimate in a sentence, with the digits that its interval allows, as tables do."""
    scale = in_tables(metric_of(numbers, metric).unit, [estimate.value])
    return f"{scale.value(estimate)} {scale.unit}".strip()


def chance_shown(estimate: Probability | Estimate) -> str:
    """Write a probability in a sentence as tables do, without its interval.

    >>> chance_shown(Probability(0.0175, 0.008502, 0.035677, 0.95, 400))
    '1.8 %'
    """
    return re.split(r" [\[(]", chance(estimate))[0]


def condition(given: Given) -> str:
    """Words that open a sentence about such releases."""
    return {"overall": "Overall, with", "bad": "If the release is bad, with", "good": "With"}[given]


def kind_of(given: Given) -> str:
    """What the runs of a kind are."""
    return {"overall": "deployments", "bad": "bad releases", "good": "good releases"}[given]
