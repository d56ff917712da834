"""What the engine asks of whoever takes production requests, whatever the platform."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from simulator.engine.telemetry import Levels
from simulator.model.flow import Flow

if TYPE_CHECKING:
    from simulator.engine.world import World
    from simulator.engine.world_plan import WorldPlan


class Production(ABC):
    """Targets, versions or task sets that production traffic goes to.

    Attributes
    ----------
    size : int
        Targets that faults can name; 0 where there are none.
    open : bool
        Whether nobody is healthy, so that a mere registration matters.
    """

    size: int = 0
    open: bool = False

    @abstractmethod
    def __init__(self, world: World) -> None:
        """The untouched service."""

    # -- of a scenario, before anything happens --------------------------------------------------------------

    @staticmethod
    @abstractmethod
    def units(service: Any) -> tuple[int, float]:
        """Targets or tasks of the untouched service, and requests per second that each answers."""

    @staticmethod
    @abstractmethod
    def untouched(plan: WorldPlan, demand: float) -> Flow:
        """Rates of the untouched service."""

    @classmethod
    def levels_at_zero(cls, plan: WorldPlan) -> Levels:
        """Levels of the untouched service."""
        latency = plan.latency or 0.0
        return Levels(plan.size, 0, latency, latency, latency)

    # -- while a run lasts -----------------------------------------------------------------------------------

    @abstractmethod
    def flow(self, demand: float) -> Flow:
        """Rates of this instant."""

    @abstractmethod
    def expected(self, pieces: Iterable[tuple[float, Flow]]) -> tuple[float, ...]:
        """Expected counts (`simulator.rules.telemetry.COUNTS`) of flows that held for some seconds each."""

    @abstractmethod
    def health(self) -> tuple[int, ...]:
        """Targets that the load balancer sees as healthy and as unhealthy; then both by revision, where it can tell."""

    def one_revision_but_given_up(self) -> bool:
        """Whether one revision takes all requests, targets that a Succeeded deployment gave up aside."""
        return False

    def nobody_dead(self) -> bool:
        """Whether nobody who does not answer is sent requests."""
        return True

    @abstractmethod
    def split(self) -> bool:
        """Whether both revisions answer requests."""

    def unserving(self) -> list[int]:
        """Targets that are out of service or do not answer."""
        return []

    def can_be_set_back_by_hand(self) -> bool:
        """Whether a person can give all requests to the previous revision without a deployment."""
        return False
