"""Files that are no scenario, or mean harm: one clear message each, quickly, and nothing followed outside."""

from __future__ import annotations

import os
import time

import pytest

from simulator.errors import ScenarioError
from simulator.scenario import check, load, loads

HEAD = "name: x\nservice: {platform: server, fleet: {size: 4}}\ntraffic: {rate: 5/s}\n"
TAIL = "strategies: [{name: all, configuration: CodeDeployDefault.AllAtOnce}]\n"


def refusal(path) -> str:
    with pytest.raises(ScenarioError) as refused:
        load(path)
    assert len(refused.value.problems) == 1
    return str(refused.value.problems[0])


def test_a_missing_file(tmp_path):
    assert refusal(tmp_path / "a.yaml") == f"{tmp_path}/a.yaml: no such file; check the path"


def test_a_folder(tmp_path):
    assert refusal(tmp_path) == f"{tmp_path}: a folder; name a file in it"


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert "not a file" in refusal(tmp_path / "pipe")


def test_a_binary_file(tmp_path):
    (tmp_path / "a.yaml").write_bytes(b"\x7fELF\0\0")
    assert "not text but binary" in refusal(tmp_path / "a.yaml")


def test_text_in_another_encoding(tmp_path):
    (tmp_path / "a.yaml").write_bytes("name: x\nwhy: caf\xe9\n".encode("latin-1"))
    assert "line 2 is not UTF-8" in refusal(tmp_path / "a.yaml")


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path):
    (tmp_path / "a.yaml").write_text(HEAD + TAIL, encoding="utf-8-sig")
    assert load(tmp_path / "a.yaml").name == "x"


def test_windows_line_ends_count_as_one_line(tmp_path):
    (tmp_path / "a.yaml").write_bytes((HEAD + "revision: {bad: 5}\n" + TAIL).replace("\n", "\r\n").encode())
    (problem,) = check(tmp_path / "a.yaml")
    assert (problem.line, problem.column) == (4, 17)


def test_a_file_too_large(tmp_path):
    (tmp_path / "a.yaml").write_text("#" * 2**20 + "\n")
    assert "larger than 1 MiB" in refusal(tmp_path / "a.yaml")


def test_a_control_character():
    with pytest.raises(ScenarioError, match="control character"):
        loads("name: a\x01b\n")


def test_a_name_of_control_characters_is_escaped(tmp_path):
    assert "\\x1b" in refusal(tmp_path / "a\x1b[2J.yaml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: " + "[" * 10_000, "nested more than 50 levels"),
        ("name: " + "{a: " * 10_000, "nested more than 50 levels"),
        ("name: [" + "1, " * 30_000 + "1]", "more than 20000 values"),
        ("a: &a [1]\nb: &b [*a, *a]\n", "alias *a stands inside a value that has an anchor itself"),
        ("a: &a {b: *a}\n", "alias *a stands inside"),
        ("a: &a [" + "1, " * 9000 + "1]\nb: [*a, *a, *a]\n", "more than 20000 values"),
        ("? [a, b]\n: 1\n", "a field's name is a plain word"),
        ("a: &a b\n*a : c\n", "an alias cannot name a field"),
        (
            "name: !!python/object/apply:os.system [id]\n",
            "tag 'tag:yaml.org,2002:python/object/apply:os.syst",
        ),
    ],
)
def test_an_excess_is_refused_where_it_begins(text, said):
    begun = time.perf_counter()
    with pytest.raises(ScenarioError) as refused:
        loads(text)
    assert said in str(refused.value)
    assert time.perf_counter() - begun < 2


def test_a_plain_alias_is_read_and_its_copies_are_independent():
    scenario = loads(
        HEAD + "start: Tuesday 10:00\nfaults:\n  - &crash {kind: instance_crash, rate: 1/year}\n  - *crash\n" + TAIL
    )
    assert scenario.faults[0] == scenario.faults[1]


@pytest.mark.parametrize(
    "path",
    ["/etc/passwd", "../a.json", "b/../../a.json", "~/a.json", "c:\\a.json", "", "''", "{a: b}", "7", "null"],
)
def test_a_named_file_stays_in_the_scenarios_folder(path, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "a.json").write_text("{}")
    (tmp_path / "in" / "a.yaml").write_text(HEAD + f"alarms: {{from: {path}}}\n" + TAIL)
    (problem,) = check(tmp_path / "in" / "a.yaml")
    assert "folder" in problem.message or "write the path of a file" in problem.message
    assert problem.line == 4


def test_a_link_out_of_the_folder_is_not_followed(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "secret.json").write_text('{"MetricAlarms": []}')
    (tmp_path / "in" / "alarms.json").symlink_to(tmp_path / "secret.json")
    (tmp_path / "in" / "a.yaml").write_text(HEAD + "alarms: {from: alarms.json}\n" + TAIL)
    (problem,) = check(tmp_path / "in" / "a.yaml")
    assert "a link out of the scenario's folder" in problem.message


def test_a_scenario_from_text_names_no_files():
    with pytest.raises(ScenarioError, match="has no folder to find files in"):
        loads(HEAD + "alarms: {from: a.json}\n" + TAIL)


def test_text_of_a_file_is_quoted_back_shortened_and_escaped():
    with pytest.raises(ScenarioError) as refused:
        loads(HEAD + 'rollback: {events: ["' + "\\e[31m" + "x" * 500 + '"]}\n' + TAIL)
    said = str(refused.value.problems[0].message)
    assert "\x1b" not in said
    assert len(said) < 300


def test_a_very_long_line_is_not_shown_whole():
    with pytest.raises(ScenarioError) as refused:
        loads(HEAD + "revision: {bad: 5, name: " + "x" * 5000 + "}\n" + TAIL)
    assert all(len(problem.source) <= 160 for problem in refused.value.problems)
