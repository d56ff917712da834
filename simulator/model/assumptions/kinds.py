"""One open reading: its value, its range, where it comes from and how good that is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from simulator import units
from simulator.errors import quoted
from simulator.model.distribution import Distribution, read, write
from simulator.model.quantity import number_of

Evidence = Literal["documented", "observed", "derived", "weak", "guess"]


@dataclass(frozen=True)
class Assumption:
    """One reading that AWS or the world leaves open.

    Parameters
    ----------
    id : str
        Name under ``assumptions:`` in a scenario.
    kind : {"switch", "number", "random"}
        One of `choices`, a plain quantity, or a random quantity.
    default : str or mapping
        As a person would write it in a scenario.
    meaning, why, effect : str
        What it is, why this value, and how much results move if it is wrong.
    source : str
        Where the value comes from.
    evidence : str
        How good that is.
    span : tuple
        The values a sensitivity run goes through.
    """

    id: str
    kind: Literal["switch", "number", "random"]
    dimension: units.Dimension
    default: Any
    meaning: str
    why: str
    effect: str
    source: str
    evidence: Evidence
    span: tuple[Any, ...] = ()
    choices: tuple[str, ...] = ()

    def parse(self, value: Any, required: bool) -> str | float | Distribution:
        """Read a value for this assumption.

        Raises
        ------
        ValueError
            With what to write instead.
        """
        if self.kind == "switch":
            if isinstance(value, bool):
                value = "yes" if value else "no"
            if value not in self.choices:
                raise ValueError(
                    f"{quoted(value)} is not a reading of {self.id}; write one of {', '.join(self.choices)}"
                )
            return str(value)
        if self.kind == "number":
            number = number_of(value, self.dimension, required)
            if number < 0:
                raise ValueError(f"{self.id} cannot be negative")
            return number
        return read(value, self.dimension, required)

    @cached_property
    def value(self) -> str | float | Distribution:
        """The default, parsed."""
        return self.parse(self.default, required=True)

    def write(self, value: str | float | Distribution) -> Any:
        """Write a value the way a person gives it."""
        if isinstance(value, Distribution):
            return write(value, self.dimension)
        if isinstance(value, str):
            return value
        return units.text(value, self.dimension)


def switch(id: str, default: str, choices: tuple[str, ...], **words: Any) -> Assumption:
    """One of a few readings."""
    return Assumption(id=id, kind="switch", dimension="factor", default=default, choices=choices, span=choices, **words)


def time(id: str, default: Any, span: tuple[Any, ...], **words: Any) -> Assumption:
    """A duration: one value when its default is a text, else random."""
    return quantity(id, "duration", default, span, **words)


def quantity(id: str, dimension: units.Dimension, default: Any, span: tuple[Any, ...], **words: Any) -> Assumption:
    """A quantity of any dimension: one value when its default is a text, else random."""
    kind: Literal["number", "random"] = "number" if isinstance(default, str) else "random"
    return Assumption(id=id, kind=kind, dimension=dimension, default=default, span=span, **words)


def phase(id: str, of: str, source: str = "judgement", evidence: Evidence = "guess") -> Assumption:
    """Where a clock that nothing ties to the deployment stands."""
    return Assumption(
        id=id,
        kind="random",
        dimension="share",
        default={"uniform": ["0 %", "100 %"]},
        span=("0 %", "50 %", "100 %"),
        meaning=f"where in its period {of} stands at CreateDeployment",
        why="AWS ties this clock to nothing in the deployment, so every phase is as likely as another",
        effect="spreads detection over one period; the mean moves by at most half of it",
        source=source,
        evidence=evidence,
    )
