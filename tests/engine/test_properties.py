"""What holds in every run, whatever the scenario: conservation, order, the floor, determinism, and relations."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from simulator.engine import simulate
from simulator.metrics import Outcome, measure
from simulator.model.scenario import Scenario
from simulator.model.service import EVENT_LIMIT_S, ServerFleet
from simulator.randomness import Streams
from simulator.rules import healthy_hosts
from simulator.trace.records import (
    DeploymentChange,
    End,
    EventRun,
    FlowChange,
    PersonAct,
    ServiceChange,
    TargetChange,
    Trace,
)
from simulator.trace.users import failed_requests
from tests.engine.any_world import alias_worlds, server_worlds, worlds
from tests.worlds import a_fleet, an_alias, canary, errors_alarm, hosts, linear, once

strata = st.sampled_from(["good", "bad"])
replications = st.integers(0, 1000)


def holds(examples: int) -> Any:
    """Settings of a property: the same examples every time, no clock."""
    slow = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)
    return settings(max_examples=examples, derandomize=True, deadline=None, database=None, suppress_health_check=slow)


def run(world: Scenario, stratum: Any, replication: int, grain: Any = "full") -> tuple[Trace, Outcome]:
    trace = simulate(world, Streams(5, replication), stratum, grain)
    return trace, measure(trace, world)


def of(trace: Trace, kind: type) -> list[Any]:
    return [record for record in trace.records if isinstance(record, kind)]


def unwell_at_zero(world: Scenario) -> set[int]:
    """Targets that CodeDeploy counts as unhealthy before it has tried any."""
    assert isinstance(world.service, ServerFleet)
    fleet = world.service.fleet
    stopped = fleet.stopped if world.assumed("stopped_hosts") == "from_the_start" else ()
    return {*stopped, *fleet.unhealthy}


# -- conservation ----------------------------------------------------------------------------------------------


@holds(80)
@given(worlds, strata, replications)
def test_requests_are_conserved(world: Scenario, stratum: str, replication: int) -> None:
    """Well answered and lost are what the untouched service would have answered; the causes are all of the loss."""
    trace, outcome = run(world, stratum, replication)
    for record in of(trace, FlowChange):
        flow, tolerance = record.flow, 1e-9 * max(record.flow.demand, 1.0)
        assert all(rate >= 0 for rate in flow)
        assert flow.good + flow.defect + flow.refused + flow.dead == pytest.approx(flow.untouched, abs=tolerance)
        assert flow.served_old + flow.served_new <= flow.demand + tolerance
        assert flow.untouched <= flow.demand
        assert flow.share_old + flow.share_new in (0.0, pytest.approx(1.0))
    parts = outcome.failed_defect + outcome.failed_capacity + outcome.failed_dead + outcome.failed_way_back
    assert parts == pytest.approx(outcome.failed_requests)
    assert failed_requests(trace) == pytest.approx(outcome.failed_requests, abs=1e-6)


@holds(60)
@given(worlds, strata, replications)
def test_numbers_are_numbers_and_agree_with_each_other(world: Scenario, stratum: str, replication: int) -> None:
    trace, outcome = run(world, stratum, replication, "states")
    for name, value in dataclasses.asdict(outcome).items():
        if isinstance(value, float):
            assert value >= 0, name  # NaN is not
    life = outcome.lifetime_s
    for time in (outcome.downtime_s, outcome.outage_s, outcome.mixed_version_s, outcome.capacity_shortfall_s or 0.0):
        assert time <= life * (1 + 1e-9)
    assert outcome.outage_s * world.slo.outage_share <= outcome.downtime_s * (1 + 1e-9)
    assert outcome.failed_requests <= outcome.downtime_s * world.traffic.rate * (1 + 1e-9)
    assert (outcome.recover_s is None) == (outcome.downtime_s == 0)
    assert (outcome.rollback_s is None) == (outcome.trigger is None)
    assert outcome.bad or (outcome.exposed_requests, outcome.peak_exposure, outcome.detect_s) == (0.0, 0.0, None)
    assert not (outcome.outcome == "succeeded" and outcome.bad)
    assert not (outcome.outcome == "bad_in_production" and not outcome.bad)
    if outcome.detect_s is not None and math.isfinite(outcome.detect_s):
        parts = [getattr(outcome, f"detect_{part}_s") for part in ("slot", "delivery", "evaluation", "poll", "action")]
        assert sum(parts) == pytest.approx(outcome.detect_s)
    assert outcome.trigger == next((record.kind for record in trace.records if hasattr(record, "polled")), None)


@holds(60)
@given(worlds, strata, replications)
def test_every_run_ends_settled_or_at_its_horizon(world: Scenario, stratum: str, replication: int) -> None:
    trace, outcome = run(world, stratum, replication, "states")
    assert [type(record) for record in trace.records].count(End) == 1
    times = [record.time for record in trace.records]
    assert times == sorted(times)
    assert times[0] == 0.0
    rollout = [r for r in of(trace, DeploymentChange) if r.deployment == 0]
    assert [r.status for r in rollout[:2]] == ["Created", "InProgress"]
    assert len(rollout) == 3  # and one terminal status
    assert outcome.lifetime_s <= outcome.duration_s + world.horizon
    assert outcome.censored == (outcome.lifetime_s == outcome.duration_s + world.horizon)
    last = of(trace, FlowChange)[-1].flow
    if not outcome.censored:
        assert last.failing_share < 1e-9
        assert not (outcome.bad and last.share_new > 0)


@holds(60)
@given(worlds, strata, replications)
def test_people_do_not_watch_a_service_fail(world: Scenario, stratum: str, replication: int) -> None:
    """With people on call a run with harm at its horizon is one in which they have tried all they will."""
    assume(world.people is not None)
    people = {"notice": 60.0, "acknowledge": 30.0, "decide": 30.0, "act": 0.0, "repair": 60.0}
    world = world.model_copy(update={"people": type(world.people).model_validate(people), "horizon": 172_800.0})
    trace, outcome = run(world, stratum, replication, "states")
    if outcome.censored and of(trace, FlowChange)[-1].flow.failing_share > 1e-9:
        tried = [r for r in of(trace, PersonAct) if r.what in ("stops", "rolls back", "repairs")]
        assert len(tried) >= 5


# -- order and limits ------------------------------------------------------------------------------------------


@holds(60)
@given(worlds, strata, replications)
def test_events_follow_one_another_and_none_outlasts_its_limit(world: Scenario, stratum: str, replication: int) -> None:
    """An hour for each (user guide, limits), a Lambda's shift excepted."""
    trace, _ = run(world, stratum, replication)
    latest: dict[tuple[int, int], float] = {}
    for event in sorted(of(trace, EventRun), key=lambda event: (event.started, event.time)):
        shifts = trace.platform == "lambda" and event.event == "AllowTraffic"
        assert 0 <= event.time - event.started <= (172_800.0 if shifts else EVENT_LIMIT_S)
        assert event.started >= latest.get((event.deployment, event.target), 0.0)
        latest[event.deployment, event.target] = event.time


