"""The laws that every way of rolling out keeps, whatever the scenario and the luck.

The one thing a newcomer would get wrong: a law compares with the definition, not with our own rollouts. A rollout that
is slower or harms more than ours breaks none of them.
"""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from collections.abc import Callable, Mapping
from itertools import pairwise
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from simulator.conformance.bench import Draws, Observed
from simulator.conformance.floors import TERMINAL, Complaint, floor, records_of
from simulator.metrics import bill
from simulator.model.deployment_configuration import predefined
from simulator.model.release import Errors
from simulator.model.scenario import Scenario
from simulator.model.service import EcsService, LambdaFunction, ServerFleet
from simulator.trace.records import (
    Capacity,
    DeploymentChange,
    End,
    FlowChange,
    Shift,
    TargetChange,
    Trace,
    Usage,
)

_TOLERANCE = 1e-9
ALL_AT_ONCE = {"server": "AllAtOnce", "lambda": "LambdaAllAtOnce", "ecs": "ECSAllAtOnce"}


class Law(NamedTuple):
    """One law: what holds, and a function that says how a case breaks it, or None."""

    name: str
    statement: str
    broken_by: Callable[[Observed], Complaint]


# ------------------------------------------------------------------------------------------------ one run


def _ends(seen: Observed) -> Complaint:
    trace, outcome, _ = seen.full
    times = [record.time for record in trace.records]
    if times != sorted(times) or times[0] != 0.0:
        return "records are not in order of time from CreateDeployment on"
    if sum(1 for _ in records_of(trace, End)) != 1:
        return "the run does not end once"
    statuses: dict[int, list[str]] = {}
    for record in records_of(trace, DeploymentChange):
        statuses.setdefault(record.deployment, []).append(record.status)
    for number, told in statuses.items():
        cut = number > 0 and outcome.censored and not any(each in TERMINAL for each in told)
        ends = sum(each in TERMINAL for each in told) == 1 and told[-1] in TERMINAL
        if told[:2] != ["Created", "InProgress"] or not (ends or cut):
            return f"deployment {number} goes through {', '.join(told)}; it ends once, as Succeeded, Failed or Stopped"
    if outcome.lifetime_s > outcome.duration_s + seen.world.horizon + _TOLERANCE:
        return (
            f"the run goes on {outcome.lifetime_s - outcome.duration_s:g} s after the rollout's end, past its horizon"
        )
    return None


def _targets_once(seen: Observed) -> Complaint:
    if not isinstance(seen.world.service, ServerFleet) or seen.world.deployment_type == "blue_green":
        return None  # a replacement has two sides, and a target of one may not be one of the other
    counts = Counter((record.deployment, record.target) for record in records_of(seen.full.trace, TargetChange))
    for (deployment, target), count in counts.items():
        if count > 1:
            return f"target {target} ends {count} times in deployment {deployment}"
    if seen.world.strategies[0].stages and seen.full.outcome.deployment_status != "Succeeded":
        return None  # a stage that is never begun has no deployment
    back = {record.deployment for record in records_of(seen.full.trace, DeploymentChange) if record.rollback}
    missing = set(range(seen.world.service.fleet.size * max(1, len(seen.world.service.regions)))) - {
        target for deployment, target in counts if deployment not in back
    }
    return f"targets {sorted(missing)} end neither Succeeded, Failed nor Skipped" if missing else None


def _weights(seen: Observed) -> Complaint:
    for record in records_of(seen.full.trace, FlowChange):
        flow = record.flow
        both = flow.share_old + flow.share_new
        # A region that has nobody to send its requests to leaves the rest short of one.
        short = both < 1 if seen.world.service.regions else both == 0
        if min(flow.share_old, flow.share_new) < 0 or (not short and abs(both - 1) > _TOLERANCE):
            return (
                f"at {record.time:g} s the revisions' shares of traffic are {flow.share_old:g} and {flow.share_new:g}"
            )
    for shift in records_of(seen.full.trace, Shift):
        if not 0 <= shift.weight_new <= 1:
            return f"at {shift.time:g} s the new revision's weight is {shift.weight_new:g}"
    return None


def _conserved(seen: Observed) -> Complaint:
    for record in records_of(seen.full.trace, FlowChange):
        flow = record.flow
        tolerance = 1e-9 * max(flow.demand, 1.0)
        if any(rate < 0 for rate in flow):
            return f"at {record.time:g} s a rate of requests is below zero: {flow}"
        lost = flow.defect + flow.refused + flow.dead
        if abs(flow.good + lost - flow.untouched) > tolerance or flow.untouched > flow.demand + tolerance:
            return (
                f"at {record.time:g} s {flow.good:g}/s are well answered and {lost:g}/s lost, of {flow.untouched:g}/s "
                "that the untouched service would have answered well"
            )
        if flow.served_old + flow.served_new > flow.demand + tolerance:
            return f"at {record.time:g} s more requests are served than there are"
    return None


