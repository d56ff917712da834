"""What spreads the requests: load balancers of a fleet and of ECS task sets, and their health checks.

Sources: Application Load Balancer guide, "Health checks for target groups" and "Target group attributes";
Classic Load Balancer guide; CodeDeploy user guide, "Deployments on an Amazon ECS compute platform".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from simulator.model.base import Model
from simulator.model.distribution import Duration
from simulator.model.quantity import Seconds


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
    slow_start: Seconds = Field(
        default=0.0, description="time over which a new target's share of requests rises; 0 s is off, else 30 to 900 s"
    )
    algorithm: Literal["round_robin", "least_outstanding_requests"] = Field(
        default="round_robin", description="who gets a request: each in turn, or who has fewest of them open"
    )

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
        """Target group attributes: deregistration 0 to 3600 s, slow start off or 30 to 900 s, application only."""
        if self.deregistration_delay > 3600:
            raise ValueError("a deregistration delay lies between 0 s and 3600 s")
        if self.slow_start and not 30 <= self.slow_start <= 900:
            raise ValueError("slow_start is 0 s (off) or lies between 30 s and 900 s; write one of the two")
        if self.slow_start and self.kind != "application":
            raise ValueError("slow_start is an Application Load Balancer's; take it out or write kind: application")
        if self.algorithm != "round_robin":
            self._check_algorithm()
        return self

    def _check_algorithm(self) -> None:
        """Target group attributes: least outstanding requests is an application balancer's, without slow start."""
        if self.kind != "application":
            raise ValueError("algorithm is an Application Load Balancer's; take it out or write kind: application")
        if self.slow_start:
            raise ValueError(
                "slow_start cannot be combined with algorithm: least_outstanding_requests; take one of them out"
            )


class TaskSetBalancer(LoadBalancer):
    """What moves requests from the original task set of an ECS service to the replacement."""

    original_target_group: str = Field(
        default="blue", max_length=200, description="name of the original's, as alarms on one target group name it"
    )
    replacement_target_group: str = Field(default="green", max_length=200, description="name of the replacement's")
    test_listener: bool = Field(
        default=False, description="whether a second listener serves the replacement before production traffic does"
    )

    @model_validator(mode="after")
    def has_target_groups(self) -> Self:
        """CodeDeploy swaps two target groups, which a Classic Load Balancer does not have."""
        if self.kind == "classic":
            raise ValueError(
                "kind: an ECS deployment moves traffic between two target groups, which a classic load balancer "
                "has not; write application or network"
            )
        return self
