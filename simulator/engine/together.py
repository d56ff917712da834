"""Records of several regions made into the records of one run.

The one thing a newcomer would get wrong: each region's world counts its deployments and targets from 0 and writes
the rates of its own requests. In the trace deployments and targets are counted through all regions, and rates are
those of all requests, so that whoever reads it need not know of regions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from simulator.model.flow import Flow
from simulator.model.sites import alarm_in
from simulator.rules.flow import together
from simulator.trace.records import (
    AlarmChange,
    Attempts,
    Capacity,
    DeploymentChange,
    EventRun,
    FaultStrike,
    FlowChange,
    Record,
    ServiceChange,
    Shift,
    StageChange,
    TargetChange,
    Trigger,
    Usage,
    Wait,
)

EVERYWHERE = -1


class Told:
    """Records in the order in which they were written, and which region wrote each."""

    def __init__(self) -> None:
        self.records: list[Any] = []
        self.places: list[int] = []

    def add(self, record: Any, place: int = EVERYWHERE) -> None:
        """Write a record."""
        self.records.append(record)
        self.places.append(place)


class OfRegion:
    """The list of records as one region's world knows it."""

    __slots__ = ("place", "told")

    def __init__(self, told: Told, place: int) -> None:
        self.told, self.place = told, place

    def append(self, record: Any) -> None:
        """Write a record."""
        self.told.add(record, self.place)

    def extend(self, records: Iterable[Any]) -> None:
        """Write records."""
        for record in records:
            self.told.add(record, self.place)

    def __len__(self) -> int:
        return len(self.told.records)

    def __getitem__(self, place: int) -> Any:
        return self.told.records[place]

    def __setitem__(self, place: int, record: Any) -> None:
        self.told.records[place] = record


def target_in(target: int, place: int, size: int, regions: int) -> int:
    """Number of a region's target among those of all; replacements come after all that there were.

    >>> target_in(2, place=1, size=10, regions=3), target_in(12, place=1, size=10, regions=3)
    (12, 42)
    """
    fleet, host = divmod(target, size)
    return (fleet * regions + place) * size + host


def merged(told: Told, regions: Sequence[str], shares: Sequence[float], size: int) -> list[Record]:
    """Records of one run in order of time.

    Parameters
    ----------
    told : Told
        Records of all regions as they were written.
    regions : sequence of str
        Their names.
    shares : sequence of float
        Their shares of all requests.
    size : int
        Targets of one region.
    """
    written = sorted(zip(told.records, told.places, strict=True), key=lambda each: each[0][0])
    return _Merging(regions, shares, size).through(written)


class _Merging:
    def __init__(self, regions: Sequence[str], shares: Sequence[float], size: int) -> None:
        self.regions, self.shares, self.size = regions, shares, size
        self.numbers: dict[tuple[int, int], int] = {}
        self.flows: list[Flow | None] = [None] * len(regions)
        self.attempts: list[Attempts | None] = [None] * len(regions)
        self.latest: dict[type, int] = {}
        self.out: list[Any] = []

    def through(self, written: Iterable[tuple[Any, int]]) -> list[Record]:
        for record, place in written:
            if place == EVERYWHERE:
                self.out.append(record)
            elif type(record) is FlowChange:
                self.flows[place] = record.flow
                self._sum(record.time, FlowChange, self.flows, self._rates)
            elif type(record) is Attempts:
                self.attempts[place] = record
                self._sum(record.time, Attempts, self.attempts, self._tries)
            else:
                self.out.append(_IN_REGION[type(record)](self, record, place) if type(record) in _IN_REGION else record)
        return self.out

    def _sum(self, time: float, kind: type, parts: Sequence[Any], of: Callable[[float], Any]) -> None:
        """Write what the regions' latest records make together, one record for each instant."""
        if any(part is None for part in parts):
            return
        latest, record = self.latest.get(kind), of(time)
        if latest is not None and self.out[latest][1:] == record[1:]:
            return
        if latest is not None and self.out[latest].time == time:
            self.out[latest] = record
            return
        self.latest[kind] = len(self.out)
        self.out.append(record)

    def _rates(self, time: float) -> FlowChange:
        return FlowChange(time, together([flow for flow in self.flows if flow is not None], self.shares))

    def _tries(self, time: float) -> Attempts:
        sums = [sum(values) for values in zip(*(each[1:] for each in self.attempts if each is not None), strict=True)]
        return Attempts(time, *sums)

    def number(self, deployment: int, place: int) -> int:
        """A deployment's number among those of all regions, by when it was first heard of."""
        return self.numbers.setdefault((place, deployment), len(self.numbers))

    def target(self, target: int, place: int) -> int:
        return target_in(target, place, self.size, len(self.regions))


def _deployment(merging: _Merging, record: Any, place: int) -> Any:
    return record._replace(deployment=merging.number(record.deployment, place))


def _created(merging: _Merging, record: DeploymentChange, place: int) -> DeploymentChange:
    return record._replace(deployment=merging.number(record.deployment, place), region=merging.regions[place])


def _staged(merging: _Merging, record: StageChange, place: int) -> StageChange:
    return record if record.deployment is None else _deployment(merging, record, place)


def _both(merging: _Merging, record: Any, place: int) -> Any:
    return record._replace(
        deployment=merging.number(record.deployment, place), target=merging.target(record.target, place)
    )


def _target(merging: _Merging, record: Any, place: int) -> Any:
    return record if record.target is None else record._replace(target=merging.target(record.target, place))


def _alarm(merging: _Merging, record: Any, place: int) -> Any:
    return record if record.alarm is None else record._replace(alarm=alarm_in(record.alarm, merging.regions[place]))


_IN_REGION: Mapping[type, Callable[[_Merging, Any, int], Any]] = {
    DeploymentChange: _created,
    StageChange: _staged,
    Shift: _deployment,
    Usage: _deployment,
    Wait: _deployment,
    TargetChange: _both,
    EventRun: _both,
    ServiceChange: _target,
    FaultStrike: _target,
    AlarmChange: _alarm,
    Trigger: _alarm,
    Capacity: lambda merging, record, place: record._replace(region=merging.regions[place]),
}
