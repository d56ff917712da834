"""Conditions on estimates, joined by and, or and not: what a gate asks once it is read.

The one thing a newcomer would get wrong: a truth has three values. Where an interval straddles the limit nobody can
tell, and ``and``, ``or`` and ``not`` pass that on by Kleene's logic.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from simulator.analysis.criterion import Criterion
from simulator.analysis.words import plain, quantity
from simulator.estimate import Estimate

Truth = bool | None  # None: these runs cannot tell


class Looked(NamedTuple):
    """What a criterion is of one strategy.

    Parameters
    ----------
    estimate : Estimate or None
        The number; None where there is none.
    missing : str
        Why there is none, or what it leaves out; else empty.
    below : float
        By how much what it leaves out may lower the number.
    """

    estimate: Estimate | None
    missing: str = ""
    below: float = 0.0


Lookup = Callable[[Criterion], Looked]


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
        estimate, missing, below = find(self.criterion)
        truth = None if estimate is None else self._of(estimate, bool(missing), below)
        found.append(Found(self, estimate, truth, missing))
        return truth

    def _of(self, estimate: Estimate, partial: bool, below: float) -> Truth:
        low, high = estimate.low - below, estimate.high
        if partial:
            high = math.inf  # the mean is without what never ended, or was not seen, and therefore too small
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
