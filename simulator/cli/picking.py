"""`rollsim run --pick`: simulate many, take one that stands somewhere among them, and say which it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from simulator.experiment import Run
    from simulator.model.scenario import Scenario

Which = Literal["median", "p95", "worst"]
_STANDS = {"median": "the median of", "p95": "at the 95th percentile of", "worst": "the worst of"}


@dataclass(frozen=True, slots=True)
class Picked:
    """Where a run stands among those it was picked from.

    Parameters
    ----------
    which : {"median", "p95", "worst"}
        Its place.
    metric : str
        In the order of which.
    replication : int
        Its number.
    among : int
        Runs it was picked from.
    given : {"bad", "good"} or None
        Which revisions those met, if not both kinds.
    weighted : bool
        Whether good and bad ones were among them, in other proportions than their chances.
    """

    which: Which
    metric: str
    replication: int
    among: int
    given: Literal["bad", "good"] | None
    weighted: bool

    @property
    def sentence(self) -> str:
        """Which run it is.

        >>> Picked("worst", "downtime_s", 371, 1000, None, False).sentence
        'Replication 371, the worst of 1,000 by downtime.'
        """
        from simulator.metrics import METRICS

        by = METRICS[self.metric].label.split(",")[0].lower()
        met = f" that met a {self.given} revision," if self.given else ""
        chances = (
            ", good and bad revisions weighted by their chances" if self.weighted and self.which != "worst" else ""
        )
        return f"Replication {self.replication}, {_STANDS[self.which]} {self.among:,}{met} by {by}{chances}."


def pick_run(
    scenario: Scenario,
    strategy: str,
    which: Which,
    *,
    seed: int,
    replications: int,
    metric: str | None,
    given: Literal["bad", "good"] | None,
) -> tuple[Run, Picked] | None:
    """Simulate a strategy many times and one of the runs again, in full; None when interrupted.

    Raises
    ------
    SimulatorError
        When the metric applies to no run, or no such revision can be met.
    """
    import simulator
    from simulator.errors import SimulatorError

    alone = scenario.model_copy(
        update={"strategies": tuple(each for each in scenario.strategies if each.name == strategy)}
    )
    comparison = simulator.compare(alone, replications=replications, seed=seed)
    if not comparison.complete:
        return None
    strata = comparison.outcomes["stratum"]
    among = len(strata) if given is None else int((strata == given).sum())
    if not among:
        raise SimulatorError(
            f"no run met a {given} revision; revision.bad is {scenario.under(strategy).revision.bad:.0%}"
        )
    asked = comparison.asked(metric, given)
    met: Literal["bad", "good"] | None = given
    if asked.given != "overall" and met is None:
        met = asked.given  # the decision's own condition
        among = int((strata == met).sum())
    replication = comparison.pick(strategy, which, metric, given)
    weighted = met is None and strata.nunique() > 1
    return comparison.run(strategy, replication), Picked(which, asked.metric, replication, among, met, weighted)
