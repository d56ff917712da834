"""What page one says follows from the numbers, and everything else that says it says the same."""

from __future__ import annotations

import re

import numpy as np
import pytest

from simulator.analysis.words import quantity
from simulator.report import data
from simulator.report.document import build
from simulator.report.dominance import dominated
from simulator.report.html import on_screen_only, sentences
from simulator.report.numbers import Numbers
from simulator.report.rendering import contents
from tests.report.builders import a_comparison, a_scenario

PAIR = [
    {"name": "quick", "configuration": "CodeDeployDefault.AllAtOnce"},
    {"name": "careful", "configuration": "CodeDeployDefault.HalfAtATime", "current": True},
]


def flipping(bad: str):
    """Quick harms good releases a little, careful harms bad ones much: which is better hangs on how many are bad."""
    share = float(bad.removesuffix(" %")) / 100
    scenario = a_scenario(revision={"bad": bad}, strategies=PAIR, decision={"metric": "downtime_s", "delta": "0.01 s"})
    return a_comparison(scenario, runs=400, bad=share, harm={"quick": 0.01, "careful": 1.0}, replays=False)


@pytest.mark.usefixtures("plain")
def test_flipping_the_chance_of_a_bad_release_flips_page_one_and_the_break_even_with_it() -> None:
    report, facts = build(flipping("2 %"))
    [(at, below, above)] = facts.recommendation.flips
    assert (below, above) == ("careful", "quick")
    assert 0.02 < at < 0.5
    after, changed = build(flipping(f"{100 * at * 3:.3f} %"))
    assert facts.recommendation.strategy == "careful"
    assert changed.recommendation.strategy == "quick"
    assert "careful" in report.fields["S1.2"].text.partition(":")[0]
    assert "quick" in after.fields["S1.2"].text.partition(":")[0]
    assert report.fields["S1.1"].text.startswith("Approve careful")
    assert after.fields["S1.1"].text.startswith("Approve quick")
    # The break-even is a property of the two strategies: it stays where it was, and both reports print it.
    assert report.fields["S13.1"].text == after.fields["S13.1"].text
    for each, now in ((report, 0.02), (after, 3 * at)):
        row = each.tables["break-even"].rows[0]
        assert row["at"].numbers["value"] == pytest.approx(at, rel=1e-6)
        assert row["now"].numbers["value"] == pytest.approx(now, rel=1e-3)
        assert (row["below"].text, row["above"].text) == ("careful", "quick")
        assert row["at"].text in each.fields["S1.10"].text
        assert row["at"].text in each.fields["S13.1"].text


@pytest.mark.usefixtures("plain")
def test_a_strategy_that_is_worse_in_everything_is_named_with_what_beats_it() -> None:
    scenario = a_scenario(strategies=PAIR, decision={"metric": "downtime_s", "delta": "1 s"})
    # `careful` is slower and dearer in these made-up outcomes; here it does more harm as well.
    comparison = a_comparison(scenario, runs=200, harm={"quick": 0.5, "careful": 4.0}, replays=False, bad=0.05)
    comparison.outcomes.loc[comparison.outcomes["strategy"] == "quick", ["failed_requests", "downtime_s"]] *= 0.1
    report, facts = build(comparison)
    found = dominated(Numbers(comparison))
    assert set(found) == {"careful"}
    assert found["careful"].by == "quick"
    row = next(row for row in report.tables["strategies"].rows if row["strategy"].text == "careful")
    assert row["strategy"].detail.startswith("dominated by quick in downtime")
    assert row["strategy"].twin() == "careful"
    assert report.tables["strategies"].twin()["rows"][-1]["strategy_note"] == row["strategy"].detail
    assert facts.recommendation.strategy not in found


def test_a_trade_off_dominates_nobody_and_neither_does_an_equal() -> None:
    less_harm = {"quick": 4.0, "careful": 0.5}
    trade = a_comparison(a_scenario(strategies=PAIR), runs=100, harm=less_harm, replays=False)
    assert dominated(Numbers(trade)) == {}
    same = a_comparison(a_scenario(strategies=PAIR), runs=100, harm={"quick": 1.0, "careful": 1.0}, replays=False)
    frame = same.outcomes
    first = frame[frame["strategy"] == "quick"]
    for column in frame.columns.drop("strategy"):
        frame.loc[frame["strategy"] == "careful", column] = first[column].to_numpy()
    assert dominated(Numbers(same)) == {}


def test_either_of_two_never_stands_beside_one_of_them_dominated() -> None:
    """Equal harm, and one of them dearer and later: the tie says which to take, and calls neither beaten."""
    scenario = a_scenario(strategies=PAIR, decision={"metric": "downtime_s", "delta": "1 s"})
    comparison = a_comparison(scenario, runs=600, harm={"quick": 1.0, "careful": 1.0}, replays=False)
    frame = comparison.outcomes
    first = frame[frame["strategy"] == "quick"]
    for column in ("failed_requests", "downtime_s"):
        frame.loc[frame["strategy"] == "careful", column] = first[column].to_numpy()
    report, facts = build(comparison)
    assert facts.recommendation.kind == "either"
    assert set(facts.recommendation.in_question) == {"quick", "careful"}
    assert facts.recommendation.sentence.endswith("sooner.") or "costs less" in facts.recommendation.sentence
    assert not any(row["strategy"].detail for row in report.tables["strategies"].rows)
    assert "beaten" not in report.pictures["pareto"].message
    assert "dominated" not in report.pictures["pareto"].svg


