"""Entries on CloudWatch: what an alarm looks at, what it makes of it, and what its metrics are made of."""

from __future__ import annotations

from simulator.model.alarm import Metric
from simulator.model.scenario import Scenario
from simulator.model.service import LambdaFunction
from simulator.rules import (
    alarm_suppression,
    alarm_windows,
    alarms,
    composite_alarms,
    detection,
    flow,
    metric_math,
    telemetry,
)
from simulator.rules.catalogue.rule import Call, call, rule, watch

_MISSING = watch("alarms-and-missing-data")
_EVALUATION = watch("alarm-evaluation")
_PUT = "CloudWatch API reference, PutMetricAlarm"
_COMPOSITE = "ALARM(CPUUtilizationTooHigh) AND NOT ALARM(DeploymentInProgress)"
_DAY = 14 * 3600 + 7 * 60

ALARMS = (
    rule(
        alarms.evaluate,
        "what state an alarm is in",
        "Of the newest N slots with data M must breach. Only when fewer than N of the slots it fetched hold data does "
        "the treatment of missing data play a part.",
        f"{_MISSING}; {_PUT}",
        "AWS's rows of five slots, oldest first, of which three are judged (True breaching, None missing).",
        call(alarms.evaluate, [False, None, True, None, True], 3, 2),
        call(alarms.evaluate, [None] * 5, 3, treat_missing_data="breaching", previous_state="OK"),
    ),
    rule(
        alarms.breaching,
        "whether a slot breaches",
        "Its statistic is compared with the threshold; a slot without data neither breaches nor not.",
        _PUT,
        "66.9 against a threshold of 65, and a missing slot.",
        call(alarms.breaching, 66.9, "GreaterThanThreshold", 65),
        call(alarms.breaching, None, "GreaterThanThreshold", 65),
    ),
    rule(
        alarms.aggregate,
        "the statistic of a slot",
        "SampleCount, Sum, Average, Minimum or Maximum of what was published in it; nothing when nothing was.",
        watch("cloudwatch_concepts"),
        "Three samples, and none.",
        call(alarms.aggregate, [1.0, 2.0, 6.0], "Average"),
        call(alarms.aggregate, [], "Sum"),
    ),
    rule(
        alarms.minimum_samples,
        "how many samples a percentile needs",
        "Ten divided by the smaller tail, for an alarm that ignores percentiles of too few samples.",
        f"{_MISSING}, edition of 2023",
        "p99, the median, p10.",
        call(alarms.minimum_samples, 0.99),
        call(alarms.minimum_samples, 0.5),
        call(alarms.minimum_samples, 0.1),
    ),
)

ALARM_WINDOWS = (
    rule(
        alarm_windows.slots,
        "which slots of time an alarm looks at",
        "Its windows slide: they hang from the minute of the evaluation, not from multiples of the period.",
        watch("alarm-evaluation-window"),
        "An alarm of an hour evaluated at 14:07 looks at 13:07 to 14:07.",
        Call(
            "slots(14:07, 3600, 1) in minutes",
            lambda: [(s / 60, e / 60) for s, e in alarm_windows.slots(_DAY, 3600, 1)],
        ),
    ),
    rule(
        alarm_windows.window_end,
        "where the newest slot ends",
        "At the instant of the evaluation, rounded down to the minute (below a period of 60 s, to ten seconds).",
        f"{_EVALUATION}, {watch('cloudwatch-and-eventbridge')}",
        "An alarm of a minute evaluated at 125 s.",
        call(alarm_windows.window_end, 125.0, 60),
    ),
    rule(
        alarm_windows.wall_clock_slots,
        "which slots an alarm on the wall clock looks at",
        "Finished hours, days or weeks of its time zone.",
        watch("alarm-evaluation-window"),
        "An alarm of an hour evaluated at 14:07 looks at 13:00 to 14:00.",
        Call(
            "wall_clock_slots(14:07, 3600, 1) in minutes",
            lambda: [(s / 60, e / 60) for s, e in alarm_windows.wall_clock_slots(_DAY, 3600, 1)],
        ),
    ),
    rule(
        alarm_windows.cadence,
        "how often an alarm is evaluated",
        "Every minute; every ten seconds below a period of 60 s; every hour for alarms over more than a day.",
        _EVALUATION,
        "Three periods of 5 minutes, six of 10 s, two of a day: seconds between evaluations.",
        call(alarm_windows.cadence, 300, 3),
        call(alarm_windows.cadence, 10, 6),
        call(alarm_windows.cadence, 86_400, 2),
    ),
    rule(
        alarm_windows.evaluation_range,
        "how many slots an alarm fetches",
        "More than it judges, so that it can reach back past gaps: two more, and at least ten minutes.",
        f"inferred from {_MISSING} and from published runs; AWS does not publish the rule (assumption "
        "evaluation_range_floor)",
        "AWS's tables show five slots for an alarm of three.",
        call(alarm_windows.evaluation_range, 300, 3),
        call(alarm_windows.evaluation_range, 60, 1),
    ),
    rule(
        alarm_windows.check_period,
        "which periods CloudWatch takes",
        "10, 20, 30 or a multiple of 60 s; periods x period at most a week, and at most a day below an hour.",
        _PUT,
        "Three periods of 5 minutes are taken (None: no complaint).",
        call(alarm_windows.check_period, 300, 3),
    ),
)

