"""What is being updated: a fleet of servers or a Lambda function, and the lifecycle of an update.

Sources: CodeDeploy user guide, "AppSpec hooks section"; Application Load Balancer guide, "Health checks for
target groups" and "Target group attributes".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from simulator.errors import quoted
from simulator.model.base import Model
from simulator.model.distribution import Duration
from simulator.model.quantity import Bytes, Fraction, PerSecond, Seconds

# Source: user guide, AppSpec hooks: in-place order with a load balancer.
SERVER_EVENTS = (
    "BeforeBlockTraffic",
    "BlockTraffic",
    "AfterBlockTraffic",
    "ApplicationStop",
    "DownloadBundle",
    "BeforeInstall",
    "Install",
    "AfterInstall",
    "ApplicationStart",
    "ValidateService",
    "BeforeAllowTraffic",
    "AllowTraffic",
    "AfterAllowTraffic",
)
SERVER_MANAGED = frozenset({"BlockTraffic", "DownloadBundle", "Install", "AllowTraffic"})
LAMBDA_EVENTS = ("BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic")
LAMBDA_MANAGED = frozenset({"AllowTraffic"})
EVENT_LIMIT_S = 3600.0


class Script(Model):
    """One script or hook function; CodeDeploy ends it at its timeout."""

    location: str = Field(default="script", max_length=1000)
    timeout: Seconds = EVENT_LIMIT_S

    @field_validator("timeout")
    @classmethod
    def within_the_event(cls, timeout: float) -> float:
        """An event ends after an hour whatever its scripts say (user guide, Limits)."""
        if not 0 < timeout <= EVENT_LIMIT_S:
            raise ValueError("a script's timeout is above 0 and at most 3600 s, the limit of the whole event")
        return timeout


class Hook(Model):
    """What runs at one lifecycle event, and what it can see of a defect.

    A hook sees a crash; it sees errors only with `probes` requests on real paths, then with probability
    1 - (1 - share)^probes.
    """

    scripts: tuple[Script, ...] = Field(default=(Script(),), min_length=1, max_length=100)
    failure: Fraction = 0.0
    probes: int = Field(default=0, ge=0, le=1_000_000)

    @model_validator(mode="after")
    def scripts_fit_the_event(self) -> Self:
        """Timeouts of one event add up to an hour at most when any is given (user guide, AppSpec hooks)."""
        given = [script.timeout for script in self.scripts if script.timeout < EVENT_LIMIT_S]
        if sum(given) > EVENT_LIMIT_S:
            raise ValueError("the timeouts of one event's scripts add up to more than 3600 s; shorten them")
        return self


class Lifecycle(Model):
    """Hooks and durations of an update; a duration belongs to the event and is split over its scripts."""

    hooks: dict[str, Hook] = Field(default_factory=dict)
    durations: dict[str, Duration] = Field(default_factory=dict)


class HealthCheck(Model):
    """A load balancer's health check of a target, with the ranges AWS allows."""

    interval: Annotated[Seconds, Field()] = 30.0
    timeout: Seconds = 5.0
    healthy_threshold: int = Field(default=5, ge=2, le=10)
    unhealthy_threshold: int = Field(default=2, ge=2, le=10)
    probes: int = Field(default=0, ge=0, le=1000)

    @model_validator(mode="after")
    def within_ranges(self) -> Self:
        """Application Load Balancer guide: interval 5 to 300 s, timeout 2 to 120 s."""
        if not 5 <= self.interval <= 300:
            raise ValueError("a health check interval lies between 5 s and 300 s")
        if not 2 <= self.timeout <= 120:
            raise ValueError("a health check timeout lies between 2 s and 120 s")
        return self


# What a health check of these kinds has that an Application Load Balancer's has not.
KIND_DEFAULTS: dict[str, dict[str, Any]] = {"classic": {"healthy_threshold": 10}, "network": {"timeout": "10 s"}}


