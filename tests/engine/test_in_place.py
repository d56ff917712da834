"""AWS's published examples of minimum healthy hosts, its time limits and its traps, through the engine."""

from __future__ import annotations

import math
from itertools import groupby
from typing import Any

import pytest

from simulator.engine.run import prepared
from simulator.metrics import bill
from simulator.model.deployment_configuration import DeploymentConfiguration, predefined
from simulator.model.scenario import Scenario
from simulator.randomness import Streams
from simulator.trace.records import (
    DeploymentChange,
    EventRun,
    FaultStrike,
    FlowChange,
    TargetChange,
    Trace,
    Usage,
)
from simulator.trace.story import narrate
from tests.worlds import a_fleet, hosts, once

HALF, ONE, ALL = (f"CodeDeployDefault.{name}" for name in ("HalfAtATime", "OneAtATime", "AllAtOnce"))
BACK_ON_FAILURE = {"events": ["DEPLOYMENT_FAILURE"]}
CRASH = {"bad": 1.0, "defects": [{"kind": "crash_at_start"}]}
ONE_EVENT = {"hooks": {"AfterInstall": {}}, "durations": {"AfterInstall": 100.0}}
# An alarm that is up at the start stops the deployment after its first look: a stop at a chosen instant.
UP = {"name": "up", "namespace": "Shop", "metric_name": "Anything", "threshold": 1.0, "state": "ALARM"}


def failing(*targets: int, event: str = "AfterInstall", on: str = "deployment") -> list[dict[str, Any]]:
    """The hook of these targets fails."""
    return [{"kind": "hook_failure", "event": event, "target": target, "on": on} for target in targets]


def stopped_at(time: float, **rest: Any) -> dict[str, Any]:
    """Fields that stop the deployment at this instant and roll it back."""
    assumptions = {"alarm_first_look": time, **rest.pop("assumptions", {})}
    back = {"events": ["DEPLOYMENT_STOP_ON_ALARM"]}
    return {"alarms": [UP], "rollback": back, "people": None, "assumptions": assumptions, **rest}


def full(world: Scenario, **rest: Any) -> Trace:
    return once(world, grain="full", **rest)[0]


def events(trace: Trace, name: str | None = None, number: int = 0) -> list[EventRun]:
    """Lifecycle events of one deployment, in order of their start."""
    found = [r for r in trace.records if isinstance(r, EventRun) and r.deployment == number]
    return sorted((r for r in found if name in (None, r.event)), key=lambda r: (r.started, r.target))


def batches(trace: Trace) -> list[int]:
    """How many targets started together, batch by batch."""
    return [len(list(group)) for _, group in groupby(r.started for r in events(trace, "DownloadBundle"))]


def ends(trace: Trace, number: int = 0) -> dict[int, str]:
    """How each target ended, in the order in which they did."""
    changes = (r for r in trace.records if isinstance(r, TargetChange) and r.deployment == number)
    return {r.target: r.status for r in changes}


def last_status(trace: Trace, number: int = 0) -> tuple[float, str, str | None]:
    change = [r for r in trace.records if isinstance(r, DeploymentChange) and r.deployment == number][-1]
    return change.time, change.status, change.code


# -- how many at a time, and how many may fail (user guide, instances-health; API, MinimumHealthyHosts) ----------


@pytest.mark.parametrize("dispatch", ["batch", "window"])
@pytest.mark.parametrize(
    ("size", "configuration", "sizes"),
    [
        (10, hosts("HOST_COUNT", 3), [7, 3]),
        (10, hosts("HOST_COUNT", 0), [10]),
        (10, hosts("HOST_COUNT", 9), [1] * 10),
        (10, hosts("HOST_COUNT", 8), [2] * 5),
        (10, hosts("FLEET_PERCENT", 85), [1] * 10),
        (9, hosts("HOST_COUNT", 6), [3, 3, 3]),
        (9, hosts("FLEET_PERCENT", 40), [5, 4]),
        (9, HALF, [4, 4, 1]),
        (9, ONE, [1] * 9),
        (9, ALL, [9]),
        (1, ONE, [1]),
    ],
)
def test_published_sizes_of_batches(size: int, configuration: Any, sizes: list[int], dispatch: str) -> None:
    world = a_fleet(size, configuration, balancer=None, assumptions={"dispatch": dispatch}, **ONE_EVENT)
    trace, outcome = once(world, grain="full")
    assert batches(trace) == sizes
    assert outcome.duration_s == 100.0 * len(sizes)


