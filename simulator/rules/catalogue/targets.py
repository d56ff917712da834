"""Entries on one target: its lifecycle events, their scripts, and the limits on both."""

from __future__ import annotations

from simulator.rules import hook_scripts, lifecycle, limits, platforms
from simulator.rules.catalogue.rule import Call, Rule, api, call, guide, rule
from simulator.rules.hook_scripts import Script
from simulator.rules.limits import LIMITS, Limit

_HOOKS = guide("reference-appspec-file-structure-hooks")
_AGENT = "aws-codedeploy-agent"

LIFECYCLE = (
    rule(
        lifecycle.events,
        "which lifecycle events run, and in which order",
        "A server runs seven, and three more on each side to block and allow traffic where there is a load balancer; "
        "a Lambda function runs three, an ECS service eight.",
        f"{_HOOKS}; {_AGENT}, deployer.rb, for the in-place order",
        "The originals of a blue/green deployment run only the Block events; a Lambda function only the Allow events.",
        call(lifecycle.events, "server", "blue_green", side="original"),
        call(lifecycle.events, "lambda", "blue_green"),
    ),
    rule(
        lifecycle.scripts_from,
        "whose scripts an event runs",
        "ApplicationStop, BeforeBlockTraffic and AfterBlockTraffic run the scripts of the revision that leaves; every "
        "other event those of the one that arrives. A broken stop script shows up one deployment later.",
        f"{guide('troubleshooting-deployments')}; {_AGENT}, hook_executor.rb",
        "Deploying v2 over v1.",
        call(lifecycle.scripts_from, "ApplicationStop", installed="v1", deploying="v2"),
        call(lifecycle.scripts_from, "ApplicationStart", installed="v1", deploying="v2"),
    ),
    rule(
        lifecycle.next_event_after_ignored_stop_failure,
        "where a deployment goes on that ignores stop failures",
        "With ignoreApplicationStopFailures a failed event of the leaving revision is passed over.",
        api("CreateDeployment"),
        "A failed ApplicationStop is followed by DownloadBundle; a failed ApplicationStart is not forgiven.",
        call(lifecycle.next_event_after_ignored_stop_failure, "ApplicationStop"),
        call(lifecycle.next_event_after_ignored_stop_failure, "ApplicationStart"),
    ),
    rule(
        platforms.named,
        "the compute platforms",
        "Server, Lambda and ECS, in any case of letters.",
        f"{api('CreateApplication')}, computePlatform",
        "As the API writes it, and as a scenario does.",
        call(platforms.named, "Server"),
    ),
)

HOOK_SCRIPTS = (
    rule(
        hook_scripts.run_scripts,
        "how an event with scripts ends",
        "Scripts run one after another; the first that fails, or passes its timeout, ends the event and with it the "
        "target.",
        f"{_AGENT}, hook_executor.rb; {guide('limits')}",
        "Three scripts, the second of which exits with an error; then one that hangs past its timeout of 5 minutes.",
        call(
            hook_scripts.run_scripts, [Script(20.0), Script(40.0, ends="ScriptFailed"), Script(5.0)], attribute="code"
        ),
        call(hook_scripts.run_scripts, [Script(float("inf"), timeout=300.0)], attribute="duration"),
    ),
    rule(
        hook_scripts.event_limit,
        "how long an event may last",
        "The timeouts of its scripts added up, at most an hour.",
        f"{_HOOKS}; {guide('limits')}",
        "Two scripts of 5 and 3 minutes; two of which one has no timeout of its own.",
        call(hook_scripts.event_limit, [300.0, 180.0]),
        call(hook_scripts.event_limit, [None, 180.0]),
    ),
    rule(
        hook_scripts.script_timeouts,
        "the timeout of a script",
        "Its own, else an hour.",
        f"{_HOOKS}; {_AGENT}, script_info.rb",
        "One script with a timeout of 5 minutes and one without.",
        call(hook_scripts.script_timeouts, [300.0, None]),
    ),
)


def _limit(key: str, limit: Limit) -> Rule:
    unit = {"s": "seconds", "fraction": "as a fraction", "count": "at most"}[limit.unit]
    raised = "AWS raises it on request." if limit.adjustable else "It cannot be raised."
    return Rule(
        id=f"limits.{key}",
        title=f"limit on {limit.label}",
        statement=f"CodeDeploy's limit on {limit.label}. {raised}",
        source=f"CodeDeploy {limit.source}" if limit.source.startswith("user guide") else limit.source,
        case=f"The value, {unit}:",
        calls=(Call(f"LIMITS[{key!r}].value", lambda: LIMITS[key].value),),
    )


LIMITS_AND_QUOTAS = (
    rule(
        limits.run_limit,
        "how long a deployment may run",
        "A deployment that is not over by then is Failed with TIMEOUT: 12 h in place, 109 h blue/green on EC2, 50 h "
        "on Lambda.",
        guide("limits"),
        "In seconds; for ECS AWS lists no limit.",
        call(limits.run_limit, "server", "in_place"),
        call(limits.run_limit, "ecs", "blue_green"),
    ),
    rule(
        limits.instances_per_deployment,
        "how many targets one deployment may have",
        "1,000 in most Regions, 2,000 in four; AWS raises it on request.",
        guide("limits"),
        "Two Regions.",
        call(limits.instances_per_deployment, "us-east-1"),
        call(limits.instances_per_deployment, "eu-west-1"),
    ),
    rule(
        limits.instances_in_all_deployments,
        "how many targets all running deployments may have",
        "1,000 in most Regions, 3,000 in us-east-1; AWS raises it on request.",
        guide("limits"),
        "Two Regions.",
        call(limits.instances_in_all_deployments, "us-east-1"),
        call(limits.instances_in_all_deployments, "us-west-2"),
    ),
    # Two quotas differ by Region and are functions above.
    *(_limit(key, limit) for key, limit in LIMITS.items() if not hasattr(limits, key)),
)
