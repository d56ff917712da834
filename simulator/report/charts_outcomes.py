"""Figures of the outcomes: strategies, exceedance and paired differences."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from simulator.analysis.sample import Given
from simulator.analysis.words import listed
from simulator.report.charts import (
    LEVEL_WORDS,
    Chart,
    kind_of,
    metric_of,
    of_looks,
    scale_for,
    shown,
    with_unit,
    words_of,
)
from simulator.report.figures import differences, dots, exceedance
from simulator.report.numbers import GIVEN_WORDS, FloatArray, Numbers
from simulator.report.words import amount, share_text, short

_DOTS_SAY = (
    "Dot: median of the deployments. Thick bar: half of them; thin bar: 95 in 100. Diamond with whiskers below: the "
    f"mean and its {LEVEL_WORDS}, the precision of the mean, not the spread of deployments."
)
_FEWEST_PAIRS = 20


def dot_rows(numbers: Numbers, metric: str, order: Sequence[str], given: Given) -> list[dots.Dots]:
    """Numbers of the dot plot: quantiles of the outcomes, and the mean of the table."""
    rows = []
    for name in order:
        low95, low50, high50, high95 = (numbers.quantile(name, metric, p, given) for p in (0.025, 0.25, 0.75, 0.975))
        median, mean = (numbers.estimate(name, metric, statistic, given) for statistic in ("p50", "mean"))
        if median is None:
            continue
        mean = mean or dots.no_mean(median)
        rows.append(dots.Dots(name, low95, low50, median.value, high50, high95, mean))
    return rows


def strategies(
    numbers: Numbers,
    metric: str,
    order: Sequence[str],
    recommended: str | None,
    givens: Sequence[Given],
    id: str,
) -> Chart | None:
    """Dot plot of one metric, one panel for each kind of release."""
    panels = {GIVEN_WORDS[given]: dot_rows(numbers, metric, order, given) for given in givens}
    panels = {words: rows for words, rows in panels.items() if rows}
    if not panels:
        return None
    scale = scale_for(numbers, metric, [end for rows in panels.values() for row in rows for end in row.ends])
    decision = numbers.comparison.scenario.decision
    tolerance = decision.tolerance if decision.metric == metric else None
    heading = _dots_heading(numbers, metric, order, "bad" if "bad" in givens else givens[0])
    axis = with_unit(words_of(numbers, metric), scale)

    def draw(ax: Axes | None = None) -> list[Axes]:
        return dots.draw(panels, of_looks(numbers), scale, heading, axis, recommended, tolerance, ax)

    caption = f"{metric_of(numbers, metric).label} by strategy. {_DOTS_SAY} {numbers.runs():,} runs of each strategy."
    return Chart(id, draw, heading, caption, panels)


def _dots_heading(numbers: Numbers, metric: str, order: Sequence[str], harm_given: Given) -> str:
    """Say which strategies have the least and the most of it on average, where the harm is clearest."""
    given: Given = harm_given if metric not in {"duration_s", "cost_usd"} or harm_given == "good" else "overall"
    means = {name: numbers.estimate(name, metric, "mean", given) for name in order}
    known = {name: mean for name, mean in means.items() if mean is not None and math.isfinite(mean.value)}
    label = metric_of(numbers, metric).label.partition(",")[0]
    asked = f" {GIVEN_WORDS[given]}" if given != "overall" else ""
    if len(known) == 1:
        ((name, mean),) = known.items()
        return f"{label}{asked} is {shown(numbers, metric, mean)} on average with {short(name, 40)}"
    if not known:
        return f"{label}{asked} by strategy: no mean is known"
    least, most = min(known, key=lambda n: known[n].value), max(known, key=lambda n: known[n].value)
    if known[most].value == 0:
        return f"{label}{asked} is 0 in every run of every strategy"
    apart = numbers.difference(least, most, metric, "mean", given)
    if apart is None or apart.high >= 0:
        return f"{label}{asked}: no difference found between the means of the strategies"
    low, high = (shown(numbers, metric, known[name]) for name in (least, most))
    if known[least].value == 0:
        return f"{label}{asked} is 0 in every run with {short(least, 30)}, {high} on average with {short(most, 30)}"
    return f"{label}{asked} is {low} on average with {short(least, 30)}, {high} with {short(most, 30)}"


def exceeding(numbers: Numbers, order: Sequence[str], metric: str, given: Given) -> Chart | None:
    """Loss-exceedance curves of a metric."""
    table = numbers.comparison.exceedance(metric, given if given != "overall" else None)
    found = {}
    for name in order:
        rows = table[(table["strategy"] == name) & (table["x"] > 0)]
        if len(rows) > 1:
            found[name] = [rows[key].to_numpy(dtype=np.float64) for key in ("x", "probability", "low", "high")]
    if not found:
        return None
    scale = scale_for(numbers, metric, np.concatenate([columns[0] for columns in found.values()]))
    curves = [exceedance.Curve(name, x * scale.factor, p, low, high) for name, (x, p, low, high) in found.items()]
    heading = _exceedance_heading(numbers, order, metric, given)
    decision = numbers.comparison.scenario.decision
    tolerance = decision.tolerance if decision.metric == metric else None
    axis = with_unit(f"{words_of(numbers, metric)} in one deployment", scale)

    def draw(ax: Axes | None = None) -> list[Axes]:
        line = tolerance * scale.factor if tolerance else None
        return exceedance.draw(curves, of_looks(numbers), heading, axis, line, ax)

    kinds = "good and bad releases together" if given == "overall" else f"{kind_of(given)} only"
    caption = (
        f"Share of deployments that have more than so much, {kinds}, on log scales. Shaded: pointwise {LEVEL_WORDS}. "
        f"A curve ends where fewer than three of its {numbers.runs(given):,} runs lie beyond."
    )
    return Chart("exceedance", draw, heading, caption, curves)


def _exceedance_heading(numbers: Numbers, order: Sequence[str], metric: str, given: Given) -> str:
    """Compare the chances of the round loss at which best and worst strategy lie furthest apart, run by run.

    Two intervals that overlap say nothing about the difference, which is judged on the same releases under both.
    """
    values = np.concatenate([numbers.values(name, metric, given) for name in order])
    values = values[np.isfinite(values) & (values > 0)]
    words, unit = words_of(numbers, metric), metric_of(numbers, metric).unit
    found: list[tuple[float, float, str, str]] = []
    for loss in _round_losses(values):
        chances = {name: numbers.exceeds(name, metric, loss, given) for name in order}
        least, most = min(order, key=lambda n: chances[n].value), max(order, key=lambda n: chances[n].value)
        if numbers.more_often_beyond(most, least, metric, loss, given):
            found.append((chances[most].value - chances[least].value, loss, least, most))
    size = {"requests": "how many", "s": "how long"}.get(unit, "how much")
    if len(order) == 1:
        return f"{words[0].upper()}{words[1:]} with {short(order[0], 40)}: {size}, how often"
    if not found:
        # Curves may differ though at no round loss they are shown to; only equal runs show no difference.
        alike = not any(np.any(numbers.paired(name, order[0], metric, given)[0]) for name in order[1:])
        ending = ": no difference found between the strategies" if alike else f": {size}, how often"
        return f"{words[0].upper()}{words[1:]}{ending}"
    _, loss, least, most = max(found)
    more, less = (numbers.exceeds(name, metric, loss, given).value for name in (most, least))
    opening = f"More than {loss:,.0f} requests fail" if metric == "failed_requests" else (
        f"More than {amount(loss, unit)} of {words}" if unit else f"{metric} above {loss:,.3g}"
    )  # fmt: skip
    return f"{opening} in {_often(more)} with {short(most, 24)}, in {_often(less)} with {short(least, 24)}"


def _round_losses(values: FloatArray) -> list[float]:
    """One, two and five times powers of ten within the values."""
    if not values.size:
        return []
    powers = range(math.floor(math.log10(values.min())), math.ceil(math.log10(values.max())) + 1)
    rounds = [digit * 10.0**power for power in powers for digit in (1, 2, 5)]
    return [loss for loss in rounds if values.min() <= loss <= values.max()]


def _often(share: float) -> str:
    if share <= 0:
        return "no run"
    if share >= 1 - 1e-9:
        return "every run"
    if share >= 0.9995:
        return "more than 999 of 1,000 deployments"
    often = 1000 * share
    return f"{often:.2g} of 1,000 deployments" if often < 100 else f"{often:.0f} of 1,000 deployments"


def paired(numbers: Numbers, strategy: str, reference: str, metric: str, given: Given) -> Chart | None:
    """Paired differences of one strategy against another; None where there is nothing to show."""
    values, weights = numbers.paired(strategy, reference, metric, given)
    if values.size < _FEWEST_PAIRS or not np.any(values):
        return None
    placed = differences.dots_of(values, weights)
    scale = scale_for(numbers, metric, np.abs(placed))
    below, same, above = differences.shares_of(values, weights)
    words = [f"better in {share_text(below)}", *([f"the same in {share_text(same)}"] if same > 0.005 else []),
             f"worse in {share_text(above)}"]  # fmt: skip
    pair = f"Against {short(reference, 30)}, {short(strategy, 30)}"
    heading = f"{pair} does {listed(words)} of {values.size:,} {kind_of(given)}"
    axis = with_unit(f"difference in {words_of(numbers, metric)}", scale)
    mean = numbers.difference(strategy, reference, metric, "mean", given)
    mean = mean.scaled(scale.factor) if mean is not None and math.isfinite(mean.half_width) else None

    def draw(ax: Axes | None = None) -> list[Axes]:
        look = of_looks(numbers)[strategy]
        return differences.draw(placed * scale.factor, look, heading, axis, reference, mean, ax)

    caption = (
        f"{short(strategy)} minus {short(reference)} in the same {kind_of(given)}, pair by pair; each of "
        f"{differences.DOTS} dots stands for {100 // differences.DOTS} in 100. Diamond with whiskers: mean difference "
        f"and its {LEVEL_WORDS}. Better in {numbers.better(strategy, reference, metric, given)}, of "
        f"{values.size:,} pairs in which both ended."
    )
    return Chart("differences", draw, heading, caption, placed * scale.factor)
