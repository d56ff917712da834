"""An ECS service: eight events, health at the right time, waits, ways back, scaling, and what is billed."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import pytest

from simulator.model.misfit import MisfitError
from simulator.model.scenario import Scenario
from simulator.rules import traffic_shift
from simulator.rules.lifecycle import ECS_EVENTS
from simulator.trace.records import (
    Capacity,
    DeploymentChange,
    EventRun,
    FlowChange,
    PersonAct,
    Shift,
    Trace,
    Usage,
    Wait,
)
from tests.worlds import a_service, canary, linear, once

AT_ONCE = "CodeDeployDefault.ECSAllAtOnce"
HOOKED = ("BeforeInstall", "AfterInstall", "AfterAllowTestTraffic", "BeforeAllowTraffic", "AfterAllowTraffic")
HOOKS: dict[str, Any] = {event: {} for event in HOOKED}
BACK = {"events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"]}
ERRORS = {"bad": 1.0, "defects": [{"kind": "errors", "share": 0.2}]}
CRASH = {"bad": 1.0, "defects": [{"kind": "crash_at_start"}]}
QUICK_PEOPLE = {"notice": 600.0, "acknowledge": 60.0, "decide": 120.0, "act": 30.0, "repair": 60.0}


def alarm(name: str = "HTTPCode_Target_5XX_Count", threshold: float = 1.0, **rest: Any) -> dict[str, Any]:
    return {
        "name": "up", "namespace": "AWS/ApplicationELB", "metric_name": name, "threshold": threshold,
        "treat_missing_data": "notBreaching", "comparison_operator": "GreaterThanOrEqualToThreshold", **rest,
    }  # fmt: skip


def of(trace: Trace, kind: type) -> list[Any]:
    return [record for record in trace.records if isinstance(record, kind)]


def shifts(trace: Trace) -> list[tuple[float, float]]:
    return [(r.time, r.weight_new) for r in of(trace, Shift)]


def events(trace: Trace, number: int = 0) -> list[tuple[str, float, float, str]]:
    return [(r.event, r.started, r.time, r.status) for r in of(trace, EventRun) if r.deployment == number]


def statuses(trace: Trace, number: int) -> list[tuple[float, str]]:
    return [(r.time, r.status) for r in of(trace, DeploymentChange) if r.deployment == number]


def billed(trace: Trace) -> list[tuple[float, str, int]]:
    return [(r.time, r.colour, r.units) for r in of(trace, Capacity)]


# -- forward -----------------------------------------------------------------------------------------------------


def test_a_deployment_checked_event_by_event() -> None:
    """Setup 10, eight events of 5, hooks of 7, launch 40 and health 30, two shifts 300 apart, wait 600, finish 9."""
    own = {"ecs_setup": 10.0, "ecs_event": 5.0, "ecs_finish": 9.0, "target_group_convergence": 2.0}
    world = a_service(canary(10, 5, "ECS"), hooks=HOOKS, durations=dict.fromkeys(HOOKED, 7.0),
                      balancer={"test_listener": True}, wait=600.0, assumptions=own)  # fmt: skip
    trace, outcome = once(world, grain="full")
    assert events(trace) == [
        ("BeforeInstall", 10.0, 22.0, "Succeeded"),
        ("Install", 22.0, 97.0, "Succeeded"),
        ("AfterInstall", 97.0, 109.0, "Succeeded"),
        ("AllowTestTraffic", 109.0, 114.0, "Succeeded"),
        ("AfterAllowTestTraffic", 114.0, 126.0, "Succeeded"),
        ("BeforeAllowTraffic", 126.0, 138.0, "Succeeded"),
        ("AllowTraffic", 138.0, 445.0, "Succeeded"),
        ("AfterAllowTraffic", 445.0, 457.0, "Succeeded"),
    ]
    assert tuple(name for name, *_ in events(trace)) == ECS_EVENTS
    assert shifts(trace) == [(145.0, 0.1), (445.0, 1.0)]
    assert of(trace, Wait) == [Wait(457.0, 0, "TERMINATION_WAIT", 1057.0)]
    assert statuses(trace, 0) == [(0.0, "Created"), (0.0, "InProgress"), (1066.0, "Succeeded")]
    assert billed(trace) == [(27.0, "new", 4), (1057.0, "old", 0)]
    assert sum(r.item == "hook_invocation" for r in of(trace, Usage)) == 5
    assert (outcome.duration_s, outcome.mixed_version_s, outcome.downtime_s) == (1066.0, 300.0, 0.0)
    assert outcome.outcome == "succeeded"


@pytest.mark.parametrize(
    "configuration",
    [
        "CodeDeployDefault.ECSCanary10Percent5Minutes",
        "CodeDeployDefault.ECSCanary10Percent15Minutes",
        "CodeDeployDefault.ECSLinear10PercentEvery1Minutes",
        "CodeDeployDefault.ECSLinear10PercentEvery3Minutes",
        AT_ONCE,
        canary(25, 2, "ECS"),
        linear(30, 7, "ECS"),
    ],
)
def test_every_configuration_shifts_by_its_schedule_and_takes_its_closed_form(configuration: Any) -> None:
    """Launch and, unless all at once, health; the schedule; the termination wait."""
    world = a_service(configuration)
    trace, outcome = once(world)
    schedule = traffic_shift.schedule(world.strategies[0].configuration)
    installed = 40.0 if configuration == AT_ONCE else 70.0
    assert shifts(trace) == [(installed + offset, weight) for offset, weight in schedule]
    assert outcome.duration_s == installed + schedule[-1][0] + 300.0


def test_the_slowest_of_the_tasks_counts_and_each_has_draws_of_its_own() -> None:
    def installs(tasks: int) -> list[float]:
        world = a_service(tasks=tasks, still=False, launch=None)
        runs = (once(world, replication=k, grain="full")[0] for k in range(40))
        return [next(r.time - r.started for r in of(run, EventRun) if r.event == "Install") for run in runs]

    few, many = installs(1), installs(30)
    assert all(one <= thirty for one, thirty in zip(few, many, strict=True))
    # 25 s and 400 MB at 13 MB/s, up to 8 % more, 30 s of health, and what CodeDeploy takes.
    assert all(1.04 * (25 + 400 / 13) + 30 + 2 < each < 1.08 * (25 + 400 / 13) + 30 + 8 for each in many)


# -- health ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("configuration", [canary(10, 5, "ECS"), linear(20, 1, "ECS")])
def test_tasks_that_never_become_healthy_fail_install_after_an_hour(configuration: Any) -> None:
    """troubleshooting-ecs: 60 minutes; the rollback drains the replacement and no user meets it."""
    trace, outcome = once(a_service(configuration, revision=CRASH, rollback=BACK), stratum="bad", grain="full")
    assert events(trace)[1] == ("Install", 0.0, 3600.0, "Failed")
    assert statuses(trace, 0)[-1] == (3600.0, "Failed")
    assert (outcome.exposed_requests, outcome.downtime_s) == (0.0, 0.0)
    assert (outcome.outcome, outcome.trigger) == ("rolled_back", "failure")
    assert billed(trace) == [(0.0, "new", 4), (3600.0, "new", 0)]


def test_all_at_once_succeeds_with_an_application_that_is_down() -> None:
    """Health is checked only after AllowTraffic, and CodeDeploy does not ask (troubleshooting-ecs)."""
    trace, outcome = once(a_service(AT_ONCE, revision=CRASH, rollback=BACK, people=None), stratum="bad")
    assert statuses(trace, 0)[-1] == (340.0, "Succeeded")
    assert outcome.outcome == "bad_in_production"
    down = [r.flow for r in of(trace, FlowChange) if r.time >= 40.0]
    assert down[0].good == 0.0
    assert down[0].dead == 100.0


@pytest.mark.parametrize(("listener", "reading", "downtime"), [
    (False, "yes", 0.0), (False, "no", 30.0), (True, "no", 10.0),
])  # fmt: skip
def test_all_at_once_checks_begin_with_the_first_listener(listener: bool, reading: str, downtime: float) -> None:
    """30 s of checks begin at AllowTraffic, or 20 s before it where a test listener leads there already."""
    world = a_service(AT_ONCE, balancer={"test_listener": listener}, durations={"AfterAllowTestTraffic": 20.0},
                      assumptions={"fail_open_initial": reading})  # fmt: skip
    assert once(world)[1].downtime_s == pytest.approx(downtime)


def test_health_checks_that_make_requests_see_errors_before_users_do() -> None:
    check = {"interval": 10.0, "healthy_threshold": 2, "probes": 1000}
    world = a_service(revision=ERRORS, balancer={"health_check": check}, people=None)
    trace, outcome = once(world, stratum="bad")
    assert statuses(trace, 0)[-1] == (3600.0, "Failed")
    assert outcome.exposed_requests == 0.0


def test_tasks_that_cannot_be_launched_are_waited_for_an_hour() -> None:
    """All at once waits for them to run, whatever their health."""
    trace, outcome = once(a_service(AT_ONCE, faults=[{"kind": "no_capacity", "probability": 1.0}], people=None))
    assert (outcome.deployment_status, outcome.duration_s) == ("Failed", 3600.0)
    assert (billed(trace), outcome.cost_usd) == ([], 0.0)


def test_tasks_are_billed_from_the_download_of_their_images_on() -> None:
    """Launch 25 s and 400 MB at 10 MB/s, three times as slow: 195 s, the last 40 of them billed (Fargate pricing)."""
    slow = [{"kind": "provisioning_slow", "probability": 1.0, "factor": 3.0}]
    own = {"task_launch": 25.0, "image_pull": 10e6, "task_launch_spread": 1.0}
    world = a_service(launch=None, faults=slow, service={"task": {"image": 400e6}}, assumptions=own)
    assert billed(once(world)[0])[0] == (155.0, "new", 4)


def test_tasks_still_to_be_placed_when_install_times_out_are_never_billed() -> None:
    slow = [{"kind": "provisioning_slow", "probability": 1.0, "factor": 100.0}]
    trace, outcome = once(a_service(faults=slow, rollback=BACK, people=None))
    assert statuses(trace, 0)[-1] == (3600.0, "Failed")
    assert (billed(trace), outcome.cost_usd) == ([], 0.0)


def test_slow_provisioning_delays_install_by_its_factor() -> None:
    faults = [{"kind": "provisioning_slow", "probability": 1.0, "factor": 3.0}]
    assert shifts(once(a_service(faults=faults))[0])[0][0] == 3 * 40.0 + 30.0


# -- hooks -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("event", HOOKED)
def test_a_hook_that_fails_ends_the_deployment_and_is_rolled_back_unless_nothing_was_made(event: str) -> None:
    """BeforeInstall has nothing to undo (reference-appspec-file-structure-hooks)."""
    faults = [{"kind": "hook_failure", "event": event, "target": 0, "on": "deployment"}]
    world = a_service(hooks=HOOKS, durations=dict.fromkeys(HOOKED, 5.0), faults=faults,
                      rollback=BACK, people=None)  # fmt: skip
    trace, outcome = once(world, grain="full")
    place = ECS_EVENTS.index(event)
    assert [status for *_, status in events(trace)] == ["Succeeded"] * place + ["Failed"] + ["Skipped"] * (7 - place)
    assert outcome.deployment_status == "Failed"
    assert [r.code for r in of(trace, DeploymentChange) if r.status == "Failed"] == ["HOOK_EXECUTION_FAILURE"]
    if event == "BeforeInstall":
        assert (outcome.outcome, outcome.trigger, len(statuses(trace, 1))) == ("failed", None, 0)
    else:
        assert (outcome.outcome, outcome.trigger) == ("rolled_back", "failure")
        assert {r.deployment for r in of(trace, Usage) if r.item == "hook_invocation"} == {0}


@pytest.mark.parametrize("event", HOOKED)
def test_a_hook_that_never_calls_back_fails_after_an_hour(event: str) -> None:
    faults = [{"kind": "hook_hang", "event": event, "target": 0}]
    trace, _ = once(a_service(hooks={event: {}}, faults=faults, people=None), grain="full")
    name, started, ended, _ = next(each for each in events(trace) if each[-1] == "Failed")
    assert (name, ended - started) == (event, 3600.0)


@pytest.mark.parametrize(
    ("event", "listener", "sees"),
    [
        ("BeforeInstall", True, False),
        ("AfterInstall", True, False),
        ("AfterAllowTestTraffic", True, True),
        ("BeforeAllowTraffic", True, True),
        ("AfterAllowTestTraffic", False, False),
        ("AfterAllowTraffic", False, True),
    ],
)
def test_probes_see_errors_once_a_listener_leads_to_the_replacement(event: str, listener: bool, sees: bool) -> None:
    world = a_service(hooks={event: {"probes": 1000}}, balancer={"test_listener": listener}, revision=ERRORS,
                      people=None)  # fmt: skip
    _, outcome = once(world, stratum="bad")
    assert (outcome.deployment_status == "Failed") == sees
    assert (outcome.exposed_requests == 0.0) == (sees and event != "AfterAllowTraffic")


# -- waits -------------------------------------------------------------------------------------------------------


def test_a_ready_wait_that_nobody_ends_stops_the_deployment_without_moving_traffic() -> None:
    ready = {"action": "STOP_DEPLOYMENT", "wait": 1800.0}
    trace, outcome = once(a_service(ready=ready, rollback=BACK))
    assert statuses(trace, 0)[1:] == [(0.0, "InProgress"), (70.0, "Ready"), (1870.0, "Stopped")]
    assert shifts(trace) == []
    assert (outcome.outcome, outcome.trigger) == ("failed", None)


@pytest.mark.parametrize(("position", "looks_at_errors"), [("after_test_traffic", True), ("after_install", False)])
def test_a_ready_wait_ends_when_somebody_continues(position: str, looks_at_errors: bool) -> None:
    ready = {"action": "STOP_DEPLOYMENT", "wait": 1800.0, "continued_after": 600.0}
    durations = {"AfterAllowTestTraffic": 20.0}
    world = a_service(ready=ready, durations=durations, assumptions={"ecs_ready_wait_position": position})
    trace, outcome = once(world)
    began = 90.0 if looks_at_errors else 70.0
    assert of(trace, Wait)[0] == Wait(began, 0, "READY_WAIT", began + 600.0)
    assert shifts(trace)[0] == (690.0, 0.1)
    assert outcome.outcome == "succeeded"


def test_both_task_sets_are_billed_through_the_termination_wait() -> None:
    """Launch 40, health 30, shift 540, wait 3600: 4 tasks of 0.25 vCPU and 0.5 GB for 4210 s (closed form P9)."""
    world = a_service(wait=3600.0, service={"task": {"cpu": 0.25, "memory": 512e6}})
    trace, outcome = once(world)
    assert billed(trace) == [(0.0, "new", 4), (4210.0, "old", 0)]
    hours = 4 * 4210.0 / 3600.0
    assert outcome.cost_usd == pytest.approx(hours * (0.25 * 0.04048 + 0.5 * 0.004445), rel=1e-9)
    assert statuses(trace, 0)[-1] == (4210.0, "Succeeded")


def test_tasks_on_instances_are_billed_by_the_container_instances_they_need() -> None:
    """Four tasks at two an instance: two instances more while both task sets stand, 910 s."""
    own = {"launch_type": "ec2", "instance_type": "m5.large", "tasks_per_instance": 2}
    _, outcome = once(a_service(service=own))
    assert outcome.cost_usd == pytest.approx(2 * 910.0 / 3600.0 * 0.096, rel=1e-9)
    free = {"launch_type": "ec2"}
    assert once(a_service(service=free))[1].cost_usd == 0.0


def test_a_longer_termination_wait_costs_money_and_nothing_else() -> None:
    short, long = (once(a_service(wait=wait))[1] for wait in (60.0, 3600.0))
    assert long.cost_usd > short.cost_usd
    assert long.duration_s - short.duration_s == 3540.0
    assert (long.downtime_s, long.failed_requests) == (short.downtime_s, short.failed_requests) == (0.0, 0.0)


def test_drained_tasks_are_billed_until_their_deregistration_delay_is_over() -> None:
    trace, outcome = once(a_service(balancer={"deregistration_delay": 120.0}))
    assert billed(trace)[-1] == (910.0 + 120.0, "old", 0)
    assert (outcome.duration_s, outcome.lifetime_s) == (910.0, 1030.0)


@pytest.mark.parametrize(("watched", "outcome"), [("yes", "rolled_back"), ("no", "bad_in_production")])
def test_an_alarm_in_the_termination_wait_stops_the_deployment_if_it_is_watched(watched: str, outcome: str) -> None:
    """All at once at 40 s; the alarm goes up when CodeDeploy already waits."""
    world = a_service(AT_ONCE, wait=1800.0, revision=ERRORS, alarms=[alarm()], rollback=BACK, people=None,
                      assumptions={"termination_wait_watches_alarms": watched})  # fmt: skip
    trace, measured = once(world, stratum="bad")
    assert of(trace, Wait)[0].kind == "TERMINATION_WAIT"
    assert of(trace, Wait)[0].time == 40.0
    assert measured.outcome == outcome
    assert (measured.deployment_status == "Stopped") == (watched == "yes")


# -- ways back ---------------------------------------------------------------------------------------------------


def stopped(**rest: Any) -> Scenario:
    """An alarm on the replacement's own errors, in a linear shift."""
    only = {"TargetGroup": "targetgroup/green/0123456789abcdef"}
    fields = {"revision": ERRORS, "alarms": [alarm(dimensions=only)], "people": None, **rest}
    return a_service(**fields)


