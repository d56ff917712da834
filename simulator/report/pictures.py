"""The figures of a report, each drawn from the same numbers as the table beside it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from simulator.analysis.sample import Given
from simulator.metrics.table import METRICS
from simulator.report import charts_choice, charts_outcomes, charts_runs, sums
from simulator.report.charts import Chart, condition, of_looks
from simulator.report.facts import Facts
from simulator.report.figures import parts
from simulator.report.numbers import Numbers
from simulator.report.page import Picture, Report, Table
from simulator.report.replays import metric_shown
from simulator.report.words import share_text, short
from simulator.trace.records import Trace

LEAST_USD = charts_choice.LEAST_USD
__all__ = ["LEAST_USD", "drawn", "of_causes", "of_looks", "of_metric"]


def drawn(report: Report, facts: Facts) -> dict[str, Picture]:
    """Every picture of the report by its id, in the order of the sections.

    Parameters
    ----------
    report : Report
        Its tables are there already; figures of a table are drawn from it.
    facts : Facts
        Numbers and runs simulated again. Without these the figures that need runs are left out.
    """
    found = [*_of_outcomes(report, facts), *_of_runs(facts)]
    return {chart.id: chart.picture() for chart in found if chart is not None}


def _of_outcomes(report: Report, facts: Facts) -> list[Chart | None]:
    numbers, order, chosen = facts.numbers, facts.order, facts.recommendation.chosen
    metrics = dict.fromkeys((metric_shown(numbers), "downtime_s", "duration_s", "cost_usd"))
    found = [
        of_metric(numbers, metric, order, chosen, f"dots-{metric.replace('_', '-')}")
        for metric in metrics
        if metric in METRICS and numbers.has(metric)
    ]
    found.append(charts_outcomes.exceeding(numbers, order, "failed_requests", "overall"))
    if facts.reference:
        given: Given = "bad" if numbers.runs("bad") else "overall"
        found.append(charts_outcomes.paired(numbers, facts.shown, facts.reference, metric_shown(numbers), given))
    found.append(charts_choice.trade_off(numbers, order, None, None))
    found.append(charts_choice.racing(numbers, order, facts.replays.releases))
    found += [of_causes(report.tables.get(f"causes-{given}"), given) for given in _givens(numbers)]
    found.append(charts_choice.converging(numbers, order, facts.comparison.criterion))
    return found


def _of_runs(facts: Facts) -> list[Chart | None]:
    numbers, order, replays = facts.numbers, facts.order, facts.replays
    good = any(replays.good.values())
    traces = replays.good if good else replays.releases
    found: list[Chart | None] = [
        charts_runs.exposing(numbers, replays.releases, order),
        _of_capacity(numbers, traces, order, "good" if good else "bad"),
        charts_runs.planning(
            numbers,
            facts.shown,
            {"good": replays.good.get(facts.shown, []), "bad": replays.releases.get(facts.shown, [])},
        ),
    ]
    for kind, runs in (("a typical run", replays.typical), ("a bad release", replays.bad)):
        found += [
            charts_runs.running(run, kind, f"run-{kind.split()[1]}-{place + 1}")
            for place, run in enumerate(runs.values())
        ]
        if facts.shown in runs and facts.world.alarms:
            found.append(charts_runs.watching(runs[facts.shown], kind, f"traffic-{kind.split()[1]}"))
    return found


def _of_capacity(
    numbers: Numbers, traces: Mapping[str, Sequence[Trace]], order: Sequence[str], given: Given
) -> Chart | None:
    """Capacity against demand, where there is anything to see."""
    chart = charts_runs.supplying(numbers, traces, order, given)
    moved = chart is not None and any(one.short > 0 or np.ptp(one.bands[1]) > 0 for one in chart.data)
    return chart if moved else None


def _givens(numbers: Numbers) -> list[Given]:
    """Kinds of release that figures are drawn for: overall, and bad ones where these are not all."""
    return ["overall", *(["bad"] if numbers.runs("bad") else [])]  # type: ignore[list-item]  # a literal


def of_metric(numbers: Numbers, metric: str, order: Sequence[str], chosen: str | None, name: str) -> Chart | None:
    """Dot plot of one metric, overall beside if bad; None where it would show nothing but zeros of money."""
    chart = charts_outcomes.strategies(numbers, metric, order, chosen, _givens(numbers), name)
    if chart is None:
        return None
    ends = [end for rows in chart.data.values() for row in rows for end in row.ends if math.isfinite(end)]
    return None if METRICS[metric].unit == "USD" and max(ends) < LEAST_USD else chart


def of_causes(table: Table | None, given: Given) -> Chart | None:
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
    heading = f"{condition(given)} {short(most, 30)}, {share_text(share)} of the failed requests are {cause}"
    caption = f"{table.title}: means of the table beside it, end to end. {table.caption}"

    def draw(ax: Axes | None = None) -> list[Axes]:
        return parts.draw(means, heading, "failed requests, mean", ax)

    return Chart(table.id, draw, heading, caption, means)
