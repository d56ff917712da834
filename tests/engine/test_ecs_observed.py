"""A measured ECS deployment lies inside the simulated 90 % band from its stated inputs.

One Fargate task of 0.25 vCPU with a small web server's image, checks every 10 s with a threshold of 2, a production
and a test listener, ECSLinear10PercentEvery1Minutes, a termination wait of 5 min (a lab of 2026-08-08, polled every
23 s): nothing shifted at 117 s, 10 % at 140 s, 100 % at 692 s, 975.7 s in all. Its rollbacks: weights back at most 23 s
after a forced alarm, and 18 s after a real one.
"""

from __future__ import annotations

import numpy as np
import pytest

from simulator.model.scenario import Scenario
from simulator.trace.records import AlarmChange, DeploymentChange, Shift, Trace, Wait
from tests.engine.test_observed_timelines import in_band
from tests.worlds import a_service, once

POLL_S = 23.0
RUNS = 300


def measured_service(**rest: object) -> Scenario:
    return a_service(
        tasks=1,
        launch=None,
        service={"task": {"cpu": 0.25, "memory": 512e6, "image": 70e6}},
        balancer={"test_listener": True, "deregistration_delay": 5.0},
        rate=1.0,
        still=False,
        **rest,  # type: ignore[arg-type]
    )


@pytest.fixture(scope="module")
def traces() -> list[Trace]:
    world = measured_service()
    return [once(world, replication=k)[0] for k in range(RUNS)]


def shifts(trace: Trace) -> list[float]:
    return [record.time for record in trace.records if isinstance(record, Shift)]


def ended(trace: Trace) -> float:
    return next(r.time for r in trace.records if isinstance(r, DeploymentChange) and r.status == "Succeeded")


def test_the_whole_took_975_7_seconds(traces: list[Trace]) -> None:
    assert in_band([ended(trace) for trace in traces], 975.7)


def test_all_but_the_steps_and_the_wait_took_136_seconds(traces: list[Trace]) -> None:
    rest = [ended(trace) - 300.0 - 540.0 for trace in traces]
    assert in_band(rest, 975.7 - 300.0 - 540.0)
    low, high = np.quantile(rest, (0.05, 0.95))
    assert low < 117.0 < high  # the sooner end of what the polls allow


def test_the_first_shift_came_between_two_polls(traces: list[Trace]) -> None:
    """After 117 s and by 140 s: an interval that a good part of the runs meets."""
    first = np.array([shifts(trace)[0] for trace in traces])
    assert np.mean((first > 117.0) & (first <= 140.0)) > 0.15
    assert np.mean(first > 140.0) < 0.05


def test_ten_shifts_come_a_minute_apart_and_the_wait_is_five(traces: list[Trace]) -> None:
    for trace in traces:
        times = shifts(trace)
        assert len(times) == 10
        assert all(56.0 <= gap <= 64.0 for gap in np.diff(times))
        assert abs((times[-1] - times[0]) - (692.0 - 140.0)) <= POLL_S
        wait = next(record for record in trace.records if isinstance(record, Wait))
        assert wait.ends - wait.time == 300.0


def test_weights_were_back_within_23_seconds_of_the_alarm() -> None:
    world = measured_service(
        revision={"bad": 1.0, "defects": [{"kind": "errors", "share": 1.0}]},
        alarms=[{"name": "5xx", "namespace": "AWS/ApplicationELB", "metric_name": "HTTPCode_Target_5XX_Count",
                 "threshold": 5.0, "treat_missing_data": "notBreaching"}],
        rollback={"events": ["DEPLOYMENT_STOP_ON_ALARM"]},
        people=None,
    )  # fmt: skip
    lags = []
    for replication in range(100):
        trace, outcome = once(world, replication=replication, stratum="bad")
        assert outcome.outcome == "rolled_back"
        up = next(r.time for r in trace.records if isinstance(r, AlarmChange) and r.state == "ALARM")
        lags.append(shifts(trace)[-1] - up)
    low, middle = np.quantile(lags, (0.05, 0.5))
    assert low < 18.0
    assert middle < 23.0
