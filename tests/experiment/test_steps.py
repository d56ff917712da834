"""How far an experiment has come: cheap, seldom, and right at the end."""

from __future__ import annotations

import time

import numpy as np

from simulator.analysis import compare
from simulator.experiment import Step
from simulator.experiment.progress import Lead, Teller
from tests.experiment.worlds import alias, finished, servers


def told(total: int, chunks: int, every: float, leader: object = None) -> list[Step]:
    steps: list[Step] = []
    teller = Teller(steps.append, total, leader, every)
    for _ in range(chunks):
        teller.tell(total // chunks, lambda: np.zeros((1, 1, 1)))
    return steps


def test_however_many_chunks_there_are_it_is_told_seldom_and_at_the_end() -> None:
    assert [step.done for step in told(10_000, 10_000, every=60.0)] == [10_000]
    assert [step.done for step in told(10, 5, every=0.0)] == [2, 4, 6, 8, 10]


def test_looking_never_takes_more_than_a_small_share_of_the_time() -> None:
    """A look of 20 ms is taken at most once a second, whatever was asked."""

    def slow(rows: np.ndarray) -> Lead:
        time.sleep(0.02)
        return Lead("one", 1.0, "s")

    steps: list[Step] = []
    teller = Teller(steps.append, 1000, slow, every=0.001)
    began = time.perf_counter()
    while time.perf_counter() - began < 0.3:
        teller.tell(1, lambda: np.zeros((1, 1, 1)))
        time.sleep(0.001)
    assert len(steps) <= 2


def test_a_step_names_the_leader_its_number_and_the_time_left() -> None:
    steps: list[Step] = []
    world = servers()
    done = compare(world, replications=120, seed=7, workers=1, progress=steps.append)
    last = steps[-1]
    assert (last.done, last.total, last.left_s) == (240, 240, 0.0)
    leader = done.selection.leader
    assert last.best == leader
    assert last.value is not None
    assert leader is not None
    estimate = done.selection.estimates[leader]
    assert estimate is not None
    assert abs(last.value - estimate.value) <= 1e-9 * abs(estimate.value)
    assert last.unit == "s"


def test_the_best_guess_of_a_shorter_run_is_what_that_run_would_say() -> None:
    """Also where releases of one strategy are never bad, and the decision is a probability within limits."""
    limits = [{"metric": "duration_s", "statistic": "p95", "at_most": 200.0}]
    world = alias(decision={"metric": "p_missed", "limits": limits})
    steps: list[Step] = []
    compare(world, replications=60, seed=7, workers=1, progress=steps.append)
    assert steps[-1].best == compare(world, replications=60, seed=7, workers=1).selection.leader


def test_whoever_looks_changes_no_number() -> None:
    quiet, watched = finished(servers(), 24), finished(servers(), 24, progress=lambda step: None, every=0.0)
    assert np.array_equal(quiet.rows, watched.rows, equal_nan=True)
