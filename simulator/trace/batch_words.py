"""Sentences about the batches of a fleet: who begins, who waits, for whom, and how it ended.

The one thing a newcomer would get wrong: a batch is as long as its slowest target, and everybody else waits for
that one. So the slowest is named, with the event its time went into, and so is whoever failed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from simulator import units
from simulator.errors import quoted
from simulator.trace.batches import NOT_STARTED, Journey, slowest, span, targets
from simulator.trace.records import EventRun

# With more failed targets than these, all at one event, they are counted and not named.
NAMED = 3


class Place(NamedTuple):
    """Where a batch stands in its deployment.

    Parameters
    ----------
    number : int
        Of the batch, from 1.
    of : str
        Words for the deployment when it is not the only one: ``" of the way back"``, ``" of stage 'rest'"``.
    size : int
        Targets of the deployment.
    waiting : int
        Targets that have not begun when this batch begins.
    followed : bool
        Whether another batch came after it.
    kept : int
        Places that targets which failed before keep, so that this batch is the smaller for it.
    """

    number: int
    of: str
    size: int
    waiting: int
    followed: bool
    kept: int = 0

    @property
    def goes_back(self) -> bool:
        """Whether the deployment is a way back."""
        return self.of.endswith("way back")

    def name(self, batch: Sequence[Journey]) -> str:
        """Name a batch: by its target, its number, or as everybody."""
        if len(batch) == 1:
            return f"Target {batch[0].target}"
        if len(batch) == self.size:
            return f"All {self.size} targets"
        return f"Batch {self.number}{self.of}"


def begins(batch: Sequence[Journey], place: Place) -> str:
    """Sentence for the start of a batch.

    >>> from simulator.trace.records import EventRun
    >>> journeys = [Journey(n, 0, 9, None, (EventRun(9, 0, n, "BlockTraffic", 0, "Succeeded"),), 1) for n in (0, 1)]
    >>> begins(journeys, Place(1, "", 6, 4, True))
    'Batch 1 begins with BlockTraffic: 2 of 6 targets. The other 4 wait.'
    """
    first = min(batch[0].events, key=lambda event: event.started).event
    if len(batch) == place.size > 1:
        return f"All {place.size} targets begin{' their way back' if place.goes_back else ''} with {first} at once."
    verb = f"begins{' its way back' if place.goes_back and len(batch) == 1 else ''} with {first}"
    who = f": {'the last ' if not place.waiting else ''}{len(batch)} of {place.size} targets" if len(batch) > 1 else ""
    last = " as the last" if len(batch) == 1 and place.size > 1 and not place.waiting else ""
    return f"{place.name(batch)} {verb}{who}{last}.{_waiting(place, len(batch))}{_kept(place)}"


def _waiting(place: Place, begun: int) -> str:
    if not place.waiting:
        return ""
    which = "other " if place.waiting + begun == place.size else ""
    more = "" if which else " more"
    if place.waiting == 1:
        return " The other one waits." if which else " One more waits."
    return f" {'The ' if which else ''}{which}{place.waiting}{more} wait."


def _kept(place: Place) -> str:
    if not place.kept:
        return ""
    return f" {'A place is' if place.kept == 1 else f'{place.kept} places are'} kept by those that failed before."


def ends(batch: Sequence[Journey], place: Place) -> str:
    """Sentence for the end of a batch: how it ended, how long it took, and who kept the others waiting."""
    lasted = f"after {span([journey.lasted for journey in batch])}"
    failed = [journey for journey in batch if journey.status == "Failed"]
    if len(batch) == 1:
        return f"{place.name(batch)}: {_alone(batch[0])}."
    found = causes(failed)
    everybody = len(batch) == place.size
    if len(failed) == len(batch) and len(found) == 1:
        told = f"{'' if everybody else 'all '}Failed {next(iter(found))}, {lasted}"
    elif len(found) == 1 and len(failed) > NAMED and _others_succeeded(batch):
        told = f"{len(batch) - len(failed)} Succeeded, {len(failed)} Failed {next(iter(found))}, {lasted}"
    elif everybody and all(journey.status == "Succeeded" for journey in batch):
        told = f"Succeeded {lasted}"
    else:
        told = f"{_counted(batch)} {lasted}"
        told += "".join(f"; {targets(numbers)} failed {cause}" for cause, numbers in found.items())
    return f"{place.name(batch)}: {told}.{_kept_waiting(batch, place)}"


def _others_succeeded(batch: Sequence[Journey]) -> bool:
    return all(journey.status in ("Succeeded", "Failed") for journey in batch)


def _counted(batch: Sequence[Journey]) -> str:
    counts = {status: sum(j.status == status for j in batch) for status in ("Succeeded", "Failed", "Skipped")}
    cut = len(batch) - sum(counts.values())
    return ", ".join([f"{n} {status}" for status, n in counts.items() if n] + ([f"{cut} cut short"] if cut else []))


def follow(skipped: Sequence[Sequence[Journey]]) -> str:
    """Sentence for batches that are not told one by one."""
    sizes = {len(batch) for batch in skipped}
    everybody = [journey for batch in skipped for journey in batch]
    most = max(sizes)
    how = "one at a time" if most == 1 else f"{most} at a time" if len(sizes) == 1 else f"at most {most} at a time"
    times = [max(j.ended for j in batch) - min(j.began for j in batch) for batch in skipped]
    last = max(everybody, key=lambda journey: journey.lasted)
    each = "each" if most == 1 else "a batch"
    if len(everybody) == 1:
        return f"One more target follows: Target {last.target} {_alone(last)}."
    return (
        f"{len(everybody)} more targets follow, {how}: all Succeeded, {span(times)} {each}; "
        f"the slowest was target {last.target} ({_went_into(last)})."
    )


def _alone(journey: Journey) -> str:
    if journey.status == "Failed":
        event = journey.failed_event
        return f"Failed{f' {_at(event)}' if event is not None else ''}, after {units.human(journey.lasted)}"
    status = journey.status or "cut short"
    return f"{status} after {units.human(journey.lasted)}, {_went_into(journey, 'of it ')}"


def _kept_waiting(batch: Sequence[Journey], place: Place) -> str:
    """Name the slowest target, unless nobody waited for it or all took as long."""
    last = slowest(batch)
    first = min(journey.lasted for journey in batch)
    if last.status == "Failed":
        return f" The rest waited for target {last.target}." if place.followed else ""
    if last.lasted - first < 0.02 * last.lasted:
        return f" Of that, {_went_into(last)}."
    return f" The {'rest waited for' if place.followed else 'slowest was'} target {last.target} ({_went_into(last)})."


def _went_into(journey: Journey, of: str = "") -> str:
    event = journey.longest
    return f"{units.human(event.time - event.started)} {of}in {event.event}"


def causes(failed: Iterable[Journey]) -> dict[str, list[int]]:
    """Targets by the event and code at which they failed, in words."""
    found: dict[str, list[int]] = defaultdict(list)
    for journey in failed:
        if journey.failed_event is not None:
            found[_at(journey.failed_event)].append(journey.target)
    return found


def _at(event: EventRun) -> str:
    if event.code == NOT_STARTED:
        return f"before {event.event}, which the agent did not start within {units.human(event.time - event.started)}"
    # A deployment that is stopped shows the event that was running as Failed; no script of it did.
    return f"at {event.event} ({quoted(event.code)[1:-1]})" if event.code else f"in {event.event}, cut short"
