"""Which of several fields a complaint about all of them means.

A rule over a whole mapping ("datapoints_to_alarm is at most evaluation_periods") knows no single line;
the names and numbers in it do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from simulator.importers.places import Path, child, follow

_QUOTED = re.compile(r"'([^']+)'")
_NUMBER = re.compile(r"(-?[0-9]+(?:\.[0-9]+)?)")


def culprit(root: Any, path: Path, message: str) -> tuple[Path, bool]:
    """Return the path of what a message is about, and whether the message itself names it.

    Parameters
    ----------
    root : Any
        The file's data.
    path : tuple
        Of the mapping or list the message is about as a whole.
    message : str
        Which quotes a key or value from below, names a field, or begins with a number.
    """
    data, path = follow(root, path)
    if not isinstance(data, dict | list):
        return path, False
    below = list(_below(data, path))
    for name in _QUOTED.findall(message):
        named = [deeper for deeper in below if deeper[-1] == name]
        valued = [deeper for deeper in below if follow(root, deeper)[0] == name]
        if named or valued:
            return (named or valued)[-1], True
    mentioned = [
        (message.index(word), (*path, step))
        for step in (data if isinstance(data, dict) else ())
        for word in (step, step.replace("_", " "))
        if re.search(rf"\b{re.escape(word)}\b", message)
    ]
    if mentioned:
        return min(mentioned, key=lambda item: item[0])[1], True
    number = _NUMBER.match(message)
    if number is not None:
        for deeper in below:
            if str(follow(root, deeper)[0]) == number[1]:
                return deeper, False
    return path, False


def _below(data: Any, path: Path) -> Iterator[Path]:
    steps = list(data) if isinstance(data, dict) else range(len(data)) if isinstance(data, list) else ()
    for step in steps:
        yield (*path, step)
        yield from _below(child(data, step), (*path, step))