@holds(80)
@given(server_worlds(), strata, replications)
def test_no_deployment_takes_more_targets_out_than_the_floor_allows(
    world: Scenario, stratum: str, replication: int
) -> None:
    """Those that failed and those on the way included; hosts that died in service are not its doing."""
    trace, _ = run(world, stratum, replication)
    assert isinstance(world.service, ServerFleet)
    size, floor = world.service.fleet.size, world.strategies[0].configuration.minimum_healthy_hosts
    assert floor is not None
    allowed = size - healthy_hosts.required(floor.type, floor.value, size)
    back = ("returns", "repaired") if world.service.load_balancer else ("up", "repaired")
    # More than the floor allows may be unhealthy at the start; then no further one is taken out.
    out = unwell_at_zero(world)
    for change in of(trace, ServiceChange):
        before = len(out)
        if change.what in ("leaves", "down"):
            out.add(change.target)
        elif change.what in back:
            out.discard(change.target)
        assert len(out) <= max(allowed, before)


@holds(60)
@given(server_worlds(), strata, replications)
def test_a_rollout_leaves_the_floor_of_each_zone_and_finishes_one_before_the_next(
    world: Scenario, stratum: str, replication: int
) -> None:
    """While the rollout lasts; a way back ignores zones."""
    zonal = world.strategies[0].configuration.zonal
    assume(zonal is not None)
    assert zonal is not None
    trace, outcome = run(world, stratum, replication)
    assert isinstance(world.service, ServerFleet)
    fleet = world.service.fleet
    ended: dict[int, float] = {}
    first: dict[int, float] = {}
    unwell = unwell_at_zero(world)
    out = {zone: {target for target in unwell if fleet.zone_of(target) == zone} for zone in range(1, fleet.zones + 1)}
    for event in of(trace, EventRun):
        zone = fleet.zone_of(event.target)
        if event.deployment == 0:
            ended[zone] = max(ended.get(zone, 0.0), event.time)
            first[zone] = min(first.get(zone, math.inf), event.started)
    in_order = sorted(first, key=first.__getitem__)
    assert all(ended[before] <= first[after] for before, after in itertools.pairwise(in_order))
    back = ("returns", "repaired") if world.service.load_balancer else ("up", "repaired")
    for change in of(trace, ServiceChange):
        if change.time >= outcome.duration_s:
            break
        zone = fleet.zone_of(change.target)
        before = len(out[zone])
        if change.what in ("leaves", "down"):
            out[zone].add(change.target)
        elif change.what in back:
            out[zone].discard(change.target)
        size = len(fleet.in_zone(zone))
        assert len(out[zone]) <= max(before, size - zonal.minimum_healthy_hosts_per_zone.required(size))


