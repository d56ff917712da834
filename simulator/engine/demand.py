"""How many requests users send at each instant, before CreateDeployment and after it.

The one thing a newcomer would get wrong: alarms look back before zero, so the profile does too. A recorded series
goes on before its first time with its first rate, and after its last one with its last.
"""

from __future__ import annotations

from collections.abc import Iterator

from simulator.engine.clock import on_grid
from simulator.model.traffic import DAY_S, Start, Traffic

Step = tuple[float, float]
"""Seconds from CreateDeployment, and requests per second from then on."""


class Demand:
    """Requests per second as a step function of the time from CreateDeployment.

    Parameters
    ----------
    traffic : Traffic
        By the hour of the day, or as recorded.
    start : Start
        When CreateDeployment is.
    """

    def __init__(self, traffic: Traffic, start: Start) -> None:
        self._recorded = tuple((on_grid(at), rate) for at, rate in traffic.points(start))
        self._daily = traffic.steps()
        self._midnight = -(start.second_of_week % DAY_S)
        self.varies = len(self._recorded or self._daily) > 1

    def at(self, time: float) -> float:
        """Requests per second at an instant, before zero too."""
        if self._recorded:
            return [rate for begin, rate in self._recorded if begin <= time or begin == self._recorded[0][0]][-1]
        second = (time - self._midnight) % DAY_S
        return [rate for begin, rate in self._daily if begin <= second][-1]

    def before(self, oldest: float) -> list[float]:
        """Instants after the oldest one and before zero at which the rate changes, in order."""
        if self._recorded:
            return [begin for begin, _ in self._recorded[1:] if oldest < begin < 0]
        instants: list[float] = []
        midnight = self._midnight
        while self.varies and midnight + DAY_S > oldest:
            instants += [on_grid(midnight + begin) for begin, _ in self._daily if oldest < midnight + begin < 0]
            midnight -= DAY_S
        return sorted(instants)

    def ahead(self) -> Iterator[Step]:
        """Steps after zero, in order; of a daily profile without end."""
        if self._recorded:
            yield from ((begin, rate) for begin, rate in self._recorded[1:] if begin > 0)
            return
        midnight = self._midnight
        while True:
            for begin, rate in (*self._daily[1:], (DAY_S, self._daily[0][1])):
                if midnight + begin > 0:
                    yield on_grid(midnight + begin), rate
            midnight += DAY_S
