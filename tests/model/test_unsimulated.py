"""What the engine does not simulate is refused, by its one row, in its one message."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.model.misfit import MisfitError
from simulator.model.scenario import Scenario
from simulator.model.unsimulated import NOT_SIMULATED

SERVER: dict[str, Any] = {"platform": "server", "fleet": {"size": 4}, "load_balancer": {}}
LAMBDA: dict[str, Any] = {"platform": "lambda"}
ECS: dict[str, Any] = {"platform": "ecs", "tasks": 4}
CONFIGURATIONS = {
    "server": "CodeDeployDefault.HalfAtATime",
    "lambda": "CodeDeployDefault.LambdaAllAtOnce",
    "ecs": "CodeDeployDefault.ECSAllAtOnce",
}


def fleet(**fields: Any) -> dict[str, Any]:
    return {"service": {**SERVER, "fleet": {"size": 4, **fields}}}


SCALES = fleet(auto_scaling={"scale_out": [{"at": "1 min", "instances": 1}]})

# Fields of a scenario that make use of a feature, and of its strategy.
USES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "auto_scaling_of_blue_green": (SCALES, {"deployment_type": "blue_green"}),
    "auto_scaling_of_unwell": (
        fleet(initially={"stopped": 1}, auto_scaling={"scale_out": [{"at": "1 min", "instances": 1}]}),
        {},
    ),
    "auto_scaling_with_zone_outage": (
        {**SCALES, "faults": [{"kind": "zone_outage", "zone": 1, "at": "1 min", "lasts": "1 min"}]},
        {},
    ),
    "auto_scaling_in_stages": (SCALES, {"stages": [{"name": "a", "hosts": 2}, {"name": "b", "rest": True}]}),
    "auto_scaling_in_regions": (
        {"service": {**SCALES["service"], "regions": [{"name": "eu-west-1", "share": "100 %"}]}},
        {},
    ),
    "auto_scaling_with_retries": ({**SCALES, "traffic": {"rate": "1/s", "retries": {"attempts": 2}}}, {}),
}


@pytest.mark.parametrize("feature", NOT_SIMULATED)
def test_a_feature_with_a_row_is_refused_where_it_is_used(feature):
    fields, strategy = USES[feature]
    configuration = CONFIGURATIONS[fields.get("service", SERVER)["platform"]]
    scenario = Scenario.model_validate(
        {
            "name": "x",
            "service": SERVER,
            "traffic": {"rate": "1/s"},
            **fields,
            "strategies": [{"name": "a", "configuration": configuration, **strategy}],
        }
    )
    row = NOT_SIMULATED[feature]
    assert row.used(scenario)
    messages = {other.message for other in NOT_SIMULATED.values() if other.used(scenario)}
    with pytest.raises(MisfitError) as refused:
        scenario.under("a")
    assert str(refused.value) in messages
    assert row.message in messages


@pytest.mark.parametrize("platform", ["server", "lambda", "ecs"])
def test_a_plain_rollout_makes_use_of_nothing_that_is_refused(platform):
    service = {"server": SERVER, "lambda": LAMBDA, "ecs": ECS}[platform]
    scenario = Scenario.model_validate(
        {
            "name": "x",
            "service": service,
            "traffic": {"rate": "1/s"},
            "strategies": [{"name": "a", "configuration": CONFIGURATIONS[platform]}],
        }
    )
    assert [row.feature for row in NOT_SIMULATED.values() if row.used(scenario)] == []
    assert scenario.under("a").service.platform == platform


def test_every_row_says_what_to_write_instead_and_where_it_stands():
    for row in NOT_SIMULATED.values():
        assert "; write" in row.message or "; leave" in row.message or "; take" in row.message, row.feature
        assert row.field
