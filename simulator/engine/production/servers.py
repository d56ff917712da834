"""A server fleet as requests meet it; its targets' states are kept by `simulator.engine.fleet`."""

from __future__ import annotations

import math
from collections.abc import Iterable

from simulator.engine.fleet import Fleet
from simulator.engine.groups import Targets
from simulator.engine.production.protocol import Production
from simulator.engine.production.surroundings import Plan, Surroundings, keep
from simulator.model.flow import FleetState, Flow
from simulator.model.service import ServerFleet
from simulator.rules.flow import fleet_flow
from simulator.rules.telemetry import fleet_counts


class ServerProduction(Fleet, Production):
    """Targets that share the requests evenly."""

    def __init__(self, world: Surroundings) -> None:
        plan = world.plan
        service = plan.service
        assert isinstance(service, ServerFleet)
        balancer = service.load_balancer
        size = service.fleet.size
        super().__init__(size, balancer, balancer is None or world.assume("fail_open_initial") == "yes")
        self.plan, self.release, self.assume = plan, world.release, world.assume
        if plan.size < size or service.fleet.unhealthy:
            self._start_unwell(world, service)
        self.sound = not world.release.bad
        self.error_share = world.release.error_share

    def _start_unwell(self, world: Surroundings, service: ServerFleet) -> None:
        """Some hosts are stopped, or their last deployment failed (user guide, instances-health)."""
        fleet = service.fleet
        self.take_out(fleet.stopped)
        self.originals -= len(fleet.stopped)  # nobody is billed for them
        if not fleet.initially.unhealthy_serve:
            self.take_out(fleet.unhealthy)
        for target in fleet.unhealthy:
            self.unhealthy[target] = True
        for target in fleet.stopped:
            self.alive[target] = False
            self.unhealthy[target] = world.assume("stopped_hosts") == "from_the_start"

    @staticmethod
    def units(service: ServerFleet) -> tuple[int, float]:
        """Instances in service, and what each answers."""
        fleet = service.fleet
        return fleet.serving, fleet.capacity if fleet.capacity is not None else math.inf

    @staticmethod
    def untouched(plan: Plan, demand: float) -> Flow:
        """Rates of the untouched fleet."""
        return fleet_flow(demand, plan.baseline, plan.size, plan.capacity_each, FleetState(plan.size, 0))

    @classmethod
    def connected_at_zero(cls, plan: Plan, flow: Flow) -> tuple[float, float]:
        """Hosts that hold connections while nothing is deployed: all that are not stopped."""
        fleet = plan.service.fleet
        return float(fleet.size - fleet.initially.stopped), 0.0

    def flow(self, demand: float) -> Flow:
        """Rates of this instant."""
        if not self.sound:
            return self._flow(demand, self.receiving())
        # Sound releases meet the same few states again and again: half as many targets out, half as many back.
        old, new, dead_old, dead_new = receivers = self.receiving()
        state = demand, old, new, dead_old, dead_new
        known = self.plan.flows.get(state)
        if known is None:
            known = self._flow(demand, receivers)
            keep(self.plan.flows, state, known)
        return known

    def _flow(self, demand: float, state: tuple[int, int, int, int]) -> Flow:
        plan, release = self.plan, self.release
        return fleet_flow(
            demand, plan.baseline, plan.size, plan.capacity_each, state, release.error_share, release.slow_factor
        )

    def expected(self, pieces: Iterable[tuple[float, Flow]]) -> tuple[float, ...]:
        """Expected `FLEET_COUNTS` of flows that held for some seconds each."""
        return fleet_counts(pieces, self.plan.baseline)

    def connected(self, flow: Flow) -> tuple[float, float]:
        """Hosts that exist and hold a revision; each opens its connections when it starts."""
        there = [revision for revision, alive in zip(self.installed, self.alive, strict=True) if alive]
        return float(there.count("old")), float(there.count("new"))

    def nobody_dead(self) -> bool:
        """Whether every receiver answers."""
        state = self.receivers()
        return state.dead_old == 0 and state.dead_new == 0

    def can_be_set_back_by_hand(self, targets: Targets = None) -> bool:
        """Originals that blue/green has kept can be registered again, if people do so."""
        return bool(self.kept(targets)) and self.assume("kept_originals") == "by_hand"

    def split(self) -> bool:
        """Whether both revisions answer requests."""
        state = self.receivers()
        return state.old > 0 and state.new > 0
