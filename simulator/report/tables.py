"""Tables of numbers: each row is built once here and used by the page, its twin and whatever comes later."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from simulator.analysis.criterion import PROBABILITIES
from simulator.analysis.sample import Given
from simulator.estimate import Estimate, number, percent
from simulator.metrics.cost import CostLine
from simulator.metrics.table import METRICS, PARTS
from simulator.report.numbers import GIVEN_WORDS, GIVENS, STATISTIC_WORDS, Numbers
from simulator.report.page import Cell, Column, Table, chance_cell, numbers_of, quantity_cell
from simulator.report.words import Scale, amount, scale_of

STRATEGY = Column("strategy", "Strategy", kind="name")
CAUSES = ("failed_defect", "failed_capacity", "failed_dead", "failed_way_back")
STEPS = ("detect_slot_s", "detect_delivery_s", "detect_evaluation_s", "detect_poll_s", "detect_action_s")
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
DETAILED = (
    "downtime_s", "outage_s", "failed_requests", "budget_share", "exposed_requests", "duration_s", "detect_s",
    "rollback_s", "capacity_shortfall_s", "cost_usd", "incident_usd",
)  # fmt: skip
_CHANCES: tuple[tuple[str, Given, str], ...] = (
    ("p_success", "overall", "succeeds"),
    ("p_auto_rollback", "overall", "rolls back by itself"),
    ("p_rollback", "overall", "rolls back, by itself or by a person"),
    ("p_false_rollback", "good", "a good release is rolled back"),
    ("p_missed", "bad", "a bad release is missed: Succeeded, no automatic trigger"),
    ("p_detected_before_full", "bad", "a bad release is detected before it has all traffic"),
)
_HEADS = {"mean": "mean", "p50": "median", "p95": "95th", "p99": "99th", "cvar95": "worst 5 %"}
_ENDS = ("rollback_failed", "rolled_back", "bad_in_production", "succeeded", "failed", "stuck")


def name_cell(name: str) -> Cell:
    """Cell of a strategy's name."""
    return Cell(name, name=True)


def precision(numbers: Numbers) -> str:
    """What every interval of the report is, in one sentence."""
    good, bad = numbers.runs("good"), numbers.runs("bad")
    kinds = f", {good:,} with a good release and {bad:,} with a bad one" if good and bad else ""
    return f"In brackets: 95 % confidence intervals, {numbers.runs():,} runs of each strategy{kinds}."


def compared(numbers: Numbers, order: Sequence[str]) -> Table:
    """Strategies side by side on what a board asks first, overall beside if bad."""
    shown = [
        (m, s, g) for m, s, g in _COMPARED if numbers.has(m, g) and (g == "overall" or numbers.runs("bad"))
    ]
    columns, cells = [STRATEGY], {name: {"strategy": name_cell(name)} for name in order}
    for metric, statistic, given in shown:
        key = f"{metric}.{statistic}.{given}"
        estimates = {name: numbers.estimate(name, metric, statistic, given) for name in order}
        scale = _scale(metric, list(estimates.values()))
        columns.append(
            Column(key, f"{STATISTIC_WORDS[statistic]}, {GIVEN_WORDS[given]}", scale.unit, _group(metric))
        )
        for name, estimate in estimates.items():
            cells[name][key] = quantity_cell(estimate, scale)
    return Table(
        "strategies",
        "Strategies compared",
        f"{precision(numbers)} Best of the decision's metric first.",
        tuple(columns),
        tuple(cells.values()),
    )


