"""What a comparison comes to, on a page of terminal and as one JSON document.

The one thing a newcomer would get wrong: "overall" mixes good releases with the rare bad one and so looks
harmless; every number therefore stands beside the one that holds if the release is bad.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from simulator.analysis import Criterion
from simulator.analysis.words import quantity
from simulator.cli.terminal import cell, table

if TYPE_CHECKING:
    import pandas as pd

    from simulator.analysis import Comparison

# What is shown beside the decision's own criterion, in this order.
_SHOWN = (
    Criterion("downtime_s"),
    Criterion("failed_requests"),
    Criterion("duration_s", "p95"),
    Criterion("rollback_s", "p95"),
    Criterion("p_auto_rollback"),
    Criterion("cost_usd"),
)


def conclusion(out: Console, comparison: Comparison) -> None:
    """Print strategies beside each other, then what to do, why, and what would change it."""
    answer = comparison.recommendation
    out.print(strategies(comparison))
    out.print()
    out.print(cell(answer.sentence, "bold"))
    for text in (answer.reason, answer.doubt):
        if text:
            out.print(cell(text))
    runs = f"{comparison.replications:,} replications of each strategy, seed {comparison.seed}"
    if not comparison.complete:
        runs += ", interrupted before all were done"
    out.print(cell(f"{runs}; in brackets the 95 % confidence interval.", "dim"))


def strategies(comparison: Comparison) -> Table:
    """One section per number, one line per strategy: overall, and if the release is bad."""
    made = table(("", "overall", "if the release is bad"), ())
    shown = [_unconditional(comparison.criterion)]
    shown += [criterion for criterion in _SHOWN if criterion not in shown]
    for criterion in shown:
        rows = [_row(comparison, name, criterion) for name in comparison.strategies]
        if all(text == _ABSENT for row in rows for text in row[1:]):
            continue
        label = criterion.label[:1].upper() + criterion.label[1:]
        made.add_row(cell(label, "bold"), cell(""), cell(""))
        for row in rows:
            made.add_row(*(cell(text) for text in row))
        made.add_section()
    return made


_ABSENT = "–"


def _unconditional(criterion: Criterion) -> Criterion:
    return Criterion(criterion.metric, criterion.statistic)


def _row(comparison: Comparison, name: str, criterion: Criterion) -> tuple[str, str, str]:
    marks = []
    if name == comparison.scenario.current_strategy:
        marks.append("today")
    if name == comparison.recommendation.strategy and comparison.recommendation.kind != "unsure":
        marks.append("recommended")
    mark = f" ({', '.join(marks)})" if marks else ""
    texts = []
    for given in (None, "bad"):
        estimate = comparison.estimate(name, criterion.metric, criterion.statistic, given)  # type: ignore[arg-type]
        texts.append(_ABSENT if estimate is None else quantity(estimate, criterion.unit))
    return f"  {name}{mark}", texts[0], texts[1]


def as_document(comparison: Comparison) -> dict[str, Any]:
    """Everything that was concluded, for scripts."""
    answer = comparison.recommendation
    return {
        "scenario": comparison.scenario.name,
        "seed": comparison.seed,
        "replications": comparison.replications,
        "complete": comparison.complete,
        "current": comparison.scenario.current_strategy,
        "recommendation": {
            "kind": answer.kind,
            "strategy": answer.strategy,
            "alternatives": list(answer.alternatives),
            "sentence": answer.sentence,
            "reason": answer.reason,
            "doubt": answer.doubt,
            "p_best": answer.p_best,
            "decision": {
                "metric": answer.criterion.metric,
                "statistic": answer.criterion.statistic,
                "given": answer.criterion.given,
                "delta": answer.delta,
            },
            "limits": [
                {"strategy": limit.strategy, "limit": limit.limit, "verdict": limit.verdict}
                for limit in answer.limits
            ],
        },
        "strategies": [_of(comparison, name) for name in comparison.strategies],
    }


def _of(comparison: Comparison, name: str) -> dict[str, Any]:
    found: dict[str, Any] = {"name": name}
    for key, given in (("overall", None), ("if_bad", "bad")):
        summary = comparison.summary(given)  # type: ignore[arg-type]
        chances = comparison.probabilities(given)  # type: ignore[arg-type]
        found[key] = {
            "metrics": _records(summary[summary["strategy"] == name], "metric"),
            "probabilities": _records(chances[chances["strategy"] == name], "probability"),
        }
    return found


def _records(rows: pd.DataFrame, key: str) -> dict[str, Any]:
    kept = [column for column in rows.columns if column not in ("strategy", key)]
    return {str(row[key]): {column: row[column] for column in kept} for _, row in rows.iterrows()}
