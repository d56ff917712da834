"""Scenarios in the few lines every engine test starts from; times not named are zero."""

from __future__ import annotations

from typing import Any

from simulator.engine import simulate
from simulator.metrics import Outcome, measure
from simulator.model.scenario import Scenario
from simulator.randomness import Streams
from simulator.trace.records import Trace

# Every delay and phase that a case does not name, set to nothing.
STILL: dict[str, Any] = {
    "creation_delay": 0.0,
    "agent_pickup": 0.0,
    "lambda_setup": 0.0,
    "lambda_finish": 0.0,
    "lambda_rollback": 0.0,
    "rollback_creation": 0.0,
    "alarm_first_look": 0.0,
    "alarm_poll_period": 0.0,
    "alarm_poll_phase": 0.0,
    "alarm_stop_action": 0.0,
    "gate_look_period": 0.0,
    "gate_look_phase": 0.0,
    "minute_phase": 0.0,
    "alarm_evaluation_phase": 0.0,
    "health_check_phase": 0.0,
    "delivery_load_balancer": 0.0,
    "delivery_lambda": 0.0,
    "delivery_custom": 0.0,
    "download_bundle": 0.0,
    "install": 0.0,
    "hook_duration": 0.0,
    "ecs_setup": 0.0,
    "ecs_event": 0.0,
    "ecs_finish": 0.0,
    "ecs_rollback": 0.0,
    "target_group_convergence": 0.0,
    "tie_order": "index",
    "zone_order": "index",
}

# The instance of risk-methods P1: 430 s in all.
P1_TIMES = {
    "BlockTraffic": 300.0,
    "ApplicationStop": 10.0,
    "DownloadBundle": 8.0,
    "BeforeInstall": 5.0,
    "Install": 12.0,
    "AfterInstall": 20.0,
    "ApplicationStart": 15.0,
    "ValidateService": 30.0,
    "AllowTraffic": 30.0,
}

NO_BALANCER = None


def a_fleet(
    size: int = 10,
    configuration: Any = "CodeDeployDefault.HalfAtATime",
    *,
    balancer: dict[str, Any] | None = {},  # noqa: B006 - read only; None means no load balancer
    durations: dict[str, Any] | None = None,
    hooks: dict[str, Any] | None = None,
    capacity: float | None = 100.0,
    rate: float = 100.0,
    still: bool = True,
    assumptions: dict[str, Any] | None = None,
    name: str = "only",
    fleet: dict[str, Any] | None = None,
    **rest: Any,
) -> Scenario:
    """A server fleet under one strategy, already resolved; `fleet` adds to its fields."""
    scenario = Scenario.model_validate(
        {
            "name": "a fleet",
            "service": {
                "platform": "server",
                "fleet": {"size": size, "capacity": capacity, "instance_type": "m6i.large", **(fleet or {})},
                "load_balancer": balancer,
                "lifecycle": {"durations": durations or {}, "hooks": hooks or {}},
            },
            "traffic": {"rate": rate},
            "revision": {"bad": 0.0},
            "assumptions": {**(STILL if still else {}), **(assumptions or {})},
            "strategies": [{"name": name, "configuration": configuration}],
            **rest,
        }
    )
    return scenario.under(name)


def an_alias(
    configuration: Any = "CodeDeployDefault.LambdaCanary10Percent5Minutes",
    *,
    hooks: dict[str, Any] | None = None,
    durations: dict[str, Any] | None = None,
    rate: float = 100.0,
    still: bool = True,
    assumptions: dict[str, Any] | None = None,
    service: dict[str, Any] | None = None,
    **rest: Any,
) -> Scenario:
    """A Lambda alias under one strategy, already resolved."""
    scenario = Scenario.model_validate(
        {
            "name": "an alias",
            "service": {
                "platform": "lambda",
                "lifecycle": {"durations": durations or {}, "hooks": hooks or {}},
                **(service or {}),
            },
            "traffic": {"rate": rate},
            "revision": {"bad": 0.0},
            "assumptions": {**(STILL if still else {}), **(assumptions or {})},
            "strategies": [{"name": "only", "configuration": configuration}],
            **rest,
        }
    )
    return scenario.under("only")


def a_service(
    configuration: Any = "CodeDeployDefault.ECSLinear10PercentEvery1Minutes",
    *,
    tasks: int = 4,
    capacity: float | None = 100.0,
    launch: Any = 40.0,
    balancer: dict[str, Any] | None = None,
    hooks: dict[str, Any] | None = None,
    durations: dict[str, Any] | None = None,
    rate: float = 100.0,
    wait: float = 300.0,
    ready: dict[str, Any] | None = None,
    still: bool = True,
    assumptions: dict[str, Any] | None = None,
    service: dict[str, Any] | None = None,
    **rest: Any,
) -> Scenario:
    """An ECS service under one strategy, already resolved; its health takes 2 x 10 + 10 = 30 s."""
    check = {"interval": 10.0, "healthy_threshold": 2}
    scenario = Scenario.model_validate(
        {
            "name": "a service",
            "service": {
                "platform": "ecs",
                "tasks": tasks,
                "task": {"capacity": capacity},
                "task_launch": launch,
                "load_balancer": {"deregistration_delay": 0.0, "health_check": check, **(balancer or {})},
                "lifecycle": {"durations": durations or {}, "hooks": hooks or {}},
                **(service or {}),
            },
            "traffic": {"rate": rate},
            "revision": {"bad": 0.0},
            "blue_green": {"originals": {"wait": wait}, "ready": ready or {}},
            "assumptions": {**(STILL if still else {}), **(assumptions or {})},
            "strategies": [{"name": "only", "configuration": configuration}],
            **rest,
        }
    )
    return scenario.under("only")


def canary(percentage: int, minutes: float, platform: str = "Lambda") -> dict[str, Any]:
    """A custom canary."""
    return {
        "name": f"canary{percentage}",
        "compute_platform": platform,
        "traffic_routing": {
            "type": "TimeBasedCanary",
            "time_based_canary": {"percentage": percentage, "interval": minutes * 60.0},
        },
    }


def linear(percentage: int, minutes: float, platform: str = "Lambda") -> dict[str, Any]:
    """A custom linear shift."""
    return {
        "name": f"linear{percentage}",
        "compute_platform": platform,
        "traffic_routing": {
            "type": "TimeBasedLinear",
            "time_based_linear": {"percentage": percentage, "interval": minutes * 60.0},
        },
    }


def hosts(kind: str, value: int) -> dict[str, Any]:
    """A custom Server configuration."""
    return {"name": "floor", "minimum_healthy_hosts": {"type": kind, "value": value}}


def errors_alarm(threshold: float = 1.0, periods: int = 1, **rest: Any) -> dict[str, Any]:
    """An alarm on the new version's own errors."""
    return {
        "name": "new-version-errors",
        "namespace": "AWS/Lambda",
        "metric_name": "Errors",
        "dimensions": {"ExecutedVersion": "2"},
        "threshold": threshold,
        "evaluation_periods": periods,
        "comparison_operator": "GreaterThanOrEqualToThreshold",
        "treat_missing_data": "notBreaching",
        **rest,
    }


def once(
    scenario: Scenario, *, seed: int = 1, replication: int = 0, stratum: str = "good", grain: str = "states"
) -> tuple[Trace, Outcome]:
    """Simulate and measure."""
    trace = simulate(scenario, Streams(seed, replication), stratum, grain)  # type: ignore[arg-type]
    return trace, measure(trace, scenario)
