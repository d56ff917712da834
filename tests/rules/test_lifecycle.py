"""Which events run, in which order, and whose scripts: the tables of the AppSpec reference."""

from __future__ import annotations

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.rules import hook_scripts, lifecycle
from simulator.rules.hook_scripts import Script

BLOCK = "BeforeBlockTraffic BlockTraffic AfterBlockTraffic"
INSTALL = "ApplicationStop DownloadBundle BeforeInstall Install AfterInstall ApplicationStart ValidateService"
ALLOW = "BeforeAllowTraffic AllowTraffic AfterAllowTraffic"


@pytest.mark.parametrize(
    ("deployment_type", "side", "load_balancer", "expected"),
    [
        ("in_place", "replacement", False, INSTALL),
        ("in_place", "replacement", True, f"{BLOCK} {INSTALL} {ALLOW}"),
        ("blue_green", "replacement", True, f"{INSTALL} {ALLOW}"),
        ("blue_green", "original", True, BLOCK),
        ("blue_green_rollback", "original", True, ALLOW),
        ("blue_green_rollback", "replacement", True, BLOCK),
        ("asg_launch", "replacement", False, INSTALL),
        ("asg_launch", "replacement", True, f"{INSTALL} {ALLOW}"),
        ("asg_termination", "replacement", False, f"{BLOCK} ApplicationStop"),
        ("asg_termination", "replacement", True, f"{BLOCK} ApplicationStop"),
    ],
)
def test_events_of_a_server_target(
    deployment_type: str, side: Literal["original", "replacement"], load_balancer: bool, expected: str
) -> None:
    found = lifecycle.events("server", deployment_type, side=side, load_balancer=load_balancer)
    assert found == tuple(expected.split())


def test_blue_green_has_its_traffic_events_even_unasked() -> None:
    assert lifecycle.events("Server", "BLUE_GREEN")[-3:] == tuple(ALLOW.split())


def test_lambda_has_three_events_and_ecs_eight() -> None:
    assert lifecycle.events("lambda", "blue_green") == tuple(ALLOW.split())
    assert lifecycle.events("ecs", "blue_green") == (
        "BeforeInstall",
        "Install",
        "AfterInstall",
        "AllowTestTraffic",
        "AfterAllowTestTraffic",
        "BeforeAllowTraffic",
        "AllowTraffic",
        "AfterAllowTraffic",
    )


