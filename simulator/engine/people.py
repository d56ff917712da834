"""People who are paged or notice, look, decide and act.

The one thing a newcomer would get wrong: one person is on it at a time. A page while somebody is already looking
changes nothing; standing down makes room for the next one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import simpy

from simulator.engine.clock import ACTION, Steps, at, call_at, on_grid
from simulator.engine.deployment import lets_one_go, way_back
from simulator.engine.fleet import ANSWERS, HEALTHY, NEW, REGISTERED
from simulator.engine.groups import Group
from simulator.engine.regions import AnyWorld
from simulator.engine.rollouts import rollout_of
from simulator.engine.world import World
from simulator.model.alarm import Alarm, AlarmState
from simulator.model.context import People
from simulator.model.deployment_configuration import DeploymentConfiguration, predefined
from simulator.model.distribution import Distribution
from simulator.rules.people import NextStep, Situation, next_step
from simulator.trace.records import PersonAct

REFERENCE_SHARE = 0.10  # the failing share at which the clock of noticing runs at rate 1
NOTICE, ACKNOWLEDGE, DECIDE, ACT, REPAIR = range(5)


class Responders:
    """Whoever looks after the service while this release is out.

    Parameters
    ----------
    world : AnyWorld
        What they look at.
    people : People
        How long they take.
    """

    def __init__(self, world: AnyWorld, people: People) -> None:
        self.world, self.people = world, people
        self.engaged = False
        self.calls = 0  # times somebody was called; each has a row of draws
        self.actions = 0
        self.alarm_instants: dict[str, Any] = {}
        # The clock of noticing: how far it has run, since when, and how fast.
        self._run, self._since, self._rate = 0.0, 0.0, 0.0
        self._next_check = float("inf")
        self._drawn_threshold: float | None = None
        self._fastest: float = world.assume("notice_fastest")
        self._attempts: float = world.assume("people_attempts")
        self._waits: simpy.Event | None = None
        if people.notice is None:
            world.assume("people_notice")

    @property
    def _threshold(self) -> float:
        """How far the clock of noticing runs, drawn when something fails: in most runs nothing does."""
        if self._drawn_threshold is None:
            self._drawn_threshold = self._time(NOTICE, "notice", self.people.notice)
        return self._drawn_threshold

    def begin(self) -> None:
        """Listen for alarms, pages and failing requests."""
        self.world.on_alarm.append(self.alarm_changed)
        self.world.page = self.page
        self.world.flow_listeners.append(self.flow_changed)
        self.world.listeners_of_end.append(self._tell)

    # -- being called -----------------------------------------------------------------------------------

    def alarm_changed(
        self, alarm: Alarm, before: AlarmState, state: AlarmState, slot_end: float | None, delivered: float | None
    ) -> None:
        """An alarm that goes up pages somebody."""
        if state == "ALARM" and alarm.pages:
            now = self.world.env.now
            instants = {"alarm": alarm.name, "slot_end": slot_end, "delivered": delivered, "evaluated": now}
            self.page(alarm.name, instants)

    def page(self, reason: str, instants: dict[str, Any]) -> None:
        """Call somebody, unless somebody is on it already."""
        if not self.engaged:
            self.world.record(PersonAct(self.world.env.now, "paged", reason))
            self._call(instants)

    def flow_changed(self) -> None:
        """The clock of noticing runs at min(5, x / 10 %); who waits for a deployment sees its release do harm.

        Who waits for a zone looks at every change.
        """
        if self.engaged:
            if self._waits is not None and (self._harmed() if self._forward_running() else self._nothing_runs()):
                self._tell()
            return
        now = self.world.env.now
        self._run += (now - self._since) * self._rate
        self._since = now
        share = self.world.rates().failing_share
        self._rate = min(self._fastest, share / REFERENCE_SHARE) if share > 1e-12 else 0.0
        if self._rate > 0:
            self._schedule()

    def _schedule(self) -> None:
        due = on_grid(self.world.env.now + max(self._threshold - self._run, 0.0) / self._rate)
        if due < self._next_check:
            self._next_check = due
            call_at(self.world.env, due, ACTION, self._check, due)

    def _check(self, due: float) -> None:
        if self.engaged or due != self._next_check:
            return
        self._next_check = float("inf")
        now = self.world.env.now
        self._run += (now - self._since) * self._rate
        self._since = now
        if self._run < self._threshold - 1e-5:
            if self._rate > 0:
                self._schedule()
            return
        self.world.record(PersonAct(now, "noticed", f"{self.world.rates().failing_share:.1%} of requests failing"))
        self._call({})

    def _call(self, instants: dict[str, Any]) -> None:
        self.engaged = True
        self.alarm_instants = instants
        self.world.env.process(self.response())

    # -- responding ---------------------------------------------------------------------------------------

    def response(self) -> Steps[None]:
        """Acknowledge, then look, decide and act until there is nothing left to do."""
        world, env = self.world, self.world.env
        called, actions = env.now, self.actions
        wait = self._time(ACKNOWLEDGE, "acknowledge", self.people.acknowledge)
        if not self.people.office_hours.covers(world.scenario.start.second_of_week + env.now):
            wait = on_grid(wait * world.assume("out_of_hours_factor"))
        yield at(env, on_grid(env.now + wait), ACTION)
        world.record(PersonAct(env.now, "acknowledged"))
        if self.alarm_instants:
            self.alarm_instants["polled"] = env.now  # what CodeDeploy's look is to an alarm, this is to a page
        while True:
            step = self._look()
            if step == "stand down":
                break
            if step == "wait":
                yield from self._wait()
                continue
            world.under_way += 1
            yield at(env, on_grid(env.now + self._time(DECIDE, "decide", self.people.decide)), ACTION)
            step = self._look()
            if step not in ("wait", "stand down"):
                world.record(PersonAct(env.now, "decided", step))
                if step == "stop and roll back" and world.pipeline.hold():
                    world.record(PersonAct(env.now, "holds"))
                yield from self._do(step)
                world.pipeline.let_go()
            world.under_way -= 1
        world.record(PersonAct(env.now, "stands down"))
        self.engaged = False
        self.calls += 1
        self._run, self._rate, self._since, self._next_check = 0.0, 0.0, env.now, float("inf")
        self._drawn_threshold = None
        world.consider_end()
        # Who found nothing to do and took no time for it would find the same again until the rates change.
        if self.actions < self._attempts and (env.now > called or self.actions > actions):
            self.flow_changed()

    def _look(self) -> NextStep:
        world, sites = self.world, self.world.sites
        flow = world.rates()
        between = len(sites) > 1 and flow.share_old > 0 and flow.share_new > 0
        return next_step(
            Situation(
                settled=world.looks_well(),
                forward_running=self._forward_running(),
                way_back_running=self._way_back_running(),
                failing_share=flow.failing_share if self._harmed() else 0.0,
                share_new=flow.share_new,
                serves_none=flow.served_old + flow.served_new <= 0 and flow.demand > 0,
                unserving=sum(len(site.production.unserving()) + len(site.production.silent()) for site in sites),
                way_back_failed=any(site.way_back_failed for site in sites),
                given_up=self.actions >= self._attempts,
                way_back_begun=world.triggered,
                split=between or any(site.production.split() for site in sites),
                alarm_shows=any(site.alarm_shows() for site in sites),
                zone_is_out=any(site.production.zone_is_out() for site in sites),
            )
        )

    def _harmed(self) -> bool:
        """Whether requests fail while a bad revision takes some."""
        flow = self.world.rates()
        return self.world.release.bad and flow.share_new > 0 and flow.failing_share > 1e-12

    def _forward_running(self) -> bool:
        """Whether a rollout is in progress anywhere."""
        return any(site.forward_running for site in self.world.sites)

    def _way_back_running(self) -> bool:
        """Whether a way back is in progress anywhere, or about to begin."""
        return any(site.way_back_running for site in self.world.sites) or self._rollback_is_due()

    def _nothing_runs(self) -> bool:
        """Whether no deployment is there to be waited for."""
        return not (self._forward_running() or self._way_back_running())

    def _rollback_is_due(self) -> bool:
        current = self.world.current
        return current is not None and current.stop.triggered and current.running

    def _wait(self) -> Steps[None]:
        """Until the deployment that is running ends, or the requests say something new."""
        self._waits = self.world.env.event()
        yield self._waits

    def _tell(self) -> None:
        """Let whoever waits look again."""
        waits, self._waits = self._waits, None
        if waits is not None:
            waits.succeed()

    def _do(self, step: NextStep) -> Steps[None]:
        world, env = self.world, self.world.env
        if step == "repair":
            yield from self._repair()
            return
        yield at(env, on_grid(env.now + self._time(ACT, "act", self.people.act)), ACTION)
        step = self._look()
        if step == "stop and roll back" and world.current is not None:
            self.actions += 1
            world.record(PersonAct(env.now, "stops"))
            world.begin_way_back("person", **self.alarm_instants)
            world.current.halt("request")
            yield from self._wait()
        elif step == "roll back":
            self.actions += 1
            world.record(PersonAct(env.now, "rolls back"))
            world.begin_way_back("person", **self.alarm_instants)
            yield from back_by_person(world)

    def _repair(self) -> Steps[None]:
        """Bring every host that is out or dead back with the group's revision, the previous one on a way back.

        Agents that a deployment found dead are restarted.
        """
        world, env = self.world, self.world.env
        silent = [site.fleet.silent() for site in world.sites]
        pairs = zip(world.sites, silent, strict=True)
        broken = sum(len({*site.fleet.unserving(), *quiet}) for site, quiet in pairs)
        world.record(PersonAct(env.now, "repairs", f"{broken} host{'' if broken == 1 else 's'}"))
        self.actions += 1
        yield at(env, on_grid(env.now + self._time(REPAIR, "repair", self.people.repair)), ACTION)
        for site, quiet in zip(world.sites, silent, strict=True):
            for target in site.fleet.unserving():
                repair(site, target)
            site.fleet.dead_agents.difference_update(quiet)
        world.record(PersonAct(env.now, "repaired"))

    # -- times -------------------------------------------------------------------------------------------

    def _time(self, use: int, name: str, given: Distribution | None) -> float:
        """How long the person now called takes for something; one row of draws per call."""
        law = given if given is not None else self.world.assume(f"people_{name}")
        if law.fixed is not None:
            return on_grid(law.fixed)
        draw = self.world.streams.uniforms("people", self.calls + 1, 5)[self.calls, use]
        return on_grid(float(law.quantile(np.array([draw]))[0]))


def repair(world: World, target: int) -> None:
    """Let a host be as its group is, of the previous revision where a way back has begun."""
    fleet = world.fleet
    revision = "old" if world.triggered else world.groups.last_good(target % fleet.size)
    if not fleet.alive[target]:
        world.dies_at[target] = float("inf")
    fleet.alive[target], fleet.unhealthy[target] = True, False
    fleet.installed[target] = revision
    fleet.generation[target] += 1
    fleet.busy_until[target] = -float("inf")
    answers = not (revision == "new" and world.release.crashes)
    set_bits = REGISTERED | HEALTHY | (ANSWERS if answers else 0) | (NEW if revision == "new" else 0)
    fleet.ageing(world.env.now, target, "starts")
    fleet.ageing(world.env.now, target, "returns")
    world.set_target(target, set_bits, 0 if revision == "new" else NEW, "repaired", revision)


def back_by_person(whole: AnyWorld, more: bool = False) -> Steps[None]:
    """A person brings the previous revision back wherever the rollout has begun, everywhere at once.

    Regions that are back already are left alone. People are told that it is over unless `more` follows.
    """
    begun = [site for site in whole.sites if site.deployments > 0]
    wanting = [site for site in begun if not (site.one_revision() and site.flow.share_new == 0)] or begun
    ways = [(site, group) for site in wanting for group in site.reached]
    if len(ways) == 1:
        yield from _back_by_person(*ways[0], more)
    else:
        for site in wanting:
            site.groups.at_once = len(site.reached) > 1
        yield whole.env.all_of([whole.env.process(_back_by_person(*way, True)) for way in ways])
        for site in wanting:
            site.way_back_running = more
        if not more:
            whole.deployments_over()
    whole.flow_changed()


def _back_by_person(world: World, group: Group, more: bool) -> Steps[None]:
    world.triggered = True
    by_hand = rollout_of(world).by_hand
    if by_hand is not None and world.production.can_be_set_back_by_hand(group.targets):
        yield from by_hand(world, group.targets)
    else:
        yield from way_back(world, "person", manual_configuration(world, group), group.targets, more)


def manual_configuration(world: World, group: Group) -> DeploymentConfiguration:
    """Deployment configuration of a way back by hand: the group's, where a deployment with it could start."""
    configuration = group.configuration
    # Of a fleet that is replaced, traffic is given back at any minimum.
    starts = world.scenario.deployment_type == "blue_green" or lets_one_go(world, configuration, group.targets)
    if world.assume("manual_rollback_configuration") == "all_at_once" or not starts:
        return all_at_once(configuration.compute_platform)
    return configuration


def all_at_once(platform: str) -> DeploymentConfiguration:
    """AWS's own all-at-once configuration of a platform."""
    name = "AllAtOnce" if platform == "Server" else f"{platform}AllAtOnce"
    return predefined(f"CodeDeployDefault.{name}")
