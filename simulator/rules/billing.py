"""What is billed of the units that a deployment adds: instances, tasks, environments kept ready, invocations.

The one thing a newcomer would get wrong: a unit that lives for a moment is billed for a minute, and provisioned
concurrency in steps of five, so many short-lived units cost more than their time.

Only capacity *above that at zero* is the deployment's; having less for a while earns nothing.
Sources: EC2 pricing (per second, 60 s at least), Fargate pricing (per second, one minute at least, from the image's
download to the task's end), Lambda pricing (per millisecond and per GB of memory; provisioned concurrency in steps
of five minutes).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from types import MappingProxyType
from typing import Literal, NamedTuple

Unit = Literal["ec2", "fargate", "provisioned_concurrency"]

HOUR_S = 3600.0
_ROUNDING = 1e-6  # seconds; instants of a run lie on a grid coarser than this


class Terms(NamedTuple):
    """How one unit's time is billed: never less than `minimum`, rounded up to whole `step`; seconds."""

    minimum: float
    step: float


TERMS: MappingProxyType[Unit, Terms] = MappingProxyType(
    {
        "ec2": Terms(minimum=60.0, step=1.0),
        "fargate": Terms(minimum=60.0, step=1.0),
        "provisioned_concurrency": Terms(minimum=0.0, step=300.0),
    }
)


def billed_seconds(lifetime: float, terms: Terms) -> float:
    """Seconds billed of one unit that existed this long.

    >>> [billed_seconds(20.0, TERMS[unit]) for unit in ("ec2", "fargate", "provisioned_concurrency")]
    [60.0, 60.0, 300.0]
    """
    if lifetime <= 0:
        return 0.0
    return max(terms.minimum, math.ceil((lifetime - _ROUNDING) / terms.step) * terms.step)


def extra_unit_hours(steps: Sequence[tuple[float, float]], end: float, at_zero: float | None = None) -> float:
    """Unit-hours above those at zero, with no credit for less: the integral, before minimums and rounding.

    Parameters
    ----------
    steps : sequence of (float, float)
        Instant in seconds and units that exist from then on, in order.
    end : float
        Seconds up to which is counted.
    at_zero : float, optional
        Units that there would be anyway; those of the first step if left out.

    Examples
    --------
    A replacement fleet of 12 beside 12: launch 90, install 100, shift 600, wait 3600 (risk-methods P9).

    >>> hours = extra_unit_hours([(0, 12), (0, 24), (4390, 12)], end=5000)
    >>> round(hours, 4), round(hours * 0.0832, 5)
    (14.6333, 1.21749)
    """
    extra = _above(steps, at_zero)
    ends = [begin for begin, _ in extra[1:]] + [math.inf]
    held = zip(extra, ends, strict=True)
    return math.fsum(count * (min(until, end) - begin) for (begin, count), until in held if begin < end) / HOUR_S


def extra_lifetimes(
    steps: Sequence[tuple[float, int]], end: float, at_zero: int | None = None
) -> list[tuple[float, float]]:
    """Begin and end of each unit above those at zero, the last to come being the first to go.

    Parameters as in `extra_unit_hours`; the lifetimes add up to its answer.

    >>> extra_lifetimes([(0, 2), (10, 4), (30, 3), (50, 2)], end=100)
    [(10, 30), (10, 50)]
    """
    alive: list[float] = []
    done: list[tuple[float, float]] = []
    for time, count in _above(steps, at_zero):
        if time >= end:
            break
        while len(alive) < count:
            alive.append(time)
        while len(alive) > count:
            done.append((alive.pop(), time))
    done += [(begin, end) for begin in alive]
    return sorted((begin, until) for begin, until in done if until > begin)


def billed_unit_hours(lifetimes: Iterable[tuple[float, float]], unit: Unit) -> float:
    """Unit-hours billed of units with these begins and ends, minimums and rounding included.

    A launch loop of 20 instances of 20 s each is billed for 20 minutes.

    >>> round(billed_unit_hours([(180.0 * k, 180.0 * k + 20.0) for k in range(20)], "ec2"), 4)
    0.3333
    """
    return math.fsum(billed_seconds(end - begin, TERMS[unit]) for begin, end in lifetimes) / HOUR_S


def task_usd_per_hour(vcpu: float, memory_gb: float, usd_per_vcpu_hour: float, usd_per_gb_hour: float) -> float:
    """What one Fargate task costs an hour, from its size.

    A quarter of a vCPU and half a GB at the us-east-1 list price of 2025-07-04:

    >>> round(task_usd_per_hour(0.25, 0.5, 0.04048, 0.004445), 7)
    0.0123425
    """
    return vcpu * usd_per_vcpu_hour + memory_gb * usd_per_gb_hour


def memory_gb(size: float) -> float:
    """Gigabytes billed of a memory size in bytes: AWS's megabytes are powers of two, whichever unit is written.

    >>> memory_gb(512e6), memory_gb(2e9), memory_gb(2 * 2.0**30), memory_gb(1536e6)
    (0.5, 2.0, 2.0, 1.5)
    """
    if size % 2**20 == 0:
        return size / 2**30
    return size / 1e9 if size >= 1e9 and size % 1e9 == 0 else size / 1e6 / 1024.0


def lambda_gb_seconds(invocations: float, duration: float, memory_mb: float) -> float:
    """GB-seconds of invocations that each take `duration` seconds, rounded up to a millisecond.

    A million of 120 ms at 1,536 MB are 180,000 GB-s.

    >>> lambda_gb_seconds(1e6, 0.12, 1536)
    180000.0
    """
    milliseconds = math.ceil(duration * 1000.0 - _ROUNDING)
    return invocations * milliseconds * memory_mb / 1024.0 / 1000.0


def provisioned_gb_seconds(environments: float, seconds: float, memory_mb: float) -> float:
    """GB-seconds of environments kept ready for `seconds`, in steps of five minutes.

    >>> provisioned_gb_seconds(100, 301.0, 1024)
    60000.0
    """
    return environments * billed_seconds(seconds, TERMS["provisioned_concurrency"]) * memory_mb / 1024.0


def kept_usd_per_hour(units: float, usd_per_unit_hour: float) -> float:
    """What units that are kept after the deployment go on costing an hour.

    >>> round(kept_usd_per_hour(12, 0.0832), 4)
    0.9984
    """
    return units * usd_per_unit_hour


def _above(steps: Sequence[tuple[float, float]], at_zero: float | None) -> list[tuple[float, float]]:
    """The same steps, counting only what is above the units at zero."""
    if not steps:
        return []
    usual = steps[0][1] if at_zero is None else at_zero
    return [(time, max(0.0, units - usual)) for time, units in steps]
