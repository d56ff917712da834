"""The AWS CLI's JSON: deployment configurations and alarms."""

from __future__ import annotations

import json

import pytest

from simulator.errors import ImportFailure
from simulator.importers import alarms, deployment_config, recognise

SOON = """{"deploymentConfigName": "c", "computePlatform": "Lambda", "trafficRoutingConfig":
 {"type": "TimeBasedCanary", "timeBasedCanary": {"canaryPercentage": 5, "canaryInterval": "soon"}}}"""
FLOOR = {"type": "FLEET_PERCENT", "value": 80}


def configuration(**info):
    return deployment_config.read(json.dumps(info)).configuration


def test_the_whole_document_and_the_inner_object_read_alike():
    inner = {"deploymentConfigName": "Most", "minimumHealthyHosts": FLOOR, "computePlatform": "Server"}
    whole = json.dumps({"deploymentConfigInfo": inner})
    assert deployment_config.read(whole).configuration == configuration(**inner)


def test_one_at_a_time_as_the_api_returns_it():
    found = configuration(
        deploymentConfigName="CodeDeployDefault.OneAtATime",
        minimumHealthyHosts={"type": "MOST_CONCURRENCY", "value": 1},
    )
    assert found.minimum_healthy_hosts.required(9) == 8


def test_shifts_are_in_minutes_and_zones_in_seconds():
    canary = {"type": "TimeBasedCanary", "timeBasedCanary": {"canaryPercentage": 5, "canaryInterval": 15}}
    found = configuration(deploymentConfigName="c", computePlatform="Lambda", trafficRoutingConfig=canary)
    assert found.traffic_routing.time_based_canary.interval == 900.0
    zones = {
        "monitorDurationInSeconds": 120,
        "firstZoneMonitorDurationInSeconds": 600,
        "minimumHealthyHostsPerZone": {"type": "HOST_COUNT", "value": 2},
    }
    found = configuration(deploymentConfigName="z", minimumHealthyHosts=FLOOR, zonalConfig=zones)
    assert (found.zonal.monitor_duration, found.zonal.first_zone_monitor_duration) == (120.0, 600.0)
    assert found.zonal.minimum_healthy_hosts_per_zone.value == 2


def test_a_missing_platform_is_noted_as_a_guess():
    read = deployment_config.read(json.dumps({"deploymentConfigName": "c", "minimumHealthyHosts": FLOOR}))
    assert [note.message for note in read.notes if note.kind == "guessed"] == [
        "computePlatform is not given, so this is a Server configuration"
    ]


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("{}", (1, 1), "save the output of aws deploy get-deployment-config"),
        ('{"deploymentConfigInfo": 5}', (1, 26), "deploymentConfigInfo is a mapping"),
        ("[1]", (1, 1), "is a mapping"),
        (
            '{"deploymentConfigName": "c",\n "minimumHealthyHosts": {"type": "HALF", "value": 5}}',
            (2, 34),
            "'HALF' is not understood; write HOST_COUNT, FLEET_PERCENT or MOST_CONCURRENCY",
        ),
        (
            SOON,
            (2, 49),
            "'soon' is not a duration",
        ),
        ('{"deploymentConfigInfo": {', (1, 27), "ends in the middle"),
    ],
)
def test_a_bad_configuration_says_where(text, place, said):
    with pytest.raises(ImportFailure) as failure:
        deployment_config.read(text, "config.json")
    problem = failure.value.problems[0]
    assert (problem.line, problem.column) == place
    assert said in problem.message


ALARM = {
    "AlarmName": "errors",
    "Namespace": "AWS/Lambda",
    "MetricName": "Errors",
    "Dimensions": [{"Name": "ExecutedVersion", "Value": "42"}],
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 3,
    "DatapointsToAlarm": 2,
    "Threshold": 5,
    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    "TreatMissingData": "notBreaching",
    "StateValue": "INSUFFICIENT_DATA",
    "StateUpdatedTimestamp": 1772443210.518,
    "ActionsEnabled": True,
    "AlarmActions": ["arn:aws:sns:eu-central-1:111122223333:on-call"],
}


def alarm(**changes):
    given = {key: value for key, value in {**ALARM, **changes}.items() if value is not None}
    (found,) = alarms.read(json.dumps({"MetricAlarms": [given]})).alarms
    return found


def test_every_field_of_an_alarm_is_read():
    found = alarm()
    assert (found.namespace, found.metric_name, found.dimensions) == (
        "AWS/Lambda",
        "Errors",
        {"ExecutedVersion": "42"},
    )
    assert (found.period, found.evaluation_periods, found.datapoints_to_alarm) == (60.0, 3, 2)
    assert (found.threshold, found.comparison_operator) == (5.0, "GreaterThanOrEqualToThreshold")
    assert (found.treat_missing_data, found.state) == ("notBreaching", "INSUFFICIENT_DATA")


def test_percentiles():
    assert alarm(Statistic=None, ExtendedStatistic="p99").statistic == "p99"


@pytest.mark.parametrize(
    ("changes", "pages"),
    [
        ({}, True),
        ({"ActionsEnabled": False}, False),
        ({"AlarmActions": []}, False),
        ({"AlarmActions": ["arn:aws:automate:eu-central-1:ec2:reboot"]}, False),
        ({"AlarmActions": ["arn:aws:ssm-incidents::111122223333:response-plan/x"]}, True),
    ],
)
def test_an_alarm_pages_when_its_action_reaches_a_person(changes, pages):
    assert alarm(**changes).pages is pages


