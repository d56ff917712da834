"""The itemised bill of added capacity: instances, tasks and environments above those at zero, to the end of the run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import simulator
from simulator.errors import ScenarioError
from simulator.metrics import bill, priced
from simulator.model.context import Prices
from simulator.model.scenario import Scenario
from simulator.rules.prices import needed, price_list
from simulator.trace.records import Capacity, Usage
from tests.metrics.hand import OLD, measured, trace
from tests.worlds import a_fleet, an_alias

HOUR = 3600.0


def instances(kind: str | None = "t3.large", **rest: Any) -> Scenario:
    service = {"platform": "server", "fleet": {"size": 12, "instance_type": kind, **rest.pop("fleet", {})}}
    return a_fleet(12, service=service, **rest)


def alone(service: dict[str, Any], configuration: str, **rest: Any) -> Scenario:
    """A world with its one strategy, for a trace written by hand."""
    fields = {"name": "w", "service": service, "traffic": {"rate": 1.0}, **rest}
    return Scenario.model_validate({**fields, "strategies": [{"name": "only", "configuration": configuration}]})


def tasks(count: int = 4, **fields: Any) -> Scenario:
    return alone({"platform": "ecs", "tasks": count, **fields}, "CodeDeployDefault.ECSAllAtOnce")


def environments(**fields: Any) -> Scenario:
    service = {"platform": "lambda", "provisioned_concurrency": {"current": 100, "target": 100}, **fields}
    return alone(service, "CodeDeployDefault.LambdaAllAtOnce")


def lines_of(world: Scenario, *records: Capacity | Usage, end: float) -> dict[str, tuple[float, float]]:
    """Quantity and dollars by price."""
    lines = bill(trace({0.0: OLD}, *records, end=end), world).lines
    assert all(line.usd == pytest.approx(line.quantity * line.unit_usd) for line in lines)
    return {line.price_id: (line.quantity, line.usd) for line in lines}


def test_a_replacement_fleet_costs_its_instance_hours() -> None:
    """risk-methods P9: 12 beside 12 for 4,390 s at 0.0832 USD are 1.21749 USD."""
    records = [Capacity(0.0, "new", "instance", 12), Capacity(4390.0, "old", "instance", 0)]
    found = lines_of(instances(), *records, end=5000.0)
    assert found == {"ec2-t3-large": (pytest.approx(12 * 4390 / HOUR), pytest.approx(1.21749, abs=1e-5))}
    outcome = measured({0.0: OLD}, *records, end=5000.0, world=instances())
    assert outcome.cost_usd == pytest.approx(1.21749, abs=1e-5)
    assert outcome.kept_usd_per_hour is None


def test_less_than_at_zero_earns_nothing_and_makes_up_for_nothing() -> None:
    """Three instances fewer for an hour, then two more for an hour."""
    records = [
        Capacity(0.0, "old", "instance", 9),
        Capacity(HOUR, "old", "instance", 12),
        Capacity(HOUR, "new", "instance", 2),
        Capacity(2 * HOUR, "new", "instance", 0),
    ]
    assert lines_of(instances(), *records, end=3 * HOUR)["ec2-t3-large"][0] == pytest.approx(2.0)


def test_an_instance_is_billed_for_a_minute_at_least() -> None:
    records = [Capacity(10.0, "new", "instance", 1), Capacity(15.0, "new", "instance", 0)]
    assert lines_of(instances(), *records, end=HOUR)["ec2-t3-large"][0] == pytest.approx(60 / HOUR)


def test_the_bill_runs_to_the_end_of_the_run_and_a_kept_fleet_is_named_beside_it() -> None:
    records = [Capacity(100.0, "new", "instance", 12)]
    outcome = measured({0.0: OLD}, *records, end=100.0 + HOUR, world=instances())
    assert outcome.cost_usd == pytest.approx(12 * 0.0832)
    assert outcome.kept_usd_per_hour == pytest.approx(12 * 0.0832)


def test_stopped_instances_are_not_there_at_zero() -> None:
    fleet = {"size": 12, "instance_type": "t3.large", "initially": {"stopped": 2}}
    world = alone({"platform": "server", "fleet": fleet}, "CodeDeployDefault.HalfAtATime")
    records = [Capacity(0.0, "old", "instance", 12), Capacity(HOUR, "old", "instance", 10)]
    assert lines_of(world, *records, end=HOUR)["ec2-t3-large"][0] == pytest.approx(2.0)


def test_tasks_on_fargate_cost_vcpu_and_memory() -> None:
    """Four of a quarter vCPU and 512 MB for half an hour, at the list prices of 2025-07-04."""
    records = [Capacity(0.0, "new", "task", 4), Capacity(1800.0, "new", "task", 0)]
    found = lines_of(tasks(), *records, Usage(0.0, 0, "ecs_deployment", 1.0), end=HOUR)
    assert found["fargate-x86-vcpu"] == pytest.approx((0.5, 0.5 * 0.04048))
    assert found["fargate-x86-gb"] == pytest.approx((1.0, 0.004445))
    assert found["codedeploy-ecs"] == (1.0, 0.0)


def test_a_kept_task_set_costs_its_tasks_an_hour() -> None:
    outcome = measured({0.0: OLD}, Capacity(0.0, "new", "task", 4), end=60.0, world=tasks())
    assert outcome.kept_usd_per_hour == pytest.approx(4 * (0.25 * 0.04048 + 0.5 * 0.004445))


def test_tasks_on_instances_cost_the_instances_they_need_more() -> None:
    """Four tasks at three an instance take two, eight take three; without that figure the cluster has room."""
    records = [Capacity(0.0, "new", "task", 4), Capacity(HOUR, "new", "task", 0)]
    on_ec2 = {"launch_type": "ec2", "instance_type": "m5.large"}
    world = tasks(**on_ec2, tasks_per_instance=4)
    assert lines_of(world, *records, end=HOUR) == {"ec2-m5-large": (pytest.approx(1.0), pytest.approx(0.096))}
    assert lines_of(tasks(**on_ec2), *records, end=HOUR) == {}


def test_environments_kept_ready_are_billed_in_steps_of_five_minutes() -> None:
    """A hundred more for 301 s at 1 GB: 60,000 GB-s."""
    records = [Capacity(0.0, "new", "environment", 100), Capacity(301.0, "old", "environment", 0)]
    found = lines_of(environments(memory=1024 * 2**20), *records, end=HOUR)
    assert found["lambda-pc-x86"][0] == pytest.approx(60_000.0)


# ------------------------------------------------------------------------------------------------ prices


def blue_green(kind: str | None, **rest: Any) -> Scenario:
    world = instances(kind, **rest)
    strategy = world.strategies[0].model_copy(update={"deployment_type": "blue_green"})
    return world.model_copy(update={"strategies": (strategy,)})


def test_an_instance_type_that_the_book_lacks_is_one_clear_refusal() -> None:
    with pytest.raises(ScenarioError) as refused:
        priced(blue_green("x9.huge"))
    (problem,) = refused.value.problems
    assert problem.message == (
        "the price book has no ec2-x9-huge; write prices: {overrides: {ec2-x9-huge: 0.10 USD}} with your amounts"
    )
    prices = priced(blue_green("x9.huge", prices={"overrides": {"x9.huge": 4.5}}))
    assert prices["ec2-x9-huge"].usd == 4.5


def test_added_instances_of_no_type_are_refused_and_a_deployment_in_place_needs_none() -> None:
    with pytest.raises(ScenarioError, match=r"write fleet\.instance_type: m6i\.large"):
        priced(blue_green(None))
    assert priced(instances(None))


def test_provisioned_concurrency_without_memory_is_refused() -> None:
    with pytest.raises(ScenarioError, match="billed by the function's memory; write memory: 512 MB"):
        priced(environments())


def test_a_region_that_the_book_lacks_needs_prices_of_ones_own() -> None:
    with pytest.raises(ScenarioError) as refused:
        priced(a_fleet(4, prices={"region": "eu-west-1"}))
    (problem,) = refused.value.problems
    assert problem.message == (
        "the price book has us-east-1, not eu-west-1; write prices: {overrides: {s3-get: 0.10 USD}} with your amounts, "
        "or region: us-east-1"
    )
    assert problem.path == ("prices", "region")
    own = priced(a_fleet(4, prices={"region": "eu-west-1", "overrides": {"s3-get": 4.3e-7}}))
    assert (own["s3-get"].usd, own["codedeploy-ec2"].usd) == (4.3e-7, 0.0)


def test_a_lambda_elsewhere_without_hooks_is_billed_for_nothing() -> None:
    assert priced(an_alias(prices={"region": "eu-west-1"}))
    with pytest.raises(ScenarioError, match="lambda-request"):
        priced(an_alias(prices={"region": "eu-west-1"}, hooks={"BeforeAllowTraffic": {}}))


@pytest.mark.parametrize(
    "world", [instances(), blue_green("t3.large"), tasks(), environments(memory=512e6), an_alias()]
)
def test_everything_that_can_be_billed_has_a_price(world: Scenario) -> None:
    known = price_list(Prices())
    assert {name for ids in needed(world).values() for name in ids} <= set(known)


SCENARIO = """\
name: elsewhere
service: {platform: server, fleet: {size: 4}}
traffic: {rate: 10/s}
prices: {region: eu-west-1, from: prices.yaml}
strategies:
  - {name: one, configuration: CodeDeployDefault.OneAtATime}
"""


def test_a_file_of_prices_lies_under_the_scenarios_own_and_reaches_the_bill(tmp_path: Path) -> None:
    (tmp_path / "prices.yaml").write_text("s3-get: 0.5 USD\n", encoding="utf-8")
    (tmp_path / "scenario.yaml").write_text(SCENARIO, encoding="utf-8")
    done = simulator.run(simulator.load(tmp_path / "scenario.yaml"), "one", stratum="good")
    assert done.outcome.cost_usd == pytest.approx(4 * 0.5)


def test_a_missing_price_is_told_at_its_line(tmp_path: Path) -> None:
    (tmp_path / "scenario.yaml").write_text(SCENARIO.replace(", from: prices.yaml", ""), encoding="utf-8")
    with pytest.raises(ScenarioError) as refused:
        simulator.load(tmp_path / "scenario.yaml")
    (problem,) = refused.value.problems
    assert problem.line == 4
    assert "the price book has us-east-1, not eu-west-1" in problem.message
