"""A fleet of EC2 or on-premises servers: its size, its state before the rollout, and what scales it.

Sources: CodeDeploy user guide, "Instance health" and "Integrating CodeDeploy with Amazon EC2 Auto Scaling".
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from simulator.errors import quoted
from simulator.model.base import Model
from simulator.model.distribution import Duration
from simulator.model.platforms import PLATFORMS
from simulator.model.quantity import Fraction, PerSecond, Seconds
from simulator.model.service.balancer import LoadBalancer
from simulator.model.service.lifecycle import Lifecycle
from simulator.model.service.regions import Regions, takes


class Initially(Model):
    """Targets that are not well before the deployment begins; all still belong to the deployment group.

    The stopped ones have the first numbers of the fleet, the unhealthy ones the next.
    """

    stopped: int = Field(default=0, ge=0, description="targets that are switched off: they fail at their first event")
    unhealthy: int = Field(default=0, ge=0, description="targets whose last deployment failed: they come first")
    unhealthy_serve: bool = Field(
        default=False,
        description="whether the unhealthy ones take traffic all the same; in place a failed target stays out of its "
        "load balancer (user guide, integrations-aws-elastic-load-balancing)",
    )


class WarmUp(Model):
    """What a freshly started target answers until it is warm."""

    lasts: Seconds = Field(description="from the start of the application on, as in 10 min")
    capacity: Fraction = Field(description="share of its full capacity meanwhile, as in 40 %")


class ScalingStep(Model):
    """One change of the group's desired capacity."""

    at: Seconds = Field(description="after CreateDeployment")
    instances: int = Field(ge=1, le=100_000, description="how many are launched or terminated")


class AutoScaling(Model):
    """The Auto Scaling group of the fleet, and when it scales.

    A launched instance gets the revision of the last successful deployment and is updated afterwards, unless
    outdated instances are ignored (user guide, Auto Scaling).
    """

    scale_out: tuple[ScalingStep, ...] = Field(default=(), max_length=100, description="launches, by time")
    scale_in: tuple[ScalingStep, ...] = Field(default=(), max_length=100, description="terminations, by time")
    outdated_instances: Literal["UPDATE", "IGNORE"] = Field(
        default="UPDATE", description="whether a further deployment updates instances launched meanwhile"
    )
    termination_hook: bool = Field(
        default=False, description="whether the group waits for a termination deployment when it scales in"
    )

    def least(self, size: int) -> int:
        """Smallest number of instances that the group comes down to, launches before terminations at an instant."""
        steps = [(step.at, 0, step.instances) for step in self.scale_out]
        steps += [(step.at, 1, -step.instances) for step in self.scale_in]
        least = now = size
        for _, _, change in sorted(steps):
            now += change
            least = min(least, now)
        return least


class Group(Model):
    """A deployment group: part of the fleet, by number of hosts or by zone; groups may share hosts."""

    name: str = Field(min_length=1, max_length=100)
    size: int | None = Field(
        default=None, ge=1, description="hosts, those behind the group before it unless first says"
    )
    first: int | None = Field(default=None, ge=0, description="number of its first host, counted from 0")
    zones: tuple[int, ...] = Field(default=(), max_length=10, description="all hosts of these zones, counted from 1")

    @model_validator(mode="after")
    def one_of_two(self) -> Self:
        """By size or by zones."""
        if (self.size is None) != bool(self.zones):
            raise ValueError(f"group {quoted(self.name)} has a size or zones, one of the two")
        if self.first is not None and self.size is None:
            raise ValueError(f"group {quoted(self.name)} has no size, so first has no use; take it out")
        return self


