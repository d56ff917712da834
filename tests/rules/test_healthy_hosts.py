"""AWS's published examples of minimum healthy hosts, and what must hold for every fleet."""

from __future__ import annotations

import math
import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.model.deployment_configuration import MinimumHealthyHostsType, predefined
from simulator.rules import healthy_hosts
from simulator.rules.healthy_hosts import TargetHealth, ZoneFloor

# Sources: [H] user guide, instances-health; [M] API reference, MinimumHealthyHosts;
# [D] user guide, deployment-configurations.
PUBLISHED: list[tuple[MinimumHealthyHostsType, int, int, int, int]] = [
    # kind, value, fleet size, minimum, at once
    ("FLEET_PERCENT", 95, 10, 10, 0),  # [H] fails at once, nothing deployed
    ("FLEET_PERCENT", 85, 10, 9, 1),  # [H]
    ("HOST_COUNT", 9, 10, 9, 1),  # [H]
    ("HOST_COUNT", 8, 10, 8, 2),  # [H]
    ("HOST_COUNT", 3, 10, 3, 7),  # [H]
    ("HOST_COUNT", 0, 10, 0, 10),  # [H]
    ("HOST_COUNT", 6, 9, 6, 3),  # [M]
    ("FLEET_PERCENT", 40, 9, 4, 5),  # [M]
    ("FLEET_PERCENT", 50, 9, 5, 4),  # [D] HalfAtATime
    ("MOST_CONCURRENCY", 1, 9, 8, 1),  # [D] OneAtATime
    ("HOST_COUNT", 0, 9, 0, 9),  # [D] AllAtOnce
    ("MOST_CONCURRENCY", 1, 1, 0, 1),  # [D] OneAtATime, one instance
]


@pytest.mark.parametrize(("kind", "value", "fleet_size", "minimum", "at_once"), PUBLISHED)
def test_minimum_and_targets_at_once_as_published(
    kind: MinimumHealthyHostsType, value: int, fleet_size: int, minimum: int, at_once: int
) -> None:
    assert healthy_hosts.required(kind, value, fleet_size) == minimum
    assert healthy_hosts.may_start(kind, value, fleet_size, failed=0, in_progress=0) == at_once
    assert healthy_hosts.can_start(minimum, fleet_size) == (at_once > 0)


@pytest.mark.parametrize(
    ("name", "fleet_size", "minimum"),
    [
        ("CodeDeployDefault.AllAtOnce", 9, 0),
        ("CodeDeployDefault.HalfAtATime", 9, 5),
        ("CodeDeployDefault.OneAtATime", 9, 8),
    ],
)
def test_predefined_server_configurations(name: str, fleet_size: int, minimum: int) -> None:
    hosts = predefined(name).minimum_healthy_hosts
    assert hosts is not None
    assert healthy_hosts.required(hosts.type, hosts.value, fleet_size) == minimum


@pytest.mark.parametrize("percent", [1, 50, 99])
def test_a_percentage_cannot_start_in_a_fleet_of_one(percent: int) -> None:
    assert not healthy_hosts.can_start(healthy_hosts.required("FLEET_PERCENT", percent, 1), 1)


def test_an_empty_fleet_cannot_start() -> None:
    assert not healthy_hosts.can_start(required=0, fleet_size=0)


@pytest.mark.parametrize("arguments", [("HOST_COUNT", -1, 3), ("HOST_COUNT", 1, -3), ("FLEET_SHARE", 1, 3)])
def test_numbers_and_kinds_that_make_no_sense_are_refused(
    arguments: tuple[MinimumHealthyHostsType, int, int],
) -> None:
    with pytest.raises(ValueError, match=r"negative|write HOST_COUNT"):
        healthy_hosts.required(*arguments)