def test_a_rollback_while_the_original_stands_takes_seconds_and_no_hooks() -> None:
    """Observed: ECSAllAtOnce, weights back at most 23 s after ALARM, the replacement drained, none created."""
    world = stopped(rollback=BACK, still=False, hooks=HOOKS, durations=dict.fromkeys(HOOKED, 5.0))
    for replication in range(12):
        trace, outcome = once(world, replication=replication, stratum="bad", grain="full")
        assert outcome.outcome == "rolled_back"
        assert outcome.rollback_s is not None
        assert outcome.rollback_s < 12.0
        assert [name for name, *_ in events(trace, 1)] == ["AllowTraffic"]
        assert {r.deployment for r in of(trace, Usage) if r.item == "hook_invocation"} == {0}
        assert [units for _, colour, units in billed(trace)] == [4, 0]
        assert shifts(trace)[-1][1] == 0.0


def test_a_person_takes_the_way_back_through_codedeploy_while_the_deployment_runs() -> None:
    world = stopped(alarms=[], people=QUICK_PEOPLE, wait=3600.0)
    trace, outcome = once(world, stratum="bad")
    assert "stops" in [r.what for r in of(trace, PersonAct)]
    assert (outcome.outcome, outcome.trigger, outcome.deployment_status) == ("rolled_back", "person", "Stopped")
    assert next(r.creator for r in of(trace, DeploymentChange) if r.deployment == 1) == "codeDeployRollback"
    assert outcome.rollback_s is not None
    assert outcome.rollback_s <= 1.0


