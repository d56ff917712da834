"""What the shipped scenarios must show."""

from __future__ import annotations

import numpy as np
import pytest

import simulator
from simulator.model.scenario import Scenario
from simulator.scenario import shipped

NAMES = sorted(shipped.shipped())


@pytest.fixture(scope="module")
def scenarios() -> dict[str, Scenario]:
    return {name: simulator.load(path) for name, path in shipped.shipped().items()}


def test_three_ship_and_each_opens_with_what_it_teaches(scenarios: dict[str, Scenario]) -> None:
    assert {"web-fleet", "lambda-api", "incident-replay"} <= set(NAMES)
    for name, path in shipped.shipped().items():
        assert path.read_text(encoding="utf-8").startswith("#")
        assert scenarios[name].teaches


def without_faults(scenario: Scenario) -> Scenario:
    """The same world with a good revision and no faults named."""
    written = scenario.model_dump(mode="json", exclude_unset=True)
    written["revision"] = {"bad": "0 %"}
    written["faults"] = []
    return Scenario.model_validate(written)


@pytest.mark.parametrize("name", ["web-fleet", "lambda-api"])
def test_a_good_revision_without_faults_harms_nobody_unless_capacity_falls_short(
    scenarios: dict[str, Scenario], name: str
) -> None:
    outcomes = simulator.compare(without_faults(scenarios[name]), replications=6, workers=1).outcomes
    assert set(outcomes.outcome) == {"succeeded"}
    short = outcomes.capacity_shortfall_s.fillna(0) > 0
    assert (outcomes.failed_requests[~short] == 0).all()
    assert (outcomes.failed_requests[short] > 0).all()
    assert np.allclose(
        outcomes.failed_requests.astype(float),
        (outcomes.failed_capacity + outcomes.failed_dead).astype(float),
    )


def test_the_fleet_at_peak_falls_short_where_the_batch_is_too_large(scenarios: dict[str, Scenario]) -> None:
    outcomes = simulator.compare(without_faults(scenarios["web-fleet"]), replications=4, workers=1).outcomes
    failed = outcomes.groupby("strategy").failed_requests.mean()
    assert failed["half-at-a-time"] > 0
    assert failed["all-at-once"] > 0
    assert failed["one-at-a-time"] == 0
    assert failed["four-fifths-healthy"] == 0


def test_the_canary_s_alarm_catches_what_all_at_once_lets_through(scenarios: dict[str, Scenario]) -> None:
    comparison = simulator.compare(scenarios["lambda-api"], replications=120, seed=5)
    table = comparison.probabilities(given="bad")
    caught = table[table.probability == "p_detected_before_full"].set_index("strategy").value
    assert caught["all-at-once"] < 0.1
    assert caught["canary-5-min"] > 0.5
    assert caught["all-at-once-smoke-tested"] > 0.4


def test_the_incident_is_the_same_in_every_replay(scenarios: dict[str, Scenario]) -> None:
    outcomes = simulator.compare(scenarios["incident-replay"], replications=5, workers=1).outcomes
    as_it_was = outcomes[outcomes.strategy == "as-it-was"]
    assert as_it_was.failed_requests.nunique() == 1
    assert as_it_was.trigger.tolist() == ["alarm"] * 5


def test_the_doubt_names_the_traffic_below_which_today_s_practice_would_do(scenarios: dict[str, Scenario]) -> None:
    answer = simulator.compare(scenarios["web-fleet"], replications=40, seed=1).recommendation
    assert "Below 1,200 requests/s half-at-a-time would leave enough in service" in answer.doubt
    assert answer.versus_current is not None
    assert "better in" in answer.versus_current


def test_two_runs_are_no_ground_for_certainty(scenarios: dict[str, Scenario]) -> None:
    answer = simulator.compare(scenarios["lambda-api"], replications=2, workers=1).recommendation
    assert "Too few runs" in answer.doubt
    assert "certain" not in answer.reason
    assert answer.p_best is None


def test_a_bake_that_is_too_short_buys_nothing_and_one_that_is_long_enough_keeps_it_on_one_box(
    scenarios: dict[str, Scenario],
) -> None:
    """Latent for some 40 minutes: met by one box of 24 in an hour's bake, by all of them after 20 minutes."""
    scenario = scenarios["one-box-first"].set("revision.defects", [{"kind": "latent", "share": 0.3, "after": 2400.0}])
    outcomes = simulator.compare(scenario, replications=12, workers=1).outcomes
    bad = outcomes[outcomes.bad].groupby("strategy").peak_exposure.max()
    assert bad["half-at-a-time"] == bad["box-20-min"] == 1.0
    assert bad["box-60-min"] < 0.1


def test_all_at_once_on_ecs_succeeds_with_an_application_that_is_down(scenarios: dict[str, Scenario]) -> None:
    """Nobody asks for the tasks' health before they have all traffic; a canary's users never meet them."""
    crash = scenarios["ecs-service"].set("revision.defects", "[{kind: crash_at_start}]").set("revision.bad", "100 %")
    outcomes = simulator.compare(crash, replications=20, workers=1).outcomes
    by_strategy = outcomes.groupby("strategy")
    exposed = by_strategy.peak_exposure.max()
    assert exposed["all-at-once"] == 1.0
    assert exposed["canary-5-min"] == exposed["linear-1-min"] == exposed["all-at-once-smoke-tested"] == 0.0
    assert by_strategy.outage_s.min()["all-at-once"] > 60.0
    assert set(outcomes[outcomes.strategy == "canary-5-min"].deployment_status) == {"Failed"}


def test_on_ecs_the_smoke_test_keeps_most_of_the_harm_away(scenarios: dict[str, Scenario]) -> None:
    outcomes = simulator.compare(scenarios["ecs-service"], replications=120, workers=1, seed=3).outcomes
    failed = outcomes[outcomes.bad].groupby("strategy").failed_requests.mean()
    assert failed["all-at-once-smoke-tested"] < 0.2 * failed["all-at-once"]
    assert failed["canary-5-min"] < 0.2 * failed["all-at-once"]
