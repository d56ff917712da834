"""Availability Zones that are gone for a time, with every host in them, and what becomes of deployments meanwhile.

The one thing a newcomer would get wrong: a host comes back by itself, with what it held. The event that ran on it has
failed by then, as its agent says when it starts again; one that was only offered is taken up if five minutes have not
passed.

Sources: aws-codedeploy-agent, command_poller.rb and deployment_command_tracker.rb (an agent that restarts in an event);
CodeDeploy user guide, "Limits"; Application Load Balancer guide, target-group-health-checks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from simulator.engine.clock import HEALTH, call_at, on_grid
from simulator.engine.faults import notice_wait
from simulator.engine.fleet import ANSWERS, HEALTHY, IN_SERVICE, REGISTERED, Dark, Outage
from simulator.engine.lifecycle import Planned
from simulator.engine.target_row import later, not_started
from simulator.engine.world import World
from simulator.model.faults import ZoneOutage
from simulator.model.service import ServerFleet
from simulator.rules.limits import EVENT_RUN_LIMIT_S, EVENT_START_LIMIT_S
from simulator.rules.load_balancer import time_to_recover
from simulator.trace.records import FaultStrike, ServiceChange


def drawn_outages(world: World) -> tuple[Outage, ...]:
    """Outages of a run, by their beginning; each is drawn once, and those of a zone that overlap are one."""
    found: list[Outage] = []
    for place, fault in enumerate(world.scenario.faults):
        if isinstance(fault, ZoneOutage) and world.streams.uniform(f"{fault.kind}/{place}") < fault.probability:
            found.append(Outage(fault.zone, on_grid(fault.at), on_grid(fault.at + fault.lasts)))
    apart: list[Outage] = []
    for outage in sorted(found, key=lambda each: (each.zone, each.begins)):
        last = apart[-1] if apart else None
        if last is not None and last.zone == outage.zone and outage.begins <= last.ends:
            apart[-1] = replace(last, ends=max(last.ends, outage.ends))
        else:
            apart.append(outage)
    return tuple(sorted(apart, key=lambda each: (each.begins, each.zone)))


def let_happen(world: World) -> None:
    """Draw the outages of a fleet's zones and let them happen."""
    if not isinstance(world.service, ServerFleet):
        return
    world.fleet.outages = drawn_outages(world)
    for outage in world.fleet.outages:
        call_at(world.env, outage.begins, HEALTH, _begins, world, outage)


# ------------------------------------------------------------------------------------------------ the fleet


def _hosts(world: World, outage: Outage) -> list[int]:
    service = world.service
    assert isinstance(service, ServerFleet)  # the hosts' service
    return [target for target in range(len(world.fleet.bits)) if service.fleet.zone_of(target) == outage.zone]


def _begins(world: World, outage: Outage) -> None:
    world.catch_up()
    fleet = world.fleet
    world.record(FaultStrike(world.env.now, "zone_outage", None, f"zone {outage.zone}"))
    struck = [target for target in _hosts(world, outage) if fleet.alive[target]]
    for target in struck:
        missed = fleet.recovering.pop(target, None) is not None
        fleet.dark[target] = dark = Dark(bool(fleet.bits[target] & ANSWERS), missed)
        fleet.alive[target] = False
        fleet.generation[target] += 1  # no script of a stopped deployment runs on
        fleet.first_checks.discard(target)
        _change(world, target, 0, ANSWERS, "dark")
        _noticed_later(world, target, dark)
    call_at(world.env, outage.ends, HEALTH, _ends, world, struck)
    world.flow_changed()


def _noticed_later(world: World, target: int, dark: Dark) -> None:
    service = world.service
    assert isinstance(service, ServerFleet)  # the hosts' service
    if service.load_balancer is not None and world.fleet.bits[target] & HEALTHY:
        wait = notice_wait(world, service.load_balancer, target, service.load_balancer.health_check.timeout)
        call_at(world.env, on_grid(world.env.now + wait), HEALTH, _noticed, world, target, dark)


def _noticed(world: World, target: int, dark: Dark) -> None:
    if world.fleet.dark.get(target) is dark:
        dark.missed = True
        world.set_target(target, 0, HEALTHY, "noticed", world.fleet.installed[target])


def _ends(world: World, targets: list[int]) -> None:
    world.catch_up()
    fleet, now = world.fleet, world.env.now
    for target in targets:
        dark = fleet.dark.pop(target, None)
        if dark is None or world.dies_at[target] <= now:
            continue  # it was terminated, or died
        fleet.alive[target] = True
        if fleet.ages and dark.answers:
            fleet.ageing(now, target, "starts")
        _change(world, target, ANSWERS if dark.answers else 0, 0, "back")
        if dark.missed and dark.answers:
            fleet.recovering[target] = due = _healthy_again(world, target, now)
            call_at(world.env, due, HEALTH, _recovers, world, target, due)
    world.flow_changed()


