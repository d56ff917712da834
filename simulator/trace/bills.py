"""The chapter of a story about units that come and go: what is billed from when on.

The one thing a newcomer would get wrong: the record counts all units of a colour, and what the rollout costs is only
what exceeds those at zero; the bill works that out.
"""

from __future__ import annotations

from collections.abc import Iterator

from simulator.errors import quoted
from simulator.trace.behind import behind
from simulator.trace.moments import Moment
from simulator.trace.records import Capacity, Scaling, Trace

# Changes of one colour told one by one; of more, the middle is left to the trace.
CHANGES_TOLD = 4


def billed(trace: Trace) -> Iterator[Moment]:
    """Units of each colour: the first and last changes, several of one instant as one.

    What an Auto Scaling group launches or terminates is no cost of the rollout, and told with the group.
    """
    if any(isinstance(record, Scaling) for record in trace.records):
        return
    changes: dict[tuple[str | None, str, str], dict[float, tuple[int, Capacity]]] = {}
    for order, record in enumerate(trace.records):
        if isinstance(record, Capacity):
            changes.setdefault((record.region, record.colour, record.item), {})[record.time] = order, record
    for told in changes.values():
        of_colour = list(told.values())
        for place, (order, record) in enumerate(of_colour):
            if CHANGES_TOLD // 2 <= place < len(of_colour) - CHANGES_TOLD // 2:
                continue
            yield Moment(record.time, order, _sentence(record), behind(record, trace))


def _sentence(record: Capacity) -> str:
    """Say what is billed from now on.

    >>> _sentence(Capacity(0.0, "new", "instance", 12)), _sentence(Capacity(9.0, "old", "task", 0))
    ('12 new instances are billed from now on.', 'No old task is billed from now on.')
    """
    where = "" if record.region is None else f" in {quoted(record.region)[1:-1]}"
    if record.units == 0:
        return f"No {record.colour} {record.item} is billed{where} from now on."
    one = record.units == 1
    items = record.item if one else f"{record.item}s"
    return f"{record.units} {record.colour} {items} {'is' if one else 'are'} billed{where} from now on."
