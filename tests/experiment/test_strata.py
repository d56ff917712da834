"""Good and bad releases have their own replications, weighted by their exact probability."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from simulator.analysis import compare
from simulator.errors import ScenarioError
from simulator.experiment import run
from simulator.experiment.plan import LARGEST, stratum_of, weights
from simulator.randomness import Rekeyed, Streams, _key
from tests.experiment.worlds import alias, draws, rows_of, table
from tests.worlds import STILL

AT_ONCE = "CodeDeployDefault.LambdaAllAtOnce"


def known(bad: float, **rest: Any) -> Any:
    """A release that fails a fifth of 100/s until the horizon, 1,000 s on, when bad; nothing when good."""
    return alias(
        [{"name": "only", "configuration": AT_ONCE}],
        traffic={"rate": 100.0},
        revision={"bad": bad, "defects": [{"kind": "errors", "share": 0.2}]},
        alarms=[],
        people=None,
        horizon=1000.0,
        assumptions=STILL,
        **rest,
    )


@pytest.mark.parametrize("bad", [0.0, 0.005, 0.05, 0.5, 1.0])
@pytest.mark.parametrize("replications", [2, 9, 40])
def test_the_weights_of_a_strategy_sum_to_one_and_those_of_bad_runs_to_its_probability(
    bad: float, replications: int
) -> None:
    outcomes = table(known(bad), replications)
    assert outcomes["weight"].sum() == pytest.approx(1.0)
    assert outcomes.loc[outcomes["bad"], "weight"].sum() == pytest.approx(bad)
    assert ((outcomes["stratum"] == "bad") == outcomes["bad"]).all()


def test_even_replications_are_good_and_odd_ones_bad_where_both_can_be() -> None:
    assert [stratum_of(0.005, k) for k in range(4)] == ["good", "bad", "good", "bad"]
    assert {stratum_of(0.0, k) for k in range(4)} == {"good"}
    assert {stratum_of(1.0, k) for k in range(4)} == {"bad"}


def test_one_replication_of_a_release_that_may_be_bad_is_a_good_one() -> None:
    assert weights(0.3, 1) == {"good": 1.0}


@pytest.mark.parametrize("bad", [0.005, 0.05, 0.5, 1.0])
def test_the_mean_of_a_known_mixture_is_exact(bad: float) -> None:
    """20,000 failures if bad, none if good: p x 20,000, and no spread within a stratum."""
    estimate = compare(known(bad), replications=20, seed=3, workers=1).estimate("only", "failed_requests")
    assert estimate is not None
    assert estimate.value == pytest.approx(bad * 20_000.0)
    assert (estimate.low, estimate.high) == pytest.approx((estimate.value, estimate.value))


def test_the_share_of_bad_worlds_can_be_changed_without_a_new_run() -> None:
    comparison = compare(known(0.05, decision={"metric": "failed_requests"}), replications=20, seed=3, workers=1)
    assert comparison.at_bad_probability(0.2)["value"].iloc[0] == pytest.approx(4_000.0)


def test_a_strategy_with_another_probability_of_being_bad_has_its_own_weights() -> None:
    shifts = [
        {"name": "tested", "configuration": AT_ONCE, "revision": {"bad": 0.01}},
        {"name": "untested", "configuration": AT_ONCE, "revision": {"bad": 0.2}},
        {"name": "known good", "configuration": AT_ONCE, "revision": {"bad": 0.0}},
    ]
    outcomes = table(alias(shifts), 40)
    for name, bad in (("tested", 0.01), ("untested", 0.2), ("known good", 0.0)):
        rows = rows_of(outcomes, name)
        assert rows.loc[rows["bad"], "weight"].sum() == pytest.approx(bad)


def test_no_two_strata_share_draws() -> None:
    """Replications are numbered through both: the k-th good and the k-th bad run have other luck."""
    rows = rows_of(table(alias(), 40), "canary")
    good, bad = (rows.loc[rows["bad"] == is_bad, "duration_s"].to_numpy(float) for is_bad in (False, True))
    assert not set(good) & set(bad)


# -- streams ---------------------------------------------------------------------------------------------------


def test_draws_are_found_by_name_and_not_by_order() -> None:
    streams = Streams(7, 3)
    first = streams.uniforms("a", 4, 2)
    streams.uniforms("counts", 5, 2)
    streams.uniforms("b", 10, 1)
    assert np.array_equal(streams.uniforms("a", 4, 2), first)


def test_a_subjects_row_does_not_change_with_the_number_of_subjects() -> None:
    assert draws(7, 3, "hook", 4) == draws(7, 3, "hook", 40)[:4]


@pytest.mark.parametrize("other", [(8, 3, "hook"), (7, 4, "hook"), (7, 3, "hooks"), (0, 3, "hook")])
def test_seed_replication_and_purpose_name_a_stream(other: tuple[int, int, str]) -> None:
    assert not set(draws(7, 3, "hook", 50)) & set(draws(*other, 50))


def test_a_rekeyed_generator_gives_the_numbers_of_a_new_one() -> None:
    """Also right after it was left in the middle of another stream."""
    rekeyed = Rekeyed()
    rekeyed.at(1, 1, "other").poisson(3.3, size=7)
    for replication in (0, 1, 2**40):
        key = np.array([_key(7, "hook"), replication], dtype=np.uint64)
        fresh = np.random.Generator(np.random.Philox(key=key))
        assert np.array_equal(rekeyed.at(7, replication, "hook").random(9), fresh.random(9))


@pytest.mark.parametrize("numbers", [{"seed": LARGEST + 1}, {"seed": -1}, {"seed": 1.5}, {"replication": LARGEST + 1}])
def test_a_number_that_no_replication_has_is_refused(numbers: dict[str, Any]) -> None:
    said = f"is a whole number from 0 to {LARGEST}; {next(iter(numbers.values()))} is none"
    with pytest.raises(ScenarioError, match=said):
        run(known(0.5), **numbers)
    if "seed" in numbers:
        with pytest.raises(ScenarioError, match=said):
            compare(known(0.5), replications=4, **numbers)


def test_the_largest_numbers_are_like_any_other() -> None:
    trace = run(known(0.5), seed=LARGEST, replication=LARGEST).trace
    assert (trace.seed, trace.replication) == (LARGEST, LARGEST)