class Fleet(Model):
    """The servers of a deployment group; `capacity` is what one of them answers per second."""

    size: int = Field(ge=1, le=100_000)
    zones: int = Field(default=1, ge=1, le=10)
    instance_type: str | None = Field(default=None, max_length=100)
    capacity: PerSecond | None = None
    on_premises: bool = False
    initially: Initially = Field(default=Initially(), description="targets stopped or unhealthy from the start")
    warm_up: WarmUp | None = Field(default=None, description="what a freshly started target answers until it is warm")
    auto_scaling: AutoScaling | None = Field(default=None, description="when the fleet scales meanwhile")
    groups: tuple[Group, ...] = Field(default=(), max_length=100, description="deployment groups, for stages")

    @model_validator(mode="after")
    def parts_fit(self) -> Self:
        """Stopped and unhealthy targets, groups and scaling stay within the fleet."""
        unwell = self.initially.stopped + self.initially.unhealthy
        if unwell > self.size:
            raise ValueError(
                f"initially {self.initially.stopped} stopped and {self.initially.unhealthy} unhealthy are more than "
                f"the fleet's {self.size}; write {self.size} at most together"
            )
        if self.auto_scaling is not None:
            if self.on_premises:
                raise ValueError("on-premises servers belong to no Auto Scaling group; take auto_scaling out")
            if self.auto_scaling.least(self.size) < 1:
                raise ValueError("auto_scaling takes away the whole fleet; leave at least one instance")
        self._check_groups()
        return self

    def _check_groups(self) -> None:
        names = [group.name for group in self.groups]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two groups are called {quoted(name)}; give each a name of its own")
        for group in self.groups:
            for zone in group.zones:
                if not 1 <= zone <= self.zones:
                    raise ValueError(
                        f"group {quoted(group.name)} names zone {zone}, but the fleet's zones are 1 to {self.zones}; "
                        "write one of them"
                    )
            last = max(self.members(group.name), default=0)
            if last >= self.size:
                raise ValueError(
                    f"group {quoted(group.name)} reaches host {last}, but the fleet's hosts are 0 to {self.size - 1}; "
                    "write a smaller size"
                )

    @property
    def stopped(self) -> range:
        """Targets that are switched off at zero."""
        return range(self.initially.stopped)

    @property
    def unhealthy(self) -> range:
        """Targets whose last deployment failed, the stopped ones aside."""
        return range(self.initially.stopped, self.initially.stopped + self.initially.unhealthy)

    @property
    def serving(self) -> int:
        """How many targets take traffic at zero.

        >>> Fleet(size=5, initially=Initially(stopped=1, unhealthy=2)).serving
        2
        """
        out = self.initially.stopped + (0 if self.initially.unhealthy_serve else self.initially.unhealthy)
        return self.size - out

    @property
    def scales(self) -> bool:
        """Whether an Auto Scaling group launches or terminates any instance."""
        return self.auto_scaling is not None and bool(self.auto_scaling.scale_out or self.auto_scaling.scale_in)

    def zone_of(self, target: int) -> int:
        """Zone of a target, from 1; targets take turns, as an Auto Scaling group balances them."""
        return target % self.zones + 1

    def in_zone(self, zone: int) -> tuple[int, ...]:
        """Targets of a zone, in order."""
        return tuple(range(zone - 1, self.size, self.zones))

    def members(self, name: str) -> tuple[int, ...]:
        """Targets of a deployment group, in order.

        Raises
        ------
        KeyError
            When the fleet has no such group.
        """
        begin = 0
        for group in self.groups:
            if group.size is not None:
                begin = begin if group.first is None else group.first
                found = tuple(range(begin, begin + group.size))
                begin += group.size
            else:
                found = tuple(sorted(target for zone in set(group.zones) for target in self.in_zone(zone)))
            if group.name == name:
                return found
        raise KeyError(name)


class ServerFleet(Model):
    """An EC2 or on-premises fleet."""

    platform: Literal["server"] = "server"
    fleet: Fleet
    load_balancer: LoadBalancer | None = None
    agent_pickup: Duration | None = None
    lifecycle: Lifecycle = Lifecycle()
    previous_lifecycle: Lifecycle | None = None
    regions: Regions = ()

    @model_validator(mode="after")
    def lifecycle_fits(self) -> Self:
        """Hooks and durations name events that exist here."""
        for lifecycle in (self.lifecycle, self.previous_lifecycle):
            if lifecycle is not None:
                lifecycle.check(PLATFORMS[self.platform])
        return self

    @property
    def capacity(self) -> float | None:
        """Requests per second that all in service at zero answer, if stated; of all, where there are regions."""
        return self.answered_by(self.fleet.serving)

    def answered_by(self, hosts: int) -> float | None:
        """Requests per second that so many of its hosts answer, in each region if there are several."""
        return takes(None if self.fleet.capacity is None else self.fleet.capacity * hosts, self.regions)
