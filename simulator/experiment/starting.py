"""How worker processes start, and end.

The one thing a newcomer would get wrong: a process that is not forked begins by running the main script again, and a
script that calls `compare` outside ``if __name__ == "__main__"`` would then start workers of workers. Ours need nothing
from the main script, so they are not told of it.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import wait
from typing import Any

_ABSENT = object()
_STARTING = threading.Lock()


def method_of(start_method: str | None) -> str:
    """How processes start here: as asked for, else the platform's way."""
    return start_method or multiprocessing.get_context().get_start_method()


def pool_of(workers: int, start_method: str | None) -> ProcessPoolExecutor:
    """A pool whose processes leave interrupts to us and end when we do."""
    context = multiprocessing.get_context(method_of(start_method))
    return ProcessPoolExecutor(workers, context, _begin)


@contextmanager
def main_out_of_sight() -> Iterator[None]:
    """While processes start: nothing says where the main script is, so that none of them runs it again."""
    with _STARTING:
        main: Any = sys.modules["__main__"]
        before = {name: getattr(main, name, _ABSENT) for name in ("__file__", "__spec__")}
        main.__spec__ = None
        if before["__file__"] is not _ABSENT:
            del main.__file__
        try:
            yield
        finally:
            for name, value in before.items():
                if value is not _ABSENT:
                    setattr(main, name, value)


def _begin() -> None:
    """A Ctrl-C reaches every process of the terminal; a worker that dies of it would take the pool's queue along."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_the_parent, daemon=True).start()


def _end_with_the_parent() -> None:
    """A parent that is killed can tell nobody, and its workers would wait for work forever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
