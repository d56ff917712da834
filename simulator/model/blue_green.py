"""Options of a blue/green deployment: the replacement, the wait before it serves, and what becomes of the originals.

Sources: CodeDeploy API reference, DeploymentReadyOption, GreenFleetProvisioningOption and
BlueInstanceTerminationOption; user guide, "Limits". How long a wait may be differs by platform and is checked
where the platform is known.
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from simulator.model.base import Model
from simulator.model.distribution import Duration
from simulator.model.quantity import Seconds

TERMINATION_WAIT_LIMIT_S = 2880 * 60.0  # API; the quota page says 2800 min


def _whole_minutes(name: str, wait: float | None, example: str) -> None:
    if wait is not None and wait % 60:
        raise ValueError(f"{name}: CodeDeploy takes whole minutes; write for example {example}")


class Ready(Model):
    """What happens when the replacement is ready: traffic moves at once, or somebody has to continue."""

    action: Literal["CONTINUE_DEPLOYMENT", "STOP_DEPLOYMENT"] = Field(
        default="CONTINUE_DEPLOYMENT", description="STOP_DEPLOYMENT waits to be continued and is Stopped at the end"
    )
    wait: Seconds | None = Field(default=None, description="longest wait to be continued; 48 h on EC2, 120 h on ECS")
    continued_after: Duration | None = Field(
        default=None, description="after which time somebody continues it; left out, nobody does"
    )

    @model_validator(mode="after")
    def waits_only_to_be_continued(self) -> Self:
        """The API refuses a wait with CONTINUE_DEPLOYMENT."""
        if self.action == "CONTINUE_DEPLOYMENT":
            for name in ("wait", "continued_after"):
                if getattr(self, name):
                    raise ValueError(
                        f"{name}: CONTINUE_DEPLOYMENT moves traffic as soon as the replacement is ready; write "
                        f"action: STOP_DEPLOYMENT, or take {name} out"
                    )
        _whole_minutes("wait", self.wait, "30 min")
        return self


class Originals(Model):
    """What becomes of the original instances or tasks once traffic has left them."""

    action: Literal["TERMINATE", "KEEP_ALIVE"] = Field(
        default="TERMINATE", description="KEEP_ALIVE leaves them running, outside the deployment group"
    )
    wait: Seconds | None = Field(default=None, description="before they are terminated, 0 to 2880 min")

    @model_validator(mode="after")
    def waits_only_to_terminate(self) -> Self:
        """API reference, BlueInstanceTerminationOption: 0 to 2880 minutes."""
        if self.action == "KEEP_ALIVE" and self.wait:
            raise ValueError("wait: KEEP_ALIVE never terminates the originals; take wait out, or write TERMINATE")
        if self.wait is not None and self.wait > TERMINATION_WAIT_LIMIT_S:
            raise ValueError("wait: the originals are terminated after 0 to 2880 min; write at most 48 h")
        _whole_minutes("wait", self.wait, "60 min")
        return self


class BlueGreen(Model):
    """Options of a blue/green deployment; a deployment in place has no use for them."""

    green_fleet: Literal["COPY_AUTO_SCALING_GROUP", "DISCOVER_EXISTING"] = Field(
        default="COPY_AUTO_SCALING_GROUP",
        description="whether EC2 replacements are launched as a copy of the Auto Scaling group, or exist already",
    )
    existing: int | None = Field(
        default=None,
        ge=0,
        le=100_000,
        description="replacements that DISCOVER_EXISTING finds; left out, as many as there are originals",
    )
    ready: Ready = Field(default=Ready(), description="what happens when the replacement is ready")
    originals: Originals = Field(default=Originals(), description="what becomes of the originals")

    @model_validator(mode="after")
    def finds_what_exists(self) -> Self:
        """Only a fleet that is discovered exists beforehand."""
        if self.existing is not None and self.green_fleet == "COPY_AUTO_SCALING_GROUP":
            raise ValueError(
                "existing: COPY_AUTO_SCALING_GROUP launches its replacements; write green_fleet: DISCOVER_EXISTING, or "
                "take existing out"
            )
        return self
