"""What deployment groups remember: who was deployed to before, and what was deployed there with success.

The one thing a newcomer would get wrong: without stages there is one group, the whole fleet. A stage deploys to a
group of its own, whose last good revision moves when its own deployment succeeds, whatever becomes of the others.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from simulator.model.deployment_configuration import DeploymentConfiguration

Targets = tuple[int, ...] | None
"""Targets of a deployment; None for the whole fleet."""

Revision = Literal["old", "new"]


class Group(NamedTuple):
    """A deployment group: its targets, and its normal deployment configuration."""

    targets: Targets
    configuration: DeploymentConfiguration


class Groups:
    """Deployments of a run by the targets they were for."""

    def __init__(self) -> None:
        self.at_once = False  # whether groups are deployed to at the same time, so that hosts may be busy with another
        self.revision: Revision = "old"  # the last one that the whole fleet, or what no stage had, got with success
        self._revisions: dict[int, Revision] = {}
        self._used: dict[int, set[int] | None] = {}

    def draws(self, brings: Revision, targets: Targets) -> int:
        """Number of the lifecycle draws of a deployment.

        A target meets draws 0 in its first deployment and draws 1 on its first way back, whichever stage it belongs
        to, so that strategies with and without stages meet the same slow targets.

        >>> groups = Groups()
        >>> [groups.draws("new", (0,)), groups.draws("new", (1, 2)), groups.draws("old", (2,))]
        [0, 0, 1]
        >>> groups.draws("old", None)
        2
        """
        key = 0 if brings == "new" else 1
        while key in self._used and self._meets(key, targets):
            key += 1
        used = self._used.setdefault(key, set())
        if targets is None or used is None:
            self._used[key] = None
        else:
            used.update(targets)
        return key

    def _meets(self, key: int, targets: Targets) -> bool:
        used = self._used[key]
        return targets is None or used is None or not used.isdisjoint(targets)

    def succeeded(self, brings: Revision, targets: Targets) -> None:
        """Note a deployment that succeeded."""
        if targets is None:
            self.revision = brings
            self._revisions.clear()
        else:
            self._revisions.update(dict.fromkeys(targets, brings))

    def last_good(self, target: int) -> Revision:
        """Revision that was last deployed with success to the group of a target.

        >>> groups = Groups()
        >>> groups.succeeded("new", (0,))
        >>> groups.last_good(0), groups.last_good(1)
        ('new', 'old')
        """
        return self._revisions.get(target, self.revision)

    def last_good_of(self, targets: Targets) -> Revision:
        """The same of a deployment group by its targets at zero; of the whole fleet for None."""
        return self.revision if targets is None else self.last_good(targets[0])
