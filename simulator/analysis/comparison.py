"""Many outcomes, compared: the object that commands, notebooks and reports ask.

The one thing a newcomer would get wrong: rows of `outcomes` carry weights, so a plain pandas mean over
them is wrong as soon as a bad release has a stratum of its own. Every method here uses the weights.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from simulator.analysis.compared import Compared
from simulator.analysis.picking import Which, picked, worst_of
from simulator.analysis.recommendation import Recommendation, recommend
from simulator.analysis.recomposition import flip_table
from simulator.analysis.sample import Given
from simulator.analysis.why import Why, explained
from simulator.errors import SimulatorError
from simulator.showing import view

if TYPE_CHECKING:
    from simulator.experiment import Run


class Comparison(Compared):
    """Strategies compared over the same replications (`Compared`): what to do, why, and pictures of it."""

    def __repr__(self) -> str:
        runs = f"{len(self.strategies)} strategies in {self.replications:,} replications, seed {self.seed}"
        return f"<Comparison of {runs}{'' if self.complete else ', interrupted'}: {self.recommendation.sentence}>"

    def _repr_html_(self) -> str:
        """What a notebook shows; the report draws it."""
        shown: str = view("notebook.comparison")(self)
        return shown

    @cached_property
    def plot(self) -> Any:
        """Figures, such as ``comparison.plot.strategies()`` and ``.exceedance()``; each takes ``ax=``."""
        return view("plots.ComparisonPlots")(self)

    def run(self, strategy: str, replication: int) -> Run:
        """Simulate one (strategy, replication) of this experiment again, in full.

        Raises
        ------
        SimulatorError
            When the comparison was made from outcomes alone.
        """
        if self.runner is None:
            raise SimulatorError("these outcomes came without their scenario's runs; compare the scenario itself")
        self._sample(strategy)
        return self.runner(strategy, replication)

    def pick(self, strategy: str, which: Which, metric: str | None = None, given: Given | None = None) -> int:
        """Replication number of a run worth a look.

        Parameters
        ----------
        strategy : str
            Its name.
        which : {"median", "p95", "worst"}
            By the weighted order of the metric; runs that tie are in order of how long the rollout took.
        metric, given : str, optional
            The decision's when left out.

        Raises
        ------
        SimulatorError
            When the metric applies to no run of this strategy.
        ValueError
            For a name that is not known.
        """
        return picked(self._sample(strategy), which, self.asked(metric, given))

    def typical(self, strategy: str | None = None, metric: str | None = None, given: Given | None = None) -> Run:
        """Simulate the median run again, in full; of the recommended strategy unless one is named."""
        name = strategy or self.recommendation.strategy or self.scenario.current_strategy
        return self.run(name, self.pick(name, "median", metric, given))

    def worst(self, strategy: str | None = None, metric: str | None = None, given: Given | None = None) -> Run:
        """Simulate the worst run again, in full; the worst of all strategies unless one is named."""
        if strategy is None:
            return self.run(*worst_of(self.samples, self.asked(metric, given)))
        return self.run(strategy, self.pick(strategy, "worst", metric, given))

    def why(self, one: str, other: str, metric: str | None = None, given: Given | None = None) -> Why:
        """Where the difference of two means comes from: the first strategy minus the second.

        Parameters
        ----------
        one, other : str
            Strategies.
        metric, given : str, optional
            The decision's when left out. Failed requests, downtime, error budget and incident cost come from the
            causes of failed requests, a time to detect from its slots, anything else from what became of the release.

        Returns
        -------
        Why
            ``.table`` (cause, difference, low, high, share), whose differences add up to ``.difference``;
            ``.by_release``, the same by good and bad releases; and ``.sentence`` in plain words.

        Raises
        ------
        ValueError
            For a name that is not known.
        """
        self._sample(one), self._sample(other)
        return explained(self, one, other, self.asked(metric, given))

    def break_even(self) -> pd.DataFrame:
        """P(bad) at which the best strategy changes: columns p_bad, below, above (the best on either side).

        Among the strategies that break no limit today. Empty when no P(bad) changes the choice.
        """
        return flip_table(self.recommendation.flips)

    @cached_property
    def recommendation(self) -> Recommendation:
        """What to do, why, and what would change it."""
        return recommend(self)
