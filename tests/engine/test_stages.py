"""A rollout in stages: how long it takes, what a bake sees, what a gate stops, and what becomes of finished stages."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.metrics import Outcome
from simulator.model.misfit import MisfitError
from simulator.model.scenario import Scenario
from simulator.trace.records import DeploymentChange, PersonAct, StageChange, TargetChange, Trace, Trigger, Wait
from tests.worlds import a_fleet, hosts, once

TIMES = {"BlockTraffic": 0.0, "AllowTraffic": 0.0, "ApplicationStart": 100.0}
ALL_AT_ONCE = "CodeDeployDefault.AllAtOnce"
ERRORS = {
    "name": "errors",
    "namespace": "AWS/ApplicationELB",
    "metric_name": "HTTPCode_Target_5XX_Count",
    "threshold": 50,
    "evaluation_periods": 1,
    "treat_missing_data": "notBreaching",
}
BOX_AND_REST = [{"name": "one box", "hosts": 1}, {"name": "rest", "rest": True}]


def staged(stages: list[dict[str, Any]], *, size: int = 10, after: str = "leave", **rest: Any) -> Scenario:
    strategy = {
        "name": "only",
        "configuration": rest.pop("configuration", ALL_AT_ONCE),
        "stages": stages,
        "after_failure": {"finished_stages": after},
    }
    fields: dict[str, Any] = {"durations": TIMES, "people": None, **rest}
    return a_fleet(size, strategies=[strategy], **fields)


def bad(defect: dict[str, Any], **rest: Any) -> dict[str, Any]:
    return {
        "revision": {"bad": 1.0, "defects": [defect]},
        "alarms": [ERRORS],
        "rollback": {"events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"]},
        **rest,
    }


def stages_of(trace: Trace) -> dict[str, str]:
    """Last status of each stage."""
    return {record.stage: record.status for record in trace.records if isinstance(record, StageChange)}


def touched(trace: Trace) -> set[int]:
    return {r.target for r in trace.records if isinstance(r, TargetChange) and r.status != "Skipped"}


def run_bad(world: Scenario) -> tuple[Trace, Outcome]:
    return once(world, stratum="bad", grain="full")


def test_duration_is_the_sum_of_stages_and_bakes() -> None:
    """100 s of one box, 1 h, four hosts one at a time, 10 min, and the other five at once: the closed form."""
    stages = [
        {"name": "one box", "hosts": 1, "bake": 3600.0},
        {"name": "half", "share": 0.4, "configuration": "CodeDeployDefault.OneAtATime", "bake": 600.0},
        {"name": "rest", "rest": True},
    ]
    trace, outcome = once(staged(stages))
    assert outcome.duration_s == pytest.approx(100 + 3600 + 4 * 100 + 600 + 100, abs=1e-9)
    assert outcome.outcome == "succeeded"
    assert stages_of(trace) == {"one box": "Succeeded", "half": "Succeeded", "rest": "Succeeded"}
    assert [wait.ends - wait.time for wait in trace.records if isinstance(wait, Wait)] == [3600.0, 600.0]


def test_both_revisions_serve_while_a_stage_bakes() -> None:
    """From the first box being back to the last one leaving; the whole rest leaves at once."""
    stages = [{"name": "one box", "hosts": 1, "bake": 3600.0}, {"name": "rest", "rest": True}]
    assert once(staged(stages))[1].mixed_version_s == pytest.approx(3600.0, abs=1e-9)


def test_the_last_bake_counts_only_where_a_gate_looks() -> None:
    stages = [{"name": "all", "rest": True, "bake": 600.0}]
    assert once(staged(stages))[1].duration_s == pytest.approx(100.0, abs=1e-9)
    assert once(staged(stages, alarms=[ERRORS]))[1].duration_s == pytest.approx(700.0, abs=1e-9)


def test_the_floor_counts_over_the_targets_of_the_stage() -> None:
    """HalfAtATime of a stage of four: two at a time, though half of all ten would let all four go."""
    stages = [
        {"name": "four", "hosts": 4, "configuration": "CodeDeployDefault.HalfAtATime"},
        {"name": "rest", "rest": True},
    ]
    assert once(staged(stages))[1].duration_s == pytest.approx(2 * 100 + 100, abs=1e-9)


def test_zone_after_zone_takes_the_hosts_of_each_zone() -> None:
    stages = [{"name": f"zone {zone}", "zone": zone, "bake": 60.0} for zone in (1, 2, 3)]
    world = staged(stages, service={"platform": "server", "fleet": {"size": 9, "zones": 3}, "load_balancer": None,
                                    "lifecycle": {"durations": {"ApplicationStart": 100.0}}})  # fmt: skip
    trace, outcome = once(world)
    assert outcome.duration_s == pytest.approx(3 * 100 + 2 * 60, abs=1e-9)
    by_stage = [
        {r.target for r in trace.records if isinstance(r, TargetChange) and r.deployment == k} for k in range(3)
    ]
    assert by_stage == [{0, 3, 6}, {1, 4, 7}, {2, 5, 8}]


def test_group_after_group_is_one_deployment_each() -> None:
    groups = [{"name": "blue", "size": 3}, {"name": "red", "size": 2}]
    world = staged(
        [{"name": "first", "group": "red"}, {"name": "second", "group": "blue"}],
        service={"platform": "server", "fleet": {"size": 5, "groups": groups}, "load_balancer": None,
                 "lifecycle": {"durations": {"ApplicationStart": 100.0}}},
    )  # fmt: skip
    trace, outcome = once(world)
    assert outcome.duration_s == pytest.approx(200.0, abs=1e-9)
    first = {r.target for r in trace.records if isinstance(r, TargetChange) and r.deployment == 0}
    assert first == {3, 4}


def test_stages_meet_the_same_slow_hosts_as_a_rollout_without_them() -> None:
    """One host after the other, all in stages of one: as long as OneAtATime, to the last draw."""
    times = {**TIMES, "ApplicationStart": {"median": 60.0, "p95": 200.0}}
    one_by_one = [{"name": str(k), "hosts": 1, "configuration": ALL_AT_ONCE} for k in range(5)]
    single = a_fleet(5, "CodeDeployDefault.OneAtATime", durations=times, people=None)
    assert once(staged(one_by_one, size=5, durations=times))[1].duration_s == once(single)[1].duration_s


# -- what the bake buys ---------------------------------------------------------------------------------------

LATENT = {"kind": "latent", "share": 0.5, "after": 2400.0}


def baking(minutes: float, **rest: Any) -> Scenario:
    stages = [{**BOX_AND_REST[0], "bake": minutes * 60}, {**BOX_AND_REST[1], "bake": minutes * 60}]
    return staged(stages, **bad(LATENT, **rest))


def test_a_defect_that_shows_after_40_minutes_stays_in_stage_one_with_a_bake_of_60() -> None:
    trace, outcome = run_bad(baking(60, after="roll_back"))
    assert stages_of(trace) == {"one box": "Stopped", "rest": "Skipped"}
    assert touched(trace) == {0}
    assert outcome.peak_exposure == pytest.approx(0.1)
    assert (outcome.outcome, outcome.trigger, outcome.detected_before_full) == ("rolled_back", "alarm", True)


def test_a_defect_that_shows_after_40_minutes_reaches_all_with_a_bake_of_20() -> None:
    trace, outcome = run_bad(baking(20, after="roll_back"))
    assert stages_of(trace) == {"one box": "Succeeded", "rest": "Stopped"}
    assert touched(trace) == set(range(10))
    assert outcome.peak_exposure == 1.0
    assert outcome.outcome == "rolled_back"  # by the gate of the last stage, both stages


def test_a_dormant_defect_is_exposure_but_no_harm_until_it_shows() -> None:
    """Exposure from the first request on; nobody fails before 40 minutes of it."""
    _, outcome = run_bad(baking(60, after="roll_back", rate=100.0))
    assert outcome.bad
    assert outcome.detect_s == pytest.approx(2400.0 + 20.0)  # shows at 41:40, the minute that tells ends at 42:00
    assert outcome.failed_requests == pytest.approx(10.0 * 0.5 * 20.0)
    assert outcome.exposed_requests == pytest.approx(10.0 * 2420.0)


def test_a_latent_defect_that_nobody_sees_is_bad_in_production() -> None:
    _, outcome = run_bad(
        a_fleet(4, ALL_AT_ONCE, durations=TIMES, people=None, horizon=7200.0, **bad(LATENT, alarms=[]))
    )
    assert (outcome.outcome, outcome.deployment_status, outcome.censored) == ("bad_in_production", "Succeeded", True)
    assert outcome.failed_defect == pytest.approx(0.5 * 100.0 * (7200.0 - 2400.0))


# -- failure ---------------------------------------------------------------------------------------------------

AT_ONCE = {"kind": "errors", "share": 0.5}
THREE = [
    {"name": "one box", "hosts": 1, "bake": 600.0},
    {"name": "four", "hosts": 4, "configuration": "CodeDeployDefault.OneAtATime", "bake": 600.0},
    {"name": "rest", "rest": True},
]


def failing_second(**rest: Any) -> Scenario:
    """The box is sound; the second stage fails on its first host."""
    fault = {"kind": "hook_failure", "event": "ApplicationStart", "target": 1, "on": "deployment"}
    return staged(THREE, hooks={"ApplicationStart": {}}, faults=[fault], **rest)


@pytest.mark.parametrize("after", ["leave", "roll_back"])
def test_a_failed_stage_leaves_later_stages_untouched(after: str) -> None:
    trace, outcome = once(failing_second(after=after, rollback={"events": ["DEPLOYMENT_FAILURE"]}))
    assert stages_of(trace) == {"one box": "Succeeded", "four": "Failed", "rest": "Skipped"}
    assert touched(trace) <= {0, 1, 2, 3, 4}
    assert outcome.deployment_status == "Failed"
    assert 700.0 < outcome.duration_s <= 800.0  # the hook fails at some moment of its 100 s


def test_codedeploy_rolls_back_the_failed_stage_and_leaves_finished_ones() -> None:
    """A split fleet: one box on the new revision, nobody there to decide."""
    trace, outcome = once(failing_second(rollback={"events": ["DEPLOYMENT_FAILURE"]}))
    back = [r for r in trace.records if isinstance(r, DeploymentChange) and r.rollback and r.status == "Succeeded"]
    assert [(r.creator, r.deployment) for r in back] == [("codeDeployRollback", 2)]
    assert {r.target for r in trace.records if isinstance(r, TargetChange) and r.deployment == 2} == {1, 2, 3, 4}
    assert (outcome.outcome, outcome.trigger, outcome.censored) == ("stuck", "failure", True)
    assert outcome.rollback_s == float("inf")


def test_the_pipeline_brings_finished_stages_back_where_the_strategy_says_so() -> None:
    trace, outcome = once(failing_second(after="roll_back", rollback={"events": ["DEPLOYMENT_FAILURE"]}))
    back = [r for r in trace.records if isinstance(r, DeploymentChange) and r.rollback and r.status == "Succeeded"]
    assert [r.creator for r in back] == ["codeDeployRollback", "user"]
    assert {r.target for r in trace.records if isinstance(r, TargetChange) and r.deployment == 3} == {0}
    assert (outcome.outcome, outcome.censored) == ("rolled_back", False)


def test_a_person_brings_a_split_fleet_back_by_hand() -> None:
    people = {"acknowledge": 60.0, "decide": 60.0, "act": 60.0}
    trace, outcome = once(failing_second(people=people, rollback={"events": ["DEPLOYMENT_FAILURE"]}))
    assert (outcome.outcome, outcome.censored) == ("rolled_back", False)
    assert set().union(*by_hand(trace)) == {0, 1, 2, 3, 4}  # of the stages that had begun, and no other


def by_hand(trace: Trace) -> list[set[int]]:
    """Targets of each deployment that a person made."""
    made = {r.deployment for r in trace.records if isinstance(r, DeploymentChange) and r.creator == "person"}
    return [
        {r.target for r in trace.records if isinstance(r, TargetChange) and r.deployment == number}
        for number in sorted(made)
    ]


def longest_by_hand(trace: Trace) -> float:
    """Seconds from the first deployment that a person made to the end of the last."""
    times = [r.time for r in trace.records if isinstance(r, DeploymentChange) and r.creator == "person"]
    return max(times) - min(times)


@pytest.mark.parametrize(
    ("box", "rest"),
    [
        ({"hosts": 1, "configuration": ALL_AT_ONCE}, "CodeDeployDefault.HalfAtATime"),
        ({"hosts": 1, "configuration": ALL_AT_ONCE}, "CodeDeployDefault.OneAtATime"),
        ({"hosts": 2, "configuration": "CodeDeployDefault.OneAtATime"}, hosts("HOST_COUNT", 3)),
    ],
)
def test_a_person_brings_a_baking_stage_back_with_the_configuration_of_its_group(
    box: dict[str, Any], rest: Any
) -> None:
    """The strategy's minimum is more than the stage has, so nothing could start with it."""
    stages = [{"name": "box", **box, "bake": 3600.0, "gate": {"alarms": []}}, {"name": "rest", "rest": True}]
    people = {"acknowledge": 60.0, "decide": 60.0, "act": 60.0}
    seen_by_people = [{**ERRORS, "watched": False}]
    trace, outcome = run_bad(staged(stages, configuration=rest, **bad(AT_ONCE, people=people, alarms=seen_by_people)))
    assert (outcome.outcome, outcome.trigger, outcome.censored) == ("rolled_back", "person", False)
    assert by_hand(trace) == [set(range(box["hosts"]))]
    assert longest_by_hand(trace) == pytest.approx(box["hosts"] * 100.0)


