"""Time to detect with its five parts, and time to get back (design, section 4; decision 7)."""

from __future__ import annotations

import math
from typing import Any

import pytest

from simulator.metrics import Outcome
from simulator.trace.records import Trigger
from tests.metrics.hand import DOWN, NEW, OLD, flow, measured, status
from tests.worlds import a_fleet

CANARY = flow(new=0.1, defect=1.0)


def parts(outcome: Outcome) -> tuple[float | None, ...]:
    """Slot, delivery, evaluation, poll, action."""
    return (
        outcome.detect_slot_s,
        outcome.detect_delivery_s,
        outcome.detect_evaluation_s,
        outcome.detect_poll_s,
        outcome.detect_action_s,
    )


def alarm(time: float, *, slot_end: float, delivered: float, evaluated: float, polled: float) -> Trigger:
    return Trigger(time, "alarm", "errors", slot_end, delivered, evaluated, polled)


def test_an_alarm_is_detection_in_five_parts() -> None:
    """Onset at 20; the slot ends at 60, is readable at 95, judged at 110, looked at at 118, acted on at 121."""
    trigger = alarm(121.0, slot_end=60.0, delivered=95.0, evaluated=110.0, polled=118.0)
    outcome = measured({0.0: OLD, 20.0: CANARY, 124.0: OLD}, trigger, end=130.0, bad=True)
    assert outcome.detect_s == pytest.approx(101.0)
    assert parts(outcome) == pytest.approx((40.0, 35.0, 15.0, 8.0, 3.0))
    assert outcome.trigger == "alarm"


def test_what_happened_before_the_onset_counts_as_at_the_onset() -> None:
    """An alarm already up on its old errors: its slot ended before the bad revision took a request."""
    trigger = alarm(40.0, slot_end=-60.0, delivered=10.0, evaluated=25.0, polled=38.0)
    outcome = measured({0.0: OLD, 20.0: CANARY, 44.0: OLD}, trigger, end=60.0, bad=True)
    assert outcome.detect_s == pytest.approx(20.0)
    assert parts(outcome) == pytest.approx((0.0, 0.0, 5.0, 13.0, 2.0))


def test_a_person_called_by_an_alarm_takes_notice_by_acknowledging() -> None:
    trigger = Trigger(1000.0, "person", "errors", 60.0, 95.0, 110.0, polled=350.0)
    outcome = measured({0.0: OLD, 20.0: CANARY, 1200.0: OLD}, trigger, end=1200.0, bad=True)
    assert outcome.detect_s == pytest.approx(980.0)
    assert parts(outcome) == pytest.approx((40.0, 35.0, 15.0, 240.0, 650.0))


@pytest.mark.parametrize("kind", ["failure", "person"])
def test_a_trigger_without_an_alarm_is_all_action(kind: Any) -> None:
    outcome = measured({0.0: OLD, 20.0: CANARY, 70.0: OLD}, Trigger(65.0, kind), end=70.0, bad=True)
    assert outcome.detect_s == pytest.approx(45.0)
    assert parts(outcome) == pytest.approx((0.0, 0.0, 0.0, 0.0, 45.0))
    assert outcome.trigger == kind


def test_a_bad_revision_that_nobody_stops_is_never_detected() -> None:
    outcome = measured({0.0: CANARY}, end=3600.0, how="horizon", bad=True)
    assert outcome.detect_s == math.inf
    assert parts(outcome) == (None,) * 5
    assert outcome.rollback_s is None
    assert outcome.trigger is None


def test_a_revision_stopped_before_its_first_request_is_not_detected_but_absent() -> None:
    """The hook of the first target failed; or the trigger came first and a request was served later."""
    never = measured({0.0: OLD}, Trigger(30.0, "failure"), end=60.0, bad=True)
    late = measured({0.0: OLD, 40.0: CANARY, 50.0: OLD}, Trigger(30.0, "failure"), end=60.0, bad=True)
    for outcome in (never, late):
        assert outcome.detect_s is None
        assert parts(outcome) == (None,) * 5


def test_a_good_revision_is_not_detected_even_if_it_is_rolled_back() -> None:
    outcome = measured({0.0: OLD, 20.0: flow(new=0.1), 70.0: OLD}, Trigger(65.0, "alarm"), end=70.0)
    assert outcome.detect_s is None
    assert outcome.rollback_s == pytest.approx(5.0)


