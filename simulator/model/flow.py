"""Rates of requests at one instant, as the rules work them out, the engine records and metrics integrate them."""

from __future__ import annotations

from typing import NamedTuple


class Flow(NamedTuple):
    """Rates of one instant, in requests per second; shares of production traffic as fractions.

    `defect`, `refused` and `dead` are the losses by cause and add up to ``untouched - good``. `capacity` is what
    the receivers could answer, infinite where the service states none.
    """

    demand: float
    untouched: float
    good: float
    defect: float
    refused: float
    dead: float
    share_old: float
    share_new: float
    served_old: float
    served_new: float
    capacity: float

    @property
    def failing_share(self) -> float:
        """x: of the requests the untouched service would have answered well, the share that fails."""
        return 1.0 - self.good / self.untouched if self.untouched > 0 else 0.0


class FleetState(NamedTuple):
    """Receivers of a fleet: targets that requests are sent to, by revision and whether they answer."""

    old: int
    new: int
    dead_old: int = 0
    dead_new: int = 0
