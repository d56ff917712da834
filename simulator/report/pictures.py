"""The figures of a report, each drawn from the same numbers as the table beside it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from simulator import units
from simulator.analysis.sample import Given
from simulator.analysis.words import listed
from simulator.metrics.table import METRICS
from simulator.model.context import seconds_of_day
from simulator.report import sums
from simulator.report.figures import differences, dots, exceedance, exposure, gantt, parts, timeline
from simulator.report.figures.style import Look, drawing, looks, svg
from simulator.report.numbers import GIVEN_WORDS, FloatArray, Numbers
from simulator.report.page import Picture, Table
from simulator.report.replays import Replays
from simulator.report.words import amount, scale_of, share_text, short
from simulator.trace.records import Trigger

if TYPE_CHECKING:
    from simulator.experiment import Run

# Costs below this are said in words; a figure of them would be a figure of nothing.
LEAST_USD = 0.01

_CONDITION: dict[Given, str] = {"overall": "Overall, with", "bad": "If the release is bad, with", "good": "With"}
_DOTS_SAY = (
    "Dot: median of the deployments. Thick bar: half of them; thin bar: 95 in 100. Diamond with whiskers "
    "below: the "
    "mean and its 95 % confidence interval, the precision of the mean, not the spread of deployments."
)


def of_looks(numbers: Numbers) -> dict[str, Look]:
    """One look per strategy, the same in every figure and table."""
    return looks(numbers.strategies)


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


def of_metric(
    numbers: Numbers, metric: str, order: Sequence[str], recommended: str | None, name: str
) -> Picture | None:
    """Dot plot of one metric, overall beside if bad."""
    givens: list[Given] = ["overall", *(["bad"] if numbers.runs("bad") else [])]  # type: ignore[list-item]  # a literal
    panels = {GIVEN_WORDS[given]: dot_rows(numbers, metric, order, given) for given in givens}
    panels = {words: rows for words, rows in panels.items() if rows}
    if not panels:
        return None
    ends = [end for rows in panels.values() for row in rows for end in row.ends if math.isfinite(end)]
    scale = scale_of(METRICS[metric].unit, ends)
    if scale.unit == "USD" and max(ends) < LEAST_USD:
        return None
    heading = _dots_heading(numbers, metric, order)
    label = METRICS[metric].label.partition(",")[0].lower()
    decision = numbers.comparison.scenario.decision
    tolerance = decision.tolerance if decision.metric == metric else None

    def draw() -> Figure:
        return dots.draw(panels, of_looks(numbers), scale, heading, f"{label} ({scale.unit})", recommended, tolerance)

    caption = f"{METRICS[metric].label} by strategy. {_DOTS_SAY} {numbers.runs():,} runs of each strategy."
    return _picture(name, draw, heading, caption)


def _dots_heading(numbers: Numbers, metric: str, order: Sequence[str]) -> str:
    """Say which strategies have the least and the most of it on average, where the harm is clearest."""
    given: Given = "bad" if numbers.runs("bad") and metric not in {"duration_s", "cost_usd"} else "overall"
    means = {name: numbers.estimate(name, metric, "mean", given) for name in order}
    known = {name: mean for name, mean in means.items() if mean is not None and math.isfinite(mean.value)}
    label, condition = (
        METRICS[metric].label.partition(",")[0],
        f" {GIVEN_WORDS[given]}" if given != "overall" else "",
    )
    if len(known) < 2:
        return f"{label} by strategy"
    least, most = min(known, key=lambda n: known[n].value), max(known, key=lambda n: known[n].value)
    if known[least].high >= known[most].low:
        return f"{label}{condition}: the means lie too close to call between strategies"
    unit = METRICS[metric].unit
    low, high = amount(known[least].value, unit), amount(known[most].value, unit)
    return f"{label}{condition} is {low} on average with {short(least, 30)}, {high} with {short(most, 30)}"


def of_exceedance(numbers: Numbers, order: Sequence[str]) -> Picture | None:
    """Loss-exceedance curves of failed requests, overall."""
    table = numbers.comparison.exceedance("failed_requests")
    curves = []
    for name in order:
        rows = table[(table["strategy"] == name) & (table["x"] > 0)]
        if len(rows) > 1:
            x, p, low, high = (rows[key].to_numpy(dtype=np.float64) for key in ("x", "probability", "low", "high"))
            curves.append(exceedance.Curve(name, x, p, low, high))
    if not curves:
        return None
    heading = _exceedance_heading(numbers, order)

    def draw() -> Figure:
        return exceedance.draw(curves, of_looks(numbers), heading, "failed requests in one deployment")

    caption = (
        "Share of deployments that lose more than so many requests, good and bad releases together, on "
        "log scales. "
        f"Shaded: pointwise 95 % interval. A curve ends where fewer than three of its {numbers.runs():,} "
        "runs lie beyond."
    )
    return _picture("exceedance", draw, heading, caption)


def _exceedance_heading(numbers: Numbers, order: Sequence[str]) -> str:
    """Compare the chances of the round loss at which best and worst strategy lie furthest apart."""
    values = np.concatenate([numbers.values(name, "failed_requests", "overall") for name in order])
    values = values[np.isfinite(values) & (values > 0)]
    found: list[tuple[float, float, str, str]] = []
    for loss in _round_losses(values):
        chances = {name: numbers.exceeds(name, "failed_requests", loss, "overall") for name in order}
        least, most = min(order, key=lambda n: chances[n].value), max(order, key=lambda n: chances[n].value)
        if chances[least].high < chances[most].low:
            found.append((chances[most].value - chances[least].value, loss, least, most))
    if not found:
        return "How many requests a deployment fails, and how often: the strategies lie too close to call"
    _, loss, least, most = max(found)
    more, less = (numbers.exceeds(name, "failed_requests", loss, "overall").value for name in (most, least))
    return (
        f"More than {loss:,.0f} requests fail in {_often(more)} with {short(most, 24)}, in "
        f"{_often(less)} with "
        f"{short(least, 24)}"
    )


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
    return f"{1000 * share:.2g} of 1,000 deployments" if share < 0.9995 else "more than 999 of 1,000 deployments"


def of_differences(numbers: Numbers, recommended: str, reference: str) -> Picture | None:
    """Paired differences on the decision's metric among bad releases, or all when there are none."""
    criterion = numbers.comparison.criterion
    metric = "downtime_s" if criterion.chance else criterion.metric
    given: Given = "bad" if numbers.runs("bad") else "overall"
    values, weights = numbers.paired(recommended, reference, metric, given)
    if values.size < 20 or not np.any(values):
        return None
    shown = differences.dots_of(values, weights)
    scale = scale_of(METRICS[metric].unit, np.abs(shown))
    below, same, above = differences.shares_of(values, weights)
    kind = "bad releases" if given == "bad" else "deployments"
    words = [f"better in {share_text(below)}", *([f"the same in {share_text(same)}"] if same > 0.005 else []),
             f"worse in {share_text(above)}"]  # fmt: skip
    pair = f"Against {short(reference, 30)}, {short(recommended, 30)}"
    heading = f"{pair} does {listed(words)} of {values.size:,} {kind}"
    label = METRICS[metric].label.partition(",")[0].lower()

    def draw() -> Figure:
        look = of_looks(numbers)[recommended]
        return differences.draw(shown * scale.factor, look, heading, f"difference in {label} ({scale.unit})", reference)

    caption = (
        f"{short(recommended)} minus {short(reference)} in the same {kind}, pair by pair; each of "
        f"{differences.DOTS} dots "
        f"stands for {100 // differences.DOTS} in 100. Better in "
        f"{numbers.better(recommended, reference, metric, given)}, of "
        f"{values.size:,} pairs in which both ended."
    )
    return _picture("differences", draw, heading, caption)


