"""Between users and a service: clients that try again, and a dependency that runs out of connections.

The one thing a newcomer would get wrong: there are two views of one instant. Users see whether a request was answered
in the end; servers, and the alarms on them, see every try of it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from simulator.model.flow import Flow
from simulator.model.scenario import Scenario
from simulator.rules import retries
from simulator.rules.dependency import Starved, starved_flow, without_connection
from simulator.rules.retries import Retried

if TYPE_CHECKING:
    from simulator.engine.production.protocol import Production

PLENTY = Starved(0.0, 0.0)


class Met(NamedTuple):
    """What an instant's demand meets: rates that users see, rates that servers see, and the tries of it."""

    users: Flow
    servers: Flow
    tries: Retried


class Requests:
    """How users' requests reach a service.

    Parameters
    ----------
    scenario : Scenario
        Resolved for one strategy.
    untouched : callable
        Rates of the untouched service at a load, with connections for everybody.
    connected : callable
        Targets of each revision that the untouched service holds connections with, from those rates.
    """

    def __init__(
        self,
        scenario: Scenario,
        untouched: Callable[[float], Flow],
        connected: Callable[[Flow], tuple[float, float]],
    ) -> None:
        tried = scenario.traffic.retries
        self.more_tries, self.share = (tried.attempts, tried.share) if tried is not None else (0, 0.0)
        self.baseline, self.dependency = scenario.traffic.baseline_errors, scenario.dependency
        self._untouched, self._connected = untouched, connected
        self._of_untouched: dict[float, Met] = {}

    def untouched(self, demand: float) -> Met:
        """What the untouched service makes of a demand."""
        met = self._of_untouched.get(demand)
        if met is None:
            tries = self._tries(demand, lambda load: self._starved_untouched(load)[0])
            whole, servers = self._starved_untouched(tries.load)
            users = whole if not self.more_tries else retries.user_seen(demand, whole, tries, tries)
            met = self._of_untouched[demand] = Met(users, servers, tries)
        return met

    def now(self, demand: float, production: Production) -> Met:
        """What production as it is makes of a demand."""
        of_load = partial(self._starved, production)
        tries = self._tries(demand, lambda load: of_load(load)[0])
        lost, servers = of_load(tries.load)
        if not self.more_tries:
            return Met(lost, servers, tries)
        return Met(retries.user_seen(demand, lost, self.untouched(demand).tries, tries), servers, tries)

    def _tries(self, demand: float, flow: Callable[[float], Flow]) -> Retried:
        return retries.offered_load(demand, self.more_tries, lambda load: retries.failing_tries(flow(load)), self.share)

    def _starved(self, production: Production, load: float) -> tuple[Flow, Flow]:
        """Rates of a load on production, and the same as metrics see them."""
        flow = production.flow(load)
        if self.dependency is None:
            return flow, flow
        starved = self._without(production.connected(flow))
        before = self._without(self._connected(self._untouched(load)))
        return starved_flow(flow, starved, before, self.baseline, production.error_share)

    def _starved_untouched(self, load: float) -> tuple[Flow, Flow]:
        flow = self._untouched(load)
        starved = self._without(self._connected(flow))
        return starved_flow(flow, starved, starved, self.baseline)

    def _without(self, targets: tuple[float, float]) -> Starved:
        if self.dependency is None:
            return PLENTY
        return without_connection(self.dependency.limit, self.dependency.per_target, *targets)
