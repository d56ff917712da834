"""One run told as a story: what happened when, who waited for what, and what users felt.

The one thing a newcomer would get wrong: a new kind of record needs no change here but one row in `CHAPTERS`,
and one row in `simulator.trace.behind` for the rules that stand behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from simulator import units
from simulator.errors import quoted
from simulator.model.deployment_configuration import DeploymentConfiguration, ZonalConfiguration
from simulator.model.scenario import Scenario
from simulator.model.service import AnyService, LambdaFunction, ServerFleet
from simulator.model.stages import Stage
from simulator.trace import bills, chapters, scaled, sides, staged, storms, users
from simulator.trace.behind import behind
from simulator.trace.moments import FIRST, LAST, Moment, clock, defect_words, safe, wall_clock
from simulator.trace.records import (
    AlarmChange,
    Attempts,
    Capacity,
    DeploymentChange,
    EventRun,
    FaultStrike,
    FlowChange,
    PersonAct,
    Record,
    Scaling,
    Shift,
    StageChange,
    Trace,
    Wait,
)

__all__ = ["CHAPTERS", "Moment", "clock", "narrate", "story", "wall_clock"]

# One row for each kind of record that is told: its chapter. Kinds that are not told by themselves (a trigger
# beside people's acts, a target's end within its batch, usage on the bill) have none.
CHAPTERS: Mapping[type[Record], Callable[[Trace], Iterator[Moment]]] = {
    DeploymentChange: chapters.deployments,
    EventRun: chapters.targets,
    Shift: chapters.shifts,
    FlowChange: chapters.felt,
    Attempts: storms.told,
    AlarmChange: chapters.alarms,
    PersonAct: chapters.deeds,
    FaultStrike: chapters.struck,
    StageChange: staged.told,
    Capacity: bills.billed,
    Scaling: scaled.told,
    Wait: sides.waits,
}


def narrate(trace: Trace, scenario: Scenario) -> list[str]:
    """Tell one run: a line per moment, with the clock since CreateDeployment and the clock on the wall.

    Parameters
    ----------
    trace : Trace
        Of full grain; one of grain ``states`` gives a shorter story.
    scenario : Scenario
        The one that was run, with the trace's strategy in it.

    Returns
    -------
    list of str
        Such as ``"  12:34  Tue 10:12:34  Alarm 'checkout-5xx' goes to ALARM."``
    """
    start = scenario.under(trace.strategy).start.second_of_week
    told = story(trace, scenario)
    wide = max(len(clock(moment.time)) for moment in told)
    return [f"{clock(m.time):>{wide}}  {wall_clock(start + m.time)}  {m.text}" for m in told]


def story(trace: Trace, scenario: Scenario) -> list[Moment]:
    """Tell the moments of a run in order, each with the rules behind it; `narrate` puts the clocks in front."""
    told = [_opening(trace, scenario.under(trace.strategy)), _closing(trace)]
    for chapter in CHAPTERS.values():
        told += chapter(trace)
    return sorted(told, key=lambda moment: (moment.time, moment.order))


def _opening(trace: Trace, world: Scenario) -> Moment:
    service, strategy = world.service, world.strategies[0]
    what = f"{_what(service)}{_where(service)}"
    rate = chapters.demand(trace)
    traffic = "" if rate is None else f" and {rate:,.0f} requests/s" if rate >= 1e3 else f" and {rate:,.3g} requests/s"
    name = "" if world.revision.name == "new" else f" {quoted(world.revision.name)}"
    revision = "good" if trace.defect is None else f"bad ({defect_words(trace.defect)}), which nobody knows yet"
    together = " In all regions together." if service.regions and not strategy.stages else ""
    how = f"{_stages(strategy.stages) or _asks(strategy.configuration)}{together}{_replaces(world)}"
    text = (
        f"CreateDeployment, {quoted(strategy.name)} ({safe(strategy.configuration.name)}), on {what}{traffic}. "
        f"{how} The new revision{name} is {revision}."
    )
    created = next((record for record in trace.records if isinstance(record, DeploymentChange)), None)
    return Moment(0.0, FIRST, text, () if created is None else behind(created, trace))


def _what(service: AnyService) -> str:
    """Say what is updated."""
    if isinstance(service, ServerFleet):
        kind = f" ({service.fleet.instance_type})" if service.fleet.instance_type else ""
        unwell = [
            f"{count} {word}"
            for word, count in (("stopped", len(service.fleet.stopped)), ("unhealthy", len(service.fleet.unhealthy)))
            if count
        ]
        some = f", {' and '.join(unwell)} from the start," if unwell else ""
        return f"{service.fleet.size} target{'s' if service.fleet.size > 1 else ''}{safe(kind)}{some}"
    if isinstance(service, LambdaFunction):
        return f"function {quoted(service.function)}, alias {quoted(service.alias)}"
    where = "Fargate" if service.launch_type == "fargate" else "EC2 instances"
    return f"an ECS service of {service.tasks} task{'s' if service.tasks > 1 else ''} on {where}"


def _where(service: AnyService) -> str:
    """Say that there are several copies of it, if there are."""
    return f" in each of {len(service.regions)} regions" if len(service.regions) > 1 else ""


def _stages(stages: Sequence[Stage]) -> str:
    """Say which stages there are, if there are any.

    >>> _stages([Stage(name="one box", hosts=1, bake=3600.0), Stage(name="rest", rest=True)])
    "It goes in 2 stages: 'one box' (bakes for 1 h), 'rest'."
    """
    if not stages:
        return ""
    named = (f"{quoted(each.name)}{f' (bakes for {units.human(each.bake)})' if each.bake else ''}" for each in stages)
    return f"It goes in {len(stages)} stages: {', '.join(named)}."


def _asks(configuration: DeploymentConfiguration) -> str:
    """Say what a deployment configuration asks for."""
    hosts, routing = configuration.minimum_healthy_hosts, configuration.traffic_routing
    if hosts is not None:
        if hosts.type == "MOST_CONCURRENCY":
            return f"{'One target goes' if hosts.value == 1 else f'{hosts.value} targets go'} at a time."
        share = f"{hosts.value} %" if hosts.type == "FLEET_PERCENT" else f"{hosts.value}"
        asked = f"At least {share} of them must stay healthy" if hosts.value else "None has to stay healthy"
        return f"{asked}{_zone_after_zone(configuration.zonal)}."
    if routing is None or (routing.time_based_canary is None and routing.time_based_linear is None):
        return "All traffic shifts at once."
    if routing.time_based_canary is not None:
        canary = routing.time_based_canary
        return f"{canary.percentage:g} % of the traffic shifts, the rest {units.human(canary.interval)} later."
    linear = routing.time_based_linear
    assert linear is not None
    return f"{linear.percentage:g} % of the traffic shifts every {units.human(linear.interval)}."


def _zone_after_zone(zonal: ZonalConfiguration | None) -> str:
    """Say that zones go one after the other, with which floor in each and what waits in between.

    >>> _zone_after_zone(ZonalConfiguration(monitor_duration=600.0, first_zone_monitor_duration=3600.0))
    ', zone after zone, watched for 1 h after the first and 10 min after each further one'
    """
    if zonal is None:
        return ""
    floor = zonal.minimum_healthy_hosts_per_zone
    unit = " %" if floor.type == "FLEET_PERCENT" else ""
    kept = f", {floor.value}{unit} of each zone too" if floor.value else ""
    first, further = zonal.wait_after(1), zonal.wait_after(2)
    watched = f", watched for {units.human(further)} after each" if further else ""
    if first != further:
        then = f" and {units.human(further)} after each further one" if further else ""
        watched = f", watched for {units.human(first)} after the first{then}" if first else f"{watched} but the first"
    return f"{kept}, zone after zone{watched}"


def _replaces(world: Scenario) -> str:
    """Say that servers are replaced, by what, and what becomes of the originals."""
    if world.service.platform != "server" or world.deployment_type != "blue_green":
        return ""
    found = world.blue_green.green_fleet == "DISCOVER_EXISTING"
    originals = "are kept" if world.blue_green.originals.action == "KEEP_ALIVE" else "are terminated"
    if world.blue_green.originals.action == "TERMINATE" and world.termination_wait:
        originals = f"are terminated {units.human(world.termination_wait)} after traffic has left them"
    return f" Blue/green: replacements {'exist already' if found else 'are launched'}, the originals {originals}."


def _closing(trace: Trace) -> Moment:
    flow = next((r.flow for r in reversed(trace.records) if isinstance(r, FlowChange)), None)
    serving = ""
    if flow is not None and (flow.share_new in (0.0, 1.0) or flow.share_old in (0.0, 1.0)):
        serving = f" The {'new' if flow.share_new > flow.share_old else 'previous'} revision has all traffic."
    elif flow is not None:
        serving = f" Both revisions serve, the new one {flow.share_new * 100:.3g} % of the traffic."
    failed = users.failed_requests(trace)
    harm = f" {failed:,.0f} requests failed in all." if failed >= 0.5 else " No request failed because of it."
    how = "Settled." if trace.end.how == "settled" else "The horizon is reached and the service is not settled."
    return Moment(trace.end.time, LAST + 1, how + serving + harm, behind(trace.end, trace))
