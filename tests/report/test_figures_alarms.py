"""Traffic and alarms of one run: what is drawn is what the trace says and what the alarms were judged on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import simulator
from simulator.report import charts_runs
from simulator.report.datapoints import datapoints
from simulator.report.figures import traffic
from simulator.report.figures.style import drawing
from simulator.trace.records import AlarmChange, FlowChange

SCENARIOS = Path(__file__).parents[2] / "scenarios"


@pytest.fixture(scope="module")
def run():
    """A release that fails one request in eight, stopped by its alarm."""
    return simulator.run(simulator.load(SCENARIOS / "incident-replay.yaml"), "as-it-was", seed=7)


@pytest.fixture(scope="module")
def judged(run):
    return datapoints(run)


def test_datapoints_explain_the_alarm(run, judged) -> None:
    (alarm,) = judged
    change = next(r for r in run.trace.records if isinstance(r, AlarmChange) and r.state == "ALARM")
    seen = [point for point in alarm.points if point.delivered <= change.time]
    assert seen[-1].slot_end == change.slot_end
    assert seen[-1].delivered == change.delivered
    assert [point.breaches for point in seen[-alarm.needed :]] == [True] * alarm.needed
    assert all(point.breaches == (point.value > alarm.threshold) for point in alarm.points)
    assert np.diff([point.slot_end for point in alarm.points]).min() == pytest.approx(60)


def test_expected_counts_are_the_integral_of_the_rates(run, judged) -> None:
    """The scenario counts without noise: a datapoint is the failing rate times a minute."""
    flows = [r for r in run.trace.records if isinstance(r, FlowChange)]
    quiet = next(point for point in judged[0].points if point.slot_end < flows[1].time or not point.breaches)
    world = run.scenario
    assert quiet.value == pytest.approx(world.traffic.baseline_errors * world.traffic.rate * 60, rel=0.01)


def test_marks_are_the_datapoints_filled_where_they_breach(run, judged) -> None:
    chart = charts_runs.watching(run, "a bad release", "t")
    with drawing():
        every = chart.draw(None)
    panel = every[2]
    hollow, filled = [line for line in panel.lines if line.get_marker() == "o"]
    shown = [point for point in judged[0].points if point.slot_end <= chart.data.end]
    for line, breaches in ((hollow, False), (filled, True)):
        ours = [(point.slot_end / 60, point.value) for point in shown if point.breaches == breaches]
        assert np.column_stack([line.get_xdata(), line.get_ydata()]) == pytest.approx(np.array(ours))
    assert hollow.get_markerfacecolor() == "white"
    assert any(np.asarray(line.get_ydata())[0] == judged[0].threshold for line in panel.lines)


def test_weight_and_errors_are_those_of_the_flow_and_errors_end_with_the_version(run) -> None:
    data = charts_runs.watching(run, "a bad release", "t").data
    flows = {max(r.time, 0.0): r.flow for r in run.trace.records if isinstance(r, FlowChange)}
    assert data.weight_new.tolist() == [flow.share_new for flow in flows.values()]
    whole = [flow for flow in flows.values() if flow.share_new > 0 and flow.refused == flow.dead == 0]
    errors = data.errors_new[[flow in whole for flow in flows.values()]]
    baseline = run.scenario.traffic.baseline_errors
    assert errors == pytest.approx(1 - (1 - baseline) * (1 - 0.125))
    assert np.isnan(data.errors_new[data.weight_new == 0]).all()


def test_bands_are_the_states_and_an_alarm_that_never_moved_has_one_too(run, judged) -> None:
    seen = traffic.seen(run.trace, judged, 0.001)
    (row,) = seen.states
    changes = [r for r in run.trace.records if isinstance(r, AlarmChange)]
    assert [bar.kind for bar in row.bars] == ["OK", *(change.state for change in changes)]
    still = simulator.run(simulator.load(SCENARIOS / "lambda-api.yaml"), "canary-5-min", seed=3, stratum="good")
    (row,) = traffic.seen(still.trace, datapoints(still), 0.001).states
    assert [bar.kind for bar in row.bars] == ["OK"]


def test_no_alarm_and_no_traffic_leave_panels_out() -> None:
    scenario = simulator.load(SCENARIOS / "lambda-api.yaml").model_copy(update={"alarms": ()})
    chart = charts_runs.watching(simulator.run(scenario, "canary-5-min", seed=3), "a run", "t")
    with drawing():
        assert len(chart.draw(None)) == 2
    assert "no alarm fires" in chart.heading
    silent = scenario.traffic.model_copy(update={"rate": 0.0, "daily": None})
    quiet = simulator.run(scenario.model_copy(update={"traffic": silent}), "canary-5-min", seed=3)
    with drawing():
        every = charts_runs.watching(quiet, "a run", "t").draw(None)
    assert every[1].get_ylim()[0] == 0