def detailed(numbers: Numbers, metric: str, order: Sequence[str]) -> Table | None:
    """One metric in full: mean, quantiles and worst 5 %, overall beside if bad; None where it never applied."""
    givens = [given for given in GIVENS if numbers.has(metric, given) and numbers.runs(given)]
    if not givens:
        return None
    estimates = {
        (name, statistic, given): numbers.estimate(name, metric, statistic, given)
        for name in order
        for given in givens
        for statistic in STATISTIC_WORDS
    }
    statistics = [
        s for s in STATISTIC_WORDS if any(e for (_, statistic, _), e in estimates.items() if statistic == s)
    ]
    scale = _scale(metric, list(estimates.values()))
    columns = [STRATEGY]
    columns += [
        Column(f"{s}.{given}", _HEADS[s], scale.unit, GIVEN_WORDS[given])
        for given in givens
        for s in statistics
    ]
    partial = any(numbers_apply(numbers, name, metric) < 1 for name in order)
    columns += [Column("applies", "applies in", "", GIVEN_WORDS["overall"])] if partial else []
    rows = []
    for name in order:
        row = {"strategy": name_cell(name)}
        for given in givens:
            row |= {f"{s}.{given}": quantity_cell(estimates[name, s, given], scale) for s in statistics}
        if partial:
            share = numbers_apply(numbers, name, metric)
            row["applies"] = Cell("none" if share <= 0 else "all" if share >= 1 else percent(share, digits=2))
        rows.append(row)
    order_of = [STRATEGY, *(c for c in columns if c.group == GIVEN_WORDS["overall"]),
                *(c for c in columns if c.group == GIVEN_WORDS["bad"])]  # fmt: skip
    definition = METRICS[metric].definition
    return Table(
        f"metric-{metric}",
        f"{METRICS[metric].label} ({scale.unit})" if scale.unit != "requests" else METRICS[metric].label,
        f"{definition[:1].upper()}{definition[1:]}. Mean, median, 95th and 99th percentile, mean of the worst 5 %. {precision(numbers)}",
        tuple(order_of),
        tuple(rows),
        unit=scale.unit,
    )


def all_zero(table: Table) -> bool:
    """Whether every number of a table is exactly 0."""
    return not any(cell.numbers.get("value") for row in table.rows for cell in row.values())


def numbers_apply(numbers: Numbers, strategy: str, metric: str) -> float:
    """Weighted share of runs to which a metric applies."""
    sample, values = numbers.sample(strategy, "overall"), numbers.values(strategy, metric, "overall")
    there = values == values  # noqa: PLR0124  # NaN is what does not apply
    return 1.0 if there.all() else float(sample.weights[there].sum())


