"""Runs simulated again because somebody will look at them: a typical one, a bad one, the worst plausible one.

The one thing a newcomer would get wrong: the same replication is shown for the recommended strategy and for
today's practice, so a reader sees one release meet both.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from simulator.analysis.criterion import Criterion
from simulator.estimate import Probability, stratified_probability
from simulator.report.numbers import FloatArray, Numbers
from simulator.trace.records import Trace

if TYPE_CHECKING:
    from simulator.analysis.sample import Sample
    from simulator.experiment import Run

BAD_RELEASES = 60
GOOD_RELEASES = 40
# The worst plausible case: the run nearest to the mean of the worst 1 %, since a maximum grows with the runs.
_WORST = "cvar99"


@dataclass(slots=True)
class Replays:
    """What was simulated again.

    Parameters
    ----------
    typical, bad : dict of str to Run
        The same replication under each strategy shown: of the median duration, and at the 95th percentile of
        the decision's metric among bad releases. Empty where there was none.
    releases : dict of str to list of Trace
        Bad releases under every strategy, for the exposure over time.
    good : dict of str to list of Trace
        Good releases under every strategy, for the plan and the capacity over time.
    worst : Run or None
        Nearest to the mean of the worst 1 % under the recommended strategy.
    worst_chance : Probability or None
        How likely a run is to be at least as bad.
    """

    typical: dict[str, Run] = field(default_factory=dict)
    bad: dict[str, Run] = field(default_factory=dict)
    releases: dict[str, list[Trace]] = field(default_factory=dict)
    good: dict[str, list[Trace]] = field(default_factory=dict)
    worst: Run | None = None
    worst_chance: Probability | None = None

    @property
    def all(self) -> list[Run]:
        """Every run kept whole."""
        return [*self.typical.values(), *self.bad.values(), *([self.worst] if self.worst else [])]


def replay(numbers: Numbers, run: Callable[[str, int], Run], recommended: str, current: str) -> Replays:
    """Simulate again what the report shows.

    Parameters
    ----------
    numbers : Numbers
        Of the comparison.
    run : callable
        ``run(strategy, replication)``.
    recommended, current : str
        Strategies whose runs are drawn in full.
    """
    metric = metric_shown(numbers)
    shown = list(dict.fromkeys((recommended, current)))
    replays = Replays()
    good = numbers.sample(recommended, "good")
    typical = good if good.runs else numbers.sample(recommended, "overall")
    if typical.runs:
        number = nearest(typical, "duration_s", _quantile(typical, "duration_s", 0.5))
        replays.typical = {name: run(name, number) for name in shown}
    bad = numbers.sample(recommended, "bad")
    if bad.runs:
        number = nearest(bad, metric, _quantile(bad, metric, 0.95))
        replays.bad = {name: run(name, number) for name in shown}
        for name in numbers.strategies:
            replications = numbers.sample(name, "bad").replication[:BAD_RELEASES]
            replays.releases[name] = [run(name, int(number)).trace for number in replications]
    for name in numbers.strategies:
        replications = numbers.sample(name, "good").replication[:GOOD_RELEASES]
        replays.good[name] = [run(name, int(number)).trace for number in replications]
    _worst_of(replays, numbers, run, recommended, metric)
    return replays


def metric_shown(numbers: Numbers) -> str:
    """Metric by which runs are picked: the decision's, or downtime when it decides on a probability."""
    criterion = numbers.comparison.criterion
    metric = "downtime_s" if criterion.chance else criterion.metric
    return metric if numbers.has(metric) else "downtime_s"


def nearest(sample: Sample, metric: str, value: float) -> int:
    """Replication whose metric is nearest to a value; the first of several."""
    values = sample.numbers[metric]
    if math.isinf(value):
        gaps = np.where(np.isinf(values), 0.0, 1.0)
    else:
        gaps = np.where(np.isfinite(values), np.abs(values - value), np.inf)
    return int(sample.replication[int(np.argmin(gaps))])


def _quantile(sample: Sample, metric: str, p: float) -> float:
    criterion = Criterion(metric, f"p{round(100 * p)}")
    return criterion.point(sample)


def _worst_of(
    replays: Replays, numbers: Numbers, run: Callable[[str, int], Run], recommended: str, metric: str
) -> None:
    sample = numbers.sample(recommended, "overall")
    value = Criterion(metric, _WORST).point(sample)
    if math.isnan(value):
        return
    number = nearest(sample, metric, value)
    values: FloatArray = sample.numbers[metric]
    reached = float(values[sample.replication == number][0])
    replays.worst = run(recommended, number)
    replays.worst_chance = stratified_probability(values >= reached, sample.strata, sample.weights, ~np.isnan(values))


def assumed(runs: Sequence[Run]) -> list[str]:
    """Names of the assumptions these runs relied on, in the order of the table of assumptions."""
    from simulator.model.assumptions import TABLE

    used = {name for run in runs for name in run.trace.assumed}
    return [name for name in TABLE if name in used]
