"""A Lambda alias: two versions and the weight of the new one.

The one thing a newcomer would get wrong: a version meets a new share of the traffic cold, while the other one still
holds its own, and both draw on one concurrency. Provisioned environments are ready, but nobody else can have them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np

from simulator.engine.clock import ACTION, TRAFFIC, call_at
from simulator.engine.groups import Targets
from simulator.engine.production.environments import Cold, Environments
from simulator.engine.production.protocol import WeightedProduction
from simulator.engine.production.surroundings import Plan, Surroundings, keep
from simulator.model.distribution import Distribution
from simulator.model.flow import Flow
from simulator.model.service import LambdaFunction
from simulator.rules import concurrency
from simulator.rules.billing import memory_gb
from simulator.rules.flow import alias_flow
from simulator.rules.losses import turned_away
from simulator.rules.telemetry import alias_counts

Version = Literal["old", "new"]
PLENTY = float("inf")
# Cold starts of many environments count by their mean; so many quantiles give it.
QUANTILES = (np.arange(64) + 0.5) / 64


class AliasProduction(WeightedProduction):
    """Versions behind an alias, and the environments of each where the function says something of them.

    Attributes
    ----------
    versions : dict
        Environments by version; none where they are all taken to be warm.
    billed : dict
        Provisioned environments by version that are billed, ready or not.
    """

    def __init__(self, world: Surroundings) -> None:
        self.plan, self.release, self.world = world.plan, world.release, world
        # A version that crashes at start fails every request.
        self.error_share = 1.0 if self.release.crashes else self.release.error_share
        service = self.plan.service
        assert isinstance(service, LambdaFunction)
        self.service = service
        self.versions: dict[Version, Environments] = {}
        kept = service.provisioned_concurrency
        self.billed: dict[Version, int] = {"old": kept.current if kept else 0, "new": 0}
        if service.starts_cold:
            assert service.request_duration is not None  # given with the concurrency
            slow = service.request_duration * self.release.slow_factor
            self.versions["old"] = self._version(service.request_duration, 1.0, self.billed["old"])
            self.versions["new"] = self._version(slow, 0.0, 0)

    def _version(self, duration: float, share: float, kept: int) -> Environments:
        values = self.plan.values
        per_second, idle = values["environment_scaling"], values["idle_environments"]
        assert isinstance(per_second, float)  # both are plain quantities in the table
        assert isinstance(idle, float)
        return Environments(duration, mean(self._cold_start()), per_second, idle, share, kept)

    def _cold_start(self) -> Distribution:
        assumed = self.plan.values["cold_start"]
        assert isinstance(assumed, Distribution)  # so it is in the table
        return self.service.initialisation(assumed)

    @staticmethod
    def units(service: LambdaFunction) -> tuple[int, float]:
        """A function has no targets."""
        return 0, PLENTY

    @staticmethod
    def untouched(plan: Plan, demand: float) -> Flow:
        """Rates of the untouched function."""
        return alias_flow(demand, plan.baseline, plan.capacity_at_zero, 0.0)

    @classmethod
    def connected_at_zero(cls, plan: Plan, flow: Flow) -> tuple[float, float]:
        """Environments of the one version there is."""
        service = plan.service
        assert isinstance(service, LambdaFunction)
        kept = service.provisioned_concurrency
        busy = (
            0.0 if service.request_duration is None else concurrency.needed(flow.served_old, service.request_duration)
        )
        return max(busy, kept.current if kept else 0.0), 0.0

    # -- requests --------------------------------------------------------------------------------------------

    def flow(self, demand: float) -> Flow:
        """Rates of this instant."""
        if not self.versions:
            return self._of_weights(demand)
        plan = self.plan
        flow = self._of_own_environments(demand) if self._provisioned() else self._of_weights(demand)
        old, new = self.versions["old"].supply, self.versions["new"].supply
        if flow.served_old <= old and flow.served_new <= new:
            return flow
        without = _beyond(flow.served_old, old), _beyond(flow.served_new, new)
        return turned_away(flow, without[0], without[1], plan.baseline, self.error_share)

    def _of_weights(self, demand: float) -> Flow:
        """Rates where environments are no matter; those of sound releases are kept, since they meet the same again."""
        plan, release = self.plan, self.release
        state = demand, self.weight_new
        known = None if release.bad else plan.flows.get(state)
        if known is None:
            known = alias_flow(demand, plan.baseline, plan.capacity_at_zero, self.weight_new, self.error_share,
                               release.slow_factor)  # fmt: skip
            if not release.bad:
                keep(plan.flows, state, known)
        return known

    def _provisioned(self) -> bool:
        return any(version.kept for version in self.versions.values())

    def _of_own_environments(self, demand: float) -> Flow:
        service, old, new = self.service, self.versions["old"], self.versions["new"]
        assert service.concurrency is not None  # given with the duration
        return concurrency.version_flow(
            demand,
            self.plan.baseline,
            self.weight_new,
            old.duration,
            service.concurrency,
            self.error_share,
            self.release.slow_factor,
            old.kept,
            new.kept,
        )

    def connected(self, flow: Flow) -> tuple[float, float]:
        """Environments that requests keep busy, or that are provisioned."""
        duration = self.service.request_duration
        assert duration is not None  # a dependency needs it
        old = concurrency.needed(flow.served_old, duration)
        new = concurrency.needed(flow.served_new, duration * self.release.slow_factor)
        if not self.versions:
            return old, new
        return max(old, self.versions["old"].kept), max(new, self.versions["new"].kept)

    def expected(self, pieces: Iterable[tuple[float, Flow]]) -> tuple[float, ...]:
        """Expected `ALIAS_COUNTS` of flows that held for some seconds each."""
        hidden = self.release.hidden_share
        if not hidden:
            return alias_counts(pieces, self.plan.baseline, self.error_share)
        # Nothing fails of a defect while it does not show.
        sides: tuple[list[tuple[float, Flow]], list[tuple[float, Flow]]] = ([], [])
        for piece in pieces:
            sides[piece[1].defect > 0].append(piece)
        dormant, shown = (
            alias_counts(side, self.plan.baseline, share) for side, share in zip(sides, (0.0, hidden), strict=True)
        )
        return tuple(sum(both) for both in zip(dormant, shown, strict=True))

    def health(self) -> tuple[int, ...]:
        """No load balancer looks at a function."""
        return 0, 0

    def can_be_set_back_by_hand(self, targets: Targets = None) -> bool:
        """A split alias is cleared by hand; later deployments would fail on it."""
        return self.split()

    # -- environments ----------------------------------------------------------------------------------------

    def send(self, weight_new: float) -> float:
        """Give the new version this share; the version that gets more meets it with the environments it has.

        Returns
        -------
        float
            GB-seconds of the initialisations that begin.
        """
        super().send(weight_new)
        if not self.versions:
            return 0.0
        now, demand = self.world.env.now, self.world.demand
        growing, giving, share = self.versions["new"], self.versions["old"], weight_new
        if weight_new < growing.share:
            growing, giving, share = giving, growing, 1.0 - weight_new
        giving.send(now, 1.0 - share)
        giving.supply = PLENTY
        if share <= growing.share:
            return 0.0
        assert self.service.concurrency is not None  # given with the duration
        pool = self.service.concurrency - growing.kept - giving.kept - giving.on_demand(demand)
        cold = growing.meet(now, demand, share, max(0.0, pool))
        billed = cold.started * growing.cold_start * memory_gb(self.service.memory or 0.0)
        if billed or cold.throttles:
            self._relied_on_cold_starts()
        if cold.throttles:
            self._start(growing, cold)
        return billed

    def _start(self, version: Environments, cold: Cold) -> None:
        """Let a version answer more and more, and the run wait for it."""
        env, begun = self.world.env, version.begun
        version.supply = PLENTY
        for instant, supply in cold.supply:
            if instant <= env.now:
                version.supply = supply
            else:
                call_at(env, instant, TRAFFIC, self._can_answer, version, supply, begun)
        self.world.under_way += 1
        call_at(env, cold.supply[-1][0], ACTION, self._is_warm)

    def _can_answer(self, version: Environments, supply: float, begun: int) -> None:
        """A step of a cold start, unless the version has been given another share since."""
        if version.begun == begun:
            version.supply = supply
            self.world.flow_changed()

    def _is_warm(self) -> None:
        self.world.under_way -= 1
        self.world.flow_changed()

    def _relied_on_cold_starts(self) -> None:
        self.world.assumed |= {"environment_scaling", "idle_environments"}
        if self.service.cold_start is None and self.service.runtime is None:
            self.world.assumed.add("cold_start")

    def keep(self, version: Version, environments: int) -> None:
        """Provision so many environments for a version from now on."""
        self.versions[version].kept = environments
        self.world.flow_changed()


def mean(law: Distribution) -> float:
    """Mean of a duration over its quantiles, in seconds."""
    fixed = law.fixed
    return float(law.quantile(QUANTILES).mean()) if fixed is None else fixed


def _beyond(sent: float, can: float) -> float:
    """Share of what is sent that a version cannot answer."""
    return 1.0 - can / sent if sent > can else 0.0
