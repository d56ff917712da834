"""One target's planned lifecycle at absolute instants.

The one thing a newcomer would get wrong: in the lean grain most events of a target are never written out. A row
holds the instants others can see and what the host will hold; the rest is made when somebody looks.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import repeat
from typing import NamedTuple

import numpy as np

from simulator.engine.clock import on_grid
from simulator.engine.lifecycle import FleetPlan, Planned
from simulator.model.release import Fault, HookFailure
from simulator.rules.limits import EVENT_RUN_LIMIT_S, EVENT_START_LIMIT_S
from simulator.trace.records import EventRun, EventStatus

# An event that was offered but never begun; it lasts from the offer to the limit, and AWS shows it Skipped.
NOT_STARTED = "NotStarted"


class Edge(NamedTuple):
    """An instant of a lifecycle at which others see the target change: where an event starts or ends."""

    event: str
    ends: bool
    what: str


BEHIND_BALANCER = (
    Edge("BlockTraffic", False, "leaves"),
    Edge("AllowTraffic", False, "registers"),
    Edge("AllowTraffic", True, "returns"),
)
# The same where the start of the application matters by itself, since it has to warm up from then on.
WARMING_BEHIND_BALANCER = (BEHIND_BALANCER[0], Edge("ApplicationStart", True, "starts"), *BEHIND_BALANCER[1:])
ALONE = (Edge("ApplicationStop", False, "down"), Edge("ApplicationStart", True, "up"))


def edges(balanced: bool, ages: bool) -> tuple[Edge, ...]:
    """Instants of a target's lifecycle that others can see, with a load balancer and where new targets warm up."""
    if not balanced:
        return ALONE
    return WARMING_BEHIND_BALANCER if ages else BEHIND_BALANCER


class Row:
    """One target's plan at absolute instants; its events are written out only where somebody looks.

    Parameters
    ----------
    instants, effects : list of float, tuple of str
        When others see the target change, and how, in order.
    ends, fails : float, bool
        When the target is done, and whether it failed.
    fetched, installed : float
        When DownloadBundle starts and when Install ends well; infinite if they do not.
    """

    __slots__ = ("_events", "_place", "effects", "ends", "fails", "fetched", "installed", "instants")

    def __init__(
        self,
        instants: list[float],
        effects: tuple[str, ...],
        ends: float,
        fails: bool,
        fetched: float,
        installed: float,
        events: list[Planned] | None = None,
        place: tuple[FleetPlan, int, float] | None = None,
    ) -> None:
        self.instants, self.effects, self.ends, self.fails = instants, effects, ends, fails
        self.fetched, self.installed = fetched, installed
        self._events, self._place = events, place

    @property
    def events(self) -> list[Planned]:
        """Every planned event, up to the one that fails."""
        if self._events is None:
            assert self._place is not None  # a row without events has a plan
            self._events = planned_at(*self._place)
        return self._events

    def records(self, deployment: int, target: int, now: float) -> Iterator[EventRun]:
        """Lifecycle events that have begun by now; the one that runs is cut and shown Failed."""
        if self._events is None and self.ends <= now:
            assert self._place is not None  # a row without events has a plan
            plan, place, start = self._place
            begins = [start + after for after in plan.started[place].tolist()]
            ends = [start + after for after in plan.ends[place].tolist()]
            fixed = repeat(deployment), repeat(target), plan.events, begins, repeat("Succeeded")
            return map(EventRun, ends, *fixed)
        return self._cut(deployment, target, now)

    def _cut(self, deployment: int, target: int, now: float) -> Iterator[EventRun]:
        for event in self.events:
            if event.started > now or (event.started == now and event.ends > now):
                return
            how: EventStatus = "Failed" if event.fails or event.ends > now else "Succeeded"
            if event.code == NOT_STARTED:
                how = "Skipped"
            yield EventRun(min(event.ends, now), deployment, target, event.event, event.started, how, event.code)

    def began(self, now: float) -> bool:
        """Whether the host has begun any event by now; a dead or busy one begins none."""
        if not self.fails and self.ends <= now:
            return True
        first = self.events[0]
        return first.started <= now and first.code != NOT_STARTED


