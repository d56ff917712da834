"""Counts that alarms see: Poisson numbers by quantile, one uniform for each minute and series."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import poisson

from simulator.engine.counts import Counts, poisson_count, poisson_quantile
from simulator.randomness import Streams

MEANS = [1e-9, 0.01, 0.3, 2.4, 12.0, 29.9, 30.1, 100.0, 499.0, 501.0, 12_000.0, 3e6, 4e8]
uniforms = st.floats(0, 1, exclude_max=True)


@pytest.mark.parametrize("mean", MEANS)
def test_the_quantile_is_that_of_another_library(mean: float) -> None:
    u = np.random.default_rng(3).random(3000)
    assert np.array_equal(poisson_quantile(u, mean), poisson.ppf(u, mean))


@pytest.mark.parametrize("mean", MEANS)
def test_one_count_is_what_it_is_among_many(mean: float) -> None:
    u = np.append(np.random.default_rng(4).random(200), [0.0, 2.0**-53, 1 - 2.0**-53])
    assert [poisson_count(float(each), mean) for each in u] == poisson_quantile(u, mean).tolist()


@settings(max_examples=200, deadline=None, derandomize=True)
@given(u=uniforms, mean=st.floats(1e-6, 1e7), more=st.floats(1.0, 3.0))
def test_more_expected_with_the_same_luck_is_never_less_counted(u: float, mean: float, more: float) -> None:
    assert poisson_count(u, mean) <= poisson_count(u, mean * more)


def test_counts_of_a_minute_are_poisson() -> None:
    """Mean and variance of 4,000 minutes at 2.4, four standard errors; no minute is the next one's copy."""
    counts = Counts(Streams(7, 0), "counts", 2)
    seen = np.array([[counts.at(minute, 0, 2.4), counts.at(minute, 1, 50.0)] for minute in range(4000)])
    assert seen[:, 0].mean() == pytest.approx(2.4, abs=4 * (2.4 / 4000) ** 0.5)
    assert seen[:, 0].var() == pytest.approx(2.4, rel=0.1)
    assert abs(np.corrcoef(seen[:, 0], seen[:, 1])[0, 1]) < 4 / 4000**0.5
    assert abs(np.corrcoef(seen[:-1, 1], seen[1:, 1])[0, 1]) < 4 / 4000**0.5


def test_a_count_hangs_on_its_minute_and_series_and_not_on_what_was_asked_before() -> None:
    """Other minutes, other means, more minutes than were drawn at first, one by one or all at once."""
    fresh, used = (Counts(Streams(7, 3), "counts", 2) for _ in range(2))
    for minute in (300, 5, 2, 70, 4):
        for mean in (40.0, 2.0):
            used.at(minute, 1, mean)
    assert [used.at(minute, 0, 6.0) for minute in range(80)] == [fresh.at(minute, 0, 6.0) for minute in range(80)]


def test_the_extremes_ahead_are_those_of_the_minutes_to_come() -> None:
    counts = Counts(Streams(7, 4), "counts", 1)
    for first in (0, 3, 40):
        to_come = [counts.at(minute, 0, 6.0) for minute in range(first, counts.rows(first))]
        assert counts.ahead(first, 0, 6.0) == (min(to_come), max(to_come))
