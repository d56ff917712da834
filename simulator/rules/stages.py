"""A rollout in stages: one box, zone after zone, group after group, region after region.

The one thing a newcomer would get wrong: a stage that ended well is a *successful deployment* to CodeDeploy. When a
later stage fails, no automatic rollback reaches it; somebody, here the rollout itself, has to deploy the previous
revision to it again.

CodeDeploy deploys to one group at a time and knows no stages; a pipeline, or a person, strings them together. What
comes from AWS is the deployment of each stage and the wait between zones (API reference, ZonalConfig).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from simulator.errors import quoted
from simulator.rules.alarms import State
from simulator.rules.rollback import TerminalStatus

AfterFailure = Literal["roll_back", "leave"]
Decision = Literal["go_on", "stop"]


class WayBack(NamedTuple):
    """One step of the way back: which stage (from 0), and by what.

    ``rollback`` is CodeDeploy's own, of a deployment that Failed or was Stopped; ``deployment`` is a new one that
    names the previous revision, since the stage's own had Succeeded.
    """

    stage: int
    by: Literal["rollback", "deployment"]


class GateResult(NamedTuple):
    """What the gate decided, and the alarms that stopped it."""

    decision: Decision
    alarms: tuple[str, ...] = ()


def left_out(stages: Sequence[Sequence[int]], size: int) -> int:
    """Targets that no stage reaches and that keep the previous revision.

    >>> left_out([[0], [1, 2]], size=5)
    2
    """
    return size - sum(len(stage) for stage in stages)


def planned_duration(deployments: Sequence[float], bakes: Sequence[float]) -> float:
    """Seconds of the whole rollout when nothing stops it: each stage's deployment and its bake.

    >>> planned_duration([430.0, 860.0], bakes=[3600.0, 600.0])
    5490.0
    """
    return math.fsum(deployments) + math.fsum(bakes)


def begins(deployments: Sequence[float], bakes: Sequence[float]) -> list[float]:
    """Seconds from the start at which each stage begins when nothing stops it.

    >>> begins([300.0, 300.0, 300.0], bakes=[1200.0, 1200.0, 0.0])
    [0.0, 1500.0, 3000.0]
    """
    return [planned_duration(deployments[:k], bakes[:k]) for k in range(len(deployments))]


def reached(deployments: Sequence[float], bakes: Sequence[float], stopped_at: float) -> int:
    """Stages that have begun when the rollout is stopped after `stopped_at` seconds.

    A defect that shows 40 minutes after the first deployment of 5 stays in stage one if that bakes for 60.

    >>> reached([300.0, 300.0], [3600.0, 0.0], 2700.0), reached([300.0, 300.0], [1200.0, 0.0], 2700.0)
    (1, 2)
    """
    return sum(begin < stopped_at for begin in begins(deployments, bakes)) if stopped_at > 0 else 1


def gate(status: TerminalStatus, watched: Sequence[str], states: Mapping[str, State]) -> GateResult:
    """Whether the rollout goes on to the next stage at the end of a bake.

    Parameters
    ----------
    status : str
        How the stage's deployment ended; anything but Succeeded stops.
    watched : sequence of str
        Alarms that the gate looks at.
    states : mapping of str to str
        State of each alarm now. INSUFFICIENT_DATA does not stop, as it stops no deployment of CodeDeploy's (seen in
        a published run: Firewallrbn/emergencias-co-backend, canary evidence).

    Raises
    ------
    ValueError
        For an alarm that is not there: a gate that looks at nothing would always open.

    Examples
    --------
    >>> gate("Succeeded", ["errors", "slow"], {"errors": "ALARM", "slow": "OK"})
    GateResult(decision='stop', alarms=('errors',))
    """
    unknown = [name for name in watched if name not in states]
    if unknown:
        raise ValueError(f"the gate looks at {quoted(unknown[0])}, which is no alarm; known: {', '.join(states)}")
    up = tuple(name for name in watched if states[name] == "ALARM")
    return GateResult("stop" if up or status != "Succeeded" else "go_on", up)


def way_back(
    failed: int, status: TerminalStatus | None, after_failure: AfterFailure, *, rolled_back: bool = True
) -> list[WayBack]:
    """Steps that bring the service back once a stage has stopped the rollout, in order.

    Parameters
    ----------
    failed : int
        Stage that stopped it, from 0; earlier ones have succeeded.
    status : str or None
        How that stage's deployment ended: Failed and Stopped ones are rolled back by CodeDeploy where its group
        says so (`rolled_back`; `simulator.rules.rollback.follows`), a Succeeded one was stopped by the gate. None
        when it never began.
    after_failure : str
        ``roll_back`` brings finished stages back too, the latest first; ``leave`` keeps them on the new revision,
        which leaves two revisions in production until people decide.

    Examples
    --------
    >>> [(step.stage, step.by) for step in way_back(2, "Stopped", "roll_back")]
    [(2, 'rollback'), (1, 'deployment'), (0, 'deployment')]
    >>> way_back(2, "Stopped", "leave")
    [WayBack(stage=2, by='rollback')]
    """
    steps: list[WayBack] = []
    if status in ("Failed", "Stopped") and rolled_back:
        steps.append(WayBack(failed, "rollback"))
    if after_failure == "leave":
        return steps
    last = failed if status == "Succeeded" else failed - 1
    return [*steps, *(WayBack(stage, "deployment") for stage in range(last, -1, -1))]
