"""Alarms left alone since no count can bring them up: the same runs as with every evaluation."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import poisson

from simulator.engine import simulate
from simulator.engine.alarms import Watched
from simulator.engine.ceiling import Ceiling, most_above
from simulator.engine.run import prepared
from simulator.model.alarm import AlarmState
from simulator.model.scenario import Scenario
from simulator.randomness import Streams
from tests.engine.any_world import worlds
from tests.worlds import a_fleet, an_alias, canary, errors_alarm, linear

BAD = {"bad": 1.0, "defects": [{"kind": "errors", "share": 0.02}]}


@given(mean=st.floats(0, 1e5), luck=st.floats(0, 1 - 1e-9), count=st.integers(1, 4), split=st.floats(0, 1))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_no_sum_of_counts_exceeds_the_bound(mean: float, luck: float, count: int, split: float) -> None:
    """However the mean is split over the counts; the oracle is another library's quantile function."""
    means = [mean * split, *([mean * (1 - split) / (count - 1)] * (count - 1))] if count > 1 else [mean]
    assert sum(max(poisson.ppf(luck, each), 0.0) for each in means) <= mean + most_above(mean, luck, count)


def told(scenario: Scenario, replication: int, stratum: Any) -> tuple[Any, ...]:
    trace = simulate(scenario, Streams(3, replication), stratum)
    return trace.records, trace.assumed


def never(self: Ceiling, bounded: Any, slots: int, family: str, telemetry: Any) -> None:
    self.holds = False


@given(scenario=worlds, stratum=st.sampled_from(["good", "bad"]))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_an_alarm_at_ease_would_have_stayed_ok(scenario: Scenario, stratum: str) -> None:
    at_ease = told(scenario, 0, stratum)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Ceiling, "__init__", never)
        assert told(scenario, 0, stratum) == at_ease


@pytest.mark.parametrize("treat", ["missing", "ignore", "notBreaching"])
@pytest.mark.parametrize("threshold", [15.0, 30.0, 100.0])
def test_a_shift_is_the_same_with_every_evaluation(
    treat: str, threshold: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Errors of the new revision come near the threshold, pass it, or stay far below it."""
    scenario = an_alias(linear(20, 2), still=False, traffic={"rate": 20.0, "baseline_errors": 0.005}, revision=BAD,
                        alarms=[errors_alarm(threshold, treat_missing_data=treat, dimensions={})],
                        horizon=3600.0)  # fmt: skip
    at_ease = [told(scenario, replication, "bad") for replication in range(20)]
    monkeypatch.setattr(Ceiling, "__init__", never)
    assert [told(scenario, replication, "bad") for replication in range(20)] == at_ease


def evaluations(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> int:
    run = prepared(scenario, Streams(1, 0), "good", "states")
    seen: list[float] = []
    evaluate = Watched.evaluate

    def counted(self: Watched, now: float) -> AlarmState:
        seen.append(now)
        return evaluate(self, now)

    monkeypatch.setattr(Watched, "evaluate", counted)
    run.env.run(until=run.over)
    return len(seen)


def test_an_alarm_that_nothing_can_bring_up_is_not_evaluated(monkeypatch: pytest.MonkeyPatch) -> None:
    alarm = errors_alarm(100.0)
    shift = an_alias(canary(10, 30), still=False, traffic={"rate": 200.0, "baseline_errors": 0.001}, alarms=[alarm])
    assert evaluations(shift, monkeypatch) == 0
    five_hundreds = {**alarm, "metric_name": "HTTPCode_Target_5XX_Count", "treat_missing_data": "notBreaching"}
    fleet = a_fleet(8, balancer={}, still=False, rate=100.0, alarms=[five_hundreds])
    assert evaluations(fleet, monkeypatch) == 0
