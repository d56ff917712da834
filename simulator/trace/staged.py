"""The chapter of a story about stages: which one begins, bakes, opens the way to the next, or stops the rollout.

The one thing a newcomer would get wrong: a stage that bakes has Succeeded for CodeDeploy; what may still stop the
rollout is the gate, which is the pipeline's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from simulator import units
from simulator.errors import quoted
from simulator.trace.behind import behind
from simulator.trace.moments import Moment
from simulator.trace.records import DeploymentChange, StageChange, Trace, Wait

_ENDS: Mapping[str, str] = {
    "Succeeded": "is done",
    "Failed": "has failed; no later stage begins",
    "Stopped": "is stopped; no later stage begins",
}


class Span(NamedTuple):
    """A stage's deployment, or its bake."""

    stage: str
    began: float
    ended: float
    bakes: bool


def stage_of(trace: Trace) -> dict[int, str]:
    """Names of the stages by the number of the deployment that each is made of."""
    changes = (record for record in trace.records if isinstance(record, StageChange))
    return {change.deployment: change.stage for change in changes if change.deployment is not None}


def deployment_that_ended(trace: Trace) -> int:
    """Number of the deployment that the rollout ended with: its only one, or that of the stage that ended it."""
    change = ending(trace)
    if change is not None and change.status != "Succeeded" and change.deployment is not None:
        return change.deployment
    return max(stage_of(trace), default=0)


def ending(trace: Trace) -> StageChange | None:
    """How and when the stage ended that stopped the rollout, else the last one; None without stages."""
    changes = (record for record in trace.records if isinstance(record, StageChange))
    ends = [change for change in changes if change.status in ("Succeeded", "Failed", "Stopped")]
    stopped = (change for change in ends if change.status != "Succeeded")
    return next(stopped, ends[-1] if ends else None)


def first_way_back(trace: Trace) -> int:
    """Number of the first deployment that leads back."""
    changes = (record for record in trace.records if isinstance(record, DeploymentChange))
    return next((change.deployment for change in changes if change.rollback), 1)


def spans(trace: Trace) -> list[Span]:
    """Deployments and bakes of the stages, in order, as far as they got."""
    found: list[Span] = []
    under_way: dict[str, StageChange] = {}
    for record in trace.records:
        if not isinstance(record, StageChange) or record.status == "Skipped":
            continue
        before = under_way.pop(record.stage, None)
        if before is not None:
            found.append(Span(before.stage, before.time, record.time, before.status == "Baking"))
        if record.status in ("InProgress", "Baking"):
            under_way[record.stage] = record
    return sorted(found, key=lambda span: span.began)


def regions(trace: Trace) -> dict[int, str]:
    """Region of each deployment of a service in several."""
    changes = (record for record in trace.records if isinstance(record, DeploymentChange))
    return {change.deployment: change.region for change in changes if change.region is not None}


def whereabouts(trace: Trace) -> dict[int, str]:
    """Where each deployment is, as words behind what is told of it; empty for a service in one place."""
    return {number: f" in {quoted(region)[1:-1]}" for number, region in regions(trace).items()}


def ways_back(trace: Trace) -> set[int]:
    """Numbers of the deployments that lead back."""
    return {record.deployment for record in trace.records if isinstance(record, DeploymentChange) and record.rollback}


def gate_that_stopped(trace: Trace) -> str | None:
    """Name of the stage whose gate stopped the rollout, though its deployment had succeeded."""
    done = {r.deployment for r in trace.records if isinstance(r, DeploymentChange) and r.status == "Succeeded"}
    changes = (record for record in trace.records if isinstance(record, StageChange) and record.status == "Stopped")
    return next((change.stage for change in changes if change.deployment in done), None)


def told(trace: Trace) -> Iterator[Moment]:
    """Every stage's begin, bake and end; those never begun in one sentence."""
    ends = {record.deployment: record.ends for record in trace.records if isinstance(record, Wait)}
    skipped: list[tuple[int, StageChange]] = []
    for order, record in enumerate(trace.records):
        if not isinstance(record, StageChange):
            continue
        name = quoted(record.stage)
        if record.status == "Skipped":
            skipped.append((order, record))
        elif record.status == "InProgress":
            yield _moment(trace, order, record, f"Stage {name} begins.")
        elif record.status == "Baking":
            until = ends.get(record.deployment or 0, record.time)
            yield _moment(trace, order, record, f"Stage {name} bakes for {units.human(until - record.time)}.")
        else:
            yield _moment(trace, order, record, f"Stage {name} {_ENDS[record.status]}.")
    if skipped:
        names = ", ".join(quoted(record.stage) for _, record in skipped)
        yield _moment(trace, *skipped[0], f"Never begun: {names}; they keep the previous revision.")


def _moment(trace: Trace, order: int, record: StageChange, text: str) -> Moment:
    return Moment(record.time, order, text, behind(record, trace))
