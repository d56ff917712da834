"""An ECS service: one task set for each revision, each in its target group, and the listener's weights.

The one thing a newcomer would get wrong: a task set's tasks are no events. When each of them starts and when it
passes its checks is known beforehand; how many do at an instant is looked up when somebody asks.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from simulator.engine.fleet import Outage
from simulator.engine.groups import Targets
from simulator.engine.production.protocol import WeightedProduction
from simulator.engine.production.surroundings import Plan, Surroundings
from simulator.engine.telemetry import Levels
from simulator.model.flow import Flow
from simulator.model.service import EcsService
from simulator.rules import task_sets
from simulator.rules.task_sets import TaskSet
from simulator.rules.telemetry import task_set_counts

ALWAYS = -math.inf
Revision = Literal["old", "new"]
NOBODY = TaskSet(0)


class Tasks(NamedTuple):
    """A task set.

    Parameters
    ----------
    started, healthy : tuple of float
        Instants at which a task's container runs, and at which one passes the load balancer's checks, each in order;
        infinite for never.
    answers : bool
        Whether its tasks answer at all.
    checked : bool
        Whether its target group is a listener's, so that its checks run.
    pairs : tuple of (float, float)
        Both instants of each task that was launched meanwhile, in no order.
    dead : tuple of (float, float)
        From when to when each healthy task did not answer and was sent requests all the same.
    """

    started: tuple[float, ...]
    healthy: tuple[float, ...]
    answers: bool = True
    checked: bool = True
    pairs: tuple[tuple[float, float], ...] = ()
    dead: tuple[tuple[float, float], ...] = ()


@dataclass(slots=True)
class Launch:
    """How many tasks of a task set have come so far that they are billed; it goes with the set."""

    tasks: int = 0


class TaskSetProduction(WeightedProduction):
    """Task sets behind a listener that splits requests between their target groups by weight.

    Attributes
    ----------
    sets : dict
        Task sets by revision; one that is drained is gone.
    launches : dict
        How far each of these has come.
    exist : dict
        Tasks by revision that are there and billed, those that drain included and those still to be placed not.
    """

    def __init__(self, world: Surroundings) -> None:
        self.plan, self.release, self.env, self.assume = world.plan, world.release, world.env, world.assume
        always = (ALWAYS,) * self.plan.size
        self.sets: dict[Revision, Tasks] = {"old": Tasks(always, always)}
        self.launches: dict[Revision, Launch] = {"old": Launch(self.plan.size)}
        self.exist: dict[Revision, int] = {"old": self.plan.size, "new": 0}
        self.error_share = world.release.error_share
        self.outages: tuple[Outage, ...] = ()
        self.whole_again = ALWAYS  # when the last task that a zone took is healthy again

    @staticmethod
    def units(service: EcsService) -> tuple[int, float]:
        """Tasks of one set, and what each answers."""
        return service.tasks, service.task.capacity if service.task.capacity is not None else math.inf

    @staticmethod
    def untouched(plan: Plan, demand: float) -> Flow:
        """Rates of the untouched service."""
        return task_sets.task_set_flow(
            demand, plan.baseline, plan.size, plan.capacity_each, 0.0, TaskSet(plan.size), NOBODY
        )

    @classmethod
    def levels_at_zero(cls, plan: Plan) -> Levels:
        """Levels of the untouched service, by revision too."""
        return super().levels_at_zero(plan)._replace(healthy_old=plan.size)

    def tasks(self, revision: Revision) -> TaskSet:
        """Tasks of a revision now, by what the load balancer and its requests meet."""
        mine = self.sets.get(revision)
        if mine is None:
            return NOBODY
        now = self.env.now
        started, healthy = bisect_right(mine.started, now), bisect_right(mine.healthy, now)
        if not mine.answers:
            return TaskSet(0, failing=started)
        unchecked = started - healthy
        if unchecked and self.assume("fail_open_initial") == "no":
            # Those that never pass are unhealthy, no longer in their first checks.
            unchecked = min(unchecked, len(mine.healthy) - bisect_right(mine.healthy, math.nextafter(math.inf, 0.0)))
        dead = sum(begins <= now < ends for begins, ends in mine.dead) if mine.dead else 0
        return TaskSet(healthy, dead=dead, unchecked=unchecked)

    def flow(self, demand: float) -> Flow:
        """Rates of this instant."""
        plan, release = self.plan, self.release
        return task_sets.task_set_flow(
            demand,
            plan.baseline,
            plan.size,
            plan.capacity_each,
            self.weight_new,
            self.tasks("old") if self.weight_new < 1 else NOBODY,
            self.tasks("new") if self.weight_new > 0 else NOBODY,
            release.error_share,
            release.slow_factor,
        )

    def expected(self, pieces: Iterable[tuple[float, Flow]]) -> tuple[float, ...]:
        """Expected `TASK_SET_COUNTS` of flows that held for some seconds each."""
        return task_set_counts(pieces, self.plan.baseline)

    def takes_traffic(self, revision: Revision) -> None:
        """Note that a task set is about to be sent requests: nothing comes of it where tasks do not age."""

    def health(self) -> tuple[int, ...]:
        """Tasks that the load balancer sees as healthy and as unhealthy, and the same by revision."""
        healthy_old, unhealthy_old = self._health("old")
        healthy_new, unhealthy_new = self._health("new")
        both = healthy_old + healthy_new, unhealthy_old + unhealthy_new
        return *both, healthy_old, healthy_new, unhealthy_old, unhealthy_new

    def _health(self, revision: Revision) -> tuple[int, int]:
        mine = self.sets.get(revision)
        if mine is None or not mine.checked:
            return 0, 0
        state = self.tasks(revision)
        never = math.inf in mine.healthy
        return state.serving + state.dead, state.failing + (state.unchecked if never else 0)

    def connected(self, flow: Flow) -> tuple[float, float]:
        """Tasks that exist, those that drain included; each opens its connections when it starts."""
        return float(self.exist["old"]), float(self.exist["new"])

    def nobody_dead(self) -> bool:
        """Whether every task that is sent requests answers, in every group that has a weight."""
        weights: tuple[tuple[Revision, float], ...] = (("old", 1.0 - self.weight_new), ("new", self.weight_new))
        return all(
            dead == 0 and answering > 0
            for answering, dead in (task_sets.receivers(self.tasks(revision)) for revision, weight in weights if weight)
        )

    def zone_is_out(self) -> bool:
        """Whether tasks are missing that were gone with their zone."""
        return self.env.now < self.whole_again

    def can_be_set_back_by_hand(self, targets: Targets = None) -> bool:
        """While the original task set stands, a person can give it the listener's whole weight."""
        return self.weight_new > 0 and "old" in self.sets
