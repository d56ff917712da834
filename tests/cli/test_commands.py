"""The commands as people and scripts use them: exit codes, streams, one JSON document, help that works."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from simulator.cli import options
from simulator.cli.app import app
from simulator.experiment.plan import LARGEST

COMMANDS = ("check", "init", "run", "compare", "examples", "explain", "configs", "schema")
HOSTILE = "x[bold red]y[/]\\x1b[31m\\u202e<script>"
SMALL = """\
name: "NAME"
service: {platform: server, fleet: {size: 4, capacity: 100/s}}
traffic: {rate: 200/s}
revision: {bad: 20 %, defects: [{kind: errors, share: 50 %}]}
people: {acknowledge: 2 min, notice: 5 min, decide: 2 min, act: 1 min}
strategies:
  - {name: "STRATEGY", configuration: CodeDeployDefault.HalfAtATime, current: true}
  - {name: one-at-a-time, configuration: CodeDeployDefault.OneAtATime}
"""


def called(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def process(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    root = Path(__file__).resolve().parents[2]
    env = {**os.environ, "PYTHONPATH": str(root), **environment}
    command = [sys.executable, "-m", "simulator", *arguments]
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(autouse=True)
def piped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody says how wide the terminal is."""
    monkeypatch.delenv("COLUMNS", raising=False)


@pytest.fixture
def scenario(tmp_path: Path) -> str:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL.replace("NAME", "small").replace("STRATEGY", "half-at-a-time"))
    return str(path)


@pytest.fixture
def hostile(tmp_path: Path) -> str:
    path = tmp_path / "hostile.yaml"
    path.write_text(SMALL.replace("NAME", HOSTILE).replace("STRATEGY", HOSTILE))
    return str(path)


