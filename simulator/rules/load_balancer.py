"""What a load balancer does to a deployment: who gets requests, and how long it takes to change that.

The one thing a newcomer would get wrong: a target group with no healthy target does not refuse, it *fails
open* and sends requests to every registered target. A Classic load balancer does refuse.

Sources: Elastic Load Balancing API (elbv2 2015-12-01) and guides for Application and Classic Load Balancers;
AWS Knowledge Center, "codedeploy-elb-deployments", for the waits of CodeDeploy.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Kind = Literal["application", "network", "classic"]
AllowTrafficReading = Literal["threshold", "first_pass"]
BlockTrafficReading = Literal["delay", "drained", "formula"]


@dataclass(frozen=True, slots=True)
class HealthCheckDefaults:
    """Settings of a load balancer nobody touched; times in seconds, thresholds in checks."""

    interval: float
    timeout: float
    healthy_threshold: int
    unhealthy_threshold: int
    deregistration_delay: float


# Sources: elbv2 API, CreateTargetGroup; Application Load Balancer guide, target-group-health-checks (the API
# text gives the network figures for both kinds); Classic guide, elb-healthchecks and config-conn-drain. The
# timeout of a network target group is 6 s for HTTP checks and 10 s for TCP, TLS and HTTPS ones.
DEFAULTS: MappingProxyType[Kind, HealthCheckDefaults] = MappingProxyType(
    {
        "application": HealthCheckDefaults(30.0, 5.0, 5, 2, 300.0),
        "network": HealthCheckDefaults(30.0, 10.0, 5, 2, 300.0),
        "classic": HealthCheckDefaults(30.0, 5.0, 10, 2, 300.0),
    }
)


def time_to_notice(interval: float, unhealthy_threshold: int, phase: float, probe: float = 0.0) -> float:
    """Seconds from the death of a target to its being unhealthy.

    Parameters
    ----------
    interval : float
        Seconds between checks.
    unhealthy_threshold : int
        Failing checks in a row that make a target unhealthy.
    phase : float
        Seconds from the death to the next check, 0 to `interval`.
    probe : float
        Seconds a failing check takes: 0 when refused at once, the check's timeout when nobody answers.

    References
    ----------
    Derived from the Application Load Balancer guide, target-group-health-checks.

    Examples
    --------
    Defaults: 30 to 60 s when refused, 35 to 65 s when it times out.

    >>> time_to_notice(30.0, 2, phase=0.0), time_to_notice(30.0, 2, phase=30.0, probe=5.0)
    (30.0, 65.0)
    """
    return (unhealthy_threshold - 1) * interval + phase + probe


def time_to_recover(interval: float, healthy_threshold: int, phase: float) -> float:
    """Seconds from the recovery of an unhealthy target to its being healthy; `phase` as in `time_to_notice`.

    It needs the full threshold, whatever is assumed of newly registered targets.

    >>> time_to_recover(30.0, 5, phase=30.0)
    150.0
    """
    return (healthy_threshold - 1) * interval + phase


def allow_traffic_wait(reading: AllowTrafficReading, interval: float, healthy_threshold: int, phase: float) -> float:
    """Seconds that AllowTraffic waits after registration until the target counts as healthy.

    Parameters
    ----------
    reading : str
        ``threshold``: AWS support's formula, threshold x interval + one interval (Knowledge Center,
        codedeploy-elb-deployments). ``first_pass``: one passing check is enough for a new target
        (Application Load Balancer guide, target-group-health-checks). The two pages differ, so this is an
        assumption (``allow_traffic``).
    interval, healthy_threshold
        Of the health check.
    phase : float
        Seconds from registration to the first check, 0 to `interval`; used by ``first_pass``.

    Examples
    --------
    >>> allow_traffic_wait("threshold", 10.0, 5, phase=4.0)
    60.0
    >>> allow_traffic_wait("first_pass", 10.0, 5, phase=4.0)
    4.0
    """
    return _formula(interval, healthy_threshold) if reading == "threshold" else phase


def block_traffic_wait(
    reading: BlockTrafficReading,
    kind: Kind,
    deregistration_delay: float,
    interval: float,
    healthy_threshold: int,
    in_flight: float,
) -> float:
    """Seconds that BlockTraffic waits after deregistering a target.

    Parameters
    ----------
    reading : str
        ``delay``: the deregistration delay, all of which a target group shows as draining; a Classic load
        balancer, which is done when idle, takes the formula instead. ``drained``: until the last request in
        flight has ended, at most the delay. ``formula``: as in `allow_traffic_wait`. AWS does not say which
        CodeDeploy waits for, so this is an assumption (``block_traffic``).
    kind : str
        ``application``, ``network`` or ``classic``.
    deregistration_delay, interval, healthy_threshold
        Of the target group or Classic load balancer.
    in_flight : float
        Seconds until the last request now in flight ends; used by ``drained``.

    References
    ----------
    Application Load Balancer guide, edit-target-group-attributes; Classic guide, config-conn-drain.

    Examples
    --------
    >>> block_traffic_wait("delay", "application", 300.0, 30.0, 5, in_flight=2.0)
    300.0
    >>> block_traffic_wait("delay", "classic", 300.0, 30.0, 10, in_flight=2.0)
    330.0
    """
    if reading == "drained":
        return min(in_flight, deregistration_delay)
    if reading == "formula" or kind == "classic":
        return _formula(interval, healthy_threshold)
    return deregistration_delay


def fails_open(healthy: int, registered: int, kind: Kind) -> bool:
    """Whether requests go to unhealthy targets because no healthy one is left.

    Source: Application Load Balancer guide, target-group-health-checks (the same holds for network ones).

    >>> fails_open(0, 9, "application"), fails_open(0, 9, "classic")
    (True, False)
    """
    return healthy == 0 and registered > 0 and kind != "classic"


def receivers(healthy: int, registered: int, kind: Kind) -> int:
    """How many targets share the requests: the healthy ones, or all registered ones when it fails open.

    >>> receivers(3, 9, "application"), receivers(0, 9, "application"), receivers(0, 9, "classic")
    (3, 9, 0)
    """
    return registered if fails_open(healthy, registered, kind) else healthy


def slow_start_share(age: float, duration: float) -> float:
    """Share of a full target's requests that one gets `age` seconds after it turned healthy.

    Rises linearly over `duration` seconds; 0 turns slow start off.
    Source: Application Load Balancer guide, edit-target-group-attributes.

    >>> slow_start_share(15.0, 60.0), slow_start_share(15.0, 0.0)
    (0.25, 1.0)
    """
    return 1.0 if age >= duration else age / duration


def _formula(interval: float, healthy_threshold: int) -> float:
    """AWS support's estimate of BlockTraffic and of AllowTraffic, in seconds."""
    return healthy_threshold * interval + interval
