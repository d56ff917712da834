"""What a metric comes to: weights counted, absence and times without end kept apart."""

import numpy as np
import pandas as pd
import pytest

from simulator.metrics.table import METRICS, PARTS
from tests.analysis.builders import by_stratum, comparison, row, rows_of

INF = float("inf")


def test_there_is_a_row_for_every_strategy_and_metric_parts_included() -> None:
    table = comparison(rows_of("a", {}, runs=10), rows_of("b", {}, runs=10)).summary()
    assert list(table["metric"]) == 2 * [*METRICS, *PARTS]
    each = len(METRICS) + len(PARTS)
    assert table["strategy"].value_counts().to_dict() == {"a": each, "b": each}


def test_the_mean_weighs_strata_by_their_probability() -> None:
    values = by_stratum(good=[4.0, 6.0] * 50, bad=[100.0, 140.0] * 50)
    found = row(comparison(rows_of("a", {"downtime_s": values}, bad=0.05)).summary(), metric="downtime_s")
    assert found["mean"] == pytest.approx(0.95 * 5 + 0.05 * 120)
    assert found["mean_low"] == pytest.approx(found["mean"] - found["half_width"])
    assert found["share"] == pytest.approx(1.0)
    assert found["n"] == 200


def test_quantiles_are_of_the_mixture_and_not_of_the_strata() -> None:
    """With 10 % bad and every bad run worse than any good one, p95 is the median of the bad runs."""
    values = by_stratum(good=np.linspace(0, 1, 501), bad=np.linspace(100, 200, 501))
    found = row(comparison(rows_of("a", {"downtime_s": values}, bad=0.1)).summary(), metric="downtime_s")
    assert found["p95"] == pytest.approx(150, abs=0.5)
    assert found["p50"] == pytest.approx(0.5 / 0.9, abs=0.01)
    assert found["p95_low"] < 150 < found["p95_high"] <= 200
    assert found["cvar95"] == pytest.approx(175, abs=0.5)


def test_given_bad_is_the_bad_stratum_alone() -> None:
    values = by_stratum(good=[1.0] * 100, bad=np.arange(100.0))
    compared = comparison(rows_of("a", {"downtime_s": values}))
    found = row(compared.summary(given="bad"), metric="downtime_s")
    assert (found["mean"], found["p95"], found["n"]) == (pytest.approx(49.5), 94.0, 100)
    assert (found["p95_low"], found["p95_high"]) == (89.0, 99.0)  # ranks 90 and 100 of 100
    assert row(compared.summary(given="good"), metric="downtime_s")["p95"] == 1.0


def test_another_word_for_given_is_refused() -> None:
    with pytest.raises(ValueError, match="write overall, bad or good"):
        comparison(rows_of("a", {}, runs=4)).summary(given="ugly")  # type: ignore[arg-type]  # the point of it


def test_a_metric_that_never_applies_is_absent_and_not_zero() -> None:
    found = row(comparison(rows_of("a", {}, runs=20)).summary(), metric="rollback_s")
    assert (found["n"], found["share"]) == (0, 0.0)
    for column in ("mean", "half_width", "p05", "p50", "p95", "p99", "cvar95", "share_inf", "p95_high"):
        assert found[column] is pd.NA


