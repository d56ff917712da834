"""A dependency that takes a limited number of connections, which both colours draw on.

The one thing a newcomer would get wrong: blue and green exist at the same time. A database that just carries one
fleet's connection pools is short by half as soon as a blue/green deployment brings up the second, before green has
taken a single request.

Connections are held by targets that *exist*, whether or not they receive traffic: pools are opened at start. Nothing
here is AWS's; the limit is the dependency's own (PostgreSQL: ``max_connections``).
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Grant = Literal["first_come", "even"]


class Starved(NamedTuple):
    """Share of each colour's requests that finds no connection, as fractions."""

    old: float
    new: float


def held(limit: int, per_target: int, old: int, new: int, grant: Grant = "first_come") -> tuple[float, float]:
    """Connections that each colour holds.

    Parameters
    ----------
    limit : int
        Connections the dependency takes.
    per_target : int
        Connections one target opens.
    old, new : int
        Targets of each colour that exist, in service or not.
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


def without_connection(limit: int, per_target: int, old: int, new: int, grant: Grant = "first_come") -> Starved:
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


def targets_that_fit(limit: int, per_target: int, existing: int) -> int:
    """Further targets that still find all their connections beside `existing` ones.

    >>> targets_that_fit(500, 10, existing=30)
    20
    """
    return max(0, limit // per_target - existing)


def _missing(held: float, wanted: float) -> float:
    return 1.0 - held / wanted if wanted > 0 else 0.0
