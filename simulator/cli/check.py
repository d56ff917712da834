"""`rollsim check`: what is wrong with scenario files, where, and what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from simulator.cli.endings import COULD_NOT, NO, answering
from simulator.cli.options import Json, Sets, located

if TYPE_CHECKING:
    from simulator.errors import Problem


@answering
def check(
    scenarios: Annotated[
        list[str], typer.Argument(metavar="SCENARIO", help="Scenario files (YAML), or names of shipped ones.")
    ],
    *,
    form: Annotated[Literal["text", "json"], typer.Option("--format", help="How to print.")] = "text",
    sets: Sets = None,
    json: Json = False,
) -> None:
    """Find the problems of scenario files, with line and column, or give advice.

    Exit code 1 when a file has problems, 2 when one cannot be read at all.
    """
    from simulator.cli import terminal

    answers = [_checked(path, sets) for path in scenarios]
    if json or form == "json":
        terminal.document({"files": [_document(answer) for answer in answers]})
    else:
        for answer in answers:
            _tell(answer)
    if not all(answer.readable for answer in answers):
        raise typer.Exit(COULD_NOT)
    if any(answer.problems for answer in answers):
        raise typer.Exit(NO)


class _Answer:
    """What is to be said about one file."""

    def __init__(self, file: str, readable: bool, found: tuple[Problem, ...]) -> None:
        self.file = file
        self.readable = readable
        self.problems = [problem for problem in found if problem.severity == "error"]
        self.advice = [problem for problem in found if problem.severity != "error"]


def _checked(path: str, sets: list[str] | None) -> _Answer:
    from simulator.errors import ScenarioError
    from simulator.scenario import check as problems_of

    try:
        return _Answer(path, True, problems_of(located(path), sets=sets or []))
    except ScenarioError as error:
        return _Answer(path, False, error.problems)


def _tell(answer: _Answer) -> None:
    from simulator.cli import terminal

    console = terminal.results() if answer.readable else terminal.remarks()
    for problem in answer.problems:
        terminal.say(console, str(problem))
    for advice in answer.advice:
        terminal.say(console, f"advice: {advice}")
    if answer.readable:
        counts = [_count(len(answer.problems), "problem")]
        counts += [_count(len(answer.advice), "piece", " of advice")] if answer.advice else []
        terminal.say(console, f"{answer.file}: {', '.join(counts)}")


def _count(count: int, noun: str, rest: str = "") -> str:
    return f"{count or 'no'} {noun}{'' if count == 1 else 's'}{rest}"


def _document(answer: _Answer) -> dict[str, Any]:
    return {
        "file": answer.file,
        "readable": answer.readable,
        "problems": [_fields(problem) for problem in answer.problems],
        "advice": [_fields(problem) for problem in answer.advice],
    }


def _fields(problem: Problem) -> dict[str, Any]:
    from simulator.errors import dotted

    return {
        "message": problem.message,
        "path": dotted(problem.path),
        "file": problem.file,
        "line": problem.line or None,
        "column": problem.column or None,
    }
