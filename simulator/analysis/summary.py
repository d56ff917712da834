"""Tables with a row per strategy: what each metric comes to, and how likely each end is."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from simulator.analysis.criterion import PROBABILITIES, Criterion
from simulator.analysis.sample import Given, Sample
from simulator.estimate import (
    stratified_cvar,
    stratified_moments,
    stratified_quantile,
    weighted_quantile,
)
from simulator.metrics.table import METRICS, PARTS

_QUANTILES = {"p05": 0.05, "p50": 0.50, "p95": 0.95, "p99": 0.99}
COLUMNS = (
    "strategy", "metric", "mean", "half_width", *_QUANTILES, "cvar95", "share", "n",
    "mean_low", "mean_high", "p95_low", "p95_high", "share_inf",
)  # fmt: skip


def summary_table(samples: Mapping[str, Sample], given: Given | None, metrics: Sequence[str]) -> pd.DataFrame:
    """One row per strategy and metric.

    The mean is over the finite values; quantiles and CVaR are over all values that apply, a time that
    never ended included. What does not apply, or is carried by too few runs, is ``pd.NA``; an end of an
    interval that these runs cannot supply is infinite.
    """
    rows = [
        {"strategy": name, "metric": metric, **_row(runs, metric)}
        for name, runs in ((name, sample.given(given)) for name, sample in samples.items())
        for metric in metrics
    ]
    return table(rows, COLUMNS, counts=("n",))


def probability_table(samples: Mapping[str, Sample], given: Given | None) -> pd.DataFrame:
    """One row per strategy and probability, with the text that may be printed."""
    rows = []
    for name, sample in samples.items():
        for probability in PROBABILITIES:
            row: dict[str, Any] = {
                "strategy": name,
                "probability": probability,
                "n": 0,
                "text": "no run to tell from",
            }
            estimate = Criterion(probability, given=given or "overall").estimate(sample)
            if estimate is not None:
                row |= {"value": estimate.value, "low": estimate.low, "high": estimate.high}
                row |= {"text": str(estimate), "n": estimate.replications}
            rows.append(row)
    columns = ("strategy", "probability", "value", "low", "high", "text", "n")
    return table(rows, columns, counts=("n",), words=("text",))


def table(
    rows: Iterable[Mapping[str, Any]],
    columns: tuple[str, ...],
    counts: tuple[str, ...] = (),
    words: tuple[str, ...] = (),
) -> pd.DataFrame:
    """Build a table whose numbers are nullable: absent or NaN becomes ``pd.NA``.

    The leading columns named strategy, metric or probability hold names.
    """
    rows = list(rows)
    frame: dict[str, Any] = {}
    for column in columns:
        values = [row.get(column) for row in rows]
        if column in words:
            frame[column] = pd.array(values, dtype="string")
        elif column in {"strategy", "metric"} or (column == "probability" and "value" in columns):
            frame[column] = pd.array(values, dtype="str")
        elif column in counts:
            frame[column] = np.array(values, dtype=np.int64)
        else:
            clean = [None if value is None or math.isnan(value) else float(value) for value in values]
            frame[column] = pd.array(clean, dtype="Float64")
    return pd.DataFrame(frame)


def _row(runs: Sample, metric: str) -> dict[str, float | None]:
    values = runs.numbers[metric]
    applies = ~np.isnan(values)
    count = int(applies.sum())
    row: dict[str, float | None] = {"n": count, "share": min(float(runs.weights[applies].sum()), 1.0)}
    if not count:
        return row if runs.runs else {"n": 0}
    row["share_inf"] = float(runs.weights[np.isinf(values)].sum())
    mean = stratified_moments(values, None, runs.strata, runs.weights)
    if mean.rows:
        row["mean"] = mean.value
        plain, ends = mean.estimate(), mean.corrected()
        if math.isfinite(plain.half_width):
            row |= {"half_width": plain.half_width, "mean_low": ends.low, "mean_high": ends.high}
            if metric in METRICS or metric in PARTS:
                row["mean_low"] = max(ends.low, 0.0)
    kept, weights = values[applies], runs.weights[applies]
    for name, level in _QUANTILES.items():
        row[name] = weighted_quantile(kept, weights, level)
    p95 = stratified_quantile(values, applies, runs.strata, runs.weights, 0.95)
    row |= {"p95_low": p95.low, "p95_high": p95.high}
    cvar = stratified_cvar(values, applies, runs.strata, runs.weights, 0.95)
    row["cvar95"] = cvar.value if cvar else None
    return row