def test_a_person_brings_finished_stages_back_each_by_a_deployment_of_its_group() -> None:
    """One box at once, and nine by four at a time; all ten would have gone by fives."""
    people = {"acknowledge": 60.0, "decide": 60.0, "act": 60.0}
    stages = [{**BOX_AND_REST[0], "configuration": ALL_AT_ONCE}, BOX_AND_REST[1]]
    half = "CodeDeployDefault.HalfAtATime"
    world = staged(stages, configuration=half, **bad({**LATENT, "share": 1.0}, people=people, alarms=[]))
    trace, outcome = run_bad(world)
    assert by_hand(trace) == [{0}, set(range(1, 10))]
    assert longest_by_hand(trace) == pytest.approx(300.0)  # floor(9 / 2) = 4 at a time: three batches
    assert outcome.outcome == "rolled_back"


def test_a_person_who_stops_a_bake_takes_back_what_was_deployed() -> None:
    """The page comes from an alarm that the gate does not look at."""
    people = {"acknowledge": 60.0, "decide": 60.0, "act": 60.0}
    stages = [{"name": "one box", "hosts": 1, "bake": 3600.0, "gate": {"alarms": []}}, {"name": "rest", "rest": True}]
    trace, outcome = run_bad(staged(stages, **bad(AT_ONCE, people=people)))
    assert stages_of(trace) == {"one box": "Stopped", "rest": "Skipped"}
    assert (outcome.outcome, outcome.trigger, outcome.peak_exposure) == ("rolled_back", "person", pytest.approx(0.1))


