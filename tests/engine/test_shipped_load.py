"""The shipped scenarios on retries and cold starts show what they say they teach."""

from __future__ import annotations

import pytest

import simulator
from simulator.analysis.comparison import Comparison
from simulator.scenario import shipped


@pytest.fixture(scope="module")
def storm() -> Comparison:
    return simulator.compare(simulator.load(shipped.shipped()["retry-storm"]), replications=12, workers=1)


@pytest.fixture(scope="module")
def cold() -> Comparison:
    return simulator.compare(simulator.load(shipped.shipped()["lambda-cold"]), replications=6, workers=1)


def of_good(comparison: Comparison, column: str) -> dict[str, float]:
    outcomes = comparison.outcomes
    means = outcomes[~outcomes.bad].groupby("strategy")[column].mean()
    return {str(name): float(mean) for name, mean in means.items()}


def test_a_batch_a_tenth_too_large_is_a_storm_with_retries_and_none_at_night(storm: Comparison) -> None:
    attempts, requests = of_good(storm, "failed_attempts"), of_good(storm, "failed_requests")
    assert attempts["half-at-a-time"] > 10 * requests["half-at-a-time"]
    assert attempts["half-without-retries"] == pytest.approx(requests["half-without-retries"])
    for calm in ("half-at-night", "six-stay", "one-at-a-time"):
        assert attempts[calm] == requests[calm] == 0.0


def test_the_storm_rolls_a_good_release_back(storm: Comparison) -> None:
    good = storm.outcomes[~storm.outcomes.bad]
    back = (good.trigger == "alarm").groupby(good.strategy).mean()
    assert back["half-at-a-time"] > 0.5
    assert back["half-without-retries"] == 0.0


def test_a_shift_from_cold_is_throttled_unless_something_is_warm(cold: Comparison) -> None:
    failed = of_good(cold, "failed_requests")
    assert failed["all-at-once"] > 1000
    assert failed["canary-30-min"] > 1000
    for warm in ("canary-5-min", "linear-1-min", "all-at-once-provisioned"):
        assert failed[warm] == 0.0
