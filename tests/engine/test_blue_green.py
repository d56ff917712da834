"""EC2 blue/green: the events of each side, times and bills in closed form, and every way out."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from simulator.metrics.cost import cost_lines
from simulator.model.scenario import Scenario
from simulator.rules.blue_green import way_back_duration
from simulator.rules.lifecycle import ALLOW_EVENTS, BLOCK_EVENTS, INSTALL_EVENTS
from simulator.trace.records import (
    AlarmChange,
    Capacity,
    DeploymentChange,
    EventRun,
    FaultStrike,
    FlowChange,
    PersonAct,
    TargetChange,
    Trace,
    Wait,
)
from tests.engine.blue_green_world import a_replaced_fleet
from tests.worlds import P1_TIMES, once

ALL, HALF, ONE = (f"CodeDeployDefault.{name}" for name in ("AllAtOnce", "HalfAtATime", "OneAtATime"))
LAUNCH, INSTALL, ALLOW, BLOCK = 90.0, 90.0, 30.0, 300.0  # P1's times; ApplicationStop has nothing to stop
STEADY: dict[str, Any] = {"notice": 7200.0, "acknowledge": 0.0, "decide": 0.0, "act": 0.0, "repair": 60.0}
HARMFUL: dict[str, Any] = {"bad": 1.0, "defects": [{"kind": "errors", "share": 0.1}]}
ALARM: dict[str, Any] = {
    "name": "5xx",
    "metric_name": "HTTPCode_Target_5XX_Count",
    "threshold": 1.0,
    "evaluation_periods": 1,
    "treat_missing_data": "notBreaching",
}


def of(trace: Trace, kind: type) -> list[Any]:
    return [record for record in trace.records if isinstance(record, kind)]


def events(trace: Trace, deployment: int, target: int) -> list[tuple[str, float, float]]:
    runs = [run for run in of(trace, EventRun) if (run.deployment, run.target) == (deployment, target)]
    return [(run.event, run.started, run.time) for run in sorted(runs, key=lambda run: (run.started, run.time))]


def statuses(trace: Trace, deployment: int = 0) -> list[tuple[float, str, str | None]]:
    found = [change for change in of(trace, DeploymentChange) if change.deployment == deployment]
    return [(change.time, change.status, change.code) for change in found]


def lasted(trace: Trace, deployment: int) -> float:
    mine = statuses(trace, deployment)
    return mine[-1][0] - mine[0][0]


def ended(trace: Trace, deployment: int = 0) -> dict[int, str]:
    return {change.target: change.status for change in of(trace, TargetChange) if change.deployment == deployment}


def units(trace: Trace) -> list[tuple[float, str, int]]:
    return [(change.time, change.colour, change.units) for change in of(trace, Capacity)]


def total(lines: list[Any]) -> float:
    return sum(line.usd for line in lines)


# -- three targets, line by line ---------------------------------------------------------------------------------


def test_three_replacements_are_installed_and_registered_before_three_originals_leave() -> None:
    """codedeploy.md 4.1, 4.2, 4.4 and 4.7, all at once: ten events on a replacement, three on an original."""
    trace, outcome = once(a_replaced_fleet(), grain="full")
    replacement = [
        ("ApplicationStop", 90, 90),
        ("DownloadBundle", 90, 98),
        ("BeforeInstall", 98, 103),
        ("Install", 103, 115),
        ("AfterInstall", 115, 135),
        ("ApplicationStart", 135, 150),
        ("ValidateService", 150, 180),
        ("BeforeAllowTraffic", 180, 180),
        ("AllowTraffic", 180, 210),
        ("AfterAllowTraffic", 210, 210),
    ]
    original = [("BeforeBlockTraffic", 210, 210), ("BlockTraffic", 210, 510), ("AfterBlockTraffic", 510, 510)]
    for target in range(3):
        assert events(trace, 0, target) == original
        assert events(trace, 0, 3 + target) == replacement
    assert of(trace, Wait) == [Wait(510.0, 0, "TERMINATION_WAIT", 4110.0)]
    assert statuses(trace) == [(0.0, "Created", None), (0.0, "InProgress", None), (4110.0, "Succeeded", None)]
    assert units(trace) == [(0.0, "new", 3), (4110.0, "old", 0)]
    assert ended(trace) == dict.fromkeys(range(6), "Succeeded")
    assert [(change.time, change.flow.share_new) for change in of(trace, FlowChange)] == [(0.0, 0.0), (210.0, 1.0)]
    assert (outcome.outcome, outcome.failed_requests, outcome.capacity_shortfall_s) == ("succeeded", 0.0, 0.0)


def test_registration_is_paced_and_the_originals_leave_together() -> None:
    """codedeploy.md 2.1: one at a time in both passes; 4.7: originals at once whatever the configuration."""
    trace, outcome = once(a_replaced_fleet(3, ONE), grain="full")
    starts = {target: [run[1] for run in events(trace, 0, target)] for target in range(6)}
    assert [starts[target][0] for target in (3, 4, 5)] == [90.0, 180.0, 270.0]
    assert [starts[target][7] for target in (3, 4, 5)] == [360.0, 390.0, 420.0]
    assert {starts[target][0] for target in (0, 1, 2)} == {450.0}
    shares = [(change.time, change.flow.share_new) for change in of(trace, FlowChange)][1:]
    assert shares == [(390.0, 0.25), (420.0, 0.4), (450.0, 1.0)]  # of 3 + 1, 3 + 2; then the originals are gone
    assert outcome.failed_requests == 0.0


def test_a_fresh_instance_has_nothing_to_stop_and_the_leaving_revision_s_scripts_run_on_the_originals() -> None:
    """codedeploy.md 4.3: previous scripts where one is installed; what was downloaded last on the way back."""
    mine, theirs = {"AfterBlockTraffic": 7.0, "BeforeAllowTraffic": 2.0}, {"AfterBlockTraffic": 40.0}
    hooks = {name: {"scripts": [{"timeout": 900.0}]} for name in ("AfterBlockTraffic", "BeforeAllowTraffic")}
    world = a_replaced_fleet(2, durations={**P1_TIMES, **mine}, hooks=hooks, revision=HARMFUL, people=STEADY)
    previous = {
        "durations": {**P1_TIMES, **theirs, "BeforeAllowTraffic": 5.0},
        "hooks": hooks,
    }
    written = world.model_dump(mode="json", exclude_unset=True)
    written["service"]["previous_lifecycle"] = previous
    written["blue_green"] = {"originals": {"wait": 86_400.0}}
    world = Scenario.model_validate(written).under("only")
    trace, _ = once(world, stratum="bad", grain="full")

    def length(deployment: int, target: int, event: str) -> float:
        return next(ends - begins for name, begins, ends in events(trace, deployment, target) if name == event)

    assert length(0, 2, "ApplicationStop") == 0.0
    assert length(0, 2, "BeforeAllowTraffic") == 2.0
    assert length(0, 0, "AfterBlockTraffic") == 40.0
    assert length(1, 0, "BeforeAllowTraffic") == 5.0
    assert length(1, 2, "AfterBlockTraffic") == 7.0


# -- closed forms ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "configuration", "batches"), [(12, ALL, 1), (12, ONE, 12), (9, HALF, 3), (1, ONE, 1), (1, ALL, 1)]
)
@pytest.mark.parametrize("wait", [0.0, 3600.0])
def test_a_replacement_lasts_the_sum_of_its_parts(size: int, configuration: str, batches: int, wait: float) -> None:
    """Launch, both passes in the configuration's batches, one block of the originals, the termination wait."""
    trace, outcome = once(a_replaced_fleet(size, configuration, options={"originals": {"wait": wait}}))
    assert outcome.duration_s == pytest.approx(LAUNCH + batches * (INSTALL + ALLOW) + BLOCK + wait, abs=1e-9)
    assert outcome.lifetime_s == outcome.duration_s
    assert units(trace) == [(0.0, "new", size), (outcome.duration_s, "old", 0)]


