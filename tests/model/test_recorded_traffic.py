"""Traffic as it was recorded: from the start on, by time or by the clock, the last rate to the end."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from simulator.model.context import Start, Traffic


def test_times_from_the_start():
    traffic = Traffic.model_validate({"series": {"0 s": "10/s", "10 min": "20/s", "1 h": "5/s"}})
    assert traffic.recorded(Start()) == ((0.0, 10.0), (600.0, 20.0), (3600.0, 5.0))
    assert traffic.rate == 20.0
    assert traffic.mean_rate == pytest.approx((10 * 600 + 20 * 3000) / 3600)


def test_what_lies_before_the_start_says_only_what_holds_then():
    traffic = Traffic.model_validate({"series": {"08:00": "10/s", "09:30": "20/s", "10:05:30": "40/s"}})
    assert traffic.recorded(Start(time="10:00")) == ((0.0, 20.0), (330.0, 40.0))
    assert traffic.recorded(Start(time="07:00")) == ((0.0, 10.0), (3600.0, 10.0), (9000.0, 20.0), (11130.0, 40.0))
    assert traffic.recorded(Start(time="23:00")) == ((0.0, 40.0),)


def test_without_a_series_nothing_was_recorded():
    traffic = Traffic(rate=5.0)
    assert traffic.recorded(Start()) == ()
    assert traffic.mean_rate == 5.0


@pytest.mark.parametrize(
    ("traffic", "said"),
    [
        ({"rate": "5/s", "series": {"0 s": "1/s"}}, "rate and series both say how many requests come; take rate out"),
        (
            {"series": {"0 s": "1/s", "10:00": "2/s"}},
            "a series goes by times of day or by times from the start, not by both; write one kind",
        ),
        ({"series": {"60 s": "1/s", "0 s": "2/s"}}, "the times of a series rise from one to the next; sort them"),
        ({"series": {"0 s": "1/s"}, "daily": {"00:00": "10 %"}}, "daily shares have no use beside a series"),
        ({"series": {"25:00": "1/s"}}, "'25:00' is not a time of day"),
        ({"series": {"10": "1/s"}}, "'10' has no unit; write for example 10 s"),
    ],
)
def test_a_series_that_cannot_be_read_is_refused_with_what_to_write(traffic, said):
    with pytest.raises(ValidationError, match=said):
        Traffic.model_validate(traffic)


def test_a_strategy_may_have_another_recording_or_none():
    from tests.model.test_blue_green import a_world

    scenario = a_world({"traffic": {"series": {"0 s": "7/s"}}}, traffic={"series": {"0 s": "1/s", "60 s": "2/s"}})
    from simulator.model.overlay import merged

    assert merged(scenario.traffic, scenario.strategies[0].overlay["traffic"])["series"] == {"0 s": "7/s"}
