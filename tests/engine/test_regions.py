"""A service in several regions: each its own copy, rolled out region after region or together."""

from __future__ import annotations

import math
from typing import Any

import pytest

from simulator.errors import ScenarioError
from simulator.metrics import Outcome, cost_lines, priced
from simulator.model.scenario import Scenario
from simulator.trace.behind import behind
from simulator.trace.records import (
    AlarmChange,
    DeploymentChange,
    FlowChange,
    Shift,
    StageChange,
    TargetChange,
    Trace,
    Trigger,
    Usage,
)
from simulator.trace.story import narrate
from tests.worlds import a_fleet, a_service, an_alias, canary, once

WEST, EAST = {"name": "west", "share": 0.25}, {"name": "east", "share": 0.75}
US_WEST, US_EAST = {"name": "us-west-2", "share": 0.25}, {"name": "us-east-1", "share": 0.75}
LAMBDA_AT_ONCE = "CodeDeployDefault.LambdaAllAtOnce"
ERRORS = {
    "name": "errors",
    "namespace": "AWS/Lambda",
    "metric_name": "Errors",
    "threshold": 5,
    "evaluation_periods": 1,
    "treat_missing_data": "notBreaching",
}
BOTH = ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"]


def by_region(first: float = 0.0, second: float = 0.0, **rest: Any) -> list[dict[str, Any]]:
    return [
        {"name": "west", "region": "west", "bake": first, **rest},
        {"name": "east", "region": "east", "bake": second, **rest},
    ]


def an_api(
    configuration: Any = LAMBDA_AT_ONCE,
    stages: list[dict[str, Any]] | None = None,
    *,
    after: str = "leave",
    **rest: Any,
) -> Scenario:
    strategy = {
        "name": "only",
        "configuration": configuration,
        "stages": stages or [],
        "after_failure": {"finished_stages": after},
    }
    service = {"regions": [WEST, EAST], **rest.pop("service", {})}
    return an_alias(service=service, strategies=[strategy], **{"people": None, **rest})


def bad(defect: dict[str, Any], **rest: Any) -> dict[str, Any]:
    return {
        "revision": {"bad": 1.0, "defects": [defect]},
        "alarms": [ERRORS],
        "rollback": {"events": BOTH},
        **rest,
    }


def stages_of(trace: Trace) -> dict[str, str]:
    return {record.stage: record.status for record in trace.records if isinstance(record, StageChange)}


def shares(trace: Trace) -> list[tuple[float, float]]:
    return [(record.time, record.flow.share_new) for record in trace.records if isinstance(record, FlowChange)]


def deployments(trace: Trace, status: str = "Created") -> list[tuple[float, str | None, str]]:
    return [
        (record.time, record.region, record.creator)
        for record in trace.records
        if isinstance(record, DeploymentChange) and record.status == status
    ]


# -- region after region ----------------------------------------------------------------------------------------


def test_duration_is_the_sum_of_deployments_and_bakes() -> None:
    """Canaries of 5 min with nothing else taking time: 300 + 3600 + 300."""
    trace, outcome = once(an_api(canary(10, 5), by_region(3600.0)))
    assert outcome.duration_s == pytest.approx(300 + 3600 + 300, abs=1e-9)
    assert outcome.outcome == "succeeded"
    assert [(time, where) for time, where, _ in deployments(trace)] == [(0.0, "west"), (3900.0, "east")]


def test_a_region_not_yet_reached_serves_the_previous_revision() -> None:
    """Weights by regions' shares: 10 % of a quarter, the quarter, then of the rest."""
    trace, outcome = once(an_api(canary(10, 5), by_region(3600.0)))
    assert shares(trace) == [
        (0.0, pytest.approx(0.025)),
        (300.0, 0.25),
        (3900.0, pytest.approx(0.25 + 0.075)),
        (4200.0, 1.0),
    ]
    assert outcome.mixed_version_s == pytest.approx(4200.0)


def test_regions_together_take_as_long_as_one() -> None:
    trace, outcome = once(an_api(canary(10, 5)))
    assert outcome.duration_s == pytest.approx(300.0)
    assert [(time, where) for time, where, _ in deployments(trace)] == [(0.0, "west"), (0.0, "east")]
    assert [s for _, s in shares(trace)] == [pytest.approx(0.1), 1.0]


