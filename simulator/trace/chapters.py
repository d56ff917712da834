"""What a story tells of each kind of record: one chapter, a function from trace to moments, for each.

The one thing a newcomer would get wrong: a story is not the trace with other words. Targets are told in
batches, the failing share in the changes that matter, and events keep the names AWS prints.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from simulator import units
from simulator.errors import quoted
from simulator.trace import batch_words, batches, sides, users
from simulator.trace.batch_words import Place
from simulator.trace.batches import Journey
from simulator.trace.behind import NEXT_BATCH, TIES, behind, of_code, of_event, relied_on
from simulator.trace.leftovers import stands_down
from simulator.trace.moments import FIRST, Moment, clock, safe
from simulator.trace.records import (
    AlarmChange,
    DeploymentChange,
    EventRun,
    FlowChange,
    PersonAct,
    Record,
    Shift,
    Trace,
    Trigger,
)
from simulator.trace.scaled import CREATORS
from simulator.trace.staged import gate_that_stopped, stage_of, ways_back, whereabouts
from simulator.trace.troubles import troubles

# Batches of a deployment told one by one; with more, those in the middle become one sentence.
BATCHES_TOLD = 5
# Changes of one alarm, and shifts of one deployment, told one by one.
CHANGES_TOLD = 6
SHIFTS_TOLD = 4


def deployments(trace: Trace) -> Iterator[Moment]:
    """Every deployment's begin and end; the first one's begin is the opening."""
    created: dict[int, float] = {}
    where = whereabouts(trace)
    names: dict[int, str] = {
        number: f"The deployment of stage {quoted(stage)}" for number, stage in stage_of(trace).items()
    }
    for order, record in enumerate(trace.records):
        if not isinstance(record, DeploymentChange) or record.creator in CREATORS:
            continue
        number = record.deployment
        if number not in created:
            created[number] = record.time
            names.setdefault(number, f"{_deployment_name(record)}{where.get(number, '')}")
            if number > 0:
                what = "the previous revision goes back on" if record.rollback else "the new revision goes on"
                yield _moment(trace, order, record, f"{names[number]} is created: {what}.")
        if record.status in ("Succeeded", "Failed", "Stopped"):
            code = f" ({safe(record.code)})" if record.code else ""
            lasted = units.human(record.time - created[number])
            yield _moment(trace, order, record, f"{names[number]} is {record.status}{code} after {lasted}.")


def _deployment_name(record: DeploymentChange) -> str:
    if record.deployment == 0:
        return "The deployment"
    if record.creator == "CodeDeployAutoUpdate":
        return "CodeDeploy's follow-on deployment (CodeDeployAutoUpdate, to instances launched meanwhile)"
    who = {"codeDeployRollback": "CodeDeploy's", "person": "A person's", "user": "A user's"}[record.creator]
    if record.creator == "user" and record.rollback:
        who = "The pipeline's"  # of a finished stage; CodeDeploy rolls back none that succeeded
    return f"{who} {'rollback ' if record.rollback else ''}deployment"


def targets(trace: Trace) -> Iterator[Moment]:
    """Targets of a fleet in batches; the one target of a Lambda deployment event by event."""
    first: dict[int, DeploymentChange] = {}
    for record in trace.records:
        if isinstance(record, DeploymentChange) and record.creator not in CREATORS:
            first.setdefault(record.deployment, record)
    stages = stage_of(trace)
    for number, record in sorted(first.items()):
        if trace.platform == "server" and trace.deployment_type == "blue_green":
            yield from sides.told(trace, number)
        elif trace.platform == "server":
            of = " of the way back" if record.rollback else " of the repair" if number else ""
            of = " of the follow-on" if record.creator == "CodeDeployAutoUpdate" else of
            of = f" of stage {quoted(stages[number])}" if number in stages else of
            yield from _fleet(trace, batches.journeys(trace, number), batches.targets_of(trace, number), of)
        else:
            yield from _events(trace, number)


def _fleet(trace: Trace, found: list[Journey], size: int, of: str) -> Iterator[Moment]:
    grouped = batches.batches(found)
    quiet: list[list[Journey]] = []
    for index, batch in enumerate(grouped):
        smooth = all(journey.status == "Succeeded" for journey in batch)
        if smooth and len(grouped) > BATCHES_TOLD and 2 <= index < len(grouped) - 1:
            quiet.append(batch)
            continue
        yield from _followers(trace, quiet)
        quiet = []
        waiting = size - sum(len(begun) for begun in grouped[: index + 1])
        place = Place(index + 1, of, size, waiting, index + 1 < len(grouped), _kept(grouped[:index], batch, waiting))
        yield _begin(trace, batch, place)
        yield _end(trace, batch, place)
    yield from _followers(trace, quiet)


def _kept(before: Sequence[Sequence[Journey]], batch: Sequence[Journey], waiting: int) -> int:
    """Places that earlier failures keep, where they are what makes this batch smaller than the first."""
    failed = sum(journey.status == "Failed" for each in before for journey in each)
    return failed if failed and waiting and len(batch) + failed == len(before[0]) else 0


def _begin(trace: Trace, batch: Sequence[Journey], place: Place) -> Moment:
    names = (*NEXT_BATCH, *(TIES if place.of and place.number == 1 else ()))
    text = batch_words.begins(batch, place)
    return Moment(batch[0].began, min(j.order for j in batch), text, relied_on(names, trace))


def _end(trace: Trace, batch: Sequence[Journey], place: Place) -> Moment:
    codes = [journey.failed_event.code for journey in batch if journey.failed_event is not None]
    names = [name for code in codes for name in of_code(code)]
    names += of_event(batches.slowest(batch).longest.event, trace.platform)
    text = batch_words.ends(batch, place)
    return Moment(max(j.ended for j in batch), max(j.order for j in batch), text, relied_on(names, trace))


def _followers(trace: Trace, quiet: list[list[Journey]]) -> Iterator[Moment]:
    if quiet:
        text, rules = batch_words.follow(quiet), relied_on(NEXT_BATCH, trace)
        yield Moment(quiet[0][0].began, quiet[0][0].order, text, rules)


def _events(trace: Trace, deployment: int) -> Iterator[Moment]:
    """Events of a Lambda deployment; an AllowTraffic that takes no time is told by its shift alone."""
    skipped: list[str] = []
    last: tuple[float, int] = (0.0, FIRST)
    where = whereabouts(trace).get(deployment, "")
    for order, record in enumerate(trace.records):
        if not isinstance(record, EventRun) or record.deployment != deployment:
            continue
        last = record.time, order
        if record.status == "Skipped":
            skipped.append(record.event)
            continue
        lasted = record.time - record.started
        if record.event == "AllowTraffic" and record.status == "Succeeded" and lasted < 1:
            continue
        code = f" ({safe(record.code)})" if record.code else ""
        yield _moment(
            trace, order, record, f"{record.event}{where}: {record.status}{code} after {units.human(lasted)}."
        )
    if skipped:
        yield Moment(*last, f"{', '.join(skipped)}{where}: Skipped.", ("lifecycle.events",))


def shifts(trace: Trace) -> Iterator[Moment]:
    """Traffic of an alias or a listener, with the wait until the next shift of the same deployment."""
    moved: dict[int, list[tuple[int, Shift]]] = defaultdict(list)
    for order, record in enumerate(trace.records):
        if isinstance(record, Shift):
            moved[record.deployment].append((order, record))
    where, back = whereabouts(trace), ways_back(trace)
    for number, mine in moved.items():
        verb = f"AllowTraffic{where.get(number, '')}"
        for place, (order, shift) in enumerate(mine):
            if len(mine) > SHIFTS_TOLD and 2 <= place < len(mine) - 1:
                if place == 2:
                    yield _moment(
                        trace, order, shift, f"{verb}: {_steps([each for _, each in mine[2:-1]], _new(trace))}"
                    )
                continue
            later = mine[place + 1][1] if place + 1 < len(mine) else shift
            # Traffic that a person takes away by hand is no shift that anybody waited for.
            by_hand = number not in back and later.weight_new < shift.weight_new
            until = 0.0 if by_hand else later.time - shift.time
            wait = f" It waits {units.human(until)} before the next shift." if until else ""
            yield _moment(trace, order, shift, f"{verb}: {_weight(shift)} on the {_new(trace)}.{wait}")


def _new(trace: Trace) -> str:
    """What the new revision's side is called."""
    return "new task set" if trace.platform == "ecs" else "new version"


