"""When production traffic moves to a new Lambda version or ECS task set, and how much of it.

The one thing a newcomer would get wrong: the first share moves at once, at the start of AllowTraffic, and
nothing waits after the last. Ten steps of a minute take nine minutes, not ten.

Sources: CodeDeploy API reference, TimeBasedCanary and TimeBasedLinear; user guide, "Create a deployment
configuration". Measured on real deployments: 10 % every minute took 9 minutes from first to last shift, a
10 % canary of 5 minutes 304.9 s with both hooks (josefloressv/aws-devops-engineer, labs of 2026-08-08).
"""

from __future__ import annotations

from simulator.errors import quoted
from simulator.model.deployment_configuration import DeploymentConfiguration, TrafficRouting, predefined

Shift = tuple[float, float]
"""Seconds from the start of AllowTraffic, and the weight of the new version from then on."""


def schedule(configuration: str | TrafficRouting | DeploymentConfiguration) -> list[Shift]:
    """Shifts of a deployment configuration, oldest first; the last weight is 1.

    Parameters
    ----------
    configuration : str or TrafficRouting or DeploymentConfiguration
        Name of a predefined Lambda or ECS configuration, or a routing of one's own.

    Returns
    -------
    list of (float, float)
        Seconds from the start of AllowTraffic, weight of the new version (a fraction) from then on.

    Raises
    ------
    ValueError
        For an unknown name, and for a Server configuration, which moves targets rather than traffic.

    Examples
    --------
    >>> schedule("CodeDeployDefault.LambdaCanary10Percent5Minutes")
    [(0.0, 0.1), (300.0, 1.0)]
    >>> schedule("CodeDeployDefault.LambdaLinear10PercentEvery1Minute")[:3]
    [(0.0, 0.1), (60.0, 0.2), (120.0, 0.3)]
    """
    routing = _routing(configuration)
    if routing.time_based_canary is not None:
        return canary(routing.time_based_canary.percentage, routing.time_based_canary.interval)
    if routing.time_based_linear is not None:
        return linear(routing.time_based_linear.percentage, routing.time_based_linear.interval)
    return [(0.0, 1.0)]


def canary(percentage: float, interval: float) -> list[Shift]:
    """Shifts of a canary: `percentage` at once, the rest after `interval` seconds.

    Source: API reference, TimeBasedCanary. ECS's own canary takes tenths of a percent (ECS API,
    CanaryConfiguration) and may be 100.

    >>> canary(5, 600.0)
    [(0.0, 0.05), (600.0, 1.0)]
    """
    tenths = _tenths(percentage)
    return [(0.0, tenths / 1000), (float(interval), 1.0)] if tenths < 1000 else [(0.0, 1.0)]


def linear(percentage: float, interval: float) -> list[Shift]:
    """Shifts of a linear routing: `percentage` at the start of every interval, the remainder last.

    Source: API reference, TimeBasedLinear ("at the start of each interval"). That a percentage which does
    not divide 100 leaves the remainder for the last step is a reading: AWS does not say.

    >>> linear(30, 60.0)
    [(0.0, 0.3), (60.0, 0.6), (120.0, 0.9), (180.0, 1.0)]
    """
    tenths = _tenths(percentage)
    steps = -(-1000 // tenths)
    # Whole tenths of a percent divided once, so that three steps of 10 % print as 0.3.
    return [(step * float(interval), min(1000, (step + 1) * tenths) / 1000) for step in range(steps)]


def duration(configuration: str | TrafficRouting | DeploymentConfiguration) -> float:
    """Seconds from the first shift to the last: how long AllowTraffic lasts.

    >>> duration("CodeDeployDefault.LambdaLinear10PercentEvery10Minutes") / 60
    90.0
    """
    return schedule(configuration)[-1][0]


def _routing(configuration: str | TrafficRouting | DeploymentConfiguration) -> TrafficRouting:
    if isinstance(configuration, TrafficRouting):
        return configuration
    known = predefined(configuration) if isinstance(configuration, str) else configuration
    if known.traffic_routing is None:
        raise ValueError(
            f"{quoted(known.name)} is a Server configuration and shifts no traffic; "
            "name a Lambda or ECS one, such as CodeDeployDefault.LambdaAllAtOnce"
        )
    return known.traffic_routing


def _tenths(percentage: float) -> int:
    tenths = round(percentage * 10)
    if not 1 <= tenths <= 1000:
        raise ValueError(f"{percentage:g} % of the traffic cannot shift at a time; write 0.1 to 100")
    return tenths
