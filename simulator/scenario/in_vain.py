"""What a scenario says and nothing will come of: scripts that never run or never end in time, options left unread.

The one thing a newcomer would get wrong: none of this is an error to AWS. It takes all of it, and the first sign is a
deployment that fails every time, an alarm that stays silent or an option that did nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from simulator import units
from simulator.errors import quoted
from simulator.importers.places import Path
from simulator.model.alarm import Alarm, Metric
from simulator.model.scenario import Scenario
from simulator.model.service import ServerFleet
from simulator.rules import hook_scripts, lifecycle, limits, telemetry

_STANDARD_RESOLUTION_S = 60.0


def in_vain(scenario: Scenario) -> Iterator[tuple[Path, str]]:
    """What the scenario says for nothing whatever the strategy, each with the field it is about and its remedy.

    Parameters
    ----------
    scenario : Scenario
        As loaded.
    """
    yield from _unread_options(scenario)
    if scenario.horizon == 0:
        said = (
            "horizon: a run is watched no longer than its deployment, so no way back ends and no harm is seen to its "
            "end; write 24 h, or leave it out"
        )
        yield ("horizon",), said


def _unread_options(scenario: Scenario) -> Iterator[tuple[Path, str]]:
    if not isinstance(scenario.service, ServerFleet) or "blue_green" not in scenario.model_fields_set:
        return
    if any("blue_green" in (each.deployment_type, each.overlay.get("deployment_type")) for each in scenario.strategies):
        return
    said = (
        "blue_green is read by blue/green deployments alone, and every strategy is in place; write deployment_type: "
        "blue_green on one, or take it out"
    )
    yield ("blue_green",), said


def in_vain_under(world: Scenario) -> Iterator[tuple[Path, str]]:
    """What is said for nothing in the world of one strategy.

    Parameters
    ----------
    world : Scenario
        Resolved for the strategy.
    """
    yield from _hooks_never_run(world)
    yield from _hooks_never_in_time(world)
    yield from _one_zone(world)
    for index, alarm in enumerate(world.alarms):
        yield from _finer_than_its_metric(world, index, alarm)


def _one_zone(world: Scenario) -> Iterator[tuple[Path, str]]:
    service, zonal = world.service, world.strategies[0].configuration.zonal
    if zonal is None or not isinstance(service, ServerFleet) or service.fleet.zones > 1:
        return
    said = (
        "a zonal configuration goes zone after zone, and this fleet has one zone, after which there is no wait; write "
        "service.fleet.zones: 3, or leave zonal out"
    )
    yield ("configuration",), said


def _hooks_never_run(world: Scenario) -> Iterator[tuple[Path, str]]:
    service = world.service
    if not isinstance(service, ServerFleet) or service.load_balancer is not None:
        return
    run = lifecycle.events("server", "in_place")
    unused = [event for event in service.lifecycle.hooks if event not in run]
    if unused:
        said = (
            f"{', '.join(unused)} runs where a load balancer is, and there is none, so this hook never runs; give "
            "load_balancer, or take it out"
        )
        yield ("service", "lifecycle", "hooks", unused[0]), said


def _hooks_never_in_time(world: Scenario) -> Iterator[tuple[Path, str]]:
    """A duration is split evenly over an event's scripts, as `simulator.engine.lifecycle` has it."""
    described = world.service.lifecycle
    for event, hook in described.hooks.items():
        law = described.durations.get(event)
        if law is None:
            continue
        least, scripts = float(law.quantile(np.array([0.0]))[0]), hook.scripts
        each = least / len(scripts)
        ended = hook_scripts.run_scripts([hook_scripts.Script(each, one.timeout) for one in scripts])
        if ended.status == "Failed":
            limit = min(limits.EVENT_RUN_LIMIT_S, len(scripts) * min(one.timeout for one in scripts))
            said = (
                f"{event} takes {units.human(least)}{'' if law.fixed is not None else ' at the least'} and is ended "
                f"after {units.human(ended.duration)}, so it fails every time; write a longer timeout, or a duration "
                f"of at most {units.human(limit)}"
            )
            yield ("service", "lifecycle", "hooks", event), said


def _finer_than_its_metric(world: Scenario, index: int, alarm: Alarm) -> Iterator[tuple[Path, str]]:
    """Source: Amazon CloudWatch concepts; AWS services publish once a minute or more rarely."""
    if alarm.period >= _STANDARD_RESOLUTION_S:
        return
    for metric in metrics_of(alarm):
        found = telemetry.series(metric, world.service, world.traffic.latency is not None)
        if metric.namespace.startswith("AWS/") or (found is not None and found.family != "custom"):
            said = (
                f"alarm {quoted(alarm.name)} looks every {units.human(alarm.period)} at {metric.metric_name}, which "
                "AWS publishes once a minute: most looks find nothing and it drops to INSUFFICIENT_DATA; write "
                "period: 1 min"
            )
            yield ("alarms", index), said
            return


def metrics_of(alarm: Alarm) -> list[Metric]:
    """Metrics that an alarm looks at itself; a composite one looks at none.

    Parameters
    ----------
    alarm : Alarm
        On one metric, on a metric math, or composite.
    """
    if alarm.metric_name is None:
        return [query.metric for query in alarm.metrics if query.metric is not None]
    own = Metric(
        namespace=alarm.namespace,
        metric_name=alarm.metric_name,
        dimensions=alarm.dimensions,
        statistic=alarm.statistic,
        measures=alarm.measures,
    )
    return [own]
