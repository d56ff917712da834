"""An Auto Scaling group under a deployment: launches, follow-on deployments, loops, and instances taken away."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.model.scenario import Scenario
from simulator.report.figures import timeline
from simulator.rules import auto_scaling
from simulator.trace.records import (
    Capacity,
    DeploymentChange,
    EventRun,
    FlowChange,
    Scaling,
    ServiceChange,
    TargetChange,
    Trace,
)
from simulator.trace.text import narrate
from tests.worlds import a_fleet, hosts, once

ALL, ONE = "CodeDeployDefault.AllAtOnce", "CodeDeployDefault.OneAtATime"
# 60 s to leave, 30 s on the host, 30 s to return: 120 s in place, of which a launch needs the last 50 s.
TIMES = {"BlockTraffic": 60.0, "ApplicationStop": 10.0, "Install": 10.0, "ApplicationStart": 10.0, "AllowTraffic": 30.0}
IN_PLACE, LAUNCH, LAUNCH_DEPLOYMENT = 120.0, 90.0, 50.0
FIXED = {
    "instance_launch": 30.0, "asg_overhead": 60.0, "auto_update_delay": 1.0, "auto_scaling_relaunch": 20.0,
    "scale_in_choice": "newest",
}  # fmt: skip
LEAVES_AT_ONCE = {"deregistration_delay": 0.0}
ERRORS = {"bad": 1.0, "defects": [{"kind": "errors", "share": 0.5}]}
HANGS_FOR_20_S = {"ApplicationStart": {"scripts": [{"timeout": 20.0}]}}


def step(at: float, instances: int = 1) -> dict[str, Any]:
    return {"at": at, "instances": instances}


def a_group(size: int, configuration: Any, assumptions: dict[str, Any] | None = None, **rest: Any) -> Scenario:
    scaling = {name: rest.pop(name) for name in ("scale_out", "scale_in", "outdated_instances", "termination_hook")
               if name in rest}  # fmt: skip
    given: dict[str, Any] = {"durations": TIMES, "rate": 50.0, "people": None, "balancer": LEAVES_AT_ONCE, **rest}
    return a_fleet(size, configuration, fleet={"auto_scaling": scaling}, assumptions={**FIXED, **(assumptions or {})},
                   **given)  # fmt: skip


def deployments(trace: Trace) -> dict[int, tuple[str, float, float, str]]:
    """Creator, begin, end and last status of each."""
    found: dict[int, tuple[str, float, float, str]] = {}
    for record in trace.records:
        if isinstance(record, DeploymentChange):
            began = found[record.deployment][1] if record.deployment in found else record.time
            found[record.deployment] = record.creator, began, record.time, record.status
    return found


def steps(trace: Trace, what: str) -> list[tuple[float, int | None]]:
    return [(r.time, r.target) for r in trace.records if isinstance(r, Scaling) and r.what == what]


def ended(trace: Trace, deployment: int) -> list[tuple[float, int, str]]:
    return [(r.time, r.target, r.status) for r in trace.records
            if isinstance(r, TargetChange) and r.deployment == deployment]  # fmt: skip


def events(trace: Trace, deployment: int) -> list[str]:
    return [r.event for r in trace.records if isinstance(r, EventRun) and r.deployment == deployment]


def existing(trace: Trace) -> list[tuple[float, int]]:
    return [(r.time, r.units) for r in trace.records if isinstance(r, Capacity)]


def capacities(trace: Trace) -> list[tuple[float, float, float]]:
    return [(r.time, r.flow.capacity, r.flow.share_new) for r in trace.records if isinstance(r, FlowChange)]


# -- scale-out ---------------------------------------------------------------------------------------------------


def test_an_instance_launched_meanwhile_gets_the_previous_revision_and_is_updated_afterwards() -> None:
    """Two targets one at a time until 240 s; the third is launched at 10 s and updated from 241 s on."""
    trace, outcome = once(a_group(2, ONE, scale_out=[step(10.0)]), grain="full")
    launched = 10 + LAUNCH
    assert deployments(trace) == {
        0: ("user", 0.0, 2 * IN_PLACE, "Succeeded"),
        1: ("autoscaling", launched, launched + LAUNCH_DEPLOYMENT, "Succeeded"),
        2: ("CodeDeployAutoUpdate", 2 * IN_PLACE + 1, 3 * IN_PLACE + 1, "Succeeded"),
    }
    assert events(trace, 1) == [
        "ApplicationStop", "DownloadBundle", "BeforeInstall", "Install", "AfterInstall", "ApplicationStart",
        "ValidateService", "BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic",
    ]  # fmt: skip
    assert steps(trace, "CONTINUE") == [(launched + LAUNCH_DEPLOYMENT, 2)]
    assert ended(trace, 2) == [(3 * IN_PLACE + 1, 2, "Succeeded")]
    assert existing(trace) == [(10.0, 3)]
    assert capacities(trace) == [
        (0.0, 100.0, 0.0),
        (120.0, 100.0, 1.0),
        (150.0, 200.0, 0.5),  # the launched instance brings the previous revision back into service
        (240.0, 300.0, pytest.approx(2 / 3)),
        (241.0, 200.0, 1.0),
        (361.0, 300.0, 1.0),
    ]
    assert (outcome.outcome, outcome.duration_s, outcome.lifetime_s) == ("succeeded", 240.0, 361.0)
    assert outcome.mixed_version_s == 241 - 150


def test_ignored_outdated_instances_leave_a_mixed_fleet() -> None:
    trace, outcome = once(a_group(2, ONE, scale_out=[step(10.0)], outdated_instances="IGNORE"))
    assert [creator for creator, *_ in deployments(trace).values()] == ["user", "autoscaling"]
    assert (outcome.outcome, outcome.deployment_status, outcome.censored) == ("stuck", "Succeeded", True)


def test_nothing_is_outdated_after_a_rollout_that_was_rolled_back() -> None:
    hooks = {"ValidateService": {"scripts": [{}], "probes": 1}}
    crash = {"bad": 1.0, "defects": [{"kind": "crash_at_start"}]}
    world = a_group(2, ONE, scale_out=[step(10.0)], revision=crash, hooks=hooks,
                    rollback={"events": ["DEPLOYMENT_FAILURE"]})  # fmt: skip
    trace, outcome = once(world, stratum="bad")
    creators = [creator for creator, *_ in deployments(trace).values()]
    assert sorted(creators) == ["autoscaling", "codeDeployRollback", "user"]
    assert outcome.outcome == "rolled_back"


def test_a_rollback_reaches_instances_that_were_launched_with_the_bad_revision() -> None:
    """Bad, but not to be seen: it succeeds at 120 s; the instance that then comes gets it, and the way back both."""
    person = {"notice": {"median": 6000.0, "sigma": 0.0}, "acknowledge": 0.0, "decide": 0.0, "act": 0.0, "repair": 60.0}
    world = a_group(1, ALL, scale_out=[step(130.0)], revision=ERRORS, people=person, rollback={"events": []})
    trace, outcome = once(world, stratum="bad", grain="full")
    arrived = [r for r in trace.records if isinstance(r, Scaling) and r.what == "CONTINUE"]
    assert [(r.time, r.target, r.revision) for r in arrived] == [(130 + LAUNCH + LAUNCH_DEPLOYMENT, 1, "new")]
    back = next(number for number, (creator, *_) in deployments(trace).items() if creator == "person")
    assert [(target, status) for _, target, status in ended(trace, back)] == [(0, "Succeeded"), (1, "Succeeded")]
    assert outcome.outcome == "rolled_back"


def test_a_revision_that_fails_on_new_instances_is_launched_and_terminated_again_and_again() -> None:
    """The new revision's start hangs on every launched instance, though it went through on one of two originals."""
    hang = {"kind": "hook_hang", "event": "ApplicationStart", "on": "deployment"}
    given: dict[str, Any] = {"hooks": HANGS_FOR_20_S, "horizon": 4000.0, "scale_out": [step(40.0)]}
    world = a_group(2, ALL, faults=[{**hang, "probability": 0.9}], **given)
    traces = (once(world, replication=replication)[0] for replication in range(60))
    trace = next(trace for trace in traces if deployments(trace)[0][3] == "Succeeded")
    given_up, loop = steps(trace, "ABANDON"), auto_scaling.launch_loop(LAUNCH, 10.0 + 20.0, terminate=20.0)
    assert len(given_up) > 3
    assert given_up == [(40 + LAUNCH + 30 + loop * place, 2 + place) for place in range(len(given_up))]
    assert {units for _, units in existing(trace)} == {2, 3}
    went_on = steps(trace, "CONTINUE")
    tried_for = (went_on[0][0] if went_on else trace.end.time) - 40
    assert len(steps(trace, "launch")) == auto_scaling.launches(tried_for, loop)


