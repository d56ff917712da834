"""Which slots an alarm looks at and when, against AWS's examples and published records."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.rules import alarms

MONDAY = datetime(2024, 1, 1, tzinfo=UTC).timestamp()


def clock(text: str) -> float:
    """Seconds of an instant written as 2019-10-02T17:04:40.985 in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("evaluated_at", "period", "newest_slot_start"),
    [
        ("2019-10-02T17:04:40.985", 300, "2019-10-02T16:59"),  # user guide, cloudwatch-and-eventbridge
        ("2023-08-04T12:31:29.591", 60, "2023-08-04T12:30"),
        ("2026-02-27T19:53:39.810", 60, "2026-02-27T19:52"),
        ("2026-01-10T08:14:49.319", 900, "2026-01-10T07:59"),
        ("2026-01-10T05:53:32.119", 180, "2026-01-10T05:50"),
        ("2024-01-10T00:54:38.242", 21_600, "2024-01-09T18:54"),  # stackoverflow.com/questions/77796873
    ],
)
def test_the_newest_slot_hangs_from_the_minute_of_the_evaluation(
    evaluated_at: str, period: int, newest_slot_start: str
) -> None:
    (start, end), *_ = alarms.slots(clock(evaluated_at), period, 1)
    assert start == clock(newest_slot_start)
    assert end - start == period


def test_windows_slide_by_the_minute() -> None:
    """User guide: five minutes are minutes 1-5, then 2-6; an hour is 13:07-14:07, then 13:08-14:08."""
    assert alarms.slots(5 * 60.0, 300, 1) == [(0.0, 300.0)]
    assert alarms.slots(6 * 60.0, 300, 1) == [(60.0, 360.0)]
    assert alarms.slots(clock("2024-01-01T14:07"), 3600, 1)[0][0] == clock("2024-01-01T13:07")
    assert alarms.slots(clock("2024-01-01T14:08"), 3600, 1)[0][0] == clock("2024-01-01T13:08")


def test_an_alarm_over_more_than_a_day_sees_whole_hours_only() -> None:
    """User guide, alarm-evaluation: a job fails at 10:02 and is mended at 11:43.

    Told as successes within three days, of which the last one before was three days ago at 10:02.
    """
    successes = [clock("2024-01-01T10:02"), clock("2024-01-04T11:43")]

    def state(evaluated_at: str) -> str:
        ((start, end),) = alarms.slots(clock(evaluated_at), 259_200, 1, evaluation_periods=1)
        count = sum(start <= success < end for success in successes)
        return alarms.evaluate([alarms.breaching(count, "LessThanThreshold", 1)], 1)

    assert alarms.window_end(clock("2024-01-04T10:03"), 259_200) == clock("2024-01-04T10:00")
    assert [state(f"2024-01-04T{time}") for time in ("10:03", "11:03", "12:03")] == ["OK", "ALARM", "OK"]


def test_a_clock_may_begin_its_minutes_anywhere() -> None:
    assert alarms.slots(130.0, 60, 2, minute_phase=17.25) == [(-42.75, 17.25), (17.25, 77.25)]
    assert alarms.window_end(130.0, 60, minute_phase=17.25) == 77.25
    assert alarms.window_end(137.25, 60, minute_phase=17.25) == 137.25
    assert alarms.window_end(-1.0, 60, minute_phase=17.25) == -42.75


def test_high_resolution_windows_end_on_ten_seconds() -> None:
    assert alarms.window_end(47.0, 10, 3) == 40.0
    assert alarms.slots(47.0, 20, 2) == [(0.0, 20.0), (20.0, 40.0)]


@pytest.mark.parametrize(
    ("period", "periods", "seconds"),
    [
        (60, 1, 60),
        (300, 3, 60),
        (86_400, 1, 60),
        (86_400, 2, 3600),
        (3600, 25, 3600),
        (10, 1, 10),
        (30, 5, 10),
    ],
)
def test_how_often_an_alarm_is_evaluated(period: int, periods: int, seconds: int) -> None:
    assert alarms.cadence(period, periods) == seconds


@pytest.mark.parametrize(
    ("period", "periods", "slots"),
    [
        (300, 3, 5),  # user guide, alarms-and-missing-data
        (900, 8, 10),  # a replayed record
        (86_400, 1, 3),  # about three days
        (60, 1, 10),  # six to eleven minutes to clear, in two records
        (60, 10, 12),
        (120, 2, 5),
        (10, 3, 5),
    ],
)
def test_how_many_slots_are_fetched(period: int, periods: int, slots: int) -> None:
    assert alarms.evaluation_range(period, periods) == slots


def test_the_floor_of_the_range_can_be_taken_away() -> None:
    assert alarms.evaluation_range(60, 1, floor_s=0.0) == 3


@pytest.mark.parametrize(
    ("evaluated_at", "period", "start"),
    [
        ("2024-01-03T14:07:31", 60, "2024-01-03T14:06"),
        ("2024-01-03T14:07:31", 300, "2024-01-03T14:00"),
        ("2024-01-03T14:07:31", 3600, "2024-01-03T13:00"),
        ("2024-01-03T14:07:31", 86_400, "2024-01-02T00:00"),
        ("2024-01-03T14:07:31", 604_800, "2023-12-25T00:00"),
    ],
)
def test_a_wall_clock_window_is_the_last_finished_slot(evaluated_at: str, period: int, start: str) -> None:
    assert alarms.wall_clock_slots(clock(evaluated_at), period, 1, week_start=MONDAY) == [
        (clock(start), clock(start) + period)
    ]


def test_a_wall_clock_window_in_another_time_zone() -> None:
    kolkata = MONDAY - 5.5 * 3600
    ((start, _),) = alarms.wall_clock_slots(clock("2024-01-03T14:07"), 86_400, 1, week_start=kolkata)
    assert start == clock("2024-01-01T18:30")


def test_a_wall_clock_window_has_five_periods() -> None:
    with pytest.raises(ValueError, match="write 60, 300, 3600"):
        alarms.wall_clock_slots(0.0, 120, 1)


@pytest.mark.parametrize(
    ("period", "periods"), [(10, 1), (20, 3), (30, 2880), (60, 1440), (3600, 168), (86_400, 7), (604_800, 1)]
)
def test_periods_that_exist(period: int, periods: int) -> None:
    alarms.check_period(period, periods)


@pytest.mark.parametrize(
    ("period", "periods", "message"),
    [
        (15, 1, "multiple of 60"),
        (90, 1, "multiple of 60"),
        (0, 1, "multiple of 60"),
        (60, 1441, "at most 1440"),
        (3600, 169, "at most 168"),
        (86_400, 8, "at most 7"),
        (60, 0, "at least 1"),
    ],
)
def test_periods_that_do_not(period: int, periods: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        alarms.check_period(period, periods)


@given(
    evaluated_at=st.floats(-1e6, 1e6),
    period=st.sampled_from([10, 30, 60, 300, 3600]),
    count=st.integers(1, 20),
    phase=st.floats(0, 60),
)
def test_slots_are_end_to_end_and_finished(evaluated_at: float, period: int, count: int, phase: float) -> None:
    found = alarms.slots(evaluated_at, period, count, minute_phase=phase)
    assert len(found) == count
    assert all(end == pytest.approx(start + period) for start, end in found)
    assert all(earlier[1] == later[0] for earlier, later in pairwise(found))
    assert evaluated_at - 60.001 < found[-1][1] <= evaluated_at + 1e-6
