"""Clients that try again, against geometric series and the closed form of overload."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from simulator.model.flow import FleetState
from simulator.rules import retries
from simulator.rules.flow import fleet_flow

some_retries = st.integers(0, 6)
shares = st.floats(0.0, 1.0)
loads = st.floats(0.05, 5.0)


def sharp(capacity: float, errors: float = 0.0):
    return lambda load: 1.0 - (1.0 - errors) * min(1.0, capacity / load) if load > 0 else errors


@given(shares, some_retries)
def test_independent_errors_cost_a_geometric_number_of_tries(errors, count) -> None:
    """Risk-methods P6: E[attempts] = (1 - (1 - q)^m) / q for success q and at most m tries."""
    expected = (1 - errors ** (1 + count)) / (1 - errors) if errors < 1 else 1 + count
    assert retries.tries(errors, count) == pytest.approx(expected, rel=1e-6)
    assert retries.user_failing(errors, count) == pytest.approx(errors ** (1 + count))


def test_three_retries_at_load_1_1_are_a_sustained_overload() -> None:
    seen = retries.overload(1.1, 1.0, 0.0, retries=3)
    assert seen.user_failing == pytest.approx(1 - 1 / 1.1)
    assert seen.failing == pytest.approx((1 - 1 / 1.1) ** 0.25)
    assert seen.load > 2.2
    assert seen.failed_attempts == pytest.approx(seen.load - 1.0)


def test_three_retries_at_load_0_9_leave_no_overload() -> None:
    seen = retries.overload(0.9, 1.0, 0.0, retries=3)
    assert (seen.load, seen.failing, seen.user_failing) == (0.9, 0.0, 0.0)


def test_errors_and_retries_together_overload_a_service_that_had_room() -> None:
    """Load 0.9 with half of the tries failing: 0.9 x 1.875 = 1.69 tries, and then more."""
    seen = retries.overload(0.9, 1.0, 0.5, retries=3)
    assert seen.load > 0.9 * 1.875
    assert seen.failing == pytest.approx((1 - 0.5 / 0.9) ** 0.25)


@given(loads, shares, some_retries)
def test_the_solver_finds_the_closed_form(demand, errors, count) -> None:
    closed = retries.overload(demand, 1.0, errors, count)
    solved = retries.offered_load(demand, count, sharp(1.0, errors))
    assert solved.load == pytest.approx(closed.load, rel=1e-9)
    # A share near nothing is a root of order 1 + retries: only its power is as sharp as the load.
    assert solved.user_failing == pytest.approx(closed.user_failing, abs=1e-9)


@given(loads, shares, some_retries)
def test_there_is_only_one_load_at_which_tries_and_failures_agree(demand, errors, count) -> None:
    seen = retries.overload(demand, 1.0, errors, count)
    failing = sharp(1.0, errors)
    for step in range(1, 200):
        load = demand * (1 + count * step / 200)
        gap = demand * retries.tries(failing(load), count) - load
        if load < seen.load * (1 - 1e-9):
            assert gap > -1e-9 * load
        elif load > seen.load * (1 + 1e-9):
            assert gap < 1e-9 * load


@settings(max_examples=25)
@given(loads, st.floats(0.0, 0.9), some_retries)
def test_clients_that_adapt_step_by_step_end_at_the_same_load_from_above_and_below(demand, errors, count) -> None:
    # Close to the edge of overload they get there too, but by ever smaller steps.
    assume(abs(demand * retries.tries(errors, count) - 1.0) > 0.1)
    failing = sharp(1.0, errors)
    seen = retries.overload(demand, 1.0, errors, count)
    for start in (demand, demand * (1 + count)):
        load = start
        for _ in range(500):
            load = demand * retries.tries(failing(load), count)
        assert load == pytest.approx(seen.load, rel=1e-6)


@given(st.lists(loads, min_size=2, max_size=2), shares, some_retries)
def test_more_demand_never_means_less_load_or_fewer_failures(demands, errors, count) -> None:
    less, more = (retries.overload(demand, 1.0, errors, count) for demand in sorted(demands))
    assert less.load <= more.load * (1 + 1e-12)
    assert less.user_failing <= more.user_failing + 1e-12


@given(loads, shares, some_retries)
def test_users_get_the_answers_that_servers_give(demand, errors, count) -> None:
    seen = retries.overload(demand, 1.0, errors, count)
    assert demand * (1 - seen.user_failing) == pytest.approx(seen.load * (1 - seen.failing), rel=1e-9, abs=1e-9)


def test_nobody_asks() -> None:
    assert retries.overload(0.0, 1.0, 0.2, retries=3).load == 0.0
    assert retries.offered_load(0.0, 3, sharp(1.0)).load == 0.0


def test_a_service_that_is_gone_gets_every_try() -> None:
    seen = retries.offered_load(10.0, 3, lambda load: 1.0)
    assert (seen.load, seen.user_failing) == (40.0, 1.0)


# -- what users see of a fleet ---------------------------------


def fleet(state: FleetState, errors: float = 0.0, baseline: float = 0.0):
    return lambda load: fleet_flow(load, baseline, 10, 100.0, state, errors)


WHOLE = FleetState(old=10, new=0)


def test_retries_hide_a_defect_from_users_and_not_from_servers() -> None:
    """A tenth of the fleet fails half of its requests: 5 % of tries, 0.05^3 of requests after two retries."""
    state = FleetState(old=9, new=1)
    flow, now, untouched = retries.retried_flow(500, 2, fleet(state, errors=0.5), fleet(WHOLE))
    assert now.failing == pytest.approx(0.05)
    assert flow.failing_share == pytest.approx(0.05**3)
    assert flow.defect == pytest.approx(500 * 0.05**3)
    assert now.load == pytest.approx(500 * (1 + 0.05 + 0.05**2))
    assert untouched.failed_attempts == 0.0


def test_without_retries_users_see_what_servers_see() -> None:
    state = FleetState(old=4, new=1, dead_new=2)
    flow, now, _ = retries.retried_flow(600, 0, fleet(state, errors=0.2), fleet(WHOLE))
    assert flow == fleet(state, errors=0.2)(600)
    assert now.load == 600


def test_refusals_of_a_storm_that_a_defect_began_are_the_defects() -> None:
    state = FleetState(old=0, new=10)
    flow, now, _ = retries.retried_flow(900, 3, fleet(state, errors=0.5), fleet(WHOLE))
    assert now.load > 1000.0
    assert flow.good == pytest.approx(500.0)
    assert flow.defect == pytest.approx(400.0)
    assert flow.refused == 0.0


@given(
    st.floats(1.0, 3000.0), some_retries, st.integers(0, 10), st.integers(0, 10), st.integers(0, 5), shares,
    st.floats(0.0, 0.2),
)  # fmt: skip
def test_what_users_lose_adds_up_by_cause(demand, count, old, new, dead, errors, baseline) -> None:
    state = FleetState(old, new, 0, dead)
    flow, now, untouched = retries.retried_flow(
        demand, count, fleet(state, errors, baseline), fleet(WHOLE, 0.0, baseline)
    )
    causes = (flow.defect, flow.refused, flow.dead)
    assert all(cause >= -1e-9 * demand for cause in causes)
    assert math.fsum(causes) == pytest.approx(flow.untouched - flow.good, abs=1e-9 * demand)
    assert demand <= now.load * (1 + 1e-12)
    assert now.load <= demand * (1 + count) * (1 + 1e-12)
    if old + new <= 10:  # no more capacity than the untouched fleet has
        assert untouched.user_failing <= now.user_failing + 1e-6


def test_a_share_of_the_clients_tries_again() -> None:
    """Half of them, three times: demand x (0.5 (1 - f^4) + 0.5 (1 - f)) = capacity."""
    seen = retries.offered_load(1.1, 3, sharp(1.0), share=0.5)
    f = seen.failing
    assert 1.1 * (0.5 * (1 - f**4) + 0.5 * (1 - f)) == pytest.approx(1.0)
    assert seen.load == pytest.approx(1.1 * retries.tries(f, 3, 0.5))
    assert seen.user_failing == pytest.approx(1 - 1 / 1.1)
    assert 1.1 < seen.load < retries.overload(1.1, 1.0, 0.0, retries=3).load
