"""Strategies compared in the same worlds."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from simulator.analysis import Criterion
from simulator.analysis.contrast import contrast, difference_of
from tests.analysis.builders import by_stratum, comparison, row, rows_of

INF = float("inf")
X = [512.0, 548, 530, 601, 495, 577, 533, 560]
Y = [541.0, 556, 528, 640, 502, 585, 571, 566]


def test_paired_difference_correlation_and_superiority() -> None:
    """Eight rollouts of each strategy with the same seeds: worked numbers of the paired t interval."""
    compared = comparison(
        rows_of("x", {"duration_s": X}, bad=0.0), rows_of("y", {"duration_s": Y}, bad=0.0), current="x"
    )
    found = row(compared.differences(), metric="duration_s")
    assert found["strategy"] == "y"
    assert found["difference"] == pytest.approx(16.625)
    assert (found["low"], found["high"]) == pytest.approx((3.175, 30.075), abs=5e-4)
    assert found["correlation"] == pytest.approx(0.925265, abs=1e-6)
    assert found["variance_reduction"] == pytest.approx(11.197, abs=5e-4)
    assert found["verdict"] == "worse"
    other_way = row(compared.differences(against="y"), metric="duration_s")
    assert other_way["p_better"] == pytest.approx(0.875)
    assert (other_way["p_better_low"], other_way["p_better_high"]) == pytest.approx((0.529, 0.978), abs=5e-4)
    assert other_way["verdict"] == "better"


def test_without_common_worlds_the_interval_is_welchs() -> None:
    """The same numbers, but other weights: an overlay changed P(bad) from none to all."""
    compared = comparison(rows_of("x", {"duration_s": X}, bad=0.0), rows_of("y", {"duration_s": Y}, bad=1.0))
    found = row(compared.differences(), metric="duration_s")
    assert (found["low"], found["high"]) == pytest.approx((-24.32, 57.57), abs=5e-3)
    assert found["verdict"] == "no difference"
    assert found["correlation"] is pd.NA
    assert found["variance_reduction"] is pd.NA
    # Mann-Whitney: x is better than y with probability 0.609375.
    assert found["p_better"] == pytest.approx(1 - 0.609375)
    assert found["p_better_low"] < found["p_better"] < found["p_better_high"]


def test_pairs_are_counted_where_both_ended() -> None:
    compared = comparison(
        rows_of("x", {"recover_s": [1.0, 2.0, INF, None, 5.0]}, bad=0.0),
        rows_of("y", {"recover_s": [2.0, 3.5, 4.0, 5.0, INF]}, bad=0.0),
    )
    found = row(compared.differences(), metric="recover_s")
    assert (found["n"], found["difference"]) == (2, pytest.approx(1.25))
    # A time that never ended is worse than any other: y loses three of the four pairs that both have.
    assert found["p_better"] == pytest.approx(0.25)


def test_strata_are_weighted_and_pairing_is_within_them() -> None:
    random = np.random.default_rng(1)
    shared = random.gamma(2, 50, 200)
    x = by_stratum(good=np.full(200, 3.0), bad=shared)
    y = by_stratum(good=np.full(200, 4.0), bad=shared + random.normal(20, 1, 200))
    compared = comparison(rows_of("x", {"downtime_s": x}), rows_of("y", {"downtime_s": y}))
    found = row(compared.differences(), metric="downtime_s")
    gaps = y[1::2] - x[1::2]
    assert found["difference"] == pytest.approx(0.95 * 1 + 0.05 * gaps.mean())
    error = 0.05 * gaps.std(ddof=1) / np.sqrt(200)
    assert found["half_width"] == pytest.approx(1.971957 * error, rel=1e-5)  # t(0.975, 199)
    assert found["correlation"] > 0.99
    assert found["variance_reduction"] > 100
    assert row(compared.differences(given="bad"), metric="downtime_s")["difference"] == pytest.approx(gaps.mean())


def test_identical_strategies_do_not_differ() -> None:
    values = np.random.default_rng(2).gamma(1, 30, 100)
    compared = comparison(rows_of("x", {"downtime_s": values}), rows_of("y", {"downtime_s": values}))
    found = row(compared.differences(), metric="downtime_s")
    assert (found["difference"], found["low"], found["high"]) == (0.0, 0.0, 0.0)
    assert found["p_better"] == pytest.approx(0.5)
    assert found["verdict"] == "no difference"


def test_the_order_of_addition_is_no_difference() -> None:
    values = np.random.default_rng(2).gamma(1, 30, 100)
    nearly = values * (1 + 1e-14)
    compared = comparison(rows_of("x", {"downtime_s": values}), rows_of("y", {"downtime_s": nearly}))
    assert row(compared.differences(), metric="downtime_s")["verdict"] == "no difference"


def test_a_constant_difference_is_found() -> None:
    compared = comparison(rows_of("x", {"duration_s": [60.0] * 9}), rows_of("y", {"duration_s": [90.0] * 9}))
    found = row(compared.differences(), metric="duration_s")
    assert (found["difference"], found["half_width"], found["verdict"]) == (pytest.approx(30.0), 0.0, "worse")


def test_an_interrupted_strategy_is_paired_on_the_runs_both_have() -> None:
    values = np.arange(100.0)
    frames = rows_of("x", {"downtime_s": values}), rows_of("y", {"downtime_s": values[:60] + 2})
    found = row(comparison(*frames).differences(), metric="downtime_s")
    assert (found["n"], found["difference"]) == (60, pytest.approx(2.0))
    assert found["correlation"] == pytest.approx(1.0)


def test_metrics_that_do_not_apply_leave_the_row_empty() -> None:
    found = row(comparison(rows_of("x", {}, runs=6), rows_of("y", {}, runs=6)).differences(), metric="detect_s")
    assert found["n"] == 0
    assert found["difference"] is pd.NA


def test_an_unknown_baseline_is_refused() -> None:
    with pytest.raises(ValueError, match="no strategy is called 'z'; there are x, y"):
        comparison(rows_of("x", {}, runs=4), rows_of("y", {}, runs=4)).differences(against="z")


def test_paired_intervals_cover_the_truth() -> None:
    """Common worlds with a true difference of 1 s in good and 5 s in bad runs: 95 % of 1,000 problems."""
    random = np.random.default_rng(6)
    runs = comparison(rows_of("x", {"downtime_s": np.zeros(200)})).samples["x"]
    covered = 0
    for _ in range(1000):
        world = random.gamma(2, 20, 200)
        gap = np.where(runs.bad, 5.0, 1.0) + random.normal(0, 2, 200)
        x = replace(runs, numbers={"downtime_s": world})
        y = replace(runs, numbers={"downtime_s": world + gap})
        ends = contrast(Criterion("downtime_s"), y, x).difference.estimate()
        covered += ends.low <= 0.95 * 1 + 0.05 * 5 <= ends.high
    assert 0.93 <= covered / 1000 <= 0.97


def test_a_difference_of_averages_over_different_runs_covers_the_truth() -> None:
    """Way back given there was one: 30 % and 60 % of the bad runs roll back, in 100 s and in 90 s."""
    random = np.random.default_rng(7)
    runs = comparison(rows_of("x", {"rollback_s": np.zeros(600)})).samples["x"]
    covered = 0
    for _ in range(1000):
        world, fate = random.normal(0, 10, 600), random.random(600)
        x = replace(runs, numbers={"rollback_s": np.where(runs.bad & (fate < 0.3), 100 + world, np.nan)})
        y = replace(runs, numbers={"rollback_s": np.where(runs.bad & (fate < 0.6), 90 + world, np.nan)})
        ends = difference_of(Criterion("rollback_s"), y, x).estimate()
        covered += ends.low <= -10 <= ends.high
    assert 0.93 <= covered / 1000 <= 0.97
