"""A strategy in stages: one deployment after the other, each with its part of the service, its bake and its gate.

The one thing a newcomer would get wrong: every stage is a deployment of its own, with its own minimum of healthy
hosts. What was deployed before is no part of it, so a way back reaches finished stages only if somebody says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from simulator.errors import quoted
from simulator.model.alarm import Alarm
from simulator.model.base import Model
from simulator.model.deployment_configuration import DeploymentConfiguration, predefined
from simulator.model.platforms import DeploymentType
from simulator.model.quantity import Fraction, Seconds
from simulator.model.service import AnyService, Fleet, ServerFleet

_PARTS = ("hosts", "share", "zone", "group", "region", "rest")
_FORM = "hosts: 1, share: 10 %, zone: 1, group: name, region: name, or rest: true"


class Gate(Model):
    """What has to be quiet throughout a bake, or at its end, for the next stage to begin."""

    alarms: tuple[str, ...] | None = Field(
        default=None, max_length=50, description="names of alarms; left out, all that CodeDeploy watches"
    )
    looks: Literal["throughout", "at_end"] = Field(
        default="throughout",
        description="whether an alarm that goes up during the bake ends it at once, or only counts if up at its end",
    )

    def watches(self, alarms: Sequence[Alarm]) -> tuple[str, ...]:
        """Names of the alarms that this gate looks at."""
        return tuple(alarm.name for alarm in alarms if alarm.watched) if self.alarms is None else self.alarms


class Stage(Model):
    """One deployment of a rollout in stages."""

    name: str = Field(min_length=1, max_length=100)
    hosts: int | None = Field(default=None, ge=1, description="so many hosts that no stage before had")
    share: Fraction | None = Field(default=None, gt=0, description="of the fleet, from those no stage before had")
    zone: int | None = Field(default=None, ge=1, le=10, description="hosts of this zone, counted from 1")
    group: str | None = Field(
        default=None, max_length=100, description="all hosts of this deployment group, also those it shares with others"
    )
    region: str | None = Field(default=None, max_length=100, description="the whole service in this region")
    rest: bool = Field(default=False, description="all that no stage before had")
    configuration: DeploymentConfiguration | None = Field(
        default=None, description="deployment configuration of this stage; left out, the strategy's"
    )
    bake: Seconds = Field(default=0.0, description="wait after the deployment, while alarms are watched")
    gate: Gate = Field(default=Gate(), description="what has to be quiet at the end of the bake")
    together: bool = Field(default=False, description="whether it begins together with the stage before it")

    @model_validator(mode="before")
    @classmethod
    def configuration_by_name(cls, value: Any) -> Any:
        """A name picks a predefined configuration."""
        if isinstance(value, Mapping) and isinstance(value.get("configuration"), str):
            return {**value, "configuration": predefined(value["configuration"])}
        return value

    @model_validator(mode="after")
    def one_part(self) -> Self:
        """Exactly one way to say which part of the service it is."""
        given = [part for part in _PARTS if getattr(self, part) not in (None, False)]
        if len(given) != 1:
            said = " and ".join(given) if given else "no part of the service"
            raise ValueError(f"stage {quoted(self.name)} names {said}; write one of {_FORM}")
        return self


class AfterFailure(Model):
    """What people or the pipeline do when a stage fails."""

    finished_stages: Literal["roll_back", "leave"] = Field(
        default="leave", description="whether stages that had succeeded go back to the previous revision too"
    )


def targets_of(stages: Sequence[Stage], fleet: Fleet) -> tuple[tuple[int, ...], ...]:
    """Targets of the fleet that each stage deploys to: those that none before it had, except in a deployment group.

    Shares are counted together and rounded up, so that stages of 10 % each reach everybody once. A deployment to a
    group is one to all its hosts, so that groups which share hosts deploy to those twice. A stage of a region has the
    whole fleet.

    >>> [len(part) for part in targets_of((Stage(name="a", share=0.1), Stage(name="b", rest=True)), Fleet(size=15))]
    [2, 13]
    """
    taken: set[int] = set()
    parts, shares, by_share = [], 0.0, 0
    for stage in stages:
        free = [target for target in range(fleet.size) if target not in taken]
        if stage.region is not None:
            parts.append(tuple(range(fleet.size)))
            continue
        if stage.zone is not None:
            found = [target for target in fleet.in_zone(stage.zone) if target not in taken]
        elif stage.group is not None:
            found = list(fleet.members(stage.group))
        elif stage.share is not None:
            shares += stage.share
            upto = min(fleet.size, -int(-(shares * fleet.size - 1e-9) // 1))
            found, by_share = free[: upto - by_share], upto
        else:
            found = free[: stage.hosts] if stage.hosts is not None else free
        taken.update(found)
        parts.append(tuple(found))
    return tuple(parts)


def least_in_service(stages: Sequence[Stage], fleet: Fleet, configuration: DeploymentConfiguration) -> int:
    """Fewest hosts that a rollout leaves in service: all that it does not deploy to just then, and its own minimum.

    Stages leave those of the others; of stages by region, fewest of one region: the others' hosts answer none of its
    requests. Hosts that do not serve before it begins are not there to be left.

    >>> from simulator.model.deployment_configuration import predefined
    >>> half = predefined("CodeDeployDefault.HalfAtATime")
    >>> least_in_service((Stage(name="a", hosts=4), Stage(name="b", rest=True)), Fleet(size=15), half)
    10
    >>> least_in_service((), Fleet(size=15), half)
    8
    """
    if not stages:
        hosts = configuration.minimum_healthy_hosts
        return min(fleet.serving, 0 if hosts is None else hosts.required(fleet.size))
    out, most = 0, 0
    for stage, part in zip(stages, targets_of(stages, fleet), strict=True):
        hosts = (stage.configuration or configuration).minimum_healthy_hosts
        kept = 0 if hosts is None else hosts.required(len(part))
        out = len(part) - kept + (out if stage.together and stage.region is None else 0)
        most = max(most, out)
    return min(fleet.serving, max(0, fleet.size - most))


def _hosts(count: int) -> str:
    return f"{count} host{'' if count == 1 else 's'}"


def check_stages(
    stages: Sequence[Stage],
    service: AnyService,
    configuration: DeploymentConfiguration,
    deployment_type: DeploymentType = "in_place",
) -> None:
    """Refuse stages that do not fit the service: unknown parts, empty ones, or hosts that none reaches.

    Raises
    ------
    ValueError
        With what to write instead.
    """
    _check_order(stages)
    for stage in stages:
        own = stage.configuration
        if own is not None and own.compute_platform != configuration.compute_platform:
            raise ValueError(
                f"configuration of stage {quoted(stage.name)} is for {own.compute_platform}, this service is "
                f"{configuration.compute_platform}; `rollsim configs` lists those that fit"
            )
    if stages and (service.regions or any(stage.region is not None for stage in stages)):
        _check_regions(stages, [region.name for region in service.regions])
        if isinstance(service, ServerFleet):
            for stage in stages:
                _check_somebody_starts(stage, range(service.fleet.size), configuration)
    elif isinstance(service, ServerFleet):
        if deployment_type == "blue_green":
            _check_replaced(stages, service.fleet)
        _check_hosts(stages, service.fleet, configuration)
    elif stages:
        raise ValueError(
            f"stage {quoted(stages[0].name)} is about hosts, of which this service has none; stages of a Lambda "
            "function or an ECS service go by region"
        )


def _check_order(stages: Sequence[Stage]) -> None:
    names = [stage.name for stage in stages]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"two stages are called {quoted(name)}; give each a name of its own")
    if stages and stages[0].together:
        raise ValueError(f"stage {quoted(stages[0].name)} is the first, so it begins with no other; take together out")
    for before, stage in pairwise(stages):
        if stage.together and stage.group is not None and stage.group == before.group:
            raise ValueError(
                f"stages {quoted(before.name)} and {quoted(stage.name)} deploy to group {quoted(stage.group)} at once, "
                "but CodeDeploy has one deployment of a group at a time; take together out"
            )


def _check_regions(stages: Sequence[Stage], known: list[str]) -> None:
    named = [stage.region for stage in stages]
    for stage in stages:
        if stage.region is None:
            why = "others have" if any(named) else "the service has several"
            raise ValueError(
                f"stage {quoted(stage.name)} has no region, and {why}; write region: on every stage, each naming one "
                f"of service.regions ({', '.join(known) or 'none'})"
            )
        if stage.region not in known:
            listed = ", ".join(known) or "none"
            raise ValueError(
                f"stage {quoted(stage.name)} names region {quoted(stage.region)}, but service.regions has: {listed}; "
                "name one of them or add it there"
            )
        if named.count(stage.region) > 1:
            raise ValueError(f"two stages have region {quoted(stage.region)}; write each region once")
    missing = [name for name in known if name not in named]
    if missing:
        raise ValueError(f"no stage has region {quoted(missing[0])}; add one")


def _check_replaced(stages: Sequence[Stage], fleet: Fleet) -> None:
    """A blue/green deployment replaces all instances of its deployment group, so a part of one makes no stage."""
    taken: dict[int, str] = {}
    for stage in stages:
        if stage.group is None:
            part = next(part for part in _PARTS if getattr(stage, part) not in (None, False))
            raise ValueError(
                f"stage {quoted(stage.name)} goes by {part}, but a blue/green deployment replaces a whole deployment "
                "group; write group: on every stage and the groups in fleet.groups, or deployment_type: in_place"
            )
        if stage.group not in [group.name for group in fleet.groups]:
            continue  # told by what checks the names
        if [each.group for each in stages].count(stage.group) > 1:
            raise ValueError(f"two stages replace group {quoted(stage.group)}; write each group once")
        for host in fleet.members(stage.group):
            if host in taken:
                raise ValueError(
                    f"groups {quoted(taken[host])} and {quoted(stage.group)} share host {host}, and both would "
                    "replace it; give each host one group, or write deployment_type: in_place"
                )
            taken[host] = stage.group


def _check_hosts(stages: Sequence[Stage], fleet: Fleet, configuration: DeploymentConfiguration) -> None:
    groups = [group.name for group in fleet.groups]
    for stage in stages:
        if stage.zone is not None and stage.zone > fleet.zones:
            raise ValueError(
                f"stage {quoted(stage.name)} names zone {stage.zone}, but the fleet's zones are 1 to {fleet.zones}; "
                "write one of them"
            )
        if stage.group is not None and stage.group not in groups:
            listed = ", ".join(groups) or "none"
            raise ValueError(
                f"stage {quoted(stage.name)} names group {quoted(stage.group)}, but fleet.groups has: {listed}; "
                "name one of them or add it there"
            )
    reached: set[int] = set()
    for stage, part in zip(stages, targets_of(stages, fleet), strict=True):
        reached.update(part)
        if not part or (stage.hosts is not None and len(part) < stage.hosts):
            raise ValueError(
                f"stage {quoted(stage.name)} finds {_hosts(len(part))} that no stage before it had; the fleet has "
                f"{fleet.size}, write fewer in the stages or take this one out"
            )
        _check_somebody_starts(stage, part, configuration)
    if stages and len(reached) < fleet.size:
        raise ValueError(
            f"the stages reach {len(reached)} of {fleet.size} hosts; add a stage such as {{name: rest, rest: true}}"
        )


def _check_somebody_starts(stage: Stage, part: Sequence[int], configuration: DeploymentConfiguration) -> None:
    hosts = (stage.configuration or configuration).minimum_healthy_hosts
    if hosts is not None and hosts.required(len(part)) >= len(part):
        raise ValueError(
            f"stage {quoted(stage.name)} has {_hosts(len(part))} and keeps {hosts.required(len(part))} of them in "
            "service, so nothing could start; write configuration: CodeDeployDefault.AllAtOnce on it, or more hosts"
        )
