"""Hooks and durations of an update, by lifecycle event.

Source: CodeDeploy user guide, "AppSpec hooks section" and "Limits".
"""

from __future__ import annotations

import difflib
from typing import Self

from pydantic import Field, field_validator, model_validator

from simulator.errors import quoted
from simulator.model.base import Model
from simulator.model.distribution import Duration
from simulator.model.platforms import PLATFORMS, PlatformFacts
from simulator.model.quantity import Fraction, Seconds

SERVER_EVENTS, SERVER_MANAGED = PLATFORMS["server"].events, PLATFORMS["server"].managed
LAMBDA_EVENTS, LAMBDA_MANAGED = PLATFORMS["lambda"].events, PLATFORMS["lambda"].managed
ECS_EVENTS, ECS_MANAGED = PLATFORMS["ecs"].events, PLATFORMS["ecs"].managed
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

    def check(self, facts: PlatformFacts) -> None:
        """Refuse events that a deployment on this platform does not have, and hooks on CodeDeploy's own.

        Raises
        ------
        ValueError
            With what to write instead.
        """
        for name in (*self.hooks, *self.durations):
            if name not in facts.events:
                near = difflib.get_close_matches(name, facts.events, n=1)
                hint = f"did you mean {near[0]}?" if near else f"write one of {', '.join(facts.events)}"
                raise ValueError(f"{facts.noun} deployment has no event {quoted(name)}; {hint}")
        for name in self.hooks:
            if name in facts.managed:
                raise ValueError(f"{name} is CodeDeploy's own event and takes no hook; give its time under durations")
