"""Random quantities a person can give: each is a quantile function of one uniform.

The one thing a newcomer would get wrong: nothing here draws. ``quantile(u)`` turns uniforms, found by name in
`simulator.randomness`, into values; one uniform per value keeps two strategies on the same luck.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo, model_validator
from pydantic_core import CoreSchema, core_schema

from simulator import units
from simulator.errors import quoted
from simulator.model.base import Model
from simulator.model.quantity import number_of, units_required

FloatArray = NDArray[np.float64]
Z95 = 1.6448536269514722  # standard normal quantile at 0.95


def _special() -> Any:
    from scipy import special  # loaded on first use: it would double the time of `import simulator`

    return special


class Distribution(Model):
    """A random quantity; parameters in the unit used inside."""

    def quantile(self, u: FloatArray) -> FloatArray:
        """Value at each probability in `u`, same shape; `u` in [0, 1)."""
        raise TypeError(f"{type(self).__name__} has no quantile function")

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
            values[here] = component.of.quantile(np.minimum(inside, np.nextafter(1.0, 0.0)))
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

Number = Callable[[Any], float]


def read(value: Any, dimension: units.Dimension, required: bool) -> Distribution:
    """Turn what a person wrote into a distribution.

    Parameters
    ----------
    value : Any
        A quantity (``"20 s"``), a mapping (``{"median": "20 s", "p95": "45 s"}``) or a `Distribution`.
    dimension : str
        Of the quantity; a share's median and p95 are read on the logit scale.
    required : bool
        Whether bare numbers are refused.

    Raises
    ------
    ValueError
        With what to write instead.
    """
    if isinstance(value, Distribution):
        return value

    def number(item: Any) -> float:
        found = number_of(item, dimension, required)
        if found < 0 or (dimension == "share" and found > 1):
            raise ValueError(f"{units.text(found, dimension)} is out of range")
        return found

    if not isinstance(value, Mapping):
        return Fixed(value=number(value))
    given = dict(value)
    if "kind" in given and not required:  # its numbers carry no unit, so files do not write it
        return _from_fields(given)
    if set(given) <= {"median", "p05", "p95", "sigma"} and given:
        return _by_quantiles(given, number, dimension)
    if len(given) == 1:
        name, inner = next(iter(given.items()))
        if name in _SHAPES:
            return _SHAPES[name](inner, number, dimension, required)
    shapes = ", ".join(["median and p95", *_SHAPES])
    raise ValueError(f"no distribution has the fields {quoted(', '.join(map(str, given)))}; write one of {shapes}")


def _from_fields(given: dict[str, Any]) -> Distribution:
    classes: dict[str, type[Distribution]] = {
        cls.model_fields["kind"].default: cls for cls in Distribution.__subclasses__()
    }
    if not isinstance(given["kind"], str) or given["kind"] not in classes:
        raise ValueError(f"no distribution is called {quoted(given['kind'])}; write one of {', '.join(classes)}")
    return classes[given["kind"]].model_validate(given)


def _by_quantiles(given: dict[str, Any], number: Number, dimension: units.Dimension) -> Distribution:
    share = dimension == "share"
    keys = set(given)
    if keys not in ({"median", "p95"}, {"p05", "p95"}, {"median", "sigma"}):
        raise ValueError("write median and p95, p05 and p95, or median and sigma")
    points = {key: number(item) for key, item in given.items() if key != "sigma"}
    if any(point <= 0 or (share and point >= 1) for point in points.values()):
        raise ValueError("median, p05 and p95 lie above 0" + (" and below 100 %" if share else ""))

    def scale(x: float) -> float:
        return math.log(x / (1 - x)) if share else math.log(x)

    if keys == {"median", "sigma"}:
        middle, sigma = points["median"], given["sigma"]
        if isinstance(sigma, bool) or not isinstance(sigma, int | float):
            raise ValueError("sigma is a plain number, the spread of the logarithm; write for example 0.5")
    else:
        low = "p05" if "p05" in keys else "median"
        if points[low] > points["p95"]:
            raise ValueError(f"p95 is below {low}; write the larger value as p95")
        spread = scale(points["p95"]) - scale(points[low])
        sigma = spread / (2 * Z95 if low == "p05" else Z95)
        centre = (scale(points["p05"]) + scale(points["p95"])) / 2 if low == "p05" else scale(points["median"])
        middle = points["median"] if low == "median" else math.exp(centre)
        if share and low == "p05":
            middle = 1 / (1 + math.exp(-centre))
    return (LogitNormal if share else LogNormal)(median_value=middle, sigma=sigma)


def _items(value: Any, count: int, form: str) -> list[Any]:
    if not isinstance(value, list | tuple) or len(value) != count:
        raise ValueError(f"write {form}")
    return list(value)


def _uniform(value: Any, number: Number, dimension: units.Dimension, required: bool) -> Distribution:
    low, high = (number(item) for item in _items(value, 2, "uniform: [low, high]"))
    return Uniform(low=low, high=high)


def _triangular(value: Any, number: Number, dimension: units.Dimension, required: bool) -> Distribution:
    low, mode, high = (number(item) for item in _items(value, 3, "triangular: [low, mode, high]"))
    return Triangular(low=low, mode=mode, high=high)


def _fields(value: Any, names: tuple[str, ...], form: str) -> list[Any]:
    if not isinstance(value, Mapping) or set(value) != set(names):
        raise ValueError(f"write {form}")
    return [value[name] for name in names]


def _lognormal(value: Any, number: Number, dimension: units.Dimension, required: bool) -> Distribution:
    if not isinstance(value, Mapping):
        raise ValueError("write lognormal: {median: ..., p95: ...}")
    return _by_quantiles(dict(value), number, dimension)


def _gamma(value: Any, number: Number, dimension: units.Dimension, required: bool) -> Distribution:
    shape, scale = _fields(value, ("shape", "scale"), "gamma: {shape: 2, scale: ...}")
    return Gamma(shape=shape, scale=number(scale))


def _weibull(value: Any, number: Number, dimension: units.Dimension, required: bool) -> Distribution:
    shape, scale = _fields(value, ("shape", "scale"), "weibull: {shape: 1.5, scale: ...}")
    return Weibull(shape=shape, scale=number(scale))


def _beta(value: Any, number: Number, dimension: units.Dimension, required: bool) -> Distribution:
    if dimension != "share":
        raise ValueError("beta describes a share between 0 and 1; write gamma or lognormal here")
    a, b = _fields(value, ("a", "b"), "beta: {a: 2, b: 5}")
    return Beta(a=a, b=b)


def _mixture(value: Any, number: Number, dimension: units.Dimension, required: bool) -> Distribution:
    form = "mixture: [{weight: 9, of: ...}, {weight: 1, of: ...}]"
    if not isinstance(value, list | tuple) or not 1 <= len(value) <= 100:
        raise ValueError(f"write {form}")
    parts = [_fields(item, ("weight", "of"), form) for item in value]
    if any(isinstance(weight, bool) or not isinstance(weight, int | float) or weight <= 0 for weight, _ in parts):
        raise ValueError("weights are plain numbers above 0")
    return Mixture.model_validate(
        {"components": tuple({"weight": weight, "of": read(of, dimension, required)} for weight, of in parts)}
    )


def _categorical(value: Any, number: Number, dimension: units.Dimension, required: bool) -> Distribution:
    form = "categorical: [{weight: 9, value: ...}, {weight: 1, value: ...}]"
    if not isinstance(value, list | tuple):
        raise ValueError(f"write {form}")
    parts = [_fields(item, ("weight", "value"), form) for item in value]
    return _mixture([{"weight": weight, "of": item} for weight, item in parts], number, dimension, required)


def _empirical(value: Any, number: Number, dimension: units.Dimension, required: bool) -> Distribution:
    if isinstance(value, Mapping):
        raise ValueError("empirical: {from: ...} names a file; it is read with the scenario file")
    if not isinstance(value, list | tuple) or not value:
        file = "empirical: {from: times.csv, column: seconds, unit: s}"
        raise ValueError(f"write empirical: [value, value, ...] or {file}")
    return Empirical(values=tuple(number(item) for item in value))


_SHAPES: dict[str, Callable[[Any, Number, units.Dimension, bool], Distribution]] = {
    "fixed": lambda value, number, dimension, required: Fixed(value=number(value)),
    "uniform": _uniform,
    "triangular": _triangular,
    "exponential": lambda value, number, dimension, required: Exponential(mean=number(value)),
    "lognormal": _lognormal,
    "gamma": _gamma,
    "beta": _beta,
    "weibull": _weibull,
    "mixture": _mixture,
    "categorical": _categorical,
    "empirical": _empirical,
}


def write(value: Distribution, dimension: units.Dimension) -> Any:
    """Write a distribution the way a person gives it; `read` gives an equal one back."""

    def quantity(number: float) -> Any:
        return number if dimension == "factor" else units.text(number, dimension)

    match value:
        case Fixed():
            return quantity(value.value)
        case Uniform():
            return {"uniform": [quantity(value.low), quantity(value.high)]}
        case Triangular():
            return {"triangular": [quantity(value.low), quantity(value.mode), quantity(value.high)]}
        case Exponential():
            return {"exponential": quantity(value.mean)}
        case LogNormal() | LogitNormal():
            return {"median": quantity(value.median_value), "sigma": value.sigma}
        case Gamma():
            return {"gamma": {"shape": value.shape, "scale": quantity(value.scale)}}
        case Weibull():
            return {"weibull": {"shape": value.shape, "scale": quantity(value.scale)}}
        case Beta():
            return {"beta": {"a": value.a, "b": value.b}}
        case Mixture():
            return {"mixture": [{"weight": c.weight, "of": write(c.of, dimension)} for c in value.components]}
        case Empirical():
            return {"empirical": [quantity(number) for number in value.values]}
    raise TypeError(f"unknown distribution {type(value).__name__}")


@dataclass(frozen=True, slots=True)
class Random:
    """Marks a field as a random quantity of one dimension."""

    dimension: units.Dimension

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Read with `read`, write with `write`."""

        def validate(value: Any, info: ValidationInfo) -> Distribution:
            return read(value, self.dimension, units_required(info))

        return core_schema.with_info_plain_validator_function(
            validate,
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda value: write(value, self.dimension), when_used="json"
            ),
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Text with a unit, a plain number for a factor, or one named shape."""
        unit = units.UNITS[self.dimension]
        shapes = ", ".join(_SHAPES)
        return {
            "anyOf": [{"type": "string"}, {"type": "number"}, {"type": "object"}],
            "description": f"{unit.noun}, as in {unit.example}, or a distribution: median and p95, or one of {shapes}",
        }


Duration = Annotated[Distribution, Random("duration")]
Share = Annotated[Distribution, Random("share")]
Factor = Annotated[Distribution, Random("factor")]
