"""Rules over other alarms and the suppression of actions, against the CloudWatch guide's examples."""

from __future__ import annotations

import itertools
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.rules import alarm_suppression, composite_alarms
from simulator.rules.alarms import State

Change = tuple[float, Literal["composite", "suppressor"], State]
STATES: tuple[State, ...] = ("OK", "ALARM", "INSUFFICIENT_DATA")


def state(rule: str, **states: State) -> str:
    return composite_alarms.parse(rule).state(states)


@pytest.mark.parametrize(
    ("cpu", "disk", "network", "expected"),
    [
        ("ALARM", "OK", "OK", "ALARM"),
        ("OK", "ALARM", "OK", "ALARM"),
        ("ALARM", "ALARM", "ALARM", "OK"),
        ("OK", "OK", "OK", "OK"),
        ("ALARM", "OK", "INSUFFICIENT_DATA", "OK"),
    ],
)
def test_the_guides_rule_with_parentheses(cpu: State, disk: State, network: State, expected: str) -> None:
    rule = '(ALARM("cpu") OR\n ALARM("disk")) AND\n OK("network")'
    assert state(rule, cpu=cpu, disk=disk, network=network) == expected


def test_not_holds_back_during_a_deployment() -> None:
    rule = "ALARM(cpu) AND NOT ALARM(deploying)"
    assert state(rule, cpu="ALARM", deploying="OK") == "ALARM"
    assert state(rule, cpu="ALARM", deploying="ALARM") == "OK"


def test_insufficient_data_can_be_asked_for() -> None:
    assert state("INSUFFICIENT_DATA(a)", a="INSUFFICIENT_DATA") == "ALARM"


def test_constants() -> None:
    assert state("TRUE") == "ALARM"
    assert state("FALSE") == "OK"
    assert state("NOT False") == "ALARM"


@pytest.mark.parametrize(
    ("rule", "alarming", "expected"),
    [
        ("AT_LEAST(2, ALARM, (a, b, c, d))", 1, "OK"),
        ("AT_LEAST(2, ALARM, (a, b, c, d))", 2, "ALARM"),
        ("AT_LEAST(50%, ALARM, (a, b, c, d))", 2, "ALARM"),
        ("AT_LEAST(51%, ALARM, (a, b, c, d))", 2, "OK"),
        ("AT_LEAST(3, NOT ALARM, (a, b, c, d))", 1, "ALARM"),
        ("AT_LEAST(3, NOT ALARM, (a, b, c, d))", 2, "OK"),
        ("AT_LEAST(2, ALARM, (a, b, c)) AND NOT ALARM(d)", 2, "ALARM"),
    ],
)
def test_at_least(rule: str, alarming: int, expected: str) -> None:
    states: dict[str, State] = {name: "ALARM" if index < alarming else "OK" for index, name in enumerate("abcd")}
    assert composite_alarms.parse(rule).state(states) == expected


def test_and_binds_before_or_and_not_before_both() -> None:
    for a, b, c in itertools.product((True, False), repeat=3):
        states: dict[str, State] = {
            name: "ALARM" if value else "OK" for name, value in zip("abc", (a, b, c), strict=True)
        }
        found = composite_alarms.parse("ALARM(a) OR NOT ALARM(b) AND ALARM(c)").state(states)
        assert (found == "ALARM") == (a or ((not b) and c))


def test_names_may_be_quoted_bare_escaped_or_arns() -> None:
    rule = composite_alarms.parse(
        r'ALARM("has (brackets), spaces") OR ALARM("a \"quoted\" one") OR ALARM(bare:name-1.2)'
        " OR ALARM(arn:aws:cloudwatch:eu-west-1:123456789012:alarm:by-arn) OR ALARM(bare:name-1.2)"
    )
    assert rule.names == ("has (brackets), spaces", 'a "quoted" one', "bare:name-1.2", "by-arn")


