"""Any file that can be imported, told by its content, and what it contributes to a scenario."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from simulator.importers import alarms, appspec, deployment_config, deployment_group
from simulator.importers.alarms import ImportedAlarms
from simulator.importers.appspec import AppSpec
from simulator.importers.deployment_config import ImportedConfiguration
from simulator.importers.deployment_group import ImportedGroups
from simulator.importers.document import Document
from simulator.importers.result import opened, refuse
from simulator.model.deployment_configuration import PREDEFINED

Imported = AppSpec | ImportedAlarms | ImportedConfiguration | ImportedGroups
_READERS: tuple[tuple[Callable[[Any], bool], Callable[[Document], Imported]], ...] = (
    (deployment_group.fits, deployment_group.from_document),  # a group names its configuration, so it comes first
    (deployment_config.fits, deployment_config.from_document),
    (alarms.fits, alarms.from_document),
)


def read(path: str | Path) -> Imported:
    """Read an AppSpec file, ``get-deployment-config``, ``-group`` or ``describe-alarms``, whichever it is.

    Parameters
    ----------
    path : str or Path
        Of the file.

    Raises
    ------
    ImportFailure
        When it is none of them, or cannot be read.
    """
    document: Document = opened(Path(path), dialect="agent")
    for fits, from_document in _READERS:
        if fits(document.root):
            return from_document(opened(Path(path)))
    if appspec.fits(document.root):
        return appspec.from_document(document)
    return refuse(
        document.start,
        "neither an AppSpec file nor the output of aws deploy get-deployment-config, get-deployment-group or aws "
        "cloudwatch describe-alarms; name one of these",
    )


def fragment(imported: Iterable[Imported]) -> dict[str, Any]:
    """Return the part of a scenario that imported files fill, as plain data with units.

    Parameters
    ----------
    imported : iterable
        What `read` returned; of two AppSpec files the last one counts.
    """
    part: dict[str, Any] = {}
    for item in imported:
        if isinstance(item, AppSpec):
            part["service"] = _service(item)
        elif isinstance(item, ImportedAlarms):
            listed = [alarm.model_dump(mode="json", exclude_unset=True) for alarm in item.alarms]
            part.setdefault("alarms", []).extend(listed)
        elif isinstance(item, ImportedGroups):
            groups = [{"name": group.name, **group.strategy} for group in item.groups]
            part.setdefault("strategies", []).extend(groups)
        else:
            found = item.configuration
            known = PREDEFINED.get(found.name) == found
            fields = found.name if known else found.model_dump(mode="json", exclude_unset=True)
            part.setdefault("strategies", []).append({"name": found.name, "configuration": fields})
    return _with_own_configurations(part)


def _with_own_configurations(part: dict[str, Any]) -> dict[str, Any]:
    """A deployment group names its configuration: one that was imported too takes the name's place."""
    strategies = part.get("strategies", [])
    own = {item["name"]: item for item in strategies if isinstance(item.get("configuration"), dict)}
    named = {item.get("configuration") for item in strategies if isinstance(item.get("configuration"), str)}
    for item in strategies:
        if isinstance(item.get("configuration"), str) and item["configuration"] in own:
            item["configuration"] = own[item["configuration"]]["configuration"]
    part_of_a_group = [own[name] for name in named if name in own]
    if strategies:
        part["strategies"] = [item for item in strategies if not any(item is known for known in part_of_a_group)]
    return part


def _service(spec: AppSpec) -> dict[str, Any]:
    service: dict[str, Any] = {"platform": spec.platform}
    for theirs, ours in (
        ("name", "function"),
        ("alias", "alias"),
        ("current_version", "current_version"),
        ("target_version", "target_version"),
    ):
        if spec.function.get(theirs) is not None:
            service[ours] = str(spec.function[theirs])
    service["lifecycle"] = spec.lifecycle.model_dump(mode="json", exclude_unset=True)
    return service