@pytest.mark.parametrize(
    ("size", "configuration", "bad", "status", "succeeded", "skipped"),
    [
        # Nine of ten must stay: the first failure ends it, unless it is the tenth.
        (10, hosts("HOST_COUNT", 9), (3,), "Failed", 3, 6),
        (10, hosts("HOST_COUNT", 9), (9,), "Succeeded", 9, 0),
        (10, hosts("FLEET_PERCENT", 85), (3,), "Failed", 3, 6),
        # Eight of ten: the second failure ends it, unless it is the last. The first leaves one place.
        (10, hosts("HOST_COUNT", 8), (0,), "Succeeded", 9, 0),
        (10, hosts("HOST_COUNT", 8), (0, 4), "Failed", 3, 5),
        (10, hosts("HOST_COUNT", 8), (0, 9), "Succeeded", 8, 0),
        (10, hosts("HOST_COUNT", 8), (0, 1), "Failed", 0, 8),
        # Six of nine must end well.
        (9, hosts("HOST_COUNT", 6), (6, 7, 8), "Succeeded", 6, 0),
        (9, hosts("HOST_COUNT", 6), (0, 1, 2), "Failed", 0, 6),
        (9, hosts("FLEET_PERCENT", 40), (0, 1, 2, 3), "Succeeded", 5, 0),
        (9, hosts("FLEET_PERCENT", 40), (4, 5, 6, 7, 8), "Succeeded", 4, 0),
        (9, HALF, (5, 6, 7, 8), "Succeeded", 5, 0),
        (9, ONE, (8,), "Succeeded", 8, 0),
        (9, ONE, (7,), "Failed", 7, 1),
        (9, ALL, (0, 1, 2, 3, 4, 5, 6, 7), "Succeeded", 1, 0),
        (9, ALL, tuple(range(9)), "Failed", 0, 0),
        (1, ONE, (0,), "Failed", 0, 0),
    ],
)
def test_published_rules_of_failure(
    size: int, configuration: Any, bad: tuple[int, ...], status: str, succeeded: int, skipped: int
) -> None:
    world = a_fleet(size, configuration, balancer=None, faults=failing(*bad), people=None, **ONE_EVENT)
    trace = full(world)
    assert last_status(trace)[1] == status
    assert list(ends(trace).values()).count("Succeeded") == succeeded
    assert list(ends(trace).values()).count("Skipped") == skipped
    assert last_status(trace)[2] == (None if status == "Succeeded" else "HEALTH_CONSTRAINTS")


NOBODY_MAY_GO = [(10, hosts("FLEET_PERCENT", 95)), (10, hosts("HOST_COUNT", 10)), (1, HALF)]


@pytest.mark.parametrize(("size", "configuration"), NOBODY_MAY_GO)
def test_a_floor_that_leaves_nobody_to_update_is_refused_where_it_is_read(size: int, configuration: Any) -> None:
    with pytest.raises(ValueError, match="HEALTH_CONSTRAINTS_INVALID"):
        a_fleet(size, configuration)


