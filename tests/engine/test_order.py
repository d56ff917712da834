"""Simultaneous events have one order, traffic, health, alarm, action, end; and instants lie on one grid."""

from __future__ import annotations

import math
from itertools import permutations
from typing import Any

import pytest
import simpy
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.engine.clock import ACTION, ALARM, END, HEALTH, TRAFFIC, at, call_at, next_tick, on_grid
from simulator.trace.records import (
    AlarmChange,
    DeploymentChange,
    FlowChange,
    PersonAct,
    Shift,
    TargetChange,
    Trace,
)
from tests.worlds import a_fleet, an_alias, canary, errors_alarm, linear, once

ORDERS = {"traffic": TRAFFIC, "health": HEALTH, "alarm": ALARM, "action": ACTION, "end": END}
UP = {"name": "up", "namespace": "Shop", "metric_name": "Anything", "threshold": 1.0, "state": "ALARM"}
BAD = {"bad": 1.0, "defects": [{"kind": "errors", "share": 0.5}]}


def up_at(look: float, *events: str) -> dict[str, Any]:
    """Stop at this instant; roll back if events are listed."""
    rollback = {"events": list(events)}
    return {"alarms": [UP], "assumptions": {"alarm_first_look": look}, "rollback": rollback, "people": None}


def statuses(trace: Trace) -> list[tuple[float, str]]:
    return [(r.time, r.status) for r in trace.records if isinstance(r, DeploymentChange) and r.deployment == 0]


# -- the clock -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("one", "other"), list(permutations(ORDERS, 2)))
def test_two_events_of_one_instant_happen_in_the_stated_order(one: str, other: str) -> None:
    """Whichever was scheduled first, and whether a process waits for it or a function is called."""
    env = simpy.Environment()
    happened: list[str] = []

    def wait(name: str) -> Any:
        yield at(env, 5.0, ORDERS[name])
        happened.append(name)

    call_at(env, 5.0, ORDERS[one], happened.append, one)
    env.process(wait(other))
    env.run()
    assert happened == sorted((one, other), key=list(ORDERS).index)


def test_what_an_event_brings_about_at_its_instant_comes_before_later_kinds() -> None:
    """An alarm that leads to an action at once; the action still comes before the end that was planned long ago."""
    env = simpy.Environment()
    happened: list[str] = []
    call_at(env, 5.0, END, happened.append, "end")
    call_at(env, 5.0, ALARM, lambda: call_at(env, 5.0, ACTION, happened.append, "action"))
    env.run()
    assert happened == ["action", "end"]


def test_an_instant_that_has_passed_is_now() -> None:
    env = simpy.Environment(initial_time=7.0)
    happened: list[float] = []
    call_at(env, 3.0, ACTION, lambda: happened.append(env.now))
    env.run()
    assert happened == [7.0]


@settings(max_examples=200, deadline=None, derandomize=True)
@given(now=st.floats(0, 1e6), share=st.floats(0, 1), period=st.sampled_from([10.0, 20.0, 60.0, 3600.0]))
def test_the_next_tick_is_the_first_one_from_now_on(now: float, share: float, period: float) -> None:
    now, phase = on_grid(now), on_grid(share * period)
    tick = next_tick(now, phase, period)
    assert now <= tick < now + period + 2.0**-20
    assert math.isclose((tick - phase) / period, round((tick - phase) / period), abs_tol=1e-6)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(st.floats(0, 1e5), min_size=1, max_size=50))
def test_waits_add_up_exactly_on_the_grid(waits: list[float]) -> None:
    """Five waits of a minute and one of five end at the same instant, in whatever order they are added."""
    steps = [on_grid(wait) for wait in waits]
    assert sum(steps) == sum(reversed(steps)) == math.fsum(steps) == on_grid(math.fsum(steps))


# -- coincidences ----------------------------------------------------------------------------------------------


def test_a_stop_at_the_very_instant_of_a_shift_comes_after_it() -> None:
    trace, outcome = once(an_alias(linear(10, 1), **up_at(120.0)))
    assert [r.weight_new for r in trace.records if isinstance(r, Shift)] == [0.1, 0.2, 0.3]
    assert statuses(trace)[-1] == (120.0, "Stopped")
    assert outcome.outcome == "stuck"