@pytest.mark.parametrize(
    ("platform", "deployment_type", "message"),
    [
        ("lambda", "in_place", "always blue/green"),
        ("ecs", "asg_launch", "always blue/green"),
        ("server", "canary", "no deployment type"),
        ("fargate", "blue_green", "no compute platform"),
    ],
)
def test_what_does_not_exist_is_refused(platform: str, deployment_type: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        lifecycle.events(platform, deployment_type)


def test_scriptable_events() -> None:
    assert lifecycle.SCRIPTABLE["server"] == set(lifecycle.SCRIPTS_FROM)
    assert len(lifecycle.SCRIPTABLE["server"]) == 9
    assert lifecycle.SCRIPTABLE["lambda"] == {"BeforeAllowTraffic", "AfterAllowTraffic"}
    assert lifecycle.SCRIPTABLE["ecs"] == {
        "BeforeInstall",
        "AfterInstall",
        "AfterAllowTestTraffic",
        "BeforeAllowTraffic",
        "AfterAllowTraffic",
    }


@pytest.mark.parametrize("event", ["ApplicationStop", "BeforeBlockTraffic", "AfterBlockTraffic"])
def test_leaving_events_run_the_previous_revision_and_nothing_on_a_first_deployment(event: str) -> None:
    assert lifecycle.scripts_from(event, installed="old", deploying="new") == "old"
    assert lifecycle.scripts_from(event, installed=None, deploying="new") is None


@pytest.mark.parametrize(
    "event",
    ["BeforeInstall", "AfterInstall", "ApplicationStart", "ValidateService", "BeforeAllowTraffic"],
)
def test_arriving_events_run_the_new_revision(event: str) -> None:
    assert lifecycle.scripts_from(event, installed="old", deploying="new") == "new"
    assert lifecycle.scripts_from(event, installed=None, deploying="new") == "new"


def test_after_a_failure_behind_install_the_rollback_stops_the_failed_revision() -> None:
    # The deployment of v2 failed in ApplicationStart: Install had finished, so v2 is what is installed.
    assert lifecycle.scripts_from("ApplicationStop", installed="v2", deploying="v1") == "v2"


def test_a_blue_green_rollback_blocks_with_the_downloaded_and_allows_with_the_installed_revision() -> None:
    def whose(event: str) -> str | None:
        return lifecycle.scripts_from(
            event, installed="installed", deploying=None, blue_green_rollback=True, downloaded="downloaded"
        )

    assert whose("BeforeBlockTraffic") == whose("AfterBlockTraffic") == "downloaded"
    assert whose("BeforeAllowTraffic") == whose("AfterAllowTraffic") == whose("ApplicationStop") == "installed"


@pytest.mark.parametrize("event", ["DownloadBundle", "Install", "BlockTraffic", "AllowTraffic"])
def test_managed_events_run_no_scripts(event: str) -> None:
    assert lifecycle.scripts_from(event, installed="old", deploying="new") is None


def test_an_unknown_event_is_refused() -> None:
    with pytest.raises(ValueError, match="no Server lifecycle event"):
        lifecycle.scripts_from("AllowTestTraffic", installed="old", deploying="new")


@pytest.mark.parametrize(
    ("event", "following"),
    [
        ("ApplicationStop", "DownloadBundle"),
        ("BeforeBlockTraffic", "BlockTraffic"),
        ("AfterBlockTraffic", "ApplicationStop"),
        ("BeforeInstall", None),
        ("ValidateService", None),
    ],
)
def test_where_an_ignored_stop_failure_goes_on(event: str, following: str | None) -> None:
    assert lifecycle.next_event_after_ignored_stop_failure(event) == following


def test_a_script_has_an_hour_unless_it_says_otherwise() -> None:
    assert hook_scripts.script_timeouts([None, 60.0]) == (3600.0, 60.0)
    assert hook_scripts.event_limit([]) == 0.0
    assert hook_scripts.event_limit([60.0, 90.0]) == 150.0
    assert hook_scripts.event_limit([None, None]) == 3600.0


def test_scripts_run_one_after_another() -> None:
    ended = hook_scripts.run_scripts([Script(20.0), Script(30.0)])
    assert (ended.duration, ended.status, ended.script_ends) == (50.0, "Succeeded", (20.0, 50.0))


def test_an_event_without_scripts_costs_nothing() -> None:
    assert hook_scripts.run_scripts([]).duration == 0.0


@pytest.mark.parametrize(
    ("script", "duration", "code"),
    [
        (Script(12.0, ends="ScriptFailed"), 12.0, "ScriptFailed"),
        (Script(float("inf"), timeout=300.0), 300.0, "ScriptTimedOut"),
        (Script(float("inf")), 3600.0, "ScriptTimedOut"),
        (Script(300.0, timeout=300.0), 300.0, "Success"),
        (Script(5.0, timeout=240.0, holds_output=True), 240.0, "UnknownError"),
        (Script(5.0, ends="ScriptMissing"), 0.0, "ScriptMissing"),
        (Script(5.0, ends="ScriptNotExecutable"), 0.0, "ScriptNotExecutable"),
    ],
)
def test_how_a_script_ends_its_event(script: Script, duration: float, code: str) -> None:
    ended = hook_scripts.run_scripts([script])
    assert (ended.duration, ended.code) == (duration, code)
    assert ended.status == ("Succeeded" if code == "Success" else "Failed")


def test_an_event_dies_after_an_hour_whatever_its_scripts_were_given() -> None:
    ended = hook_scripts.run_scripts([Script(2000.0), Script(float("inf"), timeout=3000.0)])
    assert (ended.duration, ended.status) == (3600.0, "Failed")


@given(
    st.lists(
        st.builds(
            Script,
            duration=st.floats(0.0, 5000.0),
            timeout=st.one_of(st.none(), st.floats(1.0, 3600.0)),
            ends=st.sampled_from(["Success", "ScriptFailed"]),
            holds_output=st.booleans(),
        ),
        max_size=5,
    )
)
def test_an_event_never_outlasts_its_limit(scripts: list[Script]) -> None:
    ended = hook_scripts.run_scripts(scripts)
    assert ended.duration <= hook_scripts.event_limit([script.timeout for script in scripts]) * (1 + 1e-12)
    assert list(ended.script_ends) == sorted(ended.script_ends)
