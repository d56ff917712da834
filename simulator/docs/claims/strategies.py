"""What is said about strategies and about the way back."""

from __future__ import annotations

from simulator.docs.claims.claim import Claim

_OTHER_SYSTEM = "A strategy of another delivery system, which rollsim does not simulate yet."

STRATEGIES: tuple[Claim, ...] = (
    Claim(
        "C1",
        "All at once is the fastest and riskiest, with downtime",
        "confirmed",
        "all-at-once-is-down",
        (
            "duration_s good: all-at-once, half-at-a-time, one-at-a-time",
            "downtime_s good: all-at-once, half-at-a-time, one-at-a-time",
            "downtime_s bad: all-at-once, half-at-a-time, one-at-a-time",
        ),
    ),
    Claim(
        "C2",
        "One at a time is the slowest and safest: 100 servers are 100 deployments in a row",
        "confirmed",
        "hundred-servers-one-at-a-time",
        ("duration_s: one-at-a-time, ten-at-a-time, half-at-a-time, all-at-once",),
    ),
    Claim(
        "C3",
        "Batches of a quarter or a half balance speed and safety at reduced capacity",
        "it depends",
        "batch-size-at-peak",
        ("failed_requests: half, quarter, tenth", "duration_s: half, quarter, tenth"),
    ),
    Claim(
        "C4", "Rolling with an additional batch keeps full capacity for little", "not simulated", remark=_OTHER_SYSTEM
    ),
    Claim(
        "C5",
        "Blue/green doubles the capacity for a while, which is a rounding error in cost",
        "it depends",
        "double-capacity-is-no-rounding-error",
        ("cost_usd good: tenth-in-place, green-no-wait, green-one-hour, green-one-day",),
    ),
    Claim(
        "C5, C12",
        "Blue/green has no downtime and goes back in seconds",
        "in part",
        "blue-green-fleet",
        (
            "downtime_s good: half-at-a-time, blue-green-one-hour",
            "rollback_s p50 bad: one-at-a-time, blue-green-gone-at-once, blue-green-one-hour",
        ),
        "In seconds while the originals stand and an alarm goes off; once they are terminated it is a deployment "
        "again, begun by people.",
    ),
    Claim(
        "C6",
        "A canary limits the blast radius, if somebody watches",
        "confirmed",
        "canary-nobody-watches",
        ("failed_requests bad: all-at-once-unwatched, canary-unwatched, canary-watched",),
    ),
    Claim(
        "C6",
        "A canary finds what is bad",
        "it depends",
        "canary-at-low-traffic",
        ("p_detected_before_full: at-100-a-second, at-10-a-second, at-1-a-second",),
    ),
    Claim("C7", "Immutable deployments are clean, slow and hungry", "not simulated", remark=_OTHER_SYSTEM),
    Claim(
        "C8",
        "A linear shift finds faults under load that a 10 % canary misses; 10 % every 3 minutes is a sound default",
        "confirmed",
        "load-defect-meets-linear",
        (
            "failed_requests bad: canary-5-min, linear-1-min, linear-3-min",
            "p_detected_before_full: canary-5-min, linear-1-min, linear-3-min",
        ),
    ),
    Claim(
        "C9",
        "All at once Succeeds if one server does, half at a time if half do, one at a time if all but the last do",
        "confirmed",
        "failing-servers",
        ("p_success: one-at-a-time, half-at-a-time, all-at-once",),
    ),
    Claim(
        "C10",
        "Every production workload should be blue/green",
        "refuted",
        "blue-green-fleet",
        ("failed_requests bad: one-at-a-time, blue-green-gone-at-once, blue-green-one-hour",),
        "All at once more users meet a bad release than one server at a time in place, where time does not press.",
    ),
    Claim(
        "C11",
        "Configurations of one's own matter: 1 % for 30 minutes, 5 % every 10 minutes",
        "it depends",
        "custom-canaries",
        (
            "failed_requests bad: canary-10-5-min, canary-10-30-min, canary-1-30-min, linear-10-1-min, linear-5-10-min",
            "duration_s good: canary-10-5-min, canary-10-30-min, canary-1-30-min, linear-10-1-min, linear-5-10-min",
        ),
    ),
    Claim(
        "C12",
        "The way back takes seconds on Lambda and ECS, and as long as the deployment in place",
        "confirmed",
        "shop-everywhere",
        ("rollback_s p50 bad: ec2-half-at-a-time, ec2-one-at-a-time, ec2-blue-green, ecs-canary, lambda-linear",),
        "The half of the runs with the shorter way back; a person who goes back by hand goes through the canary again.",
    ),
    Claim(
        "C13",
        "An automatic rollback puts the last good revision on every instance",
        "in part",
        "rollback-that-fails",
        ("p_rollback_failed: one-at-a-time, one-at-a-time-3-percent, two-at-a-time-3-percent",),
    ),
    Claim(
        "C14",
        "Every group needs a rollback by alarm: one that fires within ten minutes saves the day",
        "confirmed",
        "alarm-saves-the-day",
        ("failed_requests bad: no-alarm, stops-without-rollback, five-minutes, one-minute",),
    ),
    Claim(
        "C15",
        "A rollback runs the hooks in reverse order",
        "refuted",
        "incident-replay",
        ("rollback_s: as-it-was",),
        "It is a further deployment of the previous revision: every event in the usual order, as "
        "`rollsim run incident-replay --strategy as-it-was` tells.",
    ),
    Claim(
        "C16",
        "ApplicationStop fails while nothing runs yet",
        "refuted",
        "stop-script-of-the-last-release",
        ("p_success: as-always, stop-failures-ignored, no-stop-script",),
        "On a first deployment there is no previous release and so no script of it. What fails is a broken script of "
        "the last one: every next release fails in half a minute, and so does the way back, until "
        "ignoreApplicationStopFailures is set.",
    ),
    Claim(
        "C17",
        "The alarm that stopped the bad release stops its fix too",
        "confirmed",
        "hotfix-locked-out",
        ("p_success: as-always, all-at-once, alarm-ignored", "duration_s: as-always, alarm-ignored"),
    ),
    Claim(
        "C18",
        "A deployment that is stopped leaves traffic as it was, or gives it back",
        "confirmed",
        "split-alias",
        ("mixed_version_s: linear-rolled-back, linear-only-stopped, stopped-and-nobody-there",),
    ),
    Claim(
        "C19",
        "Hooks must be idempotent: the second run on the way back breaks the host",
        "confirmed",
        "hook-runs-twice",
        (
            "p_rollback_failed: idempotent, one-host-in-20, one-host-in-5",
            "failed_requests: idempotent, one-host-in-20, one-host-in-5",
        ),
    ),
    Claim(
        "C20, C42",
        "ValidateService is the last line of defence, and a shallow check lets everything through",
        "confirmed",
        "validate-service-depth",
        (
            "p_missed: is-it-up, one-request, ten-requests, a-hundred-requests",
            "failed_requests bad: is-it-up, one-request, ten-requests, a-hundred-requests",
        ),
    ),
)
