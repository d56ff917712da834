"""Figures for a notebook or a script: the report's own, drawn on axes that are yours to change.

The one thing a newcomer would get wrong: these are the figures of the report, from the same numbers, with the
finding as their title. A table never disagrees with them; `comparison.summary()` has the numbers.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simulator.analysis.sample import Given
from simulator.errors import SimulatorError
from simulator.report import charts_choice, charts_outcomes, charts_runs
from simulator.report.charts import Chart
from simulator.report.facts import Facts
from simulator.report.figures.style import SOFT, axes_of, drawing, figure_of, made_by
from simulator.report.numbers import Numbers
from simulator.report.replays import BAD_RELEASES, GOOD_RELEASES, Replays, metric_shown
from simulator.trace.records import Trace

if TYPE_CHECKING:
    from simulator.analysis import Comparison
    from simulator.experiment import Run

Drawn = Axes | npt.NDArray[np.object_]
"""One matplotlib Axes, or a flat array of them, top to bottom, where a figure has several panels."""


class ComparisonPlots:
    """Figures of a comparison; each method draws one and returns its matplotlib Axes.

    Parameters
    ----------
    comparison : Comparison
        What is drawn.

    Notes
    -----
    Every method takes ``ax=``, axes of your own to draw on; a figure of several panels then draws its main one.
    Without it a figure is made: by pyplot in a notebook, which shows it once, and where pyplot shows windows;
    else it is nobody's but yours (``ax.figure.savefig("name.svg")``). Settings of matplotlib are as
    they were afterwards. ``metric=`` and ``given=`` are those of `Comparison.summary`, ``strategy=`` a name.

    As in ``comparison.plot.strategies()`` or ``comparison.plot.exceedance(metric="downtime_s", given="bad")``.
    """

    def __init__(self, comparison: Comparison) -> None:
        self._comparison = comparison
        self._numbers = Numbers(comparison)
        self._kept: dict[tuple[str, Given], list[Trace]] = {}

    def __repr__(self) -> str:
        """Name what can be drawn."""
        names = ", ".join(f"{name}()" for name in _NAMES)
        return f"figures of {self._comparison.scenario.name!r:.60}: {names}"

    def __dir__(self) -> list[str]:
        """List the figures alone."""
        return list(_NAMES)

    def strategies(self, metric: str | None = None, given: Given | None = None, ax: Axes | None = None) -> Drawn:
        """Draw what usually happens under each strategy, and how exactly its mean is known.

        Parameters
        ----------
        metric : str, optional
            The decision's when left out.
        given : {"overall", "bad", "good"}, optional
            One kind of release; overall and bad side by side when left out.
        ax : Axes, optional
            Axes to draw one panel on.
        """
        metric = self._metric(metric)
        both: list[Given] = ["overall", "bad"] if self._numbers.runs("bad") else ["overall"]
        givens: list[Given] = [given] if given else both if ax is None else both[:1]
        chosen = self._facts.recommendation.chosen
        chart = charts_outcomes.strategies(self._numbers, metric, self._order, chosen, givens, "strategies")
        return _shown(chart, f"{metric} applies to no such run", ax)

    def exceedance(self, metric: str = "failed_requests", given: Given | None = None, ax: Axes | None = None) -> Drawn:
        """Draw how likely a deployment is to lose more than so much, on log scales, as far as the runs support it.

        Parameters
        ----------
        metric : str
            Any metric that is worse when larger.
        given : {"overall", "bad", "good"}, optional
            All releases when left out.
        ax : Axes, optional
            Axes to draw on.
        """
        chart = charts_outcomes.exceeding(self._numbers, self._order, self._metric(metric), given or "overall")
        return _shown(chart, f"{metric} is 0 or absent in too many runs for a curve", ax)

    def differences(
        self,
        strategy: str | None = None,
        against: str | None = None,
        metric: str | None = None,
        given: Given | None = None,
        ax: Axes | None = None,
    ) -> Drawn:
        """Draw one strategy minus another in the same worlds, as dots that each stand for 2 in 100 deployments.

        Parameters
        ----------
        strategy : str, optional
            The recommended one when left out.
        against : str, optional
            Today's practice when left out, or the next best where that is the strategy itself.
        metric : str, optional
            The decision's when left out.
        given : {"overall", "bad", "good"}, optional
            Bad releases when left out, where there are any.
        ax : Axes, optional
            Axes to draw on.
        """
        one = self._strategy(strategy)
        others = [self._comparison.scenario.current_strategy, self._facts.reference, *self._order]
        other = self._strategy(against) if against else next((n for n in others if n in self._order and n != one), None)
        if other is None or other == one:
            return _shown(None, "there is no other strategy to subtract", ax)
        kind = given or ("bad" if self._numbers.runs("bad") else "overall")
        chart = charts_outcomes.paired(self._numbers, one, other, self._metric(metric), kind)
        return _shown(chart, "no difference found: every pair is equal, or there are too few", ax)

    def exposure(self, strategy: str | None = None, ax: Axes | None = None) -> Drawn:
        """Draw the share of users on a bad release over time, one panel per strategy; bad releases are simulated again.

        Parameters
        ----------
        strategy : str, optional
            One strategy alone.
        ax : Axes, optional
            Axes to draw one strategy on: the one named, else the recommended one.
        """
        order = self._panels(strategy, ax)
        traces = {name: self._traces(name, "bad") for name in order}
        return _shown(charts_runs.exposing(self._numbers, traces, order), "no bad release was simulated", ax)

    def timeline(self, strategy: str | None = None, ax: Axes | None = None) -> Drawn:
        """Draw when a strategy does what, with the spread of every start and end (a Gantt chart).

        Parameters
        ----------
        strategy : str, optional
            The recommended one when left out.
        ax : Axes, optional
            Axes to draw on.
        """
        name = self._strategy(strategy)
        traces: dict[Given, Sequence[Trace]] = {kind: self._traces(name, kind) for kind in ("good", "bad")}
        return _shown(charts_runs.planning(self._numbers, name, traces), "no run was simulated", ax)

    def traffic(
        self,
        strategy: str | None = None,
        which: Literal["median", "p95", "worst"] = "p95",
        metric: str | None = None,
        given: Given | None = None,
        ax: Axes | None = None,
    ) -> Drawn:
        """Draw one run as users and alarms saw it: traffic, errors by version, datapoints judged, alarm states.

        Parameters
        ----------
        strategy : str, optional
            The recommended one when left out.
        which : {"median", "p95", "worst"}
            Which run, in the order of the metric.
        metric : str, optional
            The decision's when left out.
        given : {"overall", "bad", "good"}, optional
            Bad releases when left out, where there are any.
        ax : Axes, optional
            Axes to draw the share of traffic on, alone.
        """
        name = self._strategy(strategy)
        kind = given or ("bad" if self._numbers.runs("bad") else "overall")
        number = self._comparison.pick(name, which, self._metric(metric), kind)
        words = {"median": "a typical run", "p95": "a run worse than 95 in 100", "worst": "the worst run"}[which]
        return _shown(charts_runs.watching(self._comparison.run(name, number), words, "traffic"), "", ax)

    def capacity(self, strategy: str | None = None, ax: Axes | None = None) -> Drawn:
        """Draw what the service can answer during the rollout against what users ask for; good releases, again.

        Parameters
        ----------
        strategy : str, optional
            One strategy alone.
        ax : Axes, optional
            Axes to draw one strategy on: the one named, else the recommended one.
        """
        order = self._panels(strategy, ax)
        kind: Given = "good" if self._numbers.runs("good") else "bad"
        traces = {name: self._traces(name, kind) for name in order}
        chart = charts_runs.supplying(self._numbers, traces, order, kind)
        return _shown(chart, "the service states no capacity", ax)

    def race(self, ax: Axes | None = None) -> Drawn:
        """Draw two clocks per strategy: until something stops a bad release, and until everybody would have it.

        Parameters
        ----------
        ax : Axes, optional
            Axes to draw on.
        """
        releases = {} if self._numbers.runs("good") else {name: self._traces(name, "bad") for name in self._order}
        return _shown(charts_choice.racing(self._numbers, self._order, releases), "no bad release was simulated", ax)

    def pareto(self, metric: str | None = None, given: Given | None = None, ax: Axes | None = None) -> Drawn:
        """Draw harm against time and cost, naming the strategies that another one dominates.

        Parameters
        ----------
        metric, given : str, optional
            What harm is; the decision's number when left out.
        ax : Axes, optional
            Axes to draw harm against duration on, alone.
        """
        chart = charts_choice.trade_off(self._numbers, self._order, metric and self._metric(metric), given)
        return _shown(chart, "there is nothing to weigh: too few numbers apply", ax)

    def convergence(self, metric: str | None = None, given: Given | None = None, ax: Axes | None = None) -> Drawn:
        """Draw how the estimate and its interval settled as replications came in.

        Parameters
        ----------
        metric, given : str, optional
            A mean to follow; the decision's number when left out.
        ax : Axes, optional
            Axes to draw on.
        """
        asked = self._comparison.criterion
        if metric is not None or given is not None:
            asked = self._comparison.asked(self._metric(metric), given)
        return _shown(charts_choice.converging(self._numbers, self._order, asked), "too few runs to tell", ax)

    @cached_property
    def _facts(self) -> Facts:
        return Facts(self._numbers, Replays(), [])

    @property
    def _order(self) -> list[str]:
        return self._facts.order

    def _metric(self, metric: str | None) -> str:
        """Name of a metric; the decision's when left out.

        Raises
        ------
        ValueError
            When there is none of this name.
        """
        if metric is None:
            return metric_shown(self._numbers)
        self._comparison.asked(metric)
        return metric

    def _strategy(self, name: str | None) -> str:
        if name is None:
            return self._facts.shown
        if name not in self._numbers.strategies:
            raise ValueError(f"no strategy is called {name!r}; there are {', '.join(self._numbers.strategies)}")
        return name

    def _panels(self, strategy: str | None, ax: Axes | None) -> list[str]:
        return [self._strategy(strategy)] if strategy or ax is not None else self._order

    def _traces(self, strategy: str, given: Given) -> list[Trace]:
        """Traces of the first releases of a kind, simulated again and kept."""
        if self._comparison.runner is None:
            raise SimulatorError("these outcomes came without their scenario's runs; compare the scenario itself")
        if (strategy, given) not in self._kept:
            most = BAD_RELEASES if given == "bad" else GOOD_RELEASES
            numbers = self._numbers.sample(strategy, given).replication[:most]
            self._kept[strategy, given] = [self._comparison.run(strategy, int(number)).trace for number in numbers]
        return self._kept[strategy, given]


_NAMES = ("strategies", "exceedance", "differences", "exposure", "timeline", "traffic", "capacity", "race", "pareto",
          "convergence")  # fmt: skip


def run(run: Run, ax: Axes | None = None) -> Drawn:
    """Draw one run: deployments and targets by phase, traffic, failing requests and alarms on one axis of time.

    Parameters
    ----------
    run : Run
        From `simulator.run`, `Comparison.run`, `Comparison.typical` or `Comparison.worst`.
    ax : Axes, optional
        Axes to draw the deployments and targets on, alone.

    Returns
    -------
    Axes, or array of Axes
        One per panel, from the top.
    """
    kind = "a bad release" if run.trace.bad else "a good release"
    return _shown(charts_runs.running(run, kind, "run"), "", ax)


def _shown(chart: Chart | None, instead: str, ax: Axes | None) -> Drawn:
    """Draw with the report's settings; where there is nothing to draw, axes that say so."""
    with drawing(), _maker() if ax is None else nullcontext():
        axes = chart.draw(ax) if chart is not None else [_empty(instead, ax)]
        if ax is None:
            # Ticks take their settings when they are made, which is at the first drawing.
            figure_of(axes[0]).draw_without_rendering()
        interactive = mpl.is_interactive()
    # A notebook's backend switches this on when it makes its first figure, which was in there.
    mpl.interactive(interactive)
    return axes[0] if len(axes) == 1 else np.array(axes, dtype=np.object_)


def _empty(words: str, ax: Axes | None) -> Axes:
    axes = axes_of(ax, 1.0)[1]
    axes.set_axis_off()
    axes.text(0.5, 0.5, words, ha="center", va="center", color=SOFT, transform=axes.transAxes, fontstyle="italic")
    return axes


def _maker() -> AbstractContextManager[None]:
    """Have pyplot make the figure where it would show it: in a notebook, or with windows."""
    kernel = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if kernel is None and not _windows():
        return nullcontext()
    from matplotlib import pyplot as plt

    maker: Callable[..., Figure] = plt.figure
    return made_by(maker)


def _windows() -> bool:
    """Whether pyplot is in use and shows figures in windows; elsewhere it would keep them for nobody."""
    if "matplotlib.pyplot" not in sys.modules:
        return False
    from matplotlib.backends.registry import BackendFilter, backend_registry

    interactive = backend_registry.list_builtin(BackendFilter.INTERACTIVE)  # type: ignore[no-untyped-call]  # no types
    return mpl.get_backend().lower() in map(str.lower, interactive)
