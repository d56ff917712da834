"""When traffic moves, against AWS's definitions and durations measured on real deployments."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.model.deployment_configuration import (
    PREDEFINED,
    DeploymentConfiguration,
    TimeBasedCanary,
    TimeBasedLinear,
    TrafficRouting,
)
from simulator.rules import traffic_shift

PREFIX = "CodeDeployDefault."


@pytest.mark.parametrize(
    ("name", "minutes", "steps"),
    [
        ("LambdaCanary10Percent5Minutes", 5, 2),
        ("LambdaCanary10Percent10Minutes", 10, 2),
        ("LambdaCanary10Percent15Minutes", 15, 2),
        ("LambdaCanary10Percent30Minutes", 30, 2),
        ("LambdaLinear10PercentEvery1Minute", 9, 10),  # measured: 9 min between first and last shift
        ("LambdaLinear10PercentEvery2Minutes", 18, 10),
        ("LambdaLinear10PercentEvery3Minutes", 27, 10),
        ("LambdaLinear10PercentEvery10Minutes", 90, 10),
        ("LambdaAllAtOnce", 0, 1),
        ("ECSCanary10Percent5Minutes", 5, 2),
        ("ECSCanary10Percent15Minutes", 15, 2),
        ("ECSLinear10PercentEvery1Minutes", 9, 10),
        ("ECSLinear10PercentEvery3Minutes", 27, 10),
        ("ECSAllAtOnce", 0, 1),
    ],
)
def test_first_to_last_shift_of_every_predefined_configuration(name: str, minutes: int, steps: int) -> None:
    shifts = traffic_shift.schedule(PREFIX + name)
    assert len(shifts) == steps
    assert shifts[-1] == (60.0 * minutes, 1.0)
    assert traffic_shift.duration(PREFIX + name) == 60.0 * minutes


def test_linear_weights_print_exactly() -> None:
    shifts = traffic_shift.schedule(PREFIX + "LambdaLinear10PercentEvery1Minute")
    assert [weight for _, weight in shifts] == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
    assert [time for time, _ in shifts] == [60.0 * step for step in range(10)]


def test_a_canary_shifts_at_once_and_again_after_its_interval() -> None:
    assert traffic_shift.schedule(PREFIX + "ECSCanary10Percent5Minutes") == [(0.0, 0.1), (300.0, 1.0)]


def test_the_remainder_comes_in_the_last_step() -> None:
    routing = TrafficRouting(type="TimeBasedLinear", time_based_linear=TimeBasedLinear(percentage=30, interval=60.0))
    assert traffic_shift.schedule(routing) == [(0.0, 0.3), (60.0, 0.6), (120.0, 0.9), (180.0, 1.0)]


def test_a_custom_configuration() -> None:
    configuration = DeploymentConfiguration(
        compute_platform="Lambda",
        traffic_routing=TrafficRouting(
            type="TimeBasedCanary", time_based_canary=TimeBasedCanary(percentage=25, interval=2700.0)
        ),
    )
    assert traffic_shift.schedule(configuration) == [(0.0, 0.25), (2700.0, 1.0)]


def test_a_server_configuration_shifts_no_traffic() -> None:
    with pytest.raises(ValueError, match="name a Lambda or ECS one"):
        traffic_shift.schedule(PREFIX + "HalfAtATime")


def test_an_unknown_name_gets_the_nearest_one() -> None:
    with pytest.raises(ValueError, match="LambdaLinear10PercentEvery1Minute"):
        traffic_shift.schedule(PREFIX + "LambdaLinear10PercentEvery1Minutes")


@pytest.mark.parametrize("percentage", [0.0, 100.5, -3.0])
def test_shares_outside_the_scale_are_refused(percentage: float) -> None:
    with pytest.raises(ValueError, match=r"write 0\.1 to 100"):
        traffic_shift.linear(percentage, 60.0)


@pytest.mark.parametrize("name", [name for name, found in PREDEFINED.items() if found.traffic_routing])
def test_every_predefined_schedule_starts_at_once_and_ends_with_everything(name: str) -> None:
    shifts = traffic_shift.schedule(name)
    assert shifts[0][0] == 0.0
    assert shifts[-1][1] == 1.0


@given(tenths=st.integers(1, 1000), interval=st.floats(1.0, 7200.0))
def test_linear_steps_rise_evenly_to_one(tenths: int, interval: float) -> None:
    shifts = traffic_shift.linear(tenths / 10, interval)
    times, weights = zip(*shifts, strict=True)
    assert len(shifts) == -(-1000 // tenths)
    assert times == tuple(step * interval for step in range(len(shifts)))
    assert weights[-1] == 1.0
    assert all(before < after for before, after in pairwise(weights))
    assert all(weight == pytest.approx((k + 1) * tenths / 1000) for k, weight in enumerate(weights[:-1]))
