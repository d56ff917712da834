"""What is still wrong when people stand down; they do so when the service looks well, and when they have given up.

The one thing a newcomer would get wrong: nobody working on it any more is not the same as nothing left to do. A
target that failed stays out of service, and people try a few times and no more.
"""

from __future__ import annotations

from collections.abc import Iterable

from simulator.trace.batches import targets
from simulator.trace.records import DeploymentChange, FlowChange, PersonAct, Record, ServiceChange, Trace

# What puts a target out of service and what ends that; one thing is being sent requests, another answering them.
_SENT_NONE = {"leaves": True, "returns": False, "repaired": False}
_ANSWERS_NONE = {"down": True, "dies": True, "up": False, "repaired": False, "dark": True, "back": False}
_TRIES = ("stops", "rolls back", "repairs")
_TIMES = {1: "once", 2: "twice"}
# A failing share below this is not worth a word.
_NOTHING = 0.0005


def split_word(platform: str, *, several_regions: bool = False) -> str:
    """What a service is called that both revisions are left in.

    >>> split_word("server"), split_word("lambda"), split_word("ecs"), split_word("ecs", several_regions=True)
    ('split fleet', 'split alias', 'split listener', 'split between regions')
    """
    if several_regions:
        return "split between regions"
    return {"server": "split fleet", "lambda": "split alias"}.get(platform, "split listener")


def left_behind(trace: Trace) -> str:
    """What a run that got nowhere leaves: a split service, nobody to answer, or one revision not as it should be."""
    flow = next((record.flow for record in reversed(trace.records) if isinstance(record, FlowChange)), None)
    if flow is None or (flow.share_old > 0 and flow.share_new > 0):
        regions = {record.region for record in trace.records if isinstance(record, DeploymentChange)}
        return f"a {split_word(trace.platform, several_regions=len(regions) > 1)}"
    if flow.share_old == flow.share_new == 0:
        return "nobody to answer requests"
    return f"the {'new' if flow.share_new > 0 else 'previous'} revision with all traffic"


def stands_down(trace: Trace, order: int) -> str:
    """Tell that people stand down, how often they tried, and what is still wrong.

    Parameters
    ----------
    trace : Trace
        Of full grain, so that targets out of service can be named.
    order : int
        Place of the act in the trace.
    """
    before = trace.records[:order]
    out = _out_of_service(trace, before)
    flow = next((record.flow for record in reversed(before) if isinstance(record, FlowChange)), None)
    failing = flow.failing_share if flow is not None else 0.0
    left = [f"{targets(out)} {'is' if len(out) == 1 else 'are'} still out of service"] if out else []
    left += [f"{failing * 100:.2g} % of requests still fail"] if failing > _NOTHING else []
    if not left:
        return "They stand down; there is nothing left to do."
    tried = sum(isinstance(record, PersonAct) and record.what in _TRIES for record in before)
    if tried and (out or (flow is not None and flow.share_new > 0)):
        times = _TIMES.get(tried, f"{tried} times")
        return f"They have tried {times} and leave the rest to others: {', and '.join(left)}."
    return f"They stand down, though {', and '.join(left)}."


def _out_of_service(trace: Trace, before: Iterable[Record]) -> set[int]:
    sent_none: dict[int, bool] = {}
    answers_none: dict[int, bool] = {}
    for record in before:
        if isinstance(record, ServiceChange):
            # Originals of a blue/green deployment leave for good.
            if record.what in _SENT_NONE and trace.deployment_type == "in_place":
                sent_none[record.target] = _SENT_NONE[record.what]
            if record.what in _ANSWERS_NONE:
                answers_none[record.target] = _ANSWERS_NONE[record.what]
    return {number for found in (sent_none, answers_none) for number, is_out in found.items() if is_out}
