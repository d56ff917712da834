"""Advice: said when earned, silent when not, and never in the way."""

from __future__ import annotations

import pytest

from simulator.scenario import check, load
from simulator.scenario.templates import template

SERVER, LAMBDA = template("server"), template("lambda")
HALF = "'half-at-a-time' leaves 6 of 12 in service, 360/s for a peak of 500/s; keep 9 in service"
AT_ONCE = "'all-at-once' moves all traffic at once: everybody has the new version before any alarm can fire"


@pytest.fixture
def advice(tmp_path):
    def given(text: str, *changes: tuple[str, str]) -> list[str]:
        for before, after in changes:
            assert before in text
            text = text.replace(before, after)
        path = tmp_path / "a.yaml"
        path.write_text(text)
        load(path)
        problems = check(path)
        assert all(problem.severity == "advice" for problem in problems)
        return [problem.message for problem in problems]

    return given


def test_a_careful_scenario_gets_advice_about_its_strategies_alone(advice):
    (said,) = advice(SERVER)
    assert said.startswith(HALF)
    (said,) = advice(LAMBDA)
    assert said.startswith(AT_ONCE)


ALARM = "{name: 5xx, namespace: AWS/ApplicationELB, metric_name: HTTPCode_Target_5XX_Count, threshold: 300}"


@pytest.mark.parametrize(
    ("text", "before", "after", "said"),
    [
        (
            SERVER,
            ", DEPLOYMENT_STOP_ON_ALARM]",
            "]",
            "an alarm stops the deployment but nothing rolls it back",
        ),
        (SERVER, ALARM, ALARM[:-1] + ", watched: false}", "no alarm is watched"),
        (SERVER, "AWS/ApplicationELB", "AWS/EC2", "alarm '5xx' is on something that is not simulated"),
        (
            SERVER,
            "metric_name: HTTPCode_Target_5XX_Count, threshold: 300",
            "metric_name: TargetResponseTime, statistic: p99, threshold: 1",
            "p99 of response times hangs on their scatter, which is not modelled; watch the Average",
        ),
        (
            SERVER,
            "metric_name: HTTPCode_Target_5XX_Count, threshold: 300",
            "metric_name: TargetResponseTime, statistic: Average, threshold: 1",
            "the scenario does not say how long requests take; write traffic.latency",
        ),
        (
            SERVER,
            "metric_name: HTTPCode_Target_5XX_Count, threshold: 300",
            "metric_name: HTTPCode_Target_5XX_Count, statistic: Average, threshold: 300",
            "its Average is not simulated; take Sum",
        ),
        (SERVER, "AWS/ApplicationELB", "AWS/EC2", "no watched alarm is on a metric the simulation produces"),
        (SERVER, ", probes: 20", "", "hooks without probes see a crash alone"),
        (SERVER, ", duration: 15 s", "", "no duration is given for ValidateService"),
        (SERVER, ", capacity: 60/s", "", "no capacity is stated"),
        (SERVER, "slo: {objective: 99.9 %, window: 28 d}\n", "", "no objective is stated"),
        (
            SERVER,
            "faults: [{kind: hook_failure, event: ApplicationStart, probability: 0.2 %}]\n",
            "",
            "nothing goes wrong but the revision itself",
        ),
        (SERVER, "delay: 60 s", "delay: 1 h", "'one-at-a-time' needs 12."),
        (
            LAMBDA,
            "    threshold: 20\n",
            "    threshold: 20\n    evaluation_periods: 7\n",
            "alarm 'new version errors'",
        ),
        (SERVER, "rate: 500/s", "rate: 0/s", "no traffic, so no user can be harmed; compare durations only"),
        (SERVER, "size: 12", "size: 2001", "CodeDeploy takes 2000 instances in a deployment"),
    ],
)
def test_each_piece_of_advice_is_earned(advice, text, before, after, said):
    assert any(said in message for message in advice(text, (before, after))), said
    assert not any(said in message for message in advice(text))


@pytest.mark.parametrize(
    ("text", "before", "after", "said", "remedy"),
    [
        (
            SERVER,
            "rate: 500/s",
            "rate: 900/s",
            "the fleet answers 720/s and traffic peaks at 900/s before any deployment; every figure is on top of that",
            "raise fleet.size to 15 or check fleet.capacity",
        ),
        (SERVER, "capacity: 60/s", "capacity: 0/s", "the fleet answers 0/s", "check fleet.capacity"),
        (SERVER, "rate: 500/s", "rate: 9e9/s", "the fleet answers 720/s", "check fleet.capacity"),
        (LAMBDA, "rate: 300/s", "rate: 2000/s", "the function answers 1666.67/s", "raise concurrency to 240 or check "),
    ],
)
def test_an_overload_before_any_deployment_is_said_once_and_instead_of_what_follows(
    advice, text, before, after, said, remedy
):
    messages = advice(text, (before, after))
    (overload,) = [message for message in messages if said in message]
    assert f"overload; {remedy}" in overload
    assert not any(" in service" in message for message in messages)
    assert not any("before any deployment" in message for message in advice(text))


