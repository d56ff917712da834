"""People: when they notice, when they come, what they do and what they leave alone."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.model.scenario import Scenario
from simulator.trace.records import DeploymentChange, PersonAct, ServiceChange, Trace
from tests.worlds import a_fleet, an_alias, canary, errors_alarm, hosts, once

NOTICE = 1200.0
PEOPLE = {"notice": NOTICE, "acknowledge": 60.0, "decide": 120.0, "act": 30.0, "repair": 600.0}
AT_ONCE = "CodeDeployDefault.LambdaAllAtOnce"
ONE, ALL = "CodeDeployDefault.OneAtATime", "CodeDeployDefault.AllAtOnce"
ONE_EVENT = {"hooks": {"AfterInstall": {}}, "durations": {"AfterInstall": 100.0}}


def errors(share: float) -> dict[str, Any]:
    return {"bad": 1.0, "defects": [{"kind": "errors", "share": share}]}


CRASH = {"bad": 1.0, "defects": [{"kind": "crash_at_start"}]}


def acts(trace: Trace) -> list[tuple[str, float]]:
    """What people did, and when."""
    return [(r.what, r.time) for r in trace.records if isinstance(r, PersonAct)]


def first(trace: Trace, what: str) -> float:
    return dict(reversed(acts(trace)))[what]


def deployments(trace: Trace) -> list[str]:
    """Who created each deployment."""
    return [r.creator for r in trace.records if isinstance(r, DeploymentChange) and r.status == "Created"]


# -- noticing --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("share", "minutes"),
    [(0.10, 20.0), (1.0, 4.0), (0.01, 200.0), (0.2, 10.0), (0.5, 4.0), (0.7, 4.0)],
)
def test_the_clock_of_noticing_runs_in_proportion_to_the_failing_share(share: float, minutes: float) -> None:
    """At a rate of x / 10 %, five times as fast at most (design, section 3)."""
    trace, _ = once(an_alias(AT_ONCE, revision=errors(share), people=PEOPLE), stratum="bad")
    assert first(trace, "noticed") == pytest.approx(minutes * 60.0, abs=1e-3)


def test_the_clock_of_noticing_adds_up_over_a_changing_share() -> None:
    """A tenth for five minutes is 300 of 1,200; the other 900 run at five times the pace: 180 s."""
    trace, _ = once(an_alias(canary(10, 5), revision=errors(1.0), people=PEOPLE), stratum="bad")
    assert first(trace, "noticed") == pytest.approx(300.0 + 900.0 / 5, abs=1e-3)


def test_the_clock_stands_still_while_nothing_fails() -> None:
    """Requests come in the first six minutes of the hour: noticed in the third such stretch."""
    stretches = {f"{hour:02}:{minute:02}": float(minute == 0) for hour in range(24) for minute in (0, 6)}
    world = an_alias(
        AT_ONCE,
        revision=errors(0.15),
        people=PEOPLE,
        traffic={"rate": 100.0, "daily": stretches},
        start="Tuesday 10:00",
    )
    trace, _ = once(world, stratum="bad")
    # 360 s at rate 1.5 are 540 of 1,200; two stretches leave 120, which take 80 s of the third.
    assert first(trace, "noticed") == pytest.approx(2 * 3600.0 + 80.0, abs=1e-3)


def test_requests_that_fail_anyway_are_not_noticed() -> None:
    world = an_alias(AT_ONCE, traffic={"rate": 100.0, "baseline_errors": 0.3}, people=PEOPLE)
    trace, outcome = once(world)
    assert acts(trace) == []
    assert outcome.lifetime_s == 0.0


def test_noticing_begins_anew_after_people_stood_down() -> None:
    """Nothing to see at night, when the first one comes; by day it takes another full clock."""
    daily = {"00:00": 0.0, "10:00": 1.0, "10:20": 0.0, "11:00": 1.0}
    world = an_alias(
        AT_ONCE,
        revision=errors(0.1),
        people={**PEOPLE, "acknowledge": 600.0},
        traffic={"rate": 100.0, "daily": daily},
        start="Tuesday 10:00",
    )
    trace, _ = once(world, stratum="bad")
    noticed = [time for what, time in acts(trace) if what == "noticed"]
    assert noticed == pytest.approx([1200.0, 3600.0 + 1200.0], abs=1e-3)
    assert first(trace, "stands down") == pytest.approx(1800.0, abs=1e-3)


# -- coming ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "factor"),
    [
        ("Tuesday 10:00", 1.0),
        ("Tuesday 08:50", 2.0),  # noticed at 08:54
        ("Tuesday 08:56", 1.0),  # noticed at nine
        ("Tuesday 17:57", 2.0),
        ("Saturday 10:00", 2.0),
        ("Sunday 23:59", 2.0),
    ],
)
def test_people_take_longer_to_acknowledge_outside_office_hours(start: str, factor: float) -> None:
    """Monday to Friday, nine to six, judged when they are called."""
    trace, _ = once(an_alias(AT_ONCE, revision=errors(1.0), people=PEOPLE, start=start), stratum="bad")
    assert first(trace, "acknowledged") - first(trace, "noticed") == pytest.approx(60.0 * factor)


def test_a_person_acknowledges_decides_and_acts_one_after_another() -> None:
    trace, outcome = once(an_alias(AT_ONCE, revision=errors(1.0), people=PEOPLE), stratum="bad")
    times = dict(acts(trace))
    assert times["acknowledged"] == pytest.approx(240.0 + 60.0, abs=1e-3)
    assert times["decided"] == pytest.approx(times["acknowledged"] + 120.0)
    assert times["rolls back"] == pytest.approx(times["decided"] + 30.0)
    assert outcome.detect_s == pytest.approx(times["rolls back"])
    assert outcome.trigger == "person"
    assert not outcome.detected_before_full


def test_an_alarm_pages_once_and_its_instants_go_with_the_person() -> None:
    world = an_alias(AT_ONCE, revision=errors(0.2), people=PEOPLE, alarms=[errors_alarm()])
    trace, outcome = once(world, stratum="bad")
    assert acts(trace)[:2] == [("paged", 60.0), ("acknowledged", 120.0)]
    parts = (outcome.detect_slot_s, outcome.detect_delivery_s, outcome.detect_evaluation_s)
    assert parts == (60.0, 0.0, 0.0)
    assert (outcome.detect_poll_s, outcome.detect_action_s) == (60.0, 150.0)


def test_an_alarm_that_does_not_page_calls_nobody() -> None:
    world = an_alias(AT_ONCE, revision=errors(0.1), people=PEOPLE, alarms=[errors_alarm(pages=False)])
    assert acts(once(world, stratum="bad")[0])[0] == ("noticed", pytest.approx(1200.0, abs=1e-3))


def test_a_page_about_nothing_that_shows_ends_in_standing_down() -> None:
    """An alarm that fired on a sound release."""
    world = an_alias(canary(10, 10), people=PEOPLE, alarms=[errors_alarm(threshold=0, watched=False)])
    trace, outcome = once(world)
    assert [what for what, _ in acts(trace)] == ["paged", "acknowledged", "stands down"]
    assert (outcome.outcome, outcome.trigger) == ("succeeded", None)


def test_without_people_an_unseen_defect_hurts_to_the_horizon() -> None:
    world = an_alias(AT_ONCE, revision=errors(0.1), people=None, horizon=3600.0)
    _, outcome = once(world, stratum="bad")
    assert (outcome.lifetime_s, outcome.censored) == (3600.0, True)
    assert outcome.failed_requests == pytest.approx(36_000.0)


# -- acting ----------------------------------------------------------------------------------------------------


def test_people_stop_a_rollout_that_does_harm_and_it_rolls_back_whatever_the_group_says() -> None:
    """Stop and roll back (API reference, StopDeployment)."""
    world = an_alias(canary(10, 60), revision=errors(1.0), people=PEOPLE, rollback={"events": []})
    trace, outcome = once(world, stratum="bad")
    stops = first(trace, "stops")
    assert stops == pytest.approx(1200.0 + 210.0, abs=1e-3)
    assert deployments(trace) == ["user", "codeDeployRollback"]
    assert (outcome.deployment_status, outcome.outcome, outcome.trigger) == (
        "Stopped",
        "rolled_back",
        "person",
    )


def test_people_leave_a_sound_rollout_alone_that_lowers_capacity() -> None:
    """Half of ten at 600/s is a sixth refused for 200 s; somebody comes and watches it end."""
    world = a_fleet(10, "CodeDeployDefault.HalfAtATime", rate=600.0, people=PEOPLE, **ONE_EVENT,
                    balancer={"deregistration_delay": 900.0})  # fmt: skip
    trace, outcome = once(world)
    assert [what for what, _ in acts(trace)] == ["noticed", "acknowledged", "stands down"]
    assert outcome.outcome == "succeeded"


def test_who_came_for_the_rollout_itself_stays_for_the_bad_revision_it_brings() -> None:
    """Called while capacity was short, they look again when the new revision fails requests."""
    durations = {"BlockTraffic": 600.0, "AllowTraffic": 0.0}
    world = a_fleet(2, ONE, rate=150.0, durations=durations, revision=errors(0.2), people=PEOPLE, balancer={})
    trace, outcome = once(world, stratum="bad")
    came = first(trace, "acknowledged")
    assert came < 600.0  # a quarter of the requests refused from the start
    assert first(trace, "stops") == pytest.approx(600.0 + 120.0 + 30.0)
    assert outcome.outcome == "rolled_back"


def test_who_waits_for_a_rollout_to_end_looks_again_when_it_has() -> None:
    """All at once: nobody answers until everything is new, and bad, and the deployment has succeeded."""
    durations = {"BlockTraffic": 600.0, "AllowTraffic": 0.0}
    world = a_fleet(2, ALL, durations=durations, revision=errors(0.2), people=PEOPLE, balancer={})
    trace, outcome = once(world, stratum="bad")
    assert first(trace, "acknowledged") < 600.0
    assert first(trace, "rolls back") == pytest.approx(600.0 + 120.0 + 30.0)
    assert (outcome.outcome, outcome.trigger) == ("rolled_back", "person")


def test_people_wait_while_codedeploy_is_on_its_way_back() -> None:
    """The alarm stops the rollout and pages: somebody is there, and does nothing twice."""
    fleet = a_fleet(
        4,
        ONE,
        balancer={"deregistration_delay": 600.0},
        durations={"AllowTraffic": 0.0},
        revision=errors(1.0),
        rate=100.0,
        people=PEOPLE,
        rollback={"events": ["DEPLOYMENT_STOP_ON_ALARM"]},
        alarms=[{"name": "5xx", "metric_name": "HTTPCode_Target_5XX_Count", "threshold": 10}],
    )
    trace, outcome = once(fleet, stratum="bad")
    assert [what for what, _ in acts(trace)] == ["paged", "acknowledged", "stands down"]
    assert deployments(trace) == ["user", "codeDeployRollback"]
    assert acts(trace)[-1][1] == outcome.lifetime_s
    assert outcome.trigger == "alarm"


def test_a_stop_that_leads_nowhere_is_finished_by_people() -> None:
    """The alarm stops the rollout, no event is listed: whoever waited for it rolls back the split fleet."""
    world = a_fleet(
        4,
        ONE,
        balancer={"deregistration_delay": 600.0},
        durations={"AllowTraffic": 0.0},
        revision=errors(1.0),
        people=PEOPLE,
        alarms=[{"name": "5xx", "metric_name": "HTTPCode_Target_5XX_Count", "threshold": 10}],
    )
    trace, outcome = once(world, stratum="bad")
    assert deployments(trace) == ["user", "person"]
    assert (outcome.deployment_status, outcome.outcome, outcome.trigger) == (
        "Stopped",
        "rolled_back",
        "person",
    )


# -- repairing -------------------------------------------------------------------------------------------------


def dead_after(at: float, **rest: Any) -> Scenario:
    fault = {"kind": "instance_crash", "target": 1, "at": at}
    return a_fleet(4, hosts("HOST_COUNT", 2), balancer=None, faults=[fault], people=PEOPLE, **ONE_EVENT, **rest)


def test_a_host_that_dies_in_service_is_repaired_and_a_good_release_stays() -> None:
    """Nobody rolls back a sound release because a host of it died."""
    trace, outcome = once(dead_after(150.0), grain="full")
    assert "rolls back" not in dict(acts(trace))
    repaired = [r for r in trace.records if isinstance(r, ServiceChange) and r.what == "repaired"]
    assert [(r.target, r.revision) for r in repaired] == [(1, "new")]
    assert repaired[0].time == first(trace, "repairs") + 600.0
    assert (outcome.outcome, outcome.trigger) == ("succeeded", None)
    assert outcome.lifetime_s == repaired[0].time
    assert outcome.recover_s == pytest.approx(outcome.lifetime_s)


def test_a_target_that_the_deployment_gave_up_is_brought_to_the_new_revision() -> None:
    fault = {"kind": "hook_failure", "event": "AfterInstall", "target": 0}
    world = a_fleet(4, hosts("HOST_COUNT", 2), balancer=None, faults=[fault], people=PEOPLE, **ONE_EVENT)
    trace, outcome = once(world, grain="full")
    repaired = [r for r in trace.records if isinstance(r, ServiceChange) and r.what == "repaired"]
    assert [(r.target, r.revision) for r in repaired] == [(0, "new")]
    assert outcome.outcome == "succeeded"


def test_hosts_that_a_failed_deployment_left_out_get_the_previous_revision() -> None:
    fault = {"kind": "hook_failure", "event": "AfterInstall", "target": 0}
    trace, outcome = once(a_fleet(4, ONE, balancer=None, faults=[fault], people=PEOPLE, **ONE_EVENT), grain="full")
    assert acts(trace)[0][0] == "paged"
    repaired = [r for r in trace.records if isinstance(r, ServiceChange) and r.what == "repaired"]
    assert [(r.target, r.revision) for r in repaired] == [(0, "old")]
    assert (outcome.outcome, outcome.trigger) == ("failed", None)


def test_a_bad_release_is_rolled_back_before_its_dead_host_is_repaired() -> None:
    trace, outcome = once(dead_after(350.0, revision=errors(0.5)), stratum="bad")
    done = [what for what, _ in acts(trace) if what in ("rolls back", "stops", "repairs")]
    assert done in (["rolls back", "repairs"], ["stops", "repairs"])
    assert (outcome.outcome, outcome.censored) == ("rolled_back", False)


def test_hosts_that_no_way_back_could_reach_are_repaired_with_the_previous_revision() -> None:
    """Everything crashed, the rollback fails as it starts: they are not given the crashing revision again."""
    fault = {"kind": "rollback_failure", "probability": 1.0}
    world = a_fleet(2, ALL, balancer=None, revision=CRASH, faults=[fault], people=PEOPLE, durations={"Install": 10.0})
    trace, outcome = once(world, stratum="bad")
    assert [what for what, _ in acts(trace) if what in ("rolls back", "repairs")] == ["rolls back", "repairs"]
    assert (outcome.outcome, outcome.censored) == ("rollback_failed", False)
    assert outcome.lifetime_s == pytest.approx(first(trace, "repairs") + 600.0)


def test_a_host_that_a_failed_way_back_left_out_is_repaired_though_the_others_cope() -> None:
    """Nobody who came stands down over a host that is out: its repair changes no metric but what it costs in hours."""
    faults = [{"kind": "hook_failure", "event": "AfterInstall", "target": 0}]
    back = {"events": ["DEPLOYMENT_FAILURE"]}
    world = a_fleet(3, ONE, faults=faults, rollback=back, rate=100.0, people=PEOPLE, **ONE_EVENT)
    trace, outcome = once(world, grain="full")
    assert [what for what, _ in acts(trace)][-3:] == ["repairs", "repaired", "stands down"]
    assert [(r.time, r.target) for r in trace.records if isinstance(r, ServiceChange) and r.what == "repaired"] == [
        (first(trace, "repaired"), 0)
    ]
    assert (outcome.outcome, outcome.censored) == ("rollback_failed", False)
    assert outcome.lifetime_s == first(trace, "repairs") + 600.0
    alone = once(a_fleet(3, ONE, faults=faults, rollback=back, rate=100.0, people=None, **ONE_EVENT))[1]
    assert (outcome.downtime_s, outcome.rollback_s, outcome.cost_usd) == (
        alone.downtime_s,
        alone.rollback_s,
        alone.cost_usd,
    )


def test_people_give_up_in_the_end() -> None:
    """Five ways back that fail as they start leave the run to its horizon."""
    fault = {"kind": "rollback_failure", "probability": 1.0}
    world = an_alias(AT_ONCE, revision=errors(0.5), faults=[fault], people=PEOPLE)
    trace, outcome = once(world, stratum="bad")
    assert deployments(trace) == ["user", *["person"] * 5]
    assert (outcome.outcome, outcome.censored) == ("rollback_failed", True)
