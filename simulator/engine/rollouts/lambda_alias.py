"""A Lambda alias shifted to another version: at once, by canary or linearly, with hook functions around it.

The one thing a newcomer would get wrong: the first share moves at the start of AllowTraffic, not after the first
interval, and there is no wait after the last share. A rollback invokes no hooks and sets the alias back at once.

Source: CodeDeploy user guide, "AppSpec hooks section" and "Working with deployment configurations"; overheads and
the rollback without hooks were observed.
"""

from __future__ import annotations

import simpy

from simulator.engine.attempt import Deployment
from simulator.engine.clock import TRAFFIC, Steps, at, on_grid
from simulator.engine.production import AliasProduction
from simulator.engine.production.alias import Version
from simulator.engine.rollouts.one_target import OneTarget, Result
from simulator.engine.template import SLOTS
from simulator.engine.world import World
from simulator.model.service import LambdaFunction
from simulator.rules import traffic_shift
from simulator.trace.records import Capacity, Usage


def lambda_alias(world: World, mine: Deployment) -> Steps[Result]:
    """Shift the alias; end Succeeded, or Failed by a hook."""
    story = AliasShift(world, mine)
    try:
        if mine.creator == "codeDeployRollback":
            result = yield from story.set_back("lambda_rollback")
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
        self.service = world.service
        world.record(Usage(world.env.now, mine.number, "lambda_deployment", 1.0))

    def forward(self) -> Steps[Result]:
        """Setup, pre-traffic hook, shift, post-traffic hook, finish."""
        env = self.world.env
        yield from self.pause("lambda_setup")
        yield from self.provision()
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
        result = yield from self.finish("lambda_finish")
        self.release()
        return result

    def set_back(self, *overheads: str) -> Steps[Result]:
        """CodeDeploy's own way back; nobody needs the new version's environments any more."""
        result = yield from super().set_back(*overheads)
        self.release()
        return result

    # -- environments ----------------------------------------------------------------------------------------

    def provision(self) -> Steps[None]:
        """Wait until the new version's provisioned environments are ready (Lambda guide, provisioned concurrency)."""
        world, kept = self.world, self.service.provisioned_concurrency
        if self.mine.brings != "new" or kept is None or not kept.target:
            return
        self._billed("new", kept.target)  # from being asked for
        yield from self.pause("provisioned_preparation")
        ready = on_grid(world.env.now + kept.target / world.assume("provisioned_rate"))
        yield at(world.env, ready, TRAFFIC)
        alias_of(world).keep("new", kept.target)

    def release(self) -> None:
        """Give back the environments provisioned for the version that no longer takes requests."""
        leaving: Version = "old" if self.mine.brings == "new" else "new"
        production = alias_of(self.world)
        if production.billed[leaving]:
            self._billed(leaving, 0)
            production.keep(leaving, 0)

    def _billed(self, version: Version, environments: int) -> None:
        alias_of(self.world).billed[version] = environments
        self.world.record(Capacity(self.world.env.now, version, "environment", environments))


def alias_of(world: World) -> AliasProduction:
    """The alias and its versions."""
    assert isinstance(world.production, AliasProduction)
    return world.production
