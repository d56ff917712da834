"""Metric math on one slot, against the examples of the CloudWatch guide (using-metric-math)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.rules import metric_math

Points = list[float | None]


def value(expression: str, **values: float | None) -> float | None:
    return metric_math.parse(expression).evaluate(values)


def series(expression: str, **values: Points) -> Points:
    parsed = metric_math.parse(expression)
    length = len(next(iter(values.values())))
    return [parsed.evaluate({name: points[slot] for name, points in values.items()}) for slot in range(length)]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1 + 2 * 3", 7.0),
        ("(1 + 2) * 3", 9.0),
        ("8 - 3 - 2", 3.0),
        ("16 / 4 / 2", 2.0),
        ("2 ^ 3 ^ 2", 512.0),
        ("-2 ^ 2", -4.0),
        ("2 ^ -1", 0.5),
        ("--3", 3.0),
        (".5e1 - 5.", 0.0),
        ("1 < 2", 1.0),
        ("2 <= 1 OR 3 != 4", 1.0),
        ("1 == 1 && 2 > 3", 0.0),
        ("1 + 1 >= 2 AND 5 - 5 == 0", 1.0),
    ],
)
def test_arithmetic(expression: str, expected: float) -> None:
    assert value(expression) == expected


def test_a_missing_operand_is_zero_beside_one_that_is_not() -> None:
    assert value("errors / requests", errors=None, requests=10.0) == 0.0
    assert value("m1 + m2", m1=None, m2=3.0) == 3.0
    assert value("m1 - m2", m1=None, m2=3.0) == -3.0


@pytest.mark.parametrize("expression", ["m1 + m2", "m1 * 100", "1 - m1", "-m1", "(m1 + m2) / 2", "m1 > 0"])
def test_nothing_comes_of_nothing(expression: str) -> None:
    assert value(expression, m1=None, m2=None) is None


@pytest.mark.parametrize(("errors", "requests"), [(3.0, 0.0), (3.0, None), (0.0, 0.0), (None, 0.0), (None, None)])
def test_a_division_by_zero_drops_the_point(errors: float | None, requests: float | None) -> None:
    assert value("100 * errors / requests", errors=errors, requests=requests) is None
    assert value("1 - errors / requests", errors=errors, requests=requests) is None


def test_what_is_no_number_is_dropped() -> None:
    assert value("m1 ^ 0.5", m1=-1.0) is None
    assert value("m1 ^ m1", m1=1e3) is None
    assert value("m1 * 1e300", m1=1e300) is None


def test_comparisons_as_in_the_guide() -> None:
    points: dict[str, Points] = {"metric1": [30, 20, 0, 0], "metric2": [20, None, 20, None]}
    assert series("metric1 < metric2", **points) == [0, 0, 1, 0]
    assert series("metric1 >= 30", **points) == [1, 0, 0, 0]
    assert series("metric1 > 15 AND metric2 > 15", **points) == [1, 0, 0, 0]


def test_if_as_in_the_guide() -> None:
    points: dict[str, Points] = {
        "metric1": [1, 1, 0, 0, None],
        "metric2": [30, None, 0, 0, 30],
        "metric3": [0, 0, 20, None, 20],
    }
    assert series("IF(metric1, metric2, metric3)", **points) == [30, 0, 20, None, None]
    assert series("IF(metric1, 5, metric3)", **points) == [5, 5, 20, None, None]
    assert series("IF(metric1, metric2, 5)", **points) == [30, 0, 5, 5, None]
    assert series("IF(metric2 < 25, metric2)", **points) == [None, None, 0, 0, None]


def test_if_guards_a_ratio_against_little_traffic() -> None:
    guarded = "IF(requests > 20, 100 * errors / requests, 0)"
    assert value(guarded, errors=5.0, requests=10.0) == 0.0
    assert value(guarded, errors=5.0, requests=50.0) == 10.0


def test_fill() -> None:
    assert value("FILL(m1, 0)", m1=None) == 0.0
    assert value("FILL(m1, 0)", m1=4.0) == 4.0
    assert value("FILL(m1, m2) + 1", m1=None, m2=2.0) == 3.0
    assert value("FILL(errors, 0) / FILL(requests, 1)", errors=None, requests=None) == 0.0


def test_functions_of_a_list() -> None:
    assert value("SUM([m1, m2])", m1=1.0, m2=None) == 1.0
    assert value("AVG([m1, m2])", m1=1.0, m2=None) == 0.5
    assert value("MAX([m1, m2]) - MIN([m1, m2])", m1=1.0, m2=4.0) == 3.0
    assert value("SUM([m1, m2])", m1=None, m2=None) is None


def test_names_once_each_in_order() -> None:
    assert metric_math.parse("e5xx + IF(requests > 0, e4xx, e5xx)").names == ("e5xx", "requests", "e4xx")


def test_an_id_without_a_metric_is_named() -> None:
    with pytest.raises(ValueError, match="'m2'"):
        value("m1 + m2", m1=1.0)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("", "found the end"),
        ("m1 +", "found the end"),
        ("m1 m2", "an operator or the end"),
        ("(m1", "found the end"),
        ("m1)", "an operator or the end"),
        ("M1 + 1", "not supported"),
        ("SUM(METRICS())", "looks along time"),
        ("SUM(m1)", "looks along time"),
        ("RATE(m1)", "RATE .* not supported"),
        ("ANOMALY_DETECTION_BAND(m1, 2)", "not supported"),
        ("FILL(m1)", r"write FILL\(metric, value\)"),
        ("FILL(m1, REPEAT)", "REPEAT .* not supported"),
        ("IF(m1)", r"write IF\("),
        ("m1 ; m2", "cannot be read from"),
        ("__import__('os')", "cannot be read"),
        ("m1.real", "cannot be read"),
        ("(" * 60 + "m1" + ")" * 60, "nests deeper"),
        ("-" * 100 + "1", "nests deeper"),
        ("1" + "^1" * 100, "nests deeper"),
        ("1" + "+1" * 300, "more than 400 parts"),
        ("1" * 3000, "2048 characters"),
    ],
)
def test_what_is_not_understood_is_refused_with_a_remedy(expression: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        metric_math.parse(expression)


def test_long_and_deep_expressions_within_the_bounds_are_evaluated() -> None:
    assert value("m1" + " + 1" * 199, m1=1.0) == 200.0
    assert value("(" * 49 + "m1" + ")" * 49, m1=1.0) == 1.0


@given(st.text(alphabet="m12+-*/^()<>=,[] FILSUM.e", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        expression = metric_math.parse(text)
    except ValueError:
        return
    found = expression.evaluate(dict.fromkeys(expression.names, 2.0))
    assert found is None or isinstance(found, float)


@given(errors=st.integers(0, 10**6), requests=st.integers(1, 10**6))
def test_an_error_rate_is_what_python_says(errors: int, requests: int) -> None:
    assert value("100 * errors / requests", errors=errors, requests=requests) == 100 * errors / requests
