"""Worlds for the report: scenarios, made-up outcomes and hand-written traces, all deterministic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from simulator.analysis import Comparison
from simulator.metrics.table import METRICS, PARTS
from simulator.model.flow import FleetState
from simulator.model.scenario import Scenario
from simulator.rules.flow import alias_flow, fleet_flow
from simulator.trace.records import (
    AlarmChange,
    DeploymentChange,
    End,
    EventRun,
    FlowChange,
    Record,
    Shift,
    TargetChange,
    Trace,
    Trigger,
)

EVENTS = (
    ("BlockTraffic", 60.0), ("ApplicationStop", 4.0), ("DownloadBundle", 6.0), ("Install", 5.0),
    ("ApplicationStart", 30.0), ("ValidateService", 15.0), ("AllowTraffic", 40.0),
)  # fmt: skip
ALARM = "checkout-5xx"


def a_scenario(**changes: Any) -> Scenario:
    """Three strategies for a fleet of 8, one of them today's practice."""
    fields: dict[str, Any] = {
        "name": "checkout web, release 2.31",
        "service": {
            "platform": "server",
            "fleet": {"size": 8, "instance_type": "m6i.large", "capacity": "60/s"},
            "load_balancer": {"deregistration_delay": "60 s"},
            "lifecycle": {"hooks": {"ValidateService": {}}, "durations": {"ApplicationStart": "30 s"}},
        },
        "traffic": {"rate": "300/s", "baseline_errors": "0.05 %"},
        "revision": {"bad": "5 %"},
        "alarms": [
            {"name": ALARM, "namespace": "AWS/ApplicationELB", "metric_name": "HTTPCode_Target_5XX_Count",
             "threshold": 50, "evaluation_periods": 3, "datapoints_to_alarm": 2}
        ],
        "rollback": {"events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"]},
        "slo": {"objective": "99.9 %"},
        "change": {"title": "Checkout web 2.31", "deployments_per_year": 120},
        "strategies": [
            {"name": "all-at-once", "configuration": "CodeDeployDefault.AllAtOnce"},
            {"name": "half-at-a-time", "configuration": "CodeDeployDefault.HalfAtATime", "current": True},
            {"name": "one-at-a-time", "configuration": "CodeDeployDefault.OneAtATime"},
        ],
    }  # fmt: skip
    return Scenario.model_validate({**fields, **changes}, context={"units": "required"})


def a_lambda_scenario() -> Scenario:
    """Two strategies for a function."""
    return Scenario.model_validate(
        {
            "name": "payments function",
            "service": {"platform": "lambda", "lifecycle": {"hooks": {"BeforeAllowTraffic": {}}}},
            "traffic": {"rate": "100/s"},
            "revision": {"bad": "5 %"},
            "rollback": {"events": ["DEPLOYMENT_STOP_ON_ALARM"]},
            "strategies": [
                {"name": "canary", "configuration": "CodeDeployDefault.LambdaCanary10Percent10Minutes"},
                {"name": "at once", "configuration": "CodeDeployDefault.LambdaAllAtOnce"},
            ],
        },
        context={"units": "required"},
    )