LATENT = {"kind": "latent", "share": 0.5, "after": 2400.0}


def test_a_defect_that_shows_after_40_minutes_stays_in_the_first_region_with_a_bake_of_60() -> None:
    """x = 0.5 of a quarter of the requests, from 40:00 to the minute that tells, 41:00."""
    trace, outcome = once(an_api(LAMBDA_AT_ONCE, by_region(3600.0), after="roll_back", **bad(LATENT)), stratum="bad")
    assert stages_of(trace) == {"west": "Stopped", "east": "Skipped"}
    assert (outcome.outcome, outcome.trigger, outcome.detected_before_full) == ("rolled_back", "alarm", True)
    assert outcome.peak_exposure == 0.25
    assert outcome.downtime_s == pytest.approx(0.25 * 0.5 * (outcome.lifetime_s - 2400.0))
    assert outcome.detect_s == pytest.approx(2460.0)
    trigger = next(record for record in trace.records if isinstance(record, Trigger))
    assert trigger.alarm == "errors (west)"


def test_a_defect_that_shows_after_40_minutes_reaches_all_with_a_bake_of_20() -> None:
    trace, outcome = once(
        an_api(LAMBDA_AT_ONCE, by_region(1200.0, 3600.0), after="roll_back", **bad(LATENT)), stratum="bad"
    )
    assert stages_of(trace) == {"west": "Succeeded", "east": "Stopped"}
    assert outcome.peak_exposure == 1.0
    assert not outcome.detected_before_full
    assert outcome.outcome == "rolled_back"  # by the gate of the last region, both of them


def test_a_defects_clock_starts_in_each_region_with_its_first_traffic() -> None:
    """20 min behind each other: a quarter fails from 40:00 on, all from 60:00 on."""
    world = an_api(LAMBDA_AT_ONCE, by_region(1200.0), horizon=7200.0, **bad(LATENT, alarms=[]))
    trace, outcome = once(world, stratum="bad")
    failing = [(r.time, r.flow.failing_share) for r in trace.records if isinstance(r, FlowChange)]
    assert failing[-2:] == [(2400.0, pytest.approx(0.125)), (3600.0, pytest.approx(0.5))]
    assert outcome.outcome == "bad_in_production"


# -- the way back ------------------------------------------------------------------------------------------------


def test_alarms_of_a_region_see_its_own_requests_only() -> None:
    """Bad at once, 12.5 errors/s in the west: only its alarm goes up while the east is untouched."""
    world = an_api(LAMBDA_AT_ONCE, by_region(600.0), **bad({"kind": "errors", "share": 0.5}))
    trace, _ = once(world, stratum="bad")
    up = {record.alarm for record in trace.records if isinstance(record, AlarmChange) and record.state == "ALARM"}
    assert up == {"errors (west)"}


def failing_second(**rest: Any) -> Scenario:
    """The hook of the second region's deployment fails; faults count targets through the regions."""
    fault = {"kind": "hook_failure", "event": "BeforeAllowTraffic", "target": 1, "on": "deployment"}
    return an_api(
        LAMBDA_AT_ONCE,
        by_region(600.0),
        hooks={"BeforeAllowTraffic": {}},
        faults=[fault],
        rollback={"events": BOTH},
        horizon=3600.0,
        **rest,
    )


def test_codedeploy_rolls_back_the_failed_region_and_leaves_the_finished_one() -> None:
    trace, outcome = once(failing_second())
    assert stages_of(trace) == {"west": "Succeeded", "east": "Failed"}
    assert [each[1:] for each in deployments(trace)] == [
        ("west", "user"),
        ("east", "user"),
        ("east", "codeDeployRollback"),
    ]
    assert (outcome.outcome, outcome.censored) == ("stuck", True)  # two revisions, one in each region
    assert shares(trace)[-1][1] == 0.25


def test_the_pipeline_brings_the_finished_region_back_where_the_strategy_says_so() -> None:
    trace, outcome = once(failing_second(after="roll_back"))
    assert [each[1:] for each in deployments(trace)][2:] == [("east", "codeDeployRollback"), ("west", "user")]
    assert (outcome.outcome, outcome.censored) == ("rolled_back", False)


