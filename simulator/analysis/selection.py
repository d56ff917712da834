"""Which strategy the numbers choose, before anything is put into words.

The one thing a newcomer would get wrong: the best of several point estimates is not yet a choice. The
leader is compared with every rival on paired differences and held against the smallest difference that
matters. The same runs chose the leader, so the intervals shown are those of all pairs of strategies, widened
until they hold together (Bonferroni, which is valid under common random numbers). That the leader is at most
delta worse than any other can only be wrong of a pair with the one that truly is best: for that claim, as many
comparisons as there are rivals will do.

- tied: the whole interval of the difference lies within delta, either way: the two are equivalent;
- beaten: the rival is more than delta behind, and the leader at most delta worse;
- unsure: anything else. The leader may still be more than delta worse, or a rival that is within delta so far
  may be further behind; or their means leave out runs that did not end, more of the leader's than of the rival's.

"No difference was found" is not "there is none that matters": only an interval within delta shows the second.

References
----------
Law: A. M. Law, *Simulation Modeling and Analysis*, 5th ed., 2015, section 10.3 (selecting the best of k
systems).
Schuirmann: D. J. Schuirmann, A comparison of the two one-sided tests procedure and the power approach, J.
Pharmacokinet. Biopharm. 15 (1987) (equivalence is shown by an interval within the margin).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from simulator.analysis.contrast import difference_of, open_share_difference
from simulator.analysis.criterion import Criterion
from simulator.analysis.limits import LimitVerdict
from simulator.analysis.sample import FloatArray, Sample, aligned
from simulator.analysis.silence import silence_between
from simulator.estimate import LEVEL, Estimate

_DELTA_SECONDS = 1.0
_DELTA_PROBABILITY = 0.001
_DELTA_SHARE = 0.01
_SAME_SHARE = 1e-12  # equal but for the order in which weights were added up


@dataclass(frozen=True, slots=True)
class Rival:
    """A strategy held against the leader.

    Parameters
    ----------
    strategy : str
        Its name.
    difference : Estimate
        Rival minus leader, in the unit of the criterion; with those of all other pairs it holds at 95 %.
    behind_least : float
        By how much it is behind the leader at the least, jointly for all rivals.
    standing : str
        ``"tied"``, ``"beaten"`` or ``"unsure"``.
    open_ended : bool
        Beaten because more of its runs did not end, which no mean over the others can make good.
    partial : bool
        Unsure because the means leave out runs that did not end, and not as many of both.
    paired : bool
        Whether the difference was taken run by run, in the same worlds.
    unseen : int
        Replications it would take before nothing hangs on what too few runs did not show; 0 where nothing does.
    """

    strategy: str
    difference: Estimate
    behind_least: float
    standing: Literal["tied", "beaten", "unsure"]
    open_ended: bool = False
    partial: bool = False
    paired: bool = True
    unseen: int = 0


@dataclass(frozen=True)
class Selection:
    """The leader and its rivals; no leader when no strategy is allowed or none has a number.

    Parameters
    ----------
    criterion : Criterion
        What is decided on.
    delta : float
        Smallest difference that matters, in its unit.
    estimates : dict of str to Estimate or None
        Of every strategy, allowed or not.
    limits : tuple of LimitVerdict
        Every strategy against every limit.
    allowed : tuple of str
        Strategies that break no limit.
    leader : str or None
        Best point estimate among the allowed.
    rivals : tuple of Rival
        The other allowed strategies that have a number, best first.
    """

    criterion: Criterion
    delta: float
    estimates: dict[str, Estimate | None]
    limits: tuple[LimitVerdict, ...]
    allowed: tuple[str, ...]
    leader: str | None
    rivals: tuple[Rival, ...]

    @property
    def contenders(self) -> tuple[str, ...]:
        """The leader and those it is compared with on the criterion itself."""
        leader = (self.leader,) if self.leader else ()
        return (*leader, *(rival.strategy for rival in self.rivals if not rival.open_ended))

    @property
    def safe(self) -> bool:
        """Whether the leader is shown to be at most delta worse than any rival."""
        if self.partial or any(rival.unseen for rival in self.rivals):
            return False
        return all(rival.behind_least >= -self.delta for rival in self.rivals)

    @property
    def pairs(self) -> int:
        """How many differences between strategies the intervals of the rivals hold together with."""
        return math.comb(len(self.rivals) + 1, 2)

    @property
    def partial(self) -> bool:
        """Whether the leader's mean leaves out runs that did not end, so that it cannot vouch for the lead."""
        return any(rival.partial for rival in self.rivals)

    def standing(self, standing: str) -> tuple[str, ...]:
        """Names of the rivals that stand so."""
        return tuple(rival.strategy for rival in self.rivals if rival.standing == standing)


