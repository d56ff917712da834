"""Environments of one version of a function: kept ready, warm from its latest requests, or still to be started.

The one thing a newcomer would get wrong: environments outlive their requests by some minutes. A canary starts more of
them than it keeps busy, and they are warm when the rest of the traffic comes soon; so are the old version's on a way
back that comes soon, and not on a later one.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from simulator.engine.clock import on_grid
from simulator.rules import concurrency

BURST_S = 10.0  # new environments are granted for so many seconds at once (Lambda guide, scaling-behavior)


class Cold(NamedTuple):
    """How a version meets a share of the traffic: instants with what it can answer from then on, and what it starts.

    Rates in requests per second, infinite once nobody waits for an environment any more.
    """

    supply: list[tuple[float, float]]
    started: float

    @property
    def throttles(self) -> bool:
        """Whether some of the requests find no environment while it starts."""
        return any(answers < math.inf for _, answers in self.supply)


class Environments:
    """What a version has.

    Parameters
    ----------
    duration : float
        Seconds of one of its requests.
    cold_start : float
        Seconds of an environment's initialisation.
    per_second : float
        New environments that it can get in a second.
    idle : float
        Seconds for which an environment without requests stays warm.
    share : float
        Of the traffic, when the run begins.
    kept : int
        Environments provisioned for it.
    """

    def __init__(
        self, duration: float, cold_start: float, per_second: float, idle: float, share: float, kept: int
    ) -> None:
        self.duration, self.cold_start, self.per_second, self.idle = duration, cold_start, per_second, idle
        self.kept = kept
        self.supply = math.inf  # requests per second it can answer now, for want of environments
        self.begun = 0  # shares it has been given
        self._shares = [(-math.inf, share)]
        # When it started from cold, and how many environments it then had: more than it keeps busy once warm.
        self._had: list[tuple[float, float]] = []

    @property
    def share(self) -> float:
        """Of the traffic, now."""
        return self._shares[-1][1]

    def on_demand(self, demand: float) -> float:
        """Environments beyond the provisioned ones that its share keeps busy."""
        return max(0.0, concurrency.needed(demand * self.share, self.duration) - self.kept)

    def send(self, now: float, share: float) -> None:
        """Give it another share of the traffic."""
        self.begun += 1
        self._shares.append((now, share))

    def warm(self, now: float, demand: float) -> float:
        """Environments that are ready at once: provisioned, or used within the time for which idle ones are kept."""
        until = [*(begin for begin, _ in self._shares[1:]), math.inf]
        lately = max(share for (_, share), end in zip(self._shares, until, strict=True) if end > now - self.idle)
        had = [number for begin, number in self._had if begin + self.duration + self.cold_start > now - self.idle]
        used = max(concurrency.needed(demand * lately, self.duration), *had, 0.0)
        if self.supply < math.inf:  # still starting
            used = min(used, self.supply * concurrency.needed(1.0, self.duration))
        return max(float(self.kept), used)

    def meet(self, now: float, demand: float, share: float, pool: float) -> Cold:
        """Take a larger share of the traffic; `pool` are the environments that the other version leaves."""
        ready = self.warm(now, demand)
        self.send(now, share)
        rate, burst = demand * share, BURST_S * self.per_second
        busy = min(ready, concurrency.needed(rate, self.duration))
        left = max(0.0, pool - max(0.0, busy - self.kept))
        terms = (rate, self.duration, self.cold_start, left, ready)
        steps = concurrency.throttled(*terms, burst=burst, per_second=self.per_second)
        supply = [(on_grid(now + offset), rate - lost if lost > 0 else math.inf) for offset, lost in steps]
        # What stays is no matter of being cold: both versions are throttled alike by the concurrency.
        supply[-1] = (supply[-1][0], math.inf)
        begun = concurrency.started(*terms, burst=burst, per_second=self.per_second)
        if begun:
            self._had.append((now, ready + begun))
        return Cold(supply, begun)
