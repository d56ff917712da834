"""What gates say, on the terminal, as data and as an exit code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from simulator.analysis.condition import Found
from simulator.analysis.gate import Gate, Verdict
from simulator.cli.endings import ANSWERED, NO, UNSURE
from simulator.cli.options import Unsure
from simulator.cli.strategy_table import writer
from simulator.cli.terminal import cell
from simulator.errors import quoted

if TYPE_CHECKING:
    from simulator.analysis import Comparison

_STYLES = {"holds": "green", "fails": "bold red", "unsure": "yellow"}
_NARROW = 60


@dataclass(frozen=True, slots=True)
class Judged:
    """Every gate held against every strategy it is about."""

    verdicts: tuple[Verdict, ...]
    unsure: Unsure | None

    @property
    def code(self) -> int:
        """Exit code: 1 when a gate fails, else 3 when one is unsure (unless that counts as something else), else 0."""
        answers = {verdict.answer for verdict in self.verdicts}
        if "fails" in answers:
            return NO
        if "unsure" in answers:
            return {"fail": NO, "pass": ANSWERED, None: UNSURE}[self.unsure]
        return ANSWERED

    def tell(self, out: Console, labels: Mapping[str, str]) -> None:
        """Print a section for each gate, a line for each strategy."""
        for expression in dict.fromkeys(verdict.expression for verdict in self.verdicts):
            out.print(cell(f"Fail if {quoted(expression, 200)[1:-1]}", "bold"))
            own = [verdict for verdict in self.verdicts if verdict.expression == expression]
            out.print(_narrow(own, labels) if out.width < _NARROW else _wide(own, labels))
            out.print()

    def as_data(self) -> list[dict[str, Any]]:
        """Everything that was judged, for scripts."""
        return [
            {
                "expression": verdict.expression,
                "strategy": verdict.strategy,
                "verdict": verdict.answer,
                "conditions": [_data(found) for found in verdict.found],
            }
            for verdict in self.verdicts
        ]


def judged(gates: Iterable[Gate], comparison: Comparison, strategies: list[str], unsure: Unsure | None) -> Judged:
    """Hold gates against strategies; all of them when none is named."""
    return Judged(tuple(verdict for gate in gates for verdict in gate.judge(comparison, strategies or None)), unsure)


def _wide(verdicts: list[Verdict], labels: Mapping[str, str]) -> Padding:
    grid = Table.grid(padding=(0, 2, 0, 0))
    for _ in range(2):
        grid.add_column(no_wrap=True)
    grid.add_column()
    for verdict in verdicts:
        grid.add_row(cell(labels[verdict.strategy]), cell(verdict.answer, _STYLES[verdict.answer]), _found(verdict))
    return Padding(grid, (0, 0, 0, 2))


def _narrow(verdicts: list[Verdict], labels: Mapping[str, str]) -> Padding:
    grid = Table.grid()
    for verdict in verdicts:
        grid.add_row(cell(f"{labels[verdict.strategy]}: {verdict.answer}"))
        grid.add_row(Padding(_found(verdict), (0, 0, 0, 2)))
    return Padding(grid, (0, 0, 0, 2))


def _found(verdict: Verdict) -> Any:
    return cell("; ".join(dict.fromkeys(_text(found) for found in verdict.found)))


def _text(found: Found) -> str:
    criterion, estimate = found.condition.criterion, found.estimate
    if estimate is None:
        return f"{criterion.label}: {found.missing}"
    aside = f" ({found.missing})" if found.missing else ""
    return f"{criterion.label} {writer(criterion, [estimate])(estimate)}{aside}"


def _data(found: Found) -> dict[str, Any]:
    criterion, estimate = found.condition.criterion, found.estimate
    return {
        "metric": criterion.metric,
        "statistic": None if criterion.chance else criterion.statistic,
        "given": criterion.given,
        "operator": found.condition.operator,
        "limit": found.condition.limit,
        "value": estimate.value if estimate else None,
        "low": estimate.low if estimate else None,
        "high": estimate.high if estimate else None,
        "true": found.truth,
        "missing": found.missing or None,
    }
