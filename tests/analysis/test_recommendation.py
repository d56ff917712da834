"""What is recommended, and what is said about it."""

import re
from itertools import product
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from simulator.analysis import Recommendation
from simulator.analysis.criterion import Criterion
from simulator.analysis.doubt import _other_traffic
from simulator.analysis.sample import Sample
from simulator.analysis.selection import select
from tests.analysis.builders import by_stratum, comparison, limit, row, rows_of, strata_of
from tests.report.builders import a_scenario

INF = float("inf")
# A simulated number is never certain; "20 %" is fine.
FORBIDDEN = re.compile(r"(?<![\d.,])0(\.0+)? %|(?<![\d.,])100(\.0+)? %|\bnever\b|\bnan\b|\binf\b", re.IGNORECASE)
RUNS = 500


def worlds(seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).gamma(4, 1, RUNS)


def weights_of(runs: int, bad: float = 0.05) -> np.ndarray:
    return strata_of(runs, bad)[1]


def downtime(good: float, bad: float, seed: int = 1) -> np.ndarray:
    """Downtimes with these means in good and in bad runs, in the worlds of this seed."""
    world = worlds(seed) / 4
    return by_stratum(good=good * world, bad=bad * world[::-1])


def texts(answer: Recommendation) -> str:
    return f"{answer.sentence} {answer.reason} {answer.doubt}"


def test_a_clear_winner_is_chosen_against_the_current_practice() -> None:
    compared = comparison(
        rows_of("all-at-once", {"downtime_s": downtime(2, 2000)}),
        rows_of("half", {"downtime_s": downtime(3, 900)}),
        rows_of("canary", {"downtime_s": downtime(1, 300)}),
    )
    answer = compared.recommendation
    assert (answer.kind, answer.strategy, answer.alternatives) == ("choose", "canary", ())
    assert answer.sentence.startswith("Choose canary: its mean downtime is 1")
    assert "with the current practice, all-at-once" in answer.sentence
    assert answer.p_best == 1.0
    assert "canary is best of 3 in more than 99 % of resamples (virtually certain)" in answer.reason
    assert answer.p_superior_to_current is not None
    assert answer.p_superior_to_current.low < 1 <= answer.p_superior_to_current.value
    assert "If the release is bad: canary" in answer.reason
    assert "taken as 5 %; none found between 0.01 % and 99.99 % changes which strategy is best" in answer.doubt
    assert not FORBIDDEN.search(texts(answer)), texts(answer)


def test_the_current_practice_is_kept_when_it_is_best() -> None:
    compared = comparison(
        rows_of("canary", {"downtime_s": downtime(1, 300)}), rows_of("half", {"downtime_s": downtime(3, 900)})
    )
    answer = compared.recommendation
    assert (answer.kind, answer.strategy) == ("choose", "canary")
    assert answer.sentence.startswith("Keep canary, the current practice: ")
    assert answer.sentence.endswith("with the next best, half.")
    assert answer.p_superior_to_current is None


def test_two_identical_strategies_are_either() -> None:
    values = downtime(2, 400)
    compared = comparison(rows_of("one", {"downtime_s": values}), rows_of("same", {"downtime_s": values}))
    answer = compared.recommendation
    assert (answer.kind, answer.strategy, answer.alternatives) == ("either", "one", ("same",))
    assert answer.sentence == "Either one or same: no difference in mean downtime."
    assert answer.p_best == pytest.approx(0.5)
    assert list(compared.best_probability()["p_best"]) == pytest.approx([0.5, 0.5])


def test_of_two_within_delta_the_cheaper_is_named() -> None:
    world = worlds()
    compared = comparison(
        rows_of("dear", {"downtime_s": by_stratum(world, world), "cost_usd": [9.0] * 1000}),
        rows_of("cheap", {"downtime_s": by_stratum(world + 0.2, world + 0.2), "cost_usd": [2.0] * 1000}),
    )
    answer = compared.recommendation
    assert (answer.kind, answer.strategy, answer.alternatives) == ("either", "cheap", ("dear",))
    assert answer.sentence == (
        "Either cheap or dear: no difference in mean downtime that matters, as 1 s would; cheap costs less."
    )
    assert "within the difference that matters, 1 s" in answer.doubt


