"""Which CloudWatch metrics a rollout produces, from which counts, and how each is published.

The one thing a newcomer would get wrong: a metric that is published only when non-zero is *missing* in a quiet
minute, not 0, and the alarm's treatment of missing data then decides.

Sources: Application Load Balancer guide, "CloudWatch metrics"; Lambda guide, "Monitoring metrics"; that Lambda
publishes zero Errors while there are invocations was observed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from simulator.model.alarm import Metric
from simulator.model.flow import Flow
from simulator.model.service import AnyService, EcsService, LambdaFunction, ServerFleet

# What happens to requests in a minute, as independent counts (Poisson); every count metric is a sum of some.
FLEET_COUNTS = ("answered_well", "answered_5xx", "balancer_5xx", "no_target")
TASK_SET_COUNTS = ("well_old", "error_old", "unanswered_old", "well_new", "error_new", "unanswered_new")
ALIAS_COUNTS = ("well_old", "error_old", "well_new", "error_new", "throttled")

COUNTS: Mapping[str, tuple[str, ...]] = {"server": FLEET_COUNTS, "lambda": ALIAS_COUNTS, "ecs": TASK_SET_COUNTS}

Family = Literal["load_balancer", "lambda", "custom"]
Published = Literal["with_traffic", "when_non_zero", "always"]


@dataclass(frozen=True, slots=True)
class Series:
    """How a metric is put together.

    Parameters
    ----------
    counts : tuple of str
        Counts that add up to it; empty for a level.
    level : {"healthy", "unhealthy", "latency"} or None
        A state of the fleet or the mean latency instead of a count.
    published : str
        When a minute has a datapoint at all.
    family : str
        Whose delivery delay it has.
    version : {"old", "new"} or None
        Which revision's latency a level is about.
    samples : tuple of str
        Counts of which each is one value of the metric, 1 for those of `counts` and 0 for the rest; empty where
        only the sum means anything.
    """

    counts: tuple[str, ...]
    published: Published
    family: Family
    level: Literal["healthy", "unhealthy", "latency"] | None = None
    version: Literal["old", "new"] | None = None
    samples: tuple[str, ...] = ()


# A request counts as such only where a target could be chosen (Application Load Balancer guide, RequestCount).
CHOSEN = ("answered_well", "answered_5xx", "balancer_5xx")
_HOSTS: Mapping[str, Series] = {
    "HealthyHostCount": Series((), "with_traffic", "load_balancer", level="healthy"),
    "UnHealthyHostCount": Series((), "with_traffic", "load_balancer", level="unhealthy"),
}


def _requests(answered_5xx: str, unanswered: str, response_time: str) -> Mapping[str, Series]:
    return {
        **_HOSTS,
        "RequestCount": Series(CHOSEN, "with_traffic", "load_balancer"),
        answered_5xx: Series(("answered_5xx",), "when_non_zero", "load_balancer"),
        unanswered: Series(("balancer_5xx", "no_target"), "when_non_zero", "load_balancer"),
        response_time: Series((), "with_traffic", "load_balancer", level="latency"),
    }


# Namespace and metrics by kind of load balancer; a network one sees connections, not requests.
_LOAD_BALANCERS: Mapping[str, tuple[str, Mapping[str, Series]]] = {
    "application": (
        "AWS/ApplicationELB",
        _requests("HTTPCode_Target_5XX_Count", "HTTPCode_ELB_5XX_Count", "TargetResponseTime"),
    ),
    "classic": ("AWS/ELB", _requests("HTTPCode_Backend_5XX", "HTTPCode_ELB_5XX", "Latency")),
    "network": ("AWS/NetworkELB", _HOSTS),
}
_COUNT_STATISTICS = frozenset({"Sum"})
_SAMPLE_STATISTICS = frozenset({"SampleCount", "Average", "Sum", "Minimum", "Maximum"})
_LEVEL_STATISTICS = frozenset({"Average", "Minimum", "Maximum"})


def series(metric: Metric, service: AnyService, latency_known: bool) -> Series | None:
    """How the simulation makes this metric, or None when it does not produce it.

    Parameters
    ----------
    metric : Metric
        With CloudWatch's namespace, name, dimensions and statistic, or a measure of the scenario's own.
    service : AnyService
        What is updated; a Lambda's ``ExecutedVersion`` dimension tells its versions apart.
    latency_known : bool
        Whether the scenario states the service's latency.
    """
    found = _made(metric, service)
    if found is None:
        return None
    if found.level == "latency":
        return found if latency_known and metric.statistic == "Average" else None
    if found.level is not None:
        return found if metric.statistic in _LEVEL_STATISTICS else None
    return found if metric.statistic in (_SAMPLE_STATISTICS if found.samples else _COUNT_STATISTICS) else None


def lacking(metric: Metric, service: AnyService, latency_known: bool) -> str:
    """What is wanting to a metric that is known but not produced, and what to write instead; empty for any other.

    A percentile of response times hangs on how they scatter around their mean. The scenario gives the mean alone, and
    no law for the rest is published, so an alarm on one keeps its state rather than follow a guess.
    """
    found = _made(metric, service)
    if found is None or series(metric, service, latency_known) is not None:
        return ""
    if found.level == "latency" and metric.statistic != "Average":
        return f"{metric.statistic} of response times hangs on their scatter, which is not modelled; watch the Average"
    if found.level == "latency":
        return "the scenario does not say how long requests take; write traffic.latency"
    known = _LEVEL_STATISTICS if found.level else _SAMPLE_STATISTICS if found.samples else _COUNT_STATISTICS
    return f"its {metric.statistic} is not simulated; take {' or '.join(sorted(known))}"


def _made(metric: Metric, service: AnyService) -> Series | None:
    if isinstance(service, LambdaFunction):
        return _lambda_series(metric, service)
    return _task_set_series(metric, service) if isinstance(service, EcsService) else _fleet_series(metric, service)


def _fleet_series(metric: Metric, service: ServerFleet) -> Series | None:
    if metric.measures is not None:
        errors = ("answered_5xx", "balancer_5xx", "no_target")
        return Series(errors if metric.measures == "errors" else FLEET_COUNTS, "always", "custom")
    if service.load_balancer is None:
        return None
    namespace, known = _LOAD_BALANCERS[service.load_balancer.kind]
    return known.get(metric.metric_name) if metric.namespace in ("", namespace) else None


def _task_set_series(metric: Metric, service: EcsService) -> Series | None:
    """Metrics of the load balancer as a whole, or of one of its two target groups."""
    balancer = service.load_balancer
    version: Literal["old", "new"] | None = None
    group = metric.dimensions.get("TargetGroup")
    if group is not None:
        # CloudWatch names a group as targetgroup/name/id.
        name = group.split("/")[1] if group.startswith("targetgroup/") and group.count("/") == 2 else group
        if name not in (balancer.original_target_group, balancer.replacement_target_group):
            return None
        version = "old" if name == balancer.original_target_group else "new"
    sides = (version,) if version else ("old", "new")
    errors = tuple(f"error_{side}" for side in sides)
    unanswered = tuple(f"unanswered_{side}" for side in sides)
    chosen = tuple(f"{what}_{side}" for side in sides for what in ("well", "error", "unanswered"))
    if metric.measures is not None:
        return Series((*errors, *unanswered) if metric.measures == "errors" else chosen, "always", "custom")
    namespace = "AWS/ApplicationELB" if balancer.kind == "application" else "AWS/NetworkELB"
    if metric.namespace not in ("", namespace):
        return None
    known = {
        name: Series((), "with_traffic", "load_balancer", level=level, version=version)
        for name, level in _TASK_SET_LEVELS.items()
    }
    if balancer.kind == "application":
        known |= {
            "RequestCount": Series(chosen, "with_traffic", "load_balancer", version=version),
            "HTTPCode_Target_5XX_Count": Series(errors, "when_non_zero", "load_balancer", version=version),
            "TargetResponseTime": Series((), "with_traffic", "load_balancer", level="latency", version=version),
        }
        if version is None:  # errors of the balancer's own are no target group's
            known["HTTPCode_ELB_5XX_Count"] = Series(unanswered, "when_non_zero", "load_balancer")
    return known.get(metric.metric_name)


_TASK_SET_LEVELS: Mapping[str, Literal["healthy", "unhealthy"]] = {
    "HealthyHostCount": "healthy",
    "UnHealthyHostCount": "unhealthy",
}


def _lambda_series(metric: Metric, service: LambdaFunction) -> Series | None:
    if not _about(metric, service):
        return None
    version: Literal["old", "new"] | None = None
    executed = metric.dimensions.get("ExecutedVersion")
    if executed is not None:
        if executed not in (service.current_version, service.target_version):
            return None
        version = "old" if executed == service.current_version else "new"
    both = (version,) if version else ("old", "new")
    errors = tuple(f"error_{each}" for each in both)
    calls = tuple(f"{what}_{each}" for each in both for what in ("well", "error"))
    if metric.measures is not None:
        counts = errors if metric.measures == "errors" else calls
        return Series(counts if version else (*counts, "throttled"), "always", "custom")
    if metric.namespace not in ("", "AWS/Lambda"):
        return None
    known: Mapping[str, Series] = {
        "Invocations": Series(calls, "with_traffic", "lambda"),
        # Each invocation publishes a value, 1 if it failed: the average is the share of errors.
        "Errors": Series(errors, "with_traffic", "lambda", version=version, samples=calls),
        "Throttles": Series(("throttled",), "with_traffic", "lambda"),
        "Duration": Series((), "with_traffic", "lambda", level="latency", version=version),
    }
    return known.get(metric.metric_name)


def _about(metric: Metric, service: LambdaFunction) -> bool:
    """Whether the metric's dimensions name this function and alias, as far as the scenario names them."""
    named = "function" in service.model_fields_set
    function = metric.dimensions.get("FunctionName")
    if named and function is not None and function != service.function:
        return False
    resource = metric.dimensions.get("Resource", "")
    return not named or resource in ("", service.function, f"{service.function}:{service.alias}")


