"""Instances that come and go while a deployment runs.

The one thing a newcomer would get wrong: an instance launched during a deployment gets the *old* revision, the last
one that succeeded. A second deployment, of CodeDeploy's own making, brings it up afterwards, unless the group
ignores outdated instances; if the deployment failed, nothing is outdated.

Sources: CodeDeploy user guide, integrations-aws-auto-scaling and troubleshooting-auto-scaling; API reference,
DeploymentGroupInfo (outdatedInstancesStrategy) and the enum DeploymentCreator; error-codes.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

from simulator.rules.limits import AUTO_SCALING_LAUNCH_LIMIT_S, EVENT_RUN_LIMIT_S, EVENT_START_LIMIT_S
from simulator.rules.rollback import TerminalStatus

OutdatedInstancesStrategy = Literal["UPDATE", "IGNORE"]
Progress = Literal["waiting", "between_events", "in_event", "succeeded", "failed"]

LAUNCH_CREATOR = "autoscaling"
FOLLOW_ON_CREATOR = "CodeDeployAutoUpdate"
TERMINATION_CREATOR = "autoscalingTermination"
HEARTBEAT_S = 300.0  # integrations-aws-auto-scaling: every five minutes while the instance waits


class ScaleIn(NamedTuple):
    """What losing an instance means to the deployment: whether its target fails, and seconds until that is known."""

    fails: bool
    noticed_after: float


def launch_revision(last_successful: str | None) -> str | None:
    """Revision that a newly launched instance gets while a deployment runs; None when the group never had one.

    A running deployment's revision counts only once that deployment has succeeded (integrations-aws-auto-scaling).

    >>> launch_revision(last_successful="2.30")
    '2.30'
    """
    return last_successful


def launch_result(succeeded: bool) -> Literal["CONTINUE", "ABANDON"]:
    """What CodeDeploy tells the group of a launched instance: into service, or terminated.

    >>> launch_result(False)
    'ABANDON'
    """
    return "CONTINUE" if succeeded else "ABANDON"


def follow_on(status: TerminalStatus, outdated: int, strategy: OutdatedInstancesStrategy = "UPDATE") -> bool:
    """Whether a further deployment brings up instances that were launched with the old revision.

    Parameters
    ----------
    status : str
        How the deployment ended that ran while they were launched.
    outdated : int
        Instances of the group that hold an older revision than the last successful one.
    strategy : str
        ``UPDATE`` (AWS's default) or ``IGNORE``.

    References
    ----------
    API reference, DeploymentGroupInfo: outdatedInstancesStrategy; its creator is ``CodeDeployAutoUpdate``.

    Examples
    --------
    >>> follow_on("Succeeded", 2), follow_on("Succeeded", 2, "IGNORE"), follow_on("Failed", 2)
    (True, False, False)
    """
    return status == "Succeeded" and outdated > 0 and strategy == "UPDATE"


def scale_in(progress: Progress) -> ScaleIn:
    """What it does to a deployment that the group terminates one of its targets.

    Parameters
    ----------
    progress : str
        Where the deployment to that target stands.

    Returns
    -------
    ScaleIn
        A target that is gone is a failed one to the health floor. One still waiting is missed only when its turn
        comes: its first event does not start. In the middle of an event the timer died with the agent. One that was
        over before changes nothing.

    References
    ----------
    User guide, troubleshooting-ec2-instances (5 min between events, up to 1 h in one) and
    integrations-aws-auto-scaling. A termination deployment that fails never keeps the instance.

    Examples
    --------
    >>> scale_in("in_event"), scale_in("waiting"), scale_in("succeeded")
    (ScaleIn(fails=True, noticed_after=3600.0), ScaleIn(fails=True, noticed_after=300.0),
     ScaleIn(fails=False, noticed_after=0.0))
    """
    if progress in ("succeeded", "failed"):
        return ScaleIn(fails=False, noticed_after=0.0)
    return ScaleIn(fails=True, noticed_after=EVENT_RUN_LIMIT_S if progress == "in_event" else EVENT_START_LIMIT_S)


def launch_loop(launch: float, fails_after: float, terminate: float = 0.0, *, agent_answers: bool = True) -> float:
    """Seconds of one round of a group that launches instances on which its revision fails, again and again.

    Parameters
    ----------
    launch : float
        Seconds from the group's call to the instance waiting for CodeDeploy.
    fails_after : float
        Seconds of lifecycle events up to the one that fails.
    terminate : float
        Seconds until the group has terminated it and launches the next.
    agent_answers : bool
        Whether the agent ever takes the deployment up; without it the instance is given up after an hour.

    References
    ----------
    User guide, troubleshooting-auto-scaling.

    Examples
    --------
    >>> launch_loop(90.0, 60.0, 30.0), launch_loop(90.0, 60.0, agent_answers=False)
    (180.0, 3690.0)
    """
    return launch + (fails_after if agent_answers else AUTO_SCALING_LAUNCH_LIMIT_S) + terminate


def launches(within: float, loop: float) -> int:
    """Instances that one place of the group has gone through `within` seconds, the one being tried included.

    >>> launches(3600.0, loop=180.0), launches(3601.0, loop=180.0)
    (20, 21)
    """
    return max(1, math.ceil(within / loop - 1e-9)) if within > 0 else 0


def has_no_instances(in_service: int) -> bool:
    """Whether a deployment to the group fails at once with NO_INSTANCES (troubleshooting-auto-scaling).

    >>> has_no_instances(0)
    True
    """
    return in_service == 0
