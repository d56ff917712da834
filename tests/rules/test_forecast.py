"""Durations before the run, against closed forms and order statistics, and the limits they meet."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from simulator.model.distribution import Fixed
from simulator.rules import batch_time, forecast
from simulator.rules.limits import LIMITS

LIMIT = 43_200.0


def exponential(mean: float):
    return lambda u: -mean * np.log1p(-u)


def lognormal(median: float, sigma: float):
    return lambda u: median * np.exp(sigma * special.ndtri(u))


def test_four_hundred_one_at_a_time_take_four_times_what_aws_allows() -> None:
    expected = batch_time.duration(batch_time.batches("MOST_CONCURRENCY", 1, 400), 430.0)
    assert round(expected / 3600, 1) == 47.8
    (run, instances, start) = forecast.foretell("server", "in_place", expected, instances=400)
    assert (run.limit, run.allowed / 3600, run.exceeded) == ("in_place_run", 12.0, True)
    assert not instances.exceeded
    assert not start.exceeded


def test_four_at_a_time_fit_and_three_do_not() -> None:
    fit = forecast.smallest_batch(400, 430.0)
    assert fit is not None
    assert (fit.at_once, fit.batches, fit.duration) == (4, 100, 43_000.0)
    assert batch_time.duration(batch_time.cut(400, 3), 430.0) > LIMIT
    assert batch_time.batches("HOST_COUNT", fit.host_count, 400)[0] == 4
    assert batch_time.batches("FLEET_PERCENT", fit.fleet_percent, 400)[0] == 4
    assert fit.predefined == "CodeDeployDefault.HalfAtATime"


def test_nothing_fits_a_host_that_takes_longer_than_the_limit() -> None:
    assert forecast.smallest_batch(10, 50_000.0) is None


def test_one_at_a_time_is_the_gentlest_where_it_fits() -> None:
    fit = forecast.smallest_batch(10, 430.0)
    assert fit is not None
    assert (fit.at_once, fit.predefined) == (1, "CodeDeployDefault.OneAtATime")


def test_a_random_duration_needs_a_larger_batch_than_its_median_says() -> None:
    fit = forecast.smallest_batch(400, lognormal(430.0, 0.5))
    assert fit is not None
    assert fit.at_once > 4
    assert fit.duration <= LIMIT


@given(st.integers(1, 300), st.floats(10.0, 20_000.0), st.floats(1000.0, 100_000.0))
def test_the_smallest_batch_that_fits_is_the_smallest(size, each, limit) -> None:
    fit = forecast.smallest_batch(size, each, limit)
    fitting = [n for n in range(1, size + 1) if len(batch_time.cut(size, n)) * each <= limit]
    assert (fit.at_once if fit else None) == (fitting[0] if fitting else None)
    if fit:
        by_count = batch_time.batches("HOST_COUNT", fit.host_count, size)
        by_percent = batch_time.batches("FLEET_PERCENT", fit.fleet_percent, size)
        assert by_count[0] == fit.at_once
        assert len(by_percent) <= fit.batches


# -- batches, by AWS's own examples ---------------------------------


@pytest.mark.parametrize(
    ("kind", "value", "size", "sizes"),
    [
        ("FLEET_PERCENT", 95, 10, []),
        ("FLEET_PERCENT", 85, 10, [1] * 10),
        ("HOST_COUNT", 8, 10, [2] * 5),
        ("HOST_COUNT", 3, 10, [7, 3]),
        ("HOST_COUNT", 0, 10, [10]),
        ("HOST_COUNT", 6, 9, [3, 3, 3]),
        ("FLEET_PERCENT", 40, 9, [5, 4]),
        ("FLEET_PERCENT", 50, 9, [4, 4, 1]),
        ("MOST_CONCURRENCY", 1, 9, [1] * 9),
        ("MOST_CONCURRENCY", 1, 1, [1]),
    ],
)  # user guide, instances-health and deployment-configurations; API reference, MinimumHealthyHosts
def test_batches_of_published_examples(kind, value, size, sizes) -> None:
    assert batch_time.batches(kind, value, size) == sizes


def test_zones_one_after_another() -> None:
    sizes = batch_time.batches("HOST_COUNT", 160, 200, [100, 100], "HOST_COUNT", 50)
    assert sizes == [40, 40, 20, 40, 40, 20]
    waits = batch_time.zone_waits(2, monitor=300.0, first_zone_monitor=3600.0)
    assert batch_time.duration(sizes, 430.0, waits=waits) == 6 * 430.0 + 3600.0


def test_a_zone_that_cannot_spare_anybody_cannot_start() -> None:
    assert batch_time.batches("HOST_COUNT", 10, 20, [10, 10], "HOST_COUNT", 10) == []


def test_fixed_durations() -> None:
    """Risk-methods P1 and P2: 12 x 430 and three waves of 430."""
    assert batch_time.duration([1] * 12, 430.0) == 5160.0
    assert batch_time.duration([4, 4, 1], 430.0) == 1290.0
    fixed = batch_time.spread([4, 4, 1], Fixed(value=430.0).quantile)
    assert fixed == (pytest.approx(1290.0), 0.0, pytest.approx(1290.0))


def test_batches_wait_for_their_slowest_target() -> None:
    """Risk-methods P3: E[max of 4] = 188.594; 4 + 4 + 1 is 507.182 with deviation 96.1896."""
    law = lognormal(120.0, 0.4)
    assert batch_time.spread([4], law).mean == pytest.approx(188.594, rel=1e-4)
    nine = batch_time.spread([4, 4, 1], law)
    assert nine.mean == pytest.approx(507.182, rel=1e-4)
    assert nine.deviation == pytest.approx(96.1896, rel=2e-3)


def test_the_slowest_of_exponential_durations_takes_a_harmonic_sum() -> None:
    for n in (1, 2, 10, 50):
        harmonic = sum(1 / k for k in range(1, n + 1))
        assert batch_time.spread([n], exponential(100.0)).mean == pytest.approx(100.0 * harmonic, rel=1e-3)


@pytest.mark.parametrize("level", [0.5, 0.9, 0.95, 0.99])
@pytest.mark.parametrize("count", [1, 2, 10, 100])
def test_the_quantile_of_a_sum_is_the_gamma_laws(count, level) -> None:
    found = batch_time.spread([1] * count, exponential(100.0), level).quantile
    assert found == pytest.approx(stats.gamma.ppf(level, count, scale=100.0), rel=3e-3)


def test_the_quantile_of_one_batch_is_exact() -> None:
    found = batch_time.spread([10], exponential(100.0), 0.95).quantile
    assert found == pytest.approx(-100.0 * np.log(1 - 0.95**0.1), rel=1e-3)


# -- other platforms and limits ---------------------------------


def test_the_linear_timeline_measured_on_ecs() -> None:
    """975.7 s with nine waits of a minute and a termination wait of five: 136 s of setup, inside the observed band."""
    setup = 975.7 - 9 * 60.0 - 300.0
    assert 117.0 <= setup <= 140.0
    name = "CodeDeployDefault.ECSLinear10PercentEvery1Minutes"
    assert forecast.shifting_duration(setup, name, termination_wait=300.0) == pytest.approx(975.7)


def test_the_canary_measured_on_lambda() -> None:
    name = "CodeDeployDefault.LambdaCanary10Percent5Minutes"
    assert forecast.shifting_duration(4.5, name, finish=0.4) == pytest.approx(304.9)


@pytest.mark.parametrize(
    ("platform", "kind", "name", "hours"),
    [
        ("server", "in_place", "in_place_run", 12),
        ("server", "blue_green", "blue_green_run", 109),
        ("lambda", "blue_green", "lambda_run", 50),
    ],
)
def test_run_limits(platform, kind, name, hours) -> None:
    for extra, exceeded in ((0.0, False), (1.0, True)):
        (run,) = forecast.foretell(platform, kind, hours * 3600.0 + extra)
        assert (run.limit, run.exceeded) == (name, exceeded)
        assert run.limit in LIMITS


def test_ecs_has_no_run_limit() -> None:
    assert forecast.foretell("ecs", "blue_green", 1e9) == []


def test_instances_beyond_the_quota() -> None:
    found = {each.limit: each for each in forecast.foretell("server", "in_place", 60.0, 1500, "eu-west-1")}
    assert found["instances_per_deployment"].exceeded
    found = {each.limit: each for each in forecast.foretell("server", "in_place", 60.0, 1500, "us-east-1")}
    assert not found["instances_per_deployment"].exceeded


def test_many_groups_on_one_host_pass_the_start_limit() -> None:
    assert forecast.first_event_wait(16, 900.0) == 0.0
    wait = forecast.first_event_wait(17, 900.0)
    assert wait == 900.0
    found = {each.limit: each for each in forecast.foretell("server", "in_place", 60.0, 1, start_wait=wait)}
    assert found["event_start"].exceeded
