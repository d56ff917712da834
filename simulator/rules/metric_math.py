"""CloudWatch metric math, the part that alarms need: arithmetic on one slot of several metrics.

The one thing a newcomer would get wrong: a missing operand counts as 0, yet a division by zero *drops* the
point. So errors / requests is missing while there are no requests, not 0.

Understood are numbers, ids, ``+ - * / ^``, comparisons, ``AND`` and ``OR``, parentheses, ``FILL(m, value)``,
``IF(condition, then, else)``, and ``SUM``, ``AVG``, ``MIN``, ``MAX`` over a list such as ``[m1, m2]``.
Functions that look along time are refused: AWS advises against them in alarms, which fetch more slots than
they judge.

Source: CloudWatch user guide, "Using metric math" (using-metric-math). It treats a missing value as 0 where
only *one* of the series lacks a point. Where every metric of an operation is missing there is no timestamp
to put a point at, so the result is missing (derived).
"""

from __future__ import annotations

import math
import operator
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from simulator.errors import quoted

# Source of the length: CloudWatch API, MetricDataQuery. The other bounds are ours.
LONGEST_EXPRESSION = 2048
MOST_TOKENS = 400
DEEPEST = 50

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
    r"|(?P<id>[a-z][A-Za-z0-9_]*)"
    r"|(?P<word>[A-Z][A-Z0-9_]*)"
    r"|(?P<mark><=|>=|==|!=|&&|\|\||[-+*/^()<>,\[\]]))"
)
_SPELLINGS = {"&&": "AND", "||": "OR"}
# Weakest first; operators of one row bind equally and from left to right.
_LEVELS = (("OR",), ("AND",), ("<", "<=", ">", ">=", "==", "!="), ("+", "-"), ("*", "/"))
_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "^": math.pow,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "AND": lambda left, right: left != 0 and right != 0,
    "OR": lambda left, right: left != 0 or right != 0,
}
_OVER_LIST: dict[str, Callable[[list[float | None], list[float]], float]] = {
    "SUM": lambda _, present: math.fsum(present),
    "AVG": lambda every, present: math.fsum(present) / len(every),  # missing values count as 0
    "MIN": lambda _, present: min(present),
    "MAX": lambda _, present: max(present),
}
_EXAMPLE = "100 * errors / requests"


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator or function with its operands; `is_series` when a metric is among them."""

    name: str
    operands: tuple[Term, ...]
    is_series: bool


Term = float | str | Operation


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression.

    Parameters
    ----------
    text : str
        As written.
    names : tuple of str
        Ids it refers to, each once, in order of appearance.
    term : Term
        What it computes.
    """

    text: str
    names: tuple[str, ...]
    term: Term = field(repr=False)

    def evaluate(self, values: Mapping[str, float | None]) -> float | None:
        """Value of one slot given those of its metrics; None when missing.

        Raises
        ------
        ValueError
            When an id is not in `values`.
        """
        absent = [name for name in self.names if name not in values]
        if absent:
            ids = ", ".join(map(quoted, absent))
            raise ValueError(f"{quoted(self.text)} refers to {ids}; give each id a metric or an expression")
        return _value(self.term, values)


def parse(text: str) -> Expression:
    """Read an expression.

    Raises
    ------
    ValueError
        For what is not understood, or is longer or deeper than is sensible; says what to write.

    Examples
    --------
    >>> rate = parse("100 * errors / requests")
    >>> rate.names
    ('errors', 'requests')
    >>> rate.evaluate({"errors": 3, "requests": 60}), rate.evaluate({"errors": None, "requests": 60})
    (5.0, 0.0)
    >>> rate.evaluate({"errors": None, "requests": 0}) is None
    True
    """
    if len(text) > LONGEST_EXPRESSION:
        raise ValueError(f"an expression has at most {LONGEST_EXPRESSION} characters, this one {len(text)}; shorten it")
    parser = _Parser(text)
    term = parser.binary(level=0, depth=0)
    if parser.next is not None:
        raise parser.complaint("an operator or the end")
    return Expression(text, tuple(dict.fromkeys(parser.names)), term)


def _is_series(term: Term) -> bool:
    return isinstance(term, str) or (isinstance(term, Operation) and term.is_series)


def _value(term: Term, values: Mapping[str, float | None]) -> float | None:
    if isinstance(term, float):
        return term
    if isinstance(term, str):
        return values[term]
    if term.name == "IF":
        return _if(term.operands, values)
    found = [_value(operand, values) for operand in term.operands]
    if term.name == "FILL":
        return found[1] if found[0] is None else found[0]
    if term.name in _OVER_LIST:
        present = [value for value in found if value is not None]
        return _OVER_LIST[term.name](found, present) if present else None
    return _arithmetic(term, found)