class Rows:
    """Rows of one deployment's plan.

    Parameters
    ----------
    plan : FleetPlan
        Of all targets.
    edges : tuple of Edge
        The instants that others can see.
    crashes : bool
        Whether the revision dies as it is started: where the start fails for it, the host holds it all the same, and
        requests sent there meet it.
    forgiven : frozenset of str
        Events whose failure is passed over.
    """

    def __init__(
        self, plan: FleetPlan, edges: tuple[Edge, ...], crashes: bool = False, forgiven: frozenset[str] = frozenset()
    ) -> None:
        self.plan, self.edges, self.crashes, self.forgiven = plan, edges, crashes, forgiven
        shown = [edge for edge in edges if edge.event in plan.events]
        self._effects = tuple(edge.what for edge in shown)
        columns = [
            (plan.ends if edge.ends else plan.started)[:, plan.events.index(edge.event)]
            for edge in (Edge("DownloadBundle", False, ""), Edge("Install", True, ""), *shown)
            if edge.event in plan.events
        ]
        self._holds = "Install" in plan.events
        # The few instants of a target that ends well, side by side: two out of three are never looked at.
        self._sound = np.column_stack([plan.started[:, 0], *columns, plan.ends[:, -1]])
        self._ready: dict[int, list[float]] = {}
        self._start = math.nan  # of those that are ready

    def make_ready(self, targets: list[int], start: float) -> None:
        """Work out the instants of targets that start together; one by one costs four times as much."""
        self._ready, self._start = dict(zip(targets, (self._sound[targets] + start).tolist(), strict=True)), start

    def at(self, target: int, start: float) -> Row:
        """The row of a target that starts now."""
        if self.plan.failing[target] >= 0 or target in self.plan.forgiven:
            return self.of(planned_at(self.plan, target, start))
        instants = self._ready.pop(target, None) if start == self._start else None
        if instants is None:
            instants = (self._sound[target] + start).tolist()
        place = self.plan, target, start
        if self._holds:
            _, fetched, installed, *seen, ends = instants
            return Row(seen, self._effects, ends, False, fetched, installed, None, place)
        return Row(instants[1:-1], self._effects, instants[-1], False, math.inf, math.inf, None, place)

    def offered(self, target: int) -> float:
        """Seconds from a target's start until its agent takes up the first event."""
        return float(self._sound[target, 0])

    def of(self, events: list[Planned]) -> Row:
        """The row of a target whose events are given: one that fails, dies or never begins."""
        seen = list(_seen(events, self.edges, self.crashes))
        fetched = installed = math.inf
        for event in events:
            if event.event == "DownloadBundle" and event.code != NOT_STARTED:
                fetched = event.started
            elif event.event == "Install" and not event.fails:
                installed = event.ends
        instants, effects = [instant for instant, _ in seen], tuple(what for _, what in seen)
        last = events[-1]
        fails = last.fails and not self.forgives(last)
        return Row(instants, effects, last.ends, fails, fetched, installed, events)

    def forgives(self, event: Planned) -> bool:
        """Whether an event failed and the target goes on all the same; one that never began is no failed one."""
        return event.fails and event.event in self.forgiven and event.code != NOT_STARTED


def _seen(events: list[Planned], edges: tuple[Edge, ...], crashes: bool) -> Iterator[tuple[float, str]]:
    """Instants at which others see the target change, in order; an event that fails has no end to see.

    Except the start of a revision that dies of it: it was started.
    """
    for event in events:
        if event.code == NOT_STARTED:
            continue
        for edge in edges:
            started = crashes and event.event == "ApplicationStart"
            if edge.event == event.event and (started or not (edge.ends and event.fails)):
                yield (event.ends if edge.ends else event.started), edge.what


def not_started(event: str, offered: float, limit: float = EVENT_START_LIMIT_S) -> Planned:
    """An event that nobody takes up: the deployment to the target fails at the limit (user guide, Limits)."""
    return Planned(event, offered, offered + limit, True, NOT_STARTED)


def planned_at(plan: FleetPlan, target: int, start: float) -> list[Planned]:
    """Every event of one target's plan at absolute instants, up to the one that fails."""
    failing = plan.failing[target]
    last = failing if failing >= 0 else len(plan.events) - 1
    started, ends = plan.started[target].tolist(), plan.ends[target].tolist()
    codes: dict[int, str | None] = {**plan.forgiven.get(target, {})}
    if failing >= 0:
        codes[failing] = plan.codes[target]
    return [
        Planned(
            plan.events[index],
            start + started[index],
            start + ends[index],
            index in codes,
            codes.get(index),
        )
        for index in range(last + 1)
    ]


def struck(
    planned: list[Planned], target: int, is_rollback: bool, faults: Iterable[Fault], forgiven: frozenset[str]
) -> list[Planned]:
    """Events of a target, up to the one whose script a fault of the scenario lets fail at a given time.

    After one whose failure is passed over, the others come so much earlier.
    """
    for fault in faults:
        if not isinstance(fault, HookFailure) or fault.target != target or fault.at is None:
            continue
        if fault.on != "both" and (fault.on == "rollback") != is_rollback:
            continue
        for index, event in enumerate(planned):
            if event.event == fault.event and event.started <= fault.at < event.ends:
                hit = Planned(event.event, event.started, on_grid(fault.at), True, "ScriptFailed")
                if event.event not in forgiven:
                    return [*planned[:index], hit]
                planned = [*planned[:index], hit, *later(planned[index + 1 :], hit.ends - event.ends)]
                break
    return planned


def later(planned: Iterable[Planned], seconds: float) -> Iterator[Planned]:
    """Events moved on the clock."""
    for event in planned:
        yield event._replace(started=event.started + seconds, ends=event.ends + seconds)


def dead(planned: list[Planned], dies: float, offered: float, forgiven: frozenset[str]) -> list[Planned]:
    """Events of a target whose host dies: the running one fails at its run limit, one not begun at its start limit.

    User guide, Limits and troubleshooting-ec2-instances: the timer of a script lives in the dead agent. `offered` is
    the instant at which the first event is offered to the host.
    """
    for index, event in enumerate(planned):
        if dies < event.started:
            return [*planned[:index], not_started(event.event, offered)]
        if dies < event.ends and event.event != "BlockTraffic":
            ends = event.started + EVENT_RUN_LIMIT_S
            hit = event._replace(ends=ends, fails=True, code="UnknownError")
            behind = planned[index + 1 : index + 2] if event.event in forgiven else []  # offered to nobody
            return [*planned[:index], hit, *(not_started(each.event, ends) for each in behind)]
        offered = event.ends
    return planned