def test_a_stop_at_the_instant_of_the_last_shift_stops_a_deployment_that_has_shifted_everything() -> None:
    """It would have ended then; stopping is an action and comes before the end. It was not in time for users."""
    fields = up_at(300.0, "DEPLOYMENT_STOP_ON_ALARM")
    fields["assumptions"]["lambda_rollback"] = 2.5
    world = an_alias(canary(10, 5), revision=BAD, **fields)
    _, outcome = once(world, stratum="bad")
    assert (outcome.deployment_status, outcome.outcome) == ("Stopped", "rolled_back")
    assert outcome.peak_exposure == 1.0
    assert not outcome.detected_before_full


def test_a_stop_just_before_the_last_shift_is_in_time() -> None:
    world = an_alias(canary(10, 5), revision=BAD, **up_at(300.0 - 2.0**-20, "DEPLOYMENT_STOP_ON_ALARM"))
    _, outcome = once(world, stratum="bad")
    assert outcome.peak_exposure == pytest.approx(0.1)
    assert outcome.detected_before_full


def test_a_target_that_returns_at_the_instant_of_a_stop_has_returned_and_is_failed() -> None:
    """Health before action before end: it serves the new revision, CodeDeploy counts it as cut."""
    balancer = {"deregistration_delay": 0.0}
    world = a_fleet(
        2, "CodeDeployDefault.OneAtATime", balancer=balancer, durations={"AllowTraffic": 30.0}, **up_at(30.0)
    )
    trace, _ = once(world)
    ends = {r.target: r.status for r in trace.records if isinstance(r, TargetChange)}
    assert ends == {0: "Failed", 1: "Skipped"}
    assert [r.flow.share_new for r in trace.records if isinstance(r, FlowChange)][-1] == 0.5


def test_the_next_batch_starts_at_the_instant_at_which_the_last_one_ended() -> None:
    """And no request notices: leaving and returning at one instant leave one record of the rates."""
    durations = {"BlockTraffic": 10.0, "AllowTraffic": 10.0}
    trace, _ = once(a_fleet(2, "CodeDeployDefault.OneAtATime", balancer={}, durations=durations))
    times = [r.time for r in trace.records if isinstance(r, FlowChange)]
    assert times == sorted(set(times)) == [0.0, 20.0, 40.0]


def test_an_alarm_sees_what_is_delivered_at_its_instant_and_no_request_of_that_instant() -> None:
    """The minute before the shift is good; the one after it is evaluated the moment it is delivered."""
    hook = {"hooks": {"BeforeAllowTraffic": {}}, "durations": {"BeforeAllowTraffic": 60.0}}
    world = an_alias(canary(10, 30), revision=BAD, people=None, alarms=[errors_alarm()], **hook)
    trace, _ = once(world, stratum="bad")
    alarms = [(r.time, r.slot_end, r.delivered) for r in trace.records if isinstance(r, AlarmChange)]
    assert alarms == [(120.0, 120.0, 120.0)]


def test_codedeploy_looks_after_the_alarm_and_a_person_is_paged_by_the_same_change() -> None:
    """Without any delay the alarm, the page, the look and the stop share one instant."""
    world = an_alias(canary(10, 30), revision=BAD, alarms=[errors_alarm()], people={"acknowledge": 60.0},
                     rollback={"events": ["DEPLOYMENT_STOP_ON_ALARM"]})  # fmt: skip
    trace, outcome = once(world, stratum="bad")
    told = [
        (type(r).__name__, r.time)
        for r in trace.records
        if isinstance(r, AlarmChange | PersonAct | Shift | DeploymentChange) and r.time > 0
    ]
    assert told[:3] == [("AlarmChange", 60.0), ("PersonAct", 60.0), ("DeploymentChange", 60.0)]
    assert (outcome.trigger, outcome.duration_s, outcome.lifetime_s) == ("alarm", 60.0, 60.0)


def test_a_run_ends_after_everything_else_of_its_last_instant() -> None:
    trace, outcome = once(an_alias("CodeDeployDefault.LambdaAllAtOnce"))
    assert [type(r).__name__ for r in trace.records][-2:] == ["DeploymentChange", "End"]
    assert outcome.lifetime_s == 0.0