def test_of_all_that_tie_the_soonest_is_named() -> None:
    world = worlds()
    wide = by_stratum(world, world) + np.random.default_rng(3).normal(0.2, 14, 2 * RUNS)
    answer = comparison(
        rows_of("slow", {"downtime_s": by_stratum(world, world), "duration_s": [8000.0] * 1000}),
        rows_of("fast", {"downtime_s": wide + 20 - wide.mean(), "duration_s": [620.0] * 1000}),
        rows_of("middling", {"downtime_s": by_stratum(world + 0.2, world + 0.2), "duration_s": [1290.0] * 1000}),
        delta=20.0,
    ).recommendation
    assert (answer.kind, answer.strategy) == ("either", "fast")
    assert answer.sentence.endswith("; fast is over sooner.")
    assert max(rival.difference.high for rival in answer.rivals) > 16


def test_a_rival_within_delta_whose_interval_is_not_is_no_tie_however_soon_it_is_over() -> None:
    """The estimate lies within delta of the best, its interval far beyond: that shows no equivalence."""
    world = worlds()
    noise = np.random.default_rng(4).normal(0, 20, 2 * RUNS)
    noise -= (noise @ weights_of(2 * RUNS)) - 0.5
    frames = (
        rows_of("best", {"downtime_s": by_stratum(world, world) + 50, "duration_s": [900.0] * 1000}),
        rows_of("soon", {"downtime_s": by_stratum(world, world) + 50 + noise, "duration_s": [60.0] * 1000}),
    )
    answer = comparison(*frames).recommendation
    assert answer.rivals[0].difference.value == pytest.approx(0.5)
    assert answer.rivals[0].difference.high > answer.delta
    assert (answer.kind, answer.strategy, answer.alternatives) == ("unsure", "best", ("soon",))
    assert answer.sentence.endswith("more replications are needed.")
    wide = comparison(*frames, delta=10.0).recommendation
    assert (wide.kind, wide.strategy) == ("either", "soon")


@pytest.mark.parametrize("shift", [0.0, 0.3, 0.6, 0.9, 1.2, 3.0])
@pytest.mark.parametrize("spread", [0.1, 5.0, 15.0])
def test_whatever_may_be_taken_either_way_differs_from_the_best_by_no_more_than_delta(
    shift: float, spread: float
) -> None:
    world = worlds()
    noise = np.random.default_rng(5).normal(0, spread, 2 * RUNS)
    answer = comparison(
        rows_of("a", {"downtime_s": by_stratum(world, world) + 90}),
        rows_of("b", {"downtime_s": by_stratum(world, world) + 90 + shift + noise}),
    ).recommendation
    (rival,) = answer.rivals
    within = -answer.delta <= rival.difference.low and rival.difference.high <= answer.delta
    assert (answer.kind == "either") == within


def test_more_replications_as_many_as_the_doubt_names_settle_it() -> None:
    """0.2 s apart, 1 s matters: the interval has to shrink to 0.8 s either side."""
    random = np.random.default_rng(6)
    pair = random.normal(60, 5, 4000), random.normal(0.2, 30, 4000)
    few, many = (
        comparison(
            rows_of("a", {"downtime_s": pair[0][:runs]}, bad=0.0),
            rows_of("b", {"downtime_s": (pair[0] + pair[1] - pair[1][:runs].mean() + 0.2)[:runs]}, bad=0.0),
        ).recommendation
        for runs in (500, 4000)
    )
    assert few.kind == "unsure"
    named = int(re.search(r"about ([\d,]+) replications would do", few.doubt)[1].replace(",", ""))  # type: ignore[index]
    apart = few.rivals[0].difference
    assert named == pytest.approx(500 * max((apart.high - 0.2) / 0.8, (0.2 - apart.low) / 1.2) ** 2, rel=0.05)
    assert many.rivals[0].difference.half_width == pytest.approx(apart.half_width / 8**0.5, rel=0.1)


