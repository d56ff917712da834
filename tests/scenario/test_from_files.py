"""What ``from:`` brings into a scenario: traffic, prices, today's deployment group, an ECS AppSpec file."""

from __future__ import annotations

import json

import pytest

from simulator.errors import ScenarioError
from simulator.model import unsimulated
from simulator.scenario import check, dump, load, loads

HEAD = "name: x\nservice: {platform: server, fleet: {size: 4}, load_balancer: {}}\n"
HALF = "strategies:\n  - {name: half, configuration: CodeDeployDefault.HalfAtATime}\n"
TRAFFIC = "traffic: {rate: 10/s}\n"
ALARMS = (
    "alarms:\n"
    "  - {name: 5xx, namespace: AWS/ApplicationELB, metric_name: HTTPCode_Target_5XX_Count, threshold: 5}\n"
    "  - {name: other, namespace: AWS/ApplicationELB, metric_name: HTTPCode_ELB_5XX_Count, threshold: 5}\n"
)
GROUP = {
    "applicationName": "web",
    "deploymentGroupName": "production",
    "deploymentConfigName": "CodeDeployDefault.OneAtATime",
    "deploymentStyle": {"deploymentType": "IN_PLACE"},
    "computePlatform": "Server",
    "autoRollbackConfiguration": {"enabled": True, "events": ["DEPLOYMENT_FAILURE"]},
    "alarmConfiguration": {"enabled": True, "alarms": [{"name": "5xx"}, {"name": "elsewhere"}]},
}
APPSPEC = {
    "version": 0.0,
    "Resources": [{"TargetService": {"Type": "AWS::ECS::Service", "Properties": {"TaskDefinition": "t"}}}],
    "Hooks": [{"AfterAllowTestTraffic": "smoke"}, {"BeforeAllowTraffic": "sanity"}],
}


@pytest.fixture(autouse=True)
def simulated(monkeypatch):
    """What files say does not depend on what the engine simulates."""
    monkeypatch.setattr(unsimulated, "NOT_SIMULATED", {})


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "day.csv").write_text("clock,rate\n09:00,10\n10:30,20\n", encoding="utf-8")
    (tmp_path / "prices.yaml").write_text("s3-get: 0.5 USD\nec2-m6i-large: 0.1 USD\n", encoding="utf-8")
    (tmp_path / "group.json").write_text(json.dumps({"deploymentGroupInfo": GROUP}), encoding="utf-8")
    (tmp_path / "appspec.json").write_text(json.dumps(APPSPEC), encoding="utf-8")
    return tmp_path


def written(folder, text):
    path = folder / "scenario.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_recorded_traffic_is_inlined_beside_what_else_is_said_of_traffic(folder):
    path = written(folder, HEAD + "traffic: {from: day.csv, baseline_errors: 1 %}\n" + HALF)
    scenario = load(path)
    assert scenario.traffic.recorded(scenario.start) == ((0.0, 10.0), (1800.0, 20.0))
    assert scenario.traffic.baseline_errors == 0.01
    assert loads(dump(scenario)) == scenario
    assert "from:" not in dump(scenario)


def test_a_rate_beside_a_file_of_rates_is_refused(folder):
    path = written(folder, HEAD + "traffic: {from: day.csv, rate: 5/s}\n" + HALF)
    with pytest.raises(ScenarioError) as refused:
        load(path)
    (problem,) = refused.value.problems
    assert (problem.line, problem.message) == (3, "'rate' has no use beside from; take it out")


def test_prices_of_a_file_lie_under_those_of_the_scenario(folder):
    path = written(folder, HEAD + TRAFFIC + "prices: {from: prices.yaml, overrides: {s3-get: 0.25 USD}}\n" + HALF)
    assert load(path).prices.overrides == {"s3-get": 0.25, "ec2-m6i-large": 0.1}


def test_a_strategy_does_what_the_deployment_group_does(folder):
    path = written(folder, HEAD + TRAFFIC + ALARMS + "strategies:\n  - {name: today, from: group.json}\n")
    scenario = load(path)
    world = scenario.under("today")
    assert scenario.strategies[0].configuration.name == "CodeDeployDefault.OneAtATime"
    assert world.rollback.events == ("DEPLOYMENT_FAILURE",)
    assert [alarm.watched for alarm in world.alarms] == [True, False]
    assert loads(dump(scenario)).under("today") == world
    advice = [problem.message for problem in check(path)]
    assert "group.json: what alarm 'elsewhere' watches; list it under alarms" in advice


def test_what_the_strategy_says_counts_over_the_group(folder):
    strategy = (
        "  - {name: today, from: group.json, configuration: CodeDeployDefault.AllAtOnce, rollback: {events: []}}\n"
    )
    world = load(written(folder, HEAD + TRAFFIC + "strategies:\n" + strategy)).under("today")
    assert world.strategies[0].configuration.name == "CodeDeployDefault.AllAtOnce"
    assert world.rollback.events == ()


def test_a_group_with_a_configuration_of_its_own_asks_for_that_file(folder):
    own = {**GROUP, "deploymentConfigName": "mine"}
    (folder / "group.json").write_text(json.dumps({"deploymentGroupInfo": own}), encoding="utf-8")
    path = written(folder, HEAD + TRAFFIC + "strategies:\n  - {name: today, from: group.json}\n")
    with pytest.raises(ScenarioError) as refused:
        load(path)
    assert (
        "group.json names the configuration 'mine', which is your own; write configuration: {from: ...} beside it, a "
        "file from aws deploy get-deployment-config"
    ) in [problem.message for problem in refused.value.problems]


def test_an_ecs_appspec_gives_the_service_its_hooks(folder):
    service = "service: {platform: ecs, tasks: 4, lifecycle: {appspec: appspec.json}}\n"
    strategies = "strategies:\n  - {name: all, configuration: CodeDeployDefault.ECSAllAtOnce}\n"
    scenario = load(written(folder, "name: x\n" + service + TRAFFIC + strategies))
    assert list(scenario.service.lifecycle.hooks) == ["AfterAllowTestTraffic", "BeforeAllowTraffic"]
    assert scenario.service.lifecycle.hooks["AfterAllowTestTraffic"].scripts[0].location == "smoke"


def test_a_stage_may_name_a_file_for_its_configuration(folder):
    hosts = {"type": "HOST_COUNT", "value": 0}
    information = {"deploymentConfigName": "x", "computePlatform": "Server", "minimumHealthyHosts": hosts}
    configuration = {"deploymentConfigInfo": information}
    (folder / "one.json").write_text(json.dumps(configuration), encoding="utf-8")
    strategies = (
        "strategies:\n  - name: staged\n    configuration: CodeDeployDefault.AllAtOnce\n    stages:\n"
        "      - {name: one box, hosts: 1, configuration: {from: one.json}, bake: 1 h}\n"
        "      - {name: rest, rest: true}\n"
    )
    scenario = load(written(folder, HEAD + TRAFFIC + strategies))
    assert scenario.strategies[0].stages[0].configuration.name == "x"
    assert loads(dump(scenario)) == scenario