@holds(60)
@given(server_worlds(), strata, replications)
def test_every_target_of_a_deployment_ends_once(world: Scenario, stratum: str, replication: int) -> None:
    """Succeeded, Failed or Skipped; and it Succeeded if as many did as the floor asks for."""
    trace, _ = run(world, stratum, replication)
    assert isinstance(world.service, ServerFleet)
    size, floor = world.service.fleet.size, world.strategies[0].configuration.minimum_healthy_hosts
    assert floor is not None
    ended = Counter((r.deployment, r.target) for r in of(trace, TargetChange))
    assert set(ended.values()) <= {1}
    assert sum(1 for deployment, _ in ended if deployment == 0) == size
    well = sum(1 for r in of(trace, TargetChange) if r.deployment == 0 and r.status == "Succeeded")
    status = [r for r in of(trace, DeploymentChange) if r.deployment == 0][-1].status
    if status != "Stopped":
        enough = healthy_hosts.deployment_succeeds(healthy_hosts.required(floor.type, floor.value, size), well)
        assert (status == "Succeeded") == enough


# -- determinism -----------------------------------------------------------------------------------------------


@holds(60)
@given(worlds, strata, replications)
def test_the_same_seed_gives_the_same_trace_and_a_lean_one_the_same_outcome(
    world: Scenario, stratum: str, replication: int
) -> None:
    """Draw for draw: recording more changes nothing."""
    first, outcome = run(world, stratum, replication)
    again, _ = run(world, stratum, replication)
    lean, lean_outcome = run(world, stratum, replication, "states")
    assert first.records == again.records
    assert lean_outcome == outcome
    for kind in (FlowChange, DeploymentChange, PersonAct):
        assert of(first, kind) == of(lean, kind)


