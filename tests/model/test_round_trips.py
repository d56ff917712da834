"""Whatever a scenario says of platforms, options, stages and traffic survives being written and read again."""

from __future__ import annotations

import math
import pickle

import pytest
import yaml
from hypothesis import HealthCheck, given, settings

from simulator.model import unsimulated
from simulator.model.quantity import number_of
from simulator.model.scenario import Scenario
from simulator.scenario import dump, loads
from tests.model.any_scenario import scenarios

_UNITS = {"units": "required"}


@pytest.fixture(autouse=True, scope="module")
def whatever_is_simulated():
    """What can be written does not depend on what the engine simulates."""
    rows = dict(unsimulated.NOT_SIMULATED)
    unsimulated.NOT_SIMULATED.clear()
    yield
    unsimulated.NOT_SIMULATED.update(rows)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(scenarios())
def test_a_scenario_written_and_read_again_is_the_same_to_the_last_bit(data):
    scenario = Scenario.model_validate(data, context=_UNITS)
    text = dump(scenario)
    again = loads(text)
    assert again == scenario
    assert dump(again) == text
    assert again.under("s") == scenario.under("s")


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(scenarios())
def test_what_a_file_says_is_what_is_written(data):
    """Nothing is added, nothing is lost; texts of quantities stay as they were, in the unit used inside."""
    scenario = Scenario.model_validate(data, context=_UNITS)
    written = yaml.safe_load(dump(scenario))
    assert set(written) - {"assumptions"} == set(data)
    assert set(written["service"]) == set(data["service"])
    assert set(written["strategies"][0]) == set(data["strategies"][0])
    assert written["traffic"] == data["traffic"]


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(scenarios())
def test_a_scenario_travels_to_a_worker_unchanged(data):
    scenario = Scenario.model_validate(data, context=_UNITS)
    assert pickle.loads(pickle.dumps(scenario)) == scenario  # noqa: S301 - its own bytes


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan, 10**400])
@pytest.mark.parametrize("dimension", ["duration", "share", "rate", "money", "memory", "factor"])
def test_a_number_that_is_not_finite_is_no_quantity(value, dimension):
    with pytest.raises(ValueError, match="not a finite number; write for example"):
        number_of(value, dimension, required=False)
