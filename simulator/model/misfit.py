"""The complaint that a strategy does not fit its world."""

from __future__ import annotations


class MisfitError(ValueError):
    """A strategy cannot start in its world; `field` of the strategy, else of the scenario, is what it is about."""

    def __init__(self, message: str, field: str = "configuration") -> None:
        super().__init__(message, field)
        self.message, self.field = message, field

    def __str__(self) -> str:
        return self.message
