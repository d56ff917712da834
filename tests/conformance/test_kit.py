"""The conformance kit: our rollouts keep every law, and one that breaks a law is shown by a small scenario."""

from __future__ import annotations

import sys
from pathlib import Path
from random import Random

import pytest

from simulator.conformance import LAWS, conform, rollout_named, rows
from simulator.conformance.cases import drawn
from simulator.engine.rollouts import ROLLOUTS, Rollout, standing_in
from simulator.errors import RolloutError
from simulator.model.service import ServerFleet
from simulator.scenario import dump, loads
from tests.conformance import twins

SERVER, LAMBDA = ("server", "in_place"), ("lambda", "blue_green")


@pytest.mark.parametrize("row", rows(), ids="/".join)
def test_every_rollout_keeps_every_law_on_random_scenarios(row: tuple[str, str]) -> None:
    verdict = conform(row, cases=25, seed=11)
    assert verdict.passes, [(found.law, found.complaint, dump(found.case.scenario())) for found in verdict.broken]


def test_one_instance_too_many_is_caught_with_a_fleet_of_at_most_four() -> None:
    verdict = conform(SERVER, Rollout(twins.one_too_many), cases=30)
    (found,) = [each for each in verdict.broken if each.law == "floor"]
    world = found.case.world()
    assert isinstance(world.service, ServerFleet)
    assert world.service.fleet.size <= 4
    assert "in service" in found.complaint
    assert len(dump(found.case.scenario()).splitlines()) <= 25


@pytest.mark.parametrize(
    ("row", "twin", "law"),
    [
        (SERVER, twins.of_its_own_luck, "deterministic"),
        (SERVER, twins.of_others_draws, "draws"),
        (SERVER, twins.forgetful, "targets"),
        (SERVER, twins.blind_to_zones, "floor"),
        (SERVER, twins.deaf, "runs"),
        (LAMBDA, twins.heavy, "weights"),
    ],
    ids=lambda each: getattr(each, "__name__", None),
)
def test_each_broken_twin_is_caught_by_its_law(row: tuple[str, str], twin: object, law: str) -> None:
    verdict = conform(row, Rollout(twin), cases=60, laws=(law if law != "runs" else "ends",))
    assert law in {found.law for found in verdict.broken}


def test_a_counterexample_is_a_scenario_that_breaks_the_law_again() -> None:
    twin = Rollout(twins.one_too_many)
    (found, *_) = conform(SERVER, twin, cases=30, laws=("floor",)).broken
    read = loads(dump(found.case.scenario()))
    assert read == found.case.scenario()
    again = conform(SERVER, twin, cases=[found.case], laws=("floor",))
    assert [each.complaint for each in again.broken] == [found.complaint]


def test_the_same_seed_draws_the_same_scenarios_and_each_can_be_written_and_read() -> None:
    for row in rows():
        first, again = (drawn(*row, Random("7")) for _ in range(2))
        assert first == again
        assert loads(dump(first.scenario())) == first.scenario()


def test_a_rollout_stands_in_while_it_is_judged_and_no_longer() -> None:
    from simulator.engine.rollouts import _STANDING_IN

    with standing_in(SERVER, Rollout(twins.deaf)):
        assert SERVER in _STANDING_IN
    assert not _STANDING_IN
    assert SERVER in ROLLOUTS


def test_laws_have_a_name_and_a_statement_each() -> None:
    assert len(LAWS) >= 12
    assert all(law.name == name and law.statement for name, law in LAWS.items())


# ------------------------------------------------------------------------------------------------ from outside


def test_a_rollout_is_found_in_a_file_and_in_a_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "def mine(world, deployment):\n    yield\n    return 'Succeeded', None\n"
    (tmp_path / "elsewhere.py").write_text(text, encoding="utf-8")
    assert rollout_named(f"{tmp_path / 'elsewhere.py'}:mine").run.__name__ == "mine"
    monkeypatch.syspath_prepend(str(tmp_path))
    assert rollout_named("elsewhere:mine").run.__name__ == "mine"
    sys.modules.pop("elsewhere", None)


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("nobody", "no rollout is called 'nobody'"),
        ("no.such.package:thing", "'no.such.package' cannot be imported"),
        ("absent.py:thing", "absent.py: no such file"),
        ("tests.conformance.twins:absent", "has no 'absent'"),
        ("tests.conformance.twins:no_function", "is no function"),
    ],
)
def test_one_that_cannot_be_loaded_says_why(named: str, said: str) -> None:
    with pytest.raises(RolloutError, match=said):
        rollout_named(named)


def test_a_file_that_fails_says_where(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("1 / 0\n", encoding="utf-8")
    with pytest.raises(RolloutError, match=r"bad\.py: ZeroDivisionError"):
        rollout_named(f"{tmp_path / 'bad.py'}:mine")


# ------------------------------------------------------------------------------------------------ the command


def rollsim(*arguments: str) -> tuple[int, str]:
    from typer.testing import CliRunner

    from simulator.cli.app import app

    done = CliRunner().invoke(app, ["conform", *arguments])
    return done.exit_code, done.output


def test_the_command_prints_pass() -> None:
    code, text = rollsim("--for", "server/in_place", "--cases", "5")
    assert code == 0
    assert f"server/in_place: passes all {len(LAWS)} laws on 5 scenarios." in text


def test_the_command_prints_the_smallest_counterexample_and_how_to_see_it_again(tmp_path: Path) -> None:
    twin = f"{Path(twins.__file__)}:one_too_many"
    code, text = rollsim("--rollout", twin, "--cases", "20", "--out", str(tmp_path))
    assert code == 1
    assert "breaks floor (the minimum healthy hosts stay in service): at " in text
    written = tmp_path / "breaks-floor.yaml"
    assert "size: " in written.read_text(encoding="utf-8")
    code, text = rollsim("--rollout", twin, "--for", "server/in_place", "--scenario", str(written))
    assert code == 1
    assert "breaks floor" in text


def test_the_command_refuses_a_row_that_there_is_not() -> None:
    code, text = rollsim("--for", "moon/in_place")
    assert code == 2
    assert "server/in_place" in text