def select(
    samples: Mapping[str, Sample],
    criterion: Criterion,
    delta: float,
    limits: tuple[LimitVerdict, ...],
    resamples: Callable[[], Mapping[str, FloatArray]],
    same_world: Callable[[str, str], bool] = lambda one, other: one == other,
) -> Selection:
    """Choose among the strategies that break no limit.

    Parameters
    ----------
    samples : mapping of str to Sample
        Every strategy's runs.
    criterion : Criterion
        What is decided on.
    delta : float
        Smallest difference that matters.
    limits : tuple of LimitVerdict
        From `limits.judge`.
    resamples : callable
        Gives each strategy's value in every resample; asked only for quantiles and CVaR, whose
        differences have no formula.
    same_world : callable
        Whether two strategies are one but for their names; then nothing can differ that was not seen.
    """
    estimates = {name: criterion.estimate(sample) for name, sample in samples.items()}
    allowed, order, open_ended = _ranked(samples, criterion, limits, estimates)
    if not order:
        return Selection(criterion, delta, estimates, limits, allowed, None, ())
    leader, others = order[0], order[1:]
    shown, guarded = (1 - (1 - LEVEL) / max(count, 1) for count in (math.comb(len(order), 2), len(others)))
    rivals = []
    for name in others:
        if criterion.is_mean:
            apart = difference_of(criterion, samples[name], samples[leader])
            difference, guard = apart.corrected(shown), apart.corrected(guarded)
        else:
            difference, guard = (
                _resampled_difference(resamples(), estimates, name, leader, level) for level in (shown, guarded)
            )
        least = _behind(guard, criterion.sign)[0]
        standing = "beaten" if name in open_ended else _standing(difference, least, criterion.sign, delta)
        partial = name not in open_ended and _partial(criterion, samples[name], samples[leader], standing)
        unseen = 0 if same_world(name, leader) else silence_between(criterion, samples[name], samples[leader])
        standing = "unsure" if partial or (unseen and standing == "tied") else standing
        paired = aligned(criterion.select(samples[name]), criterion.select(samples[leader])) is not None
        rivals.append(Rival(name, difference, least, standing, name in open_ended, partial, paired, unseen))
    return Selection(criterion, delta, estimates, limits, allowed, leader, tuple(rivals))


def leader_of(
    samples: Mapping[str, Sample], criterion: Criterion, limits: tuple[LimitVerdict, ...]
) -> tuple[str, float] | None:
    """Name the strategy that `select` would take for the leader, and its number; nothing is compared."""
    estimates = {name: criterion.estimate(sample) for name, sample in samples.items()}
    _, order, _ = _ranked(samples, criterion, limits, estimates)
    estimate = estimates[order[0]] if order else None
    return (order[0], estimate.value) if estimate else None


def _ranked(
    samples: Mapping[str, Sample],
    criterion: Criterion,
    limits: tuple[LimitVerdict, ...],
    estimates: Mapping[str, Estimate | None],
) -> tuple[tuple[str, ...], list[str], set[str]]:
    """Strategies that break no limit; those of them with a number, best first; those whose runs do not end."""
    broken = {verdict.strategy for verdict in limits if verdict.verdict == "not met"}
    allowed = tuple(name for name in samples if name not in broken)
    losses = {name: criterion.sign * e.value for name in allowed if (e := estimates[name]) is not None}
    open_ended = _open_ended(samples, criterion, losses)
    return allowed, sorted(losses, key=lambda name: (name in open_ended, losses[name])), open_ended


