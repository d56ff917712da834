"""What a scenario file may say beyond the model's own fields, and what becomes of it."""

from __future__ import annotations

import json

import pytest

from simulator.errors import ScenarioError
from simulator.model.deployment_configuration import predefined
from simulator.model.distribution import Empirical, Fixed, LogNormal
from simulator.scenario import check, load, loads

HEAD = "name: x\ntraffic: {rate: 5/s}\n"
FLEET = "service: {platform: server, fleet: {size: 4}}\n"
TAIL = "strategies: [{name: all, configuration: CodeDeployDefault.AllAtOnce}]\n"
APPSPEC = """\
version: 0.0
os: linux
hooks:
  ApplicationStart:
    - location: start.sh
      timeout: 180
  ValidateService:
    - location: probe.sh
"""


def an_alarm(name: str) -> dict[str, object]:
    return {
        "AlarmName": name,
        "Namespace": "AWS/ApplicationELB",
        "MetricName": "HTTPCode_Target_5XX_Count",
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 10.0,
        "ComparisonOperator": "GreaterThanThreshold",
        "AlarmActions": ["arn:aws:sns:eu-central-1:111122223333:on-call"],
        "StateValue": "OK",
    }


@pytest.fixture
def written(tmp_path):
    def write(text: str, **files: str):
        for name, content in files.items():
            (tmp_path / name.replace("_", ".")).write_text(content)
        (tmp_path / "scenario.yaml").write_text(text)
        return tmp_path / "scenario.yaml"

    return write


def lifecycle(text: str, appspec: str = APPSPEC) -> str:
    return HEAD + "service:\n  platform: server\n  fleet: {size: 4}\n  lifecycle:\n" + text + TAIL


def test_a_name_picks_a_predefined_configuration():
    scenario = loads(HEAD + FLEET + TAIL)
    assert scenario.strategies[0].configuration == predefined("CodeDeployDefault.AllAtOnce")


def test_alarms_of_a_file(written):
    alarms = json.dumps({"MetricAlarms": [an_alarm("a"), an_alarm("b")]})
    scenario = load(written(HEAD + FLEET + "alarms: {from: alarms.json}\n" + TAIL, alarms_json=alarms))
    assert [alarm.name for alarm in scenario.alarms] == ["a", "b"]


def test_alarms_of_files_stand_where_they_are_named_among_others(written):
    text = (
        HEAD
        + FLEET
        + "alarms:\n"
        + "  - {name: first, metric_name: RequestCount, threshold: 5}\n"
        + "  - {from: alarms.json}\n"
        + "  - {name: last, metric_name: RequestCount, treshold: 5}\n"
        + TAIL
    )
    path = written(text, alarms_json=json.dumps([an_alarm("a"), an_alarm("b")]))
    # The unknown field keeps its line although two alarms took the place of one.
    problem = check(path)[0]
    assert (problem.line, problem.message) == (7, "unknown field 'treshold'; did you mean 'threshold'?")
    path.write_text(text.replace("treshold", "threshold"))
    assert [alarm.name for alarm in load(path).alarms] == ["first", "a", "b", "last"]


def test_a_configuration_of_a_file(written):
    config = {"deploymentConfigName": "Most", "minimumHealthyHosts": {"type": "FLEET_PERCENT", "value": 75}}
    text = HEAD + FLEET + "strategies: [{name: most, configuration: {from: config.json}}]\n"
    configuration = load(written(text, config_json=json.dumps(config))).strategies[0].configuration
    assert configuration.name == "Most"
    assert configuration.minimum_healthy_hosts is not None
    assert configuration.minimum_healthy_hosts.value == 75


def test_hooks_of_an_appspec_take_what_the_scenario_adds(written):
    text = lifecycle(
        "    appspec: spec.yml\n"
        "    durations: {ApplicationStart: 35 s}\n"
        "    hooks: {ValidateService: {probes: 20, failure: 1 %}, AfterInstall: {}}\n"
    )
    found = load(written(text, spec_yml=APPSPEC)).service.lifecycle
    assert found.hooks["ApplicationStart"].scripts[0].timeout == 180.0
    assert found.hooks["ValidateService"].scripts[0].location == "probe.sh"
    assert (found.hooks["ValidateService"].probes, found.hooks["ValidateService"].failure) == (20, 0.01)
    assert found.durations == {"ApplicationStart": Fixed(value=35.0)}
    assert set(found.hooks) == {"ApplicationStart", "ValidateService", "AfterInstall"}


