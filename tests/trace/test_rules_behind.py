"""Every line of a trace and of a story names rules that can be explained."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import get_args

import pytest

import simulator
from simulator.cli.explanations import everything
from simulator.trace import behind as table
from simulator.trace.behind import behind, relied_on
from simulator.trace.records import DeploymentChange, EventRun, Record, Trace
from simulator.trace.story import CHAPTERS, story
from simulator.trace.text import lines, to_json_lines
from tests.cli.traces import a_fleet, a_function, a_trace, rolled_back_canary, smooth_rollout

SHIPPED = (
    ("web-fleet", "half-at-a-time"),
    ("web-fleet", "all-at-once"),
    ("web-fleet", "one-at-a-time"),
    ("web-fleet", "four-fifths-healthy"),
    ("lambda-api", "all-at-once"),
    ("lambda-api", "canary-5-min"),
    ("lambda-api", "linear-1-min"),
    ("lambda-api", "small-canary-15-min"),
    ("lambda-api", "all-at-once-smoke-tested"),
    ("incident-replay", "as-it-was"),
    ("incident-replay", "one-at-a-time"),
    ("incident-replay", "with-a-real-probe"),
)


@pytest.mark.parametrize(("name", "strategy"), SHIPPED)
def test_every_line_of_a_shipped_run_names_rules_that_can_be_explained(name: str, strategy: str) -> None:
    scenario = simulator.load(f"scenarios/{name}.yaml")
    for replication in range(2):
        done = simulator.run(scenario, strategy, replication=replication, stratum="bad")
        named = [set(moment.rules) for moment in story(done.trace, done.scenario)]
        named += [set(behind(record, done.trace)) for record in done.trace.records]
        assert all(named)
        assert set().union(*named) <= set(everything())


def test_every_kind_of_record_has_its_row() -> None:
    assert set(table.KINDS) == set(get_args(Record))
    assert set(CHAPTERS) <= set(get_args(Record))


def test_every_name_in_the_tables_can_be_explained() -> None:
    source = Path(table.__file__).read_text(encoding="utf-8")
    tables = source[source.index("ORDER_OF_EVENTS") :]
    named = set(re.findall(r'"([a-z_]+\.[a-z_]+)"', tables))
    assert len(named) > 20
    assert named <= set(everything())


def test_the_text_of_a_trace_ends_each_line_with_its_rules() -> None:
    for trace in (smooth_rollout(), rolled_back_canary()):
        for line, record in zip(lines(trace), trace.records, strict=True):
            assert line.endswith(f"  [{', '.join(behind(record, trace))}]")


def test_json_lines_carry_the_rules() -> None:
    trace = rolled_back_canary()
    _, *records = [json.loads(line) for line in to_json_lines(trace)]
    assert all(record["rules"] for record in records)


def test_an_assumption_is_named_only_where_the_run_relied_on_it() -> None:
    block = EventRun(60.0, 0, 3, "BlockTraffic", 0.0, "Succeeded")
    assert behind(block, a_trace([])) == ("load_balancer.block_traffic_wait",)
    relying = a_trace([], assumed=("block_traffic",))
    assert behind(block, relying) == ("load_balancer.block_traffic_wait", "block_traffic")
    assert relied_on(["people_act", "cost_usd", "cost_usd"], relying) == ("cost_usd",)


def test_a_code_leads_to_the_rule_that_gave_it() -> None:
    stopped = DeploymentChange(9.0, 0, "Failed", "user", "HEALTH_CONSTRAINTS")
    assert "healthy_hosts.must_stop" in behind(stopped, a_trace([]))
    dead = EventRun(300.0, 1, 7, "BeforeBlockTraffic", 0.0, "Skipped", "NotStarted")
    assert behind(dead, a_trace([])) == ("limits.event_start",)


@pytest.mark.parametrize("told", [(smooth_rollout(), a_fleet()), (rolled_back_canary(), a_function())])
def test_every_sentence_of_a_story_has_rules(told: tuple[Trace, simulator.Scenario]) -> None:
    assert all(moment.rules for moment in story(*told))
