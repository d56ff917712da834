"""A rollout in stages: a deployment for each, a bake in which a gate watches alarms, and what becomes of finished ones.

The one thing a newcomer would get wrong: CodeDeploy knows nothing of stages. It rolls back the deployment that
failed or was stopped; a stage that ended well comes back only by a further deployment of the previous revision, which
the pipeline makes if the strategy says so, or a person by hand.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import simpy

from simulator.engine.attempt import Haltable
from simulator.engine.clock import END, Steps, at, on_grid
from simulator.engine.deployment import (
    decide,
    deployment,
    is_rolled_back,
    new_deployment,
    roll_back,
    way_back,
)
from simulator.engine.groups import together
from simulator.engine.people import manual_configuration
from simulator.engine.world import World
from simulator.errors import quoted
from simulator.model.alarm import Alarm, AlarmState
from simulator.model.service import ServerFleet
from simulator.model.stages import Stage, targets_of
from simulator.rules import stages as rules
from simulator.rules.rollback import StoppedBy, TerminalStatus
from simulator.trace.records import StageChange, Wait


def staged_story(world: World) -> Steps[None]:
    """The rollout stage by stage, and the ways back that follow where one does not get through."""
    world.under_way += 1
    rollout = StagedRollout(world)
    yield from rollout.through()
    world.set_horizon(world.env.now)
    yield from rollout.back()
    world.under_way -= 1
    world.deployments_over()
    world.flow_changed()


@dataclass(slots=True)
class Bake(Haltable):
    """The wait after a stage's deployment, which its gate or a person may end."""

    stop: simpy.Event
    stopped_by: StoppedBy | None = None
    instants: dict[str, object] = field(default_factory=dict)
    running: bool = True


class StageRun:
    """One stage: its deployment, its bake, and how it came out.

    Parameters
    ----------
    world : World
        With a strategy that has stages.
    stage : Stage
        What it is.
    targets : tuple of int
        Whom it deploys to.
    last : bool
        Whether none comes after it.
    up : dict
        Instants that led to each alarm's latest change to ALARM.
    """

    def __init__(
        self, world: World, stage: Stage, targets: tuple[int, ...], last: bool, up: dict[str, dict[str, object]]
    ) -> None:
        self.world, self.stage, self.last, self.up = world, stage, last, up
        configuration = stage.configuration or world.scenario.strategies[0].configuration
        self.mine = new_deployment(world, "user", "new", configuration, targets)
        self.names = stage.gate.watches(world.scenario.alarms)
        self.bake: Bake | None = None
        self.passed = self.rolled_back = False
        # How its deployment ended; Succeeded where the gate stopped the rollout.
        self.ended: TerminalStatus = "Succeeded"

    def through(self) -> Steps[None]:
        """Deploy, bake, and pass the gate or not."""
        world = self.world
        self.say("InProgress")
        world.current = self.mine
        ending = yield from deployment(world, self.mine)
        self.ended, status = ending.status, ending.status
        if ending.status == "Succeeded":
            self.passed = yield from self._passes_gate()
            status = "Succeeded" if self.passed else "Stopped"
        else:
            self.rolled_back = is_rolled_back(world, self.mine, ending)
        self.say(status)
        if not self.passed:
            world.page(f"stage {quoted(self.stage.name)} {status}", {})

    @property
    def stoppable(self) -> Haltable:
        """What runs, or ran last: the deployment or the bake."""
        return self.bake or self.mine

    def _passes_gate(self) -> Steps[bool]:
        """Bake, and look at the alarms: all the while, or at the end."""
        world, env = self.world, self.world.env
        # After the last stage there is nothing to wait for unless somebody looks.
        length = self.stage.bake if self.names or not self.last else 0.0
        world.current = self.bake = bake = Bake(env.event())
        world.forwards += 1
        if length > 0:
            ends = on_grid(env.now + length)
            self.say("Baking")
            world.record(Wait(env.now, self.mine.number, "BAKE", ends))
            if self.stage.gate.looks == "throughout":
                self._look()
            yield at(env, ends, END) | bake.stop
        self._look()
        bake.running = False
        world.forwards -= 1
        return not bake.stop.triggered

    def _look(self) -> None:
        """Let the gate look at its alarms now."""
        result = rules.gate("Succeeded", self.names, self.world.board.states)
        if self.bake is not None and result.decision == "stop":
            name = result.alarms[0]
            self.bake.halt("alarm", alarm=name, **self.up.get(name, {}), polled=self.world.env.now)

    def alarm_up(self, name: str) -> None:
        """An alarm went up: a gate that looks throughout ends the bake."""
        if name in self.names and self.stage.gate.looks == "throughout":
            self._look()

    def say(self, status: str) -> None:
        """Record that the stage has come this far."""
        change = StageChange(self.world.env.now, self.stage.name, status, self.mine.number)  # type: ignore[arg-type]
        self.world.record(change)


