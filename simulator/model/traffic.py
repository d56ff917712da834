"""How many requests come, when: by the clock of the day on which the rollout starts, or as they were recorded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Literal, Self

from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    ValidationInfo,
    field_validator,
    model_serializer,
    model_validator,
)

from simulator import units
from simulator.errors import quoted
from simulator.model.base import Model
from simulator.model.quantity import Fraction, PerSecond, Seconds, number_of, units_required

Weekday = Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
WEEKDAYS: tuple[Weekday, ...] = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
DAY_S = 86_400.0
_TIME = re.compile(r"^([01]?\d|2[0-3]):([0-5]\d)$")


def seconds_of_day(text: str) -> float:
    """Seconds since midnight of a time such as ``"18:30"``.

    Raises
    ------
    ValueError
        When it is no time of day; in YAML a time stands in quotes, since ``18:30`` alone is a number.
    """
    match = _TIME.match(text)
    if match is None:
        raise ValueError(_no_time_of_day(text, "18:30"))
    return int(match[1]) * 3600.0 + int(match[2]) * 60.0


def _no_time_of_day(text: str, example: str) -> str:
    clock = re.fullmatch(r"(\d{1,2}):(\d\d)(?::\d\d)?", text)
    if clock is None:
        return f'{quoted(text)} is not a time of day; write it in quotes, as in "{example}"'
    if int(clock[1]) > 23:
        return f"{quoted(text)} is not a time of day: a day has hours 0 to 23; write for example {example}"
    return f"{quoted(text)} is not a time of day: minutes and seconds are 00 to 59; write for example {example}"


class Start(Model):
    """When CreateDeployment happens; traffic profile and office hours hang on it."""

    weekday: Weekday = "Tuesday"
    time: str = "10:00"

    @model_validator(mode="before")
    @classmethod
    def from_text(cls, value: Any) -> Any:
        """Read ``Tuesday 10:00``."""
        if isinstance(value, str):
            weekday, _, time = value.strip().partition(" ")
            return {"weekday": weekday, "time": time.strip() or "10:00"}
        return value

    @field_validator("time")
    @classmethod
    def a_time(cls, time: str) -> str:
        """A time of day."""
        seconds_of_day(time)
        return time

    @property
    def second_of_week(self) -> float:
        """Seconds since Monday midnight."""
        return WEEKDAYS.index(self.weekday) * DAY_S + seconds_of_day(self.time)


class Retries(Model):
    """What clients do about a request that failed: further tries, each of them a request to the service.

    A user sees a failure when the last try failed; the service sees every one. Tries follow each other soon: a
    request and its tries meet the service in one state.
    """

    attempts: int = Field(ge=0, le=10, description="further tries of a request that failed")
    share: Fraction = Field(default=1.0, description="of the clients that try again")


SERIES_POINTS = 5000


class Traffic(Model):
    """Requests per second: the same all day, by the hour, or as recorded; and what fails of them anyway."""

    rate: PerSecond
    daily: dict[str, Fraction] = Field(default_factory=dict, max_length=1440)
    series: dict[str, PerSecond] | None = Field(
        default=None,
        min_length=1,
        max_length=SERIES_POINTS,
        description="rates by time from the start (600 s) or by time of day on that day (10:05), each holding until "
        "the next, the last one to the end; instead of rate",
    )
    baseline_errors: Fraction = 0.0
    latency: Seconds | None = None
    retries: Retries | None = Field(default=None, description="what clients do about a request that failed")

    @model_validator(mode="before")
    @classmethod
    def rate_of_a_series(cls, value: Any, info: ValidationInfo) -> Any:
        """A series says the rate at each time, so `rate` is its highest."""
        if not isinstance(value, Mapping) or not isinstance(value.get("series"), Mapping) or not value["series"]:
            return value
        if value.get("rate") is not None:
            raise ValueError("rate and series both say how many requests come; take rate out")
        numbers = [number_of(rate, "rate", units_required(info)) for rate in value["series"].values()]
        return {**value, "rate": units.text(max(numbers), "rate")}

    @model_validator(mode="after")
    def profile_has_times(self) -> Self:
        """Keys of the profile are times; each share or rate holds from its time on."""
        for time in self.daily:
            seconds_of_day(time)
        if self.series:
            if self.daily:
                raise ValueError("daily shares have no use beside a series; take daily out")
            _check_series(self.series)
        if self.baseline_errors >= 1:
            raise ValueError("baseline_errors of 100 % leave no request that a release could break")
        return self

    @model_serializer(mode="wrap")
    def without_the_rate_of_a_series(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out the rate that follows from a series."""
        written: dict[str, Any] = handler(self)
        if self.series:
            written.pop("rate", None)
        return written

    def steps(self) -> tuple[tuple[float, float], ...]:
        """(second of day, requests per second) of a daily profile, in order, each holding until the next."""
        if not self.daily:
            return ((0.0, self.rate),)
        ordered = sorted((seconds_of_day(time), share * self.rate) for time, share in self.daily.items())
        if ordered[0][0] > 0:
            ordered.insert(0, (0.0, ordered[-1][1]))
        return tuple(ordered)

    def points(self, start: Start) -> tuple[tuple[float, float], ...]:
        """(seconds from the start, requests per second) of a series, in order; what lies before the start is below 0.

        The first rate holds before its time too, the last one to the end. Empty without a series.
        """
        if not self.series:
            return ()
        begin = seconds_of_day(start.time) if _is_clock(next(iter(self.series))) else 0.0
        return tuple((_time_of(key) - begin, rate) for key, rate in self.series.items())

    def recorded(self, start: Start) -> tuple[tuple[float, float], ...]:
        """The same from the start on, the first at 0: what lies before says only what holds then."""
        points = self.points(start)
        if not points:
            return ()
        before = [rate for at, rate in points if at <= 0]
        first = before[-1] if before else points[0][1]
        return ((0.0, first), *((at, rate) for at, rate in points if at > 0))

    def most(self, start: Start, lasts: float) -> float:
        """Highest rate of the first so many seconds from the start on.

        >>> lunch = Traffic(rate=600.0, daily={"00:00": 0.1, "11:30": 1.0, "14:00": 0.5})
        >>> [lunch.most(Start(time=time), 600.0) for time in ("03:00", "11:25", "13:59", "23:55")]
        [60.0, 600.0, 600.0, 300.0]
        """
        if self.series:
            return max(rate for at, rate in self.recorded(start) if at <= lasts)
        begin = seconds_of_day(start.time)
        steps = [(at + day - begin, rate) for day in (-DAY_S, 0.0, DAY_S) for at, rate in self.steps()]
        now = [rate for at, rate in steps if at <= 0][-1]
        return max([now, *(rate for at, rate in steps if 0 < at <= lasts)])

    @property
    def mean_rate(self) -> float:
        """Requests per second, averaged over a day, or over what was recorded."""
        if self.series:
            times, rates = [_time_of(key) for key in self.series], list(self.series.values())
            span = times[-1] - times[0]
            held = zip(pairwise(times), rates[:-1], strict=True)
            return sum(rate * (end - begin) for (begin, end), rate in held) / span if span else rates[0]
        steps = self.steps()
        ends = [*(start for start, _ in steps[1:]), DAY_S]
        return sum(rate * (end - start) for (start, rate), end in zip(steps, ends, strict=True)) / DAY_S


def _check_series(series: Mapping[str, float]) -> None:
    if len({_is_clock(key) for key in series}) > 1:
        raise ValueError("a series goes by times of day or by times from the start, not by both; write one kind")
    times = [_time_of(key) for key in series]
    if any(later <= earlier for earlier, later in pairwise(times)):
        raise ValueError("the times of a series rise from one to the next; sort them")


def _is_clock(key: str) -> bool:
    return ":" in key


def _time_of(key: str) -> float:
    """Seconds that a key of a series stands for: since midnight, or since the start."""
    if not _is_clock(key):
        return units.parse(key, "duration")
    clock, _, seconds = key.partition(":")[2].partition(":")
    if not seconds:
        return seconds_of_day(key)
    if not re.fullmatch(r"[0-5]\d", seconds):
        raise ValueError(_no_time_of_day(key, "18:30:05"))
    return seconds_of_day(f"{key.partition(':')[0]}:{clock}") + int(seconds)
