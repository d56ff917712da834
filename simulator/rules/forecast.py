"""Limits foretold: what a deployment will need, before it runs, beside what AWS allows.

The one thing a newcomer would get wrong: AWS's run limit ends a deployment that does everything right. Nothing warns
before the twelfth hour, so a fleet that grew, or a longer deregistration delay, shows as a failed deployment.

Sources: CodeDeploy user guide, limits; durations from `simulator.rules.batch_time` and `simulator.rules.traffic_shift`.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from typing import NamedTuple

from simulator.model.deployment_configuration import MinimumHealthyHostsType
from simulator.rules import limits, traffic_shift
from simulator.rules.batch_time import Quantile, batches, cut, duration

AGENT_COMMANDS = 16  # at once on one host; aws-codedeploy-agent, command_poller.rb
_GENTLEST_FIRST: tuple[tuple[str, MinimumHealthyHostsType, int], ...] = (
    ("CodeDeployDefault.OneAtATime", "MOST_CONCURRENCY", 1),
    ("CodeDeployDefault.HalfAtATime", "FLEET_PERCENT", 50),
    ("CodeDeployDefault.AllAtOnce", "HOST_COUNT", 0),
)


class Fit(NamedTuple):
    """The smallest batch with which a deployment stays within a limit, and what to configure for it.

    `host_count` and `fleet_percent` are minimums of healthy hosts that give `at_once` (the percentage at least as
    many); `predefined` is the gentlest of AWS's own configurations that fits, None if none does.
    """

    at_once: int
    batches: int
    duration: float
    host_count: int
    fleet_percent: int
    predefined: str | None


class Foretold(NamedTuple):
    """A limit, by its name in `simulator.rules.limits.LIMITS`, what is expected, and what AWS allows."""

    limit: str
    expected: float
    allowed: float

    @property
    def exceeded(self) -> bool:
        """Whether AWS would end or refuse the deployment."""
        return self.expected > self.allowed


def smallest_batch(
    fleet_size: int, each: float | Quantile, limit: float = limits.IN_PLACE_RUN_LIMIT_S, level: float = 0.95
) -> Fit | None:
    """The smallest batch with which an in-place deployment fits its limit; None if not even all at once does.

    Parameters
    ----------
    fleet_size : int
        Targets.
    each : float or callable
        Seconds one target takes, or the quantile function of that.
    limit : float
        Seconds the deployment may take.
    level : float
        Probability with which a random duration must fit.

    Notes
    -----
    Of batch sizes that need equally many batches only the smallest is tried, since a larger one waits for more
    targets, and fewer batches are taken never to last longer.

    Examples
    --------
    400 instances one at a time at 430 s take 47.8 h against 12 h. Four at a time fit: 396 or 99 % stay healthy.

    >>> round(duration([1] * 400, 430.0) / 3600, 1), limits.run_limit("server", "in_place") / 3600
    (47.8, 12.0)
    >>> smallest_batch(400, 430.0)
    Fit(at_once=4, batches=100, duration=43000.0, host_count=396, fleet_percent=99,
        predefined='CodeDeployDefault.HalfAtATime')
    """
    sizes = sorted({-(-fleet_size // count) for count in range(1, fleet_size + 1)}, reverse=True)
    fitting = bisect_left(sizes, True, key=lambda size: duration(cut(fleet_size, size), each, level) > limit)
    if fitting == 0:
        return None
    at_once = sizes[fitting - 1]
    return Fit(
        at_once,
        len(cut(fleet_size, at_once)),
        duration(cut(fleet_size, at_once), each, level),
        fleet_size - at_once,
        (fleet_size - at_once) * 100 // fleet_size,
        _predefined(fleet_size, each, limit, level),
    )


def shifting_duration(setup: float, configuration: str, termination_wait: float = 0.0, finish: float = 0.0) -> float:
    """Seconds of a Lambda or ECS deployment: until traffic moves, the shifts, and the originals' wait.

    ECSLinear10PercentEvery1Minutes with 135.7 s of setup and five minutes of termination wait, as measured
    (josefloressv/aws-devops-engineer, ECS lab of 2026-08-08):

    >>> shifting_duration(135.7, "CodeDeployDefault.ECSLinear10PercentEvery1Minutes", 300.0)
    975.7
    """
    return setup + traffic_shift.duration(configuration) + termination_wait + finish


def blue_green_duration(
    provisioning: float,
    installs: float,
    ready_wait: float,
    registering: float,
    blocking: float,
    termination_wait: float,
) -> float:
    """Seconds of an EC2 blue/green deployment: its passes and waits, one after another.

    Twelve replacements: launch 90, install 100, register and block 600, an hour's wait (risk-methods P9).

    >>> blue_green_duration(90.0, 100.0, 0.0, 300.0, 300.0, 3600.0)
    4390.0
    """
    return math.fsum((provisioning, installs, ready_wait, registering, blocking, termination_wait))


def first_event_wait(deployments_at_once: int, event: float, parallel: int = AGENT_COMMANDS) -> float:
    """Longest time that a deployment's event waits on a host for those of other groups, in seconds.

    The agent runs up to 16 commands at once (aws-codedeploy-agent, command_poller.rb); past five minutes the
    deployment to the host fails (user guide, limits and deployments).

    >>> first_event_wait(4, 400.0), first_event_wait(4, 400.0, parallel=1)
    (0.0, 1200.0)
    """
    return max(0, -(-deployments_at_once // parallel) - 1) * event


def foretell(
    platform: str,
    deployment_type: str,
    duration: float,
    instances: int = 0,
    region: str = "us-east-1",
    start_wait: float = 0.0,
) -> list[Foretold]:
    """What a deployment is expected to need beside what AWS allows, limit by limit.

    Parameters
    ----------
    platform, deployment_type
        As in `simulator.rules.limits.run_limit`.
    duration : float
        Expected seconds, waits included (`duration`, `shifting_duration`, `blue_green_duration`).
    instances : int
        Instances of the deployment; 0 for Lambda and ECS.
    region : str
        For the quota of instances.
    start_wait : float
        Longest wait of an event on a host (`first_event_wait`).

    Examples
    --------
    >>> [(each.limit, each.exceeded) for each in foretell("server", "in_place", 172_000.0, instances=400)]
    [('in_place_run', True), ('instances_per_deployment', False), ('event_start', False)]
    """
    found = []
    run_limit = limits.run_limit(platform, deployment_type)
    if run_limit is not None:
        server = platform.lower() == "server"
        found.append(Foretold(f"{deployment_type.lower()}_run" if server else "lambda_run", duration, run_limit))
    if instances:
        found.append(
            Foretold("instances_per_deployment", float(instances), float(limits.instances_per_deployment(region)))
        )
        found.append(Foretold("event_start", start_wait, limits.EVENT_START_LIMIT_S))
    return found


def _predefined(fleet_size: int, each: float | Quantile, limit: float, level: float) -> str | None:
    for name, kind, value in _GENTLEST_FIRST:
        sizes = batches(kind, value, fleet_size)
        if sizes and duration(sizes, each, level) <= limit:
            return name
    return None
