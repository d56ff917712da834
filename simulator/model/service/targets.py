"""How targets of a service are counted, also over its copies in several regions."""

from __future__ import annotations

from simulator.model.service import AnyService, ServerFleet


def targets_each(service: AnyService) -> int:
    """Targets of one copy of a service, as faults count them: its hosts, or the one function or service.

    Faults count through all regions in their order: of two with ten hosts each, target 12 is the third host of the
    second.
    """
    return service.fleet.size if isinstance(service, ServerFleet) else 1