def test_a_region_that_fails_makes_the_rollout_fail_though_the_one_beside_it_succeeds() -> None:
    """Both together: the west fails at once, the east is done five minutes later."""
    fault = {"kind": "hook_failure", "event": "BeforeAllowTraffic", "target": 0, "on": "deployment"}
    world = an_api(canary(10, 5), hooks={"BeforeAllowTraffic": {}}, faults=[fault], horizon=3600.0)
    trace, outcome = once(world)
    assert stages_of(trace) == {"west": "Failed", "east": "Succeeded"}
    assert (outcome.deployment_status, outcome.outcome, outcome.duration_s) == ("Failed", "stuck", 300.0)


def test_a_person_takes_back_the_regions_that_are_not_back_yet() -> None:
    people = {"acknowledge": 60.0, "decide": 60.0, "act": 60.0}
    trace, outcome = once(failing_second(people=people))
    assert [each[1:] for each in deployments(trace)][3:] == [("west", "person")]
    assert (outcome.outcome, outcome.censored) == ("rolled_back", False)


def test_the_story_says_where() -> None:
    trace, _ = once(failing_second(), grain="full")
    told = "\n".join(narrate(trace, failing_second()))
    assert "function 'function', alias 'live' in each of 2 regions" in told
    assert "AllowTraffic in west: all production traffic on the new version." in told
    assert "CodeDeploy's rollback deployment in east is created" in told
    assert "BeforeAllowTraffic in east: Failed" in told
    forward = [r for r in trace.records if isinstance(r, Shift) and r.weight_new == 1.0]
    assert [behind(each, trace) for each in forward] == [("traffic_shift.schedule",)]


# -- fleets and task sets ----------------------------------------------------------------------------------------

TIMES = {"BlockTraffic": 0.0, "AllowTraffic": 0.0, "ApplicationStart": 100.0}


def fleets(configuration: Any, stages: list[dict[str, Any]] | None = None, **rest: Any) -> Scenario:
    strategy = {"name": "only", "configuration": configuration, "stages": stages or [], **rest.pop("strategy", {})}
    service = {
        "platform": "server",
        "fleet": {"size": 4, "capacity": rest.pop("capacity", 100.0), "instance_type": "m6i.large"},
        "load_balancer": {"deregistration_delay": 0.0},
        "lifecycle": {"durations": rest.pop("durations", TIMES)},
        "regions": rest.pop("regions", [WEST, EAST]),
    }
    return a_fleet(service=service, strategies=[strategy], **{"people": None, **rest})


def test_each_regions_fleet_is_updated_as_one_of_its_own() -> None:
    """OneAtATime of 4 hosts: 400 s in each; together they take 400 s, one host of each region at a time."""
    assert once(fleets("CodeDeployDefault.OneAtATime", by_region(60.0)))[1].duration_s == pytest.approx(400 + 60 + 400)
    trace, outcome = once(fleets("CodeDeployDefault.OneAtATime"))
    assert outcome.duration_s == pytest.approx(400.0)
    ended = [(r.deployment, r.target) for r in trace.records if isinstance(r, TargetChange)]
    assert sorted(ended) == [*((0, target) for target in range(4)), *((1, target) for target in range(4, 8))]


def test_a_region_that_is_short_of_capacity_turns_requests_away_while_the_other_has_room() -> None:
    """100/s: 75 in the east. Half of its 4 hosts of 30/s are out for 100 s: 15/s refused; the west has room."""
    world = fleets("CodeDeployDefault.HalfAtATime", by_region(), capacity=30.0, rate=100.0)
    _, outcome = once(world)
    assert outcome.failed_capacity == pytest.approx(2 * 100 * 15.0)
    assert outcome.capacity_shortfall_s == pytest.approx(200.0)


