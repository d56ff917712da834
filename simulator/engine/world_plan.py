"""What a scenario under one strategy settles for every replication, worked out once.

The one thing a newcomer would get wrong: nothing here is drawn and nothing here changes while a run lasts, so one
plan serves all replications, in any thread. What a run draws or changes is in `world`.
"""

from __future__ import annotations

import math
from functools import cached_property, lru_cache, partial

from simulator.engine.alarms import Judged, judged
from simulator.engine.demand import Demand
from simulator.engine.production import production_of
from simulator.engine.production.surroundings import Flows
from simulator.engine.recipes import recipe_of
from simulator.engine.requests import Requests
from simulator.engine.telemetry import Seen
from simulator.engine.template import Template
from simulator.model.alarm import Alarm
from simulator.model.assumptions import TABLE
from simulator.model.distribution import Distribution
from simulator.model.flow import Flow
from simulator.model.scenario import Scenario
from simulator.model.service import ServerFleet
from simulator.rules import composite_alarms

HOUR_S = 3600.0


class WorldPlan:
    """A scenario as the engine wants it.

    Parameters
    ----------
    scenario : Scenario
        Resolved for one strategy.
    """

    def __init__(self, scenario: Scenario) -> None:
        self.scenario, self.service = scenario, scenario.service
        # Reading a field of a model or asking the table of assumptions costs five times a look into a dict.
        self.values: dict[str, str | float | Distribution] = {name: scenario.assumed(name) for name in TABLE}
        self.baseline = scenario.traffic.baseline_errors
        self.latency = scenario.traffic.latency
        self.demand = Demand(scenario.traffic, scenario.start)
        self.capacity_at_zero = self.service.capacity if self.service.capacity is not None else math.inf
        # Targets or tasks and what each answers; a function has none.
        self.production = production_of(self.service)
        self.size, self.capacity_each = self.production.units(self.service)
        # Only where clients try again or a dependency can run out do users and servers see different things.
        self.requests: Requests | None = None
        if scenario.traffic.retries is not None or scenario.dependency is not None:
            bare, connected = partial(self.production.untouched, self), partial(self.production.connected_at_zero, self)
            self.requests = Requests(scenario, bare, connected)
        self.flows: Flows = {}
        self.flow_at_zero = self.untouched(self.demand.at(0.0))
        self._set_alarms()
        self._templates: dict[tuple[tuple[str, ...], int], Template] = {}

    def _set_alarms(self) -> None:
        floor = self.values["evaluation_range_floor"]
        assert isinstance(floor, float)  # a number in the table
        self.alarms: dict[str, Alarm] = {alarm.name: alarm for alarm in self.scenario.alarms}
        self.judged: list[Judged] = []
        kept = []
        for alarm in self.scenario.alarms:
            recipe = recipe_of(alarm, self.service, self.latency is not None)
            if recipe is None:
                kept.append(alarm)
            else:
                self.judged.append(judged(alarm, recipe, floor, self.values))
        rules = {alarm.name: composite_alarms.parse(alarm.alarm_rule) for alarm in kept if alarm.alarm_rule is not None}
        # A composite over an alarm that the scenario does not have keeps its recorded state.
        self.composites = {name: rule for name, rule in rules.items() if set(rule.names) <= set(self.alarms)}
        self.levels_wanted = any(each.recipe.wants_levels for each in self.judged)
        self.latency_watched = any(each.recipe.wants_latency for each in self.judged)
        self.widths = sorted({each.width for each in self.judged})

    # -- traffic ---------------------------------------------------------------------------------------------

    def untouched(self, demand: float) -> Flow:
        """Rates of the untouched service, as users see them."""
        if self.requests is not None:
            return self.requests.untouched(demand).users
        return self.production.untouched(self, demand)

    def untouched_at_servers(self, demand: float) -> Flow:
        """The same as its servers, and the metrics of them, see them."""
        if self.requests is not None:
            return self.requests.untouched(demand).servers
        return self.production.untouched(self, demand)

    @cached_property
    def history(self) -> tuple[Seen, ...]:
        """What held before zero, oldest first, as far back as an alarm can ask."""
        levels = self.production.levels_at_zero(self)
        oldest = -max((each.reach for each in self.judged), default=0.0)
        demand = self.demand
        seen = self.untouched_at_servers
        before = (Seen(time, seen(demand.at(time)), levels) for time in demand.before(oldest))
        return (Seen(-math.inf, seen(demand.at(oldest)), levels), *before)

    @cached_property
    def hour_anchor(self) -> int:
        """Seconds from the minute of CreateDeployment back to the full hour of the scenario's clock."""
        return -int(self.scenario.start.second_of_week % HOUR_S)

    # -- lifecycles ------------------------------------------------------------------------------------------

    def lifecycle(self, events: tuple[str, ...], places: int) -> Template:
        """What planning so many targets through these lifecycle events needs, worked out when first asked for."""
        found = self._templates.get((events, places))
        if found is None:
            assert isinstance(self.service, ServerFleet)  # functions have no targets to plan
            found = Template(self.scenario, self.service, events, self.values, places)
            self._templates[events, places] = found
        return found


class _Same:
    """A scenario as a key: by identity, since comparing two scenarios field by field costs more than planning one."""

    __slots__ = ("scenario",)

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario

    def __hash__(self) -> int:
        return id(self.scenario)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.scenario is other.scenario


def world_plan(scenario: Scenario) -> WorldPlan:
    """Plan of a scenario; that of the same object is made once, for as many strategies as a scenario may have."""
    return _plan_of(_Same(scenario))


@lru_cache(maxsize=128)
def _plan_of(same: _Same) -> WorldPlan:
    return WorldPlan(same.scenario)
