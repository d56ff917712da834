"""What ships reads well: teaching scenarios and the library are short, free of problems, and in the index."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import simulator
from simulator.docs import library as page
from simulator.docs.claims import CLAIMS
from simulator.scenario import check
from simulator.scenario.shipped import known, library, shipped

LINES = {**dict.fromkeys(shipped(), 45), **dict.fromkeys(library(), 40)}
# What a shipped scenario does although advised against it: the very thing that it shows.
SHOWN = (
    "moves all traffic at once",
    "in service, ",
    "no alarm is watched",
    "no alarm is given",
    "nothing rolls it back",
    "nothing is rolled back by itself",
    "the deployment group watches each of them",
)


def test_ten_teach() -> None:
    assert len(shipped()) == 10


@pytest.mark.parametrize("name", known())
def test_it_is_short_and_says_what_it_teaches_and_how_to_run_it(name: str) -> None:
    text = known()[name].read_text(encoding="utf-8")
    first, second = text.splitlines()[:2]
    assert first.startswith("# ")
    assert second == f"# Run: rollsim compare {name if name in library() else f'scenarios/{name}.yaml'}" or (
        second == "# Run: rollsim run scenarios/incident-replay.yaml --strategy as-it-was"
    )
    assert len(text.splitlines()) <= LINES[name]
    teaches = simulator.load(known()[name]).teaches
    assert teaches
    assert not teaches.endswith(".")
    assert not teaches.startswith(("why ", "how "))  # a finding, as in "teaches that ..."


@pytest.mark.parametrize("name", shipped())
def test_what_a_scenario_teaches_has_a_number(name: str) -> None:
    numbers = r"\d|half|quarter|third|tenth|minute|hour|dollar"
    assert re.search(numbers, simulator.load(shipped()[name]).teaches or "")


@pytest.mark.parametrize("name", known())
def test_nothing_is_advised_but_what_it_shows(name: str) -> None:
    found = check(known()[name])
    assert [one.message for one in found if not any(part in one.message for part in SHOWN)] == []


def test_every_scenario_of_the_library_is_in_the_index_and_every_row_has_its_scenario() -> None:
    rows = {claim.scenario for claim in CLAIMS} - {""}
    assert set(library()) <= rows <= set(known())
    text = (page.FOLDER / "index.md").read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)]+\.yaml)\)", text):
        assert (page.FOLDER / target).is_file()


def test_the_index_is_what_the_table_and_the_scenarios_say() -> None:
    assert (page.FOLDER / "index.md").read_text(encoding="utf-8") == page.index()


def test_a_row_without_a_scenario_says_why() -> None:
    assert all(claim.scenario or claim.remark for claim in CLAIMS)


def test_every_claim_has_a_row() -> None:
    ids = {part for claim in CLAIMS for part in claim.id.split(", ")} - {""}
    assert ids == {f"C{number}" for number in range(1, 44)}


@pytest.mark.parametrize("name", page.wanted())
def test_numbers_of_the_index_are_of_strategies_that_there_are(name: str) -> None:
    strategies = {strategy.name for strategy in simulator.load(known()[name]).strategies}
    assert {number.strategy for number in page.wanted()[name]} <= strategies


def test_what_was_measured_is_what_the_index_shows() -> None:
    assert set(page.measured()) == {number.key for of in page.wanted().values() for number in of}


def test_the_folder_holds_scenarios_the_index_and_what_was_measured() -> None:
    others = {path.name for path in Path(page.FOLDER).iterdir() if path.suffix != ".yaml"}
    assert others == {"index.md", page.MEASURED}
