"""AppSpec files of Lambda and ECS deployments, which name one resource and a function for each hook.

The service that reads them is not known to refuse more than it must, so oddities are notes, not failures.
Source: CodeDeploy user guide, "AppSpec 'resources' section" and "AppSpec 'hooks' section".
"""

from __future__ import annotations

from typing import Any

from simulator.errors import quoted
from simulator.importers.appspec_file import AppSpec, HookScript
from simulator.importers.places import Map, Place, Seq
from simulator.importers.result import Note, Reader
from simulator.importers.wording import shown_value
from simulator.model.platforms import PLATFORMS, Platform

_TYPES = {"aws::lambda::function": "lambda", "aws::ecs::service": "ecs"}


def read_functions(reader: Reader, root: Map, notes: list[Note]) -> AppSpec:
    """Read a file with ``Resources``; raises `ImportFailure` with every complaint."""
    name, resource = _resource(reader, root, notes)
    reader.finish()
    kind = value_of(resource, "type")
    platform = _TYPES.get(str(kind).lower())
    properties = value_of(resource, "properties")
    if platform is None:
        reader.complain(
            _place(resource, "type"),
            f"resource type {shown_value(kind)} is not deployed; write AWS::Lambda::Function or AWS::ECS::Service",
        )
    if not isinstance(properties, Map):
        reader.complain(_place(resource, "properties"), "the resource has no Properties; add them")
        properties = Map(resource.place)
    hooks = _function_hooks(reader, root)
    reader.finish()
    version = value_of(root, "version")
    if version != 0.0:
        said = "is missing" if version is None else f"is {shown_value(version)}"
        notes.append(Note("read", f"version {said}; the user guide asks for 0.0"))
    if platform == "lambda":
        return _lambda(reader, name, properties, hooks, version, notes)
    _about_events(hooks, "ecs", notes)
    notes.insert(0, Note("read", f"ECS AppSpec: {len(hooks)} hooks"))
    notes.append(Note("unseen", "how many tasks the service has; write tasks"))
    balancer = value_of(properties, "loadbalancerinfo")
    network = value_of(value_of(properties, "networkconfiguration"), "awsvpcconfiguration")
    service = {
        "task_definition": value_of(properties, "taskdefinition"),
        "container_name": value_of(balancer, "containername"),
        "container_port": value_of(balancer, "containerport"),
        "platform_version": value_of(properties, "platformversion"),
    }
    if isinstance(network, Map):
        service["awsvpc"] = {
            "subnets": _listed(value_of(network, "subnets")),
            "security_groups": _listed(value_of(network, "securitygroups")),
            "assign_public_ip": value_of(network, "assignpublicip"),
        }
    return AppSpec(platform="ecs", hooks=hooks, version=version, service=service, notes=tuple(notes))


def _listed(given: Any) -> list[Any]:
    return list(given) if isinstance(given, list) else [] if given is None else [given]


def _resource(reader: Reader, root: Map, notes: list[Note]) -> tuple[str, Map]:
    """Return the one resource; the guide writes a list of one-entry mappings, some write one mapping."""
    given = value_of(root, "resources")
    if isinstance(given, Seq) and len(given) > 1:
        notes.append(Note("unseen", f"{len(given)} resources are listed; the first was read"))
    entry = given[0] if isinstance(given, Seq) and given else given
    if not isinstance(entry, Map) or not entry:
        reader.complain(
            _place(root, "resources"),
            "Resources is a list with one entry, - name: {Type: ..., Properties: ...}",
        )
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
    given = value_of(root, "hooks")
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
        "name": value_of(properties, "name"),
        "alias": value_of(properties, "alias"),
        "current_version": value_of(properties, "currentversion"),
        "target_version": value_of(properties, "targetversion"),
    }
    for label, value in function.items():
        if isinstance(value, list | dict):
            reader.complain(_place(properties, label.replace("_", "")), f"{label} is one text")
        elif value is None:
            notes.append(Note("unseen", f"the file does not say {label}"))
    reader.finish()
    _about_events(hooks, "lambda", notes)
    notes.insert(0, Note("read", f"Lambda AppSpec: {len(hooks)} hooks"))
    kept = {event: scripts for event, scripts in hooks.items() if event not in PLATFORMS["lambda"].managed}
    return AppSpec(platform="lambda", hooks=kept, version=version, function=function, notes=tuple(notes))


def _about_events(hooks: dict[str, tuple[HookScript, ...]], platform: Platform, notes: list[Note]) -> None:
    facts = PLATFORMS[platform]
    for event in hooks:
        if event not in facts.hooks:
            known = " and ".join(part for part in (", ".join(facts.hooks[:-1]), facts.hooks[-1]) if part)
            said = f"{quoted(event)} is no hook of {facts.noun} deployment ({known} are); it was left out"
            notes.append(Note("unseen", said))


def value_of(given: Any, key: str) -> Any:
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
