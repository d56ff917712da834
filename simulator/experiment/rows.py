"""An outcome as a row of floats, and rows as the outcomes table.

The one thing a newcomer would get wrong: absent is NaN only inside the array that travels from a worker; in the
table it is missing (null), so that nobody averages over it by accident. The table's numbers are the array's own
memory, so that a long experiment is not held twice.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
from numpy.typing import NDArray

from simulator.experiment.plan import stratum_of, weights
from simulator.metrics import METRICS, PARTS, Outcome
from simulator.metrics.outcome import OutcomeWord
from simulator.model.scenario import Scenario
from simulator.trace.records import TriggerKind

if TYPE_CHECKING:
    import pandas as pd

FloatArray = NDArray[np.float64]
TRIGGERS = get_args(TriggerKind)
WORDS = get_args(OutcomeWord)
STATUSES = ("Succeeded", "Failed", "Stopped")
CODED: dict[str, tuple[str, ...]] = {"trigger": TRIGGERS, "outcome": WORDS, "deployment_status": STATUSES}
NUMBERS = (*METRICS, *PARTS, "lifetime_s")
FLAGS = ("bad", "censored", "detected_before_full", "left_split")
COLUMNS = (*NUMBERS, *CODED, *FLAGS)
KEYS = ("strategy", "replication", "stratum", "weight")

assert set(COLUMNS) == {field.name for field in fields(Outcome)}  # the row holds the whole outcome


def as_row(outcome: Outcome) -> list[float]:
    """An outcome as floats, in the order of `COLUMNS`; NaN for what is absent."""
    row = []
    for name in COLUMNS:
        value = getattr(outcome, name)
        if value is None:
            row.append(math.nan)
        elif name in CODED:
            row.append(float(CODED[name].index(value)))
        else:
            row.append(float(value))
    return row


def as_table(scenario: Scenario, rows: FloatArray, own: Sequence[str] = ()) -> pd.DataFrame:
    """Rows of every strategy as the outcomes table.

    Parameters
    ----------
    scenario : Scenario
        With its strategies.
    rows : array of float, shape (columns, strategies, replications)
        `COLUMNS` and then the reader's own metrics; becomes part of the table.
    own : sequence of str
        Names of those metrics.
    """
    import pandas as pd

    replications = rows.shape[2]
    names = [strategy.name for strategy in scenario.strategies]
    flat = rows.reshape(rows.shape[0], -1)  # a view, strategy after strategy
    place = {name: flat[index] for index, name in enumerate((*COLUMNS, *own))}
    strata, weight = _strata(scenario, replications)
    columns: dict[str, Any] = {
        "strategy": _repeated(names, np.repeat(np.arange(len(names)), replications)),
        "replication": np.tile(np.arange(replications, dtype=np.int64), len(names)),
        "stratum": _repeated(("good", "bad"), strata),
        "weight": weight,
    }
    for name in ("bad", "censored"):
        columns[name] = place[name].astype(bool)
    for name in (*METRICS, *PARTS):
        columns[name] = _nullable(place[name])
    for name, words in CODED.items():
        columns[name] = _words(place[name], words)
    for name in ("detected_before_full", "left_split"):
        columns[name] = place[name].astype(bool)
    for name in ("lifetime_s", *own):
        columns[name] = _nullable(place[name])
    return pd.DataFrame(columns, copy=False)


def _strata(scenario: Scenario, replications: int) -> tuple[NDArray[np.int8], FloatArray]:
    """Stratum (1 is bad) and weight of each row, strategy after strategy."""
    strata, weight = [], []
    for strategy in scenario.strategies:
        bad = scenario.under(strategy.name).revision.bad
        codes = np.fromiter((stratum_of(bad, k) == "bad" for k in range(replications)), np.int8, replications)
        by_stratum = weights(bad, replications)
        strata.append(codes)
        weight.append(np.where(codes == 1, by_stratum.get("bad", 0.0), by_stratum.get("good", 0.0)))
    return np.concatenate(strata), np.concatenate(weight)


def _repeated(words: Sequence[str], codes: NDArray[Any]) -> Any:
    """Words by their place; those of a negative place are missing."""
    import pandas as pd
    import pyarrow as pa

    taken = pa.array(words, pa.large_string()).take(pa.array(codes, pa.int8(), mask=codes < 0))
    return pd.array(taken, dtype="str")


def _words(codes: FloatArray, words: Sequence[str]) -> Any:
    return _repeated(words, np.where(np.isnan(codes), -1, codes).astype(np.int8))


def _nullable(values: FloatArray) -> Any:
    import pandas as pd

    return pd.arrays.FloatingArray(values, np.isnan(values))
