"""A dependency that takes a limited number of connections, which both colours draw on.

The one thing a newcomer would get wrong: blue and green exist at the same time. A database that just carries one
fleet's connection pools is short by half as soon as a blue/green deployment brings up the second, before green has
taken a single request.

Connections are held by targets that *exist*, whether or not they receive traffic: pools are opened at start. Nothing
here is AWS's; the limit is the dependency's own (PostgreSQL: ``max_connections``).
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from simulator.model.flow import Flow
from simulator.rules import losses

Grant = Literal["first_come", "even"]


class Starved(NamedTuple):
    """Share of each colour's requests that finds no connection, as fractions."""

    old: float
    new: float


def held(limit: int, per_target: int, old: float, new: float, grant: Grant = "first_come") -> tuple[float, float]:
    """Connections that each colour holds.

    Parameters
    ----------
    limit : int
        Connections the dependency takes.
    per_target : int
        Connections one target opens.
    old, new : float
        Targets of each colour that exist, in service or not; environments of a function on average.
    grant : str
        ``first_come``: pools that are open stay open, and the new colour gets what is left. ``even``: pools are
        filled and given back request by request, so that everybody gets the same share.

    Examples
    --------
    A limit of 500 carries 30 targets of 10, and 20 of the 30 that a blue/green deployment adds.

    >>> held(500, 10, old=30, new=30), held(500, 10, old=30, new=30, grant="even")
    ((300.0, 200.0), (250.0, 250.0))
    """
    of_old, of_new = float(old * per_target), float(new * per_target)
    if of_old + of_new <= limit:
        return of_old, of_new
    if grant == "even":
        share = limit / (of_old + of_new)
        return of_old * share, of_new * share
    first = min(of_old, float(limit))
    return first, min(of_new, limit - first)


def without_connection(limit: int, per_target: int, old: float, new: float, grant: Grant = "first_come") -> Starved:
    """Share of each colour's requests that cannot get a connection; parameters as in `held`.

    A target with k of its n connections answers k / n of what it is sent (each request needs one; requests spread
    evenly over the targets of a colour). `simulator.rules.losses.turned_away` puts the two shares into a Flow.

    >>> old, new = without_connection(500, 10, old=30, new=30)
    >>> old, round(new, 4)
    (0.0, 0.3333)
    """
    wanted_old, wanted_new = old * per_target, new * per_target
    held_old, held_new = held(limit, per_target, old, new, grant)
    return Starved(_missing(held_old, wanted_old), _missing(held_new, wanted_new))


def starved_flow(
    flow: Flow, starved: Starved, untouched: Starved, baseline_errors: float = 0.0, error_share: float = 0.0
) -> tuple[Flow, Flow]:
    """Rates once some requests find no connection, and the same as metrics see them.

    Parameters
    ----------
    flow : Flow
        Rates with connections for everybody.
    starved, untouched : Starved
        Shares without one, of this service and of the untouched one.
    baseline_errors, error_share : float
        As `flow` was worked out with.

    Returns
    -------
    Flow, Flow
        What becomes of the requests: those without a connection are refused. And what a load balancer or Lambda
        counts: a target took them up and answered with an error of its own, as with a defect.

    Examples
    --------
    >>> from simulator.rules.losses import account
    >>> before = account(300, 0.0, 300.0, 270.0, 30.0, 0.0, 0.0, 0.9, 0.1, 600.0)
    >>> lost, seen = starved_flow(before, Starved(0.0, 0.5), Starved(0.0, 0.0))
    >>> lost.refused, seen.defect, seen.served_new
    (15.0, 15.0, 30.0)
    """
    if starved == untouched == (0.0, 0.0):
        return flow, flow
    away = losses.turned_away(flow, starved.old, starved.new, baseline_errors, error_share)
    whole = flow.untouched * (1.0 - untouched.old)
    sound = 1.0 - baseline_errors
    without = flow.served_old * starved.old + flow.served_new * starved.new * (1.0 - error_share)
    lost = losses.split(
        away.demand, whole, min(away.good, whole), away.defect, away.dead, away.share_old, away.share_new,
        away.served_old, away.served_new, away.capacity,
    )  # fmt: skip
    return lost, flow._replace(defect=flow.defect + sound * without)


def targets_that_fit(limit: int, per_target: int, existing: int) -> int:
    """Further targets that still find all their connections beside `existing` ones.

    >>> targets_that_fit(500, 10, existing=30)
    20
    """
    return max(0, limit // per_target - existing)


def _missing(held: float, wanted: float) -> float:
    return 1.0 - held / wanted if wanted > 0 else 0.0
