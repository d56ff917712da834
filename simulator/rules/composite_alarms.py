"""Composite alarms: a rule over the states of other alarms.

The one thing a newcomer would get wrong: a composite has no datapoints, only children. The caller evaluates
these first; cycles, which CloudWatch stops evaluating, are its business too.

Sources: CloudWatch user guide, "Composite alarms" (alarm-combining, formerly Create_Composite_Alarm);
CloudWatch API, PutCompositeAlarm.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from simulator.errors import quoted
from simulator.rules.alarms import State

# Sources: CloudWatch API, PutCompositeAlarm. The depth is a bound of ours.
LONGEST_RULE = 10_240
MOST_CHILDREN = 100
MOST_ELEMENTS = 500
DEEPEST = 50

_STATES: dict[str, State] = {"ALARM": "ALARM", "OK": "OK", "INSUFFICIENT_DATA": "INSUFFICIENT_DATA"}
_TOKEN = re.compile(r'\s*(?:(?P<quoted>"(?:[^"\\]|\\.)*")|(?P<mark>[(),])|(?P<word>[^\s(),"]+))')
_EXAMPLE = 'ALARM("errors") AND NOT ALARM("deploying")'


@dataclass(frozen=True, slots=True)
class InState:
    """TRUE when the alarm of this name is in this state."""

    name: str
    state: State


@dataclass(frozen=True, slots=True)
class Constant:
    """TRUE or FALSE."""

    value: bool


@dataclass(frozen=True, slots=True)
class Junction:
    """AND, OR, or NOT of other conditions."""

    operator: Literal["AND", "OR", "NOT"]
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AtLeast:
    """AT_LEAST: so many of these alarms, or so many percent of them, are (or are not) in a state."""

    number: int
    percent: bool
    state: State
    negated: bool
    names: tuple[str, ...]


Condition = InState | Constant | Junction | AtLeast


@dataclass(frozen=True, slots=True)
class Rule:
    """A parsed alarm rule.

    Parameters
    ----------
    text : str
        As written.
    names : tuple of str
        Alarms it refers to, each once, in order of appearance.
    condition : Condition
        What it asks.
    """

    text: str
    names: tuple[str, ...]
    condition: Condition = field(repr=False)

    def state(self, states: Mapping[str, State]) -> Literal["ALARM", "OK"]:
        """Return the state of the composite given those of the alarms it names.

        A composite is in INSUFFICIENT_DATA only just after creation (PutCompositeAlarm), so never here.

        Raises
        ------
        ValueError
            When a state is not given.
        """
        absent = [name for name in self.names if name not in states]
        if absent:
            known = ", ".join(map(quoted, absent))
            raise ValueError(
                f"the rule {quoted(self.text)} watches {known}, of which no state is given; define the alarm"
            )
        return "ALARM" if _holds(self.condition, states) else "OK"


def _holds(condition: Condition, states: Mapping[str, State]) -> bool:
    match condition:
        case InState(name, state):
            return states[name] == state
        case Constant(value):
            return value
        case Junction("AND", conditions):
            return all(_holds(part, states) for part in conditions)
        case Junction("OR", conditions):
            return any(_holds(part, states) for part in conditions)
        case Junction(_, conditions):
            return not _holds(conditions[0], states)
        case AtLeast(number, percent, state, negated, names):
            count = sum((states[name] == state) is not negated for name in names)
            return count * 100 >= number * len(names) if percent else count >= number


def parse(text: str) -> Rule:
    r"""Read an alarm rule.

    Understood are ``ALARM()``, ``OK()`` and ``INSUFFICIENT_DATA()`` of a name or ARN, quoted or bare;
    ``TRUE`` and ``FALSE``; ``NOT``, ``AND``, ``OR``, binding in this order; parentheses; and
    ``AT_LEAST(2, ALARM, (a, b, c))`` or ``AT_LEAST(50%, NOT OK, (a, b, c))``. An ARN stands for the name at
    its end, because all alarms of a rule are in one account.

    Raises
    ------
    ValueError
        When the rule cannot be read, or is longer or deeper than is sensible; says what to write.

    Examples
    --------
    >>> rule = parse("ALARM(CPUUtilizationTooHigh) AND NOT ALARM(DeploymentInProgress)")
    >>> rule.names
    ('CPUUtilizationTooHigh', 'DeploymentInProgress')
    >>> rule.state({"CPUUtilizationTooHigh": "ALARM", "DeploymentInProgress": "OK"})
    'ALARM'
    """
    if len(text) > LONGEST_RULE:
        raise ValueError(f"an alarm rule has at most {LONGEST_RULE} characters, this one {len(text)}; shorten it")
    parser = _Parser(text)
    condition = parser.disjunction(depth=0)
    if parser.next is not None:
        raise parser.complaint("end of the rule, AND or OR")
    names = tuple(dict.fromkeys(parser.names))
    if len(names) > MOST_CHILDREN:
        raise ValueError(f"a composite alarm watches at most {MOST_CHILDREN} alarms, this one {len(names)}; split it")
    if parser.elements > MOST_ELEMENTS:
        raise ValueError(f"an alarm rule has at most {MOST_ELEMENTS} elements, this one {parser.elements}; split it")
    return Rule(text, names, condition)


class _Parser:
    """Recursive descent over the tokens of one rule."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = self._tokens(text)
        self.position = 0
        self.names: list[str] = []
        self.elements = 0

    def _tokens(self, text: str) -> list[tuple[str, str]]:
        tokens: list[tuple[str, str]] = []
        position, end = 0, len(text.rstrip())
        while position < end:
            match = _TOKEN.match(text, position)
            if match is None:
                raise ValueError(f"a quotation mark is not closed in the alarm rule {quoted(text)}; write {_EXAMPLE}")
            kind = match.lastgroup or "word"
            tokens.append((kind, match[kind]))
            position = match.end()
        return tokens

    @property
    def next(self) -> tuple[str, str] | None:
        return self.tokens[self.position] if self.position < len(self.tokens) else None

    def keyword(self) -> str:
        """Read the next token as a keyword or mark; empty at the end and for a quoted name."""
        token = self.next
        return "" if token is None or token[0] == "quoted" else token[1].upper()

    def complaint(self, expected: str) -> ValueError:
        found = "the end" if self.next is None else quoted(self.next[1])
        return ValueError(
            f"expected {expected}, found {found}, in the alarm rule {quoted(self.text)}; write {_EXAMPLE}"
        )

    def accept(self, word: str) -> bool:
        found = self.keyword() == word
        self.position += found
        return found

    def expect(self, mark: str) -> None:
        if not self.accept(mark):
            raise self.complaint(quoted(mark))

    def disjunction(self, depth: int) -> Condition:
        if depth > DEEPEST:
            raise ValueError(f"the alarm rule {quoted(self.text)} nests deeper than {DEEPEST} levels; flatten it")
        parts = [self.conjunction(depth)]
        while self.accept("OR"):
            parts.append(self.conjunction(depth))
        return parts[0] if len(parts) == 1 else Junction("OR", tuple(parts))

    def conjunction(self, depth: int) -> Condition:
        parts = [self.negation(depth)]
        while self.accept("AND"):
            parts.append(self.negation(depth))
        return parts[0] if len(parts) == 1 else Junction("AND", tuple(parts))

    def negation(self, depth: int) -> Condition:
        negated = False
        while self.accept("NOT"):
            negated = not negated
        condition = self.primary(depth)
        return Junction("NOT", (condition,)) if negated else condition

    def primary(self, depth: int) -> Condition:
        word = self.keyword()
        if word == "(":
            self.position += 1
            self.elements += 1
            condition = self.disjunction(depth + 1)
            self.expect(")")
            return condition
        if word in ("TRUE", "FALSE"):
            self.position += 1
            self.elements += 1
            return Constant(word == "TRUE")
        if word == "AT_LEAST":
            self.position += 1
            return self.at_least()
        if word in _STATES:
            self.position += 1
            self.expect("(")
            name = self.name()
            self.expect(")")
            return InState(name, _STATES[word])
        raise self.complaint("ALARM(...), OK(...), INSUFFICIENT_DATA(...), AT_LEAST(...), TRUE, FALSE, NOT or (")

    def at_least(self) -> Condition:
        self.expect("(")
        number = re.fullmatch(r"(\d{1,3})(%?)", self.keyword())
        if number is None:
            raise self.complaint("a number such as 2, or a percentage such as 50%,")
        self.position += 1
        self.expect(",")
        negated = self.accept("NOT")
        state = _STATES.get(self.keyword())
        if state is None:
            raise self.complaint("ALARM, OK or INSUFFICIENT_DATA")
        self.position += 1
        self.expect(",")
        self.expect("(")
        self.elements += 1
        names = [self.name()]
        while self.accept(","):
            names.append(self.name())
        self.expect(")")
        self.expect(")")
        return AtLeast(int(number[1]), number[2] == "%", state, negated, tuple(names))

    def name(self) -> str:
        token = self.next
        if token is None or token[0] == "mark":
            raise self.complaint("the name of an alarm")
        self.position += 1
        self.elements += 1
        name = re.sub(r"\\(.)", r"\1", token[1][1:-1]) if token[0] == "quoted" else token[1]
        if name.startswith("arn:") and ":alarm:" in name:
            name = name.split(":alarm:", 1)[1]
        self.names.append(name)
        return name
