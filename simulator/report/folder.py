"""The folder a report is written to: complete or not there at all, and never over somebody else's.

The one thing a newcomer would get wrong: everything is written beside the place it goes to and renamed at the
end. A folder is ours when it holds a manifest of this program; only such a one is replaced.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from simulator.errors import OutputError, quoted

MANIFEST = "manifest.json"
FORMAT = "rollsim report 1"


def write(out: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files into a folder, all or none.

    Parameters
    ----------
    out : Path
        The folder; replaced when this program wrote it.
    files : mapping
        Path inside the folder to its content; `MANIFEST` must be among them.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    OutputError
        When the folder is not ours, or the place cannot be written to.
    """
    refuse_foreign(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    except OSError as error:
        raise OutputError(f"cannot write to {quoted(str(out))}: {error.strerror}; choose another --out") from error
    try:
        for name, content in files.items():
            path = beside / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        beside.chmod(0o755 & ~_umask())
        _swap(beside, out)
    except OSError as error:
        raise OutputError(f"cannot write to {quoted(str(out))}: {error.strerror}; nothing was left behind") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return out


def refuse_foreign(out: Path) -> None:
    """Raise unless nothing is there, or an empty folder, or a folder this program wrote.

    Raises
    ------
    OutputError
        With what to do instead.
    """
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise OutputError(f"{quoted(str(out))} is not a folder; choose another --out")
    if not out.exists() or not any(out.iterdir()):
        return
    if not _ours(out):
        raise OutputError(
            f"{quoted(str(out))} holds files that this program did not write; choose another --out, or empty it first"
        )


def _ours(out: Path) -> bool:
    try:
        manifest = json.loads((out / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(manifest, dict) and manifest.get("format") == FORMAT


def _swap(beside: Path, out: Path) -> None:
    """Rename into place; an older folder of ours steps aside first and comes back should that fail."""
    if not out.exists():
        beside.rename(out)
        return
    aside = Path(tempfile.mkdtemp(prefix=f".{out.name}.old.", dir=out.parent))
    aside.rmdir()
    out.rename(aside)
    try:
        beside.rename(out)
    except OSError:
        aside.rename(out)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
