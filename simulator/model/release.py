"""What is rolled out and what can go wrong with it and around it."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from simulator.model.base import Model
from simulator.model.distribution import Beta, Component, Duration, Factor, Fixed, Mixture, Share
from simulator.model.faults import (
    FAULT_PLATFORMS,
    AgentDead,
    AlarmAlreadyUp,
    DownloadFailure,
    Fault,
    HealthCheckFailure,
    HookFailure,
    HookHang,
    InstanceCrash,
    MetricsMissing,
    NoCapacity,
    ProvisioningSlow,
    RollbackFailure,
    Throttling,
    ZoneOutage,
)
from simulator.model.quantity import Fraction, PerSecond

__all__ = [
    "FAULT_PLATFORMS",
    "TYPICAL_BAD",
    "TYPICAL_ERROR_SHARE",
    "AgentDead",
    "AlarmAlreadyUp",
    "CrashAtStart",
    "Defect",
    "DownloadFailure",
    "Errors",
    "Fault",
    "HealthCheckFailure",
    "HookFailure",
    "HookHang",
    "InstanceCrash",
    "Latent",
    "MetricsMissing",
    "MixedVersions",
    "NoCapacity",
    "ProvisioningSlow",
    "Revision",
    "RollbackFailure",
    "Slow",
    "Throttling",
    "UnderLoad",
    "ZoneOutage",
]

# Prior error.ratio_given_bad (guess): a quarter total, a third partial, the rest subtle.
TYPICAL_ERROR_SHARE = Mixture(
    components=(
        Component(weight=0.25, of=Fixed(value=1.0)),
        Component(weight=0.35, of=Beta(a=2, b=5)),
        Component(weight=0.40, of=Beta(a=1, b=30)),
    )
)
TYPICAL_BAD = 0.078  # prior cfr.default: median of the change failure rate


class Errors(Model):
    """The new revision fails a share of its requests, drawn once per release."""

    kind: Literal["errors"] = "errors"
    share: Share = TYPICAL_ERROR_SHARE
    weight: float = Field(default=1.0, gt=0, le=1e9)


class CrashAtStart(Model):
    """The new revision's process dies as soon as it is started."""

    kind: Literal["crash_at_start"] = "crash_at_start"
    weight: float = Field(default=1.0, gt=0, le=1e9)


class Slow(Model):
    """The new revision takes `factor` times as long for a request, and so answers that much less."""

    kind: Literal["slow"] = "slow"
    factor: Factor
    weight: float = Field(default=1.0, gt=0, le=1e9)


class Latent(Model):
    """The new revision fails a share of its requests, but only from some time after it first served any on.

    The clock is the release's, not each server's: what is full, expired or migrated is so for all of them.
    """

    kind: Literal["latent"] = "latent"
    after: Duration = Field(description="from the first instant at which it serves production traffic, as in 40 min")
    share: Share = TYPICAL_ERROR_SHARE
    weight: float = Field(default=1.0, gt=0, le=1e9)


class UnderLoad(Model):
    """The new revision fails a share of its requests while it gets more than so many; a small stage sees nothing."""

    kind: Literal["under_load"] = "under_load"
    above: PerSecond = Field(description="requests to the new revision as a whole, as in 300/s")
    share: Share = TYPICAL_ERROR_SHARE
    weight: float = Field(default=1.0, gt=0, le=1e9)


class MixedVersions(Model):
    """The new revision fails a share of its requests while the previous one serves beside it, and only then."""

    kind: Literal["mixed_versions"] = "mixed_versions"
    share: Share = TYPICAL_ERROR_SHARE
    weight: float = Field(default=1.0, gt=0, le=1e9)


Defect = Annotated[Errors | CrashAtStart | Slow | Latent | UnderLoad | MixedVersions, Field(discriminator="kind")]


class Revision(Model):
    """The revision to roll out: how likely it is bad, and in which one way, chosen by weight."""

    name: str = Field(default="new", max_length=200)
    previous: str = Field(default="previous", max_length=200)
    bad: Fraction = TYPICAL_BAD
    defects: tuple[Defect, ...] = Field(default=(Errors(),), max_length=50)

    @model_validator(mode="after")
    def bad_in_some_way(self) -> Self:
        """A revision that may be bad has at least one defect."""
        if self.bad > 0 and not self.defects:
            raise ValueError("bad is above 0 but no defect is listed; list one or write bad: 0 %")
        return self
