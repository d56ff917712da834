"""What a scenario says for nothing is told: scripts that never run or end in time, options that nobody reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.scenario import check

WORLD = """
name: x
service:
  platform: server
  fleet: {size: 4, instance_type: m6i.large}
  load_balancer: {}
  lifecycle: {hooks: {ApplicationStart: {timeout: 60 s, duration: 30 s}}}
traffic: {rate: 1/s}
alarms:
  - {name: own, namespace: Shop, metric_name: failures, measures: errors, threshold: 5, period: 10 s}
  - {name: 5xx, namespace: AWS/ApplicationELB, metric_name: HTTPCode_Target_5XX_Count, threshold: 5, period: 1 min}
horizon: 1 h
blue_green: {ready: {action: STOP_DEPLOYMENT, wait: 10 min}}
strategies:
  - {name: a, configuration: CodeDeployDefault.AllAtOnce, deployment_type: blue_green}
  - {name: b, configuration: CodeDeployDefault.AllAtOnce}
"""


def told(tmp_path: Path, text: str) -> list[tuple[str, tuple[str | int, ...]]]:
    path = tmp_path / "x.yaml"
    path.write_text(text, encoding="utf-8")
    problems = check(path)
    assert all(problem.severity == "advice" for problem in problems), problems
    return [(problem.message, problem.path) for problem in problems]


@pytest.mark.parametrize(
    ("before", "after", "said", "field"),
    [
        (
            "duration: 30 s",
            "duration: 61 s",
            "ApplicationStart takes 1 min 1 s and is ended after 1 min, so it fails every time",
            ("service", "lifecycle", "hooks", "ApplicationStart"),
        ),
        (
            "duration: 30 s",
            "duration: {uniform: [90 s, 120 s]}",
            "ApplicationStart takes 1 min 30 s at the least and is ended after 1 min",
            ("service", "lifecycle", "hooks", "ApplicationStart"),
        ),
        (
            "  load_balancer: {}\n  lifecycle: {hooks: {",
            "  lifecycle: {hooks: {AfterBlockTraffic: {duration: 5 s}, ",
            "AfterBlockTraffic runs where a load balancer is, and there is none, so this hook never runs",
            ("service", "lifecycle", "hooks", "AfterBlockTraffic"),
        ),
        (
            "threshold: 5, period: 1 min",
            "threshold: 5, period: 10 s",
            "alarm '5xx' looks every 10 s at HTTPCode_Target_5XX_Count, which AWS publishes once a minute",
            ("alarms", 1),
        ),
        ("horizon: 1 h", "horizon: 0 s", "horizon: a run is watched no longer than its deployment", ("horizon",)),
        (", deployment_type: blue_green", "", "blue_green is read by blue/green deployments alone", ("blue_green",)),
    ],
)
def test_what_is_said_in_vain_is_told_at_its_place(tmp_path, before, after, said, field) -> None:
    assert before in WORLD
    text = WORLD.replace(before, after)
    if "load_balancer" in before:
        text = text.replace(", deployment_type: blue_green", "").replace("blue_green: {ready", "# {ready")
    assert [path for message, path in told(tmp_path, text) if message.startswith(said)] == [field]
    assert not any(message.startswith(said) for message, _ in told(tmp_path, WORLD))


def test_a_timeout_that_a_duration_reaches_exactly_is_none_passed(tmp_path) -> None:
    assert not any("every time" in message for message, _ in told(tmp_path, WORLD.replace("30 s", "60 s")))


def test_zones_of_a_fleet_that_has_one_are_told(tmp_path) -> None:
    text = WORLD.replace(", deployment_type: blue_green", "").replace("blue_green: {ready", "# {ready")
    zonal = "{minimum_healthy_hosts: {type: HOST_COUNT, value: 1}, zonal: {monitor_duration: 2 min}}"
    one_zone = text.replace("b, configuration: CodeDeployDefault.AllAtOnce", f"b, configuration: {zonal}")
    assert one_zone != text
    said = [message for message, _ in told(tmp_path, one_zone) if message.startswith("a zonal configuration goes")]
    assert len(said) == 1
