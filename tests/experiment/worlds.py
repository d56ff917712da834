"""Small experiments: scenarios with several strategies, and their numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from simulator.experiment import Finished, Plan, as_table, replicate
from simulator.model.scenario import Scenario
from simulator.randomness import Streams
from tests.worlds import canary

ONE, HALF, ALL = (f"CodeDeployDefault.{name}" for name in ("OneAtATime", "HalfAtATime", "AllAtOnce"))
SERVERS = [{"name": "one", "configuration": ONE}, {"name": "half", "configuration": HALF}]
HOURS = {"median": 60.0, "p95": 240.0}


def servers(strategies: list[dict[str, Any]] | None = None, **rest: Any) -> Scenario:
    """A fleet on which much goes wrong."""
    hooks = {"AfterInstall": {"failure": 0.05}, "ValidateService": {"probes": 5}}
    return Scenario.model_validate(
        {
            "name": "servers",
            "service": {
                "platform": "server",
                "fleet": {"size": 4, "capacity": 60.0},
                "load_balancer": {},
                "lifecycle": {"hooks": hooks, "durations": dict.fromkeys(hooks, HOURS)},
            },
            "traffic": {"rate": 150.0, "baseline_errors": 0.001},
            "revision": {"bad": 0.1, "defects": [{"kind": "errors"}, {"kind": "crash_at_start"}]},
            "alarms": [{"name": "5xx", "metric_name": "HTTPCode_Target_5XX_Count", "threshold": 60}],
            "rollback": {"events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"]},
            "faults": [
                {"kind": "instance_crash", "rate": 1e-5},
                {"kind": "rollback_failure", "probability": 0.1},
            ],
            "strategies": SERVERS if strategies is None else strategies,
            **rest,
        }
    )


def alias(strategies: list[dict[str, Any]] | None = None, **rest: Any) -> Scenario:
    """A function behind an alias; cheap to run."""
    shifts = [
        {"name": "canary", "configuration": canary(10, 5)},
        {"name": "half", "configuration": canary(50, 5)},
    ]
    return Scenario.model_validate(
        {
            "name": "alias",
            "service": {"platform": "lambda"},
            "traffic": {"rate": 20.0},
            "revision": {"bad": 0.1},
            "alarms": [{"name": "errors", "metric_name": "Errors", "threshold": 20}],
            "rollback": {"events": ["DEPLOYMENT_STOP_ON_ALARM"]},
            "strategies": shifts if strategies is None else strategies,
            **rest,
        }
    )


def finished(scenario: Scenario, replications: int = 40, seed: int = 7, **how: Any) -> Finished:
    """Run here, on one process, unless told how."""
    return replicate(Plan(scenario, replications, seed), **{"workers": 1, **how})


def table(scenario: Scenario, replications: int = 40, seed: int = 7, **how: Any) -> pd.DataFrame:
    """The outcomes table."""
    done = finished(scenario, replications, seed, **how)
    return as_table(scenario, done.rows)


def same(one: Finished, other: Finished) -> bool:
    """Whether every number is the same, to the last bit."""
    return np.array_equal(one.rows, other.rows, equal_nan=True)


def rows_of(outcomes: pd.DataFrame, strategy: str) -> pd.DataFrame:
    """One strategy's rows, without its name."""
    rows = outcomes[outcomes["strategy"] == strategy]
    return rows.drop(columns="strategy").reset_index(drop=True)


def draws(seed: int, replication: int, purpose: str, count: int) -> list[float]:
    """Uniforms of a stream."""
    return Streams(seed, replication).uniforms(purpose, count, 1)[:, 0].tolist()