def test_p9_twelve_replacements_cost_their_time_beside_the_originals() -> None:
    """P9: launch 90 + install 100 + shift 600 + wait 3600 for twelve at 0.0832: 14.6333 instance-hours, 1.21749."""
    durations = {"Install": 100.0, "AllowTraffic": 300.0, "BlockTraffic": 300.0}
    world = a_replaced_fleet(12, durations=durations, instance_type="t3.large")
    trace, outcome = once(world)
    assert outcome.duration_s == 4390.0
    line = next(line for line in cost_lines(trace, world) if "instance-hours" in line.item)
    assert line.quantity == pytest.approx(14.6333, abs=5e-5)
    assert line.usd == pytest.approx(1.21749, abs=5e-6)
    assert outcome.kept_usd_per_hour is None


def test_every_event_waits_for_the_agent() -> None:
    world = a_replaced_fleet(2, assumptions={"agent_pickup": 1.0, "creation_delay": 5.0})
    assert once(world)[1].duration_s == pytest.approx(5 + LAUNCH + 10 + INSTALL + ALLOW + 3 + BLOCK + 3600)


def test_instances_that_exist_already_are_neither_launched_nor_extra() -> None:
    """DISCOVER_EXISTING: there beforehand and billed anyway (codedeploy.md 4.7)."""
    options = {"green_fleet": "DISCOVER_EXISTING", "originals": {"wait": 3600.0}}
    world = a_replaced_fleet(4, options=options)
    trace, outcome = once(world)
    assert outcome.duration_s == pytest.approx(INSTALL + ALLOW + BLOCK + 3600.0)
    assert not [line for line in cost_lines(trace, world) if "instance-hours" in line.item]


