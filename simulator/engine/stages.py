"""A rollout in stages: a deployment for each, a bake in which a gate watches alarms, and what becomes of finished ones.

The one thing a newcomer would get wrong: CodeDeploy knows nothing of stages. It rolls back the deployment that
failed or was stopped; a stage that ended well comes back only by a further deployment of the previous revision, which
the pipeline makes if the strategy says so, or a person by hand.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import simpy

from simulator.engine.alarms import phase_of
from simulator.engine.attempt import Haltable
from simulator.engine.clock import ACTION, END, Steps, at, call_at, next_tick, on_grid
from simulator.engine.deployment import (
    decide,
    deployment,
    is_rolled_back,
    new_deployment,
    roll_back,
    way_back,
)
from simulator.engine.groups import Group, Targets
from simulator.engine.people import back_by_person
from simulator.engine.regions import AnyWorld
from simulator.engine.world import World
from simulator.errors import quoted
from simulator.model.alarm import Alarm, AlarmState
from simulator.model.service import ServerFleet
from simulator.model.sites import stages_of
from simulator.model.stages import Stage, targets_of
from simulator.rules import stages as rules
from simulator.rules.rollback import StoppedBy, TerminalStatus
from simulator.trace.records import StageChange, Wait


def staged_story(whole: AnyWorld) -> Steps[None]:
    """The rollout stage by stage, and the ways back that follow where one does not get through."""
    whole.under_way += 1
    rollout = StagedRollout(whole)
    yield from rollout.through()
    whole.set_horizon(whole.env.now)
    yield from rollout.back()
    whole.under_way -= 1
    whole.deployments_over()
    whole.flow_changed()


@dataclass(slots=True)
class Bake(Haltable):
    """The wait after a stage's deployment, which its gate or a person may end."""

    stop: simpy.Event
    began: float
    stopped_by: StoppedBy | None = None
    instants: dict[str, object] = field(default_factory=dict)
    running: bool = True


class StageRun:
    """One stage: its deployment, its bake, and how it came out.

    Parameters
    ----------
    whole : AnyWorld
        With a strategy that has stages.
    part : Part
        Whom it deploys to.
    last : bool
        Whether none comes after it.
    up : dict
        Instants that led to each alarm's latest change to ALARM.
    """

    def __init__(self, whole: AnyWorld, part: Part, last: bool, up: dict[str, dict[str, object]]) -> None:
        self.whole, self.world, self.stage, self.last, self.up = whole, part.world, part.stage, last, up
        world, stage = part.world, part.stage
        configuration = stage.configuration or world.scenario.strategies[0].configuration
        self.mine = new_deployment(world, "user", "new", configuration, part.targets)
        self.names = stage.gate.watches(world.scenario.alarms)
        self.bake: Bake | None = None
        self.passed = self.rolled_back = False
        # How its deployment ended; Succeeded where the gate stopped the rollout.
        self.ended: TerminalStatus = "Succeeded"

    def through(self) -> Steps[None]:
        """Deploy, bake, and pass the gate or not."""
        world = self.world
        self.say("InProgress")
        self.whole.current = self.mine
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
        self.whole.current = self.bake = bake = Bake(env.event(), env.now)
        world.forwards += 1
        if length > 0:
            ends = on_grid(env.now + length)
            self.say("Baking")
            world.record(Wait(env.now, self.mine.number, "BAKE", ends))
            if self.stage.gate.looks == "throughout" and self.names:
                self._begin_to_look()
            yield at(env, ends, END) | bake.stop
        self._look()
        pipeline = self.whole.pipeline
        while not self.last and pipeline.held is not None and not bake.stop.triggered:
            yield pipeline.held | bake.stop
        bake.running = False
        world.forwards -= 1
        return not bake.stop.triggered

    def _begin_to_look(self) -> None:
        """Look at a period with a drawn phase; only the look after a change to ALARM is an event."""
        for name in ("gate_look_period", "gate_look_phase"):
            self.world.assume(name)
        if any(self.world.board.states[name] == "ALARM" for name in self.names):
            self._look_next()

    def _look_next(self) -> None:
        """Let the gate look when it next does."""
        assert self.bake is not None  # or nobody looks
        env, period = self.world.env, self.world.assume("gate_look_period")
        if period <= 0:
            self._look()
            return
        share = self.world.share("gate_look_phase", f"gate_look_phase/{self.mine.number}")
        instant = next_tick(env.now, self.bake.began + phase_of(share, period), period)
        call_at(env, instant, ACTION, self._look)

    def _look(self) -> None:
        """Let the gate look at its alarms now."""
        result = rules.gate("Succeeded", self.names, self.world.board.states)
        if self.bake is not None and result.decision == "stop":
            name = result.alarms[0]
            self.bake.halt("alarm", alarm=name, **self.up.get(name, {}), polled=self.world.env.now)

    def alarm_up(self, name: str) -> None:
        """An alarm went up: a gate that looks throughout will see it, if it is still up then."""
        if self.bake is not None and self.bake.running and name in self.names and self.stage.gate.looks == "throughout":
            self._look_next()

    def say(self, status: str) -> None:
        """Record that the stage has come this far."""
        change = StageChange(self.world.env.now, self.stage.name, status, self.mine.number)  # type: ignore[arg-type]
        self.world.record(change)


