"""A Lambda alias shifted to another version: at once, by canary or linearly, with hook functions around it.

The one thing a newcomer would get wrong: the first share moves at the start of AllowTraffic, not after the first
interval, and there is no wait after the last share. A rollback invokes no hooks and sets the alias back at once.

Source: CodeDeploy user guide, "AppSpec hooks section" and "Working with deployment configurations"; overheads and
the rollback without hooks were observed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import simpy

from simulator.engine.clock import ACTION, END, TRAFFIC, Steps, at, on_grid
from simulator.engine.lifecycle import DURATION, FAILURE, SEEN, SLOTS, USES, WHEN
from simulator.engine.world import World
from simulator.model.release import HookFailure, HookHang
from simulator.model.service import SERVER_EVENTS, LambdaFunction
from simulator.rules import traffic_shift
from simulator.rules.limits import HOOK_CALLBACK_LIMIT_S
from simulator.trace.records import EventRun, FaultStrike, Shift, TargetChange, Usage

if TYPE_CHECKING:
    from simulator.engine.deployment import Deployment

LONGEST_FUNCTION_S = 900.0


def lambda_alias(world: World, mine: Deployment) -> Steps[tuple[str, str | None]]:
    """Shift the alias; end Succeeded, or Failed by a hook."""
    story = AliasShift(world, mine)
    try:
        if mine.creator == "codeDeployRollback":
            result = yield from story.set_back()
        else:
            result = yield from story.forward()
        return result
    except simpy.Interrupt as stop:
        story.cut()
        return "Stopped", str(stop.cause)


class AliasShift:
    """One deployment's walk through a Lambda deployment's three events."""

    def __init__(self, world: World, mine: Deployment) -> None:
        assert isinstance(world.service, LambdaFunction)
        self.world, self.mine, self.service = world, mine, world.service
        self.draws = world.streams.uniforms(f"lifecycle/{mine.number}", 1, len(SERVER_EVENTS) * USES)[0]
        self.event, self.began = "", world.env.now
        world.record(Usage(world.env.now, mine.number, "lambda_deployment", 1.0))

    def forward(self) -> Steps[tuple[str, str | None]]:
        """Setup, pre-traffic hook, shift, post-traffic hook, finish."""
        world, env, number = self.world, self.world.env, self.mine.number
        yield at(env, on_grid(env.now + world.drawn("lambda_setup", f"lambda_setup/{number}")), TRAFFIC)
        if not (yield from self.hook("BeforeAllowTraffic")):
            return self.failed()
        self.begin("AllowTraffic")
        start = env.now
        for offset, weight in traffic_shift.schedule(self.mine.configuration):
            instant = on_grid(start + offset)
            if instant > env.now:
                yield at(env, instant, TRAFFIC)
            self.shift(weight)
        self.end("Succeeded")
        if not (yield from self.hook("AfterAllowTraffic")):
            return self.failed()
        yield at(env, on_grid(env.now + world.drawn("lambda_finish", f"lambda_finish/{number}")), END)
        world.record(TargetChange(env.now, number, 0, "Succeeded"))
        return "Succeeded", None

    def set_back(self) -> Steps[tuple[str, str | None]]:
        """CodeDeploy's own way back: the alias on the old version, no hooks."""
        world, env, number = self.world, self.world.env, self.mine.number
        self.begin("AllowTraffic")
        yield at(env, on_grid(env.now + world.drawn("lambda_rollback", f"lambda_rollback/{number}")), TRAFFIC)
        self.shift(1.0)
        self.end("Succeeded")
        world.record(TargetChange(env.now, number, 0, "Succeeded"))
        yield at(env, env.now, END)
        return "Succeeded", None

    def shift(self, weight: float) -> None:
        """Give the arriving version this share of the alias; a way back counts down."""
        weight_new = weight if self.mine.brings == "new" else round(1.0 - weight, 12)
        if self.mine.brings == "old":
            weight_new = min(weight_new, self.world.weight_new)
        self.world.record(Shift(self.world.env.now, self.mine.number, weight_new))
        self.world.weight_new = weight_new
        self.world.flow_changed()

    def hook(self, event: str) -> Steps[bool]:
        """Invoke the hook function of an event and wait for its answer; whether it says Succeeded."""
        world, env = self.world, self.world.env
        hook = self.service.lifecycle.hooks.get(event)
        if hook is None:
            return True
        self.begin(event)
        natural = self._natural(event)
        fails = self._struck(event, HookFailure, hook.failure) or self._sees(event, hook.probes)
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
        billed = min(answer, limit, LONGEST_FUNCTION_S) * self.service.hook_memory / 2**30
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
        law = self.service.lifecycle.durations.get(event) or self.world.assume("hook_duration")
        return on_grid(float(law.quantile(np.array([self._uniform(event, DURATION)]))[0]))

    def _uniform(self, event: str, use: int) -> float:
        return float(self.draws[SLOTS[event] * USES + use])

    def _struck(self, event: str, kind: type[HookFailure] | type[HookHang], own: float) -> bool:
        survives = 1.0 - own
        for fault in self.world.scenario.faults:
            if not isinstance(fault, kind) or fault.event != event or not self._concerned(fault.on):
                continue
            if fault.probability is not None:
                survives *= 1 - fault.probability
            elif getattr(fault, "at", None) is None:
                return True
        return survives < 1 and self._uniform(event, FAILURE if kind is HookFailure else WHEN) >= survives

    def _concerned(self, on: str) -> bool:
        return on == "both" or (on == "rollback") == self.mine.is_rollback

    def _sees(self, event: str, probes: int) -> bool:
        """What the hook can see of the new version's defect; before any traffic it can still probe the version."""
        release = self.world.release
        if self.mine.brings != "new" or not release.bad:
            return False
        if release.crashes:
            return True
        return self._uniform(event, SEEN) < 1.0 - (1.0 - release.error_share) ** probes

    def begin(self, event: str) -> None:
        """Note the event that runs now."""
        self.event, self.began = event, self.world.env.now

    def end(self, status: str) -> None:
        """Write the event's record."""
        if self.world.full and self.event:
            now = self.world.env.now
            self.world.record(EventRun(now, self.mine.number, 0, self.event, self.began, status))  # type: ignore[arg-type]
        self.event = ""

    def failed(self) -> tuple[str, str | None]:
        """A hook ended the deployment."""
        self.world.record(TargetChange(self.world.env.now, self.mine.number, 0, "Failed"))
        return "Failed", "HOOK_EXECUTION_FAILURE"

    def cut(self) -> None:
        """The running event is shown Failed; the alias keeps its weights."""
        self.end("Failed")
        self.world.record(TargetChange(self.world.env.now, self.mine.number, 0, "Failed"))


def clear_weights(world: World) -> Steps[None]:
    """A person points a split alias at the old version by hand; later deployments would fail on it.

    Source: user guide, troubleshooting-deployments-lambda.
    """
    yield at(world.env, world.env.now, ACTION)
    world.weight_new = 0.0
    world.record(Shift(world.env.now, world.deployments - 1, 0.0))
    world.flow_changed()
