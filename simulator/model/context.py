"""The world around the service: traffic, time of day, people, objectives, prices, and what is decided on."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import (
    Field,
    FieldSerializationInfo,
    ValidationInfo,
    field_serializer,
    field_validator,
    model_validator,
)

from simulator import units
from simulator.errors import quoted
from simulator.model.base import Model
from simulator.model.distribution import Duration
from simulator.model.quantity import Dollars, Fraction, Seconds, number_of, units_required
from simulator.model.service.regions import AWS_REGION
from simulator.model.traffic import DAY_S, WEEKDAYS, Retries, Start, Traffic, Weekday, seconds_of_day

__all__ = [
    "DAY_S",
    "METRIC_DIMENSIONS",
    "PROBABILITIES",
    "WEEKDAYS",
    "Change",
    "Decision",
    "DecisionStatistic",
    "Dependency",
    "Given",
    "Limit",
    "OfficeHours",
    "People",
    "Prices",
    "Retries",
    "ServiceLevelObjective",
    "Start",
    "Traffic",
    "Weekday",
    "seconds_of_day",
]


class OfficeHours(Model):
    """When people answer at their usual pace."""

    days: tuple[Weekday, ...] = WEEKDAYS[:5]
    begin: str = "09:00"
    end: str = "18:00"

    @model_validator(mode="after")
    def in_order(self) -> Self:
        """Begin before end, on one day."""
        if seconds_of_day(self.begin) >= seconds_of_day(self.end):
            raise ValueError("office hours begin before they end")
        return self

    def covers(self, second_of_week: float) -> bool:
        """Whether this second of the week lies in office hours."""
        day, second = divmod(second_of_week % (7 * DAY_S), DAY_S)
        return WEEKDAYS[int(day)] in self.days and seconds_of_day(self.begin) <= second < seconds_of_day(self.end)


class People(Model):
    """Who is paged or notices, and how long they take; times left out are the named assumptions."""

    acknowledge: Duration | None = None
    notice: Duration | None = None
    decide: Duration | None = None
    act: Duration | None = None
    repair: Duration | None = None
    office_hours: OfficeHours = OfficeHours()
    responders: float = Field(default=1.0, gt=0, le=1000)
    usd_per_hour: Dollars | None = None


class ServiceLevelObjective(Model):
    """The promise to users, and what a broken one costs."""

    objective: Fraction | None = None
    window: Seconds = 28 * DAY_S
    outage_share: Fraction = 0.5
    usd_per_failed_request: Dollars | None = None

    @model_validator(mode="after")
    def leaves_a_budget(self) -> Self:
        """An objective of 100 % leaves no error budget."""
        if self.objective is not None and self.objective >= 1:
            raise ValueError("an objective of 100 % leaves no error budget; write for example 99.9 %")
        if self.window <= 0:
            raise ValueError("the window is above 0")
        return self


class Prices(Model):
    """Which price book, and prices of one's own by id."""

    book: Literal["aws-list", "field-guide"] = "aws-list"
    region: str = Field(
        default="us-east-1",
        pattern=AWS_REGION,
        description="of the service, for prices and quotas; of one that the price book lacks, give prices of your own",
    )
    overrides: dict[str, Dollars] = Field(default_factory=dict, description="prices of one's own, by id")


class Dependency(Model):
    """Something behind the service with a limit that all its targets draw on, originals and replacements alike."""

    name: str = Field(default="dependency", min_length=1, max_length=200)
    limit: int = Field(ge=1, le=10_000_000, description="connections it takes in all, as in 500")
    per_target: int = Field(ge=1, le=1_000_000, description="connections that each target, task or environment holds")


# Unit of every decision metric; what `delta`, `tolerance` and limits are written in.
METRIC_DIMENSIONS: dict[str, units.Dimension] = {
    **dict.fromkeys(
        (
            "duration_s",
            "downtime_s",
            "outage_s",
            "mixed_version_s",
            "detect_s",
            "rollback_s",
            "recover_s",
            "capacity_shortfall_s",
        ),
        "duration",
    ),
    **dict.fromkeys(("failed_requests", "exposed_requests"), "factor"),
    **dict.fromkeys(("budget_share", "peak_exposure"), "share"),
    **dict.fromkeys(("cost_usd", "incident_usd"), "money"),
}
PROBABILITIES = (
    "p_success",
    "p_rollback",
    "p_auto_rollback",
    "p_false_rollback",
    "p_missed",
    "p_detected_before_full",
    "p_left_split",
)
DecisionStatistic = Literal["mean", "p50", "p95", "p99", "cvar95"]
Given = Literal["overall", "bad", "good"]


class _OnMetric(Model):
    """A metric, how it is summed up, and over which runs."""

    metric: str = "downtime_s"
    statistic: DecisionStatistic = "mean"
    given: Given = "overall"

    @field_validator("metric")
    @classmethod
    def known(cls, metric: str) -> str:
        """A metric or a probability of the outcome table."""
        if metric not in METRIC_DIMENSIONS and metric not in PROBABILITIES:
            names = ", ".join((*METRIC_DIMENSIONS, *PROBABILITIES))
            raise ValueError(f"no metric is called {quoted(metric)}; write one of {names}")
        return metric


def _in_unit_of_metric(value: Any, info: ValidationInfo) -> Any:
    if value is None:
        return None
    metric = info.data.get("metric", "downtime_s")
    dimension = _dimension(metric)
    number = number_of(value, dimension, units_required(info))
    if dimension == "share" and metric != "budget_share" and not 0 <= number <= 1:
        raise ValueError("a probability or share lies between 0 % and 100 %")
    return number


def _dimension(metric: str) -> units.Dimension:
    return METRIC_DIMENSIONS.get(metric, "share")


def _with_unit(value: float | None, metric: str) -> Any:
    dimension = _dimension(metric)
    return value if value is None or dimension == "factor" else units.text(value, dimension)


class Limit(_OnMetric):
    """A bound that a strategy must keep to be recommended."""

    at_most: float | None = None
    at_least: float | None = None

    _in_unit = field_validator("at_most", "at_least", mode="before")(_in_unit_of_metric)

    @field_serializer("at_most", "at_least", when_used="json")
    def with_unit(self, value: float | None, info: FieldSerializationInfo) -> Any:
        """Write the bound in the unit of its metric."""
        return _with_unit(value, self.metric)

    @model_validator(mode="after")
    def one_bound(self) -> Self:
        """Exactly one bound."""
        if (self.at_most is None) == (self.at_least is None):
            raise ValueError("a limit has at_most or at_least, one of the two")
        return self


class Decision(_OnMetric):
    """What "best" means: the metric, the smallest difference that matters, and limits to keep."""

    delta: float | None = None
    tolerance: float | None = None
    limits: tuple[Limit, ...] = Field(default=(), max_length=20)

    _in_unit = field_validator("delta", "tolerance", mode="before")(_in_unit_of_metric)

    @field_serializer("delta", "tolerance", when_used="json")
    def with_unit(self, value: float | None, info: FieldSerializationInfo) -> Any:
        """Write the amount in the unit of its metric."""
        return _with_unit(value, self.metric)


class Change(Model):
    """What a board asks about the change itself; only the yearly number enters a calculation."""

    id: str | None = Field(default=None, max_length=200)
    title: str | None = Field(default=None, max_length=500)
    owner: str | None = Field(default=None, max_length=200)
    window: str | None = Field(default=None, max_length=200)
    readiness: dict[str, str | bool] = Field(default_factory=dict, max_length=50)
    deployments_per_year: float | None = Field(default=None, gt=0, le=10_000_000)
