"""The three compute platforms, under the names the rules use.

The API writes ``Server``, ``Lambda`` and ``ECS``; scenarios write them in lower case. Both are understood.
Source: CodeDeploy API, enum ComputePlatform.
"""

from __future__ import annotations

from typing import Literal

from simulator.errors import quoted

Platform = Literal["server", "lambda", "ecs"]

_PLATFORMS: dict[str, Platform] = {"server": "server", "lambda": "lambda", "ecs": "ecs"}


def named(platform: str) -> Platform:
    """Return the platform of this name, in any case of letters.

    Raises
    ------
    ValueError
        When CodeDeploy has no such compute platform.

    Examples
    --------
    >>> named("Server"), named("ECS")
    ('server', 'ecs')
    """
    try:
        return _PLATFORMS[platform.lower()]
    except KeyError:
        raise ValueError(f"{quoted(platform)} is no compute platform; write server, lambda or ecs") from None
