"""What every test may ask for."""

from __future__ import annotations

from pathlib import Path

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


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of reference data beside the repository; tests that need it are skipped where it is absent."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("the reference data ../shared is not beside this repository")
    return folder
