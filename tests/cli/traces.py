"""Hand-written runs: a fleet of four in two batches, and a canary, each rolled back by an alarm."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, Literal

from simulator.model.flow import FleetState, Flow
from simulator.model.scenario import Scenario
from simulator.rules.flow import alias_flow, fleet_flow
from simulator.trace.records import (
    AlarmChange,
    DeploymentChange,
    End,
    EventRun,
    FlowChange,
    PersonAct,
    Record,
    ServiceChange,
    Shift,
    TargetChange,
    Trace,
    Trigger,
)


def a_fleet(name: str = "checkout", strategy: str = "half-at-a-time", size: int = 4) -> Scenario:
    """Servers behind a load balancer, one strategy."""
    return Scenario.model_validate(
        {
            "name": name,
            "service": {
                "platform": "server",
                "fleet": {"size": size, "capacity": 100.0},
                "load_balancer": {},
            },
            "traffic": {"rate": 200.0},
            "start": {"weekday": "Tuesday", "time": "23:59"},
            "strategies": [{"name": strategy, "configuration": "CodeDeployDefault.HalfAtATime"}],
        }
    )


def a_function() -> Scenario:
    """A Lambda function with a canary of five minutes."""
    return Scenario.model_validate(
        {
            "name": "payments",
            "service": {"platform": "lambda", "function": "payments"},
            "traffic": {"rate": 50.0},
            "strategies": [{"name": "canary", "configuration": "CodeDeployDefault.LambdaCanary10Percent5Minutes"}],
        }
    )


def flow(old: int, new: int, errors: float = 0.0, size: int = 4) -> Flow:
    return fleet_flow(200.0, 0.0, size, 100.0, FleetState(old=old, new=new), error_share=errors)


def target(number: int, began: float, ended: float, deployment: int = 0, fails: bool = False) -> list[Record]:
    """The records of one target: out of service, two events, its end."""
    middle = began + 0.25 * (ended - began)
    status: Literal["Succeeded", "Failed"] = "Failed" if fails else "Succeeded"
    return [
        ServiceChange(began, number, "leaves", "old"),
        EventRun(middle, deployment, number, "BlockTraffic", began, "Succeeded"),
        EventRun(ended, deployment, number, "ApplicationStart", middle, status, "ScriptFailed" if fails else None),
        ServiceChange(ended, number, "returns", "new"),
        TargetChange(ended, deployment, number, status),
    ]


def in_order(*records: Record) -> list[Record]:
    return sorted(records, key=lambda record: record.time)


def a_trace(records: list[Record], **fields: Any) -> Trace:
    given = {
        "platform": "server",
        "strategy": "half-at-a-time",
        "seed": 7,
        "replication": 3,
        "stratum": "good",
        "defect": None,
        "grain": "full",
    }
    return Trace(**{**given, **fields}, records=records)


def smooth_rollout() -> Trace:
    """Two batches of two; while the first is away the fleet just carries the demand."""
    records = in_order(
        FlowChange(-60.0, flow(4, 0)),
        DeploymentChange(0.0, 0, "Created", "user"),
        *target(0, 10.0, 110.0),
        *target(1, 12.0, 130.0),
        *target(2, 140.0, 240.0),
        *target(3, 140.0, 250.0),
        FlowChange(240.0, flow(0, 4)),
        DeploymentChange(250.0, 0, "Succeeded", "user"),
        End(250.0, "settled"),
    )
    return a_trace(records)


def one_at_a_time(size: int = 40, fails: int | None = None) -> Trace:
    records: list[Record] = [
        FlowChange(0.0, flow(size, 0, size=size)),
        DeploymentChange(0.0, 0, "Created", "user"),
    ]
    for number in range(size):
        records += target(number, 100.0 * number, 100.0 * number + 90.0, fails=number == fails)
    end = 100.0 * size
    records += [DeploymentChange(end, 0, "Succeeded", "user"), End(end, "settled")]
    return a_trace(in_order(*records))


def rolled_back_canary() -> Trace:
    """A bad version at 10 % for three minutes, stopped by an alarm."""
    records: list[Record] = [
        FlowChange(-60.0, alias_flow(50.0, 0.0, float("inf"), 0.0)),
        DeploymentChange(0.0, 0, "Created", "user"),
        EventRun(12.0, 0, 0, "BeforeAllowTraffic", 2.0, "Succeeded"),
        Shift(14.0, 0, 0.1),
        FlowChange(14.0, alias_flow(50.0, 0.0, float("inf"), 0.1, error_share=0.5)),
        AlarmChange(170.0, "payments-errors", "ALARM", 120.0, 155.0),
        PersonAct(175.0, "paged", "payments-errors"),
        Trigger(182.0, "alarm", "payments-errors", 120.0, 155.0, 170.0, 180.0),
        EventRun(182.0, 0, 0, "AllowTraffic", 14.0, "Failed"),
        EventRun(182.0, 0, 0, "AfterAllowTraffic", 182.0, "Skipped"),
        DeploymentChange(182.0, 0, "Stopped", "user", "ALARM_ACTIVE"),
        DeploymentChange(182.0, 1, "Created", "codeDeployRollback", None, True),
        Shift(184.0, 1, 0.0),
        FlowChange(184.0, alias_flow(50.0, 0.0, float("inf"), 0.0)),
        DeploymentChange(184.0, 1, "Succeeded", "codeDeployRollback", None, True),
        End(184.0, "settled"),
    ]
    return a_trace(records, platform="lambda", strategy="canary", stratum="bad", defect="errors 50.00%")


def measured(**given: Any) -> Any:
    """What was measured of a run, as far as the sentence reads it."""
    absent = dict.fromkeys(
        (
            "trigger", "detect_s", "rollback_s", "detect_slot_s", "detect_delivery_s", "detect_evaluation_s",
            "detect_poll_s", "detect_action_s",
        )
    )  # fmt: skip
    nothing = dict.fromkeys(
        ("failed_requests", "failed_defect", "failed_capacity", "failed_dead", "failed_way_back"), 0.0
    )
    return SimpleNamespace(**{**absent, **nothing, **given})


SMOOTH = measured(outcome="succeeded", deployment_status="Succeeded", duration_s=250.0)
ROLLED_BACK = measured(
    outcome="rolled_back",
    deployment_status="Stopped",
    trigger="alarm",
    duration_s=182.0,
    failed_requests=425.0,
    failed_defect=420.0,
    failed_way_back=5.0,
    detect_s=168.0,
    detect_slot_s=106.0,
    detect_delivery_s=35.0,
    detect_evaluation_s=15.0,
    detect_poll_s=10.0,
    detect_action_s=2.0,
    rollback_s=2.0,
)
