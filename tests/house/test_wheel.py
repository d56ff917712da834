"""What travels: an installed rollsim has its types, data, templates and the shipped scenarios, and works alone."""

import json
import os
import resource
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder


@pytest.fixture(scope="module")
def wheel(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    (built,) = WheelBuilder(str(repository)).build(directory=str(folder), versions=["standard"])
    return Path(built)


@pytest.fixture(scope="module")
def packed(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_types_and_data_travel(packed: set[str]) -> None:
    assert {"simulator/py.typed", "simulator/data/prices.yaml", "simulator/data/priors.yaml"} <= packed


def test_the_whole_package_and_every_shipped_scenario_travel(repository: Path, packed: set[str]) -> None:
    def files(folder: str, packed_as: str) -> set[str]:
        root = repository / folder
        return {
            f"{packed_as}/{path.relative_to(root).as_posix()}"
            for path in root.rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }

    assert files("simulator", "simulator") <= packed
    assert files("scenarios", "simulator/_scenarios") <= packed
    assert "simulator/_scenarios/web-fleet.yaml" in packed


def test_nothing_else_travels(packed: set[str]) -> None:
    assert {name.split("/")[0] for name in packed} == {"simulator", "rollsim-0.1.0.dist-info"}


@pytest.mark.slow
def test_an_installed_rollsim_works_in_an_empty_folder(wheel: Path, tmp_path: Path) -> None:
    site, empty = tmp_path / "site", tmp_path / "empty"
    empty.mkdir()
    install = ("pip", "install", "--quiet", "--no-index", "--no-deps", "--disable-pip-version-check", "--target")
    subprocess.run([sys.executable, "-m", *install, str(site), str(wheel)], check=True)
    path = f"{site / 'bin'}{os.pathsep}{os.environ['PATH']}"
    env = {**os.environ, "PYTHONPATH": str(site), "PATH": path}

    def run(line: str) -> str:
        done = subprocess.run(["sh", "-c", line], cwd=empty, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout

    where = run(f"'{sys.executable}' -c 'import simulator; print(simulator.__file__)'")
    assert Path(where.strip()).is_relative_to(site)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    told = run("rollsim init --platform lambda > a.yaml && rollsim compare a.yaml")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    # Processor time, so that what else the machine does has no say; two cores at most share it.
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 60
    report = empty / "reports" / "my-function-next-version"
    assert f"The report: {report.relative_to(empty) / 'report.html'}" in told
    assert json.loads((report / "manifest.json").read_text())["replications"] == 1000
    assert (report / "report.html").stat().st_size > 10_000
    assert "web-fleet" in run("rollsim examples")
    run("rollsim examples web-fleet --to mine && rollsim check mine/web-fleet.yaml")
