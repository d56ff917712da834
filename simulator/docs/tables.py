"""Pages about assumptions and metrics, written from the tables that the code uses."""

from __future__ import annotations

from simulator.metrics.table import METRICS, PARTS
from simulator.model.assumptions import TABLE, Assumption


def assumptions() -> str:
    """Text of ``docs/assumptions.md``."""
    lines = [
        "# Assumptions",
        "",
        "What AWS does not say, and every default that is a judgement, has a name here. A scenario overrides one",
        "under `assumptions:`; a report prints those it relied on. This page is generated from",
        "`simulator/model/assumptions/` by `python -m simulator.docs`.",
        "",
        "Evidence: *documented* (AWS says so, though not everywhere alike), *observed* (measured in a published run),",
        "*derived* (follows from such), *weak* (published, but from elsewhere), *guess* (judgement).",
        "",
        "Sources: UG is the CodeDeploy user guide, API its API reference, ELB the Elastic Load Balancing guides, CW",
        'the CloudWatch user guide, each followed by its page. "prior x.y" is a row of `simulator/data/priors.yaml`,',
        "which names its own source.",
        "",
    ]
    for number, item in enumerate(TABLE.values(), start=1):
        lines += _section(number, item)
    return "\n".join(lines)


def _section(number: int, item: Assumption) -> list[str]:
    span = ", ".join(f"`{_flow(value)}`" for value in item.span)
    return [
        f"## A-{number:02d} `{item.id}`",
        "",
        f"{item.meaning[0].upper()}{item.meaning[1:]}.",
        "",
        f"- Value: `{_flow(item.default)}`",
        f"- Range to try: {span}",
        f"- Why: {item.why}.",
        f"- If it is wrong: {item.effect}.",
        f"- Source: {item.source} ({item.evidence}).",
        "",
    ]


def _flow(value: object) -> str:
    """A value as it stands in a scenario."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    return str(value)


def metrics() -> str:
    """Text of ``docs/metrics.md``."""
    lines = [
        "# Metrics",
        "",
        "Measured from the trace of a run, afterwards. Time zero is CreateDeployment; a run is observed until the",
        "service has settled. A value that does not apply is absent, a time that began but did not end by the horizon",
        "is infinite.",
        "Generated from `simulator/metrics/table.py` by `python -m simulator.docs`.",
        "",
        "| name | unit | definition |",
        "|---|---|---|",
    ]
    lines += [f"| `{item.name}` | {item.unit} | {item.definition} |" for item in METRICS.values()]
    lines += ["", "Parts add up to the metric they belong to; `failed_attempts` and the last stand beside:", ""]
    lines += ["| name | unit | what | counted |", "|---|---|---|---|"]
    lines += [f"| `{item.name}` | {item.unit} | {item.label} | {item.definition} |" for item in PARTS.values()]
    return "\n".join([*lines, ""])
