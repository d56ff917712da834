"""Two workers against one on 10,000 half-hour shifts: the speed-up, chunk lengths and that the bytes are the same.

Prints ratios taken within one run, the two interleaved, since absolute times are this machine's own. Worth 1.8 at
least; 2 is the most that two workers could give. A machine that is busy with other things shows less.
"""

from __future__ import annotations

import os
import resource
import statistics
import sys
import time

from simulator.experiment import Finished, Plan, replicate
from simulator.model.scenario import Scenario

REPLICATIONS = 10_000
ROUNDS = 3
WORTH = 1.8


def shift() -> Scenario:
    """A tenth of the traffic of a function every three minutes, watched by one alarm; one strategy."""
    linear = {
        "name": "linear",
        "compute_platform": "Lambda",
        "traffic_routing": {"type": "TimeBasedLinear", "time_based_linear": {"percentage": 10, "interval": 180.0}},
    }
    return Scenario.model_validate(
        {
            "name": "shift",
            "service": {"platform": "lambda"},
            "traffic": {"rate": 200.0},
            "revision": {"bad": 0.05},
            "alarms": [{"name": "errors", "metric_name": "Errors", "threshold": 60}],
            "rollback": {"events": ["DEPLOYMENT_STOP_ON_ALARM"]},
            "strategies": [{"name": "linear", "configuration": linear}],
        }
    )


def timed(workers: int) -> tuple[float, float, Finished]:
    """Seconds on the clock, and of processor time in all processes."""
    began, worked = time.perf_counter(), processor()
    done = replicate(Plan(shift(), REPLICATIONS, 7), workers)
    return time.perf_counter() - began, processor() - worked, done


def processor() -> float:
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in spent)


def main() -> None:
    """Interleave, and compare medians."""
    times: dict[int, list[float]] = {1: [], 2: []}
    work: dict[int, list[float]] = {1: [], 2: []}
    results: dict[int, Finished] = {}
    replicate(Plan(shift(), 200, 7), 1)  # what is loaded on first use
    for _ in range(ROUNDS):
        for workers, taken in times.items():
            took, worked, results[workers] = timed(workers)
            taken.append(took)
            work[workers].append(worked)
    one, two = (statistics.median(taken) for taken in times.values())
    others = {"3 workers": replicate(Plan(shift(), REPLICATIONS, 7), 3)}
    others |= {
        f"2 workers, chunks of {size}": replicate(Plan(shift(), REPLICATIONS, 7), 2, chunk=size) for size in (7, 900)
    }
    same = all(done.rows.tobytes() == results[1].rows.tobytes() for done in (results[2], *others.values()))
    print(f"one worker   {one / REPLICATIONS * 1e6:8.0f} us a replication")
    print(f"two workers  {two / REPLICATIONS * 1e6:8.0f} us a replication, {one / two:.2f} times as fast")
    more = statistics.median(work[2]) / statistics.median(work[1])
    print(f"processor time of two workers is {more:.2f} of one's: idle cores would give {2 / more:.2f} times as fast")
    print(f"the same bytes from 1 worker, 2 workers, {', '.join(others)}: {same}")
    print(f"worth {WORTH} on {os.cpu_count()} cores that have nothing else to do")
    sys.exit(not same)


if __name__ == "__main__":
    main()
