"""The chapter of a story about tries: what servers see where clients try again.

The one thing a newcomer would get wrong: users' losses are told elsewhere. Here stands what hides behind them, the
load that their tries make.
"""

from __future__ import annotations

from collections.abc import Iterator

from simulator.trace.behind import behind
from simulator.trace.moments import Moment
from simulator.trace.records import Attempts, Trace

# Times in which tries fail beyond those that fail anyway, told one by one.
STORMS_TOLD = 4
NOTHING = 1e-9  # a rate below this is rounding


def told(trace: Trace) -> Iterator[Moment]:
    """Each time in which more tries fail than would anyway, at its highest load; the first few of them."""
    storms: list[tuple[int, Attempts]] = []
    calm = True
    for order, record in enumerate(trace.records):
        if not isinstance(record, Attempts):
            continue
        fails = record.failed - record.failed_anyway > NOTHING
        if fails and calm:
            storms.append((order, record))
        elif fails and record.load > storms[-1][1].load:
            storms[-1] = order, record
        calm = not fails
    for order, record in storms[:STORMS_TOLD]:
        yield Moment(record.time, order, _sentence(record), behind(record, trace))


def _sentence(record: Attempts) -> str:
    """Say what servers see.

    >>> _sentence(Attempts(10.0, 1219.7, 719.7, 0.0))
    'Servers: clients try again, so they see 1,220 requests a second, of which 720 fail.'
    """
    seen = f"{record.load:,.0f} requests a second, of which {record.failed:,.0f} fail"
    return f"Servers: clients try again, so they see {seen}."
