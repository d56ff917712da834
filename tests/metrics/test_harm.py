"""Harm: the integral of the failing share, its parts by cause, and what users met (design, section 4)."""

from __future__ import annotations

import math

import pytest

from simulator.trace.records import Trigger
from tests.metrics.hand import DOWN, NEW, OLD, flow, measured
from tests.worlds import a_fleet, an_alias


def test_downtime_is_the_failing_share_times_the_time_it_fails() -> None:
    """Half for 10 s and a fifth for 30 s: 5 + 6 s."""
    outcome = measured({0.0: OLD, 5.0: flow(refused=50.0), 15.0: flow(dead=20.0), 45.0: OLD}, end=60.0)
    assert outcome.downtime_s == pytest.approx(11.0)


def test_downtime_is_clock_time_while_everything_is_down() -> None:
    assert measured({0.0: OLD, 7.0: DOWN, 19.0: OLD}, end=40.0).downtime_s == pytest.approx(12.0)


def test_what_fails_anyway_is_no_downtime() -> None:
    """Ten of a hundred fail on any revision; of the ninety others a third fails for 9 s."""
    outcome = measured({0.0: flow(untouched=90.0, defect=30.0), 9.0: flow(untouched=90.0)}, end=30.0, bad=True)
    assert outcome.downtime_s == pytest.approx(3.0)
    assert outcome.failed_requests == pytest.approx(270.0)


def test_no_requests_no_harm() -> None:
    outcome = measured({0.0: flow(demand=0.0, capacity=0.0, old=0.0)}, end=60.0, bad=True)
    assert (outcome.downtime_s, outcome.outage_s, outcome.failed_requests) == (0.0, 0.0, 0.0)
    assert outcome.recover_s is None


@pytest.mark.parametrize(("share", "seconds"), [(0.5, 14.0), (0.51, 4.0), (0.2, 44.0)])
def test_an_outage_is_time_with_at_least_its_share_failing(share: float, seconds: float) -> None:
    """A fifth for 30 s, half for 10 s, all for 4 s."""
    flows = {0.0: flow(defect=20.0), 30.0: flow(defect=50.0), 40.0: DOWN, 44.0: OLD}
    outcome = measured(flows, end=50.0, world=a_fleet(10, slo={"outage_share": share}))
    assert outcome.outage_s == pytest.approx(seconds)


def test_an_outage_starts_at_half_without_any_objective() -> None:
    outcome = measured({0.0: flow(defect=49.0), 10.0: flow(defect=50.0), 12.0: OLD}, end=50.0)
    assert outcome.outage_s == pytest.approx(2.0)


def test_failed_requests_are_counted_by_cause_until_somebody_decides_to_go_back() -> None:
    """A tenth, a fifth and three tenths of 100/s for 10 s; from 6 s on everything is the way back's."""
    worse = flow(defect=10.0, refused=20.0, dead=30.0, new=0.5)
    outcome = measured({0.0: worse, 10.0: OLD}, Trigger(6.0, "failure"), end=20.0, bad=True)
    assert outcome.failed_defect == pytest.approx(60.0)
    assert outcome.failed_capacity == pytest.approx(120.0)
    assert outcome.failed_dead == pytest.approx(180.0)
    assert outcome.failed_way_back == pytest.approx(240.0)
    assert outcome.failed_requests == pytest.approx(600.0)


def test_without_a_way_back_nothing_fails_on_it() -> None:
    outcome = measured({0.0: flow(defect=10.0, new=1.0)}, end=20.0, how="horizon", bad=True)
    assert (outcome.failed_defect, outcome.failed_way_back) == (pytest.approx(200.0), 0.0)


def test_the_budget_share_is_failures_over_what_the_objective_allows() -> None:
    """2,000 failures; 0.1 % of 100/s over 28 days allow 241,920."""
    world = a_fleet(10, slo={"objective": 0.999})
    outcome = measured({0.0: flow(defect=20.0), 100.0: OLD}, end=200.0, world=world)
    assert outcome.budget_share == pytest.approx(2000.0 / 241_920.0)


def test_the_budget_follows_the_mean_of_the_daily_profile_and_its_own_window() -> None:
    """Half the day at full rate, half at a fifth: 60 % of 100/s, over 7 days, 1 % allowed."""
    traffic = {"rate": 100.0, "daily": {"00:00": 0.2, "12:00": 1.0}}
    world = a_fleet(10, traffic=traffic, slo={"objective": 0.99, "window": 7 * 86_400.0})
    outcome = measured({0.0: flow(defect=20.0), 100.0: OLD}, end=200.0, world=world)
    assert outcome.budget_share == pytest.approx(2000.0 / (0.01 * 60.0 * 604_800.0))


