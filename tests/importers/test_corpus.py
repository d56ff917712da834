"""Real files of other people, against what has been read out of them by hand (../shared/corpus)."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
import yaml

from simulator.errors import ImportFailure
from simulator.importers import alarms, appspec, deployment_config, recognise


def entries(shared, folder):
    index = yaml.safe_load((shared / "corpus" / folder / "index.yaml").read_text())
    return [(shared / "corpus" / folder / entry["file"], entry) for entry in index["files"]]


def test_appspecs_that_codedeploy_refuses_are_refused_with_a_line(shared):
    refused = [(path, entry) for path, entry in entries(shared, "appspec") if not entry["expected"]]
    assert refused
    for path, _ in refused:
        with pytest.raises(ImportFailure) as failure:
            appspec.read(path)
        assert all(problem.line > 0 and problem.file == str(path) for problem in failure.value.problems)


def test_server_appspecs(shared):
    found = [item for item in entries(shared, "appspec") if item[1]["platform"].startswith("server")]
    for path, entry in found:
        expected = entry["expected"]
        if not expected:
            continue
        spec = appspec.read(path)
        assert spec.platform == "server"
        assert entry["platform"] == f"server-{spec.os}"
        hooks = {hook["event"]: hook for hook in expected["hooks"]}
        assert list(spec.hooks) == list(hooks), path.name
        for event, scripts in spec.hooks.items():
            assert [script.location for script in scripts] == hooks[event]["locations"]
            assert [script.limit for script in scripts] == hooks[event]["timeouts"]
            assert [script.runas for script in scripts] == hooks[event]["runas"]
        assert list(spec.execution_order) == expected["hooks_execution_order"]
        assert (spec.files, spec.permissions) == (expected["files"], expected["permissions"])
        assert spec.file_exists_behavior == expected["file_exists_behavior"]
        assert set(spec.lifecycle.hooks) == set(spec.execution_order)


def test_lambda_and_ecs_appspecs(shared):
    found = [item for item in entries(shared, "appspec") if item[1]["platform"] in ("lambda", "ecs")]
    for path, entry in found:
        expected, spec = entry["expected"], appspec.read(path)
        assert spec.platform == entry["platform"]
        functions = [{"event": event, "function": scripts[0].location} for event, scripts in spec.hooks.items()]
        assert functions == expected["hooks"], path.name
        assert (None if spec.version is None else str(spec.version)) == expected["version_raw"]
        assert spec.function == expected.get("function", {})
        assert spec.service == expected.get("service", {})


def test_deployment_configurations(shared):
    for path, entry in entries(shared, "cli"):
        if not entry["command"].endswith("get-deployment-config"):
            continue
        expected = entry["expected"]["config"]
        found: Any = deployment_config.read(path).configuration
        assert found.name == expected["name"]
        assert found.compute_platform == (expected["platform"] or "Server")
        assert (found.zonal is None) == (expected["zonal"] is None)
        hosts = found.minimum_healthy_hosts
        assert (hosts and hosts.model_dump()) == expected["minimum_healthy_hosts"]
        routing = expected["traffic_routing"]
        if routing is None:
            assert found.traffic_routing is None
            continue
        assert found.traffic_routing.type == routing["type"]
        for ours, theirs, word in (
            (found.traffic_routing.time_based_canary, "timeBasedCanary", "canary"),
            (found.traffic_routing.time_based_linear, "timeBasedLinear", "linear"),
        ):
            assert (ours is None) == (theirs not in routing)
            if ours is not None:
                assert ours.percentage == routing[theirs][f"{word}Percentage"]
                assert ours.interval == routing[theirs][f"{word}Interval"] * 60


def test_alarms(shared):
    for path, entry in entries(shared, "cli"):
        if "describe-alarms" not in entry["command"]:
            continue
        expected = entry["expected"]
        read = {alarm.name: alarm for alarm in alarms.read(path).alarms}
        assert len(read) == sum(len(found) for found in expected.values())
        for wanted in expected.get("MetricAlarms", []):
            alarm = read[wanted["name"]]
            assert alarm.state == wanted["state"]
            assert (alarm.namespace, alarm.metric_name) == (wanted["namespace"], wanted["metric"])
            assert (alarm.statistic, alarm.period) == (wanted["statistic"], wanted["period"])
            assert alarm.evaluation_periods == wanted["evaluation_periods"]
            assert alarm.threshold == wanted["threshold"]
            assert alarm.comparison_operator == wanted["comparison"]
        for wanted in expected.get("CompositeAlarms", []):
            assert read[wanted["name"]].alarm_rule == wanted["rule"]
            assert read[wanted["name"]].state == wanted["state"]


def test_every_file_is_recognised_or_refused_in_words(shared):
    for folder in ("appspec", "cli"):
        for path, _ in entries(shared, folder):
            with contextlib.suppress(ImportFailure):
                recognise.fragment([recognise.read(path)])
