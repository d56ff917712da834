"""Deployment groups as AWS returns them become what a strategy says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from simulator.errors import ImportFailure
from simulator.importers import deployment_group, recognise

BLUE_GREEN = {
    "terminateBlueInstancesOnDeploymentSuccess": {"action": "TERMINATE", "terminationWaitTimeInMinutes": 60},
    "deploymentReadyOption": {"actionOnTimeout": "STOP_DEPLOYMENT", "waitTimeInMinutes": 30},
    "greenFleetProvisioningOption": {"action": "COPY_AUTO_SCALING_GROUP"},
}


def group(**fields: Any) -> deployment_group.DeploymentGroup:
    info = {
        "applicationName": "web",
        "deploymentGroupName": "production",
        "deploymentConfigName": "CodeDeployDefault.HalfAtATime",
        "deploymentStyle": {"deploymentType": "IN_PLACE", "deploymentOption": "WITH_TRAFFIC_CONTROL"},
        "computePlatform": "Server",
        **fields,
    }
    (found,) = deployment_group.read(json.dumps({"deploymentGroupInfo": info})).groups
    return found


def test_a_group_in_place():
    found = group()
    assert (found.name, found.application, found.platform) == ("production", "web", "server")
    assert found.strategy == {"configuration": "CodeDeployDefault.HalfAtATime", "deployment_type": "in_place"}
    assert found.alarms is None


def test_waits_are_minutes_there():
    found = group(deploymentStyle={"deploymentType": "BLUE_GREEN"}, blueGreenDeploymentConfiguration=BLUE_GREEN)
    assert found.fields["blue_green"] == {
        "green_fleet": "COPY_AUTO_SCALING_GROUP",
        "ready": {"action": "STOP_DEPLOYMENT", "wait": "1800 s"},
        "originals": {"action": "TERMINATE", "wait": "3600 s"},
    }


def test_a_wait_that_nothing_waits_for_is_left_out():
    options = {
        "terminateBlueInstancesOnDeploymentSuccess": {"action": "KEEP_ALIVE", "terminationWaitTimeInMinutes": 5},
        "deploymentReadyOption": {"actionOnTimeout": "CONTINUE_DEPLOYMENT", "waitTimeInMinutes": 0},
    }
    found = group(deploymentStyle={"deploymentType": "BLUE_GREEN"}, blueGreenDeploymentConfiguration=options)
    assert found.fields["blue_green"] == {
        "ready": {"action": "CONTINUE_DEPLOYMENT"},
        "originals": {"action": "KEEP_ALIVE"},
    }


@pytest.mark.parametrize(
    ("given", "events"),
    [
        ({"enabled": True, "events": ["DEPLOYMENT_FAILURE"]}, ["DEPLOYMENT_FAILURE"]),
        ({"enabled": False, "events": ["DEPLOYMENT_FAILURE"]}, []),
        ({"enabled": False}, []),
    ],
)
def test_a_rollback_counts_only_where_it_is_enabled(given, events):
    assert group(autoRollbackConfiguration=given).fields["rollback"] == {"events": events}


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({"enabled": True, "alarms": [{"name": "5xx"}, {"name": "slow"}]}, ("5xx", "slow")),
        ({"enabled": False, "alarms": [{"name": "5xx"}]}, ()),
    ],
)
def test_alarms_count_only_where_they_are_enabled(given, names):
    assert group(alarmConfiguration=given).alarms == names


def test_an_ecs_group_says_whether_there_is_a_test_listener():
    routes = {
        "targetGroups": [{"name": "blue"}, {"name": "green"}],
        "prodTrafficRoute": {"listenerArns": ["a"]},
        "testTrafficRoute": {"listenerArns": ["b"]},
    }
    found = group(
        computePlatform="ECS",
        deploymentConfigName="CodeDeployDefault.ECSAllAtOnce",
        deploymentStyle={"deploymentType": "BLUE_GREEN"},
        loadBalancerInfo={"targetGroupPairInfoList": [routes]},
    )
    assert found.fields == {"service": {"load_balancer": {"test_listener": True}}}


def test_a_configuration_of_ones_own_stands_in_another_file():
    found = deployment_group.read(
        json.dumps({"deploymentGroupName": "x", "deploymentConfigName": "mine", "computePlatform": "Lambda"})
    )
    assert found.groups[0].configuration == "mine"
    assert "what 'mine' says; save aws deploy get-deployment-config too" in [note.message for note in found.notes]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"computePlatform": "Sever"}, "'Sever' is not understood; did you mean Server? (Server, Lambda or ECS)"),
        (
            {"autoRollbackConfiguration": {"enabled": True, "events": ["DEPLOYMENT_FAIL"]}},
            "'DEPLOYMENT_FAIL' is not understood; did you mean DEPLOYMENT_FAILURE?",
        ),
        (
            {
                "deploymentStyle": {"deploymentType": "BLUE_GREEN"},
                "blueGreenDeploymentConfiguration": {
                    "terminateBlueInstancesOnDeploymentSuccess": {
                        "action": "TERMINATE",
                        "terminationWaitTimeInMinutes": 3000,
                    }
                },
            },
            "the originals are terminated after 0 to 2880 min",
        ),
    ],
)
def test_what_aws_would_not_return_is_refused_in_words(fields, said):
    with pytest.raises(ImportFailure) as refused:
        group(**fields)
    assert said in str(refused.value)


def test_groups_of_the_corpus(shared):
    folder = shared / "corpus" / "cli"
    (found,) = deployment_group.read(folder / "recorded-get-deployment-group-lambda.json").groups
    assert (found.platform, found.configuration, found.alarms) == ("lambda", "CodeDeployDefault.LambdaAllAtOnce", ())
    (own,) = deployment_group.read(folder / "recorded-get-deployment-group-custom-config.json").groups
    assert (own.platform, own.configuration, own.fields) == ("lambda", "my-test-configuration", {})
    both = deployment_group.read(folder / "awscli-batch-get-deployment-groups.json").groups
    assert [item.name for item in both] == ["my-deployment-group-1", "my-deployment-group-2"]
    assert both[0].strategy == {
        "configuration": "CodeDeployDefault.AllAtOnce",
        "deployment_type": "in_place",
        "rollback": {"events": []},
    }


def test_a_group_and_its_own_configuration_make_one_strategy(shared):
    folder = shared / "corpus" / "cli"
    names = ("recorded-get-deployment-group-custom-config.json", "recorded-get-deployment-config-lambda-linear.json")
    part = recognise.fragment([recognise.read(folder / name) for name in names])
    (strategy,) = part["strategies"]
    assert strategy["name"] == "test"
    assert strategy["configuration"]["traffic_routing"]["time_based_linear"]["percentage"] == 50
