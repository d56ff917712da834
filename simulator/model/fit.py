"""Whether a strategy can start in its world: AWS's rules that need the service, the strategy and its configuration.

Each check is one rule with one message; a platform's own facts come from `simulator.model.platforms`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from simulator.errors import quoted
from simulator.model.deployment_configuration import MinimumHealthyHosts, ZonalConfiguration
from simulator.model.faults import FAULT_PLATFORMS, Fault
from simulator.model.misfit import MisfitError
from simulator.model.platforms import PLATFORMS
from simulator.model.scenario_fields import ScenarioFields
from simulator.model.service import EcsService, Fleet, LambdaFunction, ServerFleet, WarmUp
from simulator.model.service.targets import targets_each
from simulator.model.stages import check_stages, targets_of
from simulator.model.unsimulated import refuse_unsimulated


def check_fit(world: ScenarioFields) -> None:
    """Refuse a world whose one strategy cannot start in it, or that says what is not simulated.

    Raises
    ------
    MisfitError
        With what to write instead.
    """
    _check_platform(world)
    _check_deployment_type(world)
    _CHECKS[world.service.platform](world)
    _check_ready_wait(world)
    _check_stages(world)
    _check_zonal(world)
    _check_faults(world)
    refuse_unsimulated(world)


def _check_platform(world: ScenarioFields) -> None:
    configuration, facts = world.strategies[0].configuration, PLATFORMS[world.service.platform]
    if configuration.compute_platform != facts.compute_platform:
        raise MisfitError(
            f"configuration {quoted(configuration.name)} is for {configuration.compute_platform}, "
            f"this service is {facts.compute_platform}; `rollsim configs` lists those that fit"
        )


def _check_deployment_type(world: ScenarioFields) -> None:
    facts = PLATFORMS[world.service.platform]
    if world.deployment_type not in facts.deployment_types:
        raise MisfitError(
            f"{facts.noun} deployment is always {facts.deployment_types[0]}; leave deployment_type out",
            "deployment_type",
        )


def _check_ready_wait(world: ScenarioFields) -> None:
    wait, most = world.blue_green.ready.wait, PLATFORMS[world.service.platform].ready_wait_limit
    if world.deployment_type == "blue_green" and wait is not None and 0 < most < wait:
        noun = PLATFORMS[world.service.platform].noun
        raise MisfitError(
            f"blue_green.ready.wait is {wait / 3600:g} h, but {noun} deployment waits to be continued for at "
            f"most {most / 3600:g} h; write less",
            "blue_green",
        )


def _check_stages(world: ScenarioFields) -> None:
    stages = world.strategies[0].stages
    try:
        check_stages(stages, world.service, world.strategies[0].configuration, world.deployment_type)
    except ValueError as error:
        raise MisfitError(str(error), "stages") from error
    known = [alarm.name for alarm in world.alarms]
    for stage in stages:
        missing = next((name for name in stage.gate.watches(world.alarms) if name not in known), None)
        if missing is not None:
            listed = ", ".join(quoted(name) for name in known) or "none"
            said = f"the gate of stage {quoted(stage.name)} looks at {quoted(missing)}, but the alarms are: {listed}"
            raise MisfitError(f"{said}; name one of them, or add it to alarms", "stages")


# ------------------------------------------------------------------------------------------------ servers


def _check_server(world: ScenarioFields) -> None:
    service = world.service
    assert isinstance(service, ServerFleet)
    if world.deployment_type == "blue_green":
        _check_server_blue_green(service)
        if world.blue_green.existing is not None and world.strategies[0].stages and not service.regions:
            said = "blue_green.existing counts the replacements of one group; leave it out of a rollout by groups"
            raise MisfitError(said, "blue_green")
    _check_warm_up(service.fleet.warm_up, service.fleet.capacity, "fleet.capacity")
    hosts = world.strategies[0].configuration.minimum_healthy_hosts
    assert hosts is not None  # a Server configuration has them
    if not world.strategies[0].stages:
        _check_minimum(hosts, service.fleet.size)


def _check_minimum(hosts: MinimumHealthyHosts, size: int) -> None:
    if hosts.required(size) >= size:
        everybody = f"all {size} of the fleet" if size > 1 else "the only host of the fleet"
        remedy = f"write at most {(size - 1) * 100 // size} % or {size - 1} hosts" if size > 1 else ""
        raise MisfitError(
            f"minimum_healthy_hosts {hosts.type} {hosts.value} keeps {everybody} in service, so nothing could start "
            "(CodeDeploy ends such a deployment with HEALTH_CONSTRAINTS_INVALID); "
            f"{remedy or 'use CodeDeployDefault.AllAtOnce'}"
        )


def _check_warm_up(warm_up: WarmUp | None, capacity: float | None, field: str) -> None:
    if warm_up is not None and capacity is None:
        raise MisfitError(
            f"warm_up gives a share of the capacity, which the service does not state; add {field}, what one answers "
            "per second, or take warm_up out",
            "service",
        )


def _check_server_blue_green(service: ServerFleet) -> None:
    if service.fleet.on_premises:
        raise MisfitError(
            "deployment_type: blue/green replaces instances, which on-premises servers are not; write "
            "deployment_type: in_place",
            "deployment_type",
        )
    if service.load_balancer is None:
        raise MisfitError(
            "deployment_type: EC2 blue/green moves traffic at a load balancer, and the service has none; give "
            "load_balancer, or write deployment_type: in_place",
            "deployment_type",
        )


def _check_zonal(world: ScenarioFields) -> None:
    service, strategy = world.service, world.strategies[0]
    if not isinstance(service, ServerFleet):
        return  # a configuration of another platform has no zones
    fleet = service.fleet
    parts = [(strategy.configuration, tuple(range(fleet.size)))]
    if strategy.stages:
        found = zip(strategy.stages, targets_of(strategy.stages, fleet), strict=True)
        parts = [(stage.configuration or strategy.configuration, part) for stage, part in found]
    zonal = [(configuration.zonal, part) for configuration, part in parts if configuration.zonal is not None]
    if not zonal:
        return
    if world.deployment_type != "in_place":
        raise MisfitError("a zonal configuration is for deployments in place; leave zonal out of a blue/green one")
    if fleet.on_premises:
        raise MisfitError("a zonal configuration is for EC2 instances; leave zonal out for on-premises servers")
    for each, part in zonal:
        _check_zones(each, fleet, part)


def _check_zones(zonal: ZonalConfiguration, fleet: Fleet, part: Collection[int]) -> None:
    for zone in range(1, fleet.zones + 1):
        size = sum(target in part for target in fleet.in_zone(zone))
        kept = zonal.minimum_healthy_hosts_per_zone.required(size)
        if size and kept >= size:
            raise MisfitError(
                f"minimum_healthy_hosts_per_zone keeps every host of zone {zone} in service ({kept} of {size}), so "
                f"nothing could start there; write at most HOST_COUNT {size - 1}, or {(size - 1) * 100 // size} %"
            )


# ------------------------------------------------------------------------------------------------ the others


def _check_function(world: ScenarioFields) -> None:
    service = world.service
    assert isinstance(service, LambdaFunction)
    if service.concurrency is not None:
        return
    why = "follow from concurrency and request_duration; write both"
    for field in ("cold_start", "runtime", "memory", "provisioned_concurrency"):
        if getattr(service, field) is not None:
            raise MisfitError(f"{field} is about the function's environments, which {why}", "service")
    if world.dependency is not None:
        raise MisfitError(f"a dependency's connections are held by the function's environments, which {why}", "service")


def _check_task_sets(world: ScenarioFields) -> None:
    service, strategy = world.service, world.strategies[0]
    assert isinstance(service, EcsService)
    _check_warm_up(service.warm_up, service.task.capacity, "task.capacity")
    if service.load_balancer.kind != "network":
        return
    of_stages = (stage.configuration for stage in strategy.stages)
    for configuration in (strategy.configuration, *(each for each in of_stages if each is not None)):
        routing = configuration.traffic_routing
        if routing is not None and routing.type != "AllAtOnce":
            raise MisfitError(
                f"configuration {quoted(configuration.name)} shifts traffic in parts, which a network load balancer "
                "cannot; write configuration: CodeDeployDefault.ECSAllAtOnce, or load_balancer kind: application"
            )


_CHECKS: dict[str, Callable[[ScenarioFields], None]] = {
    "server": _check_server,
    "lambda": _check_function,
    "ecs": _check_task_sets,
}
_LACKS = {"lambda": "servers; a Lambda function has none", "ecs": "servers; an ECS service has none"}


def _check_faults(world: ScenarioFields) -> None:
    for fault in world.faults:
        for complaint in (_fault_elsewhere, _fault_target, _fault_zone, _fault_hook, _fault_alarm):
            said = complaint(world, fault)
            if said is not None:
                raise MisfitError(said, "faults")


def _fault_elsewhere(world: ScenarioFields, fault: Fault) -> str | None:
    platform = world.service.platform
    known = FAULT_PLATFORMS.get(fault.kind, tuple(PLATFORMS))
    return None if platform in known else f"fault {fault.kind} is about {_LACKS[platform]}"


def _fault_target(world: ScenarioFields, fault: Fault) -> str | None:
    service, target = world.service, getattr(fault, "target", None)
    if target is None or not (isinstance(service, ServerFleet) or service.regions):
        return None
    size = targets_each(service) * max(1, len(service.regions))
    if target < size:
        return None
    whose = "the fleet's targets are" if not service.regions else "the targets of all regions, counted through, are"
    return f"a fault names target {target}, but {whose} 0 to {size - 1}"


def _fault_zone(world: ScenarioFields, fault: Fault) -> str | None:
    service, zone = world.service, getattr(fault, "zone", None)
    if isinstance(service, LambdaFunction) or zone is None:
        return None
    whose, zones = ("fleet", service.fleet.zones) if isinstance(service, ServerFleet) else ("service", service.zones)
    if zone <= zones:
        return None
    return f"a fault names zone {zone}, but the {whose}'s zones are 1 to {zones}; write one of them"


def _fault_hook(world: ScenarioFields, fault: Fault) -> str | None:
    hooks, event = world.service.lifecycle.hooks, getattr(fault, "event", None)
    if event is None or event in hooks:
        return None
    return f"a fault names hook {quoted(event)}, but the lifecycle's hooks are: {', '.join(hooks) or 'none'}; name one"


def _fault_alarm(world: ScenarioFields, fault: Fault) -> str | None:
    alarm, names = getattr(fault, "alarm", None), [alarm.name for alarm in world.alarms]
    if fault.kind == "alarm_already_up" and alarm is None and not any(each.watched for each in world.alarms):
        return "fault alarm_already_up needs an alarm that CodeDeploy watches, and there is none; add it to alarms"
    if alarm is None or alarm in names:
        return None
    known = ", ".join(quoted(name) for name in names) or "none"
    return f"a fault names alarm {quoted(alarm)}, but the alarms are: {known}; name one"
