"""What a scenario file says: the world, and the strategies to compare in it.

The one thing a newcomer would get wrong: nothing here asks whether a strategy fits its world. Rules of fit stand on
these fields, and `Scenario` (`simulator.model.scenario`) on both.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import Field, SerializerFunctionWrapHandler, ValidationInfo, model_serializer, model_validator

from simulator.errors import quoted
from simulator.model.alarm import Alarm
from simulator.model.assumptions import TABLE
from simulator.model.base import Model
from simulator.model.blue_green import BlueGreen
from simulator.model.context import (
    Change,
    Decision,
    Dependency,
    People,
    Prices,
    ServiceLevelObjective,
    Start,
    Traffic,
)
from simulator.model.deployment_configuration import DeploymentConfiguration, predefined
from simulator.model.distribution import Distribution
from simulator.model.overlay import plain
from simulator.model.platforms import PLATFORMS, DeploymentType
from simulator.model.quantity import Seconds, units_required
from simulator.model.release import Fault, Revision
from simulator.model.service import AnyService
from simulator.model.stages import AfterFailure, Stage

RollbackEvent = Literal["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"]
_OWN_FIELDS = ("name", "configuration", "deployment_type", "stages", "after_failure", "current", "why")


class Rollback(Model):
    """Automatic rollback; nothing is rolled back unless its event is listed (user guide, rollbacks)."""

    events: tuple[RollbackEvent, ...] = ()


class Strategy(Model):
    """One way to roll out: its deployment configuration, and an overlay on the rest of the scenario."""

    name: str = Field(min_length=1, max_length=10_000)
    configuration: DeploymentConfiguration
    deployment_type: DeploymentType | None = Field(
        default=None, description="left out, in_place on servers and blue_green on Lambda and ECS"
    )
    stages: tuple[Stage, ...] = Field(
        default=(), max_length=100, description="deployments one after the other, each with its part, bake and gate"
    )
    after_failure: AfterFailure = Field(default=AfterFailure(), description="what happens when a stage fails")
    current: bool = False
    why: str | None = Field(default=None, max_length=2000)
    overlay: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def split_overlay(cls, value: Any) -> Any:
        """Fields of the scenario that stand in a strategy are its overlay; a name picks a predefined configuration."""
        if not isinstance(value, Mapping):
            return value
        own = {key: item for key, item in value.items() if key in _OWN_FIELDS}
        overlay = dict(value.get("overlay", {}))
        for key, item in value.items():
            if key in _OWN_FIELDS or key == "overlay":
                continue
            if key not in OVERLAY_FIELDS:
                near = difflib.get_close_matches(str(key), (*_OWN_FIELDS, *OVERLAY_FIELDS), n=1)
                hint = f"; did you mean '{near[0]}'?" if near else ""
                raise ValueError(f"unknown field {quoted(key)}{hint}")
            overlay[key] = item
        if isinstance(own.get("configuration"), str):
            own["configuration"] = predefined(own["configuration"])
        return {**own, "overlay": overlay}

    @model_serializer(mode="wrap")
    def flat(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Write the overlay beside the strategy's own fields, as it is read."""
        own: dict[str, Any] = handler(self)
        own.pop("overlay", None)
        return {**own, **plain(self.overlay)}


