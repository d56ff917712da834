"""Random quantities a person can give: each is a quantile function of one uniform.

The one thing a newcomer would get wrong: nothing here draws. ``quantile(u)`` turns uniforms, found by name in
`simulator.randomness`, into values; one uniform per value keeps two strategies on the same luck.

`shapes` holds the kinds, `reading` what a person writes to one and back, `fields` the field types.
"""

from simulator.model.distribution.fields import Duration, Factor, Random, Share
from simulator.model.distribution.reading import Z95, read, write
from simulator.model.distribution.shapes import (
    AnyDistribution,
    Beta,
    Component,
    Distribution,
    Empirical,
    Exponential,
    Fixed,
    FloatArray,
    Gamma,
    LogitNormal,
    LogNormal,
    Mixture,
    Triangular,
    Uniform,
    Weibull,
)

__all__ = [
    "Z95",
    "AnyDistribution",
    "Beta",
    "Component",
    "Distribution",
    "Duration",
    "Empirical",
    "Exponential",
    "Factor",
    "Fixed",
    "FloatArray",
    "Gamma",
    "LogNormal",
    "LogitNormal",
    "Mixture",
    "Random",
    "Share",
    "Triangular",
    "Uniform",
    "Weibull",
    "read",
    "write",
]
