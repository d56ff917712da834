"""Write a comparison as a folder that can be handed to a change board, and read back by programs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.errors import OutputError, quoted
from simulator.report import data, folder
from simulator.report.words import slug

if TYPE_CHECKING:
    from simulator.analysis import Comparison

FORMATS = ("html",)


def render(
    comparison: Comparison,
    out: str | Path | None = None,
    formats: Sequence[str] = FORMATS,
    scenario_yaml: str | None = None,
) -> Path:
    """Write the report of a comparison into a folder.

    The folder holds ``report.html`` (one file, no network, nothing that runs), its twin ``report.json``,
    ``figures/*.svg``, ``outcomes.parquet``, ``summary.csv``, ``scenario.yaml`` and ``manifest.json``. It
    appears complete or not at all. Same comparison, same bytes; only the manifest knows the clock.

    Parameters
    ----------
    comparison : Comparison
        From `simulator.compare`. With its runner, single runs are simulated again for the timelines; without,
        the report leaves those out.
    out : str or Path, optional
        The folder; default ``reports/<name of the scenario>``.
    formats : sequence of str
        What to write beside the data; ``"html"``.
    scenario_yaml : str, optional
        The scenario as text; by default it is written out from the model.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    OutputError
        When the format is unknown, or the folder exists and was not written by this program.
    """
    unknown = [name for name in formats if name not in FORMATS]
    if unknown:
        raise OutputError(f"no report can be written as {quoted(unknown[0])}; write {', '.join(FORMATS)}")
    place = Path(out) if out is not None else Path("reports") / slug(comparison.scenario.name)
    folder.refuse_foreign(place)  # before the work, and again when it is done
    files = contents(comparison, formats, scenario_yaml)
    return folder.write(place, files)


def contents(
    comparison: Comparison, formats: Sequence[str] = FORMATS, scenario_yaml: str | None = None
) -> dict[str, str | bytes]:
    """Return every file of the folder with its content."""
    from simulator.report.document import build
    from simulator.report.html import page

    report, facts = build(comparison)
    reproduce = data.reproducibility(comparison, facts.numbers)
    twin = data.twin(report, reproduce)
    files: dict[str, str | bytes] = {
        "scenario.yaml": scenario_yaml or data.scenario_text(comparison.scenario),
        "outcomes.parquet": data.parquet(comparison.outcomes),
        "summary.csv": data.summary_csv(comparison),
        "report.json": twin,
        **{f"figures/{picture.id}.svg": _standalone(picture.svg) for picture in report.pictures.values()},
    }
    if "html" in formats:
        files["report.html"] = page(report, facts, reproduce, twin)
    files[folder.MANIFEST] = data.manifest(comparison, facts.numbers, files)
    return files


def _standalone(svg: str) -> str:
    return f'<?xml version="1.0" encoding="utf-8"?>\n{svg}'