def test_once_the_original_is_gone_the_way_back_is_a_deployment_with_everything() -> None:
    """Launch and health again, with the group's configuration: 70 s to the first shift, 540 s to the last."""
    world = a_service(wait=0.0, revision=ERRORS, people={**QUICK_PEOPLE, "notice": 1800.0})
    trace, outcome = once(world, stratum="bad", grain="full")
    assert [name for name, *_ in events(trace, 1)] == list(ECS_EVENTS)
    assert outcome.rollback_s == 70.0 + 540.0
    assert (outcome.outcome, outcome.trigger) == ("rolled_back", "person")
    assert [(colour, units) for _, colour, units in billed(trace)] == [("new", 4), ("old", 0), ("old", 4), ("new", 0)]


def test_the_way_back_is_faster_while_the_original_stands_by_what_a_deployment_takes() -> None:
    kept, gone = (
        once(a_service(wait=wait, revision=ERRORS, people={**QUICK_PEOPLE, "notice": 1800.0}), stratum="bad")[1]
        for wait in (86_400.0, 0.0)
    )
    assert kept.rollback_s is not None
    assert gone.rollback_s == 610.0
    assert kept.rollback_s <= 1.0


def test_a_stop_without_rollback_leaves_the_service_split() -> None:
    """Components stay as they are (deployment-steps-ecs); nobody is there to see to it."""
    trace, outcome = once(stopped(), stratum="bad")
    flow = of(trace, FlowChange)[-1].flow
    assert 0 < flow.share_new < 1
    assert (outcome.outcome, outcome.censored) == ("stuck", True)
    assert billed(trace) == [(0.0, "new", 4)]


