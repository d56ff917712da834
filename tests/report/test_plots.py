"""Figures for notebooks: axes to change, settings left alone, every case drawn."""

from __future__ import annotations

import math
import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simulator.errors import SimulatorError
from simulator.report import charts_choice, charts_outcomes, charts_runs, plots
from simulator.report.charts import Chart
from simulator.report.figures.style import svg
from simulator.report.numbers import Numbers
from tests.report.builders import a_comparison, a_lambda_scenario, a_run, a_scenario

FIGURES = ("strategies", "exceedance", "differences", "exposure", "timeline", "traffic", "capacity", "race", "pareto",
           "convergence")  # fmt: skip
CONFIGURATIONS = ("AllAtOnce", "HalfAtATime", "OneAtATime")
HOSTILE = ("$\\frac{1}{0}$ <b>&amp;", "two\nlines\tand a tab", "\u05e9\u05dc\u05d5\u05dd \u202eevil", "x" * 10_000,
           "=cmd|' /C calc'!A0", "$", "a" * 47, "8th", "9th", "10th")  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _quick_alarms():
    """Hand-written traces belong to no experiment: their alarms cannot be asked again."""
    patch = pytest.MonkeyPatch()
    patch.setattr(charts_runs, "datapoints", lambda run: [])
    yield
    patch.undo()


def panels(drawn) -> list[Axes]:
    return [drawn] if isinstance(drawn, Axes) else list(drawn)


def strategies(names):
    kinds = [f"CodeDeployDefault.{kind}" for kind in CONFIGURATIONS]
    return [{"name": name, "configuration": kinds[place % 3]} for place, name in enumerate(names)]


def of_many():
    return a_comparison(strategies=strategies(HOSTILE), runs=60)


def of_zeros():
    comparison = a_comparison(runs=60)
    for column in ("downtime_s", "failed_requests", "outage_s", "cost_usd"):
        comparison.outcomes[column] = 0.0
    return comparison


def of_endless():
    comparison = a_comparison(runs=60)
    rows = comparison.outcomes
    rows.loc[rows.bad, ["duration_s", "rollback_s", "detect_s"]] = math.inf
    rows.loc[rows.bad, "censored"] = True
    rows.loc[rows.strategy == "one-at-a-time", "downtime_s"] = math.inf
    return comparison


CASES = {
    "usual": lambda: a_comparison(runs=60),
    "many and hostile": of_many,
    "one strategy": lambda: a_comparison(strategies=strategies(["alone"]), runs=60),
    "zeros": of_zeros,
    "endless": of_endless,
    "no alarms": lambda: a_comparison(alarms=[], runs=60),
    "function": lambda: a_comparison(a_lambda_scenario(), runs=60),
    "good releases only": lambda: a_comparison(bad=0.0, runs=60),
    "few runs": lambda: a_comparison(runs=4),
}


@pytest.mark.parametrize("case", CASES)
def test_every_figure_of_every_case_is_drawn_on_its_own_and_on_axes_given(case) -> None:
    plot = plots.ComparisonPlots(CASES[case]())
    for name in FIGURES:
        mine = Figure().add_subplot()
        drawn = getattr(plot, name)(ax=mine)
        assert drawn is mine, name
        own = panels(getattr(plot, name)())
        assert all(isinstance(axes, Axes) for axes in own), name
        figure = own[0].figure
        assert figure is not mine.figure
        text = svg(figure, "figure", "message")
        if case == "usual":
            assert text == svg(panels(getattr(plot, name)())[0].figure, "figure", "message"), name
        assert "x" * 60 not in text
        assert "\u202e" not in text


def test_names_are_the_ten_figures_and_the_repr_names_them() -> None:
    plot = plots.ComparisonPlots(a_comparison(runs=20))
    assert sorted(dir(plot)) == sorted(FIGURES)
    assert all(f"{name}()" in repr(plot) for name in FIGURES)


def test_settings_of_the_reader_are_left_alone() -> None:
    plot = plots.ComparisonPlots(a_comparison(runs=40))
    with mpl.rc_context({"font.size": 23, "axes.facecolor": "pink"}):
        before = mpl.rcParams.copy()
        axes = panels(plot.strategies())
        assert mpl.rcParams.copy() == before
        assert axes[0].get_facecolor() == (1, 1, 1, 1)


def test_given_and_metric_and_strategy_choose_what_is_drawn() -> None:
    plot = plots.ComparisonPlots(a_comparison(runs=200))
    assert len(panels(plot.strategies())) == 2
    assert isinstance(plot.strategies(given="bad"), Axes)
    assert plot.strategies(metric="duration_s", given="good").get_xlabel() == "duration (min)"
    assert "downtime" in plot.exceedance("downtime_s", "bad").get_xlabel()
    assert isinstance(plot.exposure("half-at-a-time"), Axes)
    assert len(panels(plot.exposure())) == 3
    assert "all-at-once" in plot.timeline("all-at-once").figure.get_suptitle()
    assert "failed requests" in panels(plot.pareto("failed_requests", "bad"))[0].get_ylabel()
    assert "duration" in plot.convergence("duration_s").get_ylabel()
    against = plot.differences("one-at-a-time", against="all-at-once")
    assert against.figure.get_suptitle().startswith("Against all-at-once, one-at-a-time")


