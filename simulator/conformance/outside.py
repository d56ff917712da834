"""A rollout from outside the package: a function of a module, of a file, or one that an installed package registers."""

from __future__ import annotations

import importlib
import importlib.util
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from simulator.engine.rollouts import Rollout
from simulator.errors import RolloutError, quoted

GROUP = "rollsim.rollouts"


def rollout_named(text: str) -> Rollout:
    """Load a rollout.

    Parameters
    ----------
    text : str
        ``package.module:function``, ``path/to/file.py:function``, or the name of an entry point of the group
        ``rollsim.rollouts``. What it names is a process ``(world, deployment)``, or a `Rollout`.

    Raises
    ------
    RolloutError
        With what to write instead.
    """
    where, colon, name = text.rpartition(":")
    if not colon:
        found = _registered(text)
    else:
        module = _of_file(Path(where)) if where.endswith(".py") else _of_package(where)
        if not hasattr(module, name):
            raise RolloutError(f"{quoted(where)} has no {quoted(name)}; write the name of its rollout function")
        found = getattr(module, name)
    if isinstance(found, Rollout):
        return found
    if not callable(found):
        raise RolloutError(f"{quoted(text)} is no function; a rollout is a process of (world, deployment)")
    return Rollout(found)


def _registered(name: str) -> Any:
    known = {entry.name: entry for entry in entry_points(group=GROUP)}
    if name not in known:
        there = f"; installed packages register {', '.join(sorted(known))}" if known else ""
        raise RolloutError(
            f"no rollout is called {quoted(name)}{there}; write package.module:function or file.py:function"
        )
    return known[name].load()


def _of_package(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise RolloutError(f"{quoted(name)} cannot be imported: {error}") from error


def _of_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise RolloutError(f"{path}: no such file")
    spec = importlib.util.spec_from_file_location(f"_rollout_{path.stem}", path)
    assert spec is not None  # the name ends in .py
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # somebody else's file, which may fail in any way
        raise RolloutError(f"{path}: {type(error).__name__}: {error}") from error
    return module
