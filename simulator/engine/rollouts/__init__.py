"""One file per way of rolling out; the table says which platform takes which."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from simulator.engine.rollouts.lambda_alias import lambda_alias
from simulator.engine.rollouts.server_in_place import server_in_place

# Each is a process that ends with the deployment's status and error code.
ROLLOUTS: dict[str, Callable[..., Any]] = {"server": server_in_place, "lambda": lambda_alias}
