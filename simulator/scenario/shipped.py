"""Where the scenarios that travel with the package are: those that teach, and a library of one lesson each."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent
# Inside an installed package; in a checkout the folder beside it.
_FOLDERS = (_PACKAGE / "_scenarios", _PACKAGE.parent / "scenarios")


def shipped() -> dict[str, Path]:
    """Return the path of each scenario that teaches by its name, in alphabetical order.

    Files a scenario names lie in the folder of the same name beside it.
    """
    return _named("*.yaml")


def library() -> dict[str, Path]:
    """Return the path of each scenario of the library by its name, in alphabetical order."""
    return _named("library/*.yaml")


def known() -> dict[str, Path]:
    """Return every scenario that a command takes by its name alone."""
    return {**shipped(), **library()}


def _named(pattern: str) -> dict[str, Path]:
    for folder in _FOLDERS:
        found = {path.stem: path for path in sorted(folder.glob(pattern))}
        if found:
            return found
    return {}
