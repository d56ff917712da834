"""Quotas and timeouts of CodeDeploy, each with its source.

The one thing a newcomer would get wrong: an instance that dies *between* events is noticed after 5 minutes,
one that dies *in* an event only after an hour, whatever timeout its script had, because the timer dies with
the agent.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from simulator.errors import quoted
from simulator.model.platforms import PLATFORMS
from simulator.rules.platforms import named

MINUTE_S = 60.0
HOUR_S = 3600.0

# User guide, "CodeDeploy quotas" (limits), unless another page is named.
EVENT_START_LIMIT_S = 5 * MINUTE_S
EVENT_RUN_LIMIT_S = HOUR_S
SCRIPT_TIMEOUT_DEFAULT_S = HOUR_S  # reference-appspec-file-structure-hooks; agent, script_info.rb
HOOK_CALLBACK_LIMIT_S = HOUR_S  # reference-appspec-file-structure-hooks; troubleshooting-ecs
ECS_INSTALL_LIMIT_S = HOUR_S  # troubleshooting-ecs
ECS_SCALING_GRACE_S = 5 * MINUTE_S  # Amazon ECS developer guide, deployment-type-bluegreen
ALLOW_TRAFFIC_LIMIT_S = HOUR_S  # integrations-aws-elastic-load-balancing
AUTO_SCALING_LAUNCH_LIMIT_S = HOUR_S  # troubleshooting-auto-scaling
OLD_AGENT_RESTART_LIMIT_S = 70 * MINUTE_S  # codedeploy-agent: agents older than 1.5.0
READY_WAIT_LIMIT_EC2_S = 48 * HOUR_S
READY_WAIT_LIMIT_ECS_S = 120 * HOUR_S  # the 2023 edition of the page
TERMINATION_WAIT_LIMIT_S = 2880 * MINUTE_S  # API, BlueInstanceTerminationOption; the page says 2800 min
IN_PLACE_RUN_LIMIT_S = 12 * HOUR_S
IN_PLACE_RUN_LIMIT_BEFORE_JUNE_2023_S = 8 * HOUR_S  # custom configurations created before June 2023
BLUE_GREEN_RUN_LIMIT_S = 109 * HOUR_S  # 48 h + 48 h + 13 events of 1 h
LAMBDA_RUN_LIMIT_S = 50 * HOUR_S  # 48 h + 2 hooks of 1 h
SHIFT_SPAN_LIMIT_S = 2880 * MINUTE_S
INCREMENT_LIMIT = 0.99
ALARMS_PER_GROUP = 50
ALARMS_PER_GROUP_API = 10  # API reference, AlarmConfiguration; user guide, monitoring-create-alarms
ACTIVE_DEPLOYMENTS_PER_GROUP = 1
CONCURRENT_DEPLOYMENTS_PER_ACCOUNT = 1300

_INSTANCES_PER_DEPLOYMENT = MappingProxyType(
    dict.fromkeys(("us-east-1", "us-east-2", "us-west-2", "eu-central-1"), 2000)
)
_INSTANCES_IN_ALL_DEPLOYMENTS = MappingProxyType({"us-east-1": 3000})
_ANY_REGION = 1000


@dataclass(frozen=True, slots=True)
class Limit:
    """One quota or timeout: what it bounds, its value in `unit`, whether AWS raises it, and the source."""

    label: str
    value: float
    unit: Literal["s", "fraction", "count"]
    adjustable: bool
    source: str


def _time(label: str, seconds: float, source: str = "user guide, limits") -> Limit:
    return Limit(label, seconds, "s", adjustable=False, source=source)


def _count(label: str, number: int, *, adjustable: bool, source: str = "user guide, limits") -> Limit:
    return Limit(label, number, "count", adjustable, source)


_HOOKS_PAGE = "user guide, reference-appspec-file-structure-hooks"

LIMITS = MappingProxyType(
    {
        "event_start": _time("a lifecycle event that has not started", EVENT_START_LIMIT_S),
        "event_run": _time("a lifecycle event that has not finished", EVENT_RUN_LIMIT_S),
        "script_timeout": _time("a script without a timeout of its own", SCRIPT_TIMEOUT_DEFAULT_S, _HOOKS_PAGE),
        "hook_callback": _time("a Lambda or ECS hook that does not report back", HOOK_CALLBACK_LIMIT_S, _HOOKS_PAGE),
        "ecs_install": _time(
            "an ECS replacement task set becoming healthy",
            ECS_INSTALL_LIMIT_S,
            "user guide, troubleshooting-ecs",
        ),
        "ecs_scaling_grace": _time(
            "an ECS service that scales while traffic shifts",
            ECS_SCALING_GRACE_S,
            "Amazon ECS developer guide, deployment-type-bluegreen",
        ),
        "allow_traffic": _time(
            "a target becoming healthy behind its load balancer",
            ALLOW_TRAFFIC_LIMIT_S,
            "user guide, integrations-aws-elastic-load-balancing",
        ),
        "auto_scaling_launch": _time(
            "the agent's answer on a newly launched instance",
            AUTO_SCALING_LAUNCH_LIMIT_S,
            "user guide, troubleshooting-auto-scaling",
        ),
        "ready_wait_ec2": _time("waiting to reroute an EC2 blue/green deployment", READY_WAIT_LIMIT_EC2_S),
        "ready_wait_ecs": _time("waiting to reroute an ECS deployment", READY_WAIT_LIMIT_ECS_S),
        "termination_wait": _time(
            "keeping the originals before they are terminated",
            TERMINATION_WAIT_LIMIT_S,
            "API reference, BlueInstanceTerminationOption",
        ),
        "in_place_run": _time("an in-place deployment", IN_PLACE_RUN_LIMIT_S),
        "blue_green_run": _time("an EC2 blue/green deployment", BLUE_GREEN_RUN_LIMIT_S),
        "lambda_run": _time("a Lambda deployment", LAMBDA_RUN_LIMIT_S),
        "shift_span": _time("first to last traffic shift", SHIFT_SPAN_LIMIT_S),
        "increment": Limit(
            "traffic moved in one increment",
            INCREMENT_LIMIT,
            "fraction",
            adjustable=False,
            source="user guide, limits",
        ),
        "alarms_per_group": _count("alarms on a deployment group", ALARMS_PER_GROUP, adjustable=True),
        "deployments_per_group": _count(
            "active deployments of a group", ACTIVE_DEPLOYMENTS_PER_GROUP, adjustable=False
        ),
        "deployments_per_account": _count(
            "concurrent deployments of an account", CONCURRENT_DEPLOYMENTS_PER_ACCOUNT, adjustable=True
        ),
        "instances_per_deployment": _count("instances in a deployment", _ANY_REGION, adjustable=True),
        "instances_in_all_deployments": _count("instances in all running deployments", _ANY_REGION, adjustable=True),
    }
)


def run_limit(platform: str, deployment_type: str) -> float | None:
    """Seconds after which CodeDeploy fails a deployment that is still running (error code TIMEOUT).

    Parameters
    ----------
    platform : str
        ``server``, ``lambda`` or ``ecs``.
    deployment_type : str
        ``in_place`` or ``blue_green``; Lambda and ECS are always blue/green (user guide, welcome).

    Returns
    -------
    float or None
        None for ECS, for which AWS lists no limit.

    References
    ----------
    User guide, limits: 12 h, 109 h, 50 h.

    Examples
    --------
    >>> run_limit("server", "in_place"), run_limit("lambda", "blue_green"), run_limit("ecs", "blue_green")
    (43200.0, 180000.0, None)
    """
    kind = deployment_type.lower()
    known = PLATFORMS["server"].deployment_types
    if kind not in known:
        raise ValueError(f"{quoted(deployment_type)} is no deployment type; write {' or '.join(known)}")
    match named(platform):
        case "server":
            return BLUE_GREEN_RUN_LIMIT_S if kind == "blue_green" else IN_PLACE_RUN_LIMIT_S
        case "lambda":
            return LAMBDA_RUN_LIMIT_S
        case "ecs":
            return None


def instances_per_deployment(region: str) -> int:
    """Targets that one deployment may have before AWS raises the quota (user guide, limits).

    >>> instances_per_deployment("us-east-1"), instances_per_deployment("eu-west-1")
    (2000, 1000)
    """
    return _INSTANCES_PER_DEPLOYMENT.get(region, _ANY_REGION)


def instances_in_all_deployments(region: str) -> int:
    """Targets that all running deployments of an account may have together (user guide, limits).

    >>> instances_in_all_deployments("us-east-1"), instances_in_all_deployments("us-west-2")
    (3000, 1000)
    """
    return _INSTANCES_IN_ALL_DEPLOYMENTS.get(region, _ANY_REGION)
