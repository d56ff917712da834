"""What a scenario is free to say but probably does not mean; never stops anything.

Each piece of advice is one sentence with its remedy, told once even if several strategies earn it. What is written
out as none, such as `faults: []` or `probes: 0`, is meant so.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from simulator import units
from simulator.errors import quoted
from simulator.importers.places import Map, Path, place_of
from simulator.model.alarm import Alarm
from simulator.model.release import Errors, Slow
from simulator.model.scenario import Scenario
from simulator.model.scenario_fields import Strategy
from simulator.model.service import AnyService, EcsService, HealthCheck, LambdaFunction, ServerFleet
from simulator.model.stages import least_in_service
from simulator.model.traffic import DAY_S
from simulator.rules import limits, telemetry, traffic_shift
from simulator.rules.detection import earliest_stop
from simulator.scenario.checking import UNITS_REQUIRED
from simulator.scenario.findings import Findings
from simulator.scenario.foretelling import foretold, in_place_lasts
from simulator.scenario.in_vain import in_vain, in_vain_under, metrics_of

# What the model takes at most; beyond it, more of them is no remedy.
_LARGEST_FLEET, _LARGEST_CONCURRENCY, _LARGEST_SERVICE = 100_000, 1_000_000, 5000
_RECEIVERS = {"server": "fleet", "lambda": "function", "ecs": "service"}
_CAPACITY_FIELDS = {
    "server": "fleet.capacity",
    "lambda": "concurrency and request_duration",
    "ecs": "task.capacity",
}


class Advice(NamedTuple):
    """One sentence, and the field it is about."""

    path: Path
    message: str


def advise(scenario: Scenario, root: Map, findings: Findings) -> None:
    """Add advice about a scenario that can be run.

    Parameters
    ----------
    scenario : Scenario
        As loaded.
    root : Map
        The file's data, which knows the lines.
    findings : Findings
        Where advice goes.
    """
    told: set[str] = set()
    pieces = [*_about_the_world(scenario), *(Advice(*piece) for piece in in_vain(scenario))]
    for index, strategy in enumerate(scenario.strategies):
        world = scenario.under(strategy.name, UNITS_REQUIRED)
        overlaid = set(strategy.overlay)
        for piece in (*_about_demand(world), *_about_alarms(world), *_about_the_strategy(world, strategy)):
            here: Path = ("strategies", index)
            own = piece.path[:1] == ("configuration",) or bool(overlaid & set(piece.path[:1]))
            pieces.append(Advice((*here, *piece.path) if own else piece.path, piece.message))
    for path, message in pieces:
        if message not in told:
            told.add(message)
            place = place_of(root, path, key=True) or root.place
            findings.add(place, message, path, severity="advice")


def _about_the_world(scenario: Scenario) -> Iterator[Advice]:
    service = scenario.service
    if service.capacity is None:
        field = _CAPACITY_FIELDS[service.platform]
        yield Advice(("service",), f"no capacity is stated, so no strategy can run short of it; write {field}")
    if scenario.slo.objective is None:
        yield Advice((), "no objective is stated, so no error budget is counted; write slo: {objective: 99.9 %}")
    for index, fault in enumerate(scenario.faults):
        balancer = service.load_balancer if isinstance(service, ServerFleet) else True
        at_once = isinstance(service, EcsService) and any(
            strategy.configuration.name.endswith("AllAtOnce") for strategy in scenario.strategies
        )
        if fault.kind == "health_check_failure" and at_once:
            said = (
                "all at once, ECS stops and replaces tasks that fail their checks, again and again, which is not "
                "simulated: no user is harmed here, as their target group fails open; watch UnHealthyHostCount"
            )
            yield Advice(("faults", index), said)
        if fault.kind == "health_check_failure" and balancer is None:
            said = "without a load_balancer there is no health check to fail; give one, or take this fault out"
            yield Advice(("faults", index), said)
    if not scenario.faults and "faults" not in scenario.model_fields_set:
        yield Advice((), "nothing goes wrong but the revision itself; list faults, such as a hook_failure")
    timed, hooks = service.lifecycle.durations, service.lifecycle.hooks.values()
    untimed = [event for event in service.lifecycle.hooks if event not in timed]
    if untimed:
        yield Advice(
            ("service", "lifecycle"),
            f"no duration is given for {', '.join(untimed)}, so assumed ones are taken; write them under durations",
        )
    for index, defect in enumerate(scenario.revision.defects):
        if (isinstance(defect, Errors) and defect.share.fixed == 0) or (
            isinstance(defect, Slow) and defect.factor.fixed is not None and defect.factor.fixed <= 1
        ):
            yield Advice(
                ("revision", "defects", index),
                "this defect harms nothing, yet its releases count as bad and stay in production; write a larger one",
            )
    has_errors = scenario.revision.bad > 0 and any(isinstance(one, Errors) for one in scenario.revision.defects)
    if has_errors and not any("probes" in hook.model_fields_set for hook in (*hooks, *_health_check(service))):
        yield Advice(
            ("service", "lifecycle"),
            "health checks and hooks without probes see a crash alone, not errors; write probes: 20 on "
            "a hook that makes requests",
        )


def _health_check(service: AnyService) -> tuple[HealthCheck, ...]:
    balancer = None if isinstance(service, LambdaFunction) else service.load_balancer
    return () if balancer is None else (balancer.health_check,)


# ------------------------------------------------------------------------------------------------ demand


def _about_demand(world: Scenario) -> Iterator[Advice]:
    service, peak = world.service, _peak(world)
    if peak == 0:
        yield Advice(("traffic", "rate"), "no traffic, so no user can be harmed; compare durations only")
    if _overloaded(world):
        who = _RECEIVERS[service.platform]
        yield Advice(
            ("traffic", "rate"),
            f"the {who} answers {service.capacity:g}/s and traffic peaks at {peak:g}/s before any deployment; every "
            f"figure is on top of that overload; {_more_capacity(service, peak)}",
        )


def _peak(world: Scenario) -> float:
    return max(rate for _, rate in world.traffic.steps())


def _overloaded(world: Scenario) -> bool:
    capacity = world.service.capacity
    return capacity is not None and capacity < _peak(world)


def _needed(peak: float, each: float, most: int) -> int | None:
    """How many of a thing it takes to answer the peak; None when no number up to `most` does.

    >>> _needed(900.0, 60.0, 100), _needed(900.0, 0.0, 100), _needed(6001.0, 60.0, 100)
    (15, None, None)
    """
    return math.ceil(peak / each) if 0 < peak <= each * most else None


def _more_capacity(service: AnyService, peak: float) -> str:
    away = service.fleet.size - service.fleet.serving if isinstance(service, ServerFleet) else 0
    if isinstance(service, ServerFleet):
        field, checked, each, most = "fleet.size", "fleet.capacity", service.fleet.capacity or 0.0, _LARGEST_FLEET
    elif isinstance(service, EcsService):
        field, checked, each, most = "tasks", "task.capacity", service.task.capacity or 0.0, _LARGEST_SERVICE
    else:
        field, checked, most = "concurrency", "request_duration", _LARGEST_CONCURRENCY
        each = 1 / service.request_duration if service.request_duration else 0.0
    enough = _needed(peak * max((region.share for region in service.regions), default=1.0), each, most)
    return f"check {checked}" if enough is None else f"raise {field} to {enough + away} or check {checked}"


# ------------------------------------------------------------------------------------------------ alarms


def _about_alarms(world: Scenario) -> Iterator[Advice]:
    events = world.rollback.events
    watched = [alarm for alarm in world.alarms if alarm.watched]
    if not world.alarms and "DEPLOYMENT_STOP_ON_ALARM" in events:
        yield Advice(
            ("alarms",) if "alarms" in world.model_fields_set else ("rollback",),
            "no alarm is given, so none can stop this rollout; list one under alarms",
        )
    if world.alarms and not watched:
        said = "no alarm is watched, so none stops a deployment; write watched: true on one"
        yield Advice(("alarms",), said)
    if watched and "DEPLOYMENT_STOP_ON_ALARM" not in events:
        yield Advice(
            ("rollback",) if "rollback" in world.model_fields_set else ("alarms",),
            "an alarm stops the deployment but nothing rolls it back; add DEPLOYMENT_STOP_ON_ALARM to rollback.events",
        )
    elif not events:
        yield Advice((), "nothing is rolled back by itself; write rollback: {events: [DEPLOYMENT_FAILURE]}")
    if len(watched) > limits.ALARMS_PER_GROUP_API:
        most = limits.ALARMS_PER_GROUP_API
        yield Advice(("alarms",), f"the API takes {most} alarms for a deployment group; watch the {most} that matter")
    for index, alarm in enumerate(world.alarms):
        if alarm.state == "ALARM" and alarm.watched and _produced(alarm, world):
            yield Advice(
                ("alarms", index),
                f"alarm {quoted(alarm.name)} was recorded in ALARM, in which CodeDeploy would stop the deployment at "
                "once; the simulation starts from a quiet service, so see to the alarm first",
            )
        if not _produced(alarm, world):
            yield Advice(
                ("alarms", index),
                f"alarm {quoted(alarm.name)} is on something that is not simulated and keeps its state "
                f"{alarm.state}; {_remedy(alarm, world)}",
            )
    if watched and not any(_produced(alarm, world) for alarm in watched):
        yield Advice(
            ("alarms",),
            "no watched alarm is on a metric the simulation produces, so none will fire; watch one that is",
        )


def _produced(alarm: Alarm, world: Scenario) -> bool:
    """Whether the simulation moves this alarm."""
    if alarm.alarm_rule is not None:
        return any(quoted(other.name)[1:-1] in alarm.alarm_rule for other in world.alarms if other is not alarm)
    if "LowerThreshold" in alarm.comparison_operator or "UpperThreshold" in alarm.comparison_operator:
        return False
    metrics = metrics_of(alarm)
    known = world.traffic.latency is not None
    return bool(metrics) and all(telemetry.series(one, world.service, known) is not None for one in metrics)


def _remedy(alarm: Alarm, world: Scenario) -> str:
    """What to write instead of what is not simulated."""
    known = world.traffic.latency is not None
    wanting = (telemetry.lacking(metric, world.service, known) for metric in metrics_of(alarm))
    general = "give its metric measures: errors or requests if it is one of the two"
    return next((words for words in wanting if words), general)


# ------------------------------------------------------------------------------------------------ strategies


def _about_the_strategy(world: Scenario, strategy: Strategy) -> Iterator[Advice]:
    for path, message in (*foretold(world, strategy), *in_vain_under(world)):
        yield Advice(path, message)
    if isinstance(world.service, ServerFleet):
        yield from _about_batches(world, world.service, strategy)
    else:
        yield from _about_shifts(world, strategy)


def _about_shifts(world: Scenario, strategy: Strategy) -> Iterator[Advice]:
    if strategy.configuration.traffic_routing is None:
        return
    if any(stage.bake for stage in strategy.stages[:-1]):
        yield from _about_bakes(world, strategy)
        return
    first = traffic_shift.schedule(strategy.configuration)[1:2]
    if not first:
        yield Advice(
            ("configuration",),
            f"{quoted(strategy.name)} moves all traffic at once: everybody has the new version before any alarm can "
            "fire; compare it with a canary",
        )
        return
    canary = strategy.configuration.traffic_routing.time_based_canary
    usable = [alarm for alarm in world.alarms if alarm.watched and _produced(alarm, world) and not alarm.alarm_rule]
    if canary is None or not usable:
        return
    soonest = min(usable, key=lambda alarm: earliest_stop(alarm, world))
    needs = earliest_stop(soonest, world)
    if needs > canary.interval:
        yield Advice(
            ("configuration",),
            f"the canary of {quoted(strategy.name)} lasts {units.human(canary.interval)}, alarm "
            f"{quoted(soonest.name)} needs at least {units.human(needs)}; lengthen the interval or "
            "shorten the alarm",
        )


def _about_bakes(world: Scenario, strategy: Strategy) -> Iterator[Advice]:
    """A stage that bakes for less than its gate's alarms need lets everything through."""
    for stage in strategy.stages[:-1]:
        names = stage.gate.watches(world.alarms)
        usable = [
            each for each in world.alarms if each.name in names and _produced(each, world) and not each.alarm_rule
        ]
        if not usable or not stage.bake:
            continue
        soonest = min(usable, key=lambda alarm: earliest_stop(alarm, world))
        needs = earliest_stop(soonest, world)
        lasts = stage.bake + traffic_shift.duration(stage.configuration or strategy.configuration)
        if needs > lasts:
            yield Advice(
                ("stages",),
                f"stage {quoted(stage.name)} of {quoted(strategy.name)} is over after {units.human(lasts)}, alarm "
                f"{quoted(soonest.name)} needs at least {units.human(needs)}; let it bake for longer or shorten the "
                "alarm",
            )


