"""``scenario.set`` in Python, and ``--set`` on a file: the same scenario, bit for bit."""

from __future__ import annotations

from pathlib import Path

import pytest

import simulator
from simulator.errors import ScenarioError
from simulator.report.data import parquet, scenario_hash
from simulator.scenario import load, loads
from simulator.scenario.shipped import shipped
from simulator.scenario.templates import template

EVERYWHERE = ["traffic.rate=900/s", "revision.bad=7.3 %", "slo={objective: 99.5 %}", "horizon=5 h", "name=other"]
CHANGES = [
    *((name, change) for name in ("web-fleet", "lambda-api", "incident-replay") for change in EVERYWHERE),
    ("web-fleet", "service.fleet.size=20"),
    ("web-fleet", "strategies.one-at-a-time.configuration=CodeDeployDefault.AllAtOnce"),
    ("web-fleet", "strategies.half-at-a-time.alarms=[]"),
    ("web-fleet", "alarms[0].threshold=17"),
    ("web-fleet", "service.lifecycle.hooks.ApplicationStart.duration={median: 20 s, p95: 45 s}"),
    ("web-fleet", "service.lifecycle.hooks.AfterInstall={timeout: 60 s}"),
    ("web-fleet", "decision.delta=7 s"),
    ("web-fleet", "assumptions.dispatch=window"),
    ("lambda-api", "revision.defects.errors.share={p05: 3 %, p95: 41 %}"),
    ("lambda-api", "traffic.daily={}"),
    ("incident-replay", "assumptions.delivery_load_balancer=30 s"),
]


@pytest.mark.parametrize(("name", "change"), CHANGES)
def test_the_model_and_the_file_give_one_scenario(name: str, change: str) -> None:
    path, _, value = change.partition("=")
    on_the_file = load(shipped()[name], sets=[change])
    before = load(shipped()[name])
    on_the_model = before.set(path, value)
    assert on_the_model == on_the_file
    assert scenario_hash(on_the_model) == scenario_hash(on_the_file) != scenario_hash(before)
    assert before == load(shipped()[name])


def test_set_gives_the_outcomes_of_the_edited_file_bit_for_bit(tmp_path: Path) -> None:
    text = template("server")
    (tmp_path / "edited.yaml").write_text(text.replace("rate: 500/s", "rate: 900/s"))
    (tmp_path / "a.yaml").write_text(text)
    ways = (
        load(tmp_path / "edited.yaml"),
        load(tmp_path / "a.yaml", sets=["traffic.rate=900/s"]),
        load(tmp_path / "a.yaml").set("traffic.rate", "900/s"),
        load(tmp_path / "a.yaml").set("traffic.rate", 900),
    )
    tables = [parquet(simulator.compare(way, replications=6, seed=3, workers=1).outcomes) for way in ways]
    assert all(table == tables[0] for table in tables)


def test_a_number_is_in_the_unit_used_inside() -> None:
    scenario = loads(template("server"))
    assert scenario.set("revision.bad", 0.25).revision.bad == 0.25
    assert scenario.set("horizon", 3600).horizon == 3600.0
    changed = scenario.set("service.lifecycle.durations.Install", {"median": 3, "p95": 9})
    assert changed.service.lifecycle.durations["Install"].median == pytest.approx(3.0)


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("trafic.rate", "1/s", "a scenario has no field 'trafic'; did you mean traffic?"),
        ("strategies.half.current", "true", "strategies has no item 'half'; write one of half-at-a-time"),
        ("traffic.rate", "900", "a bare number is not a rate; write 900/s"),
        ("service.fleet.size", "1", "strategies[0].configuration"),
        ("alarms", "{from: a.json}", "has no folder to find files in"),
        ("base", "a.yaml", "a base is read with a file"),
    ],
)
def test_what_cannot_be_set_says_why(path: str, value: str, said: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        loads(template("server")).set(path, value)
    assert said in str(refused.value)
