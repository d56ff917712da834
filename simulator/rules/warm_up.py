"""What new targets take and give while they are new: slow start of the load balancer, warm-up of the application.

The one thing a newcomer would get wrong: the load balancer does not know that a target is still warming up. Round
robin sends it a full share, so a fleet with capacity to spare fails requests on its newest targets unless slow
start, or the least-outstanding-requests algorithm, keeps them away.

Source: Application Load Balancer guide, edit-target-group-attributes (slow start, routing algorithms). That a new
target answers less for a while is the application's doing (caches, compilation, connection pools), stated by the
scenario.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

from simulator.model.flow import Flow
from simulator.rules import losses

Algorithm = Literal["round_robin", "least_outstanding_requests"]


class TargetClass(NamedTuple):
    """Receivers that are alike: how many, on which revision, whether they answer, and how new they are.

    `capacity` is the share of a full target's capacity that one has, `weight` the share of a full target's requests
    that one is sent (slow start).
    """

    targets: int
    new: bool
    answers: bool = True
    capacity: float = 1.0
    weight: float = 1.0


class Stage(NamedTuple):
    """From `age` seconds after a target turned healthy: its share of requests, and of capacity."""

    age: float
    weight: float
    capacity: float


def fleet_flow(
    demand: float,
    baseline_errors: float,
    size: int,
    capacity_each: float,
    classes: Sequence[TargetClass],
    error_share: float = 0.0,
    slow_factor: float = 1.0,
    algorithm: Algorithm = "round_robin",
) -> Flow:
    """Rates of a fleet whose receivers fall into classes.

    With classes of weight and capacity 1, in the order old, new, dead old, dead new, this is
    `simulator.rules.flow.fleet_flow` to the last digit.

    Parameters
    ----------
    demand, baseline_errors, size, capacity_each, error_share, slow_factor
        As in `simulator.rules.flow.fleet_flow`.
    classes : sequence of TargetClass
        Who receives requests.
    algorithm : str
        ``round_robin`` sends each target its weight's share, whether or not it can keep up.
        ``least_outstanding_requests`` passes a target by while its requests pile up: nothing is refused before all
        that answer are busy. It cannot be combined with slow start, so weights are left aside.

    Returns
    -------
    Flow
        `capacity` is what the fleet answers when those that are sent most are busy: slow start changes shares alone,
        so a target that is sent half as much as they are adds half as much at most. While nothing is refused, no
        demand is above it; where all who answer can answer alike, something is refused exactly when demand is.

    Examples
    --------
    Ten targets of 100/s take 700/s; one has just come back and warms up at 40 %.

    >>> warming = [TargetClass(9, new=False), TargetClass(1, new=True, capacity=0.4)]
    >>> fleet_flow(700, 0.0, 10, 100.0, warming).refused
    30.0
    >>> fleet_flow(700, 0.0, 10, 100.0, warming, algorithm="least_outstanding_requests").refused
    0.0

    A newcomer that is sent a tenth adds a tenth; when all are sent a tenth, their shares are those of a grown fleet.

    >>> rising = [TargetClass(9, new=False), TargetClass(1, new=True, weight=0.1)]
    >>> fleet_flow(700, 0.0, 10, 100.0, rising).capacity, fleet_flow(700, 0.0, 10, 100.0, rising[1:] * 10).capacity
    (910.0, 1000.0)
    """
    shared = _shared(demand, capacity_each, classes, slow_factor, algorithm)
    received = shared.sent_old + shared.sent_new
    return losses.account(
        demand,
        baseline_errors,
        min(demand, losses.times(size, capacity_each)),
        shared.served_old,
        shared.served_new,
        shared.dead,
        error_share,
        shared.sent_old / received if received else 0.0,
        shared.sent_new / received if received else 0.0,
        shared.capacity,
    )


def task_set_flow(
    demand: float,
    baseline_errors: float,
    desired: int,
    capacity_each: float,
    weight_green: float,
    blue: Sequence[TargetClass],
    green: Sequence[TargetClass],
    error_share: float = 0.0,
    slow_factor: float = 1.0,
    algorithm: Algorithm = "round_robin",
) -> Flow:
    """Rates of an ECS service between two task sets whose receivers fall into classes; blue is the old colour.

    Parameters as in `simulator.rules.task_sets.task_set_flow`, which this is to the last digit with classes of weight
    and capacity 1: the listener picks the target group by its weight, and a group's own classes share what it gets.

    Examples
    --------
    Half of 400/s on four green tasks that warm up at 40 %.

    >>> warming = [TargetClass(4, new=True, capacity=0.4)]
    >>> task_set_flow(400, 0.0, 4, 100.0, 0.5, [TargetClass(4, new=False)], warming).refused
    40.0
    """
    weight_blue = 1.0 - weight_green
    of_blue = _shared(demand * weight_blue, capacity_each, blue, 1.0, algorithm)
    of_green = _shared(demand * weight_green, capacity_each, green, slow_factor, algorithm)
    return losses.account(
        demand,
        baseline_errors,
        min(demand, losses.times(desired, capacity_each)),
        of_blue.served_old,
        of_green.served_new,
        of_blue.dead + of_green.dead,
        error_share,
        weight_blue,
        weight_green,
        min(
            of_blue.capacity / weight_blue if weight_blue > 0 else math.inf,
            of_green.capacity / weight_green if weight_green > 0 else math.inf,
        ),
    )


def slow_start(duration: float, steps: int) -> list[tuple[float, float]]:
    """Weight of a target over its slow start in steps, each the exact average of the linear rise over it.

    Parameters
    ----------
    duration : float
        Seconds of slow start, 30 to 900; 0 for none.
    steps : int
        How many, all of one length.

    Returns
    -------
    list of (float, float)
        Age in seconds from which, and weight; the last is 1 from `duration` on.

    References
    ----------
    Application Load Balancer guide, edit-target-group-attributes: the share rises linearly, so at age t of D the
    weight is t / D (see `simulator.rules.load_balancer.slow_start_share`).

    Examples
    --------
    >>> slow_start(120.0, 4)
    [(0.0, 0.125), (30.0, 0.375), (60.0, 0.625), (90.0, 0.875), (120.0, 1.0)]
    """
    if duration <= 0:
        return [(0.0, 1.0)]
    if steps < 1:
        raise ValueError(f"a slow start in {steps} steps; write 1 or more")
    rise = [(duration * step / steps, (step + 0.5) / steps) for step in range(steps)]
    return [*rise, (duration, 1.0)]


def in_slow_start(duration: float, others_healthy: int) -> bool:
    """Whether a target that turns healthy now goes through slow start.

    `others_healthy` are healthy targets of the group that are not in slow start themselves: without one, as when a
    whole fleet is registered at once, everybody gets a full share.
    Source: Application Load Balancer guide, edit-target-group-attributes.

    >>> in_slow_start(60.0, others_healthy=9), in_slow_start(60.0, others_healthy=0)
    (True, False)
    """
    return duration > 0 and others_healthy > 0


def youth(warm_up: float, warm_up_capacity: float, slow_start_duration: float = 0.0, steps: int = 10) -> list[Stage]:
    """What becomes of a target that turns healthy: its stages of weight and capacity, youngest first.

    Parameters
    ----------
    warm_up : float
        Seconds for which it answers only `warm_up_capacity` of a full target's rate, a fraction.
    slow_start_duration, steps
        As in `slow_start`; 0 where the target does not go through it (`in_slow_start`).

    Examples
    --------
    >>> youth(600.0, 0.4)
    [Stage(age=0.0, weight=1.0, capacity=0.4), Stage(age=600.0, weight=1.0, capacity=1.0)]
    """
    weights = slow_start(slow_start_duration, steps)
    capacities = [(0.0, warm_up_capacity), (warm_up, 1.0)] if warm_up > 0 else [(0.0, 1.0)]
    ages = sorted({age for age, _ in weights} | {age for age, _ in capacities})
    return [Stage(age, _at(weights, age), _at(capacities, age)) for age in ages]


def in_service_capacity(size: int, away: int, capacity_each: float, warming: Sequence[float]) -> float:
    """Requests per second a fleet can answer with `away` targets out and one warming for each share in `warming`.

    Ten of 100/s at 40 % while warm: all at once falls to 400/s, one at a time never under 840/s.

    >>> in_service_capacity(10, 0, 100.0, [0.4] * 10), in_service_capacity(10, 1, 100.0, [0.4])
    (400.0, 840.0)
    """
    return capacity_each * (size - away - len(warming) + math.fsum(warming))


class _Shared(NamedTuple):
    """What becomes of requests that receivers share: rates served, sent to who does not answer, and could be served.

    `sent_old` and `sent_new` stand in proportion to the requests sent to each revision.
    """

    served_old: float
    served_new: float
    dead: float
    sent_old: float
    sent_new: float
    capacity: float


def _shared(
    demand: float, capacity_each: float, classes: Sequence[TargetClass], slow_factor: float, algorithm: Algorithm
) -> _Shared:
    weights = [each.weight if algorithm == "round_robin" else 1.0 for each in classes]
    limits = [_limit(each, capacity_each, slow_factor) for each in classes]
    full, rates = (
        _evenly(demand, classes)
        if algorithm == "round_robin"
        else _where_there_is_room(demand, [each.targets for each in classes], limits)
    )
    served = {False: 0.0, True: 0.0}
    sent = {False: 0.0, True: 0.0}
    answering = [k for k, each in enumerate(classes) if each.answers and each.targets > 0]
    heaviest = max((weights[k] for k in answering), default=1.0)
    busy = max((limits[k] for k in answering if weights[k] == heaviest), default=0.0)
    dead, capacity = 0.0, 0.0
    for group, weight, rate, limit in zip(classes, weights, rates, limits, strict=True):
        sent[group.new] += group.targets * (rate if algorithm != "round_robin" and demand > 0 else weight)
        if not group.answers:
            dead += group.targets * weight
            continue
        served[group.new] += group.targets * min(rate, limit)
        capacity += losses.times(group.targets, min(limit, busy * (weight / heaviest)))
    return _Shared(served[False], served[True], dead * full, sent[False], sent[True], capacity)


def _limit(group: TargetClass, capacity_each: float, slow_factor: float) -> float:
    if not group.answers:
        return 0.0
    return losses.times(group.capacity, capacity_each / slow_factor if group.new else capacity_each)


def _evenly(demand: float, classes: Sequence[TargetClass]) -> tuple[float, list[float]]:
    """Requests per second sent to a full target, and to one target of each class."""
    weight = sum(each.targets * each.weight for each in classes)
    full = demand / weight if weight else 0.0
    return full, [full * each.weight for each in classes]


def _where_there_is_room(demand: float, counts: Sequence[int], limits: Sequence[float]) -> tuple[float, list[float]]:
    """The same when none is sent more than it answers while others have room.

    Those who cannot keep up get what they answer, the rest equal shares. On targets that do not answer nothing
    piles up, so they keep getting an equal share.
    """
    room = {k for k, count in enumerate(counts) if count > 0}
    rates = [0.0] * len(counts)
    left, level = demand, 0.0
    while room:
        level = left / sum(counts[k] for k in room)
        busy = {k for k in room if 0.0 < limits[k] < level}
        if not busy or busy == {k for k in room if limits[k] > 0.0}:
            rates = [level if k in room else rate for k, rate in enumerate(rates)]
            break
        for k in busy:
            rates[k] = limits[k]
            left -= counts[k] * limits[k]
        room -= busy
    return level, rates


def _at(steps: Sequence[tuple[float, float]], age: float) -> float:
    return [value for begin, value in steps if begin <= age or math.isclose(begin, age)][-1]
