"""``aws deploy get-deployment-config`` into a `DeploymentConfiguration`.

The one thing a newcomer would get wrong: intervals are minutes in ``canaryInterval`` and
``linearInterval`` and seconds in ``monitorDurationInSeconds``; each is converted on the line that reads it.

Source: CodeDeploy API reference, DeploymentConfigInfo, TrafficRoutingConfig, ZonalConfig.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from simulator.importers.document import Document
from simulator.importers.places import Map, place_of
from simulator.importers.result import Note, Reader, opened
from simulator.importers.wording import complaints
from simulator.model.deployment_configuration import PREDEFINED_PREFIX, DeploymentConfiguration


@dataclass(frozen=True, slots=True)
class ImportedConfiguration:
    """A deployment configuration and what is to be said about its reading."""

    configuration: DeploymentConfiguration
    notes: tuple[Note, ...] = ()


def fits(root: Any) -> bool:
    """Whether a document looks like ``get-deployment-config``, whole or inner."""
    return isinstance(root, Map) and ("deploymentConfigInfo" in root or "deploymentConfigName" in root)


def read(given: str | Path, name: str = "<text>") -> ImportedConfiguration:
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


def from_document(document: Document) -> ImportedConfiguration:
    """Read a document that is already parsed."""
    reader = Reader(document, list(document.problems))
    info = reader.mapping(document.root, document.start, "a deployment configuration")
    if "deploymentConfigInfo" in info:
        place = info.value_places["deploymentConfigInfo"]
        info = reader.mapping(info["deploymentConfigInfo"], place, "deploymentConfigInfo")
    if not reader.problems and not {"minimumHealthyHosts", "trafficRoutingConfig"} & set(info):
        reader.complain(
            info.place,
            "no minimumHealthyHosts and no trafficRoutingConfig in it; save the output of "
            "aws deploy get-deployment-config",
        )
    reader.finish()
    notes = []
    platform = info.get("computePlatform")
    if platform is None:
        # The field came with Lambda; documents from before are of the one platform there was.
        notes.append(Note("guessed", "computePlatform is not given, so this is a Server configuration"))
        platform = "Server"
    fields: dict[str, Any] = {
        "name": info.get("deploymentConfigName", "custom"),
        "compute_platform": platform,
    }
    for theirs, ours, convert in _PARTS:
        if info.get(theirs) is not None:
            fields[ours] = convert(info[theirs])
    try:
        configuration = DeploymentConfiguration.model_validate(fields)
    except ValidationError as error:
        for found in complaints(error):
            path = tuple(_THEIRS.get(str(step), step) for step in found.path)
            place = place_of(info, path) or info.place
            said = f"{path[-1]} is missing; add it" if found.kind == "missing" else found.message
            reader.complain(place, said)
        reader.finish()
        raise AssertionError("finish() has complaints to tell") from error
    what = "predefined" if configuration.name.startswith(PREDEFINED_PREFIX) else "custom"
    notes.insert(0, Note("read", f"{what} deployment configuration {configuration.name}"))
    return ImportedConfiguration(configuration, tuple(notes))


def _hosts(given: Any) -> Any:
    return {"type": given.get("type"), "value": given.get("value", 0)} if isinstance(given, Map) else given


def _zonal(given: Any) -> Any:
    if not isinstance(given, Map):
        return given
    fields = {
        "monitor_duration": given.get("monitorDurationInSeconds"),  # seconds
        "first_zone_monitor_duration": given.get("firstZoneMonitorDurationInSeconds"),  # seconds
        "minimum_healthy_hosts_per_zone": given.get("minimumHealthyHostsPerZone"),
    }
    return {key: item for key, item in fields.items() if item is not None}


def _routing(given: Any) -> Any:
    if not isinstance(given, Map):
        return given
    fields: dict[str, Any] = {"type": given.get("type")}
    for shape, word in (("timeBasedCanary", "canary"), ("timeBasedLinear", "linear")):
        inner = given.get(shape)
        if isinstance(inner, Map):
            fields["time_based_" + word] = {
                "percentage": inner.get(word + "Percentage"),
                "interval": _minutes(inner.get(word + "Interval")),
            }
    return fields


def _minutes(value: Any) -> Any:
    return value * 60.0 if isinstance(value, int | float) and not isinstance(value, bool) else value


_PARTS = (
    ("minimumHealthyHosts", "minimum_healthy_hosts", _hosts),
    ("zonalConfig", "zonal", _zonal),
    ("trafficRoutingConfig", "traffic_routing", _routing),
)
_THEIRS = {
    "name": "deploymentConfigName",
    "compute_platform": "computePlatform",
    "minimum_healthy_hosts": "minimumHealthyHosts",
    "zonal": "zonalConfig",
    "monitor_duration": "monitorDurationInSeconds",
    "first_zone_monitor_duration": "firstZoneMonitorDurationInSeconds",
    "minimum_healthy_hosts_per_zone": "minimumHealthyHostsPerZone",
    "traffic_routing": "trafficRoutingConfig",
    "time_based_canary": "timeBasedCanary",
    "time_based_linear": "timeBasedLinear",
}
