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

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from simulator.analysis.criterion import Criterion
from simulator.analysis.words import plain, quantity
from simulator.estimate import Estimate

if TYPE_CHECKING:
    from simulator.analysis.comparison import Comparison
    from simulator.metrics import Metric

Truth = bool | None  # None: these runs cannot tell
Answer = Literal["holds", "fails", "unsure"]
Lookup = Callable[[Criterion], tuple[Estimate | None, str]]
_ANSWERS: dict[Truth, Answer] = {True: "fails", False: "holds", None: "unsure"}


@dataclass(frozen=True, slots=True)
class Found:
    """One condition held against one strategy's runs.

    Parameters
    ----------
    condition : Condition
        What was asked.
    estimate : Estimate or None
        The number and its interval; None where there is none.
    truth : bool or None
        Whether the whole interval is on the condition's side, or on the other; None when it straddles the limit.
    missing : str
        Why there is no number, or what it leaves out; else empty.
    """

    condition: Condition
    estimate: Estimate | None
    truth: Truth
    missing: str = ""

    def __str__(self) -> str:
        criterion = self.condition.criterion
        if self.estimate is None:
            return f"{criterion.label}: {self.missing}"
        aside = f"; {self.missing}" if self.missing else ""
        return f"{criterion.label} {quantity(self.estimate, criterion.unit)}{aside}"


@dataclass(frozen=True, slots=True)
class Condition:
    """``statistic(metric | given) OP limit``; the limit is in the metric's unit."""

    criterion: Criterion
    operator: Literal[">", ">=", "<", "<="]
    limit: float

    def truth(self, find: Lookup, found: list[Found]) -> Truth:
        """Hold the condition against an estimate; what was found is added to `found`."""
        estimate, missing = find(self.criterion)
        truth = None if estimate is None else self._of(estimate, bool(missing))
        found.append(Found(self, estimate, truth, missing))
        return truth

    def _of(self, estimate: Estimate, partial: bool) -> Truth:
        low, high = estimate.low, estimate.high
        if partial:
            high = math.inf  # what never ended is left out of the mean, which is therefore too small
        if math.isnan(low) or math.isnan(high):
            return None
        match self.operator:
            case ">":
                return True if low > self.limit else False if high <= self.limit else None
            case ">=":
                return True if low >= self.limit else False if high < self.limit else None
            case "<":
                return True if high < self.limit else False if low >= self.limit else None
            case _:
                return True if high <= self.limit else False if low > self.limit else None

    def __str__(self) -> str:
        return f"{self.criterion.label} {self.operator} {plain(self.limit, self.criterion.unit)}"


@dataclass(frozen=True, slots=True)
class Negation:
    """The opposite; of what is unsure, unsure."""

    part: Expression

    def truth(self, find: Lookup, found: list[Found]) -> Truth:
        """Turn the part's truth around."""
        inner = self.part.truth(find, found)
        return None if inner is None else not inner


@dataclass(frozen=True, slots=True)
class Junction:
    """Parts joined by ``and`` or by ``or``."""

    word: Literal["and", "or"]
    parts: tuple[Expression, ...]

    def truth(self, find: Lookup, found: list[Found]) -> Truth:
        """Join the truths of all parts: one that decides wins, else one that is unsure."""
        truths = [part.truth(find, found) for part in self.parts]
        deciding = self.word == "or"
        if deciding in truths:
            return deciding
        return None if None in truths else not deciding


Expression = Condition | Negation | Junction


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
    from simulator.analysis.gate_text import Parser

    return Gate(text, Parser(text, metrics or {}).gate())


def _looked_up(comparison: Comparison, strategy: str, criterion: Criterion) -> tuple[Estimate | None, str]:
    """Return the estimate, and why there is none or what it leaves out."""
    import numpy as np

    estimate = comparison.estimate(strategy, criterion.metric, criterion.statistic, criterion.given)
    runs = criterion.select(comparison.samples[strategy])
    values = criterion.values(runs)
    if estimate is None:
        if runs.runs == 0:
            return None, "no run had such a release"
        whole = np.isfinite(values) if criterion.is_mean else ~np.isnan(values)
        if not whole.any():
            return None, "did not end in any run" if np.isinf(values).any() else "applies to no run"
        return None, f"too few runs to tell ({int(whole.sum()):,})"
    if criterion.chance is None and criterion.is_mean and np.isinf(values).any():
        return estimate, "runs that did not end are left out"
    return estimate, ""