class StagedRollout:
    """Where a rollout in stages stands.

    Parameters
    ----------
    world : World
        With a strategy that has stages.
    """

    def __init__(self, world: World) -> None:
        assert isinstance(world.service, ServerFleet)  # the others have stages by region
        self.world, self.strategy = world, world.scenario.strategies[0]
        self.stages = self.strategy.stages
        self.parts = targets_of(self.stages, world.service.fleet)
        self.runs: list[StageRun] = []
        self.taken_back: list[StageRun] = []
        self.up: dict[str, dict[str, object]] = {}  # instants that led to each alarm's latest change to ALARM
        world.on_alarm.append(self._alarm_changed)

    def through(self) -> Steps[None]:
        """Stage after stage, or those that begin together, as far as they get."""
        world = self.world
        places = iter(range(len(self.stages)))
        for place in places:
            wave = [place]
            while wave[-1] + 1 < len(self.stages) and self.stages[wave[-1] + 1].together:
                wave.append(next(places))
            yield from self._wave(wave)
            if not all(run.passed for run in self.runs):
                break
        world.latest_succeeded = all(run.passed for run in self.runs)
        for left in self.stages[len(self.runs) :]:
            world.record(StageChange(world.env.now, left.name, "Skipped"))

    def _wave(self, places: list[int]) -> Steps[None]:
        """Stages that begin together; a person who stops one stops them all."""
        world, env, last = self.world, self.world.env, len(self.stages) - 1
        wave = [StageRun(world, self.stages[k], self.parts[k], places[-1] == last, self.up) for k in places]
        self.runs += wave
        world.reached = together(run.mine.targets for run in self.runs)
        world.groups.at_once = len(wave) > 1
        left = [env.process(run.through()) for run in wave]
        while left:
            yield env.any_of(left)
            left = [process for process in left if process.is_alive]
            if any(run.stoppable.stopped_by == "request" for run in wave):
                for run in wave:
                    run.stoppable.halt("request")

    def _alarm_changed(
        self, alarm: Alarm, before: AlarmState, state: AlarmState, slot_end: float | None, delivered: float | None
    ) -> None:
        if state == "ALARM":
            self.up[alarm.name] = {"slot_end": slot_end, "delivered": delivered, "evaluated": self.world.env.now}
            for run in self.runs:
                run.alarm_up(alarm.name)

    def back(self) -> Steps[None]:
        """Go back: by hand, by CodeDeploy's rollback of the stage, by the pipeline's deployments to finished ones."""
        world = self.world
        stopped = [run for run in self.runs if not run.passed]
        if any(run.bake is not None and run.bake.stopped_by == "request" for run in stopped):
            yield from way_back(world, "person", manual_configuration(world), world.reached, more=True)
        else:
            for run in stopped:
                yield from self._back_from(run)
        world.way_back_running = False

    def _back_from(self, run: StageRun) -> Steps[None]:
        """The ways back that one stopped stage leads to; those of earlier ones only once."""
        world, after = self.world, self.strategy.after_failure.finished_stages
        place = self.runs.index(run)
        for step in rules.way_back(place, run.ended, after, rolled_back=run.rolled_back):
            concerned = self.runs[step.stage]
            if concerned in self.taken_back:
                continue
            self.taken_back.append(concerned)
            decide(world, run.stoppable, "Stopped" if run.bake else run.ended)
            if step.by == "rollback":
                yield from roll_back(world, concerned.mine, more=True)
            elif concerned.ended == "Succeeded":
                yield from way_back(world, "user", concerned.mine.configuration, concerned.mine.targets, more=True)
