"""Where the scenarios that travel with the package are."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent
# Inside an installed package; in a checkout the folder beside it.
_FOLDERS = (_PACKAGE / "_scenarios", _PACKAGE.parent / "scenarios")


def shipped() -> dict[str, Path]:
    """Return the path of each shipped scenario by its name, in alphabetical order.

    Files a scenario names lie in the folder of the same name beside it.
    """
    for folder in _FOLDERS:
        found = {path.stem: path for path in sorted(folder.glob("*.yaml"))}
        if found:
            return found
    return {}
