"""Quotas, timeouts and what an automatic rollback is."""

from __future__ import annotations

import pytest

from simulator.model.deployment_configuration import (
    DeploymentConfiguration,
    MinimumHealthyHosts,
    ZonalConfiguration,
    predefined,
)
from simulator.rules import limits, rollback
from simulator.rules.rollback import StoppedBy, TerminalStatus

ALL_EVENTS = ("DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST")


@pytest.mark.parametrize(
    ("platform", "deployment_type", "seconds"),
    [
        ("server", "in_place", 43_200.0),
        ("server", "blue_green", 392_400.0),
        ("lambda", "blue_green", 180_000.0),
        ("ecs", "blue_green", None),
        ("Server", "IN_PLACE", 43_200.0),
    ],
)
def test_how_long_a_deployment_may_run(platform: str, deployment_type: str, seconds: float | None) -> None:
    assert limits.run_limit(platform, deployment_type) == seconds


def test_an_unknown_deployment_type_has_no_limit_but_a_message() -> None:
    with pytest.raises(ValueError, match="write in_place or blue_green"):
        limits.run_limit("server", "rolling")


@pytest.mark.parametrize(
    ("region", "one", "every"),
    [
        ("us-east-1", 2000, 3000),
        ("us-east-2", 2000, 1000),
        ("us-west-2", 2000, 1000),
        ("eu-central-1", 2000, 1000),
        ("eu-west-1", 1000, 1000),
    ],
)
def test_instances_by_region(region: str, one: int, every: int) -> None:
    assert limits.instances_per_deployment(region) == one
    assert limits.instances_in_all_deployments(region) == every


def test_every_limit_names_its_source() -> None:
    for limit in limits.LIMITS.values():
        assert limit.value > 0
        assert limit.label
        assert "guide" in limit.source or "API reference" in limit.source


@pytest.mark.parametrize(
    ("status", "stopped_by", "event"),
    [
        ("Failed", None, "DEPLOYMENT_FAILURE"),
        ("Stopped", "alarm", "DEPLOYMENT_STOP_ON_ALARM"),
        ("Stopped", "request", "DEPLOYMENT_STOP_ON_REQUEST"),
    ],
)
def test_each_ending_has_one_rollback_event(status: TerminalStatus, stopped_by: StoppedBy | None, event: str) -> None:
    others = [other for other in ALL_EVENTS if other != event]
    assert rollback.follows(status, stopped_by, [event], is_rollback=False, has_previous=True)
    assert not rollback.follows(status, stopped_by, others, is_rollback=False, has_previous=True)
    assert not rollback.follows(status, stopped_by, ALL_EVENTS, is_rollback=True, has_previous=True)
    assert not rollback.follows(status, stopped_by, ALL_EVENTS, is_rollback=False, has_previous=False)


@pytest.mark.parametrize(("status", "stopped_by"), [("Succeeded", None), ("Stopped", "ready_wait")])
def test_no_rollback_after_success_or_an_expired_ready_wait(
    status: TerminalStatus, stopped_by: StoppedBy | None
) -> None:
    assert not rollback.follows(status, stopped_by, ALL_EVENTS, is_rollback=False, has_previous=True)


def test_stop_and_roll_back_holds_whatever_the_group_says() -> None:
    assert rollback.follows("Stopped", "request", (), is_rollback=False, has_previous=True, roll_back_requested=True)
    assert not rollback.follows("Stopped", "alarm", (), is_rollback=False, has_previous=True, roll_back_requested=True)


def test_an_ecs_deployment_cannot_be_rolled_back_from_before_install() -> None:
    assert not rollback.possible("ecs", "BeforeInstall")
    assert rollback.possible("server", "BeforeInstall")
    assert rollback.possible("lambda", None)


def test_lambda_and_ecs_roll_back_all_at_once() -> None:
    linear = predefined("CodeDeployDefault.LambdaLinear10PercentEvery10Minutes")
    canary = predefined("CodeDeployDefault.ECSCanary10Percent5Minutes")
    assert rollback.configuration("lambda", linear).name == "CodeDeployDefault.LambdaAllAtOnce"
    assert rollback.configuration("ecs", canary).name == "CodeDeployDefault.ECSAllAtOnce"


def test_a_server_rollback_keeps_its_configuration_without_the_zones() -> None:
    zonal = DeploymentConfiguration(
        name="zone-by-zone",
        minimum_healthy_hosts=MinimumHealthyHosts(type="HOST_COUNT", value=160),
        zonal=ZonalConfiguration(monitor_duration=600.0),
    )
    assert rollback.configuration("server", zonal) == zonal.model_copy(update={"zonal": None})
    half = predefined("CodeDeployDefault.HalfAtATime")
    assert rollback.configuration("server", half) == half


def test_alarms_do_not_stop_a_rollback() -> None:
    assert not rollback.alarms_watched("codeDeployRollback")
    assert rollback.alarms_watched("user")
    assert rollback.alarms_watched("autoscaling")


@pytest.mark.parametrize(("platform", "run"), [("lambda", False), ("ecs", False), ("server", True)])
def test_hooks_of_a_rollback(platform: str, run: bool) -> None:
    assert rollback.hooks_run(platform, is_rollback=True) == run
    assert rollback.hooks_run(platform, is_rollback=False)
