"""What whoever takes production requests may ask of the world around it, and of the plan that world was made from.

The one thing a newcomer would get wrong: production is a part of the world, so it knows only this much of it. A world
and its plan have these by their shape; nobody inherits from them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import simpy

from simulator.engine.release import Release
from simulator.model.distribution import Distribution
from simulator.model.flow import Flow
from simulator.trace.records import Record

Flows = dict[tuple[float, ...], Flow]
"""Rates of a service with a sound release, by demand and who takes requests, as far as met."""

STATES = 4096  # rates that are kept of a scenario, a kilobyte for two


def keep(flows: Flows, state: tuple[float, ...], flow: Flow) -> None:
    """Keep rates, and forget all others where there are too many."""
    if len(flows) >= STATES:
        flows.clear()
    flows[state] = flow


class Plan(Protocol):
    """What a scenario settles about the untouched service (`simulator.engine.world_plan`)."""

    service: Any
    values: dict[str, str | float | Distribution]
    baseline: float
    latency: float | None
    capacity_at_zero: float
    size: int
    capacity_each: float
    flows: Flows


class Surroundings(Protocol):
    """One run, as far as production takes part in it (`simulator.engine.world`)."""

    env: simpy.Environment
    release: Release
    demand: float
    flow: Flow
    full: bool
    under_way: int
    assumed: set[str]

    @property
    def plan(self) -> Plan:
        """What the scenario settles."""

    @property
    def record(self) -> Callable[[Record], None]:
        """Writes a record into the trace."""

    def assume(self, name: str) -> Any:
        """Value of an assumption, noted as used."""

    def catch_up(self) -> None:
        """Let every step of a target's plan that was due till now have its effect."""

    def flow_changed(self) -> None:
        """Work out the rates of this instant."""
