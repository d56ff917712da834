"""What the engine asks of whoever takes production requests, whatever the platform."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any

from simulator.engine.groups import Targets
from simulator.engine.production.surroundings import Plan, Surroundings
from simulator.engine.telemetry import Levels
from simulator.model.flow import Flow


class Production(ABC):
    """Targets, versions or task sets that production traffic goes to.

    Attributes
    ----------
    size : int
        Targets that faults can name; 0 where there are none.
    open : bool
        Whether nobody is healthy, so that a mere registration matters.
    error_share : float
        Share of requests that the new revision fails.
    scales : bool
        Whether targets come and go with an Auto Scaling group.
    """

    size: int = 0
    open: bool = False
    error_share: float = 0.0
    scales: bool = False

    @abstractmethod
    def __init__(self, world: Surroundings) -> None:
        """The untouched service."""

    # -- of a scenario, before anything happens --------------------------------------------------------------

    @staticmethod
    @abstractmethod
    def units(service: Any) -> tuple[int, float]:
        """Targets or tasks of the untouched service, and requests per second that each answers."""

    @staticmethod
    @abstractmethod
    def untouched(plan: Plan, demand: float) -> Flow:
        """Rates of the untouched service."""

    @classmethod
    def levels_at_zero(cls, plan: Plan) -> Levels:
        """Levels of the untouched service."""
        latency = plan.latency or 0.0
        return Levels(plan.size, 0, latency, latency, latency)

    @classmethod
    def connected_at_zero(cls, plan: Plan, flow: Flow) -> tuple[float, float]:
        """Targets of each revision that hold connections to a dependency while nothing is deployed."""
        return float(plan.size), 0.0

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

    @abstractmethod
    def connected(self, flow: Flow) -> tuple[float, float]:
        """Targets of each revision that hold connections to a dependency, in service or not, at these rates."""

    def one_revision_but_given_up(self) -> bool:
        """Whether one revision takes all requests, targets that a Succeeded deployment gave up aside."""
        return False

    def nobody_dead(self) -> bool:
        """Whether nobody who does not answer is sent requests."""
        return True

    def suffers_from_youth(self) -> bool:
        """Whether requests are refused by targets that still warm up, though others might have room for them."""
        return False

    @abstractmethod
    def split(self) -> bool:
        """Whether both revisions answer requests."""

    def unserving(self) -> list[int]:
        """Targets that are out of service or do not answer."""
        return []

    def zone_is_out(self) -> bool:
        """Whether a part of it is gone with its Availability Zone, which nobody here can repair."""
        return False

    def silent(self) -> list[int]:
        """Targets whose agent does not answer, as a deployment to them has shown."""
        return []

    def can_be_set_back_by_hand(self, targets: Targets = None) -> bool:
        """Whether a person can give all requests of a group to the previous revision without a deployment."""
        return False


class WeightedProduction(Production):
    """Two revisions side by side, and the share of production traffic that each is sent.

    Attributes
    ----------
    weight_new : float
        Of the new revision, as a fraction.
    """

    weight_new: float = 0.0

    def send(self, weight_new: float) -> float:
        """Give the new revision this share of the requests; GB-seconds that are billed for it."""
        self.weight_new = weight_new
        return 0.0

    def split(self) -> bool:
        """Whether both revisions have a weight."""
        return 0 < self.weight_new < 1
