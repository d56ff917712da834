"""Gates: the grammar, where it points when it refuses, and three answers from intervals."""

from __future__ import annotations

import itertools
import math
import pickle
from typing import Any

import pytest

from simulator.analysis import Criterion
from simulator.analysis.condition import Condition, Found, Junction, Looked, Negation
from simulator.analysis.gate import Gate, parse
from simulator.errors import GateError, SimulatorError
from simulator.estimate import Estimate

TRUTHS = (True, False, None)


def condition(text: str) -> Condition:
    found = parse(text).expression
    assert isinstance(found, Condition)
    return found


@pytest.mark.parametrize(
    ("text", "metric", "statistic", "given", "operator", "limit"),
    [
        ("p95(downtime_s) > 60", "downtime_s", "p95", "overall", ">", 60.0),
        ("mean(failed_requests | bad) > 10k", "failed_requests", "mean", "bad", ">", 10_000.0),
        ("p_missed > 5 %", "p_missed", "mean", "overall", ">", 0.05),
        ("p95(duration_s) > 30 min", "duration_s", "p95", "overall", ">", 1800.0),
        ("cvar95(cost_usd) >= 20 USD", "cost_usd", "cvar95", "overall", ">=", 20.0),
        ("cvar95(cost_usd) >= $20", "cost_usd", "cvar95", "overall", ">=", 20.0),
        ("p_success|good<99.5%", "p_success", "mean", "good", "<", 0.995),
        ("median(detect_s)<=1e2s", "detect_s", "p50", "overall", "<=", 100.0),
        ("p_success < 0.9", "p_success", "mean", "overall", "<", 0.9),
        ("mean(budget_share) > 150 %", "budget_share", "mean", "overall", ">", 1.5),
        ("mean(failed_requests) > 1_500 requests", "failed_requests", "mean", "overall", ">", 1500.0),
        ("mean(failed_requests) > 2 million requests", "failed_requests", "mean", "overall", ">", 2e6),
        ("  p99 ( failed_defect )  >  .5 ", "failed_defect", "p99", "overall", ">", 0.5),
    ],
)
def test_a_condition_is_a_statistic_an_operator_and_a_limit(
    text: str, metric: str, statistic: str, given: Any, operator: str, limit: float
) -> None:
    found = condition(text)
    assert found.criterion == Criterion(metric, statistic, given)
    assert (found.operator, found.limit) == (operator, pytest.approx(limit))


