"""A cold Lambda version, against AWS's scaling rate and a small simulation of environments one by one."""

from __future__ import annotations

import heapq
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.rules import concurrency
from simulator.rules.flow import alias_flow


def simulated(rate: float, duration: float, cold_start: float, until: float, pool: float = math.inf) -> float:
    """Throttled requests when each arrival takes a free environment, else a new one if a token is left."""
    tokens, last, environments, throttled = 1000.0, 0.0, 0, 0
    busy: list[float] = []
    free = 0
    for arrival in range(int(rate * until)):
        now = arrival / rate
        tokens, last = min(1000.0, tokens + 100.0 * (now - last)), now
        while busy and busy[0] <= now:
            heapq.heappop(busy)
            free += 1
        if free > 0:
            free -= 1
            heapq.heappush(busy, now + duration)
        elif tokens >= 1.0 and environments < pool:
            tokens -= 1.0
            environments += 1
            heapq.heappush(busy, now + cold_start + duration)
        else:
            throttled += 1
    return float(throttled)


@pytest.mark.parametrize(
    ("rate", "duration", "cold_start", "pool"),
    [
        (500.0, 0.1, 5.0, math.inf),  # slow start, little concurrency
        (2000.0, 0.5, 1.0, math.inf),
        (5000.0, 0.5, 0.3, math.inf),  # more environments than the burst, also when warm
        (900.0, 1.0, 0.5, 600.0),  # the limit binds
        (100.0, 0.2, 0.3, math.inf),  # nothing is throttled
    ],
)
def test_throttled_requests_agree_with_environments_simulated_one_by_one(rate, duration, cold_start, pool) -> None:
    ours = concurrency.throttled_requests(concurrency.throttled(rate, duration, cold_start, pool), until=30.0)
    theirs = simulated(rate, duration, cold_start, until=30.0, pool=pool)
    # Spread evenly over their requests, environments are known but for one duration's worth of requests.
    assert ours == pytest.approx(theirs, abs=max(0.02 * theirs, rate * duration))


def test_a_slow_start_throttles_a_version_that_needs_few_environments() -> None:
    assert concurrency.needed(500, 0.1) == 50.0
    assert concurrency.throttled(500, 0.1, 5.0) == [(0.0, 0.0), (2.5, 400.0), (5.1, 0.0)]


def test_a_fall_in_steps_has_the_area_of_the_line() -> None:
    """20,000/s of 0.1 s need 2,000; 1,040 are there when the first are free, and 100 more come each second."""
    for width in (0.1, 1.0, 7.0):
        steps = concurrency.throttled(20_000, 0.1, 0.3, width=width)
        after = [(begin, rate) for begin, rate in steps if begin >= 0.4]
        area = concurrency.throttled_requests(after, until=100.0)
        assert area == pytest.approx(9600.0 * 9.6 / 2)
        assert steps[-1] == (pytest.approx(10.0), 0.0)


def test_a_limit_below_the_need_throttles_for_good() -> None:
    steps = concurrency.throttled(900, 1.0, 0.5, pool=600.0)
    assert steps[-1][1] == pytest.approx(300.0)


def test_provisioned_environments_answer_at_once() -> None:
    assert concurrency.throttled(500, 0.1, 5.0, ready=50.0) == [(0.0, 0.0)]
    some = concurrency.throttled_requests(concurrency.throttled(500, 0.1, 5.0, ready=20.0), 60.0)
    none = concurrency.throttled_requests(concurrency.throttled(500, 0.1, 5.0), 60.0)
    assert some < none


def test_ten_percent_steps_stay_within_a_burst_that_all_at_once_passes() -> None:
    all_at_once = concurrency.throttled(500, 0.1, 5.0)
    step = concurrency.throttled(50, 0.1, 5.0)
    assert concurrency.throttled_requests(all_at_once, 60.0) == pytest.approx(1040.0)
    assert step == [(0.0, 0.0)]


@given(
    st.floats(1.0, 20_000.0), st.floats(0.01, 10.0), st.floats(0.0, 10.0), st.floats(1.0, 5000.0),
    st.floats(0.0, 3000.0),
)  # fmt: skip
def test_never_more_throttled_than_sent_and_in_order(rate, duration, cold_start, pool, ready) -> None:
    steps = concurrency.throttled(rate, duration, cold_start, pool, ready)
    begins = [begin for begin, _ in steps]
    assert begins == sorted(set(begins))
    assert begins[0] == 0.0
    assert all(-1e-9 <= throttled <= rate * (1 + 1e-12) for _, throttled in steps)


@given(st.floats(1.0, 20_000.0), st.floats(0.01, 5.0), st.floats(0.0, 10.0), st.floats(100.0, 5000.0))
def test_a_larger_pool_or_burst_never_throttles_more(rate, duration, cold_start, pool) -> None:
    def lost(pool: float, burst: float) -> float:
        return concurrency.throttled_requests(concurrency.throttled(rate, duration, cold_start, pool, burst=burst), 120)

    assert lost(pool * 2, 1000.0) <= lost(pool, 1000.0) * (1 + 1e-9) + 1e-6
    assert lost(pool, 2000.0) <= lost(pool, 1000.0) * (1 + 1e-9) + 1e-6


# -- two warm versions ---------------------------------


@given(st.floats(1.0, 5000.0), st.floats(0.0, 1.0), st.floats(0.1, 2.0), st.floats(10.0, 3000.0), st.floats(1.0, 4.0))
def test_two_warm_versions_are_throttled_as_the_alias_is(rate, weight, duration, limit, slow) -> None:
    both = concurrency.shared(rate, weight, duration, limit, slow)
    passed = rate * ((1 - weight) * (1 - both.throttled_old) + weight * (1 - both.throttled_new))
    alias = alias_flow(rate, 0.0, limit / duration, weight, slow_factor=slow)
    assert passed == pytest.approx(alias.served_old + alias.served_new, rel=1e-9)


def test_provisioned_environments_of_the_old_version_are_taken_from_the_limit() -> None:
    both = concurrency.shared(100, 1.0, 1.0, limit=120, provisioned_old=60)
    assert both.on_demand == 60.0
    assert both.throttled_new == pytest.approx(0.4)
    assert both.throttled_old == 0.0


def test_an_environment_answers_ten_requests_a_second_at_most() -> None:
    """Lambda quotas: invocations per second are ten times the concurrency."""
    assert concurrency.needed(10_000, 0.001) == 1000.0