@pytest.mark.parametrize(("size", "configuration"), NOBODY_MAY_GO)
def test_a_floor_that_leaves_nobody_to_update_fails_the_deployment_and_its_rollback_at_once(
    size: int, configuration: Any
) -> None:
    """95 % of ten are ten (user guide, instances-health); one of one is derived from the same rule."""
    can_start = a_fleet(size, ALL, people=None, rollback=BACK_ON_FAILURE, **ONE_EVENT)
    asked = configuration if isinstance(configuration, dict) else predefined(configuration).model_dump()
    strategy = can_start.strategies[0].model_copy(update={"configuration": DeploymentConfiguration(**asked)})
    trace, outcome = once(can_start.model_copy(update={"strategies": (strategy,)}), grain="full")
    assert [last_status(trace, number)[1:] for number in (0, 1)] == [("Failed", "HEALTH_CONSTRAINTS_INVALID")] * 2
    assert (outcome.duration_s, outcome.downtime_s, outcome.outcome) == (0.0, 0.0, "rollback_failed")
    assert not events(trace, number=0)
    assert not events(trace, number=1)
    assert "HEALTH_CONSTRAINTS_INVALID" in " ".join(narrate(trace, can_start))


def test_a_failure_keeps_its_place_and_the_next_batch_is_smaller() -> None:
    """Eight of ten must stay: after one failure one goes at a time (derived in codedeploy.md 3.2)."""
    world = a_fleet(10, hosts("HOST_COUNT", 8), balancer=None, faults=failing(0), people=None, **ONE_EVENT)
    assert batches(full(world)) == [2, *[1] * 8]


# -- time limits (user guide, limits; agent, hook_executor.rb) -----------------------------------------------


@pytest.mark.parametrize(
    ("timeouts", "duration", "seconds", "code"),
    [
        ([60.0], 60.0, 60.0, None),
        ([60.0], 61.0, 60.0, "ScriptTimedOut"),
        ([60.0, 60.0], 100.0, 100.0, None),  # an event's duration is split over its scripts
        ([60.0, 20.0], 100.0, 70.0, "ScriptTimedOut"),  # 50 s, then 20 s of the second
        ([3600.0], 3600.0, 3600.0, None),
        ([3600.0], 5000.0, 3600.0, "ScriptTimedOut"),
        ([3600.0, 3600.0], 5000.0, 3600.0, "ScriptTimedOut"),  # each within its own, the event not
    ],
)
def test_a_script_over_its_timeout_fails_its_event(
    timeouts: list[float], duration: float, seconds: float, code: str | None
) -> None:
    hooks = {"AfterInstall": {"scripts": [{"timeout": timeout} for timeout in timeouts]}}
    world = a_fleet(1, ALL, balancer=None, hooks=hooks, durations={"AfterInstall": duration}, people=None)
    (event,) = events(full(world), "AfterInstall")
    assert (event.time, event.code) == (seconds, code)


def test_a_script_that_hangs_dies_at_its_timeout() -> None:
    hooks = {"AfterInstall": {"scripts": [{"timeout": 40.0}, {"timeout": 900.0}]}}
    fault = {"kind": "hook_hang", "event": "AfterInstall", "target": 0}
    trace = full(a_fleet(1, ALL, balancer=None, hooks=hooks, faults=[fault], people=None))
    (event,) = events(trace, "AfterInstall")
    assert (event.time, event.status, event.code) == (40.0, "Failed", "ScriptTimedOut")
    assert last_status(trace)[1] == "Failed"


@pytest.mark.parametrize("event", ["BlockTraffic", "DownloadBundle", "Install", "AfterInstall", "AllowTraffic"])
def test_no_event_lasts_longer_than_an_hour(event: str) -> None:
    """Scripted or not: an event that has not finished after 3600 s fails."""
    balancer = {"deregistration_delay": 0.0}
    durations = {"AllowTraffic": 0.0, event: 3601.0}
    trace = full(a_fleet(1, ALL, balancer=balancer, durations=durations, people=None))
    (found,) = events(trace, event)
    assert (found.time - found.started, found.status) == (3600.0, "Failed")
    assert last_status(trace) == (3600.0, "Failed", "HEALTH_CONSTRAINTS")


def test_a_deployment_of_twelve_hours_fails() -> None:
    """Twenty targets of an hour, one at a time."""
    durations = {"AfterInstall": 3600.0}
    world = a_fleet(20, ONE, balancer=None, durations=durations, rollback=BACK_ON_FAILURE, people=None)
    trace, outcome = once(world, grain="full")
    assert last_status(trace) == (43_200.0, "Failed", "TIMEOUT")
    assert list(ends(trace).values()).count("Succeeded") == 11
    assert list(ends(trace).values()).count("Skipped") == 8
    assert outcome.trigger == "failure"
    assert last_status(trace, 1) == (86_400.0, "Failed", "TIMEOUT")  # the way back is no faster
    assert outcome.outcome == "rollback_failed"