@pytest.fixture
def no_report(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Rendering has its own tests; here it only says where it would have written."""
    import simulator.report

    places: list[Path] = []

    def render(comparison: object, out: Path, **_: object) -> Path:
        places.append(Path(out))
        return Path(out)

    monkeypatch.setattr(simulator.report, "render", render)
    return places


# ---------------------------------------------------------------------------------------------- help


def test_help_lists_every_command() -> None:
    result = called("--help")
    assert result.exit_code == 0
    assert all(re.search(rf"^  {name} ", result.stdout, re.MULTILINE) for name in COMMANDS)
    assert "…" not in result.stdout
    assert "..." not in result.stdout.replace("[ARGS]...", "")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_each_command_shows_a_line_that_works(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_report: list[Path]
) -> None:
    monkeypatch.chdir(tmp_path)
    shown = called(command, "--help")
    assert shown.exit_code == 0
    example = re.search(r"Example: rollsim (.+)", shown.stdout)
    assert example is not None
    words = shlex.split(example[1].split(">", maxsplit=1)[0])
    if command == "compare":
        words[words.index("--replications") + 1] = "4"
    assert called(*words).exit_code == 0


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_takes_json(command: str) -> None:
    assert "--json" in called(command, "--help").stdout


def test_python_m_simulator_is_the_command(tmp_path: Path) -> None:
    result = process("--version", cwd=tmp_path)
    assert result.returncode == 0
    assert result.stdout.startswith("rollsim ")


def test_help_loads_nothing_heavy(tmp_path: Path) -> None:
    heavy = "{'pandas', 'numpy', 'scipy', 'matplotlib', 'pydantic', 'simpy', 'pyarrow', 'rich'}"
    program = f"import sys, simulator.cli; print(sorted({heavy} & set(sys.modules)))"
    root = Path(__file__).resolve().parents[2]
    env = {**os.environ, "PYTHONPATH": str(root)}
    done = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# ---------------------------------------------------------------------------------------------- check


def test_check_answers_yes_for_a_file_without_problems(scenario: str) -> None:
    result = called("check", scenario)
    assert result.exit_code == 0
    assert "no problems" in result.stdout


def test_check_answers_no_and_says_where(tmp_path: Path) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text(SMALL.replace("rate: 200/s", "rate: 200").replace("capacity", "capacty"))
    result = called("check", str(path))
    assert result.exit_code == 1
    assert f"{path}:2:" in result.stdout
    assert f"{path}:3:" in result.stdout
    assert "2 problems" in result.stdout


def test_check_cannot_answer_for_a_file_that_is_not_there(scenario: str, tmp_path: Path) -> None:
    result = called("check", scenario, str(tmp_path / "none.yaml"))
    assert result.exit_code == 2
    assert "none.yaml" in result.stderr
    assert "no problems" in result.stdout


@pytest.mark.parametrize("how", [["--json"], ["--format", "json"]])
def test_check_as_json_is_one_document(how: list[str], scenario: str, tmp_path: Path) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text(SMALL.replace("rate: 200/s", "rate: 200"))
    result = called("check", scenario, str(path), *how)
    good, broken = json.loads(result.stdout)["files"]
    assert result.exit_code == 1
    assert (good["problems"], good["readable"]) == ([], True)
    assert (broken["problems"][0]["line"], broken["problems"][0]["path"]) == (3, "traffic.rate")


# ---------------------------------------------------------------------------------------------- init


@pytest.mark.parametrize("platform", ["server", "lambda", "ecs"])
def test_what_init_writes_has_no_problems(platform: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    assert called("init", "--platform", platform, "--out", str(path)).exit_code == 0
    assert path.read_text() == called("init", "--platform", platform).stdout
    assert called("check", str(path)).exit_code == 0


def test_init_never_writes_over_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("mine")
    result = called("init", "--out", str(path))
    assert result.exit_code == 2
    assert "exists already" in result.stderr
    assert path.read_text() == "mine"


@pytest.mark.parametrize("platform", ["server", "lambda", "ecs"])
def test_init_as_json_is_one_document(platform: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    result = called("init", "--platform", platform, "--out", str(path), "--json")
    assert json.loads(result.stdout) == {"platform": platform, "scenario": path.read_text()}
    assert called("init", "--platform", platform, "--json").stdout == result.stdout


# ---------------------------------------------------------------------------------------------- run


def test_run_tells_the_story_and_why_and_echoes_the_seed(scenario: str) -> None:
    result = called("run", scenario, "--strategy", "half-at-a-time", "--given", "bad", "--seed", "5")
    assert result.exit_code == 0
    assert "seed 5, replication 0, bad revision" in result.stdout
    assert "CreateDeployment, 'half-at-a-time'" in result.stdout
    assert result.stdout.rstrip().endswith(".")


def test_run_as_json_is_one_document_and_the_same_twice(scenario: str) -> None:
    once, twice = (called("run", scenario, "--strategy", "one-at-a-time", "--json") for _ in range(2))
    document = json.loads(once.stdout)
    assert once.stdout == twice.stdout
    assert (document["seed"], document["replication"]) == (0, 0)
    assert document["outcome"]["duration_s"] > 0
    assert document["why"].endswith(".")


def test_run_meets_the_revision_that_is_given(scenario: str) -> None:
    met = [
        json.loads(called("run", scenario, "--strategy", "one-at-a-time", "--given", given, "--json").stdout)
        for given in ("good", "bad")
    ]
    assert [document["stratum"] for document in met] == ["good", "bad"]
    assert [document["defect"] is None for document in met] == [True, False]


def test_run_of_a_replication_meets_the_revision_that_the_experiment_meets(scenario: str) -> None:
    def stratum(*arguments: str) -> str:
        document = json.loads(called("run", scenario, "--strategy", "one-at-a-time", "--json", *arguments).stdout)
        return str(document["stratum"])

    assert [stratum("--replication", str(number)) for number in range(4)] == ["good", "bad", "good", "bad"]
    assert stratum("--replication", "1", "--given", "good") == "good"


@pytest.mark.parametrize("option", ["--replication", "--seed"])
def test_run_refuses_a_number_that_does_not_fit(option: str, scenario: str) -> None:
    result = called("run", scenario, option, "99999999999999999999")
    assert result.exit_code == 2
    assert option in result.stderr
    assert str(LARGEST) in result.stderr


def test_the_command_and_the_library_have_the_same_largest_number() -> None:
    assert options.LARGEST == LARGEST


def test_run_refuses_what_is_not_finite(scenario: str) -> None:
    result = called("run", scenario, "--set", "traffic.rate=1e400/s")
    assert result.exit_code == 2
    assert "not a finite number; write for example 1500/s" in result.stderr


def test_run_cannot_answer_for_an_unknown_strategy(scenario: str) -> None:
    result = called("run", scenario, "--strategy", "half")
    assert result.exit_code == 2
    assert "'half-at-a-time'" in result.stderr


def test_run_cannot_meet_a_revision_that_never_is(scenario: str) -> None:
    result = called("run", scenario, "--strategy", "one-at-a-time", "--given", "bad", "--set", "revision.bad=0 %")
    assert result.exit_code == 2
    assert "never bad" in result.stderr


def test_set_changes_a_field_and_refuses_one_that_is_not_there(scenario: str) -> None:
    run = ("run", scenario, "--strategy", "one-at-a-time", "--json")
    changed = called(*run, "--set", "service.fleet.size=2", "--set", "name=two")
    assert json.loads(changed.stdout)["scenario"] == "two"
    refused = called(*run, "--set", "service.flet.size=2")
    assert refused.exit_code == 2
    assert "fleet" in refused.stderr
    assert refused.stdout == ""


def test_the_trace_is_written_as_text_or_as_json_lines(scenario: str, tmp_path: Path) -> None:
    text, data = tmp_path / "run.txt", tmp_path / "run.jsonl"
    for path in (text, data, text):
        assert called("run", scenario, "--strategy", "one-at-a-time", "--trace", str(path)).exit_code == 0
    assert text.read_text().startswith("# rollsim trace: one-at-a-time, seed 0, replication 0")
    kinds = [json.loads(line)["kind"] for line in data.read_text().splitlines()]
    assert (kinds[0], kinds[-1]) == ("Trace", "End")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run.jsonl", "run.txt", "small.yaml"]


def test_a_trace_is_never_written_over_another_kind_of_file(scenario: str) -> None:
    before = Path(scenario).read_text()
    result = called("run", scenario, "--strategy", "one-at-a-time", "--trace", scenario)
    assert result.exit_code == 2
    assert Path(scenario).read_text() == before


def test_names_from_a_file_are_shown_and_never_obeyed(hostile: str) -> None:
    name = HOSTILE.encode().decode("unicode_escape")
    result = called("run", hostile, "--strategy", name)
    assert result.exit_code == 0
    assert "[bold red]y[/]" in result.stdout
    assert "\x1b" not in result.stdout
    assert "\u202e" not in result.stdout
    assert json.loads(called("run", hostile, "--strategy", name, "--json").stdout)["strategy"] == name


# ---------------------------------------------------------------------------------------------- compare


def test_compare_shows_overall_beside_bad_and_says_what_to_do(scenario: str, no_report: list[Path]) -> None:
    result = called("compare", scenario, "--replications", "40", "--seed", "3", "--out", "there")
    assert result.exit_code == 0
    assert "overall" in result.stdout
    assert "if the release is bad" in result.stdout
    assert "half-at-a-time (today" in result.stdout
    assert re.search(
        r"^Mean cost of the rollout +under 0.01 USD each +under 0.01 USD each *$", result.stdout, re.MULTILINE
    )
    assert "40 replications of each strategy, seed 3" in result.stdout
    assert "there/report.html" in result.stdout
    assert no_report == [Path("there")]
    assert all(len(line) <= 100 for line in result.stdout.splitlines())


def test_compare_says_what_to_do_before_anything_else(scenario: str, no_report: list[Path]) -> None:
    compare = ("compare", scenario, "--replications", "20")
    answer = json.loads(called(*compare, "--json").stdout)["recommendation"]
    told = " ".join(called(*compare).stdout.split())
    assert told.startswith(answer["sentence"])
    assert told.index("if the release is bad") < told.index(answer["reason"])


def test_compare_as_json_is_one_document(hostile: str, no_report: list[Path]) -> None:
    result = called("compare", hostile, "--replications", "20", "--json")
    document = json.loads(result.stdout)
    assert result.exit_code == 0
    assert (document["seed"], document["replications"], document["complete"]) == (0, 20, True)
    first = document["strategies"][0]
    assert first["name"] == document["current"] == HOSTILE.encode().decode("unicode_escape")
    assert (
        first["if_bad"]["metrics"]["failed_requests"]["mean"] >= first["overall"]["metrics"]["failed_requests"]["mean"]
    )
    assert document["recommendation"]["sentence"]


def test_compare_answers_no_when_every_strategy_breaks_a_limit(tmp_path: Path, no_report: list[Path]) -> None:
    path = tmp_path / "limited.yaml"
    limit = "decision: {metric: downtime_s, limits: [{metric: duration_s, statistic: mean, at_most: 1 s}]}\n"
    path.write_text(SMALL.replace("NAME", "limited").replace("STRATEGY", "half-at-a-time") + limit)
    assert called("compare", str(path), "--replications", "20").exit_code == 1


def test_compare_refuses_a_folder_of_somebody_else_before_it_simulates(scenario: str, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "thesis.txt").write_text("years of work")
    result = called("compare", scenario, "--replications", "1000000", "--out", str(folder))
    assert result.exit_code == 2
    assert "did not write" in result.stderr
    assert (folder / "thesis.txt").read_text() == "years of work"


@pytest.mark.parametrize(
    "arguments",
    [["--replications", "1"], ["--format", "docx"], ["--workers", "0"], ["--seed", "-1"], ["--sed", "1"]],
)
def test_compare_refuses_arguments_that_make_no_sense(arguments: list[str], scenario: str) -> None:
    result = called("compare", scenario, *arguments)
    assert result.exit_code == 2
    assert "Error" in result.stderr
    assert result.stdout == ""


@pytest.mark.slow
def test_compare_writes_its_report(scenario: str, tmp_path: Path) -> None:
    result = process("compare", scenario, "--replications", "20", "--out", "here", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "Traceback" not in result.stderr
    assert (tmp_path / "here" / "report.html").is_file()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
def test_an_interrupted_comparison_ends_with_130_and_no_traceback(scenario: str, tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    env = {**os.environ, "PYTHONPATH": str(root)}
    command = [sys.executable, "-m", "simulator", "compare", scenario, "--replications", "1000000"]
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as running:
        time.sleep(4)
        os.killpg(running.pid, signal.SIGINT)
        try:
            _, errors = running.communicate(timeout=60)
        finally:
            if running.poll() is None:
                os.killpg(running.pid, signal.SIGKILL)
    assert running.returncode == 130, errors
    assert "Traceback" not in errors


# ---------------------------------------------------------------------------------------------- the rest


def test_configs_lists_all_that_aws_predefines() -> None:
    text = called("configs")
    document = json.loads(called("configs", "--json").stdout)
    names = [configuration["name"] for configuration in document["configurations"]]
    assert (text.exit_code, len(names)) == (0, 17)
    assert all(name in text.stdout for name in names)


def test_schema_is_one_json_schema() -> None:
    schema = json.loads(called("schema").stdout)
    assert called("schema", "--json").stdout == called("schema").stdout
    assert "strategies" in schema["properties"]


def test_without_a_traceback_and_without_colour_in_a_pipe(scenario: str, tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_bytes(b"\xff\xfe\x00: [")
    for arguments in (
        ["run", str(broken), "--strategy", "x"],
        ["run", scenario, "--strategy"],
        ["nonsense"],
        ["check", str(tmp_path)],
    ):
        result = process(*arguments, cwd=tmp_path, FORCE_COLOR="")
        assert result.returncode == 2, arguments
        assert "Traceback" not in result.stderr
        assert result.stderr.strip()
        assert "\x1b" not in result.stdout + result.stderr


def test_a_mistake_of_ours_is_never_the_answer_no(monkeypatch: pytest.MonkeyPatch) -> None:
    from simulator.cli import configs

    def broken(_: object) -> str:
        raise ZeroDivisionError("by zero\x1b[0m")

    monkeypatch.setattr(configs, "meaning", broken)
    result = called("configs")
    assert result.exit_code == 2
    assert "made a mistake: ZeroDivisionError: by zero\\x1b[0m" in result.stderr


def test_a_terminal_that_knows_ascii_only_gets_escapes(hostile: str, tmp_path: Path) -> None:
    result = process("check", hostile, "--set", "name=naïve…", cwd=tmp_path, PYTHONIOENCODING="ascii:strict")
    assert result.returncode == 0, result.stderr
    told = process("configs", cwd=tmp_path, PYTHONIOENCODING="ascii:strict")
    assert told.returncode == 0, told.stderr


def test_a_reader_that_leaves_early_is_no_error(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    line = f"{shlex.quote(sys.executable)} -m simulator schema | head -c 10"
    env = {**os.environ, "PYTHONPATH": str(root)}
    done = subprocess.run(["sh", "-c", line], cwd=tmp_path, env=env, capture_output=True, text=True, check=True)
    assert done.stderr == ""
