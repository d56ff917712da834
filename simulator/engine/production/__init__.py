"""Who takes production requests: one class for each platform, all of one shape.

The one thing a newcomer would get wrong: nothing outside this folder asks which platform it is. Whoever needs to
know what requests meet, what CloudWatch sees of it or whether the service is split asks the world's production.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from simulator.engine.production.alias import AliasProduction as AliasProduction
from simulator.engine.production.protocol import Production as Production
from simulator.engine.production.protocol import WeightedProduction as WeightedProduction
from simulator.engine.production.servers import ServerProduction as ServerProduction
from simulator.engine.production.task_sets import TaskSetProduction as TaskSetProduction
from simulator.engine.production.young_servers import YoungServers as YoungServers
from simulator.engine.production.young_task_sets import YoungTaskSets as YoungTaskSets
from simulator.model.service import AnyService, LambdaFunction, ServerFleet

PRODUCTIONS: Mapping[str, type[Production]] = MappingProxyType(
    {"server": ServerProduction, "lambda": AliasProduction, "ecs": TaskSetProduction}
)
# Where new targets take or answer less than others, requests are sent to whom there is room at, or the fleet scales.
YOUNG: Mapping[str, type[Production]] = MappingProxyType({"server": YoungServers, "ecs": YoungTaskSets})


def production_of(service: AnyService) -> type[Production]:
    """Class of a service's production; who does not need to know how old a target is does not pay for it."""
    return (YOUNG if _ages(service) else PRODUCTIONS)[service.platform]


def _ages(service: AnyService) -> bool:
    if isinstance(service, LambdaFunction):
        return False
    if isinstance(service, ServerFleet) and service.fleet.scales:
        return True
    warm_up = service.fleet.warm_up if isinstance(service, ServerFleet) else service.warm_up
    balancer = service.load_balancer
    uneven = balancer is not None and (balancer.slow_start > 0 or balancer.algorithm != "round_robin")
    return uneven or (warm_up is not None and warm_up.lasts > 0)