def test_an_instance_that_dies_in_an_event_fails_it_after_an_hour_whatever_its_timeout() -> None:
    """The timer of the script lives in the dead agent (troubleshooting-ec2-instances)."""
    hooks = {"AfterInstall": {"scripts": [{"timeout": 60.0}]}}
    fault = {"kind": "instance_crash", "target": 0, "at": 25.0}
    durations = {"Install": 10.0, "AfterInstall": 50.0}
    trace = full(a_fleet(1, ALL, balancer=None, hooks=hooks, durations=durations, faults=[fault], people=None))
    assert last_status(trace)[0] == 10.0 + 3600.0
    assert events(trace)[-1].event == "AfterInstall"


@pytest.mark.parametrize(
    ("dies", "last", "fails"),
    [
        (0.0, "ApplicationStop", 300.0),  # before the first event is taken up
        (1.5, "ApplicationStop", 2.0 + 3600.0),  # offered at 0, begun at 2, runs until 12
        (13.0, "DownloadBundle", 12.0 + 300.0),  # offered at 12, would begin at 14
        (20.0, "DownloadBundle", 14.0 + 3600.0),
    ],
)
def test_an_instance_that_dies_between_events_is_missed_after_five_minutes(
    dies: float, last: str, fails: float
) -> None:
    fault = {"kind": "instance_crash", "target": 0, "at": dies}
    durations = {"ApplicationStop": 10.0, "DownloadBundle": 10.0}
    world = a_fleet(
        1,
        ALL,
        balancer=None,
        durations=durations,
        faults=[fault],
        people=None,
        assumptions={"agent_pickup": 2.0},
    )
    if dies == 1.5:
        fails = 300.0  # not begun at 2: the first event never starts
    trace = full(world)
    assert (events(trace)[-1].event, last_status(trace)[0]) == (last, fails)


def test_an_instance_that_dies_while_it_drains_is_missed_at_the_next_event() -> None:
    """Deregistration is the load balancer's doing and needs no agent."""
    fault = {"kind": "instance_crash", "target": 0, "at": 30.0}
    balancer = {"deregistration_delay": 120.0}
    trace = full(a_fleet(1, ALL, balancer=balancer, faults=[fault], people=None))
    assert last_status(trace)[0] == 120.0 + 300.0


def test_downloads_wait_longer_with_each_try() -> None:
    """10 and 30 s between three tries (agent, command_executor.rb)."""
    fault = {"kind": "download_failure", "probability": 1.0, "attempts": 3}
    trace = full(a_fleet(1, ALL, balancer=None, faults=[fault], people=None))
    assert events(trace, "DownloadBundle")[0].time == 40.0
    assert [r.quantity for r in trace.records if isinstance(r, Usage) and r.item == "bundle_download"] == [3.0]


# -- the load balancer ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("phase", [0.0, 0.4])
def test_a_dead_host_fails_its_share_until_its_health_checks_have_failed(phase: float) -> None:
    """(threshold - 1) x interval + phase + timeout; then the others take its requests."""
    check = {"interval": 10.0, "unhealthy_threshold": 3, "timeout": 5.0}
    fault = {"kind": "instance_crash", "target": 3, "at": 50.0}
    world = a_fleet(
        4,
        hosts("HOST_COUNT", 3),
        balancer={"deregistration_delay": 100.0, "health_check": check},
        durations={"AllowTraffic": 0.0},
        faults=[fault],
        people=None,
        assumptions={"health_check_phase": phase},
    )
    trace, outcome = once(world)
    noticed = 50.0 + 2 * 10.0 + phase * 10.0 + 5.0
    # Three hosts share 100/s meanwhile, one of them is being updated; nobody misses the fourth afterwards.
    assert outcome.failed_dead == pytest.approx(100.0 / 3 * (noticed - 50.0))
    assert outcome.failed_requests == outcome.failed_dead
    deaths = [r for r in trace.records if isinstance(r, FaultStrike) and r.kind == "instance_crash"]
    assert [(r.time, r.target) for r in deaths] == [(50.0, 3)]