def _causes(seen: Observed) -> Complaint:
    outcome = seen.full.outcome
    parts = outcome.failed_defect + outcome.failed_capacity + outcome.failed_dead + outcome.failed_way_back
    if not math.isclose(parts, outcome.failed_requests, rel_tol=1e-9, abs_tol=1e-6):
        return f"causes add up to {parts:g} failed requests of {outcome.failed_requests:g}"
    if outcome.detect_s is not None and math.isfinite(outcome.detect_s):
        steps = [getattr(outcome, f"detect_{each}_s") for each in ("slot", "delivery", "evaluation", "poll", "action")]
        if not math.isclose(sum(steps), outcome.detect_s, rel_tol=1e-9, abs_tol=1e-6):
            return f"parts of the time to detect add up to {sum(steps):g} s of {outcome.detect_s:g} s"
    return None


def _numbers(seen: Observed) -> Complaint:
    outcome = seen.full.outcome
    for name, value in dataclasses.asdict(outcome).items():
        if isinstance(value, float) and not value >= 0:
            return f"{name} is {value}"
    life = outcome.lifetime_s * (1 + _TOLERANCE)
    for name in ("downtime_s", "outage_s", "mixed_version_s", "capacity_shortfall_s"):
        if (getattr(outcome, name) or 0.0) > life:
            return f"{name} is {getattr(outcome, name):g} s of a run of {outcome.lifetime_s:g} s"
    if not outcome.bad and (outcome.exposed_requests, outcome.peak_exposure) != (0.0, 0.0):
        return "a good revision exposes nobody, yet exposure is counted"
    return None


def _billed(seen: Observed) -> Complaint:
    """What serves is paid for until the run ends, and each update of an instance once."""
    trace, outcome, _ = seen.full
    service = seen.world.service
    updates = Counter(record.deployment for record in records_of(trace, Usage) if record.item == "instance_update")
    if isinstance(service, ServerFleet) and seen.world.deployment_type != "blue_green":
        well = Counter(record.deployment for record in records_of(trace, TargetChange) if record.status == "Succeeded")
        stopped = {r.deployment for r in records_of(trace, DeploymentChange) if r.creator == "autoscalingTermination"}
        for deployment, count in well.items():
            if deployment not in stopped and updates[deployment] < count:
                return f"{count} targets of deployment {deployment} were updated, {updates[deployment]} are billed"
    lines = bill(trace, seen.world).lines
    if not math.isclose(sum(line.usd for line in lines), outcome.cost_usd, rel_tol=1e-9, abs_tol=1e-12):
        return "lines of the bill do not add up to cost_usd"
    if isinstance(service, LambdaFunction) or service.capacity is None:
        return None
    at_zero, each = _units(service)
    names: list[str | None] = [region.name for region in service.regions] or [None]
    units = {(name, colour): at_zero if colour == "old" else 0 for name in names for colour in ("old", "new")}
    for record in _instants(trace):
        if isinstance(record, Capacity):
            units[record.region, record.colour] = record.units
        elif isinstance(record, FlowChange) and record.flow.capacity > sum(units.values()) * each * (1 + _TOLERANCE):
            serving = record.flow.capacity / each
            return f"at {record.time:g} s {serving:g} units serve and {sum(units.values())} are billed"
    return None


def _units(service: ServerFleet | EcsService) -> tuple[int, float]:
    if isinstance(service, ServerFleet):
        return service.fleet.size - service.fleet.initially.stopped, service.fleet.capacity or math.inf
    return service.tasks, service.task.capacity or math.inf


def _instants(trace: Trace) -> list[Any]:
    """Records in order, of one instant what is billed before what serves."""
    found = (record for record in trace.records if isinstance(record, Capacity | FlowChange))
    return sorted(found, key=lambda record: (record.time, isinstance(record, FlowChange)))


# ------------------------------------------------------------------------------------------------ two runs


def _deterministic(seen: Observed) -> Complaint:
    again = seen.run(seen.world)
    if again.trace.records != seen.full.trace.records:
        return "the same scenario, seed and replication give another trace; draw from world.streams alone"
    return None


def _lean(seen: Observed) -> Complaint:
    for field in dataclasses.fields(seen.full.outcome):
        full, lean = (getattr(ran.outcome, field.name) for ran in (seen.full, seen.lean))
        if full != lean:
            return f"{field.name} is {full} in the full grain and {lean} in the lean one"
    return None


