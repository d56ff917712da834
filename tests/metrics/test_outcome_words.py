"""One word for each run, the first that fits (design, section 4), and the status beside it."""

from __future__ import annotations

import math
from typing import Any

import pytest

from simulator.trace.records import Record, Trigger
from tests.metrics.hand import DOWN, NEW, OLD, flow, measured, status

MIXED = flow(new=0.4)
STOPPED = (status(60.0, "Stopped"), Trigger(60.0, "alarm"))
BACK = (status(61.0, "Created", 1), status(90.0, "Succeeded", 1))
NOT_BACK = (status(61.0, "Created", 1), status(90.0, "Failed", 1))

CASES: list[tuple[str, Any, tuple[Record, ...], bool, str]] = [
    # What is in production at the end, what happened, whether the revision is bad, how the run ended.
    ("succeeded", NEW, (status(60.0, "Succeeded"),), False, "settled"),
    ("bad_in_production", NEW, (status(60.0, "Succeeded"),), True, "horizon"),
    ("rolled_back", OLD, (*STOPPED, *BACK), True, "settled"),
    ("rolled_back", OLD, (*STOPPED, *BACK), False, "settled"),
    ("rolled_back", OLD, (status(60.0, "Succeeded"), Trigger(80.0, "person"), *BACK), True, "settled"),
    # An alias whose weights a person cleared: a way back without a deployment of its own.
    ("rolled_back", OLD, (status(60.0, "Stopped"), Trigger(80.0, "person")), True, "settled"),
    ("rollback_failed", MIXED, (*STOPPED, *NOT_BACK), True, "horizon"),
    # Precedence: the rollback failed, whatever came after it.
    ("rollback_failed", OLD, (*STOPPED, *NOT_BACK, status(200.0, "Succeeded", 2)), True, "settled"),
    (
        "rollback_failed",
        NEW,
        (status(60.0, "Succeeded"), Trigger(80.0, "person"), *NOT_BACK),
        True,
        "horizon",
    ),
    # A way back was begun and is not over; the bad revision has everything.
    ("bad_in_production", NEW, (*STOPPED, status(61.0, "InProgress", 1)), True, "horizon"),
    ("failed", OLD, (status(60.0, "Failed"),), True, "settled"),
    ("failed", OLD, (status(60.0, "Stopped"),), False, "settled"),
    # A good revision kept after a person's way back that changed nothing is still in production.
    ("succeeded", MIXED, (status(60.0, "Succeeded"),), False, "settled"),
    ("stuck", MIXED, (status(60.0, "Failed"),), False, "horizon"),
    ("stuck", MIXED, (status(60.0, "Stopped"),), True, "horizon"),
    ("stuck", MIXED, (*STOPPED, status(61.0, "InProgress", 1)), True, "horizon"),
    ("stuck", DOWN, (status(60.0, "Failed"),), True, "horizon"),
    ("stuck", NEW, (status(60.0, "Failed"),), False, "settled"),
    ("stuck", OLD, (status(0.0, "InProgress"),), False, "horizon"),
]


@pytest.mark.parametrize(("word", "last", "others", "bad", "how"), CASES)
def test_the_first_word_that_fits(word: str, last: Any, others: tuple[Record, ...], bad: bool, how: str) -> None:
    outcome = measured({0.0: OLD, 30.0: MIXED, 91.0: last}, *others, end=300.0, how=how, bad=bad)
    assert outcome.outcome == word
    assert outcome.censored == (how == "horizon")


@pytest.mark.parametrize("word", ["Succeeded", "Failed", "Stopped"])
def test_the_duration_ends_with_the_rollouts_own_status(word: str) -> None:
    """Not with that of the rollback after it."""
    back = (status(61.0, "Created", 1), status(90.0, "Succeeded", 1))
    records = (status(0.0, "Created"), status(60.0, word), *back)
    outcome = measured({0.0: OLD}, *records, end=90.0)
    assert (outcome.deployment_status, outcome.duration_s) == (word, 60.0)


def test_a_deployment_without_an_end_has_no_status() -> None:
    outcome = measured({0.0: OLD}, status(0.0, "InProgress"), end=90.0, how="horizon")
    assert (outcome.deployment_status, outcome.duration_s) == (None, math.inf)


def test_the_first_trigger_is_the_trigger() -> None:
    records = (status(60.0, "Stopped"), Trigger(60.0, "alarm"), Trigger(500.0, "person"))
    outcome = measured({0.0: NEW, 600.0: OLD}, *records, end=600.0, bad=True)
    assert outcome.trigger == "alarm"
    assert outcome.detect_s == 60.0