@pytest.mark.parametrize(
    ("kind", "initial", "downtime"),
    [("application", "yes", 40.0), ("application", "no", 70.0), ("classic", "yes", 70.0)],
)
def test_a_target_group_without_a_healthy_target_fails_open(kind: str, initial: str, downtime: float) -> None:
    """All at once: out for 40 s, in its first checks for 30 s. A classic load balancer refuses until they pass."""
    durations = {"BlockTraffic": 30.0, "AfterInstall": 10.0, "AllowTraffic": 30.0}
    assumptions = {"fail_open_initial": initial}
    world = a_fleet(4, ALL, balancer={"kind": kind}, durations=durations, assumptions=assumptions)
    assert once(world)[1].downtime_s == pytest.approx(downtime)


def test_without_a_load_balancer_a_host_fails_its_share_from_stop_to_start() -> None:
    """codedeploy.md 8: requests keep going to a host while it is changed."""
    durations = {"ApplicationStop": 5.0, "Install": 20.0, "ApplicationStart": 15.0, "ValidateService": 60.0}
    _, outcome = once(a_fleet(4, ONE, balancer=None, durations=durations))
    assert outcome.downtime_s == pytest.approx(4 * (5.0 + 20.0 + 15.0) / 4)
    assert outcome.failed_dead == pytest.approx(100.0 * 40.0)


# -- traps -----------------------------------------------------------------------------------------------------


def test_a_revision_that_crashes_behind_a_load_balancer_fails_after_an_hour_in_allow_traffic() -> None:
    world = a_fleet(4, ONE, balancer={"deregistration_delay": 0.0}, revision=CRASH, people=None)
    trace, outcome = once(world, grain="full", stratum="bad")
    assert events(trace)[-1].event == "AllowTraffic"
    assert last_status(trace) == (3600.0, "Failed", "HEALTH_CONSTRAINTS")
    assert (outcome.outcome, outcome.failed_requests) == ("failed", 0.0)


def test_a_revision_that_crashes_without_hooks_or_a_load_balancer_succeeds_with_everything_dead() -> None:
    """Nothing looks: CodeDeploy installs, starts nothing it could watch, and reports success."""
    durations = {"AfterInstall": 100.0}
    world = a_fleet(4, HALF, balancer=None, revision=CRASH, people=None, durations=durations)
    trace, outcome = once(world, stratum="bad")
    assert outcome.deployment_status == "Succeeded"
    assert set(ends(trace).values()) == {"Succeeded"}
    assert outcome.outcome == "bad_in_production"
    assert outcome.peak_exposure == 1.0
    # Half are out for 100 s and dead from then on, the other half from 100 s on.
    assert outcome.downtime_s == pytest.approx(0.5 * 100.0 + outcome.lifetime_s - 100.0)


@pytest.mark.parametrize(
    ("hooks", "sees", "event"),
    [
        (("ApplicationStart",), "yes", "ApplicationStart"),
        (("ApplicationStart", "ValidateService"), "no", "ValidateService"),
        (("ValidateService",), "yes", "ValidateService"),
        (("ApplicationStart",), "no", "AllowTraffic"),
        (("AfterInstall", "ApplicationStop"), "yes", "AllowTraffic"),  # they run before the new revision does
    ],
)
def test_who_sees_that_a_revision_crashes(hooks: tuple[str, ...], sees: str, event: str) -> None:
    world = a_fleet(
        2,
        ONE,
        balancer={"deregistration_delay": 0.0},
        hooks={name: {} for name in hooks},
        revision=CRASH,
        assumptions={"start_hook_sees_crash": sees},
        people=None,
    )
    failed = events(full(world, stratum="bad"))[-1]
    assert (failed.event, failed.status) == (event, "Failed")