def test_detection_starts_with_the_first_request_not_with_the_first_failure() -> None:
    """A defect that shows later was there from the first request on."""
    flows = {0.0: OLD, 20.0: flow(new=0.1), 50.0: CANARY, 70.0: OLD}
    assert measured(flows, Trigger(65.0, "failure"), end=70.0, bad=True).detect_s == pytest.approx(45.0)


def test_detection_starts_when_requests_come() -> None:
    """The alias was shifted at night, the first request came at 30 s."""
    flows = {0.0: flow(demand=0.0), 10.0: flow(demand=0.0, new=1.0), 30.0: NEW, 70.0: OLD}
    assert measured(flows, Trigger(65.0, "failure"), end=70.0, bad=True).detect_s == pytest.approx(35.0)


def test_the_way_back_ends_when_the_previous_revision_takes_everything() -> None:
    flows = {0.0: OLD, 20.0: CANARY, 60.0: flow(new=0.05), 68.0: OLD}
    assert measured(flows, Trigger(50.0, "alarm"), end=90.0, bad=True).rollback_s == pytest.approx(18.0)


def test_the_way_back_ends_for_good() -> None:
    """All on the previous revision at 60, one target out again until 75 with too little left."""
    flows = {0.0: CANARY, 60.0: OLD, 70.0: flow(capacity=90.0, refused=10.0), 75.0: OLD}
    assert measured(flows, Trigger(50.0, "alarm"), end=90.0, bad=True).rollback_s == pytest.approx(25.0)


def test_a_target_out_that_is_not_missed_does_not_prolong_the_way_back() -> None:
    flows = {0.0: CANARY, 60.0: OLD, 70.0: flow(capacity=100.0), 75.0: OLD}
    assert measured(flows, Trigger(50.0, "alarm"), end=90.0, bad=True).rollback_s == pytest.approx(10.0)


def test_capacity_as_large_as_at_zero_is_enough_although_it_was_never_enough() -> None:
    """Ten targets of 100/s under 1,200/s: eight are fewer than before, ten are not."""
    short = flow(demand=1200.0, untouched=1000.0, refused=200.0, capacity=800.0)
    whole = flow(demand=1200.0, untouched=1000.0, capacity=1000.0)
    outcome = measured({0.0: short, 60.0: whole}, Trigger(50.0, "alarm"), end=90.0, world=a_fleet(10, rate=1200.0))
    assert outcome.rollback_s == pytest.approx(10.0)


def test_a_way_back_that_never_arrives_is_infinite() -> None:
    flows = {0.0: CANARY, 60.0: DOWN}
    outcome = measured(flows, Trigger(50.0, "alarm"), end=3600.0, how="horizon", bad=True)
    assert outcome.rollback_s == math.inf


def test_a_way_back_from_nowhere_takes_no_time() -> None:
    """The alarm was up before any request had gone to the new revision."""
    outcome = measured({0.0: OLD}, Trigger(0.75, "alarm"), status(0.75, "Stopped"), end=3.0)
    assert outcome.rollback_s == 0.0


def test_a_way_back_that_arrives_at_the_very_end_has_arrived() -> None:
    outcome = measured({0.0: CANARY, 90.0: OLD}, Trigger(50.0, "alarm"), end=90.0, bad=True)
    assert outcome.rollback_s == pytest.approx(40.0)


@pytest.mark.parametrize(
    ("kind", "time", "before"),
    [
        ("alarm", 99.0, True),
        ("failure", 99.0, True),
        ("alarm", 100.0, False),  # traffic moves before anybody acts
        ("alarm", 130.0, False),
        ("person", 50.0, False),  # not an automatic trigger
    ],
)
def test_detected_before_full_is_an_automatic_trigger_before_all_traffic_is_on_the_bad_revision(
    kind: Any, time: float, before: bool
) -> None:
    flows = {0.0: OLD, 20.0: CANARY, 100.0: flow(new=1.0, defect=10.0), 140.0: OLD}
    outcome = measured(flows, Trigger(time, kind), status(time, "Stopped"), end=150.0, bad=True)
    assert outcome.detected_before_full is before


def test_a_bad_revision_that_never_got_all_traffic_was_detected_before() -> None:
    flows = {0.0: OLD, 20.0: CANARY, 140.0: OLD}
    assert measured(flows, Trigger(139.0, "alarm"), end=150.0, bad=True).detected_before_full
    assert not measured(flows, Trigger(139.0, "alarm"), end=150.0).detected_before_full
