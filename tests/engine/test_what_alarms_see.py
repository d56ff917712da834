"""When alarms are evaluated and on what: their own second, the traffic before the rollout, shares of errors, health."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from simulator.engine.run import prepared
from simulator.model.scenario import Scenario
from simulator.randomness import Streams
from simulator.trace.records import AlarmChange, Trace
from tests.worlds import a_fleet, an_alias, canary, errors_alarm, hosts, once

BAD = {"bad": 1.0, "defects": [{"kind": "errors", "share": 0.5}]}
CRASH = {"bad": 1.0, "defects": [{"kind": "crash_at_start"}]}
AT_ONCE = "CodeDeployDefault.LambdaAllAtOnce"
# Everything still but the second at which alarms are evaluated.
MOVING = {"alarm_evaluation_phase": {"uniform": ["0 %", "100 %"]}}


def alarm(name: str, **rest: Any) -> dict[str, Any]:
    return {**errors_alarm(threshold=10), "name": name, **rest}


def ups(trace: Trace, name: str) -> list[float]:
    return [r.time for r in trace.records if isinstance(r, AlarmChange) and r.alarm == name and r.state == "ALARM"]


def phases(world: Scenario, replication: int) -> dict[str, float]:
    run = prepared(world, Streams(1, replication), "good", "states")
    return {each.alarm.name: each.phase for each in run.board.watched}


def test_an_alarm_more_or_less_moves_no_other_alarms_second() -> None:
    two = an_alias(alarms=[alarm("first"), alarm("second")], still=False)
    one = an_alias(alarms=[alarm("second")], still=False)
    for replication in range(20):
        assert phases(two, replication)["second"] == phases(one, replication)["second"]
        assert phases(two, replication)["first"] != phases(two, replication)["second"]


def test_dropping_an_alarm_moves_no_count_that_the_others_see() -> None:
    """Three unwatched alarms beside one that stops the release: the same stop without them."""
    others = [alarm(f"other {number}", watched=False, pages=False, threshold=3 + number) for number in range(3)]
    fields: dict[str, Any] = {"rate": 3.0, "revision": BAD, "still": False, "people": None}
    roll = {"rollback": {"events": ["DEPLOYMENT_STOP_ON_ALARM"]}}
    for replication in range(30):
        many, few = (
            once(an_alias(alarms=[*beside, alarm("seen")], **fields, **roll), replication=replication, stratum="bad")
            for beside in (others, [])
        )
        assert ups(many[0], "seen") == ups(few[0], "seen")
        assert many[1] == few[1]


@pytest.mark.parametrize(("periods", "span"), [(1, 60.0), (30, 3600.0)])
def test_the_second_of_an_alarm_spans_its_cadence(periods: int, span: float) -> None:
    """An alarm over more than a day is evaluated once an hour, at a second of that hour."""
    world = an_alias(alarms=[alarm("a", period=3600.0, evaluation_periods=periods)], assumptions=MOVING)
    drawn = np.array([phases(world, replication)["a"] % span for replication in range(300)])
    assert drawn.max() > 0.97 * span
    assert abs(drawn.mean() - span / 2) < 4 * span / np.sqrt(12 * 300)


def test_an_alarm_over_more_than_a_day_judges_up_to_the_full_hour_of_the_scenarios_clock() -> None:
    """Begun at 10:20, bad from 10:20 on: the hour from 10:00 to 11:00 is judged after 11:00 (alarm-evaluation)."""
    slow = alarm("slow", period=3600.0, evaluation_periods=30, datapoints_to_alarm=1, watched=False, pages=False)
    world = an_alias(AT_ONCE, alarms=[slow], start="Tuesday 10:20", revision=BAD, people=None, assumptions=MOVING,
                     horizon=8000.0)  # fmt: skip
    seen = [ups(once(world, replication=replication, stratum="bad")[0], "slow")[0] for replication in range(20)]
    assert all(2400.0 <= instant < 6000.0 for instant in seen)
    assert max(seen) - min(seen) > 600.0


def test_what_alarms_saw_before_the_rollout_follows_the_daily_profile() -> None:
    """Quiet until 10:00, when the rollout begins and traffic with it: an alarm on little traffic is up, and clears."""
    little = {"name": "little", "metric_name": "Invocations", "threshold": 600.0, "evaluation_periods": 3,
              "comparison_operator": "LessThanThreshold", "watched": False, "pages": False}  # fmt: skip
    fields: dict[str, Any] = {"alarms": [little], "people": None, "configuration": canary(10, 30)}
    quiet = an_alias(**fields, traffic={"rate": 100.0, "daily": {"00:00": 0.05, "10:00": 1.0}})
    busy = an_alias(**fields, traffic={"rate": 100.0, "daily": {"00:00": 1.0, "10:00": 1.0}})
    states = {}
    for name, world in (("quiet", quiet), ("busy", busy)):
        run = prepared(world, Streams(1, 0), "good", "states")
        states[name] = run.board.states["little"]
    assert states == {"quiet": "ALARM", "busy": "OK"}
    trace, _ = once(quiet)
    cleared = [r.time for r in trace.records if isinstance(r, AlarmChange) and r.state == "OK"]
    assert 60.0 <= cleared[0] <= 240.0


def test_the_history_is_that_of_the_flat_profile_when_the_profile_is_flat() -> None:
    flat = an_alias(alarms=[alarm("a", threshold=1)], traffic={"rate": 50.0, "baseline_errors": 0.01}, still=False)
    same = an_alias(alarms=[alarm("a", threshold=1)], still=False,
                    traffic={"rate": 50.0, "baseline_errors": 0.01, "daily": {"00:00": 1.0, "09:55": 1.0}})  # fmt: skip
    for replication in range(20):
        assert once(flat, replication=replication)[1] == once(same, replication=replication)[1]


@pytest.mark.parametrize(
    ("statistic", "threshold", "goes_up"),
    [("Average", 0.1, True), ("Average", 0.9, False), ("Maximum", 0.5, True), ("Minimum", 0.5, False),
     ("SampleCount", 500.0, True), ("SampleCount", 700.0, False)],
)  # fmt: skip
def test_errors_of_a_version_have_an_average_and_a_number_of_samples(
    statistic: str, threshold: float, goes_up: bool
) -> None:
    """10 % of 100/s fail half: 600 invocations a minute, each a value of 0 or 1."""
    seen = alarm("a", statistic=statistic, threshold=threshold, watched=False, pages=False)
    world = an_alias(canary(10, 10), alarms=[seen], revision=BAD, people=None, horizon=0.0,
                     assumptions={"alarm_counts": "expected"})  # fmt: skip
    run = prepared(world, Streams(1, 0), "bad", "states")
    run.env.run(until=500.0)
    assert (run.board.states["a"] == "ALARM") == goes_up


def test_a_host_that_does_not_answer_is_unhealthy_after_its_failing_checks() -> None:
    """Two checks 30 s apart: seen in the minute of the second one, not in the one in which it was registered."""
    sick = {"name": "sick", "metric_name": "UnHealthyHostCount", "statistic": "Maximum", "threshold": 0.0,
            "watched": False, "pages": False}  # fmt: skip
    check = {"interval": 30.0, "unhealthy_threshold": 2}
    balancer = {"deregistration_delay": 0.0, "health_check": check}
    fields: dict[str, Any] = {"balancer": balancer, "revision": CRASH, "people": None, "alarms": [sick]}
    world = a_fleet(4, hosts("HOST_COUNT", 3), durations={"BlockTraffic": 59.0}, **fields)
    trace, _ = once(world, stratum="bad")
    # Registered at 59 s, its checks refused at 59 and 89 s: the minute from 60 s on is the first to show it.
    assert ups(trace, "sick") == [120.0]


def test_a_host_that_answers_is_never_unhealthy() -> None:
    sick = {"name": "sick", "metric_name": "UnHealthyHostCount", "statistic": "Maximum", "threshold": 0.0}
    trace, outcome = once(a_fleet(4, hosts("HOST_COUNT", 3), alarms=[sick]))
    assert ups(trace, "sick") == []
    assert outcome.outcome == "succeeded"


# -- what follows from it --------------------------------------------------------------------------------------

SLOW = {"bad": 1.0, "defects": [{"kind": "slow", "factor": 3.0}]}
LATENCY = {"name": "latency", "metric_name": "Duration", "statistic": "Average", "threshold": 0.2,
           "evaluation_periods": 3, "dimensions": {"ExecutedVersion": "2"}}  # fmt: skip
QUICK = {"notice": 600.0, "acknowledge": 30.0, "decide": 30.0, "act": 30.0}


@pytest.mark.parametrize("configuration", [AT_ONCE, canary(10, 5), canary(10, 30)])
def test_a_release_that_is_only_slow_is_rolled_back_by_those_whom_its_alarm_pages(configuration: Any) -> None:
    """Nothing fails; the alarm says it, before the deployment has ended or after."""
    world = an_alias(configuration, alarms=[{**LATENCY, "watched": False}], revision=SLOW, people=QUICK,
                     traffic={"rate": 100.0, "latency": 0.1})  # fmt: skip
    trace, outcome = once(world, stratum="bad")
    assert ups(trace, "latency")
    assert (outcome.trigger, outcome.outcome) == ("person", "rolled_back")
    assert outcome.failed_requests == 0.0
    assert outcome.detect_s is not None
    assert outcome.detect_s < 600.0


def test_a_slow_release_whose_alarm_pages_nobody_stays() -> None:
    world = an_alias(AT_ONCE, alarms=[{**LATENCY, "watched": False, "pages": False}], revision=SLOW, people=QUICK,
                     traffic={"rate": 100.0, "latency": 0.1})  # fmt: skip
    assert once(world, stratum="bad")[1].outcome == "bad_in_production"


def test_an_alarm_that_is_up_does_not_make_people_undo_a_good_release() -> None:
    world = an_alias(AT_ONCE, alarms=[{**LATENCY, "threshold": 0.05}], people=QUICK, revision={"bad": 0.0},
                     traffic={"rate": 100.0, "latency": 0.1}, rollback={"events": []})  # fmt: skip
    assert once(world)[1].trigger is None


# -- exposure --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sees", ["yes", "no"])
def test_requests_sent_to_a_host_on_which_a_bad_revision_died_met_that_revision(sees: str) -> None:
    """Without a load balancer, whether the start hook sees the crash and fails the host or not."""
    hooks = {"ApplicationStart": {}}
    world = a_fleet(2, "CodeDeployDefault.AllAtOnce", balancer=None, hooks=hooks, revision=CRASH, people=None,
                    horizon=100.0, durations={"Install": 50.0},
                    assumptions={"start_hook_sees_crash": sees})  # fmt: skip
    _, outcome = once(world, stratum="bad")
    assert outcome.peak_exposure == 1.0
    assert outcome.exposed_requests == pytest.approx(100.0 * (outcome.lifetime_s - 50.0))
    assert outcome.failed_requests == pytest.approx(100.0 * outcome.lifetime_s)


def test_two_revisions_without_any_traffic_share_none() -> None:
    world = an_alias(canary(10, 5), rate=0.0)
    assert once(world)[1].mixed_version_s == 0.0
    assert once(an_alias(canary(10, 5), rate=1.0))[1].mixed_version_s == 300.0
