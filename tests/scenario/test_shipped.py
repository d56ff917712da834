"""The scenarios that travel with the package, the templates and the schema."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from simulator.model.scenario import Scenario
from simulator.scenario import check, json_schema, load, loads
from simulator.scenario.shipped import shipped
from simulator.scenario.templates import template


def test_scenarios_are_shipped_in_order_of_their_names():
    assert {"incident-replay", "lambda-api", "one-box-first", "web-fleet"} <= set(shipped())
    assert list(shipped()) == sorted(shipped())


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_scenario_is_short_says_what_it_teaches_and_has_no_problem(name):
    text = shipped()[name].read_text()
    assert text.startswith("# ")
    assert len(text.splitlines()) <= 45
    assert load(shipped()[name]).teaches
    assert not [problem for problem in check(shipped()[name]) if problem.severity == "error"]


def test_the_web_fleet_runs_at_four_fifths_of_its_capacity():
    scenario: Any = load(shipped()["web-fleet"])
    assert scenario.traffic.rate / scenario.service.capacity == pytest.approx(0.8)
    assert scenario.current_strategy == "half-at-a-time"
    floor = scenario.strategy("four-fifths-healthy").configuration.minimum_healthy_hosts
    assert floor.required(40) * scenario.service.fleet.capacity == scenario.traffic.rate


def test_the_web_fleets_alarm_is_quiet_while_the_service_is_well():
    scenario: Any = load(shipped()["web-fleet"])
    (alarm,) = scenario.alarms
    assert (alarm.watched, alarm.pages) == (True, True)
    baseline = scenario.traffic.rate * scenario.traffic.baseline_errors * alarm.period
    assert baseline + 10 * baseline**0.5 < alarm.threshold < 0.5 * 0.1 * scenario.traffic.rate * alarm.period


def test_the_lambda_alarm_looks_at_the_new_version_alone():
    scenario: Any = load(shipped()["lambda-api"])
    (alarm,) = scenario.alarms
    versions = {query.metric.dimensions["ExecutedVersion"] for query in alarm.metrics if query.metric}
    assert versions == {scenario.service.target_version} == {"42"}


def test_the_replay_fixes_what_happened():
    scenario: Any = load(shipped()["incident-replay"])
    assert scenario.revision.bad == 1.0
    assert scenario.revision.defects[0].share.fixed == 0.125
    assert all(duration.fixed is not None for duration in scenario.service.lifecycle.durations.values())
    assert {fault.kind for fault in scenario.faults} == {"instance_crash", "hook_failure"}


@pytest.mark.parametrize("platform", ["server", "lambda", "ecs"])
def test_a_template_loads_and_compares_strategies(platform):
    scenario = loads(template(platform))
    assert scenario.service.platform == platform
    assert len(scenario.strategies) >= 3


def test_a_template_for_no_platform():
    with pytest.raises(ValueError, match="write server, lambda, ecs"):
        template("mainframe")  # type: ignore[arg-type]  # what a command line may pass


def test_the_schema_is_json_and_names_every_field_of_shipped_scenarios():
    schema = json_schema()
    json.dumps(schema)
    assert set(schema["properties"]) == {*Scenario.model_fields, "base"}
    strategy = schema["$defs"]["Strategy"]["properties"]
    for path in shipped().values():
        written = yaml.safe_load(path.read_text())
        assert set(written) <= set(schema["properties"])
        assert all(set(item) <= set(strategy) for item in written["strategies"])
