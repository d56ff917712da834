"""An ECS service under CodeDeploy: two task sets behind two target groups.

Sources: CodeDeploy user guide, "Deployments on an Amazon ECS compute platform"; Amazon ECS developer guide,
"Blue/green deployment with CodeDeploy" and "Fargate task sizes".
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Literal, Self

from pydantic import Field, model_validator

from simulator.model.base import Model
from simulator.model.distribution import Duration
from simulator.model.platforms import PLATFORMS
from simulator.model.quantity import Bytes, PerSecond, Seconds
from simulator.model.service.balancer import TaskSetBalancer
from simulator.model.service.fleet import WarmUp
from simulator.model.service.lifecycle import Lifecycle
from simulator.model.service.regions import Regions, takes

# Fargate: vCPU -> least and most memory in GB (ECS developer guide, "Task CPU and memory").
FARGATE_SIZES = MappingProxyType(
    {0.25: (0.5, 2), 0.5: (1, 4), 1.0: (2, 8), 2.0: (4, 16), 4.0: (8, 30), 8.0: (16, 60), 16.0: (32, 120)}
)


class Task(Model):
    """One task: its size, the image it pulls, and what it answers."""

    cpu: float = Field(default=0.25, gt=0, le=192, description="vCPU")
    memory: Bytes = Field(default=512e6, description="as in 512 MB")
    image: Bytes = Field(default=400e6, description="compressed size of the image a task pulls, as in 400 MB")
    capacity: PerSecond | None = Field(default=None, description="requests per second that one task answers")


class ServiceScaling(Model):
    """A time during which service auto scaling changes the number of tasks, so that no steady state is reached."""

    at: Seconds = Field(default=0.0, description="after CreateDeployment; 0 s is scaling when the deployment starts")
    lasts: Seconds = Field(description="until the service is steady again, as in 20 min")


class EcsService(Model):
    """An ECS service that CodeDeploy deploys to, blue/green."""

    platform: Literal["ecs"] = "ecs"
    tasks: int = Field(ge=1, le=5000, description="desired count")
    task: Task = Task()
    zones: int = Field(default=1, ge=1, le=10, description="Availability Zones that the tasks are spread over evenly")
    launch_type: Literal["fargate", "ec2"] = Field(default="fargate", description="what the tasks run on")
    instance_type: str | None = Field(default=None, max_length=100, description="of the container instances, with ec2")
    tasks_per_instance: int | None = Field(default=None, ge=1, le=1000, description="with launch_type ec2")
    load_balancer: TaskSetBalancer = TaskSetBalancer()
    task_launch: Duration | None = Field(
        default=None, description="launch of a task until its container runs; left out, told from the image's size"
    )
    warm_up: WarmUp | None = Field(default=None, description="what a freshly started task answers until it is warm")
    scaling: ServiceScaling | None = Field(default=None, description="when the service scales meanwhile")
    hook_memory: Bytes = 128e6
    lifecycle: Lifecycle = Lifecycle()
    previous_lifecycle: Lifecycle | None = None
    regions: Regions = ()

    @model_validator(mode="after")
    def parts_fit(self) -> Self:
        """Hooks name events that exist here; the task has a size that its launch type has."""
        for lifecycle in (self.lifecycle, self.previous_lifecycle):
            if lifecycle is not None:
                lifecycle.check(PLATFORMS[self.platform])
        if self.launch_type == "fargate":
            self._check_fargate()
        return self

    def _check_fargate(self) -> None:
        for name in ("instance_type", "tasks_per_instance"):
            if getattr(self, name) is not None:
                raise ValueError(f"{name} has no use on Fargate; take it out or write launch_type: ec2")
        if self.task.cpu not in FARGATE_SIZES:
            known = ", ".join(f"{size:g}" for size in FARGATE_SIZES)
            raise ValueError(f"Fargate has no task of {self.task.cpu:g} vCPU; write cpu: one of {known}")
        least, most = FARGATE_SIZES[self.task.cpu]
        # The guide's megabytes are powers of two; sizes written with either unit are taken.
        if not least * 1e9 <= self.task.memory <= most * 2**30:
            raise ValueError(
                f"Fargate gives a task of {self.task.cpu:g} vCPU {least:g} to {most:g} GB of memory; write "
                f"memory: {least:g} GB, or a larger cpu"
            )

    def in_zone(self, zone: int) -> range:
        """Tasks of a task set that stand in a zone, by their order; they take turns, as ECS spreads them.

        >>> list(EcsService(tasks=5, zones=2).in_zone(2))
        [1, 3]
        """
        return range(zone - 1, self.tasks, self.zones)

    @property
    def capacity(self) -> float | None:
        """Requests per second that all tasks of one task set answer, if stated; of all, where there are regions."""
        return takes(None if self.task.capacity is None else self.task.capacity * self.tasks, self.regions)
