"""A report of a service in several regions."""

from __future__ import annotations

import simulator
from simulator.report import render
from simulator.report.datapoints import datapoints
from simulator.scenario import loads
from simulator.trace.records import AlarmChange

TEXT = """
name: an api in two regions
service: {platform: lambda, regions: [{name: west, share: 30 %}, {name: east, share: 70 %}]}
traffic: {rate: 100/s}
revision: {bad: 50 %, defects: [{kind: errors, share: 50 %}]}
alarms: [{name: errors, metric_name: Errors, threshold: 20, treat_missing_data: notBreaching, evaluation_periods: 1}]
rollback: {events: [DEPLOYMENT_STOP_ON_ALARM]}
strategies:
  - {name: together, configuration: CodeDeployDefault.LambdaCanary10Percent5Minutes}
  - name: west first
    configuration: CodeDeployDefault.LambdaCanary10Percent5Minutes
    stages: [{name: one, region: west, bake: 10 min}, {name: two, region: east}]
"""


def test_a_report_is_written_of_regions(tmp_path) -> None:
    comparison = simulator.compare(loads(TEXT), replications=20, seed=3, workers=1)
    page = (render(comparison, tmp_path / "regions") / "report.html").read_text(encoding="utf-8")
    assert "in each of 2 regions" in page
    assert "errors (west)" in page


def test_datapoints_of_each_regions_alarm_lead_to_its_change() -> None:
    run = simulator.run(loads(TEXT), strategy="together", seed=3, stratum="bad")
    found = {judged.alarm: judged for judged in datapoints(run)}
    assert set(found) == {"errors (west)", "errors (east)"}
    for record in run.trace.records:
        if isinstance(record, AlarmChange) and record.state == "ALARM":
            assert any(point.breaches and point.delivered <= record.time for point in found[record.alarm].points)
