"""Lambda functions: cold starts and the environments behind them."""

from __future__ import annotations

from simulator.model.assumptions.kinds import Assumption, quantity, time

FUNCTIONS: tuple[Assumption, ...] = (
    time(
        "cold_start",
        {"median": "140 ms", "sigma": 0.125},
        ("20 ms", {"median": "2 s", "p95": "6 s"}),
        meaning="initialisation of a new environment of a function that gives its memory or provisioned concurrency, "
        "but neither cold start nor runtime",
        why="p50 140 ms and p99 187 ms of a Node.js 22 function that does nothing; frameworks and networks add to it",
        effect="throttles a version that meets its traffic from cold where the concurrency has little room",
        source="measured: maxday/lambda-perf, 2026-07-23 to 2026-08-22",
        evidence="weak",
    ),
    quantity(
        "environment_scaling",
        "rate",
        "100/s",
        ("50/s", "100/s"),
        meaning="how many new environments a function gets in a second",
        why="up to 1,000 in 10 s for each function, refilled continuously",
        effect="throttles a version that meets its traffic from cold",
        source="Lambda developer guide, scaling behaviour",
        evidence="documented",
    ),
    time(
        "provisioned_preparation",
        {"uniform": ["60 s", "120 s"]},
        ("60 s", "300 s"),
        meaning="asking for provisioned concurrency to the first of its environments being ready",
        why="allocation begins after one to two minutes",
        effect="traffic begins to shift so much later: whoever provisions the new version waits until it is ready",
        source="Lambda developer guide, provisioned concurrency",
        evidence="documented",
    ),
    quantity(
        "provisioned_rate",
        "rate",
        "500/min",
        ("500/min", "6000/min"),
        meaning="how many provisioned environments become ready once they do",
        why="the guide of 2023 gives 500 a minute after a burst; whether a newer rate holds is not known",
        effect="only with more than some hundred provisioned environments",
        source="Lambda developer guide, provisioned concurrency (2023)",
        evidence="weak",
    ),
    time(
        "idle_environments",
        "10 min",
        ("5 min", "45 min"),
        meaning="how long an environment that gets no requests stays warm",
        why="AWS says only that it is kept for some time; measurements by others lie between some minutes and an hour",
        effect="a way back that comes later meets the old version cold; matters to large functions only",
        source="judgement",
        evidence="guess",
    ),
)

# Initialisation by runtime, zip package, x86_64: seconds at p50 and p99, of functions that do nothing.
# Source: maxday/lambda-perf, daily files 2026-07-23 to 2026-08-22, quantiles computed from them.
COLD_STARTS: dict[str, tuple[float, float]] = {
    "python3.12": (0.084, 0.142),
    "python3.13": (0.084, 0.117),
    "nodejs22": (0.140, 0.187),
    "nodejs24": (0.134, 0.181),
    "java17": (0.204, 0.531),
    "java21": (0.239, 0.618),
    "dotnet8": (0.251, 0.629),
    "ruby3.4": (0.229, 0.542),
    "go": (0.050, 0.063),
    "rust": (0.016, 0.049),
}