def test_the_bill_adds_up_over_regions_at_the_prices_of_each() -> None:
    """4 instances replaced in each: launch 90 + install 100 + shift 0 + wait 3600 s, at 0.10 and 0.20 USD an hour."""
    regions = [
        {**US_WEST, "prices": {"ec2-m6i-large": 0.20, "s3-get": 0.0}},
        {**US_EAST, "prices": {"ec2-m6i-large": 0.10, "s3-get": 0.0}},
    ]
    world = fleets(
        "CodeDeployDefault.AllAtOnce",
        regions=regions,
        strategy={"deployment_type": "blue_green"},
        blue_green={"originals": {"wait": 3600.0}},
        assumptions={"instance_launch": 90.0, "asg_overhead": 0.0},
    )
    trace, outcome = once(world)
    hours = 4 * (90 + 100 + 3600) / 3600  # from the launch on
    lines = {line.item: line for line in cost_lines(trace, world, priced(world)) if "instance-hours" in line.item}
    assert outcome.cost_usd == pytest.approx(hours * 0.30, rel=1e-4)
    assert lines["added instance-hours, m6i.large, us-west-2"].usd == pytest.approx(hours * 0.20, rel=1e-9)
    assert math.fsum(line.usd for line in cost_lines(trace, world)) == pytest.approx(outcome.cost_usd)


def test_a_region_that_the_price_book_lacks_needs_prices_of_its_own() -> None:
    world = fleets("CodeDeployDefault.AllAtOnce", regions=[US_WEST, US_EAST])
    with pytest.raises(
        ScenarioError, match=r"no s3-get of region 'us-west-2'; write prices: \{s3-get: 0.10 USD\} on the region"
    ):
        priced(world)


def test_task_sets_shift_in_each_region_by_itself() -> None:
    strategy = {"name": "only", "configuration": canary(10, 5, "ECS"), "stages": by_region(60.0)}
    world = a_service(service={"regions": [WEST, EAST]}, strategies=[strategy], wait=0.0, people=None)
    trace, outcome = once(world)
    alone = once(a_service(configuration=canary(10, 5, "ECS"), wait=0.0, people=None))[1]
    assert outcome.duration_s == pytest.approx(2 * alone.duration_s + 60)
    assert [record.weight_new for record in trace.records if isinstance(record, Shift)] == [0.1, 1.0, 0.1, 1.0]
    billed = [record.deployment for record in trace.records if isinstance(record, Usage)]
    assert billed == [0, 1]


# -- what regions have of their own ---------------------------------------------------------------------------------


def test_each_region_has_its_own_luck_and_the_same_whatever_the_order() -> None:
    """The hosts of each region take as long in stages as they do when all regions go at once."""
    times = {**TIMES, "ApplicationStart": {"median": 60.0, "p95": 200.0}}

    def took(stages: list[dict[str, Any]] | None) -> dict[str | None, float]:
        trace = once(fleets("CodeDeployDefault.AllAtOnce", stages, durations=times))[0]
        begun = {where: time for time, where, _ in deployments(trace)}
        return {where: time - begun[where] for time, where, _ in deployments(trace, "Succeeded")}

    apart, at_once = took(by_region()), took(None)
    assert apart == pytest.approx(at_once)
    assert apart["west"] != apart["east"]


def outcome_of(world: Scenario) -> Outcome:
    return once(world)[1]


def test_one_region_with_everything_is_the_service_without_regions() -> None:
    """Same rates and times where nothing is drawn."""
    alone = outcome_of(an_alias(canary(10, 5), people=None))
    only = outcome_of(an_alias(canary(10, 5), people=None, service={"regions": [{"name": "east", "share": 1.0}]}))
    assert only == alone


def test_a_person_brings_a_region_back_with_the_configuration_of_its_stage() -> None:
    """OneAtATime is the strategy's, and would take 400 s; the first region's stage goes all at once."""
    stages = by_region(3600.0)
    stages[0]["configuration"] = "CodeDeployDefault.AllAtOnce"
    people = {"notice": 60.0, "acknowledge": 60.0, "decide": 60.0, "act": 60.0}
    errors = {"bad": 1.0, "defects": [{"kind": "errors", "share": 0.5}]}
    world = fleets("CodeDeployDefault.OneAtATime", stages, revision=errors, people=people)
    trace, outcome = once(world, stratum="bad")
    times = [r.time for r in trace.records if isinstance(r, DeploymentChange) and r.creator == "person"]
    assert max(times) - min(times) == pytest.approx(100.0)
    assert (outcome.outcome, outcome.trigger) == ("rolled_back", "person")
