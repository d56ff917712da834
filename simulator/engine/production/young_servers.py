"""A server fleet whose newest targets take or answer less: they warm up, or the load balancer starts them slowly.

The one thing a newcomer would get wrong: two clocks run. What a target *answers* grows from the start of its
application, which is before it takes requests; what it is *sent* grows from the instant the load balancer calls it
healthy, and only where somebody else was healthy by then.

Source: Application Load Balancer guide, edit-target-group-attributes; the warm-up is what the scenario says of its
application.
"""

from __future__ import annotations

from collections import Counter

from simulator.engine.clock import HEALTH, call_at, on_grid
from simulator.engine.fleet import ANSWERS, HEALTHY, IN_SERVICE, NEW, REGISTERED
from simulator.engine.production.servers import ServerProduction
from simulator.engine.production.surroundings import Surroundings
from simulator.model.flow import Flow
from simulator.rules import warm_up
from simulator.rules.warm_up import TargetClass
from simulator.trace.records import ServiceChange

GROWN = (1.0, 1.0)


def rise(world: Surroundings, duration: float) -> list[tuple[float, float]]:
    """Ages and weights of a slow start: a line, followed in steps that each have the line's average."""
    return warm_up.slow_start(duration, round(world.assume("slow_start_steps")) if duration > 0 else 1)


class YoungServers(ServerProduction):
    """Targets that do not all share the requests evenly, or do not all answer as many, or are not always as many.

    Attributes
    ----------
    youth : dict
        Weight and capacity, as shares of a grown target's, of each target that has less of one of them.
    """

    ages = True

    def __init__(self, world: Surroundings) -> None:
        super().__init__(world)
        self.world = world
        self.scales, self.serving = self.plan.service.fleet.scales, self.plan.size
        service = self.plan.service
        self.warm_up = service.fleet.warm_up
        balancer = service.load_balancer
        self.algorithm: warm_up.Algorithm = balancer.algorithm if balancer is not None else "round_robin"
        self.rise = rise(world, balancer.slow_start if balancer is not None else 0.0)
        self.youth: dict[int, tuple[float, float]] = {}
        self._kinds: Counter[tuple[int, tuple[float, float]]] = Counter()
        # Instant at which each began to warm up, and to be started slowly; a later one takes over.
        self._started: dict[int, float] = {}
        self._turned: dict[int, float] = {}
        # Targets that turned healthy at the latest instant at which any did: nobody's elders at that instant.
        self._latest, self._of_latest = -1.0, 0

    # -- growing up --------------------------------------------------------------------------------------------

    def ageing(self, instant: float, target: int, what: str) -> None:
        """Note what is about to happen to a target, before its bits change: its application starts, it is healthy."""
        if what in ("starts", "up") and self.warm_up is not None:
            self._started[target] = instant
            self._be(target, self._weight(target), self.warm_up.capacity)
            call_at(self.world.env, on_grid(instant + self.warm_up.lasts), HEALTH, self._is_warm, target, instant)
        if what == "returns" and len(self.rise) > 1 and not self.bits[target] & HEALTHY:
            self._turns_healthy(target, instant)

    def move(self, target: int, bits: int) -> bool:
        """Give a target other bits; one that is no longer healthy has its slow start behind it."""
        before = self.bits[target]
        changed = super().move(target, bits)
        if changed and target in self.youth:
            youth = self.youth[target]
            self._count_kind(before, youth, -1)
            self._count_kind(bits, youth, 1)
        if changed and target in self._turned and not bits & HEALTHY:
            del self._turned[target]
            self._be(target, 1.0, self._capacity(target))
        return changed

    def _turns_healthy(self, target: int, instant: float) -> None:
        healthy, _ = self.health()
        elders = healthy - len(self._turned) - (self._of_latest if self._latest == instant else 0)
        if self.rise[-1][0] <= 0 or not warm_up.in_slow_start(self.rise[-1][0], max(elders, 0)):
            self._of_latest = self._of_latest + 1 if self._latest == instant else 1
            self._latest = instant
            return
        self._turned[target] = instant
        self._rises(target, instant, 0)

    def _rises(self, target: int, began: float, step: int) -> None:
        """Give a target in slow start the weight of a step, and wait for the next one."""
        if self._turned.get(target) != began:
            return
        weight = self.rise[step][1]
        self._be(target, weight, self._capacity(target))
        if step + 1 < len(self.rise):
            due = on_grid(began + self.rise[step + 1][0])
            call_at(self.world.env, due, HEALTH, self._next_step, target, began, step + 1)
        else:
            del self._turned[target]
            self._tell(target, "full share")

    def _next_step(self, target: int, began: float, step: int) -> None:
        self.world.catch_up()
        if self._turned.get(target) == began:
            self._rises(target, began, step)
            self.world.flow_changed()

    def _is_warm(self, target: int, started: float) -> None:
        self.world.catch_up()
        if self._started.get(target) == started:
            del self._started[target]
            self._be(target, self._weight(target), 1.0)
            self._tell(target, "warm")
            self.world.flow_changed()

    def _tell(self, target: int, what: str) -> None:
        if self.world.full and self.bits[target] & REGISTERED:
            self.world.record(ServiceChange(self.world.env.now, target, what, self.installed[target]))  # type: ignore[arg-type]

    def _weight(self, target: int) -> float:
        return self.youth.get(target, GROWN)[0]

    def _capacity(self, target: int) -> float:
        return self.youth.get(target, GROWN)[1]

    def _be(self, target: int, weight: float, capacity: float) -> None:
        before, after, bits = self.youth.pop(target, GROWN), (weight, capacity), self.bits[target]
        if before != GROWN:
            self._count_kind(bits, before, -1)
        if after != GROWN:
            self.youth[target] = after
            self._count_kind(bits, after, 1)

    def _count_kind(self, bits: int, youth: tuple[float, float], more: int) -> None:
        kind = bits, youth
        self._kinds[kind] += more
        if not self._kinds[kind]:
            del self._kinds[kind]

    # -- requests ----------------------------------------------------------------------------------------------

    def flow(self, demand: float) -> Flow:
        """Rates of this instant."""
        if not self._kinds and self.algorithm == "round_robin" and self.serving == self.plan.size:
            return super().flow(demand)
        plan, release = self.plan, self.release
        return warm_up.fleet_flow(
            demand,
            plan.baseline,
            self.serving,
            plan.capacity_each,
            self.classes(),
            release.error_share,
            release.slow_factor,
            self.algorithm,
        )

    def suffers_from_youth(self) -> bool:
        """Whether requests are refused while a target still grows up."""
        return bool(self._kinds) and self.world.flow.refused > 0

    def classes(self) -> list[TargetClass]:
        """Receivers, those alike together: the grown ones first, in the order of `FleetState`."""
        old, new, dead_old, dead_new = self.receiving()
        grown = {(False, True): old, (True, True): new, (False, False): dead_old, (True, False): dead_new}
        where = REGISTERED if self.open else IN_SERVICE
        young = []
        for (bits, (weight, capacity)), targets in self._kinds.items():
            side = bool(bits & NEW), bool(bits & ANSWERS)
            if bits & IN_SERVICE != where or not grown[side]:
                continue  # not sent any requests
            grown[side] -= targets
            young.append(TargetClass(targets, *side, capacity, weight))
        return [*(TargetClass(targets, *side) for side, targets in grown.items() if targets), *young]
