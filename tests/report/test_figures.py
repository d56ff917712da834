"""Figures: drawn from the numbers of their tables, legible, apart for every eye, the same each time."""

from __future__ import annotations

import math
import re
from itertools import pairwise
from xml.etree import ElementTree as ET

import matplotlib as mpl
import numpy as np
import pytest

from simulator.estimate import Estimate
from simulator.report import charts_outcomes, sums
from simulator.report.datapoints import Datapoint, Judged
from simulator.report.figures import (
    capacity,
    convergence,
    differences,
    dots,
    exceedance,
    exposure,
    gantt,
    pareto,
    parts,
    plan,
    race,
    timeline,
    traffic,
)
from simulator.report.figures.style import drawing, figure_of, label, looks, svg
from simulator.report.numbers import Numbers
from simulator.report.words import Scale
from tests.report.builders import ALARM, a_lambda_trace, a_run, a_server_trace

NAMES = ("all-at-once", "half-at-a-time", "one-at-a-time")


def test_dots_stand_at_the_numbers_of_their_table(comparison, built) -> None:
    report, facts = built
    rows = charts_outcomes.dot_rows(facts.numbers, "downtime_s", NAMES, "bad")
    table = {row["strategy"].text: row for row in report.tables["metric-downtime_s"].rows}
    for row in rows:
        assert row.median == table[row.strategy]["p50.bad"].numbers["value"]
        assert row.mean.value == table[row.strategy]["mean.bad"].numbers["value"]
        assert row.low95 <= row.low50 <= row.median <= row.high50 <= row.high95


def test_long_numbers_under_two_panels_do_not_touch() -> None:
    mean = Estimate(60_000, 50_000, 70_000, 0.95, 200)
    rows = [dots.Dots(name, 0, 10_000, 40_000, 80_000, 115_000, mean) for name in NAMES]
    with drawing():
        every = dots.draw({"overall": rows, "if bad": rows}, LOOKS, Scale(1, "requests"), "heading", "failed requests")
        every[0].figure.draw_without_rendering()
        for axes in every:
            places = sorted(tuple(one.get_window_extent().extents) for one in axes.get_xticklabels())
            shown = [place for place in places if place[2] > place[0]]
            assert all(left[2] < right[0] for left, right in pairwise(shown))


def test_bars_of_causes_are_as_long_as_the_table_says_and_add_up(built) -> None:
    report, _ = built
    table = report.tables["causes-bad"]
    means = sums.means_of_parts(table, sums.CAUSES)
    with drawing():
        (axes,) = parts.draw(means, "heading", "requests")
    bars = [bar for container in axes.containers for bar in container]
    for place, row in enumerate(table.rows):
        ours = [bar for bar in bars if bar.get_y() + bar.get_height() / 2 == pytest.approx(len(table.rows) - 1 - place)]
        assert sum(bar.get_width() for bar in ours) == pytest.approx(row["failed_requests"].numbers["value"])


def test_rounded_parts_share_the_decimal_places_of_their_total(built) -> None:
    report, _ = built
    for row in report.tables["causes-bad"].rows:
        total = float(row["failed_requests"].text.replace(",", ""))
        summed = sum(float(row[part].text.replace(",", "")) for part in sums.CAUSES)
        assert summed == pytest.approx(total, abs=2.01 * 10 ** max(math.floor(math.log10(total)) - 2, 0))


def test_curves_end_where_the_analysis_ends_them(comparison) -> None:
    chart = charts_outcomes.exceeding(Numbers(comparison), NAMES, "failed_requests", "overall")
    assert chart is not None
    assert re.match(r"More than [\d,]+ requests fail in .* with all-at-once, in .* with one-at-a-time", chart.heading)


def test_only_curves_of_equal_runs_are_called_equal(comparison) -> None:
    chart = charts_outcomes.exceeding(Numbers(comparison), [NAMES[0]] * 2, "failed_requests", "overall")
    assert chart is not None
    assert chart.heading == "Failed requests: no difference found between the strategies"


@pytest.mark.parametrize(
    "figure",
    ["dots", "differences", "exceedance", "parts", "exposure", "server", "lambda", "capacity", "plan", "race", "pareto",
     "convergence", "traffic"],
)  # fmt: skip
def test_a_figure_is_legible_and_the_same_each_time(figure) -> None:
    first, second = svg(drawn(figure), figure, "what it shows"), svg(drawn(figure), figure, "what it shows")
    assert first == second
    root = ET.fromstring(first)  # noqa: S314  # our own drawing
    sizes = [float(size) for size in re.findall(r"font-size: ([\d.]+)px", first)]
    sizes += [float(size) for size in re.findall(r"font: (?:\w+ )*([\d.]+)px", first)]
    assert sizes
    assert min(sizes) >= 8
    assert float(root.attrib["width"].removesuffix("pt")) == pytest.approx(170 / 25.4 * 72, rel=0.01)
    assert "<metadata>" not in first
    ids = re.findall(r' id="([^"]+)"', first)
    assert len(ids) == len(set(ids))
    assert all(name.startswith(f"{figure}-") for name in ids)


