"""What the instants of a target's plan do to the fleet, and what health checks make of it.

The one thing a newcomer would get wrong: a target that answers may fail its checks all the same, since the check is
set up wrongly or sees errors. It is called unhealthy as one that refuses connections is, and gets no requests while
somebody else is healthy.

Source: Application Load Balancer guide, target-group-health-checks.
"""

from __future__ import annotations

from typing import Literal

from simulator.engine.agenda import Step
from simulator.engine.clock import HEALTH, call_at, on_grid
from simulator.engine.faults import notice_wait
from simulator.engine.fleet import ANSWERS, effects_of
from simulator.engine.rollouts.sweep import sweep
from simulator.engine.world import World
from simulator.model.service import LoadBalancer
from simulator.trace.records import ServiceChange


class Effects:
    """Effects of one deployment's steps on the fleet.

    Parameters
    ----------
    world : World
        With a fleet.
    balancer : LoadBalancer or None
        In front of it.
    brings : {"old", "new"}
        The revision that arrives.
    crashes : bool
        Whether that dies as it starts.
    """

    def __init__(
        self, world: World, balancer: LoadBalancer | None, brings: Literal["old", "new"], crashes: bool
    ) -> None:
        self.world, self.fleet, self.balancer, self.brings = world, world.fleet, balancer, brings
        self.of_steps = effects_of(brings, crashes)
        # Whether it makes a difference that a target is found unhealthy behind its load balancer.
        self.checks_matter = world.plan.levels_wanted or not self.fleet.fail_open_initial
        self.never_pass: set[int] = set()

    def expect(self, target: int, fails: bool) -> None:
        """Note a target that begins, and whether its plan ends badly: registered, it never passes its checks."""
        if self.fleet.misjudged:
            self.fleet.misjudged.discard(target)
        if fails and self.checks_matter:
            self.never_pass.add(target)

    def take(self, step: Step) -> None:
        """Let an instant of the plan take effect on the fleet."""
        instant, _, target, what = step
        fleet = self.fleet
        set_bits, clear_bits, word, arrives = self.of_steps[what]
        if fleet.ages:
            fleet.ageing(instant, target, what)
        if arrives:
            fleet.installed[target] = self.brings
            if not fleet.alive[target]:
                set_bits, clear_bits = set_bits & ~ANSWERS, clear_bits | ANSWERS
        if (fleet.first_checks and what != "starts") or (what == "registers" and self.checks_matter):
            self.check(instant, target, what)
        if fleet.change(target, set_bits, clear_bits) and self.world.full:
            self.world.record(ServiceChange(instant, target, word, fleet.installed[target]))  # type: ignore[arg-type]

    def sweep(self, steps: list[Step], instants: list[float], limit: float) -> float | None:
        """Take steps in one go where nobody would notice the difference."""
        if not (self.world.unwatched() and self.fleet.plain):
            return None
        return sweep(self.world, self.of_steps, self.brings, steps, instants, limit)

    def registrations_seen(self) -> bool:
        """Whether somebody notices a target that is registered but not healthy yet: an alarm, or open requests."""
        return self.world.plan.levels_wanted or self.fleet.open

    def check(self, instant: float, target: int, what: str) -> None:
        """A registered target that refuses connections, or never passes, is called unhealthy after enough checks."""
        fleet = self.fleet
        fleet.first_checks.discard(target)
        if what != "registers" or self.balancer is None:
            return
        refuses = self.of_steps[what][1] & ANSWERS
        if refuses:
            fleet.first_checks.add(target)
        elif target not in self.never_pass:
            return
        done = on_grid(instant + notice_wait(self.world, self.balancer, target, 0.0))
        what_then = self.checked if refuses else self.misjudged
        call_at(self.world.env, done, HEALTH, what_then, target, fleet.generation[target])

    def checked(self, target: int, generation: int) -> None:
        """Enough checks have failed, unless a later deployment took the host over."""
        if self.fleet.generation[target] == generation and target in self.fleet.first_checks:
            self.fleet.first_checks.discard(target)
            self.world.flow_changed()

    def misjudged(self, target: int, generation: int) -> None:
        """Enough checks have failed of a target that answers, unless a later deployment took the host over."""
        if self.fleet.generation[target] == generation and self.fleet.alive[target]:
            self.fleet.misjudged.add(target)
            self.world.flow_changed()


class EffectsBetweenOutages(Effects):
    """The same where zones go and come back: a host that leaves its load balancer has no more checks to pass there."""

    def take(self, step: Step) -> None:
        """Let an instant of the plan take effect on the fleet."""
        if step[3] == "leaves":
            self.fleet.recovering.pop(step[2], None)
        super().take(step)

    def sweep(self, steps: list[Step], instants: list[float], limit: float) -> float | None:
        """Take no step in one go with others."""
        return None
