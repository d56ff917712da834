"""``rollsim examples``: what ships, what each teaches, and a copy to make one's own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from simulator.cli.app import app
from simulator.scenario import load
from simulator.scenario.shipped import known, library, shipped


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def examples(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["examples", *arguments])


def test_every_shipped_scenario_is_listed_with_what_it_teaches() -> None:
    text, document = " ".join(examples().stdout.split()), json.loads(examples("--json").stdout)
    assert [item["name"] for item in document["examples"]] == list(shipped())
    for item in document["examples"]:
        assert item["name"] in text
        assert f"Teaches that {item['teaches']}." in text


@pytest.mark.parametrize("name", list(shipped()))
def test_a_copy_is_the_same_scenario_with_the_files_it_points_to(name: str) -> None:
    result = examples(name, "--to", "mine/own")
    assert result.exit_code == 0
    assert f"Next: rollsim compare mine/own/{name}.yaml" in result.stderr
    assert load(f"mine/own/{name}.yaml") == load(shipped()[name])
    assert set(result.stdout.split()) == {str(path) for path in Path("mine").rglob("*") if path.is_file()}


def test_nothing_is_written_over_without_being_told(here: Path) -> None:
    (here / "web-fleet").mkdir()
    (here / "web-fleet" / "appspec.yml").write_text("mine")
    refused = examples("web-fleet")
    assert refused.exit_code == 2
    assert "exists already" in refused.stderr
    assert "--force" in refused.stderr
    assert (here / "web-fleet" / "appspec.yml").read_text() == "mine"
    assert not (here / "web-fleet.yaml").exists()
    assert examples("web-fleet", "--force").exit_code == 0
    assert (here / "web-fleet" / "appspec.yml").read_text() != "mine"


def test_a_name_that_is_none_says_which_there_are() -> None:
    near, far = examples("web-flet"), examples("xyzzy")
    assert near.exit_code == far.exit_code == 2
    assert "no example is called 'web-flet'; did you mean web-fleet?" in near.stderr
    assert f"no example is called 'xyzzy'; there are {', '.join(known())}" in " ".join(far.stderr.split())


def test_the_library_is_listed_and_copied_like_the_others(here: Path) -> None:
    document = json.loads(examples("--library", "--json").stdout)
    assert [item["name"] for item in document["examples"]] == list(library())
    assert "rollsim examples --library" in examples().stdout
    name = next(iter(library()))
    assert examples(name, "--to", "mine").exit_code == 0
    assert load(f"mine/{name}.yaml") == load(library()[name])


def test_no_two_scenarios_that_ship_have_one_name() -> None:
    assert not set(shipped()) & set(library())


def test_a_name_means_ones_own_copy_where_there_is_one(here: Path) -> None:
    assert examples("web-fleet").exit_code == 0
    path = here / "web-fleet.yaml"
    path.write_text(path.read_text().replace("slo:", "slu:"))
    result = CliRunner().invoke(app, ["check", "web-fleet"])
    assert result.exit_code == 1
    assert "web-fleet.yaml:" in result.stdout
    assert "unknown field 'slu'" in result.stdout
