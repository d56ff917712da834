"""Runs of a rollout under test: the trace, the outcome, and every draw that was asked for.

The one thing a newcomer would get wrong: the rollout under test stands in for a row of the table only while a run
lasts, so that the rows themselves are what they were.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.conformance.cases import Case
from simulator.engine import simulate
from simulator.engine.rollouts import Rollout, standing_in
from simulator.metrics import Outcome, measure
from simulator.model.scenario import Scenario
from simulator.randomness import Streams
from simulator.trace.records import Grain, Trace

Row = tuple[str, str]
"""Platform and deployment type."""
Draws = dict[tuple[str, int], NDArray[np.float64]]
"""Uniforms that were asked for, by purpose and draws of each subject; the block with most subjects."""


@dataclass(frozen=True, slots=True)
class NotedStreams(Streams):
    """Streams that remember what was drawn from them."""

    drawn: Draws = field(default_factory=dict, compare=False)

    def uniforms(self, purpose: str, subjects: int, per_subject: int) -> NDArray[np.float64]:
        """Uniforms, noted by their purpose."""
        found = Streams.uniforms(self, purpose, subjects, per_subject)
        if len(self.drawn.get((purpose, per_subject), ())) < subjects:
            self.drawn[purpose, per_subject] = found.copy()
        return found

    def uniform(self, purpose: str) -> float:
        """One uniform, noted by its purpose."""
        found = Streams.uniform(self, purpose)
        self.drawn[purpose, 1] = np.array([[found]])
        return found


class Ran(NamedTuple):
    """One run."""

    trace: Trace
    outcome: Outcome
    draws: Draws


@dataclass(frozen=True, slots=True)
class Bench:
    """A row of the table with the rollout under test in its place.

    Parameters
    ----------
    row : (str, str)
        Platform and deployment type.
    rollout : Rollout, optional
        What stands in for the row; the row itself when left out.
    seed : int
        Of every run.
    """

    row: Row
    rollout: Rollout | None
    seed: int

    def run(self, world: Scenario, stratum: Literal["good", "bad"], replication: int, grain: Grain = "full") -> Ran:
        """Run a world with the rollout under test."""
        if self.rollout is None:
            return self.reference(world, stratum, replication, grain)
        with standing_in(self.row, self.rollout):
            return self.reference(world, stratum, replication, grain)

    def reference(
        self, world: Scenario, stratum: Literal["good", "bad"], replication: int, grain: Grain = "full"
    ) -> Ran:
        """Run a world as the table has it."""
        streams = NotedStreams(self.seed, replication)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            trace = simulate(world, streams, stratum, grain)
            return Ran(trace, measure(trace, world), streams.drawn)


class Observed:
    """A case on the bench; its runs are made when a law first asks for them."""

    def __init__(self, case: Case, bench: Bench) -> None:
        self.case, self.bench, self.world = case, bench, case.world()

    @cached_property
    def full(self) -> Ran:
        """The run in full grain."""
        return self.run(self.world)

    @cached_property
    def lean(self) -> Ran:
        """The same run in the grain that experiments use."""
        return self.run(self.world, "states")

    def run(self, world: Scenario, grain: Grain = "full") -> Ran:
        """Run a variation of the case's world, with the same luck."""
        return self.bench.run(world, self.case.stratum, self.case.replication, grain)

    def reference(self, world: Scenario) -> Ran:
        """Run a world as the table has it, with the same luck."""
        return self.bench.reference(world, self.case.stratum, self.case.replication)
