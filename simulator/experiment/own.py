"""Metrics that a reader brings along: a function of the trace and of the scenario under its strategy.

The one thing a newcomer would get wrong: such a function runs in the worker processes, so it has to be something that
a process can be given by name: a ``def`` in a module, not a lambda. Where processes are forked, anything goes.
"""

from __future__ import annotations

import math
import pickle
import re
import traceback
from collections.abc import Callable, Mapping
from typing import Literal

from simulator.errors import SimulatorError, quoted
from simulator.experiment.rows import COLUMNS, KEYS
from simulator.metrics.table import Metric
from simulator.model.scenario import Scenario
from simulator.trace.records import Trace

Function = Callable[[Trace, Scenario], float | None]
Own = tuple[tuple[str, Function], ...]

Unit = Literal["s", "requests", "fraction", "USD", ""]
_UNITS: tuple[tuple[str, Unit], ...] = (
    ("_s", "s"),
    ("_requests", "requests"),
    ("_share", "fraction"),
    ("_usd", "USD"),
)


def checked(metrics: Mapping[str, Function] | None) -> Own:
    """Metrics whose names are free and that can be called.

    Raises
    ------
    SimulatorError
        With what to write instead.
    """
    for name, function in (metrics or {}).items():
        if not str(name).isidentifier() or re.fullmatch(r"(p|cvar)\d\d", name):
            raise SimulatorError(f"a metric cannot be called {quoted(name)}; write a name such as 'queue_s'")
        if name in COLUMNS or name in KEYS or name.startswith("p_"):
            raise SimulatorError(f"{quoted(name)} is a column of every comparison; give your metric another name")
        if not callable(function):
            raise SimulatorError(f"metric {quoted(name)} is no function; write function(trace, scenario) -> number")
    return tuple((metrics or {}).items())


def described(name: str, function: Function | None = None) -> Metric:
    """Row of the table of metrics for one of the reader's; its unit is told by the end of its name.

    >>> described("queue_s").unit, described("reroutes").unit
    ('s', '')
    """
    unit: Unit = next((unit for end, unit in _UNITS if name.endswith(end)), "")
    text = (getattr(function, "__doc__", None) or "given to compare() as a function").strip().splitlines()[0]
    return Metric(name, unit, "lower", name, text.rstrip("."))


def value_of(name: str, function: Function, trace: Trace, world: Scenario) -> float:
    """What the function says of one run; NaN for absent.

    Raises
    ------
    SimulatorError
        When it raises or gives no number; says in which run.
    """
    where = f"for {trace.strategy}, replication {trace.replication}"
    try:
        value = function(trace, world)
    except Exception as error:
        line = traceback.extract_tb(error.__traceback__)[-1]
        said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        raise SimulatorError(
            f"metric {quoted(name)} raised {said} (line {line.lineno} of {line.filename}) {where}; to look at it: "
            f"run = simulator.run(scenario, {trace.strategy!r}, seed={trace.seed}, replication={trace.replication}, "
            f"stratum={trace.stratum!r}), then call the function with run.trace and run.scenario"
        ) from error
    if value is None:
        return math.nan
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise SimulatorError(
            f"metric {quoted(name)} gave {quoted(value)} {where}; write a function that gives a number, or None where "
            "it does not apply"
        ) from error


def obstacle(own: Own, forked: bool) -> str | None:
    """Why these functions cannot be handed to worker processes; None if they can.

    Parameters
    ----------
    own : tuple of (str, callable)
        Functions by name.
    forked : bool
        Whether workers are copies of this process, which hold everything already.
    """
    if forked:
        return None
    for name, function in own:
        try:
            pickle.dumps(function)
        except (pickle.PicklingError, AttributeError, TypeError):
            return f"metric {quoted(name)} is a lambda or local function, which worker processes cannot be given"
        if getattr(function, "__module__", None) == "__main__":
            return f"metric {quoted(name)} is defined in this script or notebook, which worker processes do not read"
    return None
