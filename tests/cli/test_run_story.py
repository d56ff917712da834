"""`rollsim run` on terminals of every kind, with names of every kind, and which run it picks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import simulator
from simulator.cli.app import app

WORLD = """\
name: "{name}"
service: {{platform: server, fleet: {{size: 6, capacity: 100/s}}, load_balancer: {{}}}}
traffic: {{rate: 400/s}}
revision: {{bad: 20 %, defects: [{{kind: errors, share: {{p05: 5 %, p95: 60 %}}}}]}}
people: {{acknowledge: 2 min, notice: 5 min, decide: 2 min, act: 1 min}}
strategies:
  - {{name: one-at-a-time, configuration: CodeDeployDefault.OneAtATime}}
  - {{name: "{strategy}", configuration: CodeDeployDefault.HalfAtATime, current: true}}
"""
HOSTILE = ("<script>alert(1)</script>", "[bold red]loud[/]", "\\u202egnp.exe", "two\\nlines", "\\e[31mred")


def called(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture
def scenario(tmp_path: Path) -> str:
    path = tmp_path / "small.yaml"
    path.write_text(WORLD.format(name="small", strategy="half"))
    return str(path)


def test_todays_practice_is_told_when_no_strategy_is_named(scenario: str) -> None:
    assert json.loads(called("run", scenario, "--json").stdout)["strategy"] == "half"


def test_the_story_is_clocks_sentences_and_rules(scenario: str) -> None:
    document = json.loads(called("run", scenario, "--given", "bad", "--json").stdout)
    first = document["story"][0]
    assert (first["clock"], first["wall_clock"][-8:]) == ("0:00", "10:00:00")
    assert first["text"].startswith("CreateDeployment, 'half'")
    assert all(moment["rules"] for moment in document["story"])


def test_a_wide_terminal_shows_the_rules_beside_each_line(scenario: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "130")
    wide = called("run", scenario).stdout
    begins = next(line for line in wide.splitlines() if "Batch 1 begins" in line)
    assert begins.rstrip().endswith("[healthy_hosts.may_start]")
    monkeypatch.setenv("COLUMNS", "80")
    normal = called("run", scenario).stdout
    assert "[healthy_hosts.may_start]" not in normal
    assert "healthy_hosts.may_start" in normal


@pytest.mark.parametrize("width", [40, 80, 120, 200])
def test_no_line_is_wider_than_the_terminal(scenario: str, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    result = called("run", scenario, "--given", "bad")
    assert result.exit_code == 0
    assert max(len(line) for line in result.stdout.splitlines()) <= width


def test_the_last_sentence_says_why(scenario: str) -> None:
    result = called("run", scenario, "--given", "bad")
    why = json.loads(called("run", scenario, "--given", "bad", "--json").stdout)["why"]
    assert " ".join(result.stdout.split()).endswith(why)


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("width", ["40", "130"])
def test_hostile_names_are_shown_and_never_obeyed(
    name: str, width: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    path = tmp_path / "hostile.yaml"
    path.write_text(WORLD.format(name=name, strategy=name))
    result = called("run", str(path), "--given", "bad")
    assert result.exit_code == 0
    assert "\x1b" not in result.stdout
    assert "\u202e" not in result.stdout
    plain = name.partition("\\")[0]
    assert plain in result.stdout.replace("\n", "")


def test_a_long_name_does_not_drown_the_story(tmp_path: Path) -> None:
    path = tmp_path / "long.yaml"
    path.write_text(WORLD.format(name="n" * 10_000, strategy="half"))
    result = called("run", str(path))
    if result.exit_code == 0:
        assert len(result.stdout) < 10_000
    else:
        assert len(result.stderr) < 2_000


# -------------------------------------------------------------------------------------------- picking


@pytest.mark.parametrize("given", [None, "bad", "good"])
@pytest.mark.parametrize("metric", ["downtime_s", "failed_requests"])
def test_the_worst_run_is_the_one_with_the_largest_value(scenario: str, given: str | None, metric: str) -> None:
    options = ["--given", given] if given else []
    told = json.loads(
        called(
            "run", scenario, "--pick", "worst", "--pick-by", metric, "--replications", "40", *options, "--json"
        ).stdout
    )
    rows = simulator.compare(simulator.load(scenario), replications=40, workers=1).outcomes
    rows = rows[(rows["strategy"] == "half") & ((rows["stratum"] == given) | (given is None))]
    assert told["outcome"][metric] == rows[metric].max()
    assert told["replication"] in set(rows.loc[rows[metric] == rows[metric].max(), "replication"])
    assert told["picked"]["among"] == len(rows)


@pytest.mark.parametrize(("which", "level"), [("median", 0.5), ("p95", 0.95)])
def test_a_quantile_run_stands_where_the_weights_say(scenario: str, which: str, level: float) -> None:
    told = json.loads(called("run", scenario, "--pick", which, "--replications", "40", "--json").stdout)
    rows = simulator.compare(simulator.load(scenario), replications=40, workers=1).outcomes
    rows = rows[rows["strategy"] == "half"]
    value = told["outcome"]["downtime_s"]
    assert float(rows.loc[rows["downtime_s"] < value, "weight"].sum()) <= level + 1e-9
    assert float(rows.loc[rows["downtime_s"] <= value, "weight"].sum()) >= level - 1e-9


def test_the_story_says_which_run_was_picked(scenario: str) -> None:
    result = called("run", scenario, "--pick", "worst", "--given", "bad", "--replications", "20")
    replication = json.loads(
        called("run", scenario, "--pick", "worst", "--given", "bad", "--replications", "20", "--json").stdout
    )["replication"]
    assert f"Replication {replication}, the worst of 10 that met a bad revision, by downtime." in result.stdout
    again = called("run", scenario, "--given", "bad", "--replication", str(replication))
    assert result.stdout.splitlines()[2:] == again.stdout.splitlines()[1:]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--pick", "worst", "--replication", "3"), "one of the two"),
        (("--replications", "30"), "is about --pick"),
        (("--pick-by", "outage_s"), "is about --pick"),
        (("--pick", "worst", "--pick-by", "downtim"), "downtime_s"),
        (
            ("--pick", "worst", "--replications", "10", "--given", "bad", "--set", "revision.bad=0 %"),
            "no run met a bad",
        ),
    ],
)
def test_a_pick_that_makes_no_sense_is_refused(scenario: str, arguments: tuple[str, ...], said: str) -> None:
    result = called("run", scenario, *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stdout == ""


WRONG_CHECK = """\
name: small
service: {platform: server, fleet: {size: 3, capacity: 100/s}, load_balancer: {}}
traffic: {rate: 100/s}
faults: [{kind: health_check_failure, probability: CHANCE}]
rollback: {events: [DEPLOYMENT_FAILURE]}
people: null
strategies: [{name: one, configuration: CodeDeployDefault.OneAtATime}]
"""


@pytest.mark.parametrize(("chance", "told"), [("100 %", ["Way back", "0 s"]), ("0 %", None)])
def test_a_way_back_that_took_no_time_is_told_apart_from_none(
    tmp_path: Path, chance: str, told: list[str] | None
) -> None:
    (tmp_path / "x.yaml").write_text(WRONG_CHECK.replace("CHANCE", chance))
    measured = called("run", str(tmp_path / "x.yaml")).stdout.partition("\nmeasured")[2]
    rows = [line.split("  ", 1) for line in measured.splitlines()]
    found = [[cell.strip() for cell in row] for row in rows if row[0] == "Way back"]
    assert found == ([] if told is None else [told])
    assert "way back," not in measured.partition("None of")[2]
