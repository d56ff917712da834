"""Metrics that a reader brings along as functions."""

from __future__ import annotations

import functools
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import pandas as pd
import pytest

from simulator.analysis import compare
from simulator.errors import SimulatorError
from simulator.experiment import Plan, replicate, run
from simulator.experiment.own import checked, described, obstacle, value_of
from simulator.model.scenario import Scenario
from simulator.trace.records import EventRun, Shift, Trace
from tests.experiment.worlds import alias, servers


def shifts(trace: Trace, scenario: Scenario) -> float:
    """Shifts of traffic, there and back."""
    return sum(isinstance(record, Shift) for record in trace.records)


def hook_s(trace: Trace, scenario: Scenario) -> float | None:
    """Time spent in AfterInstall, over all targets."""
    runs = [r for r in trace.records if isinstance(r, EventRun) and r.event == "AfterInstall"]
    return sum(record.time - record.started for record in runs) if runs and not trace.bad else None


def broken(trace: Trace, scenario: Scenario) -> float:
    return 1 / 0


def test_it_becomes_a_column_of_every_table() -> None:
    done = compare(alias(), replications=40, seed=7, workers=1, metrics={"shifts": shifts})
    assert done.outcomes["shifts"].dtype == "Float64"
    assert done.summary(metric="shifts")["mean"].notna().all()
    assert done.differences(metric="shifts")["strategy"].tolist() == ["half"]
    assert done.estimate("half", "shifts", "p95") is not None
    assert done.estimate("half", "shifts").value == done.summary(metric="shifts").set_index("strategy")["mean"]["half"]
    assert not done.exceedance("shifts").empty
    assert done.pick("half", "worst", "shifts") >= 0
    why = done.why("half", "canary", "shifts")
    assert why.table["difference"].sum() == pytest.approx(why.difference)
    assert "shifts" in done.summary()["metric"].tolist()
    assert "shifts" not in compare(alias(), replications=4, workers=1).outcomes


def test_it_sees_what_one_run_shows_every_lifecycle_event_included() -> None:
    done = compare(servers(), replications=12, seed=7, workers=1, metrics={"hook_s": hook_s})
    for row in done.outcomes.itertuples():
        again = run(servers(), row.strategy, 7, row.replication, row.stratum)
        value = hook_s(again.trace, again.scenario)
        assert (value is None) == pd.isna(row.hook_s)
        assert value is None or value == row.hook_s
    assert done.outcomes["hook_s"].notna().any()
    assert done.metrics["hook_s"].unit == "s"
    assert done.metrics["hook_s"].definition == "Time spent in AfterInstall, over all targets"


def test_the_other_columns_do_not_change() -> None:
    with_it = compare(servers(), replications=10, seed=7, workers=1, metrics={"shifts": shifts}).outcomes
    without = compare(servers(), replications=10, seed=7, workers=1).outcomes
    pd.testing.assert_frame_equal(with_it.drop(columns="shifts"), without.copy())


@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded:DeprecationWarning")
def test_workers_evaluate_it_and_a_lambda_too_where_they_are_forked() -> None:
    here = compare(alias(), replications=30, seed=7, workers=1, metrics={"shifts": shifts}).outcomes
    with ProcessPoolExecutor(1) as executor:
        there = compare(alias(), replications=30, seed=7, executor=executor, metrics={"shifts": shifts}).outcomes
    pd.testing.assert_frame_equal(there.copy(), here.copy())
    plan = Plan(alias(), 30, 7, (("twice", lambda trace, scenario: 2 * shifts(trace, scenario)),))
    forked = replicate(plan, workers=2, start_method="fork", chunk=5)
    assert forked.rows[-1].ravel().tolist() == (2 * here["shifts"]).tolist()


def test_what_cannot_be_handed_to_workers_is_said_with_the_way_out() -> None:
    with pytest.raises(SimulatorError, match=r"metric 'x' is a lambda or local function.*workers=1"):
        compare(alias(), replications=30, workers=2, start_method="spawn", metrics={"x": lambda t, s: 1.0})


def test_without_insisting_on_workers_it_runs_on_one_process_and_says_so() -> None:
    with pytest.warns(RuntimeWarning, match="everything runs on this one"):
        done = compare(alias(), replications=8, start_method="spawn", metrics={"x": lambda t, s: 1.0})
    assert done.outcomes["x"].tolist() == [1.0] * 16


def test_a_function_of_a_module_can_travel() -> None:
    assert obstacle((("shifts", shifts),), forked=False) is None
    assert obstacle((("shifts", functools.partial(shifts)),), forked=False) is None


def test_a_function_that_raises_is_told_with_its_line_and_its_run() -> None:
    with pytest.raises(SimulatorError) as told:
        compare(alias(), replications=4, seed=7, workers=1, metrics={"broken": broken})
    for words in ("metric 'broken' raised ZeroDivisionError", "test_own_metrics.py", "replication=0", "seed=7"):
        assert words in str(told.value)


@pytest.mark.parametrize(("value", "message"), [("much", "gave 'much'"), ([1], r"gave \[1\]")])
def test_a_value_that_is_no_number_is_told(value: Any, message: str) -> None:
    once = run(alias(), "half", 7, 0)
    with pytest.raises(SimulatorError, match=message):
        value_of("x", lambda trace, scenario: value, once.trace, once.scenario)


@pytest.mark.parametrize("name", ["downtime_s", "weight", "p_success", "p95", "cvar95", "two words", ""])
def test_a_name_that_is_taken_or_impossible_is_refused(name: str) -> None:
    with pytest.raises(SimulatorError, match="name"):
        checked({name: shifts})


def test_the_end_of_its_name_tells_the_unit() -> None:
    found = [described(name).unit for name in ("wait_s", "lost_requests", "busy_share", "fee_usd", "reroutes")]
    assert found == ["s", "requests", "fraction", "USD", ""]