def _ended(estimate: Estimate | None) -> bool:
    return estimate is not None and math.isfinite(estimate.high)


def default_delta(criterion: Criterion, current: Estimate | None) -> float:
    """Smallest difference that matters unless the scenario names one: 1 s, 0.001, or 1 % of today's value."""
    if criterion.unit == "probability":
        return _DELTA_PROBABILITY
    if criterion.unit == "s":
        return _DELTA_SECONDS
    return _DELTA_SHARE * abs(current.value) if current and math.isfinite(current.value) else 0.0


def _behind(difference: Estimate, sign: float) -> tuple[float, float]:
    """By how much a rival is behind, at the least and at the most."""
    least, most = sorted((sign * difference.low, sign * difference.high))
    return least, most


def _standing(
    difference: Estimate, behind_least: float, sign: float, delta: float
) -> Literal["tied", "beaten", "unsure"]:
    """Place a rival by how far it is behind, and by how far it may yet be ahead or behind."""
    least, most = _behind(difference, sign)
    if -delta <= least and most <= delta:
        return "tied"
    return "beaten" if sign * difference.value > delta and behind_least >= -delta else "unsure"


def _open_ended(samples: Mapping[str, Sample], criterion: Criterion, names: Iterable[str]) -> set[str]:
    """Find strategies of which, for certain, more runs did not end than of another.

    Only a mean needs this: it is over the finite values, while quantiles count a run without end as the
    largest.
    """
    if criterion.statistic != "mean" or criterion.chance:
        return set()
    shares = {}
    for name in names:
        runs = criterion.select(samples[name])
        values = criterion.values(runs)
        applies = ~np.isnan(values)
        shares[name] = float(runs.weights[np.isinf(values)].sum() / runs.weights[applies].sum())
    if not any(shares.values()):
        return set()
    least = min(shares, key=lambda name: shares[name])
    return {
        name
        for name in shares
        if name != least and open_share_difference(criterion, samples[name], samples[least]).low > 0
    }


def _partial(criterion: Criterion, rival: Sample, leader: Sample, standing: str) -> bool:
    """Whether a standing rests on means that leave out more of the leader's runs, or for a tie of either's."""
    if criterion.statistic != "mean" or criterion.chance:
        return False
    more = open_share_difference(criterion, rival, leader).value
    return more < -_SAME_SHARE or (standing == "tied" and more > _SAME_SHARE)


def _resampled_difference(
    resamples: Mapping[str, FloatArray],
    estimates: Mapping[str, Estimate | None],
    name: str,
    leader: str,
    level: float,
) -> Estimate:
    """Difference of two quantiles or CVaRs, with the percentile interval of the joint resamples."""
    one, other = estimates[name], estimates[leader]
    if one is None or other is None:
        raise ValueError(f"{name} and {leader} have no number to compare")
    value = _gap(np.array([one.value]), np.array([other.value]))[0]
    if not (_ended(one) and _ended(other)):
        # Resamples know nothing beyond the largest run; where that bounds nothing, neither do they.
        return Estimate(float(value), -math.inf, math.inf, level, one.replications)
    gaps = _gap(resamples[name], resamples[leader])
    tail = (1 - level) / 2
    low, high = np.nanquantile(gaps, [tail, 1 - tail], method="inverted_cdf")
    return Estimate(
        float(value), min(float(low), float(value)), max(float(high), float(value)), level, one.replications
    )


def _gap(one: FloatArray, other: FloatArray) -> FloatArray:
    """Difference in which two times without end are equal."""
    with np.errstate(invalid="ignore"):
        return np.where(one == other, 0.0, one - other)
