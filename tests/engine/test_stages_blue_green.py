"""Stages of a fleet that is replaced: one deployment group after the other, each with replacements of its own."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.metrics import cost_lines
from simulator.model.misfit import MisfitError
from simulator.model.scenario import Scenario
from simulator.trace.records import Capacity, DeploymentChange, EventRun, FlowChange, StageChange, Trace
from tests.worlds import STILL, once

GROUPS = [{"name": "small", "size": 1}, {"name": "large", "size": 2}]
TIMES = {"BlockTraffic": 10.0, "AllowTraffic": 20.0, "ApplicationStart": 100.0}
SMALL_FIRST: list[dict[str, Any]] = [
    {"name": "first", "group": "small", "bake": 600.0},
    {"name": "second", "group": "large"},
]
ONE = 90 + 100 + 20 + 10  # launch, install, register, deregister; the termination wait is the scenario's


def replaced(
    stages: list[dict[str, Any]] = SMALL_FIRST,
    *,
    wait: float = 0.0,
    after: str = "leave",
    groups: list[dict[str, Any]] = GROUPS,
    options: dict[str, Any] | None = None,
    **rest: Any,
) -> Scenario:
    strategy = {
        "name": "only",
        "configuration": "CodeDeployDefault.AllAtOnce",
        "deployment_type": "blue_green",
        "stages": stages,
        "after_failure": {"finished_stages": after},
    }
    return Scenario.model_validate(
        {
            "name": "two groups",
            "service": {
                "platform": "server",
                "fleet": {"size": 3, "capacity": 100.0, "instance_type": "m6i.large", "groups": groups},
                "load_balancer": {},
                "lifecycle": {"durations": TIMES, "hooks": rest.pop("hooks", {})},
            },
            "traffic": {"rate": 300.0},
            "revision": {"bad": 0.0},
            "people": None,
            "assumptions": {**STILL, "instance_launch": 30.0, "asg_overhead": 60.0},
            "blue_green": {"originals": {"wait": wait}, **(options or {})},
            "strategies": [strategy],
            **rest,
        }
    ).under("only")


def units(trace: Trace) -> list[tuple[float, str, int]]:
    return [(record.time, record.colour, record.units) for record in trace.records if isinstance(record, Capacity)]


def events(trace: Trace, deployment: int) -> set[int]:
    return {r.target for r in trace.records if isinstance(r, EventRun) and r.deployment == deployment}


def test_group_after_group_takes_the_sum_of_their_replacements_waits_and_bakes() -> None:
    """Nobody loses service; the bill is that of 1 + 2 instances for launch, install, shift and wait."""
    trace, outcome = once(replaced(wait=3600.0), grain="full")
    assert outcome.duration_s == pytest.approx(2 * (ONE + 3600) + 600)
    assert (outcome.outcome, outcome.downtime_s) == ("succeeded", 0.0)
    gone = ONE + 3600.0
    assert units(trace) == [
        (0.0, "new", 1),
        (gone, "old", 2),
        (gone + 600, "new", 3),
        (2 * gone + 600, "old", 0),
    ]
    hours = (1 + 2) * gone / 3600
    (line,) = [line for line in cost_lines(trace, replaced(wait=3600.0)) if line.item.startswith("added instance")]
    assert line.quantity == pytest.approx(hours)


def test_each_group_installs_on_replacements_of_its_own() -> None:
    """Host 0 is the first group; each fleet of replacements has as many numbers as the first one."""
    trace, _ = once(replaced(), grain="full")
    assert events(trace, 0) == {0, 3}
    assert events(trace, 1) == {1, 2, 7, 8}


def test_a_third_of_the_requests_is_on_the_new_revision_while_the_first_group_bakes() -> None:
    trace, outcome = once(replaced())
    shares = [(r.time, round(r.flow.share_new, 12)) for r in trace.records if isinstance(r, FlowChange)]
    assert (210.0, round(1 / 3, 12)) in shares
    assert shares[-1][1] == 1.0
    assert outcome.mixed_version_s == pytest.approx(2 * ONE + 600 - (90 + 100 + 20) - 10)


def failing_second(**rest: Any) -> Scenario:
    """The hook of host 1's replacement fails, the first of two one at a time, so its group is not replaced."""
    fault = {"kind": "hook_failure", "event": "ApplicationStart", "target": 1, "on": "deployment"}
    stages = [SMALL_FIRST[0], {**SMALL_FIRST[1], "configuration": "CodeDeployDefault.OneAtATime"}]
    fields: dict[str, Any] = {"horizon": 7200.0, "rollback": {"events": ["DEPLOYMENT_FAILURE"]}, **rest}
    return replaced(stages, hooks={"ApplicationStart": {}}, faults=[fault], **fields)


def test_a_group_that_fails_leaves_the_finished_one_on_the_new_revision() -> None:
    trace, outcome = once(failing_second())
    status = {record.stage: record.status for record in trace.records if isinstance(record, StageChange)}
    assert status == {"first": "Succeeded", "second": "Failed"}
    assert (outcome.outcome, outcome.censored) == ("stuck", True)
    last = [record.flow for record in trace.records if isinstance(record, FlowChange)][-1]
    assert last.share_new == pytest.approx(1 / 3)


def test_a_finished_group_comes_back_by_a_replacement_whether_or_not_its_originals_were_kept() -> None:
    """90 + 100 + 20 + 10 s: no deployment of a pipeline can target instances that are in no group any more."""
    back: dict[str, float] = {}
    for action in ("TERMINATE", "KEEP_ALIVE"):
        originals: dict[str, Any] = {"action": action} if action == "KEEP_ALIVE" else {"action": action, "wait": 0.0}
        world = failing_second(after="roll_back", options={"originals": originals})
        trace, outcome = once(world)
        assert outcome.outcome == "rolled_back"
        created = {
            r.deployment: r.time for r in trace.records if isinstance(r, DeploymentChange) and r.status == "Created"
        }
        (last,) = [
            r for r in trace.records if isinstance(r, DeploymentChange) and r.creator == "user" and r.rollback
            and r.status == "Succeeded"
        ]  # fmt: skip
        back[action] = last.time - created[last.deployment]
    assert back == {"TERMINATE": pytest.approx(ONE), "KEEP_ALIVE": pytest.approx(ONE)}


def test_a_person_brings_every_group_back() -> None:
    people = {"acknowledge": 60.0, "decide": 60.0, "act": 60.0}
    trace, outcome = once(failing_second(people=people))
    assert (outcome.outcome, outcome.censored) == ("rolled_back", False)
    by_hand = {r.deployment for r in trace.records if isinstance(r, DeploymentChange) and r.creator == "person"}
    assert len(by_hand) == 2  # a deployment of each group


@pytest.mark.parametrize(
    ("stages", "groups", "said"),
    [
        ([{"name": "one box", "hosts": 1}, {"name": "rest", "rest": True}], GROUPS, "goes by hosts, but a blue/green"),
        ([{"name": "a", "group": "small"}, {"name": "b", "rest": True}], GROUPS, "'b' goes by rest, but a blue/green"),
        (
            [{"name": "a", "group": "small"}, {"name": "b", "group": "all"}],
            [GROUPS[0], {"name": "all", "size": 3, "first": 0}],
            "share host 0, and both would replace it",
        ),
    ],
)
def test_stages_that_replace_a_part_of_a_group_are_refused(
    stages: list[dict[str, Any]], groups: list[dict[str, Any]], said: str
) -> None:
    with pytest.raises(MisfitError, match=said):
        replaced(stages, groups=groups)