@pytest.mark.parametrize(("probes", "seen"), [(0, False), (1, True)])
def test_a_hook_sees_errors_only_by_probing(probes: int, seen: bool) -> None:
    hooks = {"ValidateService": {"probes": probes}}
    revision = {"bad": 1.0, "defects": [{"kind": "errors", "share": 1.0}]}
    trace = full(a_fleet(1, ALL, balancer=None, hooks=hooks, revision=revision, people=None), stratum="bad")
    assert (last_status(trace)[1] == "Failed") is seen


# -- a stopped deployment ------------------------------------------------------------------------------------


def test_a_stop_fails_what_runs_and_skips_what_waits() -> None:
    world = a_fleet(4, ONE, balancer=None, **ONE_EVENT, **stopped_at(150.0, rollback={"events": []}))
    trace, outcome = once(world, grain="full")
    assert last_status(trace) == (150.0, "Stopped", "ALARM_ACTIVE")
    assert ends(trace) == {0: "Succeeded", 1: "Failed", 2: "Skipped", 3: "Skipped"}
    assert events(trace)[-1].time == 150.0
    assert outcome.trigger is None  # nothing was listed that leads back
    assert outcome.outcome == "stuck"


OLD_AND_NEW = {"hooks": {"ApplicationStop": {}}, "durations": {"ApplicationStop": 50.0, "BeforeInstall": 20.0,
               "Install": 20.0, "AfterInstall": 20.0}}  # fmt: skip
OLD_ONLY = {**OLD_AND_NEW, "durations": {**OLD_AND_NEW["durations"], "ApplicationStop": 7.0}}


@pytest.mark.parametrize(
    ("stop", "commands", "begins", "stop_script"),
    [
        (10.0, "parallel", 10.0, 7.0),  # in BeforeInstall: the host still holds the old revision
        (10.0, "one_by_one", 27.0, 7.0),  # and is busy until its script has ended
        (55.0, "parallel", 55.0, 50.0),  # in AfterInstall: it holds the new one
        (55.0, "one_by_one", 67.0, 50.0),
        (30.0, "parallel", 30.0, 7.0),  # in Install: copied only when that has ended
        (30.0, "one_by_one", 47.0, 50.0),
    ],
)
def test_the_way_back_runs_the_stop_script_of_what_the_host_holds(
    stop: float, commands: str, begins: float, stop_script: float
) -> None:
    """It changes when an Install ends, not when a deployment succeeds (agent, command_executor.rb)."""
    service = {
        "platform": "server",
        "fleet": {"size": 1},
        "lifecycle": OLD_AND_NEW,
        "previous_lifecycle": OLD_ONLY,
    }
    trace = full(a_fleet(1, ALL, service=service, **stopped_at(stop, assumptions={"agent_commands": commands})))
    (first,) = events(trace, "ApplicationStop", 1)
    assert (first.started, first.time - first.started) == (begins, stop_script)


def test_a_hanging_script_holds_its_host_until_its_timeout() -> None:
    """One command at a time: the way back waits for it, at most five minutes."""
    fault = {"kind": "hook_hang", "event": "AfterInstall", "target": 0, "on": "deployment"}
    for timeout, begins, status in ((100.0, 100.0, "Succeeded"), (900.0, 310.0, "Failed")):
        hooks = {"AfterInstall": {"scripts": [{"timeout": timeout}]}}
        stop = stopped_at(10.0, assumptions={"agent_commands": "one_by_one"})
        trace = full(a_fleet(1, ALL, balancer=None, hooks=hooks, faults=[fault], **stop))
        first = events(trace, number=1)[0]
        # An event that is never begun is shown Skipped, from its offer to the limit.
        assert (first.time if first.status == "Skipped" else first.started) == begins
        assert last_status(trace, 1)[1] == status


