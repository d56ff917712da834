"""One sentence that says why a run went as it went: which event, and whose clock, decided it.

The one thing a newcomer would get wrong: three clocks compete. The deployment's own (its slowest targets, or
the waits of its traffic routing), the alarm's (metric minutes, delivery, evaluation, the next look), and
people's. The sentence names the one that took most of the time.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Protocol

from simulator import units
from simulator.errors import quoted
from simulator.trace import batches
from simulator.trace.records import DeploymentChange, EventRun, FlowChange, PersonAct, Shift, Trace, Trigger

# Parts of detect_s, and in whose hands each lay.
_DETECTION = {
    "detect_slot_s": "filling the alarm's metric periods",
    "detect_delivery_s": "waiting for the datapoint to be delivered",
    "detect_evaluation_s": "waiting for the alarm's next evaluation",
    "detect_poll_s": "waiting for somebody to look at the alarm",
    "detect_action_s": "people noticing, deciding and acting",
}
_BY_ALARM = {
    **_DETECTION,
    "detect_poll_s": "CodeDeploy's next look at the alarm",
    "detect_action_s": "CodeDeploy acting on it",
}
_BY_FAILURE = {**_DETECTION, "detect_action_s": "CodeDeploy finding that the deployment failed"}
_CLOCKS = {"alarm": _BY_ALARM, "failure": _BY_FAILURE}
# Parts of failed_requests.
_HARM = {
    "failed_defect": "on the bad revision",
    "failed_capacity": "for want of capacity",
    "failed_dead": "on targets that did not answer",
    "failed_way_back": "after the way back was decided",
}


class Measured(Protocol):
    """What the sentence reads of a run's outcome, beside the parts of `detect_s` and `failed_requests`."""

    @property
    def outcome(self) -> str:
        """One word, such as ``"rolled_back"``."""

    @property
    def deployment_status(self) -> str | None:
        """Of the first deployment; None if it had not ended."""

    @property
    def trigger(self) -> str | None:
        """Who decided the first way back."""

    @property
    def duration_s(self) -> float:
        """Of the first deployment."""

    @property
    def detect_s(self) -> float | None:
        """First exposure to the trigger."""

    @property
    def rollback_s(self) -> float | None:
        """The trigger to the previous revision serving all."""

    @property
    def failed_requests(self) -> float:
        """Beyond the baseline."""


def why(trace: Trace, outcome: Measured) -> str:
    """Say in one sentence why the run went as it went.

    Parameters
    ----------
    trace : Trace
        Of full grain, so that the event that took the time can be named.
    outcome : Measured
        What `simulator.metrics` measured of it; None where a value does not apply.
    """
    clauses = [_HEADS[outcome.outcome](trace, outcome), _harm(outcome)]
    return "; ".join(clause for clause in clauses if clause) + "."


def _succeeded(trace: Trace, outcome: Measured) -> str:
    return f"It Succeeded in {units.human(outcome.duration_s)}{_duration(trace)}"


def _bad_in_production(trace: Trace, outcome: Measured) -> str:
    ended = f"Succeeded in {units.human(outcome.duration_s)}"
    if outcome.deployment_status != "Succeeded":
        ended = f"ended {outcome.deployment_status or 'in progress'}"
    head = f"The bad revision stayed in production: the deployment {ended}{_duration(trace)}"
    return f"{head}, and {_unseen(trace)}"


def _rolled_back(trace: Trace, outcome: Measured) -> str:
    head = f"It went back {_trigger(trace)}{_detection(outcome)}"
    if not trace.bad:
        head = f"It went back {_trigger(trace)} although the revision was good"
    if outcome.rollback_s == 0:
        return f"{head}; {_nothing_to_take_back(trace)}"
    return f"{head}, and the way back took {_way_back(trace, outcome)}"


def _rollback_failed(trace: Trace, outcome: Measured) -> str:
    return f"A way back was begun {_trigger(trace)}{_detection(outcome)}, but {_what_failed(trace)}"


def _failed(trace: Trace, outcome: Measured) -> str:
    status = outcome.deployment_status or "Failed"
    return f"The deployment ended {status}{_failure(trace)} before it reached production; nothing had to go back"


def _stuck(trace: Trace, outcome: Measured) -> str:
    status = outcome.deployment_status
    if status is None:
        return f"The deployment had not ended by the horizon{_duration(trace)}"
    return f"The deployment ended {status}{_failure(trace)} and left a service that is not settled"


_HEADS = {
    "succeeded": _succeeded,
    "bad_in_production": _bad_in_production,
    "rolled_back": _rolled_back,
    "rollback_failed": _rollback_failed,
    "failed": _failed,
    "stuck": _stuck,
}