def test_a_way_back_of_a_stage_that_fails_is_a_failed_rollback() -> None:
    faults = [{"kind": "rollback_failure", "probability": 1.0}]
    _, outcome = run_bad(staged(THREE, after="roll_back", faults=faults, **bad(AT_ONCE)))
    assert outcome.outcome == "rollback_failed"


# -- gates -----------------------------------------------------------------------------------------------------


def test_an_alarm_in_a_stages_deployment_is_codedeploys_and_in_its_bake_the_gates() -> None:
    """One box in six seconds: the minute that tells is over in the bake."""
    trace, outcome = run_bad(staged(THREE, after="roll_back", **bad(AT_ONCE)))
    ended = [r.status for r in trace.records if isinstance(r, DeploymentChange) and r.deployment == 0]
    assert ended[-1] == "Succeeded"
    assert stages_of(trace)["one box"] == "Stopped"
    assert outcome.deployment_status == "Stopped"
    trigger = next(r for r in trace.records if isinstance(r, Trigger))
    assert (trigger.kind, trigger.alarm, trigger.time) == ("alarm", "errors", 120.0)
    assert trigger.slot_end is not None


def test_a_gate_looks_at_its_own_alarms_only() -> None:
    deaf = {**ERRORS, "name": "never", "threshold": 1e9}
    stages = [
        {"name": "one box", "hosts": 1, "bake": 600.0, "gate": {"alarms": ["never"]}},
        {"name": "rest", "rest": True},
    ]
    watched = {**ERRORS, "watched": False}
    trace, _ = run_bad(staged(stages, **bad(AT_ONCE, alarms=[watched, deaf])))
    assert stages_of(trace) == {"one box": "Succeeded", "rest": "Succeeded"}


