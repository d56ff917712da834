"""Targets that wait for their turn in one deployment, zone after zone where its configuration says so.

The one thing a newcomer would get wrong: a target that started the deployment Unhealthy in a zone whose turn has not
come is unhealthy all the same. It keeps a place of the fleet's floor until it is tried, as a failed one does.

Source: CodeDeploy user guide, "Instance health"; API reference, ZonalConfig.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from simulator.engine.world import World
from simulator.model.deployment_configuration import MinimumHealthyHostsPerZone, MinimumHealthyHostsType
from simulator.model.service import ServerFleet
from simulator.rules import healthy_hosts
from simulator.rules.healthy_hosts import ZoneFloor


class WaitingLine:
    """Who waits, and how many of them may start.

    Parameters
    ----------
    minimum : (str, int)
        Kind and value of the minimum healthy hosts.
    size : int
        Targets that it counts, those that a rollback leaves out included.
    zones : sequence of (sequence of int, int)
        Targets of each zone in order of their turn, and how many targets the zone has; one of all without zones.
    zone_minimum : MinimumHealthyHostsPerZone or None
        The floor of each zone; None without zones.
    unhealthy : sequence of bool
        Whether a target started the deployment Unhealthy.
    window : bool
        Whether a place is filled again as soon as it is free.

    Attributes
    ----------
    waiting : deque of int
        Targets of the zone whose turn it is.
    failed : int
        Targets that failed in this deployment.
    targets : int
        How many were in the line at the beginning.
    """

    def __init__(
        self,
        minimum: tuple[MinimumHealthyHostsType, int],
        size: int,
        zones: Sequence[tuple[Sequence[int], int]],
        zone_minimum: MinimumHealthyHostsPerZone | None,
        unhealthy: Sequence[bool],
        window: bool,
    ) -> None:
        self.kind, self.value = minimum
        self.size, self.window = size, window
        self.required = healthy_hosts.required(self.kind, self.value, size)
        self.failed = 0
        self._unhealthy, self._zone_minimum = unhealthy, zone_minimum
        self._zones = [(deque(targets), zone_size) for targets, zone_size in zones]
        self.targets = sum(len(targets) for targets, _ in self._zones)
        self._unhealthy_behind = sum(unhealthy[target] for targets, _ in self._zones for target in targets)
        self.waiting: deque[int] = deque()
        self._zone_size = self._unhealthy_here = self._failed_before = 0
        self.next_zone()

    def next_zone(self) -> bool:
        """Let the next zone have its turn; whether there is one."""
        if not self._zones:
            return False
        self.waiting, self._zone_size = self._zones.pop(0)
        self._unhealthy_here = sum(self._unhealthy[target] for target in self.waiting)
        self._unhealthy_behind -= self._unhealthy_here
        self._failed_before = self.failed
        return True

    def must_stop(self) -> bool:
        """Whether failures hold every place, of the fleet or of the zone, while targets still wait."""
        left = len(self.waiting) + sum(len(targets) for targets, _ in self._zones)
        lost = self.failed + self._unhealthy_behind
        if healthy_hosts.must_stop(self.required, self.size, lost, left, self._unhealthy_here):
            return True
        if self._zone_minimum is None:
            return False
        required, failed = self._zone_minimum.required(self._zone_size), self.failed - self._failed_before
        return healthy_hosts.must_stop(required, self._zone_size, failed, len(self.waiting), self._unhealthy_here)

    def start(self, in_progress: int) -> list[int]:
        """Take those out of the line who may start now, while so many are being updated."""
        if self.window and self.must_stop():
            return []
        places = healthy_hosts.may_start(
            self.kind,
            self.value,
            self.size,
            self.failed + self._unhealthy_behind,
            in_progress,
            window=self.window,
            unhealthy_waiting=self._unhealthy_here,
            zone=self._floor_of_the_zone(in_progress),
        )
        batch = [self.waiting.popleft() for _ in range(min(places, len(self.waiting)))]
        if self._unhealthy_here:
            self._unhealthy_here -= sum(self._unhealthy[target] for target in batch)
        return batch

    def _floor_of_the_zone(self, in_progress: int) -> ZoneFloor | None:
        if self._zone_minimum is None:
            return None
        kind, value = self._zone_minimum.type, self._zone_minimum.value
        failed = self.failed - self._failed_before
        return ZoneFloor(kind, value, self._zone_size, failed, in_progress, self._unhealthy_here)

    def leave(self) -> list[int]:
        """Empty the line: those who never started, in the order in which they would have."""
        left = [*self.waiting, *(target for targets, _ in self._zones for target in targets)]
        self.waiting.clear()
        self._zones.clear()
        return left


def in_turn(world: World, again: int = 0) -> list[int]:
    """Places of a fleet in the order in which equals are taken.

    A way back keeps the order of the way forward. A further deployment to the same targets, of another group, has an
    order of its own: the two do not agree on whom to take out first.
    """
    places = list(range(world.fleet.places))
    if world.assume("tie_order") == "random":
        purpose = f"tie_order {again}" if again else "tie_order"
        keys = world.streams.uniforms(purpose, len(places), 1)[:, 0].tolist()
        places.sort(key=keys.__getitem__)
    return places


def by_zone(world: World, order: Sequence[int], concerned: Sequence[int]) -> list[tuple[list[int], int]]:
    """Targets of a queue by their zones in order of their turn, each with how many of those concerned it has."""
    service = world.service
    assert isinstance(service, ServerFleet)  # nobody else has zones to deploy to
    zones = list(range(1, service.fleet.zones + 1))
    if world.assume("zone_order") == "random":
        keys = world.streams.uniforms("zone_order", len(zones), 1)[:, 0].tolist()
        zones.sort(key=lambda zone: keys[zone - 1])
    found = []
    for zone in zones:
        size = sum(service.fleet.zone_of(target) == zone for target in concerned)
        targets = [target for target in order if service.fleet.zone_of(target) == zone]
        if targets:
            found.append((targets, size))
    return found
