"""Text of YAML or JSON into plain data in which every value knows its line and column.

The one thing a newcomer would get wrong: nothing is constructed. Events are read one by one, so a hostile
file is refused at its first excess (depth, number of values, aliases), and a scalar becomes a number only by
YAML 1.2's core schema: ``1:30``, ``010``, ``yes`` and dates stay text for the model to judge.

Sources: YAML 1.2.2, section 10.3 (core schema); RFC 8259, section 7 (JSON strings).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import yaml

from simulator.errors import ImportFailure, Problem, quoted
from simulator.importers.places import Map, Place, Seq, Source, duplicate

Dialect = Literal["strict", "agent"]
SCENARIO_NODES = 20_000
DEPTH = 50

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
# YAML 1.1 reads this as 8, YAML 1.2 as 10: whoever wrote it may mean either.
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+\Z")
_WORDS = {"null": None, "Null": None, "NULL": None, "~": None, "": None}
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_LINE_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")  # YAML 1.1, which the parser speaks
_SURROGATES = re.compile(r"(?<!\\)((?:\\\\)*)\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")


def scalar(text: str) -> Any:
    """Value of an unquoted scalar by YAML 1.2's core schema; octal, hexadecimal, inf and nan stay text.

    >>> scalar("12"), scalar("1.5e3"), scalar("true"), scalar("null")
    (12, 1500.0, True, None)
    >>> scalar("010"), scalar("1:30"), scalar("yes"), scalar("2024-05-01")
    ('010', '1:30', 'yes', '2024-05-01')
    """
    if text in _WORDS:
        return _WORDS[text]
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if len(text) <= 100:
        if _INTEGER.match(text):
            return int(text)
        if _FLOAT.match(text):
            number = float(text)
            return number if abs(number) < float("inf") else text
    return text


@dataclass
class Document:
    """What a file says, with complaints about how it says it.

    Parameters
    ----------
    root : Any
        `Map`, `Seq` or a scalar; None for an empty file.
    source : Source
        The file.
    problems : list of Problem
        Duplicate keys, tags, merge keys and ambiguous numbers; reading went on behind them.
    remarks : list of Problem
        What the agent's dialect let pass, with what was read.
    """

    root: Any
    source: Source
    problems: list[Problem] = field(default_factory=list)
    remarks: list[Problem] = field(default_factory=list)

    @property
    def start(self) -> Place:
        """The beginning of the file."""
        return Place(self.source, 1, 1)


def parse(
    text: str,
    name: str,
    *,
    nodes: int = SCENARIO_NODES,
    depth: int = DEPTH,
    dialect: Dialect = "strict",
) -> Document:
    """Read YAML or JSON.

    Parameters
    ----------
    text : str
        Of one document.
    name : str
        Of the file, for complaints.
    nodes, depth : int
        Most values (aliases counted as what they stand for) and deepest nesting that are read.
    dialect : {"strict", "agent"}
        Whether a key given twice and a number with a leading zero are problems, or are read as CodeDeploy's
        agent reads them (YAML 1.1: the last one, octal).

    Raises
    ------
    ImportFailure
        With one problem, when it cannot be read as YAML at all.
    """
    source = Source(name, tuple(_LINE_BREAK.split(text)))
    if text.lstrip()[:1] in ("{", "["):
        text = _json_as_yaml(text)
    loader = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
    composer = _Composer(source, nodes, depth, dialect)
    try:
        return composer.document(yaml.parse(text, Loader=loader))
    except yaml.YAMLError as error:
        raise ImportFailure((_syntax_problem(error, source),)) from error


def _json_as_yaml(text: str) -> str:
    """JSON's two spellings that YAML lacks: tabs between values, and characters in two halves."""

    def whole(match: re.Match[str]) -> str:
        high, low = int(match[2], 16), int(match[3], 16)
        return f"{match[1]}\\U{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):08X}"

    return _SURROGATES.sub(whole, text.replace("\t", " "))


