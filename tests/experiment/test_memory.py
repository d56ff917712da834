"""Memory does not grow with replications, the rows aside."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from simulator.analysis import compare
from simulator.experiment import work
from simulator.experiment.rows import FloatArray
from tests.experiment.worlds import alias

MIB = 2**20


@pytest.fixture
def instant(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replications that take no time: what is kept of them is what is looked at."""
    real = work.Work.rows
    one: dict[int, FloatArray] = {}

    def rows(self: work.Work, replications: range) -> FloatArray:
        if not one:
            one[0] = real(self, range(2))
        return np.ascontiguousarray(one[0][:, :, [k % 2 for k in replications]])

    monkeypatch.setattr(work.Work, "rows", rows)


def peak_beyond_the_rows(replications: int) -> float:
    tracemalloc.start()
    done = compare(alias(), replications=replications, seed=7, workers=1, progress=lambda step: None)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak - float(done.outcomes.memory_usage(index=False, deep=True).sum())


def test_five_times_the_replications_take_no_more_memory_beside_the_rows(instant: None) -> None:
    compare(alias(), replications=100, seed=7, workers=1)  # load what is loaded on first use
    small, large = peak_beyond_the_rows(5_000), peak_beyond_the_rows(25_000)
    assert large - small <= 3 * MIB
