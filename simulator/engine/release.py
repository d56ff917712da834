"""What this replication's revision turned out to be: sound, or bad in one way."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from simulator.engine.clock import on_grid
from simulator.model.flow import Flow
from simulator.model.release import CrashAtStart, Errors, Latent, MixedVersions, Revision, Slow, UnderLoad
from simulator.randomness import Streams


@dataclass(slots=True)
class Release:
    """The drawn revision; `error_share` changes as a hidden defect shows.

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
    hidden_share : float
        Share of its requests that it fails while a defect shows that does not always; 0 for one without.
    shows_after : float
        Seconds from its first production traffic until it shows for good.
    shows_when : callable or None
        Whether it shows while requests flow like this.
    """

    defect: str | None = None
    error_share: float = 0.0
    crashes: bool = False
    slow_factor: float = 1.0
    hidden_share: float = 0.0
    shows_after: float = math.inf
    shows_when: Callable[[Flow], bool] | None = None

    @property
    def bad(self) -> bool:
        """Whether it has a defect."""
        return self.defect is not None

    def share_in(self, flow: Flow) -> float:
        """Share of its requests that it fails while requests flow like this."""
        if self.shows_when is None:
            return self.error_share
        return self.hidden_share if self.shows_when(flow) else 0.0


def drawn_release(revision: Revision, streams: Streams, bad: bool) -> Release:
    """Draw the defect of a bad revision: one of those listed, by weight, with its own size."""
    if not bad:
        return Release()
    pick, size, late = (float(u) for u in streams.uniforms("defect", 1, 3)[0])
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
        case Latent():
            share = float(chosen.share.quantile(np.array([size]))[0])
            after = on_grid(float(chosen.after.quantile(np.array([late]))[0]))
            return Release(f"errors {share:.2%} after {after / 60:.3g} min", hidden_share=share, shows_after=after)
        case UnderLoad(above=above):
            share = float(chosen.share.quantile(np.array([size]))[0])
            return Release(
                f"errors {share:.2%} above {above:.6g}/s",
                hidden_share=share,
                shows_when=lambda flow: flow.demand * flow.share_new > above,
            )
        case MixedVersions():
            share = float(chosen.share.quantile(np.array([size]))[0])
            return Release(
                f"errors {share:.2%} beside the previous revision",
                hidden_share=share,
                shows_when=lambda flow: flow.share_old > 0 and flow.share_new > 0,
            )
