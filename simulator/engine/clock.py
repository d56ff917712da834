"""Instants, the grid they lie on, and the stated order of those that coincide.

The one thing a newcomer would get wrong: simultaneous events are processed in one order, traffic, health, alarm,
action, end, given as SimPy scheduling priority here and nowhere else. Instants lie on a grid of 2^-20 s, so five
waits of a minute and one of five end at the same instant exactly.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from heapq import heappush
from typing import Any, TypeVar

import numpy as np
import simpy
from numpy.typing import NDArray
from simpy.events import EventPriority

Result = TypeVar("Result")
Steps = Generator[simpy.Event, Any, Result]

GRID = 2.0**20

# SimPy's own bookkeeping (process starts, interrupts) is at 0.
TRAFFIC, HEALTH, ALARM, ACTION, END = (EventPriority(order) for order in range(1, 6))


def on_grid(seconds: float) -> float:
    """Nearest instant of the grid; infinity stays."""
    return round(seconds * GRID) / GRID if math.isfinite(seconds) else seconds


def all_on_grid(seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Nearest instants of the grid; infinity stays."""
    return np.asarray(np.rint(seconds * GRID) / GRID, dtype=np.float64)


def at(env: simpy.Environment, instant: float, order: EventPriority) -> simpy.Event:
    """An event that happens at this instant, after everything of a lower order at the same one."""
    event = simpy.Event(env)
    event._ok = True
    event._value = None
    # What `env.schedule` does, in half its time, and without a sum that could leave the grid: it takes a delay.
    heappush(env._queue, (max(env._now, instant), order, next(env._eid), event))
    return event


def call_at(
    env: simpy.Environment, instant: float, order: EventPriority, what: Callable[..., Any], *arguments: Any
) -> None:
    """Call a function at this instant, without a process of its own."""
    event = at(env, instant, order)
    event.callbacks = [lambda _: what(*arguments)]


def next_tick(now: float, phase: float, period: float) -> float:
    """First instant at or after now of a clock with this phase and period, on the grid."""
    tick = on_grid(phase + math.ceil((now - phase) / period) * period)
    return tick if tick >= now else on_grid(tick + period)