def _steps(between: Sequence[Shift], new: str) -> str:
    low, high = between[0].weight_new * 100, between[-1].weight_new * 100
    if len(between) == 1:
        return f"{_weight(between[0])} on the {new}."
    every = units.human((between[-1].time - between[0].time) / (len(between) - 1))
    return f"{low:.3g} % to {high:.3g} % in {len(between)} shifts, {every} apart."


def _weight(shift: Shift) -> str:
    if shift.weight_new <= 0:
        return "no production traffic"
    return (
        "all production traffic" if shift.weight_new >= 1 else f"{shift.weight_new * 100:.3g} % of production traffic"
    )


def felt(trace: Trace) -> Iterator[Moment]:
    """What users felt."""
    for note in users.notes(trace):
        yield Moment(note.time, note.order, note.text, behind(trace.records[note.order], trace))


def alarms(trace: Trace) -> Iterator[Moment]:
    """Alarms from zero on; before that only those that are in ALARM when the deployment begins."""
    before: dict[str, tuple[int, AlarmChange]] = {}
    told: dict[str, list[Moment]] = defaultdict(list)
    for order, record in enumerate(trace.records):
        if isinstance(record, AlarmChange) and record.time < 0:
            before[record.alarm] = order, record
        elif isinstance(record, AlarmChange):
            told[record.alarm].append(_moment(trace, order, record, _changed(record)))
    for _, record in before.values():
        if record.state == "ALARM":
            text = f"Alarm {quoted(record.alarm)} is already in ALARM, since {clock(record.time)}."
            yield Moment(0.0, FIRST + 1, text, behind(record, trace))
    for alarm, moments in told.items():
        yield from moments[:CHANGES_TOLD]
        rest = moments[CHANGES_TOLD:]
        if rest:
            text = f"Alarm {quoted(alarm)} changes {len(rest)} times more until {clock(rest[-1].time)}."
            yield rest[0]._replace(text=text) if len(rest) > 1 else rest[0]


