"""A run told as a story, on hand-written traces."""

from __future__ import annotations

import pytest

from simulator.model.scenario import Scenario
from simulator.trace.records import (
    AlarmChange,
    DeploymentChange,
    End,
    EventRun,
    FaultStrike,
    FlowChange,
    PersonAct,
    Record,
    ServiceChange,
    TargetChange,
    Trigger,
)
from simulator.trace.text import narrate, why
from simulator.units import human
from tests.cli.traces import (
    ROLLED_BACK,
    SMOOTH,
    a_fleet,
    a_function,
    a_trace,
    flow,
    in_order,
    measured,
    one_at_a_time,
    rolled_back_canary,
    smooth_rollout,
    target,
)


def told(trace, scenario) -> str:
    return "\n".join(narrate(trace, scenario))


def test_the_story_carries_the_stopwatch_and_the_clock_on_the_wall() -> None:
    lines = narrate(smooth_rollout(), a_fleet())
    assert lines[0].startswith("0:00  Tue 23:59:00  CreateDeployment, 'half-at-a-time'")
    assert lines[-1].startswith("4:10  Wed 00:03:10  Settled.")


def test_a_batch_is_one_sentence_when_it_begins_and_one_when_it_ends() -> None:
    story = told(smooth_rollout(), a_fleet())
    assert "Batch 1 begins with BlockTraffic: 2 of 4 targets. The other 2 wait." in story
    assert "Batch 1: 2 Succeeded after 1 min 40 s to 1 min 58 s. The rest waited for target 1" in story
    assert "(1 min 28 s in ApplicationStart)" in story
    assert "No request failed" in story


def test_forty_targets_one_at_a_time_are_told_in_few_lines() -> None:
    lines = narrate(one_at_a_time(), a_fleet(size=40))
    assert len(lines) < 12
    assert any("37 more targets follow, one at a time: all Succeeded" in line for line in lines)


def test_a_target_that_fails_in_the_middle_is_told_by_itself() -> None:
    story = told(one_at_a_time(fails=20), a_fleet(size=40))
    assert "Target 20: Failed at ApplicationStart (ScriptFailed), after 1 min 30 s." in story
    assert "18 more targets follow" in story
    assert "18 more targets follow, one at a time" in story.partition("Target 20")[2]


def test_the_rollback_of_a_canary_is_told_in_the_order_it_happened() -> None:
    story = told(rolled_back_canary(), a_function())
    order = [
        "BeforeAllowTraffic: Succeeded after 10 s",
        "AllowTraffic: 10 % of production traffic",
        "Users: 5 % of requests fail",
        "goes to ALARM: the datapoint that tipped it was complete at 2:00 and could be read at 2:35.",
        "Somebody is paged",
        "which CodeDeploy saw when it looked at 3:00",
        "AfterAllowTraffic: Skipped",
        "is Stopped (ALARM_ACTIVE)",
        "CodeDeploy's rollback deployment is created",
        "no production traffic on the new version",
        "answered as well as before again",
        "rollback deployment is Succeeded",
        "Settled. The previous revision has all traffic.",
    ]
    places = [story.index(sentence) for sentence in order]
    assert places == sorted(places)


def test_a_failing_share_that_changes_eighty_times_is_told_in_ten_sentences() -> None:
    records: list[Record] = [
        FlowChange(0.0, flow(40, 0, size=40)),
        DeploymentChange(0.0, 0, "Created", "user"),
    ]
    for step in range(80):
        # Every second change is a rest without harm.
        new = step // 2 if step % 2 else 0
        records.append(FlowChange(20.0 * (step + 1), flow(40 - new, new, errors=1.0, size=40)))
    records.append(End(2000.0, "horizon"))
    users = [line for line in narrate(a_trace(records), a_fleet(size=40)) if "Users:" in line]
    assert 1 <= len(users) <= 10


def test_an_alarm_that_is_up_before_the_deployment_is_told_first() -> None:
    records = [AlarmChange(-120.0, "old news", "ALARM"), *smooth_rollout().records]
    lines = narrate(a_trace(records), a_fleet())
    assert "'old news' is already in ALARM, since -2:00" in lines[1]


