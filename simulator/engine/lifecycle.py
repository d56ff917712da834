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
from simulator.engine.template import (
    DURATION,
    FAILURE,
    PHASE,
    RUNNING_FROM,
    SEEN,
    SLOTS,
    USES,
    WHEN,
    Template,
    allow_traffic_wait,
    block_traffic_wait,
)
from simulator.model.distribution import Distribution, Duration
from simulator.model.service import EVENT_LIMIT_S, SERVER_EVENTS, Hook, Lifecycle, LoadBalancer
from simulator.randomness import Streams
from simulator.rules import lifecycle as lifecycle_rules
from simulator.rules.limits import EVENT_START_LIMIT_S

FloatArray = NDArray[np.float64]
Assume = Callable[[str], Any]
BoolArray = NDArray[np.bool_]


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
    started, ends : array of float, shape (targets, events)
        Seconds from the target's start.
    failing : list of int
        Index of the event that fails on a target, -1 for none.
    codes : dict of (str or None)
        Script diagnostics of the failing event, by target.
    attempts : list of int
        Downloads tried.
    forgiven : dict of dict
        By target, the events that fail and are passed over, by their index, with their codes.
    """

    events: tuple[str, ...]
    started: FloatArray
    ends: FloatArray
    failing: list[int]
    codes: dict[int, str | None]
    attempts: list[int]
    forgiven: dict[int, dict[int, str]]


@dataclass(frozen=True, slots=True)
class Attempt:
    """Which deployment of the run this is, and what it puts on the targets.

    `installed` and `downloaded` name what each target holds, nothing by an empty name; `downloaded` is given where
    traffic is given back to a revision that is still there, since that decides whose scripts run. `never_healthy`
    says that the load balancer's check is set up wrongly.
    """

    number: int
    revision: str
    is_rollback: bool
    installed: tuple[str, ...]
    registered: tuple[bool, ...]
    downloaded: tuple[str, ...] | None = None
    never_healthy: bool = False


def plan_fleet(template: Template, release: Release, streams: Streams, attempt: Attempt, assume: Assume) -> FleetPlan:
    """Plan every target's lifecycle in one deployment.

    Parameters
    ----------
    template : Template
        Of the fleet and the events.
    release : Release
        The drawn revision.
    streams : Streams
        Draws of the replication.
    attempt : Attempt
        The deployment.
    assume : callable
        Gives the value of an assumption by name and notes its use.
    """
    return _Planner(template, release, streams, attempt, assume).plan()


def forgiven_in(template: Template, is_rollback: bool, assume: Assume) -> frozenset[str]:
    """Events of a deployment whose failure is passed over."""
    if template.forgiven and is_rollback and assume("rollback_ignores_stop_failures") == "no":
        return frozenset()
    return template.forgiven


class _Planner:
    """Works through the events column by column, for the whole fleet at once."""

    def __init__(
        self, template: Template, release: Release, streams: Streams, attempt: Attempt, assume: Assume
    ) -> None:
        self.template, self.service, self.release = template, template.service, release
        self.attempt = attempt
        self.assume = assume
        self.size = template.size
        self.draws = streams.uniforms(f"lifecycle/{attempt.number}", self.size, len(SERVER_EVENTS) * USES)
        self.fails_at = np.full(self.size, -1, dtype=np.int64)
        self.codes: dict[int, str | None] = {}
        self.forgiven: dict[int, dict[int, str]] = {}
        self.attempts = np.full(self.size, int("DownloadBundle" in template.events), dtype=np.int64)

    def plan(self) -> FleetPlan:
        """Return the plan; an event's end is where it fails if it fails."""
        events = self.template.events
        lengths = self.template.lengths(self.draws, self.assume)
        forgives = forgiven_in(self.template, self.attempt.is_rollback, self.assume)
        for index in self.closely(lengths):
            length, fails, code = self.event(events[index])
            # Whatever it does, an event that is not over fails (user guide, Limits).
            if (late := length > EVENT_LIMIT_S).any():
                length, fails = np.where(late, EVENT_LIMIT_S, length), fails | late
            lengths[:, index] = all_on_grid(length)
            if fails.any():
                (self._forgive if events[index] in forgives else self._fail)(index, fails, code)
        pickup = self.service.agent_pickup or self.assume("agent_pickup")
        waits = self._pickups(pickup)
        if np.any(waits > EVENT_START_LIMIT_S):
            waits = self._not_started(waits, lengths)
        # Instants on the grid add up exactly, whatever the order (`clock`).
        ends = np.cumsum(lengths + waits, axis=1)
        return FleetPlan(
            events, ends - lengths, ends, self.fails_at.tolist(), self.codes, self.attempts.tolist(), self.forgiven
        )

    def closely(self, lengths: FloatArray) -> list[int]:
        """Events that need a closer look than at how long they take: they can fail, see a defect or pass a limit."""
        template = self.template
        chosen = set(template.closely) | set(np.flatnonzero((lengths > template.limits).any(axis=0)).tolist())
        if self.attempt.revision == "new" and self.release.bad:
            chosen |= template.checks
        if not all(self.attempt.registered):
            chosen |= {index for index in template.busy if template.events[index] == "BlockTraffic"}
        if self.attempt.downloaded is not None or not all(self.attempt.installed):
            # Whose scripts run differs from target to target, and where nothing is installed yet some run none.
            chosen |= set(template.busy)
        if self.attempt.never_healthy:
            chosen.add(template.events.index("AllowTraffic"))
        return sorted(chosen)

    def _fail(self, index: int, fails: BoolArray, code: dict[int, str] | str) -> None:
        """Note where and how targets fail that have not failed before."""
        new = fails & (self.fails_at < 0)
        for target in np.flatnonzero(new).tolist():
            self.codes[target] = code if isinstance(code, str) else code.get(target, "UnknownError")
        self.fails_at[new] = index

    def _forgive(self, index: int, fails: BoolArray, code: dict[int, str] | str) -> None:
        """Note which targets fail at an event and go on with the next one all the same."""
        for target in np.flatnonzero(fails & (self.fails_at < 0)).tolist():
            how = code if isinstance(code, str) else code.get(target, "UnknownError")
            self.forgiven.setdefault(target, {})[index] = how

    def _pickups(self, pickup: Distribution) -> FloatArray | float:
        """How long each event of each target waits for the agent."""
        if pickup.fixed is not None:
            return on_grid(pickup.fixed)
        return all_on_grid(pickup.quantile(self.draws[:, self.template.pickups]))

    def _not_started(self, waits: FloatArray | float, lengths: FloatArray) -> FloatArray:
        """Fail what the agent does not start in time, at the limit (user guide, limits); its wait is its length."""
        waits = np.broadcast_to(waits, lengths.shape).copy()
        late = waits > EVENT_START_LIMIT_S
        lengths[late], waits[late] = EVENT_START_LIMIT_S, 0.0
        for target in np.flatnonzero(late.any(axis=1)).tolist():
            index = int(late[target].argmax())
            if self.fails_at[target] < 0 or index <= self.fails_at[target]:
                self.fails_at[target], self.codes[target] = index, "NotStarted"
        return waits

    def uniform(self, event: str, use: int) -> FloatArray:
        """The column of draws of one event and use."""
        return np.asarray(self.draws[:, SLOTS[event] * USES + use], dtype=np.float64)

    def drawn(self, duration: Distribution, event: str, use: int) -> FloatArray:
        """A duration for each target, on the grid."""
        if duration.fixed is not None:
            return np.full(self.size, on_grid(duration.fixed))
        return all_on_grid(duration.quantile(self.uniform(event, use)))

    def event(self, event: str) -> tuple[FloatArray, BoolArray, dict[int, str] | str]:
        """Length of an event for each target, where it fails, and the code it fails with."""
        if event == "BlockTraffic":
            return self.block_traffic(), self.none(), "UnknownError"
        if event == "AllowTraffic":
            return self.allow_traffic()
        if event == "DownloadBundle":
            return self.download()
        if event == "Install":
            length = self.drawn(self.given("Install", self.arriving, "install"), event, DURATION)
            return length, self.none(), "UnknownError"
        return self.hook(event)

    def none(self) -> BoolArray:
        """Nobody fails."""
        return np.zeros(self.size, dtype=np.bool_)

    @property
    def arriving(self) -> Lifecycle:
        """Lifecycle of the revision that this deployment brings."""
        return self.template.mine if self.attempt.revision == "new" else self.template.theirs

    def given(self, event: str, lifecycle: Lifecycle, assumption: str) -> Duration:
        """The scenario's duration of an event, else the assumption's."""
        if event in lifecycle.durations:
            return lifecycle.durations[event]
        value: Distribution = self.assume(assumption)
        return value

    # -- events that CodeDeploy manages ------------------------------------------------------------------

    def block_traffic(self) -> FloatArray:
        """Deregistration and its wait; nothing to wait for on a target that is not registered."""
        given = self.service.lifecycle.durations.get("BlockTraffic")
        wait = self._drained() if given is None else self.drawn(given, "BlockTraffic", DURATION)
        if all(self.attempt.registered):
            return wait
        return np.where(np.array(self.attempt.registered), wait, on_grid(self.assume("block_traffic_unregistered")))

    def _drained(self) -> FloatArray:
        balancer, reading = self.balancer, self.assume("block_traffic")
        if balancer.in_flight is None:
            return np.full(self.size, block_traffic_wait(self.service, reading, balancer.deregistration_delay))
        flights = self.drawn(balancer.in_flight, "BlockTraffic", DURATION).tolist()
        return np.array([block_traffic_wait(self.service, reading, flight) for flight in flights])

    def allow_traffic(self) -> tuple[FloatArray, BoolArray, str]:
        """Registration until healthy; a target that never gets there fails after an hour."""
        check = self.balancer.health_check
        given = self.service.lifecycle.durations.get("AllowTraffic")
        if given is not None:
            wait = self.drawn(given, "AllowTraffic", DURATION)
        else:
            reading, law = self.assume("allow_traffic"), self.assume("health_check_phase")
            phases = law.quantile(self.uniform("AllowTraffic", PHASE)) * check.interval
            wait = np.array([allow_traffic_wait(self.service, reading, phase) for phase in phases.tolist()])
        if "BlockTraffic" not in self.template.events and any(self.attempt.registered):
            wait = np.where(np.array(self.attempt.registered), 0.0, wait)  # never left, so healthy already
        never = self.seen("AllowTraffic", check.probes) | (wait > EVENT_LIMIT_S)
        if self.attempt.never_healthy:
            leaves = "BlockTraffic" in self.template.events
            never = never | (np.full(self.size, True) if leaves else ~np.array(self.attempt.registered))
        return np.where(never, EVENT_LIMIT_S, wait), never, "UnknownError"

    @property
    def balancer(self) -> LoadBalancer:
        """The load balancer, which there is when its events are."""
        assert self.service.load_balancer is not None
        return self.service.load_balancer

    def download(self) -> tuple[FloatArray, BoolArray, str]:
        """DownloadBundle, tried again as often as the fault allows, with growing waits (agent source)."""
        length = self.drawn(self.given("DownloadBundle", self.arriving, "download_bundle"), "DownloadBundle", DURATION)
        fails = self.none()
        for fault in self.template.downloads:
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

    def hook(self, event: str) -> tuple[FloatArray, BoolArray, dict[int, str]]:
        """Scripts of the revision that owns this event on each target; a no-op without any."""
        mine, theirs = self.template.mine, self.template.theirs
        if theirs is mine and all(self.attempt.installed):
            return self.scripts(event, mine)
        owners = np.array(self.owners(event))
        length, fails = np.zeros(self.size), self.none()
        codes: dict[int, str] = {}
        for owner, lifecycle in (("new", mine), ("old", theirs)):
            own = owners == owner
            if own.all():
                return self.scripts(event, lifecycle)
            if own.any():
                own_length, own_fails, own_codes = self.scripts(event, lifecycle)
                length, fails = np.where(own, own_length, length), np.where(own, own_fails, fails)
                codes |= {target: code for target, code in own_codes.items() if own[target]}
        return length, fails, codes

    def owners(self, event: str) -> list[str]:
        """Revision whose scripts each target runs at an event; an empty name where it runs none."""
        attempt = self.attempt
        gives_back = attempt.downloaded is not None
        held = zip(attempt.installed, attempt.downloaded or attempt.installed, strict=True)
        return [
            lifecycle_rules.scripts_from(
                event,
                installed=installed,
                deploying=attempt.revision,
                blue_green_rollback=gives_back,
                downloaded=downloaded,
            )
            or ""
            for installed, downloaded in held
        ]

    def scripts(self, event: str, lifecycle: Lifecycle) -> tuple[FloatArray, BoolArray, dict[int, str]]:
        """An event's length and failures under one lifecycle."""
        hook = lifecycle.hooks.get(event)
        if hook is None:
            if event in lifecycle.durations:
                return self.drawn(lifecycle.durations[event], event, DURATION), self.none(), {}
            return np.zeros(self.size), self.none(), {}
        natural = self.drawn(self.given(event, lifecycle, "hook_duration"), event, DURATION)
        if (hangs := self.hanging(event)).any():
            natural = np.where(hangs, np.inf, natural)
        length, timed_out = _within_timeouts(natural, hook)
        exits = self.exiting(event, hook.failure)
        seen = self.seen(event, hook.probes)
        if not (exits | seen | timed_out).any():
            return length, timed_out, {}
        exits_at = self.uniform(event, WHEN) * np.where(np.isfinite(natural), natural, 0.0)
        failed = exits & (exits_at <= length)
        fails = timed_out | failed | seen
        codes = {
            target: "ScriptTimedOut" if timed_out[target] and not failed[target] else "ScriptFailed"
            for target in np.flatnonzero(fails).tolist()
        }
        return np.where(failed, exits_at, length), fails, codes

    def exiting(self, event: str, own: float) -> BoolArray:
        """Targets whose script at this event exits non-zero, by a fault or its own chance of failing."""
        faults = [fault for fault in self.template.failures if fault.event == event and self.concerned(fault.on)]
        named = [fault.target for fault in faults if fault.at is None]
        chances = [fault.probability for fault in faults if fault.probability is not None]
        return self.struck(event, FAILURE, own, named, chances)

    def hanging(self, event: str) -> BoolArray:
        """Targets whose script at this event never ends by itself."""
        faults = [fault for fault in self.template.hangs if fault.event == event and self.concerned(fault.on)]
        chances = [fault.probability for fault in faults if fault.probability is not None]
        return self.struck(event, PHASE, 0.0, [fault.target for fault in faults], chances)

    def struck(self, event: str, use: int, own: float, named: list[int | None], chances: list[float]) -> BoolArray:
        """Targets that are named, or that one of several independent chances hits."""
        hit = self.none()
        for target in named:
            if target is not None:
                hit[target] = True
        survives = 1.0 - own
        for chance in chances:
            survives *= 1 - chance
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
    longest = float(each.max())
    for index, script in reversed(list(enumerate(hook.scripts))):
        if longest <= script.timeout:
            continue
        late = each > script.timeout
        before = np.where(np.isfinite(each), each, 0.0) * index
        length = np.where(late, before + script.timeout, length)
        over |= late
    limit = length > EVENT_LIMIT_S
    return np.where(limit, EVENT_LIMIT_S, length), over | limit
