"""When a composite alarm with a suppressor takes its actions.

The one thing a newcomer would get wrong: a suppressor holds back *actions*, not the state. Whoever reads the
state, as CodeDeploy does, sees the composite in ALARM all the same.

Source: CloudWatch user guide, "Composite alarm action suppression" (Create_Composite_Alarm).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Literal

from simulator.rules.alarms import State


def actions(
    changes: Iterable[tuple[float, Literal["composite", "suppressor"], State]],
    wait_period: float,
    extension_period: float,
    *,
    composite: State = "OK",
    suppressor: State = "OK",
) -> list[tuple[float, State]]:
    """List when a composite alarm with a suppressor takes its actions, and for which state.

    Parameters
    ----------
    changes : iterable of (float, str, str)
        Instant in seconds, which alarm (``composite`` or ``suppressor``), its new state; in order of time.
    wait_period : float
        Seconds that the suppressor is given to follow when the composite changes.
    extension_period : float
        Seconds that the composite is given to follow when the suppressor leaves ALARM.
    composite, suppressor : str
        States before the first change.

    Returns
    -------
    list of (float, str)
        Instant of each action and the state it is for.

    Notes
    -----
    A change of the composite discards the running period and starts a wait, unless the suppressor is in
    ALARM; the suppressor entering ALARM discards the running period; its leaving ALARM starts an extension.
    When a period ends, the actions of the *current* state are taken, also if it is the state of old. A
    change at the very instant at which a period ends comes after it (a reading).

    References
    ----------
    CloudWatch user guide, Create_Composite_Alarm (2023), examples 1 to 6 of action suppression.

    Examples
    --------
    The suppressor does not follow within the wait of 2, so the action is taken at its end.

    >>> actions([(2, "composite", "ALARM")], wait_period=2, extension_period=3)
    [(4, 'ALARM')]
    >>> actions([(2, "composite", "ALARM"), (3, "suppressor", "ALARM")], 2, 3)
    []
    """
    taken: list[tuple[float, State]] = []
    due = math.inf
    for instant, alarm, state in changes:
        if due <= instant:
            taken.append((due, composite))
            due = math.inf
        if alarm == "composite" and state != composite:
            composite = state
            due = math.inf if suppressor == "ALARM" else instant + wait_period
        elif alarm == "suppressor" and state != suppressor:
            if state == "ALARM":
                due = math.inf
            elif suppressor == "ALARM":
                due = instant + extension_period
            suppressor = state
    if due < math.inf:
        taken.append((due, composite))
    return taken
