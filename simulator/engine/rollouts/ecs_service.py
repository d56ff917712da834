"""An ECS service moved to a replacement task set by the weights of its listener.

The one thing a newcomer would get wrong: all at once looks at the replacement's health only after it has all traffic,
so it can Succeed with an application that is down. Canary and linear wait in Install until every task is healthy.

Sources: CodeDeploy user guide, deployment-steps-ecs, troubleshooting-ecs and reference-appspec-file-structure-hooks;
Amazon ECS developer guide, deployment-type-bluegreen; overheads were observed in a published run.
"""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import simpy
from numpy.typing import NDArray

from simulator.engine.attempt import Deployment
from simulator.engine.clock import END, HEALTH, TRAFFIC, Steps, all_on_grid, at, call_at, on_grid
from simulator.engine.faults import struck_by
from simulator.engine.groups import Targets
from simulator.engine.production import TaskSetProduction
from simulator.engine.production.task_sets import Launch, Revision, Tasks
from simulator.engine.rollouts import waits
from simulator.engine.rollouts.one_target import OneTarget, Result, clear_weights
from simulator.engine.template import DURATION, PICKUP
from simulator.engine.world import World
from simulator.model.distribution import Distribution
from simulator.model.faults import HealthCheckFailure, NoCapacity, ProvisioningSlow
from simulator.model.service import ECS_EVENTS, EcsService
from simulator.rules import load_balancer, service_scaling, traffic_shift
from simulator.rules.limits import ECS_INSTALL_LIMIT_S
from simulator.trace.records import Capacity, FaultStrike, Usage

FloatArray = NDArray[np.float64]

SLOTS = {event: place for place, event in enumerate(ECS_EVENTS)}
SPREAD, PHASE, SEEN = range(3)  # draws of one task


def ecs_service(world: World, mine: Deployment) -> Steps[Result]:
    """Replace the task set, or give the listener back to the one that still stands with the revision to bring."""
    story = TaskSetShift(world, mine)
    try:
        if mine.is_rollback and mine.brings in story.production.sets:
            result = yield from story.set_back("target_group_convergence", "ecs_rollback")
            drain(world, story.leaves)
        else:
            result = yield from story.forward()
        return result
    except simpy.Interrupt as stop:
        story.cut()
        return "Stopped", str(stop.cause)


