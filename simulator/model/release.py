"""What is rolled out and what can go wrong with it and around it."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from simulator.model.base import Model
from simulator.model.distribution import Beta, Component, Factor, Fixed, Mixture, Share
from simulator.model.quantity import Fraction, PerSecond, Seconds

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


class _Fault(Model):
    """Something that goes wrong around the revision."""


class HookFailure(_Fault):
    """A script exits non-zero: with a probability on each target, on one target, or at a given time."""

    kind: Literal["hook_failure"] = "hook_failure"
    event: str = Field(max_length=100)
    probability: Fraction | None = None
    target: int | None = Field(default=None, ge=0)
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


class HookHang(_Fault):
    """A script never ends by itself and is killed at its timeout."""

    kind: Literal["hook_hang"] = "hook_hang"
    event: str = Field(max_length=100)
    probability: Fraction | None = None
    target: int | None = Field(default=None, ge=0)
    on: Literal["deployment", "rollback", "both"] = "both"

    @model_validator(mode="after")
    def says_when(self) -> Self:
        """By probability, or on a named target."""
        if (self.probability is None) == (self.target is None):
            raise ValueError("write probability (each target alike) or target (that one hangs), one of the two")
        return self


class InstanceCrash(_Fault):
    """An instance dies: at a rate per instance, or one of them at a given time."""

    kind: Literal["instance_crash"] = "instance_crash"
    rate: PerSecond | None = None
    target: int | None = Field(default=None, ge=0)
    at: Seconds | None = None

    @model_validator(mode="after")
    def says_when(self) -> Self:
        """By rate, or one target at one time."""
        timed = self.target is not None and self.at is not None
        if (self.rate is None) != timed or (not timed and (self.target is not None or self.at is not None)):
            raise ValueError("write rate (each instance alike), or target and at (that one dies then)")
        return self


class DownloadFailure(_Fault):
    """DownloadBundle fails with a probability per attempt and is tried again up to `attempts` times."""

    kind: Literal["download_failure"] = "download_failure"
    probability: Fraction
    attempts: int = Field(default=1, ge=1, le=10)


class RollbackFailure(_Fault):
    """A rollback deployment ends Failed with this probability, leaving what it found."""

    kind: Literal["rollback_failure"] = "rollback_failure"
    probability: Fraction


Fault = Annotated[
    HookFailure | HookHang | InstanceCrash | DownloadFailure | RollbackFailure, Field(discriminator="kind")
]
