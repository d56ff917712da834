"""A scenario written back reads as the same scenario."""

from __future__ import annotations

import yaml
from hypothesis import given
from hypothesis import strategies as st

from simulator.model.distribution import Fixed
from simulator.model.release import InstanceCrash, Revision, Slow
from simulator.model.scenario import Scenario
from simulator.model.scenario_fields import Strategy
from simulator.model.service import Fleet, ServerFleet
from simulator.scenario import dump, load, loads
from simulator.scenario.shipped import shipped
from simulator.scenario.templates import template


def test_every_shipped_scenario_and_template():
    scenarios = [load(path) for path in shipped().values()] + [
        loads(template("server")),
        loads(template("lambda")),
    ]
    for scenario in scenarios:
        assert loads(dump(scenario)) == scenario


def test_what_was_imported_is_inlined_and_quantities_carry_their_unit():
    text = dump(load(shipped()["web-fleet"]))
    assert "from:" not in text
    assert "appspec" not in text
    assert "rate: 1920/s" in text
    assert "timeout: 180 s" in text
    assert "configuration: CodeDeployDefault.HalfAtATime" in text


def test_fields_that_were_not_given_are_not_written():
    written = yaml.safe_load(dump(loads(template("server"))))
    assert "people" not in written
    assert "horizon" not in written


def a_world(**fields) -> Scenario:
    return Scenario.model_validate(
        {
            "name": "x",
            "service": ServerFleet(fleet=Fleet(size=4)),
            "traffic": {"rate": 5.0},
            "strategies": (Strategy(name="a", configuration="CodeDeployDefault.AllAtOnce"),),
            **fields,
        }
    )


def test_a_scenario_built_in_python_is_written_with_tags_and_units():
    scenario = a_world(
        revision=Revision(bad=0.2, defects=(Slow(factor=1.5),)), faults=(InstanceCrash(target=1, at=90.0),)
    )
    assert loads(dump(scenario)) == scenario


def test_numbers_in_an_overlay_built_in_python_get_their_units():
    overlay = {
        "traffic": {"rate": 9.0},
        "service": {"lifecycle": {"durations": {"Install": Fixed(value=3.0)}}},
    }
    strategy = Strategy.model_validate({"name": "a", "configuration": "CodeDeployDefault.AllAtOnce", **overlay})
    scenario = a_world(strategies=(strategy,))
    again = loads(dump(scenario))
    assert again.under("a") == scenario.under("a")
    assert again.strategies[0].overlay["traffic"] == {"rate": "9/s"}


@given(st.text(min_size=1, max_size=40))
def test_any_name_survives(name):
    scenario = a_world(name=name, teaches=name)
    assert loads(dump(scenario)) == scenario


@given(st.sampled_from(["1e5", "010", "1:30", "yes", "null", "~", "0x1f", "1_0", "2024-05-01", "-", "<<", "=", ".5"]))
def test_texts_that_look_like_something_else_survive(name):
    scenario = a_world(name=name)
    assert loads(dump(scenario)).name == name


@given(st.floats(0, 1, allow_subnormal=False), st.floats(1e-9, 1e9), st.floats(0.001, 1e5), st.floats(0.01, 5))
def test_every_number_survives_exactly(share, rate, median, sigma):
    scenario = loads(
        "name: x\nservice: {platform: server, fleet: {size: 4}}\n"
        f"traffic: {{rate: {rate!r}/s}}\nrevision: {{bad: {share * 100!r} %}}\n"
        f"people: {{act: {{median: {median!r} s, sigma: {sigma!r}}}}}\n"
        "strategies: [{name: a, configuration: CodeDeployDefault.AllAtOnce}]\n"
    )
    assert loads(dump(scenario)) == scenario