@pytest.mark.usefixtures("plain")
def test_a_scenario_without_any_event_prints_bounds_and_no_certainty() -> None:
    scenario = a_scenario(revision={"bad": "0 %"}, alarms=[])
    report, _ = build(a_comparison(scenario, runs=300, bad=0.0, replays=False))
    # How much of a fleet is missing is arithmetic and a band of the budget a limit: nothing that was seen to happen.
    text = " ".join(field.text for field in report.fields.values() if field.id not in {"S1.9a", "S4.1"})
    cells = [cell for row in report.tables["chances"].rows for key, cell in row.items() if key.startswith("s")]
    assert any(re.match(r"none in 300 runs", cell.text) for cell in cells)
    for written in [text, *(f"{cell.text} {cell.detail}" for cell in cells)]:
        assert not re.search(r"(?<![\d.,])(0|100) % (of|\[)|\bnever\b", written), written
    assert report.fields["S10.3"].text.startswith("none in 300 runs (at most")


def test_page_one_and_the_sections_quote_the_same_number_in_the_same_words(built) -> None:
    report, facts = built
    headline = {
        f"{row['what'].text}|{row['what'].detail}": f"{row['ours'].text} {row['ours'].detail}".strip()
        for row in report.tables["headline"].rows
    }
    assert headline["Way back, 95th percentile|if the release is bad"] in report.fields["S1.8"].text
    assert headline["Duration, 95th percentile|"] in report.fields["S7.1"].text
    assert headline["Cost of the rollout, mean|"] in report.fields["S1.6"].text
    criterion = facts.comparison.criterion
    estimate = facts.numbers.estimate(facts.shown, criterion.metric, criterion.statistic, criterion.given)
    decided = quantity(estimate, criterion.unit)
    assert decided in report.fields["S1.2a"].text
    assert decided in report.fields["S14.2"].text
    assert decided in headline["Downtime, mean|"]


@pytest.mark.usefixtures("plain")
def test_the_levels_under_a_pessimistic_prior_are_no_lower() -> None:
    report, facts = build(a_comparison(runs=200, replays=False))
    from simulator.report import risk

    levels = {name: risk.LEVELS.index(risk.leading(facts.risk_cells(name)).level) for name in facts.order}
    doubted = {
        name: risk.LEVELS.index(risk.leading(facts.risk_cells(name, risk.PESSIMISTIC_BAD)).level)
        for name in facts.order
    }
    assert all(doubted[name] >= levels[name] for name in facts.order)
    assert "if one release in four were bad" in report.fields["S1.4"].text
    assert report.fields["S4.4"].text.startswith("inherent, all-at-once")


def test_paper_leaves_out_only_what_something_else_there_says(built) -> None:
    report, _ = built
    left_out = on_screen_only(report, None)
    assert "figure causes-overall" in left_out
    assert "table causes-overall" not in left_out
    assert not {f"table {name}" for name in ("headline", "strategies", "chances", "assumptions")} & set(left_out)
    bare, _ = build(a_comparison(runs=40, replays=False))
    assert "list race" not in [one for one in on_screen_only(bare, None) if "race" not in bare.pictures]


def test_the_same_comparison_gives_the_same_bytes_and_the_stamp_is_in_the_manifest_alone(monkeypatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    first, second = (contents(a_comparison(runs=40)) for _ in range(2))
    assert first == second
    assert "2023-11-14T22:13:20" in str(first["manifest.json"])
    assert not any("2023-11-14" in str(text) for name, text in first.items() if name != "manifest.json")
    assert len(data.data_hash()) == 64


def test_reasons_are_told_sentence_by_sentence_and_lose_nothing(built) -> None:
    report, _ = built
    reason = report.fields["S1.2a"].text
    assert " ".join(sentences(reason)) == reason
    assert len(sentences(reason)) >= 3


@pytest.mark.usefixtures("plain")
def test_where_the_runs_do_not_tell_nothing_is_called_recommended() -> None:
    comparison = a_comparison(a_scenario(strategies=PAIR), runs=40, harm={"quick": 1.0, "careful": 1.02}, replays=False)
    rng = np.random.default_rng(3)
    comparison.outcomes["downtime_s"] += rng.gamma(0.2, 400, len(comparison.outcomes))
    report, facts = build(comparison)
    assert facts.recommendation.kind == "unsure"
    assert "is the best estimate so far, which is not settled" in report.fields["S1.1"].text
    assert [column.head for column in report.tables["headline"].columns][1] == "Best so far"
    assert not any("recommended" in row["why"].text for row in report.tables["configurations"].rows)