def drawn(figure: str):
    with drawing():
        return figure_of(DRAWN[figure]()[0])


LOOKS = looks(NAMES)
MEAN = Estimate(1.0, 0.5, 1.4, 0.95, 9)


def _dots():
    mean = dots.no_mean(Estimate(1.0, 0.5, math.inf, 0.95, 9))
    rows = [dots.Dots(name, 0, 1, 2 + place, 8, math.inf, mean) for place, name in enumerate(NAMES)]
    return dots.draw({"overall": rows, "if bad": rows}, LOOKS, Scale(1, "s"), "heading", "s", NAMES[0], 4.0)


def _exceedance():
    x = np.geomspace(1, 1000, 30)
    curves = [exceedance.Curve(name, x, 1 / x, 0.5 / x, np.minimum(2 / x, 1)) for name in NAMES]
    return exceedance.draw(curves, LOOKS, "heading", "requests", 100)


def _exposure():
    traces = [a_server_trace(bad=True, replication=number) for number in range(9)]
    return exposure.draw([exposure.fan(name, traces, 900.0) for name in NAMES], LOOKS, "heading", 36_000.0)


def _capacity():
    traces = [a_server_trace(replication=number) for number in range(9)]
    return capacity.draw([capacity.supply(name, traces, 900.0) for name in NAMES], LOOKS, "heading", Scale(1, ""), 0.0)


def _plan():
    blocks = {
        kind: plan.stages([a_server_trace(bad=kind == "bad", replication=number) for number in range(9)], kind)
        for kind in ("good", "bad")
    }
    return plan.draw(blocks, LOOKS[NAMES[0]], "heading", 36_000.0, {"window ends": 500.0, "far": 1e5})


def _race():
    clock = race.Clock((0.0, 5.0, 90.0, 400.0, math.inf), 9)
    races = [race.Race(name, clock, race.Clock((60.0,) * 5, 9), 70.0, "9 %\n[1 %, 20 %]") for name in NAMES]
    return race.draw([*races[:2], race.Race(NAMES[2], None, None, None, "")], LOOKS, "heading")


def _pareto():
    points = [pareto.Point(name, {"0": MEAN, "1": MEAN}, NAMES[0] if name == NAMES[1] else None) for name in NAMES]
    harm, cost = (pareto.Objective(key, "words", Scale(1, "s")) for key in "01")
    return pareto.draw(points, harm, [cost, cost], LOOKS, "heading")


def _convergence():
    runs = np.array([10.0, 20.0, 40.0])
    courses = [convergence.Course(name, runs, runs / 10, runs / 20, np.array([math.inf, 3.0, 5.0])) for name in NAMES]
    return convergence.draw(courses, LOOKS, Scale(1, "s"), "heading", "mean (s)")


def _traffic():
    trace = a_lambda_trace(bad=True)
    points = tuple(Datapoint(60.0 * k, 60.0 * k + 90, 10.0 * k, k > 2) for k in range(1, 4))
    judged = Judged(ALARM, 25.0, "GreaterThanThreshold", 1, 1, "OK", points)
    return traffic.draw(traffic.seen(trace, [judged], 0.001), "heading", 36_000.0)


DRAWN = {
    "dots": _dots,
    "differences": lambda: differences.draw(np.linspace(-5, 2, 50), LOOKS[NAMES[1]], "heading", "s", "other", MEAN),
    "exceedance": _exceedance,
    "parts": lambda: parts.draw({name: {"defect": 3.0, "capacity": 1.0} for name in NAMES}, "heading", "requests"),
    "exposure": _exposure,
    "server": lambda: gantt.draw(a_server_trace(bad=True), "heading", 36_000.0),
    "lambda": lambda: gantt.draw(a_lambda_trace(bad=True), "heading", 86_000.0),
    "capacity": _capacity,
    "plan": _plan,
    "race": _race,
    "pareto": _pareto,
    "convergence": _convergence,
    "traffic": _traffic,
}


def test_drawing_leaves_the_settings_of_a_notebook_alone() -> None:
    with mpl.rc_context({"font.size": 23, "svg.fonttype": "path", "axes.facecolor": "pink"}):
        before = dict(mpl.rcParams)
        svg(drawn("parts"), "parts", "message")
        assert dict(mpl.rcParams) == before


def test_a_figure_can_be_drawn_on_axes_of_ones_own() -> None:
    with drawing():
        figure = mpl.figure.Figure()
        axes = figure.add_subplot()
        assert parts.draw({"a": {"x": 1.0}}, "heading", "requests", ax=axes) == [axes]
        assert axes.get_title(loc="left") == "heading"


