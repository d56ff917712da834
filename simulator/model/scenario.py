"""The world and the strategies to compare in it.

The one thing a newcomer would get wrong: a strategy is a choice *and* an overlay on any other field, so
"with and without this alarm" is two strategies. `Scenario.under` gives the world one strategy meets.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from simulator.errors import quoted
from simulator.model.fit import check_fit
from simulator.model.misfit import MisfitError
from simulator.model.overlay import merged
from simulator.model.scenario_fields import ScenarioFields
from simulator.showing import view


class Scenario(ScenarioFields):
    """A rollout to forecast, and the strategies to compare."""

    def __repr__(self) -> str:
        names = ", ".join(quoted(strategy.name) for strategy in self.strategies)
        return f"<Scenario {quoted(self.name)} on {self.service.platform}; strategies {names}>"

    def _repr_html_(self) -> str:
        """What a notebook shows; the report draws it."""
        shown: str = view("notebook.scenario")(self)
        return shown

    def set(self, path: str, value: Any) -> Scenario:
        """Return this scenario with one field changed; the same as ``--set PATH=VALUE`` on its file gives.

        Parameters
        ----------
        path : str
            As in ``"traffic.rate"``; items of a list by name (``"alarms.5xx.threshold"``) or index (``"alarms[0]"``).
        value : str or other
            Text as a file has it (``"900/s"``); a number in the unit used inside.

        Raises
        ------
        simulator.ScenarioError
            When the path leads nowhere (names the nearest) or the scenario could not be run.
        """
        # Paths and text are read where scenario files are, a door onto this package.
        changed: Scenario = import_module("simulator.scenario").changed(self, path, value)
        return changed

    def under(self, name: str, context: dict[str, Any] | None = None) -> Scenario:
        """The world that one strategy meets: this scenario with its overlay applied and no other strategy.

        Parameters
        ----------
        name : str
            Of the strategy.
        context : dict, optional
            Validation context; scenario files pass ``{"units": "required"}``.

        Raises
        ------
        pydantic.ValidationError
            When the overlay does not fit, or the configuration does not fit the world.
        """
        strategy = self.strategy(name)
        alone = strategy.model_copy(update={"overlay": {}})
        if strategy.overlay:
            fields = {field: getattr(self, field) for field in self.model_fields_set - {"strategies"}}
            bare = {field for field, value in fields.items() if isinstance(value, float)}
            kept = {*strategy.overlay, "assumptions", *bare}
            written = self.model_dump(mode="json", exclude_unset=True, include=kept)
            fields.update({field: written[field] for field in ("assumptions", *bare)})
            for key, item in strategy.overlay.items():
                fields[key] = merged(getattr(self, key, None), item, written.get(key))
            world = Scenario.model_validate({**fields, "strategies": (alone,)}, context=context)
        else:
            world = self.model_copy(update={"strategies": (alone,)})
        if "blue_green" in strategy.overlay and world.deployment_type == "in_place":
            said = "blue_green has no use for a deployment in place; write deployment_type: blue_green"
            raise MisfitError(said, "blue_green")
        check_fit(world)
        return world

    def same_world(self, one: str, other: str) -> bool:
        """Whether two strategies are the same under two names: in any replication the same happens to both."""
        worlds = [self.under(name) for name in (one, other)]
        bare = {"name": "", "current": False, "why": None}
        first, second = (
            world.model_copy(update={"strategies": (world.strategies[0].model_copy(update=bare),)}) for world in worlds
        )
        return first == second
