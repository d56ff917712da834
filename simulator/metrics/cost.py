"""What a rollout costs beyond a quiet day: lines of item, quantity and unit price that add up.

The one thing a newcomer would get wrong: CodeDeploy itself is free on EC2, Lambda and ECS. What is billed is what
the deployment makes other services do, and an on-premises instance update.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from simulator.model.scenario import Scenario
from simulator.model.service import EcsService, LambdaFunction, ServerFleet
from simulator.model.sites import sites
from simulator.rules import billing
from simulator.rules.prices import PriceList, instance_price_id, needed, of_region, price_list, priced
from simulator.trace.records import Capacity, DeploymentChange, Record, Trace, Usage

__all__ = ["Bill", "CostLine", "PriceList", "bill", "cost_lines", "price_ids", "price_list", "priced"]

ITEM_WORDS = {
    "instance_update": "instance updates by CodeDeploy",
    "lambda_deployment": "Lambda deployments by CodeDeploy",
    "ecs_deployment": "ECS deployments by CodeDeploy",
    "bundle_download": "bundle downloads from S3",
    "hook_invocation": "hook function invocations",
    "hook_gb_seconds": "hook function GB-seconds",
    "init_gb_seconds": "GB-seconds of new environments' initialisation",
}


@dataclass(frozen=True, slots=True)
class CostLine:
    """One line of the bill: ``usd`` is quantity times unit price."""

    item: str
    quantity: float
    unit_usd: float
    price_id: str
    as_of: str | None
    usd: float


class Rate(NamedTuple):
    """What one unit is billed for each hour it exists: so many `per_unit` of what `price_id` prices, and in words."""

    item: str
    per_unit: float
    price_id: str


def price_ids(scenario: Scenario) -> Mapping[str, str]:
    """Which price each used item is billed at."""
    return {
        "lambda_deployment": "codedeploy-lambda",
        "ecs_deployment": "codedeploy-ecs",
        "bundle_download": "s3-get",
        "hook_invocation": "lambda-request",
        "hook_gb_seconds": "lambda-x86-t1",
        "init_gb_seconds": "lambda-x86-t1",
        **{item: ids[0] for item, ids in needed(scenario).items()},
    }


class Bill(NamedTuple):
    """What a run costs line by line, and what it goes on costing an hour after its end (None when nothing is kept)."""

    lines: list[CostLine]
    kept_usd_per_hour: float | None


def bill(trace: Trace, scenario: Scenario, prices: PriceList | None = None) -> Bill:
    """Write the bill of one run, one line per item, in a fixed order.

    What units above those at zero cost after the run's end is named beside it and no part of it: how long they are
    kept is not the deployment's doing.

    Parameters
    ----------
    trace : Trace
        Of the run.
    scenario : Scenario
        Resolved for the strategy.
    prices : PriceList, optional
        Already read; looked up otherwise.

    Raises
    ------
    ScenarioError
        When something is billed that has no price.
    """
    prices = prices if prices is not None else priced(scenario)
    if not scenario.service.regions:
        return _bill(trace.records, trace.end.time, scenario, prices)
    return _of_regions(trace, scenario, prices)


def _of_regions(trace: Trace, scenario: Scenario, prices: PriceList) -> Bill:
    """What each region costs at its own prices, one after the other."""
    where = {record.deployment: record.region for record in trace.records if type(record) is DeploymentChange}
    lines: list[CostLine] = []
    kept: list[float] = []
    for region, world in sites(scenario):
        mine = [
            record
            for record in trace.records
            if (type(record) is Usage and where[record.deployment] == region.name)
            or (type(record) is Capacity and record.region == region.name)
        ]
        found = _bill(mine, trace.end.time, world, of_region(prices, region.name))
        lines += [replace(line, item=f"{line.item}, {region.name}") for line in found.lines]
        kept += [] if found.kept_usd_per_hour is None else [found.kept_usd_per_hour]
    return Bill(lines, math.fsum(kept) if kept else None)


def _bill(records: Iterable[Record], end: float, scenario: Scenario, prices: PriceList) -> Bill:
    """Bill of one place."""
    used: dict[str, float] = {}
    changes: list[Capacity] = []
    # Instances that an Auto Scaling group launches or terminates would have come and gone without the deployment.
    scales = isinstance(scenario.service, ServerFleet) and scenario.service.fleet.scales
    own = _by_the_group(records) if scales else frozenset()
    for record in records:
        if type(record) is Usage and record.deployment not in own:
            used[record.item] = used.get(record.item, 0.0) + record.quantity
        elif type(record) is Capacity and not scales:
            changes.append(record)
    ids = price_ids(scenario)
    lines = [_line(words, used[item], ids[item], prices) for item, words in ITEM_WORDS.items() if item in used]
    if not changes:
        return Bill(lines, None)
    steps = _steps(changes, scenario)
    return Bill([*_of_capacity(steps, end, scenario, prices), *lines], _kept(steps, scenario, prices))


def _by_the_group(records: Iterable[Record]) -> frozenset[int]:
    """Deployments to single instances that an Auto Scaling group launches or terminates."""
    creators = ("autoscaling", "autoscalingTermination")
    return frozenset(r.deployment for r in records if type(r) is DeploymentChange and r.creator in creators)


def cost_lines(trace: Trace, scenario: Scenario, prices: PriceList | None = None) -> list[CostLine]:
    """Lines of the `bill` of one run."""
    return bill(trace, scenario, prices).lines


Steps = Mapping[str, list[tuple[float, int]]]
"""Units that are billed from an instant on, by item; the first is those at zero."""


def _of_capacity(steps: Steps, end: float, scenario: Scenario, prices: PriceList) -> list[CostLine]:
    """Units above those at zero, to the end of the run, with minimum billing times."""
    lines = []
    for item, of_item in steps.items():
        lifetimes = billing.extra_lifetimes(of_item, end)
        hours = billing.billed_unit_hours(lifetimes, _terms(item, scenario))
        if lifetimes:
            rates = _rates(item, scenario)
            lines += [_line(rate.item, hours * rate.per_unit, rate.price_id, prices) for rate in rates]
    return lines


def _kept(steps: Steps, scenario: Scenario, prices: PriceList) -> float | None:
    """US dollars an hour of the units above those at zero that the run ends with."""
    kept = {item: of_item[-1][1] - of_item[0][1] for item, of_item in steps.items()}
    if not any(units > 0 for units in kept.values()):
        return None
    return math.fsum(
        billing.kept_usd_per_hour(units * rate.per_unit, prices[rate.price_id].usd)
        for item, units in kept.items()
        if units > 0
        for rate in _rates(item, scenario)
    )


def _steps(changes: Iterable[Capacity], scenario: Scenario) -> Steps:
    """Both colours together, from zero on."""
    units: dict[str, dict[str, int]] = {}
    steps: dict[str, list[tuple[float, int]]] = {}
    for record in changes:
        if record.item not in steps:
            at_zero = _at_zero(record.item, scenario)
            units[record.item] = {"old": at_zero, "new": 0}
            steps[record.item] = [(0.0, _billed(record.item, at_zero, scenario))]
        units[record.item][record.colour] = record.units
        exist = sum(_billed(record.item, count, scenario) for count in units[record.item].values())
        steps[record.item].append((record.time, exist))
    return steps


def _at_zero(item: str, scenario: Scenario) -> int:
    """Units that are there without any deployment."""
    service = scenario.service
    if isinstance(service, ServerFleet):
        return service.fleet.size - service.fleet.initially.stopped
    if isinstance(service, EcsService):
        return service.tasks
    kept = service.provisioned_concurrency
    return 0 if kept is None or item != "environment" else kept.current


def _billed(item: str, units: int, scenario: Scenario) -> int:
    """What is billed of units: themselves, but of tasks on EC2 the container instances they need."""
    service = scenario.service
    if item == "task" and isinstance(service, EcsService) and service.launch_type == "ec2":
        return 0 if service.tasks_per_instance is None else -(-units // service.tasks_per_instance)
    return units


def _terms(item: str, scenario: Scenario) -> billing.Unit:
    service = scenario.service
    if item == "environment":
        return "provisioned_concurrency"
    return "fargate" if isinstance(service, EcsService) and service.launch_type == "fargate" else "ec2"


def _rates(item: str, scenario: Scenario) -> tuple[Rate, ...]:
    """What one unit of an item is billed for, an hour."""
    service = scenario.service
    if isinstance(service, LambdaFunction):
        gb_seconds = billing.memory_gb(service.memory or 0.0) * billing.HOUR_S
        return (Rate("provisioned concurrency, GB-seconds", gb_seconds, "lambda-pc-x86"),)
    if isinstance(service, EcsService) and service.launch_type == "fargate":
        vcpu, memory = service.task.cpu, billing.memory_gb(service.task.memory)
        return (
            Rate("Fargate vCPU-hours of added tasks", vcpu, "fargate-x86-vcpu"),
            Rate("Fargate GB-hours of added tasks", memory, "fargate-x86-gb"),
        )
    kind = service.fleet.instance_type if isinstance(service, ServerFleet) else service.instance_type
    words = "instance-hours" if isinstance(service, ServerFleet) else "container instance-hours"
    return (Rate(f"added {words}, {kind}", 1.0, instance_price_id(kind or "")),)


def _line(words: str, quantity: float, price_id: str, prices: PriceList) -> CostLine:
    price = prices[price_id]
    return CostLine(words, quantity, price.usd, price.id, price.as_of, quantity * price.usd)