def test_an_overload_points_at_the_rate(tmp_path):
    (tmp_path / "a.yaml").write_text(SERVER.replace("rate: 500/s", "rate: 900/s"))
    (problem,) = check(tmp_path / "a.yaml")
    assert problem.path == ("traffic", "rate")


def test_nobody_is_told_to_keep_more_in_service_than_a_rollout_can(advice):
    messages = advice(SERVER, ("rate: 500/s", "rate: 700/s"))
    assert len(messages) == 3
    assert all("add servers or deploy when it is quiet" in message for message in messages)
    alone = SERVER[: SERVER.index("strategies:")]
    alone += "strategies: [{name: at once, configuration: CodeDeployDefault.AllAtOnce}]\n"
    (said,) = advice(alone, ("size: 12", "size: 1"), ("rate: 500/s", "rate: 50/s"))
    assert "leaves 0 of 1 in service" in said
    assert "keep" not in said


def test_a_rollback_on_alarms_that_are_not_there(advice):
    watched = advice(SERVER + "  - {name: unwatched, configuration: CodeDeployDefault.OneAtATime, alarms: []}\n")
    said = "no alarm is given, so none can stop this rollout"
    assert sum(said in message for message in watched) == 1
    assert not any(said in message for message in advice(SERVER))


def test_nothing_rolled_back_by_itself(advice):
    alarms = f"alarms:                                        # or {{from: describe-alarms.json}}\n  - {ALARM}\n"
    said = advice(SERVER, ("[DEPLOYMENT_FAILURE, DEPLOYMENT_STOP_ON_ALARM]", "[]"), (alarms, ""))
    assert any("nothing is rolled back by itself" in message for message in said)


def test_advice_points_at_the_line_it_is_about(tmp_path):
    (tmp_path / "a.yaml").write_text(SERVER)
    (problem,) = check(tmp_path / "a.yaml")
    assert "half-at-a-time" in problem.source
    assert problem.source[problem.column - 1 :].startswith("configuration:")


def test_advice_is_not_mixed_with_problems(tmp_path):
    (tmp_path / "a.yaml").write_text(SERVER.replace("bad: 5 %", "bad: 5"))
    assert [problem.severity for problem in check(tmp_path / "a.yaml")] == ["error"]


def test_a_batch_is_held_against_the_hour_it_is_deployed_in(advice):
    day = 'traffic: {rate: 500/s, daily: {"00:00": 20 %, "08:00": 100 %, "20:00": 50 %}, baseline_errors: 0.1 %}'
    flat = "traffic: {rate: 500/s, baseline_errors: 0.1 %}"
    by_day, at_night = (
        advice(SERVER, (flat, day), ("start: Tuesday 10:00", f"start: Tuesday {time}")) for time in ("10:00", "03:00")
    )
    assert any(message.startswith(HALF) for message in by_day)
    assert not any(message.startswith(HALF) for message in at_night)


@pytest.mark.parametrize(
    ("initially", "earned"),
    [("{stopped: 6}", True), ("{stopped: 5}", False), ("{stopped: 6, unhealthy: 6}", False), ("{unhealthy: 6}", False)],
)
def test_stopped_hosts_that_use_up_the_floor_are_said_before_they_fail_it(advice, initially, earned):
    """Half at a time on twelve keeps six: six that are stopped are all the places there are."""
    told = advice(SERVER, ("size: 12,", f"size: 12, initially: {initially},"))
    floor = "'half-at-a-time' keeps 6 of 12 healthy and 6 are stopped, so CodeDeploy ends it with HEALTH_CONSTRAINTS"
    assert any(said.startswith(floor) and "keep 5 at most" in said for said in told) is earned


def test_a_health_check_cannot_fail_where_there_is_none(advice):
    text = """
name: no balancer
service: {platform: server, fleet: {size: 4}}
traffic: {rate: 1/s}
faults: [{kind: health_check_failure, probability: 1 %}]
strategies: [{name: a, configuration: CodeDeployDefault.AllAtOnce}]
"""
    assert any(said.startswith("without a load_balancer there is no health check to fail") for said in advice(text))


def test_a_bake_that_is_over_before_its_alarm_can_fire_is_told(tmp_path):
    """An alarm of three minutes behind a bake of two; with ten minutes there is nothing to say."""
    text = """
name: x
service: {platform: lambda, regions: [{name: west, share: 50 %}, {name: east, share: 50 %}]}
traffic: {rate: 100/s}
revision: {bad: 5 %, defects: [{kind: errors, share: 50 %}]}
alarms: [{name: errors, metric_name: Errors, threshold: 5, evaluation_periods: 5}]
strategies:
  - name: s
    configuration: CodeDeployDefault.LambdaAllAtOnce
    stages: [{name: first, region: west, bake: BAKE}, {name: second, region: east}]
"""
    told = {}
    for bake in ("2 min", "10 min"):
        path = tmp_path / "x.yaml"
        path.write_text(text.replace("BAKE", bake), encoding="utf-8")
        told[bake] = [each.message for each in check(path)]
    assert any("stage 'first' of 's' is over after 2 min, alarm 'errors' needs at least" in m for m in told["2 min"])
    assert not any("stage 'first'" in m or "at once" in m for m in told["10 min"])
