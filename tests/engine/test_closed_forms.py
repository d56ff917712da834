"""Analytic oracles of risk-methods 8.1 and codedeploy.md section 5, each by its name there."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import integrate, stats

from simulator.engine.run import prepared
from simulator.model.deployment_configuration import DeploymentConfiguration
from simulator.randomness import Streams
from simulator.rules import traffic_shift
from simulator.trace.records import FlowChange, Shift, Usage
from tests.worlds import P1_TIMES, a_fleet, an_alias, canary, errors_alarm, linear, once

TOLERANCE = 3.29  # standard errors: about one false alarm in a thousand seeds, and the seed is fixed


def test_p1_one_at_a_time_takes_the_sum_of_its_instances() -> None:
    """P1: twelve instances of 430 s one after another take 5160 s."""
    _, outcome = once(a_fleet(12, "CodeDeployDefault.OneAtATime", durations=P1_TIMES, rate=100.0))
    assert outcome.duration_s == pytest.approx(5160.0, abs=1e-9)
    assert outcome.outcome == "succeeded"
    assert outcome.failed_requests == 0.0


@pytest.mark.parametrize("dispatch", ["batch", "window"])
def test_p2_half_at_a_time_takes_three_waves_of_nine(dispatch: str) -> None:
    """P2: nine instances in waves of 4, 4 and 1 take 1290 s, with barriers or a sliding window."""
    world = a_fleet(9, durations=P1_TIMES, assumptions={"dispatch": dispatch})
    assert once(world)[1].duration_s == pytest.approx(1290.0, abs=1e-9)


def test_p7_half_the_fleet_away_at_peak_drops_what_the_rest_cannot_take() -> None:
    """P7: 600/s on five of ten instances of 100/s for two waves of 430 s drop 86,000 requests."""
    _, outcome = once(a_fleet(10, durations=P1_TIMES, rate=600.0))
    assert outcome.failed_requests == pytest.approx(86_000.0, abs=1e-6)
    assert outcome.failed_capacity == outcome.failed_requests
    assert outcome.capacity_shortfall_s == pytest.approx(860.0, abs=1e-9)
    assert 1 - outcome.failed_requests / (600 * 86_400) == pytest.approx(0.998341, abs=5e-7)


def test_in_place_with_every_wait_is_the_sum_of_its_parts() -> None:
    """Pickup of each of 13 events, ALB deregistration delay, AllowTraffic by formula, scripts and managed events."""
    times = {name: length for name, length in P1_TIMES.items() if name not in ("BlockTraffic", "AllowTraffic")}
    health_check = {"interval": 10.0, "healthy_threshold": 5}
    world = a_fleet(
        4,
        "CodeDeployDefault.OneAtATime",
        balancer={"deregistration_delay": 120.0, "health_check": health_check},
        durations=times,
        assumptions={"agent_pickup": 1.0, "creation_delay": 7.0},
    )
    each = 13 * 1.0 + 120.0 + (5 * 10.0 + 10.0) + sum(times.values())
    assert once(world)[1].duration_s == pytest.approx(7.0 + 4 * each, abs=1e-9)


def test_first_pass_reading_waits_for_one_check_only() -> None:
    """compute-timing.md 2.5: one passing check, at its phase of the interval."""
    world = a_fleet(
        1,
        {"name": "c", "minimum_healthy_hosts": {"type": "HOST_COUNT", "value": 0}},
        balancer={"deregistration_delay": 0.0},
        assumptions={"allow_traffic": "first_pass", "health_check_phase": 0.25},
    )
    assert once(world)[1].duration_s == pytest.approx(0.25 * 30.0, abs=1e-9)


def test_without_a_load_balancer_there_are_seven_events() -> None:
    """codedeploy.md 4.2: the traffic events exist only with a load balancer."""
    world = a_fleet(1, "CodeDeployDefault.AllAtOnce", balancer=None, assumptions={"agent_pickup": 1.0})
    assert once(world)[1].duration_s == pytest.approx(7.0, abs=1e-9)


@pytest.mark.parametrize(
    ("configuration", "seconds"),
    [
        ("CodeDeployDefault.LambdaAllAtOnce", 0.0),
        ("CodeDeployDefault.LambdaCanary10Percent5Minutes", 300.0),
        ("CodeDeployDefault.LambdaCanary10Percent30Minutes", 1800.0),
        ("CodeDeployDefault.LambdaLinear10PercentEvery1Minute", 540.0),
        ("CodeDeployDefault.LambdaLinear10PercentEvery10Minutes", 5400.0),
        (linear(30, 2), 360.0),
        (canary(5, 15), 900.0),
    ],
)
def test_a_shift_lasts_its_waits_and_no_more(configuration: object, seconds: float) -> None:
    """codedeploy.md section 5: no wait before the first share nor after the last."""
    trace, outcome = once(an_alias(configuration))
    assert outcome.duration_s == pytest.approx(seconds, abs=1e-9)
    shifts = [(record.time, record.weight_new) for record in trace.records if isinstance(record, Shift)]
    assert shifts == traffic_shift.schedule(_as_configuration(configuration))


def _as_configuration(configuration: object) -> str | DeploymentConfiguration:
    return configuration if isinstance(configuration, str) else DeploymentConfiguration.model_validate(configuration)


def test_p3_batches_wait_for_their_slowest_instance() -> None:
    """P3: lognormal 120 s, sigma 0.4, nine instances as 4 + 4 + 1: mean 507.182 s, sd 96.1896 s."""

    def mean_of_largest(count: int) -> float:
        law = stats.lognorm(0.4, scale=120.0)
        return float(integrate.quad(lambda x: 1 - law.cdf(x) ** count, 0, 2000)[0])

    oracle = 2 * mean_of_largest(4) + mean_of_largest(1)
    assert oracle == pytest.approx(507.182, abs=5e-4)
    world = a_fleet(9, balancer=None, durations={"AfterInstall": {"median": 120.0, "sigma": 0.4}})
    durations = np.array([once(world, replication=k)[1].duration_s for k in range(3000)])
    assert abs(durations.mean() - oracle) <= TOLERANCE * durations.std(ddof=1) / math.sqrt(durations.size)
    assert durations.std(ddof=1) == pytest.approx(96.1896, rel=0.06)


def test_p4_an_alarm_of_three_periods_fires_192_seconds_after_onset_on_average() -> None:
    """P4: P = 60, M = 3, theta = 0.2, d = 30: mean 192 s, sd 17.32 s; 1152 bad requests at p r e = 6/s."""
    scale = 10_000.0  # counts so large that only the slot's share after onset decides whether it breaches
    world = an_alias(
        canary(10, 30),
        rate=200.0 * scale,
        revision={"bad": 1.0, "defects": [{"kind": "errors", "share": 0.3}]},
        alarms=[errors_alarm(threshold=0.2 * 360 * scale, periods=3)],
        rollback={"events": ["DEPLOYMENT_STOP_ON_ALARM"]},
        assumptions={
            "minute_phase": {"uniform": [0.0, 1.0]},
            "delivery_lambda": 30.0,
            "alarm_evaluation_phase": 0.5,
        },
        people=None,
    )
    outcomes = [once(world, replication=k, stratum="bad")[1] for k in range(2000)]
    delays = np.array([outcome.detect_s for outcome in outcomes], dtype=float)
    assert abs(delays.mean() - 192.0) <= TOLERANCE * delays.std(ddof=1) / math.sqrt(delays.size)
    assert delays.std(ddof=1) == pytest.approx(60 / math.sqrt(12), rel=0.05)
    assert delays.min() >= 60 * 2.2 + 30 - 0.5
    assert delays.max() <= 60 * 3.2 + 30 + 0.5
    harm = np.array([outcome.failed_requests for outcome in outcomes]) / scale
    assert abs(harm.mean() - 1152.0) <= TOLERANCE * harm.std(ddof=1) / math.sqrt(harm.size)


def test_p5_a_small_canary_shows_few_errors_a_minute() -> None:
    """P5: 5 % of 40/s at 2 % errors are 2.4 a minute: P(at least 5) = 0.0958686, P(0) = 0.0907180."""
    world = an_alias(
        canary(5, 60),
        rate=40.0,
        revision={"bad": 1.0, "defects": [{"kind": "errors", "share": 0.02}]},
        alarms=[errors_alarm(threshold=5, watched=False, pages=False)],
        people=None,
    )
    counts = []
    for replication in range(150):
        run = prepared(world, Streams(3, replication), "bad", "states")
        run.env.run(until=1500.0)
        alarm = run.board.watched[0]
        counts += [alarm.telemetry.statistic(alarm.plan.recipe.only, [minute]) for minute in range(20)]
    seen = np.array(counts)
    for share, oracle in ((np.mean(seen >= 5), 0.0958686), (np.mean(seen == 0), 0.0907180)):
        assert abs(share - oracle) <= TOLERANCE * math.sqrt(oracle * (1 - oracle) / seen.size)


def test_p6_downloads_are_tried_again_until_they_succeed_or_give_up() -> None:
    """P6: q = 0.9, at most 3 tries: 1.11 on average, gives up 0.001; any of 50 instances 0.0487944."""
    world = a_fleet(
        50,
        "CodeDeployDefault.AllAtOnce",
        balancer=None,
        faults=[{"kind": "download_failure", "probability": 0.1, "attempts": 3}],
        assumptions={"download_retry_wait": 0.0},
        people=None,
        rollback={"events": []},
    )
    tries, gave_up = [], []
    for replication in range(1200):
        trace, _ = once(world, replication=replication)
        usages = [record for record in trace.records if isinstance(record, Usage)]
        tries += [usage.quantity for usage in usages if usage.item == "bundle_download"]
        gave_up.append(sum(1 for record in trace.records if getattr(record, "status", "") == "Failed") > 0)
    counted = np.array(tries)
    assert abs(counted.mean() - 1.11) <= TOLERANCE * counted.std(ddof=1) / math.sqrt(counted.size)
    oracle = 1 - (1 - 0.1**3) ** 50
    assert oracle == pytest.approx(0.0487944, abs=5e-8)
    assert abs(np.mean(gave_up) - oracle) <= TOLERANCE * math.sqrt(oracle * (1 - oracle) / len(gave_up))


@pytest.mark.parametrize(
    ("configuration", "requests"),
    [
        ("CodeDeployDefault.LambdaCanary10Percent5Minutes", 100 * 0.2 * (0.1 * 300)),
        ("CodeDeployDefault.LambdaLinear10PercentEvery1Minute", 100 * 0.2 * sum(k / 10 * 60 for k in range(1, 10))),
    ],
)
def test_harm_of_an_unseen_defect_during_the_shift_is_the_weight_times_the_errors(
    configuration: str, requests: float
) -> None:
    """Fluid harm: rate times weight times error share, integrated over the shift."""
    world = an_alias(configuration, revision={"bad": 1.0, "defects": [{"kind": "errors", "share": 0.2}]}, people=None)
    trace, outcome = once(world, stratum="bad")
    flows = [record for record in trace.records if isinstance(record, FlowChange) and record.time < outcome.duration_s]
    ends = [*(record.time for record in flows[1:]), outcome.duration_s]
    harm = sum(record.flow.defect * (end - record.time) for record, end in zip(flows, ends, strict=True))
    assert harm == pytest.approx(requests, abs=1e-9)
    assert outcome.outcome == "bad_in_production"
    assert outcome.censored
