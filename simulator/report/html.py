"""The page: one file, no network, no scripts, readable on paper, on a phone and in the dark.

The one thing a newcomer would get wrong: text is escaped by the template, always. The only markup that goes
in unescaped is our own SVG, and names within a sentence once they have been escaped and isolated here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from simulator.analysis.words import listed
from simulator.metrics.table import METRICS
from simulator.report.facts import Facts
from simulator.report.page import Cell, Report, Table, aligned
from simulator.report.pictures import LEAST_USD, of_looks
from simulator.report.tables import DETAILED, all_zero, precision
from simulator.report.words import NAME_LIMIT, short

TEXT_LIMIT = 12_000
# Order of the figures in the section of that name; those of page one and of the causes stand elsewhere.
_FIGURES = ("exceedance", "exposure", "differences")


def page(report: Report, facts: Facts, reproduce: Mapping[str, Any]) -> str:
    """Write the report as one HTML file."""
    names = {name: place for place, name in enumerate(facts.numbers.strategies)}
    environment = Environment(
        loader=PackageLoader("simulator.report"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters.update({"told": lambda text: told(text, list(names)), "short": short, "table": laid_out})
    glyphs = {name: look.glyph for name, look in of_looks(facts.numbers).items()}
    metric_tables = [report.tables[f"metric-{metric}"] for metric in DETAILED if f"metric-{metric}" in report.tables]
    metric_tables = [table for table in metric_tables if not _tiny(table)]
    zero = [METRICS[metric].label.lower() for metric in DETAILED if _zero(report, metric)]
    first = next((p for p in report.pictures.values() if p.id.startswith("dots-")), None)
    return environment.get_template("report.html.j2").render(
        report=report,
        facts=facts,
        item=report.fields,
        reproduce=reproduce,
        precision=precision(facts.numbers),
        metric_tables=[table for table in metric_tables if not all_zero(table)],
        zero=listed(zero),
        first_picture=first,
        dots=[p for p in report.pictures.values() if p.id.startswith("dots-") and p is not first],
        figures=[report.pictures[name] for name in _FIGURES if name in report.pictures],
        causes=[p for p in report.pictures.values() if p.id.startswith("causes-")],
        runs=[p for p in report.pictures.values() if p.id.startswith("run-")],
        place=names,
        glyphs=glyphs,
        svg=lambda picture: Markup(picture.svg),  # noqa: S704  # our own drawing; names in it are escaped there
        command=command(facts),
        used=used_terms(report),
    )


def _tiny(table: Table) -> bool:
    """Whether a table of costs says nothing but "under a cent"."""
    values = [cell.numbers.get("value") for row in table.rows for cell in row.values()]
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
    r"""Keep a number and its unit on one line, and give negative numbers a minus sign.

    >>> _typeset("-2.1 s at 95 %").replace("\u00a0", "_")
    '−2.1_s at 95_%'
    """
    text = re.sub(r"(?<=\d) (?=(?:%|(?:s|min|h|d|USD)\b))", "\u00a0", text)
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
