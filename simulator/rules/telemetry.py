"""Which CloudWatch metrics a rollout produces, from which counts, and how each is published.

The one thing a newcomer would get wrong: a metric that is published only when non-zero is *missing* in a quiet
minute, not 0, and the alarm's treatment of missing data then decides.

Sources: Application Load Balancer guide, "CloudWatch metrics"; Lambda guide, "Monitoring metrics"; that Lambda
publishes zero Errors while there are invocations was observed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from simulator.model.alarm import Metric
from simulator.model.flow import Flow
from simulator.model.service import AnyService, EcsService, LambdaFunction, ServerFleet

# What happens to requests in a minute, as independent counts (Poisson); every count metric is a sum of some.
FLEET_COUNTS = ("answered_well", "answered_5xx", "balancer_5xx", "no_target")
ALIAS_COUNTS = ("well_old", "error_old", "well_new", "error_new", "throttled")

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
    allowed = _LEVEL_STATISTICS if found.level else _COUNT_STATISTICS
    return found if metric.statistic in allowed else None


def _made(metric: Metric, service: AnyService) -> Series | None:
    if isinstance(service, LambdaFunction):
        return _lambda_series(metric, service)
    return _fleet_series(metric, service)


def _fleet_series(metric: Metric, service: ServerFleet | EcsService) -> Series | None:
    if metric.measures is not None:
        errors = ("answered_5xx", "balancer_5xx", "no_target")
        return Series(errors if metric.measures == "errors" else FLEET_COUNTS, "always", "custom")
    if service.load_balancer is None:
        return None
    namespace, known = _LOAD_BALANCERS[service.load_balancer.kind]
    return known.get(metric.metric_name) if metric.namespace in ("", namespace) else None


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
        "Errors": Series(errors, "with_traffic", "lambda", version=version),
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


def traffic_counts(found: Series) -> tuple[str, ...]:
    """Counts whose sum says whether there was traffic for this metric."""
    if found.family == "load_balancer":
        return FLEET_COUNTS
    sides = (found.version,) if found.version else ("old", "new")
    return tuple(f"{what}_{side}" for side in sides for what in ("well", "error"))


def fleet_rates(flow: Flow, baseline_errors: float) -> tuple[float, ...]:
    """Rates of `FLEET_COUNTS`: answered well, answered with an error, not answered, and no target to choose."""
    served = flow.served_old + flow.served_new
    failed = baseline_errors * served + min(flow.defect, served)
    unanswered = max(flow.demand - served, 0.0)
    chosen = flow.share_old + flow.share_new > 0
    return (max(served - failed, 0.0), failed, unanswered if chosen else 0.0, 0.0 if chosen else unanswered)


def alias_rates(flow: Flow, baseline_errors: float, error_share: float) -> tuple[float, ...]:
    """Rates of `ALIAS_COUNTS`, by version; throttled calls count in neither Invocations nor Errors."""
    error_old = baseline_errors * flow.served_old
    error_new = (baseline_errors + (1 - baseline_errors) * error_share) * flow.served_new
    return (
        flow.served_old - error_old,
        error_old,
        flow.served_new - error_new,
        error_new,
        max(flow.demand - flow.served_old - flow.served_new, 0.0),
    )
