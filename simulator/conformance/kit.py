"""One rollout through every law on random scenarios: it passes, or the smallest scenario that breaks one is shown.

The one thing a newcomer would get wrong: the first scenario that breaks a law is rarely the one to read. It is made
smaller, thing by thing, as long as the same law is broken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from random import Random
from typing import NamedTuple

from simulator.conformance.bench import Bench, Observed, Row
from simulator.conformance.cases import Case, drawn, smaller
from simulator.conformance.laws import LAWS, Law
from simulator.engine.rollouts import ROLLOUTS, Rollout

RUNS = "runs"
"""The law before all others: nothing is raised."""
_TRIES = 400  # scenarios tried at most on the way to the smallest

Progress = Callable[[int, int], None]


class Counterexample(NamedTuple):
    """A case that breaks a law, as small as it gets, and how it breaks it."""

    law: str
    complaint: str
    case: Case


class Verdict(NamedTuple):
    """What the kit found of one row.

    Parameters
    ----------
    row : (str, str)
        Platform and deployment type.
    cases : int
        Scenarios tried.
    broken : tuple of Counterexample
        One for each broken law; empty when the rollout passes.
    """

    row: Row
    cases: int
    broken: tuple[Counterexample, ...]

    @property
    def passes(self) -> bool:
        """Whether every law holds."""
        return not self.broken


def rows() -> tuple[Row, ...]:
    """Rows of the table of rollouts: platform and deployment type of each."""
    return tuple(ROLLOUTS)


def conform(
    row: Row,
    rollout: Rollout | None = None,
    *,
    cases: int | Iterable[Case] = 50,
    seed: int = 0,
    laws: Sequence[str] = (),
    progress: Progress = lambda done, total: None,
) -> Verdict:
    """Put a rollout through the laws.

    Parameters
    ----------
    row : (str, str)
        Platform and deployment type it is for, as in ``("server", "in_place")``.
    rollout : Rollout, optional
        What to judge; the row itself when left out.
    cases : int or iterable of Case
        How many random scenarios, or which.
    seed : int
        Of the scenarios and of every run.
    laws : sequence of str
        Names of those to judge; all when empty.
    progress : callable
        Called with scenarios done and in all.

    Returns
    -------
    Verdict
        With one counter-example for each broken law, the smallest found.
    """
    bench = Bench(row, rollout, seed)
    luck = Random(f"{seed}/{row}")
    given = [drawn(*row, luck) for _ in range(cases)] if isinstance(cases, int) else list(cases)
    left = [law for law in LAWS.values() if not laws or law.name in laws]
    broken: list[Counterexample] = []
    for done, case in enumerate(given, 1):
        for law, complaint in _complaints(case, left, bench):
            broken.append(_smallest(Counterexample(law, complaint, case), bench))
            left = [each for each in left if law not in (each.name, RUNS)]
        progress(done, len(given))
        if not left:
            break
    return Verdict(row, len(given), tuple(broken))


def _complaints(case: Case, laws: Sequence[Law], bench: Bench) -> list[tuple[str, str]]:
    """Laws that a case breaks, with how; one that cannot be run at all breaks the first of them alone."""
    found = []
    seen = Observed(case, bench)
    for law in laws:
        try:
            complaint = law.broken_by(seen)
        except Exception as error:  # noqa: BLE001 - somebody else's rollout, which may fail in any way
            return [(RUNS, f"{type(error).__name__}: {error}")]
        if complaint is not None:
            found.append((law.name, complaint))
    return found


def _smallest(found: Counterexample, bench: Bench) -> Counterexample:
    laws = [LAWS[found.law]] if found.law != RUNS else list(LAWS.values())
    for _ in range(_TRIES):
        for case in smaller(found.case):
            try:
                case.world()
            except (ValueError, KeyError):
                continue  # the model refuses it
            told = dict(_complaints(case, laws, bench))
            if found.law in told:
                found = Counterexample(found.law, told[found.law], case)
                break
        else:
            return found
    return found
