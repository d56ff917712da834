"""How many events a run takes: a few for each target and minute, none for a request or a poll."""

from __future__ import annotations

import gc
import tracemalloc
from typing import Any

import pytest

from simulator.engine import simulate
from simulator.engine.run import prepared
from simulator.model.scenario import Scenario
from simulator.randomness import Rekeyed, Streams
from tests.worlds import a_fleet, an_alias, canary, errors_alarm, linear

BAD = {"bad": 1.0, "defects": [{"kind": "errors", "share": 0.3}]}
ALARM = {"name": "5xx", "metric_name": "HTTPCode_Target_5XX_Count", "threshold": 100.0}
HOOKS: dict[str, Any] = {name: {} for name in ("ApplicationStop", "ApplicationStart", "ValidateService")}


def rollout(size: int, **rest: Any) -> Scenario:
    fields = {"hooks": HOOKS, "alarms": [ALARM], "rate": 20.0 * size, "capacity": 60.0, **rest}
    return a_fleet(size, balancer={"deregistration_delay": 60.0}, still=False, **fields)


def events(world: Scenario, stratum: Any = "good", grain: Any = "states", replication: int = 0) -> tuple[int, float]:
    """Events of one run, and how many minutes it lasted."""
    run = prepared(world, Streams(1, replication), stratum, grain)
    steps = 0
    while not run.over.processed:
        run.env.step()
        steps += 1
    return steps, run.env.now / 60


@pytest.mark.parametrize("size", [10, 100, 1000])
@pytest.mark.parametrize("stratum", ["good", "bad"])
def test_a_rollout_takes_at_most_six_events_a_target_and_a_few_a_minute(size: int, stratum: str) -> None:
    steps, minutes = events(rollout(size, revision=BAD), stratum)
    assert steps <= 6 * size + 4 * minutes


@pytest.mark.parametrize("dispatch", ["batch", "window"])
def test_a_full_trace_takes_the_events_of_a_lean_one(dispatch: str) -> None:
    world = rollout(60, assumptions={"dispatch": dispatch})
    assert events(world, grain="full") == events(world, grain="states")
    assert events(world)[0] <= 6 * 60 + 4 * events(world)[1]


def test_events_grow_with_the_fleet_and_no_faster() -> None:
    """In a window each target's end frees a place, so each is an event."""
    small, large = (events(rollout(size, assumptions={"dispatch": "window"}))[0] for size in (100, 1000))
    assert 5 * small < large <= 10.1 * small


@pytest.mark.parametrize("configuration", [canary(10, 30), linear(10, 3), linear(4, 1)])
@pytest.mark.parametrize("stratum", ["good", "bad"])
def test_a_shift_of_half_an_hour_takes_at_most_a_hundred(configuration: Any, stratum: str) -> None:
    world = an_alias(configuration, still=False, rate=200.0, revision=BAD, alarms=[errors_alarm(1e9)], people=None,
                     horizon=60.0)  # fmt: skip
    assert events(world, stratum)[0] <= 100


@pytest.mark.parametrize("rate", [0.5, 50.0, 50_000.0])
def test_no_event_for_a_request(rate: float) -> None:
    """A hundred thousand times the requests, and whatever part of them fails."""
    world = an_alias(canary(10, 30), rate=rate, revision=BAD, alarms=[errors_alarm(1e9)], people=None, horizon=60.0)
    assert events(world, "bad")[0] <= 60


def test_no_event_for_a_poll_of_the_agent() -> None:
    """An hour of installing, while the agent would poll every second."""
    world = a_fleet(2, durations={"Install": 3500.0}, people=None)
    assert events(world)[0] <= 6 * 2 + 10


def test_a_quiet_day_takes_no_event_a_minute() -> None:
    """A bad release that nobody sees keeps its alarm for a day: it is evaluated when something could come of it."""
    world = an_alias(canary(10, 5), rate=1000.0, revision=BAD, alarms=[errors_alarm(1e9)], people=None)
    steps, minutes = events(world, "bad")
    assert minutes > 1440
    assert steps < 120


def test_memory_grows_by_at_most_two_kibibytes_a_target() -> None:
    """Peak of a lean run, between two sizes; numpy tells tracemalloc of its arrays."""
    peaks = {}
    philox = Rekeyed()
    for size in (200, 1200):
        world = rollout(size)
        simulate(world, Streams(1, 0, philox), "good")  # what is worked out once for all replications
        gc.collect()
        tracemalloc.start()
        simulate(world, Streams(1, 1, philox), "good")
        peaks[size] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert (peaks[1200] - peaks[200]) / 1000 <= 2048


def test_replications_leave_nothing_behind() -> None:
    world = an_alias(canary(10, 5), rate=100.0, revision=BAD, alarms=[errors_alarm(50)], still=False)
    philox = Rekeyed()
    held = []
    for first in (0, 50, 250):
        for replication in range(first, first + 50 if first == 0 else first + 200):
            simulate(world, Streams(1, replication, philox), "bad")
        gc.collect()
        held.append(len(gc.get_objects()))
    assert held[2] <= held[1] + 50
