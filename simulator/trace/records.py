"""What happened, as an ordered list of small immutable records; it says what occurred, not what we think of it.

The one thing a newcomer would get wrong: two grains. ``states`` has what the metrics need and is always
recorded; ``full`` adds every lifecycle event and every change of a target, for when somebody will look.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from simulator.model.flow import Flow
from simulator.model.platforms import DeploymentType

DeploymentStatus = Literal["Created", "InProgress", "Ready", "Succeeded", "Failed", "Stopped"]
TargetStatus = Literal["Succeeded", "Failed", "Skipped"]
EventStatus = Literal["Succeeded", "Failed", "Skipped"]
Creator = Literal[
    "user", "codeDeployRollback", "person", "autoscaling", "CodeDeployAutoUpdate", "autoscalingTermination"
]
TriggerKind = Literal["alarm", "failure", "person"]
Grain = Literal["states", "full"]


HostChange = Literal[
    "leaves", "returns", "down", "up", "dies", "noticed", "repaired", "warm", "full share", "dark", "back", "healthy",
    "scaled in", "terminated",
]  # fmt: skip


class FlowChange(NamedTuple):
    """Rates of requests from this instant on."""

    time: float
    flow: Flow


class DeploymentChange(NamedTuple):
    """A deployment reached a status. Deployment 0 is the rollout or its first stage; `rollback` marks ways back.

    `region` is where it is, of a service in several.
    """

    time: float
    deployment: int
    status: DeploymentStatus
    creator: Creator
    code: str | None = None
    rollback: bool = False
    region: str | None = None


class TargetChange(NamedTuple):
    """A target of a deployment ended."""

    time: float
    deployment: int
    target: int
    status: TargetStatus


class EventRun(NamedTuple):
    """A lifecycle event of one target, from being started to its end (full grain); `time` is its end."""

    time: float
    deployment: int
    target: int
    event: str
    started: float
    status: EventStatus
    code: str | None = None


class ServiceChange(NamedTuple):
    """A target left or entered service, died, was noticed dead, was repaired or is grown up (full grain).

    It is *dark* while its zone is gone, and *healthy* when it has passed its checks again after it came *back*.
    """

    time: float
    target: int
    what: HostChange
    revision: Literal["old", "new"]


class Shift(NamedTuple):
    """Share of production traffic that an alias sends to the new version from now on."""

    time: float
    deployment: int
    weight_new: float


class AlarmChange(NamedTuple):
    """An alarm changed state; `slot_end` and `delivered` belong to the newest datapoint that made it so."""

    time: float
    alarm: str
    state: Literal["OK", "ALARM", "INSUFFICIENT_DATA"]
    slot_end: float | None = None
    delivered: float | None = None


class Trigger(NamedTuple):
    """The first way back was decided; the instants that led to it, where an alarm did."""

    time: float
    kind: TriggerKind
    alarm: str | None = None
    slot_end: float | None = None
    delivered: float | None = None
    evaluated: float | None = None
    polled: float | None = None


class PersonAct(NamedTuple):
    """What a person did."""

    time: float
    what: Literal[
        "paged",
        "noticed",
        "acknowledged",
        "decided",
        "holds",
        "stops",
        "rolls back",
        "registers",
        "deregisters",
        "repairs",
        "repaired",
        "stands down",
    ]
    detail: str | None = None


class FaultStrike(NamedTuple):
    """A fault of the scenario took effect."""

    time: float
    kind: str
    target: int | None
    detail: str | None = None


class Attempts(NamedTuple):
    """Tries that the servers see from this instant on, per second; written where clients try again.

    `failed_anyway` of the failed ones would fail on the untouched service too.
    """

    time: float
    load: float
    failed: float
    failed_anyway: float


class Usage(NamedTuple):
    """Something that costs: how many of it, at this instant, for this deployment."""

    time: float
    deployment: int
    item: Literal[
        "instance_update",
        "lambda_deployment",
        "ecs_deployment",
        "bundle_download",
        "hook_invocation",
        "hook_gb_seconds",
        "init_gb_seconds",
    ]
    quantity: float


class Capacity(NamedTuple):
    """Units of one colour that exist and are billed from now on; written when it differs from before.

    An *old* unit runs the service as it stood at zero, a *new* one was added by a deployment; `units` counts all
    of that colour, not the change; in one region, of a service in several.
    """

    time: float
    colour: Literal["old", "new"]
    item: Literal["instance", "task", "environment"]
    units: int
    region: str | None = None


class Scaling(NamedTuple):
    """A step of the fleet's Auto Scaling group, which wants `instances` from now on.

    An untouched fleet would have `serving` of them in service. `target` is the instance that is launched, told to go on
    into service or to be given up, or gone; `deployment` brought it `revision`.
    """

    time: float
    what: Literal["scale-out", "scale-in", "launch", "CONTINUE", "ABANDON", "counts", "terminated"]
    instances: int
    serving: int
    target: int | None = None
    deployment: int | None = None
    revision: Literal["old", "new"] | None = None


class Wait(NamedTuple):
    """A wait of a deployment began; it ends at `ends` unless something ends it before."""

    time: float
    deployment: int
    kind: Literal["READY_WAIT", "TERMINATION_WAIT", "MONITOR", "BAKE"]
    ends: float


class StageChange(NamedTuple):
    """A stage of a rollout in stages reached a status; `deployment` is the one it is made of, once there is one."""

    time: float
    stage: str
    status: Literal["InProgress", "Baking", "Succeeded", "Failed", "Stopped", "Skipped"]
    deployment: int | None = None


class End(NamedTuple):
    """The run is over: the service settled, or the horizon came."""

    time: float
    how: Literal["settled", "horizon"]


Record = (
    FlowChange
    | DeploymentChange
    | TargetChange
    | EventRun
    | ServiceChange
    | Shift
    | AlarmChange
    | Trigger
    | PersonAct
    | FaultStrike
    | Attempts
    | Usage
    | Capacity
    | Scaling
    | Wait
    | StageChange
    | End
)


@dataclass(slots=True)
class Trace:
    """What happened in one replication of one strategy, in order of time.

    Parameters
    ----------
    platform : {"server", "lambda", "ecs"}
        What was updated.
    strategy : str
        Its name.
    seed, replication : int
        With scenario, strategy and stratum they give the same trace again.
    stratum : {"good", "bad"}
        Which kind of revision was met.
    defect : str or None
        The bad revision's defect in words, e.g. ``"errors 14 %"``.
    grain : {"states", "full"}
        How much was recorded.
    records : list of Record
        Ordered by time.
    assumed : tuple of str
        Names of the assumptions the run relied on.
    deployment_type : {"in_place", "blue_green"}
        Whether targets were updated or replaced.
    """

    platform: Literal["server", "lambda", "ecs"]
    strategy: str
    seed: int
    replication: int
    stratum: Literal["good", "bad"]
    defect: str | None
    grain: Grain
    records: list[Record] = field(default_factory=list)
    assumed: tuple[str, ...] = ()
    deployment_type: DeploymentType = "in_place"

    @property
    def bad(self) -> bool:
        """Whether the revision had a defect, shown or dormant."""
        return self.defect is not None

    @property
    def end(self) -> End:
        """The last record."""
        last = self.records[-1]
        if not isinstance(last, End):
            raise TypeError("the trace has no end; the run was cut")
        return last
