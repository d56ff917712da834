"""One sentence that says why a run went as it went: which event, and whose clock, decided it.

The one thing a newcomer would get wrong: three clocks compete. The deployment's own (its slowest targets, or
the waits of its traffic routing), the alarm's (metric minutes, delivery, evaluation, the next look), and
people's. The sentence names the one that took most of the time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Protocol

from simulator import units
from simulator.errors import quoted
from simulator.trace import batches, sides, staged
from simulator.trace.leftovers import left_behind
from simulator.trace.records import DeploymentChange, EventRun, FlowChange, PersonAct, Trace, Trigger

# Parts of detect_s: what each was spent on, and on whose clock.
_ALARM = {
    "detect_slot_s": "to fill its metric periods",
    "detect_delivery_s": "for the datapoint to be delivered",
    "detect_evaluation_s": "to its next evaluation",
}
_CODEDEPLOY = {"detect_poll_s": "to its next look at the alarm", "detect_action_s": "to act on it"}
_PEOPLE = {"detect_poll_s": "to look at what paged them", "detect_action_s": "to notice, decide and act"}
_CLOCKS: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "alarm": {"the alarm's clock": _ALARM, "CodeDeploy's clock": _CODEDEPLOY},
    "person": {"the alarm's clock": _ALARM, "people's clock": _PEOPLE},
}
# Whose clock an event runs on; every other one is a script or a function of a revision.
_EVENT_CLOCKS = {
    ("server", "BlockTraffic"): "the load balancer's draining",
    ("server", "AllowTraffic"): "the load balancer's health checks",
    ("server", "DownloadBundle"): "the download",
    ("server", "Install"): "the agent's copying",
    ("lambda", "AllowTraffic"): "the waits of its traffic routing",
}
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
        head = f"It went back {_trigger(trace)}, although the revision was good"
    if outcome.rollback_s == 0:
        return f"{head}; {_nothing_to_take_back(trace)}"
    return f"{head}; the way back took {_way_back(trace, outcome)}"


def _rollback_failed(trace: Trace, outcome: Measured) -> str:
    return f"A way back was begun {_trigger(trace)}{_detection(outcome)}, but {_what_failed(trace)}"


def _failed(trace: Trace, outcome: Measured) -> str:
    status = outcome.deployment_status or "Failed"
    because = _failure(trace)
    return f"The deployment ended {status}{f' because {because}' if because else ''}; nothing had to go back"


def _stuck(trace: Trace, outcome: Measured) -> str:
    status = outcome.deployment_status
    if status is None:
        return f"The deployment had not ended by the horizon{_duration(trace)}"
    because = _failure(trace)
    return f"The deployment ended {status}{f' because {because}' if because else ''}, and left {left_behind(trace)}"


_HEADS = {
    "succeeded": _succeeded,
    "bad_in_production": _bad_in_production,
    "rolled_back": _rolled_back,
    "rollback_failed": _rollback_failed,
    "failed": _failed,
    "stuck": _stuck,
}


def _duration(trace: Trace) -> str:
    """Say what decided the duration of the first deployment: which event, and whose clock."""
    stages = staged.spans(trace)
    if stages:
        return _stages(stages)
    if trace.platform != "server":
        return _longest_event(trace)
    if trace.deployment_type == "blue_green":
        return sides.longest_stretch(trace)
    grouped = batches.batches(batches.journeys(trace, 0))
    if not grouped:
        return ""
    slowest = [batches.slowest(batch) for batch in grouped]
    spent: dict[str, float] = defaultdict(float)
    for journey in slowest:
        for event in journey.events:
            waited = event.code == batches.NOT_STARTED
            spent[batches.NOT_STARTED if waited else event.event] += event.time - event.started
    longest = max(spent, key=lambda event: spent[event])
    waits = [event for journey in slowest for event in journey.events if event.code == batches.NOT_STARTED]
    what = _waiting(waits) if longest == batches.NOT_STARTED else _event(trace, longest)
    if len(grouped) > 1:
        alone = all(len(batch) == 1 for batch in grouped)
        each = "targets one after the other" if alone else "batches, each as long as its slowest target"
        clock = f"{len(grouped)} {each}"
    elif len(grouped[0]) > 1:
        clock = f"as long as its slowest, target {slowest[0].target}"
    else:
        clock = "as long as its one target"
    total = sum(journey.lasted for journey in slowest)
    share = f", and {spent[longest] / total * 100:.0f} % of that was {what}" if total > 0 else ""
    return f", {clock}{share}"


def _stages(spans: Sequence[staged.Span]) -> str:
    """Say how much of a rollout in stages was deployments, and how much bakes."""
    baked = sum(span.ended - span.began for span in spans if span.bakes)
    moved = sum(span.ended - span.began for span in spans if not span.bakes)
    count = len({span.stage for span in spans})
    waits = f" and {units.human(baked)} of bakes" if baked else ""
    return f", {units.human(moved)} of deployments in {count} stage{'s' if count > 1 else ''}{waits}"


def _longest_event(trace: Trace) -> str:
    events = [r for r in trace.records if isinstance(r, EventRun) and r.deployment == 0 and r.status != "Skipped"]
    if not events:
        return ""
    longest = max(events, key=lambda event: event.time - event.started)
    return f", {units.human(longest.time - longest.started)} of it {_event(trace, longest.event)}"


def _event(trace: Trace, event: str) -> str:
    """Name an event and whose clock it runs on."""
    own = "a script's own time" if trace.platform == "server" else "a hook's own time"
    return f"{event} ({_EVENT_CLOCKS.get((trace.platform, event), own)})"


def _trigger(trace: Trace) -> str:
    trigger = next((record for record in trace.records if isinstance(record, Trigger)), None)
    if trigger is None:
        return "without a recorded trigger"
    if trigger.kind == "alarm":
        return "on an alarm" if trigger.alarm is None else f"on alarm {quoted(trigger.alarm)}"
    if trigger.kind == "person":
        return "by hand"
    return f"because {_failure(trace) or 'the deployment failed'}"


def _failure(trace: Trace) -> str:
    """Say which event failed on how many targets, and the code of the first deployment's end."""
    last = staged.deployment_that_ended(trace)
    end = next(
        (r for r in trace.records if isinstance(r, DeploymentChange) and r.deployment == last and r.code is not None),
        None,
    )
    code = "" if end is None else f" ({quoted(end.code)[1:-1]})"
    if end is not None and end.code == "ALARM_ACTIVE":
        return f"an alarm was in ALARM{code}"
    if end is not None and end.code == "NO_INSTANCES":
        return f"there were no replacement instances{code}"
    if end is not None and end.code == "TIMEOUT" and end.status == "Stopped":
        return f"nobody continued it in time{code}"
    if end is not None and end.code == "MANUAL_STOP":
        return f"somebody stopped it{code}"
    failed = [
        r
        for r in trace.records
        if isinstance(r, EventRun) and r.deployment == last and (r.status == "Failed" or r.code == batches.NOT_STARTED)
    ]
    if not failed:
        return f"the deployment failed{code}" if code else ""
    first = failed[0]
    how = "was never started" if first.code == batches.NOT_STARTED else "failed"
    alike = {record.target for record in failed if record.event == first.event}
    where = "" if trace.platform != "server" else f" on target {first.target}"
    if len(alike) > 1:
        where = f" on {len(alike)} targets, first on target {first.target}"
    more = len({record.target for record in failed} - alike)
    others = f", and {more} more failed at other events" if more else ""
    return f"{quoted(first.event)[1:-1]} {how}{where}{others}{code}"


