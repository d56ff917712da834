"""A zonal configuration: zone after zone, two floors at once, a watch in between (codedeploy.md 2.5, 3.2, 3.3)."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import pytest

from simulator.model.misfit import MisfitError
from simulator.model.scenario import Scenario
from simulator.rules import batch_time
from simulator.trace.records import EventRun, FlowChange, Trace, Wait
from simulator.trace.story import narrate
from tests.engine.test_in_place import BACK_ON_FAILURE, ONE_EVENT, UP, ends, events, failing, full, last_status
from tests.worlds import a_fleet, once


def zonal(kind: str, value: int, *, floor: tuple[str, int] | None = None, **waits: float) -> dict[str, Any]:
    """A custom configuration with zones."""
    in_zone = {} if floor is None else {"minimum_healthy_hosts_per_zone": {"type": floor[0], "value": floor[1]}}
    hosts = {"type": kind, "value": value}
    return {"name": "zone-after-zone", "minimum_healthy_hosts": hosts, "zonal": {**in_zone, **waits}}


def in_zones(size: int, zones: int, configuration: Any, **rest: Any) -> Scenario:
    """A fleet whose hosts take turns in the zones: 0, 2, 4 in the first of two."""
    lifecycle = {**ONE_EVENT, **rest.pop("lifecycle", {})}
    fleet = {"size": size, "zones": zones, "capacity": 100.0, **rest.pop("fleet", {})}
    service = {"platform": "server", "fleet": fleet, "lifecycle": lifecycle}
    return a_fleet(size, configuration, service=service, people=None, **rest)


def batches(trace: Trace, number: int = 0) -> list[tuple[float, list[int]]]:
    """Who started together, and when."""
    found = groupby(events(trace, "DownloadBundle", number), key=lambda event: event.started)
    return [(time, [event.target for event in group]) for time, group in found]


def waits(trace: Trace) -> list[tuple[float, float]]:
    return [(r.time, r.ends) for r in trace.records if isinstance(r, Wait) and r.kind == "MONITOR"]


def test_the_published_example_of_two_hundred_in_two_zones() -> None:
    """160 of 200 must stay, 50 of the 100 in each zone: 40 + 40 + 20, a bake, the next zone (instances-health)."""
    configuration = zonal("HOST_COUNT", 160, floor=("HOST_COUNT", 50), monitor_duration=600.0)
    trace, outcome = once(in_zones(200, 2, configuration), grain="full")
    found = batches(trace)
    assert [len(group) for _, group in found] == [40, 40, 20, 40, 40, 20]
    assert [{target % 2 for target in group} for _, group in found] == [{0}] * 3 + [{1}] * 3
    assert [time for time, _ in found] == [0.0, 100.0, 200.0, 900.0, 1000.0, 1100.0]
    assert waits(trace) == [(300.0, 900.0)]
    assert outcome.duration_s == 6 * 100.0 + 600.0


def test_the_published_command_line_example() -> None:
    """300Total50PerAZ: with the 400 in four zones that we assume, 50 at a time (deployment-configurations-create)."""
    configuration = zonal("HOST_COUNT", 300, floor=("HOST_COUNT", 50), monitor_duration=3600.0)
    trace, outcome = once(in_zones(400, 4, configuration), grain="full")
    assert [len(group) for _, group in batches(trace)] == [50] * 8
    assert outcome.duration_s == 8 * 100.0 + 3 * 3600.0


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ({"monitor_duration": 600.0}, [600.0, 600.0]),
        ({"monitor_duration": 600.0, "first_zone_monitor_duration": 3600.0}, [3600.0, 600.0]),
        ({"first_zone_monitor_duration": 3600.0}, [3600.0]),
        ({"monitor_duration": 600.0, "first_zone_monitor_duration": 0.0}, [600.0]),
        ({}, []),
    ],
)
def test_zones_are_watched_one_by_one_the_first_for_as_long_as_it_says(
    given: dict[str, float], seconds: list[float]
) -> None:
    """Three targets in three zones: three updates and the waits between them; none after the last zone."""
    configuration = zonal("HOST_COUNT", 2, **given)
    trace, outcome = once(in_zones(3, 3, configuration), grain="full")
    assert [end - begin for begin, end in waits(trace)] == seconds
    assert outcome.duration_s == 3 * 100.0 + sum(seconds)
    monitor, first = given.get("monitor_duration", 0.0), given.get("first_zone_monitor_duration")
    assert sum(seconds) == batch_time.zone_waits(3, monitor, first)


def test_the_last_zone_is_watched_too_where_that_is_assumed() -> None:
    configuration = zonal("HOST_COUNT", 1, monitor_duration=600.0, first_zone_monitor_duration=60.0)
    world = in_zones(2, 2, configuration, assumptions={"zone_wait_after_last": "yes"})
    assert waits(full(world)) == [(100.0, 160.0), (260.0, 860.0)]


def test_a_trace_of_three_targets_reads_line_by_line() -> None:
    """Hosts 0 and 2 stand in zone 1, host 1 in zone 2; one of the two must stay in a zone, two of the three in all."""
    configuration = zonal("HOST_COUNT", 1, floor=("FLEET_PERCENT", 50), monitor_duration=600.0)
    fleet = {"size": 3, "zones": 2}
    with pytest.raises(MisfitError, match=r"every host of zone 2 in service \(1 of 1\).*write at most HOST_COUNT 0"):
        in_zones(3, 2, configuration, fleet=fleet)
    configuration = zonal("HOST_COUNT", 2, monitor_duration=600.0)
    trace = full(in_zones(3, 2, configuration, fleet=fleet))
    ran = [(r.started, r.time, r.target) for r in events(trace, "AfterInstall")]
    assert ran == [(0.0, 100.0, 0), (100.0, 200.0, 2), (800.0, 900.0, 1)]
    assert waits(trace) == [(200.0, 800.0)]
    assert last_status(trace) == (900.0, "Succeeded", None)
    assert {event.event for event in trace.records if isinstance(event, EventRun)} == {
        "ApplicationStop", "DownloadBundle", "BeforeInstall", "Install", "AfterInstall", "ApplicationStart",
        "ValidateService",
    }  # fmt: skip


def test_the_story_tells_the_watch_between_zones() -> None:
    configuration = zonal("HOST_COUNT", 2, floor=("HOST_COUNT", 0), monitor_duration=600.0)
    world = in_zones(3, 2, configuration)
    told = "\n".join(narrate(full(world), world))
    assert "At least 2 of them must stay healthy, zone after zone, watched for 10 min after each." in told
    assert "MONITOR: the zone is done and is watched for 10 min, until 13:20" in told


# -- failures --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("configuration", "bad", "status", "groups"),
    [
        # The fleet keeps 3 of 4, one place: the failure takes it, and the zone behind is never begun.
        (zonal("HOST_COUNT", 3), 0, "Failed", [[0]]),
        # Two places in the fleet, one in each zone of two: the zone's floor is what stops all zones.
        (zonal("HOST_COUNT", 2, floor=("HOST_COUNT", 1)), 0, "Failed", [[0]]),
        # The last host of a zone: nobody waits there, the fleet has a place left, so the next zone goes on.
        (zonal("HOST_COUNT", 2, floor=("HOST_COUNT", 1)), 2, "Succeeded", [[0], [2], [1], [3]]),
        # No floor in a zone: 0 and 2 start together, one fails, and one place of the fleet is left.
        (zonal("HOST_COUNT", 2), 0, "Succeeded", [[0, 2], [1], [3]]),
    ],
)
def test_either_floor_fails_the_deployment_in_all_zones(
    configuration: dict[str, Any], bad: int, status: str, groups: list[list[int]]
) -> None:
    trace = full(in_zones(4, 2, configuration, faults=failing(bad)))
    assert [group for _, group in batches(trace)] == groups
    assert last_status(trace)[1:] == (status, "HEALTH_CONSTRAINTS" if status == "Failed" else None)
    begun = {target for group in groups for target in group}
    expected = {target: "Succeeded" if target in begun else "Skipped" for target in range(4)}
    assert ends(trace) == {**expected, bad: "Failed"}


def test_a_zone_that_ends_at_the_fleets_floor_is_not_watched() -> None:
    """Two of four fail in zone 1, the fleet must keep two: over at once, whatever the monitor duration."""
    configuration = zonal("HOST_COUNT", 2, monitor_duration=600.0)
    trace = full(in_zones(4, 2, configuration, faults=failing(0, 2)))
    assert last_status(trace)[1:] == ("Failed", "HEALTH_CONSTRAINTS")
    assert waits(trace) == []
    assert ends(trace) == {0: "Failed", 2: "Failed", 1: "Skipped", 3: "Skipped"}


def test_an_alarm_stops_the_deployment_while_it_watches_a_zone() -> None:
    """Zone 1 is done at 100 s; the alarm acts at 250 s, in its watch: zone 2 is never begun."""
    configuration = zonal("HOST_COUNT", 2, monitor_duration=600.0)
    world = in_zones(4, 2, configuration, alarms=[UP], rollback={"events": []}, assumptions={"alarm_first_look": 250.0})
    trace = full(world)
    assert waits(trace) == [(100.0, 700.0)]
    assert last_status(trace) == (250.0, "Stopped", "ALARM_ACTIVE")
    assert ends(trace) == {0: "Succeeded", 2: "Succeeded", 1: "Skipped", 3: "Skipped"}


def test_a_rollback_ignores_zones() -> None:
    """Hosts are rolled back in any order, not zone by zone, and none is watched (deployment-configurations-create)."""
    configuration = zonal("HOST_COUNT", 2, monitor_duration=600.0)
    world = in_zones(4, 2, configuration, faults=failing(1, 3), rollback=BACK_ON_FAILURE)
    trace = full(world)
    assert ends(trace) == {0: "Succeeded", 2: "Succeeded", 1: "Failed", 3: "Failed"}
    assert last_status(trace)[1] == "Succeeded"  # two of four are enough, and nobody waits
    stopped = in_zones(
        4, 2, configuration, alarms=[UP], rollback={"events": ["DEPLOYMENT_STOP_ON_ALARM"]},
        assumptions={"alarm_first_look": 250.0},
    )  # fmt: skip
    back = full(stopped)
    assert [group for _, group in batches(back, 1)] == [[0, 2], [1, 3]]
    assert waits(back) == [(100.0, 700.0)]
    assert last_status(back, 1) == (450.0, "Succeeded", None)


def test_in_a_window_a_zone_ends_before_the_next_begins() -> None:
    """Two places; host 0 takes 300 s, the others 100 s: hosts 2 and 4 use the second place, zone 2 waits for all."""
    configuration = zonal("HOST_COUNT", 4)
    durations = {"AfterInstall": 100.0, "ApplicationStart": {"uniform": [0.0, 200.0]}}
    lifecycle = {"hooks": {}, "durations": durations}
    world = in_zones(6, 2, configuration, lifecycle=lifecycle, assumptions={"dispatch": "window"})
    trace = full(world)
    ran = {r.target: r for r in events(trace, "ValidateService")}
    began = {r.target: r.started for r in events(trace, "ApplicationStop")}
    last_of_zone_1 = max(ran[target].time for target in (0, 2, 4))
    assert min(began[target] for target in (1, 3, 5)) == last_of_zone_1
    assert began[4] == min(ran[target].time for target in (0, 2))


def test_zones_without_hosts_are_passed_over() -> None:
    configuration = zonal("HOST_COUNT", 1, monitor_duration=600.0)
    trace = full(in_zones(2, 5, configuration))
    assert waits(trace) == [(100.0, 700.0)]
    assert last_status(trace)[0] == 800.0


def test_the_order_of_zones_is_drawn_and_holds_for_the_deployment() -> None:
    configuration = zonal("HOST_COUNT", 4)
    world = in_zones(6, 3, configuration, assumptions={"zone_order": "random"})
    seen = set()
    for replication in range(20):
        trace, _ = once(world, grain="full", replication=replication)
        order = [{target % 3 for target in group} for _, group in batches(trace)]
        assert all(len(zone) == 1 for zone in order)
        seen.add(tuple(zone.pop() for zone in order))
    assert len(seen) > 2


def test_capacity_never_falls_below_the_floors() -> None:
    """Ten of twelve in the fleet: 200/s of 1200/s are out at most, and never from two zones at once."""
    configuration = zonal("HOST_COUNT", 10, floor=("HOST_COUNT", 2), monitor_duration=60.0)
    balancer = {"deregistration_delay": 10.0}
    fleet = {"size": 12, "zones": 3, "capacity": 100.0}
    service = {"platform": "server", "fleet": fleet, "load_balancer": balancer, "lifecycle": ONE_EVENT}
    trace, outcome = once(a_fleet(12, configuration, service=service, rate=1000.0, people=None))
    capacities = {r.flow.capacity for r in trace.records if isinstance(r, FlowChange)}
    assert capacities == {1000.0, 1200.0}
    assert outcome.failed_requests == 0.0


# -- what cannot be asked ----------------------------------------------------------------------------------------


def test_stages_look_at_their_own_zones() -> None:
    """A stage is a deployment group: its zones have as many hosts as it has there."""
    configuration = zonal("HOST_COUNT", 1, floor=("HOST_COUNT", 1))
    stages = [{"name": "two", "hosts": 2, "configuration": configuration}, {"name": "rest", "rest": True}]
    with pytest.raises(MisfitError, match="every host of zone 1 in service"):
        in_zones(6, 2, None, strategies=[{"name": "only", "configuration": "CodeDeployDefault.HalfAtATime",
                                          "stages": stages}])  # fmt: skip


def test_aws_own_configurations_have_no_zones() -> None:
    named = {"name": "CodeDeployDefault.HalfAtATime", "minimum_healthy_hosts": {"type": "FLEET_PERCENT", "value": 50}}
    with pytest.raises(ValueError, match="begins AWS's own names; give this configuration another"):
        in_zones(4, 2, {**named, "zonal": {}})
