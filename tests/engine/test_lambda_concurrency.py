"""A new version that starts cold, and provisioned environments, through the engine, against closed forms."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.model.misfit import MisfitError
from simulator.model.scenario import Scenario
from simulator.trace.records import AlarmChange, Capacity, FlowChange, Shift, Trace, Usage
from tests.worlds import an_alias, canary, linear, once

AT_ONCE = "CodeDeployDefault.LambdaAllAtOnce"
SLOW_START = {"concurrency": 5000, "request_duration": 0.1, "cold_start": 5.0}
GRID = 2.0**-19


def alias(configuration: Any = AT_ONCE, rate: float = 500.0, **rest: Any) -> Scenario:
    return an_alias(configuration, rate=rate, people=None, service={**SLOW_START, **rest.pop("service", {})}, **rest)


def flows(trace: Trace) -> list[tuple[float, float]]:
    """(time, requests per second refused)."""
    return [(change.time, change.flow.refused) for change in trace.records if isinstance(change, FlowChange)]


def capacities(trace: Trace) -> list[tuple[float, str, int]]:
    return [(r.time, r.colour, r.units) for r in trace.records if isinstance(r, Capacity)]


def test_all_at_once_from_cold_is_throttled_when_the_burst_is_spent() -> None:
    """1,000 environments last 2.5 s at 500/s, then 100/s find one until the first are free after 5.1 s."""
    trace, outcome = once(alias())
    (_, none), (spent, refused), (free, after) = flows(trace)
    assert (none, refused, after) == (0.0, 400.0, 0.0)
    assert (spent, free) == (pytest.approx(2.5, abs=GRID), pytest.approx(5.1, abs=GRID))
    assert outcome.failed_requests == outcome.failed_capacity == pytest.approx(400.0 * 2.6, rel=1e-6)
    assert outcome.lifetime_s == pytest.approx(5.1, abs=GRID)  # the run waits for them


def test_a_canary_warms_the_environments_that_the_rest_needs() -> None:
    """50 of 500/s start 255 from cold; 50 are enough for all of the traffic five minutes later."""
    assert once(alias(canary(10, 5)))[1].failed_requests == 0.0


def test_a_canary_that_waits_too_long_finds_only_those_that_it_keeps_busy() -> None:
    """After 20 minutes five are left for 50/s; the other 450/s spend their burst of 1,000 after 2.86 s."""
    trace, _ = once(alias(canary(10, 20)))
    shift = [record.time for record in trace.records if isinstance(record, Shift)]
    throttled = [(time, refused) for time, refused in flows(trace) if refused]
    assert throttled == [(pytest.approx(shift[1] + 1000.0 / (450.0 - 100.0), abs=GRID), pytest.approx(350.0))]


def test_steps_of_ten_percent_lose_nothing() -> None:
    assert once(alias(linear(10, 1)))[1].failed_requests == 0.0


def test_the_old_version_keeps_what_its_share_needs() -> None:
    """A concurrency of 100: 90 environments stay with the old version's 90 %, so 10/s find ten from cold."""
    world = alias(canary(10, 5), rate=100.0, service={"concurrency": 100, "request_duration": 1.0})
    trace, _ = once(world)
    held = [(time, refused) for time, refused in flows(trace) if time < 300.0]
    # The tenth environment is taken after a second; nobody else is served until the first is free after six.
    assert held == [(0.0, 0.0), (pytest.approx(1.0, abs=GRID), 10.0), (pytest.approx(6.0, abs=GRID), 0.0)]


def test_throttled_calls_are_no_errors() -> None:
    def alarm(metric: str) -> dict[str, Any]:
        return {"name": metric, "namespace": "AWS/Lambda", "metric_name": metric, "statistic": "Sum",
                "threshold": 1.0, "evaluation_periods": 1, "datapoints_to_alarm": 1}  # fmt: skip

    # Long enough under way for both to be evaluated.
    hooks = {"AfterAllowTraffic": {}}
    world = alias(alarms=[alarm("Errors"), alarm("Throttles")], hooks=hooks, durations={"AfterAllowTraffic": 600.0})
    trace, outcome = once(world)
    assert [r.alarm for r in trace.records if isinstance(r, AlarmChange) and r.state == "ALARM"] == ["Throttles"]
    assert outcome.deployment_status == "Stopped"


def test_provisioned_environments_are_ready_at_once_and_delay_the_shift() -> None:
    """50 of them answer 500/s; they are there 90 s after being asked for, and 50 at 500 a minute take 6 s more."""
    service = {"provisioned_concurrency": {"current": 50, "target": 50}, "memory": 2.0**30}
    times = {"provisioned_preparation": 90.0}
    trace, outcome = once(alias(service=service, assumptions=times))
    assert [record.time for record in trace.records if isinstance(record, Shift)] == [96.0]
    assert outcome.failed_requests == 0.0
    assert capacities(trace) == [(0.0, "new", 50), (96.0, "old", 0)]
    # 50 GB beside those at zero, billed for five minutes at least.
    assert outcome.cost_usd == pytest.approx(50 * 300 * 0.0000041667, rel=1e-6)


