"""The lifecycle of every target of one deployment, planned from its row of draws.

The one thing a newcomer would get wrong: nothing waits here. A plan is the list of events with their start, end
and how each ends, relative to the target's start; the process in `rollouts` waits only for the instants that
others can see, and the plan, cut where the run cut it, becomes the trace's lifecycle records.

Draws have a fixed shape, target by canonical event by use, so one more script or target moves nobody else's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.engine.clock import all_on_grid, on_grid
from simulator.engine.release import Release
from simulator.model.distribution import Distribution, Duration
from simulator.model.release import DownloadFailure, HookFailure, HookHang
from simulator.model.scenario import Scenario
from simulator.model.service import EVENT_LIMIT_S, SERVER_EVENTS, Hook, Lifecycle, LoadBalancer, ServerFleet
from simulator.randomness import Streams
from simulator.rules import lifecycle as lifecycle_rules
from simulator.rules import load_balancer as load_balancer_rules

FloatArray = NDArray[np.float64]
Assume = Callable[[str], Any]
BoolArray = NDArray[np.bool_]

SLOTS = {event: index for index, event in enumerate(SERVER_EVENTS)}
USES = 6
PICKUP, DURATION, FAILURE, WHEN, SEEN, PHASE = range(USES)
# Hooks from here on run while the new revision does, so they can see what is wrong with it.
RUNNING_FROM = SERVER_EVENTS.index("ApplicationStart")


class Planned(NamedTuple):
    """One lifecycle event of one target; instants relative to the target's start."""

    event: str
    started: float
    ends: float
    fails: bool
    code: str | None


@dataclass(slots=True)
class FleetPlan:
    """Lifecycles of all targets of one deployment, one row each.

    Parameters
    ----------
    events : tuple of str
        In order.
    started, ends : list of list of float
        Seconds from the target's start, per target and event.
    failing : list of int
        Index of the event that fails on a target, -1 for none.
    codes : list of (str or None)
        Script diagnostics of the failing event.
    attempts : list of int
        Downloads tried.
    """

    events: tuple[str, ...]
    started: list[list[float]]
    ends: list[list[float]]
    failing: list[int]
    codes: list[str | None]
    attempts: list[int]


@dataclass(frozen=True, slots=True)
class Attempt:
    """Which deployment of the run this is, and what it puts on the targets."""

    number: int
    revision: str
    is_rollback: bool
    installed: tuple[str, ...]
    registered: tuple[bool, ...]


def plan_fleet(
    world: Scenario,
    service: ServerFleet,
    release: Release,
    streams: Streams,
    attempt: Attempt,
    assume: Assume,
) -> FleetPlan:
    """Plan every target's lifecycle in one deployment.

    Parameters
    ----------
    world, service : Scenario, ServerFleet
        As resolved for the strategy.
    release : Release
        The drawn revision.
    streams : Streams
        Draws of the replication.
    attempt : Attempt
        The deployment.
    assume : callable
        Gives the value of an assumption by name and notes its use.
    """
    return _Planner(world, service, release, streams, attempt, assume).plan()


