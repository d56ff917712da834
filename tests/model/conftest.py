"""What tests of the model share."""

from __future__ import annotations

import pytest

from simulator.model import unsimulated


@pytest.fixture
def simulated(monkeypatch):
    """AWS's rules alone, whatever the engine simulates."""
    monkeypatch.setattr(unsimulated, "NOT_SIMULATED", {})
