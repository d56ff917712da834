"""What a CloudWatch alarm makes of its datapoints.

The one thing a newcomer would get wrong: the alarm fetches more slots than it judges, and how it treats
missing data matters only when too few of the fetched slots hold data.

Which slots are fetched and when is in `alarm_windows`, re-exported here; composite alarms have a module of
their own.

Sources: CloudWatch user guide, "Configuring how CloudWatch alarms treat missing data"
(alarms-and-missing-data) and its editions since 2018; CloudWatch API, PutMetricAlarm.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Literal, get_args

from simulator.errors import quoted
from simulator.rules.alarm_windows import (
    cadence,
    check_period,
    evaluation_range,
    slots,
    wall_clock_slots,
    window_end,
)

__all__ = [
    "aggregate",
    "breaching",
    "cadence",
    "check_period",
    "evaluate",
    "evaluation_range",
    "minimum_samples",
    "slots",
    "wall_clock_slots",
    "window_end",
]

State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]
TreatMissingData = Literal["missing", "ignore", "breaching", "notBreaching"]
Statistic = Literal["SampleCount", "Average", "Sum", "Minimum", "Maximum"]
Comparison = Literal[
    "GreaterThanThreshold",
    "GreaterThanOrEqualToThreshold",
    "LessThanThreshold",
    "LessThanOrEqualToThreshold",
    "LessThanLowerOrGreaterThanUpperThreshold",
    "LessThanLowerThreshold",
    "GreaterThanUpperThreshold",
]

_TREATMENTS = frozenset(get_args(TreatMissingData))
_COMPARISONS = get_args(Comparison)
_STATISTICS = get_args(Statistic)
_BANDS = frozenset({"LessThanLowerOrGreaterThanUpperThreshold", "LessThanLowerThreshold", "GreaterThanUpperThreshold"})


def evaluate(
    datapoints: Sequence[bool | None],
    evaluation_periods: int,
    datapoints_to_alarm: int | None = None,
    treat_missing_data: TreatMissingData = "missing",
    previous_state: State = "INSUFFICIENT_DATA",
) -> State:
    """State of an alarm after one evaluation.

    Parameters
    ----------
    datapoints : sequence of bool or None
        The whole evaluation range, oldest first: True breaching, False not, None missing.
    evaluation_periods : int
        Slots judged (N).
    datapoints_to_alarm : int, optional
        Of those, how many must breach (M); N when absent.
    treat_missing_data : str
        ``missing``, ``ignore``, ``breaching`` or ``notBreaching``.
    previous_state : str
        Kept where the rule says so.

    Raises
    ------
    ValueError
        For M outside 1 to N, or an unknown treatment.

    References
    ----------
    User guide, alarms-and-missing-data. With N slots of real data the treatment plays no part. With fewer,
    all of them count and the treatment fills up to N. For ``missing`` and ``ignore``: M breaching slots
    alarm (2018 edition: fewer than M means OK, otherwise ALARM); one good slot means OK; and if all real
    slots breach, fewer than M of them, ``ignore`` keeps the state while ``missing`` alarms once the oldest
    is M slots old ("avoiding premature transitions"). Younger than that the state is INSUFFICIENT_DATA,
    which the 2018 edition names and the current one leaves open.

    Examples
    --------
    >>> evaluate([False, None, True, None, True], 3, 2)
    'ALARM'
    >>> evaluate([None] * 5, 3, treat_missing_data="breaching", previous_state="OK")
    'ALARM'
    """
    needed = evaluation_periods if datapoints_to_alarm is None else datapoints_to_alarm
    if not 1 <= needed <= evaluation_periods:
        raise ValueError(
            f"{needed} of {evaluation_periods} datapoints cannot be needed; write 1 to {evaluation_periods}"
        )
    if treat_missing_data not in _TREATMENTS:
        raise ValueError(
            f"missing data cannot be treated as {quoted(treat_missing_data)}; "
            "write missing, ignore, breaching or notBreaching"
        )
    real = [point for point in datapoints if point is not None]
    if len(real) >= evaluation_periods:
        return "ALARM" if sum(real[len(real) - evaluation_periods :]) >= needed else "OK"
    breaches = sum(real)
    if treat_missing_data == "breaching":
        return "ALARM" if breaches + evaluation_periods - len(real) >= needed else "OK"
    if treat_missing_data == "notBreaching" or breaches >= needed or breaches < len(real):
        return "ALARM" if breaches >= needed else "OK"
    # Left: no real slot at all, or only breaching ones and fewer than needed.
    if treat_missing_data == "ignore":
        return previous_state
    return "ALARM" if real and _age_of_oldest(datapoints) >= needed else "INSUFFICIENT_DATA"


def _age_of_oldest(datapoints: Sequence[bool | None]) -> int:
    """Age in slots of the oldest one with data; the newest slot has age 1."""
    return next(len(datapoints) - index for index, point in enumerate(datapoints) if point is not None)


def breaching(value: float | None, comparison: Comparison, threshold: float | tuple[float, float]) -> bool | None:
    """Whether a slot's statistic breaches; None when the slot is missing.

    Parameters
    ----------
    value : float or None
        The statistic, left operand of the comparison.
    comparison : str
        CloudWatch's ComparisonOperator.
    threshold : float, or tuple of two floats
        Lower and upper edge for the three band operators, which only anomaly detection alarms have.

    References
    ----------
    CloudWatch API, PutMetricAlarm.

    Examples
    --------
    >>> breaching(66.9, "GreaterThanThreshold", 65), breaching(None, "GreaterThanThreshold", 65)
    (True, None)
    """
    if comparison not in _COMPARISONS:
        raise ValueError(f"{quoted(comparison)} is no comparison; write one of {', '.join(_COMPARISONS)}")
    if (comparison in _BANDS) != isinstance(threshold, tuple):
        wanted = "a lower and an upper threshold" if comparison in _BANDS else "one threshold"
        raise ValueError(f"{comparison} compares with {wanted}; got {quoted(threshold)}")
    if value is None:
        return None
    if isinstance(threshold, tuple):
        lower, upper = threshold
        below = value < lower and comparison != "GreaterThanUpperThreshold"
        return below or (value > upper and comparison != "LessThanLowerThreshold")
    if comparison == "GreaterThanThreshold":
        return value > threshold
    if comparison == "GreaterThanOrEqualToThreshold":
        return value >= threshold
    return value < threshold if comparison == "LessThanThreshold" else value <= threshold


def aggregate(samples: Sequence[float], statistic: Statistic) -> float | None:
    """Statistic of the samples whose timestamps lie in one slot; None when there are none.

    Source: CloudWatch user guide, cloudwatch_concepts.

    >>> aggregate([1.0, 2.0, 6.0], "Average"), aggregate([], "Sum")
    (3.0, None)
    """
    if statistic not in _STATISTICS:
        raise ValueError(f"{quoted(statistic)} is no plain statistic; write one of {', '.join(_STATISTICS)}")
    if len(samples) == 0:
        return None
    match statistic:
        case "SampleCount":
            return float(len(samples))
        case "Sum":
            return math.fsum(samples)
        case "Average":
            return math.fsum(samples) / len(samples)
        case "Minimum":
            return float(min(samples))
        case "Maximum":
            return float(max(samples))


def minimum_samples(percentile: float) -> int:
    """Count the samples a percentile needs before EvaluateLowSampleCountPercentile trusts it.

    Under ``ignore`` the alarm keeps its state while a slot has fewer.

    Parameters
    ----------
    percentile : float
        As a fraction, strictly between 0 and 1: 0.99 for p99.

    References
    ----------
    CloudWatch user guide (2023), alarms-and-missing-data: 10 / (1 - p) from the median up, 10 / p below it.

    Examples
    --------
    >>> minimum_samples(0.99), minimum_samples(0.5), minimum_samples(0.1)
    (1000, 20, 100)
    """
    if not 0 < percentile < 1:
        raise ValueError(f"{percentile:g} is no percentile; write a fraction between 0 and 1, such as 0.99")
    share = Decimal(repr(float(percentile)))  # the decimal as written: 1 - 0.99 is 0.01 exactly
    return math.ceil(10 / (1 - share if share >= Decimal("0.5") else share))
