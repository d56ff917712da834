"""A deployment whose one target is a Lambda function or an ECS service: its events, and hooks that call back.

The one thing a newcomer would get wrong: a hook is a function that *calls back*. One that has ended without doing
so leaves CodeDeploy waiting for an hour, whatever the function's own timeout was.

Source: CodeDeploy user guide, "AppSpec hooks section" and "Limits".
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from simulator.engine.attempt import Deployment
from simulator.engine.clock import ACTION, END, TRAFFIC, Steps, at, on_grid
from simulator.engine.groups import Targets
from simulator.engine.production import WeightedProduction
from simulator.engine.template import DURATION, FAILURE, SEEN, USES, WHEN
from simulator.engine.world import World
from simulator.model.release import HookFailure, HookHang
from simulator.model.service import EcsService, Hook, LambdaFunction, Lifecycle
from simulator.rules import lifecycle as lifecycle_rules
from simulator.rules.billing import memory_gb
from simulator.rules.limits import HOOK_CALLBACK_LIMIT_S
from simulator.rules.rollback import TerminalStatus
from simulator.trace.records import EventRun, FaultStrike, Shift, TargetChange, Usage

LONGEST_FUNCTION_S = 900.0

Result = tuple[TerminalStatus, str | None]


class OneTarget:
    """One deployment's walk through its target's events.

    Parameters
    ----------
    world : World
        Where it happens.
    mine : Deployment
        The deployment.
    service : LambdaFunction or EcsService
        The target.
    slots : mapping of str to int
        Place of each event's draws.
    """

    def __init__(
        self, world: World, mine: Deployment, service: LambdaFunction | EcsService, slots: Mapping[str, int]
    ) -> None:
        self.world, self.mine, self._hook_memory = world, mine, memory_gb(service.hook_memory)
        self.lifecycle: Lifecycle = service.lifecycle
        self.slots = slots
        self.draws = world.streams.uniforms(f"lifecycle/{mine.number}", 1, len(slots) * USES)[0]
        self.event, self.began = "", world.env.now
        self.events = lifecycle_rules.events(service.platform, "blue_green")
        self._begun = 0  # events that have begun

    # -- events ----------------------------------------------------------------------------------------------

    def begin(self, event: str) -> None:
        """Note the event that runs now."""
        self.event, self.began = event, self.world.env.now
        self.mine.event = event
        self._begun = self.events.index(event) + 1

    def end(self, status: str, code: str | None = None) -> None:
        """Write the event's record."""
        if self.world.full and self.event:
            now = self.world.env.now
            self.world.record(EventRun(now, self.mine.number, 0, self.event, self.began, status, code))  # type: ignore[arg-type]
        self.event = ""

    def succeeded(self) -> Result:
        """The deployment reached its end."""
        self.world.record(TargetChange(self.world.env.now, self.mine.number, 0, "Succeeded"))
        return "Succeeded", None

    def failed(self, code: str = "HOOK_EXECUTION_FAILURE") -> Result:
        """An event ended the deployment."""
        self._skip()
        self.world.record(TargetChange(self.world.env.now, self.mine.number, 0, "Failed"))
        return "Failed", code

    def cut(self) -> None:
        """The running event is shown Failed; traffic stays as it is."""
        self.end("Failed")
        self._skip()
        self.world.record(TargetChange(self.world.env.now, self.mine.number, 0, "Failed"))

    def _skip(self) -> None:
        """Events that never began are shown Skipped (observed)."""
        if self.world.full:
            now, number = self.world.env.now, self.mine.number
            for event in self.events[self._begun :]:
                self.world.record(EventRun(now, number, 0, event, now, "Skipped"))

    def pause(self, name: str) -> Steps[None]:
        """Wait for as long as an assumption draws for this deployment."""
        env = self.world.env
        yield at(env, on_grid(env.now + self.world.drawn(name, f"{name}/{self.mine.number}")), TRAFFIC)

    def finish(self, name: str) -> Steps[Result]:
        """Succeed, as long after the last event as an assumption draws."""
        env = self.world.env
        yield at(env, on_grid(env.now + self.world.drawn(name, f"{name}/{self.mine.number}")), END)
        return self.succeeded()

    # -- traffic ---------------------------------------------------------------------------------------------

    def shift(self, weight: float) -> None:
        """Give the arriving revision this share of the requests; a way back counts down."""
        production = weighted(self.world)
        weight_new = weight if self.mine.brings == "new" else round(1.0 - weight, 12)
        if self.mine.brings == "old":
            weight_new = min(weight_new, production.weight_new)
        _set_weight(self.world, self.mine.number, weight_new)

    def set_back(self, *overheads: str) -> Steps[Result]:
        """CodeDeploy's own way back: all traffic on the previous revision after what that takes, no hooks."""
        self.begin("AllowTraffic")
        for name in overheads:
            yield from self.pause(name)
        self.shift(1.0)
        self.end("Succeeded")
        yield at(self.world.env, self.world.env.now, END)
        return self.succeeded()

    # -- hooks -----------------------------------------------------------------------------------------------

    def hook(self, event: str) -> Steps[bool]:
        """Invoke the hook function of an event, if it has one, and wait for its answer; whether it says Succeeded."""
        hook = self.lifecycle.hooks.get(event)
        if hook is None:
            return True
        self.begin(event)
        return (yield from self.answered(event, hook))

    def answered(self, event: str, hook: Hook) -> Steps[bool]:
        """Invoke the hook function of the event that runs and wait for its answer; whether it says Succeeded."""
        world, env = self.world, self.world.env
        natural = self._natural(event)
        fails = self._struck(event, HookFailure, hook.failure) or self.sees(event, hook.probes)
        answer = natural
        for fault in world.scenario.faults:
            if not isinstance(fault, HookFailure) or fault.event != event or fault.at is None:
                continue
            if self._concerned(fault.on) and env.now <= fault.at < env.now + natural:
                fails, answer = True, on_grid(fault.at) - env.now
        limit = min(HOOK_CALLBACK_LIMIT_S, hook.scripts[0].timeout)
        silent = answer > limit
        world.record(Usage(env.now, self.mine.number, "hook_invocation", 1.0))
        # A function runs for 15 minutes at most, however long its answer is waited for (Lambda guide, quotas).
        billed = min(answer, limit, LONGEST_FUNCTION_S) * self._hook_memory
        world.record(Usage(env.now, self.mine.number, "hook_gb_seconds", billed))
        # A function that ended without calling back leaves CodeDeploy waiting to the callback limit.
        yield at(env, on_grid(env.now + (HOOK_CALLBACK_LIMIT_S if silent else answer)), TRAFFIC)
        if silent or fails:
            world.record(FaultStrike(env.now, "HookTimedOut" if silent else "HookFailed", None, event))
            self.end("Failed")
            return False
        self.end("Succeeded")
        return True

    def _natural(self, event: str) -> float:
        if self._struck(event, HookHang, 0.0):
            return np.inf
        law = self.lifecycle.durations.get(event) or self.world.assume("hook_duration")
        return on_grid(float(law.quantile(np.array([self.uniform(event, DURATION)]))[0]))

    def uniform(self, event: str, use: int) -> float:
        """Draw of one event and use."""
        return float(self.draws[self.slots[event] * USES + use])

    def _struck(self, event: str, kind: type[HookFailure] | type[HookHang], own: float) -> bool:
        survives = 1.0 - own
        for fault in self.world.scenario.faults:
            if not isinstance(fault, kind) or fault.event != event or not self._concerned(fault.on):
                continue
            if fault.probability is not None:
                survives *= 1 - fault.probability
            elif getattr(fault, "at", None) is None:
                return True
        return survives < 1 and self.uniform(event, FAILURE if kind is HookFailure else WHEN) >= survives

    def _concerned(self, on: str) -> bool:
        return on == "both" or (on == "rollback") == self.mine.is_rollback

    def sees(self, event: str, probes: int) -> bool:
        """What the hook can see of the new revision's defect; before any traffic it can still probe a version."""
        release = self.world.release
        if self.mine.brings != "new" or not release.bad:
            return False
        if release.crashes:
            return True
        return self.uniform(event, SEEN) < 1.0 - (1.0 - release.error_share) ** probes


def weighted(world: World) -> WeightedProduction:
    """The two revisions that share the requests."""
    assert isinstance(world.production, WeightedProduction)
    return world.production


def clear_weights(world: World, targets: Targets = None) -> Steps[None]:
    """A person gives all requests to the previous revision by hand.

    A split alias has to be cleared so: later deployments would fail on it (user guide,
    troubleshooting-deployments-lambda).
    """
    yield at(world.env, world.env.now, ACTION)
    _set_weight(world, world.deployments - 1, 0.0)


def _set_weight(world: World, deployment: int, weight_new: float) -> None:
    world.record(Shift(world.env.now, deployment, weight_new))
    if billed := weighted(world).send(weight_new):
        world.record(Usage(world.env.now, deployment, "init_gb_seconds", billed))
    world.flow_changed()
