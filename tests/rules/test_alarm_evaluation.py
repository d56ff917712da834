"""The state an alarm takes, against AWS's tables of missing data."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from simulator.rules import alarms
from simulator.rules.alarms import Comparison, State, TreatMissingData

POINTS = {"X": True, "0": False, "-": None}
STATES: tuple[State, ...] = ("OK", "ALARM", "INSUFFICIENT_DATA")
TREATMENTS: tuple[TreatMissingData, ...] = ("missing", "ignore", "breaching", "notBreaching")
SHORT: dict[str, State] = {"A": "ALARM", "O": "OK", "I": "INSUFFICIENT_DATA"}


def points(text: str) -> list[bool | None]:
    return [POINTS[letter] for letter in text]


# User guide, alarms-and-missing-data: evaluation range of 5, oldest first; results under missing, ignore,
# breaching, notBreaching (A ALARM, O OK, I INSUFFICIENT_DATA, = state kept).
TABLE = [
    (3, 3, "0-X-X", "OOOO"),
    (3, 3, "-----", "I=AO"),
    (3, 2, "0-X-X", "AAAA"),
    (3, 2, "00X0X", "AAAA"),
    (3, 2, "0-X--", "OOAO"),
    # Rows that follow from the procedure of the page.
    (3, 3, "XXX--", "AAAA"),  # enough real data, reaching back past the gap
    (3, 3, "--X--", "A=AO"),  # a lone breach, three slots old: premature no more
    (3, 3, "----X", "I=AO"),  # too young to alarm (2018 edition: INSUFFICIENT_DATA)
    (3, 3, "---X-", "I=AO"),
    (3, 2, "---XX", "AAAA"),  # M real breaches
    (3, 3, "---00", "OOOO"),
    (3, 1, "--0-X", "AAAA"),
    (1, 1, "--X", "AAAA"),
    (1, 1, "X--", "AAAA"),
    (1, 1, "---", "I=AO"),
    (2, 2, "X--", "A=AO"),
]


@pytest.mark.parametrize(("periods", "needed", "slots", "results"), TABLE)
@pytest.mark.parametrize("previous", STATES)
def test_worked_rows(periods: int, needed: int, slots: str, results: str, previous: State) -> None:
    for treatment, result in zip(TREATMENTS, results, strict=True):
        found = alarms.evaluate(points(slots), periods, needed, treatment, previous)
        assert found == SHORT.get(result, previous), treatment


def test_without_datapoints_to_alarm_every_period_must_breach() -> None:
    assert alarms.evaluate([True, True, False], 3) == "OK"
    assert alarms.evaluate([True, True, True], 3) == "ALARM"


@pytest.mark.parametrize("needed", [0, 4])
def test_more_datapoints_than_periods_are_refused(needed: int) -> None:
    with pytest.raises(ValueError, match="write 1 to 3"):
        alarms.evaluate([True], 3, needed)


def test_an_unknown_treatment_is_refused() -> None:
    with pytest.raises(ValueError, match="notBreaching"):
        alarms.evaluate([True], 1, 1, "not_breaching")  # type: ignore[arg-type]  # what is tested


SLOTS = st.lists(st.sampled_from([True, False, None]), min_size=1, max_size=12)


@given(slots=SLOTS, periods=st.integers(1, 10), data=st.data())
def test_the_treatment_plays_no_part_with_enough_real_data(
    slots: list[bool | None], periods: int, data: st.DataObject
) -> None:
    assume(sum(point is not None for point in slots) >= periods)
    needed = data.draw(st.integers(1, periods))
    found = {
        alarms.evaluate(slots, periods, needed, treatment, previous) for treatment in TREATMENTS for previous in STATES
    }
    newest = [point for point in slots if point is not None][-periods:]
    assert found == {"ALARM" if sum(newest) >= needed else "OK"}


@given(slots=SLOTS, periods=st.integers(1, 10), data=st.data())
def test_one_more_breach_never_takes_an_alarm_away(slots: list[bool | None], periods: int, data: st.DataObject) -> None:
    needed = data.draw(st.integers(1, periods))
    treatment = data.draw(st.sampled_from(TREATMENTS))
    good = [index for index, point in enumerate(slots) if point is False]
    assume(good)
    if alarms.evaluate(slots, periods, needed, treatment, "OK") == "ALARM":
        worse = list(slots)
        worse[data.draw(st.sampled_from(good))] = True
        # Under ignore nothing but breaches left keeps the state, which was ALARM then.
        assert alarms.evaluate(worse, periods, needed, treatment, "ALARM") == "ALARM"


@given(slots=SLOTS, periods=st.integers(1, 10), data=st.data())
def test_filling_with_breaches_alarms_whenever_filling_without_does(
    slots: list[bool | None], periods: int, data: st.DataObject
) -> None:
    needed = data.draw(st.integers(1, periods))
    if alarms.evaluate(slots, periods, needed, "notBreaching") == "ALARM":
        assert alarms.evaluate(slots, periods, needed, "breaching") == "ALARM"
        assert alarms.evaluate(slots, periods, needed, "missing") == "ALARM"


@pytest.mark.parametrize(
    ("comparison", "below", "at", "above"),
    [
        ("GreaterThanThreshold", False, False, True),
        ("GreaterThanOrEqualToThreshold", False, True, True),
        ("LessThanThreshold", True, False, False),
        ("LessThanOrEqualToThreshold", True, True, False),
    ],
)
def test_static_comparisons(comparison: Comparison, below: bool, at: bool, above: bool) -> None:
    assert [alarms.breaching(value, comparison, 5.0) for value in (4.0, 5.0, 6.0)] == [below, at, above]
    assert alarms.breaching(None, comparison, 5.0) is None


@pytest.mark.parametrize(
    ("comparison", "below", "inside", "above"),
    [
        ("LessThanLowerOrGreaterThanUpperThreshold", True, False, True),
        ("LessThanLowerThreshold", True, False, False),
        ("GreaterThanUpperThreshold", False, False, True),
    ],
)
def test_band_comparisons(comparison: Comparison, below: bool, inside: bool, above: bool) -> None:
    assert [alarms.breaching(value, comparison, (2.0, 4.0)) for value in (1.0, 3.0, 5.0)] == [
        below,
        inside,
        above,
    ]


def test_a_comparison_and_its_threshold_must_fit() -> None:
    with pytest.raises(ValueError, match="one threshold"):
        alarms.breaching(1.0, "GreaterThanThreshold", (1.0, 2.0))
    with pytest.raises(ValueError, match="lower and an upper"):
        alarms.breaching(1.0, "GreaterThanUpperThreshold", 1.0)
    with pytest.raises(ValueError, match="is no comparison"):
        alarms.breaching(1.0, "Greater", 1.0)  # type: ignore[arg-type]  # what is tested


def test_statistics_of_a_slot() -> None:
    samples = [3.0, 1.0, 2.0]
    assert [alarms.aggregate(samples, statistic) for statistic in get_args(alarms.Statistic)] == [
        3.0,
        2.0,
        6.0,
        1.0,
        3.0,
    ]
    assert alarms.aggregate([], "SampleCount") is None
    with pytest.raises(ValueError, match="no plain statistic"):
        alarms.aggregate(samples, "p99")  # type: ignore[arg-type]  # what is tested


def test_the_knowledge_center_average_breaches() -> None:
    """AWS Knowledge Center, cloudwatch-trigger-metric: four samples averaging 66.934 against 65."""
    average = alarms.aggregate([89.76470588, 27.92666667, 54.57142857, 95.47333333], "Average")
    assert average == pytest.approx(66.934, abs=5e-4)
    assert alarms.breaching(average, "GreaterThanThreshold", 65) is True


@pytest.mark.parametrize(
    ("percentile", "samples"),
    [
        (0.99, 1000),
        (0.5, 20),
        (0.9, 100),
        (0.95, 200),
        (0.1, 100),
        (0.999, 10_000),
        (0.01, 1000),
        (0.97, 334),
    ],
)
def test_samples_a_percentile_needs(percentile: float, samples: int) -> None:
    assert alarms.minimum_samples(percentile) == samples


@pytest.mark.parametrize("percentile", [0.0, 1.0, 99.0])
def test_a_percentile_is_a_fraction(percentile: float) -> None:
    with pytest.raises(ValueError, match="write a fraction"):
        alarms.minimum_samples(percentile)