@pytest.mark.parametrize(("looks", "ended_at"), [("throughout", 120.0), ("at_end", 700.0)])
def test_a_gate_looks_throughout_or_at_the_end(looks: str, ended_at: float) -> None:
    stages = [{"name": "one box", "hosts": 1, "bake": 600.0, "gate": {"looks": looks}}, {"name": "rest", "rest": True}]
    trace, outcome = run_bad(staged(stages, after="roll_back", **bad(AT_ONCE)))
    assert stages_of(trace)["one box"] == "Stopped"
    assert outcome.duration_s == pytest.approx(ended_at, abs=1e-9)


@pytest.mark.parametrize(("phase", "looks_at"), [(0.0, 160.0), (0.5, 130.0), (0.25, 175.0)])
def test_a_gate_looks_once_in_its_period(phase: float, looks_at: float) -> None:
    """The bake begins at 100 s, the alarm goes up at 120 s; looks are a minute apart from a drawn second on."""
    period = {"gate_look_period": 60.0, "gate_look_phase": phase}
    stages = [{"name": "one box", "hosts": 1, "bake": 600.0}, {"name": "rest", "rest": True}]
    trace, outcome = run_bad(staged(stages, after="roll_back", **bad(AT_ONCE, assumptions=period)))
    assert outcome.duration_s == pytest.approx(looks_at, abs=1e-9)
    trigger = next(r for r in trace.records if isinstance(r, Trigger))
    assert (trigger.evaluated, trigger.polled) == (120.0, looks_at)


