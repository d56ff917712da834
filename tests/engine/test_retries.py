"""Clients that try again, through the engine: what users and servers see fail, and what alarms make of it."""

from __future__ import annotations

import pytest

from simulator.model.scenario import Scenario
from simulator.trace.records import AlarmChange, Attempts, FlowChange, Trace
from tests.worlds import a_fleet, an_alias, once

AWAY = 100.0  # seconds that each half of the fleet is out of service
HALVES = {"BlockTraffic": AWAY, "AllowTraffic": 0.0}


def fleet(rate: float, attempts: int = 3, share: float = 1.0, **rest) -> Scenario:
    """Ten targets of 100/s; half at a time leaves 500/s."""
    retries = {"attempts": attempts, "share": share}
    return a_fleet(10, durations=HALVES, traffic={"rate": rate, "retries": retries}, people=None, **rest)


def tries_while_half_is_away(trace: Trace) -> Attempts:
    return [r for r in trace.records if isinstance(r, Attempts) and r.time < AWAY][-1]


def test_three_retries_at_a_load_of_1_1_are_a_sustained_overload() -> None:
    """1 - f^4 = 1 / 1.1, and 1 + f + f^2 + f^3 tries a request (rules/retries.py)."""
    trace, outcome = once(fleet(rate=550.0))
    f = (1 - 1 / 1.1) ** 0.25
    seen = tries_while_half_is_away(trace)
    assert seen.load == pytest.approx(550.0 * (1 + f + f**2 + f**3))
    assert seen.load > 2.2 * 500.0
    assert seen.failed == pytest.approx(seen.load - 500.0)
    # As long as the half is away, and for both halves.
    assert outcome.failed_requests == pytest.approx(50.0 * 2 * AWAY)
    assert outcome.failed_attempts == pytest.approx(seen.failed * 2 * AWAY)
    assert outcome.downtime_s == pytest.approx((1 - 1 / 1.1) * 2 * AWAY)


def test_three_retries_at_a_load_of_0_9_are_none() -> None:
    trace, outcome = once(fleet(rate=450.0))
    assert tries_while_half_is_away(trace).load == 450.0
    assert (outcome.failed_requests, outcome.failed_attempts, outcome.downtime_s) == (0.0, 0.0, 0.0)


def test_without_further_tries_users_and_servers_see_the_same() -> None:
    _, with_none = once(fleet(rate=600.0, attempts=0))
    _, plain = once(a_fleet(10, durations=HALVES, rate=600.0, people=None))
    assert with_none.failed_attempts == pytest.approx(plain.failed_requests)
    assert with_none.failed_requests == plain.failed_requests > 0
    assert plain.failed_attempts is None


def test_retries_hide_errors_from_users_and_from_nobody_else() -> None:
    """A tenth of the tries fails: one in a thousand users after two more, 0.1 x 1.11 tries a second."""
    bad = {"bad": 1.0, "defects": [{"kind": "errors", "share": 0.1}]}
    world = an_alias(
        "CodeDeployDefault.LambdaAllAtOnce",
        traffic={"rate": 100.0, "retries": {"attempts": 2}},
        revision=bad,
        people=None,
        horizon=1000.0,
    )
    _, outcome = once(world, stratum="bad")
    assert outcome.failed_requests == pytest.approx(100.0 * 0.001 * 1000.0)
    assert outcome.failed_attempts == pytest.approx(100.0 * 1.11 * 0.1 * 1000.0)
    assert outcome.exposed_requests == pytest.approx(100.0 * 1000.0)  # users' requests, not their tries


def test_a_part_of_the_clients_tries_again() -> None:
    bad = {"bad": 1.0, "defects": [{"kind": "errors", "share": 0.1}]}
    world = an_alias(
        "CodeDeployDefault.LambdaAllAtOnce",
        traffic={"rate": 100.0, "retries": {"attempts": 2, "share": 0.25}},
        revision=bad,
        people=None,
        horizon=1000.0,
    )
    _, outcome = once(world, stratum="bad")
    assert outcome.failed_requests == pytest.approx((0.25 * 0.001 + 0.75 * 0.1) * 100_000)
    assert outcome.failed_attempts == pytest.approx((1 + 0.25 * 0.11) * 0.1 * 100_000)


@pytest.mark.parametrize(("threshold", "states"), [(665.0, ["ALARM"]), (667.0, [])])
def test_alarms_count_tries(threshold: float, states: list[str]) -> None:
    """Errors of 10 % with two more tries: 666 failed tries a minute, where users see 6 requests a minute fail."""
    alarm = {
        "name": "errors",
        "namespace": "AWS/Lambda",
        "metric_name": "Errors",
        "statistic": "Sum",
        "threshold": threshold,
        "evaluation_periods": 1,
        "datapoints_to_alarm": 1,
    }
    world = an_alias(
        "CodeDeployDefault.LambdaAllAtOnce",
        traffic={"rate": 100.0, "retries": {"attempts": 2}},
        revision={"bad": 1.0, "defects": [{"kind": "errors", "share": 0.1}]},
        alarms=[alarm],
        assumptions={"alarm_counts": "expected"},
        people=None,
        horizon=600.0,
    )
    trace, _ = once(world, stratum="bad")
    assert [r.state for r in trace.records if isinstance(r, AlarmChange) and r.state == "ALARM"] == states


def test_what_fails_anyway_is_nobodys_fault() -> None:
    """Errors of 1 % on any version: tries fail, and none because of the deployment."""
    world = a_fleet(
        10, traffic={"rate": 100.0, "baseline_errors": 0.01, "retries": {"attempts": 1}}, durations=HALVES, people=None
    )
    trace, outcome = once(world)
    first = next(r for r in trace.records if isinstance(r, Attempts))
    assert first.failed == first.failed_anyway == pytest.approx(100.0 * 1.01 * 0.01)
    assert (outcome.failed_requests, outcome.failed_attempts) == (0.0, 0.0)


def test_causes_add_up_to_what_users_lose() -> None:
    bad = {"bad": 1.0, "defects": [{"kind": "errors", "share": 0.4}]}
    trace, outcome = once(fleet(rate=700.0, attempts=2, revision=bad, horizon=500.0), stratum="bad")
    parts = outcome.failed_defect + outcome.failed_capacity + outcome.failed_dead + outcome.failed_way_back
    assert outcome.failed_requests == pytest.approx(parts)
    for change in (r.flow for r in trace.records if isinstance(r, FlowChange)):
        assert change.untouched - change.good == pytest.approx(change.defect + change.refused + change.dead)
        assert change.good >= -1e-9
