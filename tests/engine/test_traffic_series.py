"""Traffic as it was recorded, through the engine: demand from the start on, and what alarms saw before it."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.model.scenario import Scenario
from simulator.trace.records import AlarmChange, DeploymentChange, FlowChange, Trace
from tests.worlds import a_fleet, once

MANY = {"name": "many", "namespace": "AWS/ApplicationELB", "metric_name": "RequestCount", "statistic": "Sum",
        "threshold": 6000.0, "evaluation_periods": 1, "datapoints_to_alarm": 1}  # fmt: skip
EXPECTED = {"alarm_counts": "expected"}


def recorded(series: dict[str, float], lasts: float = 1000.0, **rest: Any) -> Scenario:
    """Ten targets of 100/s without a load balancer, all at once out for `lasts` seconds."""
    return a_fleet(
        10,
        rest.pop("configuration", "CodeDeployDefault.AllAtOnce"),
        balancer=rest.pop("balancer", None),
        durations={"ApplicationStop": 0.0, "AfterInstall": lasts},
        hooks={"ApplicationStop": {}, "AfterInstall": {}},
        traffic={"series": series},
        people=None,
        **rest,
    )


def demands(trace: Trace) -> list[tuple[float, float]]:
    steps: list[tuple[float, float]] = []
    for change in trace.records:
        if isinstance(change, FlowChange) and (not steps or steps[-1][1] != change.flow.demand):
            steps.append((change.time, change.flow.demand))
    return steps


def test_each_rate_holds_until_the_next_and_the_last_to_the_end() -> None:
    trace, outcome = once(recorded({"0 s": 10.0, "100 s": 30.0, "400 s": 5.0}))
    assert demands(trace) == [(0.0, 10.0), (100.0, 30.0), (400.0, 5.0)]
    assert outcome.failed_requests == pytest.approx(10 * 100 + 30 * 300 + 5 * 600)


def test_clock_times_count_from_the_start() -> None:
    world = recorded({"09:00": 10.0, "10:01": 30.0, "10:05": 5.0}, start="Tuesday 10:00")
    trace, _ = once(world)
    assert demands(trace) == [(0.0, 10.0), (60.0, 30.0), (300.0, 5.0)]


def test_a_series_of_one_rate_is_a_constant_rate() -> None:
    _, outcome = once(recorded({"0 s": 50.0}))
    assert outcome.failed_requests == pytest.approx(50.0 * 1000.0)


@pytest.mark.parametrize(("before", "stopped"), [(200.0, True), (50.0, False)])
def test_alarms_look_back_on_what_was_recorded_before_the_start(before: float, stopped: bool) -> None:
    """12,000 requests in the last minute before ten o'clock are more than 6,000, whatever comes afterwards."""
    series = {"09:00": before, "10:00": 1.0}
    world = recorded(series, start="Tuesday 10:00", balancer={}, alarms=[MANY], assumptions=EXPECTED, lasts=30.0)
    trace, _ = once(world)
    status = [r.status for r in trace.records if isinstance(r, DeploymentChange) and r.deployment == 0][-1]
    assert status == ("Stopped" if stopped else "Succeeded")


def test_the_first_rate_holds_before_its_time_for_alarms_too() -> None:
    """So an alarm on many requests is up at the start and stops the deployment at once."""
    world = recorded({"0 s": 200.0}, balancer={}, alarms=[MANY], assumptions=EXPECTED)
    _, outcome = once(world)
    assert (outcome.deployment_status, outcome.duration_s) == ("Stopped", 0.0)


def test_a_rise_is_seen_by_alarms_in_its_minute() -> None:
    halves = "CodeDeployDefault.HalfAtATime"
    world = recorded(
        {"0 s": 1.0, "300 s": 200.0}, balancer={}, alarms=[MANY], assumptions=EXPECTED, configuration=halves
    )
    trace, _ = once(world)
    first = next(r for r in trace.records if isinstance(r, AlarmChange) and r.state == "ALARM")
    assert (first.time, first.slot_end) == (360.0, 360.0)