def test_a_gate_that_looks_seldom_looks_at_the_end_of_the_bake_all_the_same() -> None:
    seldom = {"gate_look_period": 7200.0, "gate_look_phase": 0.9}
    stages = [{"name": "one box", "hosts": 1, "bake": 600.0}, {"name": "rest", "rest": True}]
    trace, outcome = run_bad(staged(stages, after="roll_back", **bad(AT_ONCE, assumptions=seldom)))
    assert stages_of(trace)["one box"] == "Stopped"
    assert outcome.duration_s == pytest.approx(700.0, abs=1e-9)


def test_a_gate_that_names_an_unknown_alarm_is_refused() -> None:
    stages = [{"name": "one box", "hosts": 1, "gate": {"alarms": ["typo"]}}, {"name": "rest", "rest": True}]
    with pytest.raises(MisfitError, match="looks at 'typo', but the alarms are: 'errors'"):
        staged(stages, alarms=[ERRORS])


def test_hosts_that_one_stage_gave_up_do_not_hold_a_rollout_that_succeeded() -> None:
    """One of four may fail in the first stage; it stays out of service, and the run is over when it is repaired."""
    stages = [{"name": "four", "hosts": 4, "configuration": hosts("HOST_COUNT", 2)}, {"name": "rest", "rest": True}]
    fault = {"kind": "hook_failure", "event": "ApplicationStart", "target": 1, "on": "deployment"}
    world = staged(stages, hooks={"ApplicationStart": {}}, faults=[fault], people={"repair": 60.0, "notice": 60.0})
    _, outcome = once(world)
    assert (outcome.deployment_status, outcome.outcome) == ("Succeeded", "succeeded")


# -- somebody holds the pipeline -------------------------------------------------------------------------------

SEEN_BY_PEOPLE = {**ERRORS, "watched": False}
SLOW_TO_ACT = {"acknowledge": 30.0, "decide": 30.0, "act": 600.0}


def baking_shortly(**rest: Any) -> Scenario:
    """The page comes at 120 s, the decision at 180, the end of the bake at 300, and the deed at 780."""
    stages = [{**BOX_AND_REST[0], "bake": 200.0}, BOX_AND_REST[1]]
    return staged(stages, **bad(AT_ONCE, alarms=[SEEN_BY_PEOPLE], **{"people": SLOW_TO_ACT, **rest}))


def test_no_further_stage_begins_once_somebody_has_decided_to_go_back() -> None:
    trace, outcome = run_bad(baking_shortly())
    assert [(r.time, r.what) for r in trace.records if isinstance(r, PersonAct)][2:5] == [
        (180.0, "decided"),
        (180.0, "holds"),
        (780.0, "stops"),
    ]
    assert stages_of(trace) == {"one box": "Stopped", "rest": "Skipped"}
    assert touched(trace) == {0}
    assert (outcome.outcome, outcome.trigger, outcome.duration_s) == ("rolled_back", "person", 780.0)


def test_the_pipeline_goes_on_where_there_is_nothing_to_stop_any_more() -> None:
    """Nobody asks for anything from 10:04 on, so nothing fails when they would act, at 1,080 s."""
    quiet = {"rate": 100.0, "daily": {"00:00": 1.0, "10:00": 1.0, "10:04": 0.0, "10:30": 0.0}}
    trace, _ = run_bad(baking_shortly(traffic=quiet, start="Tuesday 10:00", people={**SLOW_TO_ACT, "act": 900.0}))
    begun = [(r.time, r.stage) for r in trace.records if isinstance(r, StageChange) and r.status == "InProgress"]
    assert begun == [(0.0, "one box"), (1080.0, "rest")]
