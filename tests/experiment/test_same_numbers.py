"""Same scenario, seed and version: the same numbers, however the work is spread and whoever else is compared."""

from __future__ import annotations

import dataclasses
import math
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pandas as pd
import pytest

from simulator.analysis import compare
from simulator.experiment import Plan, Step, replicate, run
from simulator.experiment.plan import stratum_of
from simulator.report.data import parquet
from simulator.trace.records import EventRun
from tests.experiment.worlds import ALL, HALF, ONE, SERVERS, alias, finished, rows_of, same, servers, table
from tests.worlds import a_fleet, once

MANY = 104  # two strategies: enough runs for a pool to be worth starting


# -- workers ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def here() -> Any:
    """The experiment on this process alone."""
    return finished(servers(), MANY)


@pytest.mark.parametrize("start_method", ["fork", "spawn"])
@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded:DeprecationWarning")
def test_two_workers_give_the_bytes_of_one(here: Any, start_method: str) -> None:
    from simulator.experiment import as_table

    there = finished(servers(), MANY, workers=2, start_method=start_method, chunk=7)
    assert same(here, there)
    one, two = (parquet(as_table(servers(), each.rows)) for each in (here, there))
    assert one == two


@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded:DeprecationWarning")
def test_three_workers_give_the_bytes_of_one(here: Any) -> None:
    assert same(here, finished(servers(), MANY, workers=3, chunk=5))


def test_the_first_replications_that_are_timed_are_the_same_too(here: Any) -> None:
    """Without a given size, chunks grow until one takes long enough; a pool may then do the rest or not."""
    assert same(here, finished(servers(), MANY, workers=2))


@pytest.mark.parametrize("chunk", [1, 7, 1000])
def test_the_size_of_a_chunk_changes_nothing(here: Any, chunk: int) -> None:
    assert same(here, finished(servers(), MANY, chunk=chunk))


def test_threads_of_one_process_do_not_mix_their_draws(here: Any) -> None:
    """Any executor may run the work, a pool of threads or a cluster's workers among them."""
    with ThreadPoolExecutor(4) as threads:
        assert same(here, finished(servers(), MANY, executor=threads, chunk=3))


def test_the_same_seed_twice_is_the_same_and_another_one_is_not() -> None:
    first, second, other = finished(servers()), finished(servers()), finished(servers(), seed=8)
    assert same(first, second)
    assert not same(first, other)


def test_replications_differ() -> None:
    """Not one number repeated: every run has its own luck."""
    durations = table(servers(), 60)["duration_s"].to_numpy(float)
    assert len(set(durations)) > 100


def test_a_shorter_experiment_is_the_beginning_of_a_longer_one() -> None:
    """Apart from the weights, which are over all replications of a stratum."""
    short, long = table(servers(), 20), table(servers(), 50)
    for strategy in ("one", "half"):
        one, other = (rows_of(each, strategy).drop(columns="weight") for each in (short, long))
        pd.testing.assert_frame_equal(one, other.iloc[:20])


@pytest.mark.parametrize("after", [0, 1, 3])
def test_an_interrupted_experiment_keeps_what_it_finished(after: int) -> None:
    def stop(step: Step) -> None:
        assert step.total == 80
        if step.done > 2 * 10 * after:
            raise KeyboardInterrupt

    cut = finished(servers(), 40, chunk=10, progress=stop, every=0.0)
    assert not cut.complete
    assert cut.replications == 10 * (after + 1)
    whole = finished(servers(), 40)
    assert np.array_equal(cut.rows, whole.rows[:, :, : cut.replications], equal_nan=True)


def test_an_interrupted_pool_keeps_a_beginning_without_gaps() -> None:
    def stop(step: Step) -> None:
        if step.done >= 60:
            raise KeyboardInterrupt

    with ThreadPoolExecutor(2) as threads:
        cut = replicate(Plan(servers(), 60, 7), executor=threads, chunk=6, progress=stop, every=0.0)
    assert not cut.complete
    assert 0 <= cut.replications < 60
    whole = finished(servers(), 60)
    assert np.array_equal(cut.rows, whole.rows[:, :, : cut.replications], equal_nan=True)


def test_any_run_of_an_experiment_can_be_had_again() -> None:
    """(scenario, strategy, seed, stratum, replication) gives it back, whole trace and all."""
    outcomes = table(servers(), 12)
    for row in outcomes.to_dict("records"):
        again = run(servers(), row["strategy"], 7, row["replication"], row["stratum"])
        for name, value in dataclasses.asdict(again.outcome).items():
            stored = None if pd.isna(row[name]) else row[name]
            assert stored == value, name


# -- other strategies ------------------------------------------------------------------------------------------