def test_people_give_a_split_service_back_to_the_original_by_hand() -> None:
    trace, outcome = once(stopped(people=QUICK_PEOPLE), stratum="bad")
    assert outcome.outcome == "rolled_back"
    assert outcome.trigger == "person"
    assert {r.deployment for r in of(trace, DeploymentChange)} == {0}
    assert outcome.rollback_s == 0.0
    assert billed(trace)[-1][1:] == ("new", 0)


def test_a_rollback_that_fails_leaves_the_rest_to_people() -> None:
    world = stopped(rollback=BACK, people=QUICK_PEOPLE, faults=[{"kind": "rollback_failure", "probability": 1.0}])
    trace, outcome = once(world, stratum="bad")
    assert outcome.outcome == "rollback_failed"
    assert of(trace, FlowChange)[-1].flow.share_new == 0.0


# -- scaling -----------------------------------------------------------------------------------------------------


def test_a_service_that_scales_at_the_start_is_waited_for() -> None:
    trace, outcome = once(a_service(service={"scaling": {"at": 0.0, "lasts": 1200.0}}))
    assert shifts(trace)[0] == (1200.0, 0.1)
    assert outcome.outcome == "succeeded"


def test_the_wait_for_a_steady_service_is_an_hour_long() -> None:
    """deployment-type-bluegreen (Amazon ECS developer guide)."""
    trace, outcome = once(a_service(service={"scaling": {"at": 0.0, "lasts": 7200.0}}, people=None), grain="full")
    assert statuses(trace, 0)[-1] == (3600.0, "Failed")
    assert (shifts(trace), outcome.outcome) == ([], "failed")


