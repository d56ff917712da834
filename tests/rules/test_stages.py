"""One box, zone after zone, group after group: who is in a stage, when it begins, what stops it, what it undoes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.rules import detection, stages
from simulator.rules.stages import Extent
from tests.worlds import an_alias, canary


def test_one_box_then_a_quarter_then_the_rest() -> None:
    held = stages.assign([Extent(hosts=1), Extent(share=0.25), Extent()], size=8)
    assert held == [[0], [1, 2], [3, 4, 5, 6, 7]]
    assert stages.left_out(held, 8) == 0


def test_zone_after_zone_leaves_out_the_box_that_went_first() -> None:
    zones = [1, 2, 3, 1, 2, 3]
    held = stages.assign([Extent(hosts=1), Extent(zone=1), Extent(zone=2), Extent(zone=3)], 6, zones=zones)
    assert held == [[0], [3], [1, 4], [2, 5]]


def test_group_after_group() -> None:
    held = stages.assign([Extent(group="canary"), Extent(group="main")], 4, groups=["main", "canary", "main", "main"])
    assert held == [[1], [0, 2, 3]]


def test_region_after_region() -> None:
    regions = ["eu-west-1", "eu-west-1", "us-east-1"]
    held = stages.assign([Extent(region="us-east-1"), Extent(region="eu-west-1")], 3, regions=regions)
    assert held == [[2], [0, 1]]


@pytest.mark.parametrize(
    ("extents", "words"),
    [
        ([Extent(hosts=1, share=0.5)], "stage 1 says more than one"),
        ([Extent(), Extent(hosts=1)], "stage 2 has no targets"),
        ([Extent(zone=4)], "stage 1 has no targets"),
        ([Extent(group="main")], "stage 1 has no targets"),
    ],
)
def test_a_stage_that_cannot_be_is_refused(extents, words) -> None:
    with pytest.raises(ValueError, match=words):
        stages.assign(extents, size=3, zones=[1, 2, 3])


@given(st.integers(1, 100), st.integers(1, 200))
def test_a_share_is_rounded_up_exactly(percent, size) -> None:
    assert stages.targets_of_share(percent / 100, size) == max(1, -(-percent * size // 100))


@given(st.lists(st.integers(1, 20), min_size=1, max_size=5), st.integers(100, 150))
def test_nobody_is_in_two_stages(hosts, size) -> None:
    held = stages.assign([*(Extent(hosts=count) for count in hosts), Extent()], size=size + sum(hosts))
    everybody = [target for stage in held for target in stage]
    assert sorted(everybody) == list(range(size + sum(hosts)))


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
