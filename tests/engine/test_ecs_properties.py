"""What holds for any ECS service: conservation, weights, one trace in two grains, few events, ends, bills."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.engine import simulate
from simulator.engine.run import prepared
from simulator.metrics import measure
from simulator.model.scenario import Scenario
from simulator.randomness import Streams
from simulator.trace.records import Capacity, DeploymentChange, End, EventRun, FlowChange, Shift
from tests.engine.any_world import chances, defects, hook_faults, hooks_of, people, rollbacks, seconds, traffics
from tests.engine.test_properties import holds, of, replications, run, strata
from tests.worlds import STILL, a_service, canary, linear

HOOKED = ("BeforeInstall", "AfterInstall", "AfterAllowTestTraffic", "BeforeAllowTraffic", "AfterAllowTraffic")
ERRORS = {"bad": 1.0, "defects": [{"kind": "errors", "share": 0.3}]}
ALARM = {"name": "5xx", "metric_name": "HTTPCode_Target_5XX_Count", "threshold": 1e9}


@st.composite
def services(draw: st.DrawFn) -> Scenario:
    """An ECS service under one strategy, and what can go wrong with it."""
    percentage, minutes = draw(st.integers(1, 99)), draw(st.sampled_from([1.0, 10.0]))
    configuration = draw(
        st.sampled_from(
            ["CodeDeployDefault.ECSAllAtOnce", canary(percentage, minutes, "ECS"), linear(percentage, minutes, "ECS")]
        )
    )
    hooks = draw(hooks_of(HOOKED))
    faults = draw(hook_faults(hooks, 1))
    if draw(st.booleans()):
        faults.append({"kind": "rollback_failure", "probability": draw(chances)})
    if draw(st.booleans()):
        faults.append({"kind": "no_capacity", "probability": 0.3})
    group = draw(st.sampled_from([{}, {"TargetGroup": "green"}]))
    metric = draw(st.sampled_from(["HTTPCode_Target_5XX_Count", "UnHealthyHostCount"]))
    statistic = "Maximum" if metric == "UnHealthyHostCount" else "Sum"
    alarm = {"name": "up", "metric_name": metric, "threshold": draw(st.sampled_from([0.0, 50.0])),
             "dimensions": group, "statistic": statistic, "treat_missing_data": "notBreaching"}  # fmt: skip
    ready = {"action": "STOP_DEPLOYMENT", "wait": 1200.0, "continued_after": draw(st.sampled_from([None, 300.0]))}
    scaling = {"at": draw(st.sampled_from([0.0, 200.0, 900.0])), "lasts": draw(st.sampled_from([60.0, 1200.0, 9000.0]))}
    return a_service(
        configuration,
        tasks=draw(st.integers(1, 8)),
        capacity=draw(st.sampled_from([None, 60.0])),
        launch=draw(st.one_of(st.none(), seconds)),
        balancer={"test_listener": draw(st.booleans()), "deregistration_delay": draw(st.sampled_from([0.0, 300.0])),
                  "health_check": {"interval": 10.0, "probes": draw(st.sampled_from([0, 5]))}},
        hooks=hooks,
        durations={name: draw(seconds) for name in hooks},
        wait=draw(st.sampled_from([0.0, 300.0, 3600.0])),
        ready=draw(st.sampled_from([{}, {}, ready])),
        service={"scaling": draw(st.sampled_from([None, None, scaling]))},
        traffic=draw(traffics),
        revision={"bad": 0.5, "defects": draw(defects)},
        alarms=[alarm] if draw(st.booleans()) else [],
        rollback={"events": draw(rollbacks)},
        faults=faults,
        people=draw(people),
        still=False,
        assumptions={
            **(STILL if draw(st.booleans()) else {}),
            "fail_open_initial": draw(st.sampled_from(["yes", "no"])),
            "allow_traffic": draw(st.sampled_from(["threshold", "first_pass"])),
            "manual_rollback_configuration": draw(st.sampled_from(["same", "all_at_once"])),
        },
    )  # fmt: skip


@holds(100)
@given(services(), strata, replications)
def test_requests_are_conserved_and_weights_add_up(world: Scenario, stratum: str, replication: int) -> None:
    trace, outcome = run(world, stratum, replication)
    for record in of(trace, FlowChange):
        flow, tolerance = record.flow, 1e-9 * max(record.flow.demand, 1.0)
        assert all(rate >= 0 for rate in flow)
        assert flow.good + flow.defect + flow.refused + flow.dead == pytest.approx(flow.untouched, abs=tolerance)
        assert flow.served_old + flow.served_new <= flow.demand + tolerance
        assert flow.share_old + flow.share_new == pytest.approx(1.0)
    assert all(0.0 <= record.weight_new <= 1.0 for record in of(trace, Shift))
    parts = outcome.failed_defect + outcome.failed_capacity + outcome.failed_dead + outcome.failed_way_back
    assert parts == pytest.approx(outcome.failed_requests)


@holds(60)
@given(services(), strata, replications)
def test_a_lean_and_a_full_trace_give_the_same_numbers(world: Scenario, stratum: str, replication: int) -> None:
    lean, full = (run(world, stratum, replication, grain)[1] for grain in ("states", "full"))
    assert dataclasses.astuple(lean) == dataclasses.astuple(full)


@holds(100)
@given(services(), strata, replications)
def test_every_run_ends_and_so_does_everything_in_it(world: Scenario, stratum: str, replication: int) -> None:
    trace, outcome = run(world, stratum, replication)
    assert [type(record) for record in trace.records].count(End) == 1
    times = [record.time for record in trace.records]
    assert times == sorted(times)
    terminal = [r for r in of(trace, DeploymentChange) if r.status in ("Succeeded", "Failed", "Stopped")]
    created = [r for r in of(trace, DeploymentChange) if r.status == "Created"]
    assert outcome.censored or len(terminal) == len(created)
    for number in {r.deployment for r in terminal}:
        mine = [r for r in of(trace, EventRun) if r.deployment == number]
        assert all(r.started <= r.time for r in mine)
        names = [r.event for r in mine]
        assert len(names) == len(set(names))
    if not outcome.censored:
        assert not (outcome.bad and of(trace, FlowChange)[-1].flow.share_new > 0)


@holds(60)
@given(services(), strata, replications)
def test_tasks_exist_from_install_until_they_are_drained(world: Scenario, stratum: str, replication: int) -> None:
    trace, outcome = run(world, stratum, replication, "states")
    there = {"old": world.service.tasks, "new": 0}
    for record in trace.records:
        if isinstance(record, Capacity):
            assert record.units >= 0
            there[record.colour] = record.units
        elif isinstance(record, FlowChange):
            assert there["old"] > 0 or record.flow.share_old == 0
            assert there["new"] > 0 or record.flow.share_new == 0
    assert (outcome.kept_usd_per_hour is not None) == (sum(there.values()) > world.service.tasks)


@holds(30)
@given(services(), strata, replications)
def test_the_same_draws_give_the_same_run(world: Scenario, stratum: str, replication: int) -> None:
    assert run(world, stratum, replication)[0].records == run(world, stratum, replication)[0].records


@pytest.mark.parametrize("configuration", [canary(10, 30, "ECS"), linear(10, 3, "ECS"), linear(4, 1, "ECS")])
@pytest.mark.parametrize("stratum", ["good", "bad"])
@pytest.mark.parametrize("tasks", [4, 400])
def test_a_shift_of_half_an_hour_takes_at_most_a_hundred_events(configuration: Any, stratum: Any, tasks: int) -> None:
    world = a_service(configuration, tasks=tasks, revision=ERRORS, alarms=[ALARM], people=None, still=False)
    counts = []
    for grain in ("states", "full"):
        world_run = prepared(world, Streams(1, 0), stratum, grain)  # type: ignore[arg-type]
        steps = 0
        while world_run.env.peek() <= 2000.0 and not world_run.over.processed:
            world_run.env.step()
            steps += 1
        counts.append(steps)
    assert counts[0] == counts[1] <= 100


def test_one_task_more_moves_no_draw_of_the_others() -> None:
    few, many = (
        simulate(a_service("CodeDeployDefault.ECSAllAtOnce", tasks=tasks, still=False, launch=None), Streams(1, 3))
        for tasks in (5, 6)
    )
    assert next(r.time for r in of(few, Capacity)) == next(r.time for r in of(many, Capacity))
    assert next(r.time for r in of(few, Shift)) <= next(r.time for r in of(many, Shift))


def test_a_longer_wait_never_makes_the_way_back_slower() -> None:
    people = {"notice": 900.0, "acknowledge": 60.0, "decide": 60.0, "act": 30.0, "repair": 60.0}
    worlds = [a_service(wait=wait, revision=ERRORS, people=people) for wait in (0.0, 600.0, 7200.0)]
    backs = [measure(simulate(world, Streams(1, 0), "bad"), world).rollback_s for world in worlds]
    assert backs == sorted(backs, reverse=True)  # type: ignore[type-var]
