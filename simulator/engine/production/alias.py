"""A Lambda alias: two versions and the weight of the new one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from simulator.engine.production.protocol import Production
from simulator.model.flow import Flow
from simulator.model.service import LambdaFunction
from simulator.rules.flow import alias_flow
from simulator.rules.telemetry import alias_counts

if TYPE_CHECKING:
    from simulator.engine.world import World
    from simulator.engine.world_plan import WorldPlan


class AliasProduction(Production):
    """Versions behind an alias; both draw on the function's concurrency.

    Attributes
    ----------
    weight_new : float
        Share of production traffic on the new version.
    """

    def __init__(self, world: World) -> None:
        self.weight_new = 0.0
        self.plan, self.release = world.plan, world.release
        # A version that crashes at start fails every request.
        self.error_share = 1.0 if self.release.crashes else self.release.error_share

    @staticmethod
    def units(service: LambdaFunction) -> tuple[int, float]:
        """A function has no targets."""
        return 0, float("inf")

    @staticmethod
    def untouched(plan: WorldPlan, demand: float) -> Flow:
        """Rates of the untouched function."""
        return alias_flow(demand, plan.baseline, plan.capacity_at_zero, 0.0)

    def flow(self, demand: float) -> Flow:
        """Rates of this instant."""
        plan = self.plan
        return alias_flow(
            demand, plan.baseline, plan.capacity_at_zero, self.weight_new, self.error_share, self.release.slow_factor
        )

    def expected(self, pieces: Iterable[tuple[float, Flow]]) -> tuple[float, ...]:
        """Expected `ALIAS_COUNTS` of flows that held for some seconds each."""
        return alias_counts(pieces, self.plan.baseline, self.error_share)

    def health(self) -> tuple[int, ...]:
        """No load balancer looks at a function."""
        return 0, 0

    def split(self) -> bool:
        """Whether the alias sends requests to both versions."""
        return 0 < self.weight_new < 1

    def can_be_set_back_by_hand(self) -> bool:
        """A split alias is cleared by hand; later deployments would fail on it."""
        return self.split()
