"""Gates: conditions under which a rollout must not go ahead, as in ``p95(downtime_s) > 60``.

The one thing a newcomer would get wrong: a condition is about an estimate, and an estimate is an interval. Where
the interval straddles the limit the gate is *unsure*, which is neither yes nor no; ``and``, ``or`` and ``not``
pass that on by Kleene's three-valued logic. The grammar (keywords in any case)::

    gate      := either
    either    := both ("or" both)*
    both      := factor ("and" factor)*
    factor    := "not" factor | "(" either ")" | condition
    condition := subject (">" | ">=" | "<" | "<=") quantity
    subject   := statistic "(" metric ["|" given] ")" | probability ["|" given]
    statistic := "mean" | "median" | "pNN" | "cvarNN"
    given     := "bad" | "good"
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from simulator.analysis.condition import Expression, Found, Looked, Truth
from simulator.analysis.criterion import Criterion
from simulator.analysis.gate_text import Parser
from simulator.analysis.silence import silence

if TYPE_CHECKING:
    from simulator.analysis.comparison import Comparison
    from simulator.metrics import Metric

Answer = Literal["holds", "fails", "unsure"]
_ANSWERS: dict[Truth, Answer] = {True: "fails", False: "holds", None: "unsure"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a gate says about one strategy.

    Parameters
    ----------
    strategy : str
        Its name.
    expression : str
        The gate as it was written.
    answer : {"holds", "fails", "unsure"}
        ``fails`` when the runs show that the expression is true, ``holds`` when they show that it is not.
    found : tuple of Found
        Each condition with its number, in the order written.
    """

    strategy: str
    expression: str
    answer: Answer
    found: tuple[Found, ...]


@dataclass(frozen=True, slots=True)
class Gate:
    """An expression that must not be true of a rollout; see `parse`."""

    text: str
    expression: Expression

    def judge(self, comparison: Comparison, strategies: Iterable[str] | None = None) -> tuple[Verdict, ...]:
        """Hold the gate against strategies of a comparison.

        Parameters
        ----------
        comparison : Comparison
            From `simulator.compare`.
        strategies : iterable of str, optional
            Names; all when left out.

        Returns
        -------
        tuple of Verdict
            One for each strategy, in order.

        Raises
        ------
        ValueError
            When there is no strategy of a name; says which there are.
        """
        return tuple(self._verdict(comparison, name) for name in strategies or comparison.strategies)

    def _verdict(self, comparison: Comparison, name: str) -> Verdict:
        found: list[Found] = []
        truth = self.expression.truth(lambda criterion: _looked_up(comparison, name, criterion), found)
        return Verdict(name, self.text, _ANSWERS[truth], tuple(found))


def parse(text: str, metrics: Mapping[str, Metric] | None = None) -> Gate:
    """Read a gate.

    Parameters
    ----------
    text : str
        As in ``"p95(downtime_s) > 60 s or p_missed > 5 %"``. A limit without a unit is in the metric's own.
    metrics : mapping of str to Metric, optional
        The reader's own besides those of the table, as in ``comparison.metrics``.

    Raises
    ------
    GateError
        Where the text departs from the grammar, with its column and what to write instead.

    Examples
    --------
    >>> gate = parse("mean(failed_requests | bad) > 10k and not p_success >= 99 %")
    >>> str(gate.expression.parts[0])
    'mean failed requests if the release is bad > 10,000 requests'
    """
    return Gate(text, Parser(text, metrics or {}).gate())


def _looked_up(comparison: Comparison, strategy: str, criterion: Criterion) -> Looked:
    """Return the estimate, and why there is none or what it leaves out."""
    import numpy as np

    estimate = comparison.estimate(strategy, criterion.metric, criterion.statistic, criterion.given)
    runs = criterion.select(comparison.samples[strategy])
    values = criterion.values(runs)
    if estimate is None:
        if runs.runs == 0:
            return Looked(None, "no run had such a release")
        whole = np.isfinite(values) if criterion.is_mean else ~np.isnan(values)
        if not whole.any():
            return Looked(None, "did not end in any run" if np.isinf(values).any() else "applies to no run")
        return Looked(None, f"too few runs to tell ({int(whole.sum()):,})")
    unseen = silence(criterion, comparison.samples[strategy])
    if criterion.chance is None and criterion.is_mean and np.isinf(values).any():
        return Looked(estimate, "runs that did not end are left out", unseen.below)
    if unseen.replications:
        told = f"what too few runs did not show is left out; {unseen.replications:,} replications would do"
        return Looked(estimate, told, unseen.below)
    return Looked(estimate)
