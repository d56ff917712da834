"""Entries on traffic: when it shifts, and what its versions make of it."""

from __future__ import annotations

from simulator.model.flow import FleetState
from simulator.rules import flow, traffic_shift
from simulator.rules.catalogue.rule import Call, api, balancer, call, guide, rule

_LINEAR = "CodeDeployDefault.LambdaLinear10PercentEvery1Minute"
_FLEET = FleetState(old=5, new=0)

TRAFFIC_SHIFT = (
    rule(
        traffic_shift.schedule,
        "when traffic shifts, and how much of it",
        "The first share shifts at once when AllowTraffic starts, the others an interval apart; nothing waits after "
        "the last. A canary shifts its share, waits, and shifts the rest.",
        f"{api('TimeBasedCanary', 'TimeBasedLinear')}; seen in published runs: 10 % every minute took nine minutes",
        "Two of AWS's own configurations: seconds, and the weight of the new version from then on.",
        call(traffic_shift.schedule, "CodeDeployDefault.LambdaCanary10Percent5Minutes"),
        Call(f"schedule({_LINEAR!r})[:3]", lambda: traffic_shift.schedule(_LINEAR)[:3]),
    ),
    rule(
        traffic_shift.canary,
        "the two shifts of a canary",
        "The percentage at once, the rest after the interval.",
        api("TimeBasedCanary"),
        "5 % for ten minutes.",
        call(traffic_shift.canary, 5, 600.0),
    ),
    rule(
        traffic_shift.linear,
        "the shifts of a linear routing",
        "The percentage at the start of every interval; what is left over shifts last.",
        f"{api('TimeBasedLinear')}; that the last step takes the remainder is a reading",
        "30 % every minute.",
        call(traffic_shift.linear, 30, 60.0),
    ),
    rule(
        traffic_shift.duration,
        "how long AllowTraffic lasts",
        "From the first shift to the last: one interval less than there are shifts.",
        f"{guide('deployment-configurations')}; {api('TimeBasedLinear')}",
        "10 % every minute takes nine minutes, not ten.",
        call(traffic_shift.duration, _LINEAR),
    ),
)

FLOW = (
    rule(
        flow.fleet_flow,
        "what a fleet makes of its requests",
        "Receivers share the requests evenly; each answers as many as its capacity allows and the rest are refused; "
        "the new revision fails its share, and what reaches a dead target fails.",
        f"arithmetic; even shares: {balancer('introduction')}",
        "600 requests/s on ten targets of 100/s, five of them away: a sixth is refused.",
        Call(
            "fleet_flow(600, 0.0, 10, 100.0, FleetState(old=5, new=0)).refused",
            lambda: flow.fleet_flow(600, 0.0, 10, 100.0, _FLEET).refused,
        ),
    ),
    rule(
        flow.alias_flow,
        "what an alias makes of its requests",
        "The new version gets its weight of the requests and fails its share of them; both draw on one concurrency, "
        "and what passes it is throttled alike.",
        "Lambda developer guide, configuring-alias-routing and lambda-concurrency: "
        "https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html",
        "A tenth of the traffic on a version that fails half of it: 5 % of requests fail.",
        Call(
            "round(alias_flow(100, 0.0, 100.0, 0.1, error_share=0.5).failing_share, 3)",
            lambda: round(flow.alias_flow(100, 0.0, 100.0, 0.1, error_share=0.5).failing_share, 3),
        ),
    ),
    rule(
        flow.covers,
        "when a service has enough capacity to be settled",
        "Capacity in service covers the demand, or is as large as at CreateDeployment.",
        "definition: when a run is over",
        "Half of ten targets of 100/s at 600 requests/s do not; at 400 they do.",
        Call(
            "covers(fleet_flow(600, 0.0, 10, 100.0, FleetState(old=5, new=0)), 1000.0)",
            lambda: flow.covers(flow.fleet_flow(600, 0.0, 10, 100.0, _FLEET), 1000.0),
        ),
        Call(
            "covers(fleet_flow(400, 0.0, 10, 100.0, FleetState(old=5, new=0)), 1000.0)",
            lambda: flow.covers(flow.fleet_flow(400, 0.0, 10, 100.0, _FLEET), 1000.0),
        ),
    ),
)