def test_more_replications_than_were_made_are_named_however_lopsided_the_interval() -> None:
    world, random = worlds(), np.random.default_rng(8)
    harm = np.where(random.random(2 * RUNS) < 0.02, random.lognormal(3, 1, 2 * RUNS), 0.0)
    answer = comparison(
        rows_of("a", {"downtime_s": by_stratum(world, world)}),
        rows_of("b", {"downtime_s": by_stratum(world, world) + harm}),
        delta=1.0,
    ).recommendation
    apart = answer.rivals[0].difference
    assert apart.low > -1.0
    assert apart.value < 1.0 < apart.high
    named = int(re.search(r"about ([\d,]+) replications would do", answer.doubt)[1].replace(",", ""))  # type: ignore[index]
    assert named > 2 * RUNS
    assert "a is shown to be no more than 1 s worse" in answer.doubt


def test_one_that_is_as_soon_as_another_is_not_called_sooner() -> None:
    world = worlds()
    values = by_stratum(world, world)
    frames = [
        rows_of(name, {"downtime_s": values, "duration_s": [seconds] * 1000})
        for name, seconds in (("a", 900.0), ("b", 600.0), ("c", 600.0))
    ]
    answer = comparison(*frames).recommendation
    assert (answer.kind, answer.strategy) == ("either", "a")
    assert "sooner" not in answer.sentence


def test_what_every_run_or_no_run_showed_is_a_sentence() -> None:
    values = downtime(2, 400)
    versus = comparison(
        rows_of("today", {"downtime_s": values + 50}), rows_of("new", {"downtime_s": values})
    ).recommendation.versus_current
    assert versus is not None
    assert re.fullmatch(
        r"Against today: better in all of 1,000 runs \(at least .+\), worse in none of 1,000 runs \(at most .+\), "
        "else the same",
        versus,
    )


@pytest.mark.parametrize(("rate", "said"), [("420/s", True), ("300/s", False)])
def test_the_doubt_names_the_traffic_above_which_the_strategy_named_would_be_short(rate: str, said: bool) -> None:
    compared: Any = SimpleNamespace(scenario=a_scenario(traffic={"rate": rate}))
    doubt = _other_traffic(compared, "one-at-a-time")  # 7 of 8 servers stay, 60/s each
    assert doubt[0].startswith("Below 240 requests/s half-at-a-time would leave enough in service")
    assert doubt[1:] == (["Above 420 requests/s one-at-a-time would be short as well."] if said else [])


def test_a_smaller_delta_separates_what_a_larger_one_ties() -> None:
    world = worlds()
    frames = (
        rows_of("a", {"downtime_s": by_stratum(world, world)}),
        rows_of("b", {"downtime_s": by_stratum(world + 0.2, world + 0.2)}),
    )
    assert comparison(*frames).recommendation.kind == "either"
    assert comparison(*frames, delta=0.1).recommendation.kind == "choose"


def test_intervals_shown_hold_jointly_though_the_leader_is_chosen_by_the_same_runs() -> None:
    """Eight equal strategies: 5 % of experiments at most may show any difference from whoever leads."""
    random, missed = np.random.default_rng(1), 0
    for _ in range(300):
        samples = {
            str(k): Sample(
                str(k), np.arange(200), np.zeros(200, np.int64), np.full(200, 1 / 200), np.zeros(200, bool),
                {"downtime_s": random.normal(100, 40, 200)}, {}, {},
            )
            for k in range(8)
        }  # fmt: skip
        selection = select(samples, Criterion("downtime_s"), 1.0, (), dict)
        missed += any(not rival.difference.low <= 0 <= rival.difference.high for rival in selection.rivals)
        assert selection.pairs == 28
        assert all(rival.difference.low < rival.behind_least for rival in selection.rivals)
    assert missed / 300 <= 0.05 + 2 * (0.05 * 0.95 / 300) ** 0.5


@pytest.mark.parametrize(("strategies", "said"), [(8, "all 28 pairs jointly at 95 %)"), (12, "as far as 10,000")])
def test_quantiles_are_resampled_as_often_as_their_joint_level_takes(strategies: int, said: str) -> None:
    random = np.random.default_rng(3)
    frames = [rows_of(f"s{k}", {"downtime_s": random.gamma(4, 10, 80)}, bad=0.5) for k in range(strategies)]
    compared = comparison(*frames, statistic="p50")
    assert len(compared.resamples()["s0"]) == (5600 if strategies == 8 else 10_000)
    assert said in compared.recommendation.reason
    # Many strategies that cannot be told apart are not all listed.
    assert compared.recommendation.doubt.count("not separable") <= 3
    assert f"more of the {strategies - 1} others." in compared.recommendation.doubt