def _what_failed(trace: Trace) -> str:
    for record in trace.records:
        if isinstance(record, DeploymentChange) and record.rollback and record.status in ("Failed", "Stopped"):
            code = f" ({quoted(record.code)[1:-1]})" if record.code else ""
            return f"its rollback deployment ended {record.status}{code}"
    return "the defect outlived it"


def _detection(outcome: Measured) -> str:
    """How long the defect was in production before the decision, and on whose clock most of that was."""
    detect = outcome.detect_s
    if detect is None or not 0 < detect < float("inf"):
        return ""
    after = f", {units.human(detect)} after the bad revision first met production traffic"
    clocks = _CLOCKS.get(outcome.trigger or "")
    if clocks is None:
        return f"{after}, on the deployment's own clock"
    spent = {owner: {part: getattr(outcome, part) or 0.0 for part in parts} for owner, parts in clocks.items()}
    owner = max(spent, key=lambda name: sum(spent[name].values()))
    part = max(spent[owner], key=lambda name: spent[owner][name])
    if spent[owner][part] <= 0:
        return after
    most = "all" if sum(spent[owner].values()) > 0.98 * detect else "most"
    return f"{after}, {most} of it on {owner} ({units.human(spent[owner][part])} {clocks[owner][part]})"


def _way_back(trace: Trace, outcome: Measured) -> str:
    took = outcome.rollback_s
    if took is None or took == float("inf"):
        return "longer than the run was observed"
    if trace.platform != "server":
        return units.human(took)
    back = sides.before_leaving(trace, staged.first_way_back(trace))
    waits = [e for way in back for e in way.events if e.code == batches.NOT_STARTED]
    waited = max((event.time - event.started for event in waits), default=0.0)
    if waited > 0.5 * took:
        return f"{units.human(took)}, the largest part of it {_waiting(waits)}"
    begun = [way._replace(events=tuple(e for e in way.events if e.code != batches.NOT_STARTED)) for way in back]
    slowest = batches.slowest_event(begun)
    return units.human(took) + ("" if slowest is None else f", the largest part of it {_event(trace, slowest[0])}")


def _waiting(waits: Sequence[EventRun]) -> str:
    """Name the wait for targets that began nothing; their agents had that long to start an event."""
    limit = units.human(max(event.time - event.started for event in waits))
    return f"waiting for {batches.targets(event.target for event in waits)}, which began nothing within {limit}"


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
