"""Faults around the alarms and the deployment itself: alarms up already, metrics that go missing, throttled calls."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.model.misfit import MisfitError
from simulator.trace.records import AlarmChange, FaultStrike, Trace
from tests.worlds import a_fleet, an_alias, canary, once

AT_ONCE = "CodeDeployDefault.LambdaAllAtOnce"
ERRORS = {"name": "errors", "namespace": "AWS/Lambda", "metric_name": "Errors", "statistic": "Sum",
          "threshold": 60.0, "evaluation_periods": 1, "datapoints_to_alarm": 1}  # fmt: skip
OTHER = {"name": "other", "namespace": "Shop", "metric_name": "Orders", "threshold": 1.0}
BAD = {"bad": 1.0, "defects": [{"kind": "errors", "share": 0.5}]}
BACK = {"events": ["DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_FAILURE"]}
EXPECTED = {"alarm_counts": "expected"}


def ups(trace: Trace) -> list[float]:
    return [record.time for record in trace.records if isinstance(record, AlarmChange) and record.state == "ALARM"]


@pytest.mark.parametrize("alarm", [ERRORS, OTHER])
def test_an_alarm_that_is_up_already_stops_the_deployment_at_once(alarm: dict[str, Any]) -> None:
    """Observed: stopped 0.73 s after the start, nothing shifted, a rollback that changes nothing."""
    world = an_alias(
        alarms=[alarm], faults=[{"kind": "alarm_already_up"}], rollback=BACK, assumptions={"alarm_first_look": 0.73}
    )
    trace, outcome = once(world)
    assert (outcome.deployment_status, outcome.trigger, outcome.exposed_requests) == ("Stopped", "alarm", 0.0)
    assert outcome.duration_s == pytest.approx(0.73, abs=1e-6)
    assert [(r.kind, r.detail) for r in trace.records if isinstance(r, FaultStrike)] == [
        ("alarm_already_up", alarm["name"])
    ]


def test_an_alarm_on_a_metric_that_is_well_goes_down_at_its_next_evaluation() -> None:
    trace, _ = once(
        an_alias(
            canary(10, 5),
            alarms=[{**ERRORS, "watched": False}, OTHER],
            faults=[{"kind": "alarm_already_up", "alarm": "errors"}],
            assumptions={"alarm_evaluation_phase": "50 %"} | EXPECTED,
        )
    )
    changes = [(r.time, r.alarm, r.state) for r in trace.records if isinstance(r, AlarmChange)]
    assert changes == [(30.0, "errors", "OK")]


def test_the_chance_of_an_alarm_being_up_is_the_deployments() -> None:
    world = an_alias(AT_ONCE, alarms=[OTHER], faults=[{"kind": "alarm_already_up", "probability": 0.3}])
    stopped = [once(world, replication=k)[1].deployment_status == "Stopped" for k in range(200)]
    assert 0.2 < sum(stopped) / 200 < 0.4


def test_without_a_watched_alarm_none_can_be_up() -> None:
    with pytest.raises(MisfitError, match="needs an alarm that CodeDeploy watches"):
        an_alias(faults=[{"kind": "alarm_already_up"}])


@pytest.mark.parametrize(
    ("treat", "seen"),
    [("missing", 240.0), ("notBreaching", 240.0), ("ignore", 240.0)],
)
def test_while_metrics_are_missing_the_alarm_sees_what_its_setting_says(treat: str, seen: float) -> None:
    """Half of the requests fail from the first second; what is delivered from 30 s to 200 s never arrives."""
    world = an_alias(
        canary(50, 60),
        alarms=[{**ERRORS, "treat_missing_data": treat}],
        faults=[{"kind": "metrics_missing", "at": 30.0, "lasts": 170.0}],
        assumptions=EXPECTED,
        revision=BAD,
        rollback=BACK,
        people=None,
    )
    trace, outcome = once(world, stratum="bad")
    assert ups(trace)[0] == seen
    assert outcome.trigger == "alarm"
    without, _ = once(
        an_alias(canary(50, 60), alarms=[{**ERRORS, "treat_missing_data": treat}], assumptions=EXPECTED, revision=BAD,
                 rollback=BACK, people=None),
        stratum="bad",
    )  # fmt: skip
    assert ups(without)[0] == 60.0


def test_missing_metrics_of_a_good_version_can_stop_its_deployment() -> None:
    """Where missing data is breaching; the range of datapoints that CloudWatch fetches runs dry after some minutes."""
    world = an_alias(
        canary(50, 60),
        alarms=[{**ERRORS, "treat_missing_data": "breaching"}],
        faults=[{"kind": "metrics_missing", "at": 30.0, "lasts": 1800.0}],
        assumptions=EXPECTED,
    )
    trace, outcome = once(world)
    assert outcome.deployment_status == "Stopped"
    assert 60.0 <= ups(trace)[0] < 1800.0


def test_throttled_calls_fail_the_deployment_as_it_starts() -> None:
    world = a_fleet(faults=[{"kind": "throttling", "probability": 1.0}], people=None)
    trace, outcome = once(world)
    assert (outcome.deployment_status, outcome.duration_s, outcome.outcome) == ("Failed", 0.0, "failed")
    assert [r.kind for r in trace.records if isinstance(r, FaultStrike)] == ["throttling"]


def test_the_chance_of_throttling_is_each_deployments_own() -> None:
    world = an_alias(AT_ONCE, faults=[{"kind": "throttling", "probability": 0.25}], people=None)
    failed = [once(world, replication=k)[1].deployment_status == "Failed" for k in range(200)]
    assert 0.17 < sum(failed) / 200 < 0.33