def of_exposure(numbers: Numbers, replays: Replays, order: Sequence[str]) -> Picture | None:
    """Exposure over time of bad releases simulated again."""
    releases = {name: replays.releases[name] for name in order if replays.releases.get(name)}
    if not releases:
        return None
    ends = [timeline.horizon_of(trace) for traces in releases.values() for trace in traces]
    until = exposure.worth_showing(list(releases.values()), float(np.quantile(ends, 0.9)))
    fans = [exposure.fan(name, traces, until) for name, traces in releases.items()]
    full = [one.strategy for one in fans if np.quantile(one.bands[4], 1.0) >= 0.999]
    never = [short(one.strategy, 30) for one in fans if one.strategy not in full]
    heading = "Every strategy shows some bad releases to all users"
    if never:
        heading = f"With {listed(never)}, 95 in 100 bad releases never reach all users"
    runs = min(one.runs for one in fans)
    caption = (
        f"Share of production traffic on the bad release over time, {runs} bad releases of each strategy "
        "simulated again. "
        "Line: median; dark and light bands: 50 and 90 in 100 of them; thin lines: five single runs; "
        "ticks above: the way "
        f"back is decided. Shown to {units.human(until)}."
    )
    return _picture("exposure", lambda: exposure.draw(fans, of_looks(numbers), heading), heading, caption)


def of_causes(table: Table | None, given: Given) -> Picture | None:
    """Failed requests by cause, stacked."""
    if table is None:
        return None
    means = sums.means_of_parts(table, sums.CAUSES)
    totals = {name: sum(values.values()) for name, values in means.items()}
    most = max(totals, key=lambda name: totals[name])
    if totals[most] <= 0:
        return None
    cause = max(means[most], key=lambda part: means[most][part])
    share = means[most][cause] / totals[most]
    heading = f"{_CONDITION[given]} {short(most, 30)}, {share_text(share)} of the failed requests are {cause}"
    caption = f"{table.title}: means of the table beside it, end to end. {table.caption}"
    return _picture(table.id, lambda: parts.draw(means, heading, "failed requests, mean"), heading, caption)


def of_run(run: Run, kind: str, name: str) -> Picture:
    """Timeline of one run."""
    trace, world = run.trace, run.scenario
    trigger = next((record for record in trace.records if isinstance(record, Trigger)), None)
    status = next((bar for bar in timeline.deployment_bars(trace)), None)
    took = units.human(status.end - status.start) if status else "no time"
    ended = status.kind if status else "nothing"
    heading = f"{short(trace.strategy, 34)}, {kind}: {ended} after {took}"
    if trigger is not None:
        heading += f"; way back decided at {units.human(trigger.time)}"
    start = seconds_of_day(world.start.time)
    defect = f" The release is bad: {short(trace.defect)}." if trace.defect else ""
    caption = (
        f"One simulated run, replication {trace.replication}.{defect} Top: deployments, then targets by "
        "phase; below: share "
        "of traffic on the new revision, share of requests failing, alarm states. × marks a target that "
        "failed."
    )
    return _picture(name, lambda: gantt.draw(trace, heading, start), heading, caption)


def _picture(name: str, draw: Callable[[], Figure], message: str, caption: str) -> Picture:
    with drawing():
        figure = draw()
    return Picture(name, svg(figure, name, message), message, caption)
