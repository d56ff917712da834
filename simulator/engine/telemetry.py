"""What CloudWatch gets to see: counts per metric minute, drawn from the expected rates, delivered late.

The one thing a newcomer would get wrong: nobody but alarms reads this. Harm is measured from the expected rates
in the trace; only what an alarm sees is noisy. Nothing is drawn before somebody reads it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from simulator.engine.clock import all_on_grid
from simulator.engine.counts import Counts
from simulator.engine.recipes import Part
from simulator.model.distribution import Distribution
from simulator.model.flow import Flow
from simulator.randomness import Streams
from simulator.rules.telemetry import Family
from simulator.trace.records import FlowChange

MINUTE_S = 60.0
HISTORY = 60  # minutes before zero whose delivery is drawn; older ones have long arrived
CERTAIN = 50.0  # a count with this mean is 0 once in 5e21 minutes: whether there was traffic needs no draw


class Levels(NamedTuple):
    """State of the fleet and the versions' latencies, for metrics that are no counts."""

    healthy: float = 0.0
    unhealthy: float = 0.0
    latency_old: float = 0.0
    latency_new: float = 0.0
    latency_both: float = 0.0
    healthy_old: float = 0.0
    healthy_new: float = 0.0
    unhealthy_old: float = 0.0
    unhealthy_new: float = 0.0


class Seen(NamedTuple):
    """What holds from an instant on."""

    time: float
    flow: Flow
    levels: Levels


class Ahead(NamedTuple):
    """Sums in the bins to come, if nothing changes: their range, whether they are published, and until when."""

    lowest: float
    highest: float
    published: bool
    until: float