@pytest.mark.parametrize("found", [0, 3, 5])
def test_replacements_that_are_not_as_many_as_the_originals_end_it_with_no_instances(found: int) -> None:
    """User guide, error-codes: DISCOVER_EXISTING needs both fleets of one size; nobody is touched."""
    options = {"green_fleet": "DISCOVER_EXISTING", "existing": found, "originals": {"wait": 0.0}}
    trace, outcome = once(a_replaced_fleet(4, options=options, people=None))
    assert (outcome.outcome, outcome.deployment_status, outcome.duration_s) == ("failed", "Failed", 0.0)
    assert [r.code for r in trace.records if isinstance(r, DeploymentChange) and r.code] == ["NO_INSTANCES"]
    assert outcome.downtime_s == 0.0


def test_the_slowest_launch_counts_and_the_fault_makes_all_slower() -> None:
    slow = [{"kind": "provisioning_slow", "probability": 1.0, "factor": 3.0}]
    assert once(a_replaced_fleet(faults=slow))[1].duration_s == pytest.approx(
        3 * LAUNCH + INSTALL + ALLOW + BLOCK + 3600
    )
    spread = {"instance_launch": {"uniform": [20.0, 80.0]}, "asg_overhead": {"uniform": [0.0, 40.0]}}
    lengths = [once(a_replaced_fleet(size, assumptions=spread), replication=3)[1].duration_s for size in (1, 2, 5, 20)]
    assert lengths == sorted(lengths)  # the same first instances, and more of them
    assert lengths[0] < lengths[-1] <= 120 + INSTALL + ALLOW + BLOCK + 3600


def test_a_longer_termination_wait_only_costs_money() -> None:
    """With a good revision nothing but the deployment's end, its bill and the run's end moves."""
    own = {"agent_pickup": {"uniform": [0.8, 1.4]}, "instance_launch": {"uniform": [20.0, 90.0]}}

    def with_wait(wait: float, replication: int) -> Any:
        world = a_replaced_fleet(6, HALF, options={"originals": {"wait": wait}}, assumptions=own)
        return once(world, replication=replication)[1]

    for replication in range(5):
        short, long = with_wait(600.0, replication), with_wait(7200.0, replication)
        moved = {
            field.name for field in dataclasses.fields(short) if getattr(short, field.name) != getattr(long, field.name)
        }
        assert moved == {"duration_s", "lifetime_s", "cost_usd"}
        assert long.duration_s - short.duration_s == pytest.approx(6600.0)
        assert long.cost_usd - short.cost_usd == pytest.approx(6 * 6600 / 3600 * 0.096)


