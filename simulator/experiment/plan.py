"""Which replications there are: strata, their weights, and how work is cut into chunks.

The one thing a newcomer would get wrong: which stratum a replication belongs to depends on its number alone, so
adding, renaming or reordering a strategy changes nobody else's numbers, and a shorter run is a prefix of a
longer one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from simulator.model.scenario import Scenario
from simulator.randomness import Streams

Stratum = Literal["good", "bad"]


def stratum_of(bad: float, replication: int) -> Stratum:
    """Stratum of a replication: even ones meet a good revision, odd ones a bad one, when both can be.

    >>> [stratum_of(0.05, k) for k in range(3)], stratum_of(0.0, 1), stratum_of(1.0, 0)
    (['good', 'bad', 'good'], 'good', 'bad')
    """
    if bad <= 0:
        return "good"
    if bad >= 1 or replication % 2 == 1:
        return "bad"
    return "good"


def drawn_stratum(bad: float, streams: Streams) -> Stratum:
    """Stratum drawn with its probability, for a single run that names none."""
    return "bad" if streams.uniform("stratum") < bad else "good"


def weights(bad: float, replications: int) -> dict[Stratum, float]:
    """Weight of one row of each stratum: its probability over the replications it had; they sum to 1.

    >>> weights(0.05, 1000)["bad"] * 500
    0.05
    """
    if bad <= 0:
        return {"good": 1.0 / replications}
    if bad >= 1:
        return {"bad": 1.0 / replications}
    good_runs = (replications + 1) // 2
    bad_runs = replications - good_runs
    if bad_runs == 0:
        return {"good": 1.0 / good_runs}
    return {"good": (1.0 - bad) / good_runs, "bad": bad / bad_runs}


@dataclass(frozen=True, slots=True)
class Plan:
    """An experiment as data.

    Parameters
    ----------
    scenario : Scenario
        With the strategies to compare.
    replications : int
        Of each strategy, through both strata.
    seed : int
        Of the experiment.
    """

    scenario: Scenario
    replications: int
    seed: int

    def chunks(self, size: int) -> Iterator[range]:
        """Ranges of replications; each is run for every strategy, so that what is finished is a shorter experiment."""
        for begin in range(0, self.replications, size):
            yield range(begin, min(begin + size, self.replications))
