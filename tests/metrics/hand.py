"""Traces written by hand: a few records each, so that every number can be worked out beside it."""

from __future__ import annotations

from typing import Any

from simulator.metrics import Outcome, measure
from simulator.model.flow import Flow
from simulator.model.scenario import Scenario
from simulator.trace.records import DeploymentChange, End, FlowChange, Record, Trace
from tests.worlds import a_fleet


def flow(
    *,
    demand: float = 100.0,
    untouched: float | None = None,
    defect: float = 0.0,
    refused: float = 0.0,
    dead: float = 0.0,
    new: float = 0.0,
    old: float | None = None,
    capacity: float = 1000.0,
) -> Flow:
    """Rates of one instant; what is lost is named, the rest is answered well."""
    untouched = demand if untouched is None else untouched
    old = 1.0 - new if old is None else old
    good = untouched - defect - refused - dead
    return Flow(demand, untouched, good, defect, refused, dead, old, new, demand * old, demand * new, capacity)


OLD, NEW = flow(), flow(new=1.0)
DOWN = flow(refused=100.0, old=0.0, capacity=0.0)


def status(time: float, word: str, number: int = 0, **rest: Any) -> DeploymentChange:
    """A deployment reaches a status; number 0 is the rollout, the others lead back."""
    creator = "user" if number == 0 else "codeDeployRollback"
    return DeploymentChange(time, number, word, creator, rollback=number > 0, **rest)  # type: ignore[arg-type]


def trace(
    flows: dict[float, Flow],
    *others: Record,
    end: float,
    how: str = "settled",
    bad: bool = False,
    **rest: Any,
) -> Trace:
    """The flow from each instant on, and what else happened; succeeds at its end unless a status is among that."""
    if not any(isinstance(record, DeploymentChange) for record in others):
        others = (*others, status(end, "Succeeded"))
    records = [*(FlowChange(time, rates) for time, rates in flows.items()), *others]
    return Trace(
        platform="server",
        strategy="only",
        seed=1,
        replication=0,
        stratum="bad" if bad else "good",
        defect="errors 10 %" if bad else None,
        grain="states",
        records=[*sorted(records, key=lambda record: record.time), End(end, how)],  # type: ignore[arg-type]
        **rest,
    )


def measured(flows: dict[float, Flow], *others: Record, world: Scenario | None = None, **rest: Any) -> Outcome:
    """Measure a trace written by hand, in a fleet of ten that answer 100/s each unless another is given."""
    return measure(trace(flows, *others, **rest), world if world is not None else a_fleet(10))
