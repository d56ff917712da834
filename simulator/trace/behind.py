"""Which rules and assumptions stand behind a record: one row for each kind of record.

The one thing a newcomer would get wrong: an assumption is named only if the run relied on it. A scenario that
gives its own figures owes nothing to ours.

Names are those that ``rollsim explain`` knows: functions of the rule book (``healthy_hosts.may_start``), entries
of its table of limits (``limits.event_run``), assumptions (``dispatch``) and metrics (``cost_usd``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from simulator.model.assumptions import TABLE
from simulator.trace.records import (
    AlarmChange,
    Attempts,
    Capacity,
    DeploymentChange,
    End,
    EventRun,
    FaultStrike,
    FlowChange,
    PersonAct,
    Record,
    Scaling,
    ServiceChange,
    Shift,
    StageChange,
    TargetChange,
    Trace,
    Trigger,
    Usage,
    Wait,
)

Names = tuple[str, ...]
Row = TypeVar("Row")

ORDER_OF_EVENTS = "lifecycle.events"
SCRIPTS: Names = ("lifecycle.scripts_from", "hook_scripts.run_scripts")
# How CodeDeploy starts a batch, and what a batch is.
NEXT_BATCH: Names = ("healthy_hosts.may_start", "dispatch")
TIES: Names = ("healthy_hosts.order", "tie_order")
# Events that CodeDeploy runs itself; the others are scripts, or functions, of a revision.
_MANAGED: Mapping[str, Mapping[str, Names]] = {
    "server": {
        "BlockTraffic": ("load_balancer.block_traffic_wait", "block_traffic"),
        "AllowTraffic": ("load_balancer.allow_traffic_wait", "allow_traffic"),
        "DownloadBundle": (ORDER_OF_EVENTS, "download_bundle"),
        "Install": (ORDER_OF_EVENTS, "install"),
    },
    "lambda": {"AllowTraffic": ("traffic_shift.schedule",)},
    "ecs": {
        "Install": (ORDER_OF_EVENTS, "limits.ecs_install", "task_launch", "image_pull", "allow_traffic"),
        "AllowTestTraffic": (ORDER_OF_EVENTS, "ecs_event"),
        "AllowTraffic": ("traffic_shift.schedule", "target_group_convergence"),
    },
}
# What the code of an event, or of a deployment, rests on.
_CODES: Mapping[str, Names] = {
    "NotStarted": ("limits.event_start",),
    "ScriptTimedOut": ("hook_scripts.event_limit",),
    "ScriptFailed": ("hook_scripts.run_scripts",),
    "UnknownError": ("limits.event_run",),
    "TasksNeverHealthy": ("limits.ecs_install",),
    "ServiceNotSteady": ("service_scaling.before_the_shift", "service_scaling.during_the_shift"),
    "HookTimedOut": ("limits.hook_callback",),
    "HookFailed": (ORDER_OF_EVENTS,),
    "HEALTH_CONSTRAINTS": ("healthy_hosts.must_stop", "healthy_hosts.deployment_succeeds"),
    "HEALTH_CONSTRAINTS_INVALID": ("healthy_hosts.can_start",),
    "HOOK_EXECUTION_FAILURE": (ORDER_OF_EVENTS,),
    "ALARM_ACTIVE": ("alarms.evaluate", "alarm_poll_period", "alarm_first_look"),
    "MANUAL_STOP": ("people.next_step",),
    "NO_INSTANCES": ("blue_green.provisioning", "auto_scaling.has_no_instances"),
    "TIMEOUT": ("limits.run_limit",),
    "OVER_MAX_INSTANCES": ("limits.instances_per_deployment", "instance_quota"),
}
_STARTS: Mapping[str, Names] = {
    "server": ("healthy_hosts.required", "healthy_hosts.can_start"),
    "lambda": ("traffic_shift.schedule",),
}
_SUCCEEDS: Mapping[str, Names] = {
    "server": ("healthy_hosts.deployment_succeeds",),
    "lambda": ("traffic_shift.duration",),
}
_SERVICE: Mapping[str, Names] = {
    "dies": ("load_balancer.receivers",),
    "noticed": ("load_balancer.time_to_notice",),
    "repaired": ("people.next_step", "people_repair"),
    "healthy": ("load_balancer.time_to_recover",),
    "scaled in": ("auto_scaling.scale_in", "scale_in_choice"),
    "terminated": ("auto_scaling.scale_in",),
    "warm": ("warm_up.youth",),
    "full share": ("warm_up.slow_start", "warm_up.in_slow_start"),
}
_SCALING: Mapping[str, Names] = {
    "scale-in": ("auto_scaling.scale_in", "scale_in_choice"),
    "launch": ("instance_launch", "asg_overhead"),
    "CONTINUE": ("auto_scaling.launch_result", "auto_scaling.launch_revision"),
    "ABANDON": ("auto_scaling.launch_result", "auto_scaling.launch_loop", "auto_scaling_relaunch"),
}
_DEEDS: Mapping[str, Names] = {
    "paged": ("people.next_step",),
    "noticed": ("people.next_step", "people_notice", "notice_fastest"),
    "acknowledged": ("people.next_step", "people_acknowledge", "out_of_hours_factor"),
    "decided": ("people.next_step", "people_decide"),
    "holds": ("people.next_step",),
    "stops": ("people.next_step", "people_act"),
    "rolls back": ("people.next_step", "people_act"),
    "registers": ("kept_originals", "load_balancer.allow_traffic_wait"),
    "deregisters": ("kept_originals",),
    "repairs": ("people.next_step",),
    "repaired": ("people.next_step", "people_repair"),
}
_WAITS: Mapping[str, Names] = {
    "READY_WAIT": ("blue_green.ready_wait", "ready_wait"),
    "TERMINATION_WAIT": (
        "blue_green.originals_gone_after",
        "termination_wait",
        "termination_wait_watches_alarms",
    ),
    "MONITOR": ("batch_time.zone_waits", "zone_wait_after_last"),
}
_FAULTS: Mapping[str, Names] = {
    "instance_crash": ("load_balancer.receivers",),
    "rollback_failure": ("rollback.follows",),
    "agent_dead": ("limits.event_start",),
    "zone_outage": ("load_balancer.receivers", "limits.event_run", "limits.event_start", "zone_outage_tasks"),
    "health_check_failure": ("limits.event_run",),
    "stop_failure_ignored": (
        "lifecycle.next_event_after_ignored_stop_failure",
        "lifecycle.scripts_from",
        "rollback_ignores_stop_failures",
    ),
}
_STAGES: Mapping[str, Names] = {
    "InProgress": ("stages.begins",),
    "Baking": ("stages.planned_duration",),
    "Failed": ("stages.gate", "stages.way_back"),
    "Stopped": ("stages.gate", "gate_look_period", "stages.way_back"),
    "Skipped": ("stages.left_out",),
}
_TRIGGERS: Mapping[str, Names] = {
    "alarm": ("rollback.follows", "alarm_poll_period", "alarm_stop_action"),
    "failure": ("rollback.follows",),
    "person": ("people.next_step",),
}


def behind(record: Record, trace: Trace) -> Names:
    """Names of the rules and assumptions behind a record of a trace.

    >>> from simulator.trace.records import Shift, Trace
    >>> behind(Shift(10.0, 0, 0.1), Trace("lambda", "canary", 0, 0, "good", None, "full"))
    ('traffic_shift.schedule',)
    """
    return relied_on(KINDS[type(record)](record, trace), trace)


def of_event(event: str, platform: str) -> Names:
    """Names behind a lifecycle event that ends well: the rule that decides how long it takes."""
    scripted = SCRIPTS if platform == "server" else (ORDER_OF_EVENTS, "limits.hook_callback")
    return _on(_MANAGED, platform).get(event, scripted)


def _on(table: Mapping[str, Row], platform: str) -> Row:
    """Row of a platform; those that shift traffic are alike unless they have one of their own."""
    return table.get(platform, table["lambda"])


def of_code(code: str | None) -> Names:
    """Names behind an error code of an event or of a deployment."""
    return _CODES.get(code or "", ())


def relied_on(names: Iterable[str], trace: Trace) -> Names:
    """Each name once, without the assumptions that the run did not rely on."""
    assumed = frozenset(trace.assumed)
    return tuple(name for name in dict.fromkeys(names) if name not in TABLE or name in assumed)


_SCALERS: Mapping[str, Names] = {
    "autoscaling": ("auto_scaling.launch_revision", "auto_scaling.launch_result"),
    "autoscalingTermination": ("auto_scaling.scale_in",),
}


def _deployment(record: DeploymentChange, trace: Trace) -> Names:
    if record.status == "Created" and record.creator == "codeDeployRollback":
        return ("rollback.follows", "rollback.configuration", "rollback_scope", "rollback_creation")
    if record.status == "Created" and record.creator == "CodeDeployAutoUpdate":
        return ("auto_scaling.follow_on", "auto_update_delay", "follow_on_floor")
    if record.status == "Created" and record.creator == "person":
        return ("people.next_step", "manual_rollback_configuration")
    if record.creator in _SCALERS:
        return _SCALERS[record.creator]
    if record.status in ("Created", "InProgress"):
        return _on(_STARTS, trace.platform)
    if record.status == "Succeeded":
        return _on(_SUCCEEDS, trace.platform)
    if record.status == "Stopped" and record.code == "TIMEOUT":
        return ("blue_green.ready_wait",)
    return of_code(record.code) or ("rollback.follows",)


def _event(record: EventRun, trace: Trace) -> Names:
    if record.status == "Succeeded":
        return of_event(record.event, trace.platform)
    return of_code(record.code) or (ORDER_OF_EVENTS,)


def _target(record: TargetChange, trace: Trace) -> Names:
    if record.status == "Skipped":
        return ("healthy_hosts.must_stop",)
    return (ORDER_OF_EVENTS,) if record.status == "Succeeded" else ("healthy_hosts.may_start",)


def _flow(record: FlowChange, trace: Trace) -> Names:
    if trace.platform == "lambda":
        return ("flow.alias_flow", "concurrency.throttled") if record.flow.refused else ("flow.alias_flow",)
    if trace.platform == "ecs":
        return ("task_sets.task_set_flow",)
    return ("flow.fleet_flow", "load_balancer.receivers") if record.flow.dead else ("flow.fleet_flow",)


def _service(record: ServiceChange, trace: Trace) -> Names:
    return _SERVICE.get(record.what, ("load_balancer.receivers",))


def _fault(record: FaultStrike, trace: Trace) -> Names:
    return _FAULTS.get(record.kind) or of_code(record.kind) or (ORDER_OF_EVENTS,)


def _shift(record: Shift, trace: Trace) -> Names:
    # Trace.records are few where traffic is shifted.
    if not any(
        isinstance(r, DeploymentChange) and r.rollback and r.deployment == record.deployment for r in trace.records
    ):
        return ("traffic_shift.schedule",)
    return "rollback.configuration", "ecs_rollback" if trace.platform == "ecs" else "lambda_rollback"


def _alarm(record: AlarmChange, trace: Trace) -> Names:
    return ("alarms.evaluate", "alarm_windows.slots", "delivery_load_balancer", "delivery_lambda", "delivery_custom")


def _usage(record: Usage, trace: Trace) -> Names:
    return ("cost_usd", "failed_update_billed") if record.item == "instance_update" else ("cost_usd",)


# One row for each kind of record; whoever adds a kind adds its row here and in `text`.
KINDS: Mapping[type, Callable[[Any, Trace], Names]] = {
    FlowChange: _flow,
    DeploymentChange: _deployment,
    TargetChange: _target,
    EventRun: _event,
    ServiceChange: _service,
    Shift: _shift,
    AlarmChange: _alarm,
    Trigger: lambda record, _: _TRIGGERS[record.kind],
    PersonAct: lambda record, _: _DEEDS.get(record.what, ("people.next_step",)),
    FaultStrike: _fault,
    Attempts: lambda *_: ("retries.offered_load", "retries.user_seen"),
    Usage: _usage,
    Capacity: lambda *_: ("cost_usd", "billing.extra_unit_hours"),
    Scaling: lambda record, _: _SCALING.get(record.what, ("cost_usd",)),
    Wait: lambda record, _: _WAITS.get(record.kind, ("stages.planned_duration",)),
    StageChange: lambda record, _: _STAGES.get(record.status, ("stages.gate",)),
    End: lambda *_: ("flow.covers",),
}
