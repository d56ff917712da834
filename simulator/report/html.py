"""The page: one file, no network, no scripts, readable on paper, on a phone and in the dark.

The one thing a newcomer would get wrong: text is escaped by the template, always. The only markup that goes
in unescaped is our own SVG, names within a sentence once they have been escaped and isolated here, and the twin,
in which no character is left that could end the element it stands in.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from simulator.analysis.words import listed
from simulator.report.facts import Facts
from simulator.report.page import Cell, Picture, Report, Table, aligned
from simulator.report.pictures import LEAST_USD, of_looks
from simulator.report.tables import DETAILED, all_zero, precision, stacked, statistics
from simulator.report.words import NAME_LIMIT, short

TEXT_LIMIT = 12_000
# Which figures stand in which section, in order; a name that ends in a dash takes all that begin so.
_PLACES = {
    "strategies": ("pareto",),
    "outcomes": ("dots-", "exceedance", "differences"),
    "timeline": ("plan", "exposure", "run-typical-"),
    "fleet": ("capacity",),
    "alarms": ("race",),
    "why": ("causes-",),
    "back": ("traffic-", "run-bad-"),
    "reproduce": ("convergence",),
}
# On paper, what says again what something else says takes room from what only it says: the one named first gives way
# where the second is there.
_GIVES_WAY = (
    ("figure dots-", "table metrics"), ("figure causes-", "table causes-overall"),
    ("figure pareto", "table strategies"),
    ("figure run-typical-", "figure plan"),
    ("figure run-bad-", "figure traffic-bad"), ("figure run-typical-2", "figure run-typical-1"),
    ("figure run-bad-2", "figure run-bad-1"), ("figure traffic-typical", "figure traffic-bad"),
    ("figure convergence", "table metrics"), ("table milestones", "figure plan"),
    ("figure capacity", "list capacity"), ("table risk", "table risk-strategies"),
    ("table cost-typical", "table cost-bad"), ("list race", "figure race"),
    ("table metric-budget_share", "table metric-failed_requests"),
    ("table metric-incident_usd", "table metric-failed_requests"),
)  # fmt: skip


def page(report: Report, facts: Facts, reproduce: Mapping[str, Any], twin: str) -> str:
    """Write the report as one HTML file, with its twin inside."""
    names = {name: place for place, name in enumerate(facts.numbers.strategies)}
    environment = Environment(
        loader=PackageLoader("simulator.report"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters.update({"told": lambda text: told(text, list(names)), "short": short, "table": laid_out})
    shown = (*DETAILED, *facts.comparison.metrics)
    detailed = [report.tables[f"metric-{metric}"] for metric in shown if f"metric-{metric}" in report.tables]
    zero = [facts.numbers.about(metric).label.lower() for metric in shown if _zero(report, metric)]
    first = next((picture for picture in report.pictures.values() if picture.id.startswith("dots-")), None)
    return environment.get_template("report.html.j2").render(
        report=report,
        facts=facts,
        item=report.fields,
        reproduce=reproduce,
        precision=precision(facts.numbers),
        metrics=stacked([t for t in detailed if not all_zero(t) and not _tiny(t)], precision(facts.numbers)),
        zero=listed(zero),
        first_picture=first,
        figures=placed(picture for picture in report.pictures.values() if picture is not first),
        on_screen_only=on_screen_only(report, first, facts.comparison.criterion.metric),
        reasons=sentences(report.fields["S1.2a"].text),
        place=names,
        glyphs={name: look.glyph for name, look in of_looks(facts.numbers).items()},
        svg=lambda picture: Markup(picture.svg),  # noqa: S704  # our own drawing; names in it are escaped there
        command=command(facts),
        used=used_terms(report),
        twin=embedded(twin),
    )


def placed(pictures: Iterable[Picture]) -> dict[str, list[Picture]]:
    """Give each section its figures; one that no section asks for stands with the outcomes."""
    found: dict[str, list[Picture]] = {section: [] for section in _PLACES}
    for picture in pictures:
        sections = (name for name, ids in _PLACES.items() if _among(picture.id, ids))
        found[next(sections, "outcomes")].append(picture)
    for section, ids in _PLACES.items():
        found[section].sort(key=lambda picture: next((n for n, id in enumerate(ids) if _among(picture.id, (id,))), 99))
    return found


def on_screen_only(report: Report, first: Picture | None, decided_on: str = "") -> list[str]:
    """Figures, tables and lists that paper leaves out, as something else there says the same.

    What the decision is made on is never left out.
    """
    kinds: dict[str, Iterable[str]] = {"figure": report.pictures, "table": report.tables, "list": report.lists}
    there = [f"{kind} {id}" for kind, found in kinds.items() for id in found]
    there += ["table metrics"] if "table metric-downtime_s" in there else []
    kept = {f"figure {first.id}" if first is not None else "", f"table metric-{decided_on}"}
    return [
        one
        for one in there
        if one not in kept and any(_among(one, (id,)) and other in there and other != one for id, other in _GIVES_WAY)
    ]


def _among(id: str, ids: Iterable[str]) -> bool:
    return any(id.startswith(one) if one.endswith("-") else id == one for one in ids)


def embedded(twin: str) -> Markup:
    r"""Write JSON so that nothing in it can end a script element or be read as markup; it parses to the same.

    >>> embedded('{"name": "</script><!-- \u202e"}')
    Markup('{"name":"\\u003c/script\\u003e\\u003c!-- \\u202e"}')
    """
    text = json.dumps(json.loads(twin), ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704  # no markup can be made of what is left


def sentences(text: str) -> list[str]:
    """Split a paragraph between its sentences.

    >>> sentences("One is 0.9 s. Two.")
    ['One is 0.9 s.', 'Two.']
    """
    return [sentence for sentence in re.split(r"(?<=\.) ", text) if sentence]


def _tiny(table: Table) -> bool:
    """Whether a table of costs says nothing but "under a cent"."""
    values = [cell.numbers.get("value") for cell in statistics(table)]
    return table.unit == "USD" and max((abs(value) for value in values if value), default=0.0) < LEAST_USD


def _zero(report: Report, metric: str) -> bool:
    table = report.tables.get(f"metric-{metric}")
    return table is not None and all_zero(table)


def laid_out(table: Table) -> list[list[tuple[Any, Cell, str]]]:
    """Rows of (column, cell, text) with the plain numbers of a column aligned on their decimal points."""
    texts = {
        column.key: dict(zip(map(id, table.column(column.key)), aligned(table.column(column.key)), strict=True))
        for column in table.columns
        if column.kind == "number"
    }
    rows = []
    for row in [*table.rows, *([table.total] if table.total else [])]:
        cells = []
        for column in table.columns:
            cell = row.get(column.key, Cell(""))
            cells.append((column, cell, texts.get(column.key, {}).get(id(cell), cell.text)))
        rows.append(cells)
    return rows


def told(text: str, names: Sequence[str]) -> Markup:
    """Escape a sentence; strategies with odd names are shortened and isolated in it.

    >>> told("Choose <b>.", ["<b>"])
    Markup('Choose &lt;b&gt;.')
    """
    for name in sorted(names, key=len, reverse=True):
        if len(name) > NAME_LIMIT:
            text = text.replace(name, short(name))
    safe = str(escape(_typeset(short(text, TEXT_LIMIT))))
    for name in names:
        shown = str(escape(short(name)))
        if not _plain_name(name) and shown:
            safe = safe.replace(shown, f"<bdi>{shown}</bdi>")
    return Markup(safe)  # noqa: S704  # escaped two lines above; only <bdi> was added


def _typeset(text: str) -> str:
    r"""Keep a number and its unit on one line, a duration too, and give negative numbers a minus sign.

    >>> _typeset("-2.1 s at 95 %, 2 min 16 s more").replace("\u00a0", "_")
    '−2.1_s at 95_%, 2_min_16_s more'
    """
    text = re.sub(r"(?<=\d) (?=(?:%|(?:s|min|h|d|USD)\b))", "\u00a0", text)
    text = re.sub(r"(?<=\d\u00a0(?:d|h)) (?=\d+\u00a0)|(?<=\d\u00a0min) (?=\d+\u00a0s)", "\u00a0", text)
    return re.sub(r"(?<![\w.-])-(?=\d)", "−", text)


def _plain_name(name: str) -> bool:
    """Whether a name holds only characters that run from left to right."""
    return all(unicodedata.bidirectional(character) not in {"R", "AL", "AN"} for character in name)


def command(facts: Facts) -> str:
    """Return the command line that gives the same results again."""
    comparison = facts.comparison
    return f"rollsim compare scenario.yaml --seed {comparison.seed} --replications {comparison.replications}"


def used_terms(report: Report) -> list[tuple[str, str]]:
    """Words of the glossary that the report uses, and those a board expects."""
    return list(report.lists["glossary"])
