"""Steps taken in one go: the same runs as step by step."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from simulator.engine import simulate
from simulator.engine.rollouts.effects import Effects
from simulator.engine.world import World
from simulator.model.scenario import Scenario
from simulator.randomness import Streams
from tests.engine.any_world import server_worlds
from tests.worlds import a_fleet


def told(scenario: Scenario, stratum: Any = "good") -> tuple[Any, ...]:
    trace = simulate(scenario, Streams(3, 0), stratum)
    return trace.records, trace.assumed


def step_by_step(scenario: Scenario) -> tuple[Any, ...]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(World, "unwatched", lambda world: False)
        return told(scenario)


@given(scenario=server_worlds())
@settings(max_examples=60, deadline=None, derandomize=True)
def test_any_fleet_goes_through_in_one_go_as_step_by_step(scenario: Scenario) -> None:
    assert told(scenario) == step_by_step(scenario)


@pytest.mark.parametrize("rate", [200.0, 350.0, 420.0, 600.0])
@pytest.mark.parametrize("dispatch", ["batch", "window"])
def test_capacity_that_runs_short_in_the_middle_is_noticed(rate: float, dispatch: str) -> None:
    """Twelve at 50/s, half at a time: 300/s are left at the most; failing requests start the clock of noticing."""
    scenario = a_fleet(12, balancer={"deregistration_delay": 30.0}, still=False, rate=rate, capacity=50.0,
                       assumptions={"dispatch": dispatch})  # fmt: skip
    assert told(scenario) == step_by_step(scenario)


def test_sound_fleets_do_go_through_in_one_go(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[int] = []
    sweep = Effects.sweep

    def counted(self: Effects, steps: Any, instants: Any, limit: float) -> float | None:
        before = len(steps)
        lost = sweep(self, steps, instants, limit)
        taken.append(before - len(steps))
        return lost

    monkeypatch.setattr(Effects, "sweep", counted)
    told(a_fleet(40, balancer={"deregistration_delay": 30.0}, still=False, rate=100.0, capacity=50.0))
    assert sum(taken) >= 100