def test_a_metric_that_applies_to_bad_runs_only_is_the_plain_mean_over_them() -> None:
    seconds = np.random.default_rng(1).gamma(3, 40, 200)
    values = [None if k % 2 == 0 else float(seconds[k // 2]) for k in range(400)]
    found = row(comparison(rows_of("a", {"detect_s": values}, bad=0.05)).summary(), metric="detect_s")
    plain = seconds.std(ddof=1) / np.sqrt(200)
    assert found["mean"] == pytest.approx(seconds.mean())
    assert found["half_width"] == pytest.approx(1.971957 * plain, rel=1e-5)  # t(0.975, 199)
    assert found["share"] == pytest.approx(0.05)
    assert found["p95"] == np.quantile(seconds, 0.95, method="inverted_cdf")


def test_times_that_never_ended_are_in_the_quantiles_and_not_in_the_mean() -> None:
    values = [10.0] * 90 + [INF] * 10
    found = row(comparison(rows_of("a", {"recover_s": values}, bad=0.0)).summary(), metric="recover_s")
    assert (found["mean"], found["p50"], found["p95"]) == (10.0, 10.0, INF)
    assert found["share_inf"] == pytest.approx(0.1)
    assert found["share"] == pytest.approx(1.0)


def test_a_metric_without_a_single_end_has_no_mean() -> None:
    found = row(comparison(rows_of("a", {"recover_s": [INF] * 40}, bad=1.0)).summary(), metric="recover_s")
    assert found["mean"] is pd.NA
    assert found["p50"] == INF


def test_cvar_is_withheld_with_fewer_than_thirty_runs_beyond_the_quantile() -> None:
    few = comparison(rows_of("a", {"downtime_s": np.arange(500.0)}, bad=0.0))
    enough = comparison(rows_of("a", {"downtime_s": np.arange(1000.0)}, bad=0.0))
    assert row(few.summary(), metric="downtime_s")["cvar95"] is pd.NA
    assert row(enough.summary(), metric="downtime_s")["cvar95"] == pytest.approx(974.5)


def test_a_single_run_has_a_mean_and_no_interval() -> None:
    found = row(comparison(rows_of("a", {"downtime_s": [12.0]}, bad=0.0)).summary(), metric="downtime_s")
    assert found["mean"] == 12.0
    assert found["half_width"] is pd.NA


def test_the_order_of_rows_changes_nothing() -> None:
    frame = rows_of("a", {"downtime_s": np.random.default_rng(2).gamma(1, 9, 300)})
    shuffled = frame.sample(frac=1, random_state=3)
    pd.testing.assert_frame_equal(comparison(frame).summary(), comparison(shuffled).summary())


def test_probabilities_come_with_their_interval_and_honest_text() -> None:
    bad = np.arange(1000) % 2 == 1
    frame = rows_of(
        "a",
        {
            "outcome": np.where(bad, "rolled_back", "succeeded"),
            "trigger": ["alarm" if one else None for one in bad],
            "deployment_status": np.where(bad, "Stopped", "Succeeded"),
            "detected_before_full": bad & (np.arange(1000) % 4 == 1),
            "left_split": np.zeros(1000, dtype=bool),
        },
        bad=0.05,
    )
    table = comparison(frame).probabilities()
    assert row(table, probability="p_success")["value"] == pytest.approx(0.95)
    assert row(table, probability="p_auto_rollback")["value"] == pytest.approx(0.05)
    false = row(table, probability="p_false_rollback")
    assert (false["value"], false["n"]) == (0.0, 500)
    assert false["text"] == "none in 500 runs (at most 0.60 % at 95 %)"
    assert false["high"] == pytest.approx(1 - 0.05 ** (1 / 500))
    assert row(table, probability="p_missed")["text"] == "none in 500 runs (at most 0.60 % at 95 %)"
    before = row(table, probability="p_detected_before_full")
    assert (before["value"], before["n"]) == (0.5, 500)
    assert row(table, probability="p_rolled_back")["value"] == pytest.approx(0.05)
    stuck = row(table, probability="p_stuck")
    # No run of either kind: the bound is the sum of what each stratum leaves open.
    assert stuck["high"] == pytest.approx(1 - 0.05 ** (1 / 500))


def test_a_probability_given_a_bad_release_is_absent_when_none_was_bad() -> None:
    table = comparison(rows_of("a", {}, bad=0.0, runs=50)).probabilities()
    missed = row(table, probability="p_missed")
    assert (missed["n"], missed["value"]) == (0, pd.NA)


def test_an_event_that_only_one_stratum_shows_leaves_the_other_open() -> None:
    bad = np.arange(400) % 2 == 1
    hits = bad & (np.arange(400) % 4 == 1)
    frame = rows_of("a", {"outcome": np.where(hits, "stuck", "succeeded")}, bad=0.05)
    stuck = row(comparison(frame).probabilities(), probability="p_stuck")
    assert stuck["value"] == pytest.approx(0.025)
    assert stuck["high"] > 0.025 + 0.95 * (1 - 0.05 ** (1 / 200))


def test_the_exceedance_curve_ends_where_three_runs_are_left() -> None:
    values = np.random.default_rng(5).exponential(10, 3000)
    curve = comparison(rows_of("a", {"downtime_s": values}, bad=0.0)).exceedance("downtime_s")
    assert len(curve) <= 200
    assert curve["x"].is_monotonic_increasing
    assert curve["probability"].is_monotonic_decreasing
    assert curve["probability"].iloc[-1] == pytest.approx(3 / 3000)
    assert (curve["low"] <= curve["probability"]).all()
    assert (curve["probability"] <= curve["high"]).all()


def test_the_exceedance_curve_recomposes_strata() -> None:
    """P(Y > x) = Σ p_j P_j(Y > x)."""
    values = by_stratum(good=np.linspace(0, 10, 101), bad=np.linspace(5, 105, 101))
    curve = comparison(rows_of("a", {"downtime_s": values}, bad=0.2)).exceedance("downtime_s")
    at_five = curve[curve["x"] == 5.0]["probability"].iloc[0]
    assert at_five == pytest.approx(0.8 * 50 / 101 + 0.2 * 100 / 101)


def test_one_number_can_be_asked_for() -> None:
    compared = comparison(rows_of("a", {"downtime_s": np.arange(1000.0)}, bad=0.0))
    p95 = compared.estimate("a", "downtime_s", "p95")
    assert p95 is not None
    assert (p95.value, p95.low, p95.high) == (949.0, 935.0, 963.0)
    success = compared.estimate("a", "p_success")
    assert success is not None
    assert str(success) == "all of 1,000 runs (at least 99.7 % at 95 %)"
    with pytest.raises(ValueError, match="no strategy is called 'b'"):
        compared.estimate("b", "downtime_s")
    with pytest.raises(ValueError, match="no metric is called 'downtime'"):
        compared.estimate("a", "downtime")
    with pytest.raises(ValueError, match="no statistic is called 'median'"):
        compared.estimate("a", "downtime_s", "median")