def test_noise_is_not_a_choice() -> None:
    random = np.random.default_rng(2)
    compared = comparison(
        rows_of("a", {"downtime_s": random.gamma(0.2, 500, 200)}),
        rows_of("b", {"downtime_s": random.gamma(0.2, 500, 200)}),
    )
    answer = compared.recommendation
    assert answer.kind == "unsure"
    assert {answer.strategy, *answer.alternatives} == {"a", "b"}
    assert "these runs cannot tell it from" in answer.sentence
    assert "not separable at a difference of 1 s; about " in answer.doubt
    assert 0.5 < (answer.p_best or 0) < 1


def test_delta_defaults_to_a_share_of_todays_value_where_the_unit_is_not_seconds() -> None:
    world = worlds()
    compared = comparison(
        rows_of("a", {"cost_usd": by_stratum(10 * world, 10 * world)}),
        rows_of("b", {"cost_usd": by_stratum(9 * world, 9 * world)}),
        metric="cost_usd",
    )
    assert compared.recommendation.delta == pytest.approx(0.01 * 10 * world.mean())
    assert compared.recommendation.strategy == "b"


def test_a_limit_rules_a_strategy_out() -> None:
    world = worlds() / 4
    compared = comparison(
        rows_of("fast", {"downtime_s": downtime(1, 900), "duration_s": by_stratum(60 * world, 60 * world)}),
        rows_of("slow", {"downtime_s": downtime(1, 300), "duration_s": by_stratum(9000 * world, 9000 * world)}),
        limits=(limit(metric="duration_s", statistic="p95", at_most=3600.0),),
    )
    answer = compared.recommendation
    assert (answer.kind, answer.strategy) == ("choose", "fast")
    assert [verdict.verdict for verdict in answer.limits] == ["met", "not met"]
    assert "Ruled out by a limit: slow." in answer.doubt


def test_none_is_allowed_when_every_strategy_breaks_a_limit() -> None:
    frames = (rows_of(name, {"downtime_s": downtime(100, 900)}) for name in "ab")
    compared = comparison(*frames, limits=(limit(metric="downtime_s", at_most=60.0),))
    answer = compared.recommendation
    assert (answer.kind, answer.strategy, answer.p_best) == ("none_allowed", None, None)
    assert answer.sentence.startswith("None of the 2 strategies keeps within the limits; for example a, ")
    assert "mean downtime at most 1 min: 2 min 16 s [2 min 12 s, 2 min 21 s]" in answer.sentence
    assert compared.break_even().empty


def test_a_limit_that_the_interval_straddles_is_said_to_be_unsure() -> None:
    values = np.random.default_rng(3).gamma(2, 30, 100)
    frames = (
        rows_of("a", {"downtime_s": values}, bad=0.0),
        rows_of("b", {"downtime_s": values + 50}, bad=0.0),
    )
    compared = comparison(*frames, limits=(limit(metric="downtime_s", at_most=float(values.mean())),))
    answer = compared.recommendation
    assert answer.strategy == "a"
    assert answer.limits[0].verdict == "unsure"
    assert "Not shown to be kept: a, mean downtime at most " in answer.doubt


def test_a_limit_on_a_probability() -> None:
    outcome = np.where(np.arange(1000) % 10 == 0, "failed", "succeeded")
    frames = (
        rows_of("a", {"downtime_s": np.ones(1000), "outcome": outcome}, bad=0.0),
        rows_of("b", {"downtime_s": np.full(1000, 9.0)}, bad=0.0),
    )
    compared = comparison(*frames, limits=(limit(metric="p_success", at_least=0.99),))
    assert [verdict.verdict for verdict in compared.recommendation.limits] == ["not met", "met"]
    assert compared.recommendation.strategy == "b"