# -- the way back ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("configuration", "batches", "factor"), [(ONE, 12, 5160 / 660), (ALL, 1, 430 / 330)])
def test_the_way_back_is_faster_than_in_place_by_the_closed_form_s_factor(
    configuration: str, batches: int, factor: float
) -> None:
    """Nothing is installed on the way: 12 originals registered, then the replacements drained, against 12 x 430 s."""
    common = {"revision": HARMFUL, "people": STEADY}
    standing = {"originals": {"wait": 86_400.0}}
    there, outcome = once(a_replaced_fleet(12, configuration, options=standing, **common), stratum="bad")
    in_place, _ = once(a_replaced_fleet(12, configuration, deployment_type="in_place", **common), stratum="bad")
    assert lasted(there, 1) == way_back_duration(ALLOW, BLOCK, batches)
    assert lasted(in_place, 1) / lasted(there, 1) == pytest.approx(factor)
    assert outcome.outcome == "rolled_back"
    assert outcome.rollback_s == pytest.approx(1.0 * ALLOW * batches, abs=1.0)  # users are back when they are healthy


def test_the_way_back_is_no_faster_once_the_originals_are_terminated() -> None:
    """Then it is a full deployment: launched, installed, registered, and the other side drained."""
    gone = {"originals": {"wait": 0.0}}
    common = {"revision": HARMFUL, "people": STEADY}
    trace, outcome = once(a_replaced_fleet(12, ALL, options=gone, **common), stratum="bad", grain="full")
    in_place, _ = once(a_replaced_fleet(12, ALL, deployment_type="in_place", **common), stratum="bad")
    assert statuses(trace)[-1][1] == "Succeeded"
    assert lasted(trace, 1) == LAUNCH + INSTALL + ALLOW + BLOCK > lasted(in_place, 1)
    assert [name for name, _, _ in events(trace, 1, 24)] == [*INSTALL_EVENTS, *ALLOW_EVENTS]
    assert [name for name, _, _ in events(trace, 1, 12)] == list(BLOCK_EVENTS)
    assert [count for _, colour, count in units(trace) if colour == "new"] == [12, 24, 12]
    assert outcome.outcome == "rolled_back"


def test_on_the_way_back_the_originals_are_allowed_before_the_replacements_are_blocked() -> None:
    """codedeploy.md 4.2, 6.2: three events on each side, no reinstall."""
    world = a_replaced_fleet(3, options={"originals": {"wait": 86_400.0}}, revision=HARMFUL, people=STEADY)
    trace, outcome = once(world, stratum="bad", grain="full")
    begins = statuses(trace, 1)[0][0]
    for target in range(3):
        assert [(name, start - begins) for name, start, _ in events(trace, 1, target)] == [
            ("BeforeAllowTraffic", 0), ("AllowTraffic", 0), ("AfterAllowTraffic", 30)
        ]  # fmt: skip
        assert [(name, start - begins) for name, start, _ in events(trace, 1, 3 + target)] == [
            ("BeforeBlockTraffic", 30), ("BlockTraffic", 30), ("AfterBlockTraffic", 330)
        ]  # fmt: skip
    assert outcome.failed_capacity == 0.0


def test_both_sides_together_leave_users_without_service_for_the_checks() -> None:
    world = a_replaced_fleet(
        3, options={"originals": {"wait": 86_400.0}}, revision=HARMFUL, people=STEADY,
        assumptions={"blue_green_rollback_order": "together", "fail_open_initial": "no"},
    )  # fmt: skip
    trace, outcome = once(world, stratum="bad")
    assert lasted(trace, 1) == 300.0
    assert outcome.outage_s == pytest.approx(30.0)


