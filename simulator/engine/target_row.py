"""One target's planned lifecycle at absolute instants.

The one thing a newcomer would get wrong: in the lean grain most events of a target are never written out. A row
holds the instants others can see and what the host will hold; the rest is made when somebody looks.
"""

from __future__ import annotations

from collections.abc import Iterator

from simulator.engine.lifecycle import FleetPlan, Planned


class Row:
    """One target's plan at absolute instants; its events are written out only where somebody looks."""

    __slots__ = ("_events", "_place", "balanced", "ends", "fails", "held", "visible")

    def __init__(
        self,
        events: list[Planned] | None,
        balanced: bool,
        plan: FleetPlan | None = None,
        target: int = 0,
        start: float = 0.0,
    ) -> None:
        self._events, self._place, self.balanced = events, (plan, target, start), balanced
        if events is None and plan is not None:
            failing = plan.failing[target]
            last = failing if failing >= 0 else len(plan.events) - 1
            self.ends, self.fails = start + plan.ends[target][last], failing >= 0
            shown = (*SEEN_BALANCED, *HELD) if balanced else (*SEEN_ALONE, *HELD)
            events = [
                _planned(plan, target, start, index)
                for index, event in enumerate(plan.events[: last + 1])
                if event in shown
            ]
        else:
            assert events is not None  # given, or planned
            self.ends, self.fails = events[-1].ends, events[-1].fails
        self.held = [event for event in events if event.event in HELD]
        self.visible = list(_visible(events, balanced))

    @property
    def events(self) -> list[Planned]:
        """Every planned event, up to the one that fails."""
        if self._events is None:
            plan, target, start = self._place
            assert plan is not None  # a row without events has a plan
            self._events = planned_at(plan, target, start)
        return self._events

    def began(self, now: float) -> bool:
        """Whether the host has begun any event by now; a dead or busy one begins none."""
        if not self.fails and self.ends <= now:
            return True
        first = self.events[0]
        return first.started <= now and first.code != NOT_STARTED


# Events whose instants others can see, and those that change what the host holds.
SEEN_BALANCED = ("BlockTraffic", "AllowTraffic")
SEEN_ALONE = ("ApplicationStop", "ApplicationStart")
HELD = ("DownloadBundle", "Install")
# An event that was offered but never begun; it lasts from the offer to the limit, and AWS shows it Skipped.
NOT_STARTED = "NotStarted"


def _visible(events: list[Planned], balanced: bool) -> Iterator[tuple[float, str]]:
    """Instants at which others see the target change, in order."""
    for event in events:
        if event.code == NOT_STARTED:
            continue
        match event.event:
            case "BlockTraffic" if balanced:
                yield event.started, "leaves"
            case "ApplicationStop" if not balanced:
                yield event.started, "down"
            case "ApplicationStart" if not balanced and not event.fails:
                yield event.ends, "up"
            case "AllowTraffic" if balanced:
                yield event.started, "registers"
                if not event.fails:
                    yield event.ends, "returns"


def _planned(plan: FleetPlan, target: int, start: float, index: int) -> Planned:
    fails = plan.failing[target] == index
    started, ends = start + plan.started[target][index], start + plan.ends[target][index]
    return Planned(plan.events[index], started, ends, fails, plan.codes[target] if fails else None)


def planned_at(plan: FleetPlan, target: int, start: float) -> list[Planned]:
    """Every event of one target's plan at absolute instants, up to the one that fails."""
    failing = plan.failing[target]
    last = failing if failing >= 0 else len(plan.events) - 1
    return [_planned(plan, target, start, index) for index in range(last + 1)]