def test_a_decision_on_a_probability() -> None:
    often = np.where(np.arange(1000) % 4 < 2, "rolled_back", "succeeded")
    seldom = np.where(np.arange(1000) % 20 < 2, "rolled_back", "succeeded")
    compared = comparison(rows_of("a", {"outcome": often}), rows_of("b", {"outcome": seldom}), metric="p_success")
    answer = compared.recommendation
    assert (answer.kind, answer.strategy, answer.delta) == ("choose", "b", 0.001)
    assert "percentage points" in answer.reason
    assert not FORBIDDEN.search(texts(answer)), texts(answer)


@pytest.mark.parametrize("statistic", ["p50", "p95", "p99", "cvar95"])
def test_a_decision_on_the_tail(statistic: str) -> None:
    compared = comparison(
        rows_of("a", {"downtime_s": downtime(2, 2000)}),
        rows_of("b", {"downtime_s": downtime(1, 200)}),
        statistic=statistic,
        delta=0.1,
    )
    answer = compared.recommendation
    assert (answer.kind, answer.strategy) == ("choose", "b")
    assert answer.rivals[0].difference.low > 0
    assert not FORBIDDEN.search(texts(answer)), texts(answer)


def test_a_tail_with_too_few_runs_gives_no_choice() -> None:
    frames = (rows_of(name, {"downtime_s": np.arange(40.0) + k}, bad=0.0) for k, name in enumerate("ab"))
    answer = comparison(*frames, statistic="cvar95").recommendation
    assert (answer.kind, answer.strategy) == ("unsure", None)
    assert answer.sentence.startswith("Unsure: too few runs to give the mean downtime of the worst 5 % of runs")


def test_a_mean_over_the_runs_that_ended_does_not_hide_those_that_did_not() -> None:
    """Quick when it ends, but a fifth of its runs do not: it is ranked last, and the doubt says why."""
    quick = np.where(np.arange(500) % 5 == 0, INF, 10.0)
    compared = comparison(
        rows_of("steady", {"recover_s": np.full(500, 60.0)}, bad=0.0),
        rows_of("quick", {"recover_s": quick}, bad=0.0),
        metric="recover_s",
    )
    answer = compared.recommendation
    assert (answer.kind, answer.strategy) == ("choose", "steady")
    assert "Runs of quick in which it did not end by the horizon, which its mean leaves out: 20" in answer.doubt
    assert "Ranked last because more runs did not end, whatever the mean of the rest: quick." in answer.doubt


@pytest.mark.parametrize(("apart", "delta"), [(10.0, 5.0), (0.1, 5.0), (-10.0, 5.0)])
def test_a_mean_that_leaves_out_even_a_few_runs_beats_and_ties_with_nobody_that_always_ends(
    apart: float, delta: float
) -> None:
    """Two runs in 200 do not end: too few to rank it last, enough for its mean to say nothing."""
    world = np.random.default_rng(1).normal(100, 3, 200)
    open_ended = np.where(np.isin(np.arange(200), (3, 7)), INF, world)
    compared = comparison(
        rows_of("a", {"duration_s": open_ended}, bad=0.5),
        rows_of("b", {"duration_s": world + apart}, bad=0.5),
        metric="duration_s",
        delta=delta,
    )
    answer, verdict = compared.recommendation, compared.differences(metric="duration_s")["verdict"].iloc[0]
    if apart < 0:  # whatever the runs without end would add, it only widens the lead
        assert (answer.kind, answer.strategy, verdict) == ("choose", "b", "better")
        return
    assert (answer.kind, answer.p_best, verdict) == ("unsure", None, "unsure")
    assert "the means leave out runs that did not end, and not as many of both" in answer.doubt
    assert "certain" not in texts(answer)
    assert "no more than" not in answer.doubt


def test_runs_that_end_with_neither_leave_the_means_comparable() -> None:
    world = np.where(np.arange(200) < 4, INF, np.random.default_rng(1).normal(100, 3, 200))
    compared = comparison(
        rows_of("a", {"duration_s": world}, bad=0.5), rows_of("b", {"duration_s": world + 10}, bad=0.5),
        metric="duration_s",
    )  # fmt: skip
    assert (compared.recommendation.kind, compared.recommendation.strategy) == ("choose", "a")
    assert compared.differences(metric="duration_s")["verdict"].iloc[0] == "worse"


