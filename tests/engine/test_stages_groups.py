"""Deployment groups: one deployment of each at a time, groups that share hosts, and deployments that meet on a host."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from simulator.model.misfit import MisfitError
from simulator.model.scenario import Scenario
from simulator.trace.records import DeploymentChange, EventRun, StageChange, TargetChange, Trace
from tests.worlds import a_fleet, once

# Hosts 0 to 3 are blue's, 2 to 5 red's.
GROUPS = [{"name": "blue", "size": 4}, {"name": "red", "size": 4, "first": 2}]
BLUE, RED = {"name": "blue first", "group": "blue"}, {"name": "then red", "group": "red"}


def groups(*stages: dict[str, Any], seconds: float = 100.0, after: str = "leave", **rest: Any) -> Scenario:
    service = {
        "platform": "server",
        "fleet": {"size": 6, "groups": GROUPS},
        "load_balancer": None,
        "lifecycle": {"durations": {"ApplicationStart": seconds}, "hooks": {"ApplicationStart": {}}},
    }
    strategy = {
        "name": "only",
        "configuration": "CodeDeployDefault.AllAtOnce",
        "stages": list(stages),
        "after_failure": {"finished_stages": after},
    }
    return a_fleet(6, service=service, strategies=[strategy], **{"people": None, **rest})


def targets_of(trace: Trace, deployment: int, status: str = "Succeeded") -> set[int]:
    changes = (record for record in trace.records if isinstance(record, TargetChange))
    return {change.target for change in changes if change.deployment == deployment and change.status == status}


def test_groups_that_share_hosts_deploy_to_those_twice() -> None:
    trace, outcome = once(groups(BLUE, RED))
    assert outcome.duration_s == pytest.approx(200.0, abs=1e-9)
    assert (targets_of(trace, 0), targets_of(trace, 1)) == ({0, 1, 2, 3}, {2, 3, 4, 5})
    assert outcome.outcome == "succeeded"


def test_groups_that_begin_together_take_as_long_as_the_slower_one() -> None:
    slow = {**RED, "together": True, "configuration": "CodeDeployDefault.HalfAtATime"}
    trace, outcome = once(groups(BLUE, slow))
    assert outcome.duration_s == pytest.approx(200.0, abs=1e-9)
    created = [r.time for r in trace.records if isinstance(r, DeploymentChange) and r.status == "Created"]
    assert created == [0.0, 0.0]


def first_batch(trace: Trace, deployment: int) -> set[int]:
    runs = [run for run in trace.records if isinstance(run, EventRun) and run.deployment == deployment]
    begin = min(run.started for run in runs)
    return {run.target for run in runs if run.started == begin}


def test_groups_of_the_same_hosts_do_not_agree_on_whom_to_take_out_first() -> None:
    """Half of eight hosts each, so that chance decides how many of the eight are out at once."""
    both = [{"name": "blue", "size": 8, "first": 0}, {"name": "red", "size": 8, "first": 0}]
    half = {"configuration": "CodeDeployDefault.HalfAtATime"}
    world = groups({**BLUE, **half}, {**RED, **half, "together": True}, assumptions={"tie_order": "random"})
    service = world.service.model_dump(mode="json", exclude_unset=True)
    world = world.model_validate(
        {
            **world.model_dump(mode="json", exclude_unset=True),
            "service": {**service, "fleet": {"size": 8, "groups": both}},
        }
    )
    out = []
    for replication in range(60):
        trace, _ = once(world, replication=replication, grain="full")
        blue, red = first_batch(trace, 0), first_batch(trace, 1)
        assert len(blue) == len(red) == 4
        out.append(len(blue | red))
    # Hypergeometric: the halves share k of 4 with C(4, k) ** 2 in 70 chances, so 6 are out on average.
    assert sum(out) / len(out) == pytest.approx(6.0, abs=4 * 0.756 / 60**0.5)


def test_the_next_stage_waits_for_all_that_began_together() -> None:
    service_of_rest = {"name": "once more", "group": "blue"}
    _, outcome = once(groups({**BLUE, "bake": 500.0}, {**RED, "together": True}, service_of_rest))
    assert outcome.duration_s == pytest.approx(100 + 500 + 100, abs=1e-9)


def test_a_host_takes_up_the_second_deployment_when_the_first_is_done_with_it() -> None:
    """An agent that takes one command after the other: shared hosts are ready after 200 s, not 100."""
    world = groups(BLUE, {**RED, "together": True}, assumptions={"agent_commands": "one_by_one"})
    trace, outcome = once(world, grain="full")
    assert outcome.duration_s == pytest.approx(200.0, abs=1e-9)
    starts = [
        r for r in trace.records if isinstance(r, EventRun) and r.deployment == 1 and r.event == "ApplicationStart"
    ]
    assert {record.target: record.started for record in starts} == {2: 100.0, 3: 100.0, 4: 0.0, 5: 0.0}


def test_an_agent_that_is_busy_for_more_than_five_minutes_fails_the_second_deployment_on_its_host() -> None:
    """User guide, Limits: an event that is not started within 5 minutes fails."""
    world = groups(BLUE, {**RED, "together": True}, seconds=400.0, assumptions={"agent_commands": "one_by_one"})
    trace, outcome = once(world, grain="full")
    assert targets_of(trace, 1, "Failed") == {2, 3}
    codes = {r.code for r in trace.records if isinstance(r, EventRun) and r.deployment == 1 and r.target in (2, 3)}
    assert codes == {"NotStarted"}
    assert outcome.deployment_status == "Succeeded"  # AllAtOnce is content with the other two


def test_an_agent_that_takes_up_commands_in_parallel_is_never_busy() -> None:
    trace, _ = once(groups(BLUE, {**RED, "together": True}, seconds=400.0))
    assert targets_of(trace, 1) == {2, 3, 4, 5}


def test_a_group_that_goes_back_takes_shared_hosts_along() -> None:
    """Red fails; its last good revision is the previous one, also on the hosts that blue had updated."""
    fault = {"kind": "hook_failure", "event": "ApplicationStart", "target": 4, "on": "deployment"}
    one_by_one = {**RED, "configuration": "CodeDeployDefault.OneAtATime"}
    rollback = {"events": ["DEPLOYMENT_FAILURE"]}
    trace, outcome = once(groups(BLUE, one_by_one, faults=[fault], rollback=rollback))
    assert targets_of(trace, 2) == {2, 3, 4, 5}
    assert (outcome.outcome, outcome.peak_exposure) == ("stuck", 0.0)  # 0 and 1 keep the new revision, a good one
    _, outcome = once(groups(BLUE, one_by_one, after="roll_back", faults=[fault], rollback=rollback))
    assert outcome.outcome == "rolled_back"


def test_stages_that_begin_together_both_come_back_once() -> None:
    fault = {"kind": "hook_failure", "event": "ApplicationStart", "on": "deployment", "probability": 1.0}
    world = groups(BLUE, {**RED, "together": True}, after="roll_back", faults=[fault],
                   rollback={"events": ["DEPLOYMENT_FAILURE"]})  # fmt: skip
    trace, outcome = once(world)
    ended = {r.stage: r.status for r in trace.records if isinstance(r, StageChange)}
    assert ended == {"blue first": "Failed", "then red": "Failed"}
    back = [
        r.creator for r in trace.records if isinstance(r, DeploymentChange) and r.rollback and r.status == "Created"
    ]
    assert back == ["codeDeployRollback", "codeDeployRollback"]
    assert outcome.outcome == "rolled_back"


def test_one_group_has_one_deployment_at_a_time() -> None:
    again = {"name": "again", "group": "blue", "together": True}
    with pytest.raises(MisfitError, match="one deployment of a group at a time"):
        groups(BLUE, again, RED)


def test_the_first_stage_begins_with_no_other() -> None:
    with pytest.raises((MisfitError, ValidationError), match="take together out"):
        groups({**BLUE, "together": True}, RED)
