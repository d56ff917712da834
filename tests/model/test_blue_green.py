"""Options of blue/green deployments: AWS's ranges, and how a strategy's meet the scenario's."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from simulator.model.blue_green import BlueGreen
from simulator.model.scenario import Scenario


def a_world(strategy: dict[str, Any] | None = None, **fields: Any) -> Scenario:
    return Scenario.model_validate(
        {
            "name": "x",
            "service": {"platform": "server", "fleet": {"size": 4}, "load_balancer": {}},
            "traffic": {"rate": 5.0},
            "strategies": [{"name": "a", "configuration": "CodeDeployDefault.AllAtOnce", **(strategy or {})}],
            **fields,
        }
    )


# API reference, DeploymentReadyOption and BlueInstanceTerminationOption.
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"ready": {"wait": "30 min"}},
            (
                "wait: CONTINUE_DEPLOYMENT moves traffic as soon as the replacement is ready; write action: "
                "STOP_DEPLOYMENT, or take wait out"
            ),
        ),
        (
            {"ready": {"continued_after": "5 min"}},
            (
                "continued_after: CONTINUE_DEPLOYMENT moves traffic as soon as the replacement is ready; write action: "
                "STOP_DEPLOYMENT, or take continued_after out"
            ),
        ),
        (
            {"ready": {"action": "STOP_DEPLOYMENT", "wait": "90 s"}},
            "wait: CodeDeploy takes whole minutes; write for example 30 min",
        ),
        (
            {"originals": {"wait": "2881 min"}},
            "wait: the originals are terminated after 0 to 2880 min; write at most 48 h",
        ),
        (
            {"originals": {"action": "KEEP_ALIVE", "wait": "1 h"}},
            "wait: KEEP_ALIVE never terminates the originals; take wait out, or write TERMINATE",
        ),
    ],
)
def test_what_codedeploy_refuses_is_refused_with_what_to_write(options, said):
    with pytest.raises(ValidationError) as refused:
        BlueGreen.model_validate(options)
    assert [str(detail["ctx"]["error"]) for detail in refused.value.errors()] == [said]


@pytest.mark.parametrize("wait", ["0 min", "2880 min"])
def test_a_termination_wait_goes_from_none_to_two_days(wait):
    assert BlueGreen.model_validate({"originals": {"wait": wait}}).originals.wait is not None


def test_continue_takes_a_wait_of_nothing_as_aws_returns_it():
    assert BlueGreen.model_validate({"ready": {"action": "CONTINUE_DEPLOYMENT", "wait": 0.0}}).ready.wait == 0.0


@pytest.mark.parametrize(
    ("platform", "hours", "fits"), [("server", 48, True), ("server", 49, False), ("ecs", 120, True)]
)
def test_how_long_a_deployment_waits_to_be_continued_depends_on_its_platform(platform, hours, fits, simulated):
    services = {
        "server": ({"platform": "server", "fleet": {"size": 4}, "load_balancer": {}}, "CodeDeployDefault.AllAtOnce"),
        "ecs": ({"platform": "ecs", "tasks": 4}, "CodeDeployDefault.ECSAllAtOnce"),
    }
    service, configuration = services[platform]
    scenario = a_world(
        {"configuration": configuration, "deployment_type": "blue_green"},
        service=service,
        blue_green={"ready": {"action": "STOP_DEPLOYMENT", "wait": f"{hours} h"}},
    )
    if fits:
        assert scenario.under("a").ready_wait == hours * 3600
    else:
        with pytest.raises(ValueError, match="waits to be continued for at most 48 h; write less"):
            scenario.under("a")


def test_waits_left_out_are_the_assumed_ones_and_those_are_nothing(simulated):
    world = a_world({"deployment_type": "blue_green"}).under("a")
    assert (world.ready_wait, world.termination_wait) == (0.0, 0.0)
    assumed = a_world({"deployment_type": "blue_green"}, assumptions={"termination_wait": "5 min"}).under("a")
    assert assumed.termination_wait == 300.0


def test_a_strategys_option_is_laid_over_the_scenarios_and_another_action_replaces_it(simulated):
    scenario = Scenario.model_validate(
        {
            "name": "x",
            "service": {"platform": "server", "fleet": {"size": 4}, "load_balancer": {}},
            "traffic": {"rate": 5.0},
            "blue_green": {
                "ready": {"action": "STOP_DEPLOYMENT", "wait": "30 min"},
                "originals": {"action": "TERMINATE", "wait": "1 h"},
            },
            "strategies": [
                {
                    "name": name,
                    "configuration": "CodeDeployDefault.AllAtOnce",
                    "deployment_type": "blue_green",
                    "blue_green": options,
                }
                for name, options in (
                    ("longer", {"originals": {"wait": "2 h"}}),
                    ("kept", {"originals": {"action": "KEEP_ALIVE"}}),
                )
            ],
        }
    )
    longer, kept = scenario.under("longer").blue_green, scenario.under("kept").blue_green
    assert (longer.originals.wait, longer.ready.wait) == (7200.0, 1800.0)
    assert (kept.originals.action, kept.originals.wait) == ("KEEP_ALIVE", None)


def test_a_deployment_in_place_ignores_the_scenarios_options_but_not_its_own():
    assert a_world(blue_green={"originals": {"wait": "1 h"}}).under("a").deployment_type == "in_place"
    with pytest.raises(ValueError, match="blue_green has no use for a deployment in place"):
        a_world({"blue_green": {"originals": {"wait": "1 h"}}}).under("a")
