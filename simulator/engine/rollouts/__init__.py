"""One file per way of rolling out, and one row for each in the table: which platform and deployment type it is for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import NamedTuple

from simulator.engine.attempt import Deployment
from simulator.engine.clock import Steps
from simulator.engine.groups import Targets
from simulator.engine.rollouts.ecs_service import ecs_service, set_back_by_hand
from simulator.engine.rollouts.kept_originals import registered_again
from simulator.engine.rollouts.lambda_alias import lambda_alias
from simulator.engine.rollouts.one_target import clear_weights
from simulator.engine.rollouts.server_blue_green import server_blue_green
from simulator.engine.rollouts.server_in_place import server_in_place
from simulator.engine.world import World
from simulator.rules.rollback import TerminalStatus


class Rollout(NamedTuple):
    """One way of rolling out.

    Parameters
    ----------
    run : callable
        A process that brings a deployment's revision and ends with its status and error code.
    by_hand : callable or None
        A process in which a person gives all traffic of a deployment group back without a deployment, where
        `Production.can_be_set_back_by_hand` says so.
    """

    run: Callable[[World, Deployment], Steps[tuple[TerminalStatus, str | None]]]
    by_hand: Callable[[World, Targets], Steps[None]] | None = None


ROLLOUTS: Mapping[tuple[str, str], Rollout] = MappingProxyType(
    {
        ("server", "in_place"): Rollout(server_in_place),
        ("server", "blue_green"): Rollout(server_blue_green, by_hand=registered_again),
        ("lambda", "blue_green"): Rollout(lambda_alias, by_hand=clear_weights),
        ("ecs", "blue_green"): Rollout(ecs_service, by_hand=set_back_by_hand),
    }
)


def rollout_of(world: World) -> Rollout:
    """The way of rolling out that this run's platform and deployment type have."""
    row = world.service.platform, world.scenario.deployment_type
    return _STANDING_IN.get(row) or ROLLOUTS[row]


@contextmanager
def standing_in(row: tuple[str, str], rollout: Rollout) -> Iterator[None]:
    """Let another rollout take a row's place while the block lasts; the conformance kit judges it so."""
    _STANDING_IN[row] = rollout
    try:
        yield
    finally:
        del _STANDING_IN[row]


_STANDING_IN: dict[tuple[str, str], Rollout] = {}