def test_and_binds_closer_than_or_and_not_closer_than_both() -> None:
    a, b, c = (condition(f"p_missed > {n} %") for n in (1, 2, 3))
    text = "p_missed > 1 % or not p_missed > 2 % and p_missed > 3 %"
    assert parse(text).expression == Junction("or", (a, Junction("and", (Negation(b), c))))
    assert parse(f"NOT ({text})").expression == Negation(parse(text).expression)
    assert parse("((p_missed > 1 %))").expression == a


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("", 1, "it ends here; write a condition, as in p95(downtime_s) > 60 s"),
        ("p95(downtme_s) > 60", 5, "no metric is called 'downtme_s'; did you mean downtime_s"),
        ("p95 downtime_s > 60", 1, "p95 of what? write p95(downtime_s)"),
        ("downtime_s > 60", 1, "write a statistic of it, as in mean(downtime_s)"),
        ("avg(downtime_s) > 60", 1, "no statistic is called 'avg'; write mean, median"),
        ("mean(p_missed) > 5 %", 6, "p_missed is a number already; write p_missed > 5 %"),
        ("p_misssed > 5 %", 1, "did you mean p_missed?"),
        ("p95(downtime_s) = 60", 17, "'=' is not expected here; write >, >=, < or <="),
        ("p95(downtime_s) > 60 %", 19, "unit '%' is not a duration"),
        ("p95(downtime_s) > ten", 19, "write a limit, as in p95(downtime_s) > 60 s"),
        ("p_missed > 5", 12, "a share without a unit lies from 0 to 1; write 5 %"),
        ("p_success > 200 %", 13, "a share lies from 0 % to 100 %"),
        ("mean(peak_exposure) > 200 %", 23, "a share lies from 0 % to 100 %"),
        ("mean(failed_requests) > 10,000", 25, "a comma in a number; write 10000"),
        ("mean(failed_requests) > 3 min", 25, "unit 'min' does not fit failed_requests"),
        ("(p_missed > 5 %", 16, "the parenthesis of column 1 is still open; close it with )"),
        ("p_missed > 5 %)", 15, "a closing parenthesis without an opening one; take it out"),
        ("p_missed > 5 % p_missed", 16, "write and, or, or nothing"),
        ("p_missed > 5 % and", 19, "it ends here; write a condition"),
        ("p_missed > 5 % && p_missed > 6 %", 16, "write and"),
        ("mean(downtime_s | worse) > 5", 19, "write bad or good after |"),
        ("mean(downtime_s", 16, "the parenthesis of column 5 is still open"),
        ("p00(downtime_s) > 5", 1, "a level is from 01 to 99"),
        ("not " * 60 + "p_missed > 5 %", 201, "nested more than 50 deep"),
        ("p_missed > 5 % or " * 200 + "p_missed > 5 %", 2000, "longer than 2000 characters"),
        ("__import__('os')", 1, "no statistic is called '__import__'"),
    ],
)
def test_a_refusal_points_at_the_column_and_says_what_to_write(text: str, column: int, said: str) -> None:
    with pytest.raises(GateError) as refused:
        parse(text)
    assert (refused.value.column, refused.value.text) == (column, text)
    assert said in refused.value.message
    message, shown, caret = str(refused.value).split("\n")
    assert message.startswith(f"column {column}: ")
    assert shown[4:] == text
    assert caret == " " * (3 + column) + "^"


def test_a_refusal_shows_no_control_characters_and_survives_a_pickle() -> None:
    with pytest.raises(SimulatorError) as refused:
        parse("p95(\x1b[2Jdowntime_s) > 5\n")
    assert "\x1b" not in str(refused.value)
    assert str(refused.value).split("\n")[2] == " " * 8 + "^"
    assert str(pickle.loads(pickle.dumps(refused.value))) == str(refused.value)  # noqa: S301 - our own bytes


def test_a_metric_of_ones_own_has_its_unit() -> None:
    from simulator.experiment.own import described

    own = {"queue_s": described("queue_s"), "reroutes": described("reroutes")}
    assert parse("mean(queue_s) > 2 min", own).expression.limit == 120.0
    assert parse("p95(reroutes) > 3k", own).expression.limit == 3000.0
    with pytest.raises(GateError, match="no metric is called 'queue_s'"):
        parse("mean(queue_s) > 2 min")


# ------------------------------------------------------------------------------------------ three values


def found(condition_text: str, low: float, high: float, missing: str = "") -> Any:
    estimate = Estimate(min(max(low, 0.0), high), low, high, 0.95, 100)
    return condition(condition_text).truth(lambda _: Looked(estimate, missing), [])


@pytest.mark.parametrize(
    ("operator", "below", "touching_below", "across", "touching_above", "above"),
    [
        (">", False, False, None, None, True),
        (">=", False, None, None, True, True),
        ("<", True, None, None, False, False),
        ("<=", True, True, None, None, False),
    ],
)
def test_an_interval_on_one_side_answers_and_one_that_straddles_does_not(
    operator: str, below: Any, touching_below: Any, across: Any, touching_above: Any, above: Any
) -> None:
    text = f"mean(downtime_s) {operator} 60"
    intervals = ((10.0, 59.0), (10.0, 60.0), (59.0, 61.0), (60.0, 80.0), (61.0, 80.0))
    assert [found(text, *ends) for ends in intervals] == [below, touching_below, across, touching_above, above]


def test_a_quantile_that_never_ended_is_above_every_limit_once_its_lower_end_is() -> None:
    assert found("p95(recover_s) > 1 h", 7200.0, math.inf) is True
    assert found("p95(recover_s) > 1 h", 1800.0, math.inf) is None
    assert found("p95(recover_s) > 1 h", math.inf, math.inf) is True
    assert found("p95(recover_s) < 1 h", math.inf, math.inf) is False
    assert found("p95(recover_s) > 1 h", -math.inf, math.inf) is None


