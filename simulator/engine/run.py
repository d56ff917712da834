"""Scenario and random streams in, trace out.

The one thing a newcomer would get wrong: a run does not end with the deployment. It goes on until the service is
settled, since a defect that no alarm saw hurts until people notice and roll back.
"""

from __future__ import annotations

from operator import itemgetter
from typing import Literal

from simulator.engine.deployment import release_story
from simulator.engine.faults import disturb_alarms, draw_fates
from simulator.engine.people import Responders
from simulator.engine.release import drawn_release
from simulator.engine.stages import staged_story
from simulator.engine.world import World
from simulator.model.scenario import Scenario
from simulator.randomness import Streams
from simulator.trace.records import Grain, Trace

TIME = itemgetter(0)  # every record's first field


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
    world = prepared(scenario, streams, stratum, grain)
    world.env.run(until=world.over)
    return closed(world)


def prepared(scenario: Scenario, streams: Streams, stratum: Literal["good", "bad"], grain: Grain) -> World:
    """Build the world with every process that will run in it."""
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
    world = World(scenario, streams, release, trace)
    draw_fates(world)
    if scenario.people is not None:
        Responders(world, scenario.people).begin()
    disturb_alarms(world)
    if world.plan.demand.varies:
        world.env.process(world.traffic())
    story = staged_story if scenario.strategies[0].stages else release_story
    world.env.process(story(world))
    return world


def closed(world: World) -> Trace:
    """Put the records in order of time and note what the run relied on."""
    trace = world.trace
    trace.records.sort(key=TIME)
    trace.assumed = tuple(sorted(world.assumed))
    return trace
