"""Estimates against worked numbers that were computed elsewhere (scipy, and by hand)."""

import math

import numpy as np
import pytest

from simulator.estimate import (
    clopper_pearson,
    cvar,
    dkw,
    half_width,
    mean,
    plug_in_cvar,
    quantile,
    quantile_ranks,
    rule_of_three,
    sequential_stop,
    stratified_cvar,
    stratified_mean,
    stratified_moments,
    upper_bound,
    wilson,
)
from simulator.estimate.sample import t_quantile

ROLLOUTS = np.array([512, 548, 530, 601, 495, 577, 533, 560, 519, 545.0])


def test_a_mean_has_students_interval() -> None:
    estimate = mean(ROLLOUTS)
    assert estimate.value == pytest.approx(542.0)
    assert (estimate.low, estimate.high) == pytest.approx((519.456, 564.544), abs=5e-4)
    assert estimate.half_width == pytest.approx(22.543518, abs=5e-7)


def test_one_run_says_nothing_about_spread() -> None:
    with pytest.raises(ValueError, match="at least 2 replications, got 1"):
        half_width(np.array([1.0]))


@pytest.mark.parametrize(
    ("hits", "runs", "low", "high"),
    [(7, 400, 0.008502, 0.035677), (5, 1000, 0.002138, 0.011651), (0, 1000, 0.0, 0.003827)],
)
def test_wilson(hits: int, runs: int, low: float, high: float) -> None:
    assert (wilson(hits, runs).low, wilson(hits, runs).high) == pytest.approx((low, high), abs=6e-7)


@pytest.mark.parametrize(
    ("hits", "runs", "low", "high"),
    [(7, 400, 0.007064, 0.035723), (5, 1000, 0.001625, 0.011629), (0, 1000, 0.0, 0.003682)],
)
def test_clopper_pearson(hits: int, runs: int, low: float, high: float) -> None:
    estimate = clopper_pearson(hits, runs)
    assert (estimate.low, estimate.high) == pytest.approx((low, high), abs=6e-7)


def test_clopper_pearson_reaches_one_when_every_run_had_the_event() -> None:
    assert clopper_pearson(30, 30).high == 1.0
    assert clopper_pearson(30, 30).low == pytest.approx(1 - clopper_pearson(0, 30).high)


@pytest.mark.parametrize(("runs", "bound"), [(100, 0.029513), (1000, 0.0029912), (3000, 0.00099808)])
def test_silence_bounds_a_probability_by_about_three_over_n(runs: int, bound: float) -> None:
    assert rule_of_three(runs) == pytest.approx(bound, rel=2e-5)
    assert upper_bound(0, runs) == pytest.approx(rule_of_three(runs))


def test_598_silent_runs_are_the_fewest_that_show_less_than_half_a_percent() -> None:
    assert rule_of_three(598) < 0.005 < rule_of_three(597)


@pytest.mark.parametrize(("hits", "runs"), [(1, 0), (-1, 5), (6, 5)])
def test_counts_that_are_no_share_are_refused(hits: int, runs: int) -> None:
    with pytest.raises(ValueError, match="is no share"):
        wilson(hits, runs)


@pytest.mark.parametrize(
    ("runs", "p", "ranks"),
    [
        (100, 0.50, (40, 61)),
        (100, 0.95, (90, 100)),
        (200, 0.95, (184, 197)),
        (1000, 0.95, (936, 964)),
        (1000, 0.99, (983, 997)),
        (2000, 0.99, (1971, 1989)),
    ],
)
def test_ranks_that_enclose_a_quantile(runs: int, p: float, ranks: tuple[int, int]) -> None:
    assert quantile_ranks(runs, p) == ranks


def test_a_rank_that_few_runs_cannot_supply_is_absent() -> None:
    assert quantile_ranks(50, 0.99)[1] is None
    estimate = quantile(np.arange(50.0), 0.99)
    assert estimate.high == math.inf
    assert str(estimate) == "49.0 (at least 47.0; 50 runs show no upper end)"


@pytest.mark.parametrize("p", [0.05, 0.1, 0.5, 0.9, 0.95, 0.99])
@pytest.mark.parametrize("runs", [1, 20, 100, 1000])
def test_the_point_estimate_of_a_quantile_is_numpys_inverted_cdf(runs: int, p: float) -> None:
    samples = np.random.default_rng(1).normal(size=runs)
    assert quantile(samples, p).value == np.quantile(samples, p, method="inverted_cdf")


def test_a_time_that_never_ended_counts_as_the_largest() -> None:
    samples = np.array([1.0] * 90 + [math.inf] * 10)
    assert quantile(samples, 0.90).value == 1.0
    assert quantile(samples, 0.95).value == math.inf


def test_cvar_of_the_exponential_on_its_mid_quantiles() -> None:
    losses = -np.log1p(-(np.arange(1000) + 0.5) / 1000)
    value, error = plug_in_cvar(losses)
    assert (value, error) == pytest.approx((3.988817, 0.194264), abs=6e-7)
    estimate = cvar(losses)
    assert estimate is not None
    # Never narrower than the interval of Hong, Hu and Liu, and further out above, where the tail is.
    assert estimate.value - estimate.low == pytest.approx(1.959964 * error, rel=2e-3)
    assert estimate.high - estimate.value > 1.959964 * error
    # The limit of the standard error, sqrt(39 / n), differs by what the mid-quantiles cut off.
    assert error == pytest.approx(math.sqrt(39 / 1000), rel=0.02)


