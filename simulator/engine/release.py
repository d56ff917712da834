"""What this replication's revision turned out to be: sound, or bad in one way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.model.release import CrashAtStart, Errors, Revision, Slow
from simulator.randomness import Streams


@dataclass(frozen=True, slots=True)
class Release:
    """The drawn revision.

    Parameters
    ----------
    defect : str or None
        In words; None for a sound revision.
    error_share : float
        Share of its requests that it fails.
    crashes : bool
        Whether its process dies at start.
    slow_factor : float
        How many times as long a request takes.
    """

    defect: str | None = None
    error_share: float = 0.0
    crashes: bool = False
    slow_factor: float = 1.0

    @property
    def bad(self) -> bool:
        """Whether it has a defect."""
        return self.defect is not None


def drawn_release(revision: Revision, streams: Streams, bad: bool) -> Release:
    """Draw the defect of a bad revision: one of those listed, by weight, with its own size."""
    if not bad:
        return Release()
    pick, size = (float(u) for u in streams.uniforms("defect", 1, 2)[0])
    total = sum(defect.weight for defect in revision.defects)
    edge = 0.0
    chosen = revision.defects[-1]
    for defect in revision.defects:
        edge += defect.weight / total
        if pick < edge:
            chosen = defect
            break
    match chosen:
        case Errors():
            share = float(chosen.share.quantile(np.array([size]))[0])
            return Release(defect=f"errors {share:.2%}", error_share=share)
        case CrashAtStart():
            return Release(defect="crash at start", crashes=True)
        case Slow():
            factor = max(1.0, float(chosen.factor.quantile(np.array([size]))[0]))
            return Release(defect=f"slow x{factor:.2f}", slow_factor=factor)
