"""While a comparison runs: how far it has come, and what Ctrl-C does when.

The one thing a newcomer would get wrong: the first Ctrl-C ends the simulation and not the command. What is finished
still becomes a report; once the report is being written one Ctrl-C lets it be finished, a second leaves it out.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from simulator import units
from simulator.cli.terminal import printable
from simulator.report.words import amount, short

if TYPE_CHECKING:
    from simulator.experiment import Step

# Between two lines in a pipe; a short comparison says nothing there.
EVERY_S = 10.0
_WIDE = 96


class Watch:
    """Shows steps of an experiment on a console, and takes Ctrl-C while it is entered.

    Parameters
    ----------
    console : Console
        A terminal gets one line that is drawn again; a pipe gets a plain line every ten seconds.
    label : str
        What the strategies are compared by.
    """

    def __init__(self, console: Console, label: str) -> None:
        self.console, self.label = console, label
        self.presses = 0
        self._simulating = True
        self._bar: Progress | None = None
        self._told = time.monotonic()
        self._before: Any = None
        self._process = os.getpid()

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._pressed)
        if self.console.is_terminal and not self.console.is_dumb_terminal:
            wide = self.console.width >= _WIDE
            columns = (TextColumn("simulating"), BarColumn(bar_width=24)) if wide else ()
            self._bar = Progress(*columns, TextColumn("{task.description}"), console=self.console, transient=True)
            self._bar.add_task("", total=None)
            self._bar.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._stop_drawing()
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def __call__(self, step: Step) -> None:
        """Show a step."""
        self._simulating = step.done < step.total
        if self._bar is not None:
            self._bar.update(
                self._bar.task_ids[0], completed=step.done, total=step.total, description=self._short(step)
            )
        elif self._simulating and time.monotonic() - self._told >= EVERY_S:
            self._told = time.monotonic()
            self.console.file.write(printable(self._line(step)) + "\n")
            self.console.file.flush()

    def simulated(self) -> None:
        """From here on a Ctrl-C waits for the report."""
        self._simulating = False
        self._stop_drawing()

    def _stop_drawing(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _pressed(self, signum: int, frame: FrameType | None) -> None:
        if os.getpid() != self._process:
            return  # a worker that is just starting; the parent decides
        self.presses += 1
        if self._simulating or self.presses > 1:
            self._simulating = False
            raise KeyboardInterrupt

    def _short(self, step: Step) -> str:
        parts = [f"{100 * step.done // step.total} %"]
        if step.left_s is not None and self._simulating:
            parts.append(f"{_left(step.left_s)} left")
        room = self.console.width - sum(len(part) + 3 for part in parts)
        room -= len("simulating ") + 26 if self.console.width >= _WIDE else 1
        best = _best(step, max(12, min(room - 26, 40)))
        if best and room >= len(best):
            parts.append(best)
        return printable(" · ".join(parts)).replace("[", "\\[")

    def _line(self, step: Step) -> str:
        best = _best(step, 48)
        parts = [f"simulating: {step.done:,} of {step.total:,} runs"]
        parts += [f"{best} ({self.label})"] if best else []
        parts += [f"about {_left(step.left_s)} left"] if step.left_s is not None else []
        return "; ".join(parts)


def _best(step: Step, limit: int) -> str:
    """Current best guess with its number.

    >>> from simulator.experiment import Step
    >>> _best(Step(5, 10, 1.0, "one-at-a-time", 400.0, "s"), 20)
    'best so far one-at-a-time, 6 min 40 s'
    """
    if step.best is None or step.value is None:
        return ""
    unit = "fraction" if step.unit == "probability" else step.unit
    return f"best so far {short(step.best, limit)}, {amount(step.value, unit)}"


def _left(seconds: float) -> str:
    """Time left, no finer than anybody can know it.

    >>> _left(0.2), _left(47.0), _left(437.0), _left(5000.0)
    ('1 s', '47 s', '7 min 20 s', '1 h 20 min')
    """
    for limit, step in ((60.0, 1.0), (1200.0, 10.0), (3600.0, 60.0)):
        if seconds < limit:
            return units.human(max(step, step * round(seconds / step)))
    return units.human(600.0 * round(seconds / 600.0))
