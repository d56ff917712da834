"""A trace as text: one line per record for reading and comparing, JSON Lines for other programs.

The one thing a newcomer would get wrong: a lifecycle event is recorded when it ends, so its line stands at
its end and says when it began. The story a person enjoys is `narrate`; why a run went as it went is `why`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

from simulator.errors import quoted
from simulator.trace.behind import behind
from simulator.trace.moments import defect_words
from simulator.trace.records import (
    AlarmChange,
    Attempts,
    Capacity,
    DeploymentChange,
    End,
    EventRun,
    FaultStrike,
    FlowChange,
    PersonAct,
    Record,
    Scaling,
    ServiceChange,
    Shift,
    StageChange,
    TargetChange,
    Trace,
    Trigger,
    Usage,
    Wait,
)
from simulator.trace.story import narrate
from simulator.trace.why import why

__all__ = ["FORMAT", "heading", "lines", "narrate", "to_json_lines", "why"]

FORMAT = 1


def lines(trace: Trace) -> Iterator[str]:
    """One line per record: time in seconds with three decimals, subject, what happened, the rules behind it.

    >>> from simulator.trace.records import DeploymentChange, End, Trace
    >>> run = Trace("server", "one-at-a-time", 7, 0, "good", None, "full")
    >>> run.records += [DeploymentChange(0.0, 0, "Created", "user"), End(61.5, "settled")]
    >>> for line in lines(run): print(line.strip())
    0.000  d-0  Created by user  [healthy_hosts.required, healthy_hosts.can_start]
    61.500  run  settled  [flow.covers]
    """
    for record in trace.records:
        subject, what = _told(record)
        yield f"{record.time:12.3f}  {subject}  {what}  [{', '.join(behind(record, trace))}]"


def heading(trace: Trace) -> str:
    """Say what gives the same trace again: strategy, seed, replication and the revision met."""
    revision = f"bad revision ({defect_words(trace.defect)})" if trace.defect is not None else "good revision"
    return f"{_plain(trace.strategy)}, seed {trace.seed}, replication {trace.replication}, {revision}"


def to_json_lines(trace: Trace) -> Iterator[str]:
    """One JSON object per line: what the trace is of, then every record with its kind, fields and rules.

    Infinite numbers are written as the text ``"Infinity"``, absent values as null.
    """
    yield _json(
        {
            "kind": "Trace",
            "format": FORMAT,
            "platform": trace.platform,
            "strategy": trace.strategy,
            "seed": trace.seed,
            "replication": trace.replication,
            "stratum": trace.stratum,
            "defect": trace.defect,
            "grain": trace.grain,
            "assumed": list(trace.assumed),
        }
    )
    for record in trace.records:
        fields = record._asdict()
        if isinstance(record, FlowChange):
            fields["flow"] = record.flow._asdict()
        yield _json({"kind": type(record).__name__, **fields, "rules": list(behind(record, trace))})


def _json(value: dict[str, Any]) -> str:
    return json.dumps(_finite(value), allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def _told(record: Record) -> tuple[str, str]:
    if isinstance(record, DeploymentChange | TargetChange | EventRun | Shift | Usage | Wait):
        return _of_a_deployment(record)
    match record:
        case FlowChange(flow=flow):
            losses = f"defect {flow.defect:.3f}  refused {flow.refused:.3f}  dead {flow.dead:.3f}"
            rates = f"demand {flow.demand:.3f}/s  good {flow.good:.3f}  {losses}"
            return "traffic", f"{rates}  new revision {flow.share_new:.3f}  capacity {flow.capacity:.3f}"
        case ServiceChange():
            return f"i-{record.target}", f"{record.what} ({record.revision} revision)"
        case AlarmChange():
            datapoint = _parts(("slot end", record.slot_end), ("delivered", record.delivered))
            return f"alarm {_plain(record.alarm)}", f"{record.state}{datapoint}"
        case Trigger():
            alarm = "" if record.alarm is None else f" {_plain(record.alarm)}"
            instants = _parts(
                ("slot end", record.slot_end),
                ("delivered", record.delivered),
                ("evaluated", record.evaluated),
                ("polled", record.polled),
            )
            return "trigger", f"{record.kind}{alarm}{instants}"
        case PersonAct():
            return "person", record.what + _detail(record.detail)
        case FaultStrike():
            subject = "fault" if record.target is None else f"i-{record.target}"
            return subject, f"fault {_plain(record.kind)}{_detail(record.detail)}"
        case Attempts():
            tries = f"tries {record.load:.3f}/s  failed {record.failed:.3f}"
            return "servers", f"{tries}  failed anyway {record.failed_anyway:.3f}"
        case Capacity():
            where = "" if record.region is None else f" {_plain(record.region)}"
            return (
                f"capacity{where}",
                f"{record.units} {record.colour} {record.item}{'' if record.units == 1 else 's'} billed",
            )
        case Scaling():
            which = "" if record.target is None else f" i-{record.target}"
            how = "" if record.revision is None else f" ({record.revision} revision, d-{record.deployment})"
            return "auto scaling", f"{record.what}{which}{how}  wants {record.instances}"
        case StageChange():
            return f"stage {_plain(record.stage)}", record.status
        case End():
            return "run", record.how


def _of_a_deployment(record: DeploymentChange | TargetChange | EventRun | Shift | Usage | Wait) -> tuple[str, str]:
    deployment = f"d-{record.deployment}"
    match record:
        case DeploymentChange():
            code = "" if record.code is None else f"  {_plain(record.code)}"
            where = "" if record.region is None else f"  in {_plain(record.region)}"
            back = "  rollback" if record.rollback else ""
            return deployment, f"{record.status} by {record.creator}{code}{back}{where}"
        case TargetChange():
            return f"{deployment}/i-{record.target}", record.status
        case EventRun():
            code = "" if record.code is None else f"  {_plain(record.code)}"
            what = f"{_plain(record.event)}  {record.status}  (began {record.started:.3f}){code}"
            return f"{deployment}/i-{record.target}", what
        case Shift():
            return deployment, f"traffic to the new version {record.weight_new:.3f}"
        case Wait():
            return deployment, f"{record.kind} begins, until {record.ends:.3f} at the latest"
        case Usage():
            return deployment, f"{record.item} {record.quantity:.3f}"


def _parts(*instants: tuple[str, float | None]) -> str:
    told = ", ".join(f"{name} {time:.3f}" for name, time in instants if time is not None)
    return f"  ({told})" if told else ""


def _detail(detail: str | None) -> str:
    return "" if detail is None else f": {_plain(detail)}"


def _plain(text: str) -> str:
    """Text of a file on one line: control characters escaped, no quotes around it."""
    return quoted(text, limit=255)[1:-1]
