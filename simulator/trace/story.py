"""One run told as a story: what happened when, who waited for what, and what users felt.

The one thing a newcomer would get wrong: a new kind of record needs no change here but one row in `CHAPTERS`,
and one row in `simulator.trace.behind` for the rules that stand behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from simulator import units
from simulator.errors import quoted
from simulator.model.deployment_configuration import DeploymentConfiguration
from simulator.model.scenario import Scenario
from simulator.model.service import AnyService, LambdaFunction, ServerFleet
from simulator.trace import bills, chapters, users
from simulator.trace.behind import behind
from simulator.trace.moments import FIRST, LAST, Moment, clock, defect_words, safe, wall_clock
from simulator.trace.records import (
    AlarmChange,
    Capacity,
    DeploymentChange,
    EventRun,
    FaultStrike,
    FlowChange,
    PersonAct,
    Record,
    Shift,
    Trace,
)

__all__ = ["CHAPTERS", "Moment", "clock", "narrate", "story", "wall_clock"]

# One row for each kind of record that is told: its chapter. Kinds that are not told by themselves (a trigger
# beside people's acts, a target's end within its batch, usage on the bill) have none.
CHAPTERS: Mapping[type[Record], Callable[[Trace], Iterator[Moment]]] = {
    DeploymentChange: chapters.deployments,
    EventRun: chapters.targets,
    Shift: chapters.shifts,
    FlowChange: chapters.felt,
    AlarmChange: chapters.alarms,
    PersonAct: chapters.deeds,
    FaultStrike: chapters.struck,
    Capacity: bills.billed,
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
    what = _what(service)
    rate = chapters.demand(trace)
    traffic = "" if rate is None else f" and {rate:,.0f} requests/s" if rate >= 1e3 else f" and {rate:,.3g} requests/s"
    name = "" if world.revision.name == "new" else f" {quoted(world.revision.name)}"
    revision = "good" if trace.defect is None else f"bad ({defect_words(trace.defect)}), which nobody knows yet"
    text = (
        f"CreateDeployment, {quoted(strategy.name)} ({safe(strategy.configuration.name)}), on {what}{traffic}. "
        f"{_asks(strategy.configuration)} The new revision{name} is {revision}."
    )
    created = next((record for record in trace.records if isinstance(record, DeploymentChange)), None)
    return Moment(0.0, FIRST, text, () if created is None else behind(created, trace))


def _what(service: AnyService) -> str:
    """Say what is updated."""
    if isinstance(service, ServerFleet):
        kind = f" ({service.fleet.instance_type})" if service.fleet.instance_type else ""
        return f"{service.fleet.size} target{'s' if service.fleet.size > 1 else ''}{safe(kind)}"
    if isinstance(service, LambdaFunction):
        return f"function {quoted(service.function)}, alias {quoted(service.alias)}"
    return f"a service on {service.platform.upper()}"


def _asks(configuration: DeploymentConfiguration) -> str:
    """Say what a deployment configuration asks for."""
    hosts, routing = configuration.minimum_healthy_hosts, configuration.traffic_routing
    if hosts is not None:
        if hosts.type == "MOST_CONCURRENCY":
            return f"{'One target goes' if hosts.value == 1 else f'{hosts.value} targets go'} at a time."
        share = f"{hosts.value} %" if hosts.type == "FLEET_PERCENT" else f"{hosts.value}"
        return f"At least {share} of them must stay healthy." if hosts.value else "None has to stay healthy."
    if routing is None or (routing.time_based_canary is None and routing.time_based_linear is None):
        return "All traffic shifts at once."
    if routing.time_based_canary is not None:
        canary = routing.time_based_canary
        return f"{canary.percentage:g} % of the traffic shifts, the rest {units.human(canary.interval)} later."
    linear = routing.time_based_linear
    assert linear is not None
    return f"{linear.percentage:g} % of the traffic shifts every {units.human(linear.interval)}."


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
