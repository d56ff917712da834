"""The permissions section of a Server AppSpec: what the agent refuses, with its line.

Nothing of it enters a simulation, but a file the agent refuses fails on every host.
Source: aws-codedeploy-agent, application_specification.rb, mode_info.rb, acl_info.rb, context_info.rb.
"""

from __future__ import annotations

import re

from simulator.errors import quoted
from simulator.importers.places import Map, Seq
from simulator.importers.result import Reader
from simulator.importers.wording import shown_value

_MODE = re.compile(r"[0-7]{1,4}\Z")


def check_permissions(reader: Reader, root: Map) -> int:
    """Complain about what the agent refuses; return the number of entries."""
    if root.get("permissions") is None:
        return 0
    listed = reader.items(root["permissions"], root.value_places["permissions"], "permissions")
    for item, place in zip(listed, listed.value_places, strict=True):
        entry = reader.mapping(item, place, "an entry of permissions")
        if not entry:
            continue
        if entry.get("object") is None:
            reader.complain(place, "an entry of permissions needs an object")
        for key in ("except", "type", "acls"):
            if entry.get(key) is not None:
                reader.items(entry[key], entry.value_places[key], quoted(key))
        _check_types(reader, entry)
        mode = entry.get("mode")
        if mode is not None and not _MODE.match(str(mode)):
            reader.complain(
                entry.value_places["mode"],
                f"mode {shown_value(mode)} is refused; write one to four digits 0 to 7",
            )
        _check_context(reader, entry)
    return len(listed)


def _check_types(reader: Reader, entry: Map) -> None:
    types = entry.get("type")
    if not isinstance(types, Seq):
        return
    for index, kind in enumerate(types):
        if kind not in ("file", "directory"):
            reader.complain(types.value_places[index], f"type {shown_value(kind)} is refused; write file or directory")


def _check_context(reader: Reader, entry: Map) -> None:
    if entry.get("context") is None:
        return
    context = reader.mapping(entry["context"], entry.value_places["context"], "a context")
    if context and context.get("type") is None:
        reader.complain(context.place, "a context needs a type")
    if isinstance(context.get("range"), list | dict):
        reader.complain(context.value_places["range"], "a range is a text such as s0 or s0-s3:c0,c2")
