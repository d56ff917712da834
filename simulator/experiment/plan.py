"""Which replications there are: strata, their weights, and how work is cut into chunks.

The one thing a newcomer would get wrong: which stratum a replication belongs to depends on its number alone, so
adding, renaming or reordering a strategy changes nobody else's numbers, and a shorter run is a prefix of a
longer one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from simulator.errors import Problem, ScenarioError
from simulator.model.scenario import Scenario
from simulator.randomness import Streams
from simulator.trace.records import Trace

Stratum = Literal["good", "bad"]
# The largest seed, and number of a replication: it is kept in 64 bits, in the generator's key and in every table.
LARGEST = 2**63 - 1


def check_numbers(seed: object, replication: object = 0) -> None:
    """Refuse a seed or a number of a replication that none can have.

    Raises
    ------
    ScenarioError
        With the numbers there are.
    """
    for name, number in (("seed", seed), ("replication", replication)):
        if not isinstance(number, int | np.integer) or not 0 <= number <= LARGEST:
            raise ScenarioError((Problem(f"the {name} is a whole number from 0 to {LARGEST}; {number} is none"),))


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
    own : tuple of (str, callable)
        The reader's own metrics by name: each a function of a trace and of the scenario under its strategy.
    """

    scenario: Scenario
    replications: int
    seed: int
    own: tuple[tuple[str, Callable[[Trace, Scenario], float | None]], ...] = ()

    def chunks(self, size: int, begin: int = 0) -> Iterator[range]:
        """Ranges of replications; each is run for every strategy, so that what is finished is a shorter experiment."""
        for start in range(begin, self.replications, size):
            yield range(start, min(start + size, self.replications))