def test_hosts_that_die_together_are_one_sentence() -> None:
    trace = smooth_rollout()
    for number in range(3):
        trace.records.insert(-1, FaultStrike(245.0 + number, "instance_crash", number))
        trace.records.insert(-1, ServiceChange(245.0 + number, number, "dies", "old"))
    dead = [line for line in narrate(trace, a_fleet()) if "die" in line]
    assert len(dead) == 1
    assert "Targets 0 to 2" in dead[0]


def test_a_trace_without_lifecycle_events_gives_a_shorter_story() -> None:
    records: list[Record] = [r for r in smooth_rollout().records if isinstance(r, FlowChange | DeploymentChange | End)]
    lines = narrate(a_trace(records, grain="states"), a_fleet())
    assert 2 <= len(lines) < len(narrate(smooth_rollout(), a_fleet()))


def test_names_from_a_file_cannot_break_a_line_of_the_story() -> None:
    name = "evil\n\x1b[31m[bold]name"
    lines = narrate(a_trace(smooth_rollout().records, strategy=name), a_fleet(strategy=name))
    assert "\\n\\x1b[31m[bold]name" in lines[0]
    assert all("\n" not in line and "\x1b" not in line for line in lines)


def test_the_last_sentence_names_the_slowest_event_of_a_smooth_rollout() -> None:
    sentence = why(smooth_rollout(), SMOOTH)
    assert "Succeeded in 4 min 10 s, 2 batches, each as long as its slowest target" in sentence
    assert "75 % of that was ApplicationStart (a script's own time)" in sentence
    assert sentence.endswith("users felt nothing.")


def test_the_last_sentence_names_whose_clock_decided_the_detection() -> None:
    sentence = why(rolled_back_canary(), ROLLED_BACK)
    assert "on alarm 'payments-errors', 2 min 48 s after" in sentence
    assert "most of it on the alarm's clock (1 min 46 s to fill its metric periods)" in sentence
    assert "425 requests failed, most of them on the bad revision." in sentence


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("succeeded", "Succeeded"),
        ("rolled_back", "Stopped"),
        ("rollback_failed", "Failed"),
        ("bad_in_production", "Succeeded"),
        ("failed", "Failed"),
        ("stuck", None),
    ],
)
def test_every_outcome_has_its_sentence(word: str, status: str | None) -> None:
    outcome = measured(outcome=word, deployment_status=status, duration_s=250.0 if status else float("inf"))
    sentence = why(rolled_back_canary(), outcome)
    assert sentence.endswith(".")
    assert "None" not in sentence
    assert sentence.count("\n") == 0


def test_a_good_revision_that_went_back_is_said_to_be_good() -> None:
    trace = rolled_back_canary()
    trace.defect, trace.stratum = None, "good"
    assert "although the revision was good" in why(trace, ROLLED_BACK)


def test_a_way_back_that_nobody_needed_says_so_and_how_long_its_deployment_ran() -> None:
    failed = measured(
        outcome="rolled_back", deployment_status="Failed", trigger="failure", duration_s=100.0, rollback_s=0.0
    )
    records: list[Record] = [
        FlowChange(-60.0, flow(4, 0)),
        DeploymentChange(0.0, 0, "Created", "user"),
        FlowChange(10.0, flow(3, 0)),
        DeploymentChange(100.0, 0, "Failed", "user", "HEALTH_CONSTRAINTS"),
        Trigger(100.0, "failure"),
        DeploymentChange(100.0, 1, "Created", "codeDeployRollback", None, True),
        DeploymentChange(1414.0, 1, "Succeeded", "codeDeployRollback", None, True),
        End(1414.0, "settled"),
    ]
    sentence = why(a_trace(records, stratum="bad", defect="crash at start"), failed)
    nothing = "there was nothing to take back, as no user had met the new revision"
    assert f"; {nothing}; the rollback deployment itself ran 21 min 54 s; users felt nothing." in sentence
    cut = [*records[:6], End(700.0, "horizon")]
    assert "itself was still running after 10" in why(a_trace(cut), failed)
    met = [*records[:3], FlowChange(50.0, flow(3, 1)), FlowChange(60.0, flow(3, 0)), *records[3:]]
    assert "as the previous revision served throughout it;" in why(a_trace(met), failed)
    assert f"{nothing}; users felt nothing." in why(a_trace([*records[:5], End(100.0, "settled")]), failed)


