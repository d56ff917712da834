"""Kinds of random quantity, each a quantile function of one uniform; parameters in the unit used inside."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from simulator.model.base import Model

FloatArray = NDArray[np.float64]


def _special() -> Any:
    from scipy import special  # loaded on first use: it would double the time of `import simulator`

    return special


class Distribution(Model):
    """A random quantity; parameters in the unit used inside."""

    def quantile(self, u: FloatArray) -> FloatArray:
        """Value at each probability in `u`, same shape; `u` in [0, 1)."""
        raise TypeError(f"{type(self).__name__} has no quantile function")

    def at(self, u: float) -> float:
        """The same for one probability."""
        return float(self.quantile(np.array([u]))[0])

    @property
    def median(self) -> float:
        """Value at one half."""
        return float(self.quantile(np.array([0.5]))[0])

    @property
    def fixed(self) -> float | None:
        """The value when there is no spread, else None."""
        return None


class Fixed(Distribution):
    """Always the same value."""

    kind: Literal["fixed"] = "fixed"
    value: float

    def quantile(self, u: FloatArray) -> FloatArray:
        """The value, whatever `u`."""
        return np.full(np.shape(u), self.value)

    @property
    def fixed(self) -> float | None:
        """The value."""
        return self.value


class Uniform(Distribution):
    """Any value between two bounds alike."""

    kind: Literal["uniform"] = "uniform"
    low: float
    high: float

    @model_validator(mode="after")
    def ordered(self) -> Self:
        """Bounds in order."""
        if self.low > self.high:
            raise ValueError("the lower bound is above the upper one; write [low, high]")
        return self

    def quantile(self, u: FloatArray) -> FloatArray:
        """Linear between the bounds."""
        return self.low + (self.high - self.low) * u

    def at(self, u: float) -> float:
        """The same for one probability, without an array: most clocks of a run draw their phase so."""
        return self.low + (self.high - self.low) * u


class Triangular(Distribution):
    """A lowest, a most likely and a highest value."""

    kind: Literal["triangular"] = "triangular"
    low: float
    mode: float
    high: float

    @model_validator(mode="after")
    def ordered(self) -> Self:
        """Three values in order, not all the same."""
        if not self.low <= self.mode <= self.high or self.low == self.high:
            raise ValueError("write [low, mode, high] in rising order")
        return self

    def quantile(self, u: FloatArray) -> FloatArray:
        """Two square roots that meet at the mode."""
        width = self.high - self.low
        at_mode = (self.mode - self.low) / width
        below = self.low + np.sqrt(u * width * (self.mode - self.low))
        above = self.high - np.sqrt((1 - u) * width * (self.high - self.mode))
        return np.asarray(np.where(u < at_mode, below, above), dtype=np.float64)


class Exponential(Distribution):
    """Waiting time without memory."""

    kind: Literal["exponential"] = "exponential"
    mean: float = Field(gt=0)

    def quantile(self, u: FloatArray) -> FloatArray:
        """Minus the mean times the logarithm of the rest."""
        return np.asarray(-self.mean * np.log1p(-u), dtype=np.float64)


class LogNormal(Distribution):
    """Median times a normal spread of the logarithm."""

    kind: Literal["lognormal"] = "lognormal"
    median_value: float = Field(gt=0)
    sigma: float = Field(ge=0)

    def quantile(self, u: FloatArray) -> FloatArray:
        """Exponential of a normal quantile."""
        return np.asarray(self.median_value * np.exp(self.sigma * _special().ndtri(u)), dtype=np.float64)


class LogitNormal(Distribution):
    """A share whose log-odds are normal; the lognormal's counterpart between 0 and 1."""

    kind: Literal["logitnormal"] = "logitnormal"
    median_value: float = Field(gt=0, lt=1)
    sigma: float = Field(ge=0)

    def quantile(self, u: FloatArray) -> FloatArray:
        """Logistic of a normal quantile."""
        special = _special()
        return np.asarray(
            special.expit(special.logit(self.median_value) + self.sigma * special.ndtri(u)), dtype=np.float64
        )


class Gamma(Distribution):
    """Sum of waiting times."""

    kind: Literal["gamma"] = "gamma"
    shape: float = Field(gt=0)
    scale: float = Field(gt=0)

    def quantile(self, u: FloatArray) -> FloatArray:
        """Inverse of the regularised incomplete gamma function."""
        return np.asarray(self.scale * _special().gammaincinv(self.shape, u), dtype=np.float64)


class Beta(Distribution):
    """A share between 0 and 1."""

    kind: Literal["beta"] = "beta"
    a: float = Field(gt=0)
    b: float = Field(gt=0)

    def quantile(self, u: FloatArray) -> FloatArray:
        """Inverse of the regularised incomplete beta function."""
        return np.asarray(_special().betaincinv(self.a, self.b, u), dtype=np.float64)


class Weibull(Distribution):
    """Time to failure with a rising or falling hazard."""

    kind: Literal["weibull"] = "weibull"
    shape: float = Field(gt=0)
    scale: float = Field(gt=0)

    def quantile(self, u: FloatArray) -> FloatArray:
        """Power of an exponential quantile."""
        return np.asarray(self.scale * (-np.log1p(-u)) ** (1 / self.shape), dtype=np.float64)


class Component(Model):
    """One part of a mixture; weights need not add up to 1."""

    weight: float = Field(gt=0)
    of: AnyDistribution


class Mixture(Distribution):
    """One of several distributions, chosen by weight with the same uniform that then draws from it."""

    kind: Literal["mixture"] = "mixture"
    components: tuple[Component, ...] = Field(min_length=1)

    def quantile(self, u: FloatArray) -> FloatArray:
        """Pick the component by `u`, rescale `u` inside it."""
        weights = np.array([component.weight for component in self.components])
        edges = np.concatenate(([0.0], np.cumsum(weights) / weights.sum()))
        edges[-1] = 1.0
        u = np.asarray(u, dtype=np.float64)
        chosen = np.minimum(np.searchsorted(edges, u, side="right") - 1, len(weights) - 1)
        values = np.empty(np.shape(u))
        for index, component in enumerate(self.components):
            here = chosen == index
            inside = (u[here] - edges[index]) / (edges[index + 1] - edges[index])
            # At an edge between two components a value of the next one's low tail, not its lowest conceivable.
            values[here] = component.of.quantile(np.clip(inside, 2.0**-53, np.nextafter(1.0, 0.0)))
        return values


class Empirical(Distribution):
    """Observed values, each as likely as the other."""

    kind: Literal["empirical"] = "empirical"
    values: tuple[float, ...] = Field(min_length=1, max_length=100_000)

    def quantile(self, u: FloatArray) -> FloatArray:
        """Smallest observed value with at least that share at or below it."""
        ordered = np.sort(np.array(self.values))
        return np.asarray(ordered[(np.asarray(u) * ordered.size).astype(np.int64)], dtype=np.float64)


AnyDistribution = Annotated[
    Fixed | Uniform | Triangular | Exponential | LogNormal | LogitNormal | Gamma | Beta | Weibull | Mixture | Empirical,
    Field(discriminator="kind"),
]
Component.model_rebuild()
Mixture.model_rebuild()
