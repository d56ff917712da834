"""One run told as a story: what happened when, who waited for what, and what users felt.

The one thing a newcomer would get wrong: a story is not the trace with other words. Targets are told in
batches, the failing share in the changes that matter, and events keep the names AWS prints.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from simulator import units
from simulator.errors import quoted
from simulator.model.context import WEEKDAYS
from simulator.model.scenario import Scenario
from simulator.model.service import ServerFleet
from simulator.trace import batches, users
from simulator.trace.records import (
    AlarmChange,
    DeploymentChange,
    EventRun,
    FlowChange,
    PersonAct,
    Shift,
    Trace,
    Trigger,
)
from simulator.trace.troubles import troubles

# Batches of a deployment told one by one; with more, those in the middle become one sentence.
BATCHES_TOLD = 5
# Changes of one alarm told one by one.
CHANGES_TOLD = 6
_FIRST, _LAST = -1, 1 << 60


class Moment(NamedTuple):
    """One sentence of the story; `order` is its place among others of the same instant."""

    time: float
    order: int
    text: str


def narrate(trace: Trace, scenario: Scenario) -> list[str]:
    """Tell one run: a line per moment, with the clock since CreateDeployment and the clock on the wall.

    Parameters
    ----------
    trace : Trace
        Of full grain; one of grain ``states`` gives a shorter story.
    scenario : Scenario
        The one that was run, with the trace's strategy in it.

    Returns
    -------
    list of str
        Such as ``"  12:34  Tue 10:12:34  Alarm 'checkout-5xx' goes to ALARM."``
    """
    start = scenario.under(trace.strategy).start.second_of_week
    told = story(trace, scenario)
    wide = max(len(clock(moment.time)) for moment in told)
    return [f"{clock(time):>{wide}}  {wall_clock(start + time)}  {text}" for time, _, text in told]


def story(trace: Trace, scenario: Scenario) -> list[Moment]:
    """Tell the moments of a run in order; `narrate` puts the clocks in front."""
    world = scenario.under(trace.strategy)
    told = [
        _opening(trace, world),
        *_deployments(trace),
        *_targets(trace),
        *_shifts(trace),
        *(Moment(*note) for note in users.notes(trace)),
        *_alarms(trace),
        *_deeds(trace),
        *_troubles(trace),
        _closing(trace),
    ]
    return sorted(told, key=lambda moment: (moment.time, moment.order))


def clock(seconds: float) -> str:
    """Write an instant as a stopwatch shows it.

    >>> clock(74.6), clock(3723), clock(-30), clock(90_000)
    ('1:14', '1:02:03', '-0:30', '25:00:00')
    """
    sign, whole = ("-" if seconds <= -1 else ""), int(abs(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, second = divmod(rest, 60)
    return f"{sign}{hours}:{minutes:02}:{second:02}" if hours else f"{sign}{minutes}:{second:02}"


def wall_clock(second_of_week: float) -> str:
    """Write a second of the week as weekday and time.

    >>> wall_clock(86_400 + 36_000)
    'Tue 10:00:00'
    """
    day, second = divmod(int(second_of_week // 1) % (7 * 86_400), 86_400)
    return f"{WEEKDAYS[day][:3]} {second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"


def _opening(trace: Trace, world: Scenario) -> Moment:
    service, strategy = world.service, world.strategies[0]
    if isinstance(service, ServerFleet):
        kind = f" ({service.fleet.instance_type})" if service.fleet.instance_type else ""
        what = f"{service.fleet.size} target{'s' if service.fleet.size > 1 else ''}{_safe(kind)}"
    else:
        what = f"function {quoted(service.function)}, alias {quoted(service.alias)}"
    flow = next((record.flow for record in trace.records if isinstance(record, FlowChange)), None)
    demand = f" and {flow.demand:,.3g} requests/s" if flow is not None and flow.demand < 1e3 else ""
    if flow is not None and not demand:
        demand = f" and {flow.demand:,.0f} requests/s"
    revision = "good" if trace.defect is None else f"bad ({_safe(trace.defect)}), which nobody knows yet"
    name = "" if world.revision.name == "new" else f" {quoted(world.revision.name)}"
    configuration = _safe(strategy.configuration.name)
    text = (
        f"CreateDeployment, {quoted(strategy.name)} ({configuration}), on {what}{demand}. "
        f"The new revision{name} is {revision}."
    )
    return Moment(0.0, _FIRST, text)


def _deployments(trace: Trace) -> Iterator[Moment]:
    """Every deployment's begin and end; the first one's begin is the opening."""
    created: dict[int, float] = {}
    names: dict[int, str] = {}
    for order, record in enumerate(trace.records):
        if not isinstance(record, DeploymentChange):
            continue
        number = record.deployment
        if number not in created:
            created[number] = record.time
            names[number] = _deployment_name(record)
            if number > 0:
                what = "the previous revision goes back on" if record.rollback else "the new revision goes on"
                yield Moment(record.time, order, f"{names[number]} is created: {what}.")
        if record.status in ("Succeeded", "Failed", "Stopped"):
            code = f" ({_safe(record.code)})" if record.code else ""
            lasted = units.human(record.time - created[number])
            yield Moment(record.time, order, f"{names[number]} is {record.status}{code} after {lasted}.")


def _deployment_name(record: DeploymentChange) -> str:
    if record.deployment == 0:
        return "The deployment"
    who = {"codeDeployRollback": "CodeDeploy's", "person": "A person's", "user": "A user's"}[record.creator]
    return f"{who} {'rollback ' if record.rollback else ''}deployment"


def _targets(trace: Trace) -> Iterator[Moment]:
    """Targets of a fleet in batches; the one target of a Lambda deployment event by event."""
    numbers = sorted({record.deployment for record in trace.records if isinstance(record, DeploymentChange)})
    for number in numbers:
        if trace.platform == "server":
            yield from _fleet(batches.journeys(trace, number), batches.targets_of(trace, number))
        else:
            yield from _events(trace, number)


def _fleet(found: list[batches.Journey], size: int) -> Iterator[Moment]:
    grouped = batches.batches(found)
    quiet: list[list[batches.Journey]] = []
    for index, batch in enumerate(grouped):
        smooth = all(journey.status == "Succeeded" for journey in batch)
        if smooth and len(grouped) > BATCHES_TOLD and 2 <= index < len(grouped) - 1:
            quiet.append(batch)
            continue
        yield from _followers(quiet)
        quiet = []
        waiting = size - sum(len(begun) for begun in grouped[: index + 1])
        yield Moment(batch[0].began, min(j.order for j in batch), batches.begins(batch, waiting))
        yield Moment(max(j.ended for j in batch), max(j.order for j in batch), batches.ends(batch))
    yield from _followers(quiet)


def _followers(quiet: list[list[batches.Journey]]) -> Iterator[Moment]:
    if quiet:
        yield Moment(quiet[0][0].began, quiet[0][0].order, batches.follow(quiet))


def _events(trace: Trace, deployment: int) -> Iterator[Moment]:
    skipped: list[str] = []
    last: tuple[float, int] = (0.0, _FIRST)
    for order, record in enumerate(trace.records):
        if not isinstance(record, EventRun) or record.deployment != deployment:
            continue
        last = record.time, order
        if record.status == "Skipped":
            skipped.append(record.event)
            continue
        code = f" ({_safe(record.code)})" if record.code else ""
        lasted = units.human(record.time - record.started)
        yield Moment(record.time, order, f"{record.event}: {record.status}{code} after {lasted}.")
    if skipped:
        yield Moment(*last, f"{', '.join(skipped)}: Skipped.")


def _shifts(trace: Trace) -> Iterator[Moment]:
    """Traffic of an alias, with the wait until the next shift of the same deployment."""
    shifts = [(order, record) for order, record in enumerate(trace.records) if isinstance(record, Shift)]
    for place, (order, shift) in enumerate(shifts):
        share = f"{shift.weight_new * 100:.3g} % of production traffic"
        if shift.weight_new <= 0:
            share = "no production traffic"
        elif shift.weight_new >= 1:
            share = "all production traffic"
        wait = ""
        if place + 1 < len(shifts) and shifts[place + 1][1].deployment == shift.deployment:
            wait = f"; {units.human(shifts[place + 1][1].time - shift.time)} until the next shift"
        yield Moment(shift.time, order, f"AllowTraffic: {share} on the new version{wait}.")


def _alarms(trace: Trace) -> Iterator[Moment]:
    """Alarms from zero on; before that only those that are in ALARM when the deployment begins."""
    before: dict[str, AlarmChange] = {}
    told: dict[str, list[Moment]] = defaultdict(list)
    for order, record in enumerate(trace.records):
        if isinstance(record, AlarmChange) and record.time < 0:
            before[record.alarm] = record
        elif isinstance(record, AlarmChange):
            told[record.alarm].append(Moment(record.time, order, _changed(record)))
    for record in before.values():
        if record.state == "ALARM":
            since = f"since {clock(record.time)}"
            yield Moment(0.0, _FIRST + 1, f"Alarm {quoted(record.alarm)} is already in ALARM, {since}.")
    for alarm, moments in told.items():
        yield from moments[:CHANGES_TOLD]
        rest = moments[CHANGES_TOLD:]
        if rest:
            text = f"Alarm {quoted(alarm)} changes {len(rest)} times more until {clock(rest[-1].time)}."
            yield Moment(rest[0].time, rest[0].order, text if len(rest) > 1 else rest[0].text)


def _changed(record: AlarmChange) -> str:
    why = ""
    if record.state == "ALARM" and record.slot_end is not None:
        delivered = "" if record.delivered is None else f", readable at {clock(record.delivered)}"
        why = f" (the datapoint that tipped it ends at {clock(record.slot_end)}{delivered})"
    return f"Alarm {quoted(record.alarm)} goes to {record.state}{why}."


def _deeds(trace: Trace) -> Iterator[Moment]:
    """Triggers and people."""
    for order, record in enumerate(trace.records):
        if isinstance(record, Trigger):
            yield Moment(record.time, order, _decided(record))
        elif isinstance(record, PersonAct):
            detail = f" ({_safe(record.detail)})" if record.detail else ""
            yield Moment(max(record.time, 0.0), order, f"{_PEOPLE[record.what]}{detail}.")


def _decided(trigger: Trigger) -> str:
    alarm = "an alarm" if trigger.alarm is None else f"alarm {quoted(trigger.alarm)}"
    if trigger.kind == "alarm":
        seen = "" if trigger.polled is None else f", which CodeDeploy saw at {clock(trigger.polled)}"
        return f"The way back is decided, by {alarm}{seen}."
    if trigger.kind == "failure":
        return "The way back is decided, because the deployment failed."
    called = "" if trigger.alarm is None else f", whom {alarm} had called"
    return f"The way back is decided, by a person{called}."


def _troubles(trace: Trace) -> Iterator[Moment]:
    for trouble in troubles(trace):
        until = f", until {clock(trouble.until)}" if trouble.until - trouble.time >= 1 else ""
        yield Moment(trouble.time, trouble.order, f"{trouble.text}{until}.")


_PEOPLE = {
    "paged": "Somebody is paged",
    "noticed": "Somebody notices by themselves that something is wrong",
    "acknowledged": "The page is acknowledged; somebody is looking",
    "decided": "They have understood enough to decide",
    "stops": "They stop the deployment",
    "rolls back": "They begin to roll back by hand",
    "repairs": "They begin to repair what is broken",
    "repaired": "Their repair is done",
    "stands down": "They stand down; there is nothing left to do",
}


def _closing(trace: Trace) -> Moment:
    flow = next((r.flow for r in reversed(trace.records) if isinstance(r, FlowChange)), None)
    serving = ""
    if flow is not None and (flow.share_new in (0.0, 1.0) or flow.share_old in (0.0, 1.0)):
        serving = f" The {'new' if flow.share_new > flow.share_old else 'previous'} revision has all traffic."
    elif flow is not None:
        serving = f" Both revisions serve, the new one {flow.share_new * 100:.3g} % of the traffic."
    failed = users.failed_requests(trace)
    harm = f" {failed:,.0f} requests failed in all." if failed >= 0.5 else " No request failed because of it."
    how = "Settled." if trace.end.how == "settled" else "The horizon is reached and the service is not settled."
    return Moment(trace.end.time, _LAST + 1, how + serving + harm)


def _safe(text: str) -> str:
    """Text of a file in a sentence: control characters escaped, shortened."""
    return quoted(text, limit=120)[1:-1]