def _healthy_again(world: World, target: int, back: float) -> float:
    """Instant at which a host that is back has passed enough checks."""
    service = world.service
    assert isinstance(service, ServerFleet)  # the hosts' service
    if service.load_balancer is None:
        return back
    check = service.load_balancer.health_check
    law = world.assume("health_check_phase")
    u = world.streams.uniforms("health_check_phase", len(world.fleet.bits), 1)[target]
    phase = float(law.quantile(u)[0]) * check.interval
    return on_grid(back + time_to_recover(check.interval, check.healthy_threshold, phase))


def _recovers(world: World, target: int, due: float) -> None:
    """Enough checks have passed, unless the host left its load balancer or went dark again."""
    world.catch_up()
    fleet = world.fleet
    if fleet.recovering.get(target) != due:
        return
    del fleet.recovering[target]
    if fleet.alive[target] and fleet.bits[target] & REGISTERED:
        if fleet.ages:
            fleet.ageing(due, target, "returns")
        _change(world, target, IN_SERVICE, 0, "healthy")
        world.flow_changed()


def _change(world: World, target: int, set_bits: int, clear_bits: int, what: str) -> None:
    fleet = world.fleet
    if fleet.change(target, set_bits, clear_bits) and world.full:
        world.record(ServiceChange(world.env.now, target, what, fleet.installed[target]))  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------------------ deployments


def ahead_of(world: World, target: int) -> Iterator[Outage]:
    """Outages that the plan of a target which begins now meets, the one that it is in included."""
    service, fleet, now = world.service, world.fleet, world.env.now
    assert isinstance(service, ServerFleet)  # the hosts' service
    zone, dark = service.fleet.zone_of(target), target in fleet.dark
    for outage in fleet.outages:
        lies_ahead = outage.begins > now or (outage.begins == now and not dark)
        if outage.zone == zone and (lies_ahead or (dark and outage.ends > now)):
            yield outage


def through(
    world: World, target: int, planned: list[Planned], offered: float, forgiven: frozenset[str]
) -> list[Planned]:
    """Events of a target, as the outages of its zone leave them; the first is offered to the host at `offered`."""
    for outage in ahead_of(world, target):
        planned = interrupted(planned, outage, _healthy_again(world, target, outage.ends), offered, forgiven)
    return planned


def interrupted(
    planned: list[Planned], outage: Outage, healthy: float, offered: float, forgiven: frozenset[str]
) -> list[Planned]:
    """Events of a target whose host is gone for a time; it passes its checks again at `healthy`.

    Examples
    --------
    Of three events of 100 s the second runs when the host goes, and is failed when it is back.

    >>> events = [Planned(name, at, at + 100.0, False, None) for name, at in (("a", 0.0), ("b", 100.0), ("c", 200.0))]
    >>> [(event.event, event.ends) for event in interrupted(events, Outage(1, 150.0, 500.0), 600.0, 0.0, frozenset())]
    [('a', 100.0), ('b', 500.0)]
    """
    done: list[Planned] = []
    left = list(planned)
    while left:
        event = left.pop(0)
        if outage.begins < event.started and offered < outage.ends:
            # Nobody takes it up before the host is back; then it is taken up as late as it would have been.
            begins = outage.ends + (event.started - offered)
            if begins - offered > EVENT_START_LIMIT_S:
                return [*done, not_started(event.event, offered)]
            event, *left = later([event, *left], begins - event.started)
        elif event.started <= outage.begins < event.ends and event.event == "AllowTraffic" and not event.fails:
            ends = max(event.ends, healthy)
            if ends - event.started > EVENT_RUN_LIMIT_S:
                failed = event.started + EVENT_RUN_LIMIT_S
                return [*done, event._replace(ends=failed, fails=True, code="UnknownError")]
            left = list(later(left, ends - event.ends))
            event = event._replace(ends=ends)
        elif event.started <= outage.begins < event.ends and event.event not in ("BlockTraffic", "AllowTraffic"):
            ends = min(outage.ends, event.started + EVENT_RUN_LIMIT_S)
            hit = event._replace(ends=ends, fails=True, code="UnknownError")
            if event.event not in forgiven:
                return [*done, hit]
            left = list(later(left, ends - event.ends))
            event = hit
        done.append(event)
        offered = event.ends
    return done
