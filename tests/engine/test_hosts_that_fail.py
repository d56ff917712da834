"""Stop scripts that are passed over, agents that do not answer and checks that nobody passes, in place."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.model.scenario import Scenario
from simulator.trace.records import AlarmChange, FaultStrike, FlowChange, PersonAct, Trace, Usage
from simulator.trace.story import narrate
from tests.engine.test_in_place import (
    ALL,
    BACK_ON_FAILURE,
    HALF,
    ONE,
    ends,
    events,
    failing,
    full,
    last_status,
)
from tests.worlds import a_fleet, hosts, once

IGNORE = {"ignore_application_stop_failures": True}


def strikes(trace: Trace, kind: str) -> list[tuple[float, int | None]]:
    return [(r.time, r.target) for r in trace.records if isinstance(r, FaultStrike) and r.kind == kind]


def of_target(trace: Trace, target: int, number: int = 0) -> list[tuple[str, float, float, str]]:
    """What a reviewer reads of one target: event, start, end, status."""
    return [(r.event, r.started, r.time, r.status) for r in events(trace, number=number) if r.target == target]


# -- ignoreApplicationStopFailures (codedeploy.md 4.3; API, CreateDeployment) ------------------------------------

STOPS = {
    "balancer": {"deregistration_delay": 30.0},
    "hooks": {name: {} for name in ("BeforeBlockTraffic", "AfterBlockTraffic", "ApplicationStop", "BeforeInstall")},
    "durations": {"BeforeBlockTraffic": 1.0, "AfterBlockTraffic": 2.0, "ApplicationStop": 10.0, "BeforeInstall": 4.0,
                  "Install": 20.0, "AllowTraffic": 60.0},
    "people": None,
}  # fmt: skip


def hanging(event: str, target: int) -> dict[str, Any]:
    return {"kind": "hook_hang", "event": event, "target": target}


@pytest.mark.parametrize("event", ["BeforeBlockTraffic", "AfterBlockTraffic", "ApplicationStop"])
@pytest.mark.parametrize("ignored", [False, True])
def test_a_failing_stop_or_block_script_is_passed_over_where_that_is_asked(event: str, ignored: bool) -> None:
    """Target 1 of three fails there; with the flag the next event follows at once, else the target has failed."""
    fields = IGNORE if ignored else {}
    trace = full(a_fleet(3, hosts("HOST_COUNT", 1), faults=failing(1, event=event), **STOPS, **fields))
    assert ends(trace)[1] == ("Succeeded" if ignored else "Failed")
    mine = of_target(trace, 1)
    at = next(place for place, told in enumerate(mine) if told[0] == event)
    assert mine[at][3] == "Failed"
    assert [told[3] for told in mine[at + 1 :]] == ["Succeeded"] * (12 - at if ignored else 0)
    if ignored:
        assert mine[at + 1][1] == mine[at][2]
        assert strikes(trace, "stop_failure_ignored") == [(mine[at][2], 1)]


def test_other_events_are_not_passed_over() -> None:
    trace = full(a_fleet(3, ALL, faults=failing(1, event="BeforeInstall"), **STOPS, **IGNORE))
    assert ends(trace)[1] == "Failed"


def test_a_stop_script_that_hangs_is_passed_over_at_its_timeout() -> None:
    """Closed form of three at once: 1 + 30 + 2 + 40 (killed) + 4 + 20 + 60 s; the others are done 30 s before."""
    stops = {**STOPS, "hooks": {**STOPS["hooks"], "ApplicationStop": {"scripts": [{"timeout": 40.0}]}}}
    trace, outcome = once(a_fleet(3, ALL, faults=[hanging("ApplicationStop", 2)], **stops, **IGNORE), grain="full")
    assert of_target(trace, 2)[3:5] == [
        ("ApplicationStop", 33.0, 73.0, "Failed"), ("DownloadBundle", 73.0, 73.0, "Succeeded"),
    ]  # fmt: skip
    assert outcome.duration_s == 157.0
    assert {event.time for event in events(trace, "AfterAllowTraffic")} == {127.0, 157.0}


def test_a_stop_script_that_fails_at_a_given_time_lets_the_rest_come_earlier() -> None:
    fault = {"kind": "hook_failure", "event": "ApplicationStop", "target": 0, "at": 35.0}
    trace = full(a_fleet(3, ALL, faults=[fault], **STOPS, **IGNORE))
    assert ("ApplicationStop", 33.0, 35.0, "Failed") in of_target(trace, 0)
    assert of_target(trace, 0)[-1][2] == 127.0 - 8.0


def test_a_host_that_dies_in_its_stop_script_fails_at_the_next_event() -> None:
    """3600 s for the script, which is passed over, and 300 s until nobody has taken up DownloadBundle."""
    fault = {"kind": "instance_crash", "target": 0, "at": 35.0}
    trace = full(a_fleet(3, hosts("HOST_COUNT", 1), faults=[fault], **STOPS, **IGNORE))
    assert of_target(trace, 0)[3:] == [
        ("ApplicationStop", 33.0, 3633.0, "Failed"), ("DownloadBundle", 3633.0, 3933.0, "Skipped"),
    ]  # fmt: skip
    assert ends(trace)[0] == "Failed"


def of_two_revisions(new: dict[str, Any], old: dict[str, Any]) -> dict[str, Any]:
    return {"platform": "server", "fleet": {"size": 3}, "lifecycle": new, "previous_lifecycle": old}


BROKEN = {"hooks": {"ApplicationStop": {"failure": 1.0}, "ValidateService": {}}, "durations": {"Install": 10.0}}
SOUND = {"hooks": {"ApplicationStop": {}, "ValidateService": {}}, "durations": {"Install": 10.0}}


@pytest.mark.parametrize("carries", ["yes", "no"])
def test_a_bad_stop_script_shows_one_deployment_later(carries: str) -> None:
    """The new revision's is broken: nothing runs it on the way there, every host runs it on the way back."""
    there = a_fleet(3, ALL, service=of_two_revisions(BROKEN, SOUND), people=None)
    assert last_status(full(there))[1] == "Succeeded"
    fields = {"faults": failing(0, 1, 2, event="ValidateService"), "rollback": BACK_ON_FAILURE, "people": None}
    back = full(a_fleet(3, ALL, service=of_two_revisions(BROKEN, SOUND), **fields))
    assert set(ends(back, 1).values()) == {"Failed"}
    assert {event.event for event in events(back, number=1)} == {"ApplicationStop"}
    fields["assumptions"] = {"rollback_ignores_stop_failures": carries}
    ignoring = full(a_fleet(3, ALL, service=of_two_revisions(BROKEN, SOUND), **IGNORE, **fields))
    assert last_status(ignoring, 1)[1] == ("Succeeded" if carries == "yes" else "Failed")