def test_what_is_unknown_is_said() -> None:
    plot = plots.ComparisonPlots(a_comparison(runs=20))
    with pytest.raises(ValueError, match="no strategy is called 'canary'"):
        plot.exposure("canary")
    with pytest.raises(ValueError, match="no metric is called"):
        plot.strategies("latency")
    with pytest.raises(SimulatorError, match="compare the scenario itself"):
        plots.ComparisonPlots(a_comparison(runs=20, replays=False)).exposure()


def test_what_cannot_be_drawn_says_why_on_its_axes() -> None:
    plot = plots.ComparisonPlots(a_comparison(bad=0.0, runs=20))
    assert [text.get_text() for text in plot.race().texts] == ["no bad release was simulated"]
    assert [text.get_text() for text in plot.exposure().texts] == ["no bad release was simulated"]


def test_a_run_is_drawn_with_its_panels_or_alone_on_axes_given() -> None:
    run = a_run(a_scenario(), "half-at-a-time", 1, True)
    drawn = plots.run(run)
    assert isinstance(drawn, np.ndarray)
    assert len(drawn) == 4
    mine = Figure().add_subplot()
    assert plots.run(run, ax=mine) is mine
    assert mine.get_title(loc="left")


def test_no_figure_is_kept_where_nobody_would_see_it_and_one_where_a_notebook_does() -> None:
    code = """
import sys, types
from simulator.report import plots
from tests.report.builders import a_comparison
plot = plots.ComparisonPlots(a_comparison(runs=20))
plot.convergence()
assert "matplotlib.pyplot" not in sys.modules
import matplotlib.pyplot as plt
plt.close(plt.figure())
plot.convergence()
assert plt.get_fignums() == []
sys.modules["IPython"] = types.SimpleNamespace(get_ipython=lambda: object())
shown = plot.convergence()
assert [plt.figure(number) for number in plt.get_fignums()] == [shown.figure]
other = plt.figure().add_subplot()
assert plot.convergence(ax=other) is other
assert len(plt.get_fignums()) == 2
"""
    environment = {"MPLBACKEND": "agg", "PATH": "", "PYTHONPATH": "."}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)  # our own code


@pytest.fixture(scope="module")
def equal() -> Numbers:
    """Every strategy does the same harm in the same time."""
    comparison = a_comparison(runs=200, harm=dict.fromkeys(("all-at-once", "half-at-a-time", "one-at-a-time"), 1.0))
    rows = comparison.outcomes
    one = rows[rows.strategy == "all-at-once"]
    for column in ("duration_s", "downtime_s", "failed_requests", "cost_usd"):
        rows[column] = np.tile(one[column].to_numpy(float), 3)
    rows["detected_before_full"] = np.tile(one["detected_before_full"].to_numpy(bool), 3)
    return Numbers(comparison)


def test_headings_find_no_difference_where_there_is_none(equal) -> None:
    order = list(equal.strategies)
    told: list[Chart | None] = [
        charts_outcomes.strategies(equal, "downtime_s", order, None, ["overall", "bad"], "s"),
        charts_outcomes.exceeding(equal, order, "failed_requests", "overall"),
    ]
    assert all("no difference found" in chart.heading for chart in told)
    assert charts_outcomes.paired(equal, order[0], order[1], "downtime_s", "bad") is None
    assert "none dominates another" in charts_choice.trade_off(equal, order, None, None).heading
    assert "no strategy leads" in charts_choice.converging(equal, order, equal.comparison.criterion).heading


def test_headings_say_which_is_better_and_the_numbers_agree() -> None:
    comparison = a_comparison(runs=400)
    numbers, order = Numbers(comparison), ["one-at-a-time", "half-at-a-time", "all-at-once"]
    heading = charts_outcomes.strategies(numbers, "downtime_s", order, None, ["overall", "bad"], "s").heading
    means = comparison.summary("bad").set_index(["strategy", "metric"])["mean"]
    least, most = (means[name, "downtime_s"] for name in ("one-at-a-time", "all-at-once"))
    assert least < most
    assert heading.startswith("Downtime if the release is bad is ")
    assert "with one-at-a-time" in heading.partition(",")[0]
    shown = float(heading.split(" is bad is ")[1].split(" ")[0])
    assert shown == pytest.approx(least, rel=0.06)


def test_a_notebook_shows_each_figure_once_and_keeps_none() -> None:
    import nbclient
    import nbformat

    cells = (
        (
            "from simulator.report import plots\nfrom tests.report.builders import a_comparison\n"
            "plot = plots.ComparisonPlots(a_comparison(runs=20))"
        ),
        "axes = plot.strategies()\naxes[0].set_xlabel('mine')",
        "plot.pareto();",
        "import matplotlib.pyplot as plt\nprint(plt.get_fignums())",
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbclient.NotebookClient(notebook, timeout=120).execute()
    pictures = [sum("image/png" in output.get("data", {}) for output in cell.outputs) for cell in notebook.cells]
    assert pictures == [0, 1, 1, 0]
    assert notebook.cells[-1].outputs[0].text == "[]\n"
