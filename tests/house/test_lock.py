"""The lock names every package, its version and its hashes, and no place to fetch it from."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PIN = re.compile(r"^(?P<name>[a-z0-9][a-z0-9._-]*)==(?P<version>\S+)", re.IGNORECASE)
ADDRESS = re.compile(r"://|file:/|git\+|--(?:index|extra-index|find-links|trusted-host)|(?<=\s)/\w+/")


@pytest.fixture(scope="module")
def lock(repository: Path) -> str:
    return (repository / "requirements.lock").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def pins(lock: str) -> dict[str, str]:
    found = [PIN.match(line) for line in lock.splitlines()]
    return {canonicalize_name(pin["name"]): pin["version"] for pin in found if pin}


def requirements(repository: Path) -> list[Requirement]:
    project = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))
    listed = [
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"]["dev"],
        *project["build-system"]["requires"],
    ]
    return [Requirement(text) for text in listed]


@pytest.mark.parametrize("name", ["requirements.lock", "Makefile", ".ci/run", ".pre-commit-config.yaml"])
def test_no_address_is_named_where_packages_are_installed(repository: Path, name: str) -> None:
    assert "://" not in (repository / name).read_text(encoding="utf-8")


def test_the_lock_names_no_index_link_host_or_path(lock: str) -> None:
    assert ADDRESS.findall(lock) == []


def test_every_dependency_is_pinned_within_its_range(repository: Path, pins: dict[str, str]) -> None:
    unmet = [
        f"{requirement} (pinned: {pins.get(canonicalize_name(requirement.name))})"
        for requirement in requirements(repository)
        if not requirement.specifier.contains(pins.get(canonicalize_name(requirement.name), "0"))
    ]
    assert unmet == [], "run `make lock`"


def test_every_pin_has_hashes(lock: str) -> None:
    blocks = re.split(r"\n(?=[a-z0-9])", lock, flags=re.IGNORECASE)
    without = [block.split()[0] for block in blocks if PIN.match(block) and "--hash=sha256:" not in block]
    assert without == []


def test_the_installers_and_the_build_backend_are_pinned_too(pins: dict[str, str]) -> None:
    assert {"pip", "setuptools", "hatchling"} <= set(pins)
