"""What a state of the service costs its users: every lost request under the one cause it has.

The one thing a newcomer would get wrong: losses are counted against what the *untouched* service would have
answered well, so what an undersized or faulty service loses anyway is nobody's fault here, and the causes add
up to ``untouched - good`` exactly, never to the requests that failed.

These are the accounts of `simulator.rules.flow`, open to every other way of sharing requests out: weighted
target groups, targets that are still warming up, requests that find no connection, clients that try again.
"""

from __future__ import annotations

from simulator.model.flow import Flow

# Rates below this share of the demand are what rounding leaves, not requests.
_ROUNDING = 1e-12


def account(
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
    """Rates of good and lost requests, given who served how many.

    Parameters
    ----------
    demand : float
        Requests per second.
    baseline_errors : float
        Share that fails on any revision.
    untouched_served : float
        Requests per second that the previous revision on the whole service would have taken up.
    served_old, served_new : float
        Requests per second that each revision took up.
    dead : float
        Requests per second sent to a target that does not answer.
    error_share : float
        Share that the new revision fails, of those it would answer well without its defect.
    share_old, share_new : float
        Shares of production traffic sent to each revision, as fractions.
    capacity : float
        Requests per second that the receivers could answer.

    Notes
    -----
    A defect is counted first, then dead targets; what is left of the loss was refused. An overloaded service
    refuses some requests anyway, so what a dead target takes of those is no further loss.

    Examples
    --------
    Half of 100 requests/s go to a revision that fails a tenth of them, 20 to a dead target.

    >>> flow = account(100, 0.0, 100.0, 30.0, 50.0, 20.0, 0.1, 0.5, 0.5, 200.0)
    >>> flow.good, flow.defect, flow.dead, flow.refused
    (75.0, 5.0, 20.0, 0.0)
    """
    sound = 1.0 - baseline_errors
    untouched = sound * untouched_served
    defect = sound * served_new * error_share
    good = min(sound * (served_old + served_new) - defect, untouched)
    return split(demand, untouched, good, defect, sound * dead, share_old, share_new, served_old, served_new, capacity)


def split(
    demand: float,
    untouched: float,
    good: float,
    defect: float,
    dead: float,
    share_old: float,
    share_new: float,
    served_old: float,
    served_new: float,
    capacity: float,
) -> Flow:
    """Put ``untouched - good`` under its causes: at most `defect`, then at most `dead`, the rest refused.

    Parameters as in `account`; `untouched` and `good` are rates of requests answered well.

    >>> split(100, 90.0, 60.0, 10.0, 15.0, 0.5, 0.5, 50.0, 30.0, 100.0).refused
    5.0
    """
    lost = untouched - good
    defect = min(defect, lost)
    dead = min(dead, lost - defect)
    refused = lost - defect - dead
    if refused < _ROUNDING * max(demand, 1.0):
        refused = 0.0
    return Flow(
        demand, untouched, untouched - (defect + dead + refused), defect, refused, dead,
        share_old, share_new, served_old, served_new, capacity,
    )  # fmt: skip


def turned_away(flow: Flow, old: float, new: float, baseline_errors: float = 0.0, error_share: float = 0.0) -> Flow:
    """Rates once a share of each revision's requests is refused behind the targets or before a version.

    Such as those that find no connection to a dependency (`simulator.rules.dependency`), or no environment while a
    Lambda version is cold (`simulator.rules.concurrency`).

    Parameters
    ----------
    flow : Flow
        Rates with room for everybody.
    old, new : float
        Share of the requests each revision took up that is refused after all, as fractions.
    baseline_errors, error_share : float
        As `flow` was worked out with.

    Examples
    --------
    A tenth of 300/s is on a green fleet of which a third finds no connection.

    >>> before = account(300, 0.0, 300.0, 270.0, 30.0, 0.0, 0.0, 0.9, 0.1, 600.0)
    >>> round(turned_away(before, 0.0, 1 / 3).refused, 9)
    10.0
    """
    if old == 0.0 and new == 0.0:
        return flow
    served_old, served_new = flow.served_old * (1.0 - old), flow.served_new * (1.0 - new)
    served = flow.served_old + flow.served_new
    sound = 1.0 - baseline_errors
    defect = sound * served_new * error_share
    return split(
        flow.demand,
        flow.untouched,
        min(sound * (served_old + served_new) - defect, flow.good),
        defect,
        flow.dead,
        flow.share_old,
        flow.share_new,
        served_old,
        served_new,
        flow.capacity * ((served_old + served_new) / served) if served > 0 else flow.capacity,
    )


def times(count: float, each: float) -> float:
    """`count` times `each`, and 0 for nobody even where each could answer without limit.

    >>> times(0, float("inf")), times(3, 60.0)
    (0.0, 180.0)
    """
    return count * each if count else 0.0