def test_amounts_of_censored_runs_are_called_amounts_so_far() -> None:
    frame = rows_of("a", {"downtime_s": np.ones(200), "censored": np.arange(200) % 10 == 0}, bad=0.0)
    doubt = comparison(frame, rows_of("b", {"downtime_s": np.full(200, 90.0)}, bad=0.0)).recommendation.doubt
    assert "Runs still unsettled at the horizon, amounts so far counted: 10" in doubt


def test_the_tolerance_is_reported_for_the_strategies_named() -> None:
    compared = comparison(
        rows_of("a", {"downtime_s": downtime(2, 2000)}),
        rows_of("b", {"downtime_s": downtime(1, 200)}),
        tolerance=900.0,
    )
    assert "Runs with downtime above the tolerance of 15 min: b none in 1,000 runs" in compared.recommendation.reason


def test_an_interrupted_experiment_says_so() -> None:
    compared = comparison(rows_of("a", {"downtime_s": np.ones(10)}))
    compared.complete = False
    assert "interrupted" in compared.recommendation.doubt


def test_a_single_strategy_is_the_only_one() -> None:
    answer = comparison(rows_of("a", {"downtime_s": downtime(1, 300)})).recommendation
    assert (answer.kind, answer.strategy) == ("choose", "a")
    assert answer.sentence.startswith("a is the only strategy that was simulated; its mean downtime is ")


def test_break_even_of_two_straight_lines() -> None:
    """Canary costs 1200 + 10,000 p, all at once 200 + 45,000 p: they cross at p = 1/35."""
    canary = by_stratum(good=[1200.0] * 50, bad=[11_200.0] * 50)
    at_once = by_stratum(good=[200.0] * 50, bad=[45_200.0] * 50)
    compared = comparison(
        rows_of("all-at-once", {"cost_usd": at_once}),
        rows_of("canary", {"cost_usd": canary}),
        metric="cost_usd",
    )
    table = compared.break_even()
    assert list(table["p_bad"]) == pytest.approx([0.0285714], abs=5e-8)
    assert (table["below"][0], table["above"][0]) == ("all-at-once", "canary")
    assert compared.recommendation.strategy == "canary"
    assert "taken as 5 %; below 2.9 % all-at-once would be best" in compared.recommendation.doubt


def test_break_even_of_a_tie_is_where_the_one_named_leaves_delta() -> None:
    """A costs 5000 p more than b less 120: they cross at 2.4 %, and at 8.4 % a is worse by 300."""
    cheap = by_stratum(good=[0.0] * 300, bad=[5000.0] * 300)
    dear = by_stratum(good=[120.0] * 300, bad=[120.0] * 300)
    compared = comparison(
        rows_of("a", {"downtime_s": cheap, "cost_usd": np.full(600, 1.0)}),
        rows_of("b", {"downtime_s": dear, "cost_usd": np.full(600, 9.0)}),
        delta=300.0,
    )
    answer = compared.recommendation
    assert (answer.kind, answer.strategy) == ("either", "a")
    assert "taken as 5 %; below 2.4 % a has the lower mean downtime." in answer.doubt
    assert "Above 8.4 % a would be more than 5 min worse than b." in answer.doubt
    assert "would be best" not in answer.doubt
    assert "Below" not in answer.doubt


def test_another_chance_of_a_bad_release_needs_no_new_run() -> None:
    values = by_stratum(good=[4.0] * 50, bad=[2400.0] * 50)
    compared = comparison(
        rows_of("a", {"downtime_s": values}, bad=0.05), rows_of("b", {"downtime_s": np.ones(100)}, bad=0.0)
    )
    at = compared.at_bad_probability(0.005)
    assert row(at, strategy="a")["value"] == pytest.approx(15.98)
    assert row(at, strategy="b")["value"] is pd.NA
    assert row(compared.at_bad_probability(1.0), strategy="a")["value"] == 2400.0
    assert row(compared.at_bad_probability(0.0), strategy="b")["value"] == 1.0
    with pytest.raises(ValueError, match="between 0 and 1"):
        compared.at_bad_probability(1.5)