def test_a_script_that_runs_on_can_still_start_the_new_revision() -> None:
    """Stopped in ApplicationStart without a way back: the application comes up all the same."""
    stop = stopped_at(10.0, rollback={"events": []})
    trace, _ = once(a_fleet(1, ALL, balancer=None, durations={"ApplicationStart": 60.0}, **stop))
    flows = [(r.time, r.flow.share_new, r.flow.good) for r in trace.records if isinstance(r, FlowChange)]
    assert flows[-1] == (60.0, 1.0, 100.0)


# -- the way back --------------------------------------------------------------------------------------------


def test_a_rollback_takes_the_unhealthy_first_then_the_outdated_then_the_rest() -> None:
    world = a_fleet(5, ONE, balancer=None, faults=failing(2), rollback=BACK_ON_FAILURE, people=None, **ONE_EVENT)
    trace, outcome = once(world, grain="full")
    assert ends(trace) == {0: "Succeeded", 1: "Succeeded", 2: "Failed", 3: "Skipped", 4: "Skipped"}
    assert list(ends(trace, 1)) == [2, 0, 1, 3, 4]
    assert outcome.outcome == "rolled_back"


@pytest.mark.parametrize("configuration", [ONE, HALF, ALL, hosts("HOST_COUNT", 3)])
def test_a_rollback_may_leave_out_what_was_never_touched(configuration: Any) -> None:
    """With rollback_scope `touched`; the targets left out serve on and count as healthy."""
    world = a_fleet(
        4,
        configuration,
        balancer=None,
        faults=failing(0, 1) if configuration == HALF else failing(1),
        rollback=BACK_ON_FAILURE,
        people=None,
        assumptions={"rollback_scope": "touched"},
        **ONE_EVENT,
    )
    trace, outcome = once(world, grain="full")
    if configuration == ALL:
        assert outcome.outcome == "succeeded"  # one success is enough
        return
    touched = {target for target, status in ends(trace).items() if status != "Skipped"}
    assert set(ends(trace, 1)) == touched
    assert last_status(trace, 1)[1] == "Succeeded"
    assert outcome.outcome == "rolled_back"


def test_a_rollback_that_fails_at_its_first_target_leaves_the_fleet_split() -> None:
    """One at a time with a host that cannot be updated: it is tried first, and that is the end (6.5)."""
    faults = [*failing(2), *failing(2, on="rollback")]
    world = a_fleet(4, ONE, balancer={"deregistration_delay": 0.0}, faults=faults, rollback=BACK_ON_FAILURE,
                    people=None, durations={"AfterInstall": 100.0, "AllowTraffic": 0.0},
                    hooks={"AfterInstall": {}})  # fmt: skip
    trace, outcome = once(world)
    assert ends(trace, 1) == {2: "Failed", 0: "Skipped", 1: "Skipped", 3: "Skipped"}
    assert outcome.outcome == "rollback_failed"
    assert outcome.censored
    assert outcome.rollback_s == math.inf
    assert outcome.failed_requests == 0.0  # three of four are enough, and the new revision is good


def test_a_fault_on_deployments_does_not_strike_the_way_back() -> None:
    """Not even one at a given time that falls into it."""
    faults = [*failing(0, event="ValidateService"), {**failing(0)[0], "at": 150.0}]
    world = a_fleet(2, ONE, balancer=None, hooks={"AfterInstall": {}, "ValidateService": {}}, faults=faults,
                    durations={"AfterInstall": 100.0, "ValidateService": 1.0}, rollback=BACK_ON_FAILURE,
                    people=None)  # fmt: skip
    trace = full(world)
    assert last_status(trace)[0] < 150.0
    assert last_status(trace, 1)[1] == "Succeeded"