def test_after_a_rollout_that_failed_the_next_instance_gets_the_previous_revision_and_serves() -> None:
    hang = {"kind": "hook_hang", "event": "ApplicationStart", "on": "deployment", "probability": 1.0}
    trace, outcome = once(a_group(2, ALL, scale_out=[step(125.0)], faults=[hang], hooks=HANGS_FOR_20_S, horizon=4000.0))
    assert (outcome.deployment_status, steps(trace, "ABANDON")) == ("Failed", [])
    assert [r.revision for r in trace.records if isinstance(r, Scaling) and r.what == "CONTINUE"] == ["old"]


def test_an_agent_that_never_answers_costs_a_launch_an_hour() -> None:
    fault = {"kind": "agent_dead", "probability": 1.0}
    world = a_group(1, ALL, scale_out=[step(1.0)], faults=[fault], horizon=8000.0)
    trace, _ = once(world)
    assert steps(trace, "ABANDON")[0] == (1.0 + LAUNCH + 3600.0, 1)


def test_what_the_group_does_by_itself_is_not_billed_to_the_deployment() -> None:
    plain = once(a_group(2, ONE, scale_in=[step(90_000.0)]))[1]
    scaled = once(a_group(2, ONE, scale_out=[step(10.0, 3)], outdated_instances="IGNORE", horizon=1000.0))[1]
    assert scaled.cost_usd == pytest.approx(plain.cost_usd)


