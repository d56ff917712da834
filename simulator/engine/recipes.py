"""How an alarm's datapoints are made from what the simulation counts; worked out once per scenario.

The one thing a newcomer would get wrong: an alarm on a metric that the simulation does not produce has no recipe
and keeps its recorded state, and a warning says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from simulator.model.alarm import Alarm, Metric
from simulator.model.service import AnyService
from simulator.rules import metric_math
from simulator.rules.telemetry import COUNTS, Family, Series, series, traffic_counts


@dataclass(frozen=True, slots=True)
class Part:
    """One metric of an alarm.

    Parameters
    ----------
    series : Series
        How it is put together.
    statistic : str
        CloudWatch's, over the metric's values in one slot.
    counts : tuple of int
        Places of the counts that add up to it.
    samples : tuple of int
        Places of the counts of which each is one value of the metric.
    traffic : tuple of int
        Places of the counts that say whether there was traffic for it.
    kinds : tuple of int
        Places of those counts, and of what they are called for the other revision.
    simple : bool
        Whether it is a sum of counts.
    """

    series: Series
    statistic: str
    counts: tuple[int, ...]
    samples: tuple[int, ...]
    traffic: tuple[int, ...]
    kinds: tuple[int, ...]
    simple: bool


@dataclass(frozen=True)
class Recipe:
    """How the simulation makes an alarm's datapoints.

    Parameters
    ----------
    parts : dict
        Per id of a metric, its part.
    expressions : dict
        Per id of an expression, the expression over other ids.
    shown : str
        The id that the alarm judges.
    """

    parts: dict[str, Part]
    expressions: dict[str, metric_math.Expression]
    shown: str

    @cached_property
    def families(self) -> tuple[Family, ...]:
        """Whose deliveries it waits for."""
        return tuple(sorted({part.series.family for part in self.parts.values()}))

    @cached_property
    def only(self) -> Part | None:
        """The one metric of an alarm without metric math."""
        return self.parts[self.shown] if len(self.parts) == 1 and self.shown in self.parts else None

    @cached_property
    def wants_levels(self) -> bool:
        """Whether it looks at the state of the fleet or at latency."""
        return any(part.series.level is not None for part in self.parts.values())

    @cached_property
    def wants_latency(self) -> bool:
        """Whether it looks at latency."""
        return any(part.series.level == "latency" for part in self.parts.values())

    def value(self, values: dict[str, float | None]) -> float | None:
        """The judged value of one slot, from its metrics' values."""
        return self._of(self.shown, values)

    def _of(self, name: str, values: dict[str, float | None]) -> float | None:
        if name not in values:
            expression = self.expressions[name]
            values[name] = expression.evaluate({each: self._of(each, values) for each in expression.names})
        return values[name]

    def complete(self) -> bool:
        """Whether every id is known and none depends on itself."""
        return self._known(self.shown, ())

    def _known(self, name: str, above: tuple[str, ...]) -> bool:
        if name in self.parts:
            return True
        if name not in self.expressions or name in above:
            return False
        return all(self._known(each, (*above, name)) for each in self.expressions[name].names)


def recipe_of(alarm: Alarm, service: AnyService, latency_known: bool) -> Recipe | None:
    """How the simulation makes an alarm's datapoints; None when it does not produce one of its metrics."""
    if alarm.alarm_rule is not None or alarm.comparison_operator not in SUPPORTED_COMPARISONS:
        return None
    if alarm.metric_name is not None:
        metrics = {
            "m1": Metric(
                namespace=alarm.namespace,
                metric_name=alarm.metric_name,
                dimensions=alarm.dimensions,
                statistic=alarm.statistic,
                measures=alarm.measures,
            )
        }
        written, shown = {}, "m1"
    else:
        metrics = {query.id: query.metric for query in alarm.metrics if query.metric is not None}
        written = {query.id: query.expression for query in alarm.metrics if query.expression is not None}
        shown = next(query.id for query in alarm.metrics if query.return_data)
    made = {name: series(metric, service, latency_known) for name, metric in metrics.items()}
    parts = {name: _part(found, metrics[name].statistic, service) for name, found in made.items() if found is not None}
    expressions = {}
    for name, text in written.items():
        try:
            expressions[name] = metric_math.parse(text)
        except ValueError:
            continue  # more than arithmetic: the alarm keeps its recorded state, and a warning says so
    recipe = Recipe(parts, expressions, shown)
    return recipe if recipe.complete() else None


SUPPORTED_COMPARISONS = frozenset(
    {
        "GreaterThanThreshold",
        "GreaterThanOrEqualToThreshold",
        "LessThanThreshold",
        "LessThanOrEqualToThreshold",
    }
)


def _part(found: Series, statistic: str, service: AnyService) -> Part:
    names = COUNTS[service.platform]
    return Part(
        found,
        statistic,
        tuple(names.index(name) for name in found.counts),
        tuple(names.index(name) for name in found.samples),
        tuple(names.index(name) for name in traffic_counts(found, service.platform)),
        tuple(index for index, name in enumerate(names) if _kind(name) in {_kind(each) for each in found.counts}),
        found.level is None and statistic == "Sum",
    )


def _kind(count: str) -> str:
    """What a count counts, whichever revision's it is."""
    return count.removesuffix("_old").removesuffix("_new")