class _Planner:
    """Works through the events column by column, for the whole fleet at once."""

    def __init__(
        self,
        world: Scenario,
        service: ServerFleet,
        release: Release,
        streams: Streams,
        attempt: Attempt,
        assume: Assume,
    ) -> None:
        self.world, self.service, self.release = world, service, release
        self.attempt = attempt
        self.assume = assume
        self.size = service.fleet.size
        self.events = lifecycle_rules.events("server", "in_place", load_balancer=service.load_balancer is not None)
        self.draws = streams.uniforms(f"lifecycle/{attempt.number}", self.size, len(SERVER_EVENTS) * USES)
        self.fails_at = np.full(self.size, -1, dtype=np.int64)
        self.codes: list[str | None] = [None] * self.size
        self.attempts = np.zeros(self.size, dtype=np.int64)

    def plan(self) -> FleetPlan:
        """Return the plan; an event's end is where it fails if it fails."""
        clock = np.zeros(self.size)
        started, ends = [], []
        pickup = self.service.agent_pickup or self.assume("agent_pickup")
        for index, event in enumerate(self.events):
            clock = clock + self.drawn(pickup, event, PICKUP)
            started.append(clock)
            length, fails, code = self.event(event)
            # Whatever it does, an event that is not over fails (user guide, Limits).
            if (late := length > EVENT_LIMIT_S).any():
                length, fails = np.where(late, EVENT_LIMIT_S, length), fails | late
            new = fails & (self.fails_at < 0)
            for target in np.flatnonzero(new):
                own = code[target] if isinstance(code, list) else code
                self.codes[target] = own or "UnknownError"
            self.fails_at[new] = index
            clock = clock + all_on_grid(length)
            ends.append(clock)
        return FleetPlan(
            self.events,
            np.column_stack(started).tolist(),
            np.column_stack(ends).tolist(),
            self.fails_at.tolist(),
            self.codes,
            self.attempts.tolist(),
        )

    def uniform(self, event: str, use: int) -> FloatArray:
        """The column of draws of one event and use."""
        return np.asarray(self.draws[:, SLOTS[event] * USES + use], dtype=np.float64)

    def drawn(self, duration: Distribution, event: str, use: int) -> FloatArray:
        """A duration for each target, on the grid."""
        if duration.fixed is not None:
            return np.full(self.size, on_grid(duration.fixed))
        return all_on_grid(duration.quantile(self.uniform(event, use)))

    def event(self, event: str) -> tuple[FloatArray, BoolArray, list[str | None] | str | None]:
        """Length of an event for each target, where it fails, and the code it fails with."""
        if event == "BlockTraffic":
            return self.block_traffic(), self.none(), None
        if event == "AllowTraffic":
            return self.allow_traffic()
        if event == "DownloadBundle":
            return self.download()
        if event == "Install":
            return self.drawn(self.given("Install", self.arriving, "install"), event, DURATION), self.none(), None
        return self.hook(event)

    def none(self) -> BoolArray:
        """Nobody fails."""
        return np.zeros(self.size, dtype=np.bool_)

    @property
    def arriving(self) -> Lifecycle:
        """Lifecycle of the revision that this deployment brings."""
        previous = self.service.previous_lifecycle
        return self.service.lifecycle if previous is None or self.attempt.revision == "new" else previous

    def given(self, event: str, lifecycle: Lifecycle, assumption: str) -> Duration:
        """The scenario's duration of an event, else the assumption's."""
        if event in lifecycle.durations:
            return lifecycle.durations[event]
        value: Distribution = self.assume(assumption)
        return value

    # -- events that CodeDeploy manages ------------------------------------------------------------------

    def block_traffic(self) -> FloatArray:
        """Deregistration and its wait; nothing to wait for on a target that is not registered."""
        balancer = self.balancer
        given = self.service.lifecycle.durations.get("BlockTraffic")
        if given is not None:
            wait = self.drawn(given, "BlockTraffic", DURATION)
        else:
            reading = self.assume("block_traffic")
            if reading == "by_kind":
                reading = "formula" if balancer.kind == "classic" else "delay"
            in_flight = (
                self.drawn(balancer.in_flight, "BlockTraffic", DURATION).tolist()
                if balancer.in_flight is not None
                else [balancer.deregistration_delay] * self.size
            )
            check = balancer.health_check
            wait = np.array(
                [
                    load_balancer_rules.block_traffic_wait(
                        reading,
                        balancer.kind,
                        balancer.deregistration_delay,
                        check.interval,
                        check.healthy_threshold,
                        in_flight=flight,
                    )
                    for flight in in_flight
                ]
            )
        if all(self.attempt.registered):
            return wait
        return np.where(np.array(self.attempt.registered), wait, on_grid(self.assume("block_traffic_unregistered")))

    def allow_traffic(self) -> tuple[FloatArray, BoolArray, str | None]:
        """Registration until healthy; a target that never gets there fails after an hour."""
        check = self.balancer.health_check
        given = self.service.lifecycle.durations.get("AllowTraffic")
        if given is not None:
            wait = self.drawn(given, "AllowTraffic", DURATION)
        else:
            reading = self.assume("allow_traffic")
            phase = self.assume("health_check_phase").quantile(self.uniform("AllowTraffic", PHASE))
            wait = np.array(
                [
                    load_balancer_rules.allow_traffic_wait(reading, check.interval, check.healthy_threshold, p)
                    for p in (phase * check.interval).tolist()
                ]
            )
        never = self.seen("AllowTraffic", check.probes) | (wait > EVENT_LIMIT_S)
        return np.where(never, EVENT_LIMIT_S, wait), never, "UnknownError"

    @property
    def balancer(self) -> LoadBalancer:
        """The load balancer, which there is when its events are."""
        assert self.service.load_balancer is not None
        return self.service.load_balancer

    def download(self) -> tuple[FloatArray, BoolArray, str | None]:
        """DownloadBundle, tried again as often as the fault allows, with growing waits (agent source)."""
        length = self.drawn(self.given("DownloadBundle", self.arriving, "download_bundle"), "DownloadBundle", DURATION)
        self.attempts[:] = 1
        fails = self.none()
        for fault in self.world.faults:
            if not isinstance(fault, DownloadFailure) or fault.probability == 0:
                continue
            wait = self.assume("download_retry_wait")
            u = self.uniform("DownloadBundle", FAILURE)
            # One uniform gives the number of tries: it falls below p^k when the first k all fail.
            tries = np.ones(self.size, dtype=np.int64)
            for tried in range(1, fault.attempts):
                again = u < fault.probability**tried
                tries[again] = tried + 1
                length = length + np.where(again, on_grid(wait * 3.0 ** (tried - 1)), 0.0)
            fails |= u < fault.probability**fault.attempts
            self.attempts[:] = tries
        return length, fails, "UnknownError"

    # -- events with scripts ------------------------------------------------------------------------------

    def hook(self, event: str) -> tuple[FloatArray, BoolArray, list[str | None] | str | None]:
        """Scripts of the revision that owns this event on each target; a no-op without any."""
        mine = self.service.lifecycle
        theirs = self.service.previous_lifecycle or mine
        new = np.array(
            [
                lifecycle_rules.scripts_from(event, installed=installed, deploying=self.attempt.revision) == "new"
                for installed in self.attempt.installed
            ]
        )
        if theirs == mine or new.all():
            return self.scripts(event, mine)
        if not new.any():
            return self.scripts(event, theirs)
        length, fails, codes = self.scripts(event, mine)
        other_length, other_fails, other_codes = self.scripts(event, theirs)
        mixed = [(codes if is_new else other_codes)[target] for target, is_new in enumerate(new)]
        return np.where(new, length, other_length), np.where(new, fails, other_fails), mixed

    def scripts(self, event: str, lifecycle: Lifecycle) -> tuple[FloatArray, BoolArray, list[str | None]]:
        """An event's length and failures under one lifecycle."""
        hook = lifecycle.hooks.get(event)
        codes: list[str | None] = [None] * self.size
        if hook is None:
            if event in lifecycle.durations:
                return self.drawn(lifecycle.durations[event], event, DURATION), self.none(), codes
            return np.zeros(self.size), self.none(), codes
        natural = self.drawn(self.given(event, lifecycle, "hook_duration"), event, DURATION)
        natural = np.where(self.struck(event, HookHang), np.inf, natural)
        length, timed_out = _within_timeouts(natural, hook)
        exits = self.struck(event, HookFailure, hook.failure)
        exits_at = self.uniform(event, WHEN) * np.where(np.isfinite(natural), natural, 0.0)
        seen = self.seen(event, hook.probes)
        failed = exits & (exits_at <= length)
        for target in np.flatnonzero(timed_out | failed | seen):
            codes[target] = "ScriptTimedOut" if timed_out[target] and not failed[target] else "ScriptFailed"
        return np.where(failed, exits_at, length), timed_out | failed | seen, codes

    def struck(self, event: str, kind: type[HookFailure] | type[HookHang], own: float = 0.0) -> BoolArray:
        """Targets whose hook at this event a fault of this kind hits, or its own chance of failing."""
        hit = self.none()
        use = FAILURE if kind is HookFailure else PHASE
        survives = 1.0 - own
        for fault in self.world.faults:
            if not isinstance(fault, kind) or fault.event != event or not self.concerned(fault.on):
                continue
            if fault.probability is not None:
                survives *= 1 - fault.probability
            elif getattr(fault, "at", None) is None and fault.target is not None:
                hit[fault.target] = True
        if survives < 1:
            hit |= self.uniform(event, use) >= survives
        return hit

    def concerned(self, on: str) -> bool:
        """Whether a fault on deployments, rollbacks or both concerns this one."""
        return on == "both" or (on == "rollback") == self.attempt.is_rollback

    def seen(self, event: str, probes: int) -> BoolArray:
        """Targets on which a check at this event sees the new revision's defect."""
        if self.attempt.revision != "new" or not self.release.bad or SLOTS[event] < RUNNING_FROM:
            return self.none()
        if self.release.crashes:
            blind = event == "ApplicationStart" and self.assume("start_hook_sees_crash") == "no"
            return np.full(self.size, not blind)
        chance = 1.0 - (1.0 - self.release.error_share) ** probes
        return np.asarray(self.uniform(event, SEEN) < chance, dtype=np.bool_)


def _within_timeouts(natural: FloatArray, hook: Hook) -> tuple[FloatArray, BoolArray]:
    """Cut an event's length at the first script's timeout it passes, and at the event's own limit.

    The event's duration is split evenly over its scripts, which run one after another; a script over its timeout
    ends the event (CodeDeploy agent, hook_executor.rb).
    """
    count = len(hook.scripts)
    each = natural / count
    length, over = natural, np.zeros(natural.shape, dtype=np.bool_)
    for index, script in reversed(list(enumerate(hook.scripts))):
        late = each > script.timeout
        before = np.where(np.isfinite(each), each, 0.0) * index
        length = np.where(late, before + script.timeout, length)
        over |= late
    limit = length > EVENT_LIMIT_S
    return np.where(limit, EVENT_LIMIT_S, length), over | limit
