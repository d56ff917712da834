"""Every way out of a deployment, from the engine to the words that people read."""

from __future__ import annotations

from typing import Any

import pytest

import simulator
from simulator.model.scenario import Scenario
from simulator.report.numbers import Numbers
from simulator.report.tables import chances
from simulator.scenario import loads
from simulator.trace.leftovers import left_behind
from simulator.trace.text import why
from tests.worlds import a_fleet, a_service, an_alias, canary, errors_alarm, once

BAD = {"bad": 1.0, "defects": [{"kind": "errors", "share": 0.5}]}
ON_ALARM = {"events": ["DEPLOYMENT_STOP_ON_ALARM"]}
NOBODY: dict[str, Any] = {"people": None, "horizon": 7200.0}
ALARM = errors_alarm(1.0)
FLEET_ALARM = {"name": "5xx", "metric_name": "HTTPCode_Target_5XX_Count", "threshold": 1, "evaluation_periods": 1,
               "treat_missing_data": "notBreaching"}  # fmt: skip
TIMES = {"BlockTraffic": 0.0, "AllowTraffic": 0.0, "ApplicationStart": 100.0}
FAILS = {"kind": "hook_failure", "event": "BeforeAllowTraffic", "target": 0}


def alias(**rest: Any) -> Scenario:
    return an_alias(canary(10, 30), **{**NOBODY, **rest})


def fleet(**rest: Any) -> Scenario:
    return a_fleet(4, "CodeDeployDefault.OneAtATime", durations=TIMES, **{**NOBODY, **rest})


BACK_FAILS = {"kind": "rollback_failure", "probability": 1.0}
# The world; then outcome, status of the deployment, and what it leaves where it leaves both revisions.
WAYS: dict[str, tuple[Scenario, str, str, str | None]] = {
    "succeeded": (alias(), "succeeded", "Succeeded", None),
    "failed": (alias(hooks={"BeforeAllowTraffic": {}}, faults=[FAILS]), "failed", "Failed", None),
    "stopped while nothing had moved": (
        a_service(canary(10, 5, "ECS"), ready={"action": "STOP_DEPLOYMENT", "wait": 600.0}, **NOBODY),
        "failed",
        "Stopped",
        None,
    ),
    "rolled back": (alias(revision=BAD, alarms=[ALARM], rollback=ON_ALARM), "rolled_back", "Stopped", None),
    "rollback failed, alias split": (
        alias(revision=BAD, alarms=[ALARM], rollback=ON_ALARM, faults=[BACK_FAILS]),
        "rollback_failed",
        "Stopped",
        "a split alias",
    ),
    "split alias": (alias(revision=BAD, alarms=[ALARM]), "stuck", "Stopped", "a split alias"),
    "split listener": (
        a_service(canary(10, 30, "ECS"), revision=BAD, alarms=[FLEET_ALARM], **NOBODY),
        "stuck",
        "Stopped",
        "a split listener",
    ),
    "split fleet": (fleet(revision=BAD, alarms=[FLEET_ALARM]), "stuck", "Stopped", "a split fleet"),
    "split between regions": (
        an_alias(
            service={"regions": [{"name": "west", "share": 0.5}, {"name": "east", "share": 0.5}]},
            hooks={"BeforeAllowTraffic": {}},
            faults=[{**FAILS, "target": 1}],
            strategies=[
                {
                    "name": "only",
                    "configuration": "CodeDeployDefault.LambdaAllAtOnce",
                    "stages": [{"name": "one", "region": "west"}, {"name": "two", "region": "east"}],
                }
            ],
            **NOBODY,
        ),
        "stuck",
        "Failed",
        "a split between regions",
    ),
    "bad in production": (alias(revision=BAD), "bad_in_production", "Succeeded", None),
}


@pytest.mark.parametrize("way", WAYS)
def test_each_way_out_has_its_word_its_status_and_what_it_leaves(way: str) -> None:
    world, word, status, leaves = WAYS[way]
    trace, outcome = once(world, stratum="bad" if world.revision.bad else "good", grain="full")
    assert (outcome.outcome, outcome.deployment_status, outcome.left_split) == (word, status, leaves is not None)
    if leaves is not None:
        assert left_behind(trace) == leaves
    if word == "stuck":
        assert f"left {leaves}" in why(trace, outcome)


SPLIT = """
name: stopped and left
service: {platform: lambda}
traffic: {rate: 100/s}
revision: {bad: 50 %, defects: [{kind: errors, share: 50 %}]}
alarms: [{name: errors, metric_name: Errors, threshold: 20, treat_missing_data: notBreaching, evaluation_periods: 1}]
people: null
horizon: 2 h
strategies: [{name: no way back, configuration: CodeDeployDefault.LambdaCanary10Percent30Minutes}]
"""


def test_a_report_says_how_often_an_alias_is_left_split() -> None:
    comparison = simulator.compare(loads(SPLIT), replications=20, seed=1, workers=1)
    outcomes = comparison.outcomes
    share = float((outcomes["left_split"] * outcomes["weight"]).sum() / outcomes["weight"].sum())
    assert share == pytest.approx(0.5)  # every bad release, and no good one
    table = chances(Numbers(comparison), ["no way back"])
    events = [row["event"].text for row in table.rows]
    assert "leaves both revisions in production: a split alias" in events
