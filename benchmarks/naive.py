"""The model that one would write first, a process for each request, against ours on the same watched shift.

A canary of half an hour at 200 requests per second; a bad version fails 5 % of its requests. Prints how many
replications of ours cost what one of the naive model costs, and the failed requests of both with their 95 %
intervals, which must overlap. The naive model runs five minutes of the half hour, whose cost is the same in each.

    python benchmarks/naive.py
"""

from __future__ import annotations

import math
import statistics
import sys
import time
from typing import Any

import numpy as np
import simpy

from simulator.engine import simulate
from simulator.metrics import measure, price_list
from simulator.model.scenario import Scenario
from simulator.randomness import Rekeyed, Streams

RATE, SHARE, FIRST, SHIFT_S = 200.0, 0.05, 0.1, 1800.0
SLICE_S = 300.0
NAIVE_RUNS, OUR_RUNS, ROUNDS = 2, 100, 3
WORTH = 2000


def naive(seed: int, seconds: float) -> int:
    """Failed requests of the canary's first seconds, with a process for each request and a draw for each fate."""
    rng = np.random.default_rng(seed)
    env = simpy.Environment()
    failed = 0

    def request() -> Any:
        nonlocal failed
        on_new = rng.random() < FIRST
        yield env.timeout(rng.exponential(0.05))
        if on_new and rng.random() < SHARE:
            failed += 1

    def arrivals() -> Any:
        while True:
            yield env.timeout(rng.exponential(1 / RATE))
            env.process(request())

    env.process(arrivals())
    env.run(until=seconds)
    return failed


def the_shift() -> Scenario:
    """The same canary in our terms, watched by an alarm that stays quiet, until everything has moved."""
    canary = {
        "name": "canary",
        "compute_platform": "Lambda",
        "traffic_routing": {
            "type": "TimeBasedCanary",
            "time_based_canary": {"percentage": round(FIRST * 100), "interval": SHIFT_S},
        },
    }
    return Scenario.model_validate(
        {
            "name": "benchmark",
            "service": {"platform": "lambda"},
            "traffic": {"rate": RATE},
            "revision": {"bad": 1.0, "defects": [{"kind": "errors", "share": SHARE}]},
            "alarms": [{"name": "errors", "namespace": "AWS/Lambda", "metric_name": "Errors", "threshold": 1e6}],
            "people": None,
            "horizon": 0.0,
            "assumptions": {"lambda_setup": 0.0, "lambda_finish": 0.0},
            "strategies": [{"name": "canary", "configuration": canary}],
        }
    ).under("canary")


def main() -> int:
    """Interleave, compare and print."""
    world, philox = the_shift(), Rekeyed()
    prices = price_list(world.prices)
    ratios, counts = [], []
    ours = measure(simulate(world, Streams(1, 0, philox), "bad"), world, prices).failed_requests
    for number in range(ROUNDS):
        began = time.process_time()
        counts += [naive(NAIVE_RUNS * number + run, SLICE_S) for run in range(NAIVE_RUNS)]
        theirs = (time.process_time() - began) / NAIVE_RUNS * SHIFT_S / SLICE_S
        began = time.process_time()
        for run in range(OUR_RUNS):
            measure(simulate(world, Streams(1, run, philox), "bad"), world, prices)
        ratios.append(theirs / ((time.process_time() - began) / OUR_RUNS))
    scale = SHIFT_S / SLICE_S
    # A sum of Poisson counts: its spread is the root of what was counted.
    mean = statistics.fmean(counts) * scale
    half = 1.96 * math.sqrt(sum(counts)) / len(counts) * scale
    gained = statistics.median(ratios)
    out = sys.stdout.write
    out(f"replications of ours for one of a process per request: {gained:,.0f} (worth {WORTH:,} at least)\n")
    out(f"failed requests: {ours:.0f} by integral, {mean:.0f} +- {half:.0f} counted one by one\n")
    if abs(ours - mean) > half:
        out("the two do not agree\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