class ScenarioFields(Model):
    """What a scenario says, and what follows from it without running anything."""

    name: str = Field(min_length=1, max_length=10_000)
    teaches: str | None = Field(default=None, max_length=2000)
    service: AnyService
    traffic: Traffic
    start: Start = Start()
    revision: Revision = Revision()
    alarms: tuple[Alarm, ...] = Field(default=(), max_length=50)
    rollback: Rollback = Rollback()
    blue_green: BlueGreen = Field(default=BlueGreen(), description="options of blue/green deployments")
    ignore_application_stop_failures: bool = Field(
        default=False, description="whether a failing ApplicationStop or block hook leaves a server in the deployment"
    )
    faults: tuple[Fault, ...] = Field(default=(), max_length=200)
    dependency: Dependency | None = Field(default=None, description="something with a limit behind the service")
    people: People | None = People()
    slo: ServiceLevelObjective = ServiceLevelObjective()
    prices: Prices = Prices()
    decision: Decision = Decision()
    change: Change = Change()
    horizon: Seconds = 86_400.0
    assumptions: dict[str, Any] = Field(default_factory=dict)
    strategies: tuple[Strategy, ...] = Field(min_length=1, max_length=100)

    @model_validator(mode="before")
    @classmethod
    def readable_assumptions(cls, value: Any, info: ValidationInfo) -> Any:
        """Assumptions are read with the unit of the one they replace."""
        if isinstance(value, Mapping) and isinstance(value.get("assumptions"), Mapping):
            parsed = {}
            for key, item in value["assumptions"].items():
                if key not in TABLE:
                    near = difflib.get_close_matches(str(key), TABLE, n=1)
                    hint = f"; did you mean '{near[0]}'?" if near else f"; write one of {', '.join(TABLE)}"
                    raise ValueError(f"unknown assumption {quoted(key)}{hint}")
                parsed[key] = TABLE[key].parse(item, units_required(info))
            return {**value, "assumptions": parsed}
        return value

    @model_validator(mode="after")
    def strategies_fit(self) -> Self:
        """Names differ, one at most is current, configurations fit the platform and leave somebody to update."""
        called = {
            "strategies": [strategy.name for strategy in self.strategies],
            "alarms": [alarm.name for alarm in self.alarms],  # unique in an account and region (PutMetricAlarm)
        }
        for what, names in called.items():
            for name in names:
                if names.count(name) > 1:
                    raise ValueError(f"two {what} are called {quoted(name)}; give each a name of its own")
        if sum(strategy.current for strategy in self.strategies) > 1:
            raise ValueError("more than one strategy is marked current; one is today's practice")
        return self

    @model_serializer(mode="wrap")
    def with_readable_assumptions(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Write assumptions the way a person gives them."""
        written: dict[str, Any] = handler(self)
        written["assumptions"] = {key: TABLE[key].write(item) for key, item in self.assumptions.items()}
        return written

    @property
    def current_strategy(self) -> str:
        """Name of today's practice: the strategy marked current, else the first."""
        for strategy in self.strategies:
            if strategy.current:
                return strategy.name
        return self.strategies[0].name

    @property
    def deployment_type(self) -> DeploymentType:
        """Of the first strategy, in a world the only one: its own, else what its platform does when none is named."""
        return self.strategies[0].deployment_type or PLATFORMS[self.service.platform].deployment_types[0]

    @property
    def ready_wait(self) -> float:
        """Longest wait for a blue/green deployment to be continued, in seconds."""
        wait = self.blue_green.ready.wait
        return self._assumed_seconds("ready_wait") if wait is None else wait

    @property
    def termination_wait(self) -> float:
        """Wait between traffic leaving the originals and their termination, in seconds."""
        wait = self.blue_green.originals.wait
        return self._assumed_seconds("termination_wait") if wait is None else wait

    def _assumed_seconds(self, name: str) -> float:
        value = self.assumed(name)
        assert isinstance(value, float)  # the table has a plain duration there
        return value

    def strategy(self, name: str) -> Strategy:
        """Return the strategy of this name.

        Raises
        ------
        ValueError
            When there is none; names those there are.
        """
        for strategy in self.strategies:
            if strategy.name == name:
                return strategy
        known = ", ".join(quoted(strategy.name) for strategy in self.strategies)
        raise ValueError(f"no strategy is called {quoted(name)}; the scenario has {known}")

    def assumed(self, name: str) -> str | float | Distribution:
        """Value of an assumption in this scenario: its own, else the default of the table."""
        if name in self.assumptions:
            value: str | float | Distribution = self.assumptions[name]
            return value
        return TABLE[name].value


OVERLAY_FIELDS = tuple(field for field in ScenarioFields.model_fields if field not in ("name", "teaches", "strategies"))