def _changed(record: AlarmChange) -> str:
    why = ""
    if record.state == "ALARM" and record.slot_end is not None:
        read = "" if record.delivered is None else f" and could be read at {clock(record.delivered)}"
        why = f": the datapoint that tipped it was complete at {clock(record.slot_end)}{read}"
    return f"Alarm {quoted(record.alarm)} goes to {record.state}{why}."


def deeds(trace: Trace) -> Iterator[Moment]:
    """Triggers and people, each act with the time it took since the one before."""
    before: float | None = None
    for order, record in enumerate(trace.records):
        if isinstance(record, Trigger):
            yield _moment(trace, order, record, _decided(record, gate_that_stopped(trace)))
        elif isinstance(record, PersonAct):
            after = "" if before is None else units.human(record.time - before)
            text = stands_down(trace, order) if record.what == "stands down" else _act(record, after)
            yield _moment(trace, order, record, text)
            before = None if record.what == "stands down" else record.time


def _act(act: PersonAct, after: str) -> str:
    detail = re.sub(r"(?<=\d)%", " %", safe(act.detail)) if act.detail else ""
    took = f" {after} later" if after else ""
    match act.what:
        case "paged":
            return f"Somebody is paged{f': {detail}' if detail else ''}."
        case "noticed":
            return f"Somebody notices by themselves that something is wrong{f': {detail}' if detail else ''}."
        case "acknowledged":
            return f"The page is acknowledged{took}; somebody is looking."
        case "decided":
            return f"They have understood enough to decide{took}{f': {detail}' if detail else ''}."
        case "registers":
            known = "as is assumed, since CodeDeploy has let go of them"
            return f"They register the {detail} with the load balancer by hand, {known}."
        case "deregisters":
            return f"The originals are healthy{took}; they deregister the {detail}, all at once."
        case "holds":
            return "They hold the pipeline first: no further stage begins."
        case "repairs":
            return f"They begin to repair what is broken{f': {detail}' if detail else ''}."
        case "repaired":
            return f"Their repair is done{took}."
        case "stands down":
            return "They stand down."
        case "stops":
            return f"They stop the deployment{took}."
        case "rolls back":
            return f"They begin to roll back by hand{took}."


def _decided(trigger: Trigger, gate: str | None) -> str:
    alarm = "an alarm" if trigger.alarm is None else f"alarm {quoted(trigger.alarm)}"
    if trigger.kind == "alarm":
        if gate is not None:
            return f"The way back is decided, by {alarm}, which closed the gate of stage {quoted(gate)}."
        seen = "" if trigger.polled is None else f", which CodeDeploy saw when it looked at {clock(trigger.polled)}"
        return f"The way back is decided, by {alarm}{seen}."
    if trigger.kind == "failure":
        return "The way back is decided, because the deployment failed."
    called = "" if trigger.alarm is None else f", whom {alarm} had called"
    return f"The way back is decided, by a person{called}."


def struck(trace: Trace) -> Iterator[Moment]:
    """Faults, and hosts that die and come back."""
    for trouble in troubles(trace):
        until = f", until {clock(trouble.until)}" if trouble.until - trouble.time >= 1 else ""
        rules = behind(trace.records[trouble.order], trace)
        yield Moment(trouble.time, trouble.order, f"{trouble.text}{until}.", rules)


def demand(trace: Trace) -> float | None:
    """Requests per second at the beginning; None where the trace says nothing of them."""
    return next((record.flow.demand for record in trace.records if isinstance(record, FlowChange)), None)


def _moment(trace: Trace, order: int, record: Record, text: str) -> Moment:
    return Moment(max(record.time, 0.0), order, text, behind(record, trace))
