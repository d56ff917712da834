"""The folder: complete or not there, never over somebody else's, the same bytes each time."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

import simulator.report.folder as folder_module
from simulator.errors import OutputError
from simulator.model.scenario import Scenario
from simulator.report import render
from simulator.report.rendering import contents
from tests.report.builders import a_comparison, a_lambda_scenario, a_scenario


def small(**changes):
    return a_comparison(runs=40, replays=False, **changes)


def test_a_folder_holds_everything_that_is_needed_to_check_it(folder) -> None:
    names = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert {
        "manifest.json",
        "scenario.yaml",
        "outcomes.parquet",
        "summary.csv",
        "report.html",
        "report.json",
    } <= names
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["seed"] == 7
    assert manifest["complete"] is True
    assert manifest["replications_by_stratum"] == {"good": 200, "bad": 200}
    assert manifest["wall_time_s"] == 12.5
    assert set(manifest["versions"]) == {"rollsim", "python", "numpy", "scipy", "pandas", "simpy", "matplotlib"}
    assert manifest["files"].keys() == names - {"manifest.json"}
    for name, digest in manifest["files"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest


@pytest.mark.usefixtures("plain")
def test_the_same_comparison_gives_the_same_bytes_whatever_the_clock(comparison, monkeypatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    first = contents(comparison)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1800000000")
    comparison.wall_time_s = 99.0
    second = contents(comparison)
    comparison.wall_time_s = 12.5
    assert first.keys() == second.keys()
    assert {name for name in first if first[name] != second[name]} == {"manifest.json"}


@pytest.mark.usefixtures("plain")
def test_a_report_of_ours_is_replaced_whole(tmp_path) -> None:
    place = render(small(), tmp_path / "report")
    (place / "stale.txt").write_text("old")
    render(small(), place)
    assert not (place / "stale.txt").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


@pytest.mark.usefixtures("plain")
def test_an_empty_folder_may_be_filled(tmp_path) -> None:
    (tmp_path / "report").mkdir()
    assert (render(small(), tmp_path / "report") / "report.html").is_file()


@pytest.mark.usefixtures("plain")
@pytest.mark.parametrize("manifest", [None, "{}", "not json", '{"format": "of another program"}'])
def test_a_folder_that_is_not_ours_is_refused_and_left_alone(tmp_path, manifest) -> None:
    place = tmp_path / "thesis"
    place.mkdir()
    (place / "chapter-1.txt").write_text("years of work")
    if manifest is not None:
        (place / "manifest.json").write_text(manifest)
    before = sorted(path.name for path in place.iterdir())
    with pytest.raises(OutputError, match="did not write"):
        render(small(), place)
    assert sorted(path.name for path in place.iterdir()) == before
    assert [path.name for path in tmp_path.iterdir()] == ["thesis"]


@pytest.mark.usefixtures("plain")
def test_a_file_or_a_link_in_its_place_is_refused(tmp_path) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    for name in ("file", "link"):
        with pytest.raises(OutputError, match="is not a folder"):
            render(small(), tmp_path / name)
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.usefixtures("plain")
def test_a_failure_half_way_leaves_nothing_new_and_the_old_report_whole(tmp_path, monkeypatch) -> None:
    place = render(small(), tmp_path / "report")
    before = {path: path.read_bytes() for path in place.rglob("*") if path.is_file()}

    def full(self, *_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError, match="No space left on device"):
        render(small(), place)
    assert {path: path.read_bytes() for path in place.rglob("*") if path.is_file()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


def test_when_the_last_rename_fails_the_old_report_comes_back(tmp_path, monkeypatch) -> None:
    place = folder_module.write(tmp_path / "report", {"manifest.json": json.dumps({"format": folder_module.FORMAT})})
    rename = Path.rename

    def fails_into_place(self, target):
        if target == place and ".old." not in self.name:
            raise OSError(5, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fails_into_place)
    with pytest.raises(OutputError, match="Input/output error"):
        folder_module.write(place, {"manifest.json": "{}"})
    assert json.loads((place / "manifest.json").read_text())["format"] == folder_module.FORMAT


def test_what_a_killed_process_left_is_swept_and_nothing_else(tmp_path) -> None:
    files = {"manifest.json": json.dumps({"format": folder_module.FORMAT})}
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    hidden = folder_module._hidden(tmp_path / "report")
    left = [tmp_path / f"{hidden}{gone.pid}-abc123", tmp_path / f"{hidden}{gone.pid}.old.abc123"]
    kept = [
        tmp_path / f"{hidden}{os.getpid()}-abc123",  # of a process that runs
        tmp_path / f".report.rollsim-00000000-{gone.pid}-abc123",  # of another machine
        tmp_path / ".report.mine",
        tmp_path / f"{hidden}notes",
        tmp_path / folder_module._hidden(tmp_path / "other") / "-1",  # beside another report
    ]
    for path in (*left, *kept):
        path.mkdir(parents=True)
        (path / "outcomes.parquet").write_text("half")
    folder_module.write(tmp_path / "report", files)
    assert not any(path.exists() for path in left)
    assert all((path / "outcomes.parquet").exists() for path in kept)
    assert (tmp_path / "report" / "manifest.json").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is POSIX's")
def test_a_report_killed_while_it_was_written_is_swept_by_the_next(tmp_path) -> None:
    program = (
        "import os, signal, sys; from pathlib import Path; from simulator.report import folder\n"
        "class Deadly(dict):\n"
        "    def items(self):\n"
        "        yield 'outcomes.parquet', b'half'\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "folder.write(Path(sys.argv[1]), Deadly())"
    )
    killed = subprocess.run([sys.executable, "-c", program, str(tmp_path / "report")], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert len(list(tmp_path.iterdir())) == 1
    folder_module.write(tmp_path / "report", {"manifest.json": json.dumps({"format": folder_module.FORMAT})})
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


@pytest.mark.usefixtures("plain")
def test_an_unknown_format_is_refused_by_name(tmp_path) -> None:
    with pytest.raises(OutputError, match="'papyrus'; write html"):
        render(small(), tmp_path / "report", formats=("html", "papyrus"))
    assert not (tmp_path / "report").exists()


@pytest.mark.usefixtures("plain")
def test_the_default_place_is_named_after_the_scenario(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert str(render(small(name="Käse & Brot / 2.31"))) == "reports/kase-brot-2-31"


def test_outcomes_keep_absent_and_endless_apart(folder, comparison) -> None:
    table = pd.read_parquet(folder / "outcomes.parquet", dtype_backend="numpy_nullable")
    wanted = comparison.outcomes
    assert list(table.columns) == list(wanted.columns)
    for name in ("detect_s", "rollback_s", "incident_usd", "failed_requests"):
        assert (table[name].isna() == wanted[name].isna()).all()
        filled = wanted[name].to_numpy(float, na_value=-1.0)
        assert np.array_equal(table[name].to_numpy(float, na_value=-1.0), filled)
    assert np.isinf(table["detect_s"].to_numpy(float, na_value=0.0)).any()
    assert table["trigger"].isna().any()


@pytest.mark.usefixtures("plain")
@pytest.mark.parametrize("scenario", [a_scenario(), a_lambda_scenario()], ids=["server", "lambda"])
def test_the_scenario_can_be_read_back(scenario) -> None:
    text = contents(a_comparison(scenario, runs=20, replays=False))["scenario.yaml"]
    again = Scenario.model_validate(yaml.safe_load(text), context={"units": "required"})
    assert again == scenario


@pytest.mark.usefixtures("plain")
def test_a_name_that_looks_like_a_formula_is_text_to_a_spreadsheet() -> None:
    strategies = [
        {"name": '=HYPERLINK("http://x","y")', "configuration": "CodeDeployDefault.AllAtOnce"},
        {"name": "-2+3", "configuration": "CodeDeployDefault.HalfAtATime"},
        {"name": "@SUM(A1)", "configuration": "CodeDeployDefault.OneAtATime"},
    ]
    text = str(contents(small(strategies=strategies))["summary.csv"])
    rows = list(csv.DictReader(io.StringIO(text)))
    names = {row["strategy"] for row in rows}
    assert names == {"'" + strategy["name"] for strategy in strategies}
    assert float(next(row["mean"] for row in rows if row["metric"] == "duration_s")) > 0