def test_a_lambda_appspec_names_function_and_versions(written):
    spec = {
        "version": 0.0,
        "Resources": [
            {
                "f": {
                    "Type": "AWS::Lambda::Function",
                    "Properties": {
                        "Name": "quotes",
                        "Alias": "live",
                        "CurrentVersion": "41",
                        "TargetVersion": "42",
                    },
                }
            }
        ],
        "Hooks": [{"BeforeAllowTraffic": "check-it"}],
    }
    text = (
        HEAD
        + "service: {platform: lambda, alias: prod, lifecycle: {appspec: spec.json}}\n"
        + TAIL.replace("AllAtOnce", "LambdaAllAtOnce")
    )
    service = load(written(text, spec_json=json.dumps(spec))).service
    assert service.platform == "lambda"
    assert (service.function, service.alias) == ("quotes", "prod")  # what the scenario says, it says
    assert (service.current_version, service.target_version) == ("41", "42")
    assert service.lifecycle.hooks["BeforeAllowTraffic"].scripts[0].location == "check-it"


def test_the_short_form_of_a_hook():
    scenario = loads(lifecycle("    hooks: {AfterInstall: {timeout: 300 s, duration: {median: 20 s, p95: 45 s}}}\n"))
    hook = scenario.service.lifecycle.hooks["AfterInstall"]
    assert hook.scripts[0].timeout == 300.0
    assert isinstance(scenario.service.lifecycle.durations["AfterInstall"], LogNormal)


def test_complaints_about_a_short_form_point_at_what_was_written(tmp_path):
    text = lifecycle("    hooks:\n      AfterInstall:\n        timeout: 300\n        duration: 20\n")
    with pytest.raises(ScenarioError) as refused:
        loads(text)
    assert [(problem.line, problem.column) for problem in refused.value.problems] == [(9, 18), (10, 19)]


def test_a_duration_is_given_once():
    text = "    hooks: {AfterInstall: {duration: 20 s}}\n    durations: {AfterInstall: 30 s}\n"
    with pytest.raises(ScenarioError, match="is also given in line 8"):
        loads(lifecycle(text))


def test_observed_times_of_a_column(written):
    text = lifecycle("    durations: {Install: {empirical: {from: times.csv, column: install, unit: s}}}\n")
    path = written(text, times_csv="host,install\nweb-1,2.5\nweb-2,4\n")
    assert load(path).service.lifecycle.durations["Install"] == Empirical(values=(2.5, 4.0))


def test_observed_times_that_are_none(written):
    text = lifecycle("    durations: {Install: {empirical: {from: times.csv, column: install, unit: s}}}\n")
    (problem,) = check(written(text, times_csv="host,install\nweb-1,fast\n"))
    assert problem.file.endswith("times.csv")
    assert (problem.line, problem.column) == (2, 7)
    assert "'fast' is not a number" in problem.message
    assert "scenario.yaml:7:" in problem.message


def test_an_overlay_may_name_files_too(written):
    text = HEAD + FLEET + TAIL.replace("}", ", alarms: {from: alarms.json}}").replace("all", "a")
    world = load(written(text, alarms_json=json.dumps(an_alarm("a")))).under("a")
    assert [alarm.name for alarm in world.alarms] == ["a"]


@pytest.mark.parametrize(
    ("written_as", "read_as"),
    [("yes", "yes"), ("2024-05-01", "2024-05-01"), ("1_000", "1_000"), ("on", "on")],
)
def test_words_that_older_yaml_takes_for_something_else_stay_words(written_as, read_as):
    assert loads(HEAD + FLEET + f"teaches: {written_as}\n" + TAIL).teaches == read_as


def test_times_of_day_need_no_quotes():
    text = "traffic: {rate: 5/s, daily: {08:00: 100 %, 18:30: 50 %}}\n"
    scenario = loads("name: x\n" + text + FLEET + TAIL)
    assert scenario.traffic.steps() == ((0.0, 2.5), (28_800.0, 5.0), (66_600.0, 2.5))


def test_the_same_complaint_of_several_strategies_is_told_once():
    text = (
        HEAD
        + FLEET
        + "faults: [{kind: instance_crash, target: 9, at: 1 min}]\n"
        + "strategies:\n  - {name: a, configuration: CodeDeployDefault.AllAtOnce}\n"
        + "  - {name: b, configuration: CodeDeployDefault.HalfAtATime}\n"
    )
    with pytest.raises(ScenarioError) as refused:
        loads(text)
    assert [problem.line for problem in refused.value.problems] == [4]
