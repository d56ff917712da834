"""Two versions of a Lambda function on one concurrency, the new one starting cold.

The one thing a newcomer would get wrong: a cold version can be throttled far below its limit. Until the first cold
start is over every request needs an environment of its own, so 500 requests/s with a start of 5 s ask for 2,550
environments where 50 would do, and a function gets 1,000 at once and then 100 more each second.

Sources: Lambda developer guide, scaling-behavior (1,000 environments per 10 s per function, refilled continuously,
what is not used is not saved), lambda-concurrency (concurrency = rate times duration; account limit 1,000; a
throttled call gets 429 and counts in neither Invocations nor Errors), gettingstarted-limits (one environment serves
at most 10 requests per second), provisioned-concurrency (ready at once, out of the function's own share).
"""

from __future__ import annotations

import math
from typing import NamedTuple

from simulator.model.flow import Flow
from simulator.rules import losses

BURST = 1000.0  # environments at once; scaling-behavior
PER_SECOND = 100.0  # and each second after: 1,000 per 10 s, refilled continuously
ACCOUNT_LIMIT = 1000.0  # gettingstarted-limits: default concurrent executions of a region
REQUESTS_PER_ENVIRONMENT = 10.0  # per second; gettingstarted-limits, synchronous invocations

Steps = list[tuple[float, float]]
"""Seconds from the shift, and the rate from then on."""


class Concurrency(NamedTuple):
    """Environments that two versions need and what they may have, once nobody is cold.

    `on_demand` is what provisioned environments leave of the limit; `throttled_old` and `throttled_new` are the
    shares of each version's requests that find none.
    """

    need_old: float
    need_new: float
    on_demand: float
    throttled_old: float
    throttled_new: float


def needed(rate: float, duration: float) -> float:
    """Environments that a rate of requests keeps busy, each one request at a time and at most ten a second.

    100 requests/s of half a second: 50, the guide's own example (lambda-concurrency).

    >>> needed(100, 0.5), needed(100, 0.01)
    (50.0, 10.0)
    """
    return rate * max(duration, 1.0 / REQUESTS_PER_ENVIRONMENT)


def shared(
    rate: float,
    weight_new: float,
    duration: float,
    limit: float,
    slow_factor: float = 1.0,
    provisioned_old: float = 0.0,
    provisioned_new: float = 0.0,
) -> Concurrency:
    """What two warm versions behind one alias need, and what is throttled.

    Parameters
    ----------
    rate : float
        Requests per second on the alias.
    weight_new : float
        Share sent to the new version, as a fraction.
    duration : float
        Seconds of one request on the old version.
    limit : float
        Reserved concurrency of the function, or what of the account's is left to it.
    slow_factor : float
        How many times as long a request takes on the new version.
    provisioned_old, provisioned_new : float
        Environments kept ready for each version; taken from the limit whether used or not.

    Returns
    -------
    Concurrency
        Where environments run short, both versions' requests beyond their provisioned ones are throttled alike.

    Examples
    --------
    A limit of 100; all traffic on a version that takes twice as long, so half of it finds no environment.

    >>> shared(100, 1.0, 1.0, limit=100, slow_factor=2.0).throttled_new
    0.5
    """
    need_old = needed(rate * (1.0 - weight_new), duration)
    need_new = needed(rate * weight_new, duration * slow_factor)
    on_demand = max(0.0, limit - provisioned_old - provisioned_new)
    spill_old, spill_new = max(0.0, need_old - provisioned_old), max(0.0, need_new - provisioned_new)
    spill = spill_old + spill_new
    turned_away = 1.0 - on_demand / spill if spill > on_demand else 0.0
    return Concurrency(
        need_old,
        need_new,
        on_demand,
        turned_away * spill_old / need_old if need_old > 0 else 0.0,
        turned_away * spill_new / need_new if need_new > 0 else 0.0,
    )


