"""What a notebook shows of a scenario, a run and a comparison: a little HTML, readable in dark and in light.

The one thing a newcomer would get wrong: no colour is set here. A notebook has its own, and text in ours would vanish
in half of them; what is less important is set in smaller type instead. Names come from files and are escaped.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from simulator.analysis.criterion import Criterion
from simulator.estimate import Estimate, Probability, percent
from simulator.metrics.table import METRICS
from simulator.report.words import Scale, amount, in_tables, short
from simulator.trace import why as reasons
from simulator.trace.story import narrate

if TYPE_CHECKING:
    from simulator.analysis import Comparison
    from simulator.analysis.why import Why
    from simulator.experiment import Run
    from simulator.model.scenario import Scenario
from simulator.model.scenario_fields import Strategy

_SMALL = "font-size:smaller"
_LEFT, _RIGHT = "text-align:left", "text-align:right"
# What is shown of every strategy beside the decision's own number, overall and if the release is bad.
_SHOWN = (
    Criterion("failed_requests"),
    Criterion("duration_s", "p95"),
    Criterion("p_rollback"),
    Criterion("cost_usd"),
)


def scenario(world: Scenario) -> str:
    """Return the scenario as HTML: what is rolled out where, and in which ways."""
    facts = [
        ("service", _service(world)),
        ("traffic", f"{world.traffic.mean_rate:,.4g} requests/s on average"),
        ("release", _release(world)),
        ("alarms", ", ".join(_name(alarm.name) for alarm in world.alarms) or "none"),
        ("way back", ", ".join(world.rollback.events) or "no automatic rollback"),
        ("decided on", Criterion.of(world.decision).label),
    ]
    listed = _table([], [(label, escape(value)) for label, value in facts], [_LEFT, _LEFT])
    rows = [_strategy(strategy, strategy.name == world.current_strategy) for strategy in world.strategies]
    strategies = _table(["strategy", "configuration", "differs in"], rows, [_LEFT] * 3)
    teaches = f"<div>{escape(world.teaches)}</div>" if world.teaches else ""
    return f"<div><strong>{_name(world.name)}</strong></div>{teaches}{listed}{strategies}"


def run(done: Run) -> str:
    """Return a run as HTML: how it ended and why, what it came to, and the story to unfold."""
    trace, outcome = done.trace, done.outcome
    head = (
        f"<div><strong>{_name(trace.strategy)}</strong>, replication {trace.replication}, seed {trace.seed}, "
        f"{trace.stratum} release{_defect(trace.defect)}: <strong>{outcome.outcome.replace('_', ' ')}</strong></div>"
    )
    rows = []
    for name, metric in METRICS.items():
        value = getattr(outcome, name)
        if value is not None:
            rows.append((escape(metric.label), escape(amount(value, metric.unit)), f"<code>{name}</code>"))
    numbers = _table([], rows, [_LEFT, _RIGHT, _LEFT])
    story = "\n".join(escape(line) for line in narrate(trace, done.scenario))
    return (
        f"{head}<div>{escape(reasons.why(trace, outcome))}</div>{numbers}"
        f"<details><summary>What happened, moment by moment</summary><pre>{story}</pre></details>"
    )


def comparison(done: Comparison) -> str:
    """Return a comparison as HTML: what to do, every strategy's numbers, and how sure they are."""
    own = done.criterion
    asked = [Criterion(own.metric, own.statistic, given) for given in ("overall", "bad")]
    asked += [one for one in _SHOWN if one.metric != own.metric]
    columns = [found for one in asked if (found := _column(done, one)) is not None]
    rows = []
    for place, name in enumerate(done.strategies):
        rows.append([f"{_name(name)}{_mark(done, name)}", *(cells[place] for _, cells in columns)])
    stopped = "" if done.complete else "; interrupted before all were done"
    foot = (
        f"{done.replications:,} replications of each strategy, seed {done.seed}{stopped}; in brackets 95 % intervals. "
        "Go on with <code>.summary()</code>, <code>.differences()</code>, <code>.why(a, b)</code>, "
        "<code>.typical()</code>, <code>.worst()</code>, <code>.plot.strategies()</code>."
    )
    return (
        f"<div><strong>{_said(done.recommendation.sentence, done.strategies)}</strong></div>"
        f"{_table(['strategy', *(head for head, _ in columns)], rows, [_LEFT] + [_RIGHT] * len(columns))}"
        f"<div style='{_SMALL}'>{foot}</div>"
    )


