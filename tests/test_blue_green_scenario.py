"""What the shipped scenario of a replaced fleet says that it teaches."""

from __future__ import annotations

from typing import Any

import pytest

import simulator
from simulator.scenario import shipped


@pytest.fixture(scope="module")
def means() -> Any:
    scenario = simulator.load(shipped.shipped()["blue-green-fleet"])
    outcomes = simulator.compare(scenario, replications=120, seed=1, workers=1).outcomes
    return outcomes, outcomes.groupby(["strategy", "stratum"]).mean(numeric_only=True)


def test_a_replaced_fleet_is_never_short_and_half_at_a_time_is(means: Any) -> None:
    _, of = means
    for name in ("blue-green-one-hour", "blue-green-gone-at-once"):
        assert of.capacity_shortfall_s[name, "good"] == 0.0
    assert of.failed_requests["half-at-a-time", "good"] > 10_000


def test_the_hour_costs_about_a_dollar_and_spares_most_of_the_harm(means: Any) -> None:
    _, of = means
    extra = of.cost_usd["blue-green-one-hour", "good"] - of.cost_usd["blue-green-gone-at-once", "good"]
    assert extra == pytest.approx(12 * 0.096, rel=0.02)  # twelve instances for one hour
    kept, gone = (of.failed_requests[name, "bad"] for name in ("blue-green-one-hour", "blue-green-gone-at-once"))
    assert kept < 0.6 * gone


def test_a_minute_s_way_back_by_alarm_against_a_deployment_by_people(means: Any) -> None:
    outcomes, _ = means
    bad = outcomes[(outcomes.stratum == "bad") & outcomes.trigger.notna()]
    back = bad.groupby("strategy").rollback_s.median()
    assert back["blue-green-one-hour"] < 60
    assert back["blue-green-gone-at-once"] > 300
    alarmed = (bad.trigger == "alarm").groupby(bad.strategy).mean()
    assert alarmed["blue-green-one-hour"] > 0.5 > alarmed["blue-green-gone-at-once"]


def test_one_at_a_time_in_place_lets_fewest_meet_a_bad_release_and_takes_longest_to_do_so(means: Any) -> None:
    _, of = means
    assert of.failed_requests["one-at-a-time", "bad"] < of.failed_requests["blue-green-one-hour", "bad"]
    assert of.duration_s["one-at-a-time", "good"] > 4 * of.duration_s["blue-green-gone-at-once", "good"]
