"""What a unit of each thing costs, and which prices a deployment needs.

The one thing a newcomer would get wrong: a price that nobody knows is no zero. What a world could be billed for and
has no price is refused before the run, so that no total is silently too low.

Sources: each row of ``simulator/data/prices.yaml`` names its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from simulator.data.price_book import price_book
from simulator.errors import Problem, ScenarioError, quoted
from simulator.model.context import Prices
from simulator.model.misfit import MisfitError
from simulator.model.scenario import Scenario
from simulator.model.service import EcsService, LambdaFunction, ServerFleet
from simulator.model.sites import sites

_INSTANCE = re.compile(r"ec2-[a-z][a-z0-9-]*-[a-z0-9-]+\Z")


@dataclass(frozen=True, slots=True)
class Price:
    """A dated unit price."""

    id: str
    usd: float
    unit: str
    as_of: str | None
    source: str


PriceList = Mapping[str, Price]


def regions() -> tuple[str, ...]:
    """Regions that the price book has.

    >>> regions()
    ('us-east-1',)
    """
    book = price_book()
    return tuple(sorted({book["region"], *(row["region"] for row in book["prices"] if "region" in row)}))


def instance_price_id(instance_type: str) -> str:
    """Id of an instance type's price.

    >>> instance_price_id("m6i.large")
    'ec2-m6i-large'
    """
    return "ec2-" + instance_type.lower().replace(".", "-")


def price_list(prices: Prices) -> PriceList:
    """Prices by id: AWS's list of the region, with the chosen book's rows and the scenario's own laid over it.

    What is free is free in every region; of a region that the book does not have, only that and one's own prices
    are there.

    Raises
    ------
    ScenarioError
        When an override names a price that no book has; an instance type (``x9.large``, ``ec2-x9-large``) needs no row.
    """
    book = price_book()
    found: dict[str, Price] = {}
    known = {row["id"] for row in book["prices"]}
    for row in sorted(book["prices"], key=lambda row: row["book"] != "aws-list"):
        if row["book"] not in ("aws-list", prices.book):
            continue
        usd = float(Decimal(row["value"]))
        if usd == 0 or row.get("region", book["region"]) == prices.region:
            price = Price(row["id"], usd, row["unit"], row["as_of"], book["sources"][row["source"]])
            found[row.get("replaces", row["id"])] = price
    units = {row.get("replaces", row["id"]): row["unit"] for row in book["prices"]}
    for given, usd in prices.overrides.items():
        name = instance_price_id(given.removeprefix("ec2.")) if "." in given else given
        if name not in known and not _INSTANCE.match(name):
            message = f"no price is called {quoted(given)}; prices have ids such as codedeploy-onprem, ec2-m6i-large"
            raise ScenarioError((Problem(message, ("prices", "overrides", given)),))
        unit = units.get(name, "USD per instance-hour")
        found[name] = Price(name, usd, unit, None, "the scenario's own price")
    return found


def needed(world: Scenario) -> dict[str, tuple[str, ...]]:
    """Ids of the prices that a world can be billed at, by what is used.

    Raises
    ------
    MisfitError
        When the bill needs a field that the scenario leaves out.
    """
    service, hooks = world.service, ("lambda-request", "lambda-x86-t1")
    if isinstance(service, ServerFleet):
        fee = "codedeploy-onprem" if service.fleet.on_premises else "codedeploy-ec2"
        found: dict[str, tuple[str, ...]] = {"instance_update": (fee,), "bundle_download": ("s3-get",)}
        if _adds_instances(world, service):
            found["instance"] = (_instance(service.fleet.instance_type, "fleet.instance_type"),)
    elif isinstance(service, LambdaFunction):
        found = {"lambda_deployment": ("codedeploy-lambda",)}
        if service.provisioned_concurrency is not None:
            if service.memory is None:
                said = "provisioned_concurrency is billed by the function's memory; write memory: 512 MB, or what it is"
                raise MisfitError(said, "service")
            found["environment"] = ("lambda-pc-x86",)
        if service.memory is not None:
            found["init_gb_seconds"] = ("lambda-x86-t1",)
    else:
        found = {"ecs_deployment": ("codedeploy-ecs",), **_of_tasks(service)}
    if service.lifecycle.hooks and not isinstance(service, ServerFleet):
        found |= dict(zip(("hook_invocation", "hook_gb_seconds"), ((each,) for each in hooks), strict=True))
    return found


def priced(world: Scenario) -> PriceList:
    """Prices of one strategy's world, all that it can be billed at among them; of several regions those of each.

    Raises
    ------
    ScenarioError
        With one message when a price is missing: what the book has, and what to write.
    """
    if world.service.regions:
        return _priced_by_region(world)
    prices, missing = _prices_and_missing(world)
    if not missing:
        return prices
    region, known = world.prices.region, regions()
    own = f"write prices: {{overrides: {_amounts(missing)}}} with your amounts"
    if region not in known:
        said = f"the price book has {', '.join(known)}, not {region}; {own}, or region: {known[0]}"
        raise ScenarioError((Problem(said, ("prices", "region")),))
    said = f"the price book has no {', '.join(missing)}; {own}"
    raise ScenarioError((Problem(said, ("service",)),))


def _priced_by_region(world: Scenario) -> PriceList:
    found: dict[str, Price] = {}
    problems = []
    for place, (region, site) in enumerate(sites(world)):
        prices, missing = _prices_and_missing(site)
        found |= {in_region(name, region.name): price for name, price in prices.items()}
        if missing:
            said = (
                f"the price book has {', '.join(regions())}, and no {', '.join(missing)} of region "
                f"{quoted(region.name)}; write prices: {_amounts(missing)} on the region, with your amounts"
            )
            problems.append(Problem(said, ("service", "regions", place)))
    if problems:
        raise ScenarioError(tuple(problems))
    return found


def _prices_and_missing(world: Scenario) -> tuple[PriceList, list[str]]:
    """Prices of one place, and ids of those that it could be billed at and has not."""
    try:
        ids = needed(world)
    except MisfitError as error:
        raise ScenarioError((Problem(str(error), (error.field,)),)) from error
    prices = price_list(world.prices)
    return prices, sorted({name for each in ids.values() for name in each if name not in prices})


def _amounts(names: Iterable[str]) -> str:
    return f"{{{', '.join(f'{name}: 0.10 USD' for name in names)}}}"


def in_region(name: str, region: str) -> str:
    """Id of a price among those of several regions.

    >>> in_region("ec2-m6i-large", "eu-west-1")
    'ec2-m6i-large in eu-west-1'
    """
    return f"{name} in {region}"


def of_region(prices: PriceList, region: str) -> PriceList:
    """Prices of one of several regions, by their ids."""
    split = ((*name.partition(" in ")[::2], price) for name, price in prices.items())  # an id has no spaces
    return {name: price for name, where, price in split if where == region}


def _adds_instances(world: Scenario, service: ServerFleet) -> bool:
    """Whether a deployment can add EC2 instances to the fleet; what an Auto Scaling group adds is its own doing."""
    return world.deployment_type == "blue_green" and not service.fleet.on_premises


def _of_tasks(service: EcsService) -> dict[str, tuple[str, ...]]:
    if service.launch_type == "fargate":
        return {"task": ("fargate-x86-vcpu", "fargate-x86-gb")}
    if service.tasks_per_instance is None:
        return {}  # the container instances are there anyway
    return {"task": (_instance(service.instance_type, "instance_type"),)}


def _instance(instance_type: str | None, field: str) -> str:
    if instance_type is None:
        said = f"added instances are billed by their type; write {field}: m6i.large, or what it is"
        raise MisfitError(said, "service")
    return instance_price_id(instance_type)
