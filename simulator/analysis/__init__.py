"""Many outcomes become conclusions.

A `Comparison` holds the outcomes table and answers questions about it: what each metric comes to
(`summary`), how likely each end is (`probabilities`), how strategies differ in the same world
(`contrast`, `differences`), how bad it can get (`exceedance`), what another P(bad) would change
(`recomposition`), how sure the choice is (`resampling`). `selection` chooses by the scenario's decision,
and `recommendation` says so in a sentence a board reads, with what would change it. Everything is
computed on `sample.Sample`, one strategy's runs as weighted arrays.
"""

from __future__ import annotations

from simulator.analysis.comparison import Comparison
from simulator.analysis.criterion import PROBABILITIES, Criterion
from simulator.analysis.limits import LimitVerdict
from simulator.analysis.recommendation import Recommendation, recommend
from simulator.analysis.verbs import compare

__all__ = [
    "PROBABILITIES",
    "Comparison",
    "Criterion",
    "LimitVerdict",
    "Recommendation",
    "compare",
    "recommend",
]