def traffic_counts(found: Series, platform: str = "server") -> tuple[str, ...]:
    """Counts whose sum says whether there was traffic for this metric."""
    if platform != "lambda":
        # A load balancer reports while requests flow through it, whichever target group they go to.
        return COUNTS[platform]
    sides = (found.version,) if found.version else ("old", "new")
    return tuple(f"{what}_{side}" for side in sides for what in ("well", "error"))


def fleet_counts(pieces: Iterable[tuple[float, Flow]], baseline_errors: float) -> tuple[float, ...]:
    """Expected `FLEET_COUNTS` of flows that held for some seconds each.

    Examples
    --------
    A minute of 100/s of which 1 % fails anyway, the last tenth of it with 20/s unanswered:

    >>> from simulator.model.flow import FleetState
    >>> from simulator.rules.flow import fleet_flow
    >>> flows = [fleet_flow(100.0, 0.01, 10, 100.0, FleetState(8, 0, dead)) for dead in (0, 2)]
    >>> [round(count, 3) for count in fleet_counts([(54.0, flows[0]), (6.0, flows[1])], 0.01)]
    [5821.2, 58.8, 120.0, 0.0]
    """
    well = answered_5xx = balancer_5xx = no_target = 0.0
    for seconds, flow in pieces:
        served = flow.served_old + flow.served_new
        failed = baseline_errors * served + min(flow.defect, served)
        well += max(served - failed, 0.0) * seconds
        answered_5xx += failed * seconds
        # A request counts as not answered by a target only where there was one to choose.
        if flow.share_old + flow.share_new > 0:
            balancer_5xx += max(flow.demand - served, 0.0) * seconds
        else:
            no_target += max(flow.demand - served, 0.0) * seconds
    return well, answered_5xx, balancer_5xx, no_target


