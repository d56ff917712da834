"""The table of metrics: name, unit, which way is better, and the definition readers are given.

Tables, axes, help and the decision all read it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal


@dataclass(frozen=True, slots=True)
class Metric:
    """One measured quantity of a run."""

    name: str
    unit: Literal["s", "requests", "fraction", "USD", ""]
    better: Literal["lower", "higher"]
    label: str
    definition: str


def _metric(name: str, unit: Literal["s", "requests", "fraction", "USD"], label: str, definition: str) -> Metric:
    return Metric(name, unit, "lower", label, definition)


METRICS: Mapping[str, Metric] = MappingProxyType(
    {
        metric.name: metric
        for metric in (
            _metric(
                "duration_s", "s", "Duration",
                "CreateDeployment to the deployment's terminal status, in stages to that of the last one reached; its "
                "own waits and bakes counted, its rollback not",
            ),
            _metric(
                "downtime_s", "s", "Downtime, user-weighted",
                "integral of the failing share of requests over time; equals clock time when everything is down",
            ),
            _metric("outage_s", "s", "Outage", "time with at least the outage share of requests failing"),
            _metric("failed_requests", "requests", "Failed requests", "requests failed beyond the baseline"),
            _metric(
                "budget_share", "fraction", "Error budget used",
                "failed requests over the error budget of the objective's window",
            ),
            _metric(
                "exposed_requests", "requests", "Exposed requests",
                "production requests routed to a bad revision, well answered or not",
            ),
            _metric(
                "peak_exposure", "fraction", "Peak exposure",
                "largest share of production traffic on a bad revision at any instant",
            ),
            _metric("mixed_version_s", "s", "Mixed versions", "time with both revisions in production"),
            _metric(
                "detect_s", "s", "Time to detect",
                "first production request on a bad revision to the first way back being decided",
            ),
            _metric(
                "rollback_s", "s", "Way back",
                "first way back being decided to the previous revision taking all traffic at full capacity",
            ),
            _metric("recover_s", "s", "Time to recover", "first failing request to the last"),
            _metric("capacity_shortfall_s", "s", "Capacity shortfall", "time in-service capacity was below demand"),
            _metric(
                "cost_usd", "USD", "Cost of the rollout",
                "extra infrastructure, fees and hook invocations of the deployment and its rollback",
            ),
            _metric("incident_usd", "USD", "Incident cost", "people's hours and failed requests at the given prices"),
        )
    }
)  # fmt: skip

# Parts: failed_* add up to failed_requests, detect_*_s to detect_s when that is finite; others stand beside a metric.
PARTS: Mapping[str, Metric] = MappingProxyType(
    {
        metric.name: metric
        for metric in (
            _metric("failed_defect", "requests", "failed by the defect", "up to the decision to go back"),
            _metric("failed_capacity", "requests", "failed for want of capacity", "up to the decision to go back"),
            _metric("failed_dead", "requests", "failed on dead or cut targets", "up to the decision to go back"),
            _metric("failed_way_back", "requests", "failed on the way back", "from the decision to go back on"),
            _metric("detect_slot_s", "s", "metric slot", "onset to the end of the slot that tipped the alarm"),
            _metric("detect_delivery_s", "s", "delivery", "end of that slot to its datapoint being readable"),
            _metric("detect_evaluation_s", "s", "evaluation", "datapoint readable to the alarm changing state"),
            _metric("detect_poll_s", "s", "poll", "alarm in ALARM to CodeDeploy, or a person, taking notice"),
            _metric("detect_action_s", "s", "action", "taking notice to the way back being decided"),
            _metric(
                "failed_attempts", "requests", "failed tries, as servers see them",
                "tries beyond those that fail anyway, where clients try again; beside failed_requests, not in it",
            ),
            _metric(
                "kept_usd_per_hour", "USD", "Kept fleet, per hour",
                "what units above those at zero that are kept go on costing an hour; beside cost_usd, not in it",
            ),
        )
    }
)  # fmt: skip
