"""Every open reading and default prior has a name here, with its value, range and source.

The one thing a newcomer would get wrong: no such constant stands anywhere else. A scenario overrides one
under ``assumptions:``, the report prints those a run relied on, and ``docs/assumptions.md`` is generated
from this table.

Sources are named by page: UG is the CodeDeploy user guide, API its API reference, ELB the Application Load
Balancer guide, CW the CloudWatch user guide, "observed" a published run of the real service.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from simulator import units
from simulator.errors import quoted
from simulator.model.distribution import Distribution, read, write
from simulator.model.quantity import number_of

Evidence = Literal["documented", "observed", "derived", "weak", "guess"]


@dataclass(frozen=True)
class Assumption:
    """One reading that AWS or the world leaves open.

    Parameters
    ----------
    id : str
        Name under ``assumptions:`` in a scenario.
    kind : {"switch", "number", "random"}
        One of `choices`, a plain quantity, or a random quantity.
    default : str or mapping
        As a person would write it in a scenario.
    meaning, why, effect : str
        What it is, why this value, and how much results move if it is wrong.
    source : str
        Where the value comes from.
    evidence : str
        How good that is.
    span : tuple
        The values a sensitivity run goes through.
    """

    id: str
    kind: Literal["switch", "number", "random"]
    dimension: units.Dimension
    default: Any
    meaning: str
    why: str
    effect: str
    source: str
    evidence: Evidence
    span: tuple[Any, ...] = ()
    choices: tuple[str, ...] = ()

    def parse(self, value: Any, required: bool) -> str | float | Distribution:
        """Read a value for this assumption.

        Raises
        ------
        ValueError
            With what to write instead.
        """
        if self.kind == "switch":
            if isinstance(value, bool):
                value = "yes" if value else "no"
            if value not in self.choices:
                raise ValueError(
                    f"{quoted(value)} is not a reading of {self.id}; write one of {', '.join(self.choices)}"
                )
            return str(value)
        if self.kind == "number":
            number = number_of(value, self.dimension, required)
            if number < 0:
                raise ValueError(f"{self.id} cannot be negative")
            return number
        return read(value, self.dimension, required)

    @cached_property
    def value(self) -> str | float | Distribution:
        """The default, parsed."""
        return self.parse(self.default, required=True)

    def write(self, value: str | float | Distribution) -> Any:
        """Write a value the way a person gives it."""
        if isinstance(value, Distribution):
            return write(value, self.dimension)
        if isinstance(value, str):
            return value
        return units.text(value, self.dimension)


def _switch(id: str, default: str, choices: tuple[str, ...], **words: Any) -> Assumption:
    return Assumption(id=id, kind="switch", dimension="factor", default=default, choices=choices, span=choices, **words)


def _time(id: str, default: Any, span: tuple[Any, ...], **words: Any) -> Assumption:
    kind: Literal["number", "random"] = "number" if isinstance(default, str) else "random"
    return Assumption(id=id, kind=kind, dimension="duration", default=default, span=span, **words)


def _phase(id: str, of: str, source: str = "judgement", evidence: Evidence = "guess") -> Assumption:
    return Assumption(
        id=id,
        kind="random",
        dimension="share",
        default={"uniform": ["0 %", "100 %"]},
        span=("0 %", "50 %", "100 %"),
        meaning=f"where in its period {of} stands at CreateDeployment",
        why="AWS ties this clock to nothing in the deployment, so every phase is as likely as another",
        effect="spreads detection over one period; the mean moves by at most half of it",
        source=source,
        evidence=evidence,
    )


_CODEDEPLOY = (
    _switch(
        "dispatch",
        "batch",
        ("batch", "window"),
        meaning="whether the next EC2 targets start when the whole batch has ended or as soon as one place is free",
        why="the current guide describes batches; the older text also fits a sliding window",
        effect="none when all durations are equal and nothing fails; else batches take longer, up to the spread of a target's time per batch",
        source="UG, instances-health",
        evidence="weak",
    ),
    _switch(
        "rollback_scope",
        "all",
        ("all", "touched"),
        meaning="which targets an EC2 rollback deploys to: the whole deployment group or those already changed",
        why="a rollback is an ordinary deployment; one page speaks of the instances that were updated",
        effect="`touched` shortens the way back to the share of the fleet that was reached",
        source="UG, deployments-rollback-and-redeploy; API, StopDeployment",
        evidence="guess",
    ),
    _switch(
        "manual_rollback_configuration",
        "same",
        ("same", "all_at_once"),
        meaning="the deployment configuration people use when they deploy the previous revision by hand",
        why="a manual rollback is CreateDeployment with an older revision and the group's configuration",
        effect="with `all_at_once` a person's way back is one shift or one batch, and takes all hosts out at once",
        source="UG, deployments-rollback-and-redeploy",
        evidence="documented",
    ),
    _switch(
        "block_traffic",
        "by_kind",
        ("by_kind", "delay", "drained", "formula"),
        meaning="how long BlockTraffic lasts: the deregistration delay, until requests in flight have ended, or the support formula; `by_kind` is the delay for application and network load balancers and the formula for classic ones",
        why="the target shows draining for the whole delay; users report that delay as the bottleneck",
        effect="the largest single part of a target's time behind a load balancer",
        source="ELB, deregistration delay; AWS Knowledge Center, codedeploy-elb-deployments",
        evidence="guess",
    ),
    _switch(
        "allow_traffic",
        "threshold",
        ("threshold", "first_pass"),
        meaning="how long AllowTraffic waits: healthy threshold times interval plus one interval, or the first passed check",
        why="AWS support gives the formula, the load balancer guide says one passed check is enough for a new target",
        effect="at ALB defaults 180 s or 0 to 30 s for each target",
        source="AWS Knowledge Center, codedeploy-elb-deployments; ELB, target group health checks",
        evidence="guess",
    ),
    _switch(
        "fail_open_initial",
        "yes",
        ("yes", "no"),
        meaning="whether a load balancer with no healthy target also sends requests to targets still in their first checks",
        why="the guide says a group with no healthy target sends to all registered ones",
        effect="decides whether an AllAtOnce downtime ends at registration or at the end of AllowTraffic",
        source="ELB, target group health checks",
        evidence="derived",
    ),
    _switch(
        "start_hook_sees_crash",
        "yes",
        ("yes", "no"),
        meaning="whether an ApplicationStart script exits non-zero when the application crashes at start",
        why="a start script that waits for its process sees it die; one that only forks does not",
        effect="`no` moves the failure to ValidateService or to the load balancer's health check, an hour later",
        source="judgement",
        evidence="guess",
    ),
    _time(
        "creation_delay",
        "0 s",
        ("0 s", "25 s"),
        meaning="CreateDeployment to the first lifecycle event being offered to an EC2 target",
        why="not documented for EC2; a target's own pickup is counted separately",
        effect="adds to every EC2 duration once",
        source="judgement",
        evidence="guess",
    ),
    _time(
        "agent_pickup",
        {"uniform": ["0.8 s", "1.4 s"]},
        ("0 s", {"median": "2 s", "p95": "15 s"}),
        meaning="time from one lifecycle event being offered to the agent starting it",
        why="ten gaps between events in AWS's own CLI examples lie between 0.82 and 1.36 s",
        effect="about 1.1 s per event, 7 to 15 s per target",
        source="observed: AWS CLI examples, get-deployment-target (2014, 2019)",
        evidence="observed",
    ),
    _time(
        "lambda_setup",
        {"uniform": ["1.5 s", "2.5 s"]},
        ("0 s", "5 s"),
        meaning="start of a Lambda deployment to its first lifecycle event",
        why="the pre-traffic hook started about 2 s after the deployment in a published run",
        effect="adds to every Lambda duration once",
        source="observed: published SAM canary run",
        evidence="observed",
    ),
    _time(
        "lambda_finish",
        {"uniform": ["0.2 s", "0.6 s"]},
        ("0 s", "2 s"),
        meaning="end of a Lambda deployment's last event to its terminal status",
        why="the post-traffic hook ended about 0.4 s before completion in a published run",
        effect="adds to every Lambda duration once",
        source="observed: published SAM canary run",
        evidence="observed",
    ),
    _time(
        "lambda_rollback",
        {"uniform": ["2 s", "3 s"]},
        ("1 s", "10 s"),
        meaning="start of a Lambda rollback deployment to the alias being back on the previous version",
        why="rollbacks took 2 to 3 s in two published runs",
        effect="adds to the way back once",
        source="observed: published Lambda canary runs",
        evidence="observed",
    ),
    _time(
        "rollback_creation",
        "1 s",
        ("0 s", "5 s"),
        meaning="end of the failed or stopped deployment to the start of its rollback deployment",
        why="a published run shows the rollback within a second",
        effect="adds to the way back once",
        source="observed: published Lambda canary run",
        evidence="observed",
    ),
    _time(
        "alarm_first_look",
        "0.73 s",
        ("0 s", "5 s"),
        meaning="CreateDeployment to the stop, when an alarm is already in ALARM",
        why="measured once",
        effect="only on deployments that start with an alarm up",
        source="observed: published Lambda canary run",
        evidence="observed",
    ),
    _time(
        "alarm_poll_period",
        "20 s",
        ("10 s", "30 s"),
        meaning="how often CodeDeploy looks at the alarms of a running deployment",
        why="not documented; five measured lags between 11.7 and 30 s fit 20 s",
        effect="half a period on average between ALARM and the stop",
        source="observed: published runs; UG names no period",
        evidence="derived",
    ),
    _phase("alarm_poll_phase", "CodeDeploy's look at the alarms"),
    _time(
        "alarm_stop_action",
        {"uniform": ["1 s", "5 s"]},
        ("0 s", "10 s"),
        meaning="CodeDeploy seeing the alarm to the deployment being Stopped",
        why="rest of the measured lags once the poll is taken out",
        effect="adds to detection once",
        source="observed: published runs",
        evidence="derived",
    ),
    _time(
        "download_bundle",
        {"median": "2 s", "p95": "10 s"},
        ("1 s", {"median": "10 s", "p95": "60 s"}),
        meaning="DownloadBundle on one target when the scenario gives no duration",
        why="0.8 s for a small bundle in AWS's CLI example; about 60 MB/s plus unpacking for larger ones",
        effect="adds to every target; give the real figure for large bundles",
        source="observed: AWS CLI example; S3 performance guidance",
        evidence="weak",
    ),
    _time(
        "install",
        {"median": "1 s", "p95": "5 s"},
        ("0.3 s", {"median": "10 s", "p95": "60 s"}),
        meaning="Install on one target when the scenario gives no duration",
        why="0.3 s for a small bundle in AWS's CLI example",
        effect="adds to every target",
        source="observed: AWS CLI example",
        evidence="weak",
    ),
    _time(
        "hook_duration",
        {"median": "15 s", "p95": "120 s"},
        ("5 s", {"median": "60 s", "p95": "300 s"}),
        meaning="one scripted lifecycle event on one target when the scenario gives no duration",
        why="no published distribution found",
        effect="adds for each scripted event; the first thing to replace by your own figures",
        source="prior codedeploy.hook_duration_s",
        evidence="guess",
    ),
    _time(
        "download_retry_wait",
        "10 s",
        ("0 s", "90 s"),
        meaning="wait before DownloadBundle is tried again, tripled with each further try",
        why="the agent waits 10, 30 and 90 s between tries from GitHub; for S3 it has only the SDK's own short retries",
        effect="only with a download fault that allows more than one attempt",
        source="CodeDeploy agent, command_executor.rb",
        evidence="documented",
    ),
)

_READINGS = (
    _switch(
        "tie_order",
        "random",
        ("random", "index"),
        meaning="which of several targets in the same health CodeDeploy updates first",
        why="the guide says ties are broken at random; `index` follows the order of the scenario, for replays",
        effect="none on the law of a fleet of equals; decides what a fault on a named target does",
        source="UG, instances-health; API, ZonalConfig",
        evidence="documented",
    ),
    _switch(
        "agent_commands",
        "parallel",
        ("parallel", "one_by_one"),
        meaning="whether the agent takes up the way back while a stopped deployment's script still runs on the host",
        why="the agent runs up to 16 commands on worker threads and goes on polling",
        effect="one by one, a script that runs on for more than 5 minutes fails the host on the way back",
        source="CodeDeploy agent, command_poller.rb",
        evidence="documented",
    ),
    _switch(
        "rollback_watches_alarms",
        "no",
        ("no", "yes"),
        meaning="whether alarms stop an automatic rollback as they stop a rollout",
        why="in three published runs a rollback succeeded while its alarm was still up; AWS is silent",
        effect="`yes` stops most ways back that an alarm began",
        source="observed: published Lambda and ECS runs",
        evidence="observed",
    ),
    _switch(
        "rollback_configuration",
        "same",
        ("same", "all_at_once"),
        meaning="deployment configuration of an automatic EC2 rollback",
        why="it is an ordinary deployment of the group; a zonal one is known to lose its zones, nothing more is said",
        effect="all at once takes every host out for the way back, and is over in one batch",
        source="UG, deployment-configurations-create",
        evidence="guess",
    ),
    _switch(
        "failed_update_billed",
        "yes",
        ("yes", "no"),
        meaning="whether an on-premises update that failed on its host is charged",
        why="the price page charges where an update was performed and leaves out what is skipped",
        effect="two cents for each failed on-premises update",
        source="CodeDeploy pricing page",
        evidence="guess",
    ),
    _time(
        "block_traffic_unregistered",
        "0 s",
        ("0 s", "300 s"),
        meaning="BlockTraffic on a host that is not registered, such as one that failed the deployment before",
        why="there is nothing to drain",
        effect="adds to the way back of hosts that failed",
        source="judgement",
        evidence="guess",
    ),
)

_CLOUDWATCH = (
    _phase("minute_phase", "the clock minute, to which metrics are summed,"),
    _phase(
        "alarm_evaluation_phase",
        "an alarm's evaluation",
        "observed: each alarm keeps a second of its own within the minute",
        "observed",
    ),
    _phase("health_check_phase", "a target's health check"),
    _time(
        "delivery_load_balancer",
        {"uniform": ["60 s", "180 s"]},
        ("60 s", "180 s"),
        meaning="end of a minute to its load balancer metric being readable",
        why="73 to 133 s and 2 to 4 minutes were observed; AWS gives no figure",
        effect="adds to detection in full",
        source="observed: published runs",
        evidence="derived",
    ),
    _time(
        "delivery_lambda",
        {"uniform": ["10 s", "90 s"]},
        ("10 s", "90 s"),
        meaning="end of a minute to its Lambda metric being readable",
        why="within 89 s in one record; AWS gives no figure",
        effect="adds to detection in full",
        source="inferred from published runs",
        evidence="guess",
    ),
    _time(
        "delivery_custom",
        {"uniform": ["10 s", "90 s"]},
        ("10 s", "90 s"),
        meaning="end of a minute to a custom metric being readable",
        why="a custom count was used within 89 s in one record; AWS gives no figure",
        effect="adds to detection in full",
        source="inferred from a published run",
        evidence="guess",
    ),
    _time(
        "evaluation_range_floor",
        "600 s",
        ("0 s", "600 s"),
        meaning="an alarm fetches at least this much history, and at least two slots more than it judges",
        why="two observed 1-minute alarms kept their state about ten minutes after the last bad point",
        effect="decides how long an alarm on a sparse metric stays up after the fault",
        source="inferred from published runs; AWS does not publish the rule",
        evidence="guess",
    ),
    _switch(
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

_PEOPLE = (
    _time(
        "people_acknowledge",
        {"median": "4 min", "p95": "30 min"},
        ("30 s", "30 min"),
        meaning="page sent to somebody acknowledging it, in office hours",
        why="published on-call classes respond within 5 or 30 minutes",
        effect="adds to every way back that a person takes",
        source="prior operator.ack_min",
        evidence="weak",
    ),
    _time(
        "people_notice",
        {"median": "20 min", "p95": "120 min"},
        ("3 min", "120 min"),
        meaning="somebody noticing a fault that fails 10 % of requests and pages nobody",
        why="judgement; the clock runs in proportion to the failing share, at most five times as fast",
        effect="sets the harm of every defect that no alarm sees",
        source="prior operator.notice_without_alarm_min",
        evidence="guess",
    ),
    _time(
        "people_decide",
        {"median": "8 min", "p95": "45 min"},
        ("90 s", "45 min"),
        meaning="acknowledging to deciding on a way back",
        why="judgement",
        effect="adds to every way back that a person takes",
        source="prior operator.decide_rollback_min",
        evidence="guess",
    ),
    _time(
        "people_act",
        {"median": "4 min", "p95": "15 min"},
        ("1 min", "15 min"),
        meaning="deciding to the deployment being stopped or created: find the revision, approve, start",
        why="judgement",
        effect="adds to every way back that a person takes",
        source="prior rollback.manual_overhead_min",
        evidence="guess",
    ),
    _time(
        "people_repair",
        {"median": "20 min", "p95": "90 min"},
        ("5 min", "90 min"),
        meaning="a person repairing or replacing the dead hosts of a fleet, once at it",
        why="judgement",
        effect="only where hosts died or stayed without a revision",
        source="judgement",
        evidence="guess",
    ),
    Assumption(
        id="notice_fastest",
        kind="number",
        dimension="factor",
        default="5",
        span=("1", "20"),
        meaning="how many times faster than at a failing share of 10 % people notice at most",
        why="judgement: a total outage is noticed in about four minutes",
        effect="bounds how soon a severe fault without an alarm is noticed",
        source="prior operator.notice_without_alarm_min, note",
        evidence="guess",
    ),
    Assumption(
        id="people_attempts",
        kind="number",
        dimension="factor",
        default="5",
        span=("1", "10"),
        meaning="ways back and repairs that people try before they leave a run to its horizon",
        why="judgement; keeps a service that cannot be mended from being mended for ever",
        effect="only in runs where ways back fail again and again",
        source="judgement",
        evidence="guess",
    ),
    Assumption(
        id="out_of_hours_factor",
        kind="number",
        dimension="factor",
        default="2",
        span=("1", "4"),
        meaning="how much longer people take to acknowledge outside office hours",
        why="judgement",
        effect="multiplies acknowledgement at night and at weekends",
        source="prior operator.ack_min, note",
        evidence="guess",
    ),
)

TABLE: Mapping[str, Assumption] = {item.id: item for item in (*_CODEDEPLOY, *_READINGS, *_CLOUDWATCH, *_PEOPLE)}