def a_query(name: str, metric: str, period: int = 60) -> dict[str, object]:
    stat = {"Metric": {"Namespace": "AWS/Lambda", "MetricName": metric}, "Period": period, "Stat": "Sum"}
    return {"Id": name, "MetricStat": stat, "ReturnData": False}


def test_metric_math():
    queries = [{"Id": "r", "Expression": "100 * e / c"}, a_query("e", "Errors"), a_query("c", "Invocations")]
    found = alarm(Metrics=queries, MetricName=None, Namespace=None, Period=None, Statistic=None, Dimensions=None)
    assert [query.id for query in found.metrics] == ["r", "e", "c"]
    assert [query.return_data for query in found.metrics] == [True, False, False]
    assert found.metrics[0].expression == "100 * e / c"
    assert found.period == 60.0


def test_metric_math_of_two_periods_is_refused():
    queries = [{"Id": "r", "Expression": "e / c"}, a_query("e", "Errors"), a_query("c", "Invocations", 300)]
    with pytest.raises(ImportFailure, match="different periods"):
        alarm(Metrics=queries, MetricName=None, Period=None)


def test_an_anomaly_band_keeps_its_recorded_state():
    document = {
        **ALARM,
        "Metrics": [
            {**a_query("m1", "Errors"), "ReturnData": True},
            {"Id": "ad1", "Expression": "ANOMALY_DETECTION_BAND(m1, 3)", "ReturnData": True},
        ],
        "ThresholdMetricId": "ad1",
        "ComparisonOperator": "GreaterThanUpperThreshold",
        "StateValue": "ALARM",
    }
    for key in ("MetricName", "Namespace", "Period", "Statistic", "Dimensions", "Threshold"):
        del document[key]
    read = alarms.read(json.dumps([document]))
    assert (read.alarms[0].threshold, read.alarms[0].state) == (3.0, "ALARM")
    assert any("keeps its recorded state ALARM" in note.message for note in read.notes)


def test_a_composite_alarm():
    composite = {"AlarmName": "any", "AlarmRule": 'ALARM("a") OR ALARM("b")', "StateValue": "OK"}
    (found,) = alarms.read(json.dumps({"CompositeAlarms": [composite]})).alarms
    assert found.alarm_rule == 'ALARM("a") OR ALARM("b")'


def test_one_alarm_a_list_and_the_document_read_alike():
    texts = [json.dumps(given) for given in (ALARM, [ALARM], {"MetricAlarms": [ALARM]})]
    assert alarms.read(texts[0]).alarms == alarms.read(texts[1]).alarms == alarms.read(texts[2]).alarms


def test_what_the_file_cannot_say_is_noted():
    read = alarms.read(json.dumps({"MetricAlarms": [ALARM], "NextToken": "more"}))
    kinds = {note.kind: note.message for note in read.notes}
    assert "watches each of them" in kinds["guessed"]
    assert "NextToken" in kinds["unseen"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"ComparisonOperator": "Greater"}, "'Greater' is not understood"),
        ({"Period": 61}, "a period is 10, 20 or 30 s or a multiple of 60 s"),
        ({"Period": None}, "has no Period"),
        ({"Threshold": None}, "needs a threshold"),
        ({"Threshold": "high"}, "'high' is not a plain number"),
        ({"EvaluationPeriods": 0}, "0 is out of range; write at least 1"),
        ({"StateValue": "FINE"}, "'FINE' is not understood"),
        ({"AlarmName": None}, "AlarmName is missing; add it"),
        ({"MetricName": None}, "is on a query that is not read here"),
        ({"Dimensions": {"a": 1}}, "Dimensions is a list"),
    ],
)
def test_a_bad_alarm_says_which_and_why(changes, said):
    with pytest.raises(ImportFailure) as failure:
        alarm(**changes)
    assert said in str(failure.value)


def test_all_bad_alarms_are_told_at_once():
    document = {"MetricAlarms": [{**ALARM, "Period": 61}, ALARM, {**ALARM, "StateValue": "FINE"}]}
    with pytest.raises(ImportFailure) as failure:
        alarms.read(json.dumps(document, indent=1), "alarms.json")
    assert [problem.file for problem in failure.value.problems] == ["alarms.json", "alarms.json"]


def test_a_file_is_recognised_by_its_content(tmp_path):
    files = {
        "alarms.json": {"MetricAlarms": [ALARM]},
        "config.json": {"deploymentConfigInfo": {"deploymentConfigName": "Most", "minimumHealthyHosts": FLOOR}},
    }
    for name, content in files.items():
        (tmp_path / name).write_text(json.dumps(content))
    (tmp_path / "appspec.yml").write_text("version: 0.0\nos: linux\nhooks:\n  AfterInstall:\n    - location: a\n")
    names = ("appspec.yml", "alarms.json", "config.json")
    part = recognise.fragment([recognise.read(tmp_path / name) for name in names])
    assert part["service"]["platform"] == "server"
    assert part["alarms"][0]["period"] == "60 s"
    assert part["strategies"][0]["name"] == "Most"


def test_a_file_of_another_kind_is_refused(tmp_path):
    (tmp_path / "a.json").write_text('{"deployments": []}')
    with pytest.raises(ImportFailure, match="neither an AppSpec file nor"):
        recognise.read(tmp_path / "a.json")


def test_characters_in_two_halves_are_one():
    assert alarm(AlarmName="errors \U0001f525").name == "errors \U0001f525"
