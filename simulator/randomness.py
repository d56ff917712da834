"""Draws found by name, not by order.

The one thing a newcomer would get wrong: a stream belongs to (seed, replication, purpose), and inside it each
subject has a row, so two strategies meet the same slow instance and the same bad revision without bookkeeping.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@lru_cache(maxsize=4096)
def _key(seed: int, purpose: str) -> int:
    """64 bits from the seed and the purpose; `hash()` of a string would differ between Python processes."""
    return int.from_bytes(hashlib.blake2b(f"{seed}|{purpose}".encode(), digest_size=8).digest(), "little")


class Rekeyed:
    """One Philox generator, re-keyed for every stream: the numbers of a new one at a tenth of its cost."""

    def __init__(self) -> None:
        self._bits = np.random.Philox(key=np.zeros(2, dtype=np.uint64))
        self._generator = np.random.Generator(self._bits)
        self._state = self._bits.state
        inner = self._state["state"]
        self._key = inner["key"]
        self._state["buffer_pos"] = 4
        self._state["has_uint32"] = 0
        self._state["uinteger"] = 0

    def at(self, seed: int, replication: int, purpose: str) -> np.random.Generator:
        """Return the generator at the start of the stream of this name."""
        self._key[0], self._key[1] = _key(seed, purpose), replication
        self._bits.state = self._state
        return self._generator


@dataclass(frozen=True, slots=True)
class Streams:
    """Random draws of one replication.

    The same seed, replication and purpose give the same draws, whatever else the run does.

    Parameters
    ----------
    seed : int
        Of the experiment; 0 is a seed like any other.
    replication : int
        Number of the replication, through all strata.
    philox : Rekeyed
        The generator; a worker hands its own in.
    """

    seed: int
    replication: int
    philox: Rekeyed = field(default_factory=Rekeyed, compare=False)

    def uniforms(self, purpose: str, subjects: int, per_subject: int) -> FloatArray:
        """Uniforms in [0, 1), shape (subjects, per_subject); row *k* is subject *k*'s, however many there are."""
        return self.philox.at(self.seed, self.replication, purpose).random((subjects, per_subject))

    def uniform(self, purpose: str) -> float:
        """One uniform in [0, 1)."""
        return float(self.philox.at(self.seed, self.replication, purpose).random())

    def within(self, place: str) -> Streams:
        """Streams of the same purposes for one place of several, each with draws of its own."""
        return _Within(self.seed, self.replication, self.philox, place, self)


@dataclass(frozen=True, slots=True)
class _Within(Streams):
    """Streams of one place: those of the whole, by names that begin with the place."""

    place: str = ""
    whole: Streams | None = None

    def uniforms(self, purpose: str, subjects: int, per_subject: int) -> FloatArray:
        assert self.whole is not None  # `within` gives it
        return self.whole.uniforms(f"{self.place}/{purpose}", subjects, per_subject)

    def uniform(self, purpose: str) -> float:
        assert self.whole is not None  # `within` gives it
        return self.whole.uniform(f"{self.place}/{purpose}")
