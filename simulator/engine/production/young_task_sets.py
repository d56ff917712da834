"""ECS task sets whose newest tasks take or answer less: they warm up, or the load balancer starts them slowly.

The one thing a newcomer would get wrong: a replacement task set grows up while nobody sends it requests. What is left
of its youth when traffic is shifted is what users meet, so a wait before the shift is worth as much as a slow one.

Source: as in `simulator.engine.production.young_servers`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from simulator.engine.clock import HEALTH, all_on_grid, call_at
from simulator.engine.production.surroundings import Surroundings
from simulator.engine.production.task_sets import Revision, Tasks, TaskSetProduction
from simulator.engine.production.young_servers import rise
from simulator.model.flow import Flow
from simulator.rules import warm_up
from simulator.rules.warm_up import TargetClass

FloatArray = NDArray[np.float64]


class YoungTaskSets(TaskSetProduction):
    """Task sets of which not every task takes or answers as much as the next."""

    def __init__(self, world: Surroundings) -> None:
        super().__init__(world)
        self.world = world
        service = self.plan.service
        self.warm_up = service.warm_up
        balancer = service.load_balancer
        self.algorithm: warm_up.Algorithm = balancer.algorithm
        ages, weights = zip(*rise(world, balancer.slow_start), strict=True)
        self.ages, self.weights = all_on_grid(np.array(ages)), np.array(weights)

    def flow(self, demand: float) -> Flow:
        """Rates of this instant."""
        plan, release = self.plan, self.release
        blue = self.classes("old") if self.weight_new < 1 else []
        green = self.classes("new") if self.weight_new > 0 else []
        if self.algorithm == "round_robin" and all(_grown(each) for each in (*blue, *green)):
            return super().flow(demand)
        return warm_up.task_set_flow(
            demand,
            plan.baseline,
            plan.size,
            plan.capacity_each,
            self.weight_new,
            blue,
            green,
            release.error_share,
            release.slow_factor,
            self.algorithm,
        )

    def suffers_from_youth(self) -> bool:
        """Whether requests are refused while a task that takes some still grows up."""
        weights: tuple[tuple[Revision, float], ...] = (("old", 1.0 - self.weight_new), ("new", self.weight_new))
        young = any(not _grown(each) for revision, weight in weights if weight for each in self.classes(revision))
        return young and self.world.flow.refused > 0

    def classes(self, revision: Revision) -> list[TargetClass]:
        """Tasks of a revision that requests are sent to, those alike together."""
        state, new = self.tasks(revision), revision == "new"
        if not (state.serving or state.dead) or revision not in self.sets:
            tasks = [TargetClass(state.failing, new, answers=False)] if state.failing else []
            return [*self._unchecked(revision, state.unchecked), *tasks]
        mine = self.sets[revision]
        dead = [TargetClass(state.dead, new, answers=False)] if state.dead else []
        if not mine.pairs:
            return [TargetClass(state.serving, new), *dead]
        now, (started, healthy) = self.env.now, np.array(mine.pairs).T
        there = healthy <= now
        return [*self._alike(new, self._capacities(started[there]), self._of_age(healthy, now)[there]), *dead]

    def _unchecked(self, revision: Revision, tasks: int) -> list[TargetClass]:
        """Tasks that answer while no task is healthy: each gets a full share, warm or not."""
        if not tasks:
            return []
        started = np.array(self.sets[revision].started)
        latest = started[started <= self.env.now]
        return self._alike(revision == "new", self._capacities(latest)[-tasks:], np.ones(tasks))

    def _capacities(self, started: FloatArray) -> FloatArray:
        if self.warm_up is None:
            return np.ones(len(started))
        return np.where(started + self.warm_up.lasts > self.env.now, self.warm_up.capacity, 1.0)

    def _of_age(self, healthy: FloatArray, now: float) -> FloatArray:
        """Weights by slow start, which the first to turn healthy in an empty target group skip."""
        place = np.searchsorted(self.ages, np.maximum(now - healthy, 0.0), side="right") - 1
        return np.where(healthy <= healthy.min(), 1.0, self.weights[place])

    @staticmethod
    def _alike(new: bool, capacities: FloatArray, weights: FloatArray) -> list[TargetClass]:
        kinds, counts = np.unique(np.column_stack([capacities, weights]), axis=0, return_counts=True)
        return [
            TargetClass(count, new, True, capacity, weight)
            for (capacity, weight), count in zip(kinds.tolist(), counts.tolist(), strict=True)
        ]

    def takes_traffic(self, revision: Revision) -> None:
        """Work out the rates again whenever a task of a set that is about to take requests has grown."""
        mine = self.sets[revision]
        if not mine.pairs:
            return
        started, healthy = np.array(mine.pairs).T
        grows = [] if self.warm_up is None else [started + self.warm_up.lasts]
        grows += [healthy + age for age in self.ages[1:]]
        instants = np.unique(np.concatenate(grows)) if grows else np.empty(0)
        ahead = instants[(instants > self.env.now) & (instants < math.inf)]
        self._wait(mine, iter(all_on_grid(ahead).tolist()))

    def _wait(self, mine: Tasks, ahead: Iterator[float]) -> None:
        due = next(ahead, None)
        if due is not None:
            call_at(self.env, due, HEALTH, self._grown, mine, ahead)

    def _grown(self, mine: Tasks, ahead: Iterator[float]) -> None:
        if any(each is mine for each in self.sets.values()):
            self.world.flow_changed()
            self._wait(mine, ahead)


def _grown(tasks: TargetClass) -> bool:
    return tasks.weight == tasks.capacity == 1.0
