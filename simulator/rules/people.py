"""What a person called to a rollout does next, from what they can see.

The one thing a newcomer would get wrong: people do not undo what CodeDeploy is already undoing. While a way back
runs they wait; when the service has settled and every host serves they stand down.

Source: design definition of people; AWS documents no human behaviour, so times are assumptions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

NextStep = Literal["stand down", "wait", "stop and roll back", "roll back", "repair"]


@dataclass(frozen=True, slots=True)
class Situation:
    """What somebody looking at the dashboards sees.

    Parameters
    ----------
    settled : bool
        One revision takes all traffic with enough capacity and nothing fails, as far as anybody can see.
    forward_running, way_back_running : bool
        Whether a rollout, or a rollback, is in progress or about to begin.
    failing_share : float
        Share of requests failing on account of the new revision.
    share_new : float
        Share of production traffic on the new revision.
    serves_none : bool
        Nobody answers any request.
    unserving : int
        Hosts out of service or dead.
    way_back_failed : bool
        Whether a rollback has already failed.
    given_up : bool
        Whether people have tried all they will.
    way_back_begun : bool
        Whether any way back, CodeDeploy's or a person's, was ever begun.
    split : bool
        Both revisions answer requests.
    alarm_shows : bool
        An alarm is up while the new revision takes requests, and for its sake.
    zone_is_out : bool
        Hosts or tasks are gone with their Availability Zone, which nobody here can repair.
    """

    settled: bool
    forward_running: bool
    way_back_running: bool
    failing_share: float
    share_new: float
    serves_none: bool
    unserving: int
    way_back_failed: bool
    given_up: bool
    way_back_begun: bool = False
    split: bool = False
    alarm_shows: bool = False
    zone_is_out: bool = False


def next_step(seen: Situation) -> NextStep:
    """Decide what a person does in a situation.

    Examples
    --------
    >>> next_step(Situation(False, False, False, 0.1, 1.0, False, 0, False, False))  # a bad release, nobody acting
    'roll back'
    >>> next_step(Situation(False, False, True, 0.1, 0.5, False, 0, False, False))  # CodeDeploy is at it
    'wait'
    >>> next_step(Situation(True, False, False, 0.0, 0.0, False, 1, True, False))  # well again, but one host is out
    'repair'
    """
    if seen.way_back_running:
        return "wait"
    harm = seen.failing_share > 0 or seen.alarm_shows
    if seen.forward_running:
        # A rollout in progress lowers capacity by design; requests failing on the new revision are another matter.
        return "stop and roll back" if harm and seen.share_new > 0 else "wait"
    if seen.given_up:
        return "stand down"
    if seen.settled:
        return "repair" if seen.unserving else "stand down"
    # Going back is for a release that does harm and for a split fleet; hosts that are dead or out want repair.
    release_to_blame = harm or seen.serves_none
    if seen.unserving and (seen.way_back_failed or (not seen.split and (seen.way_back_begun or not release_to_blame))):
        return "repair"
    if seen.zone_is_out and not harm:
        return "wait"  # neither revision is to blame
    if seen.share_new > 0 or seen.serves_none:
        return "roll back"
    return "repair" if seen.unserving else "stand down"
