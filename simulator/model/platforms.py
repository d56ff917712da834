"""What CodeDeploy's three compute platforms differ in, as one table: a platform is a row, not a branch.

Sources: CodeDeploy user guide, "AppSpec hooks section" and "CodeDeploy compute platforms"; API, ComputePlatform.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from simulator.model.deployment_configuration import ComputePlatform

Platform = Literal["server", "lambda", "ecs"]
DeploymentType = Literal["in_place", "blue_green"]


@dataclass(frozen=True, slots=True)
class PlatformFacts:
    """One compute platform.

    Parameters
    ----------
    name : str
        As scenarios write it.
    compute_platform : str
        As the API writes it.
    noun : str
        What is deployed to, with its article, as messages say it.
    deployment_types : tuple of str
        Those CodeDeploy has for it; the first when a strategy names none.
    events : tuple of str
        Lifecycle events in their order; a server's with a load balancer, in place.
    managed : frozenset of str
        Events that are CodeDeploy's own and take no hook.
    ready_wait_limit : float
        Longest wait for a blue/green deployment to be continued, in seconds; 0 where there is none.
    """

    name: Platform
    compute_platform: ComputePlatform
    noun: str
    deployment_types: tuple[DeploymentType, ...]
    events: tuple[str, ...]
    managed: frozenset[str]
    ready_wait_limit: float

    @property
    def hooks(self) -> tuple[str, ...]:
        """Events that take a hook, in order."""
        return tuple(event for event in self.events if event not in self.managed)


_HOUR_S = 3600.0

PLATFORMS: Mapping[str, PlatformFacts] = MappingProxyType(
    {
        "server": PlatformFacts(
            name="server",
            compute_platform="Server",
            noun="a server",
            deployment_types=("in_place", "blue_green"),
            events=(
                "BeforeBlockTraffic",
                "BlockTraffic",
                "AfterBlockTraffic",
                "ApplicationStop",
                "DownloadBundle",
                "BeforeInstall",
                "Install",
                "AfterInstall",
                "ApplicationStart",
                "ValidateService",
                "BeforeAllowTraffic",
                "AllowTraffic",
                "AfterAllowTraffic",
            ),
            managed=frozenset({"BlockTraffic", "DownloadBundle", "Install", "AllowTraffic"}),
            ready_wait_limit=48 * _HOUR_S,  # user guide, limits
        ),
        "lambda": PlatformFacts(
            name="lambda",
            compute_platform="Lambda",
            noun="a Lambda",
            deployment_types=("blue_green",),
            events=("BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic"),
            managed=frozenset({"AllowTraffic"}),
            ready_wait_limit=0.0,
        ),
        "ecs": PlatformFacts(
            name="ecs",
            compute_platform="ECS",
            noun="an ECS",
            deployment_types=("blue_green",),
            events=(
                "BeforeInstall",
                "Install",
                "AfterInstall",
                "AllowTestTraffic",
                "AfterAllowTestTraffic",
                "BeforeAllowTraffic",
                "AllowTraffic",
                "AfterAllowTraffic",
            ),
            managed=frozenset({"Install", "AllowTestTraffic", "AllowTraffic"}),
            ready_wait_limit=120 * _HOUR_S,  # user guide, limits, edition of 2023
        ),
    }
)
