"""Instances that come and go while a deployment runs, as the user guide tells it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.rules import auto_scaling, service_scaling


def test_an_instance_launched_during_a_deployment_gets_the_revision_before_it() -> None:
    assert auto_scaling.launch_revision(last_successful="old") == "old"
    assert auto_scaling.launch_revision(last_successful=None) is None


@pytest.mark.parametrize(
    ("status", "outdated", "strategy", "follows"),
    [
        ("Succeeded", 1, "UPDATE", True),
        ("Succeeded", 1, "IGNORE", False),
        ("Succeeded", 0, "UPDATE", False),
        ("Failed", 3, "UPDATE", False),  # what they hold is the last successful revision: nothing is outdated
        ("Stopped", 3, "UPDATE", False),
    ],
)
def test_outdated_instances_are_brought_up_after_a_success(status, outdated, strategy, follows) -> None:
    assert auto_scaling.follow_on(status, outdated, strategy) is follows


@pytest.mark.parametrize(
    ("progress", "fails", "noticed_after"),
    [
        ("waiting", True, 300.0),
        ("between_events", True, 300.0),
        ("in_event", True, 3600.0),
        ("succeeded", False, 0.0),
        ("failed", False, 0.0),
    ],
)
def test_a_target_that_is_scaled_in_fails_when_codedeploy_misses_it(progress, fails, noticed_after) -> None:
    assert auto_scaling.scale_in(progress) == (fails, noticed_after)


def test_a_revision_that_fails_on_launch_is_tried_again_and_again() -> None:
    loop = auto_scaling.launch_loop(launch=90.0, fails_after=60.0, terminate=30.0)
    assert loop == 180.0
    assert auto_scaling.launches(86_400.0, loop) == 480
    assert auto_scaling.launch_result(succeeded=False) == "ABANDON"
    assert auto_scaling.launch_result(succeeded=True) == "CONTINUE"


def test_an_agent_that_never_answers_holds_a_launch_for_an_hour() -> None:
    assert auto_scaling.launch_loop(90.0, 60.0, agent_answers=False) == 3690.0


@given(st.floats(1.0, 1e6), st.floats(1.0, 1e4))
def test_launches_cover_the_time_and_no_more(within, loop) -> None:
    count = auto_scaling.launches(within, loop)
    assert (count - 1) * loop < within
    assert count * loop >= within * (1 - 1e-6)


def test_a_group_without_an_instance_in_service_cannot_be_deployed_to() -> None:
    assert auto_scaling.has_no_instances(0)
    assert not auto_scaling.has_no_instances(1)


def test_a_service_that_scales_at_the_start_has_an_hour_to_rest() -> None:
    assert service_scaling.before_the_shift(0.0) == (0.0, False)
    assert service_scaling.before_the_shift(3600.0) == (3600.0, False)
    assert service_scaling.before_the_shift(3601.0) == (3600.0, True)


def test_a_service_that_scales_during_the_shift_has_five_minutes() -> None:
    assert service_scaling.during_the_shift(299.0, shift_ends_after=540.0) == (540.0, False)
    assert service_scaling.during_the_shift(301.0, shift_ends_after=540.0) == (300.0, True)
    assert service_scaling.during_the_shift(3000.0, shift_ends_after=120.0) == (120.0, False)