@dataclass
class _Frame:
    """A mapping or list that is still open."""

    node: Map | Seq
    anchor: str | None
    key: str | None = None
    key_place: Place | None = None
    skip: bool = False  # the value of a key that was refused
    size: int = 1


class _Composer:
    """Builds data from a stream of events, without recursion."""

    def __init__(self, source: Source, nodes: int, depth: int, dialect: Dialect) -> None:
        self.source = source
        self.limit, self.depth, self.dialect = nodes, depth, dialect
        self.count = 0
        self.frames: list[_Frame] = []
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.result = Document(None, source)

    def document(self, events: Iterator[Any]) -> Document:
        documents = 0
        for event in events:
            match event:
                case yaml.DocumentStartEvent():
                    documents += 1
                    if documents > 1:
                        self._stop(event, "a second document begins here; keep one to a file and take out the '---'")
                case yaml.ScalarEvent():
                    self._scalar(event)
                case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                    self._open(event)
                case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                    self._close()
                case yaml.AliasEvent():
                    self._alias(event)
        return self.result

    def _place(self, event: Any) -> Place:
        return Place(self.source, event.start_mark.line + 1, event.start_mark.column + 1)

    def _stop(self, event: Any, message: str) -> None:
        raise ImportFailure((self._place(event).problem(message),))

    def _complain(self, place: Place, message: str) -> None:
        self.result.problems.append(place.problem(message))

    def _remark(self, place: Place, message: str) -> None:
        self.result.remarks.append(place.problem(message))

    def _counted(self, event: Any, size: int) -> None:
        self.count += size
        if self.count > self.limit:
            self._stop(event, f"more than {self.limit} values; nothing real needs so many, shorten the file")

    def _tagged(self, event: Any) -> None:
        if event.tag not in (None, "!"):
            self._complain(self._place(event), f"tag {quoted(event.tag)} is not read; write the value without it")

    def _scalar(self, event: Any) -> None:
        self._counted(event, 1)
        self._tagged(event)
        place = self._place(event)
        if self._is_key():
            self._key(event.value, place)
            return
        value = self._unquoted(event.value, place) if event.implicit[0] else event.value
        if event.anchor:
            self.anchors[event.anchor] = (value, 1)
        self._add(value, place)

    def _unquoted(self, text: str, place: Place) -> Any:
        if not _LEADING_ZERO.match(text):
            return scalar(text)
        if self.dialect == "agent" and not set(text) & set("89"):
            self._remark(place, f"{text} begins with 0 and is read 8-based, as {int(text, 8)}")
            return int(text, 8)
        digits = text.lstrip("+-").lstrip("0") or "0"
        self._complain(
            place,
            f"{text} is 8-based to some readers and 10-based to others; write {digits}, "
            f'or "{text}" in quotes if it is a name',
        )
        return text

    def _open(self, event: Any) -> None:
        self._counted(event, 1)
        self._tagged(event)
        place = self._place(event)
        if self._is_key():
            self._stop(event, "a field's name is a plain word, not a list or a mapping; write name: value")
        if len(self.frames) >= self.depth:
            self._stop(event, f"nested more than {self.depth} levels deep; nothing real is, flatten it")
        node = Map(place) if isinstance(event, yaml.MappingStartEvent) else Seq(place)
        self.frames.append(_Frame(node, event.anchor))

    def _close(self) -> None:
        frame = self.frames.pop()
        if frame.anchor:
            self.anchors[frame.anchor] = (frame.node, frame.size)
        self._add(frame.node, frame.node.place, frame.size)

    def _alias(self, event: Any) -> None:
        place = self._place(event)
        if self._is_key():
            self._stop(event, "an alias cannot name a field; write the name")
        if any(frame.anchor for frame in self.frames):
            self._stop(event, f"alias *{event.anchor} stands inside a value that has an anchor itself; write it out")
        if event.anchor not in self.anchors:
            self._stop(event, f'nothing is called &{event.anchor}; put "*{event.anchor}" in quotes if it is a text')
        value, size = self.anchors[event.anchor]
        self._counted(event, size)
        self._add(duplicate(value), place, size)

    def _is_key(self) -> bool:
        return bool(self.frames) and isinstance(self.frames[-1].node, Map) and self.frames[-1].key is None

    def _key(self, name: str, place: Place) -> None:
        frame = self.frames[-1]
        assert isinstance(frame.node, Map)
        frame.key, frame.key_place, frame.skip = name, place, False
        if name == "<<":
            self._complain(place, "merge keys (<<) are not read; write the fields out")
            frame.skip = True
        elif name in frame.node:
            first = frame.node.key_places[name]
            said = f"{quoted(name)} is given twice, first in line {first.line}"
            if self.dialect == "strict":
                self._complain(place, f"{said}; keep one of the two")
                frame.skip = True
            else:
                self._remark(place, f"{said}; the last one counts")

    def _add(self, value: Any, place: Place, size: int = 1) -> None:
        if not self.frames:
            self.result.root = value
            return
        frame = self.frames[-1]
        frame.size += size
        if isinstance(frame.node, Seq):
            frame.node.add(value, place)
            return
        assert frame.key is not None
        if not frame.skip:
            frame.node.put(frame.key, value, place, frame.key_place)
        frame.key = None