# -- scale-in ----------------------------------------------------------------------------------------------------


def test_an_instance_taken_away_while_it_waits_is_missed_when_its_turn_comes() -> None:
    """Three one at a time; the last is terminated at 10 s and its first event not started for 300 s from 240 s on."""
    trace, outcome = once(a_group(3, ONE, scale_in=[step(10.0)]), grain="full")
    assert steps(trace, "terminated") == [(10.0, 2)]
    assert ended(trace, 0) == [(120.0, 0, "Succeeded"), (240.0, 1, "Succeeded"), (540.0, 2, "Failed")]
    # All but the last succeeded, which is enough.
    assert (outcome.deployment_status, outcome.duration_s, outcome.outcome) == ("Succeeded", 540.0, "succeeded")
    assert outcome.failed_requests == 0.0


@pytest.mark.parametrize(
    ("at", "known"),
    [
        (30.0, 60.0 + 300.0),  # while it drains: the next event is never started
        (75.0, 70.0 + 3600.0),  # in Install, which began at 70 s
        (85.0, 80.0 + 3600.0),  # in ApplicationStart
        (100.0, 90.0 + 3600.0),  # in AllowTraffic
    ],
)
def test_an_instance_taken_away_in_the_middle_of_an_event_is_missed_an_hour_later(at: float, known: float) -> None:
    trace, outcome = once(a_group(2, ALL, scale_in=[step(at)]), grain="full")
    assert ended(trace, 0) == [(120.0, 0, "Succeeded"), (known, 1, "Failed")]
    assert (outcome.deployment_status, outcome.duration_s) == ("Succeeded", known)
    assert [r.what for r in trace.records if isinstance(r, ServiceChange) and r.target == 1][-1] == "terminated"


def test_a_lost_target_is_judged_by_the_floor() -> None:
    strict = once(a_group(3, hosts("HOST_COUNT", 2), scale_in=[step(10.0, 2)]))[1]
    assert (strict.deployment_status, strict.outcome) == ("Failed", "stuck")
    lax = once(a_group(3, ALL, scale_in=[step(10.0, 2)]))[1]
    assert (lax.deployment_status, lax.outcome) == ("Succeeded", "succeeded")


