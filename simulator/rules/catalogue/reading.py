"""Entries read from the rules themselves: the first line, the source and the examples of their documentation.

Rules whose entry is written by hand come first in the catalogue; this is for the others, so that none is missing.
"""

from __future__ import annotations

import ast
import doctest
import inspect
import re
from collections.abc import Callable, Iterator
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import simulator.rules
from simulator.rules.catalogue.rule import Call, Rule

_SOURCE = re.compile(r"(?:^|\n)\s*(?:Sources?:|References\n\s*-+\n)\s*(.+?)(?=\n\s*\n|\Z)", re.DOTALL)


def functions() -> Iterator[Callable[..., Any]]:
    """Every public function of the rule book, where it is defined."""
    for found in iter_modules(simulator.rules.__path__):
        if found.name != "catalogue":
            module = import_module(f"{simulator.rules.__name__}.{found.name}")
            for name, value in vars(module).items():
                if inspect.isfunction(value) and value.__module__ == module.__name__ and not name.startswith("_"):
                    yield value


def entry(function: Callable[..., Any]) -> Rule:
    """Entry of a rule from its documentation; without examples where that has none."""
    text = inspect.getdoc(function) or function.__name__
    first = _plain(text.split("\n\n")[0])
    title = first.rstrip(".").partition(". ")[0].partition("; ")[0].partition(": ")[0]
    around = inspect.getdoc(inspect.getmodule(function)) or ""
    source = _SOURCE.search(text) or _SOURCE.search(around)
    module = function.__module__.rsplit(".", 1)[-1]
    calls = tuple(_calls(function, text))
    told = _plain(source.group(1)) if source else "definition in the model"
    return Rule(f"{module}.{function.__name__}", title, first, told, "For example:" if calls else "", calls)


def _plain(text: str) -> str:
    """Documentation as a line of plain text."""
    return " ".join(text.replace("`", "").split())


def _calls(function: Callable[..., Any], text: str) -> Iterator[Call]:
    """Examples of a documentation, each run, and shown, after what prepares it."""
    before: list[str] = []
    shown = 0
    for example in doctest.DocTestParser().get_examples(text):
        written = " ".join(line.strip() for line in example.source.strip().partition("  #")[0].splitlines())
        try:
            ast.parse(written, mode="eval")
        except SyntaxError:
            before.append(example.source)
            continue
        prepared = [line.strip() for line in before[shown:]]
        shown = len(before)
        yield Call("\n  ".join([*prepared, written]), _answer(function, tuple(before), written))


def _answer(function: Callable[..., Any], before: tuple[str, ...], written: str) -> Callable[[], Any]:
    def answer() -> Any:
        known = dict(function.__globals__)
        for line in before:
            exec(line, known)  # noqa: S102  our own documentation, never a reader's text
        return eval(written, known)  # noqa: S307

    return answer
