"""A scenario that points at three real files of AWS's own shape is compared from end to end."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import simulator
from simulator.model.service import ServerFleet

SCENARIO = """
name: three real artefacts
service:
  platform: server
  fleet: {size: 8, capacity: 50/s}
  load_balancer: {deregistration_delay: 30 s, health_check: {interval: 10 s, healthy_threshold: 2}}
  lifecycle:
    appspec: appspec.yml
    durations: {BeforeInstall: {median: 20 s, p95: 60 s}, ApplicationStart: 15 s}
traffic: {rate: 250/s, baseline_errors: 0.1 %}
revision: {bad: 5 %, defects: [{kind: errors, share: 10 %}]}
alarms: {from: describe-alarms.json}
rollback: {events: [DEPLOYMENT_FAILURE, DEPLOYMENT_STOP_ON_ALARM]}
strategies:
  - {name: half-at-a-time, configuration: CodeDeployDefault.HalfAtATime}
  - {name: three-quarters, configuration: {from: deployment-config.json}}
"""


@pytest.mark.parametrize(
    "appspec", ["aws-sampleapp-linux.yml", "gurre-hooks-multiple.yml", "aws-sampleapp-windows.yml"]
)
def test_compare_runs_on_a_scenario_that_points_at_three_real_files(shared: Path, tmp_path: Path, appspec: str) -> None:
    corpus = shared / "corpus"
    shutil.copy(corpus / "appspec" / appspec, tmp_path / "appspec.yml")
    shutil.copy(corpus / "cli" / "awscli-get-deployment-config.json", tmp_path / "deployment-config.json")
    shutil.copy(corpus / "cli" / "awscli-describe-alarms.json", tmp_path / "describe-alarms.json")
    path = tmp_path / "scenario.yaml"
    path.write_text(SCENARIO, encoding="utf-8")

    scenario = simulator.load(path)
    assert isinstance(scenario.service, ServerFleet)
    assert "BeforeInstall" in scenario.service.lifecycle.hooks
    hosts = scenario.strategy("three-quarters").configuration.minimum_healthy_hosts
    assert hosts is not None
    assert (hosts.type, hosts.value) == ("FLEET_PERCENT", 75)
    assert scenario.alarms[0].metric_name == "CPUUtilization"

    comparison = simulator.compare(scenario, replications=20, seed=3, workers=1)
    assert len(comparison.outcomes) == 40
    good = comparison.outcomes[comparison.outcomes.stratum == "good"]
    assert set(good.outcome) == {"succeeded"}
    folder = simulator.render(comparison, out=tmp_path / "report")
    assert (tmp_path / "report" / "report.html").exists()
    assert str(folder).startswith(str(tmp_path / "report"))
