"""Targets that warm up or are started slowly: closed forms of what falls short, and who notices."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.model.scenario import Scenario
from simulator.rules.warm_up import slow_start
from simulator.trace.records import FlowChange, ServiceChange, Trace
from simulator.trace.text import narrate
from tests.worlds import P1_TIMES, a_fleet, a_service, canary, hosts, once

TEN_MINUTES = {"lasts": 600.0, "capacity": 0.4}
LEAST = {"algorithm": "least_outstanding_requests"}
ALL, ONE = "CodeDeployDefault.AllAtOnce", "CodeDeployDefault.OneAtATime"
PEAK = 700.0
# A target of P1 is started 370 s after its deployment began and back after 430 s, so 540 s of its warm-up are seen.
STARTED, BACK, SEEN = 370.0, 430.0, 540.0


def at_peak(configuration: Any, size: int = 10, *, warm: bool = True, **rest: Any) -> Scenario:
    fleet = {"warm_up": TEN_MINUTES} if warm else {}
    given = {"durations": P1_TIMES, "rate": PEAK * size / 10, "fleet": fleet, "people": None, **rest}
    return a_fleet(size, configuration, **given)


def flows(trace: Trace) -> list[tuple[float, Any]]:
    return [(r.time, r.flow) for r in trace.records if isinstance(r, FlowChange)]


def grown(trace: Trace, what: str) -> list[tuple[float, int]]:
    return [(r.time, r.target) for r in trace.records if isinstance(r, ServiceChange) and r.what == what]


@pytest.mark.parametrize("balancer", [{}, LEAST])
def test_all_at_once_falls_short_at_peak_until_everybody_is_warm(balancer: dict[str, Any]) -> None:
    _, outcome = once(at_peak(ALL, balancer=balancer))
    assert outcome.duration_s == BACK  # CodeDeploy sees nothing of it
    assert outcome.capacity_shortfall_s == STARTED + 600
    # Registered from 400 s on, they take requests before they are healthy, since nobody is: the balancer fails open.
    assert outcome.failed_requests == pytest.approx(PEAK * 400 + (PEAK - 400) * (STARTED + 600 - 400))
    assert outcome.lifetime_s == STARTED + 600  # not settled while capacity is short of demand


def test_one_at_a_time_does_not_where_requests_go_to_whom_there_is_room_at() -> None:
    trace, outcome = once(at_peak(ONE, balancer=LEAST))
    assert (outcome.capacity_shortfall_s, outcome.failed_requests) == (0.0, 0.0)
    # One out and two of ten warming up, the least there ever is.
    assert min(flow.capacity for _, flow in flows(trace)) == pytest.approx(780.0)


def test_in_turn_a_warming_target_refuses_what_passes_its_share_though_others_have_room() -> None:
    _, outcome = once(at_peak(ONE))
    among_nine, among_ten = PEAK / 9 - 40, PEAK / 10 - 40
    # Eight warm up while one of ten is out; of the ninth and tenth 110 s and 540 s come after the last is back.
    expected = (8 * SEEN + BACK) * among_nine + (SEEN - BACK + SEEN) * among_ten
    assert outcome.capacity_shortfall_s == 0.0
    assert outcome.failed_capacity == outcome.failed_requests == pytest.approx(expected)


def test_without_warm_up_one_at_a_time_refuses_nothing() -> None:
    _, outcome = once(at_peak(ONE, warm=False))
    assert outcome.failed_requests == 0.0


def test_three_targets_half_at_a_time_line_by_line() -> None:
    """Two at once need a minimum of one; 210/s on three of 100/s that warm up at 40 %."""
    trace, outcome = once(at_peak(hosts("HOST_COUNT", 1), 3), grain="full")
    assert grown(trace, "warm") == [(970.0, 0), (970.0, 1), (1400.0, 2)]
    assert [(time, flow.capacity, round(flow.refused, 9)) for time, flow in flows(trace)] == [
        (0.0, 100.0, 110.0),  # two are out
        (430.0, 80.0, 130.0),  # they are back at 40 % each; the third is out
        (860.0, 120.0, 90.0),  # it is back too: each gets 70/s and answers 40/s
        (970.0, 240.0, 30.0),  # the first two are warm
        (1400.0, 300.0, 0.0),
    ]
    assert outcome.failed_requests == pytest.approx(110 * 430 + 130 * 430 + 90 * 110 + 30 * 430)
    assert outcome.capacity_shortfall_s == 970.0
    told = "\n".join(narrate(trace, at_peak(hosts("HOST_COUNT", 1), 3)))
    assert "too few targets are in service, and warm, for the demand" in told
    # From 970 s on 240/s would cover 210/s, but the third refuses some of its share: nothing has settled yet.
    assert outcome.lifetime_s == 1400.0


def test_a_rollback_s_reinstalled_targets_warm_up_too_and_the_way_back_is_over_when_capacity_is() -> None:
    bad = {"bad": 1.0, "defects": [{"kind": "errors", "share": 0.5}]}
    person = {"notice": 0.0, "acknowledge": 0.0, "decide": 0.0, "act": 0.0, "repair": 60.0}
    both = {"revision": bad, "people": person, "rollback": {"events": []}}
    cold = once(at_peak(ALL, **both), stratum="bad")[1]
    warm = once(at_peak(ALL, warm=False, **both), stratum="bad")[1]
    assert (cold.outcome, warm.outcome) == ("rolled_back", "rolled_back")
    # Nobody being healthy, those registered serve at once; warm ones are enough then, and cold ones when warm.
    assert (warm.rollback_s, cold.rollback_s) == (400.0, STARTED + 600)


def test_replacements_of_blue_green_warm_up_before_they_take_traffic() -> None:
    times = {"ApplicationStart": 15.0, "ValidateService": 700.0, "BlockTraffic": 0.0, "AllowTraffic": 30.0}
    given = {"deployment_type": "blue_green", "blue_green": {"originals": {"wait": 0.0}}}
    strategies = [{"name": "only", "configuration": ALL, **given}]
    world = a_fleet(4, ALL, durations=times, rate=390.0, fleet={"warm_up": TEN_MINUTES}, strategies=strategies)
    _, outcome = once(world)
    assert outcome.failed_requests == 0.0
    cold = a_fleet(4, ALL, durations={**times, "ValidateService": 0.0}, rate=390.0, strategies=strategies,
                   fleet={"warm_up": TEN_MINUTES})  # fmt: skip
    _, outcome = once(cold)
    # Registered 30 s after their start, they are alone from then on, at 160 of 390/s, for the 570 s that are left.
    assert outcome.failed_capacity == pytest.approx((390 - 160) * 570)


def test_without_a_load_balancer_a_target_warms_up_from_its_start() -> None:
    times = {"ApplicationStop": 10.0, "ApplicationStart": 20.0}
    world = a_fleet(2, ONE, balancer=None, durations=times, rate=100.0, fleet={"warm_up": TEN_MINUTES})
    _, outcome = once(world)
    # Down for 30 s each, with half of the requests; then 40 of the 50/s it gets are answered for ten minutes.
    assert outcome.failed_dead == pytest.approx(2 * 30 * 50)
    assert outcome.failed_capacity == pytest.approx(2 * 10 * 600)


# -- slow start ------------------------------------------------------------------------------------------------


def test_slow_start_gives_a_target_half_of_its_share_over_its_duration() -> None:
    world = a_fleet(3, ONE, balancer={"slow_start": 100.0}, durations={"BlockTraffic": 0.0, "AllowTraffic": 150.0},
                    rate=90.0)  # fmt: skip
    trace, outcome = once(world, grain="full")
    assert grown(trace, "full share") == [(250.0, 0), (400.0, 1)]  # the run ends with the third's slow start under way
    weights = [weight for _, weight in slow_start(100.0, 10)[:-1]]
    during = [flow.share_new for time, flow in flows(trace) if 150.0 <= time < 250.0]
    # One is out from 150 s on: the first, in slow start, shares with one grown one.
    assert during == pytest.approx([weight / (weight + 1) for weight in weights])
    assert outcome.failed_requests == 0.0


def test_a_fleet_that_returns_at_once_skips_slow_start() -> None:
    world = a_fleet(3, ALL, balancer={"slow_start": 100.0}, durations=P1_TIMES, rate=90.0)
    trace, _ = once(world, grain="full")
    assert grown(trace, "full share") == []
    assert [time for time, _ in flows(trace)] == [0.0, 400.0]  # the balancer fails open


def test_replacements_that_are_all_in_slow_start_are_not_short_of_capacity() -> None:
    given = {"deployment_type": "blue_green", "blue_green": {"originals": {"wait": 600.0}}}
    world = a_fleet(4, ALL, balancer={"slow_start": 300.0}, durations={"BlockTraffic": 10.0, "AllowTraffic": 30.0},
                    rate=100.0, strategies=[{"name": "only", "configuration": ALL, **given}])  # fmt: skip
    trace, outcome = once(world, grain="full")
    assert grown(trace, "full share")  # they did rise slowly
    assert (outcome.failed_requests, outcome.capacity_shortfall_s) == (0.0, 0.0)


def test_slow_start_shields_targets_that_warm_up() -> None:
    given: dict[str, Any] = {"durations": P1_TIMES, "rate": 500.0, "fleet": {"warm_up": TEN_MINUTES}}
    bare = once(a_fleet(10, ONE, **given))[1]
    shielded = once(a_fleet(10, ONE, balancer={"slow_start": 600.0}, **given))[1]
    assert 0 < shielded.failed_requests < bare.failed_requests / 2


def test_scenarios_in_which_nobody_ages_have_the_same_trace_with_a_warm_up_of_nothing() -> None:
    usual = once(at_peak(ONE, warm=False), grain="full")[0]
    none = once(at_peak(ONE, fleet={"warm_up": {"lasts": 0.0, "capacity": 0.4}}), grain="full")[0]
    assert usual.records == none.records
    full = once(at_peak(ONE, fleet={"warm_up": {"lasts": 600.0, "capacity": 1.0}}))[0]
    assert flows(full) == flows(usual)


# -- ECS -------------------------------------------------------------------------------------------------------


def test_tasks_that_warm_up_fail_what_the_listener_sends_them_beyond_their_capacity() -> None:
    """Four tasks start after 40 s, are healthy after 70 s and warm after 160 s; traffic moves at 70 s and 130 s."""
    young = {"warm_up": {"lasts": 120.0, "capacity": 0.25}}
    world = a_service(canary(50, 1, "ECS"), rate=300.0, wait=0.0, service=young)
    trace, outcome = once(world)
    # Half of 300/s on 4 x 25/s, then all of it. 200/s is what a split in halves answers in full.
    assert [(time, flow.refused, flow.capacity) for time, flow in flows(trace)] == [
        (0.0, 0.0, 400.0),
        (70.0, 50.0, 200.0),
        (130.0, 200.0, 100.0),
        (160.0, 0.0, 400.0),
    ]
    assert outcome.failed_capacity == pytest.approx(50 * 60 + 200 * 30)
    assert outcome.capacity_shortfall_s == 90.0


def test_a_canary_long_enough_hides_a_warm_up_that_all_at_once_shows() -> None:
    young = {"warm_up": {"lasts": 200.0, "capacity": 0.5}}
    slow = once(a_service(canary(10, 5, "ECS"), rate=300.0, wait=0.0, service=young))[1]
    fast = once(a_service("CodeDeployDefault.ECSAllAtOnce", rate=300.0, wait=0.0, service=young))[1]
    assert slow.failed_requests == 0.0
    # At 40 s all tasks run and take everything unchecked: the whole warm-up is seen.
    assert fast.failed_requests == pytest.approx(100 * 200)


def test_tasks_in_slow_start_share_unevenly_once_they_turn_healthy_one_after_another() -> None:
    spread = {"uniform": [10.0, 100.0]}
    given: dict[str, Any] = {"rate": 300.0, "wait": 0.0, "launch": spread}
    even = once(a_service(canary(50, 1, "ECS"), **given))[1]
    uneven = once(a_service(canary(50, 1, "ECS"), balancer={"slow_start": 900.0}, **given))[1]
    assert even.failed_requests == 0.0 < uneven.failed_requests
