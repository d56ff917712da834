"""What this package raises on purpose, and how a problem in a file is told.

The one thing a newcomer would get wrong: every argument goes to ``super().__init__``, because SimPy and
pickling both re-create an exception from its ``args``.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

QUOTE_LIMIT = 60


class SimulatorError(Exception):
    """Base of everything this package raises on purpose.

    ::

        SimulatorError
          ScenarioError       the scenario file or model cannot be run as written
          ImportFailure       somebody else's file says something we cannot read
          GateError           a condition such as `p95(downtime_s) > 60` cannot be read
          OutputError         results cannot be written where they were asked for
          TraceError          a stored trace was written by another version
          RolloutError        a rollout from outside the package cannot be loaded
    """


@dataclass(frozen=True, slots=True)
class Problem:
    """One complaint: where, what is wrong, what to write instead.

    Parameters
    ----------
    message : str
        What is wrong and the remedy, in the reader's words.
    path : tuple of (str or int)
        Where in the model, as in ``("service", "fleet", "size")``.
    file : str
        File name as the reader gave it; empty when the model was built in Python.
    line, column : int
        One-based position; 0 when unknown.
    source : str
        The text of that line, shown under the message.
    severity : str
        ``"error"`` stops; ``"advice"`` does not.
    """

    message: str
    path: tuple[str | int, ...] = ()
    file: str = ""
    line: int = 0
    column: int = 0
    source: str = ""
    severity: str = "error"

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}: " if self.file and self.line else ""
        if self.file and not self.line:
            where = f"{self.file}: "
        if not where and self.path:
            where = f"{dotted(self.path)}: "
        text = f"{where}{self.message}"
        if self.source:
            gutter = f"    {self.line} | "
            text += f"\n{gutter}{self.source}\n{' ' * (len(gutter) - 2)}| {' ' * (self.column - 1)}^"
        return text


class ScenarioError(SimulatorError):
    """The scenario cannot be run as written; ``problems`` lists every reason."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(problems)
        self.problems = problems

    def __str__(self) -> str:
        count = len(self.problems)
        lines = [str(problem) for problem in self.problems]
        lines.append(f"{count} problem{'s' if count != 1 else ''}; nothing was simulated.")
        return "\n".join(lines)


class ImportFailure(SimulatorError):
    """Somebody else's file says something we cannot read; ``problems`` says where."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(problems)
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


class GateError(SimulatorError):
    """A condition on a comparison cannot be read; `column` says where, counted from 1."""

    def __init__(self, message: str, text: str, column: int) -> None:
        super().__init__(message, text, column)
        self.message, self.text, self.column = message, text, column

    def __str__(self) -> str:
        shown, before = (quoted(part, len(self.text))[1:-1] for part in (self.text, self.text[: self.column - 1]))
        return f"column {self.column}: {self.message}\n    {shown}\n    {' ' * len(before)}^"


class OutputError(SimulatorError):
    """Results cannot be written where they were asked for."""


class TraceError(SimulatorError):
    """A stored trace was written by another version."""


class RolloutError(SimulatorError):
    """A rollout from outside the package cannot be loaded."""


def dotted(path: tuple[str | int, ...]) -> str:
    """Write a path as people say it.

    >>> dotted(("strategies", 0, "configuration"))
    'strategies[0].configuration'
    """
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def quoted(value: object, limit: int = QUOTE_LIMIT) -> str:
    r"""Quote text from a file back to its reader: shortened, control and direction marks escaped.

    >>> quoted("two\nlines")
    "'two\\nlines'"
    """
    text = value if isinstance(value, str) else repr(value)
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    safe = "".join(
        character if unicodedata.category(character)[0] != "C" else character.encode("unicode_escape").decode()
        for character in text
    )
    return f"'{safe}'" if isinstance(value, str) else safe
