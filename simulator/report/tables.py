"""Tables of numbers: each row is built once here and used by the page, its twin and whatever comes later."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from simulator.analysis.criterion import PROBABILITIES
from simulator.analysis.sample import Given
from simulator.estimate import Estimate, Probability
from simulator.metrics.table import METRICS, PARTS
from simulator.report.dominance import Dominated
from simulator.report.numbers import GIVEN_WORDS, GIVENS, STATISTIC_WORDS, Numbers
from simulator.report.page import Cell, Column, Table, chance_cell, quantity_cell
from simulator.report.words import Scale, in_tables, share_text
from simulator.trace.leftovers import split_word

STRATEGY = Column("strategy", "Strategy", kind="name")
HEADS = {"mean": "mean", "p50": "median", "p95": "95th", "p99": "99th", "cvar95": "worst 5 %"}
# What the comparison of strategies shows: metric, statistic, and over which runs.
_COMPARED: tuple[tuple[str, str, Given], ...] = (
    ("downtime_s", "mean", "overall"),
    ("downtime_s", "mean", "bad"),
    ("failed_requests", "mean", "overall"),
    ("failed_requests", "mean", "bad"),
    ("duration_s", "p95", "overall"),
    ("rollback_s", "p95", "bad"),
    ("cost_usd", "mean", "overall"),
)
_CHANCES: tuple[tuple[str, Given, str], ...] = (
    ("p_success", "overall", "succeeds"),
    ("p_auto_rollback", "overall", "rolls back by itself"),
    ("p_rollback", "overall", "rolls back, by itself or by a person"),
    ("p_false_rollback", "good", "a good release is rolled back"),
    ("p_missed", "bad", "a bad release is missed: Succeeded, no automatic trigger"),
    ("p_detected_before_full", "bad", "a bad release is detected before it has all traffic"),
)
# Metrics in full on the page; the twin and summary.csv have all of them.
DETAILED = (
    "downtime_s",
    "outage_s",
    "failed_requests",
    "budget_share",
    "duration_s",
    "detect_s",
    "rollback_s",
    "cost_usd",
    "incident_usd",
)
# The statistic that paper leaves out of the metrics in full; the twin and summary.csv have it.
_SCREEN = "p99"
_ENDS = ("rollback_failed", "rolled_back", "bad_in_production", "succeeded", "failed", "stuck")


def name_cell(name: str) -> Cell:
    """Cell of a strategy's name."""
    return Cell(name, name=True)


def precision(numbers: Numbers) -> str:
    """What every interval of the report is, in one sentence."""
    good, bad = numbers.runs("good"), numbers.runs("bad")
    kinds = f", {bad:,} of them with a bad release" if good and bad else ""
    return f"In brackets: 95 % intervals from {numbers.runs():,} runs of each strategy{kinds}."


def compared(numbers: Numbers, order: Sequence[str], beaten: Mapping[str, Dominated]) -> Table:
    """Strategies side by side on what a board asks first, overall beside if bad; dominated ones say by which."""
    shown = [(m, s, g) for m, s, g in _COMPARED if numbers.has(m, g) and numbers.runs(g)]
    columns, cells = (
        [STRATEGY],
        {name: {"strategy": Cell(name, str(beaten.get(name, "")), name=True)} for name in order},
    )
    for metric in dict.fromkeys(metric for metric, _, _ in shown):
        asked = [(statistic, given) for one, statistic, given in shown if one == metric]
        found = {(n, s, g): numbers.estimate(n, metric, s, g) for n in order for s, g in asked}
        scale = scale_for(metric, found.values())
        for statistic, given in asked:
            key, condition = f"{metric}.{statistic}.{given}", " if bad" if given == "bad" else ""
            columns.append(Column(key, f"{HEADS[statistic]}{condition}", scale.unit, label_of(metric)))
            for name in order:
                cells[name][key] = quantity_cell(found[name, statistic, given], scale)
    note = " Dominated: shown to be worse in something, and better in nothing by as much as matters." if beaten else ""
    return Table(
        "strategies",
        "Strategies compared",
        f"Overall, and if the release is bad. {precision(numbers)} Best of the decision's metric first.{note}",
        tuple(columns),
        tuple(cells.values()),
    )