def test_recomposing_at_the_simulated_chance_changes_nothing() -> None:
    compared = comparison(rows_of("a", {"downtime_s": downtime(2, 700)}, bad=0.05))
    at = row(compared.at_bad_probability(0.05), strategy="a")
    summary = row(compared.summary(), metric="downtime_s")
    assert (at["value"], at["low"]) == pytest.approx((summary["mean"], summary["mean_low"]))


def test_given_a_bad_release_its_chance_changes_nothing() -> None:
    compared = comparison(
        rows_of("a", {"downtime_s": downtime(1, 900)}),
        rows_of("b", {"downtime_s": downtime(9, 90)}),
        given="bad",
    )
    answer = compared.recommendation
    assert answer.strategy == "b"
    assert compared.break_even().empty
    assert "whatever the chance of one" in answer.doubt
    assert "mean downtime if the release is bad" in answer.sentence


def test_the_best_of_close_strategies_is_a_matter_of_chance() -> None:
    """Independent normals 1 s apart with a standard error of 1 s each: P(best) is Φ(1/√2) = 0.76."""
    random = np.random.default_rng(8)
    noise = random.normal(0, 20, (2, 400))
    noise = (noise - noise.mean(axis=1, keepdims=True)) / noise.std(axis=1, keepdims=True) * 20
    compared = comparison(
        rows_of("a", {"downtime_s": 100 + noise[0]}, bad=0.0),
        rows_of("b", {"downtime_s": 101 + noise[1]}, bad=0.0),
    )
    table = compared.best_probability()
    # Two standard errors of 1,000 resamples are 0.027; the samples' own correlation adds a little.
    assert row(table, strategy="a")["p_best"] == pytest.approx(0.76, abs=0.05)
    assert table["p_best"].sum() == pytest.approx(1.0)


def test_the_same_seed_gives_the_same_resamples() -> None:
    frames = [rows_of(name, {"downtime_s": downtime(2, 200, seed)}) for seed, name in enumerate("ab")]
    first, again = comparison(*frames).best_probability(), comparison(*frames).best_probability()
    pd.testing.assert_frame_equal(first, again)


def test_adding_a_strategy_changes_nobody_elses_resamples() -> None:
    frames = [rows_of(name, {"downtime_s": downtime(2, 200, seed)}) for seed, name in enumerate("abc")]
    two, three = comparison(*frames[:2]).resamples(), comparison(*frames).resamples()
    assert (two["a"] == three["a"]).all()
    assert (two["b"] == three["b"]).all()


@pytest.mark.parametrize("statistic", ["mean", "p50", "p95", "cvar95"])
@pytest.mark.parametrize("given", ["overall", "bad", "good"])
@pytest.mark.parametrize(("bad", "runs"), [*product([0.0, 0.3, 1.0], [1, 2, 3, 40]), (0.3, 700)])
def test_whatever_the_outcomes_there_is_an_answer(statistic: str, given: str, bad: float, runs: int) -> None:
    """Absent values, times without end, ties, a handful of runs: no exception, and no number that is none."""
    random = np.random.default_rng([runs, int(10 * bad)])
    frames = []
    for name in ("a", "b", "c"):
        values = random.choice([0.0, 3.0, 80.0, 900.0, INF, np.nan], runs, p=[0.3, 0.2, 0.2, 0.1, 0.1, 0.1])
        columns = {"recover_s": [None if np.isnan(x) else x for x in values], "censored": np.isinf(values)}
        frames.append(rows_of(name, columns, bad=bad, runs=runs))
    compared = comparison(
        *frames,
        metric="recover_s",
        statistic=statistic,
        given=given,
        tolerance=60.0,
        limits=(
            limit(metric="recover_s", statistic="p95", at_most=600.0),
            limit(metric="p_missed", at_most=0.5),
        ),
    )
    answer = compared.recommendation
    assert answer.kind in {"choose", "either", "unsure", "none_allowed"}
    assert not FORBIDDEN.search(texts(answer)), texts(answer)
    assert not FORBIDDEN.search(" ".join(compared.probabilities()["text"]))
    compared.summary(), compared.differences(), compared.exceedance("recover_s"), compared.break_even()
