"""The folder a report is written to: complete or not there at all, and never over somebody else's.

The one thing a newcomer would get wrong: everything is written beside the place it goes to and renamed at the
end. A folder is ours when it holds a manifest of this program; only such a one is replaced. A process that is killed
leaves what it was writing behind, hidden; the name says whose it was, and the next to write there takes it away.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import sys
import tempfile
import zlib
from collections.abc import Mapping
from contextlib import suppress
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
        beside = Path(tempfile.mkdtemp(prefix=f"{_hidden(out)}{os.getpid()}-", dir=out.parent))
    except OSError as error:
        raise OutputError(f"cannot write to {quoted(str(out))}: {error.strerror}; choose another --out") from error
    try:
        for name, content in files.items():
            path = beside / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        beside.chmod(0o755 & ~_umask())
        _swap(beside, out)
        _sweep(out)
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
    aside = Path(tempfile.mkdtemp(prefix=f"{_hidden(out)}{os.getpid()}.old.", dir=out.parent))
    aside.rmdir()
    out.rename(aside)
    try:
        beside.rename(out)
    except OSError:
        aside.rename(out)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def _hidden(out: Path) -> str:
    """How hidden folders begin that processes of this machine make beside `out`; their number follows."""
    where = socket.gethostname()
    with suppress(OSError):  # numbers of processes are told apart by machine, and by container
        where += str(Path("/proc/self/ns/pid").readlink())
    return f".{out.name[:100]}.rollsim-{zlib.crc32(where.encode()):08x}-"


def _sweep(out: Path) -> None:
    """Remove what processes that are gone had made beside `out` and could not take away themselves."""
    begins = _hidden(out)
    for path in out.parent.iterdir():
        number = re.match(r"(\d+)[-.]", path.name.removeprefix(begins)) if path.name.startswith(begins) else None
        if number and path.is_dir() and not path.is_symlink() and not _runs(int(number[1])):
            shutil.rmtree(path, ignore_errors=True)


def _runs(process: int) -> bool:
    """Whether a process of this number is there; where that cannot be asked without harm, it is taken to be."""
    if sys.platform == "win32":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
