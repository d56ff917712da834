"""Defects that do not show at once: after a time, under load, or only beside the previous revision."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.metrics import Outcome
from simulator.trace.records import AlarmChange, FlowChange, Trace
from simulator.trace.text import narrate
from tests.worlds import a_fleet, an_alias, canary, errors_alarm, once

TIMES = {"BlockTraffic": 0.0, "AllowTraffic": 0.0, "ApplicationStart": 100.0}


def fleet(defect: dict[str, Any], **rest: Any) -> tuple[Trace, Outcome]:
    fields: dict[str, Any] = {"durations": TIMES, "people": None, "horizon": 1000.0, **rest}
    world = a_fleet(10, "CodeDeployDefault.OneAtATime", revision={"bad": 1.0, "defects": [defect]}, **fields)
    return once(world, stratum="bad", grain="full")


def failing(trace: Trace) -> list[tuple[float, float]]:
    """Instants and failing shares, where that changes."""
    found: list[tuple[float, float]] = []
    for record in trace.records:
        if isinstance(record, FlowChange):
            share = round(record.flow.failing_share, 9)
            if not found or found[-1][1] != share:
                found.append((record.time, share))
    return found


def test_a_latent_defect_counts_from_the_first_request_on_the_new_revision() -> None:
    """Ten hosts one after the other; the first serves from 100 s on, seven do at 750 s, two of ten still do not."""
    trace, outcome = fleet({"kind": "latent", "share": 0.5, "after": 650.0})
    shown = next(time for time, share in failing(trace) if share > 0)
    assert shown == 750.0
    assert dict(failing(trace))[750.0] == pytest.approx(7 / 9 * 0.5)  # one of the ten is out just then
    assert outcome.outcome == "bad_in_production"
    assert outcome.recover_s == float("inf")


def test_a_defect_under_load_is_not_seen_by_few_hosts() -> None:
    """1000/s over the nine in service, and it fails above 560/s of its own: not with five of them, but with six."""
    trace, _ = fleet({"kind": "under_load", "share": 0.5, "above": 560.0}, capacity=200.0, rate=1000.0)
    before = [share for time, share in failing(trace) if time < 500.0]
    assert before == [0.0]
    shares = {
        record.flow.share_new for record in trace.records if isinstance(record, FlowChange) if record.flow.defect > 0
    }
    assert min(shares) == pytest.approx(6 / 9)


def test_a_defect_under_load_shows_with_the_hours_of_the_day() -> None:
    """At night nothing fails; from 8:00 on it does, long after the deployment."""
    trace, outcome = fleet(
        {"kind": "under_load", "share": 0.2, "above": 50.0},
        traffic={"rate": 100.0, "daily": {"00:00": 0.4, "08:00": 1.0}},
        start="Tuesday 07:30",
        horizon=3600.0,
    )
    assert failing(trace) == [(0.0, 0.0), (1800.0, pytest.approx(0.2))]
    assert outcome.deployment_status == "Succeeded"


def test_versions_that_do_not_bear_each_other_fail_only_while_both_serve() -> None:
    trace, outcome = fleet({"kind": "mixed_versions", "share": 0.5})
    harmful = [time for time, share in failing(trace) if share > 0]
    assert min(harmful) == 100.0
    assert failing(trace)[-1] == (900.0, 0.0)  # the last one with the previous revision leaves
    assert outcome.outcome == "bad_in_production"  # bad all the same: the next rollout, or the way back, meets it
    _, at_once = fleet({"kind": "mixed_versions", "share": 0.5}, strategies=[
        {"name": "only", "configuration": "CodeDeployDefault.AllAtOnce"}])  # fmt: skip
    assert at_once.failed_defect == 0.0


@pytest.mark.parametrize(("after", "stopped"), [(120.0, True), (900.0, False)])
def test_an_alarm_on_the_new_version_sees_a_latent_defect_only_once_it_shows(after: float, stopped: bool) -> None:
    """A canary of five minutes on Lambda: the alarm may fire in it, or when all traffic has moved."""
    world = an_alias(
        canary(10, 5),
        revision={"bad": 1.0, "defects": [{"kind": "latent", "share": 0.5, "after": after}]},
        alarms=[errors_alarm()],
        rollback={"events": ["DEPLOYMENT_STOP_ON_ALARM"]},
        people=None,
        horizon=1800.0,
        assumptions={"alarm_counts": "expected"},
    )
    trace, outcome = once(world, stratum="bad")
    ups = [record.time for record in trace.records if isinstance(record, AlarmChange) and record.state == "ALARM"]
    assert min(ups) == after + 60.0
    assert (outcome.deployment_status == "Stopped") == stopped
    assert (outcome.outcome == "rolled_back") == stopped


@pytest.mark.parametrize(
    ("defect", "words"),
    [
        (
            {"kind": "latent", "share": 0.5, "after": 2400.0},
            "fails 50 % of requests from 40 min after it first serves on",
        ),
        ({"kind": "under_load", "share": 0.5, "above": 300.0}, "fails 50 % of requests while it gets more than 300/s"),
        (
            {"kind": "mixed_versions", "share": 0.5},
            "fails 50 % of requests while it serves beside the previous revision",
        ),
    ],
)
def test_the_story_says_when_it_shows(defect: dict[str, Any], words: str) -> None:
    world = a_fleet(2, "CodeDeployDefault.OneAtATime", durations=TIMES, people=None, horizon=60.0,
                    revision={"bad": 1.0, "defects": [defect]})  # fmt: skip
    trace, _ = once(world, stratum="bad", grain="full")
    assert words in narrate(trace, world)[0]


def test_two_strategies_meet_the_defect_at_the_same_age() -> None:
    """Drawn once for the release, whatever the strategy."""
    defect = {"kind": "latent", "share": 0.5, "after": {"median": 400.0, "p95": 900.0}}
    fast = fleet(defect, strategies=[{"name": "only", "configuration": "CodeDeployDefault.AllAtOnce"}])[0]
    slow = fleet(defect)[0]
    assert fast.defect == slow.defect
