"""How a lifecycle event with scripts ends: one script after another, each with a timeout, all with a limit.

The one thing a newcomer would get wrong: the default timeout of *one* script is already the limit of the
whole event, so two scripts without timeouts cannot both have theirs.

Sources: aws-codedeploy-agent, hook_executor.rb and script_info.rb; CodeDeploy user guide,
reference-appspec-file-structure-hooks and limits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from simulator.rules.limits import EVENT_RUN_LIMIT_S, SCRIPT_TIMEOUT_DEFAULT_S

# Source: CodeDeploy API, enum LifecycleErrorCode.
ErrorCode = Literal["Success", "ScriptMissing", "ScriptNotExecutable", "ScriptTimedOut", "ScriptFailed", "UnknownError"]


@dataclass(frozen=True, slots=True)
class Script:
    """One script of a hook and what it would do if nobody cut it short.

    Parameters
    ----------
    duration : float
        Seconds it runs; infinite when it hangs.
    timeout : float, optional
        Seconds of its own; 3600 when absent.
    ends : str
        How it ends by itself, as the agent reports it. ``ScriptMissing`` and ``ScriptNotExecutable`` need no
        time.
    holds_output : bool
        Whether a background child keeps its output open: the agent then waits until the timeout and fails.
    """

    duration: float = 0.0
    timeout: float | None = None
    ends: Literal["Success", "ScriptFailed", "ScriptMissing", "ScriptNotExecutable"] = "Success"
    holds_output: bool = False


@dataclass(frozen=True, slots=True)
class ScriptedEvent:
    """How an event with scripts ended.

    Parameters
    ----------
    duration : float
        Seconds from the start of the event to its end.
    status : str
        ``Succeeded`` or ``Failed``.
    code : str
        The script diagnostics; of the script that failed, if one did.
    script_ends : tuple of float
        Seconds from the start of the event at which each script that ran came to its end.
    """

    duration: float
    status: Literal["Succeeded", "Failed"]
    code: ErrorCode
    script_ends: tuple[float, ...]


def script_timeouts(timeouts: Sequence[float | None]) -> tuple[float, ...]:
    """Timeouts of an event's scripts, in seconds, absent ones filled with the default of 3600.

    Source: user guide, reference-appspec-file-structure-hooks; aws-codedeploy-agent, script_info.rb.

    >>> script_timeouts([300.0, None])
    (300.0, 3600.0)
    """
    return tuple(SCRIPT_TIMEOUT_DEFAULT_S if timeout is None else timeout for timeout in timeouts)


def event_limit(timeouts: Sequence[float | None]) -> float:
    """Longest that an event with these script timeouts can last, in seconds: their sum, at most 3600.

    The timeouts of one event may not add up to more than 3600 s; an event that is not over then fails.
    Source: user guide, reference-appspec-file-structure-hooks and limits.

    >>> event_limit([300.0, 180.0]), event_limit([None, 180.0])
    (480.0, 3600.0)
    """
    return min(EVENT_RUN_LIMIT_S, sum(script_timeouts(timeouts)))


def run_scripts(scripts: Sequence[Script]) -> ScriptedEvent:
    """Run an event's scripts one after another; the first failure ends the event.

    Source: aws-codedeploy-agent, hook_executor.rb; the limit of the whole event: user guide, limits. Which
    code an event gets that dies at that limit is not documented; UnknownError is a reading.

    Examples
    --------
    >>> run_scripts([Script(20.0), Script(40.0, ends="ScriptFailed"), Script(5.0)])
    ScriptedEvent(duration=60.0, status='Failed', code='ScriptFailed', script_ends=(20.0, 60.0))
    >>> run_scripts([Script(float("inf"), timeout=300.0)]).code
    'ScriptTimedOut'
    """
    now = 0.0
    ends: list[float] = []
    for script in scripts:
        timeout = SCRIPT_TIMEOUT_DEFAULT_S if script.timeout is None else script.timeout
        duration, code = _alone(script, timeout)
        if now + duration > EVENT_RUN_LIMIT_S:
            return ScriptedEvent(EVENT_RUN_LIMIT_S, "Failed", "UnknownError", (*ends, EVENT_RUN_LIMIT_S))
        now += duration
        ends.append(now)
        if code != "Success":
            return ScriptedEvent(now, "Failed", code, tuple(ends))
    return ScriptedEvent(now, "Succeeded", "Success", tuple(ends))


def _alone(script: Script, timeout: float) -> tuple[float, ErrorCode]:
    """Duration and code of a script that has the host to itself."""
    if script.ends in ("ScriptMissing", "ScriptNotExecutable"):
        return 0.0, script.ends
    if script.duration > timeout:
        return timeout, "ScriptTimedOut"
    if script.holds_output:
        return timeout, "UnknownError"  # agent code 6
    return script.duration, script.ends
