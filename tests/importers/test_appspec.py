"""AppSpec files beyond the corpus: what the agent takes, what it refuses, and what is noted."""

from __future__ import annotations

import pytest

from simulator.errors import ImportFailure
from simulator.importers import appspec

HEAD = "version: 0.0\nos: linux\n"


def notes(spec) -> str:
    return " / ".join(note.message for note in spec.notes)


def test_windows_line_ends_and_no_last_newline():
    spec = appspec.read("version: 0.0\r\nos: linux\r\nhooks:\r\n  AfterInstall:\r\n    - location: a.sh")
    assert spec.hooks["AfterInstall"][0].location == "a.sh"


def test_json_with_tabs_and_a_timeout_in_quotes():
    hooks = '{"AfterInstall": [{"location": "a", "timeout": "10"}]}'
    text = '{\n\t"version": 0.0,\n\t"os": "linux",\n\t"hooks": ' + hooks + "}"
    assert appspec.read(text).hooks["AfterInstall"][0].timeout == 10.0


# Source: aws-codedeploy-agent, script_info.rb: the whole number a text begins with, refused unless above 0.
@pytest.mark.parametrize(
    ("timeout", "seconds"), [("300", 300), ("300s", 300), ("'60'", 60), ("1.5", 1), ("7200", 7200)]
)
def test_timeouts_the_agent_takes(timeout, seconds):
    spec = appspec.read(HEAD + f"hooks:\n  AfterInstall:\n    - {{location: a, timeout: {timeout}}}\n")
    assert spec.hooks["AfterInstall"][0].timeout == seconds


@pytest.mark.parametrize("timeout", ["0", "-5", "ten", "timeout-in-seconds", "true", "[1]"])
def test_timeouts_the_agent_refuses(timeout):
    with pytest.raises(ImportFailure) as failure:
        appspec.read(HEAD + f"hooks:\n  AfterInstall:\n    - {{location: a, timeout: {timeout}}}\n", "appspec.yml")
    (problem,) = failure.value.problems
    assert (problem.file, problem.line, problem.column) == ("appspec.yml", 5, 30)
    assert "write a number of seconds" in problem.message


def test_timeouts_that_pass_the_events_hour_leave_the_hour_alone():
    spec = appspec.read(
        HEAD + "hooks:\n  AfterInstall:\n    - {location: a, timeout: 3000}\n    - {location: b, timeout: 3000}\n"
    )
    assert "add up to 6000 s" in notes(spec)
    assert [script.timeout for script in spec.lifecycle.hooks["AfterInstall"].scripts] == [3600.0, 3600.0]


def test_numbers_with_a_leading_zero_are_octal_to_the_agent():
    text = (
        HEAD + "permissions:\n  - {object: /srv, mode: 0644}\nhooks:\n  AfterInstall:\n"
        "    - {location: a, timeout: 0300}\n"
    )
    spec = appspec.read(text)
    assert spec.hooks["AfterInstall"][0].timeout == 192.0
    assert "0300 begins with 0 and is read 8-based, as 192" in notes(spec)
    # 0755 is 493, and 9 is no octal digit: the agent refuses it where '0755' in quotes is fine.
    with pytest.raises(ImportFailure, match="mode 493 is refused"):
        appspec.read(text.replace("0644", "0755"))
    assert appspec.read(text.replace("0644", '"0755"')).permissions == 1


def test_of_an_event_given_twice_the_last_one_counts():
    spec = appspec.read(HEAD + "hooks:\n  AfterInstall:\n    - location: a\n  AfterInstall:\n    - location: b\n")
    assert [script.location for script in spec.hooks["AfterInstall"]] == ["b"]
    assert "'AfterInstall' is given twice, first in line 4; the last one counts" in notes(spec)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("os: linux\nhooks: {}\n", "version nothing is refused"),
        ("version: '0.0'\nos: linux\n", "version '0.0' is refused by the agent"),
        ("version: 1\nos: linux\n", "version 1 is refused"),
        ("version: 0.0\nos: macos\n", "os 'macos' is refused"),
        (HEAD + "hooks:\n  AfterInstall:\n", "'AfterInstall' under hooks is a list"),
        (HEAD + "hooks: [AfterInstall]\n", "hooks is a mapping"),
        (HEAD + "hooks:\n  AfterInstall:\n    - a.sh\n", "a script is written as - location"),
        (HEAD + "hooks:\n  AfterInstall:\n    - timeout: 5\n", "a script without a location"),
        (HEAD + "files:\n  - source: a\n", "needs a source and a destination"),
        (HEAD + "permissions:\n  - mode: 755\n", "needs an object"),
        ("version: 0.0\nos: windows\npermissions:\n  - object: c\n", "permissions are refused on Windows"),
        ("a: 1\n", "name an AppSpec file"),
        ("", "the file is empty"),
        ("- a\n", "an AppSpec file is a mapping"),
        ("version: 0.0\nResources: []\n", "Resources is a list with one entry"),
        ("Resources: [{f: {Type: AWS::S3::Bucket, Properties: {}}}]\n", "is not deployed"),
        ("Resources: [{f: {Type: AWS::Lambda::Function}}]\n", "has no Properties"),
    ],
)
def test_what_is_refused_says_why(text, said):
    with pytest.raises(ImportFailure) as failure:
        appspec.read(text)
    assert said in str(failure.value)


def test_version_zero_without_a_point_is_the_same_number():
    assert appspec.read("version: 0\nos: linux\n").platform == "server"


def test_events_codedeploy_never_runs_are_kept_but_not_simulated():
    spec = appspec.read(HEAD + "hooks:\n  Install:\n    - location: a\n  Nightly:\n    - location: b\n")
    assert set(spec.hooks) == {"Install", "Nightly"}
    assert spec.lifecycle.hooks == {}
    assert "'Nightly' is no event of a deployment" in notes(spec)
    assert "Install is CodeDeploy's own event" in notes(spec)


def test_lambda_keys_in_any_case_and_hooks_as_one_mapping():
    spec = appspec.read(
        "version: 0.0\nresources:\n  - f:\n      type: aws::lambda::function\n"
        "      properties: {name: f, alias: live}\nhooks:\n"
        "  {BeforeAllowTraffic: check, AfterInstall: never}\n"
    )
    assert spec.function["alias"] == "live"
    assert list(spec.lifecycle.hooks) == ["BeforeAllowTraffic"]
    assert "'AfterInstall' is no hook of a Lambda deployment" in notes(spec)
    assert "does not say target_version" in notes(spec)


def test_an_ecs_file_is_read_and_says_nothing_of_the_number_of_tasks():
    spec = appspec.read(
        '{"version": 0.0, "Resources": [{"TargetService": {"Type": "AWS::ECS::Service", "Properties": '
        '{"TaskDefinition": "t", "LoadBalancerInfo": {"ContainerName": "c", "ContainerPort": 80}}}}]}'
    )
    assert spec.service["container_port"] == 80
    assert "how many tasks the service has" in notes(spec)
