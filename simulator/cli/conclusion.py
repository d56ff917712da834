"""What a comparison comes to, on a page of terminal and as one JSON document.

The one thing a newcomer would get wrong: "overall" mixes good releases with the rare bad one and so looks
harmless; every number therefore stands beside the one that holds if the release is bad.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from simulator.analysis import Criterion
from simulator.analysis.sample import Given
from simulator.cli.terminal import cell, table
from simulator.estimate import Estimate
from simulator.report.words import Scale, chance, scale_of

if TYPE_CHECKING:
    import pandas as pd

    from simulator.analysis import Comparison

_GIVENS: dict[str, Given | None] = {"overall": None, "if_bad": "bad"}
# What is shown beside the decision's own criterion, in this order.
_SHOWN = (
    Criterion("downtime_s"),
    Criterion("failed_requests"),
    Criterion("duration_s", "p95"),
    Criterion("rollback_s", "p95"),
    Criterion("p_auto_rollback"),
    Criterion("cost_usd"),
)

_ABSENT, _NEXT_TO_NOTHING = "–", "under 0.01 USD"


def conclusion(out: Console, comparison: Comparison) -> None:
    """Print what to do, then the strategies beside each other, then why and what would change it."""
    answer = comparison.recommendation
    out.print(cell(answer.sentence, "bold"))
    out.print()
    out.print(strategies(comparison, out.width))
    out.print()
    for text in (answer.reason, answer.doubt):
        if text:
            out.print(cell(text))
    runs = f"{comparison.replications:,} replications of each strategy, seed {comparison.seed}"
    if not comparison.complete:
        runs += ", interrupted before all were done"
    out.print(cell(f"{runs}; in brackets the 95 % confidence interval.", "dim"))


def strategies(comparison: Comparison, width: int) -> Table:
    """One section per number, one line per strategy: overall, and if the release is bad."""
    shown = [_unconditional(comparison.criterion)]
    shown += [criterion for criterion in _SHOWN if criterion not in shown]
    rows: list[tuple[str, str, str]] = []
    for criterion in shown:
        section = _section(comparison, criterion)
        if section:
            label = criterion.label[:1].upper() + criterion.label[1:]
            rows += [*([("", "", "")] if rows else []), *_under(label, section)]
    return table(width, ("", "overall", "if the release is bad"), rows)


def _under(label: str, section: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Put a heading over the strategies' lines; all of them in one line when none costs a cent.

    >>> _under("Mean cost", [("  a", "under 0.01 USD", "under 0.01 USD"), ("  b", "under 0.01 USD", "–")])
    [('Mean cost, each strategy', 'under 0.01 USD', 'under 0.01 USD')]
    """
    told = {text for row in section for text in row[1:]} - {_ABSENT}
    if told == {_NEXT_TO_NOTHING}:
        return [(f"{label}, each strategy", _NEXT_TO_NOTHING, _NEXT_TO_NOTHING)]
    return [(label, "", ""), *section]


def _section(comparison: Comparison, criterion: Criterion) -> list[tuple[str, str, str]]:
    """A line per strategy, all in one unit; empty when the number applies to no run."""
    found = {
        name: [comparison.estimate(name, criterion.metric, criterion.statistic, given) for given in _GIVENS.values()]
        for name in comparison.strategies
    }
    values = [estimate.value for pair in found.values() for estimate in pair if estimate is not None]
    if not values:
        return []
    scale = None if criterion.chance else scale_of(criterion.unit, values)
    rows = []
    for name, pair in found.items():
        overall, if_bad = (_written(estimate, scale) for estimate in pair)
        rows.append((f"  {name}{_marks(comparison, name)}", overall, if_bad))
    return rows


def _written(estimate: Estimate | None, scale: Scale | None) -> str:
    if estimate is None:
        return _ABSENT
    return chance(estimate) if scale is None else scale.text(estimate)


def _unconditional(criterion: Criterion) -> Criterion:
    return Criterion(criterion.metric, criterion.statistic)


def _marks(comparison: Comparison, name: str) -> str:
    marks = []
    if name == comparison.scenario.current_strategy:
        marks.append("today")
    answer = comparison.recommendation
    if answer.kind == "choose" and name == answer.strategy:
        marks.append("recommended")
    if answer.kind == "either" and name in (answer.strategy, *answer.alternatives):
        marks.append("either")
    return f" ({', '.join(marks)})" if marks else ""


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
                {"strategy": limit.strategy, "limit": limit.limit, "verdict": limit.verdict} for limit in answer.limits
            ],
        },
        "strategies": [_of(comparison, name) for name in comparison.strategies],
    }


def _of(comparison: Comparison, name: str) -> dict[str, Any]:
    found: dict[str, Any] = {"name": name}
    for key, given in _GIVENS.items():
        summary = comparison.summary(given)
        chances = comparison.probabilities(given)
        found[key] = {
            "metrics": _records(summary[summary["strategy"] == name], "metric"),
            "probabilities": _records(chances[chances["strategy"] == name], "probability"),
        }
    return found


def _records(rows: pd.DataFrame, key: str) -> dict[str, Any]:
    kept = [column for column in rows.columns if column not in ("strategy", key)]
    return {str(row[key]): {column: row[column] for column in kept} for _, row in rows.iterrows()}