@pytest.mark.parametrize(("at", "lasts", "ends"), [
    (100.0, 1200.0, (400.0, "Failed")),     # five minutes into it, with 240 s of the shift to come
    (100.0, 240.0, (910.0, "Succeeded")),   # at rest in time
    (400.0, 1200.0, (910.0, "Succeeded")),  # the shift is over before the five minutes are
])  # fmt: skip
def test_a_service_that_begins_to_scale_has_five_minutes(at: float, lasts: float, ends: tuple[float, str]) -> None:
    world = a_service(service={"scaling": {"at": at, "lasts": lasts}}, people=None, rollback=BACK)
    trace, _ = once(world)
    assert statuses(trace, 0)[-1] == ends
    if ends[1] == "Failed":
        assert shifts(trace)[-1][1] == 0.0
        assert shifts(trace)[-2] == (370.0, 0.6)  # traffic went on shifting meanwhile


# -- the rest ----------------------------------------------------------------------------------------------------


def test_a_network_load_balancer_takes_all_at_once_alone() -> None:
    assert once(a_service(AT_ONCE, balancer={"kind": "network"}))[1].outcome == "succeeded"
    with pytest.raises(MisfitError, match="network load balancer"):
        a_service(balancer={"kind": "network"})


@pytest.mark.parametrize(
    ("metric", "dimensions", "rises"),
    [
        ("HTTPCode_Target_5XX_Count", {}, True),
        ("HTTPCode_Target_5XX_Count", {"TargetGroup": "green"}, True),
        ("HTTPCode_Target_5XX_Count", {"TargetGroup": "targetgroup/blue/1"}, False),
        ("HTTPCode_Target_5XX_Count", {"TargetGroup": "another"}, False),
        ("HTTPCode_ELB_5XX_Count", {}, False),
        ("RequestCount", {"TargetGroup": "green"}, True),
    ],
)
def test_metrics_of_a_target_group_tell_the_task_sets_apart(
    metric: str, dimensions: dict[str, str], rises: bool
) -> None:
    world = a_service(revision=ERRORS, alarms=[alarm(metric, dimensions=dimensions)], people=None)
    assert (once(world, stratum="bad")[1].deployment_status == "Stopped") == rises


