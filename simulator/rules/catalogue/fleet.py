"""Entries on fleets: batches, and the load balancer in front of them."""

from __future__ import annotations

from simulator.rules import healthy_hosts, load_balancer
from simulator.rules.catalogue.rule import api, balancer, call, guide, rule
from simulator.rules.healthy_hosts import TargetHealth, ZoneFloor

_HEALTH = guide("instances-health")
_SUPPORT = "AWS Knowledge Center, codedeploy-elb-deployments; the guides do not say what CodeDeploy waits for"

HEALTHY_HOSTS = (
    rule(
        healthy_hosts.required,
        "how many targets must stay healthy",
        "The minimum is a number of targets or a percentage of them, rounded up; it is computed once, when the "
        "deployment starts. OneAtATime keeps all but one.",
        f"{api('MinimumHealthyHosts')}; {_HEALTH}",
        "AWS's case: 40 % of nine targets is 3.6, so four must stay; OneAtATime keeps eight of nine.",
        call(healthy_hosts.required, "FLEET_PERCENT", 40, fleet_size=9),
        call(healthy_hosts.required, "MOST_CONCURRENCY", 1, fleet_size=9),
    ),
    rule(
        healthy_hosts.may_start,
        "how many targets may start now",
        "All but the minimum are updated at once, as a batch; the next batch starts when the whole batch has ended. A "
        "target that failed counts as unhealthy until the deployment ends, so it keeps its place.",
        f"{_HEALTH}; that a failure makes the next batch smaller is derived from it; batch or window is assumption "
        "dispatch",
        "Of nine targets with 40 % healthy five go at once. Of ten of which eight must stay two go, one after a "
        "failure. AWS's case with zones: 200 targets, 160 must stay, 50 of each zone of 100.",
        call(healthy_hosts.may_start, "FLEET_PERCENT", 40, fleet_size=9, failed=0, in_progress=0),
        call(healthy_hosts.may_start, "HOST_COUNT", 8, fleet_size=10, failed=1, in_progress=0),
        call(healthy_hosts.may_start, "HOST_COUNT", 160, 200, 0, 0, zone=ZoneFloor("HOST_COUNT", 50, zone_size=100)),
    ),
    rule(
        healthy_hosts.can_start,
        "whether a deployment can begin at all",
        "Somebody must be allowed to leave service; else the deployment is Failed at once, with "
        "HEALTH_CONSTRAINTS_INVALID, and nothing is deployed.",
        guide("error-codes"),
        "AWS's case: 95 % of ten targets is all ten, so nothing can start.",
        call(healthy_hosts.required, "FLEET_PERCENT", 95, fleet_size=10),
        call(healthy_hosts.can_start, required=10, fleet_size=10),
    ),
    rule(
        healthy_hosts.must_stop,
        "when failures end a deployment",
        "Once failures have used up every place while targets still wait, the deployment is Failed with "
        "HEALTH_CONSTRAINTS and the waiting targets are Skipped.",
        _HEALTH,
        "Nine of ten must stay healthy: the first failure ends it, unless it is the tenth target that fails.",
        call(healthy_hosts.must_stop, 9, 10, failed=1, waiting=4),
        call(healthy_hosts.must_stop, 9, 10, failed=1, waiting=0),
    ),
    rule(
        healthy_hosts.deployment_succeeds,
        "when a deployment has succeeded",
        "As many targets as the minimum must have succeeded, and at least one.",
        f"{api('MinimumHealthyHosts')}; {guide('deployment-configurations')}",
        "AllAtOnce requires nobody to stay in service, yet it fails when no target at all was updated.",
        call(healthy_hosts.deployment_succeeds, 4, succeeded=4),
        call(healthy_hosts.deployment_succeeds, 0, succeeded=0),
    ),
    rule(
        healthy_hosts.order,
        "which targets go first",
        "Unhealthy targets go first, then those of unknown revision, then those with an old one, then those that are "
        "current. Ties are broken at random.",
        f"{_HEALTH}; {api('ZonalConfig')}",
        "A current target, an old one and an unhealthy one: the unhealthy one goes first.",
        call(
            healthy_hosts.order,
            [TargetHealth("Current"), TargetHealth("Old"), TargetHealth("Current", healthy=False)],
        ),
    ),
)

LOAD_BALANCER = (
    rule(
        load_balancer.block_traffic_wait,
        "how long BlockTraffic takes",
        "After deregistration CodeDeploy waits for the deregistration delay; of a Classic load balancer, for "
        "threshold x interval + one interval.",
        f"{balancer('edit-target-group-attributes')}; {_SUPPORT} (assumption block_traffic)",
        "A target group nobody touched drains for 5 minutes.",
        call(load_balancer.block_traffic_wait, "delay", "application", 300.0, 30.0, 5, in_flight=2.0),
        call(load_balancer.block_traffic_wait, "delay", "classic", 300.0, 30.0, 10, in_flight=2.0),
    ),
    rule(
        load_balancer.allow_traffic_wait,
        "how long AllowTraffic takes on a target",
        "After registration CodeDeploy waits until the target counts as healthy: threshold x interval + one interval.",
        f"{_SUPPORT} (assumption allow_traffic)",
        "Five checks of 10 s take a minute; if one passing check is enough, only the time to the first.",
        call(load_balancer.allow_traffic_wait, "threshold", 10.0, 5, phase=4.0),
        call(load_balancer.allow_traffic_wait, "first_pass", 10.0, 5, phase=4.0),
    ),
    rule(
        load_balancer.time_to_notice,
        "when a dead target gets no more requests",
        "A target is unhealthy after so many failed checks in a row as the threshold says; until then it is sent "
        "requests.",
        f"derived from {balancer('target-group-health-checks')}",
        "With the defaults (30 s, 2 checks) 30 to 60 s when connections are refused, 35 to 65 s when checks time out.",
        call(load_balancer.time_to_notice, 30.0, 2, phase=0.0),
        call(load_balancer.time_to_notice, 30.0, 2, phase=30.0, probe=5.0),
    ),
    rule(
        load_balancer.time_to_recover,
        "when a target that came back gets requests again",
        "An unhealthy target needs as many passing checks in a row as the healthy threshold says.",
        balancer("target-group-health-checks"),
        "Five checks of 30 s, the first of them a whole interval away.",
        call(load_balancer.time_to_recover, 30.0, 5, phase=30.0),
    ),
    rule(
        load_balancer.fails_open,
        "what happens when no target is healthy",
        "A target group without a healthy target fails open: requests go to every registered one. A Classic load "
        "balancer refuses them.",
        balancer("target-group-health-checks"),
        "Nine targets are registered and none is healthy.",
        call(load_balancer.fails_open, 0, 9, "application"),
        call(load_balancer.fails_open, 0, 9, "classic"),
    ),
    rule(
        load_balancer.receivers,
        "which targets share the requests",
        "The healthy ones; all registered ones when the load balancer fails open.",
        balancer("target-group-health-checks"),
        "Three of nine healthy, and none of nine.",
        call(load_balancer.receivers, 3, 9, "application"),
        call(load_balancer.receivers, 0, 9, "application"),
    ),
    rule(
        load_balancer.slow_start_share,
        "how many requests a new target gets in slow start",
        "Its share rises linearly from nothing to that of the others over the slow start duration.",
        balancer("edit-target-group-attributes"),
        "After 15 of 60 s a quarter; without slow start all at once.",
        call(load_balancer.slow_start_share, 15.0, 60.0),
        call(load_balancer.slow_start_share, 15.0, 0.0),
    ),
)
