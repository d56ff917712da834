"""AWS's measured timelines lie inside the simulated 90 % band from their stated inputs (codedeploy.md 5, 6.3)."""

from __future__ import annotations

import numpy as np
import pytest

from simulator.trace.records import AlarmChange, DeploymentChange, Shift, Trace
from tests.worlds import an_alias, errors_alarm, once

BAND = (0.05, 0.95)


def in_band(samples: list[float], measured: float) -> bool:
    """Whether a measured value lies between the 5 % and 95 % points of the simulated ones."""
    low, high = np.quantile(samples, BAND)
    return bool(low <= measured <= high)


def test_a_lambda_canary_of_five_minutes_took_304_9_seconds() -> None:
    """Measured start to Succeeded with both hooks, each a function of about a second."""
    quick = {"median": 1.0, "p95": 2.5}
    hooks: dict[str, object] = {"BeforeAllowTraffic": {}, "AfterAllowTraffic": {}}
    world = an_alias(hooks=hooks, durations=dict.fromkeys(hooks, quick), still=False)
    durations = [once(world, replication=k)[1].duration_s for k in range(400)]
    assert in_band(durations, 304.9)


def test_ten_shifts_of_ten_percent_take_nine_minutes() -> None:
    """Measured 10 %/1 min: ten shifts in 552 s seen through polls of 23 s; nine intervals, not ten."""
    trace, _ = once(an_alias("CodeDeployDefault.LambdaLinear10PercentEvery1Minute", still=False))
    shifts = [record for record in trace.records if isinstance(record, Shift)]
    assert len(shifts) == 10
    assert shifts[-1].time - shifts[0].time == pytest.approx(540.0, abs=1e-9)
    assert abs((shifts[-1].time - shifts[0].time) - (692 - 140)) <= 23


# Run of 2026-08-16: start 11:56:15.8, ALARM 11:58:45, Stopped 11:58:56.7, rollback 11:58:57 to 11:58:59;
# 200 requests in 164 s, a tenth of them to the faulty version.
ALARM_S, STOPPED_S, ROLLBACK_S, RESTORED_S = 149.2, 160.9, 161.2, 163.2


def chain(trace: Trace) -> tuple[float, float, float, float]:
    """Instants of the alarm, the stop, the rollback's start and the alias being back."""
    alarm = next(r.time for r in trace.records if isinstance(r, AlarmChange) and r.state == "ALARM")
    changes = [r for r in trace.records if isinstance(r, DeploymentChange)]
    stopped = next(r.time for r in changes if r.deployment == 0 and r.status == "Stopped")
    rollback = next(r.time for r in changes if r.deployment == 1 and r.status == "InProgress")
    restored = next(r.time for r in changes if r.deployment == 1 and r.status == "Succeeded")
    return alarm, stopped, rollback, restored


def test_start_alarm_stop_rollback_and_restored_follow_the_measured_chain() -> None:
    """Each instant of the chain, and each step of it, lies in the band of runs with the same traffic and canary."""
    world = an_alias(
        rate=200 / 164,
        revision={"bad": 1.0, "defects": [{"kind": "errors", "share": 0.2}]},
        alarms=[errors_alarm(threshold=1)],
        rollback={"events": ["DEPLOYMENT_STOP_ON_ALARM"]},
        people=None,
        still=False,
    )
    runs = [once(world, replication=k, stratum="bad") for k in range(600)]
    stopped = [chain(trace) for trace, outcome in runs if outcome.trigger == "alarm"]
    assert len(stopped) > 300
    alarms, stops, rollbacks, restored = (list(column) for column in zip(*stopped, strict=True))
    assert in_band(alarms, ALARM_S)
    assert in_band(stops, STOPPED_S)
    assert in_band(restored, RESTORED_S)
    assert in_band([b - a for a, b in zip(alarms, stops, strict=True)], STOPPED_S - ALARM_S)
    assert in_band([b - a for a, b in zip(rollbacks, restored, strict=True)], 2.2)
    assert abs(np.median(np.subtract(rollbacks, stops)) - (ROLLBACK_S - STOPPED_S)) <= 1.0
    failed = [outcome.failed_requests for _, outcome in runs if outcome.trigger == "alarm"]
    assert in_band(failed, 4.0)


def test_an_alarm_already_up_stops_the_deployment_in_0_73_seconds() -> None:
    """Measured once: no traffic shifted, a rollback deployment followed and succeeded."""
    kept = {"name": "up", "namespace": "Shop", "metric_name": "Anything", "threshold": 1.0, "state": "ALARM"}
    world = an_alias(alarms=[kept], rollback={"events": ["DEPLOYMENT_STOP_ON_ALARM"]}, still=False, people=None)
    _, outcome = once(world)
    assert outcome.duration_s == pytest.approx(0.73, abs=1e-5)
    assert outcome.peak_exposure == 0.0
    assert outcome.outcome == "rolled_back"
    assert outcome.trigger == "alarm"
