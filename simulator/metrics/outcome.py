"""One trace measured into one outcome: every definition of the metrics table, in one place.

The one thing a newcomer would get wrong: harm is the integral of expected rates in the trace. The counts that
alarms saw play no part here.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from simulator.metrics.cost import PriceList, bill
from simulator.model.flow import Flow
from simulator.model.scenario import Scenario
from simulator.model.service import ServerFleet
from simulator.rules.flow import covers
from simulator.trace.records import (
    Attempts,
    DeploymentChange,
    FlowChange,
    PersonAct,
    Record,
    Scaling,
    StageChange,
    Trace,
    Trigger,
    TriggerKind,
)

OutcomeWord = Literal["rollback_failed", "rolled_back", "bad_in_production", "succeeded", "failed", "stuck"]
STEPS = frozenset({Trigger, DeploymentChange, StageChange, PersonAct, Scaling})
NEGLIGIBLE = 1e-12  # a failing share below this is rounding, not harm


@dataclass(frozen=True, slots=True)
class Outcome:
    """The metrics of one run; None is absent, infinite began but did not end by the horizon."""

    duration_s: float
    downtime_s: float
    outage_s: float
    failed_requests: float
    budget_share: float | None
    exposed_requests: float
    peak_exposure: float
    mixed_version_s: float
    detect_s: float | None
    rollback_s: float | None
    recover_s: float | None
    capacity_shortfall_s: float | None
    cost_usd: float
    incident_usd: float | None
    failed_defect: float
    failed_capacity: float
    failed_dead: float
    failed_way_back: float
    detect_slot_s: float | None
    detect_delivery_s: float | None
    detect_evaluation_s: float | None
    detect_poll_s: float | None
    detect_action_s: float | None
    failed_attempts: float | None
    kept_usd_per_hour: float | None
    trigger: TriggerKind | None
    outcome: OutcomeWord
    deployment_status: Literal["Succeeded", "Failed", "Stopped"] | None
    detected_before_full: bool
    left_split: bool
    bad: bool
    censored: bool
    lifetime_s: float


@dataclass(slots=True)
class Exposure:
    """Integrals over the rates of a trace."""

    downtime: float = 0.0
    outage: float = 0.0
    exposed: float = 0.0
    mixed: float = 0.0
    shortfall: float = 0.0
    peak: float = 0.0
    first_harm: float | None = None
    last_harm: float | None = None
    first_exposure: float | None = None
    first_full: float | None = None
    defect: float = 0.0
    refused: float = 0.0
    dead: float = 0.0
    way_back: float = 0.0


def measure(trace: Trace, scenario: Scenario, prices: PriceList | None = None) -> Outcome:
    """Measure one run.

    Parameters
    ----------
    trace : Trace
        From CreateDeployment to its end.
    scenario : Scenario
        Resolved for the strategy: gives the service level objective, people's price and the price book.
    prices : PriceList, optional
        Prices already read; looked up otherwise.

    Returns
    -------
    Outcome
        Seconds, requests, fractions and US dollars as in the metrics table.
    """
    end = trace.end.time
    censored = trace.end.how == "horizon"
    flows = [record for record in trace.records if type(record) is FlowChange]
    # A handful among hundreds of rates, targets and usages: picked out once for all that ask for them.
    steps = [record for record in trace.records if type(record) in STEPS]
    trigger = next((record for record in steps if type(record) is Trigger), None)
    exposure = _integrate(flows, end, trace.bad, trigger, scenario.slo.outage_share)
    failed = exposure.defect + exposure.refused + exposure.dead + exposure.way_back
    detect, parts = _detection(exposure.first_exposure, trigger)
    status, ended_at = _terminal(steps)
    billed = bill(trace, scenario, prices)
    return Outcome(
        duration_s=ended_at,
        downtime_s=exposure.downtime,
        outage_s=exposure.outage,
        failed_requests=failed,
        budget_share=_budget_share(failed, scenario),
        exposed_requests=exposure.exposed,
        peak_exposure=exposure.peak,
        mixed_version_s=exposure.mixed,
        detect_s=detect,
        rollback_s=_rollback_time(flows, end, trigger, _untouched_capacity(trace, scenario)),
        recover_s=_recovery(exposure, end, censored),
        capacity_shortfall_s=exposure.shortfall if scenario.service.capacity is not None else None,
        cost_usd=math.fsum(line.usd for line in billed.lines),
        incident_usd=_incident(steps, failed, end, scenario),
        failed_defect=exposure.defect,
        failed_capacity=exposure.refused,
        failed_dead=exposure.dead,
        failed_way_back=exposure.way_back,
        detect_slot_s=parts[0],
        detect_delivery_s=parts[1],
        detect_evaluation_s=parts[2],
        detect_poll_s=parts[3],
        detect_action_s=parts[4],
        failed_attempts=None if scenario.traffic.retries is None else _failed_attempts(trace, end),
        kept_usd_per_hour=billed.kept_usd_per_hour,
        trigger=trigger.kind if trigger else None,
        outcome=_word(trace.bad, steps, flows[-1][1], trigger, status, censored),
        deployment_status=status,
        detected_before_full=_before_full(trace.bad, trigger, exposure),
        left_split=censored and flows[-1][1].share_old > 0 and flows[-1][1].share_new > 0,
        bad=trace.bad,
        censored=censored,
        lifetime_s=end,
    )


def _integrate(
    flows: list[FlowChange], end: float, bad: bool, trigger: Trigger | None, outage_share: float
) -> Exposure:
    sums = Exposure()
    decided = trigger.time if trigger else math.inf
    stops = [time for time, _ in flows[1:]]
    stops.append(end)
    for (start, flow), stop in zip(flows, stops, strict=True):
        if bad:
            _instants(sums, start, flow)
        length = stop - start
        if length <= 0:
            continue
        # Taken apart once: ten looks by name were half of this loop.
        demand, untouched, good, _, _, _, share_old, share_new, _, _, capacity = flow
        # The share is worked out where there is one alone: most flows of most rollouts lose nothing.
        if good < untouched and (share := flow.failing_share) > NEGLIGIBLE:
            sums.downtime += share * length
            sums.first_harm = start if sums.first_harm is None else sums.first_harm
            sums.last_harm = stop
            _split(sums, flow, start, stop, decided)
            if share >= outage_share - NEGLIGIBLE:
                sums.outage += length
        if bad:
            sums.exposed += demand * share_new * length
        # A share of no traffic is none.
        if share_old > 0 and share_new > 0 and demand > 0:
            sums.mixed += length
        if capacity < demand * (1 - NEGLIGIBLE):
            sums.shortfall += length
    return sums


def _instants(sums: Exposure, start: float, flow: Flow) -> None:
    """Firsts and the peak of a bad revision's exposure."""
    if flow.share_new <= 0 or flow.demand <= 0:
        return
    sums.peak = max(sums.peak, flow.share_new)
    if sums.first_exposure is None:
        sums.first_exposure = start
    if flow.share_old == 0 and sums.first_full is None:
        sums.first_full = start


