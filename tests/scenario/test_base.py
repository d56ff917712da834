"""``base: other.yaml``: a scenario that says only what differs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simulator.errors import ScenarioError
from simulator.model.distribution import Uniform
from simulator.scenario import check, dump, load, loads

BASE = """\
name: base
service:
  platform: server
  fleet: {size: 8, capacity: 100/s}
  lifecycle:
    hooks:
      ApplicationStart: {timeout: 300 s, duration: {median: 20 s, p95: 45 s}}
      ValidateService: {probes: 20}
    durations: {ValidateService: 10 s}
traffic: {rate: 400/s, baseline_errors: 1 %}
revision: {bad: 5 %, defects: [{kind: errors, share: 50 %}, {kind: crash_at_start}]}
alarms:
  - {name: 5xx, metric_name: HTTPCode_Target_5XX_Count, threshold: 300, evaluation_periods: 2}
  - {name: requests, metric_name: RequestCount, threshold: 5}
strategies:
  - {name: half, configuration: CodeDeployDefault.HalfAtATime, current: true}
  - {name: one, configuration: CodeDeployDefault.OneAtATime, traffic: {rate: 100/s}}
"""


@pytest.fixture
def written(tmp_path: Path):
    def write(text: str, base: str = BASE, **files: str) -> Path:
        (tmp_path / "base.yaml").write_text(base)
        for name, content in files.items():
            path = tmp_path / name.replace("__", "/").replace("_yaml", ".yaml").replace("_json", ".json")
            path.parent.mkdir(exist_ok=True)
            path.write_text(content)
        (tmp_path / "a.yaml").write_text(text)
        return tmp_path / "a.yaml"

    return write


def said(path: Path) -> list[str]:
    with pytest.raises(ScenarioError) as refused:
        load(path)
    return [str(problem).replace(f"{path.parent}/", "") for problem in refused.value.problems]


def test_a_file_that_says_nothing_more_is_its_base(written):
    path = written("base: base.yaml\n")
    assert load(path) == load(path.parent / "base.yaml")


def test_a_mapping_is_laid_over_field_by_field(written):
    found = load(written("base: base.yaml\nname: other\ntraffic: {rate: 50/s}\nservice: {fleet: {size: 4}}\n"))
    assert (found.name, found.traffic.rate, found.traffic.baseline_errors) == ("other", 50.0, 0.01)
    assert (found.service.fleet.size, found.service.fleet.capacity) == (4, 100.0)


def test_a_random_quantity_and_a_list_without_names_are_replaced_whole(written):
    path = written(
        "base: base.yaml\n"
        "service: {lifecycle: {durations: {ValidateService: {uniform: [1 s, 2 s]}}}}\n"
        "revision: {defects: [{kind: crash_at_start}]}\n"
    )
    found = load(path)
    assert isinstance(found.service.lifecycle.durations["ValidateService"], Uniform)
    assert [defect.kind for defect in found.revision.defects] == ["crash_at_start"]
    assert found.revision.bad == 0.05


def test_the_strategies_are_those_listed_and_start_from_their_namesakes(written):
    path = written(
        "base: base.yaml\n"
        "strategies:\n"
        "  - {name: all, configuration: CodeDeployDefault.AllAtOnce}\n"
        "  - {name: one, traffic: {baseline_errors: 2 %}}\n"
    )
    found = load(path)
    assert [strategy.name for strategy in found.strategies] == ["all", "one"]
    world = found.under("one")
    assert (world.traffic.rate, world.traffic.baseline_errors) == (100.0, 0.02)
    assert found.strategy("one").configuration.name == "CodeDeployDefault.OneAtATime"


def test_alarms_start_from_their_namesakes_and_an_empty_list_is_none(written):
    found = load(written("base: base.yaml\nalarms: [{name: 5xx, threshold: 9}]\n"))
    assert [(alarm.name, alarm.threshold, alarm.evaluation_periods) for alarm in found.alarms] == [("5xx", 9.0, 2)]
    assert load(written("base: base.yaml\nalarms: []\n")).alarms == ()


def test_alarms_that_the_base_reads_from_a_file_have_names_too(written):
    alarm = {"AlarmName": "a", "MetricName": "RequestCount", "Namespace": "AWS/ApplicationELB", "Period": 60,
             "EvaluationPeriods": 3, "Threshold": 1.0, "Statistic": "Sum",
             "ComparisonOperator": "GreaterThanThreshold"}  # fmt: skip
    base = BASE.split("alarms:", maxsplit=1)[0] + "alarms: {from: x.json}\nstrategies:" + BASE.split("strategies:")[1]
    path = written("base: base.yaml\nalarms: [{name: a, threshold: 7}]\n", base, x_json=json.dumps([alarm]))
    assert [(alarm.threshold, alarm.evaluation_periods) for alarm in load(path).alarms] == [(7.0, 3)]


@pytest.mark.parametrize("over", ["hooks: {ApplicationStart: {duration: 7 s}}", "durations: {ApplicationStart: 7 s}"])
def test_a_duration_counts_wherever_it_is_written(written, over):
    found = load(written(f"base: base.yaml\nservice: {{lifecycle: {{{over}}}}}\n")).service.lifecycle
    assert found.durations["ApplicationStart"].fixed == 7.0
    assert found.hooks["ApplicationStart"].scripts[0].timeout == 300.0
    assert found.durations["ValidateService"].fixed == 10.0


def test_another_platform_is_another_service(written):
    path = written(
        "base: base.yaml\nservice: {platform: lambda, concurrency: 9, request_duration: 1 s}\nfaults: []\n"
        "strategies: [{name: all, configuration: CodeDeployDefault.LambdaAllAtOnce}]\n"
    )
    assert load(path).service.platform == "lambda"


def test_files_are_looked_for_beside_the_file_that_names_them(written):
    alarm = {"AlarmName": "a", "MetricName": "RequestCount", "Namespace": "AWS/ApplicationELB", "Period": 60,
             "EvaluationPeriods": 3, "Threshold": 1.0, "Statistic": "Sum",
             "ComparisonOperator": "GreaterThanThreshold"}  # fmt: skip
    below = "base: own.yaml\nalarms: {from: x.json}\n"
    path = written("base: in/b.yaml\n", in__b_yaml=below, in__own_yaml=BASE, in__x_json=json.dumps([alarm]))
    assert [alarm.name for alarm in load(path).alarms] == ["a"]
    path.write_text("base: in/b.yaml\nalarms: {from: x.json}\n")
    assert said(path)[0].startswith("x.json: no such file")


def test_the_resolved_scenario_stands_on_its_own(written):
    found = load(written("base: base.yaml\ntraffic: {rate: 50/s}\n"))
    assert loads(dump(found)) == found


def test_set_reaches_what_the_base_says_and_the_base_itself(written):
    path = written("base: base.yaml\n", other_yaml=BASE.replace("size: 8", "size: 9"))
    assert load(path, sets=["alarms.5xx.threshold=1"]).alarms[0].threshold == 1.0
    assert load(path, sets=["base=other.yaml"]).service.fleet.size == 9


def test_complaints_point_into_the_file_they_are_about(written):
    path = written(
        "base: base.yaml\nslo: {objective: 7}\ntraffic: {rat: 1/s}\n", BASE.replace("capacity: 100/s", "capacity: 100")
    )
    first, second, third = said(path)
    assert first.startswith("a.yaml:2:18: ")
    assert second.startswith("a.yaml:3:11: unknown field 'rat'")
    assert third.startswith("base.yaml:4:30: ")
    assert "{size: 8, capacity: 100}" in third


def test_a_base_that_is_no_yaml_is_told_with_where_it_is_named(written):
    (problem,) = said(written("base: base.yaml\n", "name: 'x\n"))
    assert problem.startswith("base.yaml:1:7: ")
    assert "(named in " in problem
    assert "a.yaml:1:7)" in problem


@pytest.mark.parametrize(
    ("named", "text"),
    [
        ("../base.yaml", "leads out of the scenario's folder"),
        ("/etc/passwd", "leads out of the scenario's folder"),
        ("[a]", "write the path of a file"),
        ("none.yaml", "no such file"),
    ],
)
def test_a_base_that_cannot_be_taken_is_the_only_complaint(written, named, text):
    (problem,) = check(written(f"base: {named}\n"))
    assert text in problem.message
    assert (problem.line, problem.column) == (1, 7) or "named in" in problem.message


def test_a_circle_is_refused_where_it_closes(written):
    path = written("base: b.yaml\n", b_yaml="name: b\nbase: c.yaml\n", c_yaml="base: b.yaml\n")
    (problem,) = said(path)
    assert problem.startswith("c.yaml:1:7: these files build on each other in a circle ('a.yaml' -> 'b.yaml'")
    path.write_text("base: a.yaml\n")
    assert said(path)[0].startswith("a.yaml:1:7: these files build on each other")


def test_a_link_out_of_the_folder_is_no_base(written, tmp_path):
    (tmp_path / "in").mkdir()
    path = written("base: base.yaml\n")
    (tmp_path / "in" / "b.yaml").symlink_to(tmp_path / "base.yaml")
    (tmp_path / "in" / "a.yaml").write_text("base: b.yaml\n")
    assert "a link out of the scenario's folder" in said(tmp_path / "in" / "a.yaml")[0]
    assert path.exists()


def test_a_scenario_from_text_has_no_base():
    with pytest.raises(ScenarioError, match="has no folder to find files in"):
        loads("base: a.yaml\n")