def test_an_alarm_in_the_termination_wait_sends_traffic_back() -> None:
    """By assumption the deployment is watched as long as it is InProgress."""
    events_on = {"events": ["DEPLOYMENT_STOP_ON_ALARM"]}
    world = a_replaced_fleet(4, revision=HARMFUL, alarms=[ALARM], rollback=events_on, people=None)
    trace, outcome = once(world, stratum="bad")
    up = next(change.time for change in of(trace, AlarmChange) if change.state == "ALARM" and change.time > 0)
    assert up > 210.0
    assert statuses(trace)[-1][1:] == ("Stopped", "ALARM_ACTIVE")
    assert (outcome.outcome, outcome.trigger) == ("rolled_back", "alarm")
    blind = a_replaced_fleet(
        4, revision=HARMFUL, alarms=[{**ALARM, "evaluation_periods": 10, "datapoints_to_alarm": 10}],
        rollback=events_on, people=None, assumptions={"termination_wait_watches_alarms": "no"},
    )  # fmt: skip
    trace, outcome = once(blind, stratum="bad")
    assert statuses(trace)[-1][1] == "Succeeded"
    assert outcome.outcome == "bad_in_production"


def test_kept_originals_take_traffic_back_at_once_and_are_billed_as_long_as_the_run() -> None:
    kept = {"originals": {"action": "KEEP_ALIVE"}}
    good_trace, good = once(a_replaced_fleet(4, options=kept))
    assert good.duration_s == LAUNCH + INSTALL + ALLOW + BLOCK
    assert units(good_trace) == [(0.0, "new", 4)]
    assert good.kept_usd_per_hour == pytest.approx(4 * 0.096)
    _, outcome = once(a_replaced_fleet(4, options=kept, revision=HARMFUL, people=STEADY), stratum="bad")
    assert outcome.rollback_s == ALLOW
    assert outcome.outcome == "rolled_back"
    assert outcome.kept_usd_per_hour == pytest.approx(4 * 0.096)  # now the replacements'


def test_originals_that_were_kept_are_in_no_deployment_group_any_more() -> None:
    """API reference, BlueInstanceTerminationOption: people register them by hand, or deploy to other instances."""
    kept: dict[str, Any] = {"options": {"originals": {"action": "KEEP_ALIVE"}}, "revision": HARMFUL, "people": STEADY}
    by_hand, _ = once(a_replaced_fleet(4, "CodeDeployDefault.OneAtATime", **kept), stratum="bad")
    assert {change.deployment for change in of(by_hand, DeploymentChange)} == {0}
    acts = [(act.what, act.detail) for act in of(by_hand, PersonAct)][-3:]
    assert acts == [("registers", "4 kept originals"), ("deregisters", "4 replacements"), ("stands down", None)]
    assume = {"kept_originals": "deployment"}
    deployed, outcome = once(a_replaced_fleet(4, **kept, assumptions=assume), stratum="bad")
    assert lasted(deployed, 1) == LAUNCH + INSTALL + ALLOW + BLOCK
    assert units(deployed)[-1] == (statuses(deployed, 1)[0][0], "new", 8)  # beside the originals, and kept too
    assert outcome.outcome == "rolled_back"


def test_a_kept_original_that_has_died_is_not_registered_again() -> None:
    kept: dict[str, Any] = {"options": {"originals": {"action": "KEEP_ALIVE"}}, "revision": HARMFUL, "people": STEADY}
    crash = [{"kind": "instance_crash", "target": 1, "at": 1000.0}]
    trace, outcome = once(a_replaced_fleet(4, **kept, rate=200.0, faults=crash), stratum="bad")
    assert ("registers", "3 kept originals") in [(act.what, act.detail) for act in of(trace, PersonAct)]
    assert outcome.outcome == "rolled_back"


# -- every way out -----------------------------------------------------------------------------------------------


def test_a_ready_wait_that_is_continued_adds_its_time_and_shows_as_ready() -> None:
    ready = {"action": "STOP_DEPLOYMENT", "wait": 1800.0, "continued_after": 600.0}
    trace, outcome = once(a_replaced_fleet(options={"ready": ready, "originals": {"wait": 0.0}}))
    names = [(time, status) for time, status, _ in statuses(trace)]
    assert names[1:4] == [(0.0, "InProgress"), (180.0, "Ready"), (780.0, "InProgress")]
    assert of(trace, Wait)[0] == Wait(180.0, 0, "READY_WAIT", 780.0)
    assert outcome.duration_s == LAUNCH + INSTALL + 600.0 + ALLOW + BLOCK


