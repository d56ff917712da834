"""How long an in-place deployment takes: batch after batch, each as long as its slowest target.

The one thing a newcomer would get wrong: with random durations the mean of one target times the number of batches is
too little, the more so the larger the batches. Two targets that take two minutes on average keep a batch for longer.

Sources: CodeDeploy user guide, instances-health and deployment-configurations-create (zones); for the batches,
`simulator.rules.healthy_hosts`. Order statistics: the largest of n independent durations has distribution F^n.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.model.deployment_configuration import MinimumHealthyHostsType
from simulator.rules import healthy_hosts

Quantile = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""Quantile function of one target's duration in seconds: probabilities in, values out, same shape."""

_POINTS = 1 << 14


class Spread(NamedTuple):
    """Duration of a whole deployment in seconds: mean, standard deviation, and a high quantile."""

    mean: float
    deviation: float
    quantile: float


def batches(
    kind: MinimumHealthyHostsType,
    value: int,
    fleet_size: int,
    zones: Sequence[int] = (),
    zone_kind: MinimumHealthyHostsType = "FLEET_PERCENT",
    zone_value: int = 0,
) -> list[int]:
    """Sizes of the batches of a deployment in which nothing fails, in order; empty if it cannot start.

    Parameters
    ----------
    kind, value, fleet_size
        As in `simulator.rules.healthy_hosts.required`.
    zones : sequence of int
        Targets of each zone, for a zonal configuration.
    zone_kind, zone_value
        Minimum healthy hosts in each zone.

    References
    ----------
    User guide, instances-health: 200 targets, 160 must stay, in zones of 100 of which 50 must stay.

    Examples
    --------
    >>> batches("HOST_COUNT", 160, 200, zones=[100, 100], zone_kind="HOST_COUNT", zone_value=50)
    [40, 40, 20, 40, 40, 20]
    >>> batches("FLEET_PERCENT", 50, 9), batches("FLEET_PERCENT", 95, 10)
    ([4, 4, 1], [])
    """
    places = fleet_size - healthy_hosts.required(kind, value, fleet_size)
    sizes: list[int] = []
    for zone in zones or (fleet_size,):
        in_zone = zone - healthy_hosts.required(zone_kind, zone_value, zone) if zones else places
        if min(places, in_zone) <= 0:
            return []
        sizes += cut(zone, min(places, in_zone))
    return sizes


def duration(batches: Sequence[int], each: float | Quantile, level: float = 0.95, waits: float = 0.0) -> float:
    """Seconds of an in-place deployment: batch after batch, each as long as its slowest target.

    Parameters
    ----------
    batches : sequence of int
        Targets of each batch.
    each : float or callable
        Seconds one target takes, the same for all, or the quantile function of independent durations.
    level : float
        Quantile that is given for a random duration.
    waits : float
        Seconds of waits between zones.

    Examples
    --------
    HalfAtATime on nine at 430 s: 4 + 4 + 1 (risk-methods P2).

    >>> duration([4, 4, 1], 430.0)
    1290.0
    """
    if callable(each):
        return spread(batches, each, level).quantile + waits
    return len(batches) * each + waits


def spread(batches: Sequence[int], quantile: Quantile, level: float = 0.95) -> Spread:
    """Mean, deviation and quantile of the sum over batches of the slowest target's duration.

    The largest of n durations has quantile function Q(u^(1/n)); the sum's distribution is their convolution, taken on
    a grid by Fourier transform, so the quantile is good to a few thousandths of the range.

    Parameters
    ----------
    batches : sequence of int
        Targets of each batch.
    quantile : callable
        Of one target's duration; targets are independent.
    level : float
        Which quantile.

    Examples
    --------
    Nine targets of lognormal duration, median 120 s and sigma 0.4, in batches of 4, 4 and 1 (risk-methods P3):
    507.2 s, where their means alone would give 390.

    >>> from scipy.special import ndtri
    >>> round(spread([4, 4, 1], lambda u: 120 * np.exp(0.4 * ndtri(u))).mean, 1)
    507.2
    """
    counts = {size: list(batches).count(size) for size in sorted(set(batches))}
    u = (np.arange(_POINTS) + 0.5) / _POINTS
    slowest = {size: np.asarray(quantile(u ** (1.0 / size)), dtype=np.float64) for size in counts}
    mean = math.fsum(count * float(slowest[size].mean()) for size, count in counts.items())
    deviation = math.sqrt(math.fsum(count * float(slowest[size].var()) for size, count in counts.items()))
    if len(batches) == 1:
        (values,) = slowest.values()
        return Spread(mean, deviation, float(np.interp(level, u, values)))
    if deviation <= 1e-9 * mean:
        return Spread(mean, deviation, mean)
    return Spread(mean, deviation, _quantile_of_sum(counts, slowest, mean, deviation, level))


def zone_waits(zones: int, monitor: float, first_zone_monitor: float | None = None) -> float:
    """Seconds of waits between zones; none follows the last one.

    AWS speaks of waiting before the next zone, so that none follows the last is a reading.
    Source: API reference, ZonalConfig.

    >>> zone_waits(3, 600.0), zone_waits(3, 600.0, first_zone_monitor=3600.0), zone_waits(1, 600.0)
    (1200.0, 4200.0, 0.0)
    """
    if zones < 2:
        return 0.0
    first = monitor if first_zone_monitor is None else first_zone_monitor
    return first + (zones - 2) * monitor


def cut(targets: int, at_once: int) -> list[int]:
    """Batches of `at_once` targets each, the last one with what is left.

    >>> cut(9, 4)
    [4, 4, 1]
    """
    full, rest = divmod(targets, at_once)
    return [at_once] * full + ([rest] if rest else [])


def _quantile_of_sum(
    counts: dict[int, int],
    values: dict[int, NDArray[np.float64]],
    mean: float,
    deviation: float,
    level: float,
) -> float:
    top = max(float(each[-1]) for each in values.values())
    low = math.fsum(count * float(values[size][0]) for size, count in counts.items())
    width = (mean - low + 10.0 * deviation + top) / _POINTS
    transform = np.ones(_POINTS // 2 + 1, dtype=np.complex128)
    for size, count in counts.items():
        transform *= np.fft.rfft(_on_grid(values[size] - values[size][0], width)) ** count
    cumulative = np.cumsum(np.fft.irfft(transform, _POINTS))
    # Each grid point holds the mass around it: half of it lies below.
    return low + width * (float(np.interp(level, cumulative, np.arange(_POINTS))) + 0.5)


def _on_grid(values: NDArray[np.float64], width: float) -> NDArray[np.float64]:
    """Equally likely values as mass on a grid of `_POINTS`, each split over its two neighbours: the mean is kept."""
    place = values / width
    below = np.minimum(place.astype(np.int64), _POINTS - 2)
    above = place - below
    mass = np.bincount(below, 1.0 - above, _POINTS) + np.bincount(below + 1, above, _POINTS)
    return mass / len(values)
