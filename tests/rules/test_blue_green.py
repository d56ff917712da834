"""EC2 blue/green: AWS's second set of rules, its waits, and what the way back costs."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.rules import batch_time, blue_green, limits
from simulator.rules.blue_green import Provisioning, Ready

ALL_AT_ONCE = ("HOST_COUNT", 0)
HALF = ("FLEET_PERCENT", 50)
ONE = ("MOST_CONCURRENCY", 1)


def test_a_copied_group_has_as_many_as_the_source_had_healthy() -> None:
    assert blue_green.provisioning("COPY_AUTO_SCALING_GROUP", 10, 7) == Provisioning(7)
    assert blue_green.provisioning("COPY_AUTO_SCALING_GROUP", 10, 0).error == "NO_INSTANCES"


def test_a_fleet_that_is_found_must_be_as_large_as_the_original() -> None:
    assert blue_green.provisioning("DISCOVER_EXISTING", 10, 7, found=10) == Provisioning(10)
    for found in (0, 9, 11):
        assert blue_green.provisioning("DISCOVER_EXISTING", 10, 10, found).error == "NO_INSTANCES"


@pytest.mark.parametrize(
    ("configuration", "first", "enough", "too_few"),
    [(ALL_AT_ONCE, 9, 1, 0), (HALF, 4, 5, 4), (ONE, 1, 8, 7)],  # user guide, deployment-configurations, nine targets
)
def test_registration_goes_by_the_configuration(configuration, first, enough, too_few) -> None:
    kind, value = configuration
    assert blue_green.may_register(kind, value, 9, failed=0, in_progress=0) == first
    assert blue_green.rerouted(kind, value, 9, enough)
    assert not blue_green.rerouted(kind, value, 9, too_few)


def test_one_at_a_time_ends_at_the_first_failure_unless_it_is_the_last_instance() -> None:
    assert blue_green.must_stop_registering(*ONE, 9, failed=1, waiting=8)
    assert not blue_green.must_stop_registering(*ONE, 9, failed=1, waiting=0)
    assert not blue_green.must_stop_registering(*ALL_AT_ONCE, 9, failed=3, waiting=6)


@given(st.integers(1, 500))
def test_originals_leave_all_at_once(originals) -> None:
    assert blue_green.deregistered_at_once(originals) == originals


def test_continue_deployment_takes_no_wait() -> None:
    assert blue_green.ready_wait("CONTINUE_DEPLOYMENT").continues
    with pytest.raises(ValueError, match="takes no wait"):
        blue_green.ready_wait("CONTINUE_DEPLOYMENT", 60.0)


def test_a_ready_wait_goes_on_when_somebody_says_so_and_stops_when_it_expires() -> None:
    assert blue_green.ready_wait("STOP_DEPLOYMENT", 1800.0, continued_after=600.0) == Ready(600.0, continues=True)
    for nobody in (None, 1800.0, 2000.0):
        ended = blue_green.ready_wait("STOP_DEPLOYMENT", 1800.0, continued_after=nobody)
        assert (ended.after, ended.continues, ended.status) == (1800.0, False, "Stopped")


def test_waits_are_as_long_as_the_quota_allows() -> None:
    assert blue_green.ready_wait("STOP_DEPLOYMENT", 48 * 3600.0).after == 172_800.0
    assert blue_green.ready_wait("STOP_DEPLOYMENT", 120 * 3600.0, limit=limits.READY_WAIT_LIMIT_ECS_S).after > 0
    with pytest.raises(ValueError, match="write 0 to 2880 min"):
        blue_green.ready_wait("STOP_DEPLOYMENT", 49 * 3600.0)
    with pytest.raises(ValueError, match="write 0 to 2880 min"):
        blue_green.originals_gone_after("TERMINATE", 49 * 3600.0)
    with pytest.raises(ValueError, match="is no ready action"):
        blue_green.ready_wait("WAIT")


def test_the_way_back_is_open_until_the_originals_are_terminated() -> None:
    gone = blue_green.originals_gone_after("TERMINATE", 3600.0)
    assert blue_green.can_go_back(3599.9, gone)
    assert not blue_green.can_go_back(3600.0, gone)
    assert blue_green.originals_gone_after("TERMINATE", 3600.0, continued_after=60.0) == 60.0
    kept = blue_green.originals_gone_after("KEEP_ALIVE")
    assert kept == math.inf
    assert blue_green.can_go_back(1e9, kept)


@given(st.integers(2, 60), st.floats(1.0, 180.0), st.floats(0.0, 300.0), st.floats(1.0, 600.0))
def test_giving_traffic_back_is_never_slower_than_installing_one_by_one(size, allow, block, install) -> None:
    each = block + install + allow
    in_place = batch_time.duration(batch_time.batches(*ONE, size), each)
    back = blue_green.way_back_duration(allow, block)
    assert back < in_place
    assert in_place / back >= size  # nothing to install, and everybody at once


@pytest.mark.parametrize(
    ("installed", "continues", "rerouted", "blocked", "status"),
    [
        (True, True, True, True, "Succeeded"),
        (False, True, True, True, "Failed"),
        (True, False, False, False, "Stopped"),
        (True, True, False, True, "Failed"),
        (True, True, True, False, "Failed"),  # one original that cannot be deregistered
    ],
)
def test_how_a_deployment_ends(installed, continues, rerouted, blocked, status) -> None:
    ready = Ready(0.0, continues=continues)
    ended = blue_green.status(installed=installed, ready=ready, rerouted=rerouted, originals_blocked=blocked)
    assert ended == status
