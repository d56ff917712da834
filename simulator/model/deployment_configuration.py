"""Deployment configurations in AWS's own shape, and the 17 that AWS predefines.

The one thing a newcomer would get wrong: ``MOST_CONCURRENCY`` 1 is only what the API *returns* for
OneAtATime. It means "one at a time", that is, all but one target stay in service.

Sources: CodeDeploy user guide, "Working with deployment configurations", "Create a deployment
configuration" and "Limits"; API reference, MinimumHealthyHosts, TrafficRoutingConfig, ZonalConfig.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from simulator.errors import quoted
from simulator.model.base import Model
from simulator.model.quantity import Seconds

ComputePlatform = Literal["Server", "Lambda", "ECS"]
MinimumHealthyHostsType = Literal["HOST_COUNT", "FLEET_PERCENT", "MOST_CONCURRENCY"]
PREDEFINED_PREFIX = "CodeDeployDefault."
_NAME = re.compile(r"^[A-Za-z0-9+=,.@_-]{1,100}$")  # user guide, Limits
LONGEST_SHIFT_S = 2880 * 60.0


class MinimumHealthyHosts(Model):
    """Targets that must stay in service while a Server deployment runs.

    ``HOST_COUNT`` is a number of targets, ``FLEET_PERCENT`` a share of the fleet (rounded up),
    ``MOST_CONCURRENCY`` the number updated at once, as the API returns it for OneAtATime.
    """

    type: MinimumHealthyHostsType
    value: int = Field(ge=0)

    @model_validator(mode="after")
    def within_limits(self) -> Self:
        """Refuse what CodeDeploy refuses (user guide, Limits)."""
        if self.type == "FLEET_PERCENT" and self.value > 99:
            raise ValueError(f"{self.value} % of a fleet cannot stay in service; write 0 to 99")
        if self.type == "MOST_CONCURRENCY" and self.value != 1:
            raise ValueError("MOST_CONCURRENCY is only ever 1 (OneAtATime); write HOST_COUNT or FLEET_PERCENT")
        return self

    def required(self, fleet_size: int) -> int:
        """Targets that must stay in service; a percentage is rounded up (API reference, MinimumHealthyHosts).

        >>> MinimumHealthyHosts(type="FLEET_PERCENT", value=40).required(9)
        4
        """
        if self.type == "HOST_COUNT":
            return self.value
        if self.type == "MOST_CONCURRENCY":
            return fleet_size - 1
        return -(-fleet_size * self.value // 100)


class MinimumHealthyHostsPerZone(Model):
    """Targets that must stay in service in each zone; 0 % when left out."""

    type: Literal["HOST_COUNT", "FLEET_PERCENT"] = "FLEET_PERCENT"
    value: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def within_limits(self) -> Self:
        """Refuse what CodeDeploy refuses (user guide, Limits)."""
        if self.type == "FLEET_PERCENT" and self.value > 99:
            raise ValueError(f"{self.value} % of a zone cannot stay in service; write 0 to 99")
        return self

    def required(self, zone_size: int) -> int:
        """Targets of a zone that must stay in service; a percentage is rounded up, as the fleet's is."""
        return self.value if self.type == "HOST_COUNT" else -(-zone_size * self.value // 100)


class ZonalConfiguration(Model):
    """Zone after zone, each with its own floor and a wait in between (API reference, ZonalConfig)."""

    monitor_duration: Seconds = 0.0
    first_zone_monitor_duration: Seconds | None = None
    minimum_healthy_hosts_per_zone: MinimumHealthyHostsPerZone = MinimumHealthyHostsPerZone()

    def wait_after(self, zone: int) -> float:
        """Seconds of the wait after a zone, the first being 1; the first one's may be its own.

        >>> zonal = ZonalConfiguration(monitor_duration=600.0, first_zone_monitor_duration=3600.0)
        >>> zonal.wait_after(1), zonal.wait_after(2)
        (3600.0, 600.0)
        """
        first = self.first_zone_monitor_duration
        return self.monitor_duration if zone > 1 or first is None else first


class TimeBasedCanary(Model):
    """A first share, then everything after one interval."""

    percentage: int = Field(ge=1, le=99)
    interval: Seconds

    @field_validator("interval")
    @classmethod
    def within_two_days(cls, interval: float) -> float:
        """First to last shift takes at most 2880 minutes (user guide, Limits)."""
        if not 60 <= interval <= LONGEST_SHIFT_S or interval % 60:
            raise ValueError("CodeDeploy takes whole minutes, 1 to 2880 from the first shift to the last; write 5 min")
        return interval


class TimeBasedLinear(Model):
    """Equal shares, one at the start of each interval."""

    percentage: int = Field(ge=1, le=99)
    interval: Seconds

    @model_validator(mode="after")
    def within_two_days(self) -> Self:
        """First to last shift takes at most 2880 minutes (user guide, Limits)."""
        if self.interval < 60 or self.interval % 60:
            raise ValueError("CodeDeploy takes whole minutes from one shift to the next; write 1 min")
        steps = -(-100 // self.percentage) - 1
        if not 0 < self.interval * steps <= LONGEST_SHIFT_S:
            raise ValueError(
                f"{steps} intervals of {self.interval / 60:g} min pass CodeDeploy's 2880 min between the first "
                "and the last shift; write a shorter interval or a larger percentage"
            )
        return self


class TrafficRouting(Model):
    """How production traffic moves to a new Lambda version or ECS task set."""

    type: Literal["TimeBasedCanary", "TimeBasedLinear", "AllAtOnce"]
    time_based_canary: TimeBasedCanary | None = None
    time_based_linear: TimeBasedLinear | None = None

    @model_validator(mode="after")
    def has_what_its_type_needs(self) -> Self:
        """One routing, named by its type."""
        given = {
            "TimeBasedCanary": self.time_based_canary is not None,
            "TimeBasedLinear": self.time_based_linear is not None,
        }
        for name, present in given.items():
            field = "time_based_canary" if name == "TimeBasedCanary" else "time_based_linear"
            if present != (self.type == name):
                verb = "needs" if self.type == name else "has no use for"
                raise ValueError(f"routing of type {self.type} {verb} {field}")
        return self


class DeploymentConfiguration(Model):
    """A deployment configuration: minimum healthy hosts for Server, traffic routing for Lambda and ECS."""

    name: str = Field(default="custom", min_length=1, max_length=100)
    compute_platform: ComputePlatform = "Server"
    minimum_healthy_hosts: MinimumHealthyHosts | None = None
    zonal: ZonalConfiguration | None = None
    traffic_routing: TrafficRouting | None = None

    @model_validator(mode="after")
    def has_what_its_platform_needs(self) -> Self:
        """The two kinds cannot be mixed (API reference, DeploymentConfigInfo)."""
        if self.compute_platform == "Server":
            if self.minimum_healthy_hosts is None and self.traffic_routing is not None:
                raise ValueError("traffic_routing is for Lambda and ECS; write compute_platform: Lambda or ECS, too")
            if self.minimum_healthy_hosts is None:
                raise ValueError("a Server configuration needs minimum_healthy_hosts")
            if self.traffic_routing is not None:
                raise ValueError("a Server configuration has minimum_healthy_hosts, not traffic_routing")
        else:
            if self.traffic_routing is None:
                raise ValueError(f"a {self.compute_platform} configuration needs traffic_routing")
            if self.minimum_healthy_hosts is not None or self.zonal is not None:
                raise ValueError(f"a {self.compute_platform} configuration has traffic_routing only")
        if not _NAME.match(self.name):
            raise ValueError(f"the name {quoted(self.name)} is not one AWS takes; write letters, digits and +=,.@_-")
        own = globals().get("PREDEFINED")  # none yet while the table itself is made
        if own is not None and self.name.startswith(PREDEFINED_PREFIX) and self != own.get(self.name):
            raise ValueError(f"{PREDEFINED_PREFIX} begins AWS's own names; give this configuration another")
        return self


def _server(name: str, kind: MinimumHealthyHostsType, value: int) -> DeploymentConfiguration:
    return DeploymentConfiguration(
        name=PREDEFINED_PREFIX + name, minimum_healthy_hosts=MinimumHealthyHosts(type=kind, value=value)
    )


def _canary(platform: Literal["Lambda", "ECS"], minutes: int) -> DeploymentConfiguration:
    return DeploymentConfiguration(
        name=f"{PREDEFINED_PREFIX}{platform}Canary10Percent{minutes}Minutes",
        compute_platform=platform,
        traffic_routing=TrafficRouting(
            type="TimeBasedCanary", time_based_canary=TimeBasedCanary(percentage=10, interval=minutes * 60.0)
        ),
    )


def _linear(platform: Literal["Lambda", "ECS"], minutes: int) -> DeploymentConfiguration:
    # ECS spells every interval in the plural, Lambda only those above one minute.
    plural = "s" if platform == "ECS" or minutes > 1 else ""
    return DeploymentConfiguration(
        name=f"{PREDEFINED_PREFIX}{platform}Linear10PercentEvery{minutes}Minute{plural}",
        compute_platform=platform,
        traffic_routing=TrafficRouting(
            type="TimeBasedLinear", time_based_linear=TimeBasedLinear(percentage=10, interval=minutes * 60.0)
        ),
    )


def _all_at_once(platform: Literal["Lambda", "ECS"]) -> DeploymentConfiguration:
    return DeploymentConfiguration(
        name=f"{PREDEFINED_PREFIX}{platform}AllAtOnce",
        compute_platform=platform,
        traffic_routing=TrafficRouting(type="AllAtOnce"),
    )


# Source: user guide, "Predefined deployment configurations": 3 Server, 9 Lambda, 5 ECS.
PREDEFINED = MappingProxyType(
    {
        configuration.name: configuration
        for configuration in (
            _server("AllAtOnce", "HOST_COUNT", 0),
            _server("HalfAtATime", "FLEET_PERCENT", 50),
            _server("OneAtATime", "MOST_CONCURRENCY", 1),
            *(_canary("Lambda", minutes) for minutes in (5, 10, 15, 30)),
            *(_linear("Lambda", minutes) for minutes in (1, 2, 3, 10)),
            _all_at_once("Lambda"),
            *(_canary("ECS", minutes) for minutes in (5, 15)),
            *(_linear("ECS", minutes) for minutes in (1, 3)),
            _all_at_once("ECS"),
        )
    }
)


def predefined(name: str) -> DeploymentConfiguration:
    """Return the predefined configuration of this name.

    Raises
    ------
    ValueError
        When AWS has none of this name; names the nearest ones.

    Examples
    --------
    >>> predefined("CodeDeployDefault.HalfAtATime").minimum_healthy_hosts.value
    50
    """
    import difflib

    if name in PREDEFINED:
        return PREDEFINED[name]
    near = difflib.get_close_matches(name, PREDEFINED, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else "`rollsim configs` lists them"
    raise ValueError(f"no predefined deployment configuration is called {quoted(name)}; {hint}")
