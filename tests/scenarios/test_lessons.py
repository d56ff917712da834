"""What each shipped scenario says that it teaches, asked of the engine anew; and the numbers of the index with it."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise

import pytest

import simulator
from simulator.analysis import Criterion
from simulator.analysis.comparison import Comparison
from simulator.docs import library as page
from simulator.scenario.shipped import known, library, shipped
from simulator.trace.records import EventRun

pytestmark = pytest.mark.slow

RUNS, SEED = 50, 7
# Rows of 95 % intervals: of some 200 pairs a few do not meet although nothing has changed. Ends move out by this.
WIDER = 0.5


@lru_cache(maxsize=1)
def compared(name: str) -> Comparison:
    return simulator.compare(simulator.load(known()[name]), replications=RUNS, seed=SEED, workers=1)


class Means:
    """Numbers of one scenario: ``of("one-at-a-time", "duration_s", "good")``."""

    def __init__(self, name: str) -> None:
        self.samples = compared(name).samples

    def __call__(self, strategy: str, metric: str, given: str = "overall", statistic: str = "mean") -> float:
        found = Criterion(metric, statistic, given).estimate(self.samples[strategy])  # type: ignore[arg-type]
        assert found is not None, (strategy, metric)
        return found.value


def numbers_come_out_again(name: str) -> None:
    stored = page.measured()
    for number in page.wanted().get(name, []):
        was, now = stored[number.key], number.criterion.estimate(compared(name).samples[number.strategy])
        assert now is not None
        slack = WIDER * sum(each.half_width for each in (was, now) if math.isfinite(each.half_width))
        slack += 1e-5 * abs(was.value)  # six digits are kept
        assert now.low - slack <= was.high, number.key
        assert was.low - slack <= now.high, number.key


# ------------------------------------------------------------------------------------------------ the lessons


def rising(*values: float) -> bool:
    return all(before < after for before, after in pairwise(values))


def all_at_once_is_down(of: Means) -> None:
    once, half, one = "all-at-once", "half-at-a-time", "one-at-a-time"
    assert rising(*(of(each, "duration_s", "good") for each in (once, half, one)))
    assert 60 < of(once, "downtime_s", "good") < 120
    assert of(half, "downtime_s", "good") == 0
    assert rising(*(of(each, "downtime_s", "bad") for each in (one, half, once)))


def hundred_servers(of: Means) -> None:
    """13 events a second each, a drain of 60 s, scripts and copies of 80 s, three checks of 10 s and one more."""
    each = 13 + 60 + 80 + 40
    for strategy, batches in (("one-at-a-time", 100), ("ten-at-a-time", 10), ("half-at-a-time", 2), ("all-at-once", 1)):
        assert of(strategy, "duration_s") == pytest.approx(batches * each)


def batch_size_at_peak(of: Means) -> None:
    """Half of 1000/s for 750/s leaves a third unanswered."""
    assert of("quarter", "failed_requests") == of("tenth", "failed_requests") == 0
    assert of("half", "failed_requests") == pytest.approx(250 * of("half", "capacity_shortfall_s"), rel=0.1)


def double_capacity(of: Means) -> None:
    """Sixty at 0.768 USD for each hour of standing by."""
    none, hour, day = (of(f"green-{wait}", "cost_usd", "good") for wait in ("no-wait", "one-hour", "one-day"))
    assert hour - none == pytest.approx(60 * 0.768, rel=0.005)
    assert day - none == pytest.approx(24 * 60 * 0.768, rel=0.005)
    assert 5 < none < 7


def canary_nobody_watches(of: Means) -> None:
    once, blind, watched = (of(f"{name}ed", "failed_requests", "bad") for name in
                            ("all-at-once-unwatch", "canary-unwatch", "canary-watch"))  # fmt: skip
    assert watched < 0.02 * once
    assert 0.7 < blind / once < 1.5


def canary_at_low_traffic(of: Means) -> None:
    much, some, little = (of(f"at-{rate}-a-second", "p_detected_before_full") for rate in (100, 10, 1))
    assert much > 0.9 > some > 0.5
    assert little < 0.1


def load_defect(of: Means) -> None:
    canary, minute, three = (
        of(name, "failed_requests", "bad") for name in ("canary-5-min", "linear-1-min", "linear-3-min")
    )
    assert of("canary-5-min", "p_detected_before_full") == 0
    assert of("linear-3-min", "p_detected_before_full") == 1
    assert three < minute < canary / 4


def failing_servers(of: Means) -> None:
    """One at a time Succeeds if the first eight do; half at a time unless four fail while some wait."""
    fail = 0.2
    within = 3 * math.sqrt(0.25 / RUNS)
    assert of("one-at-a-time", "p_success") == pytest.approx((1 - fail) ** 8, abs=within)
    assert of("half-at-a-time", "p_success") == pytest.approx(half_succeeds(9, 4, fail), abs=within)
    assert of("all-at-once", "p_success") == 1


def half_succeeds(waiting: int, places: int, fail: float, failed: int = 0) -> float:
    """Chance that fewer fail than there are places while some wait, batch by batch, and that enough succeed."""
    if failed >= places and waiting:
        return 0.0
    if not waiting:
        return float(failed <= places)
    batch = min(waiting, places - failed)
    return math.fsum(
        math.comb(batch, lost) * fail**lost * (1 - fail) ** (batch - lost)
        * half_succeeds(waiting - batch, places, fail, failed + lost)
        for lost in range(batch + 1)
    )  # fmt: skip


def custom_canaries(of: Means) -> None:
    names = ("canary-10-5-min", "canary-10-30-min", "canary-1-30-min", "linear-5-10-min")
    harm = {name: of(name, "failed_requests", "bad") for name in names}
    assert harm["canary-10-5-min"] == pytest.approx(harm["canary-10-30-min"], rel=0.2)
    assert 0.35 < harm["linear-5-10-min"] / harm["canary-10-5-min"] < 0.65
    assert harm["canary-1-30-min"] > 1.5 * harm["canary-10-5-min"]
    assert of("linear-5-10-min", "duration_s", "good") == pytest.approx(19 * 600, rel=0.01)


def rollback_that_fails(of: Means) -> None:
    """One at a time: the way back of ten fails unless the first nine get through."""
    within = 3 * math.sqrt(0.2 / RUNS)
    assert of("one-at-a-time", "p_rollback_failed") == 0
    assert of("one-at-a-time-3-percent", "p_rollback_failed") == pytest.approx(1 - 0.97**9, abs=within)
    assert of("two-at-a-time-3-percent", "p_rollback_failed") < 0.12


def alarm_saves_the_day(of: Means) -> None:
    names = ("one-minute", "five-minutes", "stops-without-rollback", "no-alarm")
    harm = [of(name, "failed_requests", "bad") for name in names]
    assert rising(*harm)
    assert harm[0] < harm[-1] / 10
    assert harm[1] < harm[-1] / 3


def hotfix_locked_out(of: Means) -> None:
    for name in ("as-always", "all-at-once"):
        assert of(name, "p_success") == 0
        assert of(name, "duration_s") < 1
    assert of("alarm-ignored", "p_success") == 1


def split_alias(of: Means) -> None:
    back, stopped, alone = (of(name, "mixed_version_s") for name in
                            ("linear-rolled-back", "linear-only-stopped", "stopped-and-nobody-there"))  # fmt: skip
    assert back < 180
    assert stopped > 6 * back
    assert alone > 4 * 3600


def hook_runs_twice(of: Means) -> None:
    assert of("idempotent", "p_rollback_failed") == 0
    assert rising(of("one-host-in-20", "p_rollback_failed"), 0.2, of("one-host-in-5", "p_rollback_failed"), 0.6)
    assert of("one-host-in-5", "failed_requests") > 1.5 * of("idempotent", "failed_requests")


def validate_service_depth(of: Means) -> None:
    """Each server asks for itself; the twelfth may fail."""
    within = 3 * math.sqrt(0.25 / (RUNS / 2))
    assert of("one-request", "p_missed") == pytest.approx(0.9**11, abs=within)
    assert of("is-it-up", "p_missed") > 0.85
    for name in ("ten-requests", "a-hundred-requests"):
        assert of(name, "p_missed") == 0
    assert of("a-hundred-requests", "failed_requests", "bad") < of("ten-requests", "failed_requests", "bad") < 2000


def hook_hangs(of: Means) -> None:
    hour, five, two = "an-hour-by-default", "five-minutes", "two-minutes"
    assert of(hour, "duration_s", statistic="p50") == pytest.approx(of(two, "duration_s", statistic="p50"), rel=0.05)
    hung = 1 - (1 - 0.0024) ** 40  # one in eleven
    within = 3 * 3600 * math.sqrt(hung / RUNS)
    assert of(hour, "duration_s") - of(two, "duration_s") == pytest.approx(hung * (3600 - 120), abs=within)
    assert of(two, "duration_s") <= of(five, "duration_s") < of(hour, "duration_s")


def validation_stops_early(of: Means) -> None:
    assert of("half-at-a-time", "failed_requests") > 20_000
    assert of("quarter-at-a-time", "failed_requests") == of("one-at-a-time", "failed_requests") == 0
    assert of("half-at-a-time", "duration_s") < 120


def no_right_to_the_bundle(of: Means) -> None:
    for name in ("half-at-a-time", "one-at-a-time"):
        assert of(name, "p_rollback_failed") == 1
        assert of(name, "failed_requests") == 0
        assert 60 < of(name, "duration_s") < 100


def no_capacity_for_green(of: Means) -> None:
    assert of("blue-green", "p_success") == pytest.approx(0.9, abs=0.12)
    assert of("blue-green", "failed_requests") == 0
    assert of("in-place", "p_success") == 1


def throttled(of: Means) -> None:
    assert of("with-all-the-others", "p_success") == pytest.approx(0.95, abs=0.09)
    assert of("with-all-the-others", "failed_requests") == 0


def hook_never_calls_back(of: Means) -> None:
    assert of("never-before", "duration_s") == pytest.approx(3600, abs=10)
    assert of("never-after", "duration_s") == pytest.approx(3600 + of("calls-back", "duration_s"), abs=15)
    for name in ("never-before", "never-after"):
        assert of(name, "p_success") == of(name, "failed_requests") == 0


def two_groups(of: Means) -> None:
    assert of("one-after-the-other", "failed_requests") == 0
    assert 10_000 < of("at-once", "failed_requests") < 20_000
    assert of("at-once", "duration_s") < 0.65 * of("one-after-the-other", "duration_s")


def concurrency_is_shared(of: Means) -> None:
    once, canary, linear = (of(name, "failed_requests") for name in ("all-at-once", "canary-5-min", "linear-1-min"))
    assert 0.8 < canary / once < 1.5
    assert linear < 0.1 * once


def large_revision(of: Means) -> None:
    whole, small, short, slow = (
        of(name, "duration_s") for name in ("as-it-is", "small-bundle", "short-drain", "slow-agent")
    )
    assert 1 - small / whole == pytest.approx(1 / 5, abs=0.04)
    assert 1 - short / whole == pytest.approx(3 / 5, abs=0.04)
    assert slow - whole == pytest.approx(1200, abs=150)


def on_premises_fee(of: Means) -> None:
    assert of("on-premises", "cost_usd", "good") == pytest.approx(50 * 0.02, abs=1e-4)
    assert of("on-ec2", "cost_usd", "good") < 0.001


def fee_on_lambda(of: Means) -> None:
    assert 200 * of("price-list", "cost_usd") < 0.01
    assert 200 * of("field-guide", "cost_usd") == pytest.approx(4.0, rel=0.001)


def nervous_alarm(of: Means) -> None:
    """More than nine errors in one of the 15 minutes of the canary, or in the one before, at 4.8 a minute."""
    one = 1 - math.fsum(math.exp(-4.8) * 4.8**k / math.factorial(k) for k in range(10))
    within = 3 * math.sqrt(0.25 / (RUNS / 2))
    assert of("one-minute", "p_false_rollback") == pytest.approx(1 - (1 - one) ** 16, abs=within)
    assert of("three-of-three", "p_false_rollback") < 0.05
    assert 1.2 < of("two-of-two", "failed_requests", "bad") / of("one-minute", "failed_requests", "bad") < 2


def alias_by_hand(of: Means) -> None:
    hand, checked, canary = (of(name, "failed_requests", "bad") for name in
                             ("by-hand", "all-at-once-validated", "canary-validated"))  # fmt: skip
    assert canary < checked < hand / 4
    assert canary < hand / 100


def peak_or_night(of: Means) -> None:
    assert of("noon", "failed_requests", "good") > 40_000
    assert of("morning", "failed_requests", "good") == of("night", "failed_requests", "good") == 0
    assert of("night", "failed_requests", "bad") < of("noon", "failed_requests", "bad") / 6


def ready_wait_expires(of: Means) -> None:
    assert of("nobody-continues", "p_failed") == 1
    assert of("nobody-continues", "failed_requests") == 0
    assert of("nobody-continues", "duration_s") > 7200
    assert of("nobody-continues", "cost_usd") == pytest.approx(12 * 0.096 * 7300 / 3600, rel=0.05)


def mixed_versions(of: Means) -> None:
    one, half, green = (
        of(name, "failed_requests", "bad") for name in ("one-at-a-time", "half-at-a-time", "blue-green")
    )
    assert one > 15 * half > 15 * 4 * green


def database_connections(of: Means) -> None:
    assert of("in-place", "failed_requests") == of("blue-green-fewer-connections", "failed_requests") == 0
    assert of("blue-green", "failed_requests") > 5000


def metrics_go_missing(of: Means) -> None:
    good, bad, none = (of(name, "failed_requests") for name in ("not-breaching", "breaching", "nothing-missing"))
    assert good > 5 * bad > 5 * 5 * none
    assert of("breaching", "detect_s", statistic="p50") == pytest.approx(600, abs=90)


def agents_dead(of: Means) -> None:
    """One at a time the first nineteen must answer; the five minutes that AWS waits lie in the rest."""
    within = 3 * math.sqrt(0.25 / RUNS)
    assert of("one-at-a-time", "p_success") == pytest.approx(0.98**19, abs=within)
    assert of("fifth-at-a-time", "p_success") == 1
    assert 30 < of("fifth-at-a-time", "duration_s") - of("all-agents-well", "duration_s") < 180


def left_behind(of: Means) -> None:
    assert of("two-agents-dead", "peak_exposure") == pytest.approx(14 / 16)
    assert of("two-agents-dead", "failed_requests") > 15 * of("all-agents-well", "failed_requests")


def health_check_wrong(of: Means) -> None:
    for name in ("half-at-a-time", "one-at-a-time", "blue-green"):
        assert 3600 < of(name, "duration_s") < 3900
        assert of(name, "p_success") == 0
    assert of("half-at-a-time", "p_rollback_failed") == 1
    assert of("blue-green", "cost_usd") == pytest.approx(12 * 0.096 * 3800 / 3600, rel=0.05)


def stop_script(of: Means) -> None:
    assert of("as-always", "p_rollback_failed") == 1
    assert of("as-always", "duration_s") < 45
    assert of("stop-failures-ignored", "p_success") == of("no-stop-script", "p_success") == 1


def warm_up_at_peak(of: Means) -> None:
    """A twelfth more than its share for each warming server of the eleven: 430/11 - 24 of them are refused."""
    harm = {name: of(name, "failed_requests") for name in
            ("one-at-a-time", "all-at-once", "one-to-whom-has-room", "one-with-slow-start")}  # fmt: skip
    assert of("one-at-a-time", "capacity_shortfall_s") == harm["one-to-whom-has-room"] == 0
    assert of("all-at-once", "capacity_shortfall_s") > 600
    assert harm["one-at-a-time"] > 0.7 * harm["all-at-once"]
    assert harm["one-with-slow-start"] < 0.15 * harm["one-at-a-time"]
    assert harm["one-at-a-time"] == pytest.approx(12 * 600 * (430 / 11 - 24), rel=0.2)


def zone_fails_meanwhile(of: Means) -> None:
    assert of("half-at-a-time", "p_success") == 1
    assert 0.25 < of("quarter-at-a-time", "p_success") < 0.8
    assert of("one-at-a-time", "p_success") < 0.2
    assert of("one-at-a-time", "p_rollback_failed") > 0.5
    assert of("half-at-a-time", "failed_requests") > 1.5 * of("one-at-a-time", "failed_requests")


def scale_out_meanwhile(of: Means) -> None:
    longer = of("updated-afterwards", "mixed_version_s") - of("no-scaling", "mixed_version_s")
    assert 120 < longer < 360
    assert of("updated-afterwards", "p_success") == 1
    assert of("outdated-ones-ignored", "p_stuck") == 1
    assert of("outdated-ones-ignored", "mixed_version_s") > 7200


def region_after_region(of: Means) -> None:
    assert of("one-after-the-other", "peak_exposure", "bad") == pytest.approx(0.2)
    assert (
        of("one-after-the-other", "failed_requests", "bad") < of("all-regions-at-once", "failed_requests", "bad") / 25
    )
    assert of("one-after-the-other", "duration_s", "good") == pytest.approx(1800, abs=120)


def shop_everywhere(of: Means) -> None:
    names = [strategy.name for strategy in simulator.load(known()["shop-everywhere"]).strategies]
    harm = {name: of(name, "failed_requests", "bad") for name in names}
    back = {name: of(name, "rollback_s", "bad", "p50") for name in names}
    assert len(names) == 8
    for name in ("ecs-canary", "lambda-canary", "lambda-linear", "ec2-one-at-a-time"):
        assert harm[name] < harm["ec2-half-at-a-time"] / 4
    for name in ("ecs-canary", "ecs-all-at-once", "lambda-canary", "lambda-linear"):
        assert back[name] < 10
    assert back["ec2-blue-green"] < back["ec2-half-at-a-time"] / 2
    assert 0.2 < harm["ec2-blue-green"] / harm["ec2-half-at-a-time"] < 0.9
    assert all(of(name, "cost_usd", "good") < 1 for name in names)
    assert all(of(name, "failed_requests", "good") == 0 for name in names)


def zone_by_zone(of: Means) -> None:
    half, zones, watched = (of(name, "failed_requests", "bad") for name in
                            ("half-at-a-time", "zone-after-zone", "watched-for-10-min"))  # fmt: skip
    assert watched < zones < half / 5
    assert of("watched-for-10-min", "peak_exposure", "bad") <= 1 / 3 + 1e-9
    assert of("watched-for-10-min", "rollback_s", "bad", "p50") < 10
    assert of("watched-for-10-min", "duration_s", "good") == pytest.approx(29 * 60, rel=0.05)


def web_fleet(of: Means) -> None:
    half, floor = "half-at-a-time", "four-fifths-healthy"
    assert of(half, "failed_requests", "good") == pytest.approx(250_000, rel=0.1)
    assert of(floor, "failed_requests", "good") == 0
    assert of(half, "duration_s", "good", "p50") == pytest.approx(9 * 60, rel=0.1)
    assert of(floor, "duration_s", "good", "p50") == pytest.approx(21 * 60, rel=0.1)


def lambda_api(of: Means) -> None:
    assert of("canary-5-min", "p_auto_rollback", "bad") == pytest.approx(0.77, abs=0.2)
    assert of("canary-5-min", "failed_requests", "bad") < 0.6 * of("all-at-once", "failed_requests", "bad")
    assert of("small-canary-15-min", "p_auto_rollback", "bad") <= of("canary-5-min", "p_auto_rollback", "bad") + 0.05


def ecs_service(of: Means) -> None:
    once, smoke, canary = (of(name, "failed_requests", "bad") for name in
                           ("all-at-once", "all-at-once-smoke-tested", "canary-5-min"))  # fmt: skip
    assert of("all-at-once-smoke-tested", "failed_requests", "bad", "p50") == 0
    assert max(smoke, canary) < once / 8
    assert of("canary-5-min-kept-an-hour", "failed_requests", "bad") == pytest.approx(canary)
    kept = of("canary-5-min-kept-an-hour", "cost_usd", "good") - of("canary-5-min", "cost_usd", "good")
    assert kept == pytest.approx(0.54, abs=0.03)


def retry_storm(of: Means) -> None:
    assert of("half-at-a-time", "p_false_rollback") == pytest.approx(0.9, abs=0.12)
    assert of("half-at-a-time", "failed_requests", "good") == pytest.approx(20_000, rel=0.15)
    assert of("half-without-retries", "failed_requests", "good") == pytest.approx(12_000, rel=0.1)
    assert of("half-at-night", "failed_requests", "good") == 0


def incident_replay(of: Means) -> None:
    assert of("as-it-was", "failed_requests") == pytest.approx(10_350, abs=1)
    assert of("one-at-a-time", "failed_requests") < 0.3 * of("as-it-was", "failed_requests")
    assert of("with-a-real-probe", "failed_requests") == pytest.approx(250, abs=250)


def lambda_cold(of: Means) -> None:
    assert of("all-at-once", "failed_requests", "good") == pytest.approx(3000, rel=0.25)
    assert of("canary-30-min", "failed_requests", "good") > 0.6 * of("all-at-once", "failed_requests", "good")
    for name in ("canary-5-min", "linear-1-min", "all-at-once-provisioned"):
        assert of(name, "failed_requests", "good") == 0


def one_box_first(of: Means) -> None:
    half, short = (of(name, "failed_requests", "bad") for name in ("half-at-a-time", "box-20-min"))
    assert of("box-60-min", "failed_requests", "bad", "p50") < 2000
    assert of("box-60-min", "failed_requests", "bad") < half / 10
    assert 0.7 < short / half < 1.3
    assert half > 80_000


def blue_green_fleet(of: Means) -> None:
    assert of("blue-green-one-hour", "rollback_s", "bad", "p50") < 60
    assert of("one-at-a-time", "failed_requests", "bad") < of("blue-green-one-hour", "failed_requests", "bad")
    assert of("one-at-a-time", "duration_s", "good") > 4 * of("blue-green-gone-at-once", "duration_s", "good")


LESSONS: dict[str, Callable[[Means], None]] = {
    "all-at-once-is-down": all_at_once_is_down,
    "hundred-servers-one-at-a-time": hundred_servers,
    "batch-size-at-peak": batch_size_at_peak,
    "double-capacity-is-no-rounding-error": double_capacity,
    "canary-nobody-watches": canary_nobody_watches,
    "canary-at-low-traffic": canary_at_low_traffic,
    "load-defect-meets-linear": load_defect,
    "failing-servers": failing_servers,
    "custom-canaries": custom_canaries,
    "rollback-that-fails": rollback_that_fails,
    "alarm-saves-the-day": alarm_saves_the_day,
    "hotfix-locked-out": hotfix_locked_out,
    "split-alias": split_alias,
    "hook-runs-twice": hook_runs_twice,
    "validate-service-depth": validate_service_depth,
    "hook-hangs": hook_hangs,
    "validation-stops-early": validation_stops_early,
    "no-right-to-the-bundle": no_right_to_the_bundle,
    "no-capacity-for-green": no_capacity_for_green,
    "throttled": throttled,
    "hook-never-calls-back": hook_never_calls_back,
    "two-groups-same-hosts": two_groups,
    "concurrency-is-shared": concurrency_is_shared,
    "large-revision": large_revision,
    "on-premises-fee": on_premises_fee,
    "fee-on-lambda": fee_on_lambda,
    "nervous-alarm": nervous_alarm,
    "alias-by-hand": alias_by_hand,
    "peak-or-night": peak_or_night,
    "ready-wait-expires": ready_wait_expires,
    "mixed-versions": mixed_versions,
    "database-connections": database_connections,
    "metrics-go-missing": metrics_go_missing,
    "agents-dead": agents_dead,
    "left-behind": left_behind,
    "health-check-wrong": health_check_wrong,
    "stop-script-of-the-last-release": stop_script,
    "warm-up-at-peak": warm_up_at_peak,
    "region-after-region": region_after_region,
    "scale-out-meanwhile": scale_out_meanwhile,
    "zone-fails-meanwhile": zone_fails_meanwhile,
    "shop-everywhere": shop_everywhere,
    "zone-by-zone": zone_by_zone,
    "web-fleet": web_fleet,
    "lambda-api": lambda_api,
    "ecs-service": ecs_service,
    "retry-storm": retry_storm,
    "incident-replay": incident_replay,
    "lambda-cold": lambda_cold,
    "one-box-first": one_box_first,
    "blue-green-fleet": blue_green_fleet,
}


@pytest.mark.parametrize("name", [*shipped(), *library()])
def test_it_teaches_what_it_says_and_the_numbers_of_the_index_come_out_again(name: str) -> None:
    LESSONS[name](Means(name))
    numbers_come_out_again(name)


def test_a_rollback_runs_every_event_in_the_usual_order() -> None:
    """Not in reverse: it is a further deployment (C15)."""
    done = simulator.run(simulator.load(known()["incident-replay"]), "as-it-was")
    events = {}
    for record in done.trace.records:
        if isinstance(record, EventRun) and record.target == 5:
            events.setdefault(record.deployment, []).append(record.event)
    forward, back = list(events.values())[:2]
    assert back == forward
    assert forward.index("ApplicationStop") < forward.index("Install") < forward.index("ApplicationStart")