class LoadBalancer(Model):
    """What spreads the requests over the fleet."""

    kind: Literal["application", "network", "classic"] = "application"
    deregistration_delay: Seconds = 300.0
    health_check: HealthCheck = HealthCheck()
    in_flight: Duration | None = None

    @model_validator(mode="before")
    @classmethod
    def defaults_of_its_kind(cls, value: Any) -> Any:
        """Health check defaults differ by kind (Classic Load Balancer guide; Network: TCP checks time out at 10 s)."""
        if not isinstance(value, Mapping) or value.get("kind") not in KIND_DEFAULTS:
            return value
        given = value.get("health_check", {})
        if not isinstance(given, Mapping):
            return value
        return {**value, "health_check": {**KIND_DEFAULTS[value["kind"]], **given}}

    @model_validator(mode="after")
    def within_ranges(self) -> Self:
        """Target group attributes: 0 to 3600 s."""
        if self.deregistration_delay > 3600:
            raise ValueError("a deregistration delay lies between 0 s and 3600 s")
        return self


class Fleet(Model):
    """The servers of a deployment group; `capacity` is what one of them answers per second."""

    size: int = Field(ge=1, le=100_000)
    zones: int = Field(default=1, ge=1, le=10)
    instance_type: str | None = Field(default=None, max_length=100)
    capacity: PerSecond | None = None
    on_premises: bool = False


class ServerFleet(Model):
    """An EC2 or on-premises fleet."""

    platform: Literal["server"] = "server"
    fleet: Fleet
    load_balancer: LoadBalancer | None = None
    agent_pickup: Duration | None = None
    lifecycle: Lifecycle = Lifecycle()
    previous_lifecycle: Lifecycle | None = None

    @model_validator(mode="after")
    def lifecycle_fits(self) -> Self:
        """Hooks and durations name events that exist here."""
        for lifecycle in (self.lifecycle, self.previous_lifecycle):
            if lifecycle is not None:
                _check_events(lifecycle, SERVER_EVENTS, SERVER_MANAGED, "a server")
        return self

    @property
    def capacity(self) -> float | None:
        """Requests per second the whole fleet answers, if stated."""
        return None if self.fleet.capacity is None else self.fleet.capacity * self.fleet.size


class LambdaFunction(Model):
    """A Lambda function behind an alias; capacity follows from its concurrency and request duration."""

    platform: Literal["lambda"] = "lambda"
    function: str = Field(default="function", max_length=140)
    alias: str = Field(default="live", max_length=128)
    current_version: str = Field(default="1", max_length=128)
    target_version: str = Field(default="2", max_length=128)
    hook_memory: Bytes = 128e6
    concurrency: int | None = Field(default=None, ge=1, le=1_000_000)
    request_duration: Seconds | None = None
    lifecycle: Lifecycle = Lifecycle()
    previous_lifecycle: Lifecycle | None = None

    @field_validator("current_version", "target_version")
    @classmethod
    def published(cls, version: str) -> str:
        """Weights of an alias need published versions (Lambda guide, aliases)."""
        if version == "$LATEST":
            raise ValueError("an alias shifts between published versions, not $LATEST; write the version's number")
        return version

    @model_validator(mode="after")
    def hooks_and_capacity_fit(self) -> Self:
        """Hooks name events that exist here; concurrency and request duration come together."""
        for lifecycle in (self.lifecycle, self.previous_lifecycle):
            if lifecycle is not None:
                _check_events(lifecycle, LAMBDA_EVENTS, LAMBDA_MANAGED, "a Lambda")
        if (self.concurrency is None) != (self.request_duration is None):
            raise ValueError("concurrency and request_duration give the capacity together; write both or neither")
        if self.request_duration == 0:
            raise ValueError("request_duration is above 0")
        return self

    @property
    def capacity(self) -> float | None:
        """Requests per second the function's concurrency answers, if stated (Lambda guide, scaling behaviour)."""
        if self.concurrency is None or self.request_duration is None:
            return None
        return self.concurrency / self.request_duration


AnyService = Annotated[ServerFleet | LambdaFunction, Field(discriminator="platform")]


def _check_events(lifecycle: Lifecycle, events: tuple[str, ...], managed: frozenset[str], what: str) -> None:
    import difflib

    for name in (*lifecycle.hooks, *lifecycle.durations):
        if name not in events:
            near = difflib.get_close_matches(name, events, n=1)
            hint = f"did you mean {near[0]}?" if near else f"write one of {', '.join(events)}"
            raise ValueError(f"{what} deployment has no event {quoted(name)}; {hint}")
    for name in lifecycle.hooks:
        if name in managed:
            raise ValueError(f"{name} is CodeDeploy's own event and takes no hook; give its time under durations")
