"""Clients that try again: what users see fail, what the servers see fail, and the load that makes.

The one thing a newcomer would get wrong: a retry hides failures from users and adds load to servers, and an
overloaded service only gets more of it. There is one load at which the two agree; here it is found, not iterated.

A request is tried once and, while it fails, up to `retries` times more, each try independent of the last and soon
after it. With a share f of tries failing, users see f^(1 + retries) fail, and the servers see 1 + f + ... +
f^retries tries a request. Where only a share s of the clients tries again, that holds for theirs, and for the others'
f and 1. How long clients wait in between is of no account here: rates are those of a state that lasts.

The load L that users' demand makes satisfies ``L = demand * tries(failing(L))``. Where more load never means more
good answers lost, that is, where failing(L) does not fall and the answers ``L * (1 - failing(L))`` do not fall as L
grows, it has exactly one solution: multiplied out, ``demand * (s * (1 - f^(1 + retries)) + (1 - s) * (1 - f)) = L *
(1 - f)``, whose left side cannot rise with L and whose right side cannot fall. It lies between the demand and
(1 + retries) times it, so bracketing finds it. Sources: geometric series; for the effect, Amazon Builders' Library,
"Timeouts, retries, and backoff with jitter".
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from simulator.model.flow import Flow
from simulator.rules import losses

_TOLERANCE = 1e-13
_MOST_STEPS = 200


class Retried(NamedTuple):
    """Tries and failures at one instant: rates per second, shares as fractions.

    `load` tries reach the servers, `failing` is the share of them that fails, `user_failing` the share of users'
    requests whose every try fails.
    """

    demand: float
    load: float
    failing: float
    user_failing: float

    @property
    def failed_attempts(self) -> float:
        """Tries per second that fail, as servers and their alarms see them."""
        return self.load * self.failing


def tries(failing: float, retries: int, share: float = 1.0) -> float:
    """Mean tries of one request when this share of tries fails and this share of clients tries again.

    Three tries at 90 % success take 1.11 tries (risk-methods P6: (1 - 0.1^3) / 0.9).

    >>> round(tries(0.1, retries=2), 12), tries(1.0, retries=3), tries(1.0, retries=3, share=0.5)
    (1.11, 4.0, 2.5)
    """
    total, still_failing = 1.0, 1.0
    for _ in range(retries):
        still_failing *= failing
        total += share * still_failing
    return total


def user_failing(failing: float, retries: int, share: float = 1.0) -> float:
    """Share of users' requests that fail on every try.

    >>> round(user_failing(0.1, retries=2), 12), round(user_failing(0.1, retries=2, share=0.5), 12)
    (0.001, 0.0505)
    """
    return float(share * failing ** (1 + retries) + (1.0 - share) * failing)


def overload(demand: float, capacity: float, errors: float, retries: int) -> Retried:
    """Load on a service that answers up to `capacity` tries per second and fails `errors` of those: closed form.

    Parameters
    ----------
    demand : float
        Users' requests per second, retries not counted.
    capacity : float
        Tries per second that are taken up; the rest is refused and tried again.
    errors : float
        Share of tries taken up that fail, independently of each other.
    retries : int
        Further tries after the first.

    Notes
    -----
    Without overload f = errors. With it ``demand * (1 - f^(1 + retries)) = (1 - errors) * capacity``. The first holds
    if and only if ``demand * tries(errors) <= capacity``, the second otherwise.

    Examples
    --------
    Three retries. At load 1.1 the servers see 2.2 times what they can answer; at 0.9 nothing is refused.

    >>> heavy, light = overload(1.1, 1.0, 0.0, retries=3), overload(0.9, 1.0, 0.0, retries=3)
    >>> round(heavy.load, 3), round(heavy.user_failing, 4), light.load, light.user_failing
    (2.218, 0.0909, 0.9, 0.0)
    """
    if demand <= 0:
        return Retried(demand, 0.0, errors, user_failing(errors, retries))
    load = demand * tries(errors, retries)
    if load <= capacity:
        return Retried(demand, load, errors, user_failing(errors, retries))
    answered = (1.0 - errors) * capacity / demand
    failing = (1.0 - min(1.0, answered)) ** (1.0 / (1 + retries))
    return Retried(demand, demand * tries(failing, retries), failing, user_failing(failing, retries))


def offered_load(demand: float, retries: int, failing: Callable[[float], float], share: float = 1.0) -> Retried:
    """Load at which tries and failures agree, for any service.

    Parameters
    ----------
    demand : float
        Users' requests per second.
    retries : int
        Further tries after the first.
    failing : callable
        Share of tries that fail at a given load; see the module for what makes the solution unique.
    share : float
        Of the clients that try again.

    Examples
    --------
    >>> sharp = lambda load: max(0.0, 1.0 - 1.0 / load)
    >>> round(offered_load(1.1, 3, sharp).load, 3), offered_load(0.9, 3, sharp).load
    (2.218, 0.9)
    """
    first = failing(demand)
    if retries == 0 or first <= 0.0 or demand <= 0:
        return Retried(demand, demand, first, user_failing(first, retries, share))
    calm = demand * tries(first, retries, share)
    if math.isclose(failing(calm), first, rel_tol=1e-12):  # not overloaded: more load fails no larger share
        return Retried(demand, calm, first, user_failing(first, retries, share))
    load = _root(lambda at: demand * tries(failing(at), retries, share) - at, demand, demand * (1 + retries))
    fails = failing(load)
    return Retried(demand, load, fails, user_failing(fails, retries, share))


def user_seen(demand: float, server: Flow, untouched: Retried, now: Retried) -> Flow:
    """Rates that users see, from the rates that servers see at the load which retries make.

    Parameters
    ----------
    demand : float
        Users' requests per second.
    server : Flow
        Rates at ``now.load``, worked out by any of the flow rules.
    untouched, now : Retried
        Of the untouched service and of this one, at the same demand.

    Returns
    -------
    Flow
        What users lose stands under the causes in the proportions in which servers lose it, so the causes add up to
        ``untouched - good`` as ever: the refusals of a storm of retries that a defect began are the defect's.
    """
    before = demand * (1.0 - untouched.user_failing)
    good = min(demand * (1.0 - now.user_failing), before)
    server_lost = server.defect + server.dead + server.refused
    scale = (before - good) / server_lost if server_lost > 0 else 0.0
    share = demand / now.load if now.load > 0 else 0.0
    return losses.split(
        demand, before, good, server.defect * scale, server.dead * scale, server.share_old, server.share_new,
        server.served_old * share, server.served_new * share, server.capacity,
    )  # fmt: skip


def retried_flow(
    demand: float, retries: int, now: Callable[[float], Flow], untouched: Callable[[float], Flow], share: float = 1.0
) -> tuple[Flow, Retried, Retried]:
    """Rates that users see of a service whose clients try again.

    Parameters
    ----------
    demand : float
        Users' requests per second.
    retries : int
        Further tries after the first.
    now, untouched : callable
        Rates that servers see at a given load, of this state and of the untouched service.
    share : float
        Of the clients that try again.

    Returns
    -------
    Flow, Retried, Retried
        What users see; tries on this service; tries on the untouched one. Failed tries that the deployment caused
        are the difference of the two ``failed_attempts``.

    Examples
    --------
    Half of the service is away at 60 % load; users retry three times.

    >>> from simulator.model.flow import FleetState
    >>> from simulator.rules.flow import fleet_flow
    >>> half = lambda load: fleet_flow(load, 0.0, 10, 100.0, FleetState(old=5, new=0))
    >>> whole = lambda load: fleet_flow(load, 0.0, 10, 100.0, FleetState(old=10, new=0))
    >>> flow, tries_now, _ = retried_flow(600, 3, half, whole)
    >>> round(flow.refused, 9), round(tries_now.load), round(tries_now.failed_attempts)
    (100.0, 1385, 885)
    """
    tries_now = offered_load(demand, retries, lambda load: failing_tries(now(load)), share)
    tries_before = offered_load(demand, retries, lambda load: failing_tries(untouched(load)), share)
    if retries == 0:
        return now(demand), tries_now, tries_before
    return user_seen(demand, now(tries_now.load), tries_before, tries_now), tries_now, tries_before


def failing_tries(flow: Flow) -> float:
    """Share of tries that fails, those that fail on any revision included."""
    return 1.0 - flow.good / flow.demand if flow.demand > 0 else 0.0


def _root(gap: Callable[[float], float], low: float, high: float) -> float:
    """Where `gap`, not negative at `low` and not positive at `high`, crosses zero: false position, kept honest.

    An end that stays twice running loses half its weight (Illinois), and every eighth step halves the bracket, so it
    closes whatever the shape.
    """
    at_low, at_high = gap(low), gap(high)
    if at_low <= 0.0:
        return low
    if at_high >= 0.0:
        return high
    stayed: str | None = None
    for step in range(1, _MOST_STEPS):
        if high - low <= _TOLERANCE * high:
            break
        middle = (low + high) / 2 if step % 8 == 0 else (low * at_high - high * at_low) / (at_high - at_low)
        value = gap(middle)
        if abs(value) <= _TOLERANCE * middle:
            return middle
        if value > 0.0:
            low, at_low = middle, value
            at_high = at_high / 2 if stayed == "high" else at_high
            stayed = "high"
        else:
            high, at_high = middle, value
            at_low = at_low / 2 if stayed == "low" else at_low
            stayed = "low"
    return (low + high) / 2