def test_a_bad_stop_script_of_the_previous_revision_fails_this_deployment_until_it_is_ignored() -> None:
    """The ordinary trap: every later deployment fails at its first event (codedeploy.md 11)."""
    service = of_two_revisions(SOUND, BROKEN)
    assert last_status(full(a_fleet(3, ALL, service=service, people=None)))[1:] == ("Failed", "HEALTH_CONSTRAINTS")
    world = a_fleet(3, ALL, service=service, people=None, **IGNORE)
    trace = full(world)
    assert last_status(trace)[:2] == (10.0, "Succeeded")
    assert len(strikes(trace, "stop_failure_ignored")) == 3
    told = "\n".join(narrate(trace, world))
    assert "Targets 0 to 2 go on although ApplicationStop failed, which this deployment passes over." in told


def test_a_rollout_without_the_flag_plans_as_before() -> None:
    """Neither grain differs by a draw."""
    stops = {**STOPS, "hooks": {"ApplicationStop": {"failure": 0.3}}}
    for replication in range(5):
        both = [
            once(a_fleet(6, HALF, **stops, **fields), grain=grain, replication=replication)[1]
            for fields in ({}, IGNORE)
            for grain in ("states", "full")
        ]
        assert both[0] == both[1]
        assert both[2] == both[3]