def _duration(trace: Trace) -> str:
    """Say what decided the duration of the first deployment."""
    if trace.platform == "lambda":
        shifts = [record for record in trace.records if isinstance(record, Shift) and record.deployment == 0]
        waited = shifts[-1].time - shifts[0].time if shifts else 0.0
        return f" ({units.human(waited)} of it the waits of its traffic routing)" if waited > 0 else ""
    grouped = batches.batches(batches.journeys(trace, 0))
    if not grouped:
        return ""
    slowest = [max(batch, key=lambda journey: journey.ended) for batch in grouped]
    spent: dict[str, float] = defaultdict(float)
    for journey in slowest:
        for event in journey.events:
            spent[event.event] += event.time - event.started
    total = sum(journey.lasted for journey in slowest)
    longest = max(spent, key=lambda event: spent[event])
    if len(grouped) > 1:
        clock = f"{len(grouped)} batches one after the other, each as long as its slowest target"
    elif len(grouped[0]) > 1:
        clock = f"the time of its slowest, target {slowest[0].target}"
    else:
        clock = "the time of its one target"
    share = f", {longest} {spent[longest] / total * 100:.0f} % of it" if total > 0 else ""
    return f" ({clock}{share})"


def _trigger(trace: Trace) -> str:
    trigger = next((record for record in trace.records if isinstance(record, Trigger)), None)
    if trigger is None:
        return "without a recorded trigger"
    if trigger.kind == "alarm":
        return "on an alarm" if trigger.alarm is None else f"on alarm {quoted(trigger.alarm)}"
    return f"because the deployment failed{_failure(trace)}" if trigger.kind == "failure" else "by hand"


def _failure(trace: Trace) -> str:
    """Give the code of the first deployment's end, and the first event that failed."""
    end = next(
        (r for r in trace.records if isinstance(r, DeploymentChange) and r.deployment == 0 and r.code is not None),
        None,
    )
    event = next(
        (r for r in trace.records if isinstance(r, EventRun) and r.deployment == 0 and r.status == "Failed"),
        None,
    )
    told = [] if end is None else [quoted(end.code)[1:-1]]
    if event is not None and (end is None or end.code not in ("ALARM_ACTIVE", "MANUAL_STOP")):
        where = f" on target {event.target}" if trace.platform == "server" else ""
        told.append(f"{event.event} failed first{where}")
    return f" ({', '.join(told)})" if told else ""


def _what_failed(trace: Trace) -> str:
    for record in trace.records:
        if isinstance(record, DeploymentChange) and record.rollback and record.status in ("Failed", "Stopped"):
            code = f" ({quoted(record.code)[1:-1]})" if record.code else ""
            return f"its rollback deployment ended {record.status}{code}"
    return "the defect outlived it"


def _detection(outcome: Measured) -> str:
    """How long the defect was in production before the decision, and whose clock took most of that."""
    detect = outcome.detect_s
    if detect is None or not 0 < detect < float("inf"):
        return ""
    names = _CLOCKS.get(outcome.trigger or "", _DETECTION)
    parts = {name: getattr(outcome, name) or 0.0 for name in names}
    longest = max(parts, key=lambda name: parts[name])
    most = "all" if parts[longest] > 0.98 * detect else units.human(parts[longest])
    share = f", {most} of it {names[longest]}" if parts[longest] > 0 else ""
    return f" {units.human(detect)} after the bad revision first met production traffic{share}"


def _way_back(trace: Trace, outcome: Measured) -> str:
    took = outcome.rollback_s
    if took is None or took == float("inf"):
        return "longer than the run was observed"
    slowest = batches.slowest_event(batches.journeys(trace, 1)) if trace.platform == "server" else None
    return units.human(took) + ("" if slowest is None else f", mostly {slowest[0]}")


def _nothing_to_take_back(trace: Trace) -> str:
    """Tell a way back that users did not need: why not, and how long its deployment ran all the same."""
    met = any(record.flow.share_new > 0 for record in trace.records if isinstance(record, FlowChange))
    because = "the previous revision served throughout it" if met else "no user had met the new revision"
    ran = [record for record in trace.records if isinstance(record, DeploymentChange) and record.rollback]
    if not ran:
        return f"there was nothing to take back, as {because}"
    first = [record for record in ran if record.deployment == ran[0].deployment]
    ended = first[-1].status in ("Succeeded", "Failed", "Stopped")
    until = units.human((first[-1].time if ended else trace.end.time) - first[0].time)
    clock = f"ran {until}" if ended else f"was still running after {until}"
    return f"there was nothing to take back, as {because}; the rollback deployment itself {clock}"


def _unseen(trace: Trace) -> str:
    noticed = next((r for r in trace.records if isinstance(r, PersonAct)), None)
    if noticed is None:
        return "neither an alarm nor a person sent it back"
    return f"people, {noticed.what} after {units.human(noticed.time)}, did not send it back"


def _harm(outcome: Measured) -> str:
    failed = outcome.failed_requests
    if failed < 0.5:
        return "users felt next to nothing" if failed > 0 else "users felt nothing"
    parts = {name: getattr(outcome, name) or 0.0 for name in _HARM}
    largest = max(parts, key=lambda name: parts[name])
    if parts[largest] <= 0:
        return f"{failed:,.0f} requests failed"
    most = "all of them" if parts[largest] > 0.995 * failed else "most of them"
    if parts[largest] < 0.5 * failed:
        most = "the largest part"
    return f"{failed:,.0f} requests failed, {most} {_HARM[largest]}"
