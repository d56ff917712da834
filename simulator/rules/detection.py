"""Whether an alarm can stop a rollout before everybody has the new revision, by arithmetic alone.

The one thing a newcomer would get wrong: these are lower bounds. How often an alarm does stop a bad release in
time is simulated; this says when it cannot.
"""

from __future__ import annotations

import numpy as np

from simulator.model.alarm import Alarm
from simulator.model.deployment_configuration import DeploymentConfiguration
from simulator.model.distribution import Distribution
from simulator.model.scenario import Scenario
from simulator.model.service import LambdaFunction
from simulator.model.sites import stages_of
from simulator.model.stages import Stage
from simulator.rules import traffic_shift

_LEAST_REACTION_S = 1.0  # CodeDeploy seeing the alarm to acting on it, at the least


def earliest_stop(alarm: Alarm, world: Scenario) -> float:
    """Seconds from the first bad request until this alarm can stop a deployment at the soonest.

    The last period needed has to end, its datapoint to arrive and CodeDeploy to look; the evaluation itself
    may follow at once. A lower bound, not a forecast.
    """
    needed = alarm.datapoints_to_alarm or alarm.evaluation_periods
    metric = alarm.metrics[0].metric if alarm.metrics else None
    namespace = metric.namespace if metric is not None else alarm.namespace
    if namespace.startswith("AWS/Lambda") or (not namespace and isinstance(world.service, LambdaFunction)):
        family = "lambda"
    else:
        family = "custom" if namespace and not namespace.endswith("ELB") else "load_balancer"
    law = world.assumed(f"delivery_{family}")
    delivery = float(law.quantile(np.array([0.0]))[0]) if isinstance(law, Distribution) else float(law)
    return (needed - 1) * alarm.period + delivery + _LEAST_REACTION_S


def last_shift(world: Scenario) -> float | None:
    """Seconds from the first share of traffic to the last; None where batches, not shares, decide that.

    0 where everybody gets the new revision at once, on a fleet too: AllAtOnce keeps nobody back. Of a rollout in
    stages, deployments and bakes before the last one count; those that begin together last as long as the longest.
    """
    own, stages = world.strategies[0].configuration, stages_of(world)
    if not stages:
        return _shift(own)
    waves: list[list[Stage]] = []
    for stage in stages:
        if stage.together:
            waves[-1].append(stage)
        else:
            waves.append([stage])
    total = 0.0
    for wave in waves:
        last = wave is waves[-1]
        lengths = [(_shift(stage.configuration or own), 0.0 if last else stage.bake) for stage in wave]
        if any(shift is None for shift, _ in lengths) or (own.traffic_routing is None and len(waves) > 1):
            return None
        total += max((shift or 0.0) + bake for shift, bake in lengths)
    return total


def _shift(configuration: DeploymentConfiguration) -> float | None:
    if configuration.traffic_routing is not None:
        return traffic_shift.duration(configuration)
    hosts = configuration.minimum_healthy_hosts
    return 0.0 if hosts is not None and hosts.value == 0 else None