@pytest.mark.parametrize("given", [{}, {"slo": {"objective": 0.999}, "traffic": {"rate": 0.0}}])
def test_no_objective_or_no_traffic_leaves_no_budget_share(given: dict[str, object]) -> None:
    assert measured({0.0: OLD}, end=10.0, world=a_fleet(10, **given)).budget_share is None


def test_exposed_requests_are_those_routed_to_a_bad_revision_well_answered_or_not() -> None:
    flows = {0.0: OLD, 10.0: flow(new=0.1), 40.0: flow(new=1.0, defect=50.0), 50.0: OLD}
    outcome = measured(flows, end=60.0, bad=True)
    assert outcome.exposed_requests == pytest.approx(0.1 * 100 * 30 + 100 * 10)
    assert outcome.peak_exposure == 1.0


def test_requests_refused_for_want_of_capacity_were_exposed_all_the_same() -> None:
    """Routed to the bad revision, which answers a tenth of them."""
    swamped = flow(new=1.0, refused=90.0)._replace(served_new=10.0)
    assert measured({0.0: swamped, 10.0: OLD}, end=60.0, bad=True).exposed_requests == pytest.approx(1000.0)


def test_a_good_revision_exposes_nobody() -> None:
    outcome = measured({0.0: OLD, 10.0: NEW}, end=60.0)
    assert (outcome.exposed_requests, outcome.peak_exposure) == (0.0, 0.0)


def test_the_peak_is_the_largest_share_at_any_instant() -> None:
    flows = {0.0: OLD, 1.0: flow(new=0.3), 2.0: flow(new=0.6), 2.5: flow(new=0.2), 9.0: OLD}
    assert measured(flows, end=10.0, bad=True).peak_exposure == pytest.approx(0.6)


def test_no_traffic_exposes_nobody() -> None:
    outcome = measured({0.0: flow(demand=0.0, new=1.0)}, end=10.0, how="horizon", bad=True)
    assert (outcome.exposed_requests, outcome.peak_exposure) == (0.0, 0.0)
    assert outcome.detect_s is None


def test_mixed_versions_are_both_in_production() -> None:
    flows = {0.0: OLD, 10.0: flow(new=0.5), 25.0: NEW, 30.0: flow(new=0.9), 32.0: NEW}
    assert measured(flows, end=60.0).mixed_version_s == pytest.approx(17.0)


def test_recovery_runs_from_the_first_failing_request_to_the_last_pauses_included() -> None:
    flows = {0.0: OLD, 10.0: flow(defect=1.0), 20.0: OLD, 50.0: flow(defect=1.0), 55.0: OLD}
    assert measured(flows, end=90.0, bad=True).recover_s == pytest.approx(45.0)


@pytest.mark.parametrize(
    ("last", "how", "recovered"),
    [(OLD, "settled", 40.0), (OLD, "horizon", 40.0), (flow(defect=1.0), "horizon", math.inf)],
)
def test_harm_that_lasts_to_the_horizon_never_ended(last: object, how: str, recovered: float) -> None:
    outcome = measured({0.0: flow(defect=5.0), 40.0: last}, end=100.0, how=how, bad=True)  # type: ignore[dict-item]
    assert outcome.recover_s == recovered


def test_without_harm_there_is_nothing_to_recover_from() -> None:
    assert measured({0.0: OLD, 10.0: NEW}, end=60.0).recover_s is None


def test_a_shortfall_is_time_with_less_capacity_than_demand() -> None:
    flows = {0.0: flow(capacity=100.0), 10.0: flow(capacity=99.0), 16.0: flow(capacity=0.0), 20.0: OLD}
    assert measured(flows, end=60.0).capacity_shortfall_s == pytest.approx(10.0)


def test_no_shortfall_where_no_capacity_is_stated() -> None:
    flows = {0.0: flow(capacity=math.inf), 10.0: flow(capacity=0.0, refused=100.0, old=0.0)}
    assert measured(flows, end=60.0, how="horizon", world=a_fleet(10, capacity=None)).capacity_shortfall_s is None
    assert measured(flows, end=60.0, how="horizon", world=an_alias()).capacity_shortfall_s is None


def test_amounts_of_a_censored_run_are_those_up_to_the_horizon() -> None:
    outcome = measured({0.0: flow(defect=10.0, new=1.0)}, end=3600.0, how="horizon", bad=True)
    assert outcome.censored
    assert outcome.failed_requests == pytest.approx(36_000.0)
    assert outcome.lifetime_s == 3600.0
