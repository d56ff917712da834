"""Numbers as a board reads them."""

import math

import pytest

from simulator.analysis.words import chance, confidence, likelihood, plain, quantity
from simulator.estimate import Estimate, Probability, percent, wilson


@pytest.mark.parametrize(
    ("probability", "word"),
    [
        (0.995, "virtually certain"),
        (0.95, "very likely"),
        (0.70, "likely"),
        (0.66, "about as likely as not"),
        (0.33, "about as likely as not"),
        (0.20, "unlikely"),
        (0.05, "very unlikely"),
        (0.005, "exceptionally unlikely"),
    ],
)
def test_words_of_the_ipcc_scale(probability: float, word: str) -> None:
    assert likelihood(probability) == word


def test_what_twenty_runs_did_not_show_is_not_exceptionally_unlikely() -> None:
    assert chance(wilson(0, 20)) == "unlikely: none in 20 runs (at most 14 % at 95 %)"
    assert chance(wilson(0, 1000)) == "exceptionally unlikely: none in 1,000 runs (at most 0.30 % at 95 %)"


@pytest.mark.parametrize("share", [1e-9, 0.00004, 0.004, 0.49, 0.9996, 0.999999, 1 - 1e-12])
@pytest.mark.parametrize("half_width", [0.0, 0.001, 0.2])
def test_a_share_between_none_and_all_never_reads_as_either(share: float, half_width: float) -> None:
    assert percent(share, half_width) not in {"0 %", "100 %", "0.0 %", "100.0 %"}


@pytest.mark.parametrize(
    ("estimate", "unit", "text"),
    [
        (Estimate(754.2, 671, 838, 0.95, 200), "s", "12 min 30 s [11 min 10 s, 14 min]"),
        (Estimate(12.0, 0.0, 82.0, 0.95, 200), "s", "12 s [0 s, 1 min 22 s]"),
        (Estimate(-0.7, -5.2, 0.6, 0.95, 200), "s", "-0.7 s [-5.2, 0.6]"),
        (Estimate(400.0, 396.0, math.inf, 0.95, 9), "s", "6 min 40 s (at least 6 min 36 s; 9 runs show no upper end)"),
        (Estimate(4.0, 3.0, math.inf, 0.95, 1), "s", "4.0 s (at least 3.0; 1 run shows no upper end)"),
        (Estimate(4.0, 3.0, math.inf, 0.95, 1), "USD", "4.0 USD (at least 3.0; 1 run shows no upper end)"),
        (Estimate(16.625, 3.175, 30.075, 0.95, 8), "s", "17 s [3, 30]"),
        (Estimate(5213, 4905, 5521, 0.95, 400), "requests", "5,210 requests [4,900, 5,520]"),
        (Estimate(0.0, 0.0, 0.0, 0.95, 9), "s", "0 s [0, 0]"),
        (Estimate(1.234, 1.2, 1.268, 0.95, 400), "USD", "1.23 USD [1.20, 1.27]"),
        (Estimate(1.0, 1.0, 1.0, 0.95, 400), "fraction", "all [all, all]"),
        (Estimate(math.inf, 30.0, math.inf, 0.95, 400), "s", "did not end by the horizon"),
        (Probability(0.5, 0.4, 0.6, 0.95, 100), "probability", "50 % [40 %, 60 %]"),
    ],
)
def test_quantities(estimate: Estimate, unit: str, text: str) -> None:
    assert quantity(estimate, unit) == text


def test_bounds_are_rounded_to_the_safe_side() -> None:
    assert str(wilson(0, 599)) == "none in 599 runs (at most 0.50 % at 95 %)"
    assert str(wilson(599, 599)) == "all of 599 runs (at least 99.5 % at 95 %)"


def test_shares_of_resamples_and_given_numbers() -> None:
    assert confidence(0.9999) == "more than 99 %"
    assert plain(0.5, "s") == "0.50 s"
    assert plain(600.0, "s") == "10 min"


def test_a_limit_is_told_as_people_say_it_and_keeps_its_value() -> None:
    texts = [plain(seconds, "s") for seconds in (45.0, 138.0, 7200.0, 7325.0, 90.5)]
    assert texts == ["45 s", "2 min 18 s", "2 h", "7,325 s", "90.50 s"]
