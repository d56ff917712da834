"""The fleet's state, kept as counters so that no change costs a scan.

The one thing a newcomer would get wrong: being registered, being healthy in the load balancer's eyes, and
actually answering are three different things, and harm lives in the differences.
"""

from __future__ import annotations

import math

from simulator.model.flow import FleetState
from simulator.model.service import LoadBalancer

REGISTERED, HEALTHY, ANSWERS, NEW = 1, 2, 4, 8


class Fleet:
    """Targets with their state bits, and how many there are of each combination.

    Without a load balancer every target always receives requests; bits REGISTERED and HEALTHY then stay set.
    """

    def __init__(self, size: int, load_balancer: LoadBalancer | None, fail_open_initial: bool = True) -> None:
        self.size = size
        self.fail_open_initial = fail_open_initial
        self.load_balancer = load_balancer
        self.bits = [REGISTERED | HEALTHY | ANSWERS] * size
        self._count = [0] * 16
        self._count[REGISTERED | HEALTHY | ANSWERS] = size
        # What the host holds: the revision whose Install finished last, and until when a script runs on.
        self.installed = ["old"] * size
        self.alive = [True] * size
        self.busy_until = [-math.inf] * size
        # CodeDeploy's own view: result of the last deployment to the instance.
        self.unhealthy = [False] * size
        self.touched = [False] * size
        # Which deployment's effects may still reach the target: later ones take it over.
        self.generation = [0] * size

    def change(self, target: int, set_bits: int = 0, clear_bits: int = 0) -> bool:
        """Set and clear bits of a target; whether anything changed."""
        before = self.bits[target]
        if self.load_balancer is None:
            clear_bits &= ~(REGISTERED | HEALTHY)
        after = (before | set_bits) & ~clear_bits
        if after == before:
            return False
        self._count[before] -= 1
        self._count[after] += 1
        self.bits[target] = after
        return True

    def receivers(self) -> FleetState:
        """Whom requests are sent to: the healthy; with none, all registered (fail open; not a classic one)."""
        count = self._count
        state = _state(count, REGISTERED | HEALTHY)
        fails_open = self.load_balancer is None or self.load_balancer.kind != "classic"
        if fails_open and sum(state) == 0:
            open_state = _state(count, REGISTERED)
            # Registered targets that answer without being healthy are in their first checks.
            return open_state if self.fail_open_initial else open_state._replace(old=0, new=0)
        return state

    def health(self) -> tuple[int, int]:
        """Targets that the load balancer sees as healthy, and as unhealthy; those in their first checks are neither.

        A target that does not answer its first checks is unhealthy; the few checks that takes are left out.
        """
        healthy = sum(self._count[REGISTERED | HEALTHY | rest] for rest in (0, ANSWERS, NEW, ANSWERS | NEW))
        unhealthy = self._count[REGISTERED] + self._count[REGISTERED | NEW]
        return healthy, unhealthy

    def unserving(self) -> list[int]:
        """Targets that are out of service or do not answer."""
        serving = REGISTERED | HEALTHY | ANSWERS
        return [target for target, bits in enumerate(self.bits) if bits & serving != serving]

    def one_revision_but_given_up(self) -> bool:
        """Whether the targets in service run one revision, those that CodeDeploy holds Unhealthy aside."""
        in_service = REGISTERED | HEALTHY
        sides = {
            bits & NEW
            for bits, given_up in zip(self.bits, self.unhealthy, strict=True)
            if bits & in_service == in_service and not given_up
        }
        return len(sides) == 1


def _state(count: list[int], base: int) -> FleetState:
    return FleetState(
        old=count[base | ANSWERS],
        new=count[base | ANSWERS | NEW],
        dead_old=count[base],
        dead_new=count[base | NEW],
    )
