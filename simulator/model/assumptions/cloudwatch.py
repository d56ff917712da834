"""CloudWatch: when a metric can be read and an alarm is judged."""

from __future__ import annotations

from simulator.model.assumptions.kinds import Assumption, phase, switch, time

CLOUDWATCH: tuple[Assumption, ...] = (
    phase("minute_phase", "the clock minute, to which metrics are summed,"),
    phase(
        "alarm_evaluation_phase",
        "an alarm's evaluation",
        "observed: each alarm keeps a second of its own within the minute",
        "observed",
    ),
    phase("health_check_phase", "a target's health check"),
    time(
        "delivery_load_balancer",
        {"uniform": ["60 s", "180 s"]},
        ("60 s", "180 s"),
        meaning="end of a minute to its load balancer metric being readable",
        why="73 to 133 s and 2 to 4 minutes were observed; AWS gives no figure",
        effect="adds to detection in full",
        source="observed: published runs",
        evidence="derived",
    ),
    time(
        "delivery_lambda",
        {"uniform": ["10 s", "90 s"]},
        ("10 s", "90 s"),
        meaning="end of a minute to its Lambda metric being readable",
        why="within 89 s in one record; AWS gives no figure",
        effect="adds to detection in full",
        source="inferred from published runs",
        evidence="guess",
    ),
    time(
        "delivery_custom",
        {"uniform": ["10 s", "90 s"]},
        ("10 s", "90 s"),
        meaning="end of a minute to a custom metric being readable",
        why="a custom count was used within 89 s in one record; AWS gives no figure",
        effect="adds to detection in full",
        source="inferred from a published run",
        evidence="guess",
    ),
    time(
        "evaluation_range_floor",
        "600 s",
        ("0 s", "600 s"),
        meaning="an alarm fetches at least this much history, and at least two slots more than it judges",
        why="two observed 1-minute alarms kept their state about ten minutes after the last bad point",
        effect="decides how long an alarm on a sparse metric stays up after the fault",
        source="inferred from published runs; AWS does not publish the rule",
        evidence="guess",
    ),
    switch(
        "alarm_counts",
        "poisson",
        ("poisson", "expected"),
        meaning="whether an alarm sees a drawn count for each metric minute or its expectation",
        why="requests arrive one by one, so a small canary's count is noisy",
        effect="with `expected` weak alarms look sharper than they are",
        source="Poisson law of counts",
        evidence="derived",
    ),
)
