"""The story of an EC2 blue/green deployment: its parts, its sides, its waits, and why it ended as it did."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.trace import sides
from simulator.trace.story import narrate
from simulator.trace.text import lines
from simulator.trace.why import why
from tests.engine.blue_green_world import a_replaced_fleet
from tests.worlds import once

HARMFUL: dict[str, Any] = {"bad": 1.0, "defects": [{"kind": "errors", "share": 0.1}]}
STEADY: dict[str, Any] = {"notice": 7200.0, "acknowledge": 0.0, "decide": 0.0, "act": 0.0, "repair": 60.0}


def told(world: Any, stratum: str = "good") -> tuple[list[str], str]:
    trace, outcome = once(world, stratum=stratum, grain="full")
    return [line.split("  ", 2)[-1].strip().split("  ")[-1] for line in narrate(trace, world)], why(trace, outcome)


def test_a_rollout_is_told_by_its_parts_in_the_order_in_which_they_happen() -> None:
    story, reason = told(a_replaced_fleet(6, "CodeDeployDefault.HalfAtATime"))
    wanted = [
        "Blue/green: replacements are launched, the originals are terminated 1 h after",
        "The 6 replacements (targets 6 to 11) are there, and the revision is installed on them, at most 3 at a time.",
        "All 6 replacements are ready after 3 min",
        "The 6 replacements (targets 6 to 11) are registered with the load balancer, at most 3 at a time.",
        "All 6 replacements are in service after 1 min",
        "The 6 originals (targets 0 to 5) are deregistered, all at once.",
        "All 6 originals are out of service after 5 min, all of it in BlockTraffic.",
        "TERMINATION_WAIT: the originals stand by for 1 h, until 1:10:30",
        "The deployment is Succeeded after 1 h 10 min.",
    ]
    places = [next(place for place, line in enumerate(story) if words in line) for words in wanted]
    assert places == sorted(places)
    assert "1 h of it the termination wait" in reason


def test_the_way_back_names_the_sides_by_what_they_are() -> None:
    world = a_replaced_fleet(3, options={"originals": {"wait": 86_400.0}}, revision=HARMFUL, people=STEADY)
    story, reason = told(world, "bad")
    assert any("The 3 originals (targets 0 to 2) are registered with the load balancer again" in line for line in story)
    assert any("The 3 replacements (targets 3 to 5) are deregistered" in line for line in story)
    assert "the way back took 30 s, the largest part of it AllowTraffic" in reason


def test_the_pace_of_a_way_back_is_told_as_an_assumption() -> None:
    kept = {"options": {"originals": {"wait": 86_400.0}}, "revision": HARMFUL, "people": STEADY}
    story, _ = told(a_replaced_fleet(3, "CodeDeployDefault.OneAtATime", **kept), "bad")
    (again,) = [line for line in story if "registered with the load balancer again" in line]
    assert again.endswith("one at a time: the configuration's pace, which is assumed of a way back.")
    at_once, _ = told(a_replaced_fleet(3, "CodeDeployDefault.AllAtOnce", **kept), "bad")
    assert not any("assumed of a way back" in line for line in at_once)


@pytest.mark.parametrize(
    ("rest", "words"),
    [
        (
            {"options": {"ready": {"action": "STOP_DEPLOYMENT", "wait": 1800.0}}},
            "nobody continued it in time (TIMEOUT)",
        ),
        ({"faults": [{"kind": "no_capacity", "probability": 1.0}]}, "no replacement instances (NO_INSTANCES)"),
    ],
)
def test_why_it_ended_without_moving_traffic_is_said(rest: dict[str, Any], words: str) -> None:
    assert words in told(a_replaced_fleet(**rest))[1]


def test_a_failed_original_is_named_with_its_event() -> None:
    hooks = {"BeforeBlockTraffic": {"scripts": [{"timeout": 60.0}]}}
    faults = [{"kind": "hook_failure", "event": "BeforeBlockTraffic", "target": 1}]
    story, _ = told(a_replaced_fleet(3, hooks=hooks, faults=faults, people=None))
    assert any("target 1 failed at BeforeBlockTraffic (ScriptFailed)" in line for line in story)


def test_parts_cover_every_event_once_and_a_lean_trace_has_none() -> None:
    world = a_replaced_fleet(4, "CodeDeployDefault.OneAtATime")
    trace, _ = once(world, grain="full")
    found = sides.parts(trace, 0)
    assert [(part.name, part.replacements, len(part.members)) for part in found] == [
        (sides.INSTALLING, True, 4),
        (sides.REGISTERING, True, 4),
        (sides.LEAVING, False, 4),
    ]
    assert sum(len(journey.events) for part in found for journey in part.members) == 4 * (7 + 3 + 3)
    assert sides.parts(once(world)[0], 0) == []


def test_waits_and_what_is_billed_have_lines_of_their_own() -> None:
    trace, _ = once(a_replaced_fleet(3))
    text = "\n".join(lines(trace))
    assert "TERMINATION_WAIT begins, until 4110.000 at the latest  [blue_green.originals_gone_after" in text
    assert "3 new instances billed" in text
