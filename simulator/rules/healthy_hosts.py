"""Minimum healthy hosts: how many targets of a fleet may be updated at once, and when it is over.

The one thing a newcomer would get wrong: a failed target keeps its place. CodeDeploy counts it as unhealthy
until the deployment ends, so every failure makes the next batch smaller.

Sources: CodeDeploy user guide, "Instance health" (instances-health), "Working with deployment
configurations" and "Create a deployment configuration" (zones); API reference, MinimumHealthyHosts and
ZonalConfig. What follows from those texts without standing in them is marked *derived*.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from simulator.errors import quoted
from simulator.model.deployment_configuration import MinimumHealthyHostsType

RevisionHealth = Literal["Current", "Old", "Unknown"]

# Targets without a good revision first, so that deploying to them cannot hurt.
# Source: user guide, instances-health; API reference, ZonalConfig.
_REVISION_ORDER: dict[RevisionHealth, int] = {"Unknown": 1, "Old": 2, "Current": 3}


@dataclass(frozen=True, slots=True)
class ZoneFloor:
    """The floor of the zone being deployed to, and how that zone stands.

    Parameters
    ----------
    kind, value
        Minimum healthy hosts per zone; AWS's default is 0 % (API reference, ZonalConfig).
    zone_size : int
        Targets in the zone.
    failed, in_progress : int
        Targets of the zone that failed in this deployment, and that it is updating now.
    unhealthy_waiting : int
        Targets of the zone still waiting that started the deployment Unhealthy.
    """

    kind: MinimumHealthyHostsType
    value: int
    zone_size: int
    failed: int = 0
    in_progress: int = 0
    unhealthy_waiting: int = 0


@dataclass(frozen=True, slots=True)
class TargetHealth:
    """What CodeDeploy knows of a target when it chooses whom to update first.

    Parameters
    ----------
    revision : str
        ``Current`` (the group's last successful revision), ``Old``, or ``Unknown`` (none installed).
    healthy : bool
        Whether the last deployment to it succeeded; False too when it was never deployed to.
    """

    revision: RevisionHealth = "Old"
    healthy: bool = True


def required(kind: MinimumHealthyHostsType, value: int, fleet_size: int) -> int:
    """Targets that must stay healthy while a Server deployment runs; CodeDeploy rounds a percentage up.

    Parameters
    ----------
    kind : str
        ``HOST_COUNT``, ``FLEET_PERCENT``, or ``MOST_CONCURRENCY`` (what the API returns for OneAtATime).
    value : int
        A number of targets, a percentage 0 to 99, or the number updated at once.
    fleet_size : int
        Targets in the deployment.

    Returns
    -------
    int
        May reach `fleet_size` or pass it; then nothing can start (see `can_start`). Computed once, at the
        start of the deployment.

    Raises
    ------
    ValueError
        For an unknown kind or a negative number.

    References
    ----------
    API reference, MinimumHealthyHosts; user guide, instances-health. A fleet of one under OneAtATime needs
    nobody in service and one success (user guide, deployment-configurations).

    Examples
    --------
    >>> required("FLEET_PERCENT", 40, fleet_size=9), required("MOST_CONCURRENCY", 1, fleet_size=9)
    (4, 8)
    """
    if value < 0 or fleet_size < 0:
        raise ValueError(f"{value} of {fleet_size} targets: neither number can be negative")
    if kind == "HOST_COUNT":
        return value
    if kind == "FLEET_PERCENT":
        return -(-fleet_size * value // 100)  # exact ceiling; 0.07 * 100 is not 7 in floats
    if kind == "MOST_CONCURRENCY":
        return max(0, fleet_size - value)
    raise ValueError(f"{quoted(kind)} is no kind of minimum; write HOST_COUNT, FLEET_PERCENT or MOST_CONCURRENCY")


def may_start(
    kind: MinimumHealthyHostsType,
    value: int,
    fleet_size: int,
    failed: int,
    in_progress: int,
    *,
    window: bool = False,
    unhealthy_waiting: int = 0,
    zone: ZoneFloor | None = None,
) -> int:
    """How many targets the deployment may start now; the caller has no more waiting than it has.

    Parameters
    ----------
    kind, value, fleet_size
        As in `required`.
    failed : int
        Targets that failed in this deployment so far. A stopped instance is a failed one.
    in_progress : int
        Targets being updated now; they are not available while in flight.
    window : bool
        False (as AWS describes it) updates in batches: 0 while `in_progress` is above 0. True refills every
        place as it falls free. Which of the two AWS does is not documented (assumption ``dispatch``).
    unhealthy_waiting : int
        Targets still waiting that started the deployment Unhealthy. Deploying to them lowers no healthy
        count, so they may start even where failures have used up every place (instances-health: when
        fewer than the minimum are healthy at the start, the count must only not fall further).
    zone : ZoneFloor, optional
        Floor of the zone; the smaller answer of fleet and zone counts.

    Returns
    -------
    int
        Never below 0.

    References
    ----------
    User guide, instances-health: at once = targets - minimum; 200 targets of which 160 must stay, in zones
    of 100 of which 50 must stay, go 40 + 40 + 20 through each zone. That a failure shrinks the next batch
    is derived from "never under the minimum".

    Examples
    --------
    >>> may_start("FLEET_PERCENT", 40, fleet_size=9, failed=0, in_progress=0)
    5
    >>> may_start("HOST_COUNT", 8, fleet_size=10, failed=1, in_progress=0)
    1
    >>> may_start("HOST_COUNT", 160, 200, 0, 0, zone=ZoneFloor("HOST_COUNT", 50, zone_size=100))
    40
    """
    if zone is not None:
        in_zone = may_start(
            zone.kind,
            zone.value,
            zone.zone_size,
            zone.failed,
            zone.in_progress,
            window=window,
            unhealthy_waiting=zone.unhealthy_waiting,
        )
        in_fleet = may_start(
            kind, value, fleet_size, failed, in_progress, window=window, unhealthy_waiting=unhealthy_waiting
        )
        return min(in_fleet, in_zone)
    if in_progress > 0 and not window:
        return 0
    places = fleet_size - required(kind, value, fleet_size) - in_progress
    return max(0, places - failed, min(unhealthy_waiting, places))


def can_start(required: int, fleet_size: int) -> bool:
    """Whether the deployment can begin at all: somebody may leave service.

    Otherwise it fails at once and nothing is deployed: HEALTH_CONSTRAINTS_INVALID, or NO_INSTANCES for an
    empty fleet (user guide, error-codes; 95 % of 10 is the published case).

    >>> can_start(required=10, fleet_size=10), can_start(required=9, fleet_size=10)
    (False, True)
    """
    return required < fleet_size


def must_stop(required: int, fleet_size: int, failed: int, waiting: int, unhealthy_waiting: int = 0) -> bool:
    """Whether failures have used up every place while targets still wait: Failed, HEALTH_CONSTRAINTS.

    Parameters
    ----------
    required, fleet_size : int
        Minimum and number of targets; of one zone to test a zone's floor, where a stop ends all zones.
    failed : int
        Failed in this deployment.
    waiting : int
        Not started yet. The test is made only while something waits, which gives the published exceptions
        ("unless it is the last instance") without special cases (derived; success is judged at the end).
    unhealthy_waiting : int
        Of those waiting, how many started Unhealthy; the test is not made before all of these were tried.

    References
    ----------
    User guide, instances-health: the deployment stops when a failure brings the healthy count down to the
    minimum while targets remain.

    Examples
    --------
    Nine of ten must stay healthy; the first failure ends it, unless it is the tenth target.

    >>> must_stop(9, 10, failed=1, waiting=4), must_stop(9, 10, failed=1, waiting=0)
    (True, False)
    """
    return waiting > 0 and unhealthy_waiting == 0 and failed >= fleet_size - required


def deployment_succeeds(required: int, succeeded: int) -> bool:
    """Whether a deployment in which this many targets succeeded has succeeded.

    AllAtOnce requires nobody in service, yet fails when no target at all was updated.
    Source: API reference, MinimumHealthyHosts; user guide, deployment-configurations.

    >>> deployment_succeeds(4, succeeded=4), deployment_succeeds(0, succeeded=0)
    (True, False)
    """
    return succeeded >= max(1, required)


def order(targets: Sequence[TargetHealth]) -> list[int]:
    """Positions of `targets` in the order CodeDeploy updates them.

    Unhealthy ones, then those of Unknown revision, then Old, then Current; equals keep their order here. AWS
    breaks ties at random, so a caller that wants that shuffles first.
    Source: user guide, instances-health; API reference, ZonalConfig.

    >>> order([TargetHealth("Current"), TargetHealth("Old"), TargetHealth("Current", healthy=False)])
    [2, 1, 0]
    """

    def rank(position: int) -> int:
        target = targets[position]
        return _REVISION_ORDER[target.revision] if target.healthy else 0

    return sorted(range(len(targets)), key=rank)
