"""How an ECS service's requests fare while a listener splits them between two task sets.

The one thing a newcomer would get wrong: the listener picks the *target group* by its weight first and a task
second. A green group that nobody answers in loses its whole share, however many blue tasks stand idle, and the
tasks of one colour cannot help out the other.

Sources: Application Load Balancer guide, target-group-health-checks (fail open) and load-balancer-troubleshooting
(503 without registered targets); CodeDeploy user guide, deployment-steps-ecs (two target groups, one listener).
That a weighted group without a healthy target does not fail over to the other group is derived from that order.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from simulator.model.flow import Flow
from simulator.rules import losses


class TaskSet(NamedTuple):
    """Tasks of one colour, registered in its target group.

    `serving` pass the load balancer's checks and answer; `dead` pass them still, or are not yet noticed, and do
    not answer. `unchecked` answer without being healthy (in their first checks; 0 where the reading
    ``fail_open_initial`` is no), `failing` neither answer nor are healthy.
    """

    serving: int
    dead: int = 0
    unchecked: int = 0
    failing: int = 0


def receivers(tasks: TaskSet) -> tuple[int, int]:
    """Tasks that this colour's requests are sent to: how many of them answer, and how many do not.

    The healthy ones; with none, all registered ones (fail open).
    Source: Application Load Balancer guide, target-group-health-checks.

    >>> receivers(TaskSet(serving=3, unchecked=1)), receivers(TaskSet(serving=0, unchecked=1, failing=2))
    ((3, 0), (1, 2))
    """
    if tasks.serving + tasks.dead > 0:
        return tasks.serving, tasks.dead
    return tasks.unchecked, tasks.failing


def task_set_flow(
    demand: float,
    baseline_errors: float,
    desired: int,
    capacity_each: float,
    weight_green: float,
    blue: TaskSet,
    green: TaskSet,
    error_share: float = 0.0,
    slow_factor: float = 1.0,
) -> Flow:
    """Rates of an ECS service between two task sets; blue is the old colour, green the new.

    Parameters
    ----------
    demand : float
        Requests per second.
    baseline_errors : float
        Share that fails on any revision.
    desired : int
        Tasks of the untouched service.
    capacity_each : float
        Requests per second one task answers; infinite if not stated.
    weight_green : float
        Share of the production listener's requests sent to green's target group, as a fraction.
    blue, green : TaskSet
        Tasks registered in each target group.
    error_share, slow_factor : float
        What the new revision does: share of requests failed, and how many times as long one takes.

    Returns
    -------
    Flow
        Requests to an empty target group are refused (503); to one whose tasks do not answer, dead. `capacity` is
        the largest demand that this split answers in full, so that a green set too small for its weight shows.

    Examples
    --------
    A tenth of 200/s on four green tasks, half of which do not answer; then all of it on an empty group.

    >>> flow = task_set_flow(200, 0.0, 4, 100.0, 0.1, blue=TaskSet(4), green=TaskSet(2, dead=2))
    >>> flow.good, flow.dead, flow.refused
    (190.0, 10.0, 0.0)
    >>> task_set_flow(200, 0.0, 4, 100.0, 1.0, blue=TaskSet(4), green=TaskSet(0)).refused
    200.0
    """
    weight_blue = 1.0 - weight_green
    each_green = capacity_each / slow_factor
    to_blue, to_green = receivers(blue), receivers(green)
    served_blue, dead_blue = _share(demand * weight_blue, to_blue, capacity_each)
    served_green, dead_green = _share(demand * weight_green, to_green, each_green)
    return losses.account(
        demand,
        baseline_errors,
        min(demand, losses.times(desired, capacity_each)),
        served_blue,
        served_green,
        dead_blue + dead_green,
        error_share,
        weight_blue,
        weight_green,
        min(
            _capacity(weight_blue, losses.times(to_blue[0], capacity_each)),
            _capacity(weight_green, losses.times(to_green[0], each_green)),
        ),
    )


def _share(demand: float, receivers: tuple[int, int], capacity_each: float) -> tuple[float, float]:
    """Requests per second that one colour's tasks take up, and that its dead ones swallow."""
    serving, dead = receivers
    if serving + dead == 0:
        return 0.0, 0.0
    each = demand / (serving + dead)
    return serving * min(each, capacity_each), dead * each


def _capacity(weight: float, of_colour: float) -> float:
    """Largest demand at which a colour with this weight gets no more than it answers."""
    return of_colour / weight if weight > 0 else math.inf