def _split(sums: Exposure, flow: Flow, start: float, stop: float, decided: float) -> None:
    """Losses by cause up to the decision to go back, and all of them from then on."""
    before = max(min(stop, decided) - start, 0.0)
    after = (stop - start) - before
    sums.defect += flow.defect * before
    sums.refused += flow.refused * before
    sums.dead += flow.dead * before
    sums.way_back += (flow.defect + flow.refused + flow.dead) * after


def _detection(onset: float | None, trigger: Trigger | None) -> tuple[float | None, tuple[float | None, ...]]:
    """Time to detect and its five parts, which add up; a moment before the onset counts as the onset."""
    nothing = (None,) * 5
    if onset is None or (trigger is not None and trigger.time < onset):
        return None, nothing
    if trigger is None:
        return math.inf, nothing
    marks = [onset]
    for instant in (trigger.slot_end, trigger.delivered, trigger.evaluated, trigger.polled):
        marks.append(marks[-1] if instant is None else min(max(instant, marks[-1]), trigger.time))
    marks.append(trigger.time)
    return trigger.time - onset, tuple(later - earlier for earlier, later in pairwise(marks))


def _failed_attempts(trace: Trace, end: float) -> float:
    """Tries that failed beyond those of the untouched service."""
    seen = [record for record in trace.records if type(record) is Attempts]
    stops = [*(change.time for change in seen[1:]), end]
    return math.fsum(
        max(change.failed - change.failed_anyway, 0.0) * (stop - change.time)
        for change, stop in zip(seen, stops, strict=True)
    )


