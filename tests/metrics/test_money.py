"""What a run costs: the bill of the rollout line by line, and the incident."""

from __future__ import annotations

import math
from typing import Any

import pytest

from simulator.errors import ScenarioError
from simulator.metrics import cost_lines, price_list
from simulator.model.context import Prices
from simulator.model.scenario import Scenario
from simulator.trace.records import PersonAct, Usage
from tests.metrics.hand import OLD, flow, measured, trace
from tests.worlds import a_fleet, an_alias

UPDATES = [Usage(10.0 * k, 0, "instance_update", 1.0) for k in range(3)]
DOWNLOADS = [Usage(9.0, 0, "bundle_download", 2.0), Usage(90.0, 1, "bundle_download", 1.0)]
HOOK = [Usage(5.0, 0, "hook_invocation", 1.0), Usage(5.0, 0, "hook_gb_seconds", 0.5)]


def on_premises() -> Scenario:
    service = {"platform": "server", "fleet": {"size": 10, "on_premises": True}}
    return a_fleet(10, service=service)


def test_codedeploy_is_free_on_ec2_and_two_cents_an_update_on_premises() -> None:
    """AWS's price page: 3 instances are 3 updates."""
    written = trace({0.0: OLD}, *UPDATES, end=60.0)
    assert sum(line.usd for line in cost_lines(written, a_fleet(10))) == 0.0
    assert sum(line.usd for line in cost_lines(written, on_premises())) == pytest.approx(0.06)


def test_each_item_is_one_line_of_quantity_times_price_and_the_lines_add_up() -> None:
    world = on_premises()
    lines = cost_lines(trace({0.0: OLD}, *UPDATES, *DOWNLOADS, end=100.0), world)
    assert [(line.price_id, line.quantity) for line in lines] == [("codedeploy-onprem", 3.0), ("s3-get", 3.0)]
    for line in lines:
        assert line.usd == pytest.approx(line.quantity * line.unit_usd)
        assert line.as_of is not None
    outcome = measured({0.0: OLD}, *UPDATES, *DOWNLOADS, end=100.0, world=world)
    assert outcome.cost_usd == pytest.approx(sum(line.usd for line in lines))
    assert outcome.cost_usd == pytest.approx(0.06 + 3 * 0.0000004)


@pytest.mark.parametrize(("book", "usd"), [("aws-list", 0.0), ("field-guide", 0.02)])
def test_a_lambda_deployment_is_free_in_one_book_and_two_cents_in_the_other(book: Any, usd: float) -> None:
    """AWS's page says free; articles say two cents (claim C38)."""
    written = trace({0.0: OLD}, Usage(0.0, 0, "lambda_deployment", 1.0), end=60.0)
    assert sum(line.usd for line in cost_lines(written, an_alias(prices={"book": book}))) == pytest.approx(usd)


def test_hook_functions_cost_a_request_and_their_memory_times_seconds() -> None:
    """0.20 USD a million requests and 0.0000166667 USD a GB-second."""
    lines = cost_lines(trace({0.0: OLD}, *HOOK, end=60.0), an_alias())
    assert {line.price_id: line.usd for line in lines} == pytest.approx(
        {"lambda-request": 2e-7, "lambda-x86-t1": 0.5 * 0.0000166667}
    )


def test_a_price_of_ones_own_replaces_the_books() -> None:
    own = {"overrides": {"codedeploy-lambda": 1.25}}
    for book in ("aws-list", "field-guide"):
        prices = price_list(Prices.model_validate({"book": book, **own}))
        assert prices["codedeploy-lambda"].usd == 1.25
        assert prices["codedeploy-lambda"].as_of is None
    assert price_list(Prices())["s3-get"].usd == 0.0000004


def test_an_unknown_price_is_refused() -> None:
    with pytest.raises(ScenarioError, match="no price is called 'coffee'"):
        price_list(Prices(overrides={"coffee": 3.0}))


def test_nothing_used_costs_nothing() -> None:
    assert cost_lines(trace({0.0: OLD}, end=60.0), a_fleet(10)) == []


def priced(*, people: dict[str, Any] | None = None, **slo: Any) -> Scenario:
    return a_fleet(10, people=people, slo=slo)


SHIFTS = [
    PersonAct(100.0, "paged"),
    PersonAct(400.0, "acknowledged"),
    PersonAct(900.0, "rolls back"),
    PersonAct(2200.0, "stands down"),
    PersonAct(3000.0, "acknowledged"),
    PersonAct(3600.0, "stands down"),
]


def test_an_incident_is_peoples_hours_and_failed_requests_at_their_prices() -> None:
    """From acknowledging to standing down, twice: 2,400 s of two people at 90 USD; 1,000 requests at a cent."""
    world = priced(people={"usd_per_hour": 90.0, "responders": 2.0}, usd_per_failed_request=0.01)
    outcome = measured({0.0: flow(refused=10.0), 100.0: OLD}, *SHIFTS, end=4000.0, world=world)
    assert outcome.incident_usd == pytest.approx(2400 / 3600 * 2 * 90.0 + 1000 * 0.01)


def test_who_is_still_at_it_is_counted_to_the_end() -> None:
    world = priced(people={"usd_per_hour": 60.0})
    outcome = measured({0.0: OLD}, *SHIFTS[:2], end=2200.0, how="horizon", world=world)
    assert outcome.incident_usd == pytest.approx(1800 / 3600 * 60.0)


@pytest.mark.parametrize(
    ("world", "usd"),
    [
        (priced(people={"usd_per_hour": 0.0}), 0.0),
        (priced(usd_per_failed_request=0.5), 500.0),
        (priced(people={}), None),
        (priced(), None),
    ],
)
def test_an_incident_without_any_price_is_absent_and_not_zero(world: Scenario, usd: float | None) -> None:
    outcome = measured({0.0: flow(refused=10.0), 100.0: OLD}, *SHIFTS, end=4000.0, world=world)
    assert outcome.incident_usd == (None if usd is None else pytest.approx(usd))


def test_absent_is_none_and_never_nan() -> None:
    outcome = measured({0.0: OLD}, end=10.0)
    for name in type(outcome).__slots__:
        value = getattr(outcome, name)
        assert not (isinstance(value, float) and math.isnan(value)), name
