"""Which lifecycle events run on a target, in which order, and whose scripts they run.

The one thing a newcomer would get wrong: ApplicationStop, BeforeBlockTraffic and AfterBlockTraffic run the
scripts of the revision that is *leaving*, so a broken stop script shows up one deployment later.

Sources: CodeDeploy user guide, "AppSpec 'hooks' section" (reference-appspec-file-structure-hooks); for the
in-place order aws-codedeploy-agent, deployer.rb; for Lambda and ECS orders as seen in published runs
(josefloressv/aws-devops-engineer, labs of 2026-08-08).
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Literal, TypeVar

from simulator.errors import quoted
from simulator.rules.platforms import Platform, named

Revision = TypeVar("Revision")
Side = Literal["original", "replacement"]

BLOCK_EVENTS = ("BeforeBlockTraffic", "BlockTraffic", "AfterBlockTraffic")
INSTALL_EVENTS = (
    "ApplicationStop",
    "DownloadBundle",
    "BeforeInstall",
    "Install",
    "AfterInstall",
    "ApplicationStart",
    "ValidateService",
)
ALLOW_EVENTS = ("BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic")

# Every event a target of the platform can meet, in its canonical order (the slots that draws are indexed by).
SERVER_EVENTS = BLOCK_EVENTS + INSTALL_EVENTS + ALLOW_EVENTS
LAMBDA_EVENTS = ALLOW_EVENTS
ECS_EVENTS = (
    "BeforeInstall",
    "Install",
    "AfterInstall",
    "AllowTestTraffic",
    "AfterAllowTestTraffic",
    *ALLOW_EVENTS,
)
EVENTS: MappingProxyType[Platform, tuple[str, ...]] = MappingProxyType(
    {"server": SERVER_EVENTS, "lambda": LAMBDA_EVENTS, "ecs": ECS_EVENTS}
)

# Events an AppSpec file may give scripts (Server) or a validation function (Lambda, ECS).
_MANAGED = {"DownloadBundle", "Install", "BlockTraffic", "AllowTraffic", "AllowTestTraffic"}
SCRIPTABLE: MappingProxyType[Platform, frozenset[str]] = MappingProxyType(
    {platform: frozenset(names) - _MANAGED for platform, names in EVENTS.items()}
)

# Events of one Server target by deployment type, side and whether there is a load balancer.
# Blue/green needs a load balancer, so there it makes no difference. The order within an Auto Scaling
# termination stands only in a picture of the guide; it is a reading here.
_SERVER_ORDERS: dict[tuple[str, Side | None, bool], tuple[str, ...]] = {
    ("in_place", None, False): INSTALL_EVENTS,
    ("in_place", None, True): SERVER_EVENTS,
    ("asg_launch", None, False): INSTALL_EVENTS,
    ("asg_launch", None, True): INSTALL_EVENTS + ALLOW_EVENTS,
    ("asg_termination", None, False): (*BLOCK_EVENTS, "ApplicationStop"),
    ("asg_termination", None, True): (*BLOCK_EVENTS, "ApplicationStop"),
    ("blue_green", "replacement", True): INSTALL_EVENTS + ALLOW_EVENTS,
    ("blue_green", "original", True): BLOCK_EVENTS,
    ("blue_green_rollback", "original", True): ALLOW_EVENTS,
    ("blue_green_rollback", "replacement", True): BLOCK_EVENTS,
}
DEPLOYMENT_TYPES = ("in_place", "blue_green", "blue_green_rollback", "asg_launch", "asg_termination")

# Whose AppSpec each scriptable Server event uses: the revision leaving or the one arriving.
# Source: user guide, troubleshooting-deployments; aws-codedeploy-agent, hook_executor.rb.
SCRIPTS_FROM: MappingProxyType[str, Literal["previous", "new"]] = MappingProxyType(
    {
        "BeforeBlockTraffic": "previous",
        "AfterBlockTraffic": "previous",
        "ApplicationStop": "previous",
        "BeforeInstall": "new",
        "AfterInstall": "new",
        "ApplicationStart": "new",
        "ValidateService": "new",
        "BeforeAllowTraffic": "new",
        "AfterAllowTraffic": "new",
    }
)

# Where a deployment with ignoreApplicationStopFailures goes on. Source: API reference, CreateDeployment.
_AFTER_IGNORED_FAILURE = {
    "ApplicationStop": "DownloadBundle",
    "BeforeBlockTraffic": "BlockTraffic",
    "AfterBlockTraffic": "ApplicationStop",
}


def events(
    platform: str, deployment_type: str, *, side: Side = "replacement", load_balancer: bool = False
) -> tuple[str, ...]:
    """Lifecycle events of one target, in order.

    Parameters
    ----------
    platform : str
        ``server``, ``lambda`` or ``ecs``.
    deployment_type : str
        ``in_place`` (and its rollback, an ordinary redeployment), ``blue_green``, ``blue_green_rollback``,
        ``asg_launch`` or ``asg_termination``. Lambda and ECS are always blue/green, one target each.
    side : str
        Of an EC2 blue/green deployment: ``replacement`` or ``original``. The replacements get traffic before
        the originals lose it; in the rollback the originals get it back before the replacements lose it.
    load_balancer : bool
        Whether the deployment group names a load balancer or target group; without one an in-place target
        has no traffic events. Of no effect for blue/green, which needs one.

    Raises
    ------
    ValueError
        For a platform, deployment type or side that does not exist.

    References
    ----------
    User guide, reference-appspec-file-structure-hooks and deployment-steps-ecs.

    Examples
    --------
    >>> events("server", "blue_green", side="original")
    ('BeforeBlockTraffic', 'BlockTraffic', 'AfterBlockTraffic')
    >>> len(events("server", "in_place", load_balancer=True)), len(events("ecs", "blue_green"))
    (13, 8)
    """
    kind = deployment_type.lower()
    if kind not in DEPLOYMENT_TYPES:
        raise ValueError(f"{quoted(deployment_type)} is no deployment type; write one of {', '.join(DEPLOYMENT_TYPES)}")
    if side not in ("replacement", "original"):
        raise ValueError(f"{quoted(side)} is no side of a deployment; write replacement or original")
    where = named(platform)
    if where != "server":
        if not kind.startswith("blue_green"):
            raise ValueError(f"{quoted(platform)} deployments are always blue/green; write blue_green")
        return EVENTS[where]
    if kind.startswith("blue_green"):
        return _SERVER_ORDERS[kind, side, True]
    return _SERVER_ORDERS[kind, None, load_balancer]


def scripts_from(
    event: str,
    *,
    installed: Revision | None,
    deploying: Revision | None,
    blue_green_rollback: bool = False,
    downloaded: Revision | None = None,
) -> Revision | None:
    """Revision whose AppSpec an event uses on one Server instance; None when it runs no scripts.

    Parameters
    ----------
    event : str
        One of `SERVER_EVENTS`; events that CodeDeploy manages itself have no scripts.
    installed : revision or None
        What this instance installed last, None if nothing. It changes when an Install event *finishes*, not
        when a deployment succeeds: after a deployment that failed in ApplicationStart the next one runs
        ApplicationStop of the failed revision.
    deploying : revision or None
        What this deployment brings; None in a blue/green rollback, which installs nothing.
    blue_green_rollback : bool
        In one, the Block hooks come from the revision downloaded last, the others from the one installed.
    downloaded : revision or None
        What this instance downloaded last; used in a blue/green rollback only.

    Raises
    ------
    ValueError
        For an event that a Server target does not have.

    References
    ----------
    User guide, troubleshooting-deployments; aws-codedeploy-agent, hook_executor.rb and command_executor.rb.

    Examples
    --------
    >>> scripts_from("ApplicationStop", installed="v1", deploying="v2")
    'v1'
    >>> scripts_from("ApplicationStart", installed="v1", deploying="v2")
    'v2'
    >>> scripts_from("ApplicationStop", installed=None, deploying="v1") is None  # a first deployment
    True
    """
    if event not in SERVER_EVENTS:
        raise ValueError(f"{quoted(event)} is no Server lifecycle event; write one of {', '.join(SERVER_EVENTS)}")
    if event not in SCRIPTS_FROM:
        return None
    if blue_green_rollback:
        return downloaded if event in BLOCK_EVENTS else installed
    return installed if SCRIPTS_FROM[event] == "previous" else deploying


def next_event_after_ignored_stop_failure(event: str) -> str | None:
    """Event that follows a failed `event` under ``ignoreApplicationStopFailures``; None if not forgiven.

    Only the three events that run the leaving revision's scripts are forgiven; where the one named does not
    exist on a target (an original in blue/green), its lifecycle is over.
    Source: API reference, CreateDeployment.

    >>> next_event_after_ignored_stop_failure("ApplicationStop")
    'DownloadBundle'
    """
    return _AFTER_IGNORED_FAILURE.get(event)
