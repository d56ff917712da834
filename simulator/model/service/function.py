"""A Lambda function behind an alias, and the environments that answer for it.

Source: AWS Lambda developer guide, "Aliases", "Scaling behaviour", "Provisioned concurrency" and "Quotas".
"""

from __future__ import annotations

import difflib
import math
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from simulator.errors import quoted
from simulator.model.assumptions import COLD_STARTS
from simulator.model.base import Model
from simulator.model.distribution import Distribution, Duration, LogNormal
from simulator.model.platforms import PLATFORMS
from simulator.model.quantity import Bytes, Seconds
from simulator.model.service.lifecycle import Lifecycle
from simulator.model.service.regions import Regions, takes

_Z99 = 2.3263478740408408  # standard normal quantile at 0.99
MOST_OFTEN_S = 0.1  # between two requests to one environment
_MEMORY = (128e6, 10_240 * 2.0**20)


class ProvisionedConcurrency(Model):
    """Environments kept ready for each version; what exceeds them starts cold."""

    current: int = Field(default=0, ge=0, le=1_000_000, description="for the version in production")
    target: int = Field(default=0, ge=0, le=1_000_000, description="for the version being rolled out")


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
    memory: Bytes | None = Field(default=None, description="of the function, for its bill, as in 512 MB")
    runtime: str | None = Field(default=None, max_length=100, description="tells the cold start unless that is given")
    cold_start: Duration | None = Field(default=None, description="initialisation of a new environment")
    provisioned_concurrency: ProvisionedConcurrency | None = Field(
        default=None, description="environments kept ready for each version"
    )
    lifecycle: Lifecycle = Lifecycle()
    previous_lifecycle: Lifecycle | None = None
    regions: Regions = ()

    @field_validator("current_version", "target_version")
    @classmethod
    def published(cls, version: str) -> str:
        """Weights of an alias need published versions (Lambda guide, aliases)."""
        if version == "$LATEST":
            raise ValueError("an alias shifts between published versions, not $LATEST; write the version's number")
        return version

    @field_validator("memory")
    @classmethod
    def a_size_lambda_has(cls, memory: float | None) -> float | None:
        """Lambda guide, quotas: 128 MB to 10,240 MB."""
        if memory is not None and not _MEMORY[0] <= memory <= _MEMORY[1]:
            raise ValueError("a function's memory lies between 128 MB and 10240 MB")
        return memory

    @field_validator("runtime")
    @classmethod
    def measured(cls, runtime: str | None) -> str | None:
        """Only runtimes whose cold start is known tell it."""
        if runtime is not None and runtime not in COLD_STARTS:
            near = difflib.get_close_matches(runtime, COLD_STARTS, n=1)
            hint = f"did you mean {near[0]}?" if near else f"write one of {', '.join(COLD_STARTS)}, or give cold_start"
            raise ValueError(f"no cold start is known of runtime {quoted(runtime)}; {hint}")
        return runtime

    @model_validator(mode="after")
    def hooks_and_capacity_fit(self) -> Self:
        """Hooks name events that exist here; concurrency and request duration come together."""
        for lifecycle in (self.lifecycle, self.previous_lifecycle):
            if lifecycle is not None:
                lifecycle.check(PLATFORMS[self.platform])
        if (self.concurrency is None) != (self.request_duration is None):
            raise ValueError("concurrency and request_duration give the capacity together; write both or neither")
        if self.request_duration == 0:
            raise ValueError("request_duration is above 0")
        kept = self.provisioned_concurrency
        if kept is not None and self.concurrency is not None and kept.current + kept.target > self.concurrency:
            raise ValueError(
                f"provisioned_concurrency keeps {kept.current + kept.target} environments, more than the function's "
                f"concurrency of {self.concurrency}; write fewer"
            )
        return self

    def initialisation(self, assumed: Distribution) -> Distribution:
        """Cold start of a new environment: its own, else its runtime's, else the one assumed."""
        if self.cold_start is not None:
            return self.cold_start
        if self.runtime is not None:
            p50, p99 = COLD_STARTS[self.runtime]
            return LogNormal(median_value=p50, sigma=math.log(p99 / p50) / _Z99)
        return assumed

    @property
    def starts_cold(self) -> bool:
        """Whether it says something of its environments; else any number of them is taken to be warm."""
        told = (self.cold_start, self.runtime, self.memory, self.provisioned_concurrency)
        return self.concurrency is not None and any(each is not None for each in told)

    @property
    def capacity(self) -> float | None:
        """Requests per second the function's concurrency answers, if stated (Lambda guide, scaling behaviour).

        An environment answers one request at a time, and at most ten a second (Lambda guide, quotas). In several
        regions, of all requests.
        """
        if self.concurrency is None or self.request_duration is None:
            return None
        return takes(self.concurrency / max(self.request_duration, MOST_OFTEN_S), self.regions)