def test_an_instance_that_leaves_drains_first() -> None:
    trace, _ = once(a_group(2, ALL, scale_in=[step(500.0)], balancer={"deregistration_delay": 200.0},
                            scale_out=[step(400.0)]), grain="full")  # fmt: skip
    gone = [(r.time, r.target) for r in trace.records if isinstance(r, ServiceChange) and r.what == "scaled in"]
    assert gone == []  # nothing keeps the run going until then
    trace, _ = once(a_group(2, ALL, scale_in=[step(121.0)], balancer={"deregistration_delay": 200.0},
                            scale_out=[step(119.0)]), grain="full")  # fmt: skip
    gone = [(r.time, r.target) for r in trace.records if isinstance(r, ServiceChange) and r.what == "scaled in"]
    assert gone == [(121.0, 1)]
    assert steps(trace, "terminated") == [(321.0, 1)]


def test_a_termination_deployment_runs_the_stop_scripts_and_its_failure_keeps_nobody() -> None:
    fault = {"kind": "hook_failure", "event": "ApplicationStop", "target": 1, "on": "both"}
    world = a_group(3, ONE, scale_in=[step(121.0)], termination_hook=True, assumptions={"scale_in_choice": "newest"})
    trace, _ = once(world, grain="full")
    number = next(number for number, (creator, *_) in deployments(trace).items() if creator == "autoscalingTermination")
    assert events(trace, number) == ["BeforeBlockTraffic", "BlockTraffic", "AfterBlockTraffic", "ApplicationStop"]
    assert deployments(trace)[number][1:] == (121.0, 191.0, "Succeeded")
    assert steps(trace, "terminated") == [(191.0, 2)]
    failing = a_group(3, ONE, scale_in=[step(1.0)], termination_hook=True, hooks={"ApplicationStop": {"scripts": [{}]}},
                      faults=[{**fault, "target": 2}])  # fmt: skip
    trace, _ = once(failing, grain="full")
    number = next(number for number, (creator, *_) in deployments(trace).items() if creator == "autoscalingTermination")
    assert deployments(trace)[number][3] == "Failed"
    assert [target for _, target in steps(trace, "terminated")] == [2]


def test_a_group_with_nobody_in_service_has_no_instances_to_roll_back_to() -> None:
    """The only instance goes in Install and is missed at 3670 s, while its successor takes long to come up."""
    world = a_group(1, ALL, {"instance_launch": 5000.0}, scale_out=[step(1.0)], scale_in=[step(75.0)],
                    rollback={"events": ["DEPLOYMENT_FAILURE"]})  # fmt: skip
    trace, outcome = once(world)
    ends = {r.deployment: (r.time, r.status, r.code) for r in trace.records if isinstance(r, DeploymentChange)}
    assert ends[0] == (3670.0, "Failed", "HEALTH_CONSTRAINTS")
    assert ends[1] == (3670.0, "Failed", "NO_INSTANCES")
    assert outcome.outcome == "rollback_failed"


def test_a_smaller_group_is_as_large_as_an_untouched_one_would_be() -> None:
    """350/s on four of 100/s, of which the group takes two: what is refused then is nobody's fault."""
    trace, outcome = once(a_group(4, ONE, rate=350.0, scale_in=[step(1000.0)]))
    assert outcome.capacity_shortfall_s == 4 * IN_PLACE  # one at a time out of four
    trace, outcome = once(a_group(4, ONE, rate=150.0, scale_in=[step(1.0, 3)]))
    assert outcome.lifetime_s < 1000.0  # settled, although the fleet is smaller than at zero
    last = [r.flow for r in trace.records if isinstance(r, FlowChange)][-1]
    assert (last.capacity, last.untouched, last.refused) == (100.0, 100.0, 0.0)


def test_a_group_without_steps_changes_nothing() -> None:
    usual = once(a_fleet(3, ONE, durations=TIMES, rate=50.0), grain="full")[0]
    group = once(a_fleet(3, ONE, durations=TIMES, rate=50.0, fleet={"auto_scaling": {}}), grain="full")[0]
    assert usual.records == group.records


# -- what people see -----------------------------------------------------------------------------------------------