@pytest.mark.parametrize(("group", "rises"), [("green", True), ("blue", False)])
def test_unhealthy_tasks_show_in_their_target_group(group: str, rises: bool) -> None:
    """Tasks that die at start are seen in Install, long before its hour is over."""
    unhealthy = alarm("UnHealthyHostCount", dimensions={"TargetGroup": group}, statistic="Maximum")
    _, outcome = once(a_service(revision=CRASH, alarms=[unhealthy], people=None), stratum="bad")
    assert (outcome.deployment_status == "Stopped") == rises
    assert (outcome.duration_s < 600.0) == rises


def test_requests_to_tasks_that_are_down_are_the_load_balancers_own_errors() -> None:
    world = a_service(AT_ONCE, revision=CRASH, alarms=[alarm("HTTPCode_ELB_5XX_Count")], rollback=BACK, people=None)
    assert once(world, stratum="bad")[1].outcome == "rolled_back"


def test_weights_never_fall_while_a_deployment_goes_forward() -> None:
    trace, _ = once(a_service(linear(7, 1, "ECS"), still=False))
    weights = [weight for _, weight in shifts(trace)]
    assert len(weights) == math.ceil(100 / 7)
    assert all(before < after for before, after in pairwise(weights))
    assert weights[-1] == 1.0
