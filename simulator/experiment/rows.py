"""An outcome as a row of floats, and rows as the outcomes table.

The one thing a newcomer would get wrong: absent is NaN only inside the array that travels from a worker; in the
table it is missing (null), so that nobody averages over it by accident.
"""

from __future__ import annotations

import math
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

TRIGGERS = get_args(TriggerKind)
WORDS = get_args(OutcomeWord)
STATUSES = ("Succeeded", "Failed", "Stopped")
CODED: dict[str, tuple[str, ...]] = {"trigger": TRIGGERS, "outcome": WORDS, "deployment_status": STATUSES}
NUMBERS = (*METRICS, *PARTS, "lifetime_s")
FLAGS = ("bad", "censored", "detected_before_full")
COLUMNS = (*NUMBERS, *CODED, *FLAGS)

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


def as_table(scenario: Scenario, arrays: list[NDArray[np.float64]], replications: int) -> pd.DataFrame:
    """Rows of every strategy as the outcomes table.

    Parameters
    ----------
    scenario : Scenario
        With its strategies.
    arrays : list of array of float, each of shape (replications, columns)
        One per strategy, in their order.
    replications : int
        Finished ones.
    """
    import pandas as pd

    tables = []
    for strategy, array in zip(scenario.strategies, arrays, strict=True):
        bad = scenario.under(strategy.name).revision.bad
        strata = [stratum_of(bad, replication) for replication in range(replications)]
        by_stratum = weights(bad, replications)
        columns: dict[str, Any] = {
            "strategy": pd.array([strategy.name] * replications, dtype="str"),
            "replication": np.arange(replications, dtype=np.int64),
            "stratum": pd.array(strata, dtype="str"),
            "weight": np.array([by_stratum[stratum] for stratum in strata]),
        }
        for flag in ("bad", "censored"):
            columns[flag] = array[:, COLUMNS.index(flag)].astype(bool)
        for name in (*METRICS, *PARTS):
            columns[name] = _nullable(array[:, COLUMNS.index(name)])
        for name, words in CODED.items():
            columns[name] = _words(array[:, COLUMNS.index(name)], words)
        columns["detected_before_full"] = array[:, COLUMNS.index("detected_before_full")].astype(bool)
        columns["lifetime_s"] = _nullable(array[:, COLUMNS.index("lifetime_s")])
        tables.append(pd.DataFrame(columns))
    return pd.concat(tables, ignore_index=True)


def _nullable(values: NDArray[np.float64]) -> Any:
    import pandas as pd

    absent = np.isnan(values)
    return pd.arrays.FloatingArray(np.where(absent, 0.0, values), absent)


def _words(codes: NDArray[np.float64], words: tuple[str, ...]) -> Any:
    import pandas as pd

    return pd.array([None if math.isnan(code) else words[int(code)] for code in codes], dtype="str")
