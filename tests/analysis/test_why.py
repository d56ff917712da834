"""Why one strategy does worse than another: lines that add up, each with its interval, and one plain sentence."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.analysis import Comparison, compare
from simulator.metrics import METRICS
from tests.analysis.builders import by_stratum, comparison, rows_of
from tests.experiment.worlds import alias, servers

CAUSES = ("failed_defect", "failed_capacity", "failed_dead", "failed_way_back")
SLOTS = ("detect_slot_s", "detect_delivery_s", "detect_evaluation_s", "detect_poll_s", "detect_action_s")


@cache
def simulated(name: str) -> Comparison:
    world = servers() if name == "servers" else alias()
    return compare(world, replications=80, seed=7, workers=1)


def adds_up(why: Any) -> None:
    table = why.table
    if math.isnan(why.difference):  # one of the two has no number at all
        assert table.empty
        assert "to compare" in why.sentence
        return
    total = math.fsum(table["difference"])
    assert total == pytest.approx(why.difference, rel=1e-9, abs=0)
    if why.difference:
        assert table["share"].sum() == pytest.approx(1.0)
    for row in table.dropna().itertuples():
        assert row.low <= row.difference <= row.high


@pytest.mark.parametrize("metric", [*METRICS, "failed_capacity", "p_rollback", "p_missed"])
@pytest.mark.parametrize("released", [None, "bad", "good"])
@pytest.mark.parametrize("name", ["servers", "alias"])
def test_the_lines_of_a_simulated_comparison_add_up(name: str, released: Any, metric: str) -> None:
    done = simulated(name)
    one, other = done.strategies
    why = done.why(one, other, metric, released)
    adds_up(why)
    assert why.sentence.endswith(".")
    assert "\n" not in why.sentence
    if not metric.startswith("p_"):
        means = done.summary(released, metric)["mean"]
        if means.notna().all():
            assert why.difference == pytest.approx(means.iloc[0] - means.iloc[1], rel=1e-9, abs=1e-9 * means.max())


amounts = st.floats(0, 1e6).filter(lambda x: x == 0 or x > 1e-3)
runs = st.lists(st.tuples(amounts, amounts, amounts, amounts, st.booleans()), min_size=8, max_size=8)


def frame(name: str, rows: list[tuple[float, float, float, float, bool]], bad: float) -> Any:
    """Any amounts by cause; every run that failed requests had downtime, and some were noticed."""
    causes = np.array([row[:4] for row in rows])
    slots = np.where(np.array([row[4] for row in rows])[:, None], causes[:, [0, 1, 2, 3, 0]], np.nan)
    failed = causes.sum(axis=1)
    return rows_of(
        name,
        {
            **dict(zip(CAUSES, causes.T, strict=True)),
            **{
                slot: [None if math.isnan(x) else x for x in column]
                for slot, column in zip(SLOTS, slots.T, strict=True)
            },
            "failed_requests": failed,
            "downtime_s": failed / 1000,
            "detect_s": [math.inf if math.isnan(row[0]) else row.sum() for row in slots],
            "duration_s": causes[:, 0] + 60,
        },
        bad,
    )


@settings(max_examples=25)
@given(runs, runs, st.sampled_from([0.0, 0.05, 0.5, 1.0]), st.sampled_from([0.05, 0.3]))
def test_the_lines_of_any_outcomes_add_up(first: Any, second: Any, bad: float, other_bad: float) -> None:
    """With the same worlds, paired; and where an overlay gave the strategies another P(bad), unpaired."""
    for chance in (bad, other_bad):
        done = comparison(frame("a", first, bad), frame("b", second, chance))
        for metric in ("failed_requests", "downtime_s", "detect_s", "duration_s"):
            adds_up(done.why("a", "b", metric))


def test_each_cause_has_its_own_paired_interval() -> None:
    """Worked by hand: the defect costs 10 more in every bad run, capacity 3 more in every run, noise is shared."""
    shared = np.arange(40.0)
    bad = by_stratum(np.zeros(20), np.ones(20))
    base = {
        "failed_defect": shared * bad,
        "failed_capacity": shared,
        "failed_dead": 0 * bad,
        "failed_way_back": 0 * bad,
    }
    more = base | {"failed_defect": (shared + 10) * bad, "failed_capacity": shared + 3}
    frames = [rows_of(n, c | {"failed_requests": sum(c.values())}, 0.25) for n, c in (("a", more), ("b", base))]
    why = comparison(*frames).why("a", "b", "failed_requests")
    assert why.difference == pytest.approx(3 + 0.25 * 10)
    table = why.table.set_index("cause")
    ends = [table[end]["want of capacity"] for end in ("low", "difference", "high")]
    assert ends == pytest.approx([3, 3, 3])
    assert table.loc["the defect", "difference"] == pytest.approx(2.5)
    assert table.loc["the way back", "difference"] == 0
    kinds = why.by_release.set_index("cause")["difference"]
    assert kinds["bad releases"] == pytest.approx(0.25 * 13)
    assert kinds["good releases"] == pytest.approx(0.75 * 3)


def test_the_sentence_names_the_cause_and_what_was_seen_of_it() -> None:
    """Twice as many users meet the defect before the alarm: that is what an engineer wants to read."""
    bad = by_stratum(np.zeros(20), 1 + 0.1 * np.arange(20.0))
    once = {
        "failed_defect": 100 * bad, "failed_capacity": 0 * bad, "failed_dead": 0 * bad, "failed_way_back": 0 * bad,
        "failed_requests": 100 * bad, "downtime_s": 5 * bad, "exposed_requests": 1000 * bad,
    }  # fmt: skip
    twice = {name: 2 * column for name, column in once.items()}
    why = comparison(rows_of("half", twice, 0.1), rows_of("canary", once, 0.1)).why("half", "canary")
    assert why.sentence.startswith("half costs ")
    assert "more downtime per deployment than canary" in why.sentence
    assert "through the defect (if the release is bad, 2 times as many requests meet it)" in why.sentence
    assert "Nearly all of it falls on bad releases." in why.sentence


def test_no_difference_is_an_answer() -> None:
    columns = {name: np.ones(8) for name in CAUSES} | {"failed_requests": np.full(8, 4.0), "downtime_s": np.ones(8)}
    same = comparison(rows_of("a", columns), rows_of("b", columns)).why("a", "b")
    assert same.difference == 0
    assert same.sentence == "a and b do not differ in downtime."


def test_the_difference_turned_round_is_the_same_with_the_other_sign() -> None:
    done = simulated("servers")
    there, back = done.why("half", "one"), done.why("one", "half")
    assert there.difference == pytest.approx(-back.difference)
    assert dict(zip(there.table["cause"], there.table["difference"], strict=True)) == pytest.approx(
        {line.cause: -line.difference.value for line in back.lines}
    )


def test_an_unknown_strategy_or_metric_is_named() -> None:
    done = simulated("alias")
    with pytest.raises(ValueError, match="no strategy is called 'halb'"):
        done.why("halb", "half")
    with pytest.raises(ValueError, match="no metric is called 'downtime'"):
        done.why("canary", "half", "downtime")
