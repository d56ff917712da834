"""One broken file per message: the file and, beside it, what is said about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.errors import ScenarioError
from simulator.scenario import check, load

BROKEN = Path(__file__).parent / "broken"
NAMES = sorted(path.stem for path in BROKEN.glob("*.yaml"))
# Words of the validation library; none may reach a reader.
JARGON = (
    "Input should",
    "Value error",
    "validation error",
    "Field required",
    "Extra inputs",
    "pydantic",
    "valid dictionary",
    "tuple",
    "NoneType",
    "Traceback",
)


@pytest.fixture(autouse=True)
def beside_the_files(monkeypatch):
    monkeypatch.chdir(BROKEN)


@pytest.mark.parametrize("name", NAMES)
def test_a_broken_file_is_refused_in_these_words(name):
    with pytest.raises(ScenarioError) as refused:
        load(f"{name}.yaml")
    assert str(refused.value) == Path(f"{name}.txt").read_text(encoding="utf-8").removesuffix("\n")


@pytest.mark.parametrize("name", NAMES)
def test_check_says_the_same_without_raising(name):
    problems = [problem for problem in check(f"{name}.yaml") if problem.severity == "error"]
    said = "\n".join(str(problem) for problem in problems)
    assert Path(f"{name}.txt").read_text(encoding="utf-8").startswith(said + "\n")


@pytest.mark.parametrize("name", NAMES)
def test_every_message_has_a_place_a_remedy_and_no_jargon(name):
    for problem in check(f"{name}.yaml"):
        assert problem.file
        assert problem.line > 0 or "no such file" in problem.message
        assert any(mark in problem.message for mark in (";", "write", "did you mean")), problem.message
        assert not any(word in str(problem) for word in JARGON), problem.message


def test_every_problem_is_told_once_and_in_the_order_of_lines():
    problems = check("many-at-once.yaml")
    places = [(problem.line, problem.column) for problem in problems]
    assert places == sorted(places)
    assert len({(problem.line, problem.column, problem.message) for problem in problems}) == len(problems) == 7


def test_a_problem_knows_its_path_in_the_model():
    (problem,) = check("a-bare-rate.yaml")
    assert problem.path == ("traffic", "rate")
    assert (problem.file, problem.line, problem.column) == ("a-bare-rate.yaml", 3, 17)
