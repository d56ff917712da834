"""The text of a gate into its expression, by recursive descent; every refusal points at its column."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import Literal, NamedTuple, NoReturn, cast

from simulator import units
from simulator.analysis.condition import Condition, Expression, Junction, Negation
from simulator.analysis.criterion import PROBABILITIES, Criterion
from simulator.analysis.sample import Given
from simulator.errors import GateError, quoted
from simulator.metrics.table import METRICS, PARTS, Metric

LONGEST, DEEPEST = 2000, 50
_TOKEN = re.compile(
    r"""\s*(?:
      (?P<word>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<operator>[<>]=?)
    | (?P<mark>[()|])
    )""",
    re.VERBOSE,
)
_LIMIT = re.compile(
    r"\s*(?P<number>[+-]?\$?\s*(?:\d[\d_,]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(?P<unit>%|\$|[A-Za-zµ]+(?:\s+requests?)?)?"
)
_STATISTIC = re.compile(r"(?:mean|median|p\d\d|cvar\d\d)\Z")
_KEYWORDS = ("and", "or", "not")
_STATISTICS = "mean, median, a quantile such as p95, or cvar95"
_MANY = {"k": 1e3, "m": 1e6, "thousand": 1e3, "million": 1e6, "requests": 1.0, "request": 1.0}
_DIMENSIONS: dict[str, units.Dimension] = {"s": "duration", "fraction": "share", "USD": "money"}


class _Token(NamedTuple):
    kind: str  # word, operator, mark, end, other
    text: str
    column: int


class Parser:
    """Reads one gate.

    Parameters
    ----------
    text : str
        Of the gate.
    own : mapping of str to Metric
        Metrics besides those of the table.
    """

    def __init__(self, text: str, own: Mapping[str, Metric] | None = None) -> None:
        self.text, self.own = text, own or {}
        self.at = 0
        self.depth = 0
        if len(text) > LONGEST:
            self.refuse(f"longer than {LONGEST} characters; write several gates", LONGEST)

    def gate(self) -> Expression:
        """Read the whole text."""
        found = self._joined("or")
        token = self._peek()
        if token.kind != "end":
            said = "a closing parenthesis without an opening one; take it out" if token.text == ")" else None
            self._unexpected(token, said or "write and, or, or nothing after a whole condition")
        return found

    # ------------------------------------------------------------------------------------------ expressions

    def _joined(self, word: Literal["and", "or"]) -> Expression:
        read = self._factor if word == "and" else lambda: self._joined("and")
        parts = [read()]
        while self._peek().text.lower() == word:
            self._next()
            parts.append(read())
        return parts[0] if len(parts) == 1 else Junction(word, tuple(parts))

    def _factor(self) -> Expression:
        token = self._peek()
        if token.text.lower() != "not" and token.text != "(":
            return self._condition()
        self._next()
        self.depth += 1
        if self.depth > DEEPEST:
            self.refuse(f"nested more than {DEEPEST} deep; write it flatter", token.column)
        if token.text == "(":
            inner = self._joined("or")
            self._closing(token)
        else:
            inner = Negation(self._factor())
        self.depth -= 1
        return inner

    def _condition(self) -> Condition:
        criterion = self._subject()
        token = self._next()
        if token.kind != "operator":
            self._unexpected(token, f"write > or < (>=, <=) and a limit, as in {_example(criterion)}")
        limit = self._limit(criterion)
        return Condition(criterion, cast(Literal[">", ">=", "<", "<="], token.text), limit)

    # ------------------------------------------------------------------------------------------ the subject

    def _subject(self) -> Criterion:
        token = self._next()
        if token.kind != "word" or token.text.lower() in _KEYWORDS:
            self._unexpected(token, "write a condition, as in p95(downtime_s) > 60 s or p_missed > 5 %")
        if token.text in PROBABILITIES:
            return Criterion(token.text, given=self._given())
        if _STATISTIC.match(token.text) and self._peek().text == "(":
            return self._of_metric(token)
        return self._no_subject(token)

    def _of_metric(self, statistic: _Token) -> Criterion:
        opening = self._next()
        metric = self._next()
        if metric.kind != "word":
            self._unexpected(metric, "write the name of a metric, as in p95(downtime_s)")
        if metric.text in PROBABILITIES:
            self.refuse(f"{metric.text} is a number already; write {metric.text} > 5 %", metric.column)
        known = (*METRICS, *PARTS, *self.own)
        if metric.text not in known:
            self.refuse(f"no metric is called {quoted(metric.text)}; {_nearest(metric.text, known)}", metric.column)
        given = self._given()
        self._closing(opening)
        name = "p50" if statistic.text == "median" else statistic.text
        if name in ("p00", "cvar00"):
            self.refuse("a level is from 01 to 99; write for example p95", statistic.column)
        return Criterion(metric.text, name, given, self.own.get(metric.text))

    def _given(self) -> Given:
        if self._peek().text != "|":
            return "overall"
        self._next()
        token = self._next()
        if token.text.lower() not in ("bad", "good"):
            self._unexpected(token, "write bad or good after |, as in mean(failed_requests | bad)")
        return "bad" if token.text.lower() == "bad" else "good"

    def _closing(self, opening: _Token) -> None:
        token = self._next()
        if token.text != ")":
            self._unexpected(token, f"the parenthesis of column {opening.column} is still open; close it with )")

    def _no_subject(self, token: _Token) -> NoReturn:
        word = token.text
        if word in METRICS or word in PARTS or word in self.own:
            self.refuse(f"{word} has one value in each run; write a statistic of it, as in mean({word})", token.column)
        if _STATISTIC.match(word):
            self.refuse(f"{word} of what? write {word}(downtime_s)", token.column)
        if self._peek().text == "(":
            self.refuse(f"no statistic is called {quoted(word)}; write {_STATISTICS}", token.column)
        known = (*PROBABILITIES, *METRICS)
        near = difflib.get_close_matches(word, known, n=1)
        hint = "write a statistic of a metric, as in p95(downtime_s), or a probability such as p_missed"
        if near:
            hint = f"did you mean {near[0] if near[0] in PROBABILITIES else f'mean({near[0]})'}?"
        self.refuse(f"{quoted(word)} is no number of a comparison; {hint}", token.column)

    # ------------------------------------------------------------------------------------------ the limit

    def _limit(self, criterion: Criterion) -> float:
        match = _LIMIT.match(self.text, self.at)
        if match is None:
            self._unexpected(self._peek(), f"write a limit, as in {_example(criterion)}")
        column = match.start("number") + 1
        digits, unit = match["number"].replace(" ", ""), match["unit"] or ""
        if unit.lower() in _KEYWORDS:
            self.at, unit = match.end("number"), ""
        else:
            self.at = match.end()
        if "," in digits:
            self.refuse(f"a comma in a number; write {digits.replace(',', '')}", column)
        if digits.lstrip("+-").startswith("$"):
            digits, unit = digits.replace("$", ""), "USD"
        return self._in_unit(criterion, digits, unit, column)

    def _in_unit(self, criterion: Criterion, digits: str, unit: str, column: int) -> float:
        kind = "fraction" if criterion.chance else criterion.unit
        bounded = criterion.chance is not None or criterion.metric == "peak_exposure"
        if kind in _DIMENSIONS and unit:
            try:
                limit = units.parse(f"{digits} {unit}", _DIMENSIONS[kind])
            except ValueError as error:
                self.refuse(str(error), column)
            if bounded and not 0 <= limit <= 1:
                self.refuse("a share lies from 0 % to 100 %; write for example 5 %", column)
            return limit
        number = float(digits.replace("_", ""))
        if bounded and not 0 <= number <= 1:
            self.refuse(f"a share without a unit lies from 0 to 1; write {digits} %", column)
        words = [word.lower() for word in unit.split()]
        if any(word not in _MANY for word in words):
            self.refuse(f"unit {quoted(unit)} does not fit {criterion.metric}; write {_example(criterion)}", column)
        for word in words:
            number *= _MANY[word]
        return number

    # ------------------------------------------------------------------------------------------ tokens

    def _peek(self) -> _Token:
        before = self.at
        token = self._next()
        self.at = before
        return token

    def _next(self) -> _Token:
        match = _TOKEN.match(self.text, self.at)
        if match is None:
            rest = self.text[self.at :]
            column = self.at + len(rest) - len(rest.lstrip()) + 1
            first = rest.lstrip()[:1]
            return _Token("other" if first else "end", first, column)
        self.at = match.end()
        kind = match.lastgroup or "other"
        return _Token(kind, match[kind], match.start(kind) + 1)

    def _unexpected(self, token: _Token, remedy: str) -> NoReturn:
        if token.kind == "end":
            self.refuse(f"it ends here; {remedy}", token.column)
        hint = "write >, >=, < or <=" if token.text in ("=", "!") else remedy
        hint = {"&": "write and", "∧": "write and", "∨": "write or"}.get(token.text, hint)
        self.refuse(f"{quoted(token.text)} is not expected here; {hint}", token.column)

    def refuse(self, message: str, column: int) -> NoReturn:
        """Give up, pointing at a column.

        Raises
        ------
        GateError
            Always.
        """
        raise GateError(message, self.text, column)


def _nearest(word: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(word, known, n=3, cutoff=0.5)
    return f"did you mean {' or '.join(near)}?" if near else f"write one of {', '.join(known[: len(METRICS)])}"


def _example(criterion: Criterion) -> str:
    if criterion.chance:
        return f"{criterion.metric} > 5 %"
    unit = criterion.unit
    limit = {"s": "60 s", "fraction": "5 %", "USD": "20 USD", "requests": "10k"}.get(unit, "10")
    return f"{criterion.statistic}({criterion.metric}) > {limit}"