def why(answer: Why) -> str:
    """Return where a difference comes from as HTML: the sentence, and the lines that add up."""
    names = (answer.one, answer.other)
    said = _said(answer.sentence, names)
    estimates = [answer.estimate, *(line.difference for line in answer.lines)]
    if not answer.lines or not math.isfinite(answer.difference):
        return f"<div>{said}</div>"
    scale = _scale(answer.criterion, estimates)
    rows = [[_said(line.cause, names), *_ends(line.difference, scale, answer.difference)] for line in answer.lines]
    rows.append(["<strong>all of it</strong>", *_ends(answer.estimate, scale, answer.difference)])
    heads = [f"{_name(answer.one)} − {_name(answer.other)}", escape(scale.unit), "95 % interval", "share"]
    return f"<div>{said}</div>{_table(heads, rows, [_LEFT, *[_RIGHT] * 3])}"


# -- pieces ----------------------------------------------------------------------------------------------------


def _service(world: Scenario) -> str:
    fleet, copies = getattr(world.service, "fleet", None), len(world.service.regions)
    where = f" in each of {copies} regions" if copies > 1 else ""
    if fleet is None:
        return f"{world.service.platform}{where}"
    kind = getattr(fleet, "instance_type", None)
    return f"{world.service.platform}, {fleet.size} targets{f', {short(kind)}' if kind else ''}{where}"


def _release(world: Scenario) -> str:
    kinds = ", ".join(dict.fromkeys(defect.kind.replace("_", " ") for defect in world.revision.defects))
    return f"bad with probability {percent(world.revision.bad)}{f': {kinds}' if kinds and world.revision.bad else ''}"


def _strategy(strategy: Strategy, current: bool) -> tuple[str, str, str]:
    name = f"{_name(strategy.name)}{' (current practice)' if current else ''}"
    configuration = strategy.configuration.name or "custom"
    return name, _name(configuration), escape(", ".join(strategy.overlay)) or "–"


def _defect(defect: str | None) -> str:
    return f" ({escape(defect)})" if defect else ""


def _column(done: Comparison, criterion: Criterion) -> tuple[str, list[str]] | None:
    """Heading with its unit, and a cell for each strategy; None where the number applies to none of them."""
    given = None if criterion.given == "overall" else criterion.given
    found = [done.estimate(name, criterion.metric, criterion.statistic, given) for name in done.strategies]
    scale = _scale(criterion, [one for one in found if one is not None])
    if not any(found):
        return None
    label = Criterion(criterion.metric, criterion.statistic).label + (f", if {given}" if given else "")
    below = "" if criterion.unit == "probability" else scale.unit
    unit = f"<br><span style='{_SMALL}'>{escape(below)}</span>" if below else ""
    return f"{escape(label)}{unit}", [_number(one, scale) for one in found]


def _scale(criterion: Criterion, estimates: Sequence[Estimate]) -> Scale:
    values = [abs(one.value) for one in estimates if math.isfinite(one.value) and one.value]
    if criterion.unit in {"fraction", "probability"}:
        return Scale(100.0, "%")
    return in_tables(criterion.unit, values)


def _number(estimate: Estimate | None, scale: Scale) -> str:
    if estimate is None:
        return "–"
    if isinstance(estimate, Probability):
        value, _, rest = str(estimate).partition(" [")
        rest = f"[{rest}" if rest else ""
    else:
        value, rest = scale.value(estimate), scale.interval(estimate)
    return f"{escape(value)}<br><span style='{_SMALL}'>{escape(rest)}</span>" if rest else escape(value)


def _ends(difference: Estimate, scale: Scale, whole: float) -> list[str]:
    share = f"{difference.value / whole:.0%}" if whole else "–"
    if difference.value == 0 and difference.low == difference.high:
        return ["0", "", share]
    return [escape(scale.value(difference)), escape(scale.interval(difference)), share]


def _mark(done: Comparison, name: str) -> str:
    marks = ["current practice"] if name == done.scenario.current_strategy else []
    answer = done.recommendation
    if answer.kind in {"choose", "either"} and name == answer.strategy:
        marks.append("recommended")
    return f"<br><span style='{_SMALL}'>{', '.join(marks)}</span>" if marks else ""


def _name(name: str) -> str:
    return escape(short(name))


def _said(text: str, names: Sequence[str]) -> str:
    """A sentence with its names made short and harmless, the longest first: one may be part of another."""
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, short(name))
    return escape(text)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], styles: Sequence[str]) -> str:
    """Cells are HTML already."""
    pairs = [list(zip(row, styles, strict=True)) for row in rows]
    head = "".join(f"<th style='{style}'>{cell}</th>" for cell, style in zip(heads, styles, strict=False))
    body = "".join(f"<tr>{''.join(f'<td style={style!r}>{cell}</td>' for cell, style in row)}</tr>" for row in pairs)
    return f"<table>{f'<thead><tr>{head}</tr></thead>' if heads else ''}<tbody>{body}</tbody></table>"
