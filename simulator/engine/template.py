"""What planning a fleet's lifecycles needs that is the same in every deployment of every replication.

The one thing a newcomer would get wrong: most events do nothing but take their time, and of those all targets' times
are drawn in one go here. `lifecycle` looks closely at the others alone: those that can fail, see a defect or take
longer than they may.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.engine.clock import all_on_grid, on_grid
from simulator.model.distribution import Distribution, LogNormal
from simulator.model.release import DownloadFailure, HookFailure, HookHang
from simulator.model.scenario import Scenario
from simulator.model.service import EVENT_LIMIT_S, SERVER_EVENTS, Hook, ServerFleet
from simulator.rules import load_balancer as load_balancer_rules
from simulator.rules.lifecycle import next_event_after_ignored_stop_failure

FloatArray = NDArray[np.float64]

SLOTS = {event: index for index, event in enumerate(SERVER_EVENTS)}
USES = 6
PICKUP, DURATION, FAILURE, WHEN, SEEN, PHASE = range(USES)
# Hooks from here on run while the new revision does, so they can see what is wrong with it.
RUNNING_FROM = SERVER_EVENTS.index("ApplicationStart")
MANAGED = frozenset({"BlockTraffic", "DownloadBundle", "Install", "AllowTraffic"})


class Template:
    """A fleet and the events that each of its targets goes through.

    Parameters
    ----------
    world, service : Scenario, ServerFleet
        As resolved for the strategy.
    events : tuple of str
        In order.
    values : mapping
        Values of the assumptions.
    size : int, optional
        Targets that are planned; those at zero when left out.

    Attributes
    ----------
    busy : tuple of int
        Events that do anything at all, by their place.
    closely : frozenset of int
        Those that can fail on any target of any revision, or whose time hangs on more than a draw.
    forgiven : frozenset of str
        Those whose failure is passed over.
    checks : frozenset of int
        Those at which a defect of the new revision may show.
    limits : array of float, shape (events,)
        Longest time of an event, in seconds, of which nothing is cut.
    """

    def __init__(
        self,
        world: Scenario,
        service: ServerFleet,
        events: tuple[str, ...],
        values: Mapping[str, Any],
        size: int | None = None,
    ) -> None:
        self.service, self.size, self.events = service, service.fleet.size if size is None else size, events
        self.mine = service.lifecycle
        previous = service.previous_lifecycle
        self.theirs = self.mine if previous is None or previous == self.mine else previous
        self.pickups = [SLOTS[event] * USES + PICKUP for event in events]
        self.downloads = [fault for fault in world.faults if isinstance(fault, DownloadFailure) and fault.probability]
        self.failures = [fault for fault in world.faults if isinstance(fault, HookFailure)]
        self.hangs = [fault for fault in world.faults if isinstance(fault, HookHang)]
        ignores = world.ignore_application_stop_failures
        self.forgiven = frozenset(event for event in events if ignores and is_forgiven(event))
        both = (self.mine, self.theirs)
        # An event without a script takes no time unless it is CodeDeploy's own or has been given one.
        self.busy = tuple(
            index
            for index, event in enumerate(events)
            if event in MANAGED or any(event in each.hooks or event in each.durations for each in both)
        )
        self.checks = frozenset(index for index in self.busy if SLOTS[events[index]] >= RUNNING_FROM)
        laws = {index: self._law(events[index], values) for index in self.busy}
        self.closely = frozenset(index for index, law in laws.items() if law is None)
        self.limits = np.array([_limit(self.mine.hooks.get(event)) for event in events])
        self._set_draws({index: law for index, law in laws.items() if law is not None})

    def _set_draws(self, laws: dict[int, tuple[Any, str | None]]) -> None:
        """Sort times by how they are drawn: the same on all targets, lognormal all at once, others one by one."""
        self._relied = frozenset(name for _, name in laws.values() if name is not None)
        self._same = np.zeros(len(self.events))
        self._others: list[tuple[int, int, Distribution]] = []
        spread: list[tuple[int, int, LogNormal]] = []
        for index, (law, _) in laws.items():
            column = SLOTS[self.events[index]] * USES + DURATION
            if isinstance(law, float):
                self._same[index] = law
            elif law.fixed is not None:
                self._same[index] = on_grid(law.fixed)
            elif isinstance(law, LogNormal):
                spread.append((index, column, law))
            else:
                self._others.append((index, column, law))
        self._spread = [index for index, _, _ in spread]
        self._spread_columns = [column for _, column, _ in spread]
        self._medians = np.array([law.median_value for _, _, law in spread])
        self._sigmas = np.array([law.sigma for _, _, law in spread])

    def lengths(self, draws: FloatArray, assume: Callable[[str], Any]) -> FloatArray:
        """How long each event of each target takes by itself, shape (targets, events); 0 for those in `closely`."""
        for name in self._relied:
            assume(name)
        lengths = np.empty((self.size, len(self.events)))
        lengths[:] = self._same
        if self._spread:
            from scipy import special  # on first use: it would double the time of `import simulator`

            # One call for all columns: each would cost a fleet of ten more in calling than in computing.
            z = special.ndtri(draws[:, self._spread_columns])
            lengths[:, self._spread] = all_on_grid(self._medians * np.exp(self._sigmas * z))
        for index, column, law in self._others:
            lengths[:, index] = all_on_grid(law.quantile(draws[:, column]))
        return lengths

    def _law(self, event: str, values: Mapping[str, Any]) -> tuple[Any, str | None] | None:
        """How long an event takes, and the assumption behind it; None when it needs a closer look."""
        if event == "BlockTraffic":
            return self._drained(values)
        if event == "AllowTraffic":
            return self._healthy_again(values)
        if self.theirs is not self.mine:
            return None  # whose script it is differs from target to target
        given = self.mine.durations.get(event)
        if event in ("DownloadBundle", "Install"):
            if event == "DownloadBundle" and self.downloads:
                return None
            name = "download_bundle" if event == "DownloadBundle" else "install"
            return (given, None) if given is not None else (values[name], name)
        hook = self.mine.hooks.get(event)
        if hook is None:
            return given, None
        if hook.failure or event in [*(each.event for each in self.failures), *(each.event for each in self.hangs)]:
            return None
        return (given, None) if given is not None else (values["hook_duration"], "hook_duration")

    def _drained(self, values: Mapping[str, Any]) -> tuple[Any, str | None] | None:
        balancer = self.service.load_balancer
        assert balancer is not None  # its events are planned
        given = self.mine.durations.get("BlockTraffic")
        if given is not None:
            return given, None
        if balancer.in_flight is not None:
            return None
        return block_traffic_wait(self.service, values["block_traffic"], balancer.deregistration_delay), "block_traffic"

    def _healthy_again(self, values: Mapping[str, Any]) -> tuple[Any, str | None] | None:
        given = self.mine.durations.get("AllowTraffic")
        if given is not None:
            return given, None
        reading = values["allow_traffic"]
        if reading != "threshold":  # the others hang on the phase of the checks
            return None
        return allow_traffic_wait(self.service, reading, 0.0), "allow_traffic"


def is_forgiven(event: str) -> bool:
    """Whether ``ignoreApplicationStopFailures`` passes over a failure of this event."""
    return next_event_after_ignored_stop_failure(event) is not None


def block_traffic_wait(service: ServerFleet, reading: Any, in_flight: float) -> float:
    """Seconds that BlockTraffic takes by a reading of the guide, with the last request ending then; on the grid."""
    balancer = service.load_balancer
    assert balancer is not None  # its events are planned
    if reading == "by_kind":
        reading = "formula" if balancer.kind == "classic" else "delay"
    check = balancer.health_check
    wait = load_balancer_rules.block_traffic_wait(
        reading,
        balancer.kind,
        balancer.deregistration_delay,
        check.interval,
        check.healthy_threshold,
        in_flight=in_flight,
    )
    return on_grid(wait)


def allow_traffic_wait(service: ServerFleet, reading: Any, phase: float) -> float:
    """Seconds that AllowTraffic takes by a reading of the guide, with the first check after `phase`; on the grid."""
    assert service.load_balancer is not None  # its events are planned
    check = service.load_balancer.health_check
    return on_grid(load_balancer_rules.allow_traffic_wait(reading, check.interval, check.healthy_threshold, phase))


def _limit(hook: Hook | None) -> float:
    """Longest time of an event that passes no timeout: it is split evenly over the scripts."""
    if hook is None:
        return EVENT_LIMIT_S
    return min(min(script.timeout for script in hook.scripts) * len(hook.scripts), EVENT_LIMIT_S)
