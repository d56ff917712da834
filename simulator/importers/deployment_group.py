"""``aws deploy get-deployment-group`` into what a strategy says: today's practice, as AWS has it.

The one thing a newcomer would get wrong: waits are minutes in ``waitTimeInMinutes`` and
``terminationWaitTimeInMinutes``, and an alarm configuration only names alarms; what they watch stands in
``aws cloudwatch describe-alarms``.

Source: CodeDeploy API reference, DeploymentGroupInfo, BlueGreenDeploymentConfiguration, AutoRollbackConfiguration,
AlarmConfiguration, LoadBalancerInfo, DeploymentStyle.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from simulator import units
from simulator.errors import quoted
from simulator.importers.document import Document
from simulator.importers.places import Map, place_of
from simulator.importers.result import Note, Reader, opened
from simulator.importers.wording import complaints, not_one_of
from simulator.model.blue_green import BlueGreen
from simulator.model.deployment_configuration import PREDEFINED, PREDEFINED_PREFIX
from simulator.model.platforms import PLATFORMS

_PLATFORMS = {facts.compute_platform: facts.name for facts in PLATFORMS.values()}
_TYPES = {"IN_PLACE": "in_place", "BLUE_GREEN": "blue_green"}
_EVENTS = ("DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST")


@dataclass(frozen=True, slots=True)
class DeploymentGroup:
    """One deployment group.

    Parameters
    ----------
    name, application : str
        As AWS has them.
    platform : {"server", "lambda", "ecs"}
        What it deploys to.
    configuration : str or None
        Name of its deployment configuration; None when the file gives none.
    fields : dict
        What a strategy says of it, with units: deployment_type, blue_green, rollback, service.
    alarms : tuple of str or None
        Names of the alarms it watches; None when the file says nothing of alarms.
    """

    name: str
    application: str
    platform: str
    configuration: str | None
    fields: dict[str, Any] = field(default_factory=dict)
    alarms: tuple[str, ...] | None = None

    @property
    def strategy(self) -> dict[str, Any]:
        """A strategy that does what the group does; its configuration by name."""
        named = {} if self.configuration is None else {"configuration": self.configuration}
        return {**named, **self.fields}


@dataclass(frozen=True, slots=True)
class ImportedGroups:
    """The deployment groups of a file, and what is to be said about their reading."""

    groups: tuple[DeploymentGroup, ...]
    notes: tuple[Note, ...] = ()


def fits(root: Any) -> bool:
    """Whether a document looks like ``get-deployment-group``, ``batch-get-deployment-groups``, or one group."""
    return isinstance(root, Map) and bool(
        {"deploymentGroupInfo", "deploymentGroupsInfo", "deploymentGroupName"} & set(root)
    )


def read(given: str | Path, name: str = "<text>") -> ImportedGroups:
    """Read the whole document of the command, or the object inside.

    Parameters
    ----------
    given : str or Path
        A `Path` is read from disk; a string is the text itself.
    name : str
        What to call the text in complaints.

    Raises
    ------
    ImportFailure
        With every complaint and its line.
    """
    return from_document(opened(given, name))


def from_document(document: Document) -> ImportedGroups:
    """Read a document that is already parsed."""
    reader = Reader(document, list(document.problems))
    root = reader.mapping(document.root, document.start, "a deployment group")
    found: Iterable[Any] = [root]
    if "deploymentGroupInfo" in root:
        found = [root["deploymentGroupInfo"]]
    elif "deploymentGroupsInfo" in root:
        found = reader.items(root["deploymentGroupsInfo"], root.place, "deploymentGroupsInfo")
    elif "deploymentGroupName" not in root:
        reader.complain(document.start, "no deploymentGroupInfo in it; save the output of get-deployment-group")
    reader.finish()
    notes: list[Note] = []
    groups = [_group(reader, reader.mapping(info, root.place, "a deployment group"), notes) for info in found]
    reader.finish()
    return ImportedGroups(tuple(groups), tuple(notes))


def _group(reader: Reader, info: Map, notes: list[Note]) -> DeploymentGroup:
    name = str(info.get("deploymentGroupName", "deployment group"))
    compute = info.get("computePlatform", "Server")
    if compute not in _PLATFORMS:
        reader.complain(place_of(info, ("computePlatform",)) or info.place, not_one_of(compute, _PLATFORMS))
    platform = _PLATFORMS.get(compute, "server")
    fields: dict[str, Any] = {}
    types = PLATFORMS[platform].deployment_types
    kind = _TYPES.get(str(_inside(info, "deploymentStyle").get("deploymentType")), types[0])
    if len(types) > 1:
        fields["deployment_type"] = kind
    if kind == "blue_green" and PLATFORMS[platform].ready_wait_limit:
        fields.update(_blue_green(reader, _inside(info, "blueGreenDeploymentConfiguration"), platform))
    if isinstance(info.get("autoRollbackConfiguration"), Map):
        fields["rollback"] = {"events": _events(reader, info["autoRollbackConfiguration"])}
    if service := _service(info, platform):
        fields["service"] = service
    alarms = _alarms(info, name, notes)
    configuration = info.get("deploymentConfigName")
    notes.insert(0, Note("read", f"deployment group {quoted(name)}, {kind.replace('_', ' ')}"))
    if configuration is not None and configuration not in PREDEFINED:
        said = f"what {quoted(str(configuration))} says; save aws deploy get-deployment-config too"
        notes.append(Note("unseen", said))
    return DeploymentGroup(
        name=name,
        application=str(info.get("applicationName", "")),
        platform=platform,
        configuration=None if configuration is None else str(configuration),
        fields=fields,
        alarms=alarms,
    )


def _inside(info: Map, key: str) -> Map:
    found = info.get(key)
    return found if isinstance(found, Map) else Map(info.place)


def _blue_green(reader: Reader, given: Map, platform: str) -> dict[str, Any]:
    """Options in the scenario's words, left out where the file says nothing."""
    ready, originals, green = (_inside(given, _THEIRS[part]) for part in ("ready", "originals", "green_fleet"))
    options: dict[str, Any] = {}
    if platform == "server" and green.get("action") is not None:
        options["green_fleet"] = green["action"]
    if ready.get("actionOnTimeout") is not None:
        options["ready"] = {"action": ready["actionOnTimeout"]}
        if ready["actionOnTimeout"] == "STOP_DEPLOYMENT" and ready.get("waitTimeInMinutes") is not None:
            options["ready"]["wait"] = _minutes(ready["waitTimeInMinutes"])
    if originals.get("action") is not None:
        options["originals"] = {"action": originals["action"]}
        # Of originals that are kept, AWS returns a wait that nothing waits for.
        if originals["action"] == "TERMINATE" and originals.get("terminationWaitTimeInMinutes") is not None:
            options["originals"]["wait"] = _minutes(originals["terminationWaitTimeInMinutes"])
    try:
        BlueGreen.model_validate(options)
    except ValidationError as error:
        for found in complaints(error):
            theirs = _THEIRS.get(str(found.path[0]), str(found.path[0]))
            reader.complain(place_of(given, (theirs,)) or given.place, found.message)
    return {"blue_green": options} if options else {}


