"""What people, a pipeline and the end of a run see of a service: one world, or those of all its regions.

The one thing a newcomer would get wrong: deployments, alarms and targets belong to one world. Whoever looks at the
whole asks all its `sites`; a service in one place is its own only site.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import simpy

from simulator.engine.attempt import Haltable, Pipeline
from simulator.engine.clock import END, call_at, on_grid
from simulator.engine.release import Release
from simulator.model.alarm import Alarm, AlarmState
from simulator.model.flow import Flow
from simulator.model.scenario import Scenario
from simulator.randomness import Streams
from simulator.trace.records import End, Trace, Trigger, TriggerKind

AlarmListener = Callable[[Alarm, AlarmState, AlarmState, float | None, float | None], None]


class Whole(ABC):
    """A run as a whole, until it is over.

    Parameters
    ----------
    scenario : Scenario
        Resolved for one strategy.
    streams : Streams
        Draws of the replication.
    release : Release
        The drawn revision.
    trace : Trace
        Where records go.
    env : simpy.Environment, optional
        The clock; one of its own when left out.
    """

    assumed: set[str]

    def __init__(
        self,
        scenario: Scenario,
        streams: Streams,
        release: Release,
        trace: Trace,
        env: simpy.Environment | None = None,
    ) -> None:
        self.env = simpy.Environment(0.0) if env is None else env
        self.scenario, self.streams, self.release, self.trace = scenario, streams, release, trace
        self.record = trace.records.append
        self.over = self.env.event()
        # Deployments, pending rollbacks, scripts that run on, people acting: while above 0 the run goes on.
        self.under_way = 0
        self.latest_succeeded = False
        self.current: Haltable | None = None
        self.pipeline = Pipeline(self.env)  # without stages there is never one to be held
        self.triggered = False
        # Called when no deployment and no way back runs any more.
        self.listeners_of_end: list[Callable[[], None]] = []
        # Called when the share of requests that fail may have changed.
        self.flow_listeners: list[Callable[[], None]] = []
        # Called with the reason and the instants that led to it whenever somebody is to be paged.
        self.page: Callable[[str, dict[str, Any]], None] = lambda reason, instants: None
        self.on_alarm: list[AlarmListener] = []

    # -- what is looked at -----------------------------------------------------------------------------------

    @abstractmethod
    def rates(self) -> Flow:
        """Rates of all requests now."""

    @abstractmethod
    def settled(self) -> bool:
        """Whether one sound revision takes all traffic, with capacity for it and nobody dead sent any."""

    @abstractmethod
    def looks_well(self) -> bool:
        """What somebody at the dashboards can see of `settled`."""

    @abstractmethod
    def assume(self, name: str) -> Any:
        """Value of an assumption; the trace remembers that the run relied on it."""

    @abstractmethod
    def flow_changed(self) -> None:
        """Work out the rates of this instant, and let those know who care."""

    @abstractmethod
    def begun(self) -> bool:
        """Whether anything has been deployed."""

    def busy(self) -> bool:
        """Whether anything is under way anywhere."""
        return self.under_way > 0

    # -- the way back and the end ----------------------------------------------------------------------------

    def begin_way_back(self, kind: TriggerKind, **instants: Any) -> None:
        """Record the first way back being decided; later ones are no trigger."""
        if not self.triggered:
            self.triggered = True
            self.record(Trigger(self.env.now, kind, **instants))

    def deployments_over(self) -> None:
        """Tell whoever waits for it that nothing is being deployed any more."""
        for listener in self.listeners_of_end:
            listener()

    def consider_end(self) -> None:
        """End the run when nothing is under way and the service has settled."""
        if not self.busy() and self.begun() and not self.over.triggered and self.settled():
            call_at(self.env, self.env.now, END, self._finish, "settled")

    def _finish(self, how: str) -> None:
        if self.over.triggered:
            return
        if how == "settled" and not (not self.busy() and self.settled()):
            return
        self.record(End(self.env.now, how))  # type: ignore[arg-type]
        self.over.succeed()

    def set_horizon(self, terminal: float) -> None:
        """Cut the run this long after the rollout's terminal status, if it has not settled by then."""
        call_at(self.env, on_grid(terminal + self.scenario.horizon), END, self._finish, "horizon")