def test_words_of_the_language_may_be_names() -> None:
    assert state('ALARM("AND") AND OK(ALARM)', AND="ALARM", ALARM="OK") == "ALARM"


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("", "found the end"),
        ("ALARM", "expected"),
        ("ALARM()", "the name of an alarm"),
        ("ALARM(a b)", "expected"),
        ("ALARM(a) ALARM(b)", "AND or OR"),
        ("ALARM(a) AND", "found the end"),
        ("(ALARM(a)", "found the end"),
        ("ALARM(a))", "AND or OR"),
        ("BROKEN(a)", "expected ALARM"),
        ('ALARM("a)', "quotation mark"),
        ("AT_LEAST(x, ALARM, (a))", "a number"),
        ("AT_LEAST(1, UP, (a))", "expected ALARM"),
        ("__import__('os')", "expected ALARM"),
        ("(" * 60 + "TRUE" + ")" * 60, "nests deeper"),
        (" OR ".join(["TRUE"] * 501), "500 elements"),
        (" OR ".join(f"OK(a{index})" for index in range(101)), "100 alarms"),
        ("TRUE OR " * 2000 + "TRUE", "10240 characters"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_remedy(rule: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        composite_alarms.parse(rule)


def test_an_alarm_without_a_state_is_named() -> None:
    with pytest.raises(ValueError, match="'b'"):
        state("ALARM(a) OR ALARM(b)", a="OK")


@given(st.text(alphabet='ALRMOKNTDFUSE()ab, "%1_', max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        rule = composite_alarms.parse(text)
    except ValueError:
        return
    assert rule.state(dict.fromkeys(rule.names, "OK")) in STATES


# CloudWatch user guide (2023), Create_Composite_Alarm: wait 2, extension 3.
COMPOSITE_TO_ALARM = (2.0, "composite", "ALARM")
SUPPRESSED_AT_3 = (3.0, "suppressor", "ALARM")
FREED_AT_6 = (6.0, "suppressor", "OK")


@pytest.mark.parametrize(
    ("suppressor", "changes", "expected"),
    [
        ("OK", [COMPOSITE_TO_ALARM], [(4.0, "ALARM")]),
        ("OK", [COMPOSITE_TO_ALARM, SUPPRESSED_AT_3], []),
        ("OK", [COMPOSITE_TO_ALARM, (3.0, "composite", "OK")], [(5.0, "OK")]),
        ("ALARM", [COMPOSITE_TO_ALARM], []),
        ("OK", [COMPOSITE_TO_ALARM, SUPPRESSED_AT_3, FREED_AT_6], [(9.0, "ALARM")]),
        ("OK", [COMPOSITE_TO_ALARM, SUPPRESSED_AT_3, FREED_AT_6, (7.0, "composite", "OK")], [(9.0, "OK")]),
    ],
    ids=[f"example {number}" for number in range(1, 7)],
)
def test_action_suppression_as_published(
    suppressor: State, changes: list[Change], expected: list[tuple[float, State]]
) -> None:
    assert alarm_suppression.actions(changes, 2.0, 3.0, suppressor=suppressor) == expected


def test_a_suppressor_that_loses_its_data_has_left_alarm() -> None:
    changes: list[Change] = [(1.0, "composite", "ALARM"), (5.0, "suppressor", "INSUFFICIENT_DATA")]
    assert alarm_suppression.actions(changes, 2.0, 3.0, suppressor="ALARM") == [(8.0, "ALARM")]


def test_a_state_reported_twice_is_no_change() -> None:
    changes: list[Change] = [
        (2.0, "composite", "ALARM"),
        (3.0, "composite", "ALARM"),
        (3.5, "suppressor", "OK"),
    ]
    assert alarm_suppression.actions(changes, 2.0, 3.0) == [(4.0, "ALARM")]


def test_without_periods_the_action_comes_at_once() -> None:
    assert alarm_suppression.actions([(2.0, "composite", "ALARM")], 0.0, 0.0) == [(2.0, "ALARM")]
