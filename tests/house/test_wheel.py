"""What travels: an installed rollsim has its types, data, templates and the shipped scenarios."""

import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder


@pytest.fixture(scope="module")
def packed(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    folder = tmp_path_factory.mktemp("wheel")
    (wheel,) = WheelBuilder(str(repository)).build(directory=str(folder), versions=["standard"])
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