def test_a_mean_that_leaves_out_runs_without_end_cannot_vouch_for_an_upper_limit() -> None:
    assert found("mean(recover_s) > 60", 10.0, 20.0, "runs that did not end are left out") is None
    assert found("mean(recover_s) > 60", 70.0, 80.0, "runs that did not end are left out") is True
    assert found("mean(recover_s) < 60", 10.0, 20.0, "runs that did not end are left out") is None


def test_and_or_and_not_follow_kleene() -> None:
    wanted = {"x": condition("p_missed > 1 %"), "y": condition("p_missed > 2 %")}

    class Part:
        def __init__(self, truth: bool | None) -> None:
            self.value = truth

        def truth(self, *_: object) -> bool | None:
            return self.value

    assert wanted["x"] != wanted["y"]
    number = {True: 1.0, False: 0.0, None: 0.5}
    back = {value: key for key, value in number.items()}
    for one, other in itertools.product(TRUTHS, TRUTHS):
        parts: Any = (Part(one), Part(other))
        assert Junction("and", parts).truth(None, []) is back[min(number[one], number[other])]  # type: ignore[arg-type]  # no part looks
        assert Junction("or", parts).truth(None, []) is back[max(number[one], number[other])]  # type: ignore[arg-type]  # no part looks
        assert Negation(parts[0]).truth(None, []) is back[1 - number[one]]  # type: ignore[arg-type]  # no part looks


# ------------------------------------------------------------------------------------------ a comparison


@pytest.fixture(scope="module")
def comparison() -> Any:
    import simulator
    from simulator.scenario import loads
    from simulator.scenario.templates import template

    return simulator.compare(loads(template("server")), replications=60, seed=2, workers=1)


def test_a_gate_fails_holds_or_is_unsure_for_each_strategy(comparison: Any) -> None:
    for name in comparison.strategies:
        estimate = comparison.estimate(name, "downtime_s", "mean", "bad")
        for limit, answer in ((estimate.low / 2, "fails"), (estimate.value, "unsure"), (estimate.high * 2, "holds")):
            (verdict,) = parse(f"mean(downtime_s | bad) > {limit} s").judge(comparison, [name])
            assert (verdict.strategy, verdict.answer) == (name, answer)
            assert verdict.found[0].estimate == estimate


def test_all_strategies_are_judged_unless_some_are_named(comparison: Any) -> None:
    gate: Gate = parse("p_success < 1 %")
    assert [verdict.strategy for verdict in gate.judge(comparison)] == list(comparison.strategies)
    assert [verdict.strategy for verdict in gate.judge(comparison, ["one-at-a-time"])] == ["one-at-a-time"]
    with pytest.raises(ValueError, match="no strategy is called 'two'"):
        gate.judge(comparison, ["two"])


def test_what_applies_to_no_run_or_to_too_few_is_unsure_and_says_so(comparison: Any) -> None:
    import simulator

    (verdict,) = parse("mean(incident_usd) > 5").judge(comparison, ["one-at-a-time"])
    assert (verdict.answer, str(verdict.found[0])) == ("unsure", "mean incident cost: applies to no run")
    good = simulator.compare(comparison.scenario.set("revision.bad", "0 %"), replications=6, workers=1)
    (verdict,) = parse("p_missed > 5 %").judge(good, ["one-at-a-time"])
    assert verdict.answer == "unsure"
    assert "no run had such a release" in str(verdict.found[0])
    (verdict,) = parse("cvar95(downtime_s) > 1000 h").judge(good, ["one-at-a-time"])
    assert verdict.answer == "unsure"
    assert "too few runs" in str(verdict.found[0])


def test_what_a_gate_found_reads_as_a_sentence() -> None:
    estimate = Estimate(400.0, 380.0, 420.0, 0.95, 100)
    text = str(Found(condition("p95(downtime_s | bad) > 60"), estimate, True))
    assert text.startswith("95th percentile of downtime if the release is bad ")
    assert text.endswith("]")
