"""Every command line that people are shown works: in the README, in help, in notebooks, scenarios and templates."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner, Result

import simulator.report
from simulator.cli.app import app
from simulator.scenario import loads
from simulator.scenario.templates import TEMPLATES

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = tuple(get_command(app).commands)  # type: ignore[attr-defined]  # a group has them
FENCE = re.compile(r"^[ ]*```(\w*)\n(.*?)^[ ]*```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"(?<!`)`(rollsim [^`]+)`(?!`)")
# Lines that set the stage for a person at a shell; a test stands on it already.
STAGE = ("export", "pip", "cd")
FEW = {"compare": ["--replications", "4", "--workers", "1"]}
# A gate may say no, or that four runs cannot tell.
ANSWERS = {"compare": (0, 1, 3)}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as a reader has it: the shipped scenarios where the repository has them, and nothing else."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(simulator.report, "render", lambda comparison, out, **_: Path(out))
    shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios")
    return tmp_path


def fences(text: str) -> Iterator[str]:
    """Lines of the shell blocks of a Markdown text, without what is said about them."""
    for language, block in FENCE.findall(text):
        if language in ("", "sh", "bash", "console", "shell"):
            for line in block.replace("\\\n", " ").splitlines():
                if shlex.split(line, comments=True):
                    yield line.strip().removeprefix("$ ")


def inline(text: str) -> Iterator[str]:
    """Whole lines named in running text; one word behind `rollsim` is the name of a command."""
    for line in INLINE.findall(FENCE.sub("", text)):
        if len(line.split()) > 2:
            yield line
        else:
            assert line.split()[1] in (*COMMANDS, "--help", "--version"), line


def run(line: str) -> None:
    """Run one line as it is printed, with few replications."""
    words = [*shlex.split(line, comments=True), "&&"]
    while words:
        end = words.index("&&")
        part, words = words[:end], words[end + 1 :]
        if part[0] == "make":
            assert re.search(rf"^{part[1]}:", (ROOT / "Makefile").read_text(), re.MULTILINE), line
        elif part[0] not in STAGE:
            result = called(part, line)
            assert result.exit_code in ANSWERS.get(part[1], (0,)), f"{line}\n{result.output}"


def called(words: list[str], line: str) -> Result:
    target = None
    if ">" in words:
        words, target = words[: words.index(">")], words[-1]
    program, name, *rest = words
    assert program.rpartition("/")[2] == "rollsim", f"nobody said how to test: {line}"
    while "--replications" in rest:
        place = rest.index("--replications")
        del rest[place : place + 2]
    few = FEW.get(name, ["--replications", "4"] if "--pick" in rest else [])
    result = CliRunner().invoke(app, [name, *rest, *few])
    if target:
        Path(target).write_text(result.stdout)
    return result


def test_every_line_of_the_readme_in_its_order() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    lines = [*fences(text), *inline(text)]
    assert len(lines) >= 12
    for line in lines:
        run(line)


def test_the_python_of_the_readme(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    blocks = [block for language, block in FENCE.findall((ROOT / "README.md").read_text()) if language == "python"]
    assert blocks
    names: dict[str, object] = {}
    for block in blocks:
        exec(re.sub(r"replications=[\d_]+", "replications=8, workers=1", block), names)  # noqa: S102 - our own page
    assert capsys.readouterr().out


def test_the_scenario_of_the_readme() -> None:
    blocks = [block for language, block in FENCE.findall((ROOT / "README.md").read_text()) if language == "yaml"]
    assert blocks
    for block in blocks:
        assert loads(block).strategies


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_the_example_in_help(command: str) -> None:
    shown = CliRunner().invoke(app, [*command.split(), "--help"])
    lines = re.findall(r"(?:Example|Start with): (rollsim .+)", shown.stdout)
    assert lines, "help without a line that works"
    for line in lines:
        run(line)


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem)
def test_the_lines_of_a_notebook(path: Path) -> None:
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            lines = [*fences(text), *inline(text)]
        else:
            block = text.partition("\n")[2] if text.startswith(("%%bash", "%%sh")) else ""
            lines = [*block.splitlines(), *re.findall(r"^[!%]\s*(rollsim .+)$", text, re.MULTILINE)]
        for line in lines:
            if line.strip():
                run(line.strip())


@pytest.mark.parametrize("path", sorted((ROOT / "scenarios").rglob("*.yaml")), ids=lambda path: path.stem)
def test_the_line_at_the_head_of_a_shipped_scenario(path: Path) -> None:
    lines = re.findall(r"^# .*?(rollsim .+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert lines
    for line in lines:
        run(line)


@pytest.mark.parametrize("platform", TEMPLATES)
def test_the_lines_at_the_head_of_what_init_writes(platform: str, folder: Path) -> None:
    text = TEMPLATES[platform]  # type: ignore[index]  # the platforms there are
    (folder / "this.yaml").write_text(text)
    head = "\n".join(line for line in text.splitlines() if line.startswith("#"))
    lines = re.findall(r"rollsim \w+ this\.yaml", head)
    assert lines
    for line in lines:
        run(line)
