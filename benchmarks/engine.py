"""What a replication costs, in units of K: the cost of a bare SimPy event measured in the same run.

Absolute times test the machine; ratios taken side by side test the code. Prints K, the time of a replication of a
fleet of 100 (lean and full trace, metrics included) and of shifts of half an hour in K, events per replication, and
how time, events and memory grow from 100 to 1,000 to 10,000 instances. Times are the processor's own, figures
medians of interleaved rounds, each divided by the K taken just before and after it.

    python benchmarks/engine.py
"""

from __future__ import annotations

import gc
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

from _kernel import PROCESSES, bare_event

from simulator.engine import simulate
from simulator.engine.run import prepared
from simulator.metrics import measure, price_list
from simulator.model.scenario import Scenario
from simulator.randomness import Rekeyed, Streams

ROUNDS = 9
WANTED = {
    "fleet of 100, half at a time, lean trace": 1500,
    "fleet of 100, half at a time, full trace": 4000,
    "LambdaCanary10Percent30Minutes, lean trace": 300,
    "LambdaLinear10PercentEvery3Minutes, lean trace": 300,
}  # K a replication, metrics included


def a_fleet(size: int) -> Scenario:
    """A fleet behind a load balancer, half at a time, with random durations and an alarm."""
    return Scenario.model_validate(
        {
            "name": "benchmark",
            "service": {
                "platform": "server",
                "fleet": {"size": size, "capacity": 60.0},
                "load_balancer": {"deregistration_delay": 60.0},
                "lifecycle": {
                    "hooks": {name: {} for name in ("ApplicationStop", "ApplicationStart", "ValidateService")},
                    "durations": {"ApplicationStart": {"median": 35.0, "p95": 90.0}},
                },
            },
            "traffic": {"rate": 20.0 * size},
            "revision": {"bad": 0.0},
            "alarms": [
                {
                    "name": "5xx",
                    "namespace": "AWS/ApplicationELB",
                    "metric_name": "HTTPCode_Target_5XX_Count",
                    "threshold": 100,
                    "treat_missing_data": "notBreaching",
                }
            ],
            # A deployment to ten thousand instances needs a raised quota.
            "assumptions": {"instance_quota": "raised"},
            "strategies": [{"name": "half", "configuration": "CodeDeployDefault.HalfAtATime"}],
        }
    ).under("half")


def a_shift(configuration: str) -> Scenario:
    """A Lambda shift under an alarm."""
    return Scenario.model_validate(
        {
            "name": "benchmark",
            "service": {"platform": "lambda"},
            "traffic": {"rate": 200.0, "baseline_errors": 0.001},
            "revision": {"bad": 0.0},
            "alarms": [{"name": "errors", "namespace": "AWS/Lambda", "metric_name": "Errors", "threshold": 100}],
            "strategies": [{"name": "shift", "configuration": configuration}],
        }
    ).under("shift")


def replication(world: Scenario, grain: Any, count: int) -> Callable[[], float]:
    """A function that times `count` replications with their metrics and gives the processor seconds of one."""
    philox, prices = Rekeyed(), price_list(world.prices)

    def timed() -> float:
        gc.collect()  # what another case left is not this one's to clear away
        began = time.process_time()
        for number in range(count):
            measure(simulate(world, Streams(1, number, philox), "good", grain), world, prices)
        return (time.process_time() - began) / count

    return timed


def events(world: Scenario, grain: Any) -> int:
    """Events of one replication."""
    run = prepared(world, Streams(1, 0), "good", grain)
    steps = 0
    while not run.over.processed:
        run.env.step()
        steps += 1
    return steps


def peak(world: Scenario) -> int:
    """Bytes at the most during one lean replication, beside what is worked out once for all of them."""
    philox = Rekeyed()
    simulate(world, Streams(1, 0, philox), "good")
    tracemalloc.start()
    simulate(world, Streams(1, 1, philox), "good")
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


def main() -> int:
    """Measure and print."""
    cases: dict[str, tuple[Callable[[], float], int, int]] = {}
    fleets = {size: a_fleet(size) for size in (10, 100, 1000, 10_000)}
    for size, count in ((10, 40), (100, 10), (1000, 2), (10_000, 1)):
        for grain in ("states", "full") if size < 10_000 else ("states",):
            label = f"fleet of {size:,}, half at a time, {'lean' if grain == 'states' else 'full'} trace"
            cases[label] = (replication(fleets[size], grain, count), events(fleets[size], grain), size)
    for name in ("LambdaCanary10Percent30Minutes", "LambdaLinear10PercentEvery3Minutes"):
        world = a_shift(f"CodeDeployDefault.{name}")
        cases[f"{name}, lean trace"] = (replication(world, "states", 20), events(world, "states"), 1)
    times: dict[str, list[float]] = {label: [] for label in cases}
    for timed, _, _ in cases.values():
        timed()  # warm up
    kernel: list[float] = []
    for _ in range(ROUNDS):
        before = bare_event()
        for label, (timed, _, _) in cases.items():
            spent, after = timed(), bare_event()
            times[label].append(2 * spent / (before + after))
            kernel.append(after)
            before = after
    out = sys.stdout.write
    out(f"K, a bare SimPy event among {PROCESSES} processes: {statistics.median(kernel) * 1e6:.2f} us\n\n")
    out(f"{'case':52} {'K a replication':>16} {'wanted':>8} {'events':>8} {'a target':>9} {'K an instance':>14}\n")
    for label, (_, count, size) in cases.items():
        middle = statistics.median(times[label])
        wanted = f"{WANTED[label]:,}" if label in WANTED else ""
        out(f"{label:52} {middle:16,.0f} {wanted:>8} {count:8,} {count / size:9.2f} {middle / size:14.1f}\n")
    out("\ngrowth, lean trace (wanted: x12.5 to 1,000, x15 to 10,000, 2 KiB an instance)\n")
    for small, large in ((100, 1000), (1000, 10_000)):
        a, b = (f"fleet of {size:,}, half at a time, lean trace" for size in (small, large))
        ratio = statistics.median(y / x for x, y in zip(times[a], times[b], strict=True))
        grown = (peak(fleets[large]) - peak(fleets[small])) / (large - small) / 1024
        out(f"{small:,} to {large:,} instances: time x{ratio:.1f}, memory {grown:.2f} KiB an instance\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