def outcomes_of(
    scenario: Scenario, runs: int = 400, bad: float = 0.05, harm: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """Outcomes with the shape of real ones: later strategies are slower and do less harm when the release is
    bad.

    `harm` gives the harm of a strategy as a multiple; equal multiples give equal outcomes.
    """
    names = [strategy.name for strategy in scenario.strategies]
    scale = {name: 1.0 / (2.2**place) for place, name in enumerate(names)} | dict(harm or {})
    rng = np.random.default_rng(20_240_501)
    severity, pace, luck = rng.lognormal(0, 0.8, runs), rng.lognormal(0, 0.12, runs), rng.random(runs)
    rows = [_rows(name, place, scale[name], bad, severity, pace, luck) for place, name in enumerate(names)]
    return pd.concat(rows, ignore_index=True)


def _rows(name, place, harm, bad, severity, pace, luck):
    runs = severity.size
    replication = np.arange(runs)
    is_bad = (replication % 2 == 1) & (bad > 0)
    counts = {True: is_bad.sum(), False: (~is_bad).sum()}
    weight = np.where(is_bad, bad / max(counts[True], 1), (1 - bad) / counts[False] if bad else 1 / runs)
    duration = pace * (240 + 460 * place)
    failed = np.where(is_bad, 9000 * harm * severity, np.where(place == 0, 300 * pace, 0.0))
    parts = {
        "failed_defect": np.where(is_bad, 0.7 * failed, 0.0),
        "failed_capacity": np.where(is_bad, 0.1 * failed, failed),
        "failed_dead": np.zeros(runs),
        "failed_way_back": np.where(is_bad, 0.2 * failed, 0.0),
    }
    detect = np.where(is_bad, 150 + 60 * luck, np.nan)
    missed = is_bad & (luck > 0.97)
    detect = np.where(missed, np.inf, detect)
    shares = dict(zip([part for part in PARTS if part.startswith("detect")], (0.3, 0.4, 0.1, 0.15, 0.05), strict=True))
    columns = {
        "duration_s": np.where(is_bad & ~missed, np.minimum(duration, detect + 20), duration),
        "downtime_s": failed / 300,
        "outage_s": np.where(place == 0, failed / 400, 0.0),
        "failed_requests": failed,
        "budget_share": failed / 725_760,
        "exposed_requests": np.where(is_bad, 4 * failed, 0.0),
        "peak_exposure": np.where(is_bad, max(1.0 / (1 + place), 0.2), 0.0),
        "mixed_version_s": duration * (place > 0),
        "detect_s": detect,
        "rollback_s": np.where(is_bad, np.where(missed, np.inf, 0.9 * duration), np.nan),
        "recover_s": np.where(failed > 0, duration, np.nan),
        "capacity_shortfall_s": np.where(place == 0, 100 * pace, 0.0),
        "cost_usd": 0.02 * pace * (1 + place),
        "incident_usd": np.full(runs, np.nan),
        **parts,
        **{part: np.where(np.isfinite(detect), share * detect, np.nan) for part, share in shares.items()},
    }
    frame = pd.DataFrame({"strategy": pd.array([name] * runs, dtype="str"), "replication": replication})
    frame["stratum"] = pd.array(np.where(is_bad, "bad", "good"), dtype="str")
    frame["weight"], frame["bad"], frame["censored"] = weight, is_bad, missed
    for column in (*METRICS, *PARTS):
        values = columns.get(column, np.full(runs, np.nan))
        frame[column] = pd.arrays.FloatingArray(np.asarray(values, dtype=float), np.isnan(values))
    frame["trigger"] = pd.array(["alarm" if hit else None for hit in is_bad & ~missed], dtype="str")
    frame["outcome"] = pd.array(
        np.where(missed, "bad_in_production", np.where(is_bad, "rolled_back", "succeeded")), dtype="str"
    )
    frame["deployment_status"] = pd.array(np.where(is_bad & ~missed, "Stopped", "Succeeded"), dtype="str")
    frame["detected_before_full"] = is_bad & ~missed & (place > 0)
    frame["left_split"] = False
    frame["lifetime_s"] = pd.array(columns["duration_s"] * 1.4, dtype="Float64")
    return frame


def _trace(platform, strategy, replication, defect, assumed) -> Trace:
    return Trace(
        platform,
        strategy,
        7,
        replication,
        "good" if defect is None else "bad",
        defect,
        "full",
        assumed=assumed,
    )


def a_server_trace(
    strategy: str = "half-at-a-time",
    size: int = 8,
    at_a_time: int = 4,
    bad: bool = False,
    replication: int = 0,
) -> Trace:
    """A fleet updated batch by batch; a bad release is stopped by an alarm and rolled back."""
    assumed = ("agent_pickup", "alarm_poll_period", "delivery_load_balancer")
    trace = _trace("server", strategy, replication, "errors 14 %" if bad else None, assumed)
    records: list[Record] = [
        DeploymentChange(0.0, 0, "Created", "user"),
        DeploymentChange(0.0, 0, "InProgress", "user"),
    ]
    slow = 1 + 0.03 * (replication % 7)
    new = _update(records, 0, size, at_a_time, 0.0, slow, 0.14 if bad else 0.0, stop=230.0 * slow if bad else None)
    last = max(record.time for record in records)
    if bad:
        stop = 230.0 * slow
        records += [
            AlarmChange(stop - 25, ALARM, "ALARM", stop - 90, stop - 30),
            Trigger(stop, "alarm", ALARM, stop - 90, stop - 30, stop - 25, stop - 4),
            DeploymentChange(stop, 0, "Stopped", "user", "ALARM_ACTIVE"),
            DeploymentChange(stop + 1, 1, "Created", "codeDeployRollback", rollback=True),
        ]
        _update(records, 1, size, at_a_time, stop + 1, slow, 0.14, before=new)
        last = max(record.time for record in records)
        records += [DeploymentChange(last, 1, "Succeeded", "codeDeployRollback", rollback=True),
                    AlarmChange(last - 20, ALARM, "OK")]  # fmt: skip
    else:
        records.append(DeploymentChange(last, 0, "Succeeded", "user"))
    trace.records = [*sorted(records, key=lambda record: record.time), End(last, "settled")]
    return trace


def _update(records, deployment, size, at_a_time, start, slow, errors, stop=None, before=0):
    """Run every batch through `EVENTS`; returns how many targets then have the new revision."""
    changed, clock, back = 0, start, deployment > 0
    flow = lambda old, new: fleet_flow(300, 0.0005, size, 60.0, FleetState(old, new), error_share=errors)  # noqa: E731
    records.append(FlowChange(start, flow(size - before, before)))
    for first in range(0, size, at_a_time):
        if stop is not None and clock >= stop:
            break
        batch = range(first, min(first + at_a_time, size))
        at = clock
        still_new = max(before - first - len(batch), 0) if back else changed
        records.append(FlowChange(at, flow(size - len(batch) - still_new, still_new)))
        for event, length in EVENTS:
            for target in batch:
                records.append(EventRun(at + length * slow, deployment, target, event, at, "Succeeded"))
            at += length * slow
        records += [TargetChange(at, deployment, target, "Succeeded") for target in batch]
        clock, changed = at, changed + len(batch)
        new = still_new if back else changed
        records.append(FlowChange(at, flow(size - new, new)))
    return changed


def a_lambda_trace(strategy: str = "canary", bad: bool = False, replication: int = 0) -> Trace:
    """A canary of ten minutes; a bad one is stopped by its alarm."""
    trace = _trace("lambda", strategy, replication, "errors 50 %" if bad else None, ("lambda_setup",))

    def flow(weight):
        return alias_flow(100, 0.0, float("inf"), weight, error_share=0.5 if bad else 0.0)

    records: list[Record] = [
        FlowChange(0.0, flow(0.0)),
        DeploymentChange(0.0, 0, "Created", "user"),
        EventRun(8.0, 0, 0, "BeforeAllowTraffic", 2.0, "Succeeded"),
        Shift(8.0, 0, 0.1),
        FlowChange(8.0, flow(0.1)),
    ]
    if bad:
        records += [
            AlarmChange(200.0, ALARM, "ALARM"),
            Trigger(214.0, "alarm", ALARM, 120.0, 180.0, 200.0, 212.0),
            DeploymentChange(214.0, 0, "Stopped", "user"),
            DeploymentChange(215.0, 1, "Created", "codeDeployRollback", rollback=True),
            Shift(217.0, 1, 0.0),
            FlowChange(217.0, flow(0.0)),
            DeploymentChange(217.5, 1, "Succeeded", "codeDeployRollback", rollback=True),
            End(217.5, "settled"),
        ]
    else:
        records += [
            Shift(608.0, 0, 1.0),
            FlowChange(608.0, flow(1.0)),
            EventRun(608.0, 0, 0, "AllowTraffic", 8.0, "Succeeded"),
            DeploymentChange(608.4, 0, "Succeeded", "user"),
            End(608.4, "settled"),
        ]
    trace.records = records
    return trace


@dataclass
class CostLine:
    item: str
    quantity: float
    unit_usd: float
    price_id: str
    as_of: str | None
    usd: float


def a_run(scenario: Scenario, strategy: str, replication: int, bad: bool) -> SimpleNamespace:
    """What an experiment gives for one replication: trace, outcome, cost lines."""
    world = scenario.under(strategy)
    if world.service.platform == "lambda":
        trace = a_lambda_trace(strategy, bad, replication)
    else:
        size = world.service.fleet.size
        names = [each.name for each in scenario.strategies]
        at_a_time = (size, max(size // 2, 1), 1)[min(names.index(strategy), 2)]
        trace = a_server_trace(strategy, size, at_a_time, bad, replication)
    lines = [CostLine("instance hours above the start", 0.125, 0.096, "ec2-m6i.large", "2026-07-20", 0.012),
             CostLine("CodeDeploy, EC2 updates", 8, 0.0, "codedeploy-ec2", None, 0.0)]  # fmt: skip
    return SimpleNamespace(
        trace=trace,
        outcome=SimpleNamespace(cost_usd=0.012, kept_usd_per_hour=None, downtime_s=95.0, failed_requests=28_500.0),
        scenario=world,
        cost_lines=lines,
    )


def a_comparison(scenario=None, runs=400, bad=0.05, harm=None, replays=True, **changes) -> Comparison:
    """A finished comparison with made-up outcomes; `replays` gives it a runner."""
    scenario = scenario or a_scenario(**changes)

    def runner(strategy, replication):
        return a_run(scenario, strategy, replication, bad > 0 and replication % 2 == 1)

    return Comparison(
        scenario=scenario, outcomes=outcomes_of(scenario, runs, bad, harm), seed=7, replications=runs,
        wall_time_s=12.5, runner=runner if replays else None,
    )  # fmt: skip
