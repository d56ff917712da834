"""One attempt to bring a revision somewhere, and whatever else of a rollout can be stopped; data, no story.

The one thing a newcomer would get wrong: who stops something only says so. What happens then is the business of the
process that runs it (`deployment`, `stages`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Protocol

import simpy

from simulator.engine.groups import Targets
from simulator.engine.target_row import Row
from simulator.model.deployment_configuration import DeploymentConfiguration
from simulator.rules.rollback import StoppedBy, TerminalStatus
from simulator.trace.records import Creator


@dataclass(slots=True)
class Ending:
    """How a deployment ended."""

    status: TerminalStatus
    code: str | None = None


class Haltable:
    """What somebody can stop: a deployment, or the bake that follows one."""

    stop: simpy.Event
    stopped_by: StoppedBy | None
    instants: dict[str, object]
    running: bool

    def halt(self, by: StoppedBy, **instants: object) -> None:
        """Stop it, if it still runs; the first to do so is the one who did."""
        if self.running and not self.stop.triggered:
            self.stopped_by, self.instants = by, instants
            self.stop.succeed()


class Pipeline:
    """What lets one stage follow the other, which somebody can hold with one click.

    Parameters
    ----------
    env : simpy.Environment
        The clock.

    Attributes
    ----------
    ahead : int
        Stages that have not begun.
    held : simpy.Event or None
        Happens when whoever holds it lets go; None while nobody does.
    """

    def __init__(self, env: simpy.Environment) -> None:
        self.env, self.ahead = env, 0
        self.held: simpy.Event | None = None

    def hold(self) -> bool:
        """Let no further stage begin; whether there is any."""
        if self.ahead and self.held is None:
            self.held = self.env.event()
            return True
        return False

    def let_go(self) -> None:
        """Let the next stage begin, if nothing else is in its way."""
        held, self.held = self.held, None
        if held is not None:
            held.succeed()


@dataclass(slots=True)
class Deployment(Haltable):
    """One attempt to bring a revision to the deployment group.

    Parameters
    ----------
    number : int
        0 for the rollout, or its first stage.
    creator : str
        Who made it.
    brings : {"old", "new"}
        The revision.
    configuration : DeploymentConfiguration
        How fast and how carefully.
    is_rollback : bool
        Whether it leads back.
    watched : bool
        Whether alarms can stop it.
    stop : simpy.Event
        Succeeds with the reason when somebody stops it.
    event : str or None
        Lifecycle event that runs, or ran last, of a deployment with one target.
    draws : int
        Keys its lifecycle draws.
    targets : tuple of int, optional
        Targets of its deployment group; the whole fleet when left out.
    only : tuple of int, optional
        Those among them that it deploys to; all when left out. The floor counts the others too.
    """

    number: int
    creator: Creator
    brings: Literal["old", "new"]
    configuration: DeploymentConfiguration
    is_rollback: bool
    watched: bool
    stop: simpy.Event
    created: float = 0.0
    stopped_by: StoppedBy | None = None
    instants: dict[str, object] = field(default_factory=dict)
    running: bool = False
    event: str | None = None
    draws: int = 0
    targets: Targets = None
    only: Targets = None

    @property
    def goes_back(self) -> bool:
        """Whether it runs the previous revision's scripts, as a way back does, so that its faults are those of one."""
        return self.brings == "old"


class Update(Protocol):
    """Targets on their way through a deployment's events, as far as whoever takes one of them away must know.

    Attributes
    ----------
    running : dict of int to Row
        Plans of those that are being deployed to.
    """

    running: dict[int, Row]

    def lost(self, target: int) -> None:
        """The host of a target is gone."""
