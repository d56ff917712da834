"""``compare --fail-if``, its exit codes and what Ctrl-C says, on the command line."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from simulator.cli.app import app
from simulator.scenario.templates import template

FAILS, HOLDS, UNSURE = "mean(duration_s) > 1 s", "mean(duration_s) < 1 s", "mean(downtime_s | bad) > {} s"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder with one scenario; rendering has its own tests."""
    import simulator.report

    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(simulator.report, "render", lambda comparison, out, **_: Path(out))
    (tmp_path / "a b.yaml").write_text(template("server"))
    return tmp_path


def compared(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["compare", "a b.yaml", "--replications", "20", "--workers", "1", *arguments])


def verdicts(*arguments: str) -> tuple[int, list[dict[str, Any]]]:
    result = compared("--json", *arguments)
    return result.exit_code, json.loads(result.stdout)["gates"]


def straddling() -> str:
    """A condition whose limit lies inside every strategy's interval."""
    document = json.loads(compared("--json").stdout)
    rows = [strategy["overall"]["metrics"]["duration_s"] for strategy in document["strategies"]]
    first = rows[0]
    return f"mean(duration_s) > {first['mean']} s"


def test_exit_codes_say_holds_fails_or_unsure() -> None:
    unsure = straddling()
    one = ("--strategy", "half-at-a-time")
    assert compared("--fail-if", HOLDS, *one).exit_code == 0
    assert compared("--fail-if", FAILS, *one).exit_code == 1
    assert compared("--fail-if", unsure, *one).exit_code == 3
    assert compared("--fail-if", unsure, *one, "--unsure", "fail").exit_code == 1
    assert compared("--fail-if", unsure, *one, "--unsure", "pass").exit_code == 0
    assert compared("--fail-if", unsure, "--fail-if", FAILS, *one).exit_code == 1
    assert compared("--fail-if", unsure, "--fail-if", HOLDS, *one).exit_code == 3


def test_every_strategy_is_judged_unless_some_are_named() -> None:
    code, found = verdicts("--fail-if", FAILS)
    assert code == 1
    assert [(item["strategy"], item["verdict"]) for item in found] == [
        ("half-at-a-time", "fails"), ("one-at-a-time", "fails"), ("three-quarters-healthy", "fails"),
    ]  # fmt: skip
    _, found = verdicts("--fail-if", FAILS, "--fail-if", HOLDS, "--strategy", "one-at-a-time")
    assert [(item["strategy"], item["verdict"]) for item in found] == [
        ("one-at-a-time", "fails"),
        ("one-at-a-time", "holds"),
    ]


def test_the_numbers_behind_a_verdict_are_printed_and_in_the_document() -> None:
    text = compared("--fail-if", "p95(duration_s) > 30 min or p_missed > 5 %").stdout
    assert "Fail if p95(duration_s) > 30 min or p_missed > 5 %" in text
    assert re.search(r"half-at-a-time +(holds|fails|unsure) +95th percentile of duration \d", text)
    _, (found, *_) = verdicts("--fail-if", "p95(duration_s) > 30 min or p_missed > 5 %")
    assert [condition["limit"] for condition in found["conditions"]] == [1800.0, 0.05]
    assert found["conditions"][0]["low"] <= found["conditions"][0]["value"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--fail-if", "p95(downtme_s) > 60"], "--fail-if, column 5: no metric is called 'downtme_s'"),
        (["--fail-if", "p_missed > 5 %", "--strategy", "x"], "no strategy is called 'x'"),
        (["--strategy", "one-at-a-time"], "write --fail-if too"),
        (["--unsure", "pass"], "write --fail-if too"),
    ],
)
def test_what_cannot_be_judged_is_refused_before_anything_is_simulated(arguments: list[str], said: str) -> None:
    result = compared(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stdout == ""


def test_each_strategy_that_lost_is_told_why() -> None:
    result = compared("--json")
    answer = json.loads(result.stdout)["recommendation"]
    text = " ".join(compared().stdout.split())
    for sentence in answer["why_lost"].values():
        assert " ".join(sentence.split()) in text
    assert answer["strategy"] not in answer["why_lost"]


def test_ctrl_c_before_anything_is_finished_says_the_line_that_would_run_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from simulator import analysis

    def pressed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(analysis, "compare", pressed)
    result = compared("--set", "traffic.rate=9/s", "--fail-if", "p_missed > 5 %", "--out", "b c")
    assert result.exit_code == 130
    line = result.stderr.rstrip().rpartition("To run it: ")[2]
    words = shlex.split(line)
    assert words[words.index("compare") :] == [
        "compare", "a b.yaml", "--replications", "20", "--workers", "1", "--out", "b c", "--fail-if", "p_missed > 5 %",
        "--set", "traffic.rate=9/s",
    ]  # fmt: skip


def test_ctrl_c_keeps_what_is_finished_and_the_line_it_names_would_finish_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from simulator import analysis

    real = analysis.compare

    def cut_short(*arguments: Any, **options: Any) -> Any:
        comparison = real(*arguments, **{**options, "replications": 10})
        comparison.complete = False
        return comparison

    monkeypatch.setattr(analysis, "compare", cut_short)
    result = compared()
    assert result.exit_code == 130
    assert "10 of 20 replications were finished" in result.stderr
    assert "10 replications of each strategy, seed 0, interrupted before all were done" in result.stdout
    monkeypatch.setattr(analysis, "compare", real)
    words = shlex.split(result.stderr.rstrip().rpartition("To run all of it, from the beginning: ")[2])
    assert CliRunner().invoke(app, words[words.index("compare") :]).exit_code == 0


def test_set_gives_the_outcomes_of_the_edited_file_bit_for_bit(monkeypatch: pytest.MonkeyPatch, here: Path) -> None:
    import simulator.report
    from simulator.report.data import parquet

    tables: list[bytes] = []

    def render(comparison: Any, out: Path, **_: Any) -> Path:
        tables.append(parquet(comparison.outcomes))
        return Path(out)

    monkeypatch.setattr(simulator.report, "render", render)
    assert compared("--set", "traffic.rate=900/s").exit_code == 0
    (here / "a b.yaml").write_text(template("server").replace("rate: 500/s", "rate: 900/s"))
    assert compared().exit_code == 0
    assert tables[0] == tables[1]
