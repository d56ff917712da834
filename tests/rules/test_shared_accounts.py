"""Whichever way requests are shared out, losses by cause add up to what the untouched service would have answered."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.model.flow import FleetState, Flow
from simulator.rules import flow as fleet_rules
from simulator.rules import losses, task_sets, warm_up
from simulator.rules.task_sets import TaskSet
from simulator.rules.warm_up import TargetClass

counts = st.integers(0, 40)
rates = st.floats(0.0, 5000.0)
shares = st.floats(0.0, 1.0)
capacities = st.one_of(st.floats(1.0, 500.0), st.just(math.inf))
slowness = st.floats(1.0, 5.0)
task_set = st.builds(TaskSet, counts, counts, counts, counts)
target_class = st.builds(TargetClass, counts, st.booleans(), st.booleans(), st.floats(0.05, 1.0), st.floats(0.05, 1.0))


def adds_up(flow: Flow) -> bool:
    causes = (flow.defect, flow.refused, flow.dead)
    small = 1e-9 * max(1.0, flow.demand)
    assert all(cause >= -small for cause in causes)
    assert flow.good >= -small
    assert flow.served_old + flow.served_new <= flow.demand + small
    return math.isclose(math.fsum(causes), flow.untouched - flow.good, rel_tol=1e-9, abs_tol=small)


# -- the even fleet is one case of a fleet of classes ---------------------------------


@given(rates, shares, st.integers(1, 60), capacities, counts, counts, counts, counts, shares, slowness)
def test_an_even_fleet_has_exactly_the_numbers_it_always_had(
    demand, baseline, size, capacity, old, new, dead_old, dead_new, errors, slow
) -> None:
    state = FleetState(old, new, dead_old, dead_new)
    classes = [
        TargetClass(old, new=False),
        TargetClass(new, new=True),
        TargetClass(dead_old, new=False, answers=False),
        TargetClass(dead_new, new=True, answers=False),
    ]
    usual = fleet_rules.fleet_flow(demand, baseline, size, capacity, state, errors, slow)
    assert warm_up.fleet_flow(demand, baseline, size, capacity, classes, errors, slow) == usual


@given(rates, shares, st.integers(1, 60), capacities, st.lists(target_class, max_size=6), shares, slowness)
def test_losses_of_a_fleet_of_classes_add_up(demand, baseline, size, capacity, classes, errors, slow) -> None:
    for algorithm in ("round_robin", "least_outstanding_requests"):
        flow = warm_up.fleet_flow(demand, baseline, size, capacity, classes, errors, slow, algorithm)
        assert adds_up(flow)
        receivers = sum(each.targets for each in classes)
        assert flow.share_old + flow.share_new == pytest.approx(1.0 if receivers else 0.0)


@given(rates, st.integers(1, 60), st.lists(target_class, max_size=6), slowness)
def test_least_outstanding_requests_never_loses_more_where_everybody_answers(demand, size, classes, slow) -> None:
    answering = [each._replace(answers=True) for each in classes]
    even = warm_up.fleet_flow(demand, 0.0, size, 100.0, answering, 0.0, slow)
    least = warm_up.fleet_flow(demand, 0.0, size, 100.0, answering, 0.0, slow, "least_outstanding_requests")
    assert least.good >= even.good - 1e-9 * max(1.0, demand)


@given(rates, st.integers(1, 60), st.lists(target_class, max_size=6), slowness)
def test_least_outstanding_requests_refuses_nothing_that_there_is_room_for(demand, size, classes, slow) -> None:
    answering = [each._replace(answers=True, weight=1.0) for each in classes]
    flow = warm_up.fleet_flow(demand, 0.0, size, 100.0, answering, 0.0, slow, "least_outstanding_requests")
    assert flow.served_old + flow.served_new == pytest.approx(min(demand, flow.capacity), abs=1e-6)


def test_a_dead_target_does_not_swallow_what_busy_ones_refuse() -> None:
    classes = [TargetClass(9, new=False), TargetClass(1, new=True, answers=False)]
    flow = warm_up.fleet_flow(1000, 0.0, 10, 100.0, classes, algorithm="least_outstanding_requests")
    assert (flow.good, flow.dead) == (900.0, 100.0)


# -- warm-up and slow start ---------------------------------


def test_a_warm_up_of_ten_minutes_fails_all_at_once_at_peak_and_not_one_at_a_time() -> None:
    """Ten targets of 100/s at 700/s, 430 s an update, 600 s of warm-up at 40 %: one away, at most two warming."""
    peak = 700.0
    assert warm_up.in_service_capacity(10, 0, 100.0, [0.4] * 10) < peak
    warming_at_once = math.ceil(600 / 430)
    assert warm_up.in_service_capacity(10, 1, 100.0, [0.4] * warming_at_once) == pytest.approx(780.0)
    classes = [TargetClass(7, new=False), TargetClass(2, new=True, capacity=0.4)]
    flow = warm_up.fleet_flow(peak, 0.0, 10, 100.0, classes, algorithm="least_outstanding_requests")
    assert flow.refused == 0.0
    assert flow.capacity == pytest.approx(780.0)
    everybody = warm_up.fleet_flow(peak, 0.0, 10, 100.0, [TargetClass(10, new=True, capacity=0.4)])
    assert everybody.refused == pytest.approx(300.0)


def test_round_robin_overruns_a_warming_target_however_much_room_the_others_have() -> None:
    classes = [TargetClass(9, new=False), TargetClass(1, new=True, capacity=0.4)]
    flow = warm_up.fleet_flow(700, 0.0, 10, 100.0, classes)
    assert flow.capacity == pytest.approx(940.0)
    assert flow.refused == pytest.approx(70.0 - 40.0)


def test_slow_start_shields_a_warming_target() -> None:
    classes = [TargetClass(9, new=False), TargetClass(1, new=True, capacity=0.4, weight=0.25)]
    flow = warm_up.fleet_flow(700, 0.0, 10, 100.0, classes)
    assert flow.refused == 0.0
    assert flow.share_new == pytest.approx(0.25 / 9.25)


@given(st.floats(30.0, 900.0), st.integers(1, 50))
def test_steps_of_slow_start_average_half_a_share_like_the_line_they_stand_for(duration, steps) -> None:
    rise = warm_up.slow_start(duration, steps)
    ends = [age for age, _ in rise[1:]]
    area = math.fsum(weight * (end - age) for (age, weight), end in zip(rise, ends, strict=False))
    assert area == pytest.approx(duration / 2, rel=1e-12)
    assert rise[-1] == (duration, 1.0)
    for (age, weight), end in zip(rise, ends, strict=False):
        assert weight == pytest.approx((age + end) / 2 / duration, rel=1e-9)  # the line's average over the step


def test_no_slow_start_is_a_full_share_at_once() -> None:
    assert warm_up.slow_start(0.0, 10) == [(0.0, 1.0)]
    with pytest.raises(ValueError, match="write 1 or more"):
        warm_up.slow_start(60.0, 0)


def test_a_fleet_registered_at_once_skips_slow_start() -> None:
    assert not warm_up.in_slow_start(60.0, others_healthy=0)
    assert not warm_up.in_slow_start(0.0, others_healthy=5)
    assert warm_up.in_slow_start(60.0, others_healthy=1)


@given(rates, st.integers(1, 60), st.lists(target_class, max_size=6), slowness)
def test_a_fleet_that_refuses_nothing_has_no_less_capacity_than_demand(demand, size, classes, slow) -> None:
    answering = [each._replace(answers=True) for each in classes if each.targets]
    flow = warm_up.fleet_flow(demand, 0.0, size, 100.0, answering, 0.0, slow)
    if answering and flow.served_old + flow.served_new >= demand * (1 - 1e-12):
        assert flow.capacity >= demand * (1 - 1e-9)


@given(st.floats(0.05, 1.0), st.lists(st.tuples(st.integers(1, 9), st.floats(0.05, 1.0)), max_size=4))
def test_targets_sent_uneven_shares_answer_what_fills_the_one_sent_most(most, others) -> None:
    shares = [(1, most), *((count, min(share, most)) for count, share in others)]
    classes = [TargetClass(count, new=True, weight=share) for count, share in shares]
    total = 100.0 * math.fsum(count * share for count, share in shares) / most
    assert warm_up.fleet_flow(0.0, 0.0, 50, 100.0, classes).capacity == pytest.approx(total)
    assert warm_up.fleet_flow(total * 0.999, 0.0, 50, 100.0, classes).refused == pytest.approx(0.0, abs=1e-9)
    assert warm_up.fleet_flow(total * 1.001, 0.0, 50, 100.0, classes).refused > 0.0


def test_slow_start_of_all_alike_takes_nothing_away_and_a_warm_up_what_it_takes_anyway() -> None:
    def capacity(*classes: TargetClass) -> float:
        return warm_up.fleet_flow(100.0, 0.0, 4, 60.0, classes).capacity

    assert capacity(TargetClass(4, new=True, weight=0.05)) == 240.0
    assert capacity(TargetClass(4, new=True, weight=0.05, capacity=0.4)) == 96.0
    # An elder is busy at 60/s, when each of four newcomers is sent 3/s.
    assert capacity(TargetClass(1, new=False), TargetClass(4, new=True, weight=0.05)) == pytest.approx(72.0)
    # At half a share a newcomer that warms up would be sent 30/s and answers 24.
    warming = TargetClass(2, new=True, weight=0.5, capacity=0.4)
    assert capacity(TargetClass(2, new=False), warming) == pytest.approx(2 * 60 + 2 * 24)


def test_green_tasks_that_are_all_in_slow_start_have_their_whole_capacity() -> None:
    green = [TargetClass(4, new=True, weight=0.05)]
    assert warm_up.task_set_flow(100.0, 0.0, 4, 60.0, 1.0, [], green).capacity == 240.0
    assert warm_up.task_set_flow(100.0, 0.0, 4, 60.0, 0.5, [TargetClass(4, new=False)], green).capacity == 480.0


def test_youth_joins_both_ramps() -> None:
    stages = warm_up.youth(60.0, 0.4, slow_start_duration=120.0, steps=2)
    assert stages == [(0.0, 0.25, 0.4), (60.0, 0.75, 1.0), (120.0, 1.0, 1.0)]
    assert warm_up.youth(0.0, 0.4) == [(0.0, 1.0, 1.0)]


# -- task sets ---------------------------------


@given(rates, shares, st.integers(1, 60), capacities, shares, task_set, task_set, shares, slowness)
def test_losses_of_two_task_sets_add_up(demand, baseline, desired, capacity, weight, blue, green, errors, slow) -> None:
    flow = task_sets.task_set_flow(demand, baseline, desired, capacity, weight, blue, green, errors, slow)
    assert adds_up(flow)
    assert flow.share_old + flow.share_new == pytest.approx(1.0)


@given(rates, st.integers(1, 60), capacities, counts, counts, shares, slowness)
def test_one_colour_alone_is_an_even_fleet(demand, desired, capacity, serving, dead, errors, slow) -> None:
    tasks = TaskSet(serving, dead)
    blue_only = task_sets.task_set_flow(demand, 0.0, desired, capacity, 0.0, tasks, TaskSet(9), errors, slow)
    old = fleet_rules.fleet_flow(demand, 0.0, desired, capacity, FleetState(serving, 0, dead, 0), errors, slow)
    green_only = task_sets.task_set_flow(demand, 0.0, desired, capacity, 1.0, TaskSet(9), tasks, errors, slow)
    new = fleet_rules.fleet_flow(demand, 0.0, desired, capacity, FleetState(0, serving, 0, dead), errors, slow)
    for ours, fleets in ((blue_only, old), (green_only, new)):
        assert ours._replace(share_old=0.0, share_new=0.0) == fleets._replace(share_old=0.0, share_new=0.0)


def test_an_empty_green_group_refuses_its_weight_though_blue_stands_idle() -> None:
    flow = task_sets.task_set_flow(200, 0.0, 4, 100.0, 0.1, TaskSet(4), TaskSet(0))
    assert flow.refused == pytest.approx(20.0)
    assert flow.capacity == 0.0


def test_a_green_group_without_a_healthy_task_fails_open() -> None:
    """All at once: health checks begin after the shift, and requests go to tasks that have not passed one."""
    flow = task_sets.task_set_flow(200, 0.0, 4, 100.0, 1.0, TaskSet(4), TaskSet(0, unchecked=3, failing=1))
    assert (flow.good, flow.dead) == (150.0, 50.0)


def test_a_green_set_too_small_for_its_weight_refuses() -> None:
    flow = task_sets.task_set_flow(400, 0.0, 4, 100.0, 0.5, TaskSet(4), TaskSet(1))
    assert flow.refused == pytest.approx(100.0)
    assert flow.capacity == pytest.approx(200.0)


@given(shares, st.floats(0.0, 300.0), shares)
def test_a_defect_harms_in_proportion_to_its_weight(weight, demand, errors) -> None:
    flow = task_sets.task_set_flow(demand, 0.0, 4, 100.0, weight, TaskSet(4), TaskSet(4), errors)
    assert flow.defect == pytest.approx(demand * weight * errors, abs=1e-9)


# -- requests turned away ---------------------------------


@given(rates, st.integers(0, 30), st.integers(0, 30), st.integers(0, 5), shares, shares, shares)
def test_losses_still_add_up_when_requests_are_turned_away(demand, old, new, dead, errors, away_old, away_new) -> None:
    before = fleet_rules.fleet_flow(demand, 0.01, 30, 100.0, FleetState(old, new, 0, dead), errors)
    after = losses.turned_away(before, away_old, away_new, 0.01, errors)
    assert adds_up(after)
    assert after.good <= before.good + 1e-9 * max(1.0, demand)
    assert losses.turned_away(before, 0.0, 0.0, 0.01, errors) == before


def test_a_request_turned_away_does_not_meet_the_defect() -> None:
    before = losses.account(100, 0.0, 100.0, 0.0, 100.0, 0.0, 0.5, 0.0, 1.0, 200.0)
    after = losses.turned_away(before, 0.0, 0.2, error_share=0.5)
    assert (after.defect, after.refused, after.good) == pytest.approx((40.0, 20.0, 40.0))
    assert after.capacity == pytest.approx(160.0)
