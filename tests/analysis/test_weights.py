"""Rows carry weights, the table says so, and every mean of the summary is the weighted one."""

from __future__ import annotations

import pickle
from functools import cache
from typing import Any

import pandas as pd
import pytest

from simulator.analysis import Comparison, compare
from simulator.metrics import METRICS, PARTS
from tests.experiment.worlds import SERVERS, alias, servers

WORLDS = {
    "servers": lambda bad: servers(revision={"bad": bad, "defects": [{"kind": "errors"}, {"kind": "crash_at_start"}]}),
    "alias": lambda bad: alias(revision={"bad": bad}),
    "an overlay": lambda bad: servers([SERVERS[0], {**SERVERS[1], "revision": {"bad": 0.4}}], revision={"bad": bad}),
}


@cache
def compared(name: str, bad: float) -> Comparison:
    return compare(WORLDS[name](bad), replications=41, seed=11, workers=1)


@pytest.mark.parametrize("name", WORLDS)
@pytest.mark.parametrize("bad", [0.0, 0.05, 0.5, 1.0])
@pytest.mark.parametrize("given", [None, "bad", "good"])
def test_every_mean_is_the_weighted_one(name: str, bad: float, given: Any) -> None:
    done = compared(name, bad)
    outcomes = done.outcomes if given is None else done.outcomes[done.outcomes["bad"] == (given == "bad")]
    checked = 0
    for row in done.summary(given).itertuples():
        runs = outcomes[outcomes["strategy"] == row.strategy]
        finite = runs[(runs[row.metric].notna()) & (runs[row.metric] != float("inf"))]
        if pd.isna(row.mean):
            assert finite.empty
            continue
        x, weight = finite[row.metric], finite["weight"]
        assert (x * weight).sum() / weight.sum() == pytest.approx(row.mean, rel=1e-12, abs=1e-300)
        checked += 1
    assert checked or (given == "bad" and bad == 0) or (given == "good" and bad == 1)


@pytest.mark.parametrize("name", WORLDS)
@pytest.mark.parametrize("bad", [0.05, 1.0])
def test_causes_and_slots_add_up_in_every_replication(name: str, bad: float) -> None:
    outcomes = compared(name, bad).outcomes
    causes = outcomes[[part for part in PARTS if part.startswith("failed_")]].sum(axis=1)
    assert causes.to_numpy(float) == pytest.approx(outcomes["failed_requests"].to_numpy(float), rel=1e-9, abs=1e-9)
    noticed = outcomes[outcomes["detect_s"].notna() & (outcomes["detect_s"] != float("inf"))]
    slots = noticed[[part for part in PARTS if part.startswith("detect_")]].sum(axis=1)
    assert slots.to_numpy(float) == pytest.approx(noticed["detect_s"].to_numpy(float), rel=1e-9, abs=1e-6)


def test_one_metric_of_the_summary_is_a_row_per_strategy() -> None:
    done = compared("servers", 0.05)
    assert done.summary("bad", "downtime_s")["strategy"].tolist() == ["one", "half"]
    assert done.differences(metric="downtime_s")["strategy"].tolist() == ["half"]
    with pytest.raises(ValueError, match="no metric is called 'downtime'; write one of duration_s"):
        done.summary(metric="downtime")


def test_the_table_says_that_its_rows_are_weighted() -> None:
    outcomes = compared("servers", 0.05).outcomes
    text = repr(outcomes)
    assert "49% of the rows met a bad release, far more often than it occurs." in text
    assert "(x * weight).sum() / weight.sum()" in text
    assert "weight.sum()" in (outcomes._repr_html_() or "")


def test_it_is_a_table_like_any_other() -> None:
    outcomes = compared("servers", 0.05).outcomes
    assert isinstance(outcomes, pd.DataFrame)
    for made in (outcomes.head(), outcomes[["weight"]], outcomes.groupby("strategy").first(), outcomes.copy()):
        assert type(made) is pd.DataFrame
    again = pickle.loads(pickle.dumps(outcomes))  # noqa: S301 - written on this line
    assert repr(again) == repr(outcomes)
    pd.testing.assert_frame_equal(again, outcomes)
    assert [name for name in (*METRICS, *PARTS) if outcomes[name].dtype != "Float64"] == []


def test_what_is_absent_is_missing_and_never_a_number() -> None:
    outcomes = compared("alias", 0.05).outcomes
    good = outcomes[~outcomes["bad"]]
    assert good["detect_s"].isna().all()
    assert good["detect_s"].sum() == 0
    assert pd.isna(good["detect_s"].mean())
    assert outcomes["detect_s"].dropna().gt(0).all()
