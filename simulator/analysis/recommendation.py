"""What to do, in one sentence, with the numbers behind it and what would change it.

The one thing a newcomer would get wrong: "unsure" and "no difference" are answers. A choice that the runs
do not support is not made for the reader.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from simulator.analysis.contrast import Contrast, contrast
from simulator.analysis.criterion import Criterion
from simulator.analysis.doubt import difference_text, doubts, enough_runs
from simulator.analysis.limits import LimitVerdict
from simulator.analysis.recomposition import flips
from simulator.analysis.resampling import RESAMPLES_MOST, needed, share_best
from simulator.analysis.sample import Sample
from simulator.analysis.selection import Rival, Selection
from simulator.analysis.words import confidence, likelihood, listed, plain, quantity
from simulator.estimate import Estimate, Probability, stratified_probability

if TYPE_CHECKING:
    from simulator.analysis.compared import Compared

Kind = Literal["choose", "either", "unsure", "none_allowed"]


@dataclass(frozen=True)
class Recommendation:
    """The answer to "which strategy?".

    Parameters
    ----------
    kind : str
        ``"choose"`` one; ``"either"`` of several that are shown not to differ by as much as matters;
        ``"unsure"``, the runs cannot tell; ``"none_allowed"``, every strategy breaks a limit.
    strategy : str or None
        The one to take: the best; of several that tie the cheaper, else the sooner, else the current
        practice; when unsure the one that looks best so far.
    alternatives : tuple of str
        Those it ties with, or cannot be told from.
    sentence : str
        The answer in one plain sentence.
    reason, doubt : str
        The numbers with their intervals, and what would change the answer.
    p_best : float or None
        Share of resamples in which `strategy` is best of those allowed; None where too few runs, or a mean that
        leaves out runs without end, cannot tell.
    p_superior_to_current : Probability or None
        Share of replications in which it does better than the current practice, ties counted half; None
        when it is the current practice.
    versus_current : str or None
        In words, in how many runs it does better and worse than the current practice; None when it is that.
    limits : tuple of LimitVerdict
        Every strategy against every limit.
    criterion : Criterion
        What was decided on.
    delta : float
        Smallest difference that matters, in its unit.
    rivals : tuple of Rival
        The other allowed strategies, held against the one with the best number.
    flips : tuple of (float, str, str)
        P(bad) at which the best strategy changes, with the best below and above it.
    """

    kind: Kind
    strategy: str | None
    alternatives: tuple[str, ...]
    sentence: str
    reason: str
    doubt: str
    p_best: float | None
    p_superior_to_current: Probability | None
    versus_current: str | None
    limits: tuple[LimitVerdict, ...]
    criterion: Criterion
    delta: float
    rivals: tuple[Rival, ...]
    flips: tuple[tuple[float, str, str], ...]

    @property
    def chosen(self) -> str | None:
        """The strategy that is recommended; None where the runs do not say which."""
        return self.strategy if self.kind in {"choose", "either"} else None

    @property
    def in_question(self) -> tuple[str, ...]:
        """Strategies that may still be taken: the one named, and those it ties with or cannot be told from."""
        return (self.strategy, *self.alternatives) if self.strategy else ()


def recommend(comparison: Compared) -> Recommendation:
    """Recommend a strategy, or say that the runs do not support a choice."""
    selection, samples = comparison.selection, comparison.samples
    current = comparison.scenario.current_strategy
    kind = _kind(selection)
    strategy, because = _named(kind, selection, samples, current)
    alternatives: tuple[str, ...] = ()
    if kind in {"either", "unsure"} and selection.leader:
        close = (selection.leader, *selection.standing("unsure"), *selection.standing("tied"))
        alternatives = tuple(name for name in close if name != strategy)
    tied = (strategy, *alternatives) if kind == "either" and strategy else ()
    p_best, p_superior, versus = None, None, None
    found: tuple[tuple[float, str, str], ...] = ()
    if strategy is not None and selection.leader and enough_runs(samples[strategy]):
        p_best = None if selection.partial else _p_best(comparison, (strategy,))
        able = {name: samples[name] for name in selection.contenders}
        found = tuple(flips(able, selection.criterion, strategy))
        if strategy != current and current in samples:
            against = contrast(selection.criterion, samples[strategy], samples[current])
            p_superior, versus = against.better, _versus(against, current)
    return Recommendation(
        kind=kind,
        strategy=strategy,
        alternatives=alternatives,
        sentence=_sentence(kind, strategy, alternatives, selection, current, because, samples),
        reason=_reason(comparison, strategy, tied, versus),
        doubt=doubts(comparison, kind, strategy, found),
        p_best=p_best,
        p_superior_to_current=p_superior,
        versus_current=versus,
        limits=selection.limits,
        criterion=selection.criterion,
        delta=selection.delta,
        rivals=selection.rivals,
        flips=found,
    )


def _versus(against: Contrast, current: str) -> str | None:
    if against.ahead is None or against.behind is None:
        return None if against.better is None else f"Better than {current}, ties counted half: {against.better}"
    better, worse = _deployments(against.ahead), _deployments(against.behind)
    return f"Against {current}: better in {better}, worse in {worse}, else the same"


def _deployments(share: Probability) -> str:
    """Write a share of deployments; what no run or every run showed is said of the runs."""
    text = str(share)
    if share.value <= 0:
        return text.replace("none in", "none of", 1)
    return text if share.value >= 1 else f"{text} of deployments"


def _kind(selection: Selection) -> Kind:
    if not selection.allowed:
        return "none_allowed"
    if selection.leader is None or selection.standing("unsure"):
        return "unsure"
    return "either" if selection.standing("tied") else "choose"


# What decides among strategies that tie: first whose bill is lower, then whose rollout is over sooner; each with
# the smallest amount that counts. A difference of a few hundredths of a cent is no reason.
TIE_BREAKS = (("cost_usd", 0.01, "costs less"), ("duration_s", 1.0, "is over sooner"))


def _named(kind: Kind, selection: Selection, samples: dict[str, Sample], current: str) -> tuple[str | None, str]:
    """Pick the strategy to name, and say what speaks for it among those it ties with."""
    if kind != "either" or selection.leader is None:
        return (None if kind == "none_allowed" else selection.leader), ""
    tied = (selection.leader, *selection.standing("tied"))
    for metric, least, words in TIE_BREAKS:
        criterion = Criterion(metric)
        points = {name: criterion.point(samples[name]) for name in tied}
        first = min(tied, key=lambda name: (np.isnan(points[name]), points[name]))
        others = [name for name in tied if name != first]
        if others and all(_is_less(criterion, samples[first], samples[name], least) for name in others):
            return first, words
    return (current, "") if current in tied else (selection.leader, "")


def _is_less(criterion: Criterion, one: Sample, other: Sample, least: float) -> bool:
    """Whether the difference is shown by its interval, and large enough to be a reason."""
    found = contrast(criterion, one, other)
    if found.same or found.difference.rows == 0 or found.open_share > 0:
        return False
    estimate = found.difference.corrected()
    return estimate.high < 0 and estimate.value <= -least


def _p_best(comparison: Compared, among: tuple[str, ...]) -> float:
    """Share of resamples in which one of these is best of those allowed."""
    resamples = comparison.resamples()
    names = comparison.selection.contenders
    shares = share_best(np.column_stack([resamples[name] for name in names]), comparison.criterion.sign)
    return float(sum(shares[names.index(name)] for name in among))


def _sentence(
    kind: Kind,
    strategy: str | None,
    alternatives: tuple[str, ...],
    selection: Selection,
    current: str,
    because: str,
    samples: dict[str, Sample],
) -> str:
    label = selection.criterion.label
    if kind == "none_allowed":
        broken = next(verdict for verdict in selection.limits if verdict.verdict == "not met")
        count = len(selection.estimates)
        subject = f"None of the {count} strategies keeps" if count > 1 else f"{broken.strategy} does not keep"
        return f"{subject} within the limits; for example {broken}."
    if strategy is None:
        if all(not np.isfinite(selection.criterion.values(sample)).any() for sample in samples.values()):
            return f"No answer: the {label} applies to no run of any strategy; decide on another metric."
        return f"Unsure: too few runs to give the {label} of any strategy."
    if kind == "unsure":
        others = listed(alternatives)
        looks = f"{strategy} looks best in {label}, but these runs cannot tell it from {others}"
        return f"Unsure: {looks}; more replications are needed."
    if kind == "either":
        names = listed((strategy, *alternatives), "or")
        because = f"; {strategy} {because}" if because else ""
        if all(rival.difference.value == 0 for rival in selection.rivals if rival.standing == "tied"):
            return f"Either {names}: no difference in {label}{because}."
        matters = plain(selection.delta, selection.criterion.unit)
        return f"Either {names}: no difference in {label} that matters, as {matters} would{because}."
    return _choice(strategy, selection, current)


def _choice(strategy: str, selection: Selection, current: str) -> str:
    label = selection.criterion.label
    number = _number(selection, strategy)
    if len(selection.estimates) == 1:
        return f"{strategy} is the only strategy that was simulated; its {label} is {number}."
    if strategy == current:
        second = selection.rivals[0].strategy if selection.rivals else None
        against = f", against {_number(selection, second)} with the next best, {second}" if second else ""
        return f"Keep {strategy}, the current practice: its {label} is {number}{against}."
    against = f", against {_number(selection, current)} with the current practice, {current}"
    return f"Choose {strategy}: its {label} is {number}{against}."


def _reason(comparison: Compared, strategy: str | None, tied: tuple[str, ...], versus: str | None) -> str:
    """Give the numbers: the one chosen, the current practice, the next best; overall and if bad."""
    selection, samples = comparison.selection, comparison.samples
    current = comparison.scenario.current_strategy
    if strategy is None:
        return " ".join(f"{verdict}." for verdict in selection.limits if verdict.verdict == "not met")
    ranked = [strategy, current, *(name for name in selection.contenders)]
    names = [name for name in dict.fromkeys(ranked) if name in selection.estimates][:3]
    label = _upper(selection.criterion.label)
    parts = [f"{label} (95 % intervals): {_numbers(selection.estimates, names, selection)}."]
    parts += [_against(rival, selection) for rival in selection.rivals if rival.strategy in names]
    if selection.criterion.given == "overall" and not selection.criterion.chance:
        bad = Criterion(selection.criterion.metric, selection.criterion.statistic, "bad")
        numbers = {name: bad.estimate(samples[name]) for name in names}
        if any(numbers.values()):
            parts.append(f"If the release is bad: {_numbers(numbers, names, selection)}.")
    parts += _beyond_tolerance(comparison, names)
    if len(selection.contenders) > max(len(tied), 1) and enough_runs(samples[strategy]) and not selection.partial:
        share = _p_best(comparison, tied or (strategy,))
        best = f"{listed(tied, 'or') or strategy} is best of {len(selection.contenders)}"
        parts.append(f"{best} in {confidence(share)} of resamples ({likelihood(share)}).")
    if versus is not None:
        parts.append(f"{versus}.")
    return " ".join(parts)


def _against(rival: Rival, selection: Selection) -> str:
    joint = f", all {selection.pairs} pairs jointly at 95 %" if selection.pairs > 1 else ""
    if not selection.criterion.is_mean and needed(rival.difference.level) > RESAMPLES_MOST:
        joint += f" as far as {RESAMPLES_MOST:,} resamples reach, which is less"
    how = f" ({'paired' if rival.paired else 'not paired, as their chances of a bad release differ'}{joint})"
    return f"{rival.strategy} minus {selection.leader}: {difference_text(rival, selection)}{how}."


def _beyond_tolerance(comparison: Compared, names: list[str]) -> list[str]:
    """Say how often the tolerance is exceeded, if the decision names one."""
    criterion, tolerance = comparison.criterion, comparison.scenario.decision.tolerance
    if tolerance is None or criterion.chance:
        return []
    texts = []
    for name in names:
        runs = criterion.select(comparison.samples[name])
        values = criterion.values(runs)
        beyond = stratified_probability(values > tolerance, runs.strata, runs.weights, ~np.isnan(values))
        texts += [f"{name} {beyond}"] if beyond.replications else []
    metric = Criterion(criterion.metric, "mean", criterion.given).label.removeprefix("mean ")
    return [f"Runs with {metric} above the tolerance of {plain(tolerance, criterion.unit)}: {'; '.join(texts)}."]


def _numbers(numbers: dict[str, Estimate | None], names: list[str], selection: Selection) -> str:
    unit = selection.criterion.unit
    texts = ((name, numbers[name]) for name in names)
    return "; ".join(f"{name} {quantity(one, unit) if one else 'not available'}" for name, one in texts)


def _number(selection: Selection, name: str | None) -> str:
    estimate = selection.estimates.get(name or "")
    return quantity(estimate, selection.criterion.unit) if estimate else "no number"


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
