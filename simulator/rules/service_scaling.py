"""An ECS service that scales while it is deployed to.

The one thing a newcomer would get wrong: scaling out under load during a canary ends the canary. Traffic goes on
shifting for five minutes, and if the service has not come to rest by then the deployment fails.

Source: Amazon ECS developer guide, deployment-type-bluegreen; CodeDeploy user guide, troubleshooting-ecs (60 minutes
for the replacement task set).
"""

from __future__ import annotations

from typing import NamedTuple

from simulator.rules.limits import ECS_INSTALL_LIMIT_S, ECS_SCALING_GRACE_S


class Wait(NamedTuple):
    """Seconds that the deployment waits or goes on, and whether it fails at their end."""

    seconds: float
    fails: bool


def before_the_shift(rests_after: float) -> Wait:
    """Wait for a service that is scaling when its deployment starts and rests after so many seconds.

    >>> before_the_shift(1200.0), before_the_shift(7200.0)
    (Wait(seconds=1200.0, fails=False), Wait(seconds=3600.0, fails=True))
    """
    return Wait(min(max(0.0, rests_after), ECS_INSTALL_LIMIT_S), fails=rests_after > ECS_INSTALL_LIMIT_S)


def during_the_shift(rests_after: float, shift_ends_after: float) -> Wait:
    """How long traffic goes on shifting in a service that begins to scale; both in seconds from then.

    A shift that is over before does not fail.

    >>> during_the_shift(1200.0, shift_ends_after=540.0), during_the_shift(1200.0, shift_ends_after=240.0)
    (Wait(seconds=300.0, fails=True), Wait(seconds=240.0, fails=False))
    """
    fails = min(rests_after, shift_ends_after) > ECS_SCALING_GRACE_S
    return Wait(ECS_SCALING_GRACE_S if fails else max(0.0, shift_ends_after), fails)
