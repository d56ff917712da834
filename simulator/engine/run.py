"""Scenario and random streams in, trace out.

The one thing a newcomer would get wrong: a run does not end with the deployment. It goes on until the service is
settled, since a defect that no alarm saw hurts until people notice and roll back.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from operator import itemgetter
from typing import Literal

from simulator.engine import outages, task_outages
from simulator.engine.deployment import release_story
from simulator.engine.faults import disturb_alarms, draw_fates
from simulator.engine.people import Responders
from simulator.engine.regions import AnyWorld, RegionalWorld
from simulator.engine.release import drawn_release
from simulator.engine.scaling import AutoScalingGroup
from simulator.engine.stages import staged_story
from simulator.engine.world import World
from simulator.model.scenario import Scenario
from simulator.model.service import ServerFleet
from simulator.randomness import Streams
from simulator.trace.records import Grain, Trace

TIME = itemgetter(0)  # every record's first field
LARGE = 500  # targets


def simulate(
    scenario: Scenario, streams: Streams, stratum: Literal["good", "bad"] = "good", grain: Grain = "states"
) -> Trace:
    """Run one replication of one strategy.

    Parameters
    ----------
    scenario : Scenario
        Resolved for one strategy (`Scenario.under`).
    streams : Streams
        Draws of the replication.
    stratum : {"good", "bad"}
        Which kind of revision is met.
    grain : {"states", "full"}
        ``states`` records what the metrics need, ``full`` every lifecycle event besides; the same run either way.

    Returns
    -------
    Trace
        In order of time, from CreateDeployment to the service being settled or the horizon.
    """
    whole = begun(scenario, streams, stratum, grain)
    large = sum(site.production.size for site in whole.sites) >= LARGE
    with uncollected() if large else nullcontext():
        whole.env.run(until=whole.over)
    return closed(whole)


@contextmanager
def uncollected() -> Iterator[None]:
    """Let Python's cyclic garbage wait until the run is over.

    All that a large fleet's run makes is kept until its end, and looking through it again and again for cycles was
    30 % of a run with 10,000 instances and 15 % of one with 1,000; with 100 it is nothing.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def prepared(scenario: Scenario, streams: Streams, stratum: Literal["good", "bad"], grain: Grain) -> World:
    """Build the world of a service in one place with every process that will run in it."""
    whole = begun(scenario, streams, stratum, grain)
    assert isinstance(whole, World)  # of a scenario without regions
    return whole


def begun(scenario: Scenario, streams: Streams, stratum: Literal["good", "bad"], grain: Grain) -> AnyWorld:
    """Build what a run consists of, with every process that will run in it."""
    release = drawn_release(scenario.revision, streams, stratum == "bad")
    trace = Trace(
        platform=scenario.service.platform,
        strategy=scenario.strategies[0].name,
        seed=streams.seed,
        replication=streams.replication,
        stratum=stratum,
        defect=release.defect,
        grain=grain,
        deployment_type=scenario.deployment_type,
    )
    kind: type[AnyWorld] = RegionalWorld if scenario.service.regions else World
    whole = kind(scenario, streams, release, trace)
    for site in whole.sites:
        draw_fates(site)
        outages.let_happen(site)
        task_outages.let_happen(site)
    if scenario.people is not None:
        Responders(whole, scenario.people).begin()
    for site in whole.sites:
        disturb_alarms(site)
        if site.plan.demand.varies:
            site.env.process(site.traffic())
    if isinstance(whole, World) and isinstance(whole.service, ServerFleet) and whole.production.scales:
        assert whole.service.fleet.auto_scaling is not None  # or nothing scales
        group = AutoScalingGroup(whole, whole.service.fleet.auto_scaling)
        whole.follow_on = group.follow_on
        group.begin()
    if isinstance(whole, World) and not scenario.strategies[0].stages:
        whole.env.process(release_story(whole))
    else:
        whole.env.process(staged_story(whole))
    return whole


def closed(whole: AnyWorld) -> Trace:
    """Put the records in order of time and note what the run relied on."""
    trace = whole.trace
    if isinstance(whole, RegionalWorld):
        whole.closed()
    else:
        trace.records.sort(key=TIME)
    trace.assumed = tuple(sorted(whole.assumed))
    return trace
