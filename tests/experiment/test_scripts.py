"""Plain scripts end well however processes start: no workers of workers, nothing run twice, the right numbers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from simulator.analysis import compare
from tests.experiment.worlds import alias

REPOSITORY = Path(__file__).parents[2]
SCRIPT = """
from simulator.analysis import compare
from simulator.experiment import Plan, pool
from tests.experiment.worlds import alias
print("started", flush=True)
pool.STARTING_S = dict.fromkeys(pool.STARTING_S, 0.0)  # a pool, however little there is to do
done = compare(alias(), replications=60, seed=7, workers=2, start_method={method!r})
print(repr(float(done.outcomes["downtime_s"].sum())))
print(__file__ if "__file__" in globals() else "no file")
"""


def ended(*command: str, text: str | None = None) -> list[str]:
    program = [sys.executable, "-W", "ignore::DeprecationWarning", *command]
    paths = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(
        program, cwd=REPOSITORY, input=text, capture_output=True, text=True, timeout=120, env=paths, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split("\n")


@pytest.fixture(scope="module")
def expected() -> str:
    return repr(float(compare(alias(), replications=60, seed=7, workers=1).outcomes["downtime_s"].sum()))


@pytest.mark.slow
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_a_script_without_a_main_guard(tmp_path: Path, expected: str, method: str) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.format(method=method), encoding="utf-8")
    assert ended(str(script)) == ["started", expected, str(script), ""]


@pytest.mark.slow
def test_a_script_on_standard_input(expected: str) -> None:
    assert ended("-", text=SCRIPT.format(method="spawn"))[:2] == ["started", expected]


@pytest.mark.slow
def test_a_script_with_a_metric_of_its_own_runs_on_one_process(tmp_path: Path) -> None:
    """Workers that do not read the script cannot know its functions, and say so instead of dying of it."""
    script = tmp_path / "own.py"
    script.write_text(
        "import warnings\n"
        "from simulator.analysis import compare\n"
        "from tests.experiment.worlds import alias\n"
        "def one(trace, scenario):\n    return 1.0\n"
        "with warnings.catch_warnings(record=True) as told:\n"
        "    warnings.simplefilter('always')\n"
        "    done = compare(alias(), replications=8, start_method='spawn', metrics={'one': one})\n"
        "told = [w.category.__name__ for w in told if 'defined in this script' in str(w.message)]\n"
        "print(sum(done.outcomes['one']), told)\n",
        encoding="utf-8",
    )
    assert ended(str(script))[0] == "16.0 ['RuntimeWarning']"


@pytest.mark.slow
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_workers_end_when_their_parent_is_killed(tmp_path: Path, method: str) -> None:
    script = tmp_path / "long.py"
    script.write_text(SCRIPT.format(method=method).replace("60", "1_000_000"), encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    parent = subprocess.Popen([sys.executable, str(script)], cwd=REPOSITORY, env=environment, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while len(workers := children(parent.pid)) < 2 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert len(workers) >= 2
        time.sleep(2.0)  # until they are past their start
    finally:
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    deadline = time.monotonic() + 20
    while any(alive(pid) for pid in workers) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert [pid for pid in workers if alive(pid)] == []


def children(pid: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]
    except OSError:
        return []


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


if not Path("/proc/self/task").exists():
    test_workers_end_when_their_parent_is_killed = pytest.mark.skip(reason="reads /proc")(
        test_workers_end_when_their_parent_is_killed
    )
