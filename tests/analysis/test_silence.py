"""What no run showed may still happen: equal amounts in too few runs carry no conclusion."""

from __future__ import annotations

import numpy as np
import pytest

import simulator
from simulator.analysis import Comparison
from simulator.analysis.gate import parse
from simulator.analysis.words import quantity
from simulator.report.words import in_tables
from simulator.scenario import loads
from tests.analysis.builders import by_stratum, comparison, limit, rows_of

ENOUGH = 598  # replications: 299 of each kind of release


def still(runs: int, seconds: float = 0.0, **asked: object) -> Comparison:
    """Two strategies of which no run had any other downtime."""
    frames = [rows_of(name, {"downtime_s": np.full(runs, seconds)}) for name in ("a", "b")]
    return comparison(*frames, **asked)


def answer(found: Comparison, gate: str) -> tuple[str, str]:
    verdict = parse(gate).judge(found, ["a"])[0]
    return verdict.answer, str(verdict.found[0])


def test_silence_of_299_runs_leaves_one_release_in_a_hundred_open() -> None:
    """0.99^299 is 4.95 %: an event of 1 % stays unseen in that many runs at most so often; in 298 more often."""
    assert 0.99**299 < 0.05 < 0.99**298


@pytest.mark.parametrize(("runs", "kind"), [(2, "unsure"), (200, "unsure"), (ENOUGH - 2, "unsure"), (ENOUGH, "either")])
def test_strategies_that_never_differed_tie_only_after_enough_runs(runs: int, kind: str) -> None:
    assert still(runs).recommendation.kind == kind


def test_the_doubt_says_how_many_replications_would_do() -> None:
    found = still(200)
    assert "what too few runs did not show may matter; 598 replications would do" in found.recommendation.doubt
    assert not found.selection.safe
    assert still(ENOUGH).selection.safe


def test_equal_gaps_in_one_kind_of_release_are_silence_though_the_other_varies() -> None:
    random = np.random.default_rng(3)
    for half, kind in ((200, "unsure"), (299, "either")):
        ours = by_stratum(np.full(half, 5.0), random.normal(600, 50, half))
        theirs = by_stratum(np.full(half, 5.0), ours[1::2] + random.normal(0, 0.1, half))
        frames = [rows_of(name, {"downtime_s": x}) for name, x in (("a", ours), ("b", theirs))]
        assert comparison(*frames).recommendation.kind == kind


def test_a_gate_is_not_kept_by_silence_of_a_few_runs() -> None:
    told, words = answer(still(200), "mean(downtime_s) > 1 s")
    assert told == "unsure"
    assert "598 replications would do" in words
    assert answer(still(ENOUGH), "mean(downtime_s) > 1 s")[0] == "holds"
    told, words = answer(still(200), "mean(downtime_s | bad) > 1 s")
    assert told == "unsure"
    assert "598 replications would do" in words


def test_what_was_seen_proves_as_much_as_the_unseen_share_cannot_take_away() -> None:
    """A hundred runs of each kind leave 2.95 % open: were it all 0, the mean of 300 s would be 291.1 s."""
    found = still(200, 300.0)
    assert answer(found, "mean(downtime_s) > 291 s")[0] == "fails"
    assert answer(found, "mean(downtime_s) > 292 s")[0] == "unsure"
    assert answer(found, "mean(downtime_s) < 1 h")[0] == "unsure"


def test_a_limit_is_not_met_by_silence_of_a_few_runs() -> None:
    asked = limit(metric="downtime_s", at_most=60.0)
    assert {verdict.verdict for verdict in still(200, limits=(asked,)).selection.limits} == {"unsure"}
    assert {verdict.verdict for verdict in still(ENOUGH, limits=(asked,)).selection.limits} == {"met"}


SCENARIO = """
name: named-twice
service: {platform: lambda, lifecycle: {hooks: {}}, concurrency: 6000, request_duration: 120 ms}
traffic: {rate: 100/s}
revision: {bad: 50 %, defects: [{kind: slow, factor: 1.01}]}
strategies:
  - {name: all-at-once, configuration: CodeDeployDefault.LambdaAllAtOnce, current: true}
  - {name: again, configuration: CodeDeployDefault.LambdaAllAtOnce, why: a second name}
  - {name: canary, configuration: CodeDeployDefault.LambdaCanary10Percent30Minutes}
"""


def test_one_strategy_under_two_names_ties_with_itself_however_few_the_runs() -> None:
    scenario = loads(SCENARIO)
    assert scenario.same_world("all-at-once", "again")
    assert not scenario.same_world("all-at-once", "canary")
    found = simulator.compare(scenario, replications=4, workers=1)
    standings = {rival.strategy: rival.standing for rival in found.selection.rivals}
    assert standings == {"again": "tied", "canary": "unsure"}


def test_a_mean_without_spread_is_never_written_as_certain() -> None:
    found = still(100).estimate("a", "downtime_s")
    assert found is not None
    assert quantity(found, "s") == "0 s (no spread in 100 runs)"
    assert in_tables("s", [0.0]).interval(found) == "[no spread]"
    assert "0 s (no spread in 100 runs)" in still(100).recommendation.reason
