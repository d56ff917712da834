"""The two sides of an EC2 blue/green deployment: who is installed, who is registered, who leaves, and the waits.

The one thing a newcomer would get wrong: a replacement goes through its events in two parts, with a wait between them,
so its targets are grouped by part here and not into the batches of a fleet that is updated in place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

from simulator import units
from simulator.trace.batch_words import causes
from simulator.trace.batches import Journey, journeys, slowest, span, targets
from simulator.trace.behind import NEXT_BATCH, behind, of_code, of_event, relied_on
from simulator.trace.moments import Moment, clock
from simulator.trace.records import EventRun, TargetStatus, Trace, Wait

ALL_AT_ONCE = ", all at once"
INSTALLING, REGISTERING, LEAVING = "installing", "registering", "leaving"
PACE_OF_A_WAY_BACK = ("rollback_configuration", "manual_rollback_configuration")
_PART_OF: Mapping[str, str] = {
    "BeforeBlockTraffic": LEAVING,
    "BlockTraffic": LEAVING,
    "AfterBlockTraffic": LEAVING,
    "BeforeAllowTraffic": REGISTERING,
    "AllowTraffic": REGISTERING,
    "AfterAllowTraffic": REGISTERING,
}


class Part(NamedTuple):
    """Targets that went through the same events, and whether they are the replacements."""

    name: str
    replacements: bool
    members: list[Journey]

    @property
    def side(self) -> str:
        """What its targets are called."""
        kind = "replacement" if self.replacements else "original"
        return kind if len(self.members) == 1 else f"{kind}s"

    @property
    def began(self) -> float:
        """First start of an event."""
        return min(journey.began for journey in self.members)

    @property
    def ended(self) -> float:
        """Last end of a target."""
        return max(journey.ended for journey in self.members)


def parts(trace: Trace, deployment: int) -> list[Part]:
    """Parts of a deployment in the order in which they began; empty for a trace that recorded no events."""
    split: dict[str, list[Journey]] = {}
    orders = {
        (record.target, record.event): order
        for order, record in enumerate(trace.records)
        if isinstance(record, EventRun) and record.deployment == deployment
    }
    for journey in journeys(trace, deployment):
        of_part: dict[str, list[EventRun]] = {}
        for event in journey.events:
            of_part.setdefault(_PART_OF.get(event.event, INSTALLING), []).append(event)
        for place, (name, events) in enumerate(of_part.items()):
            last = place == len(of_part) - 1
            order = max(orders[journey.target, event.event] for event in events)
            split.setdefault(name, []).append(_share(journey, events, order, last=last))
    anew = INSTALLING in split
    found = [
        Part(name, anew != (name == LEAVING), sorted(members, key=lambda each: (each.began, each.target)))
        for name, members in split.items()
    ]
    return sorted(found, key=lambda part: (part.began, part.name == LEAVING))


def before_leaving(trace: Trace, deployment: int) -> list[Journey]:
    """Ways of targets until traffic has been moved; of a fleet that is updated in place their whole ways."""
    if trace.deployment_type != "blue_green":
        return journeys(trace, deployment)
    return [journey for part in parts(trace, deployment) if part.name != LEAVING for journey in part.members]


def _share(journey: Journey, events: list[EventRun], order: int, *, last: bool) -> Journey:
    """What a target did in one part."""
    failed = any(event.status != "Succeeded" for event in events) or (last and journey.status == "Failed")
    status: TargetStatus = "Failed" if failed else "Succeeded"
    ended = max(event.time for event in events)
    return Journey(journey.target, events[0].started, ended, status, tuple(events), order)


def told(trace: Trace, deployment: int) -> Iterator[Moment]:
    """Begin and end of each part of a deployment."""
    for part in parts(trace, deployment):
        slow = slowest(part.members)
        paced = () if part.replacements or part.name != REGISTERING else PACE_OF_A_WAY_BACK
        begins = relied_on((*NEXT_BATCH, f"blue_green.{_RULES[part.name]}", *paced), trace)
        # Records of an instant are told in their order; a part begins after what led to it.
        order = min(journey.order for journey in part.members)
        yield Moment(part.began, order, _begins(part), begins)
        codes = [journey.failed_event.code for journey in part.members if journey.failed_event is not None]
        names = [name for code in codes for name in of_code(code)] + [*of_event(slow.longest.event, trace.platform)]
        yield Moment(part.ended, max(journey.order for journey in part.members), _ends(part), relied_on(names, trace))


_RULES: Mapping[str, str] = {
    INSTALLING: "provisioning",
    REGISTERING: "may_register",
    LEAVING: "deregistered_at_once",
}


def _begins(part: Part) -> str:
    count, verb = len(part.members), "is" if len(part.members) == 1 else "are"
    who = f"{'The' if count == 1 else f'The {count}'} {part.side} ({targets(each.target for each in part.members)})"
    what = {
        INSTALLING: f"{verb} there, and the revision is installed on {'it' if count == 1 else 'them'}",
        REGISTERING: f"{verb} registered with the load balancer{'' if part.replacements else ' again'}",
        LEAVING: f"{verb} deregistered",
    }[part.name]
    pace = _pace(part.members)
    assumed = ""
    if part.name == REGISTERING and not part.replacements and pace and pace != ALL_AT_ONCE:
        assumed = ": the configuration's pace, which is assumed of a way back"
    return f"{who} {what}{pace}{assumed}."


def _pace(members: Sequence[Journey]) -> str:
    """How many at a time, from how many were under way together."""
    if len(members) == 1:
        return ""
    changes = [(each.began, 1) for each in members] + [(each.ended, -1) for each in members if each.ended > each.began]
    most = max(accumulate(change for _, change in sorted(changes)))
    if most >= len(members):
        return ALL_AT_ONCE
    return ", one at a time" if most == 1 else f", at most {most} at a time"


def _ends(part: Part) -> str:
    well = [journey for journey in part.members if journey.status == "Succeeded"]
    after = {INSTALLING: "ready", REGISTERING: "in service", LEAVING: "out of service"}[part.name]
    count, lasted = len(part.members), units.human(part.ended - part.began)
    slow = slowest(part.members)
    longest = slow.longest
    if len(well) == count:
        who = f"The {part.side} is" if count == 1 else f"All {count} {part.side} are"
        spread = span([journey.lasted for journey in part.members])
        each = "" if spread == lasted else f"; {spread} each"
        most = units.human(longest.time - longest.started)
        into = f", {'all' if most == units.human(slow.lasted) else most} of it in {longest.event}"
        return f"{who} {after} after {lasted}{each}{into}."
    why = "".join(
        f"; {targets(numbers)} failed {cause}"
        for cause, numbers in causes(journey for journey in part.members if journey.status == "Failed").items()
    )
    return f"{len(well)} of {count} {part.side} {'is' if len(well) == 1 else 'are'} {after} after {lasted}{why}."


def waits(trace: Trace) -> Iterator[Moment]:
    """Waits that a deployment sits through."""
    for order, record in enumerate(trace.records):
        if isinstance(record, Wait) and record.kind in _WAITS:
            lasts = units.human(record.ends - record.time)
            text = f"{record.kind}: {_WAITS[record.kind].format(lasts=lasts, ends=clock(record.ends))}"
            yield Moment(record.time, order, text, behind(record, trace))


_WAITS: Mapping[str, str] = {
    "READY_WAIT": "the replacement is ready and waits up to {lasts} before traffic moves, until {ends}.",
    "TERMINATION_WAIT": "the originals stand by for {lasts}, until {ends}; meanwhile traffic can go back to them.",
    "MONITOR": "the zone is done and is watched for {lasts}, until {ends}; an alarm would stop the deployment.",
}


def longest_stretch(trace: Trace) -> str:
    """Say which part or wait took most of the first deployment.

    Empty for a trace without any.
    """
    mine = parts(trace, 0)
    if not mine:
        return ""
    stretches = {f"{_DOING[part.name].format(side=part.side)}": part.ended - part.began for part in mine}
    stretches["launching the replacements"] = mine[0].began
    for record in trace.records:
        if isinstance(record, Wait) and record.deployment == 0:
            stretches[f"the {record.kind.lower().replace('_', ' ')}"] = record.ends - record.time
    name = max(stretches, key=lambda each: stretches[each])
    return f", {units.human(stretches[name])} of it {name}"


_DOING: Mapping[str, str] = {
    INSTALLING: "installing on the {side}",
    REGISTERING: "registering the {side}",
    LEAVING: "deregistering the {side}",
}
