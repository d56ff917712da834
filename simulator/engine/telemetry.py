"""What CloudWatch gets to see: counts per metric minute, drawn from the expected rates, delivered late.

The one thing a newcomer would get wrong: nobody but alarms reads this. Harm is measured from the expected rates
in the trace; only what an alarm sees is noisy.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from simulator.engine.clock import on_grid
from simulator.model.distribution import Distribution
from simulator.randomness import Streams
from simulator.rules.telemetry import Family, Series, traffic_counts

MINUTE_S = 60.0
HISTORY = 60  # minutes before zero whose delivery is drawn; older ones have long arrived


@dataclass(slots=True)
class Levels:
    """State of the fleet and the versions' latencies, for metrics that are no counts."""

    healthy: float = 0.0
    unhealthy: float = 0.0
    latency_old: float = 0.0
    latency_new: float = 0.0
    latency_both: float = 0.0


# How long rates and levels held within a bin.
Piece = tuple[float, Levels, tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class Bin:
    """One metric minute: drawn counts and levels."""

    counts: dict[str, float]
    pieces: list[Piece]


class Telemetry:
    """Counts per metric minute (or per ten seconds, for high-resolution custom metrics).

    Parameters
    ----------
    streams : Streams
        Draws of the replication.
    names : tuple of str
        Of the counts, in the order in which `change` gives their rates.
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
        names: tuple[str, ...],
        phase: float,
        width: float,
        poisson: bool,
        assume: Callable[[str], Any],
    ) -> None:
        self.streams, self.names, self.phase, self.width, self.poisson = streams, names, phase, width, poisson
        self.assume = assume
        self._changes: list[tuple[float, tuple[float, ...], Levels]] = []
        self._bins: dict[int, Bin] = {}
        self._cursor = 0
        self._delays: dict[Family, list[float]] = {}

    def change(self, time: float, rates: tuple[float, ...], levels: Levels) -> None:
        """Rates (per second) and levels from this instant on; the first holds since ever."""
        if self._changes and self._changes[-1][0] == time:
            self._changes[-1] = (time, rates, levels)
        else:
            self._changes.append((time if self._changes else -math.inf, rates, levels))

    def start_of(self, index: int) -> float:
        """Instant at which a bin begins."""
        return self.phase + index * self.width

    def indices(self, start: float, end: float) -> range:
        """Bins that begin in [start, end)."""
        first = math.ceil((start - self.phase) / self.width - 1e-9)
        return range(first, math.ceil((end - self.phase) / self.width - 1e-9))

    def delivered(self, index: int, family: Family) -> float:
        """Instant at which a bin's datapoint is readable."""
        end = self.start_of(index + 1)
        if index < -HISTORY:
            return end
        delays = self._delays.get(family, [])
        row = index + HISTORY
        if row >= len(delays):
            law: Distribution = self.assume(f"delivery_{family}")
            rows = max(2 * HISTORY, 2 * row)
            u = self.streams.uniforms(f"delivery/{family}/{self.width:g}", rows, 1)[:, 0]
            delays = law.quantile(u).tolist()
            self._delays[family] = delays
        return on_grid(end + delays[row])

    def value(self, found: Series, statistic: str, index: int) -> float | None:
        """A metric's value in one bin, or None when nothing was published."""
        held = self.bin(index)
        if found.level is not None:
            if sum(held.counts[name] for name in traffic_counts(found)) <= 0:
                return None
            key = found.level if found.level != "latency" else f"latency_{found.version or 'both'}"
            return _level(held.pieces, key, statistic)
        total = sum(held.counts[name] for name in found.counts)
        if found.published == "when_non_zero" and total <= 0:
            return None
        if found.published == "with_traffic" and sum(held.counts[name] for name in traffic_counts(found)) <= 0:
            return None
        return total

    def bin(self, index: int) -> Bin:
        """Counts and levels of one bin, drawn once."""
        if index not in self._bins:
            expected, pieces = self._integrate(index)
            self._bins[index] = Bin(dict(zip(self.names, self._seen(index, expected), strict=True)), pieces)
        return self._bins[index]

    def _seen(self, index: int, expected: tuple[float, ...]) -> list[float]:
        if not self.poisson:
            return list(expected)
        purpose = f"counts/{self.width:g}"
        if index >= -1:
            return [float(count) for count in self.streams.poisson(purpose, index + 1, expected)]
        return [float(count) for count in self.streams.poisson(purpose + "/history", -index, expected)]

    def _integrate(self, index: int) -> tuple[tuple[float, ...], list[Piece]]:
        start, end = self.start_of(index), self.start_of(index + 1)
        changes = self._changes
        cursor = self._cursor if changes[self._cursor][0] <= start else 0
        while cursor + 1 < len(changes) and changes[cursor + 1][0] <= start:
            cursor += 1
        self._cursor = cursor
        totals = [0.0] * len(self.names)
        pieces: list[Piece] = []
        while True:
            until = changes[cursor + 1][0] if cursor + 1 < len(changes) else math.inf
            begin, stop = max(changes[cursor][0], start), min(until, end)
            if stop > begin:
                rates = changes[cursor][1]
                for place, rate in enumerate(rates):
                    totals[place] += rate * (stop - begin)
                pieces.append((stop - begin, changes[cursor][2], rates))
            if until >= end:
                break
            cursor += 1
        return tuple(totals), pieces


def _level(pieces: list[Piece], name: str, statistic: str) -> float:
    """A level over one bin: hosts weighted by time, latency by requests."""
    values = [float(getattr(level, name)) for _, level, _ in pieces]
    if statistic == "Minimum":
        return min(values)
    if statistic == "Maximum":
        return max(values)
    latency = name.startswith("latency")
    weights = [length * sum(rates) if latency else length for length, _, rates in pieces]
    total = sum(weights)
    return sum(weight * value for weight, value in zip(weights, values, strict=True)) / total if total > 0 else 0.0