# -- agents that do not answer (codedeploy.md 7 and 11) ----------------------------------------------------------


def silent(target: int) -> dict[str, Any]:
    return {"kind": "agent_dead", "target": target}


def test_a_dead_agent_fails_its_target_after_five_minutes_with_every_event_skipped() -> None:
    """Three at once of 94 s: the deployment lasts the 300 s that nobody takes up the first event."""
    trace, outcome = once(a_fleet(3, ALL, faults=[silent(1)], **STOPS), grain="full")
    assert of_target(trace, 1) == [("BeforeBlockTraffic", 0.0, 300.0, "Skipped")]
    assert ends(trace) == {0: "Succeeded", 2: "Succeeded", 1: "Failed"}
    assert outcome.duration_s == 300.0
    assert strikes(trace, "agent_dead") == [(0.0, 1)]
    assert outcome.outcome == "succeeded"  # one is enough; the third serves the previous revision on


def test_a_dead_agent_keeps_its_host_in_service() -> None:
    """Nothing is dispatched to it, so it never leaves the load balancer: 100/s of 300/s out at a time, all answered."""
    trace, outcome = once(a_fleet(3, ONE, faults=[silent(2)], **STOPS))
    assert {r.flow.capacity for r in trace.records if isinstance(r, FlowChange)} == {200.0, 300.0}
    assert outcome.failed_requests == 0.0
    assert outcome.duration_s == 2 * 127.0 + 300.0


def test_one_at_a_time_with_a_dead_agent_cannot_go_back() -> None:
    """codedeploy.md 6.5: the way back tries the host that failed first, it fails again, H = M, and that is the end."""
    world = a_fleet(3, ONE, faults=[silent(1)], rollback=BACK_ON_FAILURE, **STOPS)
    trace, outcome = once(world, grain="full")
    assert ends(trace) == {0: "Succeeded", 1: "Failed", 2: "Skipped"}
    assert last_status(trace) == (127.0 + 300.0, "Failed", "HEALTH_CONSTRAINTS")
    assert ends(trace, 1) == {1: "Failed", 0: "Skipped", 2: "Skipped"}
    assert last_status(trace, 1) == (427.0 + 300.0, "Failed", "HEALTH_CONSTRAINTS")
    assert outcome.outcome == "rollback_failed"


def test_somebody_who_is_called_restarts_the_agent_and_takes_the_fleet_back() -> None:
    people = {"notice": 60.0, "acknowledge": 0.0, "decide": 0.0, "act": 0.0, "repair": 60.0}
    fields = {**STOPS, "people": people}
    world = a_fleet(3, ONE, faults=[silent(1)], rollback=BACK_ON_FAILURE, **fields)
    trace, outcome = once(world, grain="full")
    deeds = [r.what for r in trace.records if isinstance(r, PersonAct)]
    assert deeds.index("repaired") < deeds.index("rolls back")
    assert set(ends(trace, 2).values()) == {"Succeeded"}
    assert not outcome.censored


def test_agents_are_dead_by_chance() -> None:
    """A third of 300 hosts, four standard errors; the same hosts whatever the strategy."""
    faults = [{"kind": "agent_dead", "probability": 1 / 3}]
    found = []
    for configuration in (ALL, HALF):
        trace, _ = once(a_fleet(300, configuration, balancer=None, faults=faults, people=None))
        found.append({target for _, target in strikes(trace, "agent_dead")})
    assert found[0] == found[1]
    assert len(found[0]) == pytest.approx(100, abs=4 * (300 * 2 / 9) ** 0.5)


def test_a_dead_agent_is_no_update_to_pay_for_on_premises() -> None:
    """Two updates of two cents; what was skipped is free."""
    service = {"platform": "server", "fleet": {"size": 3, "on_premises": True}}
    trace, outcome = once(a_fleet(3, ALL, service=service, faults=[silent(1)], people=None))
    updates = [r.quantity for r in trace.records if isinstance(r, Usage) and r.item == "instance_update"]
    assert updates == [1.0, 1.0]
    assert outcome.cost_usd == pytest.approx(2 * 0.02 + 2 * 0.0000004)


