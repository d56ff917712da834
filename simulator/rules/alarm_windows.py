"""Which slots of time a CloudWatch alarm looks at, and how often.

The one thing a newcomer would get wrong: windows slide. An alarm of five minutes looks at 14:02-14:07, then
at 14:03-14:08; its slots hang from the minute of the evaluation, not from multiples of the period.

Instants are seconds on the caller's clock; `minute_phase` names an instant of that clock at which a minute
begins (for alarms over more than a day: an hour), so a clock need not start on a full minute.

Sources: CloudWatch user guide, "Evaluating an alarm" (alarm-evaluation) and "Alarm evaluation window"
(alarm-evaluation-window); CloudWatch API, PutMetricAlarm.
"""

from __future__ import annotations

import math

DAY_S = 86_400.0
_WEEK_S = 604_800.0
_HIGH_RESOLUTION_PERIODS = (10, 20, 30)
_WALL_CLOCK_PERIODS = (60, 300, 3600, 86_400, 604_800)

Slot = tuple[float, float]
"""Start and end of a slot in seconds; the end is no longer part of it."""


def check_period(period: float, evaluation_periods: int) -> None:
    """Refuse a period and number of periods that CloudWatch refuses.

    Raises
    ------
    ValueError
        With the numbers to write instead.

    References
    ----------
    CloudWatch API, PutMetricAlarm: 10, 20, 30 or a multiple of 60 s; periods x period at most a week, and at
    most a day for periods under an hour.

    Examples
    --------
    >>> check_period(300, 3)
    """
    if period not in _HIGH_RESOLUTION_PERIODS and (period < 60 or period % 60):
        raise ValueError(f"an alarm period of {period:g} s does not exist; write 10, 20, 30 or a multiple of 60 s")
    if evaluation_periods < 1:
        raise ValueError(f"{evaluation_periods} evaluation periods judge nothing; write at least 1")
    longest = DAY_S if period < 3600 else _WEEK_S
    if evaluation_periods * period > longest:
        span = "a day" if period < 3600 else "a week"
        raise ValueError(
            f"{evaluation_periods} periods of {period:g} s pass {span}; "
            f"write at most {math.floor(longest / period)} evaluation periods"
        )


def evaluation_range(period: float, evaluation_periods: int, floor_s: float = 600.0) -> int:
    """How many slots the alarm fetches: more than it judges, so that it can reach back past gaps.

    Parameters
    ----------
    period : float
        Seconds of one slot.
    evaluation_periods : int
        Slots judged (N).
    floor_s : float
        Shortest time covered, for periods of 60 s and more; 0 gives plain N + 2.

    Notes
    -----
    AWS does not publish the rule. N + 2 fits its worked pages (5 slots for N = 3 at 300 s) and a replayed
    record of 8 x 900 s; records of one-minute alarms fit about ten slots, hence the floor of 600 s (an
    assumption). Below 60 s nothing is known and N + 2 is used.

    Examples
    --------
    >>> evaluation_range(300, 3), evaluation_range(60, 1), evaluation_range(10, 3)
    (5, 10, 5)
    """
    if period < 60:
        return evaluation_periods + 2
    return max(evaluation_periods + 2, math.ceil(floor_s / period))


def cadence(period: float, evaluation_periods: int) -> float:
    """Seconds between two evaluations: 60; 10 below a period of 60 s; 3600 for alarms over more than a day.

    Source: user guide, alarm-evaluation.

    >>> cadence(300, 3), cadence(10, 6), cadence(86_400, 2)
    (60.0, 10.0, 3600.0)
    """
    if period < 60:
        return 10.0
    return 3600.0 if period * evaluation_periods > DAY_S else 60.0


def window_end(evaluated_at: float, period: float, evaluation_periods: int = 1, *, minute_phase: float = 0.0) -> float:
    """End of the newest slot that an evaluation looks at, in seconds.

    The instant of the evaluation, rounded down to the minute; to the full hour for alarms over more than a
    day, which judge data up to that hour only (user guide, alarm-evaluation); to ten seconds for periods
    below 60 s (derived from their cadence). That the minute is the anchor is read from records: an alarm of
    300 s evaluated at 17:04:40.985 used the slot that began at 16:59 (user guide,
    cloudwatch-and-eventbridge).

    >>> window_end(125.0, 60), window_end(125.0, 60, minute_phase=7.5)
    (120.0, 67.5)
    """
    grid = cadence(period, evaluation_periods)
    return minute_phase + math.floor((evaluated_at - minute_phase) / grid) * grid


def slots(
    evaluated_at: float,
    period: float,
    count: int,
    *,
    evaluation_periods: int = 1,
    minute_phase: float = 0.0,
) -> list[Slot]:
    """Return the `count` newest slots that an evaluation looks at, newest last, end to end.

    Examples
    --------
    An hour's alarm evaluated at 14:07 looks at 13:07-14:07 (user guide, alarm-evaluation-window).

    >>> [(start / 3600, end / 3600) for start, end in slots(14 * 3600 + 7 * 60, 3600, 1)]
    [(13.116666666666667, 14.116666666666667)]
    """
    end = window_end(evaluated_at, period, evaluation_periods, minute_phase=minute_phase)
    return _back_from(end, period, count)


def wall_clock_slots(evaluated_at: float, period: float, count: int, *, week_start: float = 0.0) -> list[Slot]:
    """Return the `count` newest finished slots of an alarm with a wall-clock EvaluationWindow, newest last.

    Parameters
    ----------
    evaluated_at : float
        Seconds.
    period : float
        60, 300, 3600, 86 400 or 604 800 s.
    count : int
        Slots wanted.
    week_start : float
        An instant at which a Monday begins in the alarm's time zone. Every such period divides a week, so it
        fixes minutes, hours and days too.

    Raises
    ------
    ValueError
        For a period that the wall clock does not have.

    References
    ----------
    User guide, alarm-evaluation-window. A change between summer and winter time is not modelled.

    Examples
    --------
    >>> wall_clock_slots(14 * 3600 + 7 * 60, 3600, 2)
    [(43200.0, 46800.0), (46800.0, 50400.0)]
    """
    if period not in _WALL_CLOCK_PERIODS:
        raise ValueError(
            f"a wall-clock window cannot have periods of {period:g} s; write 60, 300, 3600, 86400 or 604800 s"
        )
    end = week_start + math.floor((evaluated_at - week_start) / period) * period
    return _back_from(end, period, count)


def _back_from(end: float, period: float, count: int) -> list[Slot]:
    return [(float(end - (age + 1) * period), float(end - age * period)) for age in reversed(range(count))]
