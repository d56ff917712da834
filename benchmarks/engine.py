"""What a replication costs, in units of K: the cost of a bare SimPy event measured in the same run.

Absolute times test the machine; ratios taken side by side test the code. Prints K, the time of a replication of a
fleet of 100 (lean and full trace, metrics included) and of a canary in K, events per replication, and how both
grow from 10 to 100 to 1,000 instances. Figures are medians of interleaved rounds.

    python benchmarks/engine.py
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import simpy

from simulator.engine import simulate
from simulator.engine.run import prepared
from simulator.metrics import measure, price_list
from simulator.model.scenario import Scenario
from simulator.randomness import Rekeyed, Streams

ROUNDS = 7
PROCESSES = 100
TICKS = 200


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
            "strategies": [{"name": "half", "configuration": "CodeDeployDefault.HalfAtATime"}],
        }
    ).under("half")


def a_canary() -> Scenario:
    """A Lambda canary of half an hour under an alarm."""
    return Scenario.model_validate(
        {
            "name": "benchmark",
            "service": {"platform": "lambda"},
            "traffic": {"rate": 200.0, "baseline_errors": 0.001},
            "revision": {"bad": 0.0},
            "alarms": [{"name": "errors", "namespace": "AWS/Lambda", "metric_name": "Errors", "threshold": 100}],
            "strategies": [{"name": "canary", "configuration": "CodeDeployDefault.LambdaCanary10Percent30Minutes"}],
        }
    ).under("canary")


def bare_event() -> float:
    """Seconds per event of a bare SimPy run with 100 live processes."""
    env = simpy.Environment()

    def loop() -> Any:
        for _ in range(TICKS):
            yield env.timeout(1.0)

    for _ in range(PROCESSES):
        env.process(loop())
    began = time.perf_counter()
    env.run()
    return (time.perf_counter() - began) / (PROCESSES * (TICKS + 2))


def replication(world: Scenario, grain: Any, count: int) -> Callable[[], float]:
    """A function that times `count` replications with their metrics and gives the seconds of one."""
    philox, prices = Rekeyed(), price_list(world.prices)

    def timed() -> float:
        began = time.perf_counter()
        for number in range(count):
            measure(simulate(world, Streams(1, number, philox), "good", grain), world, prices)
        return (time.perf_counter() - began) / count

    return timed


def events(world: Scenario, grain: Any) -> int:
    """Events of one replication."""
    run = prepared(world, Streams(1, 0), "good", grain)
    steps = 0
    while not run.over.processed:
        run.env.step()
        steps += 1
    return steps


def main() -> int:
    """Measure and print."""
    cases: dict[str, tuple[Callable[[], float], int, int]] = {}
    for size, count in ((10, 30), (100, 8), (1000, 1)):
        world = a_fleet(size)
        for grain in ("states", "full"):
            label = f"fleet of {size}, half at a time, {'lean' if grain == 'states' else 'full'} trace"
            cases[label] = (replication(world, grain, count), events(world, grain), size)
    canary = a_canary()
    cases["canary of 30 minutes, lean trace"] = (replication(canary, "states", 50), events(canary, "states"), 1)
    times: dict[str, list[float]] = {label: [] for label in cases}
    kernel: list[float] = []
    for label, (timed, _, _) in cases.items():
        timed()  # warm up
        assert label
    for _ in range(ROUNDS):
        kernel.append(bare_event())
        for label, (timed, _, _) in cases.items():
            times[label].append(timed() / kernel[-1])
    k = statistics.median(kernel)
    out = sys.stdout.write
    out(f"K, a bare SimPy event among {PROCESSES} processes: {k * 1e6:.2f} us\n\n")
    out(f"{'case':46} {'K a replication':>16} {'events':>8} {'K an instance':>14}\n")
    for label, (_, count, size) in cases.items():
        middle = statistics.median(times[label])
        out(f"{label:46} {middle:16,.0f} {count:8,} {middle / size:14.1f}\n")
    out("\ngrowth of time and events\n")
    for grain in ("lean", "full"):
        for small, large in ((10, 100), (100, 1000)):
            a, b = (f"fleet of {size}, half at a time, {grain} trace" for size in (small, large))
            ratio = statistics.median(y / x for x, y in zip(times[a], times[b], strict=True))
            out(f"{grain}: {small} to {large} instances: time x{ratio:.1f}, events x{cases[b][1] / cases[a][1]:.1f}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
