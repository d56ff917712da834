"""Many outcomes, compared: estimates, differences and the choice that follows from them.

The one thing a newcomer would get wrong: rows of `outcomes` carry weights, so a plain pandas mean over
them is wrong as soon as a bad release has a stratum of its own. Every method here uses the weights.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from simulator.analysis.criterion import Criterion
from simulator.analysis.differences import difference_table
from simulator.analysis.exceedance import exceedance_table
from simulator.analysis.limits import judge
from simulator.analysis.outcomes import Outcomes
from simulator.analysis.recomposition import recomposed_table
from simulator.analysis.resampling import RESAMPLES, RESAMPLES_MOST, needed, resampled, share_best
from simulator.analysis.sample import FloatArray, Given, Sample, samples_of
from simulator.analysis.selection import Selection, default_delta, select
from simulator.analysis.summary import probability_table, summary_table, table
from simulator.errors import quoted
from simulator.estimate import LEVEL, Estimate

if TYPE_CHECKING:
    from simulator.experiment import Run
    from simulator.metrics import Metric
    from simulator.model.scenario import Scenario


class Compared:
    """Strategies over the same replications: their numbers, before anything is recommended.

    Parameters
    ----------
    scenario : Scenario
        The world and the strategies; its decision says what "best" means.
    outcomes : DataFrame
        One row per (strategy, replication): stratum, weight, bad, censored, the metrics, their parts,
        trigger, outcome and status.
    seed : int
        Of the experiment; resampling uses it too.
    replications : int
        Runs of each strategy that were asked for.
    wall_time_s : float
        Seconds the experiment took.
    complete : bool
        False when it was interrupted and holds what was finished.
    runner : callable, optional
        Runs one (strategy, replication) again, for whoever wants to look at it.
    metrics : mapping of str to Metric, optional
        Rows of the table of metrics for those that the reader brought along, columns of `outcomes`.
    """

    def __init__(
        self,
        *,
        scenario: Scenario,
        outcomes: pd.DataFrame,
        seed: int,
        replications: int,
        wall_time_s: float,
        complete: bool = True,
        runner: Callable[[str, int], Run] | None = None,
        metrics: Mapping[str, Metric] | None = None,
    ) -> None:
        self.scenario = scenario
        self.outcomes = Outcomes(outcomes, copy=False)
        self.seed = seed
        self.replications = replications
        self.wall_time_s = wall_time_s
        self.complete = complete
        self.runner = runner
        self.metrics = dict(metrics or {})

    @cached_property
    def samples(self) -> dict[str, Sample]:
        """Each strategy's runs as arrays, in the order of the outcomes table."""
        return samples_of(self.outcomes, self.metrics)

    @property
    def strategies(self) -> tuple[str, ...]:
        """Names of the strategies that have runs."""
        return tuple(self.samples)

    @property
    def criterion(self) -> Criterion:
        """What the scenario decides on."""
        return Criterion.of(self.scenario.decision)

    def asked(self, metric: str | None = None, given: Given | None = None, statistic: str = "mean") -> Criterion:
        """Criterion of a question: the decision's metric, and its releases, where none is named."""
        if metric is None:
            metric = self.criterion.metric if self.criterion.chance is None else "downtime_s"
            given = given or self.criterion.given
        return Criterion(metric, statistic, given or "overall", self.metrics.get(metric))

    def estimate(
        self, strategy: str, metric: str, statistic: str = "mean", given: Given | None = None
    ) -> Estimate | None:
        """One number with its interval; None where it does not apply or too few runs carry it.

        Parameters
        ----------
        strategy, metric : str
            Names; `metric` may be a probability such as ``"p_success"``.
        statistic : str
            ``"mean"``, a quantile such as ``"p95"``, or ``"cvar95"``.
        given : str, optional
            ``"bad"`` or ``"good"`` restricts to such releases.

        Raises
        ------
        ValueError
            For a name that is not known.
        """
        return self.asked(metric, given, statistic).estimate(self._sample(strategy))

    def _sample(self, strategy: str) -> Sample:
        if strategy not in self.samples:
            raise ValueError(f"no strategy is called {quoted(strategy)}; there are {', '.join(self.samples)}")
        return self.samples[strategy]

    def summary(self, given: Given | None = None, metric: str | None = None) -> pd.DataFrame:
        """Mean, quantiles and CVaR, one row per (strategy, metric).

        Parameters
        ----------
        given : str, optional
            ``"bad"`` or ``"good"`` restricts to such releases; weights then sum to one among them.
        metric : str, optional
            Only this one: a row per strategy.

        Returns
        -------
        DataFrame
            Columns strategy, metric, mean, half_width, p05, p50, p95, p99, cvar95, share (weighted share
            of runs to which the metric applies), n (how many), mean_low, mean_high, p95_low, p95_high,
            share_inf (weighted share of runs in which it never ended). The mean is over finite values. Its
            half_width is Student's t; mean_low and mean_high are moved out where skewness asks for it.
            What does not apply is ``pd.NA``, and so is a CVaR with fewer than 30 runs beyond the
            quantile.
        """
        return summary_table(self.samples, given, self._columns(metric))

    def _columns(self, metric: str | None) -> tuple[str, ...]:
        known = tuple(dict.fromkeys(name for sample in self.samples.values() for name in sample.numbers))
        if metric is None:
            return known
        if metric not in known:
            raise ValueError(f"no metric is called {quoted(metric)}; write one of {', '.join(known)}")
        return (metric,)

    def probabilities(self, given: Given | None = None) -> pd.DataFrame:
        """Probabilities over replications: columns strategy, probability, value, low, high, text, n."""
        return probability_table(self.samples, given)

    def differences(
        self, given: Given | None = None, against: str | None = None, metric: str | None = None
    ) -> pd.DataFrame:
        """Each strategy minus the current practice, paired by replication.

        Parameters
        ----------
        given : str, optional
            ``"bad"`` or ``"good"`` restricts to such releases.
        against : str, optional
            Another strategy to subtract.
        metric : str, optional
            Only this one: a row per strategy.

        Returns
        -------
        DataFrame
            Columns strategy, metric, difference, low, high, half_width, correlation, variance_reduction,
            p_better with its interval, n (pairs in which both are finite), verdict (better, worse, no
            difference, or unsure where runs that did not end, and are left out, could turn it). half_width is
            Student's t; low and high are moved out where skewness asks for it.

        Raises
        ------
        ValueError
            When no strategy is called `against`.
        """
        criteria = [self.asked(name) for name in self._columns(metric)]
        return difference_table(self.samples, against or self.scenario.current_strategy, given, criteria)

    def exceedance(self, metric: str, given: Given | None = None) -> pd.DataFrame:
        """P(metric > x): columns strategy, x, probability, low, high; no further than the runs support."""
        self.asked(metric)  # refuses a name that is not known
        return exceedance_table(self.samples, metric, given)

    def best_probability(self) -> pd.DataFrame:
        """How often each strategy is best on the decision's statistic when replications are drawn again.

        Columns strategy, p_best. Limits are not looked at; ties count in equal parts.
        """
        share = share_best(self._resampled, self.criterion.sign)
        rows = [{"strategy": name, "p_best": best} for name, best in zip(self.samples, share, strict=True)]
        return table(rows, ("strategy", "p_best"))

    def at_bad_probability(self, p: float) -> pd.DataFrame:
        """Decision's statistic if P(bad) were `p`, without a new run: columns strategy, value, low, high.

        ``pd.NA`` where a strategy was simulated with good, or with bad, releases only.
        """
        return recomposed_table(self.samples, self.criterion, p)

    @cached_property
    def selection(self) -> Selection:
        """The choice in numbers."""
        decision, criterion = self.scenario.decision, self.criterion
        current = self.samples.get(self.scenario.current_strategy)
        delta = decision.delta
        if delta is None:
            delta = default_delta(criterion, criterion.estimate(current) if current else None)
        limits = judge(self.samples, decision.limits)
        return select(self.samples, criterion, delta, limits, self.resamples, self.scenario.same_world)

    def resamples(self) -> dict[str, FloatArray]:
        """Value of the decision's statistic in each resample, by strategy."""
        return dict(zip(self.samples, self._resampled.T, strict=True))

    @cached_property
    def _resampled(self) -> FloatArray:
        wanted = RESAMPLES
        if not self.criterion.is_mean:  # whose intervals have no formula and are read off resamples
            pairs = max(math.comb(len(self.samples), 2), 1)
            wanted = min(max(needed(1 - (1 - LEVEL) / pairs), RESAMPLES), RESAMPLES_MOST)
        return resampled(self.criterion, self.samples, self.seed, wanted)
