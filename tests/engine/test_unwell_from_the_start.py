"""Hosts that are stopped, or whose last deployment failed, before the deployment begins (codedeploy.md 3.1, 3.2)."""

from __future__ import annotations

import math
from typing import Any

import pytest

from simulator.metrics import bill
from simulator.model.scenario import Scenario
from simulator.trace.records import Capacity, FlowChange, PersonAct, Trace
from simulator.trace.story import narrate
from tests.engine.test_in_place import (
    ALL,
    BACK_ON_FAILURE,
    ONE,
    ONE_EVENT,
    batches,
    ends,
    events,
    failing,
    full,
    last_status,
)
from tests.engine.test_zones import zonal
from tests.worlds import a_fleet, hosts, once


def a_fleet_with(size: int, configuration: Any, initially: dict[str, Any], **rest: Any) -> Scenario:
    fleet = {"size": size, "capacity": 100.0, "instance_type": "m6i.large", "initially": initially,
             **rest.pop("fleet", {})}  # fmt: skip
    service = {"platform": "server", "fleet": fleet, "lifecycle": ONE_EVENT, **rest.pop("service", {})}
    return a_fleet(size, configuration, service=service, people=rest.pop("people", None), **rest)


def capacities(trace: Trace) -> list[tuple[float, float]]:
    return [(r.time, r.flow.capacity) for r in trace.records if isinstance(r, FlowChange)]


# -- who comes first, and when it is over ------------------------------------------------------------------------


def test_a_stopped_host_weighs_like_a_failed_one() -> None:
    """Two of three must stay and two are healthy: the stopped one is tried first, and 300 s later it is over."""
    trace, outcome = once(a_fleet_with(3, ONE, {"stopped": 1}), grain="full")
    assert [(r.event, r.started, r.time, r.status) for r in events(trace)] == [
        ("ApplicationStop", 0.0, 300.0, "Skipped")
    ]
    assert ends(trace) == {0: "Failed", 1: "Skipped", 2: "Skipped"}
    assert last_status(trace) == (300.0, "Failed", "HEALTH_CONSTRAINTS")
    assert outcome.outcome == "failed"
    assert outcome.failed_requests == 0.0


def test_a_floor_that_has_a_place_for_the_stopped_host_lets_the_others_go() -> None:
    """One of three must stay: the stopped one and another begin, after 300 s the third goes alone."""
    trace, outcome = once(a_fleet_with(3, hosts("HOST_COUNT", 1), {"stopped": 1}), grain="full")
    assert [(r.started, r.target) for r in events(trace, "ApplicationStop")] == [(0.0, 0), (0.0, 1), (300.0, 2)]
    assert ends(trace) == {0: "Failed", 1: "Succeeded", 2: "Succeeded"}
    assert outcome.duration_s == 300.0 + 100.0
    assert outcome.outcome == "succeeded"


def test_a_stopped_host_may_count_only_once_it_was_tried() -> None:
    """Its last deployment succeeded, so it comes in its turn: as many as come before it are updated."""
    assumptions = {"stopped_hosts": "when_tried", "tie_order": "random"}
    updated = set()
    for replication in range(12):
        trace, _ = once(a_fleet_with(3, ONE, {"stopped": 1}, assumptions=assumptions), replication=replication)
        updated.add(list(ends(trace).values()).count("Succeeded"))
    assert updated == {0, 1, 2}


@pytest.mark.parametrize(
    ("size", "floor", "unhealthy", "bad", "ended", "status"),
    [
        # H = 2 = M. The unhealthy one comes through: H = 3, so the others go, one at a time.
        (3, 2, 1, (), "SSS", "Succeeded"),
        # It does not: H = M, cancelled, the healthy ones are not touched.
        (3, 2, 1, (0,), "F--", "Failed"),
        # H = 2 < M = 3. Both unhealthy ones are tried before anything is decided.
        (4, 3, 2, (), "SSSS", "Succeeded"),
        (4, 3, 2, (0,), "FS--", "Failed"),
        (4, 3, 2, (1,), "SF--", "Failed"),
        (4, 3, 2, (0, 1), "FF--", "Failed"),
        # One place more: H = 3 = M + 1 after them.
        (4, 2, 2, (0,), "FSSS", "Succeeded"),
        # All are unhealthy, as in a first deployment.
        (3, 2, 3, (), "SSS", "Succeeded"),
        (3, 2, 3, (0,), "FSS", "Succeeded"),
    ],
)
def test_unhealthy_hosts_are_tried_first_and_decide_whether_it_goes_on(
    size: int, floor: int, unhealthy: int, bad: tuple[int, ...], ended: str, status: str
) -> None:
    world = a_fleet_with(size, hosts("HOST_COUNT", floor), {"unhealthy": unhealthy}, faults=failing(*bad))
    trace = full(world)
    letters = {"Succeeded": "S", "Failed": "F", "Skipped": "-"}
    told = ends(trace)
    assert "".join(letters[told[target]] for target in range(size)) == ended
    assert last_status(trace)[1] == status
    begun = [event.target for event in events(trace, "DownloadBundle")]
    assert begun[:unhealthy] == list(range(unhealthy))


def test_as_many_unhealthy_ones_at_a_time_as_the_floor_has_places() -> None:
    """Eight of ten must stay, four are unhealthy: 2 + 2, and then the six others two at a time."""
    assert batches(full(a_fleet_with(10, hosts("HOST_COUNT", 8), {"unhealthy": 4}))) == [2] * 5


