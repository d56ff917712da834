"""AppSpec files of all three platforms into what a rollout runs.

The one thing a newcomer would get wrong: who refuses what. A Server file is read by the agent on each host,
and what it refuses fails there, so it is refused here with the line; Lambda and ECS files go to the service,
which is not known to refuse more than it must, so their oddities are notes.

Sources: CodeDeploy user guide, "AppSpec file structure"; aws-codedeploy-agent, application_specification.rb,
script_info.rb, file_info.rb and hook_executor.rb.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from simulator.importers.appspec_file import NO_DURATIONS, AppSpec, HookScript
from simulator.importers.appspec_functions import read_functions, value_of
from simulator.importers.appspec_server import SERVER_KEYS, read_server
from simulator.importers.document import Document
from simulator.importers.places import Map
from simulator.importers.result import Note, Reader, opened

__all__ = ["NO_DURATIONS", "AppSpec", "HookScript", "fits", "from_document", "read"]


def fits(root: Any) -> bool:
    """Whether a document looks like an AppSpec file."""
    keys = {str(key).lower() for key in root} if isinstance(root, Map) else set()
    return "resources" in keys or ("version" in keys and bool(keys & {"hooks", *SERVER_KEYS}))


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
    if value_of(root, "resources") is None:
        return read_server(reader, root, notes)
    return read_functions(reader, root, notes)