def _syntax_problem(error: yaml.YAMLError, source: Source) -> Problem:
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        if isinstance(getattr(error, "position", None), int):
            said = "a control character stands in it; save the file as plain UTF-8 text"
            return Place(source).problem(said)
        return Place(source).problem(f"not YAML ({quoted(str(error).splitlines()[0])}); check its syntax")
    said, mark = error.problem or "", error.problem_mark
    message, at_opening = f"not YAML ({said}); check quotes, colons and indentation", False
    for words, in_words, opening in _SYNTAX:
        if words in said:
            message, at_opening = in_words, opening
    letter = source.lines[mark.line][mark.column : mark.column + 1] if mark.line < len(source.lines) else ""
    if "cannot start any token" in said:
        tab = letter == "\t"
        message = "a tab indents this line; YAML takes spaces only" if tab else message.format(letter=letter)
    if at_opening and error.context_mark is not None:
        mark = error.context_mark
    line, column = mark.line + 1, mark.column + 1
    if line > len(source.lines):  # the parser complains behind the last line
        line = max(1, len(source.lines))
        column = len(source.lines[line - 1]) + 1 if source.lines else 1
        message = "this ends in the middle of a value; write it whole"
    return Place(source, line, column).problem(message)


# What the parser says, what a reader needs to hear, and whether the fault is where something was opened.
_SYNTAX: tuple[tuple[str, str, bool], ...] = (
    ("mapping values are not allowed", "a second colon on this line; put the value in quotes", False),
    ("cannot start any token", "a value cannot begin with {letter}; put it in quotes", False),
    (
        "did not find expected key",
        "indented unlike its neighbours; align it with the fields beside it",
        False,
    ),
    ("expected ',' or ']'", "the list that opens here is never closed, or lacks a comma; write [a, b]", True),
    (
        "expected ',' or '}'",
        "the braces that open here are never closed, or lack a comma; write {a: 1, b: 2}",
        True,
    ),
    ("expected '-' indicator", "not an item of the list above; begin it with '- ' or indent it", False),
    ("unexpected end of stream", "the quote that opens here is never closed; close it", True),
    ("expected node content", "a value is due here; close what is open, or put the text in quotes", False),
    ("could not find expected ':'", "a field without a value; write name: value", False),
    ("unknown escape character", "a backslash in double quotes is special; use single quotes", False),
    ("unknown directive", "a line cannot begin with %; put it in quotes or take it out", False),
)
