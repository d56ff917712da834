"""Runs worth a look: the median, the 95th percentile and the worst, by weight."""

from __future__ import annotations

import math

import numpy as np
import pytest

from simulator.analysis import compare
from simulator.errors import SimulatorError
from tests.analysis.builders import by_stratum, comparison, rows_of
from tests.experiment.worlds import alias

# Ten good runs of 0 to 9 s at weight 0.09 each, ten bad ones of 100 to 190 s at weight 0.01 each.
DOWNTIME = by_stratum(np.arange(10.0), 100 + 10 * np.arange(10.0))


def test_runs_are_ordered_by_weight_and_not_by_number() -> None:
    done = comparison(rows_of("a", {"downtime_s": DOWNTIME}, 0.1))
    assert DOWNTIME[done.pick("a", "median")] == 5  # 6 x 0.09 = 0.54 is the first share of at least a half
    assert DOWNTIME[done.pick("a", "p95")] == 140  # 0.90 + 5 x 0.01
    assert DOWNTIME[done.pick("a", "worst")] == 190
    assert DOWNTIME[done.pick("a", "median", given="bad")] == 140
    assert DOWNTIME[done.pick("a", "worst", given="good")] == 9


@pytest.mark.parametrize(("which", "quantile"), [("median", "p50"), ("p95", "p95")])
def test_the_run_picked_is_the_one_whose_value_the_table_prints(which: str, quantile: str) -> None:
    done = compare(alias(), replications=60, seed=3, workers=1)
    for metric in ("downtime_s", "duration_s", "failed_requests", "detect_s"):
        for strategy in done.strategies:
            outcomes = done.outcomes.query("strategy == @strategy").set_index("replication")
            value = outcomes[metric][done.pick(strategy, which, metric)]
            printed = done.summary(metric=metric).set_index("strategy").loc[strategy, quantile]
            assert value == printed


def test_of_runs_that_tie_the_typical_one_is_typical_in_duration() -> None:
    done = comparison(rows_of("a", {"downtime_s": np.zeros(9), "duration_s": np.arange(9.0)[::-1]}, 0.0))
    assert done.pick("a", "median") == 4
    assert done.pick("a", "worst") == 0


def test_a_time_that_never_ended_is_the_worst() -> None:
    recover = [1.0, math.inf, 5.0, None]
    done = comparison(rows_of("a", {"recover_s": recover}, 0.0), metric="recover_s")
    assert done.pick("a", "worst") == 1
    assert done.pick("a", "median", "recover_s") == 2


def test_a_metric_that_applies_to_no_run_cannot_be_picked_by() -> None:
    done = comparison(rows_of("a", {"downtime_s": np.zeros(4)}, 0.0))
    with pytest.raises(SimulatorError, match="mean way back applies to no run of a"):
        done.pick("a", "worst", "rollback_s")
    with pytest.raises(ValueError, match="which is 'best'; write median, p95, worst"):
        done.pick("a", "best")  # type: ignore[arg-type]


def test_the_worst_and_the_typical_run_come_back_whole() -> None:
    """Without a name: the worst of all strategies, and the median of the recommended one."""
    done = compare(alias(), replications=40, seed=3, workers=1)
    worst = done.worst()
    assert worst.outcome.downtime_s == done.outcomes["downtime_s"].max()
    assert worst.trace.grain == "full"
    assert done.worst("canary").trace.strategy == "canary"
    assert done.typical().trace.strategy == (done.recommendation.strategy or done.scenario.current_strategy)
    bad = done.typical("half", given="bad")
    assert (bad.trace.strategy, bad.outcome.bad) == ("half", True)