def _about_batches(world: Scenario, service: ServerFleet, strategy: Strategy) -> Iterator[Advice]:
    hosts = strategy.configuration.minimum_healthy_hosts
    if hosts is None or world.deployment_type == "blue_green":
        return  # nobody leaves service who is not replaced
    size = service.fleet.size
    stages = strategy.stages
    if not stages:
        yield from _about_stopped_hosts(service, hosts.required(size), strategy)
    kept = least_in_service(stages, service.fleet, strategy.configuration)
    lasts = DAY_S if stages else in_place_lasts(world, strategy)
    peak = world.traffic.most(world.start, lasts)
    capacity, one = service.answered_by(kept), service.answered_by(1)
    if capacity is not None and one is not None and capacity < peak and not _overloaded(world):
        enough = _needed(peak, one, size)
        remedy = f"keep {enough} in service" if enough is not None and enough < size else "add servers"
        where = " of each region" if service.regions else ""
        yield Advice(
            ("configuration",),
            f"{quoted(strategy.name)} leaves {kept} of {size}{where} in service, {capacity:g}/s for a "
            f"peak of {peak:g}/s; {remedy} or deploy when it is quiet",
        )


def _about_stopped_hosts(service: ServerFleet, kept: int, strategy: Strategy) -> Iterator[Advice]:
    """Hosts that are stopped weigh like failed ones, so a floor that they use up fails the deployment."""
    size, stopped, unhealthy = service.fleet.size, len(service.fleet.stopped), len(service.fleet.unhealthy)
    if not stopped or stopped + unhealthy == size or stopped < size - kept:
        return
    less = f"keep {size - stopped - 1} at most" if size - stopped > 1 else "use CodeDeployDefault.AllAtOnce"
    yield Advice(
        ("configuration",),
        f"{quoted(strategy.name)} keeps {kept} of {size} healthy and {stopped} are stopped, so CodeDeploy ends it with "
        f"HEALTH_CONSTRAINTS after their 5 minutes and touches no healthy host; start them, take them out of the "
        f"deployment group, or {less}",
    )
