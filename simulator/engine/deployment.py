"""One deployment, what stops it, and the way back that follows.

The one thing a newcomer would get wrong: an alarm leaves a deployment *Stopped*, not Failed, and a rollback is a
further deployment with a number, a duration and a failure of its own.

Source: CodeDeploy user guide, "Redeploy and roll back a deployment" and "Monitoring deployments with alarms".
"""

from __future__ import annotations

from typing import Literal

from simulator.engine.alarms import phase_of
from simulator.engine.attempt import Deployment, Ending, Haltable
from simulator.engine.clock import ACTION, Steps, at, call_at, next_tick, on_grid
from simulator.engine.faults import struck_by
from simulator.engine.groups import Targets
from simulator.engine.rollouts import rollout_of
from simulator.engine.world import World
from simulator.model.alarm import Alarm, AlarmState
from simulator.model.deployment_configuration import DeploymentConfiguration, predefined
from simulator.model.faults import RollbackFailure, Throttling
from simulator.model.service import ServerFleet
from simulator.rules import healthy_hosts, limits, rollback
from simulator.rules.auto_scaling import has_no_instances
from simulator.rules.rollback import TerminalStatus
from simulator.trace.records import Creator, DeploymentChange, FaultStrike


def new_deployment(
    world: World,
    creator: Creator,
    brings: Literal["old", "new"],
    configuration: DeploymentConfiguration,
    targets: Targets = None,
) -> Deployment:
    """Give a deployment its number; rollbacks and a person's way back are not stopped by alarms."""
    number = world.deployments
    world.deployments += 1
    back = brings == "old"
    return Deployment(
        number,
        creator,
        brings,
        configuration,
        is_rollback=back,
        watched=not back or (creator == "codeDeployRollback" and world.assume("rollback_watches_alarms") == "yes"),
        stop=world.env.event(),
        draws=world.groups.draws(brings, targets),
        targets=targets,
    )


def deployment(world: World, mine: Deployment) -> Steps[Ending]:
    """Run one deployment until it ends by itself, by an alarm, by a person or by its run limit."""
    env = world.env
    mine.created, mine.running = env.now, True
    world.under_way += 1
    world.forwards += not mine.is_rollback
    for status in ("Created", "InProgress"):
        _record(world, mine, status)
    world.catch_up()  # one that failed in AllowTraffic before is registered, and drains like any other
    AlarmWatch(world, mine).begin()
    code = _refused(world, mine) or _struck(world, mine)
    rollout = env.process(_fails_at_once(world, code) if code is not None else _rollout(world, mine))
    limit = limits.run_limit(world.service.platform, world.scenario.deployment_type)
    expiry = at(env, on_grid(env.now + limit), ACTION) if limit is not None else env.event()
    yield rollout | mine.stop | expiry
    if not rollout.is_alive:
        ending: Ending = yield rollout
    else:
        ending = Ending("Failed", "TIMEOUT")
        if mine.stop.triggered:
            ending = Ending("Stopped", "ALARM_ACTIVE" if mine.stopped_by == "alarm" else "MANUAL_STOP")
        rollout.interrupt(ending.code)
        yield rollout
    mine.running = False
    world.forwards -= not mine.is_rollback
    _record(world, mine, ending.status, ending.code)
    world.latest_succeeded = ending.status == "Succeeded"
    if world.latest_succeeded:
        world.groups.succeeded(mine.brings, mine.targets)
    elif mine.is_rollback:
        world.way_back_failed = True
    world.under_way -= 1
    return ending


def _rollout(world: World, mine: Deployment) -> Steps[Ending]:
    status, code = yield from rollout_of(world).run(world, mine)
    return Ending(status, code)


def _record(world: World, mine: Deployment, status: str, code: str | None = None) -> None:
    world.record(
        DeploymentChange(world.env.now, mine.number, status, mine.creator, code, mine.is_rollback)  # type: ignore[arg-type]
    )


def _struck(world: World, mine: Deployment) -> str | None:
    """Error code of a deployment that a fault of the scenario fails as it starts, drawn once per deployment."""
    if struck_by(world, Throttling, mine.number) is not None:
        return "THROTTLED"
    for fault in world.scenario.faults if mine.is_rollback else ():
        if not isinstance(fault, RollbackFailure):
            continue
        if world.streams.uniform(f"rollback_failure/{mine.number}") < fault.probability:
            world.record(FaultStrike(world.env.now, fault.kind, None))
            return "INTERNAL_ERROR"
    return None


def _refused(world: World, mine: Deployment) -> str | None:
    """Error code of a deployment that AWS does not begin (user guide, limits and instances-health); None if it does."""
    if not isinstance(world.service, ServerFleet):
        return None
    if has_no_instances(len(world.fleet.group)):
        return "NO_INSTANCES"
    most = limits.instances_per_deployment(world.scenario.prices.region)
    if world.service.fleet.size > most and world.assume("instance_quota") != "raised":
        return "OVER_MAX_INSTANCES"
    return None if _may_take_one(world, mine) else "HEALTH_CONSTRAINTS_INVALID"


def _may_take_one(world: World, mine: Deployment) -> bool:
    """Whether the minimum of healthy hosts lets any target go, were all healthy.

    A scenario in which it never does is refused where it is read; a group that shrinks comes to it later.
    Traffic is given back to standing instances at any minimum, and one that follows on is judged by its floor.
    """
    gives_back = mine.is_rollback and world.scenario.deployment_type == "blue_green"
    return gives_back or mine.only is not None or lets_one_go(world, mine.configuration, mine.targets)


