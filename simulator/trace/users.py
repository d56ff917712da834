"""What users felt, told in a handful of changes however many the trace records.

The one thing a newcomer would get wrong: a rolling deployment changes the failing share with every target, so
a change is worth a sentence only when the share has grown or shrunk by a factor; the factor rises, and short
rests are passed over, until the whole fits in a few sentences.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from simulator.model.flow import Flow
from simulator.trace.records import FlowChange, ServiceChange, Trace

MOST_NOTES = 10
# (factor between told shares, seconds of rest that are passed over), from fine to coarse.
_COARSER = ((2.0, 0.0), (2.0, 60.0), (4.0, 120.0), (4.0, 600.0), (math.inf, 600.0), (math.inf, math.inf))
# Shares below this are rounding, not harm.
NOTHING = 1e-9
# A state of this many seconds is one that people would tell of.
STEADY_S = 5.0
_SCARCE = {
    "server": "too few targets are in service for the demand",
    "lambda": "too few environments are there for the demand",
}


class Felt(NamedTuple):
    """From `time` on the flow is this; `order` is the record's place in the trace."""

    time: float
    order: int
    flow: Flow

    @property
    def share(self) -> float:
        """The failing share of requests."""
        share = self.flow.failing_share
        return share if share > NOTHING else 0.0


class Note(NamedTuple):
    """One sentence about what users feel."""

    time: float
    order: int
    text: str


def failed_requests(trace: Trace) -> float:
    """Count the requests that failed beyond the baseline, from zero to the end of the run."""
    changes = [record for record in trace.records if isinstance(record, FlowChange)]
    total = 0.0
    for change, until in zip(changes, [*(later.time for later in changes[1:]), trace.end.time], strict=True):
        lost = change.flow.untouched - change.flow.good
        total += lost * max(0.0, until - max(change.time, 0.0))
    return total


def notes(trace: Trace) -> list[Note]:
    """Sentences about the failing share, as few as tell its course."""
    felt = [
        Felt(max(record.time, 0.0), index, record.flow)
        for index, record in enumerate(trace.records)
        if isinstance(record, FlowChange)
    ]
    steady = _steady(felt)
    if not any(state.share > 0 for state in steady):
        steady = felt
    cause = _SCARCE.get(trace.platform, "capacity is too small for the demand")
    if any(isinstance(record, ServiceChange) and record.what == "warm" for record in trace.records):
        cause = "too few targets are in service, and warm, for the demand"
    found: list[Note] = []
    for factor, rest in _COARSER:
        found = list(_told(_without_rests(steady, rest), factor, cause))
        if len(found) <= MOST_NOTES:
            break
    return found


def _steady(felt: list[Felt]) -> list[Felt]:
    """Of changes in quick succession keep the last, and one now and then while they go on."""
    kept: list[Felt] = []
    for this, later in pairwise(felt):
        lasts = later.time - this.time
        if lasts >= STEADY_S or (lasts > 0 and kept and this.time - kept[-1].time >= 6 * STEADY_S):
            kept.append(this)
    return kept + felt[-1:]


def _without_rests(felt: list[Felt], rest: float) -> list[Felt]:
    """Leave out stretches without harm that are shorter than `rest`, the first and the last excepted."""
    kept: list[Felt] = []
    resting: list[Felt] = []
    harmed = False
    for state in felt:
        if state.share == 0 and harmed:
            resting.append(state)
            continue
        if resting and state.time - resting[0].time >= rest:
            kept += resting
        resting = []
        harmed = harmed or state.share > 0
        kept.append(state)
    return kept + resting


def _told(felt: list[Felt], factor: float, scarce: str) -> Iterator[Note]:
    said = 0.0
    for index, state in enumerate(felt):
        share = state.share
        if share == 0 and said > 0:
            yield Note(state.time, state.order, "Users: requests are answered as well as before again.")
        elif share > 0 and said == 0:
            following = _until_well(felt, index)
            yield Note(
                state.time,
                state.order,
                _first(state, max(following, key=lambda later: later.share), factor, scarce),
            )
        elif share > 0 and not said / factor < share < said * factor:
            yield Note(
                state.time,
                state.order,
                f"Users: now {_failing(share)}{_cause(state.flow, scarce)}.",
            )
        else:
            continue
        said = share


def _until_well(felt: list[Felt], index: int) -> list[Felt]:
    end = next((later for later in range(index, len(felt)) if felt[later].share == 0), len(felt))
    return felt[index:end]


def _first(state: Felt, peak: Felt, factor: float, scarce: str) -> str:
    lost = state.flow.untouched - state.flow.good
    text = f"Users: {_failing(state.share)} ({_rate(lost)}){_cause(state.flow, scarce)}"
    if math.isinf(factor) and peak.share > 1.05 * state.share:
        text += f"; it comes to {_share(peak.share)} before it ends"
    return text + "."


def _cause(flow: Flow, scarce: str) -> str:
    if flow.capacity == 0 and flow.refused > 0:
        return ": nobody is in service to answer them"
    causes = {
        ": the new revision answers them with errors": flow.defect,
        f": {scarce}": flow.refused,
        ": they reach targets that do not answer": flow.dead,
    }
    largest = max(causes, key=lambda cause: causes[cause])
    lost = sum(causes.values())
    if lost <= 0:
        return ""
    return largest if causes[largest] > 0.9 * lost else largest.replace(": ", ", most because ", 1)


def _failing(share: float) -> str:
    return "every request fails" if share > 1 - NOTHING else f"{_share(share)} of requests fail"


def _share(share: float) -> str:
    return "all" if share > 1 - NOTHING else f"{share * 100:.2g} %" if share < 0.995 else f"{share * 100:.2f} %"


def _rate(lost: float) -> str:
    if lost >= 1:
        return f"{lost:,.0f} a second"
    return f"{lost * 60:.2g} a minute" if lost * 60 >= 1 else f"{lost * 3600:.2g} an hour"
