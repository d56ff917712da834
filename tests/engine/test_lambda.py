"""A Lambda alias: hooks and their hour, ways back, splits, and one concurrency for both versions."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.model.scenario import Scenario
from simulator.trace.records import (
    DeploymentChange,
    EventRun,
    FlowChange,
    PersonAct,
    Shift,
    Trace,
    Usage,
)
from tests.worlds import an_alias, canary, errors_alarm, linear, once

BEFORE, AFTER = "BeforeAllowTraffic", "AfterAllowTraffic"
HOOKS = {BEFORE: {}, AFTER: {}}
TEN_SECONDS = dict.fromkeys(HOOKS, 10.0)
AT_ONCE = "CodeDeployDefault.LambdaAllAtOnce"
BACK = {"events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"]}
UP = {"name": "up", "namespace": "Shop", "metric_name": "Anything", "threshold": 1.0, "state": "ALARM"}
QUICK_PEOPLE = {"notice": 600.0, "acknowledge": 60.0, "decide": 120.0, "act": 30.0, "repair": 60.0}
BAD = {"bad": 1.0, "defects": [{"kind": "errors", "share": 0.2}]}


def shifts(trace: Trace) -> list[tuple[float, float]]:
    return [(r.time, r.weight_new) for r in trace.records if isinstance(r, Shift)]


def statuses(trace: Trace, number: int) -> list[tuple[float, str]]:
    return [(r.time, r.status) for r in trace.records if isinstance(r, DeploymentChange) and r.deployment == number]


def invocations(trace: Trace) -> list[int]:
    """Deployments that invoked a hook function, once for each invocation."""
    return [r.deployment for r in trace.records if isinstance(r, Usage) and r.item == "hook_invocation"]


def fault(kind: str, event: str, on: str = "deployment") -> dict[str, Any]:
    return {"kind": kind, "event": event, "target": 0, "on": on}


@pytest.mark.parametrize(("event", "start"), [(BEFORE, 0.0), (AFTER, 310.0)])
def test_a_hook_that_never_calls_back_fails_the_deployment_after_an_hour(event: str, start: float) -> None:
    """Whatever the function's own timeout (reference-appspec-file-structure-hooks)."""
    for timeout in (3600.0, 60.0):
        hooks = {**HOOKS, event: {"scripts": [{"timeout": timeout}]}}
        world = an_alias(hooks=hooks, durations=TEN_SECONDS, faults=[fault("hook_hang", event)], people=None)
        _, outcome = once(world)
        assert (outcome.duration_s, outcome.deployment_status) == (start + 3600.0, "Failed")


def test_a_function_that_ends_at_its_timeout_has_not_called_back() -> None:
    hooks = {BEFORE: {"scripts": [{"timeout": 30.0}]}}
    for duration, status, ends in ((30.0, "Succeeded", 330.0), (31.0, "Failed", 3600.0)):
        _, outcome = once(an_alias(hooks=hooks, durations={BEFORE: duration}, people=None))
        assert (outcome.deployment_status, outcome.duration_s) == (status, ends)


def test_a_hook_that_fails_before_traffic_exposes_nobody() -> None:
    world = an_alias(hooks=HOOKS, durations=TEN_SECONDS, faults=[fault("hook_failure", BEFORE)], revision=BAD,
                     rollback=BACK)  # fmt: skip
    trace, outcome = once(world, stratum="bad")
    assert statuses(trace, 0)[-1] == (10.0, "Failed")
    assert shifts(trace) == [(10.0, 0.0)]  # the rollback's, which changes nothing
    assert (outcome.exposed_requests, outcome.mixed_version_s, outcome.downtime_s) == (0.0, 0.0, 0.0)
    assert (outcome.detect_s, outcome.rollback_s) == (None, 0.0)
    assert (outcome.outcome, outcome.trigger) == ("rolled_back", "failure")


def test_a_hook_that_fails_after_traffic_comes_too_late_for_the_users() -> None:
    """All at once: everybody met the new version for the ten seconds of the hook and the way back."""
    world = an_alias(AT_ONCE, hooks=HOOKS, durations=TEN_SECONDS, faults=[fault("hook_failure", AFTER)],
                     revision=BAD, rollback=BACK, assumptions={"lambda_rollback": 2.5})  # fmt: skip
    _, outcome = once(world, stratum="bad")
    assert outcome.exposed_requests == pytest.approx(100.0 * 12.5)
    assert outcome.failed_defect == pytest.approx(20.0 * 10.0)
    assert outcome.failed_way_back == pytest.approx(20.0 * 2.5)
    assert (outcome.detect_s, outcome.rollback_s) == (10.0, 2.5)
    assert not outcome.detected_before_full