def test_adding_renaming_and_reordering_strategies_changes_nobody_elses_numbers() -> None:
    before = table(servers())
    more = [{"name": "all", "configuration": ALL}, *reversed(SERVERS)]
    pd.testing.assert_frame_equal(rows_of(before, "one"), rows_of(table(servers(more)), "one"))
    renamed = [
        {"name": "eins", "configuration": ONE},
        {"name": "zwei", "configuration": HALF, "current": True},
    ]
    after = table(servers(renamed))
    for old, new in (("one", "eins"), ("half", "zwei")):
        pd.testing.assert_frame_equal(rows_of(before, old), rows_of(after, new))


def test_the_same_strategy_under_two_names_differs_by_exactly_nothing() -> None:
    twins = [{"name": "a", "configuration": HALF}, {"name": "b", "configuration": HALF}]
    comparison = compare(servers(twins), replications=60, seed=7, workers=1)
    differences = comparison.differences()
    other = differences[differences["strategy"] == "b"]
    known = other["difference"].dropna()
    assert len(known) > 5
    assert (known == 0).all()
    assert (other["high"].dropna() == 0).all()
    assert set(other["verdict"].dropna()) == {"no difference"}
    assert comparison.recommendation.kind == "either"
    assert "no difference" in comparison.recommendation.sentence


def test_an_overlay_that_changes_nothing_changes_nothing() -> None:
    twins = [
        {"name": "a", "configuration": HALF},
        {"name": "b", "configuration": HALF, "traffic": {"rate": 150.0}},
    ]
    outcomes = table(servers(twins))
    pd.testing.assert_frame_equal(rows_of(outcomes, "a"), rows_of(outcomes, "b"))


# -- common random numbers -------------------------------------------------------------------------------------


def durations(world: Any, event: str, replication: int) -> dict[int, float]:
    trace, _ = once(world, replication=replication, grain="full")
    found = (r for r in trace.records if isinstance(r, EventRun) and r.event == event and r.deployment == 0)
    return {r.target: r.time - r.started for r in found}


LAWS = {"AfterInstall": {"median": 60.0, "p95": 240.0}, "Install": {"median": 10.0, "p95": 30.0}}


@pytest.mark.parametrize("event", ["AfterInstall", "Install"])
def test_a_slow_instance_is_slow_in_every_strategy_and_in_a_larger_fleet(event: str) -> None:
    small = durations(a_fleet(3, ALL, balancer=None, durations=LAWS), event, 5)
    for size, configuration in ((3, ONE), (5, HALF)):
        other = durations(a_fleet(size, configuration, balancer=None, durations=LAWS), event, 5)
        assert {target: other[target] for target in small} == small


def test_one_more_script_moves_nobody_elses_draws() -> None:
    plain = durations(a_fleet(3, ALL, balancer=None, durations=LAWS), "AfterInstall", 5)
    more = {**LAWS, "BeforeInstall": {"median": 5.0, "p95": 9.0}}
    world = a_fleet(3, ALL, balancer={}, durations=more, hooks={"ApplicationStop": {"failure": 0.0}})
    assert durations(world, "AfterInstall", 5) == plain


def test_strategies_meet_the_same_bad_revision() -> None:
    """The error share of a release is the release's: the same in every strategy of a replication."""
    scenario = alias(
        revision={
            "bad": 1.0,
            "defects": [{"kind": "errors"}, {"kind": "slow", "factor": {"uniform": [1, 9]}}],
        }
    )
    defects = [[run(scenario, name, 7, k, "bad").trace.defect for name in ("canary", "half")] for k in range(20)]
    assert all(one == other for one, other in defects)
    assert len({one for one, _ in defects}) > 15


def test_pairing_takes_out_the_spread_that_strategies_share() -> None:
    """The variance of the paired difference is below the sum of the two (risk-methods 2.1)."""
    outcomes = table(alias(revision={"bad": 1.0}, alarms=[]), 100)
    one, other = (rows_of(outcomes, name)["failed_requests"].to_numpy(float) for name in ("canary", "half"))
    assert np.var(one - other) < 0.5 * (np.var(one) + np.var(other))


def test_the_worlds_of_neighbouring_replications_are_independent() -> None:
    """Durations of one replication and of the next are not correlated: four standard errors of 400."""
    outcomes = table(alias(revision={"bad": 0.0}, alarms=[]), 400)
    durations = rows_of(outcomes, "half")["duration_s"].to_numpy(float)
    for lag in (1, 2):
        assert abs(np.corrcoef(durations[:-lag], durations[lag:])[0, 1]) < 4 / math.sqrt(400 - lag)


def test_strata_follow_the_number_of_the_replication_alone() -> None:
    assert [stratum_of(0.1, k) for k in range(4)] == [stratum_of(0.9, k) for k in range(4)]
