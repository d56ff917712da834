"""The world and the strategies to compare in it.

The one thing a newcomer would get wrong: a strategy is a choice *and* an overlay on any other field, so
"with and without this alarm" is two strategies. `Scenario.under` gives the world one strategy meets.
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
from simulator.model.context import (
    Change,
    Decision,
    People,
    Prices,
    ServiceLevelObjective,
    Start,
    Traffic,
)
from simulator.model.deployment_configuration import DeploymentConfiguration, predefined
from simulator.model.distribution import Distribution
from simulator.model.quantity import Seconds, units_required
from simulator.model.release import Fault, Revision
from simulator.model.service import AnyService, LambdaFunction, ServerFleet

RollbackEvent = Literal["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"]
_OWN_FIELDS = ("name", "configuration", "deployment_type", "current", "why")


class Rollback(Model):
    """Automatic rollback; nothing is rolled back unless its event is listed (user guide, rollbacks)."""

    events: tuple[RollbackEvent, ...] = ()


class Strategy(Model):
    """One way to roll out: its deployment configuration, and an overlay on the rest of the scenario."""

    name: str = Field(min_length=1, max_length=10_000)
    configuration: DeploymentConfiguration
    deployment_type: Literal["in_place", "blue_green"] | None = None
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
        return {**own, **_plain(self.overlay)}


class Scenario(Model):
    """A rollout to forecast, and the strategies to compare."""

    name: str = Field(min_length=1, max_length=10_000)
    teaches: str | None = Field(default=None, max_length=2000)
    service: AnyService
    traffic: Traffic
    start: Start = Start()
    revision: Revision = Revision()
    alarms: tuple[Alarm, ...] = Field(default=(), max_length=50)
    rollback: Rollback = Rollback()
    faults: tuple[Fault, ...] = Field(default=(), max_length=200)
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
        names = [strategy.name for strategy in self.strategies]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two strategies are called {quoted(name)}; give each a name of its own")
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

    def under(self, name: str, context: dict[str, Any] | None = None) -> Scenario:
        """The world that one strategy meets: this scenario with its overlay applied and no other strategy.

        Parameters
        ----------
        name : str
            Of the strategy.
        context : dict, optional
            Validation context; scenario files pass ``{"units": "required"}``.

        Raises
        ------
        pydantic.ValidationError
            When the overlay does not fit, or the configuration does not fit the world.
        """
        strategy = self.strategy(name)
        alone = strategy.model_copy(update={"overlay": {}})
        if strategy.overlay:
            fields = {field: getattr(self, field) for field in self.model_fields_set - {"strategies"}}
            written = self.model_dump(mode="json", exclude_unset=True, include={*strategy.overlay, "assumptions"})
            fields["assumptions"] = written["assumptions"]
            for key, item in strategy.overlay.items():
                fields[key] = merged(getattr(self, key, None), item, written.get(key))
            world = Scenario.model_validate({**fields, "strategies": (alone,)}, context=context)
        else:
            world = self.model_copy(update={"strategies": (alone,)})
        check_fit(world)
        return world


OVERLAY_FIELDS = tuple(field for field in Scenario.model_fields if field not in ("name", "teaches", "strategies"))


def check_fit(world: Scenario) -> None:
    """Refuse a world whose one strategy cannot start in it.

    Raises
    ------
    ValueError
        With what to write instead.
    """
    service, strategy = world.service, world.strategies[0]
    configuration = strategy.configuration
    platform = "Server" if isinstance(service, ServerFleet) else "Lambda"
    if configuration.compute_platform != platform:
        raise ValueError(
            f"configuration {quoted(configuration.name)} is for {configuration.compute_platform}, "
            f"this service is {platform}; `rollsim configs` lists those that fit"
        )
    if isinstance(service, LambdaFunction):
        _check_lambda(world, strategy)
    else:
        _check_server(service, strategy)
    _check_faults(world)


def _check_lambda(world: Scenario, strategy: Strategy) -> None:
    if strategy.deployment_type == "in_place":
        raise ValueError("a Lambda deployment is always blue_green; leave deployment_type out")


def _check_server(service: ServerFleet, strategy: Strategy) -> None:
    if strategy.deployment_type == "blue_green":
        raise ValueError("EC2 blue/green is not modelled in this version; write deployment_type: in_place")
    configuration = strategy.configuration
    if configuration.zonal is not None:
        raise ValueError("a zonal configuration is not simulated in this version; leave zonal out")
    hosts = configuration.minimum_healthy_hosts
    assert hosts is not None  # a Server configuration has them
    size = service.fleet.size
    if hosts.required(size) >= size:
        otherwise = ", or use CodeDeployDefault.AllAtOnce" if size == 1 else ""
        raise ValueError(
            f"minimum_healthy_hosts {hosts.type} {hosts.value} keeps all {size} of the fleet in service, so nothing "
            f"could start (CodeDeploy ends such a deployment with HEALTH_CONSTRAINTS_INVALID); write at most "
            f"{(size - 1) * 100 // size} % or {size - 1} hosts{otherwise}"
        )


def _check_faults(world: Scenario) -> None:
    service = world.service
    for fault in world.faults:
        target = getattr(fault, "target", None)
        if isinstance(service, ServerFleet):
            if target is not None and target >= service.fleet.size:
                raise ValueError(
                    f"a fault names target {target}, but the fleet's targets are 0 to {service.fleet.size - 1}"
                )
        elif fault.kind in ("instance_crash", "download_failure"):
            raise ValueError(f"fault {fault.kind} is about servers; a Lambda function has none")
        event = getattr(fault, "event", None)
        if event is not None and event not in service.lifecycle.hooks:
            known = ", ".join(service.lifecycle.hooks) or "none"
            raise ValueError(f"a fault names hook {quoted(event)}, but the lifecycle's hooks are: {known}; name one")


def merged(base: Any, overlay: Any, written: Any = None) -> Any:
    """Lay an overlay over a value: mappings field by field, everything else replaced whole.

    `written` is the value as a file would have it, so that what stays keeps its unit.
    """
    if not isinstance(overlay, Mapping) or not isinstance(base, Model | Mapping) or isinstance(base, Distribution):
        return overlay
    written = _plain(base) if written is None else written
    for tag in ("platform", "kind"):
        # Another platform is another service: its fields replace, they do not mix.
        if isinstance(base, Model) and tag in overlay and overlay[tag] != getattr(base, tag, None):
            return overlay
    fields = dict(written)
    if isinstance(base, ServerFleet | LambdaFunction):
        fields["platform"] = base.platform
    for key, item in overlay.items():
        here = getattr(base, key, None) if isinstance(base, Model) else base.get(key)
        fields[key] = merged(here, item, fields.get(key, {} if isinstance(here, Mapping | Model) else None))
    return fields


def _plain(value: Any) -> Any:
    if isinstance(value, Model):
        return value.model_dump(mode="json", exclude_unset=True)
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