def test_strategies_differ_in_colour_and_mark_and_keep_them() -> None:
    look = looks([f"s{number}" for number in range(7)])
    assert len({one.colour for one in look.values()}) == 7
    assert len({one.mark for one in look.values()}) == 7
    assert looks(["s0", "s1"])["s1"] == look["s1"]


# Machado, Oliveira, Fernandes, A physiologically-based model for simulation of color vision deficiency, 2009:
# severity 1.
DEFICIENCIES = {
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


@pytest.mark.parametrize("matrix", DEFICIENCIES.values(), ids=DEFICIENCIES)
def test_the_first_four_colours_stay_apart_for_every_eye(matrix) -> None:
    def seen(colour: str):
        rgb = np.array([int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)])
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        return np.clip(np.array(matrix) @ linear, 0, 1)

    colours = [seen(one.colour) for one in looks("abcd").values()]
    gaps = [np.abs(one - other).max() for place, one in enumerate(colours) for other in colours[:place]]
    assert min(gaps) > 0.08


def test_a_small_fleet_is_shown_target_by_target_and_a_large_one_by_batch() -> None:
    assert [row.name for row in timeline.target_rows(a_server_trace(size=8))] == [f"target {n}" for n in range(8)]
    batches = timeline.target_rows(a_server_trace(size=40, at_a_time=20))
    assert [row.name for row in batches] == ["targets 0–19", "targets 20–39"]
    many = timeline.target_rows(a_server_trace(size=60, at_a_time=1))
    assert len(many) == 12
    assert many[0].name == "targets 0–4"


def test_bars_of_a_target_cover_its_events_and_the_way_back_is_marked() -> None:
    trace = a_server_trace(bad=True)
    row = timeline.target_rows(trace)[0]
    assert [bar.kind for bar in row.bars if not bar.back] == list(timeline.PHASES)
    assert [bar.kind for bar in row.bars if bar.back] == list(timeline.PHASES)
    assert row.bars[0].end == 60.0
    assert [bar.kind for bar in timeline.deployment_bars(trace)] == ["Stopped", "Succeeded"]
    assert [bar.back for bar in timeline.deployment_bars(trace)] == [False, True]


def test_a_function_has_one_row_with_its_hooks_and_its_shift() -> None:
    (row,) = timeline.target_rows(a_lambda_trace())
    assert row.name == "function"
    assert [(bar.kind, bar.start, bar.end) for bar in row.bars] == [
        ("hook before traffic", 2.0, 8.0),
        ("shifting traffic", 8.0, 608.0),
    ]


def test_an_alarm_is_ok_until_it_is_not() -> None:
    (row,) = timeline.alarm_rows(a_server_trace(bad=True))
    assert [bar.kind for bar in row.bars] == ["OK", "ALARM", "OK"]
    assert row.bars[1].start == 205.0


def test_exposure_is_the_share_on_the_new_revision_and_holds_on() -> None:
    trace = a_lambda_trace(bad=True)
    shares = exposure.share_of_bad(trace, np.array([0.0, 7.9, 8.0, 216.9, 217.0, 9000.0]))
    assert shares.tolist() == [0.0, 0.0, 0.1, 0.1, 0.0, 0.0]
    fan = exposure.fan("canary", [trace] * 4, 300.0)
    assert fan.bands.max() == 0.1
    assert fan.detected.tolist() == [214.0] * 4


def test_each_dot_stands_for_the_same_share() -> None:
    values = np.array([-3.0, 0.0, 4.0])
    weights = np.array([0.5, 0.4, 0.1])
    shown = differences.dots_of(values, weights, dots=10)
    assert np.unique(shown, return_counts=True)[1].tolist() == [5, 4, 1]
    assert differences.shares_of(values, weights) == pytest.approx((0.5, 0.4, 0.1))


def test_the_same_release_is_shown_under_both_strategies(built) -> None:
    _, facts = built
    for runs in (facts.replays.typical, facts.replays.bad):
        assert len({run.trace.replication for run in runs.values()}) == 1
    assert all(run.trace.bad for run in facts.replays.bad.values())
    assert not any(run.trace.bad for run in facts.replays.typical.values())


def test_cost_lines_add_up_to_the_total(comparison, built) -> None:
    report, facts = built
    table = report.tables["cost-typical"]
    assert table.total is not None
    total = sum(row["usd"].numbers["value"] for row in table.rows)
    run = a_run(comparison.scenario, facts.shown, 0, False)
    assert (
        table.total["usd"].numbers["value"] == pytest.approx(total) == pytest.approx(sum(x.usd for x in run.cost_lines))
    )


def test_a_name_is_no_formula_in_a_figure() -> None:
    with drawing():
        (axes,) = parts.draw({label("$\\frac{1}$ <&> $x$", 40): {"a": 1.0}}, "costs $5 or $6", "requests")
    text = svg(figure_of(axes), "parts", 'a "quoted" <message>')
    assert "\\frac{1}" in text
    assert "costs $5 or $6" in text
    ET.fromstring(text)  # noqa: S314  # our own drawing
