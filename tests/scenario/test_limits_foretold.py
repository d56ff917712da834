"""`check` foretells AWS's limits, each strategy on its own, and the run enforces the same ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from simulator.scenario import check
from simulator.trace.records import DeploymentChange
from tests.engine.blue_green_world import a_replaced_fleet
from tests.worlds import P1_TIMES, a_fleet, an_alias, canary, hosts, once

HOUR = 3600.0
STILL_TEXT = {"agent_pickup": "0 s", "creation_delay": "0 s"}


def advice_on(tmp_path: Path, strategies: list[dict[str, Any]], size: int = 400, **rest: Any) -> list[str]:
    """What `check` says of a fleet whose targets take 430 s each (risk-methods P1)."""
    service = {
        "platform": "server",
        "fleet": {"size": size, "instance_type": "m6i.large"},
        "load_balancer": {},
        "lifecycle": {"durations": {event: f"{seconds:g} s" for event, seconds in P1_TIMES.items()}},
        **rest.pop("service", {}),
    }
    fields = {"name": "w", "service": service, "traffic": {"rate": "10/s"}, "assumptions": STILL_TEXT, **rest}
    path = tmp_path / "w.yaml"
    path.write_text(yaml.safe_dump({**fields, "strategies": strategies}), encoding="utf-8")
    return [problem.message for problem in check(path)]


def strategy(name: str, configuration: Any, **rest: Any) -> dict[str, Any]:
    return {"name": name, "configuration": configuration, **rest}


ONE = strategy("one-at-a-time", "CodeDeployDefault.OneAtATime")


def test_400_instances_one_at_a_time_need_47_8_hours_against_12_and_four_fit(tmp_path: Path) -> None:
    said = [message for message in advice_on(tmp_path, [ONE]) if "against" in message]
    (only,) = said
    assert only == (
        "'one-at-a-time' needs 47.8 h against 12 h, after which CodeDeploy fails it; 4 at a time fit (11.9 h): "
        "keep HOST_COUNT 396 or FLEET_PERCENT 99 healthy"
    )


def test_only_the_strategies_that_do_not_fit_are_named(tmp_path: Path) -> None:
    others = [strategy("half", "CodeDeployDefault.HalfAtATime"), strategy("four", hosts("HOST_COUNT", 396))]
    said = [message for message in advice_on(tmp_path, [*others, ONE]) if "against" in message]
    assert [message.split(" ")[0] for message in said] == ["'one-at-a-time'"]


def test_a_random_duration_counts_at_its_95th_percentile_of_slowest_targets(tmp_path: Path) -> None:
    """A hundred batches of four at 430 s fit; where the last event is spread, its slowest of four does not."""
    spread: dict[str, Any] = {event: f"{seconds:g} s" for event, seconds in P1_TIMES.items()}
    spread["ValidateService"] = {"median": "30 s", "p95": "90 s"}
    service = {"lifecycle": {"durations": spread}}
    (said,) = [
        message
        for message in advice_on(tmp_path, [strategy("four", hosts("HOST_COUNT", 396))], service=service)
        if "against" in message
    ]
    logs = np.log(30.0) + np.log(3.0) / 1.6448536 * np.random.default_rng(1).standard_normal((2000, 100, 4))
    hours = float(np.quantile(100 * 400.0 + np.exp(logs).max(axis=2).sum(axis=1), 0.95)) / HOUR
    words = said.split(" ")
    assert float(words[2]) == pytest.approx(hours, abs=0.1)
    assert said.startswith(
        f"'four' needs {words[2]} h (p95) against 12 h, after which CodeDeploy fails it; 5 at a time"
    )


def test_where_not_even_all_at_once_fits_there_is_no_batch_to_name(tmp_path: Path) -> None:
    around = ("BeforeBlockTraffic", "AfterBlockTraffic", "BeforeAllowTraffic", "AfterAllowTraffic")
    slow = dict.fromkeys((*P1_TIMES, *around), "1 h")
    everything = strategy("all", "CodeDeployDefault.AllAtOnce")
    said = [
        m for m in advice_on(tmp_path, [everything], 4, service={"lifecycle": {"durations": slow}}) if "against" in m
    ]
    assert len(said) == 1
    assert said[0].startswith("'all' needs 13.0 h against 12 h")
    assert said[0].endswith("not even all at once fits; shorten deregistration_delay or a script")


def test_an_in_place_deployment_is_failed_after_twelve_hours_and_one_that_fits_is_not() -> None:
    """What is foretold happens: at the twelfth hour 100 of 400 are done."""
    for floor, expected in ((399, ("Failed", 12 * HOUR)), (396, ("Succeeded", 43_000.0))):
        world = a_fleet(400, hosts("HOST_COUNT", floor), durations=P1_TIMES, people=None)
        trace, outcome = once(world)
        assert (outcome.deployment_status, outcome.duration_s) == expected
        last = next(record for record in reversed(trace.records) if getattr(record, "status", None) == expected[0])
        assert getattr(last, "code", None) == ("TIMEOUT" if expected[0] == "Failed" else None)


def test_a_lambda_deployment_is_failed_after_fifty_hours() -> None:
    """48 h of shifting and hooks of an hour each stay within it; a setup that takes longer does not."""
    hooks = {event: {"scripts": [{"timeout": HOUR}]} for event in ("BeforeAllowTraffic", "AfterAllowTraffic")}
    durations = {"BeforeAllowTraffic": 3500.0, "AfterAllowTraffic": 3500.0}
    given = {"hooks": hooks, "durations": durations, "people": None}
    assert once(an_alias(canary(10, 2880), **given))[1].deployment_status == "Succeeded"
    _, outcome = once(an_alias(canary(10, 2880), **given, assumptions={"lambda_setup": 600.0}))
    assert (outcome.deployment_status, outcome.duration_s) == ("Failed", 50 * HOUR)


@pytest.mark.parametrize(("size", "region", "most"), [(2001, "us-east-1", 2000), (1001, "eu-west-1", 1000)])
def test_more_instances_than_the_region_takes_are_foretold_and_refused(
    tmp_path: Path, size: int, region: str, most: int
) -> None:
    prices = {"region": region, "overrides": {"s3-get": "0.0000004 USD"}}
    everything = strategy("all", "CodeDeployDefault.AllAtOnce")
    (said,) = [m for m in advice_on(tmp_path, [everything], size, prices=prices) if "instances in a deployment" in m]
    assert said.startswith(f"CodeDeploy takes {most} instances in a deployment in {region} and fails a larger one")
    own = {"region": region, "overrides": {"s3-get": 4e-7}}
    world = a_fleet(size, "CodeDeployDefault.AllAtOnce", prices=own, people=None)
    trace, outcome = once(world)
    assert (outcome.deployment_status, outcome.duration_s) == ("Failed", 0.0)
    assert any(getattr(record, "code", None) == "OVER_MAX_INSTANCES" for record in trace.records)
    raised = a_fleet(size, "CodeDeployDefault.AllAtOnce", prices=own, assumptions={"instance_quota": "raised"})
    assert once(raised)[1].deployment_status == "Succeeded"


def test_a_quota_is_that_of_the_region_with_the_smallest(tmp_path: Path) -> None:
    """1,500 instances: us-east-1 takes 2,000 in a deployment, eu-west-3 takes 1,000, and fails its own alone."""
    paris = {"name": "eu-west-3", "share": "50 %", "prices": {"s3-get": "0.0000004 USD"}}
    regions = [{"name": "us-east-1", "share": "50 %"}, paris]
    everything = strategy("all", "CodeDeployDefault.AllAtOnce")
    said = advice_on(tmp_path, [everything], 1500, service={"regions": regions})
    assert any(each.startswith("CodeDeploy takes 1000 instances in a deployment in eu-west-3") for each in said)
    service = {
        "platform": "server",
        "fleet": {"size": 1500},
        "regions": [
            {"name": "us-east-1", "share": 0.5},
            {"name": "eu-west-3", "share": 0.5, "prices": {"s3-get": 0.0}},
        ],
    }
    world = a_fleet(configuration="CodeDeployDefault.AllAtOnce", service=service, people=None, horizon=60.0)
    trace, _ = once(world)
    ended = {(r.region, r.status, r.code) for r in trace.records if isinstance(r, DeploymentChange)}
    assert ("eu-west-3", "Failed", "OVER_MAX_INSTANCES") in ended
    assert ("us-east-1", "Succeeded", None) in ended


def test_an_agent_that_starts_an_event_too_late_is_foretold_and_fails_its_target(tmp_path: Path) -> None:
    """User guide, limits: an event not started within five minutes."""
    late = {"uniform": ["4 min", "6 min"]}
    said = advice_on(tmp_path, [ONE], 4, service={"agent_pickup": late})
    assert any("to start an event, and CodeDeploy fails one that has not started after 5 min" in each for each in said)
    world = a_fleet(8, "CodeDeployDefault.AllAtOnce", assumptions={"agent_pickup": {"uniform": [240.0, 360.0]}})
    trace, _ = once(world, grain="full")
    runs = [record for record in trace.records if type(record).__name__ == "EventRun"]
    late_ones = [run for run in runs if run.code == "NotStarted"]
    assert late_ones
    assert {(run.status, run.time - run.started) for run in late_ones} == {("Skipped", 300.0)}
    failed = {
        record.target
        for record in trace.records
        if getattr(record, "status", None) == "Failed" and hasattr(record, "target")
    }
    assert {run.target for run in late_ones} <= failed


def test_each_stage_has_the_whole_limit_and_one_that_does_not_fit_is_named(tmp_path: Path) -> None:
    """430 s each: 100 hosts one at a time need 11.9 h and fit, 300 need 35.8 h."""
    stages = [{"name": "a quarter", "share": "25 %"}, {"name": "rest", "rest": True}]
    (only,) = [m for m in advice_on(tmp_path, [{**ONE, "stages": stages}]) if "against" in m]
    assert only.startswith("stage 'rest' of 'one-at-a-time' needs 35.8 h against 12 h")


def test_replacements_one_at_a_time_are_foretold_and_failed_after_109_hours(tmp_path: Path) -> None:
    """120 s of each host in turn: 1,900 of them are 63.3 h, 48 h of waiting and 5 min of draining behind them."""
    durations = {"Install": "60 s", "AllowTraffic": "60 s", "BlockTraffic": "300 s", "DownloadBundle": "0 s"}
    one = {**ONE, "deployment_type": "blue_green", "blue_green": {"originals": {"wait": "48 h"}}}
    raised = {
        "assumptions": {**STILL_TEXT, "instance_quota": "raised", "instance_launch": "0 s", "asg_overhead": "0 s"}
    }
    service = {"lifecycle": {"durations": durations}}
    fits, not_fits = (
        [m for m in advice_on(tmp_path, [one], size, service=dict(service), **raised) if "against" in m]
        for size in (1800, 1900)
    )
    assert fits == []
    assert not_fits[0].startswith("'one-at-a-time' needs 111.4 h against 109 h")


def test_a_blue_green_deployment_is_failed_after_109_hours() -> None:
    """What is foretold happens: 48 h of termination wait behind 61 h of hosts one at a time."""
    times = {"Install": 3000.0, "AllowTraffic": 1800.0, "BlockTraffic": 300.0}
    options = {"originals": {"wait": 48 * HOUR}}
    for size, expected in ((45, "Succeeded"), (46, "Failed")):
        world = a_replaced_fleet(size, "CodeDeployDefault.OneAtATime", durations=times, options=options, people=None)
        _, outcome = once(world)
        assert outcome.deployment_status == expected
        if expected == "Failed":
            assert outcome.duration_s == 109 * HOUR


@pytest.mark.parametrize("found", [3, 5])
def test_a_replacement_fleet_of_another_size_is_foretold(tmp_path: Path, found: int) -> None:
    options = {"green_fleet": "DISCOVER_EXISTING", "existing": found}
    green = {**strategy("green", "CodeDeployDefault.AllAtOnce"), "deployment_type": "blue_green", "blue_green": options}
    assert any(f"{found} replacements exist for 4 originals" in m for m in advice_on(tmp_path, [green], 4))