@pytest.mark.parametrize(("reading", "kept"), [("kept", 3 * 0.096), ("terminated", None)])
def test_a_ready_wait_that_expires_stops_the_deployment_and_no_traffic_moved(reading: str, kept: Any) -> None:
    """codedeploy.md 4.7 and 11: Stopped; what becomes of the replacements is an assumption."""
    options = {"ready": {"action": "STOP_DEPLOYMENT", "wait": 1800.0}}
    rollback = {"events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"]}
    world = a_replaced_fleet(options=options, rollback=rollback, assumptions={"green_after_failure": reading})
    trace, outcome = once(world)
    assert statuses(trace)[-1] == (1980.0, "Stopped", "TIMEOUT")
    assert max(change.deployment for change in of(trace, DeploymentChange)) == 0
    assert {change.flow.share_new for change in of(trace, FlowChange)} == {0.0}
    assert (outcome.outcome, outcome.trigger) == ("failed", None)
    assert outcome.kept_usd_per_hour == (kept and pytest.approx(kept))
    assert outcome.cost_usd == pytest.approx(3 * 1980 / 3600 * 0.096, rel=1e-4)
    assert set(ended(trace).values()) == {"Skipped"}


def test_want_of_capacity_fails_it_before_anything_is_launched() -> None:
    faults = [{"kind": "no_capacity", "probability": 1.0}]
    trace, outcome = once(a_replaced_fleet(faults=faults))
    assert statuses(trace)[-1] == (0.0, "Failed", "NO_INSTANCES")
    assert (outcome.outcome, outcome.cost_usd, units(trace)) == ("failed", 0.0, [])


def test_replacements_that_do_not_take_the_revision_leave_the_originals_alone() -> None:
    """A crash at start shows at ApplicationStart; one at a time ends at the first, and users never meet it."""
    hooks = {"ApplicationStart": {"scripts": [{"timeout": 60.0}]}}
    crash = {"bad": 1.0, "defects": [{"kind": "crash_at_start"}]}
    world = a_replaced_fleet(3, ONE, hooks=hooks, revision=crash, rollback={"events": ["DEPLOYMENT_FAILURE"]})
    trace, outcome = once(world, stratum="bad", grain="full")
    assert statuses(trace)[-1] == (150.0, "Failed", "HEALTH_CONSTRAINTS")
    assert ended(trace) == {3: "Failed"} | dict.fromkeys((0, 1, 2, 4, 5), "Skipped")
    assert (outcome.failed_requests, outcome.exposed_requests) == (0.0, 0.0)
    assert outcome.outcome == "rolled_back"
    assert lasted(trace, 1) == 0.0  # the originals never left
    assert {event for target in range(3) for event, _, _ in events(trace, 1, target)} == set(ALLOW_EVENTS)


@pytest.mark.parametrize("listed", [True, False])
def test_a_single_original_that_cannot_be_deregistered_fails_the_deployment(listed: bool) -> None:
    """User guide, instances-health; without a rollback the fleet stays split."""
    hooks = {"BeforeBlockTraffic": {"scripts": [{"timeout": 60.0}]}}
    faults = [{"kind": "hook_failure", "event": "BeforeBlockTraffic", "target": 1, "on": "deployment"}]
    rollback = {"events": ["DEPLOYMENT_FAILURE"] if listed else []}
    world = a_replaced_fleet(3, ALL, hooks=hooks, faults=faults, rollback=rollback, people=None)
    trace, outcome = once(world, grain="full")
    assert statuses(trace)[-1][1:] == ("Failed", "HEALTH_CONSTRAINTS")
    assert ended(trace) == {0: "Succeeded", 1: "Failed", 2: "Succeeded", 3: "Succeeded", 4: "Succeeded", 5: "Succeeded"}
    assert outcome.outcome == ("rolled_back" if listed else "stuck")
    last = of(trace, FlowChange)[-1].flow
    assert last.share_new == (0.0 if listed else 0.75)


