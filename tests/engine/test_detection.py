"""Which alarm stops which release in time, against an independent calculation from the same delays."""

from __future__ import annotations

import math

import numpy as np
import pytest

from simulator.trace.records import Shift
from tests.worlds import an_alias, errors_alarm, once

BAD = {"bad": 1.0, "defects": [{"kind": "errors", "share": 0.5}]}
ROLL = {"events": ["DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_FAILURE"]}


def independent_probability(periods: int, interval: float, draws: int = 400_000) -> float:
    """P(stop before the second shift) by drawing every delay of cloudwatch-alarms.md section 15 on its own.

    A plain minute loop over phases: the first breaching slot is the one the onset lies in (the traffic is so heavy
    that any part of a minute breaches), the alarm needs the datapoints of `periods` slots, is evaluated once a
    minute, and CodeDeploy looks every 20 s and takes 1 to 5 s to act.
    """
    rng = np.random.default_rng(20_240_501)
    setup = rng.uniform(1.5, 2.5, draws)
    boundary = rng.uniform(0, 60, draws)  # instant of the first minute boundary after creation
    # End of the slot that contains the onset.
    first_end = boundary + 60 * np.ceil((setup - boundary) / 60)
    ends = first_end[:, None] + 60 * np.arange(periods)[None, :]
    arrivals = ends + rng.uniform(10, 90, (draws, periods))
    ready = arrivals.max(axis=1)
    if periods == 1:
        # A later slot's datapoint may overtake the first one's.
        later = first_end[:, None] + 60 * np.arange(1, 3)[None, :] + rng.uniform(10, 90, (draws, 2))
        ready = np.minimum(ready, later.min(axis=1))
    second = boundary + rng.uniform(0, 60, draws)  # the alarm's own second, counted from the minute
    evaluated = second + 60 * np.ceil((ready - second) / 60)
    phase = rng.uniform(0, 20, draws)
    polled = phase + 20 * np.ceil((evaluated - phase) / 20)
    stopped = polled + rng.uniform(1, 5, draws)
    return float(np.mean(stopped < setup + interval))


@pytest.mark.parametrize("periods", [1, 2, 3])
def test_detected_before_full_agrees_with_an_independent_calculation(periods: int) -> None:
    """1 of 1, 2 of 2 and 3 of 3 under Canary10Percent5Minutes."""
    oracle = independent_probability(periods, 300.0)
    world = an_alias(rate=5_000.0, revision=BAD, alarms=[errors_alarm(periods=periods)], rollback=ROLL, still=False)
    runs = 1500
    caught = np.mean([once(world, replication=k, stratum="bad")[1].detected_before_full for k in range(runs)])
    spread = max(oracle * (1 - oracle), 0.25 / runs) / runs
    assert abs(caught - oracle) <= 3.29 * math.sqrt(spread)


def test_all_at_once_is_over_before_any_alarm_can_fire() -> None:
    world = an_alias("CodeDeployDefault.LambdaAllAtOnce", rate=5_000.0, revision=BAD, alarms=[errors_alarm()],
                     rollback=ROLL, still=False)  # fmt: skip
    for replication in range(40):
        _, outcome = once(world, replication=replication, stratum="bad")
        assert outcome.deployment_status == "Succeeded"
        assert outcome.trigger == "person"
        assert not outcome.detected_before_full


def test_a_hook_that_makes_real_requests_stops_the_same_release_before_any_traffic() -> None:
    hooks = {"BeforeAllowTraffic": {"probes": 20}}
    world = an_alias("CodeDeployDefault.LambdaAllAtOnce", hooks=hooks, revision=BAD, rollback=ROLL)
    caught = 0
    for replication in range(60):
        trace, outcome = once(world, replication=replication, stratum="bad")
        if outcome.deployment_status == "Failed":
            caught += 1
            assert outcome.exposed_requests == 0.0
            assert all(record.weight_new == 0 for record in trace.records if isinstance(record, Shift))
    # 1 - 0.5^20: it sees it in all but one of a million.
    assert caught == 60


def test_a_hook_without_probes_does_not_see_errors() -> None:
    world = an_alias("CodeDeployDefault.LambdaAllAtOnce", hooks={"BeforeAllowTraffic": {}}, revision=BAD, rollback=ROLL)
    assert all(once(world, replication=k, stratum="bad")[1].deployment_status == "Succeeded" for k in range(20))


def test_an_alarm_that_fits_stops_the_canary_and_one_that_does_not_lets_it_through() -> None:
    """Ten percent of 20/s at half errors are 60 a minute: a bar of 30 sees it, one of 200 does not."""
    caught = {}
    for threshold in (30, 200):
        alarms = [errors_alarm(threshold=threshold)]
        world = an_alias(rate=20.0, revision=BAD, alarms=alarms, rollback=ROLL, still=False)
        caught[threshold] = [once(world, replication=k, stratum="bad")[1].detected_before_full for k in range(100)]
    assert np.mean(caught[30]) > 0.95
    assert not any(caught[200])


def test_detection_parts_add_up_to_the_time_to_detect() -> None:
    world = an_alias(rate=50.0, revision=BAD, alarms=[errors_alarm(periods=2)], rollback=ROLL, still=False)
    for replication in range(60):
        _, outcome = once(world, replication=replication, stratum="bad")
        parts = [
            outcome.detect_slot_s,
            outcome.detect_delivery_s,
            outcome.detect_evaluation_s,
            outcome.detect_poll_s,
            outcome.detect_action_s,
        ]
        assert all(part is not None and part >= 0 for part in parts)
        assert sum(part for part in parts if part is not None) == pytest.approx(outcome.detect_s, abs=1e-6)