def test_a_failed_update_is_charged_on_premises_and_a_skipped_one_is_not() -> None:
    """Three of four begun, all four again on the way back: seven updates of two cents."""
    service = {"platform": "server", "fleet": {"size": 4, "on_premises": True}, "lifecycle": ONE_EVENT}
    world = a_fleet(4, ONE, service=service, faults=failing(2), rollback=BACK_ON_FAILURE, people=None)
    trace, outcome = once(world)
    assert sum(r.quantity for r in trace.records if isinstance(r, Usage) and r.item == "instance_update") == 7.0
    assert outcome.cost_usd == pytest.approx(7 * 0.02 + 7 * 0.0000004)
    (line,) = [line for line in bill(trace, world).lines if line.item == "instance updates by CodeDeploy"]
    assert (line.quantity, line.unit_usd) == (7.0, 0.02)
    free = once(a_fleet(4, ONE, faults=failing(2), rollback=BACK_ON_FAILURE, people=None, **ONE_EVENT))[1]
    assert free.cost_usd == pytest.approx(7 * 0.0000004)  # EC2 pays for its downloads alone


def test_a_target_that_a_successful_deployment_gave_up_does_not_keep_the_run_open() -> None:
    """It failed before it left service and still serves the previous revision; the run is over all the same."""
    world = a_fleet(4, hosts("HOST_COUNT", 3), balancer={"deregistration_delay": 10.0},
                    hooks={"BeforeBlockTraffic": {}}, faults=failing(3, event="BeforeBlockTraffic"),
                    durations={"AllowTraffic": 0.0}, people=None)  # fmt: skip
    _, outcome = once(world)
    assert (outcome.outcome, outcome.censored) == ("succeeded", False)
    assert outcome.lifetime_s == outcome.duration_s == pytest.approx(30.0, abs=1.0)


def test_what_was_never_begun_is_neither_downloaded_nor_charged() -> None:
    """Dead before DownloadBundle: no object is fetched. Dead before anything: no update at two cents."""
    service = {"platform": "server", "fleet": {"size": 1, "on_premises": True}}
    for dies, updates in ((0.0, 0.0), (35.0, 1.0)):
        world = a_fleet(
            1,
            ALL,
            service={**service, "lifecycle": {"durations": {"ApplicationStop": 10.0}}},
            faults=[{"kind": "instance_crash", "target": 0, "at": dies}],
            people=None,
            assumptions={"agent_pickup": 20.0 if dies else 1.0},
        )
        used = [(r.item, r.quantity) for r in full(world).records if isinstance(r, Usage)]
        assert used == ([("instance_update", 1.0)] if updates else [])


def test_the_way_back_takes_as_long_as_the_previous_revision_takes() -> None:
    """Its own bundle and its own installation, where the scenario gives it a lifecycle of its own."""
    service = {
        "platform": "server",
        "fleet": {"size": 2},
        "lifecycle": {**ONE_EVENT, "durations": {"DownloadBundle": 40.0, "Install": 20.0}},
        "previous_lifecycle": {"durations": {"DownloadBundle": 4.0, "Install": 2.0}},
    }
    world = a_fleet(2, ONE, service=service, faults=failing(0), rollback=BACK_ON_FAILURE, people=None)
    trace = full(world)
    assert {r.time - r.started for r in events(trace, "Install")} == {20.0}
    assert {r.time - r.started for r in events(trace, "DownloadBundle", 1)} == {4.0}
    assert {r.time - r.started for r in events(trace, "Install", 1)} == {2.0}


def test_hazards_of_two_causes_add_up() -> None:
    """Two faults of one death in 2,000 s each: 1,000 s on average; four standard errors of 400 hosts."""
    faults = [{"kind": "instance_crash", "rate": 1 / 2000}] * 2
    fates = prepared(a_fleet(400, ALL, faults=faults), Streams(1, 0), "good", "states").dies_at
    assert sum(fates) / 400 == pytest.approx(1000.0, abs=4 * 1000.0 / 20)


def test_all_at_once_fails_only_when_every_target_fails() -> None:
    """P = q^n for three independent targets that fail with probability 0.4; four standard errors."""
    hooks = {"AfterInstall": {"failure": 0.4}}
    world = a_fleet(3, ALL, balancer=None, hooks=hooks, people=None)
    failed = [once(world, replication=k)[1].deployment_status == "Failed" for k in range(1500)]
    assert sum(failed) / 1500 == pytest.approx(0.064, abs=4 * math.sqrt(0.064 * 0.936 / 1500))