def test_a_rollback_that_fails_leaves_traffic_where_it_is() -> None:
    world = a_replaced_fleet(
        3, options={"originals": {"wait": 86_400.0}}, revision=HARMFUL, alarms=[ALARM], people=None,
        rollback={"events": ["DEPLOYMENT_STOP_ON_ALARM"]}, faults=[{"kind": "rollback_failure", "probability": 1.0}],
    )  # fmt: skip
    trace, outcome = once(world, stratum="bad")
    assert statuses(trace, 1)[-1][1] == "Failed"
    assert outcome.outcome == "rollback_failed"
    assert outcome.censored


def test_as_many_are_launched_as_the_group_had_healthy() -> None:
    """codedeploy.md 4.7: healthy ones; the dead original then cannot be deregistered."""
    faults = [{"kind": "instance_crash", "target": 0, "at": 1.0}]
    trace, _ = once(a_replaced_fleet(3, faults=faults, assumptions={"creation_delay": 5.0}, people=None))
    assert units(trace)[0] == (5.0, "new", 2)
    assert statuses(trace)[-1][1] == "Failed"


def test_a_stop_while_instances_are_launched_keeps_and_bills_them() -> None:
    """An alarm that is up already stops it at once; by assumption nobody takes the replacements away."""
    world = a_replaced_fleet(3, alarms=[{**ALARM, "state": "ALARM", "metric_name": "Other"}], people=None)
    trace, outcome = once(world)
    assert statuses(trace)[-1][1:] == ("Stopped", "ALARM_ACTIVE")
    assert outcome.kept_usd_per_hour == pytest.approx(3 * 0.096)
    assert ended(trace) == dict.fromkeys(range(6), "Skipped")


def test_configurations_without_room_for_a_failed_install_still_register_the_rest() -> None:
    """Nine of ten must be healthy, the last install fails: the nine that are left go one at a time."""
    hooks = {"AfterInstall": {"scripts": [{"timeout": 60.0}]}}
    faults = [{"kind": "hook_failure", "event": "AfterInstall", "target": 9}]
    floor = {"name": "nine", "minimum_healthy_hosts": {"type": "HOST_COUNT", "value": 9}}
    trace, outcome = once(a_replaced_fleet(10, floor, hooks=hooks, faults=faults, rate=500.0))
    assert outcome.deployment_status == "Succeeded"
    assert list(ended(trace).values()).count("Failed") == 1


def test_a_fault_s_target_is_a_place_a_host_s_of_the_original_and_a_script_s_of_whoever_runs_it() -> None:
    """Original 1 and its replacement 4 of three: who dies or is silent is the one at zero, a script is its runner's."""
    hooks = {"AfterInstall": {}, "BeforeBlockTraffic": {}}

    def struck(**fault: Any) -> list[int | None]:
        world = a_replaced_fleet(3, hooks=hooks, faults=[fault], people=None)
        return [r.target for r in of(once(world, grain="full")[0], FaultStrike)]

    assert struck(kind="hook_failure", event="AfterInstall", target=1) == [4]
    assert struck(kind="hook_hang", event="AfterInstall", target=1) == [4]
    assert struck(kind="hook_failure", event="BeforeBlockTraffic", target=1) == [1]
    assert struck(kind="instance_crash", target=1, at=10.0)[0] == 1
    assert struck(kind="agent_dead", target=1)[0] == 1


def test_replacements_that_never_became_healthy_are_registered_and_so_deregistered_on_the_way_back() -> None:
    faults = [{"kind": "health_check_failure", "probability": 1.0}]
    world = a_replaced_fleet(3, faults=faults, rollback={"events": ["DEPLOYMENT_FAILURE"]}, people=None,
                             assumptions={"agent_pickup": {"uniform": [0.5, 1.5]}})  # fmt: skip
    trace, _ = once(world, grain="full")
    blocked = [r for r in of(trace, EventRun) if r.deployment == 1 and r.event == "BlockTraffic"]
    assert sorted((r.target, r.time - r.started) for r in blocked) == [(3, BLOCK), (4, BLOCK), (5, BLOCK)]