class Part(NamedTuple):
    """A stage, in whose world it is, and its targets there; None for all."""

    stage: Stage
    world: World
    targets: Targets


def parts_of(whole: AnyWorld) -> list[Part]:
    """Whom each stage deploys to, in order."""
    stages, service = stages_of(whole.scenario), whole.scenario.service
    if service.regions:
        sites = {region.name: site for region, site in zip(service.regions, whole.sites, strict=True)}
        return [Part(stage, sites[str(stage.region)], None) for stage in stages]
    assert isinstance(service, ServerFleet)  # the others have stages by region
    found = targets_of(stages, service.fleet)
    return [Part(stage, whole.sites[0], targets) for stage, targets in zip(stages, found, strict=True)]


class StagedRollout:
    """Where a rollout in stages stands.

    Parameters
    ----------
    whole : AnyWorld
        With a strategy that has stages, or a service in several regions.
    """

    def __init__(self, whole: AnyWorld) -> None:
        self.whole, self.strategy = whole, whole.scenario.strategies[0]
        self.parts = parts_of(whole)
        self.runs: list[StageRun] = []
        self.taken_back: list[StageRun] = []
        # Instants that led to each alarm's latest change to ALARM, in each world.
        self.up: dict[World, dict[str, dict[str, object]]] = {site: {} for site in whole.sites}
        for site in whole.sites:
            site.on_alarm.append(partial(self._alarm_changed, site))

    def through(self) -> Steps[None]:
        """Stage after stage, or those that begin together, as far as they get."""
        whole, parts = self.whole, self.parts
        places = iter(range(len(parts)))
        for place in places:
            wave = [place]
            while wave[-1] + 1 < len(parts) and parts[wave[-1] + 1].stage.together:
                wave.append(next(places))
            yield from self._wave(wave)
            if not all(run.passed for run in self.runs):
                break
        whole.latest_succeeded = all(run.passed for run in self.runs)
        for left in parts[len(self.runs) :]:
            whole.record(StageChange(whole.env.now, left.stage.name, "Skipped"))

    def _wave(self, places: list[int]) -> Steps[None]:
        """Stages that begin together; a person who stops one stops them all."""
        whole, env, last = self.whole, self.whole.env, len(self.parts) - 1
        parts = [self.parts[place] for place in places]
        wave = [StageRun(whole, part, places[-1] == last, self.up[part.world]) for part in parts]
        self.runs += wave
        whole.pipeline.ahead = len(self.parts) - len(self.runs)
        self._note_reached(at_once=len(wave) > 1)
        left = {env.process(run.through()): run for run in wave}
        while left:
            yield env.any_of(list(left))
            left = {process: run for process, run in left.items() if process.is_alive}
            if any(run.stoppable.stopped_by == "request" for run in wave):
                for run in wave:
                    run.stoppable.halt("request")
            elif left:
                whole.current = next(iter(left.values())).stoppable  # what a person could still stop

    def _note_reached(self, *, at_once: bool) -> None:
        """Say who is to go back if people decide so: each deployment group by itself, with its configuration."""
        for site in self.whole.sites:
            mine = [run.mine for run in self.runs if run.world is site]
            if mine:
                # One that two stages deploy to comes back once.
                site.reached = list({each.targets: Group(each.targets, each.configuration) for each in mine}.values())
            site.groups.at_once = at_once and len(self.whole.sites) == 1  # hosts of two regions are not one

    def _alarm_changed(
        self,
        site: World,
        alarm: Alarm,
        before: AlarmState,
        state: AlarmState,
        slot_end: float | None,
        delivered: float | None,
    ) -> None:
        if state == "ALARM":
            self.up[site][alarm.name] = {"slot_end": slot_end, "delivered": delivered, "evaluated": site.env.now}
            for run in self.runs:
                if run.world is site:
                    run.alarm_up(alarm.name)

    def back(self) -> Steps[None]:
        """Go back: by hand, by CodeDeploy's rollback of the stage, by the pipeline's deployments to finished ones."""
        whole = self.whole
        stopped = [run for run in self.runs if not run.passed]
        if any(run.bake is not None and run.bake.stopped_by == "request" for run in stopped):
            yield from back_by_person(whole, more=True)
        else:
            for run in stopped:
                yield from self._back_from(run)
        for site in whole.sites:
            site.way_back_running = False

    def _back_from(self, run: StageRun) -> Steps[None]:
        """The ways back that one stopped stage leads to; those of earlier ones only once."""
        after = self.strategy.after_failure.finished_stages
        place = self.runs.index(run)
        for step in rules.way_back(place, run.ended, after, rolled_back=run.rolled_back):
            concerned = self.runs[step.stage]
            if concerned in self.taken_back:
                continue
            self.taken_back.append(concerned)
            decide(run.world, run.stoppable, "Stopped" if run.bake else run.ended)
            world, mine = concerned.world, concerned.mine
            world.triggered = True
            if step.by == "rollback":
                yield from roll_back(world, mine, more=True)
            elif concerned.ended == "Succeeded":
                yield from way_back(world, "user", mine.configuration, mine.targets, more=True)