def fleet_rates(flow: Flow, baseline_errors: float) -> tuple[float, ...]:
    """Rates of `FLEET_COUNTS`: answered well, answered with an error, not answered, and no target to choose."""
    return fleet_counts([(1.0, flow)], baseline_errors)


def task_set_counts(pieces: Iterable[tuple[float, Flow]], baseline_errors: float) -> tuple[float, ...]:
    """Expected `TASK_SET_COUNTS` of flows that held for some seconds each, by revision.

    A request to a target group that nobody answers in is the load balancer's own error; whether it found a task to
    send it to (502, 504) or none (503) makes no difference here.

    Examples
    --------
    A minute of 100/s of which a tenth goes to green tasks, half of which do not answer.

    >>> from simulator.rules.task_sets import TaskSet, task_set_flow
    >>> flow = task_set_flow(100.0, 0.0, 4, 100.0, 0.1, blue=TaskSet(4), green=TaskSet(2, dead=2))
    >>> task_set_counts([(60.0, flow)], 0.0)
    (5400.0, 0.0, 0.0, 300.0, 0.0, 300.0)
    """
    well_old = error_old = unanswered_old = well_new = error_new = unanswered_new = 0.0
    for seconds, flow in pieces:
        failed_old = baseline_errors * flow.served_old
        failed_new = min(baseline_errors * flow.served_new + flow.defect, flow.served_new)
        well_old += (flow.served_old - failed_old) * seconds
        error_old += failed_old * seconds
        unanswered_old += max(flow.demand * flow.share_old - flow.served_old, 0.0) * seconds
        well_new += (flow.served_new - failed_new) * seconds
        error_new += failed_new * seconds
        unanswered_new += max(flow.demand * flow.share_new - flow.served_new, 0.0) * seconds
    return well_old, error_old, unanswered_old, well_new, error_new, unanswered_new


def alias_counts(pieces: Iterable[tuple[float, Flow]], baseline_errors: float, error_share: float) -> tuple[float, ...]:
    """Expected `ALIAS_COUNTS`, by version; throttled calls count in neither Invocations nor Errors."""
    share_new = baseline_errors + (1 - baseline_errors) * error_share
    well_old = error_old = well_new = error_new = throttled = 0.0
    for seconds, flow in pieces:
        old, new = baseline_errors * flow.served_old, share_new * flow.served_new
        well_old += (flow.served_old - old) * seconds
        error_old += old * seconds
        well_new += (flow.served_new - new) * seconds
        error_new += new * seconds
        throttled += max(flow.demand - flow.served_old - flow.served_new, 0.0) * seconds
    return well_old, error_old, well_new, error_new, throttled


def alias_rates(flow: Flow, baseline_errors: float, error_share: float) -> tuple[float, ...]:
    """Rates of `ALIAS_COUNTS`."""
    return alias_counts([(1.0, flow)], baseline_errors, error_share)
