"""EC2 blue/green: how many replacements, how they come into service, how long originals stand, and the way back.

The one thing a newcomer would get wrong: the deployment configuration paces only the *replacements* as they are
registered. The originals leave all at once, whatever it says.

Sources: CodeDeploy user guide, deployment-groups-create-blue-green, deployment-configurations, instances-health,
integrations-aws-auto-scaling, error-codes and limits; API reference, DeploymentReadyOption,
BlueInstanceTerminationOption and GreenFleetProvisioningOption.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

from simulator.errors import quoted
from simulator.model.deployment_configuration import MinimumHealthyHostsType
from simulator.rules import healthy_hosts
from simulator.rules.limits import READY_WAIT_LIMIT_EC2_S, TERMINATION_WAIT_LIMIT_S

GreenFleet = Literal["COPY_AUTO_SCALING_GROUP", "DISCOVER_EXISTING"]
ReadyAction = Literal["CONTINUE_DEPLOYMENT", "STOP_DEPLOYMENT"]
OriginalsAction = Literal["TERMINATE", "KEEP_ALIVE"]


class Provisioning(NamedTuple):
    """Replacement instances that there will be, or the error code with which the deployment fails at once."""

    size: int
    error: str | None = None


class Ready(NamedTuple):
    """How the wait for rerouting ends: after how many seconds, whether traffic moves, else status and error code."""

    after: float
    continues: bool
    status: Literal["Stopped"] | None = None
    code: str | None = None


def provisioning(action: GreenFleet, originals: int, healthy_originals: int, found: int = 0) -> Provisioning:
    """Replacement instances of a blue/green deployment.

    Parameters
    ----------
    action : str
        ``COPY_AUTO_SCALING_GROUP`` launches as many as the source group has *healthy*; ``DISCOVER_EXISTING`` takes
        those that are `found`, which must exist beforehand and be as many as the originals.
    originals, healthy_originals, found : int
        Instances of the original fleet, those of them healthy, and replacement instances found.

    References
    ----------
    User guide, deployment-groups-create-blue-green and error-codes (NO_INSTANCES).

    Examples
    --------
    >>> provisioning("COPY_AUTO_SCALING_GROUP", originals=12, healthy_originals=10)
    Provisioning(size=10, error=None)
    >>> provisioning("DISCOVER_EXISTING", originals=12, healthy_originals=12, found=8)
    Provisioning(size=0, error='NO_INSTANCES')
    """
    size = healthy_originals if action == "COPY_AUTO_SCALING_GROUP" else found
    unequal = action == "DISCOVER_EXISTING" and found != originals
    return Provisioning(0, "NO_INSTANCES") if size == 0 or unequal else Provisioning(size)


def may_register(
    kind: MinimumHealthyHostsType, value: int, replacements: int, failed: int, in_progress: int, *, window: bool = False
) -> int:
    """Replacement instances that may be registered now: the configuration's second pass, over replacements alone.

    AllAtOnce registers all, HalfAtATime up to half, OneAtATime one at a time (user guide,
    deployment-configurations); arguments as in `simulator.rules.healthy_hosts.may_start`.

    >>> [may_register(kind, value, 9, 0, 0) for kind, value in
    ...  [("HOST_COUNT", 0), ("FLEET_PERCENT", 50), ("MOST_CONCURRENCY", 1)]]
    [9, 4, 1]
    """
    return healthy_hosts.may_start(kind, value, replacements, failed, in_progress, window=window)


def must_stop_registering(
    kind: MinimumHealthyHostsType, value: int, replacements: int, failed: int, waiting: int
) -> bool:
    """Whether registration failures end the deployment while instances wait.

    OneAtATime ends at the first, unless that was the last instance (user guide, deployment-configurations).

    >>> must_stop_registering("MOST_CONCURRENCY", 1, 9, failed=1, waiting=3)
    True
    >>> must_stop_registering("MOST_CONCURRENCY", 1, 9, failed=1, waiting=0)
    False
    """
    return healthy_hosts.must_stop(healthy_hosts.required(kind, value, replacements), replacements, failed, waiting)


def rerouted(kind: MinimumHealthyHostsType, value: int, replacements: int, registered: int) -> bool:
    """Whether enough replacements were registered: one for AllAtOnce, half for HalfAtATime, all but one for OneAtATime.

    >>> rerouted("HOST_COUNT", 0, 9, 1), rerouted("FLEET_PERCENT", 50, 9, 4), rerouted("MOST_CONCURRENCY", 1, 9, 8)
    (True, False, True)
    """
    return healthy_hosts.deployment_succeeds(healthy_hosts.required(kind, value, replacements), registered)


def deregistered_at_once(originals: int) -> int:
    """Originals that leave the load balancer together: all, whatever the configuration.

    Source: user guide, deployment-groups-create-blue-green.

    >>> deregistered_at_once(12)
    12
    """
    return originals


def ready_wait(
    action: ReadyAction, wait: float = 0.0, continued_after: float | None = None, limit: float = READY_WAIT_LIMIT_EC2_S
) -> Ready:
    """How long replacements that are ready wait for traffic, and what happens when nobody continues.

    Parameters
    ----------
    action : str
        What to do when nobody says anything: ``CONTINUE_DEPLOYMENT`` reroutes at once, ``STOP_DEPLOYMENT`` stops
        when the wait is over.
    wait : float
        Seconds to wait.
    continued_after : float, optional
        Seconds from ready until somebody calls ContinueDeployment; None for nobody.
    limit : float
        Longest wait in seconds: 48 h on EC2 (`simulator.rules.limits` has ECS's).

    Returns
    -------
    Ready
        A wait that expires ends the deployment as Stopped, and the originals keep serving. Its error code is not
        documented; TIMEOUT is a reading.

    Raises
    ------
    ValueError
        For what the API refuses: a wait beside CONTINUE_DEPLOYMENT, or one above the limit.

    References
    ----------
    API reference, DeploymentReadyOption; user guide, limits; for the refusal, hashicorp/terraform-provider-aws 9653.

    Examples
    --------
    >>> ready_wait("CONTINUE_DEPLOYMENT")
    Ready(after=0.0, continues=True, status=None, code=None)
    >>> ready_wait("STOP_DEPLOYMENT", 1800.0)
    Ready(after=1800.0, continues=False, status='Stopped', code='TIMEOUT')
    """
    if wait < 0 or wait > limit:
        raise ValueError(f"a ready wait of {wait / 60:g} min; write 0 to {limit / 60:g} min")
    if action == "CONTINUE_DEPLOYMENT":
        if wait > 0:
            raise ValueError("CONTINUE_DEPLOYMENT reroutes at once and takes no wait; write STOP_DEPLOYMENT or no wait")
        return Ready(0.0, continues=True)
    if action != "STOP_DEPLOYMENT":
        raise ValueError(f"{quoted(action)} is no ready action; write CONTINUE_DEPLOYMENT or STOP_DEPLOYMENT")
    if continued_after is not None and continued_after < wait:
        return Ready(continued_after, continues=True)
    return Ready(wait, continues=False, status="Stopped", code="TIMEOUT")


def originals_gone_after(action: OriginalsAction, wait: float = 0.0, continued_after: float | None = None) -> float:
    """Seconds from the originals' deregistration until they are terminated; infinite if they are kept.

    Kept originals leave the deployment group. Somebody may end the wait early (API reference, ContinueDeployment
    with TERMINATION_WAIT).

    >>> originals_gone_after("TERMINATE", 3600.0), originals_gone_after("KEEP_ALIVE", 3600.0)
    (3600.0, inf)
    """
    if not 0 <= wait <= TERMINATION_WAIT_LIMIT_S:
        raise ValueError(f"a termination wait of {wait / 60:g} min; write 0 to {TERMINATION_WAIT_LIMIT_S / 60:g} min")
    if action == "KEEP_ALIVE":
        return math.inf
    return wait if continued_after is None else min(wait, continued_after)


def can_go_back(time: float, originals_gone_at: float) -> bool:
    """Whether traffic can still be given back to the originals at `time`: only until they are terminated.

    After that a way back is a new deployment that provisions another fleet.
    Source: user guide, welcome (blue/green overview) and the event table of
    reference-appspec-file-structure-hooks, which has no install on the way back.

    >>> can_go_back(3599.0, originals_gone_at=3600.0), can_go_back(3600.0, originals_gone_at=3600.0)
    (True, False)
    """
    return time < originals_gone_at


def way_back_duration(allow: float, block: float, batches: int = 1) -> float:
    """Seconds of a way back by giving traffic back: originals allowed, in `batches`, then replacements blocked at once.

    Nothing is installed. Twelve originals at 30 s, then a drain of 300 s: 330 s, where an in-place way back of
    12 x 430 s takes 5,160.

    >>> way_back_duration(30.0, 300.0), round(12 * 430.0 / way_back_duration(30.0, 300.0), 1)
    (330.0, 15.6)
    """
    return allow * batches + block


def status(
    *, installed: bool, ready: Ready, rerouted: bool, originals_blocked: bool
) -> Literal["Succeeded", "Failed", "Stopped"]:
    """How a blue/green deployment ends, from its passes in their order.

    Parameters
    ----------
    installed : bool
        Whether enough replacements took the revision (`simulator.rules.healthy_hosts.deployment_succeeds`).
    ready : Ready
        How the ready wait ended.
    rerouted : bool
        Whether enough replacements were registered (`rerouted`).
    originals_blocked : bool
        Whether every original was deregistered; one that cannot be fails the deployment (instances-health).

    Examples
    --------
    >>> waited = ready_wait("STOP_DEPLOYMENT", 60.0)
    >>> status(installed=True, ready=waited, rerouted=False, originals_blocked=False)
    'Stopped'
    """
    if not installed:
        return "Failed"
    if not ready.continues:
        return "Stopped"
    return "Succeeded" if rerouted and originals_blocked else "Failed"
