"""K: the cost of a bare SimPy event among a hundred live processes, the unit of the other benchmarks."""

from __future__ import annotations

import time
from typing import Any

import simpy

PROCESSES = 100
TICKS = 80


def bare_event() -> float:
    """Processor seconds of one event."""
    env = simpy.Environment()

    def loop() -> Any:
        for _ in range(TICKS):
            yield env.timeout(1.0)

    for _ in range(PROCESSES):
        env.process(loop())
    began = time.process_time()
    env.run()
    return (time.process_time() - began) / (PROCESSES * (TICKS + 2))
