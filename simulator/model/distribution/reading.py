"""What a person writes to a random quantity, and back: a quantity, two quantiles, or one named shape."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from simulator import units
from simulator.errors import quoted
from simulator.model.distribution.shapes import (
    Beta,
    Distribution,
    Empirical,
    Exponential,
    Fixed,
    Gamma,
    LogitNormal,
    LogNormal,
    Mixture,
    Triangular,
    Uniform,
    Weibull,
)
from simulator.model.quantity import number_of

Z95 = 1.6448536269514722  # standard normal quantile at 0.95

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
        if name in SHAPES:
            return SHAPES[name](inner, number, dimension, required)
    shapes = ", ".join(["median and p95", *SHAPES])
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


SHAPES: dict[str, Callable[[Any, Number, units.Dimension, bool], Distribution]] = {
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
