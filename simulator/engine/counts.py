"""What is counted in each minute: a Poisson number, found from one uniform by the quantile function.

The one thing a newcomer would get wrong: the uniform belongs to the minute and the series, whatever is expected of
it. A strategy that sends more requests to the new revision meets the same luck, and no other minute is moved.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from simulator.randomness import Streams

FloatArray = NDArray[np.float64]
ROWS = 64  # minutes drawn at first; a longer run doubles them
SUMMED = 500.0  # up to this mean the probabilities are summed up; e^-745 would be 0
ONE_BY_ONE = 10
LEAST = 2.0**-54  # below every uniform but 0
STEPPED = 30.0  # up to this mean summing in Python is quicker than an array


class Counts:
    """Counts of several series, minute by minute.

    Parameters
    ----------
    streams : Streams
        Draws of the replication.
    purpose : str
        Name of the draws.
    series : int
        How many there are.
    """

    def __init__(self, streams: Streams, purpose: str, series: int) -> None:
        self.streams, self.purpose, self.series = streams, purpose, series
        self._uniforms: FloatArray = np.empty((0, series))
        self._extremes: tuple[FloatArray, FloatArray] | None = None
        self.luckiest = 0.0  # of all that are drawn
        # Counts of all rows by series and mean, and how often they were asked for one by one. All at once costs
        # ten of them, and for most of a run nothing changes from minute to minute.
        self._known: dict[tuple[int, float], list[float]] = {}
        self._asked: dict[tuple[int, float], int] = {}

    def at(self, row: int, series: int, mean: float) -> float:
        """Count of a series in a minute with this expectation."""
        if mean <= 0:
            return 0.0
        key = series, mean
        known = self._known.get(key)
        if known is not None and row < len(known):
            return known[row]
        if row >= len(self._uniforms):
            self._draw(row)
        asked = self._asked[key] = self._asked.get(key, 0) + 1
        if asked <= ONE_BY_ONE and mean <= STEPPED:
            return poisson_count(float(self._uniforms[row, series]), mean)
        return self._all(series, mean)[row]

    def ahead(self, row: int, series: int, mean: float) -> tuple[float, float]:
        """Lowest and highest count of a series from a minute on, as far as drawn, if this stays the expectation.

        More luck is never a lower count, so the extremes of the uniforms give those of the counts.
        """
        if row >= len(self._uniforms):
            self._draw(row)
        if mean <= 0:
            return 0.0, 0.0
        if self._extremes is None:
            # From each row on.
            lowest, highest = (each.accumulate(self._uniforms[::-1])[::-1] for each in (np.minimum, np.maximum))
            self._extremes = lowest, highest
        least, most = (float(extreme[row, series]) for extreme in self._extremes)
        return poisson_count(least, mean), poisson_count(most, mean)

    def rows(self, row: int) -> int:
        """Rows that are drawn once this one is."""
        if row >= len(self._uniforms):
            self._draw(row)
        return len(self._uniforms)

    def _all(self, series: int, mean: float) -> list[float]:
        counts: list[float] = poisson_quantile(self._uniforms[:, series], mean).tolist()
        self._known[series, mean] = counts
        return counts

    def _draw(self, row: int) -> None:
        """Draw twice as many rows as there were; the first ones stay what they are."""
        rows = max(ROWS, 2 ** math.ceil(math.log2(row + 1)))
        self._uniforms = self.streams.uniforms(self.purpose, rows, self.series)
        self._extremes = None
        self.luckiest = float(np.maximum.reduce(self._uniforms, axis=None))


def poisson_quantile(u: FloatArray, mean: float) -> FloatArray:
    """Smallest count whose cumulative probability reaches `u`, for a mean above 0.

    >>> poisson_quantile(np.array([0.0, 0.05, 0.5, 0.999]), 3.0).tolist()
    [0.0, 1.0, 3.0, 10.0]
    """
    if mean <= SUMMED:
        counts = np.arange(1.0, _longest(mean) + 1)
        terms = np.concatenate(([math.exp(-mean)], mean / counts))
        return np.searchsorted(np.cumsum(np.cumprod(terms)), u).astype(np.float64)
    return _from_normal(u, mean)


def poisson_count(u: float, mean: float) -> float:
    """The same for one uniform.

    >>> [poisson_count(u, 3.0) for u in (0.0, 0.05, 0.5, 0.999)]
    [0.0, 1.0, 3.0, 10.0]
    """
    if mean > STEPPED:
        return float(poisson_quantile(np.array([u]), mean)[0])
    count, term = 0, math.exp(-mean)
    total, longest = term, _longest(mean)
    while total < u and count <= longest:
        count += 1
        term *= mean / count
        total += term
    return float(count)


def _longest(mean: float) -> int:
    """A count that is passed less often than a uniform can say."""
    return int(mean + 12 * math.sqrt(mean) + 30)


def _from_normal(u: FloatArray, mean: float) -> FloatArray:
    """Start from the normal's quantile with Cornish and Fisher's first correction, then step to the exact count."""
    from scipy import special  # on first use: it would double the time of `import simulator`

    u = np.maximum(u, LEAST)
    z = special.ndtri(u)
    count = np.floor(mean + math.sqrt(mean) * z + (z * z - 1) / 6 + 0.5)
    # P(at most k) is the upper regularised incomplete gamma function of k + 1.
    while (low := special.gammaincc(count + 1, mean) < u).any():
        count += low
    while (high := (count > 0) & (special.gammaincc(count, mean) >= u)).any():
        count -= high
    return np.asarray(np.maximum(count, 0.0), dtype=np.float64)