def _minutes(value: Any) -> Any:
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    return units.text(value * 60.0, "duration") if plain else value


def _events(reader: Reader, given: Map) -> list[str]:
    events = given.get("events") if given.get("enabled") else None
    listed = list(events) if isinstance(events, list) else []
    for event in listed:
        if event not in _EVENTS:
            reader.complain(place_of(given, ("events",)) or given.place, not_one_of(event, _EVENTS))
    return listed


def _service(info: Map, platform: str) -> dict[str, Any]:
    pairs = _inside(info, "loadBalancerInfo").get("targetGroupPairInfoList")
    if platform == "ecs" and isinstance(pairs, list) and pairs and isinstance(pairs[0], Map):
        return {"load_balancer": {"test_listener": isinstance(pairs[0].get("testTrafficRoute"), Map)}}
    if platform == "server" and info.get("outdatedInstancesStrategy") == "IGNORE" and info.get("autoScalingGroups"):
        return {"fleet": {"auto_scaling": {"outdated_instances": "IGNORE"}}}
    return {}


def _alarms(info: Map, name: str, notes: list[Note]) -> tuple[str, ...] | None:
    given = info.get("alarmConfiguration")
    if not isinstance(given, Map):
        return None
    if given.get("ignorePollAlarmFailure"):
        notes.append(Note("unseen", f"{quoted(name)} goes on when alarms cannot be read; here they always can"))
    if not given.get("enabled"):
        return ()
    listed = given.get("alarms")
    return tuple(str(item.get("name")) for item in listed or () if isinstance(item, Map))


_THEIRS = {
    "ready": "deploymentReadyOption",
    "originals": "terminateBlueInstancesOnDeploymentSuccess",
    "green_fleet": "greenFleetProvisioningOption",
}


def is_own(configuration: str | None) -> bool:
    """Whether a configuration of this name is one's own, so that its fields stand in another file."""
    return configuration is not None and not configuration.startswith(PREDEFINED_PREFIX)
