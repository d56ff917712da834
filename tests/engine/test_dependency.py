"""A dependency with a limit that both colours draw on, through the engine, against the arithmetic of connections."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.model.scenario import Scenario
from simulator.trace.records import AlarmChange, FlowChange, Trace
from tests.worlds import a_fleet, an_alias, canary, once

CODES = {"name": "5xx", "namespace": "AWS/ApplicationELB", "metric_name": "HTTPCode_Target_5XX_Count",
         "statistic": "Sum", "threshold": 100.0, "evaluation_periods": 1, "datapoints_to_alarm": 1}  # fmt: skip
BLUE_GREEN = {"originals": {"action": "TERMINATE", "wait": 600.0}}


def blue_green(limit: int, **rest: Any) -> Scenario:
    """Ten instances of ten connections each, and ten more of them beside."""
    strategy = {
        "name": "only",
        "configuration": "CodeDeployDefault.AllAtOnce",
        "deployment_type": "blue_green",
    }
    fields = {
        "blue_green": BLUE_GREEN,
        "dependency": {"limit": limit, "per_target": 10},
        "people": None,
        "strategies": [strategy],
        **rest,
    }
    return a_fleet(10, rate=500.0, **fields)


def flows(trace: Trace) -> list[FlowChange]:
    return [record for record in trace.records if isinstance(record, FlowChange)]


def test_green_gets_the_connections_that_blue_leaves() -> None:
    """150 connections: blue holds 100, green 50 of its 100, so half of its requests fail until blue is gone."""
    trace, outcome = once(blue_green(150))
    on_green = [change for change in flows(trace) if change.flow.share_new == 1.0]
    assert on_green[0].flow.refused == pytest.approx(250.0)
    assert on_green[-1].flow.refused == 0.0
    lasts = on_green[-1].time - on_green[0].time
    assert lasts >= 600.0
    assert outcome.failed_capacity == pytest.approx(250.0 * lasts)
    assert outcome.outcome == "succeeded"


def test_connections_for_both_colours_lose_nothing() -> None:
    _, outcome = once(blue_green(200))
    assert outcome.failed_requests == 0.0


def test_a_target_without_a_connection_answers_with_an_error_of_its_own() -> None:
    """30,000 target errors in a minute of 500/s, where nobody is refused by the load balancer."""
    trace, _ = once(blue_green(150, alarms=[CODES]))
    assert [record.state for record in trace.records if isinstance(record, AlarmChange)][:1] == ["ALARM"]


def test_in_place_needs_no_connection_more_than_the_fleet_has() -> None:
    world = a_fleet(10, rate=400.0, dependency={"limit": 100, "per_target": 10}, people=None)
    assert once(world)[1].failed_requests == 0.0


def test_what_the_untouched_service_lacks_is_nobodys_fault() -> None:
    """80 connections for ten targets of ten: a fifth fails before, during and after."""
    trace, _ = once(a_fleet(10, rate=100.0, dependency={"limit": 80, "per_target": 10}, people=None))
    assert flows(trace)[0].flow.untouched == pytest.approx(80.0)
    assert flows(trace)[0].flow.refused == 0.0


def test_environments_of_a_function_hold_connections_too() -> None:
    """100/s of half a second are 50 environments; slow ones of the new version are twice as many."""
    slow = {"bad": 1.0, "defects": [{"kind": "slow", "factor": 2.0}]}
    world = an_alias(
        canary(50, 5),
        service={"concurrency": 500, "request_duration": 0.5},
        dependency={"limit": 50, "per_target": 1},
        revision=slow,
        people=None,
        horizon=10.0,
    )
    trace, _ = once(world, stratum="bad")
    half, whole = [change.flow for change in flows(trace) if change.flow.share_new > 0]
    # Half: 25 environments of the old version leave 25 of the 50 that the new one needs; whole: 50 of 100.
    assert half.refused == pytest.approx(25.0)
    assert whole.refused == pytest.approx(50.0)