def test_without_automatic_rollback_a_failed_hook_leaves_the_new_version_in_production() -> None:
    world = an_alias(AT_ONCE, hooks=HOOKS, durations=TEN_SECONDS, faults=[fault("hook_failure", AFTER)],
                     revision=BAD, people=None)  # fmt: skip
    _, outcome = once(world, stratum="bad")
    assert (outcome.deployment_status, outcome.outcome) == ("Failed", "bad_in_production")
    assert outcome.censored


@pytest.mark.parametrize("event", [BEFORE, AFTER])
def test_a_rollback_invokes_no_hooks_and_sets_the_alias_back_at_once(event: str) -> None:
    """Observed: two invocations for two forward deployments, none for the rollback; back in 2 to 3 s."""
    faults = [fault("hook_failure", event), fault("hook_hang", event, on="rollback")]
    world = an_alias(linear(10, 1), hooks=HOOKS, durations=TEN_SECONDS, faults=faults, rollback=BACK,
                     still=False)  # fmt: skip
    trace, outcome = once(world, grain="full")
    assert set(invocations(trace)) == {0}
    failed = statuses(trace, 0)[-1][0]
    began, ended = statuses(trace, 1)[0][0], statuses(trace, 1)[-1][0]
    assert statuses(trace, 1)[-1][1] == "Succeeded"
    assert began == failed + 1.0
    assert 2.0 <= ended - began <= 3.0
    assert [time for time, weight in shifts(trace) if time > failed] == [ended]
    assert [r.event for r in trace.records if isinstance(r, EventRun) and r.deployment == 1] == ["AllowTraffic"]
    assert outcome.outcome == "rolled_back"


def stopped_in_the_canary(**rest: Any) -> Scenario:
    """An alarm that is up stops the deployment 100 s into a canary of ten percent; nothing leads back."""
    return an_alias(canary(10, 30), alarms=[UP], rollback={"events": []}, assumptions={"alarm_first_look": 100.0},
                    **rest)  # fmt: skip


def test_a_stop_without_rollback_leaves_the_alias_split() -> None:
    """troubleshooting-deployments-lambda: two versions stay until somebody clears the weights."""
    trace, outcome = once(stopped_in_the_canary(people=None))
    assert statuses(trace, 0)[-1] == (100.0, "Stopped")
    assert shifts(trace) == [(0.0, 0.1)]
    assert (outcome.outcome, outcome.trigger, outcome.censored) == ("stuck", None, True)
    assert outcome.mixed_version_s == outcome.lifetime_s == 100.0 + 86_400.0


@pytest.mark.parametrize("revision", [BAD, {"bad": 0.0}])
def test_a_person_clears_the_weights_of_a_split_alias(revision: dict[str, Any]) -> None:
    """Paged at 100, there at 160, decided at 280, done at 310; by hand and at once, without a deployment."""
    world = stopped_in_the_canary(people=QUICK_PEOPLE, revision=revision)
    trace, outcome = once(world, stratum="bad" if revision is BAD else "good")
    assert shifts(trace)[-1] == (310.0, 0.0)
    assert statuses(trace, 1) == []
    assert (outcome.outcome, outcome.trigger) == ("rolled_back", "person")
    assert outcome.mixed_version_s == outcome.lifetime_s == 310.0


def test_a_persons_way_back_is_an_ordinary_deployment_of_the_old_version() -> None:
    """With its hooks and its own shifts: a tenth back at once, the rest after the interval."""
    world = an_alias(canary(10, 5), hooks=HOOKS, durations=TEN_SECONDS, revision=BAD, people=QUICK_PEOPLE)
    trace, outcome = once(world, stratum="bad")
    begins = next(r.time for r in trace.records if isinstance(r, PersonAct) and r.what == "rolls back")
    assert invocations(trace) == [0, 0, 1, 1]
    assert shifts(trace)[2:] == [(begins + 10.0, 0.9), (begins + 310.0, 0.0)]
    assert outcome.rollback_s == pytest.approx(310.0)
    assert outcome.outcome == "rolled_back"


def test_a_person_may_roll_back_all_at_once() -> None:
    world = an_alias(canary(10, 5), revision=BAD, people=QUICK_PEOPLE,
                     assumptions={"manual_rollback_configuration": "all_at_once"})  # fmt: skip
    assert once(world, stratum="bad")[1].rollback_s == 0.0


CONCURRENCY = {"concurrency": 10, "request_duration": 0.1}  # 100 requests a second
SLOW = {"bad": 1.0, "defects": [{"kind": "slow", "factor": 3.0}]}


