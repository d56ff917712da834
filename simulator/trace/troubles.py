"""Faults, and hosts that die and come back; many of a kind that strike close together are told together."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from simulator.errors import quoted
from simulator.trace import batches
from simulator.trace.records import EventRun, FaultStrike, ServiceChange, Trace

# Seconds within which troubles of one kind are one sentence.
CLOSE_S = 60.0
# What became of a host, for one and for several.
_HOSTS = {
    "dies": (
        "dies; requests sent there fail until a health check notices",
        "die; requests sent there fail until health checks notice",
    ),
    "noticed": ("is found unhealthy and gets no more requests", "are found unhealthy and get no more requests"),
    "repaired": ("is repaired and serves again", "are repaired and serve again"),
    "dark": ("is gone with its zone", "are gone with their zone"),
    "back": ("is back with its zone", "are back with their zone"),
    "healthy": ("has passed its checks and gets requests again", "have passed their checks and get requests again"),
}
# Faults of the deployment as a whole, and scripts that no event of the trace tells of.
_FAULTS = {
    "rollback_failure": "fails as soon as it starts",
    "throttling": "is throttled as soon as it starts: AWS refuses CodeDeploy's calls",
    "alarm_already_up": "starts with an alarm in ALARM",
    "metrics_missing": "goes on without metrics: none are delivered",
    "instance_crash": "dies",
    "zone_outage": "loses an Availability Zone",
    "agent_dead": "has an agent that does not answer",
    "health_check_failure": "meets a health check that is set up wrongly: no target passes it",
    "TasksNeverHealthy": "has waited an hour for tasks that do not become healthy",
    "ServiceNotSteady": "finds the service scaling for longer than it waits",
}


_SEVERAL = {"agent_dead": "have agents that do not answer"}


class Strike(NamedTuple):
    """One trouble; `order` is the place of its record in the trace, `target` None for no single one."""

    time: float
    order: int
    target: int | None


class Trouble(NamedTuple):
    """Troubles of one kind that struck close together, and what to say of them."""

    time: float
    order: int
    until: float
    text: str


def troubles(trace: Trace) -> list[Trouble]:
    """Collect what went wrong around the revision; what the lifecycle events tell already is left out."""
    struck: dict[tuple[str, str], list[Strike]] = defaultdict(list)
    failed_at = {r.time for r in trace.records if isinstance(r, EventRun) and (r.status == "Failed" or r.code)}
    for order, record in enumerate(trace.records):
        if isinstance(record, ServiceChange) and record.what in _HOSTS:
            struck[_HOSTS[record.what]].append(Strike(record.time, order, record.target))
        elif isinstance(record, FaultStrike) and record.kind == "stop_failure_ignored":
            event = quoted(record.detail or "")[1:-1]
            goes_on = f"although {event} failed, which this deployment passes over"
            words = f"goes on {goes_on}", f"go on {goes_on}"
            struck[words].append(Strike(record.time, order, record.target))
        elif isinstance(record, FaultStrike) and not _told_elsewhere(record, trace, failed_at):
            detail = f" ({quoted(record.detail)[1:-1]})" if record.detail else ""
            what = _FAULTS.get(record.kind, f"met fault {quoted(record.kind.replace('_', ' '))}{detail}")
            struck[what, _SEVERAL.get(record.kind, what)].append(Strike(record.time, order, record.target))
    return [_told(what, group) for what, strikes in struck.items() for group in _close_together(strikes)]


def _told_elsewhere(fault: FaultStrike, trace: Trace, failed_at: set[float]) -> bool:
    """Whether a trace of full grain has a record of its own for what the fault did."""
    by_host = fault.kind == "instance_crash" or (fault.kind == "zone_outage" and trace.platform == "server")
    return fault.time in failed_at or (trace.grain == "full" and by_host)


def _close_together(strikes: list[Strike]) -> list[list[Strike]]:
    groups: list[list[Strike]] = []
    for strike in strikes:
        if groups and strike.time - groups[-1][-1].time <= CLOSE_S:
            groups[-1].append(strike)
        else:
            groups.append([strike])
    return groups


def _told(what: tuple[str, str], group: list[Strike]) -> Trouble:
    numbers = [strike.target for strike in group if strike.target is not None]
    subject = batches.targets(numbers) if numbers else "the deployment"
    text = f"{subject[:1].upper()}{subject[1:]} {what[len(numbers) > 1]}"
    return Trouble(max(group[0].time, 0.0), group[0].order, group[-1].time, text)
