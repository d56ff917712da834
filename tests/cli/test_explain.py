"""`rollsim explain`: every rule has a statement, a source, and an example whose answer is computed."""

from __future__ import annotations

import inspect
import json
from importlib import import_module
from pkgutil import iter_modules

import pytest
from typer.testing import CliRunner, Result

import simulator.rules
from simulator.cli.app import app
from simulator.cli.explanations import everything, nearest
from simulator.metrics import METRICS
from simulator.model.assumptions import TABLE
from simulator.rules import healthy_hosts
from simulator.rules.catalogue import RULES, Call
from simulator.rules.lifecycle import EVENTS


def called(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def rule_functions() -> set[str]:
    found = set()
    for module in iter_modules(simulator.rules.__path__):
        if module.ispkg:
            continue
        made = import_module(f"simulator.rules.{module.name}")
        for name, value in inspect.getmembers(made, inspect.isfunction):
            if value.__module__ == made.__name__ and not name.startswith("_"):
                found.add(f"{module.name}.{name}")
    return found


def test_every_public_rule_is_in_the_catalogue_and_nothing_that_is_no_rule() -> None:
    functions = rule_functions()
    assert functions <= set(RULES)
    assert all(rule.startswith("limits.") for rule in set(RULES) - functions)


@pytest.mark.parametrize("name", sorted(RULES))
def test_every_rule_has_a_statement_a_source_and_an_example_that_runs(name: str) -> None:
    rule = RULES[name]
    assert rule.title
    assert rule.statement.endswith((".", ")", ":"))
    assert rule.source
    for call in rule.calls:
        assert " = " in call.shown()


def test_rules_written_for_people_all_have_an_example() -> None:
    for rule in RULES.values():
        if rule.case != "For example:" and rule.case:
            assert rule.calls, rule.id
            assert rule.case.endswith((".", ":"))


def test_an_example_is_computed_when_it_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "required('FLEET_PERCENT', 40, fleet_size=9) = 4" in RULES["healthy_hosts.required"].example
    answers = iter([1, 2])
    moving = Call("next", lambda: next(answers))
    assert [moving.shown(), moving.shown()] == ["next = 1", "next = 2"]
    assert healthy_hosts.required("FLEET_PERCENT", 40, fleet_size=9) == 4


def test_a_rule_is_shown_with_its_source_and_an_example() -> None:
    shown = called("explain", "healthy_hosts.may_start").stdout
    assert "how many targets may start now" in shown
    assert "instances-health" in shown
    assert "fleet_size=9, failed=0, in_progress=0) = 5" in " ".join(shown.split())


@pytest.mark.parametrize("name", ["may_start", "HEALTHY_HOSTS.MAY_START"])
def test_a_rule_is_found_by_its_function_in_any_case(name: str) -> None:
    assert called("explain", name).stdout.startswith("healthy_hosts.may_start (rule)")


def test_an_assumption_is_shown_with_value_range_source_and_how_to_override_it() -> None:
    shown = called("explain", "dispatch").stdout
    for word in ("batch; window", "Source", "CodeDeploy user guide", "--set 'assumptions.dispatch=window'"):
        assert word in shown


@pytest.mark.parametrize("name", sorted(TABLE))
def test_the_override_that_is_shown_works(name: str) -> None:
    facts = dict(everything()[name].facts)
    value = facts["To override"].partition("=")[2].partition("', or")[0]
    world = simulator.load("scenarios/web-fleet.yaml", sets=[f"assumptions.{name}={value}"])
    assert name in world.assumptions


def test_metrics_events_and_codes_are_explained() -> None:
    assert "integral of the failing share" in called("explain", "downtime_s").stdout.lower()
    assert "after BeforeAllowTraffic" in called("explain", "AllowTraffic").stdout
    assert "Stopped, not Failed" in " ".join(called("explain", "ALARM_ACTIVE").stdout.split())
    known = everything()
    assert set(METRICS) <= set(known)
    assert {event for events in EVENTS.values() for event in events} <= set(known)


def test_without_a_name_all_are_listed_in_groups() -> None:
    shown = called("explain").stdout
    for heading in ("Batches of a fleet", "Alarms", "Assumptions", "Metrics", "Lifecycle events", "Codes"):
        assert heading in shown
    listed = json.loads(called("explain", "--json").stdout)
    assert [each["name"] for each in listed] == list(everything())


def test_json_is_one_document_with_the_example() -> None:
    document = json.loads(called("explain", "healthy_hosts.required", "--json").stdout)
    assert document["kind"] == "rule"
    assert any(line.endswith("= 4") for line in document["example"])
    assert all(link.startswith("https://docs.aws.amazon.com/") for link in document["read"])


@pytest.mark.parametrize("name", ["helthy_hosts.requird", "downtime", "AlowTraffic"])
def test_an_unknown_name_gets_the_nearest_ones_and_exit_2(name: str) -> None:
    result = called("explain", name)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert len(result.stderr.strip().splitlines()) == 1
    assert {"helthy_hosts.requird": "healthy_hosts.required", "downtime": "downtime_s", "AlowTraffic": "AllowTraffic"}[
        name
    ] in result.stderr


@pytest.mark.parametrize("name", ["\x1b[2J[bold]", "\u202e<script>", "x" * 10_000, "a\nb", ""])
def test_a_hostile_name_does_no_harm(name: str) -> None:
    result = called("explain", "--", name)
    assert result.exit_code == 2
    assert "\x1b" not in result.stderr
    assert "\u202e" not in result.stderr
    assert len(result.stderr) < 500


def test_nothing_near_is_said() -> None:
    assert nearest("zzz", ["abc"]) == "no name is near"


@pytest.mark.parametrize("width", ["40", "80", "200"])
def test_it_fits_the_terminal(width: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", width)
    for line in called("explain", "alarms.evaluate").stdout.splitlines():
        assert len(line) <= int(width) or line.startswith("https://")
