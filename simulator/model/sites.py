"""What one region's copy of a service meets: its share of the requests, its own faults, prices and quotas.

The one thing a newcomer would get wrong: a region is a scenario like any other, with nothing in it of the other ones.
What all of them have in common is the revision, the people, and the pipeline that goes from one to the next.
"""

from __future__ import annotations

from typing import NamedTuple

from simulator.model.faults import Fault
from simulator.model.scenario import Scenario
from simulator.model.service import Region
from simulator.model.service.targets import targets_each
from simulator.model.stages import Stage
from simulator.model.traffic import Traffic


class Site(NamedTuple):
    """A region and the world that its copy of the service meets."""

    region: Region
    world: Scenario


def sites(world: Scenario) -> tuple[Site, ...]:
    """The regions of a world with one strategy, in order; empty for a service without any."""
    return tuple(Site(region, _in_region(world, place)) for place, region in enumerate(world.service.regions))


def stages_of(world: Scenario) -> tuple[Stage, ...]:
    """Stages of a world's strategy; of one that names none in several regions, all of them together."""
    stages = world.strategies[0].stages
    if stages or not world.service.regions:
        return stages
    return tuple(
        Stage(name=region.name, region=region.name, together=place > 0)
        for place, region in enumerate(world.service.regions)
    )


def alarm_in(name: str, region: str) -> str:
    """What an alarm of one region is called among those of all.

    >>> alarm_in("errors", "eu-west-1")
    'errors (eu-west-1)'
    """
    return f"{name} ({region})"


def alarm_names(world: Scenario, name: str) -> tuple[str, ...]:
    """What an alarm of a world is called in its traces: by its name, or by that and each region."""
    return tuple(alarm_in(name, region.name) for region in world.service.regions) or (name,)


def _in_region(world: Scenario, place: int) -> Scenario:
    service = world.service
    region = service.regions[place]
    first, each = place * targets_each(service), targets_each(service)
    faults = (_renumbered(fault, first, each) for fault in world.faults)
    prices = world.prices.model_copy(
        update={
            "region": region.priced_as(world.prices.region),
            "overrides": {**world.prices.overrides, **region.prices},
        }
    )
    return world.model_copy(
        update={
            "service": service.model_copy(update={"regions": ()}),
            "traffic": _share(world.traffic, region.share),
            "faults": tuple(fault for fault in faults if fault is not None),
            "prices": prices,
            "strategies": (world.strategies[0].model_copy(update={"stages": ()}),),
        }
    )


def _share(traffic: Traffic, share: float) -> Traffic:
    series = None if traffic.series is None else {time: rate * share for time, rate in traffic.series.items()}
    return traffic.model_copy(update={"rate": traffic.rate * share, "series": series})


def _renumbered(fault: Fault, first: int, each: int) -> Fault | None:
    """A fault as the region counts its targets; None for one of another region's target."""
    target = getattr(fault, "target", None)
    if target is None:
        return fault
    if not first <= target < first + each:
        return None
    return fault.model_copy(update={"target": target - first})