def test_the_story_tells_of_the_group_and_the_figure_has_rows_for_those_launched() -> None:
    world = a_group(2, ONE, scale_out=[step(10.0)], scale_in=[step(130.0)])
    trace, _ = once(world, grain="full")
    told = "\n".join(narrate(trace, world))
    assert "Auto Scaling wants 3 instances, 1 more, and launches it." in told
    assert "Target 2 is launched with the previous revision, the last that succeeded, and goes into service." in told
    assert "CodeDeployAutoUpdate" in told
    assert "Auto Scaling wants 2 instances, 1 fewer." in told
    assert "billed" not in told
    assert [row.name for row in timeline.target_rows(trace)] == ["target 0", "target 1", "target 2"]
    creators = [creator for creator, *_ in deployments(trace).values()]
    assert len(timeline.deployment_bars(trace)) == len(creators) - creators.count("autoscaling")


def test_a_loop_is_told_in_a_few_sentences() -> None:
    world = a_group(
        1, ALL, scale_out=[step(1.0)], faults=[{"kind": "agent_dead", "probability": 1.0}], horizon=40_000.0
    )
    trace, _ = once(world, grain="full")
    told = [line for line in narrate(trace, world) if "given up" in line]
    assert len(steps(trace, "ABANDON")) > 5
    assert len(told) == 4
    assert "Again and again" in told[-1]


@settings(max_examples=25, deadline=None)
@given(
    size=st.integers(1, 6),
    configuration=st.sampled_from([ALL, ONE]),
    out=st.lists(st.tuples(st.integers(0, 900), st.integers(1, 3)), max_size=2),
    into=st.tuples(st.integers(0, 900), st.integers(1, 5)),
    hook=st.booleans(),
    outdated=st.sampled_from(["UPDATE", "IGNORE"]),
    stratum=st.sampled_from(["good", "bad"]),
    seed=st.integers(0, 2**20),
)
def test_whatever_a_group_does_requests_are_conserved_and_instances_add_up(  # type: ignore[no-untyped-def]
    size, configuration, out, into, hook, outdated, stratum, seed
) -> None:
    wanted: dict[str, Any] = {"scale_out": [step(float(at), more) for at, more in out], "outdated_instances": outdated}
    if into[1] < size:
        wanted |= {"scale_in": [step(float(into[0]), into[1])], "termination_hook": hook}
    assumed = {"scale_in_choice": "random", "tie_order": "random", "instance_launch": {"median": 40.0, "sigma": 0.5}}
    world = a_group(size, configuration, assumed, revision=ERRORS, horizon=20_000.0, people={}, **wanted)
    trace, outcome = once(world, stratum=stratum, seed=seed, grain="full")
    lean, same = once(world, stratum=stratum, seed=seed)
    assert same == outcome
    assert [r for r in lean.records if isinstance(r, FlowChange)] == [
        r for r in trace.records if isinstance(r, FlowChange)
    ]
    for record in trace.records:
        if isinstance(record, FlowChange):
            flow = record.flow
            lost = flow.defect + flow.refused + flow.dead
            assert flow.good + lost == pytest.approx(flow.untouched)
    launched, gone = steps(trace, "launch"), steps(trace, "terminated")
    assert len({target for _, target in gone}) == len(gone)
    there = existing(trace)[-1][1] if existing(trace) else size
    assert there == size + len(launched) - len(gone)
    assert trace.records == sorted(trace.records, key=lambda record: record.time)


def test_a_person_takes_all_at_once_where_the_minimum_has_become_as_large_as_the_group() -> None:
    """Two of four are to stay; after two have been taken away nothing could ever start with that."""
    keeps_two = hosts("HOST_COUNT", 2)
    people = {"acknowledge": 60.0, "decide": 60.0, "act": 60.0, "notice": 60.0}
    world = a_group(4, keeps_two, scale_in=[step(300.0, 2)], revision=ERRORS, people=people)
    trace, outcome = once(world, stratum="bad")
    by_hand = [r for r in trace.records if isinstance(r, DeploymentChange) and r.creator == "person"]
    assert [r.status for r in by_hand] == ["Created", "InProgress", "Succeeded"]
    assert outcome.outcome == "rolled_back"