def _same_draws(seen: Observed) -> Complaint:
    """Two strategies meet the same bad revision, the same slow host and the same crash."""
    strategy = seen.world.strategies[0]
    other = strategy.model_copy(update={"configuration": _all_at_once(seen.world)})
    ours, theirs = seen.full, seen.reference(seen.world.model_copy(update={"strategies": (other,)}))
    if ours.trace.defect != theirs.trace.defect:
        return f"it meets {ours.trace.defect}, another strategy {theirs.trace.defect}"
    mine, yours = _widths(ours.draws), _widths(theirs.draws)
    for purpose in sorted(mine.keys() & yours.keys()):
        if mine[purpose] != yours[purpose]:
            told = [" and ".join(map(str, sorted(each[purpose]))) for each in (mine, yours)]
            return f"{purpose!r} draws {told[0]} uniforms for each subject, another strategy {told[1]}"
    for key in sorted(ours.draws.keys() & theirs.draws.keys()):
        both = min(len(ours.draws[key]), len(theirs.draws[key]))
        if not np.array_equal(ours.draws[key][:both], theirs.draws[key][:both]):
            return f"{key[0]!r} draws other uniforms than another strategy does"
    missing = sorted(purpose for purpose in yours.keys() - mine.keys() if purpose.startswith(_BEFORE_ALL))
    return f"{', '.join(missing)} are drawn for every strategy, and not for this one" if missing else None


def _widths(draws: Draws) -> dict[str, set[int]]:
    """How many uniforms each subject of a purpose was given."""
    widths: dict[str, set[int]] = {}
    for purpose, width in draws:
        widths.setdefault(purpose, set()).add(width)
    return widths


# Drawn up front for every strategy, whatever it does.
_BEFORE_ALL = ("defect", "instance_crash")


def _all_at_once(world: Scenario) -> Any:
    return predefined(f"CodeDeployDefault.{ALL_AT_ONCE[world.service.platform]}")


def _worse_defect(seen: Observed) -> Complaint:
    """Where nobody sees it: without alarms, people, hooks and checks that could stop it."""
    harm = []
    for share in (0.2, 0.5, 1.0):
        defect = Errors(share=share)
        world = _unwatched(seen.world).model_copy(
            update={"revision": seen.world.revision.model_copy(update={"defects": (defect,)})}
        )
        outcome = seen.bench.run(world, "bad", seen.case.replication, "states").outcome
        harm.append(outcome.failed_requests)
    if any(more < less * (1 - _TOLERANCE) - 1e-6 for less, more in pairwise(harm)):
        told = ", ".join(f"{each:g}" for each in harm)
        return f"a defect that fails 20, 50 and 100 % of requests fails {told} of them"
    return None


def _unwatched(world: Scenario) -> Scenario:
    service = world.service
    changes: dict[str, Any] = {"lifecycle": service.lifecycle.model_copy(update={"hooks": {}})}
    if not isinstance(service, LambdaFunction) and service.load_balancer is not None:
        check = service.load_balancer.health_check.model_copy(update={"probes": 0})
        changes["load_balancer"] = service.load_balancer.model_copy(update={"health_check": check})
    quiet = {"alarms": (), "people": None, "faults": (), "service": service.model_copy(update=changes)}
    return world.model_copy(update=quiet)


def _longer_bake(seen: Observed) -> Complaint:
    """The minutes of the shorter canary are the first of the longer one, and look the same."""
    strategy = seen.world.strategies[0]
    routing = strategy.configuration.traffic_routing
    if routing is None or routing.time_based_canary is None or not seen.world.alarms:
        return None
    found = []
    for factor in (1.0, 2.0):
        canary = routing.time_based_canary.model_copy(update={"interval": routing.time_based_canary.interval * factor})
        longer = strategy.configuration.model_copy(
            update={"traffic_routing": routing.model_copy(update={"time_based_canary": canary})}
        )
        world = seen.world.model_copy(update={"strategies": (strategy.model_copy(update={"configuration": longer}),)})
        ran = seen.bench.run(world, "bad", seen.case.replication, "states")
        found.append((canary.interval, ran.outcome.detected_before_full))
    (short, before), (long, after) = found
    if before and not after:
        return f"a bake of {short:g} s detects the defect before everybody has it, and one of {long:g} s does not"
    return None


LAWS: Mapping[str, Law] = MappingProxyType(
    {
        law.name: law
        for law in (
            Law("ends", "every run ends, and every deployment once", _ends),
            Law("floor", "the minimum healthy hosts stay in service", floor),
            Law("targets", "every target ends once", _targets_once),
            Law("weights", "shares of traffic add up to one", _weights),
            Law("conserved", "requests are answered or lost, and none is made", _conserved),
            Law("causes", "failed requests by cause, and the time to detect by part, add up", _causes),
            Law("numbers", "numbers are numbers, and no time exceeds the run", _numbers),
            Law("billed", "what serves is billed, to the end of the run", _billed),
            Law("deterministic", "the same seed gives the same trace", _deterministic),
            Law("lean", "the lean grain gives the outcome of the full one", _lean),
            Law("draws", "it meets the same luck as any other strategy", _same_draws),
            Law("worse-defect", "a worse defect never harms less", _worse_defect),
            Law("longer-bake", "a longer bake never detects less", _longer_bake),
        )
    }
)
