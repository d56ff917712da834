"""Which targets go through which lifecycle events together, and how carefully; data, no story.

The one thing a newcomer would get wrong: a deployment may have several parts. Those who are not concerned by one keep
serving, and its minimum of healthy hosts does not count them.
"""

from __future__ import annotations

from dataclasses import dataclass

from simulator.model.deployment_configuration import MinimumHealthyHostsType
from simulator.rules.limits import EVENT_START_LIMIT_S


@dataclass(frozen=True, slots=True)
class Part:
    """Targets that go through the same lifecycle events, as many at once as a minimum of healthy hosts allows.

    Parameters
    ----------
    events : tuple of str
        In order.
    targets : list of int, optional
        Those concerned, which the minimum counts too; the whole fleet, in CodeDeploy's order, when left out.
    minimum : (str, int), optional
        Kind and value of the minimum healthy hosts; the deployment's own when left out.
    first : int
        Number of the target that has the first row of draws.
    ends : bool
        Whether a target that gets through them is done with the deployment.
    gives_back : bool
        Whether traffic is given back to a revision that is still installed, so that nothing is deployed.
    start_limit : float
        Seconds after which an event that no agent takes up fails.
    """

    events: tuple[str, ...]
    targets: list[int] | None = None
    minimum: tuple[MinimumHealthyHostsType, int] | None = None
    first: int = 0
    ends: bool = True
    gives_back: bool = False
    start_limit: float = EVENT_START_LIMIT_S
