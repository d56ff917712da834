"""What a comparison comes to, on a page of terminal and as one JSON document.

The one thing a newcomer would get wrong: "overall" mixes good releases with the rare bad one and so looks
harmless; every number therefore stands beside the one that holds if the release is bad.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from rich.console import Console

from simulator.analysis import Criterion
from simulator.analysis.sample import Given
from simulator.cli.strategy_table import Section, strategy_table
from simulator.cli.terminal import cell, printable
from simulator.report.words import short

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


def conclusion(out: Console, comparison: Comparison, labels: Mapping[str, str]) -> None:
    """Print what to do, the strategies beside each other, why the others lost, and what would change the answer."""
    answer = comparison.recommendation
    out.print(cell(_named(answer.sentence, labels), "bold"))
    out.print()
    sections = sections_of(comparison, labels)
    out.print(strategy_table(sections, out.width))
    out.print()
    for text in why_lost(comparison).values():
        out.print(cell(_named(text, labels)))
        out.print()
    for text in (answer.reason, answer.doubt):
        if text:
            out.print(cell(_named(text, labels)))
            out.print()
    runs = f"{comparison.replications:,} replications of each strategy, seed {comparison.seed}"
    if not comparison.complete:
        runs += ", interrupted before all were done"
    runs += "; in brackets the 95 % confidence interval"
    if any(section.open_ended for section in sections):
        runs += ", its lower end alone where these runs show no upper one"
    out.print(cell(f"{runs}.", "dim"))


def labels_of(names: Iterable[str], limit: int = 40) -> dict[str, str]:
    r"""Names as they can stand on a line: shortened, harmless, and no two alike.

    >>> labels_of(["a\nb", "x" * 99 + "1", "x" * 99 + "2"], limit=8)
    {'a\nb': 'a b', 'xxx...1': 'xxxxxxx…', 'xxx...2': 'xxxxxxx… (2)'}
    """
    found: dict[str, str] = {}
    taken: dict[str, int] = {}
    for name in names:
        label = printable(short(name, limit)) or "(no letters)"
        taken[label] = taken.get(label, 0) + 1
        found[name] = label if taken[label] == 1 else f"{label} ({taken[label]})"
    return found


def why_lost(comparison: Comparison) -> dict[str, str]:
    """One sentence for each strategy that lost: where its distance to the one that leads comes from."""
    answer = comparison.recommendation
    if answer.strategy is None:
        return {}
    kept = {answer.strategy, *(answer.alternatives if answer.kind in ("either", "unsure") else ())}
    lost = [name for name in comparison.strategies if name not in kept]
    return {name: comparison.why(name, answer.strategy).sentence for name in lost}


def sections_of(comparison: Comparison, labels: Mapping[str, str]) -> list[Section]:
    """One section per number: each strategy's value overall, and if the release is bad."""
    own = Criterion(comparison.criterion.metric, comparison.criterion.statistic)
    marked = {name: labels[name] + _marks(comparison, name) for name in comparison.strategies}
    sections = []
    for criterion in (own, *(criterion for criterion in _SHOWN if criterion != own)):
        found = {
            marked[name]: tuple(
                comparison.estimate(name, criterion.metric, criterion.statistic, given) for given in _GIVENS.values()
            )
            for name in comparison.strategies
        }
        if any(estimate is not None for pair in found.values() for estimate in pair):
            sections.append(Section(criterion, found))
    return sections


def _named(text: str, labels: Mapping[str, str]) -> str:
    """Put labels for names, the longest first: one may be part of another."""
    for name in sorted(labels, key=len, reverse=True):
        if labels[name] != name:
            text = text.replace(name, labels[name])
    return text


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
            "why_lost": why_lost(comparison),
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
