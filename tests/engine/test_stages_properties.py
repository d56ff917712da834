"""What holds in every rollout in stages, whatever the stages, the release and the draws."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.model.scenario import Scenario
from simulator.model.stages import targets_of
from simulator.trace.records import DeploymentChange, FlowChange, ServiceChange, StageChange, TargetChange, Trace
from tests.worlds import a_fleet, hosts, once

ALARM = {"name": "errors", "metric_name": "HTTPCode_Target_5XX_Count", "threshold": 30, "evaluation_periods": 1}


@st.composite
def worlds(draw: st.DrawFn) -> Scenario:
    """A small fleet, two or three stages, a release that is sound, broken or breaks later, and maybe failing hooks."""
    size = draw(st.integers(3, 9))
    configurations = st.sampled_from(["CodeDeployDefault.AllAtOnce", hosts("FLEET_PERCENT", 40)])
    bakes = st.sampled_from([0.0, 90.0, 700.0])
    stages: list[dict[str, Any]] = [{"name": "box", "hosts": 1, "configuration": "CodeDeployDefault.AllAtOnce"}]
    if draw(st.booleans()):
        stages.append({"name": "some", "hosts": 1, "configuration": "CodeDeployDefault.AllAtOnce"})
    stages.append({"name": "rest", "rest": True, "configuration": "CodeDeployDefault.AllAtOnce"})
    if size > 4:
        stages[-1]["configuration"] = draw(configurations)
    for stage in stages:
        stage["bake"] = draw(bakes)
        stage["gate"] = {"looks": draw(st.sampled_from(["throughout", "at_end"]))}
    defects = st.sampled_from([{"kind": "errors", "share": 0.5}, {"kind": "latent", "share": 0.5, "after": 300.0},
                               {"kind": "crash_at_start"}])  # fmt: skip
    faults = [{"kind": "hook_failure", "event": "ApplicationStart", "probability": draw(st.sampled_from([0.0, 0.3]))}]
    strategy = {
        "name": "only",
        "configuration": "CodeDeployDefault.AllAtOnce",
        "stages": stages,
        "after_failure": {"finished_stages": draw(st.sampled_from(["leave", "roll_back"]))},
    }
    return a_fleet(
        size,
        balancer={"deregistration_delay": 10.0},
        hooks={"ApplicationStart": {}},
        durations={"ApplicationStart": {"median": 60.0, "p95": 200.0}},
        still=draw(st.booleans()),
        strategies=[strategy],
        alarms=[ALARM],
        faults=faults,
        revision={"bad": 1.0, "defects": [draw(defects)]},
        rollback={"events": draw(st.sampled_from([[], ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"]]))},
        people=draw(st.sampled_from([None, {}])),
        horizon=20_000.0,
    )


def forward(trace: Trace) -> dict[int, str]:
    """Stages by the number of their deployment."""
    changes = (record for record in trace.records if isinstance(record, StageChange))
    return {change.deployment: change.stage for change in changes if change.deployment is not None}


@settings(max_examples=40, deadline=None)
@given(worlds(), st.sampled_from(["good", "bad"]), st.integers(0, 50))
def test_every_stage_ends_once_in_order_and_deploys_to_its_own_targets(world: Scenario, stratum: str, k: int) -> None:
    trace, outcome = once(world, stratum=stratum, replication=k, grain="full")
    strategy = world.strategies[0]
    parts = dict(
        zip((stage.name for stage in strategy.stages), targets_of(strategy.stages, world.service.fleet), strict=True)
    )
    ends = [r for r in trace.records if isinstance(r, StageChange) and r.status not in ("InProgress", "Baking")]
    assert [end.stage for end in ends] == [stage.name for stage in strategy.stages]
    reached = [end for end in ends if end.status != "Skipped"]
    assert all(end.status == "Succeeded" for end in reached[:-1])
    assert outcome.duration_s == reached[-1].time
    assert outcome.deployment_status == reached[-1].status
    for number, stage in forward(trace).items():
        met = {r.target for r in trace.records if isinstance(r, TargetChange) and r.deployment == number}
        assert met <= set(parts[stage])
    never = {target for end in ends if end.status == "Skipped" for target in parts[end.stage]}
    assert not never & {r.target for r in trace.records if isinstance(r, ServiceChange) and r.revision == "new"}


@settings(max_examples=25, deadline=None)
@given(worlds(), st.integers(0, 50))
def test_deployments_never_overlap_and_a_run_that_is_not_censored_ends_settled(world: Scenario, k: int) -> None:
    trace, outcome = once(world, stratum="bad", replication=k)
    running: set[int] = set()
    for record in trace.records:
        if not isinstance(record, DeploymentChange):
            continue
        if record.status == "Created":
            assert not running
            running.add(record.deployment)
        elif record.status != "InProgress":
            running.remove(record.deployment)
    last = [record.flow for record in trace.records if isinstance(record, FlowChange)][-1]
    assert outcome.censored or last.share_new == 0


@settings(max_examples=15, deadline=None)
@given(worlds(), st.integers(0, 50))
def test_both_grains_tell_the_same_run(world: Scenario, k: int) -> None:
    assert once(world, stratum="bad", replication=k)[1] == once(world, stratum="bad", replication=k, grain="full")[1]