@holds(40)
@given(worlds, strata, replications)
def test_names_change_nothing(world: Scenario, stratum: str, replication: int) -> None:
    """Of the scenario, the strategy, the configuration and the alarms."""
    named = world.model_copy(
        update={
            "name": "zz",
            "strategies": (world.strategies[0].model_copy(update={"name": "zz"}),),
            "alarms": tuple(alarm.model_copy(update={"name": f"zz {alarm.name}"}) for alarm in world.alarms),
        }
    )
    assert run(world, stratum, replication)[1] == run(named, stratum, replication)[1]


# -- relations between two runs --------------------------------------------------------------------------------

laws = st.one_of(
    st.builds(lambda seconds: ("fixed", seconds), st.integers(0, 200)),
    st.builds(lambda seconds: ("lognormal", seconds), st.integers(1, 60)),
)
EVENTS = ("ApplicationStop", "DownloadBundle", "Install", "AfterInstall", "ApplicationStart", "ValidateService")


def law(kind: str, seconds: float, factor: float) -> Any:
    return seconds * factor if kind == "fixed" else {"median": seconds * factor, "sigma": 0.5}


@holds(40)
@given(
    st.integers(1, 9),
    st.sampled_from(["OneAtATime", "HalfAtATime", "AllAtOnce"]),
    st.dictionaries(st.sampled_from(EVENTS), laws, min_size=1),
    st.booleans(),
    st.sampled_from(["batch", "window"]),
    replications,
)
def test_doubling_every_duration_doubles_the_deployment(
    size: int, name: str, times: dict[str, tuple[str, int]], balanced: bool, dispatch: str, replication: int
) -> None:
    assume(size > 1 or name != "HalfAtATime")

    def world(factor: float) -> Scenario:
        return a_fleet(
            size,
            f"CodeDeployDefault.{name}",
            balancer={"deregistration_delay": 30 * factor, "health_check": {"interval": 10 * factor}}
            if balanced
            else None,
            durations={event: law(*given_law, factor) for event, given_law in times.items()},
            hooks={"AfterInstall": {"failure": 0.1}},
            assumptions={"agent_pickup": 2.0 * factor, "dispatch": dispatch, "creation_delay": 7.0 * factor},
            people=None,
        )

    once_, twice = (run(world(factor), "good", replication)[1] for factor in (1.0, 2.0))
    assert twice.duration_s == pytest.approx(2 * once_.duration_s, abs=1e-3)
    assert twice.deployment_status == once_.deployment_status
    assert twice.mixed_version_s == pytest.approx(2 * once_.mixed_version_s, abs=1e-3) or once_.censored


