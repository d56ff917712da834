"""Files from disk as text, and paths that stay inside a folder; each refusal is a sentence with the remedy.

Nothing here follows a path out of the folder it was given: a scenario may come from somebody else.
"""

from __future__ import annotations

import unicodedata
from pathlib import Path

from simulator.errors import ImportFailure, quoted
from simulator.importers.places import Place, Source

TEXT_LIMIT = 2**20
TABLE_LIMIT = 5 * 2**20


def shown(path: str | Path) -> str:
    """Name of a file as it can be printed: control and direction marks escaped."""
    return "".join(
        letter if unicodedata.category(letter)[0] != "C" else letter.encode("unicode_escape").decode()
        for letter in str(path)
    )


def read_text(path: str | Path, limit: int = TEXT_LIMIT) -> str:
    """Return the text of a UTF-8 file.

    Parameters
    ----------
    path : str or Path
        Of the file.
    limit : int
        Largest size in bytes.

    Raises
    ------
    ImportFailure
        With one problem: missing, a folder, too large, not text.
    """
    name = shown(path)
    path = Path(path)
    try:
        if path.is_dir():
            raise _refused(name, "a folder; name a file in it")
        if not path.is_file():
            raise _refused(name, "not a file; check the name" if path.exists() else "no such file; check the path")
        with path.open("rb") as stream:
            content = stream.read(limit + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a path"
        raise _refused(name, f"cannot be read ({reason.lower()}); check the path and its permissions") from error
    if len(content) > limit:
        raise _refused(name, f"larger than {limit // 2**20} MiB; nothing real needs so much, shorten it")
    if b"\0" in content:
        raise _refused(name, "not text but binary; name a text file saved as UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _refused(name, f"line {line} is not UTF-8; save the file as UTF-8 text") from error


def inside(folder: Path | None, named: object) -> Path:
    """Return the path of a file that another file names, which must stay inside that file's folder.

    Raises
    ------
    ValueError
        When there is no folder, or the path leaves it; says what to write.
    """
    if not isinstance(named, str) or not named.strip():
        raise ValueError("write the path of a file, relative to this one")
    if folder is None:
        raise ValueError("a scenario read from text has no folder to find files in; write the content here")
    path = Path(named)
    if path.is_absolute() or ".." in path.parts or "\\" in named or "\0" in named or named.startswith("~"):
        raise ValueError(f"{quoted(named)} leads out of the scenario's folder; put the file beside the scenario")
    try:
        found = (folder / path).resolve()
    except (OSError, RuntimeError) as error:
        raise ValueError(f"{quoted(named)} cannot be followed; check the path") from error
    if not found.is_relative_to(folder.resolve()):
        raise ValueError(f"{quoted(named)} is a link out of the scenario's folder; put the file itself there")
    return folder / path


def _refused(name: str, message: str) -> ImportFailure:
    return ImportFailure((Place(Source(name)).problem(message),))