def detailed(numbers: Numbers, metric: str, order: Sequence[str]) -> Table | None:
    """One metric in full, overall beside if bad; None where it never applied."""
    givens = [given for given in GIVENS if numbers.has(metric, given) and numbers.runs(given)]
    found = {
        (name, s, given): numbers.estimate(name, metric, s, given)
        for name in order
        for given in givens
        for s in STATISTIC_WORDS
    }
    if not found:
        return None
    about = numbers.about(metric)
    scale = in_tables(about.unit, _sizes(found.values()))
    columns, rows = [STRATEGY], {name: {"strategy": name_cell(name)} for name in order}
    for given in givens:
        for s in STATISTIC_WORDS:
            if any(found[name, s, given] for name in order):
                columns.append(Column(f"{s}.{given}", HEADS[s], scale.unit, GIVEN_WORDS[given]))
                for name in order:
                    cell = quantity_cell(found[name, s, given], scale)
                    rows[name][f"{s}.{given}"] = _of_those(cell, numbers, name, metric, given) if s == "mean" else cell
        for key, head, shares in _shares_of(numbers, metric, order) if given == "overall" else ():
            columns.append(Column(key, head, "", GIVEN_WORDS[given], kind="text"))
            for name in order:
                rows[name][key] = chance_cell(shares[name])
    return Table(
        f"metric-{metric}",
        with_unit(about.label, scale),
        f"{about.definition[:1].upper()}{about.definition[1:]}. {precision(numbers)}",
        tuple(columns),
        tuple(rows.values()),
        unit=scale.unit,
    )


def _of_those(cell: Cell, numbers: Numbers, name: str, metric: str, given: Given) -> Cell:
    """Say beside a mean over the runs that ended in how many it did not."""
    endless = numbers.endless(name, metric, given)
    if not endless.value > 0:
        return cell
    said = f"{share_text(endless.value)} did not end"
    return replace(cell, detail=f"{cell.detail}; {said}" if cell.detail else said)


def _shares_of(
    numbers: Numbers, metric: str, order: Sequence[str]
) -> Iterator[tuple[str, str, Mapping[str, Probability]]]:
    """Shares of runs worth a column: in which it applies, is exactly 0, or is above the decision's tolerance."""
    applies = {name: numbers.applies(name, metric) for name in order}
    if any(share.value < 1 for share in applies.values()):
        yield "applies", "applies in", applies
    endless = {name: numbers.endless(name, metric, "overall") for name in order}
    if any(share.value > 0 for share in endless.values()):
        yield "endless", "did not end by the horizon, and is left out of the mean, in", endless
    zero = {name: numbers.zero(name, metric) for name in order}
    if any(share.value > 0 for share in zero.values()):
        yield "zero", "exactly 0 in", zero
    decision = numbers.comparison.scenario.decision
    if decision.tolerance is not None and decision.metric == metric:
        limit = decision.tolerance
        yield "beyond", "above the tolerance", {n: numbers.exceeds(n, metric, limit, "overall") for n in order}


def all_zero(table: Table) -> bool:
    """Whether every statistic of a table is exactly 0."""
    return not any(cell.numbers.get("value") for cell in statistics(table))


def statistics(table: Table) -> list[Cell]:
    """Cells of a table of one metric that hold a statistic of it, rather than a share of the runs."""
    return [cell for row in table.rows for key, cell in row.items() if "." in key]


def stacked(found: Sequence[Table], leave_out: str) -> list[Table]:
    """Give tables of metrics the same columns, so that they can stand under one heading.

    Parameters
    ----------
    found : sequence of Table
        From `detailed`.
    leave_out : str
        What all captions end with; it is said once, above.
    """
    columns = {column.key: column for table in found for column in table.columns if column.kind != "text"}
    groups = list(dict.fromkeys(column.group for column in columns.values()))
    kinds = [*(kind for kind in STATISTIC_WORDS if kind != _SCREEN), _SCREEN]
    order = sorted(
        columns.values(),
        key=lambda column: (groups.index(column.group), [*kinds, column.key].index(column.key.partition(".")[0])),
    )
    same = tuple(replace(column, unit="", screen=column.key.startswith(f"{_SCREEN}.")) for column in order)
    blank, said, below = {column.key: Cell("–") for column in same}, set[str](), []
    for table in found:
        # The same runs are free of harm by each measure of it; once is enough.
        shares = [words for words in _shares(table) if words not in said]
        said |= set(shares)
        caption = " ".join([table.caption.removesuffix(leave_out).strip(), *shares])
        rows = tuple({**blank, **row} for row in table.rows)
        below.append(replace(table, columns=same, caption=caption, rows=rows))
    return below


