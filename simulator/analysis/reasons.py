"""A difference and what it is made of, in one sentence an engineer would say to another.

The one thing a newcomer would get wrong: the sentence claims nothing that the table beside it does not show. What
stands in brackets is what was seen besides: for how long capacity was short, how many requests met the defect, how
long the way back took.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from simulator.analysis.criterion import Criterion
from simulator.analysis.words import amount, listed, quantity
from simulator.estimate import Estimate, percent

if TYPE_CHECKING:
    from simulator.analysis.compared import Compared
    from simulator.analysis.sample import Given

_MOST_NAMED = 3
_WORTH_NAMING = 0.02  # share of what all lines come to, whichever way they point
_SAME = 0.05  # relative: two numbers this close are no explanation


class Line(NamedTuple):
    """A part as a difference with its interval."""

    cause: str
    difference: Estimate


def sentence(
    comparison: Compared,
    one: str,
    other: str,
    criterion: Criterion,
    difference: Estimate,
    lines: Sequence[Line],
    kinds: Sequence[Line],
) -> str:
    """Say what the difference is and where it comes from."""
    condition = "" if criterion.given == "overall" else f"If the release is {criterion.given}, "
    name = criterion.definition.label.partition(",")[0].lower() if criterion.chance is None else criterion.chance.label
    name = criterion.metric if criterion.own else name
    if not lines or not math.isfinite(difference.value):
        return _begun(condition, f"no run of {one} or {other} has a {name} to compare.")
    if all(line.difference.value == 0 for line in lines):
        return f"{condition}{one} and {other} do not differ in {name}."
    if difference.low <= 0 <= difference.high:
        text = _undecided(one, other, name, criterion, difference, lines)
    else:
        parts = _parts(comparison, one, other, criterion, difference, lines)
        text = f"{_headline(one, other, name, criterion, difference)}: {parts}."
    return _begun(condition, text) + _falls_on(difference, kinds)


def _begun(condition: str, text: str) -> str:
    """A sentence begins with a capital, unless with the name of a strategy."""
    if not condition and text.startswith(("no ", "the mean ")):
        return text[0].upper() + text[1:]
    return condition + text


def _size(difference: Estimate, unit: str) -> str:
    """A difference with its interval; of shares in percentage points."""
    if unit in {"fraction", "probability"}:
        return quantity(difference.scaled(100.0), "percentage points")
    return quantity(difference, unit).replace("  ", " ")


def _headline(one: str, other: str, name: str, criterion: Criterion, difference: Estimate) -> str:
    more = difference.value > 0
    size = _size(difference if more else _turned(difference), criterion.unit)
    if criterion.metric == "downtime_s":
        return f"{one} costs {size} {'more' if more else 'less'} downtime per deployment than {other}"
    if criterion.metric == "failed_requests":
        size = size.replace(" requests", "", 1)
        return f"{one} fails {size} {'more' if more else 'fewer'} requests per deployment than {other}"
    return f"the mean {name} of {one} is {size} {'more' if more else 'less'} than that of {other}"


def _turned(difference: Estimate) -> Estimate:
    """The same difference taken the other way round."""
    return Estimate(-difference.value, -difference.high, -difference.low, difference.level, difference.replications)


def _undecided(
    one: str, other: str, name: str, criterion: Criterion, difference: Estimate, lines: Sequence[Line]
) -> str:
    size = _size(difference, criterion.unit)
    text = f"no difference in {name} is found between {one} and {other}: {size}"
    clear = [line for line in lines if line.difference.low > 0 or line.difference.high < 0]
    if not clear:
        return f"{text}, and none in what it is made of."
    told = [f"{line.cause} {_signed(line.difference, criterion.unit)}" for line in clear[:_MOST_NAMED]]
    return f"{text}; of what it is made of, {listed(told)}."


def _parts(
    comparison: Compared, one: str, other: str, criterion: Criterion, difference: Estimate, lines: Sequence[Line]
) -> str:
    """Largest lines first; those that point the other way after them."""
    whole = sum(abs(line.difference.value) for line in lines)
    named = [line for line in lines if abs(line.difference.value) >= _WORTH_NAMING * whole][:_MOST_NAMED]
    along = [line for line in named if line.difference.value * difference.value > 0]
    against = [line for line in named if line.difference.value * difference.value < 0]
    texts = []
    for line in along:
        size = _amount(line.difference, criterion.unit)
        seen = _seen(comparison, one, other, criterion, line)
        texts.append(f"{size} {_through(line.cause)}{f' ({seen})' if seen else ''}")
    text = listed(texts)
    if against:
        sizes = [f"{line.cause} by {_amount(line.difference, criterion.unit)}" for line in against]
        text += f"; {'lowered' if difference.value > 0 else 'raised'} through {listed(sizes)}"
    return text


def _through(cause: str) -> str:
    """How a cause follows its amount.

    >>> _through("want of capacity"), _through("bad releases (both are rolled back)")
    ('through want of capacity', 'in bad releases (both are rolled back)')
    """
    return f"in {cause}" if "releases" in cause or "runs" in cause else f"through {cause}"


def _signed(difference: Estimate, unit: str) -> str:
    return f"{'+' if difference.value > 0 else '−'}{_amount(difference, unit)}"


def _amount(difference: Estimate, unit: str) -> str:
    if unit in {"fraction", "probability"}:
        return amount(100 * abs(difference.value), "percentage points", 100 * difference.precision)
    return amount(abs(difference.value), unit, difference.precision)


def _falls_on(difference: Estimate, kinds: Sequence[Line]) -> str:
    """Which kind of release makes the difference."""
    if len(kinds) != 2 or difference.low <= 0 <= difference.high:
        return ""
    good = next(line.difference.value for line in kinds if line.cause.startswith("good")) / difference.value
    if good >= 0.9:
        return " Nearly all of it falls on good releases." if good < 1.1 else ""
    if good <= 0.1:
        return " Nearly all of it falls on bad releases." if good > -0.1 else ""
    return f" {percent(round(good, 2))} of it falls on good releases, the rest on bad ones."


# -- what was seen besides -------------------------------------------------------------------------------------


def _seen(comparison: Compared, one: str, other: str, criterion: Criterion, line: Line) -> str:
    """Numbers of both strategies that show how the cause does it; only those that point the way the line does."""
    more = line.difference.value > 0

    def find(metric: str, given: Given) -> tuple[float, float]:
        asked = Criterion(metric, given=given)
        points = [asked.point(comparison.samples[name]) for name in (one, other)]
        first, second = points
        return (first, second) if (first > second) == more else (math.nan, math.nan)

    cause = line.cause
    if cause == "want of capacity":
        return _longer(find("capacity_shortfall_s", criterion.given), "capacity is short of demand for")
    if cause == "the defect":
        told = [_times(find("exposed_requests", "bad")), _longer(find("detect_s", "bad"), "it is noticed after")]
        text = listed([each for each in told if each])
        return f"if the release is bad, {text}" if text and criterion.given == "overall" else text
    if cause == "the way back":
        often = find("p_rollback", criterion.given)
        told = [_often(often), _longer(find("rollback_s", criterion.given), "it takes")]
        return listed([each for each in told if each])
    return ""


def _longer(pair: tuple[float, float], words: str) -> str:
    if not _differ(pair):
        return ""
    first, second = (amount(value, "s") if value else "no time" for value in pair)
    return f"{words} {first}, against {second}"


def _often(pair: tuple[float, float]) -> str:
    if not _differ(pair):
        return ""
    return f"taken in {percent(pair[0], digits=2)} of deployments, against {percent(pair[1], digits=2)}"


def _times(pair: tuple[float, float]) -> str:
    """How many times as many requests meet the defect."""
    if not _differ(pair) or min(pair) <= 0:
        return ""
    ratio = pair[0] / pair[1]
    if ratio >= 1:
        return f"{ratio:.3g} times as many requests meet it"
    return f"{percent(ratio, digits=2)} as many requests meet it"


def _differ(pair: tuple[float, float]) -> bool:
    return all(map(math.isfinite, pair)) and abs(pair[0] - pair[1]) > _SAME * max(map(abs, pair))
