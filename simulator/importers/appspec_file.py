"""What an AppSpec file says, of whichever platform."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from simulator.importers.result import Note
from simulator.model.platforms import PLATFORMS, Platform
from simulator.model.service import EVENT_LIMIT_S, Hook, Lifecycle, Script

NO_DURATIONS = "how long each script takes; write it under durations"


@dataclass(frozen=True, slots=True)
class HookScript:
    """One script of a Server hook, or the function of a Lambda or ECS one (its name is the location)."""

    location: str
    timeout: float | None = None  # seconds; None when the file gives none
    runas: str | None = None

    @property
    def limit(self) -> float:
        """Seconds after which it is ended; an hour unless given (agent, script_info.rb)."""
        return EVENT_LIMIT_S if self.timeout is None else self.timeout


@dataclass(frozen=True, slots=True)
class AppSpec:
    """What an AppSpec file says.

    Parameters
    ----------
    platform : {"server", "lambda", "ecs"}
        Told from its content.
    hooks : dict
        Scripts by event in the order of the file, events CodeDeploy does not know included.
    version, os : object
        As written; None when absent.
    files, permissions : int
        How many entries a Server file has.
    file_exists_behavior : str or None
        Of a Server file.
    function : dict
        Of a Lambda file: logical_name, name, alias, current_version, target_version, as written.
    service : dict
        Of an ECS file: task_definition, container_name, container_port, platform_version, awsvpc.
    notes : tuple of Note
        What was read, guessed and not seen.
    """

    platform: Platform
    hooks: dict[str, tuple[HookScript, ...]] = field(default_factory=dict)
    version: Any = None
    os: str | None = None
    files: int = 0
    permissions: int = 0
    file_exists_behavior: str | None = None
    function: dict[str, Any] = field(default_factory=dict)
    service: dict[str, Any] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()

    @property
    def execution_order(self) -> tuple[str, ...]:
        """Events with scripts, in the order a deployment meets them; events it never meets left out."""
        return tuple(event for event in PLATFORMS[self.platform].hooks if event in self.hooks)

    @property
    def lifecycle(self) -> Lifecycle:
        """The hooks that run, for the model; a file says nothing about durations."""
        hooks = {event: hook_of(self.hooks[event]) for event in self.execution_order if self.hooks[event]}
        return Lifecycle(hooks=hooks)


def given_timeouts(scripts: tuple[HookScript, ...]) -> float:
    """Sum of the timeouts that are written, in seconds."""
    return sum(script.timeout for script in scripts if script.timeout is not None)


def hook_of(scripts: tuple[HookScript, ...]) -> Hook:
    """The model's hook; timeouts that pass the event's hour together leave the hour alone to count."""
    if not scripts:
        return Hook()
    if given_timeouts(scripts) > EVENT_LIMIT_S:
        return Hook(scripts=tuple(Script(location=script.location) for script in scripts))
    return Hook(
        scripts=tuple(
            Script(location=script.location)
            if script.timeout is None
            else Script(location=script.location, timeout=script.timeout)
            for script in scripts
        )
    )