def test_cvar_with_ties_is_the_mean_of_the_worst_and_refused_with_few_runs() -> None:
    losses = np.array([0.0] * 14 + [12, 30, 45, 60, 180, 600])
    value, error = plug_in_cvar(losses, alpha=0.90)
    assert value == pytest.approx(390.0)
    assert error == pytest.approx(273.5, abs=0.05)
    assert cvar(losses, alpha=0.90) is None


def test_cvar_of_a_constant_is_the_constant_once_the_tail_has_thirty_runs() -> None:
    estimate = cvar(np.full(600, 7.0))
    assert estimate is not None
    assert (estimate.value, estimate.half_width) == (7.0, 0.0)
    assert cvar(np.full(599, 7.0)) is None


@pytest.mark.parametrize(("half", "bad", "shown"), [(100, 0.001, False), (120, 0.001, True), (500, 0.05, True)])
def test_cvar_is_refused_where_what_silence_leaves_open_may_be_half_of_the_tail(
    half: int, bad: float, shown: bool
) -> None:
    """A hundred good runs at 0 s leave 2.95 % open; the tail is 5 %."""
    strata = np.tile([0, 1], half)
    weights = np.where(strata == 1, bad / half, (1 - bad) / half)
    harm = np.where(strata == 1, 600 + np.arange(2 * half) % 7, 0.0)
    assert (stratified_cvar(harm, None, strata, weights) is not None) is shown


def test_cvar_is_refused_where_a_handful_of_weighty_runs_are_the_whole_tail() -> None:
    """Ten good runs that carry 6 % of the weight share the largest value: ten runs are no thirty."""
    strata = np.repeat([0, 1], [160, 840])
    weights = np.where(strata == 0, 0.96 / 160, 0.04 / 840)
    values = np.where(np.arange(1000) < 10, 50.0, 0.0)
    assert stratified_cvar(values, None, strata, weights) is None
    values[:30] = 50.0
    estimate = stratified_cvar(values, None, strata, weights)
    assert estimate is not None
    assert (estimate.value, estimate.low, estimate.high) == (50.0, 50.0, 50.0)


def test_the_band_that_holds_a_whole_curve() -> None:
    assert dkw(1000) == pytest.approx(0.0429, abs=5e-5)
    assert dkw(10_000) == pytest.approx(0.0136, abs=5e-5)


@pytest.mark.parametrize(("relative", "runs"), [(0.05, 10), (0.02, 37), (0.01, 135)])
def test_runs_until_the_mean_is_precise_enough(relative: float, runs: int) -> None:
    """With the mean and spread of the ten rollouts, looked at from the tenth run on."""
    spread = float(ROLLOUTS.std(ddof=1))

    def precise(count: int) -> bool:
        half = t_quantile(0.95, count - 1) * spread / math.sqrt(count)
        return sequential_stop(542.0, half, relative)

    assert next(count for count in range(10, 200) if precise(count)) == runs


def test_a_mean_near_zero_stops_on_the_absolute_error() -> None:
    assert not sequential_stop(0.0, 0.5, 0.05)
    assert sequential_stop(0.0, 0.5, 0.05, absolute=1.0)


@pytest.mark.parametrize(("comparisons", "multiplier"), [(1, 2.0452), (4, 2.6632), (10, 3.0380)])
def test_intervals_that_hold_together_are_wider(comparisons: int, multiplier: float) -> None:
    samples = np.random.default_rng(3).normal(size=30)
    error = float(samples.std(ddof=1)) / math.sqrt(30)
    assert half_width(samples, 1 - 0.05 / comparisons) / error == pytest.approx(multiplier, abs=5e-5)


def with_moments(mean: float, deviation: float, count: int) -> np.ndarray:
    """Values with exactly this mean and (population) standard deviation."""
    return mean + deviation * np.tile([-1.0, 1.0], count // 2)


def test_the_variance_of_a_stratified_mean() -> None:
    """p = 0.005, bad 2400 ± 1800 s, good 4 ± 6 s: per run 233.28 half and half, against 44,796.4 crude."""
    half = 100_000
    values = np.concatenate([with_moments(4, 6, half), with_moments(2400, 1800, half)])
    strata = np.repeat(["good", "bad"], half)
    weights = np.repeat([0.995 / half, 0.005 / half], half)
    moments = stratified_moments(values, None, strata, weights)
    assert moments.value == pytest.approx(15.98)
    assert moments.variance * 2 * half == pytest.approx(233.28, abs=0.01)


def test_proportional_strata_gain_little() -> None:
    good, bad = 199_000, 1000
    values = np.concatenate([with_moments(4, 6, good), with_moments(2400, 1800, bad)])
    strata = np.repeat(["good", "bad"], [good, bad])
    moments = stratified_moments(values, None, strata, np.full(good + bad, 1 / (good + bad)))
    assert moments.variance * (good + bad) == pytest.approx(16_235.8, rel=2e-3)


def test_one_stratum_is_the_plain_mean() -> None:
    estimate = stratified_mean(ROLLOUTS, None, np.zeros(10, dtype=int), np.full(10, 0.1))
    assert estimate.half_width == pytest.approx(half_width(ROLLOUTS), rel=1e-12)