def deploy(
    kind: MinimumHealthyHostsType,
    value: int,
    outcomes: list[bool],
    *,
    initially_unhealthy: int = 0,
    window: bool = False,
) -> tuple[list[int], list[bool], bool]:
    """Run the rules over a fleet without a clock: batch sizes, results of the started, overall success."""
    fleet_size = len(outcomes)
    minimum = healthy_hosts.required(kind, value, fleet_size)
    batches: list[int] = []
    done: list[bool] = []
    flying: list[bool] = []
    waiting = list(outcomes)
    while healthy_hosts.can_start(minimum, fleet_size) and (waiting or flying):
        unhealthy_waiting = max(0, initially_unhealthy - (fleet_size - len(waiting)))
        failed = done.count(False)
        if healthy_hosts.must_stop(minimum, fleet_size, failed, len(waiting), unhealthy_waiting):
            done += flying
            break
        places = healthy_hosts.may_start(
            kind, value, fleet_size, failed, len(flying), window=window, unhealthy_waiting=unhealthy_waiting
        )
        started, waiting = waiting[:places], waiting[places:]
        if started:
            batches.append(len(started))
        flying += started
        done.append(flying.pop(0))
    return batches, done, healthy_hosts.deployment_succeeds(minimum, done.count(True))


def failing_at(fleet_size: int, *positions: int) -> list[bool]:
    return [position not in positions for position in range(1, fleet_size + 1)]


def test_at_95_percent_of_10_nothing_is_deployed() -> None:
    assert deploy("FLEET_PERCENT", 95, failing_at(10)) == ([], [], False)


@pytest.mark.parametrize("position", range(1, 10))
def test_at_85_percent_of_10_a_single_failure_fails_the_deployment(position: int) -> None:
    _, done, succeeded = deploy("FLEET_PERCENT", 85, failing_at(10, position))
    assert (len(done), succeeded) == (position, False)


def test_at_9_of_10_the_tenth_may_fail() -> None:
    assert deploy("HOST_COUNT", 9, failing_at(10, 10))[2] is True


def test_at_8_of_10_the_second_failure_fails_it() -> None:
    _, done, succeeded = deploy("HOST_COUNT", 8, failing_at(10, 2, 5))
    assert (len(done), succeeded) == (5, False)


def test_at_8_of_10_the_second_failure_may_be_the_last_target() -> None:
    assert deploy("HOST_COUNT", 8, failing_at(10, 3, 10))[2] is True


def test_at_8_of_10_one_failure_leaves_one_at_a_time() -> None:
    assert deploy("HOST_COUNT", 8, failing_at(10, 1))[0] == [2, *[1] * 8]


def test_at_3_of_10_batches_of_7_and_3() -> None:
    assert deploy("HOST_COUNT", 3, failing_at(10))[0] == [7, 3]


def test_all_at_once_needs_one_success() -> None:
    assert deploy("HOST_COUNT", 0, failing_at(10, *range(1, 10)))[2] is True
    assert deploy("HOST_COUNT", 0, failing_at(10, *range(1, 11)))[2] is False


def test_half_at_a_time_of_9_succeeds_with_5() -> None:
    assert deploy("FLEET_PERCENT", 50, failing_at(9, 1, 2, 3, 9))[2] is True
    assert deploy("FLEET_PERCENT", 50, failing_at(9, 1, 2, 3, 4))[2] is False


def test_one_at_a_time_only_the_last_may_fail() -> None:
    assert deploy("MOST_CONCURRENCY", 1, failing_at(9, 9))[2] is True
    batches, done, succeeded = deploy("MOST_CONCURRENCY", 1, failing_at(9, 4))
    assert (batches, len(done), succeeded) == ([1] * 4, 4, False)


def test_one_at_a_time_in_a_fleet_of_one_needs_its_success() -> None:
    assert deploy("MOST_CONCURRENCY", 1, [True])[2] is True
    assert deploy("MOST_CONCURRENCY", 1, [False])[2] is False


def test_two_zones_of_100_go_40_40_20() -> None:
    batches: list[int] = []
    for _ in range(2):
        waiting = 100
        while waiting:
            places = healthy_hosts.may_start(
                "HOST_COUNT", 160, 200, 0, 0, zone=ZoneFloor("HOST_COUNT", 50, zone_size=100)
            )
            batches.append(min(places, waiting))
            waiting -= batches[-1]
    assert batches == [40, 40, 20] * 2


