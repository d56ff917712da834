"""What a rollout costs beyond a quiet day: lines of item, quantity and unit price that add up.

The one thing a newcomer would get wrong: CodeDeploy itself is free on EC2, Lambda and ECS. What is billed is what
the deployment makes other services do, and an on-premises instance update.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from importlib import resources
from typing import Any

from simulator.errors import Problem, ScenarioError, quoted
from simulator.model.context import Prices
from simulator.model.scenario import Scenario
from simulator.model.service import ServerFleet
from simulator.trace.records import Trace, Usage

ITEM_WORDS = {
    "instance_update": "instance updates by CodeDeploy",
    "lambda_deployment": "Lambda deployments by CodeDeploy",
    "bundle_download": "bundle downloads from S3",
    "hook_invocation": "hook function invocations",
    "hook_gb_seconds": "hook function GB-seconds",
}


@dataclass(frozen=True, slots=True)
class Price:
    """A dated unit price."""

    id: str
    usd: float
    unit: str
    as_of: str | None
    source: str


@dataclass(frozen=True, slots=True)
class CostLine:
    """One line of the bill: ``usd`` is quantity times unit price."""

    item: str
    quantity: float
    unit_usd: float
    price_id: str
    as_of: str | None
    usd: float


PriceList = Mapping[str, Price]


@lru_cache(maxsize=1)
def _book() -> dict[str, Any]:
    import yaml

    text = resources.files("simulator.data").joinpath("prices.yaml").read_text(encoding="utf-8")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    book: dict[str, Any] = yaml.load(text, Loader=loader)  # noqa: S506 - a safe loader, and our own file
    return book


def price_list(prices: Prices) -> PriceList:
    """Prices by id: AWS's list, with the chosen book's rows and the scenario's own laid over it.

    Raises
    ------
    ScenarioError
        When an override names a price that no book has.
    """
    sources = _book()["sources"]
    found: dict[str, Price] = {}
    for row in sorted(_book()["prices"], key=lambda row: row["book"] != "aws-list"):
        if row["book"] not in ("aws-list", prices.book):
            continue
        price = Price(row["id"], float(Decimal(row["value"])), row["unit"], row["as_of"], sources[row["source"]])
        found[row.get("replaces", row["id"])] = price
    for name, usd in prices.overrides.items():
        if name not in found:
            message = f"no price is called {quoted(name)}; prices have ids such as codedeploy-onprem, s3-get"
            raise ScenarioError((Problem(message, ("prices", "overrides", name)),))
        found[name] = Price(name, usd, found[name].unit, None, "the scenario's own price")
    return found


def price_ids(scenario: Scenario) -> Mapping[str, str]:
    """Which price each used item is billed at."""
    on_premises = isinstance(scenario.service, ServerFleet) and scenario.service.fleet.on_premises
    return {
        "instance_update": "codedeploy-onprem" if on_premises else "codedeploy-ec2",
        "lambda_deployment": "codedeploy-lambda",
        "bundle_download": "s3-get",
        "hook_invocation": "lambda-request",
        "hook_gb_seconds": "lambda-x86-t1",
    }


def cost_lines(trace: Trace, scenario: Scenario, prices: PriceList | None = None) -> list[CostLine]:
    """The bill of one run, one line per item, in a fixed order.

    Parameters
    ----------
    trace : Trace
        Of the run.
    scenario : Scenario
        Resolved for the strategy.
    prices : PriceList, optional
        Already read; looked up otherwise.
    """
    prices = prices if prices is not None else price_list(scenario.prices)
    ids = price_ids(scenario)
    used: dict[str, float] = {}
    for record in trace.records:
        if isinstance(record, Usage):
            used[record.item] = used.get(record.item, 0.0) + record.quantity
    lines = []
    for item, words in ITEM_WORDS.items():
        if item in used:
            price = prices[ids[item]]
            lines.append(CostLine(words, used[item], price.usd, price.id, price.as_of, used[item] * price.usd))
    return lines
