"""Outcomes tables with a known truth, and the comparisons made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from simulator.analysis import Comparison
from simulator.metrics.table import METRICS, PARTS

Column = Sequence[float | str | bool | None] | np.ndarray


def strata_of(runs: int, bad: float) -> tuple[np.ndarray, np.ndarray]:
    """Whether each replication is bad, and its weight: odd ones are bad when both kinds exist."""
    is_bad = np.arange(runs) % 2 == 1 if 0 < bad < 1 else np.full(runs, bad == 1)
    count = np.where(is_bad, is_bad.sum(), (~is_bad).sum())
    probability = np.where(is_bad, bad, 1 - bad)
    return is_bad, probability / count


def rows_of(strategy: str, columns: Mapping[str, Column], bad: float = 0.05, runs: int | None = None) -> pd.DataFrame:
    """Rows of one strategy; columns that are not named do not apply."""
    runs = runs if runs is not None else len(next(iter(columns.values())))
    is_bad, weight = strata_of(runs, bad)
    frame = pd.DataFrame(
        {
            "strategy": strategy,
            "replication": np.arange(runs, dtype=np.int64),
            "stratum": np.where(is_bad, "bad", "good"),
            "weight": weight,
            "bad": is_bad,
            "censored": columns.get("censored", np.zeros(runs, dtype=bool)),
        }
    )
    for name in (*METRICS, *PARTS):
        values = columns.get(name)
        frame[name] = pd.Series([None] * runs if values is None else list(values), dtype="Float64")
    frame["trigger"] = columns.get("trigger", [None] * runs)
    frame["outcome"] = columns.get("outcome", np.where(is_bad, "bad_in_production", "succeeded"))
    frame["deployment_status"] = columns.get("deployment_status", ["Succeeded"] * runs)
    frame["detected_before_full"] = columns.get("detected_before_full", np.zeros(runs, dtype=bool))
    frame["left_split"] = False
    frame["lifetime_s"] = pd.Series([3600.0] * runs, dtype="Float64")
    return frame


def decision(**changes: Any) -> SimpleNamespace:
    """The default decision: mean of the downtime, overall."""
    fields = {"metric": "downtime_s", "statistic": "mean", "given": "overall"}
    return SimpleNamespace(**{**fields, "delta": None, "tolerance": None, "limits": (), **changes})


def limit(**fields: Any) -> SimpleNamespace:
    return SimpleNamespace(**{"statistic": "mean", "given": "overall", "at_most": None, "at_least": None, **fields})


def comparison(*frames: pd.DataFrame, current: str | None = None, seed: int = 7, **asked: Any) -> Comparison:
    """Compare these rows; the first strategy is today's practice unless another is named."""
    outcomes = pd.concat(frames, ignore_index=True)
    scenario: Any = SimpleNamespace(
        under=lambda name: SimpleNamespace(service=None),
        same_world=lambda one, other: False,
        current_strategy=current or outcomes["strategy"].iloc[0],
        decision=decision(**asked),
    )
    return Comparison(scenario=scenario, outcomes=outcomes, seed=seed, replications=len(frames[0]), wall_time_s=0.1)


def by_stratum(good: Column, bad: Column) -> np.ndarray:
    """Interleave values of good and bad runs, as replications alternate."""
    values = np.empty(2 * len(good))
    values[0::2], values[1::2] = good, bad
    return values


def row(table: pd.DataFrame, **where: str) -> pd.Series[Any]:
    """The one row that fits."""
    for column, value in where.items():
        table = table[table[column] == value]
    assert len(table) == 1, f"{len(table)} rows fit {where}"
    return table.iloc[0]
