"""Numbers read back from the figures are those of the tables they stand for."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from simulator.analysis.criterion import Criterion
from simulator.report import charts_choice, charts_outcomes, charts_runs
from simulator.report.dominance import dominated
from simulator.report.figures import capacity, plan
from simulator.report.figures.style import drawing, looks
from simulator.report.numbers import Numbers
from simulator.trace.records import FlowChange
from tests.report.builders import a_comparison, a_lambda_trace, a_scenario, a_server_trace

NAMES = ["all-at-once", "half-at-a-time", "one-at-a-time"]


@pytest.fixture(scope="module")
def numbers(comparison) -> Numbers:
    return Numbers(comparison)


@pytest.fixture(scope="module")
def traces():
    sizes = dict(zip(NAMES, (8, 4, 1), strict=True))
    return {name: [a_server_trace(name, 8, size, False, k) for k in range(10)] for name, size in sizes.items()}


def drawn(chart):
    with drawing():
        return chart.draw(None)


def marks(axes, mark: str | None = None) -> list[tuple[float, float]]:
    """Single marks on the axes: their places in data."""
    return [
        (float(line.get_xdata()[0]), float(line.get_ydata()[0]))
        for line in axes.lines
        if len(line.get_xdata()) == 1 and line.get_transform() == axes.transData and mark in (None, line.get_marker())
    ]


def texts(axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def test_marks_of_strategies_are_medians_and_means_of_the_summary(comparison, numbers) -> None:
    chart = charts_outcomes.strategies(numbers, "duration_s", NAMES, None, ["overall"], "s")
    (axes,) = drawn(chart)
    table = comparison.summary().set_index(["strategy", "metric"])
    for place, name in enumerate(NAMES):
        row, y = table.loc[name, "duration_s"], len(NAMES) - 1 - place
        shown = {height: x for x, height in marks(axes)}
        assert shown[y] * 60 == pytest.approx(row["p50"])
        assert shown[y - 0.3] * 60 == pytest.approx(row["mean"])


def test_curves_are_the_table_of_exceedance_and_go_no_further(comparison, numbers) -> None:
    (axes,) = drawn(charts_outcomes.exceeding(numbers, NAMES, "failed_requests", "overall"))
    table = comparison.exceedance("failed_requests")
    curves = [line for line in axes.lines if len(line.get_xdata()) > 2]
    for name, line in zip(NAMES, curves, strict=True):
        rows = table[(table.strategy == name) & (table.x > 0)]
        assert line.get_xdata() == pytest.approx(rows.x.to_numpy(float))
        assert line.get_ydata() == pytest.approx(rows.probability.to_numpy(float))


def test_dots_stand_for_the_paired_differences_and_the_diamond_for_their_mean(comparison, numbers) -> None:
    (axes,) = drawn(charts_outcomes.paired(numbers, "one-at-a-time", "half-at-a-time", "downtime_s", "bad"))
    rows = comparison.differences("bad", "half-at-a-time").set_index(["strategy", "metric"])
    row = rows.loc["one-at-a-time", "downtime_s"]
    look = looks(numbers.strategies)["one-at-a-time"]
    dots = [x for x, y in marks(axes, look.mark) if y > 0]
    assert len(dots) == 50
    assert np.mean(dots) == pytest.approx(row["difference"], rel=0.05)
    (mean,) = [x for x, y in marks(axes, "d") if y < 0]
    assert mean == pytest.approx(row["difference"])
    ends = next(line.get_xdata() for line in axes.lines if len(line.get_xdata()) == 2 and line.get_ydata()[0] < 0)
    assert list(ends) == pytest.approx([row["low"], row["high"]])


def test_clocks_of_the_race_are_those_of_the_outcomes(comparison, numbers) -> None:
    chart = charts_choice.racing(numbers, NAMES, {})
    (axes,) = drawn(chart)
    rows = comparison.outcomes
    for race, place in zip(chart.data, (2, 1, 0), strict=True):
        bad = rows[(rows.strategy == race.strategy) & rows.bad]
        own = np.where(bad.trigger.isin(["alarm", "failure"]), bad.detect_s.astype(float), math.inf)
        good = rows[(rows.strategy == race.strategy) & ~rows.bad]
        assert race.stopped.quantiles[2] == np.quantile(own, 0.5, method="inverted_cdf")
        assert race.full.quantiles[2] == np.quantile(good.mixed_version_s, 0.5, method="inverted_cdf")
        shown = sorted(x for x, y in marks(axes) if abs(y - place) < 0.3)
        assert shown == pytest.approx(sorted(max(clock.quantiles[2], 6.0) for clock in (race.stopped, race.full)))


def test_a_release_that_nothing_stops_by_itself_is_never_stopped_and_one_caught_before_users_is_at_once() -> None:
    comparison = a_comparison(runs=40)
    rows = comparison.outcomes
    bad = (rows.strategy == "all-at-once") & rows.bad
    rows.loc[bad, "trigger"] = "person"
    rows.loc[(rows.strategy == "one-at-a-time") & rows.bad, "detect_s"] = None
    numbers = Numbers(comparison)
    assert charts_choice.stopping(numbers.sample("all-at-once", "bad")).quantiles[0] == math.inf
    caught = charts_choice.stopping(numbers.sample("one-at-a-time", "bad"))
    assert caught.quantiles[2] == 0.0
    (axes,) = drawn(charts_choice.racing(numbers, NAMES, {}))
    assert "▸ not by itself" in texts(axes)


def test_marks_of_the_trade_off_are_the_estimates_and_the_dominated_are_named(comparison, numbers) -> None:
    chart = charts_choice.trade_off(numbers, NAMES, None, None)
    first, second = drawn(chart)
    beaten = dominated(numbers)
    for point in chart.data:
        mean = comparison.estimate(point.strategy, "downtime_s")
        duration, cost = (comparison.estimate(point.strategy, metric) for metric in ("duration_s", "cost_usd"))
        assert (pytest.approx(duration.value / 60), pytest.approx(mean.value)) in marks(first)
        assert (pytest.approx(cost.value), pytest.approx(mean.value)) in marks(second)
        assert point.beaten_by == (beaten[point.strategy].by if point.strategy in beaten else None)
        assert point.beaten_by is None or f"{point.strategy}\ndominated by {point.beaten_by}" in texts(second)


def test_a_dominated_strategy_is_hollow_and_grey_and_still_there() -> None:
    numbers = Numbers(a_comparison(runs=400, harm={"half-at-a-time": 1.0, "one-at-a-time": 1.5}))
    chart = charts_choice.trade_off(numbers, NAMES, "failed_requests", "bad")
    dominated_names = {point.strategy for point in chart.data if point.beaten}
    assert dominated_names
    first = drawn(chart)[0]
    hollow = [line for line in first.lines if line.get_markerfacecolor() == "white" and len(line.get_xdata()) == 1]
    assert len(hollow) == len(dominated_names)
    assert "dominate" in chart.heading


def test_the_course_ends_at_the_estimate_and_its_beginning_is_that_of_a_shorter_experiment(comparison, numbers) -> None:
    criterion = Criterion("downtime_s")
    chart = charts_choice.converging(numbers, NAMES, criterion)
    for course in chart.data:
        estimate = comparison.estimate(course.strategy, "downtime_s")
        assert (course.value[-1], course.low[-1], course.high[-1]) == (estimate.value, estimate.low, estimate.high)
    shorter = charts_choice.first_of(comparison.samples["half-at-a-time"], 100)
    assert shorter.weights.sum() == pytest.approx(1)
    assert shorter.weights[shorter.bad].sum() == pytest.approx(0.05)
    (axes,) = drawn(chart)
    lines = [line for line in axes.lines if len(line.get_xdata()) > 2]
    for course, line in zip(chart.data, lines, strict=True):
        assert line.get_ydata() == pytest.approx(course.value)


def test_capacity_is_that_of_the_flow_and_short_where_it_is_below_demand(numbers, traces) -> None:
    chart = charts_runs.supplying(numbers, traces, NAMES, "good")
    every = drawn(chart)
    for axes, one in zip(every, chart.data, strict=True):
        steps = [line for line in axes.lines if len(line.get_xdata()) == capacity.GRID_POINTS]
        assert steps[0].get_ydata() == pytest.approx(one.bands[1])
        assert steps[1].get_ydata() == pytest.approx(one.demand)
        first = traces[one.strategy][0]
        flows = [record.flow for record in first.records if isinstance(record, FlowChange)]
        assert one.least <= min(flow.capacity for flow in flows) + 1e-9
        assert one.short == np.mean(
            [
                any(r.flow.capacity < r.flow.demand for r in trace.records if isinstance(r, FlowChange))
                for trace in traces[one.strategy]
            ]
        )
    assert chart.heading.startswith("all-at-once leaves nothing answered at its lowest")


def test_no_capacity_stated_is_no_figure(numbers) -> None:
    assert charts_runs.supplying(numbers, {"all-at-once": [a_lambda_trace()]}, ["all-at-once"], "good") is None


def test_the_plan_has_the_quantiles_of_its_instants(traces) -> None:
    found = {stage.name: stage for stage in plan.stages(traces["half-at-a-time"], "good")}
    assert sorted(found) == ["all users on it", "batch 1", "batch 2", "deployment over"]
    assert list(found)[-1] == "deployment over"
    ends = sorted(160 * (1 + 0.03 * (k % 7)) for k in range(10))
    assert found["batch 1"].end.low == pytest.approx(ends[0])
    assert found["batch 1"].end.high == pytest.approx(ends[-1])
    assert found["batch 1"].end.middle == pytest.approx(np.quantile(ends, 0.5, method="inverted_cdf"))
    with drawing():
        (axes,) = plan.draw({"good": list(found.values())}, looks(NAMES)["half-at-a-time"], "heading")
    bars = {bar.get_y() + bar.get_height() / 2: bar for container in axes.containers for bar in container}
    names = {text.get_text(): y for y, text in zip(axes.get_yticks(), axes.get_yticklabels(), strict=True)}
    row = names["batch 2"]
    stage, bar = found["batch 2"], next(bar for y, bar in bars.items() if y == pytest.approx(row))
    assert bar.get_x() * 60 == pytest.approx(stage.start.middle)
    assert (bar.get_x() + bar.get_width()) * 60 == pytest.approx(stage.end.middle)
    whiskers = [line.get_xdata() for line in axes.lines if list(line.get_ydata()) == [row, row]]
    assert [tuple(each) for each in whiskers] == [
        pytest.approx((spread.low / 60, spread.high / 60)) for spread in (stage.start, stage.end)
    ]


def test_the_way_back_is_a_decision_and_tells_in_how_many_releases() -> None:
    bad = [a_server_trace(bad=True, replication=k) for k in range(4)] + [a_server_trace(bad=False)] * 4
    found = {stage.name: stage for stage in plan.stages(bad, "bad")}
    assert found["way back decided"].decision
    assert found["way back decided"].share == 0.5
    with drawing():
        (axes,) = plan.draw({"bad": list(found.values())}, looks(NAMES)["half-at-a-time"], "heading")
    assert "way back decided (50 %)" in [text.get_text() for text in axes.get_yticklabels()]
    assert [line.get_marker() for line in axes.lines].count("D") == 1


def test_a_function_is_planned_by_its_events() -> None:
    names = [stage.name for stage in plan.stages([a_lambda_trace()] * 3, "good")]
    assert names == ["hook before traffic", "shifting traffic", "all users on it", "deployment over"]


def test_one_end_of_the_window_and_the_latest_way_back_are_lines_within_the_axis_and_words_beyond_it() -> None:
    comparison = a_comparison(change={"window": "Tuesday, 10:00 to 10:20"}, runs=100)
    traces = {"good": [a_server_trace(replication=k) for k in range(5)]}
    chart = charts_runs.planning(Numbers(comparison), "half-at-a-time", traces)
    (axes,) = drawn(chart)
    assert "window ends at 20 min" in axes.get_xlabel()
    comparison = a_comparison(change={"window": "Tuesday, 10:00 to 10:08"}, runs=100)
    (axes,) = drawn(charts_runs.planning(Numbers(comparison), "half-at-a-time", traces))
    assert "window ends" in texts(axes)
    assert 8.0 in [line.get_xdata()[0] for line in axes.lines]
    assert not charts_runs._limits(Numbers(comparison), a_scenario(change={"window": "some day"}), "half-at-a-time")


def test_headings_judge_differences_by_the_same_releases_and_not_by_overlapping_intervals() -> None:
    """Every bad release fails a little more under one strategy: yet intervals of one loss overlap."""
    scenario = a_scenario(strategies=[
        {"name": "less", "configuration": "CodeDeployDefault.HalfAtATime"},
        {"name": "more", "configuration": "CodeDeployDefault.OneAtATime", "current": True},
    ])  # fmt: skip
    comparison = a_comparison(scenario, runs=200, harm={"less": 1.0, "more": 1.3}, replays=False, bad=0.3)
    numbers = Numbers(comparison)
    chart = charts_outcomes.exceeding(numbers, ["less", "more"], "failed_requests", "bad")
    loss, least, most = 5000.0, "less", "more"
    chances = {name: numbers.exceeds(name, "failed_requests", loss, "bad") for name in (least, most)}
    assert chances[least].high > chances[most].low  # the two intervals overlap
    assert numbers.more_often_beyond(most, least, "failed_requests", loss, "bad")
    assert not numbers.more_often_beyond(least, most, "failed_requests", loss, "bad")
    assert not numbers.more_often_beyond(most, most, "failed_requests", loss, "bad")
    assert chart is not None
    assert re.match(r"More than [\d,]+ requests fail in .+ with more, in .+ with less", chart.heading)
