"""What is being updated: a fleet of servers, a Lambda function or an ECS service, and the lifecycle of an update.

One module for each platform; `lifecycle`, `balancer` and `regions` are what they share. What the platforms
differ in by AWS's rules stands in `simulator.model.platforms`.
"""

from typing import Annotated

from pydantic import Field

from simulator.model.service.balancer import KIND_DEFAULTS, HealthCheck, LoadBalancer, TaskSetBalancer
from simulator.model.service.ecs import FARGATE_SIZES, EcsService, ServiceScaling, Task
from simulator.model.service.fleet import AutoScaling, Fleet, Group, Initially, ScalingStep, ServerFleet, WarmUp
from simulator.model.service.function import LambdaFunction, ProvisionedConcurrency
from simulator.model.service.lifecycle import (
    ECS_EVENTS,
    ECS_MANAGED,
    EVENT_LIMIT_S,
    LAMBDA_EVENTS,
    LAMBDA_MANAGED,
    SERVER_EVENTS,
    SERVER_MANAGED,
    Hook,
    Lifecycle,
    Script,
)
from simulator.model.service.regions import Region, Regions

AnyService = Annotated[ServerFleet | LambdaFunction | EcsService, Field(discriminator="platform")]

__all__ = [
    "ECS_EVENTS",
    "ECS_MANAGED",
    "EVENT_LIMIT_S",
    "FARGATE_SIZES",
    "KIND_DEFAULTS",
    "LAMBDA_EVENTS",
    "LAMBDA_MANAGED",
    "SERVER_EVENTS",
    "SERVER_MANAGED",
    "AnyService",
    "AutoScaling",
    "EcsService",
    "Fleet",
    "Group",
    "HealthCheck",
    "Hook",
    "Initially",
    "LambdaFunction",
    "Lifecycle",
    "LoadBalancer",
    "ProvisionedConcurrency",
    "Region",
    "Regions",
    "ScalingStep",
    "Script",
    "ServerFleet",
    "ServiceScaling",
    "Task",
    "TaskSetBalancer",
    "WarmUp",
]
