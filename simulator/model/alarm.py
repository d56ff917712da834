"""CloudWatch alarms with CloudWatch's own fields.

Source: CloudWatch API, PutMetricAlarm and PutCompositeAlarm.
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from simulator.model.base import Model
from simulator.model.quantity import Seconds

AlarmState = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]
ComparisonOperator = Literal[
    "GreaterThanThreshold",
    "GreaterThanOrEqualToThreshold",
    "LessThanThreshold",
    "LessThanOrEqualToThreshold",
    "LessThanLowerOrGreaterThanUpperThreshold",
    "LessThanLowerThreshold",
    "GreaterThanUpperThreshold",
]
Statistic = Literal["SampleCount", "Average", "Sum", "Minimum", "Maximum"]
TreatMissingData = Literal["missing", "ignore", "breaching", "notBreaching"]
# What a metric of the scenario's own measures, in terms the simulation produces.
Measure = Literal["requests", "errors"]


class Metric(Model):
    """One CloudWatch metric with its dimensions and statistic."""

    namespace: str = Field(default="", max_length=255)
    metric_name: str = Field(min_length=1, max_length=255)
    dimensions: dict[str, str] = Field(default_factory=dict)
    statistic: str = Field(default="Sum", max_length=100)
    measures: Measure | None = None


class MetricQuery(Model):
    """One line of a metric math alarm: a metric or an expression over the other ids."""

    id: str = Field(pattern=r"^[a-z][A-Za-z0-9_]{0,254}$")
    metric: Metric | None = None
    expression: str | None = Field(default=None, max_length=2048)
    return_data: bool = True

    @model_validator(mode="after")
    def one_of_two(self) -> Self:
        """A metric or an expression."""
        if (self.metric is None) == (self.expression is None):
            raise ValueError(f"metric query {self.id} needs a metric or an expression, one of the two")
        return self


class Alarm(Model):
    """An alarm of the deployment group: CodeDeploy watches its state, people are paged when it fires."""

    name: str = Field(min_length=1, max_length=255)
    namespace: str = Field(default="", max_length=255)
    metric_name: str | None = Field(default=None, max_length=255)
    dimensions: dict[str, str] = Field(default_factory=dict)
    statistic: str = Field(default="Sum", max_length=100)
    measures: Measure | None = None
    metrics: tuple[MetricQuery, ...] = Field(default=(), max_length=20)
    alarm_rule: str | None = Field(default=None, max_length=10_240)
    period: Seconds = 60.0
    evaluation_periods: int = Field(default=1, ge=1, le=1440)
    datapoints_to_alarm: int | None = Field(default=None, ge=1)
    threshold: float | None = None
    comparison_operator: ComparisonOperator = "GreaterThanThreshold"
    treat_missing_data: TreatMissingData = "missing"
    state: AlarmState = "OK"
    watched: bool = True
    pages: bool = True

    @model_validator(mode="after")
    def can_be_evaluated(self) -> Self:
        """The limits of PutMetricAlarm."""
        kinds = [self.metric_name is not None, bool(self.metrics), self.alarm_rule is not None]
        if sum(kinds) != 1:
            raise ValueError("an alarm has a metric_name, or metrics (a metric math), or an alarm_rule (composite)")
        if self.alarm_rule is not None:
            return self
        if self.threshold is None:
            raise ValueError("an alarm needs a threshold")
        if self.period not in (10, 20, 30) and (self.period <= 0 or self.period % 60):
            raise ValueError("a period is 10, 20 or 30 s or a multiple of 60 s")
        limit = 86_400 if self.period < 3600 else 604_800
        if self.period * self.evaluation_periods > limit:
            raise ValueError(f"period times evaluation_periods may not pass {limit} s")
        if self.datapoints_to_alarm is not None and self.datapoints_to_alarm > self.evaluation_periods:
            most = self.evaluation_periods
            raise ValueError(f"datapoints_to_alarm is above evaluation_periods; write at most {most}")
        if self.metrics and sum(query.return_data for query in self.metrics) != 1:
            raise ValueError("one metric query returns data; mark the others return_data: false")
        return self
