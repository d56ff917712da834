"""Every open reading and default prior has a name here, with its value, range and source.

The one thing a newcomer would get wrong: no such constant stands anywhere else. A scenario overrides one
under ``assumptions:``, the report prints those a run relied on, and ``docs/assumptions.md`` is generated
from this table. Its order numbers them, so new ones come last.

Sources are named by page: UG is the CodeDeploy user guide, API its API reference, ELB the Application Load
Balancer guide, CW the CloudWatch user guide, "observed" a published run of the real service.
"""

from __future__ import annotations

from collections.abc import Mapping

from simulator.model.assumptions.cloudwatch import CLOUDWATCH
from simulator.model.assumptions.deployments import DEPLOYMENTS
from simulator.model.assumptions.functions import COLD_STARTS, FUNCTIONS
from simulator.model.assumptions.kinds import Assumption, Evidence
from simulator.model.assumptions.people import PEOPLE
from simulator.model.assumptions.readings import READINGS
from simulator.model.assumptions.replacements import REPLACEMENTS
from simulator.model.assumptions.task_sets import TASK_SETS

__all__ = ["COLD_STARTS", "TABLE", "Assumption", "Evidence"]

_ALL = (*DEPLOYMENTS, *READINGS, *CLOUDWATCH, *PEOPLE, *REPLACEMENTS, *TASK_SETS, *FUNCTIONS)
TABLE: Mapping[str, Assumption] = {item.id: item for item in _ALL}