def test_a_way_back_gives_the_new_versions_environments_back() -> None:
    service = {"provisioned_concurrency": {"current": 50, "target": 50}, "memory": 2.0**30}
    hooks = {"AfterAllowTraffic": {}}
    world = alias(
        service=service,
        assumptions={"provisioned_preparation": 90.0},
        hooks=hooks,
        durations={"AfterAllowTraffic": 10.0},
        faults=[{"kind": "hook_failure", "event": "AfterAllowTraffic", "probability": 1.0}],
        rollback={"events": ["DEPLOYMENT_FAILURE"]},
    )
    trace, outcome = once(world)
    assert capacities(trace) == [(0.0, "new", 50), (106.0, "new", 0)]
    assert outcome.outcome == "rolled_back"
    assert outcome.failed_requests == 0.0  # the old version's are still there


def test_what_is_provisioned_for_one_version_nobody_else_can_have() -> None:
    """A concurrency of 100, 60 of them kept for the new version: the old one's 80/s find 40 before the shift."""
    service = {
        "concurrency": 100,
        "request_duration": 1.0,
        "provisioned_concurrency": {"target": 60},
        "memory": 2.0**30,
    }
    hooks = {"BeforeAllowTraffic": {}}
    world = alias(
        rate=80.0,
        service=service,
        hooks=hooks,
        durations={"BeforeAllowTraffic": 10.0},
        assumptions={"provisioned_preparation": 0.0, "provisioned_rate": 600.0},
    )
    trace, _ = once(world)
    assert flows(trace)[1] == (pytest.approx(0.1, abs=GRID), pytest.approx(40.0))


@pytest.mark.parametrize(("bake", "failed"), [(60.0, False), (1200.0, True)])
def test_a_late_way_back_meets_the_old_version_cold(bake: float, failed: bool) -> None:
    """Idle environments are kept for ten minutes."""
    hooks = {"AfterAllowTraffic": {}}
    world = alias(
        hooks=hooks,
        durations={"AfterAllowTraffic": bake},
        faults=[{"kind": "hook_failure", "event": "AfterAllowTraffic", "probability": 1.0}],
        rollback={"events": ["DEPLOYMENT_FAILURE"]},
    )
    _, outcome = once(world)
    assert (outcome.failed_way_back > 0) is failed
    if failed:
        assert outcome.failed_way_back == pytest.approx(400.0 * 2.6, rel=1e-6)


@pytest.mark.parametrize(("memory", "gigabytes"), [(2.0**30, 1.0), (1e9, 1.0), (512e6, 0.5)])
def test_initialisations_are_billed_by_the_functions_memory(memory: float, gigabytes: float) -> None:
    """250 requests/s from cold start 1,275 environments within the first 5.1 s, of 5 s each; 512 MB are half a GB."""
    trace, _ = once(alias(rate=250.0, service={"memory": memory}))
    assert [r.quantity for r in trace.records if isinstance(r, Usage) and r.item == "init_gb_seconds"] == [
        pytest.approx(1275.0 * 5.0 * gigabytes)
    ]


def test_a_function_that_says_nothing_of_its_environments_has_warm_ones() -> None:
    world = an_alias(AT_ONCE, rate=500.0, people=None, service={"concurrency": 60, "request_duration": 0.1})
    trace, outcome = once(world)
    assert outcome.failed_requests == 0.0
    assert "cold_start" not in trace.assumed


def test_retries_meet_a_cold_version_too() -> None:
    """Of 500/s, 100/s find an environment: users lose 400/s whatever they try, servers see four tries of each."""
    world = alias(traffic={"rate": 500.0, "retries": {"attempts": 3}})
    trace, outcome = once(world)
    assert max(refused for _, refused in flows(trace)) == pytest.approx(400.0)
    assert outcome.failed_attempts is not None
    assert outcome.failed_attempts > 2.0 * outcome.failed_requests


@pytest.mark.parametrize("field", ["cold_start", "memory", "provisioned_concurrency"])
def test_environments_without_a_concurrency_are_refused(field: str) -> None:
    value: dict[str, Any] = {"cold_start": 1.0, "memory": 2.0**30, "provisioned_concurrency": {"target": 5}}
    with pytest.raises(MisfitError, match=f"{field} is about the function's environments"):
        an_alias(service={field: value[field]})


@pytest.mark.parametrize(("minutes", "status"), [(59.0, "Succeeded"), (61.0, "Failed")])
def test_a_hook_may_call_back_long_after_its_function_returned(minutes: float, status: str) -> None:
    """A function runs for 15 minutes at most, its answer is waited for an hour."""
    world = an_alias(AT_ONCE, hooks={"BeforeAllowTraffic": {}}, durations={"BeforeAllowTraffic": minutes * 60.0})
    _, outcome = once(world)
    assert outcome.deployment_status == status
    assert outcome.duration_s == pytest.approx(min(minutes, 60.0) * 60.0)
