"""Capacity above that at zero, billed by each service's own terms."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.rules import billing
from simulator.rules.billing import TERMS

profile = st.lists(st.tuples(st.floats(0.0, 1e4), st.integers(0, 30)), min_size=1, max_size=12).map(
    lambda steps: sorted(steps, key=lambda step: step[0])
)


def test_a_replacement_fleet_of_twelve() -> None:
    """Risk-methods P9: 12 x 4390 s = 14.6333 instance-hours, 1.21749 USD at 0.0832."""
    steps = [(0.0, 12), (0.0, 24), (90.0 + 100.0 + 600.0 + 3600.0, 12)]
    hours = billing.extra_unit_hours(steps, end=10_000.0)
    assert hours == pytest.approx(14.6333, abs=5e-5)
    assert hours * 0.0832 == pytest.approx(1.21749, abs=5e-6)
    assert billing.billed_unit_hours(billing.extra_lifetimes(steps, end=10_000.0), "ec2") == pytest.approx(hours)


def test_a_longer_termination_wait_only_costs_money() -> None:
    def hours(wait: float) -> float:
        return billing.extra_unit_hours([(0.0, 12), (0.0, 24), (790.0 + wait, 12)], end=1e6)

    assert hours(7200.0) - hours(3600.0) == pytest.approx(12.0)


def test_less_than_at_zero_earns_nothing() -> None:
    assert billing.extra_unit_hours([(0.0, 10), (100.0, 4), (3700.0, 12), (7300.0, 10)], end=1e5) == pytest.approx(2.0)


def test_a_green_fleet_that_is_kept_is_billed_to_the_end_of_the_run() -> None:
    assert billing.extra_unit_hours([(0.0, 12), (0.0, 24)], end=7200.0) == pytest.approx(24.0)
    assert billing.kept_usd_per_hour(12, 0.0832) == pytest.approx(0.9984)


@given(profile, st.floats(1.0, 2e4))
def test_lifetimes_add_up_to_the_integral(steps, end) -> None:
    lifetimes = billing.extra_lifetimes(steps, end)
    assert all(begin < until <= end for begin, until in lifetimes)
    seconds = math.fsum(until - begin for begin, until in lifetimes)
    assert seconds / 3600 == pytest.approx(billing.extra_unit_hours(steps, end), abs=1e-9)


@given(profile, st.floats(1.0, 2e4), st.sampled_from(sorted(TERMS)))
def test_terms_only_ever_add(steps, end, unit) -> None:
    lifetimes = billing.extra_lifetimes(steps, end)
    assert billing.billed_unit_hours(lifetimes, unit) >= billing.extra_unit_hours(steps, end) - 1e-6


@pytest.mark.parametrize(
    ("unit", "lifetime", "seconds"),
    [
        ("ec2", 1.0, 60.0),
        ("ec2", 60.0, 60.0),
        ("ec2", 61.2, 62.0),
        ("fargate", 30.0, 60.0),
        ("fargate", 4390.0, 4390.0),
        ("provisioned_concurrency", 1.0, 300.0),
        ("provisioned_concurrency", 300.0, 300.0),
        ("provisioned_concurrency", 301.0, 600.0),
        ("ec2", 0.0, 0.0),
    ],
)
def test_minimums_and_steps(unit, lifetime, seconds) -> None:
    assert billing.billed_seconds(lifetime, TERMS[unit]) == seconds


def test_a_launch_loop_is_billed_for_its_minutes() -> None:
    lifetimes = [(90.0 * k, 90.0 * k + 20.0) for k in range(40)]
    assert billing.billed_unit_hours(lifetimes, "ec2") == pytest.approx(40 * 60 / 3600)


def test_a_fargate_task_by_its_size() -> None:
    hour = billing.task_usd_per_hour(1.0, 2.0, 0.04048, 0.004445)
    assert hour * 730 == pytest.approx(29.55 + 6.49, abs=0.01)  # a month, as published


def test_lambda_is_billed_by_the_millisecond_and_by_memory() -> None:
    assert billing.lambda_gb_seconds(1, 0.0001, 1024) == pytest.approx(0.001)
    assert billing.lambda_gb_seconds(1e6, 0.12, 1536) == 180_000.0
    assert billing.provisioned_gb_seconds(100, 300.0, 512) == 15_000.0