class Telemetry:
    """Counts per metric minute (or per ten seconds, for high-resolution custom metrics).

    Parameters
    ----------
    streams : Streams
        Draws of the replication.
    seen : list of Seen or FlowChange
        What held when, oldest first, with levels where an alarm asks for them; the engine appends to it. The first
        holds since ever.
    expected : callable
        Expected counts of flows that held for some seconds each.
    phase : float
        Second at which a minute begins, in [0, 60).
    width : float
        Seconds of a bin, 60 or 10.
    poisson : bool
        Whether counts are drawn or expected.
    assume : callable
        Gives the value of an assumption by name.
    """

    def __init__(
        self,
        streams: Streams,
        seen: list[Seen | FlowChange],
        expected: Callable[[Iterable[tuple[float, Flow]]], tuple[float, ...]],
        phase: float,
        width: float,
        poisson: bool,
        assume: Callable[[str], Any],
    ) -> None:
        self.streams, self.phase, self.width, self.poisson = streams, phase, width, poisson
        self.assume, self.expected = assume, expected
        self.seen = seen
        self._cursor = 0
        self._means: dict[int, tuple[float, ...]] = {}
        self._arrivals: dict[Family, list[float]] = {}
        self._longest: dict[Family, float] = {}
        self._lost: list[tuple[float, float]] = []  # when nothing is delivered
        self.luck = 0.0  # the highest uniform of the counts, as far as drawn for a ceiling
        series = len(expected(()))
        self._counts = Counts(streams, f"counts/{width:g}", series)
        self._history = Counts(streams, f"counts/{width:g}/history", series)
        # What the latest flow means for a whole bin: minutes in which nothing changes are most of them.
        self._steady: tuple[Flow | None, tuple[float, ...]] = (None, ())

    def start_of(self, index: int) -> float:
        """Instant at which a bin begins."""
        return self.phase + index * self.width

    def delivered(self, index: int, family: Family) -> float:
        """Instant at which a bin's datapoint is readable."""
        row = index + HISTORY
        if row < 0:
            return self.start_of(index + 1)
        arrivals = self._arrivals.get(family, ())
        return arrivals[row] if row < len(arrivals) else self._arrive(family, row)

    def lose(self, begin: float, end: float) -> None:
        """Let what would be delivered from one instant to another never arrive."""
        self._lost.append((begin, end))

    def _arrive(self, family: Family, row: int) -> float:
        """Draw when the bins of a family arrive, twice as many as are asked for."""
        law: Distribution = self.assume(f"delivery_{family}")
        rows = max(2 * HISTORY, 2 * row)
        delays = law.quantile(self.streams.uniforms(f"delivery/{family}/{self.width:g}", rows, 1)[:, 0])
        self._longest[family] = float(delays.max())
        ends = self.phase + (np.arange(rows) + (1 - HISTORY)) * self.width
        instants = all_on_grid(ends + delays)
        for begin, end in self._lost:
            instants[(instants >= begin) & (instants < end)] = np.inf
        self._arrivals[family] = arrivals = instants.tolist()
        return float(arrivals[row])

    # -- values ---------------------------------------------------------------------------------------------

    def statistic(self, part: Part, indices: Sequence[int]) -> float | None:
        """A metric's statistic over some bins, or None when none of them has a datapoint."""
        published = part.series.published
        if part.simple and len(indices) == 1:
            return self._one(part, indices[0])
        if published == "with_traffic":
            indices = [index for index in indices if self._has_traffic(part, index)]
        if not indices:
            return None
        if part.series.level is not None:
            return self._level(part, indices)
        total = self._total(part.counts, indices)
        if published == "when_non_zero" and total <= 0:
            return None
        if part.statistic == "Sum":
            return total
        values = self._total(part.samples, indices)
        # A value of 1 for each of the requests counted, 0 for the other ones.
        match part.statistic:
            case "SampleCount":
                return values
            case "Maximum":
                return float(total > 0)
            case "Minimum":
                return float(total >= values > 0)
        return total / values if values > 0 else None

    def _one(self, part: Part, index: int) -> float | None:
        """The sum of counts in one bin: what most alarms ask for, and at each evaluation."""
        if part.series.published == "with_traffic" and not self._has_traffic(part, index):
            return None
        means = self._mean(index)
        total = 0.0
        for series in part.counts:
            if means[series] > 0:
                total += self._count(index, series)
        return None if total <= 0 and part.series.published == "when_non_zero" else total

    def ahead(self, part: Part, index: int) -> Ahead | None:
        """What comes of a sum from a bin on if nothing changes any more, as far as it is drawn.

        None when something did change since that bin began, or when some bins would have a datapoint and some not.
        """
        latest = self.seen[-1]
        if latest.time > self.start_of(index) or index < -1 or self._lost:
            return None
        means = self.steady(latest.flow)
        traffic = max([means[series] for series in part.traffic])
        if part.series.published == "with_traffic" and 0 < traffic <= CERTAIN:
            return None
        until = self.start_of(self._counts.rows(index + 1) - 1)
        if self.poisson:
            ranges = [self._counts.ahead(index + 1, series, means[series]) for series in part.counts]
            lowest, highest = sum(low for low, _ in ranges), sum(high for _, high in ranges)
        else:
            lowest = highest = sum([means[series] for series in part.counts])
        if part.series.published == "when_non_zero":
            return Ahead(lowest, highest, lowest > 0, until) if lowest > 0 or highest <= 0 else None
        return Ahead(lowest, highest, part.series.published == "always" or traffic > 0, until)

    @property
    def loses(self) -> bool:
        """Whether something is never delivered."""
        return bool(self._lost)

    def draw_luck(self, now: float, before: int) -> float:
        """Draw the luck of all counts from so many bins before an instant on; the instant till which it suffices."""
        index = math.floor((now - self.phase) / self.width)
        rows = self._counts.rows(index + 1)
        self.luck = max(self.luck, self._counts.luckiest)
        if index - before <= -1:
            self._history.rows(before)
            self.luck = max(self.luck, self._history.luckiest)
        return self.start_of(rows - 1)

    def longest_delay(self, family: Family) -> float:
        """Longest delay drawn for a family's datapoints so far, in seconds."""
        return self._longest[family]

    def _total(self, counts: tuple[int, ...], indices: Sequence[int]) -> float:
        total = 0.0
        for index in indices:
            for series in counts:
                total += self._count(index, series)
        return total

    def _has_traffic(self, part: Part, index: int) -> bool:
        means = self._mean(index)
        for series in part.traffic:
            if means[series] > CERTAIN:
                return True
        return any(self._count(index, series) > 0 for series in part.traffic)

    def _count(self, index: int, series: int) -> float:
        """Count of one series in one bin; bins before the one in which zero lies have draws of their own."""
        mean = self._mean(index)[series]
        if not self.poisson:
            return mean
        return self._counts.at(index + 1, series, mean) if index >= -1 else self._history.at(-2 - index, series, mean)

    def _mean(self, index: int) -> tuple[float, ...]:
        """Expected counts of a bin that is over."""
        means = self._means.get(index)
        if means is None:
            means = self._means[index] = self._integrate(index)
        return means

    def _integrate(self, index: int) -> tuple[float, ...]:
        seen, start = self.seen, self.start_of(index)
        cursor = len(seen) - 1 if seen[-1].time <= start else self._find(start)
        if cursor + 1 == len(seen) or seen[cursor + 1].time >= start + self.width:
            return self.steady(seen[cursor].flow)
        return self.expected([(length, held.flow) for length, held in self._pieces(index)])

    def steady(self, flow: Flow) -> tuple[float, ...]:
        """Expected counts of a bin through which a flow holds."""
        if self._steady[0] is not flow:
            self._steady = (flow, self.expected([(self.width, flow)]))
        return self._steady[1]

    def _find(self, start: float) -> int:
        """Place of what held at an instant."""
        seen = self.seen
        cursor = self._cursor if seen[self._cursor].time <= start else 0
        while cursor + 1 < len(seen) and seen[cursor + 1].time <= start:
            cursor += 1
        self._cursor = cursor
        return cursor

    # -- levels ---------------------------------------------------------------------------------------------

    def _level(self, part: Part, indices: Sequence[int]) -> float:
        level = part.series.level
        version = part.series.version or ("both" if level == "latency" else None)
        name = f"{level}_{version}" if version else level
        place = Levels._fields.index(str(name))
        values = [self._level_of(index, place, level == "latency", part.statistic) for index in indices]
        if part.statistic == "Minimum":
            return min(values)
        return max(values) if part.statistic == "Maximum" else sum(values) / len(values)

    def _level_of(self, index: int, place: int, latency: bool, statistic: str) -> float:
        """A level over one bin: hosts weighted by time, latency by requests."""
        pieces = self._pieces(index)
        values = [float(held.levels[place]) for _, held in pieces if isinstance(held, Seen)]
        if statistic == "Minimum":
            return min(values)
        if statistic == "Maximum":
            return max(values)
        weights = [sum(self.expected([(length, held.flow)])) if latency else length for length, held in pieces]
        total = sum(weights)
        return sum(weight * value for weight, value in zip(weights, values, strict=True)) / total if total > 0 else 0.0

    def _pieces(self, index: int) -> list[tuple[float, Seen | FlowChange]]:
        """What held within a bin, and for how many seconds."""
        begin, end = self.start_of(index), self.start_of(index + 1)
        seen, cursor = self.seen, self._find(begin)
        pieces: list[tuple[float, Seen | FlowChange]] = []
        for held in seen[cursor:-1]:
            cursor += 1
            stop = seen[cursor].time
            if stop >= end:
                break
            pieces.append((stop - begin, held))
            begin = stop
        else:
            held = seen[-1]
        pieces.append((end - begin, held))
        return pieces
