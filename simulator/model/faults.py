"""What can go wrong around the revision: by probability, by rate, on a named target, or at a given time.

The one thing a newcomer would get wrong: a probability without a target is each target's own (a host's script, a
dead agent) only where the fault is about targets; of the others it is the deployment's.

A named target is a place of the group, 0 to its size less one, in every strategy. What befalls a host befalls the one
that stands there at zero, of a blue/green deployment the original; what befalls a script befalls whoever runs it for
that place, of a blue/green deployment the replacement, or the original where the event is one of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from simulator.model.base import Model
from simulator.model.distribution import Factor
from simulator.model.quantity import Fraction, PerSecond, Seconds

# What a target is called in each kind of fault.
_SCRIPT_OF = (
    "place of the host in the group, from 0; of a blue/green deployment whoever runs the script for that place: the "
    "replacement (shown with the fleet's size added), or the original at its own events"
)
_HOST_OF = "place of the host in the group, from 0, as it stands at zero: of a blue/green deployment the original"


class HookFailure(Model):
    """A script exits non-zero: with a probability on each target, on one target, or at a given time."""

    kind: Literal["hook_failure"] = "hook_failure"
    event: str = Field(max_length=100)
    probability: Fraction | None = None
    target: int | None = Field(default=None, ge=0, description=_SCRIPT_OF)
    at: Seconds | None = None
    on: Literal["deployment", "rollback", "both"] = "both"

    @model_validator(mode="after")
    def says_when(self) -> Self:
        """By probability, or on a named target."""
        if (self.probability is None) == (self.target is None):
            raise ValueError("write probability (each target alike) or target (that one fails), one of the two")
        if self.at is not None and self.target is None:
            raise ValueError("at needs the target whose script fails then")
        return self


class HookHang(Model):
    """A script never ends by itself and is killed at its timeout."""

    kind: Literal["hook_hang"] = "hook_hang"
    event: str = Field(max_length=100)
    probability: Fraction | None = None
    target: int | None = Field(default=None, ge=0, description=_SCRIPT_OF)
    on: Literal["deployment", "rollback", "both"] = "both"

    @model_validator(mode="after")
    def says_when(self) -> Self:
        """By probability, or on a named target."""
        if (self.probability is None) == (self.target is None):
            raise ValueError("write probability (each target alike) or target (that one hangs), one of the two")
        return self


class InstanceCrash(Model):
    """An instance dies: at a rate per instance, or one of them at a given time."""

    kind: Literal["instance_crash"] = "instance_crash"
    rate: PerSecond | None = None
    target: int | None = Field(default=None, ge=0, description=_HOST_OF)
    at: Seconds | None = None

    @model_validator(mode="after")
    def says_when(self) -> Self:
        """By rate, or one target at one time."""
        timed = self.target is not None and self.at is not None
        if (self.rate is None) != timed or (not timed and (self.target is not None or self.at is not None)):
            raise ValueError("write rate (each instance alike), or target and at (that one dies then)")
        return self


class DownloadFailure(Model):
    """DownloadBundle fails with a probability per attempt and is tried again up to `attempts` times."""

    kind: Literal["download_failure"] = "download_failure"
    probability: Fraction
    attempts: int = Field(default=1, ge=1, le=10)


class RollbackFailure(Model):
    """A rollback deployment ends Failed with this probability, leaving what it found."""

    kind: Literal["rollback_failure"] = "rollback_failure"
    probability: Fraction


class NoCapacity(Model):
    """Replacement instances or tasks cannot be launched for want of capacity, with this probability a deployment."""

    kind: Literal["no_capacity"] = "no_capacity"
    probability: Fraction


class ProvisioningSlow(Model):
    """Replacement instances or tasks take `factor` times as long to launch, with this probability a deployment."""

    kind: Literal["provisioning_slow"] = "provisioning_slow"
    probability: Fraction
    factor: Factor


class AgentDead(Model):
    """The agent of a server does not answer: of each alike with a probability, or of one target."""

    kind: Literal["agent_dead"] = "agent_dead"
    probability: Fraction | None = None
    target: int | None = Field(default=None, ge=0, description=_HOST_OF)

    @model_validator(mode="after")
    def says_whose(self) -> Self:
        """By probability, or on a named target."""
        if (self.probability is None) == (self.target is None):
            raise ValueError("write probability (each target alike) or target (its agent is dead), one of the two")
        return self


class HealthCheckFailure(Model):
    """The load balancer's check is set up wrongly: new targets never pass it, with this probability a deployment."""

    kind: Literal["health_check_failure"] = "health_check_failure"
    probability: Fraction


class ZoneOutage(Model):
    """An Availability Zone is gone for a time, with everything in it."""

    kind: Literal["zone_outage"] = "zone_outage"
    zone: int = Field(ge=1, le=10, description="counted from 1")
    at: Seconds = Field(description="after CreateDeployment")
    lasts: Seconds
    probability: Fraction = 1.0


class AlarmAlreadyUp(Model):
    """An alarm that CodeDeploy watches is in ALARM when the deployment starts, whatever its metric says.

    It stays so until it is next evaluated; one on a metric that the scenario does not make stays up.
    """

    kind: Literal["alarm_already_up"] = "alarm_already_up"
    alarm: str | None = Field(default=None, max_length=255, description="its name; left out, the first one watched")
    probability: Fraction = 1.0


class MetricsMissing(Model):
    """Metrics that would be delivered in a time never are; alarms treat them as their own setting says."""

    kind: Literal["metrics_missing"] = "metrics_missing"
    at: Seconds = Field(default=0.0, description="after CreateDeployment")
    lasts: Seconds
    probability: Fraction = 1.0


class Throttling(Model):
    """AWS refuses CodeDeploy's own calls: a deployment ends Failed (THROTTLED) as it starts, with this probability."""

    kind: Literal["throttling"] = "throttling"
    probability: Fraction


Fault = Annotated[
    HookFailure
    | HookHang
    | InstanceCrash
    | DownloadFailure
    | RollbackFailure
    | NoCapacity
    | ProvisioningSlow
    | AgentDead
    | HealthCheckFailure
    | ZoneOutage
    | AlarmAlreadyUp
    | MetricsMissing
    | Throttling,
    Field(discriminator="kind"),
]

# Where a fault can happen; one that is not listed can anywhere.
FAULT_PLATFORMS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "instance_crash": ("server",),
        "download_failure": ("server",),
        "agent_dead": ("server",),
        "health_check_failure": ("server", "ecs"),
        "no_capacity": ("server", "ecs"),
        "provisioning_slow": ("server", "ecs"),
        "zone_outage": ("server", "ecs"),
    }
)
