"""An Availability Zone that is gone for a time: its hosts, their requests, and deployments to them."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.engine.fleet import Outage
from simulator.engine.lifecycle import Planned
from simulator.engine.outages import interrupted
from simulator.model.scenario import Scenario
from simulator.rules.people import Situation, next_step
from simulator.trace.records import FaultStrike, FlowChange, PersonAct, ServiceChange, Trace
from simulator.trace.story import narrate
from tests.engine.test_in_place import ALL, BACK_ON_FAILURE, ONE, ends, events, full, last_status
from tests.engine.test_properties import holds
from tests.worlds import a_fleet, hosts, once

# Checks every 10 s: two fail (and the second takes 5 s) before a host is missed, five pass before it is well again.
CHECK = {"interval": 10.0, "unhealthy_threshold": 2, "healthy_threshold": 5, "timeout": 5.0}
MISSED, WELL = 10.0 + 5.0, 4 * 10.0


def gone(at: float, lasts: float, zone: int = 2, **rest: Any) -> dict[str, Any]:
    return {"kind": "zone_outage", "zone": zone, "at": at, "lasts": lasts, **rest}


def in_three_zones(
    configuration: Any, *faults: dict[str, Any], balancer: bool = True, size: int = 3, **rest: Any
) -> Scenario:
    """Hosts 0, 1, 2 in zones 1, 2, 3: BeforeBlockTraffic 10 s, draining 30 s, AfterInstall 100 s, AllowTraffic 60 s."""
    fleet = {"size": size, "zones": 3, "capacity": 100.0}
    front = {"deregistration_delay": 30.0, "health_check": CHECK} if balancer else None
    durations = {"AfterInstall": 100.0} | ({"BeforeBlockTraffic": 10.0, "AllowTraffic": 60.0} if balancer else {})
    hooks = {"AfterInstall": {}} | ({"BeforeBlockTraffic": {}} if balancer else {})
    service = {"platform": "server", "fleet": fleet, "load_balancer": front,
               "lifecycle": {"hooks": hooks, "durations": durations}}  # fmt: skip
    people = rest.pop("people", None)
    return a_fleet(size, configuration, service=service, faults=list(faults), people=people, **rest)


def told(trace: Trace, target: int = 1) -> list[tuple[float, str]]:
    return [(r.time, r.what) for r in trace.records if isinstance(r, ServiceChange) and r.target == target]


def of_target(trace: Trace, target: int = 1) -> list[tuple[str, float, float, str]]:
    idle = ("ApplicationStop", "DownloadBundle", "BeforeInstall", "Install", "ApplicationStart", "ValidateService",
            "AfterBlockTraffic", "BeforeAllowTraffic", "AfterAllowTraffic")  # fmt: skip
    found = [(r.event, r.started, r.time, r.status) for r in events(trace) if r.target == target]
    return [each for each in found if each[0] not in idle or each[3] != "Succeeded"]


def flows(trace: Trace) -> list[tuple[float, float, float]]:
    """When rates change: capacity, and requests that die."""
    return [(r.time, r.flow.capacity, round(r.flow.dead, 6)) for r in trace.records if isinstance(r, FlowChange)]


# -- requests ------------------------------------------------------------------------------------------------------

LATER = {"creation_delay": 5000.0}  # nothing is deployed while the zone is gone


def test_a_zone_that_goes_is_missed_and_comes_back_through_its_checks() -> None:
    """A third of 90/s is sent to the dead host for 15 s; it is back at 400 s and gets requests 40 s later."""
    trace, outcome = once(in_three_zones(ONE, gone(100.0, 300.0), rate=90.0, assumptions=LATER), grain="full")
    assert flows(trace)[:5] == [
        (0.0, 300.0, 0.0),
        (100.0, 200.0, 30.0),
        (100.0 + MISSED, 200.0, 0.0),
        (400.0 + WELL, 300.0, 0.0),
        (5010.0, 200.0, 0.0),  # host 0 leaves
    ]
    assert told(trace)[:4] == [(100.0, "dark"), (115.0, "noticed"), (400.0, "back"), (440.0, "healthy")]
    assert outcome.failed_dead == pytest.approx(30.0 * MISSED)
    assert [(r.time, r.detail) for r in trace.records if isinstance(r, FaultStrike)] == [(100.0, "zone 2")]


def test_an_outage_that_is_over_before_it_is_missed_costs_only_its_own_time() -> None:
    trace, outcome = once(in_three_zones(ONE, gone(100.0, 8.0), rate=90.0, assumptions=LATER), grain="full")
    assert outcome.failed_dead == pytest.approx(30.0 * 8.0)
    assert told(trace)[:2] == [(100.0, "dark"), (108.0, "back")]


def test_without_a_load_balancer_a_zone_fails_its_share_until_it_is_back() -> None:
    world = in_three_zones(ONE, gone(100.0, 300.0), balancer=False, rate=90.0, assumptions=LATER)
    assert once(world)[1].failed_dead == pytest.approx(30.0 * 300.0 + 3 * 100.0 * 30.0)  # and each update's own


def test_outages_of_a_zone_that_overlap_are_one() -> None:
    faults = gone(100.0, 50.0), gone(120.0, 80.0)
    trace = full(in_three_zones(ONE, *faults, assumptions=LATER))
    assert [time for time, what in told(trace) if what in ("dark", "back")] == [100.0, 200.0]


def test_every_host_of_the_zone_goes_and_no_other() -> None:
    trace = full(in_three_zones(ONE, gone(100.0, 50.0), size=8, assumptions=LATER))
    assert {r.target for r in trace.records if isinstance(r, ServiceChange) and r.what == "dark"} == {1, 4, 7}


def test_a_zone_goes_by_chance_whatever_the_strategy() -> None:
    struck = []
    for configuration in (ONE, ALL):
        world = in_three_zones(configuration, gone(100.0, 50.0, probability=0.5))
        runs = [once(world, replication=replication)[0] for replication in range(40)]
        struck.append([any(isinstance(r, FaultStrike) for r in trace.records) for trace in runs])
    assert struck[0] == struck[1]
    assert 8 <= sum(struck[0]) <= 32  # 20 within four standard errors


# -- deployments -----------------------------------------------------------------------------------------------------

AT_LEAST_ONE = hosts("HOST_COUNT", 1)  # two at a time: 0 and 1, then 2


@pytest.mark.parametrize(
    ("at", "lasts", "mine"),
    [
        # In BeforeBlockTraffic: the agent says so when it is back, and the host never left.
        (5.0, 100.0, [("BeforeBlockTraffic", 0.0, 105.0, "Failed")]),
        # Longer than an hour: the event's own limit comes first.
        (5.0, 4000.0, [("BeforeBlockTraffic", 0.0, 3600.0, "Failed")]),
        # While it drains, which needs no agent; back before five minutes: AfterBlockTraffic is taken up then.
        (20.0, 100.0, [
            ("BeforeBlockTraffic", 0.0, 10.0, "Succeeded"), ("BlockTraffic", 10.0, 40.0, "Succeeded"),
            ("AfterInstall", 120.0, 220.0, "Succeeded"), ("AllowTraffic", 220.0, 280.0, "Succeeded"),
        ]),
        # And after five minutes: it was never begun.
        (20.0, 400.0, [
            ("BeforeBlockTraffic", 0.0, 10.0, "Succeeded"), ("BlockTraffic", 10.0, 40.0, "Succeeded"),
            ("AfterBlockTraffic", 40.0, 340.0, "Skipped"),
        ]),
        (100.0, 30.0, [
            ("BeforeBlockTraffic", 0.0, 10.0, "Succeeded"), ("BlockTraffic", 10.0, 40.0, "Succeeded"),
            ("AfterInstall", 40.0, 130.0, "Failed"),
        ]),
        # Registered already: healthy once its checks have passed after it is back.
        (150.0, 30.0, [
            ("BeforeBlockTraffic", 0.0, 10.0, "Succeeded"), ("BlockTraffic", 10.0, 40.0, "Succeeded"),
            ("AfterInstall", 40.0, 140.0, "Succeeded"), ("AllowTraffic", 140.0, 220.0, "Succeeded"),
        ]),
        (150.0, 3600.0, [
            ("BeforeBlockTraffic", 0.0, 10.0, "Succeeded"), ("BlockTraffic", 10.0, 40.0, "Succeeded"),
            ("AfterInstall", 40.0, 140.0, "Succeeded"), ("AllowTraffic", 140.0, 3740.0, "Failed"),
        ]),
    ],
)  # fmt: skip
def test_a_deployment_meets_the_outage_of_its_targets_zone(
    at: float, lasts: float, mine: list[tuple[str, float, float, str]]
) -> None:
    trace = full(in_three_zones(AT_LEAST_ONE, gone(at, lasts)))
    assert of_target(trace) == mine
    assert ends(trace)[1] == ("Succeeded" if mine[-1][3] == "Succeeded" else "Failed")
    assert {ends(trace)[0], ends(trace)[2]} == {"Succeeded"}


def test_a_target_that_begins_while_its_zone_is_gone_waits_for_it_or_fails() -> None:
    """One at a time of 200 s: host 1 is offered its first event at 200 s."""
    back_in_time = full(in_three_zones(ONE, gone(150.0, 200.0)))
    assert of_target(back_in_time)[0] == ("BeforeBlockTraffic", 350.0, 360.0, "Succeeded")
    assert last_status(back_in_time)[:2] == (200.0 + 350.0 + 200.0, "Succeeded")
    too_late = full(in_three_zones(ONE, gone(150.0, 500.0)))
    assert of_target(too_late) == [("BeforeBlockTraffic", 200.0, 500.0, "Skipped")]
    assert last_status(too_late) == (500.0, "Failed", "HEALTH_CONSTRAINTS")


def test_a_host_that_leaves_while_it_recovers_is_not_called_healthy_in_between() -> None:
    """Back at 195 s, its checks would have passed at 235 s; it leaves at 210 s and returns when its update is done."""
    trace = full(in_three_zones(ONE, gone(120.0, 75.0)))
    assert told(trace) == [
        (120.0, "dark"), (135.0, "noticed"), (195.0, "back"), (210.0, "leaves"), (340.0, "up"), (400.0, "returns"),
    ]  # fmt: skip


def test_a_host_that_dies_while_its_zone_is_gone_stays_dead() -> None:
    crash = {"kind": "instance_crash", "target": 1, "at": 120.0}
    trace = full(in_three_zones(ONE, gone(100.0, 50.0), crash, assumptions=LATER, rate=90.0))
    assert [what for _, what in told(trace)] == ["dark", "noticed"]
    assert ends(trace)[1] == "Failed"


def test_stopped_hosts_do_not_come_back_with_their_zone() -> None:
    world = in_three_zones(ALL, gone(100.0, 50.0, zone=1), assumptions=LATER)
    fleet = world.service.fleet.model_copy(update={"initially": type(world.service.fleet.initially)(stopped=1)})
    world = world.model_copy(update={"service": world.service.model_copy(update={"fleet": fleet})})
    assert told(full(world), 0) == []


# -- people, and the way back -----------------------------------------------------------------------------------------

PEOPLE = {"notice": 30.0, "acknowledge": 0.0, "decide": 0.0, "act": 0.0, "repair": 60.0}


def test_nobody_rolls_a_sound_release_back_because_a_zone_is_gone() -> None:
    """250/s on two hosts of 100/s after 600 s: somebody sees that the zone is gone, and waits until it is back."""
    trace, outcome = once(in_three_zones(ONE, gone(550.0, 1800.0, zone=1), rate=250.0, people=PEOPLE), grain="full")
    assert outcome.outcome == "succeeded"
    deeds = [(r.time, r.what) for r in trace.records if isinstance(r, PersonAct)]
    assert [what for _, what in deeds] == ["noticed", "acknowledged", "stands down"]
    assert deeds[-1][0] == 2350.0 + WELL


def test_a_person_waits_for_a_zone_and_for_nothing_else() -> None:
    seen = Situation(False, False, False, 0.0, 1.0, False, 0, False, False, zone_is_out=True)
    assert next_step(seen) == "wait"
    assert next_step(Situation(False, False, False, 0.1, 1.0, False, 0, False, False, zone_is_out=True)) == "roll back"
    assert next_step(Situation(False, False, False, 0.0, 1.0, False, 2, False, False, zone_is_out=True)) == "repair"
    assert next_step(Situation(True, False, False, 0.0, 1.0, False, 0, False, False, zone_is_out=True)) == "stand down"


def test_the_way_back_of_a_fleet_in_an_outage_fails_at_the_host_that_is_gone() -> None:
    """Failed at 500 s, the way back tries host 1 first and fails it at 800 s; the zone is back at 2000 s."""
    world = in_three_zones(ONE, gone(150.0, 1850.0), rollback=BACK_ON_FAILURE)
    trace = full(world)
    assert last_status(trace) == (500.0, "Failed", "HEALTH_CONSTRAINTS")
    assert last_status(trace, 1) == (800.0, "Failed", "HEALTH_CONSTRAINTS")
    assert told(trace)[-2:] == [(2000.0, "back"), (2040.0, "healthy")]


def test_the_story_tells_of_the_zone() -> None:
    world = in_three_zones(ONE, gone(100.0, 300.0), size=9, assumptions=LATER)
    text = "\n".join(narrate(full(world), world))
    assert "Targets 1, 4, 7 are gone with their zone." in text
    assert "Targets 1, 4, 7 are found unhealthy and get no more requests." in text
    assert "Targets 1, 4, 7 are back with their zone." in text
    assert "Targets 1, 4, 7 have passed their checks and get requests again." in text


@holds(40)
@given(
    st.lists(st.sampled_from([0.0, 1.0, 30.0, 400.0]), min_size=4, max_size=4),
    st.floats(0, 800),
    st.floats(0.01, 5000),
    st.sampled_from([0.0, 1.0]),
)
def test_interrupted_events_stay_in_order_and_within_their_limits(
    lengths: list[float], begins: float, lasts: float, pickup: float
) -> None:
    """No event is shorter for an outage unless it fails, none starts in it, and those before it are as they were."""
    names, planned, now = ("BeforeInstall", "BlockTraffic", "AllowTraffic", "AfterAllowTraffic"), [], 0.0
    for name, length in zip(names, lengths, strict=True):
        planned.append(Planned(name, now + pickup, now + pickup + length, False, None))
        now += pickup + length
    outage = Outage(1, begins, begins + lasts)
    found = interrupted(planned, outage, outage.ends + 40.0, 0.0, frozenset())
    assert [event.event for event in found] == list(names[: len(found)])
    assert all(before.ends <= after.started for before, after in itertools.pairwise(found))
    assert len(found) == len(planned) or found[-1].fails
    for event, before in zip(found, planned, strict=False):
        assert event.ends - event.started <= 3600.0 + 1e-6
        assert event.started >= before.started or event.code == "NotStarted"
        assert event == before or event.ends > outage.begins
        if not event.fails and event.event != "AllowTraffic":
            assert event.ends - event.started == pytest.approx(before.ends - before.started)