def _arithmetic(term: Operation, found: list[float | None]) -> float | None:
    """Apply an operator: a missing metric is 0 beside one that is not; what is undefined is dropped."""
    seen = [(_is_series(operand), value) for operand, value in zip(term.operands, found, strict=True)]
    if any(value is None and not series for series, value in seen):
        return None
    if term.is_series and all(value is None for series, value in seen if series):
        return None
    left, *right = (0.0 if value is None else value for value in found)
    try:
        result = _ARITHMETIC[term.name](left, right[0]) if right else -left
    except (ArithmeticError, ValueError):  # a division by zero, an overflow, a root of a negative number
        return None
    return float(result) if math.isfinite(result) else None


def _if(operands: tuple[Term, ...], values: Mapping[str, float | None]) -> float | None:
    """IF, as the guide's tables have it: a missing "then" is 0, a missing condition or "else" is missing."""
    condition = _value(operands[0], values)
    if condition is None:
        return None
    if condition != 0:
        chosen = _value(operands[1], values)
        return 0.0 if chosen is None and _is_series(operands[0]) else chosen
    return _value(operands[2], values) if len(operands) == 3 else None


class _Parser:
    """Precedence climbing over the tokens of one expression."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = self._tokens(text)
        self.position = 0
        self.names: list[str] = []

    def _tokens(self, text: str) -> list[tuple[str, str]]:
        tokens: list[tuple[str, str]] = []
        position, end = 0, len(text.rstrip())
        while position < end:
            match = _TOKEN.match(text, position)
            if match is None:
                at = quoted(text[position:].lstrip())
                raise ValueError(
                    f"the expression {quoted(text)} cannot be read from {at} on; write for example {_EXAMPLE}"
                )
            kind = match.lastgroup or "mark"
            tokens.append((kind, _SPELLINGS.get(match[kind], match[kind])))
            position = match.end()
        if len(tokens) > MOST_TOKENS:
            raise ValueError(f"the expression {quoted(text)} has more than {MOST_TOKENS} parts; split it")
        return tokens

    @property
    def next(self) -> tuple[str, str] | None:
        return self.tokens[self.position] if self.position < len(self.tokens) else None

    def complaint(self, expected: str) -> ValueError:
        found = "the end" if self.next is None else quoted(self.next[1])
        return ValueError(
            f"expected {expected}, found {found}, in the expression {quoted(self.text)}; write for example {_EXAMPLE}"
        )

    def accept(self, *marks: str) -> str:
        token = self.next
        if token is None or token[1] not in marks:
            return ""
        self.position += 1
        return token[1]

    def expect(self, mark: str) -> None:
        if not self.accept(mark):
            raise self.complaint(quoted(mark))

    def binary(self, level: int, depth: int) -> Term:
        if depth > DEEPEST:
            raise ValueError(f"the expression {quoted(self.text)} nests deeper than {DEEPEST} levels; flatten it")
        if level == len(_LEVELS):
            return self.unary(depth)
        left = self.binary(level + 1, depth)
        while mark := self.accept(*_LEVELS[level]):
            left = _operation(mark, left, self.binary(level + 1, depth))
        return left

    def unary(self, depth: int) -> Term:
        if self.accept("-"):
            return _operation("negative", self.binary(len(_LEVELS), depth + 1))
        base = self.primary(depth)
        # Binds tighter than a minus in front and from right to left, as in mathematics; AWS does not say.
        return _operation("^", base, self.binary(len(_LEVELS), depth + 1)) if self.accept("^") else base

    def primary(self, depth: int) -> Term:
        token = self.next
        if token is None:
            raise self.complaint("a number, an id or (")
        kind, spelling = token
        if kind == "number":
            self.position += 1
            return min(float(spelling), sys.float_info.max)  # 1e999 is too large, not infinite
        if kind == "id":
            self.position += 1
            self.names.append(spelling)
            return spelling
        if kind == "word":
            return self.function(spelling, depth)
        self.expect("(")
        inner = self.binary(0, depth + 1)
        self.expect(")")
        return inner

    def function(self, name: str, depth: int) -> Term:
        if name not in ("FILL", "IF", *_OVER_LIST):
            raise ValueError(
                f"{name} in the expression {quoted(self.text)} is not supported; "
                "write arithmetic, comparisons, FILL, IF, or SUM, AVG, MIN, MAX of a list: SUM([m1, m2])"
            )
        self.position += 1
        self.expect("(")
        if name in _OVER_LIST and not self.accept("["):
            raise self.complaint(f"a list such as {name}([m1, m2]), as {name} of one metric looks along time,")
        operands = self.terms(depth)
        if name in _OVER_LIST:
            self.expect("]")
        self.expect(")")
        allowed = {"FILL": (2, 2), "IF": (2, 3)}.get(name, (1, MOST_TOKENS))
        if not allowed[0] <= len(operands) <= allowed[1]:
            shape = "FILL(metric, value)" if name == "FILL" else "IF(condition, then, else)"
            raise ValueError(f"{name} has {len(operands)} arguments in {quoted(self.text)}; write {shape}")
        return _operation(name, *operands)

    def terms(self, depth: int) -> list[Term]:
        found = [self.binary(0, depth + 1)]
        while self.accept(","):
            found.append(self.binary(0, depth + 1))
        return found


def _operation(name: str, *operands: Term) -> Operation:
    return Operation(name, operands, any(map(_is_series, operands)))
