"""A service in several regions: a world for each, and what they are together.

The one thing a newcomer would get wrong: a region's world knows of no other. Its alarms see its own requests, its
deployments have its own targets, and its luck is its own; what makes them one run is the clock, the trace, the
revision that was drawn, the people, and the pipeline that goes from region to region.
"""

from __future__ import annotations

import dataclasses
from functools import lru_cache
from typing import Any, cast

from simulator.engine.release import Release
from simulator.engine.together import OfRegion, Told, merged
from simulator.engine.whole import Whole
from simulator.engine.world import World
from simulator.model.alarm import Alarm, AlarmState
from simulator.model.flow import Flow
from simulator.model.scenario import Scenario
from simulator.model.service import Region
from simulator.model.service.targets import targets_each
from simulator.model.sites import Site, alarm_in, sites
from simulator.randomness import Streams
from simulator.rules.flow import together
from simulator.trace.records import Record, Trace, TriggerKind


class RegionWorld(World):
    """The copy of the service in one region.

    Parameters
    ----------
    whole : RegionalWorld
        What it is part of.
    place : int
        Of the region among all.
    site : Site
        The region, and the scenario that its copy meets.
    """

    def __init__(self, whole: RegionalWorld, place: int, site: Site) -> None:
        self.whole, self.region = whole, site.region
        records = cast("list[Record]", OfRegion(whole.told, place))
        # A defect shows, or not, by what the revision meets here.
        release = dataclasses.replace(whole.release)
        trace = dataclasses.replace(whole.trace, records=records)
        super().__init__(site.world, whole.streams.within(site.region.name), release, trace, whole.env)
        whole.assumed |= self.assumed
        self.assumed, self.over, self.page = whole.assumed, whole.over, whole.called
        self.on_alarm.append(self._tell_of_alarm)
        self.flow_listeners.append(whole.flow_has_changed)
        self.listeners_of_end.append(whole.deployments_over)

    def alarms_can_matter(self) -> bool:
        """Whether an alarm here could still change anything; while the pipeline is at it, in any region."""
        return self.whole.under_way > 0 or super().alarms_can_matter()

    def begin_way_back(self, kind: TriggerKind, **instants: Any) -> None:
        """Record the first way back being decided in any region."""
        if not self.whole.triggered:
            self.whole.triggered = True
            super().begin_way_back(kind, **instants)
        self.triggered = True

    def consider_end(self) -> None:
        """The run ends for all regions together."""
        self.whole.consider_end()

    def _tell_of_alarm(
        self, alarm: Alarm, before: AlarmState, state: AlarmState, slot_end: float | None, delivered: float | None
    ) -> None:
        here = _in_region(alarm.name, self.region.name, _Same(alarm))
        for listener in self.whole.on_alarm:
            listener(here, before, state, slot_end, delivered)


class RegionalWorld(Whole):
    """All regions of a service in one run.

    Parameters
    ----------
    scenario : Scenario
        Resolved for one strategy, of a service with regions.
    streams : Streams
        Draws of the replication.
    release : Release
        The drawn revision.
    trace : Trace
        Where records go once the run is over.
    """

    def __init__(self, scenario: Scenario, streams: Streams, release: Release, trace: Trace) -> None:
        super().__init__(scenario, streams, release, trace)
        self.told = Told()
        self.record = self.told.add
        self.assumed: set[str] = set()
        places = _sites(_Same(scenario))
        self.shares = tuple(site.region.share for site in places)
        self.sites = tuple(RegionWorld(self, place, site) for place, site in enumerate(places))

    @property
    def regions(self) -> tuple[Region, ...]:
        """Regions in the order of the scenario."""
        return self.scenario.service.regions

    def assume(self, name: str) -> Any:
        """Value of an assumption; the trace remembers that the run relied on it."""
        return self.sites[0].assume(name)

    def called(self, reason: str, instants: dict[str, Any]) -> None:
        """Somebody is to be paged on account of one region."""
        self.page(reason, instants)

    # -- what is looked at -----------------------------------------------------------------------------------

    def begun(self) -> bool:
        """Whether anything has been deployed."""
        return any(site.deployments > 0 for site in self.sites)

    def rates(self) -> Flow:
        """Rates of all requests now."""
        return together([site.flow for site in self.sites], self.shares)

    def busy(self) -> bool:
        """Whether anything is under way anywhere."""
        return self.under_way > 0 or any(site.under_way > 0 for site in self.sites)

    def settled(self) -> bool:
        """Whether every region has settled, all of them on one revision."""
        return all(site.settled() for site in self.sites) and self._one_revision()

    def looks_well(self) -> bool:
        """What somebody at the dashboards can see of `settled`."""
        return all(site.looks_well() for site in self.sites) and self._one_revision()

    def _one_revision(self) -> bool:
        """Of regions that each have one, targets that a Succeeded deployment gave up aside."""
        return len({site.flow.share_new > site.flow.share_old for site in self.sites}) == 1

    def flow_changed(self) -> None:
        """Work out the rates of this instant in every region."""
        for site in self.sites:
            site.flow_changed()

    def flow_has_changed(self) -> None:
        """Tell those who look at all requests."""
        for listener in self.flow_listeners:
            listener()

    def closed(self) -> None:
        """Put the records of all regions into the trace: rates added up, deployments and targets counted through."""
        size, service = targets_each(self.scenario.service), self.scenario.service
        self.trace.records[:] = merged(self.told, [region.name for region in service.regions], self.shares, size)


AnyWorld = World | RegionalWorld
"""A service in one place, or in several regions."""


class _Same:
    """A model as a key: by identity."""

    __slots__ = ("model",)

    def __init__(self, model: Any) -> None:
        self.model = model

    def __hash__(self) -> int:
        return id(self.model)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.model is other.model


@lru_cache(maxsize=128)
def _sites(same: _Same) -> tuple[Site, ...]:
    """Worlds of a scenario's regions, made once, so that what is planned for them is too."""
    return sites(same.model)


@lru_cache(maxsize=1024)
def _in_region(name: str, region: str, same: _Same) -> Alarm:
    """An alarm as people hear of it."""
    alarm: Alarm = same.model
    return alarm.model_copy(update={"name": alarm_in(name, region)})
