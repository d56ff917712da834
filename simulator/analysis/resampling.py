"""How sure the choice is: replications drawn again, jointly for all strategies.

The one thing a newcomer would get wrong: a replication is one world that every strategy met, so it is
drawn for all of them at once; drawing each strategy's runs apart would throw the pairing away. Within
each stratum as many runs are drawn as there were.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np

from simulator.analysis.criterion import Criterion
from simulator.analysis.sample import FloatArray, Sample

RESAMPLES = 1000
RESAMPLES_MOST = 10_000  # more would take minutes
_BEYOND = 5  # resamples beyond either end of an interval; fewer say little of where it lies
# Cells of one block of counts: 16 MB, whatever the number of replications.
_BLOCK = 2_000_000
_SHARE_TOLERANCE = 1e-9
_PURPOSE = 0x62657374  # keeps these draws apart from those of the runs, which have the same seed


def resampled(criterion: Criterion, samples: Mapping[str, Sample], seed: int, resamples: int = RESAMPLES) -> FloatArray:
    """Return the criterion's value in each resample, shape (resamples, strategies).

    NaN where it does not apply.     Strategies whose runs belong together, replication by replication,
    share the draw.
    """
    selected = [criterion.select(sample) for sample in samples.values()]
    result = np.full((resamples, len(selected)), np.nan)
    groups: dict[bytes, list[int]] = {}
    for place, runs in enumerate(selected):
        if runs.runs:
            groups.setdefault(runs.replication.tobytes() + runs.strata.tobytes(), []).append(place)
    for number, places in enumerate(groups.values()):
        random = np.random.default_rng([_PURPOSE, seed, number])
        for rows, counts in _draws(selected[places[0]], resamples, random):
            for place in places:
                result[rows, place] = _values(criterion, selected[place], counts)
    return result


def needed(level: float) -> int:
    """Resamples that a percentile interval of this level takes: `_BEYOND` of them lie beyond either end.

    >>> needed(0.95), needed(1 - 0.05 / 28)
    (200, 5600)
    """
    return math.ceil(round(2 * _BEYOND / (1 - level), 6))


def share_best(values: FloatArray, sign: float) -> FloatArray:
    """Share of resamples in which each column is best; a tie counts for its columns in equal parts."""
    losses = np.where(np.isnan(values), np.inf, sign * values)
    least = losses.min(axis=1, keepdims=True)
    best = np.isclose(losses, least, rtol=1e-9, atol=0.0) | (losses == least)
    share: FloatArray = (best / best.sum(axis=1, keepdims=True)).mean(axis=0)
    return share


def _draws(runs: Sample, resamples: int, random: np.random.Generator) -> Iterator[tuple[slice, FloatArray]]:
    """Yield how often each run was drawn, block by block, shape (block, runs)."""
    block = max(_BLOCK // runs.runs, 1)
    members = [np.flatnonzero(runs.strata == stratum) for stratum in np.unique(runs.strata)]
    for start in range(0, resamples, block):
        rows = slice(start, min(start + block, resamples))
        height = rows.stop - rows.start
        counts = np.empty((height, runs.runs))
        for member in members:
            size = member.size
            drawn = random.integers(0, size, (height, size)) + size * np.arange(height)[:, None]
            counts[:, member] = np.bincount(drawn.ravel(), minlength=height * size).reshape(height, size)
        yield rows, counts


def _values(criterion: Criterion, runs: Sample, counts: FloatArray) -> FloatArray:
    """Return the criterion's value for each row of counts."""
    values = criterion.values(runs)
    kept = np.isfinite(values) if criterion.is_mean else ~np.isnan(values)
    if not kept.any():
        return np.full(counts.shape[0], np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        if criterion.is_mean:
            # Weight 0 rather than fewer columns: copying the counts would cost more than the product.
            weights = np.where(kept, runs.weights, 0.0)
            sums = counts @ np.column_stack([weights * np.where(kept, values, 0.0), weights])
            mean: FloatArray = sums[:, 0] / sums[:, 1]
            return mean
        values = values[kept]
        order = np.argsort(values, kind="stable")
        values = values[order]
        weighted = counts[:, np.flatnonzero(kept)[order]] * runs.weights[kept][order]
        cumulative = np.cumsum(weighted, axis=1)
        total = cumulative[:, -1:]
        place = (cumulative < total * (criterion.level - _SHARE_TOLERANCE)).sum(axis=1)
        quantiles: FloatArray = values[np.minimum(place, values.size - 1)]
        if criterion.is_cvar:
            quantiles = quantiles + _mean_beyond(values, weighted / total, quantiles) / (1 - criterion.level)
        quantiles[total[:, 0] == 0] = np.nan
    return quantiles


def _mean_beyond(values: FloatArray, weights: FloatArray, quantiles: FloatArray) -> FloatArray:
    """Weighted mean of what lies beyond each row's quantile; infinite when a drawn run did not end."""
    endless = np.isinf(values)
    finite = np.where(endless, 0.0, values)
    beyond = np.maximum(finite - np.where(np.isinf(quantiles), 0.0, quantiles)[:, None], 0.0)
    mean = (weights * beyond).sum(axis=1)
    return np.where(weights[:, endless].sum(axis=1) > 0, np.inf, mean)