def capacity(
    weight_new: float,
    duration: float,
    limit: float,
    slow_factor: float = 1.0,
    provisioned_old: float = 0.0,
    provisioned_new: float = 0.0,
) -> float:
    """Largest rate on the alias of which `shared` throttles nothing, in requests per second.

    >>> capacity(0.5, 1.0, 100.0), capacity(0.5, 1.0, 100.0, provisioned_new=60.0)
    (100.0, 80.0)
    """
    old, new = needed(1.0 - weight_new, duration), needed(weight_new, duration * slow_factor)
    on_demand = max(0.0, limit - provisioned_old - provisioned_new)
    # The version that runs out of its own environments first goes on alone until the other does too.
    kept = sorted((own / each, own, each) for own, each in ((provisioned_old, old), (provisioned_new, new)) if each > 0)
    _, first, each = kept[0]
    _, other, each_other = kept[-1] if len(kept) > 1 else (math.inf, math.inf, 1.0)
    alone = (on_demand + first) / each
    if alone * each_other <= other:
        return alone
    return (on_demand + first + other) / (each + each_other)


def environments(seconds: float, burst: float = BURST, per_second: float = PER_SECOND) -> float:
    """New environments that a function can have had by `seconds` after it began to ask for as many as it could.

    >>> environments(0.0), environments(10.0)
    (1000.0, 2000.0)
    """
    return burst + per_second * seconds


def cold_need(rate: float, duration: float, cold_start: float) -> float:
    """Environments that a rate asks for from cold: every request needs its own until the first is free again.

    >>> cold_need(500, 0.1, 5.0)
    2550.0
    """
    return rate * (duration + cold_start)


def version_flow(
    demand: float,
    baseline_errors: float,
    weight_new: float,
    duration: float,
    limit: float,
    error_share: float = 0.0,
    slow_factor: float = 1.0,
    provisioned_old: float = 0.0,
    provisioned_new: float = 0.0,
) -> Flow:
    """Rates of an alias whose versions have environments of their own: `shared` as a Flow.

    Parameters as in `shared`, and `baseline_errors`, the share that fails on any version, and `error_share`, what the
    new one fails of the rest. The untouched function has the whole limit for its one version.

    >>> flow = version_flow(100, 0.0, 0.1, 1.0, limit=100.0, provisioned_new=40.0)
    >>> round(flow.served_old, 9), flow.served_new, round(flow.refused, 9)
    (60.0, 10.0, 30.0)
    """
    parts = shared(demand, weight_new, duration, limit, slow_factor, provisioned_old, provisioned_new)
    return losses.account(
        demand,
        baseline_errors,
        min(demand, limit / needed(1.0, duration)),
        demand * (1.0 - weight_new) * (1.0 - parts.throttled_old),
        demand * weight_new * (1.0 - parts.throttled_new),
        0.0,
        error_share,
        1.0 - weight_new,
        weight_new,
        capacity(weight_new, duration, limit, slow_factor, provisioned_old, provisioned_new),
    )


def started(
    rate: float,
    duration: float,
    cold_start: float,
    pool: float = math.inf,
    ready: float = 0.0,
    burst: float = BURST,
    per_second: float = PER_SECOND,
) -> float:
    """Environments that a version starts for its traffic, from cold; parameters as in `throttled`.

    Each of them is initialised once, which is billed (Lambda pricing, since 2025-08-01).

    >>> started(500, 0.1, 5.0), started(500, 0.1, 5.0, ready=50.0)
    (1510.0, 0.0)
    """
    cold = max(0.0, rate - ready / _busy(duration))
    free = duration + cold_start
    have = min(pool, cold * free, environments(free, burst, per_second))
    return max(have, min(pool, cold * _busy(duration)))