@pytest.mark.parametrize(
    ("weight", "rate", "throttled"),
    [
        # Load = rate x (1 - w + 3 w) / 10 s of concurrency; what passes it is throttled on both versions alike.
        (10, 80.0, 0.0),  # 96 of 100
        (50, 80.0, 80.0 - 100.0 / 2.0),  # 160 of 100
        (10, 100.0, 100.0 - 100.0 / 1.2),
    ],
)
def test_a_slow_version_takes_concurrency_from_both(weight: int, rate: float, throttled: float) -> None:
    """Lambda guide: concurrency is rate times duration; both versions draw on the function's."""
    world = an_alias(canary(weight, 10), rate=rate, service=CONCURRENCY, revision=SLOW, people=None)
    trace, _ = once(world, stratum="bad")
    first = next(r.flow for r in trace.records if isinstance(r, FlowChange) and r.flow.share_new > 0)
    assert first.refused == pytest.approx(throttled)
    assert first.served_new / (first.served_old + first.served_new) == pytest.approx(weight / 100)


def test_a_demand_beyond_the_concurrency_is_throttled_anyway_and_nobodys_fault() -> None:
    world = an_alias(AT_ONCE, rate=150.0, service=CONCURRENCY)
    _, outcome = once(world)
    assert outcome.failed_requests == 0.0
    assert outcome.outcome == "succeeded"


def test_a_version_that_crashes_fails_every_invocation() -> None:
    world = an_alias(canary(10, 5), revision={"bad": 1.0, "defects": [{"kind": "crash_at_start"}]}, people=None)
    trace, _ = once(world, stratum="bad")
    shares = {r.flow.share_new: r.flow.failing_share for r in trace.records if isinstance(r, FlowChange)}
    assert shares == {0.1: pytest.approx(0.1), 1.0: pytest.approx(1.0)}


def test_a_crash_is_seen_by_any_hook_before_traffic() -> None:
    world = an_alias(hooks={BEFORE: {}}, durations=TEN_SECONDS, rollback=BACK,
                     revision={"bad": 1.0, "defects": [{"kind": "crash_at_start"}]})  # fmt: skip
    _, outcome = once(world, stratum="bad")
    assert (outcome.duration_s, outcome.peak_exposure) == (10.0, 0.0)


@pytest.mark.parametrize(("probes", "caught"), [(0, 0.0), (3, 1 - 0.8**3)])
def test_a_hook_sees_errors_by_as_many_probes_as_it_makes(probes: int, caught: float) -> None:
    """1 - (1 - share)^probes, four standard errors of 800 runs."""
    world = an_alias(AT_ONCE, hooks={BEFORE: {"probes": probes}}, revision=BAD, people=None)
    failed = [once(world, replication=k, stratum="bad")[1].deployment_status == "Failed" for k in range(800)]
    assert sum(failed) / 800 == pytest.approx(caught, abs=4 * (caught * (1 - caught) / 800) ** 0.5)


def test_a_deployment_and_its_rollback_are_two_deployments_on_the_bill() -> None:
    world = an_alias(hooks=HOOKS, durations=TEN_SECONDS, faults=[fault("hook_failure", AFTER)], rollback=BACK,
                     prices={"book": "field-guide"}, service={"hook_memory": 2.0**30})  # fmt: skip
    _, outcome = once(world)
    assert outcome.cost_usd == pytest.approx(2 * 0.02 + 2 * 2e-7 + 2 * 10.0 * 0.0000166667)


def test_hooks_are_billed_by_the_gigabytes_that_lambda_means() -> None:
    """128 MB is an eighth of a GB (Lambda pricing), whichever unit it is written in."""
    for memory in (128e6, 128 * 2.0**20):
        trace, _ = once(an_alias(hooks=HOOKS, durations=TEN_SECONDS, service={"hook_memory": memory}))
        seconds = [r.quantity for r in trace.records if isinstance(r, Usage) and r.item == "hook_gb_seconds"]
        assert seconds
        assert seconds == [10.0 / 8.0] * len(seconds)


@pytest.mark.parametrize(("look", "stops"), [(100.0, True), (180.0, False)])
def test_an_alarm_that_is_over_when_codedeploy_looks_stops_nothing(look: float, stops: bool) -> None:
    """State counts, not the transition: up from 60 to 120, since requests all but end after the first minute."""
    world = an_alias(
        canary(10, 30),
        traffic={"rate": 1000.0, "daily": {"10:00": 1.0, "10:01": 0.001}},
        revision={"bad": 1.0, "defects": [{"kind": "errors", "share": 0.5}]},
        alarms=[errors_alarm(threshold=100)],
        rollback=BACK,
        people=None,
        assumptions={"alarm_poll_period": 200.0, "alarm_poll_phase": look / 200.0, "alarm_counts": "expected"},
    )
    _, outcome = once(world, stratum="bad")
    assert (outcome.deployment_status == "Stopped") is stops
    assert outcome.duration_s == pytest.approx(look if stops else 1800.0, abs=1e-5)