def _shares(table: Table) -> list[str]:
    """Say in words what the columns of shares hold, strategy by strategy."""
    told = []
    for column in table.columns:
        if column.kind == "text":
            shares = ((row["strategy"].text, row[column.key]) for row in table.rows if column.key in row)
            words = (f"{name} {cell.text} {cell.detail}".strip() for name, cell in shares)
            told.append(f"{column.head[:1].upper()}{column.head[1:]}: {'; '.join(words)}.")
    return told


def chances(numbers: Numbers, order: Sequence[str]) -> Table:
    """How likely each end is; the texts are those of the analysis."""
    tables = {given: numbers.comparison.probabilities(given) for given in ("overall", "good", "bad")}
    rows = []
    for name, given, label in _chances(numbers, order):
        row = {"event": Cell(label, "" if given == "overall" else GIVEN_WORDS[given])}
        table = tables["overall"]
        found = table[table["probability"] == name].set_index("strategy")
        for place, strategy in enumerate(order):
            estimate = numbers.estimate(strategy, name, "mean", "overall")
            cell = chance_cell(estimate)
            if estimate is not None and str(found.loc[strategy, "text"]) != f"{cell.text} {cell.detail}".strip():
                raise AssertionError(f"{name} of {strategy} reads differently in the analysis")
            row[f"s{place}"] = cell
        rows.append(row)
    return Table(
        "chances",
        "Outcomes and their probabilities",
        f"{precision(numbers)} Where no run, or every run, had the event, the bound that so many runs "
        "support stands there.",
        (
            Column("event", "The deployment …", kind="text"),
            *(Column(f"s{place}", name, kind="name") for place, name in enumerate(order)),
        ),
        tuple(rows),
    )


def _chances(numbers: Numbers, order: Sequence[str]) -> list[tuple[str, Given, str]]:
    """Probabilities to show: the derived ones, and every end that some run had."""
    shown = [row for row in _CHANCES if row[1] == "overall" or numbers.runs(row[1])]
    for end in _ENDS:
        if end == "succeeded":
            continue
        estimates = [numbers.estimate(name, f"p_{end}", "mean", "overall") for name in order]
        if any(estimate is not None and estimate.value > 0 for estimate in estimates):
            shown.append((f"p_{end}", "overall", f"ends as: {end.replace('_', ' ')}"))
    estimates = [numbers.estimate(name, "p_left_split", "mean", "overall") for name in order]
    if any(estimate is not None and estimate.value > 0 for estimate in estimates):
        shown.append(("p_left_split", "overall", f"leaves both revisions in production: {_split_words(numbers)}"))
    return [row for row in shown if row[0] in PROBABILITIES]


def _split_words(numbers: Numbers) -> str:
    service = numbers.comparison.scenario.service
    return f"a {split_word(service.platform, several_regions=len(service.regions) > 1)}"


def scale_for(metric: str, estimates: Iterable[Estimate | None]) -> Scale:
    """Unit that suits these estimates of a metric."""
    return in_tables((METRICS.get(metric) or PARTS[metric]).unit, _sizes(estimates))


def _sizes(estimates: Iterable[Estimate | None]) -> list[float]:
    return [end for e in estimates if e is not None for end in (e.value, e.high) if math.isfinite(end)]


def label_of(metric: str) -> str:
    """Name of a metric without what stands behind its comma."""
    return METRICS[metric].label.partition(",")[0]


def with_unit(text: str, scale: Scale) -> str:
    """Add the unit in brackets; a count of requests needs none where its name says so."""
    return text if scale.unit in {"requests", ""} else f"{text} ({scale.unit})"