# -- a health check that is set up wrongly (codedeploy.md 8 and 11) ------------------------------------------------

WRONG_CHECK = [{"kind": "health_check_failure", "probability": 1.0}]


def test_a_wrong_health_check_fails_allow_traffic_after_an_hour_with_nothing_in_the_logs() -> None:
    """One of three at a time: 67 s to AllowTraffic, 3600 s in it, and the first failure is the last."""
    trace, outcome = once(a_fleet(3, ONE, faults=WRONG_CHECK, **STOPS), grain="full")
    assert of_target(trace, 0)[-1] == ("AllowTraffic", 67.0, 3667.0, "Failed")
    assert events(trace)[-1].code == "UnknownError"
    assert last_status(trace) == (3667.0, "Failed", "HEALTH_CONSTRAINTS")
    assert ends(trace) == {0: "Failed", 1: "Skipped", 2: "Skipped"}
    assert strikes(trace, "health_check_failure") == [(0.0, None)]
    assert outcome.failed_requests == 0.0


def test_a_wrong_health_check_without_a_healthy_host_fails_open() -> None:
    """All at once: 63 s out (30 s of draining answered by nobody), then a target group sends to all registered."""
    trace, outcome = once(a_fleet(3, ALL, faults=WRONG_CHECK, **STOPS))
    assert outcome.deployment_status == "Failed"
    assert outcome.failed_requests == pytest.approx(100.0 * (67.0 - 1.0))
    last = [r.flow for r in trace.records if isinstance(r, FlowChange)][-1]
    assert (last.good, last.share_new) == (100.0, 1.0)


def a_watch_on_unhealthy_hosts(check: dict[str, Any], **rest: Any) -> Scenario:
    alarm = {"name": "unhealthy", "metric_name": "UnHealthyHostCount", "threshold": 0.0, "statistic": "Maximum",
             "treat_missing_data": "notBreaching"}  # fmt: skip
    stops = {**STOPS, "balancer": {"deregistration_delay": 30.0, "health_check": check}}
    return a_fleet(3, ONE, alarms=[alarm], **stops, **rest)


def test_an_alarm_on_unhealthy_hosts_sees_a_wrong_check_long_before_codedeploy_does() -> None:
    """Registered at 67 s, three checks of 10 s each: unhealthy from 87 s on, in the minute that ends at 120 s."""
    check = {"interval": 10.0, "unhealthy_threshold": 3}
    world = a_watch_on_unhealthy_hosts(check, faults=WRONG_CHECK)
    trace = full(world)
    up = next(r for r in trace.records if isinstance(r, AlarmChange) and r.state == "ALARM")
    assert up.slot_end == 120.0
    assert last_status(trace)[1:] == ("Stopped", "ALARM_ACTIVE")
    quiet = full(a_watch_on_unhealthy_hosts(check))
    assert not [r for r in quiet.records if isinstance(r, AlarmChange) and r.state == "ALARM"]
    assert last_status(quiet)[1] == "Succeeded"


def test_each_deployment_has_its_own_chance_of_a_wrong_check() -> None:
    faults = [{"kind": "health_check_failure", "probability": 0.5}]
    seen = set()
    for replication in range(12):
        world = a_fleet(3, ONE, faults=faults, rollback=BACK_ON_FAILURE, **STOPS)
        trace, _ = once(world, replication=replication)
        seen.add(tuple(last_status(trace, number)[1] for number in (0, 1) if ends(trace, number)))
    assert {("Succeeded",), ("Failed", "Succeeded"), ("Failed", "Failed")} == seen


def test_a_host_that_failed_in_allow_traffic_is_registered_and_drains_on_the_way_back() -> None:
    """Registered, only not healthy: deregistering it takes the delay as for any other."""
    world = a_fleet(3, ONE, faults=WRONG_CHECK, rollback=BACK_ON_FAILURE, **STOPS)
    drained = [end - start for name, start, end, _ in of_target(full(world), 0, number=1) if name == "BlockTraffic"]
    assert drained == [30.0]
