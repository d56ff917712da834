"""What will happen to targets, planned in advance and carried out in order of time.

The one thing a newcomer would get wrong: not every step is an event of the clock. Steps that come before the clock's
next event are taken together, each at its own instant, since nobody could look in between; and a step that nobody
would notice is taken with the next one, or when somebody asks for the state.
"""

from __future__ import annotations

from collections.abc import Callable

import simpy
from simpy.events import EventPriority

from simulator.engine.clock import call_at

FAR = float("inf")
MANY = 4  # from so many instants on it is worth asking whether they can be taken in one go


Step = tuple[float, int, int, str]
"""Instant, number, target and what happens to it; steps of one instant are taken in the order of their numbers."""


class Agenda:
    """Steps that lie ahead.

    Parameters
    ----------
    env : simpy.Environment
        The clock.
    order : EventPriority
        Of the steps among other events of their instant.
    take : callable
        Carries out one step.
    taken : callable
        Told the instant after all its steps; whether nothing comes of them but the change itself, so that the next
        ones may be taken too before the clock gets there.
    quiet : frozenset of str
        Steps that nobody would notice.
    loud : callable
        Whether somebody would after all, as things stand.
    sweep : callable
        Takes what can be taken in one go of the steps, and of the instants of those that are noticed, before the
        clock's next event; the instant of which others are still to be told, if there is one.
    """

    def __init__(
        self,
        env: simpy.Environment,
        order: EventPriority,
        take: Callable[[Step], None],
        taken: Callable[[float], bool],
        quiet: frozenset[str],
        loud: Callable[[], bool],
        sweep: Callable[[list[Step], list[float], float], float | None],
    ) -> None:
        self.env, self.order = env, order
        self._take, self._taken, self._quiet, self._loud, self._sweep = take, taken, quiet, loud, sweep
        # The next one last. Sorting what is nearly sorted costs less than a heap, which moves each step several times.
        self._steps: list[Step] = []
        self._instants: list[float] = []  # of those that are noticed
        self._due = FAR
        self._going = False

    def add(self, steps: list[Step]) -> None:
        """Put steps on the agenda and take what can be taken; to be called when every event ahead is on the clock."""
        self._steps.extend(steps)
        self._instants.extend([step[0] for step in steps if step[3] not in self._quiet])
        self._steps.sort(reverse=True)
        self._instants.sort(reverse=True)
        self._go_on(ahead=True)

    def go_on(self) -> None:
        """Take the steps of this instant and wait for the next one."""
        self._go_on(ahead=False)

    def _go_on(self, ahead: bool) -> None:
        if self._going:
            return  # whoever is at it looks at the next step afterwards
        self._going = True
        if self._catch_up(self.env.now):
            ahead &= self._taken(self.env.now)
        peek, taken = self.env.peek, self._taken
        if ahead and len(self._instants) >= MANY:
            told = self._sweep(self._steps, self._instants, min(peek(), self._due))
            ahead = told is None or taken(told)
        while (due := self._next()) < peek() and ahead and due < self._due:
            self._catch_up(due)
            ahead = taken(due)
        self._going = False
        if due < self._due:
            self._due = due
            call_at(self.env, due, self.order, self._wake, due)

    def catch_up(self) -> bool:
        """Take every step whose instant has come; whether there was one."""
        return self._catch_up(self.env.now)

    def clear(self) -> None:
        """Take nothing any more."""
        self._steps.clear()
        self._instants.clear()

    def drop(self, target: int) -> None:
        """Take nothing any more that is about one target."""
        self._steps = [step for step in self._steps if step[2] != target]
        self._instants = [step[0] for step in self._steps if step[3] not in self._quiet]

    def _next(self) -> float:
        """Instant of the next step that is noticed."""
        if self._steps and self._loud():
            return self._steps[-1][0]
        return self._instants[-1] if self._instants else FAR

    def _catch_up(self, now: float) -> bool:
        steps, instants, take = self._steps, self._instants, self._take
        while instants and instants[-1] <= now:
            instants.pop()
        if not steps or steps[-1][0] > now:
            return False
        while steps and steps[-1][0] <= now:
            take(steps.pop())
        return True

    def _wake(self, due: float) -> None:
        if due == self._due:
            self._due = FAR
            self._go_on(ahead=True)
