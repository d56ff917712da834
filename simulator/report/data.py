"""The files beside the page: outcomes, summary, scenario, manifest and the machine-readable twin."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
import os
import platform
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import version
from importlib.resources import files as shipped
from typing import TYPE_CHECKING, Any

import pandas as pd

from simulator.analysis.sample import Given
from simulator.report.folder import FORMAT
from simulator.report.numbers import Numbers
from simulator.report.page import NOT_PROVIDED, Report

if TYPE_CHECKING:
    from simulator.analysis import Comparison
    from simulator.model.scenario import Scenario

_LIBRARIES = ("numpy", "scipy", "pandas", "simpy", "matplotlib")
# Characters with which a spreadsheet would take text for a formula (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@")


def scenario_text(scenario: Scenario) -> str:
    """The scenario as YAML, as it was resolved."""
    import yaml

    return yaml.safe_dump(
        scenario.model_dump(mode="json", exclude_unset=True), sort_keys=False, allow_unicode=True, width=100
    )


def scenario_hash(scenario: Scenario) -> str:
    """SHA-256 of the scenario's canonical JSON, defaults written out."""
    content = json.dumps(scenario.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(content.encode()).hexdigest()


def results_hash(outcomes: pd.DataFrame) -> str:
    """SHA-256 of the outcomes' values, whatever they are stored in."""
    return hashlib.sha256(outcomes.to_csv(index=False, lineterminator="\n").encode()).hexdigest()


def data_hash() -> str:
    """SHA-256 of the product's own prices and priors."""
    folder = shipped("simulator.data")
    names = ("prices.yaml", "priors.yaml")
    return hashlib.sha256(b"".join(folder.joinpath(name).read_bytes() for name in names)).hexdigest()


def parquet(outcomes: pd.DataFrame) -> bytes:
    """Outcomes as Parquet: absent values are null, infinite ones stay; the same bytes for the same values."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrays = {name: _arrow(outcomes[name]) for name in outcomes.columns}
    out = io.BytesIO()
    pq.write_table(pa.table(arrays), out, compression="zstd", version="2.6")
    return out.getvalue()


def _arrow(column: pd.Series[Any]) -> Any:
    import pyarrow as pa

    if pd.api.types.is_float_dtype(column.dtype):
        absent = column.isna().to_numpy()
        return pa.array(column.to_numpy(dtype="float64", na_value=math.nan), mask=absent)
    if isinstance(column.dtype, pd.StringDtype) or column.dtype == object:
        return pa.array([None if pd.isna(value) else str(value) for value in column], type=pa.string())
    return pa.array(column.to_numpy())


def summary_csv(comparison: Comparison) -> str:
    """Both summaries as one table for spreadsheets: overall, and if the release is bad.

    Text that a spreadsheet would take for a formula gets an apostrophe in front; numbers stay numbers, absent
    values are empty.
    """
    tables = {"overall": comparison.summary(), "bad": comparison.summary("bad")}
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    columns = list(tables["overall"].columns)
    writer.writerow(["given", *columns])
    for given, table in tables.items():
        for row in table.itertuples(index=False):
            writer.writerow([given, *(_csv_cell(value) for value in row)])
    return out.getvalue()


def _csv_cell(value: Any) -> Any:
    if isinstance(value, str):
        # A line break within a name would begin a row, and a tab a cell, in programs that look for no quotes.
        text = re.sub(r"[\x00-\x1f\x7f]+", " ", value)
        return f"'{text}" if text.lstrip().startswith(_FORMULA) else text
    return "" if pd.isna(value) else value


def by_stratum(numbers: Numbers) -> dict[str, int]:
    """Runs of each strategy by kind of release."""
    kinds: tuple[Given, ...] = ("good", "bad")
    return {given: numbers.runs(given) for given in kinds if numbers.runs(given)}


def own_version() -> str:
    """Version of this program; asked of the package by name, since the report stands below it."""
    return str(import_module("simulator").__version__)


def reproducibility(comparison: Comparison, numbers: Numbers) -> dict[str, Any]:
    """What is needed to get the same results again; nothing here depends on when or where it ran."""
    return {
        "scenario_sha256": scenario_hash(comparison.scenario),
        "results_sha256": results_hash(comparison.outcomes),
        "data_sha256": data_hash(),
        "seed": comparison.seed,
        "replications": comparison.replications,
        "replications_by_stratum": by_stratum(numbers),
        "complete": comparison.complete,
        "versions": {"rollsim": own_version(), "python": platform.python_version(),
                     **{name: version(name) for name in _LIBRARIES}},
    }  # fmt: skip


def manifest(comparison: Comparison, numbers: Numbers, files: Mapping[str, str | bytes]) -> str:
    """The manifest: how to reproduce, when and how long it ran, and a hash of every file."""
    stamp = os.environ.get("SOURCE_DATE_EPOCH")
    made = datetime.fromtimestamp(int(stamp), UTC) if stamp and stamp.isdigit() else datetime.now(UTC)
    content = {
        "format": FORMAT,
        "scenario": comparison.scenario.name,
        **reproducibility(comparison, numbers),
        "platform": f"{platform.system()} {platform.machine()}",
        "wall_time_s": comparison.wall_time_s,
        "generated_at": made.isoformat(timespec="seconds"),
        "files": {
            name: hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()
            for name, text in sorted(files.items())
        },
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def twin(report: Report, reproduce: Mapping[str, Any]) -> str:
    """The report for programs: every numbered item, table and figure, with the numbers behind the texts."""
    content = {
        "format": "rollsim report.json 1",
        "title": report.title,
        "items": {item.id: {"label": item.label, "text": item.text} for item in report.fields.values()},
        "not_provided": {
            "text": NOT_PROVIDED,
            "count": len(report.missing),
            "ids": [i.id for i in report.missing],
        },
        "tables": {name: table.twin() for name, table in report.tables.items()},
        "figures": {p.id: {"message": p.message, "caption": p.caption} for p in report.pictures.values()},
        "lists": {name: [list(pair) for pair in pairs] for name, pairs in report.lists.items()},
        "reproduce": dict(reproduce),
    }
    return json.dumps(_plain(content), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    """Numbers that JSON has no word for: infinite ones as text, absent ones as null."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value