def lets_one_go(world: World, configuration: DeploymentConfiguration, targets: Targets) -> bool:
    """Whether a configuration's minimum lets any target of a deployment group go, were all healthy."""
    hosts = configuration.minimum_healthy_hosts
    if hosts is None:
        return True
    size = len(world.fleet.members() if targets is None else targets)
    return healthy_hosts.can_start(hosts.required(size), size)


def _fails_at_once(world: World, code: str) -> Steps[Ending]:
    yield at(world.env, world.env.now, ACTION)
    return Ending("Failed", code)


class AlarmWatch:
    """CodeDeploy's looks at the alarms of one deployment: at the start, then at a period with a drawn phase.

    Only the look after a change to ALARM is an event, since the others would see nothing.
    """

    def __init__(self, world: World, mine: Deployment) -> None:
        self.world, self.mine = world, mine
        self.acting = False

    def begin(self) -> None:
        """Look at the start; an alarm that is up already stops the deployment at once (observed)."""
        world = self.world
        if not self.mine.watched or not world.scenario.alarms:
            return
        self.period: float = world.assume("alarm_poll_period")
        world.assume("alarm_poll_phase")
        world.on_alarm.append(self.changed)
        up = world.board.in_alarm()
        if up:
            self.acting = True
            instant = on_grid(world.env.now + world.assume("alarm_first_look"))
            call_at(world.env, instant, ACTION, self.stop, up[0], None, None, world.env.now, instant)

    def phase(self) -> float:
        """Second of a look, drawn once there is something to see."""
        return on_grid(self.mine.created + phase_of(self.world.share("alarm_poll_phase"), self.period))

    def changed(
        self, alarm: Alarm, before: AlarmState, state: AlarmState, slot_end: float | None, delivered: float | None
    ) -> None:
        """An alarm went up: the next look will see it, if it is still up then."""
        if state != "ALARM" or not alarm.watched or not self.concerned():
            return
        now = self.world.env.now
        look = next_tick(now, self.phase(), self.period) if self.period > 0 else now
        call_at(self.world.env, look, ACTION, self.look, alarm, slot_end, delivered, now)

    def concerned(self) -> bool:
        """Whether an alarm could still stop the deployment."""
        return self.mine.running and self.mine.watched and not self.acting

    def look(self, alarm: Alarm, slot_end: float | None, delivered: float | None, evaluated: float) -> None:
        """See the alarm and act on it a moment later."""
        world = self.world
        if not self.concerned() or world.board.states[alarm.name] != "ALARM":
            return
        self.acting = True
        instant = on_grid(world.env.now + world.drawn("alarm_stop_action", "alarm_stop_action"))
        call_at(world.env, instant, ACTION, self.stop, alarm, slot_end, delivered, evaluated, world.env.now)

    def stop(
        self, alarm: Alarm, slot_end: float | None, delivered: float | None, evaluated: float, polled: float
    ) -> None:
        """Stop the deployment."""
        self.mine.halt(
            "alarm", alarm=alarm.name, slot_end=slot_end, delivered=delivered, evaluated=evaluated, polled=polled
        )


def release_story(world: World) -> Steps[None]:
    """The rollout, and the automatic way back if one follows."""
    first = new_deployment(world, "user", "new", world.scenario.strategies[0].configuration)
    world.current = first
    ending = yield from deployment(world, first)
    world.set_horizon(world.env.now)
    if ending.status != "Succeeded":
        world.page(f"deployment {ending.status}", {})
    if is_rolled_back(world, first, ending):
        decide(world, first, ending.status)
        yield from roll_back(world, first)
    else:
        if world.follow_on is not None:
            yield from world.follow_on()
        world.deployments_over()
    world.flow_changed()


def is_rolled_back(world: World, mine: Deployment, ending: Ending) -> bool:
    """Whether CodeDeploy's automatic rollback follows a deployment that ended like this."""
    return rollback.possible(world.service.platform, mine.event) and rollback.follows(
        ending.status,
        mine.stopped_by if ending.status == "Stopped" else None,
        world.scenario.rollback.events,
        is_rollback=mine.is_rollback,
        has_previous=True,
        roll_back_requested=mine.stopped_by == "request",
    )


def decide(world: World, stopped: Haltable, status: TerminalStatus) -> None:
    """Note the way back that follows from how something was stopped, or failed."""
    kind: Literal["alarm", "failure", "person"] = "failure"
    if status == "Stopped":
        kind = "alarm" if stopped.stopped_by == "alarm" else "person"
    instants = stopped.instants if kind == "alarm" else {}
    world.begin_way_back(kind, **instants)


def roll_back(world: World, mine: Deployment, more: bool = False) -> Steps[Ending]:
    """CodeDeploy's own way back, to the targets of a deployment."""
    configuration = rollback.configuration(world.service.platform, mine.configuration)
    if world.service.platform == "server" and world.assume("rollback_configuration") == "all_at_once":
        configuration = predefined("CodeDeployDefault.AllAtOnce")
    return (yield from way_back(world, "codeDeployRollback", configuration, mine.targets, more))


def way_back(
    world: World,
    creator: Creator,
    configuration: DeploymentConfiguration,
    targets: Targets = None,
    more: bool = False,
) -> Steps[Ending]:
    """A further deployment that brings the previous revision; people are told it is over unless `more` follow."""
    world.under_way += 1
    world.way_back_running = True
    if creator == "codeDeployRollback":
        yield at(world.env, on_grid(world.env.now + world.drawn("rollback_creation", "rollback_creation")), ACTION)
    mine = new_deployment(world, creator, "old", configuration, targets)
    world.current = mine
    ending = yield from deployment(world, mine)
    world.way_back_running = more
    world.under_way -= 1
    if ending.status != "Succeeded":
        world.page(f"rollback {ending.status}", {})
    if not more:
        if world.follow_on is not None:
            yield from world.follow_on()
        world.deployments_over()
    return ending
