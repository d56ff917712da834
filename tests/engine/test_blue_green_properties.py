"""What holds in every blue/green deployment of an EC2 fleet, whatever the scenario."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import given

from simulator.engine.run import prepared
from simulator.model.scenario import Scenario
from simulator.randomness import Streams
from simulator.rules.lifecycle import ALLOW_EVENTS, BLOCK_EVENTS, INSTALL_EVENTS
from simulator.trace.records import Capacity, DeploymentChange, EventRun, FlowChange, ServiceChange, TargetChange
from tests.engine import test_properties as general
from tests.engine.blue_green_world import a_replaced_fleet, replaced_fleets
from tests.engine.test_properties import holds, of, replications, run, strata


@holds(120)
@given(replaced_fleets(), strata, replications)
def test_what_holds_in_every_run_holds_here(world: Scenario, stratum: str, replication: int) -> None:
    """Requests conserved, numbers sound, events in order, the same draws in both grains."""
    for law in (
        general.test_requests_are_conserved,
        general.test_numbers_are_numbers_and_agree_with_each_other,
        general.test_events_follow_one_another_and_none_outlasts_its_limit,
        general.test_the_same_seed_gives_the_same_trace_and_a_lean_one_the_same_outcome,
    ):
        law.hypothesis.inner_test(world, stratum, replication)  # type: ignore[attr-defined]


@holds(100)
@given(replaced_fleets(), strata, replications)
def test_every_run_ends_and_a_settled_one_does_no_harm_any_more(
    world: Scenario, stratum: str, replication: int
) -> None:
    trace, outcome = run(world, stratum, replication, "states")
    rollout = [change for change in of(trace, DeploymentChange) if change.deployment == 0]
    assert rollout[-1].status in ("Succeeded", "Failed", "Stopped")
    assert sum(change.status in ("Succeeded", "Failed", "Stopped") for change in rollout) == 1
    assert outcome.lifetime_s <= outcome.duration_s + world.horizon
    last = of(trace, FlowChange)[-1].flow
    if not outcome.censored:
        assert last.failing_share < 1e-9
        assert not (outcome.bad and last.share_new > 0)


@holds(100)
@given(replaced_fleets(faults=[], people=None, alarms=[]), replications)
def test_a_good_revision_never_fails_a_request_nor_falls_short(world: Scenario, replication: int) -> None:
    """Without faults and scripts that fail or are killed, at any load that the untouched fleet can bear."""
    lifecycle = world.service.lifecycle.model_copy(update={"hooks": {}})
    world = world.model_copy(update={"service": world.service.model_copy(update={"lifecycle": lifecycle})})
    trace, outcome = run(world, "good", replication)
    assert outcome.failed_requests == 0.0
    least = min(1.0 * world.traffic.rate, world.service.capacity or math.inf)
    for record in of(trace, FlowChange):
        assert record.flow.capacity >= min(record.flow.demand, least) * (1 - 1e-12)


@holds(100)
@given(replaced_fleets(), strata, replications)
def test_every_instance_meets_its_side_s_events_and_ends_once(world: Scenario, stratum: str, replication: int) -> None:
    """codedeploy.md 4.1: installing and registering on one side, deregistering on the other, nothing twice."""
    trace, _ = run(world, stratum, replication)
    ended = Counter((change.deployment, change.target) for change in of(trace, TargetChange))
    assert set(ended.values()) <= {1}
    met: dict[tuple[int, int], list[str]] = {}
    for event in sorted(of(trace, EventRun), key=lambda event: (event.started, event.time)):
        met.setdefault((event.deployment, event.target), []).append(event.event)
    for names in met.values():
        sides = ((*INSTALL_EVENTS, *ALLOW_EVENTS), ALLOW_EVENTS, BLOCK_EVENTS)
        assert any(tuple(names) == side[: len(names)] for side in sides)
    assert set(met) <= set(ended)


@holds(80)
@given(replaced_fleets(), strata, replications)
def test_instances_that_exist_are_counted_and_none_serves_that_does_not(
    world: Scenario, stratum: str, replication: int
) -> None:
    trace, outcome = run(world, stratum, replication)
    size = world.service.fleet.size
    assert all(change.units >= 0 for change in of(trace, Capacity))
    assert all(change.units <= size for change in of(trace, Capacity) if change.colour == "old")
    assert outcome.cost_usd >= 0
    gone = [change.time for change in of(trace, Capacity) if change.colour == "old" and change.units == 0]
    for change in of(trace, ServiceChange):
        if gone and change.time > gone[0] and change.what in ("up", "returns", "dies"):
            assert change.target >= size


@holds(60)
@given(replaced_fleets(), strata, replications)
def test_events_per_target_are_bounded(world: Scenario, stratum: str, replication: int) -> None:
    """Ten for a replacement, three for an original, whatever the scenario says."""
    trace, _ = run(world, stratum, replication)
    for count in Counter((event.deployment, event.target) for event in of(trace, EventRun)).values():
        assert count <= len(INSTALL_EVENTS) + len(ALLOW_EVENTS)


@pytest.mark.parametrize("size", [100, 400])
def test_the_clock_s_events_grow_with_the_batches_and_not_with_the_fleet(size: int) -> None:
    world = prepared(a_replaced_fleet(size, "CodeDeployDefault.HalfAtATime"), Streams(1, 0), "good", "states")
    world.env.run(until=world.over)
    assert next(world.env._eid) < 200
