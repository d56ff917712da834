"""One value laid over another: how a strategy's own fields meet the scenario's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulator.model.base import Model
from simulator.model.distribution import Distribution

# Fields that tell what kind of thing a mapping is: another kind is another thing, whose fields do not mix.
TAGS = ("platform", "kind", "action")
# Mappings that are one value: the rates of a day are those of one recording.
_WHOLE = ("series",)


def merged(base: Any, overlay: Any, written: Any = None) -> Any:
    """Lay an overlay over a value: mappings field by field, everything else replaced whole.

    `written` is the value as a file would have it, so that what stays keeps its unit.
    """
    if not isinstance(overlay, Mapping) or not isinstance(base, Model | Mapping) or isinstance(base, Distribution):
        return overlay
    written = plain(base) if written is None else written
    if isinstance(base, Model) and any(tag in overlay and overlay[tag] != getattr(base, tag, None) for tag in TAGS):
        return overlay
    fields = dict(written)
    if isinstance(base, Model) and hasattr(base, "platform"):
        fields["platform"] = base.platform
    for key, item in overlay.items():
        here = getattr(base, key, None) if isinstance(base, Model) else base.get(key)
        below = fields.get(key, {} if isinstance(here, Mapping | Model) else None)
        fields[key] = item if key in _WHOLE else merged(here, item, below)
    return fields


def plain(value: Any) -> Any:
    """A value as a file would have it."""
    if isinstance(value, Model):
        return value.model_dump(mode="json", exclude_unset=True)
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value
