"""An independent minute loop of a watched Lambda shift: no queue, no processes, the same draws, the same numbers."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import pytest
from scipy.stats import poisson

from simulator.engine.clock import on_grid
from simulator.model.scenario import Scenario
from simulator.randomness import Streams
from simulator.rules import traffic_shift
from tests.worlds import an_alias, canary, errors_alarm, linear, once

RATE, SHARE, BASELINE = 3.0, 0.3, 0.02
SEED = 11


class Told(NamedTuple):
    """What the loop and the engine must agree on."""

    stopped: float | None
    duration: float
    exposed: float
    failed: float


class MinuteLoop:
    """Draws by their names, then one pass over the minutes."""

    def __init__(self, shifts: list[tuple[float, float]], threshold: float, needed: int, of: int, k: int) -> None:
        self.streams = Streams(SEED, k)
        self.threshold, self.needed, self.of = threshold, needed, of
        self.minute = 60 * self.one("minute_phase")
        self.evaluation = on_grid(self.minute + on_grid(60 * self.one("alarm_evaluation_phase/new-version-errors")))
        self.look = on_grid(20 * self.one("alarm_poll_phase"))
        self.action = on_grid(1 + 4 * self.one("alarm_stop_action"))
        self.way_back = on_grid(2 + self.one("lambda_rollback/1"))
        setup = on_grid(1.5 + self.one("lambda_setup/0"))
        self.shifts = [(on_grid(setup + after), weight) for after, weight in shifts]
        self.end = on_grid(self.shifts[-1][0] + 0.2 + 0.4 * self.one("lambda_finish/0"))
        self.luck = self.streams.uniforms("counts/60", 200, 5)
        self.delays = 10 + 80 * self.streams.uniforms("delivery/lambda/60", 200, 1)[:, 0]

    def one(self, purpose: str) -> float:
        return float(self.streams.uniforms(purpose, 1, 1)[0, 0])

    def on_new(self, begin: float, end: float) -> float:
        """Seconds between two instants, each counted as the new version's share of the requests in it."""
        edges = [*(time for time, _ in self.shifts[1:]), math.inf]
        pieces = zip(self.shifts, edges, strict=True)
        return sum(weight * max(min(end, until) - max(begin, time), 0.0) for (time, weight), until in pieces)

    def breaching(self, slot: int) -> bool | None:
        """Whether minute `slot` (it begins at minute + 60 slot) has too many errors; None without invocations."""
        start = on_grid(self.minute) + 60 * slot
        new = self.on_new(start, start + 60) if slot >= -1 else 0.0
        old = 60 - new
        error = BASELINE + (1 - BASELINE) * SHARE
        means = (
            RATE * old - BASELINE * RATE * old, BASELINE * RATE * old,
            RATE * new - error * RATE * new, error * RATE * new, 0.0,
        )  # fmt: skip
        # One uniform for each minute and count; the oracle is another library's quantile function.
        counts = (
            [poisson.ppf(u, mean) for u, mean in zip(self.luck[slot + 1], means, strict=True)]
            if slot >= -1
            else [0] * 5
        )
        return counts[3] >= self.threshold if counts[2] + counts[3] > 0 else None

    def in_alarm(self, now: float) -> bool:
        """Of the ten newest minutes over by now those delivered; too few of them count as good ones."""
        newest = math.floor((now - on_grid(self.minute)) / 60) - 1
        points = [
            self.breaching(slot)
            for slot in range(newest - 9, newest + 1)
            if slot < -60 or on_grid(on_grid(self.minute) + 60 * (slot + 1) + self.delays[slot + 60]) <= now
        ]
        real = [point for point in points if point is not None]
        return sum(real[-self.of :] if len(real) >= self.of else real) >= self.needed

    def stop(self) -> float | None:
        """Evaluate every minute; after each change to ALARM the next look sees it, if it is still up."""
        tick = self.evaluation - 60 * math.floor(self.evaluation / 60)
        up = False
        while tick < self.end:
            state = self.in_alarm(tick)
            if state and not up:
                looked = self.look + 20 * math.ceil((tick - self.look) / 20)
                latest = tick + 60 * math.floor((looked - tick) / 60)
                if self.in_alarm(latest) and looked < self.end:
                    return looked + self.action if looked + self.action < self.end else None
            up, tick = state, tick + 60
        return None

    def told(self, horizon: float) -> Told:
        stopped = self.stop()
        over = self.end + horizon if stopped is None else stopped + 1.0 + self.way_back
        if stopped is not None:
            self.shifts = [shift for shift in self.shifts if shift[0] <= stopped]
        exposed = RATE * self.on_new(0.0, over)
        duration = self.end if stopped is None else stopped
        return Told(stopped, duration, exposed, exposed * SHARE * (1 - BASELINE))


CASES: list[tuple[Any, float, int, int]] = [
    (canary(10, 5), 2, 1, 1),
    (canary(10, 5), 10, 1, 1),
    (canary(50, 8), 20, 2, 3),
    (linear(10, 1), 15, 2, 2),
    (linear(30, 2), 25, 3, 3),
]


def world(configuration: Any, threshold: float, needed: int, of: int) -> Scenario:
    return an_alias(
        configuration,
        still=False,
        traffic={"rate": RATE, "baseline_errors": BASELINE},
        revision={"bad": 1.0, "defects": [{"kind": "errors", "share": SHARE}]},
        alarms=[errors_alarm(threshold, of, datapoints_to_alarm=needed)],
        rollback={"events": ["DEPLOYMENT_STOP_ON_ALARM"]},
        people=None,
        horizon=7200.0,
    )


@pytest.mark.parametrize(("configuration", "threshold", "needed", "of"), CASES)
def test_the_engine_agrees_with_a_minute_loop_draw_for_draw(
    configuration: Any, threshold: float, needed: int, of: int
) -> None:
    scenario = world(configuration, threshold, needed, of)
    shifts = traffic_shift.schedule(scenario.strategies[0].configuration)
    stops = 0
    for k in range(60):
        _, outcome = once(scenario, seed=SEED, replication=k, stratum="bad")
        told = MinuteLoop(shifts, threshold, needed, of, k).told(7200.0)
        assert (outcome.trigger == "alarm") == (told.stopped is not None)
        assert outcome.duration_s == pytest.approx(told.duration, abs=1e-4)
        assert outcome.exposed_requests == pytest.approx(told.exposed, abs=1e-2)
        assert outcome.failed_requests == pytest.approx(told.failed, abs=1e-2)
        stops += told.stopped is not None
    assert stops > 0
