"""Ctrl-C and kill -9 at any moment of a comparison: a whole folder or none, and a shorter run's numbers."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import simulator
from simulator.report.data import parquet

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")]

MOMENTS, SEED, REPLICATIONS = 20, 20_240_501, 1200
SCENARIO = """\
name: tiny
service: {platform: lambda, concurrency: 50, request_duration: 100 ms}
traffic: {rate: 20/s}
revision: {bad: 20 %, defects: [{kind: errors, share: 50 %}]}
people: {acknowledge: 2 min, notice: 5 min, decide: 2 min, act: 1 min}
strategies:
  - {name: all-at-once, configuration: CodeDeployDefault.LambdaAllAtOnce, current: true}
"""
# Starts commands as processes of their own, each the leader of a group as a shell's jobs are. A first comparison loads
# everything before, so that a moment falls into the work and not into Python's own start.
STARTER = """\
import json, os, sys
from simulator.cli import main

def compare(*arguments):
    sys.argv = ["rollsim", "compare", *arguments]
    try:
        main()
    except SystemExit as done:
        return done.code or 0

os.chdir(sys.argv[1])
keep = os.dup(1)
os.dup2(2, 1)
assert compare("tiny.yaml", "--replications", "20", "--workers", "1", "--out", f"first-{os.getpid()}") == 0
os.dup2(keep, 1)
print("ready", flush=True)
for line in sys.stdin:
    task = json.loads(line)
    child = os.fork()
    if child == 0:
        os.setsid()
        said = os.open(task["said"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(said, 1), os.dup2(said, 2)
        try:
            code = compare(*task["arguments"])
            sys.stdout.flush()
        except KeyboardInterrupt:
            code = 130
        os._exit(code)
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Starter:
    """A process that starts comparisons."""

    def __init__(self, running: subprocess.Popen[str], folder: Path) -> None:
        self.running, self.folder = running, folder
        assert self._answer() == "ready"

    def _answer(self) -> str:
        assert self.running.stdout is not None
        return self.running.stdout.readline().strip()

    def compare(self, out: str, after: float | None = None, number: int = 0) -> tuple[int, float]:
        """Exit code and seconds of a comparison; with `after`, it gets the signal so many seconds after its start."""
        arguments = ["tiny.yaml", "--replications", str(REPLICATIONS), "--workers", "2", "--out", out]
        task = {"said": str(self.folder / f"{out}.txt"), "arguments": arguments}
        assert self.running.stdin is not None
        self.running.stdin.write(json.dumps(task) + "\n")
        self.running.stdin.flush()
        process, began = int(self._answer()), time.monotonic()
        if after is not None:
            time.sleep(after)
            try:
                os.killpg(process, number)
            except ProcessLookupError:
                assert time.monotonic() - began < 60  # it was done already
        return int(self._answer()), time.monotonic() - began


@contextmanager
def starter(folder: Path) -> Iterator[Starter]:
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", STARTER, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": str(root)},
    ) as running:
        yield Starter(running, folder)
        assert running.stdin is not None
        running.stdin.close()


def manifest_of(folder: Path) -> dict[str, Any]:
    """The manifest of a folder in which nothing is missing, cut off or too much."""
    manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert found == {*manifest["files"], "manifest.json"}
    for name, digest in manifest["files"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest, name
    return manifest


def shorter_run(replications: int) -> bytes:
    from simulator.scenario import loads

    return parquet(simulator.compare(loads(SCENARIO), replications=replications, workers=1).outcomes)


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, tuple[int, int]]]:
    """Folder of all comparisons; signal and exit code of each. One that was killed is made again in its place."""
    folder = tmp_path_factory.mktemp("interrupted")
    (folder / "tiny.yaml").write_text(SCENARIO)
    draw = random.Random(SEED)
    # A Ctrl-C is of interest while it simulates, the first part; a kill as much while it writes.
    spans = {signal.SIGINT: 0.5, signal.SIGKILL: 1.0}
    tasks = [
        (f"{number.name}-{place}", int(number), spans[number] * draw.random())
        for place, number in enumerate([signal.SIGINT, signal.SIGKILL] * (MOMENTS // 2))
    ]

    tasks_of_one = tasks[: MOMENTS // 2]

    def half(share: list[tuple[str, int, float]]) -> dict[str, tuple[int, int]]:
        with starter(folder) as start:
            name = f"whole-{share[0][0]}"
            code, seconds = start.compare(name)
            assert code == 0, (folder / f"{name}.txt").read_text()
            found = {out: (number, start.compare(out, moment * seconds, number)[0]) for out, number, moment in share}
            if share is tasks_of_one:
                killed = next(out for out, end in found.items() if end == (signal.SIGKILL, -signal.SIGKILL))
                assert start.compare(killed)[0] == 0
                assert manifest_of(folder / killed)["complete"] is True
            return found

    with ThreadPoolExecutor(2) as pool:
        halves = list(pool.map(half, (tasks_of_one, tasks[MOMENTS // 2 :])))
    return folder, halves[0] | halves[1]


def test_no_moment_leaves_half_a_folder_and_one_works_where_another_was_killed(
    interrupted: tuple[Path, dict[str, tuple[int, int]]],
) -> None:
    folder, ended = interrupted
    assert len(ended) == MOMENTS
    for out in ended:
        if (folder / out).exists():
            manifest_of(folder / out)


def test_what_a_ctrl_c_keeps_is_a_shorter_run(interrupted: tuple[Path, dict[str, tuple[int, int]]]) -> None:
    folder, ended = interrupted
    kept = []
    for out, (number, code) in ended.items():
        if number != signal.SIGINT:
            continue
        said = (folder / f"{out}.txt").read_text()
        assert code in (0, 130), said
        assert "Traceback" not in said
        if not (folder / out).exists():
            assert not said or "nothing was written" in said or said.endswith("Interrupted.\n"), said
            continue
        manifest = manifest_of(folder / out)
        assert manifest["complete"] is (manifest["replications"] == REPLICATIONS)
        assert (folder / out / "outcomes.parquet").read_bytes() == shorter_run(manifest["replications"])
        if not manifest["complete"]:
            assert code == 130
            assert f"compare tiny.yaml --replications {REPLICATIONS} --workers 2 --out {out}\n" in said
        kept.append(manifest["complete"])
    assert kept.count(False) >= 2, "no moment fell into the simulation"
