"""Targets of a server deployment, grouped into the batches they went through.

Used by the story and by the sentence that says why; both need a trace of full grain. A batch is a set of
targets whose updates overlap, so a deployment that starts the next target as soon as a place is free (a
window) is one batch, and one target at a time are as many batches as targets.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from simulator import units
from simulator.trace.records import EventRun, TargetChange, TargetStatus, Trace

RANGES_SHOWN = 5
# Code of an event that the agent never took up; its record is Skipped, yet the target waited for it.
NOT_STARTED = "NotStarted"


class Journey(NamedTuple):
    """One target's way through one deployment; `order` is the place of its last record in the trace."""

    target: int
    began: float
    ended: float
    status: TargetStatus | None
    events: tuple[EventRun, ...]
    order: int

    @property
    def lasted(self) -> float:
        """Seconds from its first event to its end."""
        return self.ended - self.began

    @property
    def failed_event(self) -> EventRun | None:
        """The event it failed at, or never started; the last one, as failures before it were passed over."""
        return next((event for event in reversed(self.events) if event.status != "Succeeded"), None)

    @property
    def longest(self) -> EventRun:
        """The event that took most of its time."""
        return max(self.events, key=lambda event: event.time - event.started)


def journeys(trace: Trace, deployment: int) -> list[Journey]:
    """Every target that began, in order of beginning; empty for a trace that recorded no events."""
    events: dict[int, list[EventRun]] = defaultdict(list)
    ends: dict[int, TargetChange] = {}
    order: dict[int, int] = {}
    for index, record in enumerate(trace.records):
        if isinstance(record, EventRun | TargetChange) and record.deployment == deployment:
            order[record.target] = index
            if isinstance(record, TargetChange):
                ends[record.target] = record
            elif record.status != "Skipped" or record.code == NOT_STARTED:
                events[record.target].append(record)
    found = []
    for target, met in events.items():
        end = ends.get(target)
        ended = end.time if end else max(event.time for event in met)
        began = min(event.started for event in met)
        found.append(Journey(target, began, ended, end.status if end else None, tuple(met), order[target]))
    return sorted(found, key=lambda journey: (journey.began, journey.target))


def targets_of(trace: Trace, deployment: int) -> int:
    """Count the targets of a deployment, those included that it never began with."""
    concerned = (TargetChange, EventRun)
    return len({r.target for r in trace.records if isinstance(r, concerned) and r.deployment == deployment})


def batches(found: Sequence[Journey]) -> list[list[Journey]]:
    """Group journeys that overlap in time; `found` is in order of beginning."""
    grouped: list[list[Journey]] = []
    latest = float("-inf")
    for journey in found:
        if grouped and journey.began < latest:
            grouped[-1].append(journey)
        else:
            grouped.append([journey])
        latest = max(latest, journey.ended)
    return grouped


def targets(numbers: Iterable[int]) -> str:
    """Name targets, neighbours as a range.

    >>> targets([7]), targets([0, 1, 2, 3, 7])
    ('target 7', 'targets 0 to 3, 7')
    """
    ordered = sorted(set(numbers))
    ranges: list[list[int]] = []
    for number in ordered:
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    told = [_range(low, high) for low, high in ranges[:RANGES_SHOWN]]
    more = sum(high - low + 1 for low, high in ranges[RANGES_SHOWN:])
    rest = f" and {more} more" if more else ""
    return f"target{'s' if len(ordered) > 1 else ''} {', '.join(told)}{rest}"


def _range(low: int, high: int) -> str:
    if high - low < 2:
        return ", ".join(str(number) for number in range(low, high + 1))
    return f"{low} to {high}"


def slowest_event(batch: Iterable[Journey]) -> tuple[str, float] | None:
    """Find the event with the most time in it, and its mean in seconds over the targets that ran it."""
    spent: dict[str, list[float]] = defaultdict(list)
    for journey in batch:
        for event in journey.events:
            spent[event.event].append(event.time - event.started)
    if not spent:
        return None
    name = max(spent, key=lambda event: sum(spent[event]))
    return name, sum(spent[name]) / len(spent[name])


def slowest(batch: Iterable[Journey]) -> Journey:
    """The target that ended last."""
    return max(batch, key=lambda journey: (journey.ended, -journey.target))


def span(seconds: Sequence[float]) -> str:
    """Write durations as one, or from the shortest to the longest.

    >>> span([120.0, 300.0]), span([60.0, 60.1, 60.0])
    ('2 min to 5 min', '1 min')
    """
    low, high = units.human(min(seconds)), units.human(max(seconds))
    if max(seconds) - min(seconds) < 0.02 * max(seconds):
        return high
    return f"{low} to {high}"
