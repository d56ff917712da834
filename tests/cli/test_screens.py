"""Terminals of every kind, and names that mean harm: the screen stays a screen."""

from __future__ import annotations

import csv
import io
import os
import re
import subprocess
import sys
import unicodedata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

import simulator
from simulator.cli.app import app
from simulator.cli.conclusion import conclusion, labels_of
from simulator.cli.watching import Watch
from simulator.experiment import Step

NAMES = {
    "markup": "<script>alert(1)</script>[bold red]x[/]",
    "formula": "=cmd|' /C calc'!A0",
    "at": "@SUM(1+1)*cmd",
    "right to left": "\u202egnp.exe\u2066\u200f",
    "lines": "one\ntwo\r\n\u2028three",
    "escapes": "\x1b[2J\x1b]0;owned\x07\x9b31m",
    "long": "x" * 10_000,
    "long, too": "x" * 9_999 + "y",
}
SCENARIO = """\
name: {name}
service: {{platform: lambda, concurrency: 50, request_duration: 100 ms}}
traffic: {{rate: 20/s}}
revision: {{bad: 20 %, defects: [{{kind: errors, share: 50 %}}]}}
strategies:
  - {{name: {name}, configuration: CodeDeployDefault.LambdaAllAtOnce, current: true}}
  - {{name: {other}, configuration: CodeDeployDefault.LambdaCanary10Percent5Minutes}}
"""


def in_yaml(text: str) -> str:
    return '"' + "".join(f"\\U{ord(letter):08x}" for letter in text) + '"'


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr(simulator.report, "render", lambda comparison, out, **_: Path(out))


def called(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def harmless(text: str) -> bool:
    return all(letter == "\n" or unicodedata.category(letter)[0] != "C" for letter in text)


@pytest.mark.parametrize("kind", NAMES)
def test_a_hostile_name_does_no_harm_on_the_screen(kind: str, tmp_path: Path) -> None:
    other = "long, too" if kind == "long" else "markup" if kind != "markup" else "formula"
    path = tmp_path / "a.yaml"
    path.write_text(SCENARIO.format(name=in_yaml(NAMES[kind]), other=in_yaml(NAMES[other])))
    compare = ("compare", str(path), "--replications", "8", "--workers", "1", "--fail-if", "p_missed > 5 %")
    for arguments in (compare, ("check", str(path)), (*compare, "--strategy", NAMES[kind])):
        result = called(*arguments)
        assert result.exit_code in (0, 1, 3), result.stderr
        assert harmless(result.stdout), arguments[0]
        assert harmless(result.stderr), arguments[0]
        assert len(result.stdout) < 30_000
    for refused in (
        called("check", str(path), "--set", f"strategies.{NAMES[kind]}.nme=x"),
        called("compare", str(path), "--strategy", f"no {NAMES[kind]}", "--fail-if", "p_missed > 5 %"),
        called("compare", str(path), "--fail-if", f"mean({NAMES[kind]}) > 5"),
    ):
        assert refused.exit_code in (1, 2)
        assert harmless(refused.stdout + refused.stderr)


def test_names_that_begin_alike_stay_apart() -> None:
    labels = labels_of([NAMES["long"], NAMES["long, too"], "a\nb"], 40)
    assert len(set(labels.values())) == 3
    assert all(len(label) <= 44 for label in labels.values())


@pytest.mark.parametrize("kind", NAMES)
def test_a_hostile_name_is_text_in_a_spreadsheet(kind: str) -> None:
    from simulator.report.data import summary_csv

    rows = list(csv.reader(io.StringIO(summary_csv(a_comparison(NAMES[kind])))))
    strategies = {row[rows[0].index("strategy")] for row in rows[1:]}
    assert all(not name.startswith(("=", "+", "-", "@", "\t", "\r")) for name in strategies)
    assert len(strategies) == 2


def a_comparison(name: str) -> Any:
    from simulator.scenario import loads

    text = SCENARIO.format(name=in_yaml("a"), other=in_yaml("canary")).replace(in_yaml("a"), in_yaml(name))
    return simulator.compare(loads(text), replications=8, workers=1)


# ------------------------------------------------------------------------------------------ kinds of terminals


def screen(width: int, **how: Any) -> str:
    out = io.StringIO()
    console = Console(file=out, width=width, markup=False, highlight=False, emoji=False, **how)
    comparison = a_comparison("all-at-once")
    conclusion(console, comparison, labels_of(comparison.strategies, max(24, width // 3)))
    return out.getvalue()


@pytest.mark.parametrize("width", [40, 60, 72, 100, 200])
def test_every_width_shows_whole_numbers_and_no_line_is_too_long(width: int) -> None:
    text = screen(width)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    words = " ".join(text.split())
    assert "overall" in words
    assert ("if the release is bad" if width >= 100 else "if bad") in words
    assert re.search(r"canary", text)


def test_no_colour_means_none_and_a_terminal_has_some(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b" not in screen(100)
    assert "\x1b[1m" in screen(100, force_terminal=True, color_system="standard")
    monkeypatch.setenv("NO_COLOR", "1")
    coloured = re.findall(r"\x1b\[([0-9;]*)m", screen(100, force_terminal=True))
    assert all(code in ("0", "1", "2", "") for code in coloured)


def drawn(width: int, *steps: Step, terminal: bool) -> str:
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=terminal, markup=False, color_system=None)
    with Watch(console, "mean downtime") as watch:
        for step in steps:
            watch(step)
            if watch._bar is not None:
                watch._bar.refresh()
    return out.getvalue()


STEP = Step(4200, 10_000, 430.0, "one-at-a-time[red]\x1b[31m", 400.0, "s")


@pytest.mark.parametrize("width", [20, 40, 80, 120])
def test_progress_fits_its_line(width: int) -> None:
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", drawn(width, STEP, terminal=True))
    assert "42 %" in text
    assert max(map(len, re.split(r"[\r\n]", text))) <= width
    if width >= 80:
        assert "7 min 10 s left" in text
        assert "6 min 40 s" in text


def test_a_pipe_gets_a_plain_line_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr("simulator.cli.watching.time.monotonic", lambda: clock.now)
    out = io.StringIO()
    with Watch(Console(file=out, width=100, markup=False), "mean downtime") as watch:
        for clock.now in (1.0, 9.0, 11.0, 12.0, 22.0):
            watch(STEP)
    lines = out.getvalue().splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("simulating: 4,200 of 10,000 runs; best so far one-at-a-time")
    assert lines[0].endswith("(mean downtime); about 7 min 10 s left")
    assert harmless(out.getvalue())


def test_a_reader_who_goes_away_is_not_told_no(tmp_path: Path) -> None:
    """A shell's 128 + SIGPIPE: 1 would say that the answer is no; and the report is there before anything is said."""
    program = [sys.executable, "-m", "simulator"]
    out = tmp_path / "report"
    for command in (["examples", "--library"], ["compare", "lambda-api", "--replications", "10", "--out", str(out)]):
        reading, writing = os.pipe()
        with subprocess.Popen([*program, *command], stdout=writing, stderr=subprocess.DEVNULL) as process:
            os.close(writing)
            os.close(reading)
        assert process.returncode == 141
    assert (out / "report.html").exists()
