"""One box, zone after zone, group after group: who is in a stage, when it begins, what stops it, what it undoes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.rules import detection, stages
from tests.worlds import an_alias, canary


def test_targets_that_no_stage_reaches_are_left_out() -> None:
    assert stages.left_out([[0], [1, 2], [3, 4, 5, 6, 7]], 8) == 0
    assert stages.left_out([[0], [1, 2]], 8) == 5


def test_the_plan_is_the_sum_of_deployments_and_bakes() -> None:
    deployments, bakes = [430.0, 860.0, 1290.0], [3600.0, 1800.0, 600.0]
    assert stages.planned_duration(deployments, bakes) == 430 + 860 + 1290 + 3600 + 1800 + 600
    assert stages.begins(deployments, bakes) == [0.0, 4030.0, 6690.0]


def test_a_defect_that_shows_after_forty_minutes_stays_in_stage_one_only_if_that_bakes_for_sixty() -> None:
    shows = 300.0 + 40 * 60.0  # forty minutes after the first deployment of five
    deployments = [300.0, 300.0]
    assert stages.reached(deployments, [3600.0, 3600.0], shows) == 1
    assert stages.reached(deployments, [1200.0, 1200.0], shows) == 2


@given(st.lists(st.floats(1.0, 1e4), min_size=1, max_size=6), st.floats(0.0, 1e4), st.floats(0.0, 1e5))
def test_a_longer_bake_never_lets_more_stages_begin(deployments, bake, stopped_at) -> None:
    short = stages.reached(deployments, [bake] * len(deployments), stopped_at)
    long = stages.reached(deployments, [bake + 600.0] * len(deployments), stopped_at)
    assert long <= short


def test_an_alarm_at_the_end_of_the_bake_stops_the_rollout() -> None:
    states = {"errors": "OK", "slow": "ALARM", "quiet": "INSUFFICIENT_DATA"}
    assert stages.gate("Succeeded", ["errors", "quiet"], states) == ("go_on", ())
    assert stages.gate("Succeeded", ["errors", "slow"], states) == ("stop", ("slow",))
    assert stages.gate("Failed", ["errors"], states) == ("stop", ())
    assert stages.gate("Succeeded", [], states) == ("go_on", ())


def test_a_gate_on_an_alarm_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="'errosr', which is no alarm; known: errors"):
        stages.gate("Succeeded", ["errosr"], {"errors": "OK"})


@pytest.mark.parametrize(
    ("failed", "status", "after_failure", "steps"),
    [
        (0, "Stopped", "roll_back", [(0, "rollback")]),
        (2, "Failed", "roll_back", [(2, "rollback"), (1, "deployment"), (0, "deployment")]),
        (2, "Failed", "leave", [(2, "rollback")]),
        (1, "Succeeded", "roll_back", [(1, "deployment"), (0, "deployment")]),  # stopped by its gate
        (1, "Succeeded", "leave", []),
        (1, None, "roll_back", [(0, "deployment")]),
    ],
)
def test_the_way_back_of_a_rollout_in_stages(failed, status, after_failure, steps) -> None:
    assert stages.way_back(failed, status, after_failure) == steps


def test_a_group_without_automatic_rollback_leaves_its_stage() -> None:
    assert stages.way_back(1, "Failed", "leave", rolled_back=False) == []


def test_the_last_share_of_a_rollout_in_stages_moves_after_the_bakes_before_it() -> None:
    """Two regions together (5 and 10 min of canary, 15 min of bake), then a third: 25 + 5 min."""
    strategy = {
        "name": "only",
        "configuration": "CodeDeployDefault.LambdaCanary10Percent5Minutes",
        "stages": [
            {"name": "a", "region": "a", "bake": 600.0},
            {"name": "b", "region": "b", "bake": 900.0, "together": True,
             "configuration": "CodeDeployDefault.LambdaCanary10Percent10Minutes"},
            {"name": "c", "region": "c", "bake": 3600.0},
        ],
    }  # fmt: skip
    regions = [{"name": name, "share": share} for name, share in (("a", 0.2), ("b", 0.3), ("c", 0.5))]
    world = an_alias(service={"regions": regions}, strategies=[strategy])
    assert detection.last_shift(world) == (600 + 900) + 300
    assert detection.last_shift(an_alias(canary(10, 5), service={"regions": regions})) == 300