@pytest.mark.parametrize(("zone_size", "at_once"), [(134, 84), (150, 100), (200, 100), (50, 0)])
def test_300_in_total_and_50_in_each_zone(zone_size: int, at_once: int) -> None:
    """AWS's CLI example 300Total50PerAZ in a fleet of 400: min(100, zone - 50)."""
    zone = ZoneFloor("HOST_COUNT", 50, zone_size)
    assert healthy_hosts.may_start("HOST_COUNT", 300, 400, 0, 0, zone=zone) == at_once


def test_a_failure_in_the_zone_narrows_the_zone() -> None:
    zone = ZoneFloor("FLEET_PERCENT", 90, zone_size=20, failed=1)
    assert healthy_hosts.may_start("HOST_COUNT", 30, 60, failed=1, in_progress=0, zone=zone) == 1


def test_batches_wait_and_windows_refill() -> None:
    assert healthy_hosts.may_start("HOST_COUNT", 6, 9, failed=0, in_progress=1) == 0
    assert healthy_hosts.may_start("HOST_COUNT", 6, 9, failed=0, in_progress=1, window=True) == 2


def test_a_stop_waits_until_every_initially_unhealthy_target_was_tried() -> None:
    # Two of five may be out, three start out Unhealthy; all three fail, the other two are left alone.
    batches, done, succeeded = deploy("HOST_COUNT", 3, failing_at(5, 1, 2, 3), initially_unhealthy=3)
    assert (batches, done, succeeded) == ([2, 1], [False] * 3, False)


def test_repaired_unhealthy_targets_let_the_deployment_go_on() -> None:
    batches, _, succeeded = deploy("HOST_COUNT", 3, failing_at(5), initially_unhealthy=3)
    assert (batches, succeeded) == ([2, 2, 1], True)


def test_unhealthy_then_unknown_then_old_then_current() -> None:
    targets = [
        TargetHealth("Current"),
        TargetHealth("Old"),
        TargetHealth("Unknown"),
        TargetHealth("Current", healthy=False),
        TargetHealth("Old"),
        TargetHealth("Unknown", healthy=False),
    ]
    assert healthy_hosts.order(targets) == [3, 5, 2, 1, 4, 0]


@given(percent=st.integers(0, 99), fleet_size=st.integers(0, 5000))
def test_a_percentage_is_rounded_up_exactly(percent: int, fleet_size: int) -> None:
    assert healthy_hosts.required("FLEET_PERCENT", percent, fleet_size) == math.ceil(
        Fraction(percent * fleet_size, 100)
    )


@given(
    kind=st.sampled_from(["HOST_COUNT", "FLEET_PERCENT"]),
    value=st.integers(0, 99),
    fleet_size=st.integers(1, 40),
    initially_unhealthy=st.integers(0, 40),
    window=st.booleans(),
    seed=st.integers(0, 2**16),
)
def test_the_healthy_count_never_falls_below_the_smaller_of_minimum_and_start(
    kind: MinimumHealthyHostsType,
    value: int,
    fleet_size: int,
    initially_unhealthy: int,
    window: bool,
    seed: int,
) -> None:
    draw = random.Random(seed)
    initially_unhealthy = min(initially_unhealthy, fleet_size)
    minimum = healthy_hosts.required(kind, value, fleet_size)
    healthy = fleet_size - initially_unhealthy
    floor = min(minimum, healthy)
    waiting = [index >= initially_unhealthy for index in range(fleet_size)]  # unhealthy ones first
    flying: list[bool] = []
    failed = 0
    while healthy_hosts.can_start(minimum, fleet_size) and (waiting or flying):
        unhealthy_waiting = waiting.count(False)
        if healthy_hosts.must_stop(minimum, fleet_size, failed, len(waiting), unhealthy_waiting):
            break
        places = healthy_hosts.may_start(
            kind, value, fleet_size, failed, len(flying), window=window, unhealthy_waiting=unhealthy_waiting
        )
        assert places >= 0
        started, waiting = waiting[:places], waiting[places:]
        flying += started
        healthy -= sum(started)
        assert healthy >= floor
        assert flying, "the deployment is stuck"
        flying.pop(draw.randrange(len(flying)))
        if draw.random() < 0.3:
            failed += 1
        else:
            healthy += 1
