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

PRODUCTIONS: Mapping[str, type[Production]] = MappingProxyType(
    {"server": ServerProduction, "lambda": AliasProduction, "ecs": TaskSetProduction}
)