def throttled(
    rate: float,
    duration: float,
    cold_start: float,
    pool: float = math.inf,
    ready: float = 0.0,
    width: float = 1.0,
    burst: float = BURST,
    per_second: float = PER_SECOND,
) -> Steps:
    """Requests per second of a version that are throttled after its traffic began, from cold.

    Parameters
    ----------
    rate : float
        Requests per second sent to the version from second 0 on.
    duration, cold_start : float
        Seconds of one request, and of the initialisation before an environment's first.
    pool : float
        Environments it may have on demand: the limit, less what is provisioned and what the old version holds.
    ready : float
        Environments that are warm at the shift: provisioned ones, and those of an earlier share.
    width : float
        Seconds of one step where the rate falls linearly; a step holds the exact average over it.
    burst, per_second : float
        Environments at once and each second after.

    Returns
    -------
    list of (float, float)
        Seconds from the shift, throttled requests per second from then on; the last one stays.

    Notes
    -----
    Requests beyond what the ready environments serve each take an environment of their own until the first cold
    start is over, after `cold_start` plus `duration`. They come at `rate`, environments at most as
    `environments` and `pool` say. From then on each environment serves one request per `duration`, and while that
    is too little the number grows by `per_second`; environments are then taken as evenly spread over their
    requests, which is exact but for one `duration`. Unused environments are not saved, so a shift finds a full
    burst, whatever was used before the last 10 s.

    Examples
    --------
    The burst lasts 2.5 s; then 100/s of the 500/s find an environment until the first are free again.

    >>> throttled(500, 0.1, 5.0)
    [(0.0, 0.0), (2.5, 400.0), (5.1, 0.0)]
    """
    cold = max(0.0, rate - ready / _busy(duration))
    free = duration + cold_start
    if cold <= 0.0:
        return [(0.0, 0.0)]
    steps = _while_cold(cold, free, pool, burst, per_second)
    have = min(pool, cold * free, environments(free, burst, per_second))
    return _merged([*steps, *_once_warm(cold, _busy(duration), free, have, pool, width, per_second)])


def throttled_requests(steps: Steps, until: float) -> float:
    """Requests throttled up to `until` seconds after the shift.

    >>> throttled_requests([(0.0, 0.0), (2.5, 400.0), (5.5, 0.0)], until=60.0)
    1200.0
    """
    ends = [begin for begin, _ in steps[1:]] + [math.inf]
    held = zip(steps, ends, strict=True)
    return math.fsum(rate * (min(end, until) - begin) for (begin, rate), end in held if begin < until)


def _busy(duration: float) -> float:
    """Seconds for which a request keeps an environment, ten a second at most."""
    return needed(1.0, duration)


def _while_cold(rate: float, free: float, pool: float, burst: float, per_second: float) -> Steps:
    """Throttling up to `free`, when every request needs an environment of its own."""
    steps: Steps = [(0.0, 0.0)]
    spent = burst / (rate - per_second) if rate > per_second else math.inf
    full_by_rate, full_by_refill = pool / rate, (pool - burst) / per_second
    if full_by_rate <= spent:
        full = full_by_rate
    else:
        full = max(spent, full_by_refill)
        if spent < free:
            steps.append((spent, rate - per_second))
    if full < free:
        steps.append((full, rate))
    return steps


def _once_warm(
    rate: float, busy: float, free: float, have: float, pool: float, width: float, per_second: float
) -> Steps:
    """Throttling from `free` on: environments serve again and again, and more come while too few are there."""
    enough = rate * busy
    if have >= enough:
        return [(free, 0.0)]
    top = min(pool, enough)
    grows = max(0.0, (top - have) / per_second)
    pieces = max(1, math.ceil(grows / width - 1e-9)) if grows > 0 else 0
    steps = []
    for piece in range(pieces):
        middle = have + (top - have) * (piece + 0.5) / pieces
        steps.append((free + grows * piece / pieces, rate - middle / busy))
    left = rate - top / busy
    return [*steps, (free + grows, left if left > 1e-12 * rate else 0.0)]


def _merged(steps: Steps) -> Steps:
    """Leave out steps that change nothing, and of several at one instant all but the last."""
    kept: Steps = []
    for begin, rate in steps:
        if kept and kept[-1][0] == begin:
            kept.pop()
        if not kept or kept[-1][1] != rate:
            kept.append((begin, rate))
    return kept
