"""AppSpec files of all three platforms into what a rollout runs.

The one thing a newcomer would get wrong: who refuses what. A Server file is read by the agent on each host,
and what it refuses fails there, so it is refused here with the line; Lambda and ECS files go to the service,
which is not known to refuse more than it must, so their oddities are notes.

Sources: CodeDeploy user guide, "AppSpec file structure"; aws-codedeploy-agent, application_specification.rb,
script_info.rb, file_info.rb and hook_executor.rb.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from simulator.errors import quoted
from simulator.importers.appspec_permissions import check_permissions
from simulator.importers.document import Document
from simulator.importers.places import Map, Place, Seq
from simulator.importers.result import Note, Reader, opened
from simulator.importers.wording import complaints
from simulator.model.service import (
    EVENT_LIMIT_S,
    LAMBDA_EVENTS,
    LAMBDA_MANAGED,
    SERVER_EVENTS,
    SERVER_MANAGED,
    Hook,
    Lifecycle,
    Script,
)

Platform = Literal["server", "lambda", "ecs"]
# Source: user guide, AppSpec 'hooks' section for an Amazon ECS deployment.
ECS_HOOKS = ("BeforeInstall", "AfterInstall", "AfterAllowTestTraffic", "BeforeAllowTraffic", "AfterAllowTraffic")
_SERVER_KEYS = ("os", "files", "permissions", "file_exists_behavior")
_LEADING_DIGITS = re.compile(r"\s*\+?([0-9]{1,9})")
_TYPES = {"aws::lambda::function": "lambda", "aws::ecs::service": "ecs"}


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
        order = {"server": SERVER_EVENTS, "lambda": LAMBDA_EVENTS, "ecs": ECS_HOOKS}[self.platform]
        return tuple(event for event in order if event in self.hooks and event not in SERVER_MANAGED)

    @property
    def lifecycle(self) -> Lifecycle:
        """The hooks that run, for the model; a file says nothing about durations."""
        hooks = {event: _hook(self.hooks[event]) for event in self.execution_order if self.hooks[event]}
        return Lifecycle(hooks=hooks)


def fits(root: Any) -> bool:
    """Whether a document looks like an AppSpec file."""
    keys = {str(key).lower() for key in root} if isinstance(root, Map) else set()
    return "resources" in keys or ("version" in keys and bool(keys & {"hooks", *_SERVER_KEYS}))


def read(given: str | Path, name: str = "<text>") -> AppSpec:
    """Read an AppSpec file in YAML or JSON.

    Parameters
    ----------
    given : str or Path
        A `Path` is read from disk; a string is the text itself.
    name : str
        What to call the text in complaints.

    Raises
    ------
    ImportFailure
        With every complaint and its line, for what CodeDeploy itself would refuse.
    """
    return from_document(opened(given, name, dialect="agent"))


def from_document(document: Document) -> AppSpec:
    """Read a document that is already parsed."""
    notes = [Note("read", f"line {remark.line}: {remark.message}") for remark in document.remarks]
    reader = Reader(document, list(document.problems))
    root = reader.mapping(document.root, document.start, "an AppSpec file")
    reader.finish()
    if _get(root, "resources") is None:
        return _server(reader, root, notes)
    return _with_resources(reader, root, notes)


# ------------------------------------------------------------------------------------------------ server


def _server(reader: Reader, root: Map, notes: list[Note]) -> AppSpec:
    if not ({"hooks", "version"} | set(_SERVER_KEYS)) & set(root):
        reader.complain(root.place, "no hooks, files or Resources in it; name an AppSpec file")
    # YAML reads 0.0 as a number; the agent compares with the number (application_specification.rb).
    elif root.get("version") != 0.0 or isinstance(root.get("version"), bool):
        place = root.value_places.get("version", root.place)
        reader.complain(place, f"version {quoted(root.get('version'))} is refused by the agent; write version: 0.0")
    elif root.get("os") not in ("linux", "windows"):
        place = root.value_places.get("os", root.place)
        reader.complain(place, f"os {quoted(root.get('os'))} is refused by the agent; write os: linux or windows")
    hooks = _server_hooks(reader, root)
    files = _files(reader, root)
    permissions = check_permissions(reader, root)
    reader.finish()
    _about_events(hooks, notes)
    _fits_the_model(reader, root, hooks)
    if permissions and root.get("os") == "windows":
        reader.complain(root.value_places["permissions"], "permissions are refused on Windows; take them out")
    reader.finish()
    scripts = sum(len(found) for found in hooks.values())
    notes.insert(0, Note("read", f"Server AppSpec: {scripts} scripts at {len(hooks)} events"))
    notes.append(Note("unseen", "how long each script takes; write it under durations"))
    behavior = root.get("file_exists_behavior")
    return AppSpec(
        platform="server",
        hooks=hooks,
        version=root.get("version"),
        os=root.get("os"),
        files=files,
        permissions=permissions,
        file_exists_behavior=None if behavior is None else str(behavior),
        notes=tuple(notes),
    )


def _server_hooks(reader: Reader, root: Map) -> dict[str, tuple[HookScript, ...]]:
    given = root.get("hooks")
    if given is None:
        return {}
    hooks: dict[str, tuple[HookScript, ...]] = {}
    events = reader.mapping(given, root.value_places["hooks"], "hooks")
    for event, scripts in events.items():
        listed = reader.items(scripts, events.value_places[event], f"{quoted(event)} under hooks")
        found = (
            _script(reader, script, place) for script, place in zip(listed, listed.value_places, strict=True)
        )
        hooks[event] = tuple(script for script in found if script is not None)
    return hooks


def _script(reader: Reader, given: Any, place: Place) -> HookScript | None:
    if not isinstance(given, Map):
        reader.complain(place, "a script is written as - location: path")
        return None
    location = given.get("location")
    if location is None or not str(location).strip():
        reader.complain(place, "a script without a location; write - location: path")
        return None
    runas = given.get("runas")
    return HookScript(
        str(location).strip(), _timeout(reader, given), None if runas is None else str(runas).strip()
    )


def _timeout(reader: Reader, script: Map) -> float | None:
    value = script.get("timeout")
    if value is None:
        return None
    # The agent takes the whole number a text begins with and refuses what is not above 0 (script_info.rb).
    digits = _LEADING_DIGITS.match(str(value))
    if isinstance(value, bool | list | dict) or digits is None or int(digits[1]) <= 0:
        said = f"timeout {quoted(value)} is refused by the agent; write the seconds as a number, such as 300"
        reader.complain(script.value_places["timeout"], said)
        return None
    return float(digits[1])


def _files(reader: Reader, root: Map) -> int:
    if root.get("files") is None:
        return 0
    listed = reader.items(root["files"], root.value_places["files"], "files")
    for item, place in zip(listed, listed.value_places, strict=True):
        entry = reader.mapping(item, place, "an entry of files")
        if entry and (entry.get("source") is None or entry.get("destination") is None):
            reader.complain(place, "an entry of files needs a source and a destination")
    return len(listed)


def _about_events(hooks: dict[str, tuple[HookScript, ...]], notes: list[Note]) -> None:
    for event, scripts in hooks.items():
        if event in SERVER_MANAGED:
            notes.append(Note("unseen", f"{event} is CodeDeploy's own event; its scripts are never run and left out"))
        elif event not in SERVER_EVENTS:
            notes.append(
                Note(
                    "unseen",
                    f"{quoted(event)} is no event of a deployment; the agent runs it only from codedeploy-local, "
                    "and a deployment that meets it fails at Install",
                )
            )
        if _given(scripts) > EVENT_LIMIT_S:
            notes.append(
                Note(
                    "guessed",
                    f"the timeouts of {quoted(event)} add up to {_given(scripts):g} s; the event is ended after "
                    "3600 s, so that is the only limit taken",
                )
            )


def _given(scripts: tuple[HookScript, ...]) -> float:
    return sum(script.timeout for script in scripts if script.timeout is not None)


def _fits_the_model(reader: Reader, root: Map, hooks: dict[str, tuple[HookScript, ...]]) -> None:
    for event, scripts in hooks.items():
        try:
            _hook(scripts)
        except ValidationError as error:
            for found in complaints(error):
                reader.complain(root["hooks"].key_places[event], f"{quoted(event)}: {found.message}")


def _hook(scripts: tuple[HookScript, ...]) -> Hook:
    """The model's hook; timeouts that pass the event's hour together leave the hour alone to count."""
    if not scripts:
        return Hook()
    if _given(scripts) > EVENT_LIMIT_S:
        return Hook(scripts=tuple(Script(location=script.location) for script in scripts))
    return Hook(
        scripts=tuple(
            Script(location=script.location)
            if script.timeout is None
            else Script(location=script.location, timeout=script.timeout)
            for script in scripts
        )
    )


# ------------------------------------------------------------------------------------------------ lambda, ecs


def _with_resources(reader: Reader, root: Map, notes: list[Note]) -> AppSpec:
    name, resource = _resource(reader, root, notes)
    reader.finish()
    kind = _get(resource, "type")
    platform = _TYPES.get(str(kind).lower())
    properties = _get(resource, "properties")
    if platform is None:
        reader.complain(
            _place(resource, "type"),
            f"resource type {quoted(kind)} is not deployed; write AWS::Lambda::Function or AWS::ECS::Service",
        )
    if not isinstance(properties, Map):
        reader.complain(_place(resource, "properties"), "the resource has no Properties; add them")
        properties = Map(resource.place)
    hooks = _function_hooks(reader, root)
    reader.finish()
    version = _get(root, "version")
    if version != 0.0:
        said = "is missing" if version is None else f"is {quoted(version)}"
        notes.append(Note("read", f"version {said}; the user guide asks for 0.0"))
    if platform == "lambda":
        return _lambda(reader, name, properties, hooks, version, notes)
    notes.insert(0, Note("read", f"ECS AppSpec: {len(hooks)} hooks"))
    notes.append(Note("unseen", "ECS is not simulated in this version"))
    balancer = _get(properties, "loadbalancerinfo")
    network = _get(_get(properties, "networkconfiguration"), "awsvpcconfiguration")
    service = {
        "task_definition": _get(properties, "taskdefinition"),
        "container_name": _get(balancer, "containername"),
        "container_port": _get(balancer, "containerport"),
        "platform_version": _get(properties, "platformversion"),
    }
    if isinstance(network, Map):
        service["awsvpc"] = {
            "subnets": list(_get(network, "subnets") or ()),
            "security_groups": list(_get(network, "securitygroups") or ()),
            "assign_public_ip": _get(network, "assignpublicip"),
        }
    return AppSpec(platform="ecs", hooks=hooks, version=version, service=service, notes=tuple(notes))


def _resource(reader: Reader, root: Map, notes: list[Note]) -> tuple[str, Map]:
    """Return the one resource; the guide writes a list of one-entry mappings, some write one mapping."""
    given = _get(root, "resources")
    if isinstance(given, Seq) and len(given) > 1:
        notes.append(Note("unseen", f"{len(given)} resources are listed; the first was read"))
    entry = given[0] if isinstance(given, Seq) and given else given
    if not isinstance(entry, Map) or not entry:
        reader.complain(_place(root, "resources"), "Resources is a list with one entry, - name: {Type: ..., Properties: ...}")
        return "", Map(root.place)
    if {"type", "properties"} <= {key.lower() for key in entry}:
        return "", entry  # the resource itself, without a name above it
    name, resource = next(iter(entry.items()))
    if not isinstance(resource, Map):
        reader.complain(entry.value_places[name], f"resource {quoted(name)} has no Type and Properties; add them")
        return name, Map(entry.place)
    return name, resource


def _function_hooks(reader: Reader, root: Map) -> dict[str, tuple[HookScript, ...]]:
    """Read hooks as a list of one-entry mappings or as one mapping, event: function."""
    given = _get(root, "hooks")
    if given is None:
        return {}
    entries = given if isinstance(given, Seq) else [given]
    hooks: dict[str, tuple[HookScript, ...]] = {}
    for entry in entries:
        if not isinstance(entry, Map):
            reader.complain(_place(root, "hooks"), "Hooks is a list of - event: function")
            continue
        for event, function in entry.items():
            if function is None:
                continue
            if isinstance(function, list | dict) or not str(function).strip():
                reader.complain(entry.value_places[event], f"{quoted(event)} names one function, by name or ARN")
                continue
            hooks[event] = (HookScript(str(function)),)
    return hooks


def _lambda(
    reader: Reader,
    name: str,
    properties: Map,
    hooks: dict[str, tuple[HookScript, ...]],
    version: Any,
    notes: list[Note],
) -> AppSpec:
    function = {
        "logical_name": name,
        "name": _get(properties, "name"),
        "alias": _get(properties, "alias"),
        "current_version": _get(properties, "currentversion"),
        "target_version": _get(properties, "targetversion"),
    }
    for label, value in function.items():
        if isinstance(value, list | dict):
            reader.complain(_place(properties, label.replace("_", "")), f"{label} is one text")
        elif value is None:
            notes.append(Note("unseen", f"the file does not say {label}"))
    reader.finish()
    for event in hooks:
        if event not in LAMBDA_EVENTS or event in LAMBDA_MANAGED:
            known = " and ".join(event for event in LAMBDA_EVENTS if event not in LAMBDA_MANAGED)
            notes.append(
                Note("unseen", f"{quoted(event)} is no hook of a Lambda deployment ({known} are); it was left out")
            )
    notes.insert(0, Note("read", f"Lambda AppSpec: {len(hooks)} hooks"))
    kept = {event: scripts for event, scripts in hooks.items() if event not in LAMBDA_MANAGED}
    return AppSpec(platform="lambda", hooks=kept, version=version, function=function, notes=tuple(notes))


def _get(given: Any, key: str) -> Any:
    """Value of a key whatever its case: the guide itself prints these keys in both."""
    if isinstance(given, Map):
        for name, value in given.items():
            if name.lower() == key:
                return value
    return None


def _place(given: Map, key: str) -> Place:
    for name in given:
        if name.lower() == key:
            return given.value_places[name]
    return given.place