def test_the_wall_clock_runs_over_the_end_of_the_week() -> None:
    scenario = Scenario.model_validate(
        {
            **a_fleet().model_dump(mode="json", exclude_unset=True),
            "start": {"weekday": "Sunday", "time": "23:59"},
        }
    )
    assert "Mon 00:03:10" in narrate(smooth_rollout(), scenario)[-1]


def test_a_way_back_that_waited_for_a_dead_target_names_the_target() -> None:
    records: list[Record] = [
        Trigger(100.0, "alarm", "5xx"),
        DeploymentChange(101.0, 1, "Created", "codeDeployRollback", rollback=True),
        *target(0, 401.0, 521.0, deployment=1),
        *target(1, 521.0, 701.0, deployment=1),
        EventRun(401.0, 1, 7, "BlockTraffic", 101.0, "Skipped", "NotStarted"),
        TargetChange(401.0, 1, 7, "Failed"),
        End(800.0, "settled"),
    ]
    outcome = measured(**{**vars(ROLLED_BACK), "rollback_s": 303.0})
    said = why(a_trace(in_order(*records)), outcome)
    assert "the way back took 5 min 3 s, the largest part of it waiting for target 7" in said
    assert "target 7, which began nothing within 5 min" in said


def test_a_first_deployment_that_waited_for_a_dead_target_names_it_too() -> None:
    records: list[Record] = [
        *target(0, 1.0, 61.0),
        EventRun(301.0, 0, 7, "BlockTraffic", 1.0, "Skipped", "NotStarted"),
        TargetChange(301.0, 0, 7, "Failed"),
        End(400.0, "settled"),
    ]
    assert "100 % of that was waiting for target 7" in why(a_trace(in_order(*records)), SMOOTH)


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ([], "They stand down; there is nothing left to do."),
        (
            [ServiceChange(10.0, 20, "leaves", "old"), ServiceChange(12.0, 20, "up", "new")],
            "They stand down, though target 20 is still out of service.",
        ),
        (
            [
                ServiceChange(10.0, 20, "dies", "old"),
                PersonAct(20.0, "rolls back"),
                PersonAct(30.0, "repairs", "1 host"),
            ],
            "They have tried twice and leave the rest to others: target 20 is still out of service.",
        ),
        (
            [ServiceChange(10.0, 20, "dies", "old"), ServiceChange(30.0, 20, "repaired", "old")],
            "They stand down; there is nothing left to do.",
        ),
        (
            [PersonAct(20.0, "rolls back"), FlowChange(25.0, flow(2, 2, errors=0.5))],
            "They have tried once and leave the rest to others: 25 % of requests still fail.",
        ),
    ],
)
def test_people_who_stand_down_say_what_is_left(before: list[Record], said: str) -> None:
    records = [FlowChange(0.0, flow(4, 0)), *before, PersonAct(40.0, "stands down"), End(50.0, "settled")]
    assert said in told(a_trace(records), a_fleet())


@pytest.mark.parametrize("seconds", [61.4, 61.5, 62.5, 230.7, 3599.6, 7325.5])
def test_the_stopwatch_and_a_duration_agree_to_the_second(seconds: float) -> None:
    trace = a_trace(
        [
            FlowChange(0.0, flow(4, 0)),
            DeploymentChange(0.0, 0, "Created", "user"),
            DeploymentChange(seconds, 0, "Failed", "user"),
            End(seconds, "settled"),
        ]
    )
    line = next(line for line in narrate(trace, a_fleet()) if "is Failed after" in line)
    *hours, minutes, second = (int(part) for part in line.split()[0].split(":"))
    shown = 3600 * sum(hours) + 60 * minutes + second
    assert shown == round(seconds)
    assert f"is Failed after {human(seconds)}." in line
    assert human(seconds) == human(shown)