def chances(numbers: Numbers, order: Sequence[str]) -> Table:
    """How likely each end is; the texts are those of the analysis."""
    tables = {given: numbers.comparison.probabilities(given) for given in ("overall", "good", "bad")}
    rows = []
    for name, given, label in _chances(numbers, order):
        row = {"event": Cell(label), "given": Cell(GIVEN_WORDS[given])}
        table = tables["overall"]
        found = table[table["probability"] == name].set_index("strategy")
        for place, strategy in enumerate(order):
            estimate = numbers.estimate(strategy, name, "mean", "overall")
            cell = chance_cell(estimate)
            if (
                estimate is not None
                and str(found.loc[strategy, "text"]) != f"{cell.text} {cell.detail}".strip()
            ):
                raise AssertionError(f"{name} of {strategy} reads differently in the analysis")
            row[f"s{place}"] = cell
        rows.append(row)
    return Table(
        "chances",
        "Outcomes and their probabilities",
        f"{precision(numbers)} Where no run, or every run, had the event, the bound that so many runs support stands there.",
        (
            Column("event", "The deployment …", kind="text"),
            Column("given", "among", kind="text"),
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
    return [row for row in shown if row[0] in PROBABILITIES]


def causes(numbers: Numbers, order: Sequence[str], given: Given) -> Table | None:
    """Mean failed requests by cause; the parts of a row add up to its total."""
    return _parts(
        numbers, order, given, "failed_requests", CAUSES, "causes", "Failed requests by cause",
        "Mean number of requests that failed beyond the baseline, by what failed them; a row adds up",
    )  # fmt: skip


def detection(numbers: Numbers, order: Sequence[str]) -> Table | None:
    """Mean time to detect by part, over bad releases that were found."""
    return _parts(
        numbers, order, "bad", "detect_s", STEPS, "detection", "Time to detect, part by part",
        "Mean over the bad releases whose way back was begun; a row adds up",
    )  # fmt: skip


def _parts(
    numbers: Numbers,
    order: Sequence[str],
    given: Given,
    whole: str,
    parts: Sequence[str],
    id: str,
    title: str,
    what: str,
) -> Table | None:
    if not numbers.has(whole, given) or not any(numbers.has(part, given) for part in parts):
        return None
    means = {name: {m: numbers.estimate(name, m, "mean", given) for m in (*parts, whole)} for name in order}
    scale = _scale(whole, [estimate for row in means.values() for estimate in row.values()])
    columns = [
        STRATEGY,
        *(Column(part, PARTS[part].label.removeprefix("failed "), scale.unit) for part in parts),
    ]
    columns.append(Column(whole, "together", scale.unit))
    rows = []
    for name in order:
        places = _places_of_sum([means[name][part] for part in (*parts, whole)], scale)
        row = {"strategy": name_cell(name)}
        row |= {m: _rounded(means[name][m], scale, places) for m in (*parts, whole)}
        rows.append(row)
    return Table(
        f"{id}-{given}",
        f"{title}, {GIVEN_WORDS[given]}" + (f" ({scale.unit})" if scale.unit != "requests" else ""),
        f"{what} (but for rounding). In brackets: 95 % intervals, {numbers.runs(given):,} runs of each strategy.",
        tuple(columns),
        tuple(rows),
        unit=scale.unit,
    )


def _places_of_sum(estimates: Sequence[Estimate | None], scale: Scale) -> int:
    """Decimal places that all numbers of a sum share: those the total can carry to three digits."""
    most = max((abs(e.value) * scale.factor for e in estimates if e and math.isfinite(e.value)), default=0.0)
    return 2 - math.floor(math.log10(most)) if most > 0 else 0


def _rounded(estimate: Estimate | None, scale: Scale, places: int) -> Cell:
    if estimate is None or not math.isfinite(estimate.value):
        return Cell("–")
    text = number(estimate.value * scale.factor, places)
    return Cell(text, scale.interval(estimate) if estimate.value else "", numbers_of(estimate))


def headline(numbers: Numbers, recommended: str, reference: str | None, reference_word: str) -> Table:
    """The numbers of page one: recommended, the strategy it is held against, and the paired difference."""
    asked: list[tuple[str, str, Given, str]] = [
        ("p_auto_rollback", "mean", "overall", "Rolls back by itself"),
        ("failed_requests", "mean", "bad", "Failed requests, mean"),
        ("downtime_s", "cvar95", "overall", "Downtime, mean of worst 5 %"),
        ("duration_s", "p95", "overall", "Duration, 95th percentile"),
        ("rollback_s", "p95", "bad", "Way back, 95th percentile"),
        ("cost_usd", "mean", "overall", "Cost of the rollout, mean"),
        ("incident_usd", "mean", "overall", "Incident cost, mean"),
    ]
    criterion = numbers.comparison.criterion
    if not criterion.chance and (criterion.metric, criterion.statistic, criterion.given) not in {
        a[:3] for a in asked
    }:
        words = f"{METRICS[criterion.metric].label.partition(',')[0]}, {STATISTIC_WORDS[criterion.statistic]}"
        asked.insert(0, (criterion.metric, criterion.statistic, criterion.given, words))
    names = [recommended, *([reference] if reference else [])]
    rows = []
    for metric, statistic, given, label in asked:
        estimates = [numbers.estimate(name, metric, statistic, given) for name in names]
        if not any(estimates):
            continue
        apart = numbers.difference(recommended, reference, metric, statistic, given) if reference else None
        rows.append(_headline_row(metric, given, label, estimates, apart))
    columns = [
        Column("what", "", kind="text"),
        Column("given", "", kind="text"),
        Column("ours", "Recommended"),
    ]
    if reference:
        columns += [Column("theirs", reference_word), Column("difference", "Difference, same releases")]
    return Table("headline", "Headline numbers", precision(numbers), tuple(columns), tuple(rows))


def _headline_row(
    metric: str, given: Given, label: str, estimates: Sequence[Estimate | None], apart: Estimate | None
) -> dict[str, Cell]:
    row = {"what": Cell(label), "given": Cell(GIVEN_WORDS[given])}
    for key, estimate in zip(("ours", "theirs"), estimates, strict=False):
        row[key] = _with_unit(metric, estimate)
    row["difference"] = _points(apart) if metric in PROBABILITIES else _with_unit(metric, apart)
    if apart is not None and apart.low == apart.high == 0:
        row["difference"] = Cell("none", "in any release", numbers_of(apart))
    return row


def _with_unit(metric: str, estimate: Estimate | None) -> Cell:
    if metric in PROBABILITIES:
        return chance_cell(estimate)
    if estimate is None:
        return Cell("–")
    scale = _scale(metric, [estimate])
    cell = quantity_cell(estimate, scale)
    unit = scale.unit if scale.unit != "requests" else ""
    return Cell(
        f"{cell.text} {unit}".strip() if math.isfinite(estimate.value) else cell.text,
        cell.detail,
        cell.numbers,
    )


def _points(apart: Estimate | None) -> Cell:
    """Difference of two probabilities, in percentage points."""
    if apart is None:
        return Cell("–")
    cell = quantity_cell(apart, Scale(100.0, "points"))
    return Cell(f"{cell.text} points", cell.detail, cell.numbers)


def costs(lines: Sequence[CostLine], title: str, id: str) -> Table | None:
    """What one run cost, line by line; the lines add up to the total."""
    rows = tuple(
        {
            "item": Cell(line.item),
            "quantity": Cell(f"{line.quantity:,.6g}", numbers={"value": line.quantity}),
            "unit_usd": Cell(
                f"{line.unit_usd:.10f}".rstrip("0").rstrip("."), numbers={"value": line.unit_usd}
            ),
            "price": Cell(f"{line.price_id}, {line.as_of or 'undated'}"),
            "usd": Cell(f"{line.usd:,.4f}", numbers={"value": line.usd}),
        }
        for line in lines
    )
    total = math.fsum(line.usd for line in lines)
    return Table(
        id,
        title,
        "US dollars before tax at list prices, beyond what runs anyway; the lines add up to the total.",
        (
            Column("item", "Item", kind="text"),
            Column("quantity", "Quantity"),
            Column("unit_usd", "Unit price", "USD"),
            Column("price", "Price and its date", kind="text"),
            Column("usd", "Cost", "USD"),
        ),
        rows,
        {"item": Cell("Total"), "usd": Cell(f"{total:,.4f}", numbers={"value": total})},
    )


def means_of_parts(table: Table, parts: Sequence[str]) -> dict[str, Mapping[str, float]]:
    """Numbers of a table of parts, for the figure that stands for it."""
    return {
        row["strategy"].text: {
            PARTS[part].label: float(row[part].numbers.get("value") or 0.0) for part in parts
        }
        for row in table.rows
    }


def limit_rows(numbers: Numbers) -> Table | None:
    """Every strategy against every limit of the decision."""
    rows = tuple(
        {
            "strategy": name_cell(verdict.strategy),
            "limit": Cell(verdict.limit),
            "estimate": _with_unit(verdict.criterion.metric, verdict.estimate),
            "verdict": Cell(verdict.verdict),
        }
        for verdict in numbers.comparison.recommendation.limits
    )
    columns = (STRATEGY, Column("limit", "Limit", kind="text"), Column("estimate", "Simulated"),
               Column("verdict", "Kept?", kind="text"))  # fmt: skip
    return Table("limits", "Limits a strategy must keep", precision(numbers), columns, rows) if rows else None


def tolerance_word(numbers: Numbers) -> str:
    """The decision's tolerance in its unit, or an empty text."""
    decision = numbers.comparison.scenario.decision
    if decision.tolerance is None or decision.metric not in METRICS:
        return ""
    return amount(decision.tolerance, METRICS[decision.metric].unit)


def _scale(metric: str, estimates: Sequence[Estimate | None]) -> Scale:
    values = [end for e in estimates if e is not None for end in (e.value, e.high) if math.isfinite(end)]
    return scale_of((METRICS.get(metric) or PARTS[metric]).unit, values)


def _group(metric: str) -> str:
    return METRICS[metric].label.partition(",")[0]
