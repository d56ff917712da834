"""The how-to's change is applied to a copy of the repository, and what it promises is run there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path("docs/how-to/add-a-strategy.md")


def blocks(text: str, kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def page(repository: Path) -> str:
    return (repository / PAGE).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def changed(repository: Path, page: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository with the change applied."""
    copy = tmp_path_factory.mktemp("copy")
    for folder in ("simulator", "scenarios"):
        shutil.copytree(repository / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    (diff,) = blocks(page, "diff")
    (copy / "five-first.diff").write_text(diff, encoding="utf-8")
    done = subprocess.run(
        ["git", "apply", "-C1", "five-first.diff"], cwd=copy, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return copy


def rollsim(copy: Path, *arguments: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(copy), "COLUMNS": "200"}
    done = subprocess.run(
        [sys.executable, "-m", "simulator", *arguments],
        cwd=copy, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_change_touches_four_places(page: str) -> None:
    (diff,) = blocks(page, "diff")
    files = re.findall(r"^\+\+\+ b/(.+)$", diff, re.MULTILINE)
    assert len(files) == 4
    places = ("simulator/model/", "simulator/rules/", "simulator/engine/rollouts/__init__.py")
    assert all(any(file.startswith(place) for file in files) for place in places)


@pytest.mark.slow
def test_the_strategy_keeps_every_law(changed: Path) -> None:
    assert "server/five_first: passes all" in rollsim(changed, "conform", "--for", "server/five_first", "--cases", "25")


@pytest.mark.slow
def test_without_the_line_that_the_page_names_the_kit_shows_a_fleet_of_two(changed: Path) -> None:
    text = (changed / "simulator/engine/rollouts/five_first.py").read_text(encoding="utf-8")
    broken = changed / "forgot.py"
    broken.write_text(text.replace("        rest.cut()\n", ""), encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(changed)}
    asked = ("--rollout", "forgot.py:five_first", "--for", "server/five_first")
    done = subprocess.run(
        [sys.executable, "-m", "simulator", "conform", *asked],
        cwd=changed, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    assert "breaks targets" in done.stdout
    assert "size: 2" in done.stdout


@pytest.mark.slow
def test_the_comparison_of_the_page_runs_with_five_before_the_wait(changed: Path, page: str) -> None:
    scenario = next(block for block in blocks(page, "yaml") if block.startswith("# five-first.yaml"))
    (changed / "five-first.yaml").write_text(scenario, encoding="utf-8")
    said = rollsim(changed, "compare", "five-first.yaml", "--replications", "20", "--workers", "1")
    assert "five-first" in said
    story = rollsim(changed, "run", "five-first.yaml", "--strategy", "five-first", "--given", "good")
    assert "5 of 12 targets" in story
    assert "6 of 12 targets" in story


def test_stages_say_it_in_a_scenario_too(page: str) -> None:
    from simulator.model.scenario_fields import Strategy

    (stages, _) = blocks(page, "yaml")
    assert "hosts: 5" in stages
    import yaml

    (strategy,) = yaml.safe_load(stages)["strategies"]
    assert len(Strategy.model_validate(strategy, context={"units": "required"}).stages) == 2
