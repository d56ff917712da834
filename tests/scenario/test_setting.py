"""``--set``: one field of a scenario changed on the way in."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.errors import ScenarioError
from simulator.scenario import load, set_path
from simulator.scenario.templates import template


@pytest.fixture
def scenario(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text(template("server"))
    return path


@pytest.mark.parametrize(
    ("setting", "path", "value"),
    [
        ("traffic.rate=900/s", "traffic.rate", 900.0),
        ("revision.bad=0 %", "revision.bad", 0.0),
        ("service.fleet.size=24", "service.fleet.size", 24),
        ("slo.outage_share=20 %", "slo.outage_share", 0.2),
        ("alarms[0].threshold=50", "alarms.0.threshold", 50.0),
        ("alarms.5xx.threshold=50", "alarms.0.threshold", 50.0),
        ("revision.defects.errors.weight=3", "revision.defects.0.weight", 3.0),
        ("faults.0.probability=9 %", "faults.0.probability", 0.09),
        ("rollback.events=[]", "rollback.events", ()),
    ],
)
def test_a_field_is_set_by_name_or_index(scenario, setting, path, value):
    found: Any = load(scenario, sets=[setting])
    for step in path.split("."):
        found = found[int(step)] if step.isdigit() else getattr(found, step)
    assert found == value


def test_a_strategy_goes_by_its_name(scenario):
    changed: Any = load(scenario, sets=["strategies.one-at-a-time.configuration=CodeDeployDefault.AllAtOnce"])
    assert changed.strategy("one-at-a-time").configuration.name == "CodeDeployDefault.AllAtOnce"
    assert changed.strategy("half-at-a-time").configuration.name == "CodeDeployDefault.HalfAtATime"


def test_an_overlay_is_a_field_of_its_strategy(scenario):
    changed: Any = load(scenario, sets=["strategies.half-at-a-time.traffic.rate=100/s"])
    assert changed.under("half-at-a-time").traffic.rate == 100.0
    assert changed.under("one-at-a-time").traffic.rate == 500.0


def test_a_value_may_be_a_mapping_and_the_last_setting_counts(scenario):
    sets: list[str | tuple[str, str]] = [
        "service.lifecycle.durations.Install={median: 3 s, p95: 9 s}",
        ("traffic.rate", "1/s"),
        "traffic.rate=2/s",
    ]
    changed: Any = load(scenario, sets=sets)
    assert changed.service.lifecycle.durations["Install"].kind == "lognormal"
    assert changed.traffic.rate == 2.0


def test_the_short_form_of_a_hook_can_be_set(scenario):
    changed: Any = load(scenario, sets=["service.lifecycle.hooks.AfterInstall={duration: 7 s}"])
    assert changed.service.lifecycle.durations["AfterInstall"].fixed == 7.0


def test_a_price_id_keeps_its_dots(scenario):
    changed: Any = load(scenario, sets=["prices.overrides.ec2.m6i.large=0.11 USD"])
    assert changed.prices.overrides == {"ec2.m6i.large": 0.11}


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("trafic.rate=1/s", "a scenario has no field 'trafic'; did you mean traffic?"),
        ("traffic.rat=1/s", "traffic has no field 'rat'; did you mean rate?"),
        ("strategies.half=x", "strategies has no item 'half'; write one of half-at-a-time"),
        ("strategies[7].name=x", "strategies has 3 items, numbered from 0; write at most 2"),
        ("assumptions.dispach=window", "assumptions has no field 'dispach'; did you mean dispatch?"),
        ("service.fleet.size.x=1", "service.fleet.size has no fields below it; end the path there"),
        ("traffic.rate=900", "--set traffic.rate=900: rate: a bare number is not a rate; write 900/s"),
        ("traffic.rate=1e400/s", "'1e400/s' is not a finite number; write for example 1500/s"),
        ("traffic.rate=1e9999999/s", "'1e9999999/s' is not a finite number; write for example 1500/s"),
        ("traffic.rate=.inf", "'.inf' is not a rate; write for example 1500/s"),
        ("horizon=1e400 h", "'1e400 h' is not a finite number; write for example 5 min"),
        ("revision.bad=1e400 %", "'1e400 %' is not a finite number; write for example 10 %"),
        ("prices.overrides.ec2.m6i.large=1e400 USD", "'1e400 USD' is not a finite number; write for example 12.50 USD"),
        ("traffic.rate={", "--set traffic.rate={: this ends in the middle of a value"),
        ("traffic.rate", "traffic.rate: write PATH=VALUE"),
        ("=1", "write a path"),
    ],
)
def test_what_cannot_be_set_says_why(scenario, setting, said):
    with pytest.raises(ScenarioError) as refused:
        load(scenario, sets=[setting])
    assert len(refused.value.problems) == 1
    assert said in str(refused.value)


def test_two_wrong_settings_are_both_told(scenario):
    with pytest.raises(ScenarioError) as refused:
        load(scenario, sets=["traffic.rate=1", "revision.bad=7"])
    assert len(refused.value.problems) == 2


def test_plain_data_can_be_changed_too():
    raw = {"strategies": [{"name": "v2.1", "configuration": "x"}]}
    assert set_path(raw, "strategies.v2.1.configuration", "y") is raw
    assert raw["strategies"][0]["configuration"] == "y"
