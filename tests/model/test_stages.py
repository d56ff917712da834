"""Stages reach every host once, and what does not fit is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from simulator.model.misfit import MisfitError
from simulator.model.service import Fleet
from simulator.model.stages import Stage, targets_of
from tests.model.test_blue_green import a_world


def stages(*parts: dict) -> list[Stage]:
    return [Stage.model_validate({"name": str(index), **part}) for index, part in enumerate(parts)]


@pytest.mark.parametrize(
    ("size", "parts", "sizes"),
    [
        (40, [{"hosts": 1}, {"rest": True}], [1, 39]),
        (40, [{"share": "10 %"}, {"share": "90 %"}], [4, 36]),
        (15, [{"share": "10 %"}] * 10, [2, 1, 2, 1, 2, 1, 2, 1, 2, 1]),
        (9, [{"zone": 1}, {"zone": 2}, {"zone": 3}], [3, 3, 3]),
        (9, [{"hosts": 1}, {"zone": 1}, {"rest": True}], [1, 2, 6]),
        (9, [{"group": "front"}, {"group": "back"}], [4, 5]),
        (9, [{"region": "eu-west-1"}, {"region": "us-east-1"}], [9, 9]),
    ],
)
def test_each_stage_has_its_hosts(size, parts, sizes):
    fleet = Fleet.model_validate(
        {"size": size, "zones": 3, "groups": [{"name": "front", "size": 4}, {"name": "back", "size": 5}]}
    )
    assert [len(part) for part in targets_of(stages(*parts), fleet)] == sizes


@given(st.integers(1, 300), st.lists(st.floats(0.01, 1.0), min_size=1, max_size=8))
def test_shares_that_make_a_whole_reach_every_host_once(size, weights):
    shares = [weight / sum(weights) for weight in weights]
    parts = targets_of([Stage(name=str(index), share=share) for index, share in enumerate(shares)], Fleet(size=size))
    reached = [target for part in parts for target in part]
    assert sorted(reached) == list(range(size))


def test_groups_may_share_hosts_which_are_deployed_to_by_both():
    groups = [{"name": "a", "size": 4}, {"name": "b", "size": 4, "first": 2}]
    fleet = Fleet.model_validate({"size": 6, "groups": groups})
    assert fleet.members("b") == (2, 3, 4, 5)
    assert targets_of(stages({"group": "a"}, {"group": "b"}), fleet) == ((0, 1, 2, 3), (2, 3, 4, 5))
    assert targets_of(stages({"group": "b"}, {"rest": True}), fleet) == ((2, 3, 4, 5), (0, 1))


def test_zones_take_turns_so_that_they_differ_by_one_host_at_most():
    fleet = Fleet(size=8, zones=3)
    assert [fleet.in_zone(zone) for zone in (1, 2, 3)] == [(0, 3, 6), (1, 4, 7), (2, 5)]
    assert [fleet.zone_of(target) for target in range(4)] == [1, 2, 3, 1]


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ({}, "stage '0' names no part of the service; write one of hosts: 1"),
        ({"hosts": 1, "zone": 2}, "stage '0' names hosts and zone; write one of"),
        ({"share": "0 %"}, "greater than 0"),
    ],
)
def test_a_stage_names_one_part(part, said):
    with pytest.raises(ValidationError, match=said):
        stages(part)


ALL = {"configuration": "CodeDeployDefault.AllAtOnce"}


@pytest.mark.parametrize(
    ("given_stages", "said"),
    [
        (
            [{"name": "one", "hosts": 1}],
            "the stages reach 1 of 4 hosts; add a stage such as {name: rest, rest: true}",
        ),
        (
            [{"name": "a", "hosts": 3}, {"name": "b", "hosts": 3}],
            (
                "stage 'b' finds 1 host that no stage before it had; the fleet has 4, write fewer in the stages or "
                "take this one out"
            ),
        ),
        (
            [{"name": "a", "hosts": 1}, {"name": "a", "rest": True}],
            "two stages are called 'a'; give each a name of its own",
        ),
        (
            [{"name": "a", "zone": 2}, {"name": "b", "rest": True}],
            "stage 'a' names zone 2, but the fleet's zones are 1 to 1; write one of them",
        ),
        (
            [{"name": "a", "region": "mars"}],
            "stage 'a' names region 'mars', but service.regions has: none; name one of them or add it there",
        ),
        (
            [{"name": "a", "rest": True, "configuration": "CodeDeployDefault.LambdaAllAtOnce"}],
            "configuration of stage 'a' is for Lambda, this service is Server; `rollsim configs` lists those that fit",
        ),
        (
            [
                {"name": "a", "hosts": 1, "configuration": "CodeDeployDefault.HalfAtATime"},
                {"name": "b", "rest": True},
            ],
            (
                "stage 'a' has 1 host and keeps 1 of them in service, so nothing could start; write configuration: "
                "CodeDeployDefault.AllAtOnce on it, or more hosts"
            ),
        ),
    ],
)
def test_stages_that_do_not_fit_the_fleet_are_refused_with_what_to_write(given_stages, said, simulated):
    with pytest.raises(MisfitError) as refused:
        a_world({"stages": given_stages}).under("a")
    assert str(refused.value) == said


def test_stages_of_a_function_go_by_region(simulated):
    service = {
        "platform": "lambda",
        "regions": [{"name": "eu-west-1", "share": "50 %"}, {"name": "us-east-1", "share": "50 %"}],
    }
    strategy = {"configuration": "CodeDeployDefault.LambdaAllAtOnce"}
    by_region = [{"name": "1", "region": "eu-west-1", "bake": "1 h"}, {"name": "2", "region": "us-east-1"}]
    assert len(a_world({**strategy, "stages": by_region}, service=service).under("a").strategies[0].stages) == 2
    with pytest.raises(ValueError, match="no stage has region 'us-east-1'; add one"):
        a_world({**strategy, "stages": by_region[:1]}, service=service).under("a")
    with pytest.raises(ValueError, match="write region: on every stage, each naming one of"):
        a_world({**strategy, "stages": [{"name": "1", "hosts": 1}]}, service=service).under("a")