COMPOSITES = (
    rule(
        composite_alarms.parse,
        "the rule of a composite alarm",
        "AND, OR and NOT over the states of other alarms; a composite has no datapoints of its own.",
        f"{watch('alarm-combining')}; CloudWatch API reference, PutCompositeAlarm",
        "AWS's case: quiet while a deployment is in progress.",
        Call(
            f"parse({_COMPOSITE!r}).state(the first in ALARM, the second OK)",
            lambda: composite_alarms.parse(_COMPOSITE).state(
                {"CPUUtilizationTooHigh": "ALARM", "DeploymentInProgress": "OK"}
            ),
        ),
    ),
    rule(
        alarm_suppression.actions,
        "when a composite with a suppressor acts",
        "A suppressor holds back actions, not the state: CodeDeploy, which reads the state, sees ALARM all the same.",
        watch("alarm-suppression"),
        "The suppressor does not follow within the wait of 2, so the action is taken at its end; then it does.",
        call(alarm_suppression.actions, [(2, "composite", "ALARM")], 2, 3),
        call(alarm_suppression.actions, [(2, "composite", "ALARM"), (3, "suppressor", "ALARM")], 2, 3),
    ),
    rule(
        metric_math.parse,
        "metric math",
        "A missing operand counts as 0, but a division by zero drops the point: errors / requests is missing, not 0, "
        "while there are no requests.",
        watch("using-metric-math"),
        "3 errors of 60 requests; then none of none.",
        Call(
            "parse('100 * errors / requests').evaluate({'errors': 3, 'requests': 60})",
            lambda: metric_math.parse("100 * errors / requests").evaluate({"errors": 3, "requests": 60}),
        ),
        Call(
            "parse('100 * errors / requests').evaluate({'errors': None, 'requests': 0})",
            lambda: metric_math.parse("100 * errors / requests").evaluate({"errors": None, "requests": 0}),
        ),
    ),
)


def _canary() -> Scenario:
    """A function with one alarm and a canary of five minutes."""
    return Scenario.model_validate(
        {
            "name": "example",
            "service": {"platform": "lambda"},
            "traffic": {"rate": 100.0},
            "alarms": [{"name": "errors", "namespace": "AWS/Lambda", "metric_name": "Errors", "threshold": 1.0}],
            "strategies": [{"name": "canary", "configuration": "CodeDeployDefault.LambdaCanary10Percent5Minutes"}],
        }
    )


def _errors() -> telemetry.Series:
    metric = Metric(namespace="AWS/Lambda", metric_name="Errors", statistic="Sum")
    made = telemetry.series(metric, LambdaFunction(), latency_known=False)
    assert made is not None  # the model produces it
    return made


_HALF_DONE = flow.alias_flow(100.0, 0.0, 1000.0, 0.5, error_share=0.1)
_LAMBDA_METRICS = (
    "Lambda developer guide, monitoring-metrics-types: "
    "https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html"
)
_ELB_METRICS = (
    "Application Load Balancer guide, load-balancer-cloudwatch-metrics: "
    "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html"
)

TELEMETRY = (
    rule(
        telemetry.series,
        "how a metric is made, and when it has a datapoint",
        "Load balancer counts are published when they are not zero, so a quiet minute is missing; Lambda publishes "
        "zero Errors while there are invocations.",
        f"{_ELB_METRICS}; {_LAMBDA_METRICS}",
        "When AWS/Lambda Errors has a datapoint.",
        Call("series(Errors of AWS/Lambda).published", lambda: _errors().published),
    ),
    rule(
        telemetry.traffic_counts,
        "whether a metric had traffic in a minute",
        "All requests of a load balancer; the calls of the version a Lambda metric is about.",
        f"{_ELB_METRICS}; {_LAMBDA_METRICS}",
        "Counts behind Errors of a whole function.",
        Call("traffic_counts(Errors of AWS/Lambda)", lambda: telemetry.traffic_counts(_errors())),
    ),
    rule(
        telemetry.fleet_rates,
        "which counts a fleet's requests fall into",
        "Answered well, answered with an error, not answered, and without a target to choose.",
        _ELB_METRICS,
        "100 requests/s, half of them on a revision that fails a tenth: requests per second in each count.",
        Call(
            "fleet_rates(that, 0.0)", lambda: tuple(round(rate, 6) for rate in telemetry.fleet_rates(_HALF_DONE, 0.0))
        ),
    ),
    rule(
        telemetry.alias_rates,
        "which counts an alias's requests fall into",
        "Answered well and failed, by version, and throttled; a throttled call counts in neither Invocations nor "
        "Errors.",
        _LAMBDA_METRICS,
        "100 requests/s, half of them on a version that fails a tenth: calls per second in each count.",
        Call(
            "alias_rates(that, 0.0, 0.1)",
            lambda: tuple(round(rate, 6) for rate in telemetry.alias_rates(_HALF_DONE, 0.0, 0.1)),
        ),
    ),
)
DETECTION = (
    rule(
        detection.earliest_stop,
        "how soon an alarm can stop a deployment",
        "Its last period but one has to be over, the datapoint delivered, and CodeDeploy has to look: a lower bound.",
        f"arithmetic on {_EVALUATION}; delivery is assumption delivery_load_balancer, _lambda or _custom",
        "One period of a minute on a Lambda metric: seconds from the first bad request.",
        Call("earliest_stop(that alarm)", lambda: detection.earliest_stop(_canary().alarms[0], _canary())),
    ),
    rule(
        detection.last_shift,
        "by when everybody has the new revision",
        "Seconds from the first share of traffic to the last; an alarm slower than that cannot help.",
        "arithmetic on traffic_shift.schedule",
        "A canary of five minutes.",
        Call("last_shift(that canary)", lambda: detection.last_shift(_canary())),
    ),
)
