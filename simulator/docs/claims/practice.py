"""What is said about platforms, cost and practice."""

from __future__ import annotations

from simulator.docs.claims.claim import Claim

_SHOP = (
    "ec2-half-at-a-time, ec2-one-at-a-time, ec2-blue-green, ecs-all-at-once, ecs-canary, lambda-canary, lambda-linear"
)

PRACTICE: tuple[Claim, ...] = (
    Claim(
        "C33",
        "CodeDeploy, Elastic Beanstalk, ECS, CloudFormation and SSH differ in rollback, monitoring and cost",
        "not simulated",
        remark="CodeDeploy alone is simulated yet, on all its platforms: see C34.",
    ),
    Claim(
        "C34",
        "There are four targets: EC2, on-premises servers, Lambda and ECS",
        "confirmed",
        "shop-everywhere",
        (
            f"failed_requests bad: {_SHOP}",
            f"duration_s good: {_SHOP}",
            "cost_usd good: ec2-half-at-a-time, ec2-blue-green, ecs-canary, lambda-canary",
        ),
    ),
    Claim(
        "C35",
        "ECS tests behind a second listener first; the original task set stays for the termination wait",
        "confirmed",
        "ecs-service",
        (
            "failed_requests bad: all-at-once, all-at-once-smoke-tested, canary-5-min",
            "cost_usd good: canary-5-min, canary-5-min-kept-an-hour",
        ),
    ),
    Claim(
        "C36",
        "Two versions of a function share one concurrency, at next to no overhead",
        "it depends",
        "concurrency-is-shared",
        ("failed_requests: all-at-once, canary-5-min, linear-1-min",),
    ),
    Claim(
        "C37",
        "Large revisions and slow installs dominate EC2 deployments; polling adds a cycle to every command",
        "refuted",
        "large-revision",
        ("duration_s: as-it-is, small-bundle, short-drain, slow-agent",),
    ),
    Claim(
        "C38",
        "CodeDeploy is free on EC2 and costs 0.02 USD per instance update on premises",
        "confirmed",
        "on-premises-fee",
        ("cost_usd good: on-premises, on-ec2",),
    ),
    Claim(
        "C38, C39",
        "A Lambda or ECS deployment costs 0.02 USD: 200 a month 4 USD",
        "refuted",
        "fee-on-lambda",
        ("cost_usd: price-list, field-guide",),
    ),
    Claim(
        "C40",
        "The real cost is double capacity and having no automation at all",
        "confirmed",
        "alias-by-hand",
        ("failed_requests bad: by-hand, all-at-once-validated, canary-validated", "cost_usd good: canary-validated"),
        "A validated canary costs next to nothing; a version that is moved by hand costs its users.",
    ),
    Claim(
        "C41",
        "An alarm should look at more than one period",
        "confirmed",
        "nervous-alarm",
        (
            "p_false_rollback: one-minute, two-of-two, three-of-three",
            "failed_requests bad: one-minute, two-of-two, three-of-three",
        ),
    ),
    Claim(
        "C43",
        "An alias moved by hand has no rollback, no shifting and no validation",
        "confirmed",
        "alias-by-hand",
        ("failed_requests bad: by-hand, all-at-once-validated, canary-validated",),
    ),
    Claim(
        "",
        "Deploy when it is quiet",
        "confirmed",
        "peak-or-night",
        ("failed_requests good: noon, morning, night", "failed_requests bad: noon, morning, night"),
    ),
    Claim(
        "",
        "Two versions side by side must be compatible",
        "confirmed",
        "mixed-versions",
        ("failed_requests bad: one-at-a-time, half-at-a-time, blue-green",),
    ),
    Claim(
        "",
        "Blue/green doubles whatever the fleet holds on to",
        "confirmed",
        "database-connections",
        ("failed_requests: in-place, blue-green, blue-green-fewer-connections",),
    ),
    Claim(
        "",
        "A replacement that waits for a person waits for ever",
        "in part",
        "ready-wait-expires",
        (
            "duration_s: goes-by-itself, continued-after-40-min, nobody-continues",
            "cost_usd: goes-by-itself, continued-after-40-min, nobody-continues",
        ),
    ),
    Claim(
        "",
        "Missing data count as breaching, so nothing slips through",
        "in part",
        "metrics-go-missing",
        ("failed_requests: not-breaching, breaching, nothing-missing",),
    ),
    Claim(
        "",
        "Zone after zone keeps a bad release in one zone",
        "confirmed",
        "zone-by-zone",
        (
            "failed_requests bad: half-at-a-time, zone-after-zone, watched-for-10-min",
            "duration_s good: half-at-a-time, zone-after-zone, watched-for-10-min",
        ),
    ),
    Claim(
        "C41",
        "Stagger deployments across groups and regions",
        "confirmed",
        "region-after-region",
        (
            "failed_requests bad: all-regions-at-once, one-after-the-other",
            "duration_s good: all-regions-at-once, one-after-the-other",
        ),
    ),
    Claim(
        "",
        "A release that warms up is safe one server at a time",
        "it depends",
        "warm-up-at-peak",
        (
            "failed_requests: one-at-a-time, all-at-once, one-to-whom-has-room, one-with-slow-start",
            "capacity_shortfall_s: one-at-a-time, all-at-once, one-to-whom-has-room, one-with-slow-start",
        ),
    ),
    Claim(
        "",
        "The more servers stay in service, the safer the deployment",
        "it depends",
        "zone-fails-meanwhile",
        (
            "p_success: half-at-a-time, quarter-at-a-time, one-at-a-time",
            "p_rollback_failed: half-at-a-time, quarter-at-a-time, one-at-a-time",
            "failed_requests: half-at-a-time, quarter-at-a-time, one-at-a-time",
        ),
    ),
    Claim(
        "",
        "An instance that Auto Scaling launches meanwhile gets the new release",
        "refuted",
        "scale-out-meanwhile",
        (
            "mixed_version_s: no-scaling, updated-afterwards, outdated-ones-ignored",
            "p_stuck: no-scaling, updated-afterwards, outdated-ones-ignored",
        ),
    ),
)
