"""Waits and receivers of a load balancer, against the figures AWS and its support publish."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.rules import load_balancer
from simulator.rules.load_balancer import DEFAULTS, Kind


def test_a_dead_target_is_noticed_within_a_minute_by_default() -> None:
    defaults = DEFAULTS["application"]
    earliest, latest = (
        load_balancer.time_to_notice(defaults.interval, defaults.unhealthy_threshold, phase) for phase in (0.0, 30.0)
    )
    assert (earliest, latest) == (30.0, 60.0)
    assert load_balancer.time_to_notice(30.0, 2, 0.0, probe=defaults.timeout) == 35.0
    assert load_balancer.time_to_notice(30.0, 2, 30.0, probe=defaults.timeout) == 65.0


def test_an_unhealthy_target_is_back_after_two_minutes_or_more_by_default() -> None:
    assert load_balancer.time_to_recover(30.0, 5, 0.0) == 120.0
    assert load_balancer.time_to_recover(30.0, 5, 30.0) == 150.0


@pytest.mark.parametrize(
    ("interval", "healthy_threshold", "seconds"),
    [(10.0, 5, 60.0), (30.0, 5, 180.0), (30.0, 10, 330.0)],  # support's example, ALB and Classic defaults
)
def test_allow_traffic_by_the_formula(interval: float, healthy_threshold: int, seconds: float) -> None:
    assert load_balancer.allow_traffic_wait("threshold", interval, healthy_threshold, phase=0.0) == seconds


def test_allow_traffic_by_the_first_passing_check() -> None:
    assert load_balancer.allow_traffic_wait("first_pass", 30.0, 5, phase=12.5) == 12.5


@pytest.mark.parametrize(
    ("reading", "kind", "seconds"),
    [
        ("delay", "application", 300.0),
        ("delay", "network", 300.0),
        ("delay", "classic", 330.0),
        ("formula", "application", 330.0),
        ("drained", "application", 2.0),
        ("drained", "classic", 2.0),
    ],
)
def test_block_traffic_by_each_reading(reading: load_balancer.BlockTrafficReading, kind: Kind, seconds: float) -> None:
    assert load_balancer.block_traffic_wait(reading, kind, 300.0, 30.0, 10, in_flight=2.0) == seconds


def test_draining_ends_with_the_deregistration_delay() -> None:
    wait = load_balancer.block_traffic_wait("drained", "network", 20.0, 30.0, 5, in_flight=500.0)
    assert wait == 20.0


@pytest.mark.parametrize(
    ("healthy", "kind", "receiving"),
    [
        (7, "application", 7),
        (7, "classic", 7),
        (0, "application", 9),
        (0, "network", 9),
        (0, "classic", 0),
    ],
)
def test_who_receives_requests(healthy: int, kind: Kind, receiving: int) -> None:
    assert load_balancer.receivers(healthy, 9, kind) == receiving


def test_nobody_registered_nobody_receives() -> None:
    assert load_balancer.receivers(0, 0, "application") == 0


@given(age=st.floats(0.0, 2000.0), duration=st.floats(30.0, 900.0))
def test_slow_start_rises_to_a_full_share(age: float, duration: float) -> None:
    share = load_balancer.slow_start_share(age, duration)
    assert 0.0 <= share <= 1.0
    assert (share == 1.0) == (age >= duration)
