"""What is rolled out and what can go wrong with it and around it."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from simulator.model.base import Model
from simulator.model.distribution import Beta, Component, Factor, Fixed, Mixture, Share
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
from simulator.model.quantity import Fraction

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
    "MetricsMissing",
    "NoCapacity",
    "ProvisioningSlow",
    "Revision",
    "RollbackFailure",
    "Slow",
    "Throttling",
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


Defect = Annotated[Errors | CrashAtStart | Slow, Field(discriminator="kind")]


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