@holds(30)
@given(st.integers(1, 99), st.integers(1, 60), st.booleans(), replications)
def test_doubling_every_wait_doubles_a_shift(percentage: int, minutes: int, one_step: bool, replication: int) -> None:
    shape = canary if one_step else linear
    assume(minutes * 2 * (1 if one_step else -(-100 // percentage) - 1) <= 2880)

    def world(factor: float) -> Scenario:
        hook = {"median": 20.0 * factor, "sigma": 0.4}
        times = {"lambda_setup": 2.0 * factor, "lambda_finish": 0.5 * factor}
        return an_alias(shape(percentage, minutes * factor), hooks={"BeforeAllowTraffic": {}},
                        durations={"BeforeAllowTraffic": hook}, assumptions=times)  # fmt: skip

    once_, twice = (run(world(factor), "good", replication)[1] for factor in (1.0, 2.0))
    assert twice.duration_s == pytest.approx(2 * once_.duration_s, abs=1e-4)
    assert twice.mixed_version_s == pytest.approx(2 * once_.mixed_version_s, abs=1e-4)


@holds(30)
@given(
    server_worlds(people=None, alarms=[], traffic={"rate": 100.0}), strata, replications, st.sampled_from([0.5, 7.0])
)
def test_more_traffic_scales_failures_and_no_share_where_capacity_is_no_matter(
    world: Scenario, stratum: str, replication: int, factor: float
) -> None:
    assume(world.service.capacity is None)
    more = world.model_copy(update={"traffic": world.traffic.model_copy(update={"rate": 100.0 * factor})})
    (_, one), (_, other) = run(world, stratum, replication), run(more, stratum, replication)
    assert other.downtime_s == pytest.approx(one.downtime_s)
    assert other.failed_requests == pytest.approx(factor * one.failed_requests)
    assert other.exposed_requests == pytest.approx(factor * one.exposed_requests)
    assert (other.outcome, other.duration_s) == (one.outcome, one.duration_s)


BAD = {"bad": 1.0, "defects": [{"kind": "errors"}]}


@holds(25)
@given(st.integers(1, 98), st.integers(1, 98), st.integers(1, 60), replications)
def test_a_larger_canary_never_exposes_fewer(small: int, more: int, minutes: int, replication: int) -> None:
    """Without alarms and people, so nothing is detected; everybody is exposed in the end."""
    large = min(small + more, 99)
    shapes = (canary(small, minutes), canary(large, minutes))
    first, second = (
        run(an_alias(shape, revision=BAD, people=None, still=False), "bad", replication)[1] for shape in shapes
    )
    assert second.exposed_requests >= first.exposed_requests * (1 - 1e-9)
    assert second.failed_requests >= first.failed_requests * (1 - 1e-9)


@holds(25)
@given(st.integers(1, 50), st.integers(1, 50), st.integers(1, 30), replications)
def test_a_longer_bake_never_shortens_a_deployment(percentage: int, minutes: int, more: int, replication: int) -> None:
    for shape in (canary, linear):
        assume((minutes + more) * (-(-100 // percentage) - 1) <= 2880)
        first, second = (
            run(an_alias(shape(percentage, wait), still=False), "good", replication)[1]
            for wait in (minutes, minutes + more)
        )
        assert second.duration_s > first.duration_s


@holds(30)
@given(st.integers(1, 4), st.integers(1, 3), st.integers(1, 300), replications)
def test_later_detection_never_fails_fewer(periods: int, more: int, threshold: int, replication: int) -> None:
    """An alarm that wants more datapoints, or higher ones, sees the same counts and fires no sooner."""

    def outcome(count: int, bar: int) -> Outcome:
        world = an_alias(canary(10, 15), revision=BAD, alarms=[errors_alarm(bar, count)], people=None, still=False,
                         rollback={"events": ["DEPLOYMENT_STOP_ON_ALARM"]})  # fmt: skip
        return run(world, "bad", replication, "states")[1]

    eager, patient, blunt = (
        outcome(periods, threshold),
        outcome(periods + more, threshold),
        outcome(periods, 3 * threshold),
    )
    for later in (patient, blunt):
        assert later.failed_requests >= eager.failed_requests * (1 - 1e-9)
        assert (later.detect_s or 0.0) >= (eager.detect_s or 0.0)


@holds(25)
@given(st.integers(2, 10), st.integers(0, 9), replications)
def test_a_higher_floor_never_takes_more_capacity_out(size: int, floor: int, replication: int) -> None:
    assume(floor + 1 < size)
    least: list[float] = []
    for value in (floor, floor + 1):
        times = {"AfterInstall": {"median": 60, "sigma": 0.5}}
        world = a_fleet(size, hosts("HOST_COUNT", value), balancer={}, durations=times)
        trace, _ = once(world, replication=replication)
        least.append(min(record.flow.capacity for record in of(trace, FlowChange)))
    assert least[1] >= least[0]


# -- harm worked out again from the lifecycle events -------------------------------------------------------------

fleets = st.tuples(
    st.integers(2, 9),
    st.integers(1, 8),
    st.dictionaries(st.sampled_from(EVENTS), laws, min_size=1),
    st.sampled_from(["batch", "window"]),
    replications,
)


@holds(30)
@given(fleets)
def test_without_a_load_balancer_each_host_fails_its_share_from_stop_to_start(fleet: Any) -> None:
    size, floor, times, dispatch, replication = fleet
    world = a_fleet(
        size,
        hosts("HOST_COUNT", min(floor, size - 1)),
        balancer=None,
        capacity=None,
        durations={event: law(kind, seconds, 1.0) for event, (kind, seconds) in times.items()},
        assumptions={"agent_pickup": 1.0, "dispatch": dispatch},
        people=None,
    )
    trace, outcome = run(world, "good", replication)
    stops = {r.target: r.started for r in of(trace, EventRun) if r.event == "ApplicationStop"}
    starts = {r.target: r.time for r in of(trace, EventRun) if r.event == "ApplicationStart"}
    away = sum(starts[target] - stops[target] for target in range(size))
    assert outcome.failed_requests == pytest.approx(100.0 * away / size)
    assert outcome.failed_dead == outcome.failed_requests
    assert outcome.downtime_s == pytest.approx(away / size)


@holds(30)
@given(fleets, st.sampled_from([0.9, 1.3, 1.0, 0.5]))
def test_behind_a_load_balancer_those_in_service_answer_what_they_can(fleet: Any, load: float) -> None:
    """Demand against 100/s for each host between BlockTraffic and AllowTraffic of the others."""
    size, floor, times, dispatch, replication = fleet
    demand = load * 100.0 * size
    world = a_fleet(
        size,
        hosts("HOST_COUNT", min(floor, size - 1)),
        balancer={"deregistration_delay": 60.0},
        rate=demand,
        durations={event: law(kind, seconds, 1.0) for event, (kind, seconds) in times.items()},
        assumptions={"agent_pickup": 1.0, "dispatch": dispatch},
        people=None,
    )
    trace, outcome = run(world, "good", replication)
    leaves = [r.started for r in of(trace, EventRun) if r.event == "BlockTraffic"]
    returns = [r.time for r in of(trace, EventRun) if r.event == "AllowTraffic"]
    steps = sorted([(time, -1) for time in leaves] + [(time, 1) for time in returns])
    serving, since, refused, short = size, 0.0, 0.0, 0.0
    for time, change in steps:
        refused += (time - since) * max(min(demand, 100.0 * size) - 100.0 * serving, 0.0)
        short += (time - since) * (100.0 * serving < demand * (1 - 1e-12))
        serving, since = serving + change, time
    assert serving == size
    short += (outcome.lifetime_s - since) * (100.0 * size < demand)
    assert outcome.failed_requests == pytest.approx(refused, abs=1e-6)
    assert outcome.failed_capacity == outcome.failed_requests
    assert outcome.capacity_shortfall_s == pytest.approx(short, abs=1e-6)


# -- degenerate cases (risk-methods 8) ---------------------------------------------------------------------------


def test_everything_zero_is_over_at_once() -> None:
    nothing = {"deregistration_delay": 0.0}
    _, outcome = once(a_fleet(1, "CodeDeployDefault.AllAtOnce", balancer=nothing, durations={"AllowTraffic": 0.0}))
    assert (outcome.duration_s, outcome.lifetime_s, outcome.failed_requests) == (0.0, 0.0, 0.0)
    assert outcome.outcome == "succeeded"


@pytest.mark.parametrize("share", [1e-6, 1.0])
def test_an_error_share_of_next_to_nothing_and_of_everything(share: float) -> None:
    world = an_alias(canary(99, 1), revision={"bad": 1.0, "defects": [{"kind": "errors", "share": share}]}, people=None)
    _, outcome = once(world, stratum="bad")
    exposed = 100.0 * (0.99 * 60 + 86_400)
    assert outcome.exposed_requests == pytest.approx(exposed)
    assert outcome.failed_requests == pytest.approx(share * exposed)


@given(alias_worlds(traffic={"rate": 0.0}), strata)
@holds(15)
def test_without_requests_nobody_is_harmed(world: Scenario, stratum: str) -> None:
    _, outcome = run(world, stratum, 0)
    assert (outcome.downtime_s, outcome.failed_requests, outcome.exposed_requests) == (0.0, 0.0, 0.0)
    assert outcome.budget_share is None
    assert outcome.recover_s is None
