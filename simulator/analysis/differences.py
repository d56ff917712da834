"""The table of differences: each strategy minus one of them, metric by metric."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from simulator.analysis.contrast import contrast
from simulator.analysis.criterion import Criterion
from simulator.analysis.sample import Given, Sample
from simulator.analysis.summary import table
from simulator.errors import quoted

COLUMNS = (
    "strategy", "metric", "difference", "low", "high", "half_width", "correlation", "variance_reduction",
    "p_better", "p_better_low", "p_better_high", "n", "verdict",
)  # fmt: skip


def difference_table(
    samples: Mapping[str, Sample], against: str, given: Given | None, criteria: Sequence[Criterion]
) -> pd.DataFrame:
    """One row per other strategy and metric.

    Differences are paired by replication where both are finite. Where the strata or weights of the two
    differ (an overlay changed P(bad)) they are independent estimates: correlation and variance reduction
    are then ``pd.NA``.

    Raises
    ------
    ValueError
        When no strategy is called `against`.
    """
    if against not in samples:
        raise ValueError(f"no strategy is called {quoted(against)}; there are {', '.join(samples)}")
    runs = {name: sample.given(given) for name, sample in samples.items()}
    rows = []
    for name, one in runs.items():
        for criterion in criteria if name != against else ():
            row = contrast(criterion, one, runs[against]).row(criterion.better == "lower")
            rows.append({"strategy": name, "metric": criterion.metric, **row})
    return table(rows, COLUMNS, counts=("n",), words=("verdict",))
