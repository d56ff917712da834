"""The outcomes table, which says on its face that its rows are weighted.

The one thing a newcomer would get wrong: this table behaves like any DataFrame, and whatever pandas makes of it is a
plain one. Only what it looks like is different: one line under it keeps a plain mean from being taken for the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import pandas as pd


class Outcomes(pd.DataFrame):
    """One row per (strategy, replication), each with its weight.

    Examples
    --------
    >>> table = Outcomes({"weight": [0.95, 0.05], "downtime_s": [0.0, 400.0]})
    >>> print(table)
       weight  downtime_s
    0    0.95         0.0
    1    0.05       400.0
    Rows are weighted: the mean of x is (x * weight).sum() / weight.sum(), within a strategy, over the rows that have x.
    >>> float((table.downtime_s * table.weight).sum() / table.weight.sum()), type(table.head()).__name__
    (20.0, 'DataFrame')
    """

    @property
    def _constructor(self) -> Callable[..., pd.DataFrame]:
        """What pandas makes of it is a plain table."""
        return pd.DataFrame

    @property
    def note(self) -> str:
        """How the rows are to be averaged."""
        if "weight" not in self.columns:
            return "Rows of an experiment."
        plain = "Rows are weighted: the mean of x is (x * weight).sum() / weight.sum()"
        if "stratum" in self.columns and self["stratum"].nunique() > 1:
            bad = float((self["stratum"] == "bad").mean())
            plain = f"{bad:.0%} of the rows met a bad release, far more often than it occurs. {plain}"
        return f"{plain}, within a strategy, over the rows that have x."

    def __repr__(self) -> str:
        return f"{super().__repr__()}\n{self.note}"

    def _repr_html_(self) -> str | None:
        table: str | None = super()._repr_html_()  # type: ignore[misc]  # not in pandas-stubs
        return None if table is None else f"{table}<p>{escape(self.note)}</p>"
