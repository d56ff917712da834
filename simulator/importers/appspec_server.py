"""AppSpec files of Server deployments, refused where the agent on each host would refuse them.

Source: aws-codedeploy-agent, application_specification.rb, script_info.rb, file_info.rb, hook_executor.rb.
"""

from __future__ import annotations

import re
from typing import Any

from pydantic import ValidationError

from simulator.errors import quoted
from simulator.importers.appspec_file import NO_DURATIONS, AppSpec, HookScript, given_timeouts, hook_of
from simulator.importers.appspec_permissions import check_permissions
from simulator.importers.places import Map, Place
from simulator.importers.result import Note, Reader
from simulator.importers.wording import complaints, shown_value
from simulator.model.service import EVENT_LIMIT_S, SERVER_EVENTS, SERVER_MANAGED

SERVER_KEYS = ("os", "files", "permissions", "file_exists_behavior")
_LEADING_DIGITS = re.compile(r"\s*\+?([0-9]{1,9})")


def read_server(reader: Reader, root: Map, notes: list[Note]) -> AppSpec:
    """Read a file with ``hooks`` and ``files``; raises `ImportFailure` with every complaint."""
    if not ({"hooks", "version"} | set(SERVER_KEYS)) & set(root):
        reader.complain(root.place, "no hooks, files or Resources in it; name an AppSpec file")
    # YAML reads 0.0 as a number; the agent compares with the number (application_specification.rb).
    elif root.get("version") != 0.0 or isinstance(root.get("version"), bool):
        place = root.value_places.get("version", root.place)
        reader.complain(
            place, f"version {shown_value(root.get('version'))} is refused by the agent; write version: 0.0"
        )
    elif root.get("os") not in ("linux", "windows"):
        place = root.value_places.get("os", root.place)
        reader.complain(place, f"os {shown_value(root.get('os'))} is refused by the agent; write os: linux or windows")
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
    notes.append(Note("unseen", NO_DURATIONS))
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
        found = (_script(reader, script, place) for script, place in zip(listed, listed.value_places, strict=True))
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
    return HookScript(str(location).strip(), _timeout(reader, given), None if runas is None else str(runas).strip())


def _timeout(reader: Reader, script: Map) -> float | None:
    value = script.get("timeout")
    if value is None:
        return None
    # The agent takes the whole number a text begins with and refuses what is not above 0 (script_info.rb).
    digits = _LEADING_DIGITS.match(str(value))
    if isinstance(value, bool | list | dict) or digits is None or int(digits[1]) <= 0:
        said = f"timeout {shown_value(value)} is refused by the agent; write a number of seconds, as in 300"
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
                    f"{quoted(event)} is no event of a deployment; the agent runs it only from "
                    "codedeploy-local, and a deployment that meets it fails at Install",
                )
            )
        if given_timeouts(scripts) > EVENT_LIMIT_S:
            notes.append(
                Note(
                    "guessed",
                    f"the timeouts of {quoted(event)} add up to {given_timeouts(scripts):g} s; the event is "
                    "ended after 3600 s, so that is the only limit taken",
                )
            )


def _fits_the_model(reader: Reader, root: Map, hooks: dict[str, tuple[HookScript, ...]]) -> None:
    for event, scripts in hooks.items():
        try:
            hook_of(scripts)
        except ValidationError as error:
            for found in complaints(error):
                reader.complain(root["hooks"].key_places[event], f"{quoted(event)}: {found.message}")
