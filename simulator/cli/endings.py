"""How a command ends: exit codes, and one clear message instead of a traceback.

The one thing a newcomer would get wrong: "the answer is no" (1) is an answer. Only what keeps us from
answering (2) is a failure of ours or of the input.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from typing import NoReturn, ParamSpec

import typer

from simulator.errors import SimulatorError

ANSWERED, NO, COULD_NOT, UNSURE, INTERRUPTED = 0, 1, 2, 3, 130
# What a shell reports for a program whose reader has gone (128 + SIGPIPE).
READER_GONE = 141
TRACEBACK = "ROLLSIM_TRACEBACK"

Arguments = ParamSpec("Arguments")


def answering(command: Callable[Arguments, None]) -> Callable[Arguments, None]:
    """Wrap a command so that whatever stops it ends in one message on stderr and an exit code."""

    @functools.wraps(command)
    def answered(*arguments: Arguments.args, **options: Arguments.kwargs) -> None:
        try:
            command(*arguments, **options)
            sys.stdout.flush()
        except (typer.Exit, typer.Abort, typer.BadParameter):
            raise
        except SimulatorError as error:
            give_up(str(error))
        except KeyboardInterrupt:
            interrupted("Interrupted.")
        except BrokenPipeError:
            # Nothing more can be said; what is still buffered must not fail again at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(READER_GONE) from None
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            give_up(f"{where}{error.strerror or error}")
        except MemoryError:
            give_up("not enough memory; run fewer replications or fewer workers")
        except Exception as error:
            # A mistake of ours must not look like the answer "no", the exit code Python itself would give.
            if os.environ.get(TRACEBACK):
                raise
            name = type(error).__name__
            give_up(f"rollsim made a mistake: {name}: {error}\nPlease report it; {TRACEBACK}=1 shows where it is.")

    return answered


def give_up(message: str) -> NoReturn:
    """End without an answer, saying why."""
    _end(message, COULD_NOT)


def interrupted(message: str) -> NoReturn:
    """End because somebody asked for it."""
    _end(message, INTERRUPTED)


def _end(message: str, code: int) -> NoReturn:
    from simulator.cli.terminal import printable

    sys.stdout.flush()
    sys.stderr.write(printable(message) + "\n")
    raise typer.Exit(code)
