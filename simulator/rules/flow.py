"""How demand, capacity, versions and defects give rates of good and failed requests.

The one thing a newcomer would get wrong: losses are counted against what the *untouched* service would have
answered well (the previous revision, the whole fleet, no fault), so requests that fail anyway, and those that
an undersized fleet refuses anyway, are nobody's fault here.

Requests spread evenly over the receivers and are not retried on another one (Application Load Balancer guide:
round robin; a retry on another target is not documented).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from simulator.model.flow import FleetState, Flow


def fleet_flow(
    demand: float,
    baseline_errors: float,
    size: int,
    capacity_each: float,
    state: FleetState | tuple[int, int, int, int],
    error_share: float = 0.0,
    slow_factor: float = 1.0,
) -> Flow:
    """Rates of a fleet whose receivers share the demand evenly.

    Parameters
    ----------
    demand : float
        Requests per second.
    baseline_errors : float
        Share that fails on any revision.
    size : int
        Targets of the untouched fleet.
    capacity_each : float
        Requests per second one target answers; infinite if not stated.
    state : FleetState
        Who receives requests: old, new, dead old and dead new.
    error_share, slow_factor : float
        What the new revision does: share of requests failed, and how many times as long one takes.

    Examples
    --------
    Half of ten targets away at 600/s, 100/s each: a sixth is refused (risk-methods P7).

    >>> flow = fleet_flow(600, 0.0, 10, 100.0, FleetState(old=5, new=0))
    >>> flow.refused, round(flow.failing_share, 4)
    (100.0, 0.1667)
    """
    old, new, dead_old, dead_new = state
    receivers = old + new + dead_old + dead_new
    each = demand / receivers if receivers else 0.0
    each_new = capacity_each / slow_factor
    # None of something infinite is nothing.
    capacity = (old * capacity_each if old else 0.0) + (new * each_new if new else 0.0)
    if receivers == old + new and 0.0 < each <= capacity_each and each <= each_new and not (error_share and new):
        # Nothing is lost, as at most instants of most rollouts: said without working it out, in half the time.
        untouched = (1.0 - baseline_errors) * demand
        shares, served = (old / receivers, new / receivers), (old * each, new * each)
        # What the constructor of a named tuple does, without its call: a quarter of a lean run was such calls.
        return tuple.__new__(Flow, (demand, untouched, untouched, 0.0, 0.0, 0.0, *shares, *served, capacity))
    return _losses(
        demand,
        baseline_errors,
        min(demand, size * capacity_each),
        old * min(each, capacity_each),
        new * min(each, each_new),
        (dead_old + dead_new) * each,
        error_share,
        (old + dead_old) / receivers if receivers else 0.0,
        (new + dead_new) / receivers if receivers else 0.0,
        capacity,
    )


def alias_flow(
    demand: float,
    baseline_errors: float,
    capacity: float,
    weight_new: float,
    error_share: float = 0.0,
    slow_factor: float = 1.0,
) -> Flow:
    """Rates of a Lambda alias; both versions draw on one concurrency, and what passes it is throttled alike.

    Source: Lambda guide, alias routing and scaling (concurrency = rate times duration).

    >>> round(alias_flow(100, 0.0, 100.0, 0.1, error_share=0.5).failing_share, 12)
    0.05
    >>> round(alias_flow(100, 0.0, 100.0, 1.0, slow_factor=2.0).failing_share, 12)
    0.5
    """
    load = (1 - weight_new) + weight_new * slow_factor
    effective = capacity / load
    passed = min(1.0, effective / demand) if demand > 0 else 1.0
    return _losses(
        demand,
        baseline_errors,
        min(demand, capacity),
        demand * (1 - weight_new) * passed,
        demand * weight_new * passed,
        0.0,
        error_share,
        1 - weight_new,
        weight_new,
        effective,
    )


def _losses(
    demand: float,
    baseline_errors: float,
    untouched_served: float,
    served_old: float,
    served_new: float,
    dead: float,
    error_share: float,
    share_old: float,
    share_new: float,
    capacity: float,
) -> Flow:
    sound = 1.0 - baseline_errors
    untouched = sound * untouched_served
    defect = sound * served_new * error_share
    good = min(sound * (served_old + served_new) - defect, untouched)
    lost = untouched - good
    # An overloaded fleet refuses some requests anyway; what a dead target takes of those is no further loss.
    defect = min(defect, lost)
    lost_dead = min(sound * dead, lost - defect)
    refused = lost - defect - lost_dead
    if refused < 1e-12 * max(demand, 1.0):
        refused = 0.0
    return Flow(
        demand, untouched, untouched - (defect + lost_dead + refused), defect, refused, lost_dead,
        share_old, share_new, served_old, served_new, capacity,
    )  # fmt: skip


def together(flows: Sequence[Flow], shares: Sequence[float]) -> Flow:
    """Rates of a service whose copies in several regions get these shares of its requests, each copy its own.

    Rates add up. `share_old` and `share_new` are of all requests; they make less than 1 while a region has nobody to
    send its requests to. `capacity` is what comes in all when the first region is full, since requests stay in
    their region.

    >>> west, east = alias_flow(60, 0.0, 100.0, 1.0, error_share=0.5), alias_flow(40, 0.0, 100.0, 0.0)
    >>> both = together((west, east), (0.6, 0.4))
    >>> both.share_new, both.good, round(both.failing_share, 12), round(both.capacity, 9)
    (0.6, 70.0, 0.3, 166.666666667)
    """
    share_old, share_new = (
        min(1.0, math.fsum(share * side for share, side in zip(shares, sides, strict=True)))
        for sides in ([flow.share_old for flow in flows], [flow.share_new for flow in flows])
    )
    if share_old == 0 and all(flow.share_new == 1 for flow in flows):
        share_new = 1.0
    if share_new == 0 and all(flow.share_old == 1 for flow in flows):
        share_old = 1.0
    good, defect, refused, dead = (
        math.fsum(getattr(flow, field) for flow in flows) for field in ("good", "defect", "refused", "dead")
    )
    untouched = math.fsum(flow.untouched for flow in flows)
    if defect == refused == dead == 0:
        good = untouched
    full = [flow.capacity / share for flow, share in zip(flows, shares, strict=True) if share > 0]
    return Flow(
        math.fsum(flow.demand for flow in flows), untouched, good, defect, refused, dead, share_old, share_new,
        math.fsum(flow.served_old for flow in flows), math.fsum(flow.served_new for flow in flows), min(full),
    )  # fmt: skip


def covers(flow: Flow, capacity_at_zero: float) -> bool:
    """Whether in-service capacity covers demand or is as large as at zero (a settled service's capacity)."""
    enough = min(flow.demand, capacity_at_zero)
    return flow.capacity >= enough or math.isclose(flow.capacity, enough, rel_tol=1e-12)
