"""The chapter of a story about an Auto Scaling group: who is launched, who goes into service, who is given up or gone.

The one thing a newcomer would get wrong: a group whose instances fail goes on launching. The first rounds are told, the
rest become one sentence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from simulator.trace.batches import targets
from simulator.trace.behind import behind
from simulator.trace.moments import Moment, clock
from simulator.trace.records import Scaling, Trace

# Deployments to single instances, told here and not beside those to the fleet.
CREATORS = frozenset({"autoscaling", "autoscalingTermination"})
# Instances given up that are told one by one.
GIVEN_UP_TOLD = 3
_REVISIONS = {"old": "the previous revision", "new": "the new revision", None: "nothing"}


def told(trace: Trace) -> Iterator[Moment]:
    """Steps of the group in order."""
    steps = [(order, record) for order, record in enumerate(trace.records) if isinstance(record, Scaling)]
    wanted = steps[0][1].serving if steps else 0
    for order, record in steps:
        if record.what in ("scale-out", "scale-in"):
            yield Moment(record.time, order, _wants(record, wanted), behind(record, trace))
            wanted = record.instances
        elif record.what == "CONTINUE":
            yield Moment(record.time, order, _goes_on(record), behind(record, trace))
    given_up = [(order, record) for order, record in steps if record.what == "ABANDON"]
    yield from _given_up(trace, given_up)
    abandoned = {record.target for _, record in given_up}
    for order, record in steps:
        if record.what == "terminated" and record.target not in abandoned:
            yield Moment(record.time, order, f"Target {record.target} is terminated.", behind(record, trace))


def _wants(record: Scaling, before: int) -> str:
    """Say what changes.

    >>> _wants(Scaling(9.0, "scale-out", 4, 3), 3), _wants(Scaling(9.0, "scale-in", 1, 3), 3)
    ('Auto Scaling wants 4 instances, 1 more, and launches it.', 'Auto Scaling wants 1 instance, 2 fewer.')
    """
    change, instances = record.instances - before, record.instances
    wants = f"Auto Scaling wants {instances} instance{'' if instances == 1 else 's'}"
    if change < 0:
        return f"{wants}, {-change} fewer."
    return f"{wants}, {change} more, and launches {'it' if change == 1 else 'them'}."


def _goes_on(record: Scaling) -> str:
    revision = _REVISIONS[record.revision]
    return f"Target {record.target} is launched with {revision}, the last that succeeded, and goes into service."


def _given_up(trace: Trace, steps: Sequence[tuple[int, Scaling]]) -> Iterator[Moment]:
    for order, record in steps[:GIVEN_UP_TOLD]:
        what = f"{_REVISIONS[record.revision]}, the last that succeeded, does not get through on it"
        text = f"Target {record.target} is launched and given up: {what}."
        yield Moment(record.time, order, text, behind(record, trace))
    rest = steps[GIVEN_UP_TOLD:]
    if rest:
        order, first = rest[0]
        numbers = targets(record.target for _, record in rest if record.target is not None)
        until = clock(rest[-1][1].time)
        more = f"{len(rest)} more are launched and given up until {until}" if len(rest) > 1 else "one more is given up"
        yield Moment(first.time, order, f"Again and again: {more} ({numbers}).", behind(first, trace))