def _terminal(steps: list[Record]) -> tuple[Literal["Succeeded", "Failed", "Stopped"] | None, float]:
    """Terminal status of the rollout and its instant; infinite if never there.

    Of a rollout in stages it is that of the first stage that did not succeed, and the end of all that had begun.
    """
    staged, status, ended_at = False, None, math.inf
    for record in steps:
        if type(record) is StageChange:
            staged = True
        elif type(record) is not DeploymentChange or record.deployment != 0 or staged:
            continue
        if record.status in ("Succeeded", "Failed", "Stopped"):
            status, ended_at = record.status if status in (None, "Succeeded") else status, record.time
            if not staged:
                break
    return status, ended_at


def _budget_share(failed: float, scenario: Scenario) -> float | None:
    slo, rate = scenario.slo, scenario.traffic.mean_rate
    if slo.objective is None or rate <= 0:
        return None
    return failed / ((1 - slo.objective) * rate * slo.window)


def _rollback_time(
    flows: list[FlowChange], end: float, trigger: Trigger | None, enough: Callable[[float], float]
) -> float | None:
    """Trigger to the instant from which on the previous revision takes all traffic with enough capacity."""
    if trigger is None:
        return None
    back = end
    for start, flow in reversed(flows):
        if not _is_back(flow, enough(start)):
            break
        back = start
    else:
        back = 0.0
    if back >= end and not _is_back(flows[-1][1], enough(end)):
        return math.inf
    return max(back - trigger.time, 0.0)


def _untouched_capacity(trace: Trace, scenario: Scenario) -> Callable[[float], float]:
    """Requests per second that the untouched service could answer at an instant: as at zero, unless it scales."""
    service = scenario.service
    capacity = service.capacity if service.capacity is not None else math.inf
    if not isinstance(service, ServerFleet) or not service.fleet.scales:
        return lambda instant: capacity
    steps = [record for record in trace.records if type(record) is Scaling]
    times, each = [step.time for step in steps], capacity / service.fleet.size

    def at(instant: float) -> float:
        known = bisect_right(times, instant)
        return steps[known - 1].serving * each if known else capacity

    return at


def _is_back(flow: Flow, capacity: float) -> bool:
    return flow.share_new == 0 and flow.share_old > 0 and covers(flow, capacity)


def _recovery(exposure: Exposure, end: float, censored: bool) -> float | None:
    if exposure.first_harm is None or exposure.last_harm is None:
        return None
    if censored and exposure.last_harm >= end:
        return math.inf
    return exposure.last_harm - exposure.first_harm


def _incident(steps: list[Record], failed: float, end: float, scenario: Scenario) -> float | None:
    """People's hours from acknowledging to standing down, and failed requests, at the given prices."""
    per_hour = scenario.people.usd_per_hour if scenario.people else None
    per_request = scenario.slo.usd_per_failed_request
    if per_hour is None and per_request is None:
        return None
    seconds, began = 0.0, None
    for record in steps:
        if type(record) is PersonAct:
            if record.what == "acknowledged":
                began = record.time
            elif record.what == "stands down" and began is not None:
                seconds += record.time - began
                began = None
    seconds += end - began if began is not None else 0.0
    responders = scenario.people.responders if scenario.people else 0.0
    return seconds / 3600.0 * responders * (per_hour or 0.0) + failed * (per_request or 0.0)


def _before_full(bad: bool, trigger: Trigger | None, exposure: Exposure) -> bool:
    if not bad or trigger is None or trigger.kind == "person":
        return False
    return exposure.first_full is None or trigger.time < exposure.first_full


def _word(
    bad: bool, steps: list[Record], last: Flow, trigger: Trigger | None, status: str | None, censored: bool
) -> OutcomeWord:
    """The first word that fits, in the order of the definitions."""
    previous_takes_all = last.share_new == 0 and last.share_old > 0
    new_takes_all = last.share_old == 0 and last.share_new > 0
    ways_back = [record for record in steps if type(record) is DeploymentChange and record.rollback]
    if any(record.status in ("Failed", "Stopped") for record in ways_back):
        return "rollback_failed"
    if trigger is not None and previous_takes_all:
        return "rolled_back"
    if bad and new_takes_all:
        return "bad_in_production"
    # Instances that were launched meanwhile, and are not brought up, leave a fleet mixed that nothing else would.
    mixed = censored and not previous_takes_all and not new_takes_all and any(type(each) is Scaling for each in steps)
    if status == "Succeeded" and not bad and not mixed:
        return "succeeded"
    if status in ("Failed", "Stopped") and trigger is None and previous_takes_all:
        return "failed"
    return "stuck"