def test_unhealthy_hosts_of_a_zone_behind_keep_their_places_until_it_has_its_turn() -> None:
    """Two of four may be out and host 1 is, in zone 2: zone 1 goes one at a time, zone 2 begins with it."""
    service = {"fleet": {"size": 4, "zones": 2, "capacity": 100.0, "initially": {"unhealthy": 2}}}
    world = a_fleet_with(4, zonal("HOST_COUNT", 2), {}, service=service)
    found = [(r.started, r.target) for r in events(full(world), "DownloadBundle")]
    assert found == [(0.0, 0), (100.0, 2), (200.0, 1), (200.0, 3)]


# -- what serves ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("balancer", [None, {"deregistration_delay": 0.0}])
def test_those_that_are_out_at_zero_serve_once_they_are_updated(balancer: dict[str, Any] | None) -> None:
    """300/s of 400/s serve until the update begins at 10 s; all are out for 100 s; then the fourth one serves too."""
    durations = {**ONE_EVENT["durations"], "AllowTraffic": 0.0}
    service = {"load_balancer": balancer, "lifecycle": {**ONE_EVENT, "durations": durations}}
    world = a_fleet_with(4, ALL, {"unhealthy": 1}, service=service, rate=300.0, assumptions={"creation_delay": 10.0})
    trace, outcome = once(world)
    assert capacities(trace) == [(0.0, 300.0), (10.0, 0.0), (110.0, 400.0)]
    assert outcome.failed_requests == pytest.approx(300.0 * 100.0)


def test_unhealthy_hosts_may_serve_all_the_same() -> None:
    initially = {"unhealthy": 1, "unhealthy_serve": True}
    trace = full(a_fleet_with(4, ONE, initially, rate=300.0, assumptions={"creation_delay": 10.0}))
    assert capacities(trace)[0] == (0.0, 400.0)
    assert next(iter(ends(trace))) == 0


def test_what_was_out_at_zero_is_no_loss_and_nobody_repairs_it() -> None:
    """150/s on two hosts of 100/s, the third stopped: no request fails on its account, and no one is called."""
    people = {"notice": 60.0, "acknowledge": 0.0, "decide": 0.0, "act": 0.0, "repair": 60.0}
    balancer = {"deregistration_delay": 0.0}
    world = a_fleet_with(3, ONE, {"stopped": 1}, service={"load_balancer": balancer}, rate=150.0, people=people)
    trace, outcome = once(world)
    assert outcome.failed_requests == 0.0
    assert not outcome.censored
    assert "repairs" not in [r.what for r in trace.records if isinstance(r, PersonAct)]


def test_hosts_out_at_zero_are_neither_healthy_nor_unhealthy_to_the_load_balancer() -> None:
    """A failed host is not registered and a stopped one is unused: only an alarm on too few healthy ones is up."""
    unhealthy = {"name": "unhealthy", "metric_name": "UnHealthyHostCount", "threshold": 0.0, "statistic": "Maximum"}
    few = {"name": "few", "metric_name": "HealthyHostCount", "statistic": "Minimum", "threshold": 2.5,
           "comparison_operator": "LessThanThreshold"}  # fmt: skip
    service = {"load_balancer": {"deregistration_delay": 0.0}}
    for alarm, ending in (
        (unhealthy, (300.0, "Failed", "HEALTH_CONSTRAINTS")),
        (few, (0.0, "Stopped", "ALARM_ACTIVE")),
    ):
        trace = full(a_fleet_with(3, ONE, {"stopped": 1}, service=service, alarms=[alarm]))
        assert last_status(trace) == ending


def test_the_story_says_who_was_unwell() -> None:
    world = a_fleet_with(3, ALL, {"stopped": 1, "unhealthy": 1})
    assert "on 3 targets (m6i.large), 1 stopped and 1 unhealthy from the start, and 100 requests/s." in "\n".join(
        narrate(full(world), world)
    )


# -- blue/green, and ways back --------------------------------------------------------------------------------------


def test_blue_green_copies_those_that_run_and_lets_the_stopped_ones_be() -> None:
    """Three of four run: three are launched, three are billed above the three there were."""
    service = {"load_balancer": {"deregistration_delay": 0.0}}
    fields = {"strategies": [{"name": "only", "configuration": ALL, "deployment_type": "blue_green"}]}
    world = a_fleet_with(4, ALL, {"stopped": 1}, service=service, **fields)
    trace, outcome = once(world, grain="full")
    assert outcome.outcome == "succeeded"
    assert [(r.colour, r.units) for r in trace.records if isinstance(r, Capacity)] == [("new", 3), ("old", 0)]
    (hours,) = [line.quantity for line in bill(trace, world).lines if line.unit_usd > 0.01]
    launched, gone = [r.time for r in trace.records if isinstance(r, Capacity)]
    assert hours == pytest.approx(3 * math.ceil(gone - launched) / 3600.0)


def test_a_host_that_dies_takes_the_way_back_with_it() -> None:
    """codedeploy.md 6.5, one at a time: host 1 dies while 0 is updated; the way back tries it first, and is over."""
    crash = {"kind": "instance_crash", "target": 1, "at": 50.0}
    world = a_fleet(3, ONE, balancer=None, faults=[crash], rollback=BACK_ON_FAILURE, people=None, **ONE_EVENT)
    trace, outcome = once(world, grain="full")
    assert ends(trace) == {0: "Succeeded", 1: "Failed", 2: "Skipped"}
    assert last_status(trace) == (100.0 + 300.0, "Failed", "HEALTH_CONSTRAINTS")
    assert ends(trace, 1) == {1: "Failed", 0: "Skipped", 2: "Skipped"}
    assert last_status(trace, 1) == (400.0 + 300.0, "Failed", "HEALTH_CONSTRAINTS")
    assert outcome.outcome == "rollback_failed"
