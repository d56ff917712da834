"""What every test may ask for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis.internal.conjecture import providers

# The same examples every time: a failure is a bug, and nothing is retried.
settings.register_profile("rollsim", derandomize=True, deadline=None)
settings.load_profile("rollsim")
# Hypothesis also draws constants that it finds in whatever modules of ours are loaded, so that examples would depend on
# which tests ran before in the same process. There is no setting for it.
setattr(providers, "is_local_module_file", lambda _: False)  # noqa: B010 - no exported name

ROOT = Path(__file__).resolve().parent.parent

# Tests that share what took long to make run on one worker, or each worker would make it again.
_SHARING = frozenset(
    f"tests/{name}.py"
    for name in (
        "browser/test_hostile_names",
        "cli/test_interruptions",
        "engine/test_ecs_observed",
        "engine/test_shipped_load",
        "house/test_how_to",
        "house/test_wheel",
        "report/test_figures_alarms",
        "report/test_figures_data",
        "report/test_plots",
        "report/test_twin",
        "test_blue_green_scenario",
        "test_shipped_scenarios",
    )
)
_REPORTS = "tests/browser/test_shipped_reports.py"


def shared_by(nodeid: str) -> str:
    """Name what a test shares with others: its file, the report it opens, or nothing, which is its own name."""
    file = nodeid.partition("::")[0]
    if file in _SHARING:
        return file
    asked = nodeid.partition("[")[2].removesuffix("]")
    names = [path.stem for path in (ROOT / "scenarios").glob("*.yaml")]
    if file == _REPORTS:
        return max((name for name in names if asked == name or asked.startswith(f"{name}-")), key=len, default=nodeid)
    return nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Hand out tests one by one to whichever worker is free, but those that share something together."""
    from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]  # it has no types

    class Sharing(LoadScopeScheduling):  # type: ignore[misc]  # for the same reason
        def _split_scope(self, nodeid: str) -> str:
            return shared_by(nodeid)

    return Sharing(config, log)


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of reference data beside the repository; tests that need it are skipped where it is absent."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("the reference data ../shared is not beside this repository")
    return folder
