"""What is said about failures."""

from __future__ import annotations

from simulator.docs.claims.claim import Claim

FAILURES: tuple[Claim, ...] = (
    Claim(
        "C21",
        "An agent that does not run hangs the deployment and then fails it",
        "it depends",
        "agents-dead",
        (
            "p_success: one-at-a-time, fifth-at-a-time, all-agents-well",
            "duration_s: one-at-a-time, fifth-at-a-time, all-agents-well",
        ),
    ),
    Claim(
        "C22",
        "A malformed appspec fails at once",
        "confirmed",
        remark="`rollsim check` names its line, and a scenario that reads it is refused before anything is simulated.",
    ),
    Claim(
        "C23",
        "A hook that hangs waits for its timeout, an hour unless given",
        "confirmed",
        "hook-hangs",
        (
            "duration_s p50: an-hour-by-default, five-minutes, two-minutes",
            "duration_s p95: an-hour-by-default, five-minutes, two-minutes",
        ),
    ),
    Claim(
        "C24",
        "A failing ValidateService stops the deployment early",
        "confirmed",
        "validation-stops-early",
        (
            "failed_requests: half-at-a-time, quarter-at-a-time, one-at-a-time",
            "duration_s: half-at-a-time, quarter-at-a-time, one-at-a-time",
        ),
    ),
    Claim(
        "C25, C27",
        "No right to the bundle, or no bundle: it fails at once",
        "in part",
        "no-right-to-the-bundle",
        ("duration_s: half-at-a-time, one-at-a-time", "p_rollback_failed: half-at-a-time, one-at-a-time"),
    ),
    Claim(
        "C26",
        "A wrong health check hangs AllowTraffic for an hour per batch",
        "confirmed",
        "health-check-wrong",
        (
            "duration_s: half-at-a-time, one-at-a-time, blue-green",
            "p_rollback_failed: half-at-a-time, one-at-a-time, blue-green",
            "cost_usd: half-at-a-time, blue-green",
        ),
    ),
    Claim(
        "C28",
        "Without capacity for the replacement fleet a blue/green deployment fails",
        "confirmed",
        "no-capacity-for-green",
        ("p_success: blue-green, in-place", "failed_requests: blue-green, in-place"),
    ),
    Claim(
        "C29",
        "Many deployments at once are throttled",
        "confirmed",
        "throttled",
        ("p_success: at-noon, with-all-the-others", "failed_requests: at-noon, with-all-the-others"),
    ),
    Claim(
        "C30",
        "A Lambda hook that never calls back holds the deployment for an hour and fails it",
        "confirmed",
        "hook-never-calls-back",
        ("duration_s: calls-back, never-before, never-after",),
    ),
    Claim(
        "C31",
        "Servers with a dead agent silently drop out of the pool",
        "confirmed",
        "left-behind",
        ("failed_requests: two-agents-dead, all-agents-well", "mixed_version_s: two-agents-dead, all-agents-well"),
    ),
    Claim(
        "C32",
        "Two deployments to the same instances collide",
        "confirmed",
        "two-groups-same-hosts",
        ("failed_requests: one-after-the-other, at-once", "duration_s: one-after-the-other, at-once"),
    ),
)