class TaskSetShift(OneTarget):
    """One deployment's walk through an ECS deployment's eight events."""

    def __init__(self, world: World, mine: Deployment) -> None:
        assert isinstance(world.service, EcsService)
        super().__init__(world, mine, world.service, SLOTS)
        self.service, self.production = world.service, task_sets_of(world)
        if mine.brings == "old" and world.service.previous_lifecycle is not None:
            self.lifecycle = world.service.previous_lifecycle
        routing = mine.configuration.traffic_routing
        assert routing is not None  # an ECS configuration has one
        self.at_once = routing.type == "AllAtOnce"
        self.brings: Revision = mine.brings
        self.leaves: Revision = "old" if mine.brings == "new" else "new"
        self.installed = math.inf
        self.why: str | None = None  # what ended an event of CodeDeploy's own
        world.record(Usage(world.env.now, mine.number, "ecs_deployment", 1.0))

    # -- forward ---------------------------------------------------------------------------------------------

    def forward(self) -> Steps[Result]:
        """All eight events, the waits, and the end of the original task set."""
        world, mine = self.world, self.mine
        yield from self.pause("ecs_setup")
        pauses_behind = self.pauses_behind()
        for event in ECS_EVENTS:
            if not (yield from self.step(event)):
                return self.failed("TIMEOUT" if event in ("Install", "AllowTraffic") else "HOOK_EXECUTION_FAILURE")
            if event == pauses_behind:
                code = yield from waits.ready_wait(world, mine)
                if code is not None:
                    return "Stopped", code
        if world.scenario.blue_green.originals.action == "TERMINATE":
            yield from waits.termination_wait(world, mine)
            drain(world, self.leaves)
        return (yield from self.finish("ecs_finish"))

    def pauses_behind(self) -> str | None:
        """The event behind which the deployment waits to be continued, if it is to."""
        if self.world.scenario.blue_green.ready.action == "CONTINUE_DEPLOYMENT":
            return None
        position = self.world.assume("ecs_ready_wait_position")
        return "AfterInstall" if position == "after_install" else "AfterAllowTestTraffic"

    def step(self, event: str) -> Steps[bool]:
        """One lifecycle event: what CodeDeploy takes for it, then what it does; whether it ends well."""
        env = self.world.env
        self.begin(event)
        overhead = self.drawn(self.world.assume("ecs_event"), event, PICKUP)
        if overhead > 0:
            yield at(env, env.now + overhead, TRAFFIC)
        if event == "Install":
            well = yield from self.install()
        elif event == "AllowTraffic":
            well = yield from self.allow_traffic()
        else:
            well = yield from self.other(event)
        self.end("Succeeded" if well else "Failed", None if well else self.why)
        return well

    def other(self, event: str) -> Steps[bool]:
        """An event that moves no production traffic: its hook, or its given time."""
        env = self.world.env
        if event == "AllowTestTraffic" and self.service.load_balancer.test_listener:
            self.look_at(env.now)
        hook = self.lifecycle.hooks.get(event)
        if hook is not None:
            return (yield from self.answered(event, hook))
        given = self.lifecycle.durations.get(event)
        if given is not None:
            yield at(env, env.now + self.drawn(given, event, DURATION), TRAFFIC)
        return True

    def drawn(self, law: Distribution, event: str, use: int) -> float:
        """A duration of one event, on the grid."""
        if law.fixed is not None:
            return on_grid(law.fixed)
        return on_grid(float(law.quantile(np.array([self.uniform(event, use)]))[0]))

    def sees(self, event: str, probes: int) -> bool:
        """What a hook can see: nothing before there are tasks, and no errors before a listener leads to them.

        That its requests reach the replacement only through a listener is derived from what the guide has the test
        listener for (deployment-steps-ecs).
        """
        place = SLOTS[event]
        if place < SLOTS["Install"]:
            return False
        opens = SLOTS["AllowTestTraffic" if self.service.load_balancer.test_listener else "AllowTraffic"]
        return super().sees(event, probes if place > opens else 0)

    # -- the replacement task set ------------------------------------------------------------------------------

    def install(self) -> Steps[bool]:
        """Create the replacement; canary and linear wait until it is healthy, and all for a service that scales."""
        env, began = self.world.env, self.world.env.now
        self.create()
        ready, why = self.ready(), "TasksNeverHealthy"
        limit = on_grid(began + ECS_INSTALL_LIMIT_S)
        scaling = self.service.scaling
        if scaling is not None and scaling.at <= min(ready, limit) < scaling.at + scaling.lasts:
            rests = scaling.at + scaling.lasts
            wait = service_scaling.before_the_shift(rests - self.mine.created)
            ready = max(ready, on_grid(rests))
            if wait.fails:
                limit, why = min(limit, max(on_grid(self.mine.created + wait.seconds), began)), "ServiceNotSteady"
        while ready <= limit:
            yield at(env, ready, TRAFFIC)
            ready = self.ready()
            if ready <= env.now:  # unless a zone took some of the tasks meanwhile
                self.installed = env.now
                return True
        yield at(env, limit, TRAFFIC)
        return self.struck(why, "Install")

    def ready(self) -> float:
        """Instant at which the last task runs, or is healthy where traffic waits for that."""
        tasks = self.production.sets[self.brings]
        return tasks.started[-1] if self.at_once else tasks.healthy[-1]

    def struck(self, why: str, event: str) -> bool:
        """Say what ended an event of CodeDeploy's own; False."""
        self.why = why
        self.world.record(FaultStrike(self.world.env.now, why, None, event))
        return False

    def create(self) -> None:
        """Draw when each task runs and how long its checks take, and let the task set be there."""
        world, size, began = self.world, self.service.tasks, self.world.env.now
        draws = world.streams.uniforms(f"task_set/{self.mine.number}", size, 3)
        given = self.lifecycle.durations.get("Install")
        if given is None:
            times, pulls = self.launches(draws[:, SPREAD])
            self.starts = all_on_grid(began + times)
            billed = np.where(np.isfinite(times), all_on_grid(began + times - pulls), math.inf)
            self.checks = self.check_times(draws)
        else:  # the whole of it, health and all
            self.starts = np.full(size, began + self.drawn(given, "Install", DURATION))
            billed = np.full(size, began)
            self.checks = self.check_times(draws) if self.at_once else self.check_times(draws) * 0.0
        answers = not (self.brings == "new" and world.release.crashes)
        never = (math.inf,) * size
        tasks = Tasks(tuple(np.sort(self.starts).tolist()), never, answers, checked=False)
        self.production.sets[self.brings] = tasks
        if not self.at_once:
            self.look_at(began)
        bill_from(world, self.brings, billed)

    def launches(self, draws: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Seconds that each task takes until its container runs, and those at their end in which it is billed.

        Fargate bills from the download of the image on, so not while a task waits to be placed (Fargate pricing). Of
        a launch that is given as a whole nobody knows when that begins: all it usually takes is billed.
        """
        world = self.world
        if struck_by(world, NoCapacity, self.mine.number) is not None:
            return np.full(len(draws), math.inf), np.zeros(len(draws))
        times = launch_times(world, self.service, draws)
        pulls = times if self.service.task_launch is not None else times * pulled_share(world, self.service)
        slow = struck_by(world, ProvisioningSlow, self.mine.number)
        if slow is not None:
            draw = np.array([world.streams.uniform(f"{slow.kind}/{self.mine.number}/factor")])
            times = times * max(1.0, float(slow.factor.quantile(draw)[0]))
        return times, pulls

    def check_times(self, draws: FloatArray) -> FloatArray:
        """Seconds from a task's first check being due to its being healthy; infinite where it never is."""
        world, check, release = self.world, self.service.load_balancer.health_check, self.world.release
        reading, phases = world.assume("allow_traffic"), world.assume("health_check_phase").quantile(draws[:, PHASE])
        each = check.interval, check.healthy_threshold
        times = np.array(
            [load_balancer.allow_traffic_wait(reading, *each, phase * check.interval) for phase in phases.tolist()]
        )
        if struck_by(world, HealthCheckFailure, self.mine.number) is not None:
            return np.full(len(times), math.inf)
        if self.brings == "new" and release.bad:
            seen = 1.0 if release.crashes else 1.0 - (1.0 - release.error_share) ** check.probes
            times = np.where(draws[:, SEEN] < seen, math.inf, times)
        return times

    def look_at(self, instant: float) -> None:
        """The replacement's target group is a listener's from now on: its checks run."""
        world, tasks = self.world, self.production.sets[self.brings]
        if tasks.checked:
            return
        # Where a zone took tasks, others have taken their places in the line.
        starts = self.starts if not self.production.outages else np.array(tasks.started)
        passes = all_on_grid(np.maximum(starts, instant) + self.checks)
        pairs = tuple(zip(starts.tolist(), passes.tolist(), strict=True))
        healthy = tuple(np.sort(passes).tolist())
        self.production.sets[self.brings] = tasks._replace(healthy=healthy, checked=True, pairs=pairs)
        # Somebody looks only where alarms do, or where traffic does not wait for the checks.
        noticed = set(healthy) if self.at_once else set()
        if world.plan.levels_wanted:
            noticed |= {*healthy, *tasks.started}
        for each in sorted(noticed):
            if instant < each < math.inf:
                call_at(world.env, each, HEALTH, world.flow_changed)

    # -- traffic ---------------------------------------------------------------------------------------------

    def allow_traffic(self) -> Steps[bool]:
        """Shift by the schedule; it fails where the service begins to scale and does not come to rest in time."""
        env, began = self.world.env, self.world.env.now
        schedule = traffic_shift.schedule(self.mine.configuration)
        fails_at = self.fails_at(began, began + schedule[-1][0])
        told = False
        for (offset, weight), late in zip(schedule, self.convergences(len(schedule)), strict=True):
            instant = on_grid(began + offset + late)
            if instant > fails_at:
                yield at(env, fails_at, TRAFFIC)
                return self.struck("ServiceNotSteady", "AllowTraffic")
            if instant > env.now:
                yield at(env, instant, TRAFFIC)
            self.look_at(env.now)
            if not told:
                self.production.takes_traffic(self.brings)
                told = True
            self.shift(weight)
        return True

    def convergences(self, shifts: int) -> list[float]:
        """Seconds that the load balancer's nodes take to follow each new weight."""
        law: Distribution = self.world.assume("target_group_convergence")
        if law.fixed is not None:
            return [law.fixed] * shifts
        draws = self.world.streams.uniforms(f"target_group_convergence/{self.mine.number}/shifts", shifts, 1)
        return law.quantile(draws[:, 0]).tolist()  # type: ignore[no-any-return]

    def fails_at(self, began: float, ends: float) -> float:
        """Instant at which a service that scales meanwhile fails the deployment; infinite if it does not."""
        scaling = self.service.scaling
        if scaling is None or not self.installed < scaling.at < ends:
            return math.inf
        wait = service_scaling.during_the_shift(scaling.lasts, ends - scaling.at)
        return max(on_grid(scaling.at + wait.seconds), began) if wait.fails else math.inf


# -- task sets that come and go --------------------------------------------------------------------------------


def task_sets_of(world: World) -> TaskSetProduction:
    """The task sets that take the requests."""
    assert isinstance(world.production, TaskSetProduction)
    return world.production


def launch_times(world: World, service: EcsService, draws: FloatArray) -> FloatArray:
    """Seconds that tasks take until their containers run."""
    if service.task_launch is not None:
        return np.asarray(service.task_launch.quantile(draws), dtype=np.float64)
    times = (world.assume("task_launch") + image_pull(world, service)) * world.assume("task_launch_spread").quantile(
        draws
    )
    return np.asarray(times, dtype=np.float64)


def image_pull(world: World, service: EcsService) -> float:
    """Seconds of the download of a task's image."""
    rate: float = world.assume("image_pull")
    return service.task.image / rate if rate > 0 else math.inf


def pulled_share(world: World, service: EcsService) -> float:
    """How much of a task's launch is the download of its image."""
    pull = image_pull(world, service)
    whole = world.assume("task_launch") + pull
    return pull / whole if 0 < whole < math.inf else 0.0


def set_back_by_hand(world: World, targets: Targets = None) -> Steps[None]:
    """A person gives the listener back to the original task set and deletes the other one."""
    yield from clear_weights(world, targets)
    drain(world, "new")


def drain(world: World, revision: Revision) -> None:
    """Take a task set out; its tasks are there, and billed, until their target group's deregistration delay is over."""
    production = task_sets_of(world)
    if production.sets.pop(revision, None) is None:
        return
    assert isinstance(world.service, EcsService)
    world.under_way += 1
    delay = on_grid(world.service.load_balancer.deregistration_delay)
    # Those that were still to be placed never will be.
    billed = production.launches.pop(revision).tasks
    call_at(world.env, world.env.now + delay, END, _stopped, world, revision, billed)
    world.flow_changed()


def _stopped(world: World, revision: Revision, billed: int) -> None:
    world.under_way -= 1
    if billed:
        _exist(world, revision, -billed)
    world.flow_changed()


def bill_from(world: World, revision: Revision, instants: FloatArray) -> None:
    """Let each task of a new task set be there, and billed, from an instant on; never at infinity."""
    launch = task_sets_of(world).launches[revision] = Launch()
    for instant, tasks in sorted(Counter(instants.tolist()).items()):
        if instant <= world.env.now:
            _launched(world, revision, launch, tasks)
        elif instant < math.inf:
            call_at(world.env, instant, HEALTH, _launched, world, revision, launch, tasks)


def _launched(world: World, revision: Revision, launch: Launch, tasks: int) -> None:
    if task_sets_of(world).launches.get(revision) is launch:
        launch.tasks += tasks
        _exist(world, revision, tasks)


def _exist(world: World, revision: Revision, more: int) -> None:
    """Tasks of a revision are there, or gone."""
    tasks = task_sets_of(world).exist
    tasks[revision] += more
    world.record(Capacity(world.env.now, revision, "task", tasks[revision]))
