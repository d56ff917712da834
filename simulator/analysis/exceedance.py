"""The loss-exceedance curve: how likely a run is to be worse than x, as far out as the runs support."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from simulator.analysis.sample import FloatArray, Given, Sample
from simulator.analysis.summary import table
from simulator.estimate import stratified_exceedance

# Fewer runs beyond x than these could as well be none (rule of three).
_BEYOND_LEAST = 3
_POINTS_MOST = 200


def exceedance_table(samples: Mapping[str, Sample], metric: str, given: Given | None) -> pd.DataFrame:
    """P(metric > x) over the runs to which the metric applies, one row per strategy and x.

    The curve of a strategy ends at the last x that at least three of its runs exceed. The interval is
    pointwise; a stratum without a run beyond x adds what its silence leaves open.
    """
    rows = []
    for name, sample in samples.items():
        runs = sample.given(given)
        values = runs.numbers.get(metric, np.full(runs.runs, np.nan))
        points = _points(values[~np.isnan(values)])
        curve = stratified_exceedance(values, None, runs.strata, runs.weights, points)
        for x, probability, low, high in zip(points, *curve, strict=True):
            rows.append({"strategy": name, "x": x, "probability": probability, "low": low, "high": high})
    return table(rows, ("strategy", "x", "probability", "low", "high"))


def _points(values: FloatArray) -> FloatArray:
    """Values seen, thinned evenly in the logarithm of how many runs lie beyond: the tail keeps its steps."""
    ordered = np.sort(values)
    points: FloatArray = np.unique(ordered[np.isfinite(ordered)])
    beyond = ordered.size - np.searchsorted(ordered, points, side="right")
    points, beyond = points[beyond >= _BEYOND_LEAST], beyond[beyond >= _BEYOND_LEAST]
    if points.size <= _POINTS_MOST:
        return points
    wanted = np.geomspace(beyond[0], beyond[-1], _POINTS_MOST)
    places = np.unique(np.searchsorted(-beyond, -wanted).clip(0, points.size - 1))
    thinned: FloatArray = points[places]
    return thinned
