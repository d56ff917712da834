"""Tasks of an ECS service whose Availability Zone is gone for a time."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.model.misfit import MisfitError
from simulator.model.scenario import Scenario
from simulator.trace.records import AlarmChange, EventRun, FaultStrike, FlowChange, PersonAct, Trace
from simulator.trace.story import narrate
from tests.worlds import a_service, canary, once

# Two checks of 10 s fail, the second taking 5 s, before a task is missed; its successor runs 40 s later and is healthy
# after 2 x 10 + 10 s of checks.
MISSED, LAUNCH, CHECKS = 10.0 + 5.0, 40.0, 30.0
AT_ONCE = "CodeDeployDefault.ECSAllAtOnce"


def in_three_zones(configuration: Any, *faults: dict[str, Any], **rest: Any) -> Scenario:
    """Three tasks of 100/s in three zones, the originals kept for 33 min so that the run goes on."""
    service = {"zones": 3, **rest.pop("service", {})}
    people = rest.pop("people", None)
    wait = rest.pop("wait", 1980.0)
    return a_service(configuration, tasks=3, wait=wait, rate=90.0, service=service, faults=list(faults),
                     people=people, **rest)  # fmt: skip


def gone(at: float, lasts: float, zone: int = 2, **rest: Any) -> dict[str, Any]:
    return {"kind": "zone_outage", "zone": zone, "at": at, "lasts": lasts, **rest}


def flows(trace: Trace, since: float) -> list[tuple[float, float, float]]:
    found = (r for r in trace.records if isinstance(r, FlowChange) and r.time >= since)
    return [(r.time, r.flow.capacity, r.flow.dead) for r in found]


def test_tasks_of_a_zone_are_missed_and_replaced_elsewhere() -> None:
    """A third of 90/s is sent to the dead task for 15 s; its successor takes its share 70 s after that."""
    trace, outcome = once(in_three_zones(AT_ONCE, gone(500.0, 1000.0)), grain="full")
    assert flows(trace, 500.0) == [
        (500.0, 200.0, 30.0), (500.0 + MISSED, 200.0, 0.0), (500.0 + MISSED + LAUNCH + CHECKS, 300.0, 0.0),
    ]  # fmt: skip
    assert outcome.failed_dead == pytest.approx(30.0 * MISSED)
    assert [(r.time, r.detail) for r in trace.records if isinstance(r, FaultStrike)] == [(500.0, "zone 2")]


def test_tasks_may_wait_for_their_zone() -> None:
    """Back at 1500 s, they are healthy after (2 - 1) x 10 s of checks."""
    world = in_three_zones(AT_ONCE, gone(500.0, 1000.0), assumptions={"zone_outage_tasks": "wait"})
    assert flows(once(world)[0], 500.0) == [
        (500.0, 200.0, 30.0), (500.0 + MISSED, 200.0, 0.0), (1510.0, 300.0, 0.0),
    ]  # fmt: skip


@pytest.mark.parametrize("reading", ["replaced", "wait"])
def test_an_outage_that_is_over_before_it_is_missed_costs_only_its_own_time(reading: str) -> None:
    world = in_three_zones(AT_ONCE, gone(500.0, 8.0), assumptions={"zone_outage_tasks": reading})
    trace, outcome = once(world)
    assert flows(trace, 500.0) == [(500.0, 200.0, 30.0), (508.0, 300.0, 0.0)]
    assert outcome.failed_dead == pytest.approx(30.0 * 8.0)


def test_the_whole_service_goes_with_its_only_zone() -> None:
    """Back again and unhealthy, as everybody is, its tasks are sent requests at once: the target group fails open."""
    world = in_three_zones(AT_ONCE, gone(500.0, 60.0, zone=1), service={"zones": 1},
                           assumptions={"zone_outage_tasks": "wait"})  # fmt: skip
    _, outcome = once(world)
    assert outcome.failed_requests == pytest.approx(90.0 * 60.0)


def test_a_replacement_that_loses_a_task_while_it_is_installed_is_waited_for() -> None:
    """Launched at 0, healthy at 70 s; the zone goes at 20 s, so the last task is there at 35 + 40 + 30 s."""
    trace, outcome = once(in_three_zones(canary(10, 5, "ECS"), gone(20.0, 1000.0), wait=0.0), grain="full")
    install = next(r for r in trace.records if isinstance(r, EventRun) and r.event == "Install")
    assert (install.started, install.time, install.status) == (0.0, 20.0 + MISSED + LAUNCH + CHECKS, "Succeeded")
    assert outcome.duration_s == 105.0 + 300.0
    # The original task set lost a task of its own, for 15 s.
    assert outcome.failed_dead == pytest.approx(30.0 * MISSED)


def test_all_at_once_shifts_when_the_last_task_runs() -> None:
    """Running at 40 s; the zone goes at 20 s and the successor runs at 35 + 40 s."""
    trace, _ = once(in_three_zones(AT_ONCE, gone(20.0, 1000.0)), grain="full")
    install = next(r for r in trace.records if isinstance(r, EventRun) and r.event == "Install")
    assert install.time == 20.0 + MISSED + LAUNCH


def test_an_alarm_on_healthy_tasks_sees_them_go() -> None:
    """All of both colours are missed at 515 s: the minute that ends at 540 s is the first with fewer than three."""
    few = {"name": "few", "metric_name": "HealthyHostCount", "statistic": "Minimum", "threshold": 2.5,
           "comparison_operator": "LessThanThreshold", "treat_missing_data": "notBreaching"}  # fmt: skip
    calm = in_three_zones(canary(10, 20, "ECS"), alarms=[few])
    struck = in_three_zones(canary(10, 20, "ECS"), gone(500.0, 600.0, zone=1), alarms=[few], service={"zones": 1})
    up = [
        [r.slot_end for r in once(world)[0].records if isinstance(r, AlarmChange) and r.state == "ALARM"]
        for world in (calm, struck)
    ]
    assert up == [[], [540.0]]


def test_nobody_rolls_a_sound_release_back_because_a_zone_is_gone() -> None:
    """250/s on two tasks of 100/s until the zone is back: whoever looks waits for it."""
    people = {"notice": 30.0, "acknowledge": 0.0, "decide": 0.0, "act": 0.0, "repair": 60.0}
    world = in_three_zones(AT_ONCE, gone(30.0, 1800.0), wait=0.0, people=people,
                           assumptions={"zone_outage_tasks": "wait"})  # fmt: skip
    world = world.model_copy(update={"traffic": world.traffic.model_copy(update={"rate": 250.0})})
    trace, outcome = once(world)
    assert outcome.outcome == "succeeded"
    deeds = [r.what for r in trace.records if isinstance(r, PersonAct)]
    assert deeds == ["noticed", "acknowledged", "stands down"]


def test_a_zone_that_the_service_has_not_is_refused() -> None:
    with pytest.raises(MisfitError, match="names zone 4, but the service's zones are 1 to 3; write one of them"):
        in_three_zones(AT_ONCE, gone(1.0, 1.0, zone=4))


def test_the_story_says_that_a_zone_was_lost() -> None:
    world = in_three_zones(AT_ONCE, gone(500.0, 1000.0))
    assert "The deployment loses an Availability Zone" in "\n".join(narrate(once(world, grain="full")[0], world))
