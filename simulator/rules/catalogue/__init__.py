"""The rule book's table of contents: every rule with its statement, its source and an example that is computed.

The one thing a newcomer would get wrong: nothing here decides anything. Each entry speaks of a function of
`simulator.rules`, whose name is its id. A rule without an entry of its own is shown with its documentation.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from types import MappingProxyType

from simulator.rules.catalogue import alarms, endings, fleet, reading, targets, traffic
from simulator.rules.catalogue.rule import Call, Rule

__all__ = ["GROUPS", "RULES", "Call", "Rule"]

_WRITTEN: dict[str, tuple[Rule, ...]] = {
    "Batches of a fleet": fleet.HEALTHY_HOSTS,
    "Traffic shifts": traffic.TRAFFIC_SHIFT,
    "Lifecycle events": targets.LIFECYCLE,
    "Scripts": targets.HOOK_SCRIPTS,
    "Load balancer": fleet.LOAD_BALANCER,
    "Requests": traffic.FLOW,
    "Alarms": alarms.ALARMS,
    "What alarms look at": alarms.ALARM_WINDOWS,
    "Composite alarms and metric math": alarms.COMPOSITES,
    "Metrics that alarms see": alarms.TELEMETRY,
    "How soon an alarm can help": alarms.DETECTION,
    "Rollback": endings.ROLLBACK,
    "People": endings.PEOPLE,
    "Limits": targets.LIMITS_AND_QUOTAS,
}
_KNOWN = {rule.id for rules in _WRITTEN.values() for rule in rules}
_READ = [rule for rule in map(reading.entry, reading.functions()) if rule.id not in _KNOWN]
GROUPS: Mapping[str, tuple[Rule, ...]] = MappingProxyType(
    {
        **_WRITTEN,
        **{
            module.replace("_", " ").capitalize(): tuple(members)
            for module, members in groupby(_READ, key=lambda rule: rule.id.partition(".")[0])
        },
    }
)
RULES: Mapping[str, Rule] = MappingProxyType({rule.id: rule for rules in GROUPS.values() for rule in rules})
