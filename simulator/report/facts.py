"""What the items of a report are made from: numbers, runs simulated again, the scenario."""

from __future__ import annotations

import math

from simulator.analysis.sample import Given
from simulator.metrics.table import METRICS
from simulator.model.scenario import Scenario
from simulator.report import risk
from simulator.report.numbers import Numbers
from simulator.report.replays import Replays
from simulator.report.words import scale_for_one


class Facts:
    """What the items are made from, so that each is written in one place.

    Parameters
    ----------
    numbers : Numbers
    replays : Replays
        May be empty, when nothing was simulated again.
    used : list of str
        Assumptions relied on.
    """

    def __init__(self, numbers: Numbers, replays: Replays, used: list[str]) -> None:
        self.numbers, self.replays, self.used = numbers, replays, used
        self.comparison = numbers.comparison
        self.scenario: Scenario = self.comparison.scenario
        self.recommendation = self.comparison.recommendation
        self.shown = self.recommendation.strategy or self.scenario.current_strategy
        if self.shown not in numbers.strategies:
            self.shown = numbers.strategies[0]
        self.world = self.scenario.under(self.shown)
        self.per_year = self.scenario.change.deployments_per_year

    @property
    def reference(self) -> str | None:
        """What the shown strategy is held against: today's practice, else the next best, else nothing."""
        current = self.scenario.current_strategy
        if current != self.shown and current in self.numbers.strategies:
            return current
        others = [
            *self.recommendation.alternatives,
            *(rival.strategy for rival in self.recommendation.rivals),
        ]
        others += self.numbers.strategies
        return next((name for name in others if name != self.shown), None)

    @property
    def order(self) -> list[str]:
        """Strategies, the best of the decision's criterion first; those without a number last."""
        criterion = self.comparison.criterion

        def place(name: str) -> tuple[bool, float]:
            value = criterion.point(self.comparison.samples[name])
            return math.isnan(value), 0.0 if math.isnan(value) else criterion.sign * value

        return sorted(self.numbers.strategies, key=place)

    def text(self, metric: str, statistic: str, given: Given = "overall") -> str:
        """One number of the shown strategy with its interval."""
        estimate = self.numbers.estimate(self.shown, metric, statistic, given)
        if estimate is None:
            return "does not apply"
        return scale_for_one(METRICS[metric].unit, estimate).text(estimate)

    def risk_cells(self, strategy: str | None = None, bad: float | None = None) -> list[risk.Cell]:
        """Cells of the risk matrix; none without an objective and a yearly number.

        Parameters
        ----------
        strategy : str, optional
            Another than the one shown.
        bad : float, optional
            Another chance that the release is bad; none where only one kind of release was simulated.
        """
        if self.per_year is None or not self.numbers.has("budget_share"):
            return []
        sample = self.comparison.samples[strategy or self.shown]
        weighted = sample if bad is None else sample.reweighted(bad)
        return risk.cells(weighted, self.per_year) if weighted is not None else []
