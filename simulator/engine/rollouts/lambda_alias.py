"""A Lambda alias shifted to another version: at once, by canary or linearly, with hook functions around it.

The one thing a newcomer would get wrong: the first share moves at the start of AllowTraffic, not after the first
interval, and there is no wait after the last share. A rollback invokes no hooks and sets the alias back at once.

Source: CodeDeploy user guide, "AppSpec hooks section" and "Working with deployment configurations"; overheads and
the rollback without hooks were observed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import simpy

from simulator.engine.clock import ACTION, END, TRAFFIC, Steps, at, on_grid
from simulator.engine.production import AliasProduction
from simulator.engine.rollouts.one_target import OneTarget, Result
from simulator.engine.template import SLOTS
from simulator.engine.world import World
from simulator.model.service import LambdaFunction
from simulator.rules import traffic_shift
from simulator.trace.records import Shift, Usage

if TYPE_CHECKING:
    from simulator.engine.deployment import Deployment


def lambda_alias(world: World, mine: Deployment) -> Steps[Result]:
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


class AliasShift(OneTarget):
    """One deployment's walk through a Lambda deployment's three events."""

    def __init__(self, world: World, mine: Deployment) -> None:
        assert isinstance(world.service, LambdaFunction)
        super().__init__(world, mine, world.service, SLOTS)
        world.record(Usage(world.env.now, mine.number, "lambda_deployment", 1.0))

    def forward(self) -> Steps[Result]:
        """Setup, pre-traffic hook, shift, post-traffic hook, finish."""
        env = self.world.env
        yield from self.pause("lambda_setup")
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
        return (yield from self.finish("lambda_finish"))

    def set_back(self) -> Steps[Result]:
        """CodeDeploy's own way back: the alias on the old version, no hooks."""
        self.begin("AllowTraffic")
        yield from self.pause("lambda_rollback")
        self.shift(1.0)
        self.end("Succeeded")
        yield at(self.world.env, self.world.env.now, END)
        return self.succeeded()

    def shift(self, weight: float) -> None:
        """Give the arriving version this share of the alias; a way back counts down."""
        weight_new = weight if self.mine.brings == "new" else round(1.0 - weight, 12)
        if self.mine.brings == "old":
            weight_new = min(weight_new, alias(self.world).weight_new)
        self.world.record(Shift(self.world.env.now, self.mine.number, weight_new))
        alias(self.world).weight_new = weight_new
        self.world.flow_changed()


def alias(world: World) -> AliasProduction:
    """The alias that takes the requests."""
    assert isinstance(world.production, AliasProduction)
    return world.production


def clear_weights(world: World) -> Steps[None]:
    """A person points a split alias at the old version by hand; later deployments would fail on it.

    Source: user guide, troubleshooting-deployments-lambda.
    """
    yield at(world.env, world.env.now, ACTION)
    alias(world).weight_new = 0.0
    world.record(Shift(world.env.now, world.deployments - 1, 0.0))
    world.flow_changed()
