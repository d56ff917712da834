"""One strategy's runs as arrays: what every statistic of a comparison is computed on.

The one thing a newcomer would get wrong: NaN here means "does not apply" (the outcomes table says `pd.NA`),
and infinity a time that never ended. Weights always sum to one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulator.errors import quoted
from simulator.metrics.table import METRICS, PARTS

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
WordArray = npt.NDArray[np.str_]

Given = Literal["overall", "bad", "good"]

_WORDS = ("trigger", "outcome", "deployment_status")
_FLAGS = ("censored", "detected_before_full", "left_split")
_REQUIRED = ("strategy", "replication", "stratum", "weight", "bad")


@dataclass(frozen=True)
class Sample:
    """Runs of one strategy, in order of replication.

    Parameters
    ----------
    strategy : str
        Its name.
    replication, strata : array of int, shape (runs,)
        Number of each run, and of the stratum it was run for.
    weights : array of float, shape (runs,)
        Stratum probability over the runs of the stratum; they sum to 1.
    bad : array of bool, shape (runs,)
        Whether the revision was bad.
    numbers, words, flags : mapping of str to array, each of shape (runs,)
        The columns of the outcomes table; NaN and ``""`` where a value does not apply.
    """

    strategy: str
    replication: IntArray
    strata: IntArray
    weights: FloatArray
    bad: BoolArray
    numbers: Mapping[str, FloatArray]
    words: Mapping[str, WordArray]
    flags: Mapping[str, BoolArray]

    @property
    def runs(self) -> int:
        """Number of runs."""
        return self.replication.size

    @property
    def bad_probability(self) -> float:
        """P(bad) in this strategy's world."""
        if self.bad.all():
            return 1.0  # a sum of weights would miss it by a rounding
        return float(self.weights[self.bad].sum())

    def given(self, given: Given | None) -> Sample:
        """Return the runs of a bad, or of a good, revision; all of them for None and ``"overall"``.

        Raises
        ------
        ValueError
            When `given` is another word.
        """
        if given not in (None, "overall", "bad", "good"):
            raise ValueError(f"given is {quoted(given)}; write overall, bad or good")
        if given in (None, "overall"):
            return self
        return self.taken(self.bad if given == "bad" else ~self.bad)

    def taken(self, rows: BoolArray | IntArray) -> Sample:
        """Return some of the runs, their weights made to sum to one again."""
        weights = self.weights[rows]
        return replace(
            self,
            replication=self.replication[rows],
            strata=self.strata[rows],
            weights=weights / weights.sum() if weights.size else weights,
            bad=self.bad[rows],
            numbers={name: column[rows] for name, column in self.numbers.items()},
            words={name: column[rows] for name, column in self.words.items()},
            flags={name: column[rows] for name, column in self.flags.items()},
        )

    def reweighted(self, bad_probability: float) -> Sample | None:
        """Return the runs weighted as if P(bad) were another; None when a kind it needs was not simulated."""
        if bad_probability in (0.0, 1.0):
            only = self.given("bad" if bad_probability else "good")
            return only if only.runs else None
        bad = int(self.bad.sum())
        if bad in (0, self.runs):
            return None
        good = self.runs - bad
        weights = np.where(self.bad, bad_probability / bad, (1 - bad_probability) / good)
        return replace(self, weights=weights)


def samples_of(outcomes: pd.DataFrame, own: Iterable[str] = ()) -> dict[str, Sample]:
    """Split an outcomes table into one `Sample` per strategy, in order of first appearance.

    Parameters
    ----------
    outcomes : DataFrame
        One row per (strategy, replication).
    own : iterable of str
        Metrics that the reader brought along, columns of the table.

    Raises
    ------
    ValueError
        When the table lacks a column that every outcomes table has.
    """
    missing = [name for name in _REQUIRED if name not in outcomes.columns]
    if missing:
        raise ValueError(f"the outcomes table has no column {', '.join(missing)}")
    codes, names = pd.factorize(outcomes["strategy"])
    _, strata = np.unique(outcomes["stratum"].to_numpy(dtype=str), return_inverse=True)
    whole = Sample(
        "",
        outcomes["replication"].to_numpy(dtype=np.int64),
        strata.astype(np.int64),
        outcomes["weight"].to_numpy(dtype=np.float64),
        outcomes["bad"].to_numpy(dtype=np.bool_),
        {name: _numbers(outcomes[name]) for name in (*METRICS, *PARTS, *own) if name in outcomes.columns},
        {name: _words(outcomes[name]) for name in _WORDS if name in outcomes.columns},
        {name: _flags(outcomes[name]) for name in _FLAGS if name in outcomes.columns},
    )
    samples = {}
    for code, name in enumerate(names):
        rows = np.flatnonzero(codes == code)
        order = rows[np.argsort(whole.replication[rows], kind="stable")]
        samples[str(name)] = replace(whole.taken(order), strategy=str(name))
    return samples


def aligned(one: Sample, other: Sample) -> tuple[Sample, Sample] | None:
    """Return the runs both have, row by row the same world; None when their strata or weights differ.

    An interrupted experiment leaves one strategy with fewer runs: each stratum then keeps its probability.
    """
    if not np.array_equal(one.replication, other.replication):
        _, rows, other_rows = np.intersect1d(
            one.replication, other.replication, assume_unique=True, return_indices=True
        )
        one, other = _thinned(one, rows), _thinned(other, other_rows)
    if not np.array_equal(one.strata, other.strata) or not np.array_equal(one.bad, other.bad):
        return None
    return (one, other) if np.allclose(one.weights, other.weights, rtol=1e-9, atol=0.0) else None


def _thinned(sample: Sample, rows: IntArray) -> Sample:
    strata = int(sample.strata.max(initial=0)) + 1
    before = np.bincount(sample.strata, minlength=strata)
    after = np.bincount(sample.strata[rows], minlength=strata)
    factor = before / np.maximum(after, 1)
    kept = replace(sample, weights=sample.weights * factor[sample.strata])
    return kept.taken(rows)


def _numbers(column: pd.Series[Any]) -> FloatArray:
    return column.to_numpy(dtype=np.float64, na_value=np.nan)


def _words(column: pd.Series[Any]) -> WordArray:
    return np.where(column.isna(), "", column.astype(object)).astype(np.str_)


def _flags(column: pd.Series[Any]) -> BoolArray:
    return column.astype("boolean").fillna(value=False).to_numpy(dtype=np.bool_)
