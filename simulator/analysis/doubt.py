"""What would change the recommendation, in words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from simulator.analysis.recomposition import GRID, overtaken
from simulator.analysis.sample import Sample
from simulator.analysis.selection import Rival, Selection
from simulator.analysis.words import listed, plain, quantity
from simulator.estimate import percent, stratified_probability
from simulator.model.service import ServerFleet
from simulator.model.stages import least_in_service

if TYPE_CHECKING:
    from simulator.analysis.compared import Compared
    from simulator.model.scenario import Scenario

Flips = Sequence[tuple[float, str, str]]

_RUNS_MOST = 10_000_000  # replications; beyond what anybody waits for


def doubts(comparison: Compared, kind: str, strategy: str | None, found: Flips) -> str:
    """Say what the choice hangs on: precision, P(bad), runs without end, limits nearly missed."""
    selection = comparison.selection
    parts: list[str] = []
    if strategy is not None and not enough_runs(comparison.samples[strategy]):
        parts.append("Too few runs to say how sure this is; run 200 replications or more.")
    elif strategy is not None and kind != "none_allowed":
        parts += _not_separable(comparison)
        parts += _unjudged(selection)
        parts += _other_bad_probability(comparison, kind, strategy, found)
        parts += _other_traffic(comparison, strategy)
    parts += _never_succeeds(comparison, strategy)
    parts += _without_end(comparison)
    parts += _limits(selection, strategy)
    if not comparison.complete:
        parts.append("The experiment was interrupted; these are the runs that had finished.")
    return " ".join(parts)


FEWEST_RUNS = 10  # of each kind of release; below that, resampling them says nothing


def enough_runs(sample: Sample) -> bool:
    """Whether each kind of release that can happen was simulated often enough to speak of certainty."""
    counts = [int(found) for found in np.unique(sample.bad, return_counts=True)[1]]
    return min(counts) >= FEWEST_RUNS


def _not_separable(comparison: Compared) -> list[str]:
    parts, selection = [], comparison.selection
    matters = _matters(selection)
    close = sorted(filter(_is_close, selection.rivals), key=lambda rival: rival.standing == "tied")
    for rival in close[:_NAMED_MOST]:
        if rival.partial:
            left_out = "the means leave out runs that did not end"
            parts.append(f"{_difference(rival, selection)}, but {left_out}, and not as many of both.")
        elif rival.unseen and max(abs(rival.difference.low), abs(rival.difference.high)) <= selection.delta:
            unseen = f"what too few runs did not show may matter; {rival.unseen:,} replications would do"
            parts.append(f"{_difference(rival, selection)}, but {unseen}.")
        elif rival.standing == "unsure":
            more = _more_runs(rival, selection, comparison.samples[rival.strategy].runs)
            parts.append(f"{_difference(rival, selection)}, not separable at a difference of {matters}{more}.")
        else:
            parts.append(f"{_difference(rival, selection)}, within the difference that matters, {matters}.")
    if len(close) > _NAMED_MOST:
        unnamed = len(close) - _NAMED_MOST
        parts.append(f"So close {'are' if unnamed > 1 else 'is'} {unnamed} more of the {len(selection.rivals)} others.")
    if selection.safe and any(rival.standing == "unsure" for rival in selection.rivals):
        parts.append(f"Whichever is right, {selection.leader} is shown to be no more than {matters} worse.")
    return parts


def _matters(selection: Selection) -> str:
    if selection.criterion.chance:
        return f"{100 * selection.delta:.3g} percentage points"
    return plain(selection.delta, selection.criterion.unit)


_NAMED_MOST = 3  # of those not told from the leader; the rest are counted


def _is_close(rival: Rival) -> bool:
    return rival.standing == "unsure" or (rival.standing == "tied" and rival.difference.value != 0)


def _difference(rival: Rival, selection: Selection) -> str:
    return f"{rival.strategy} minus {selection.leader} is {difference_text(rival, selection)}"


def difference_text(rival: Rival, selection: Selection) -> str:
    """Write how far a rival is from the leader; probabilities differ by percentage points."""
    if selection.criterion.chance:
        return quantity(rival.difference.scaled(100), "percentage points")
    return quantity(rival.difference, selection.criterion.unit)


def _more_runs(rival: Rival, selection: Selection, replications: int) -> str:
    """Say after how many replications the interval, about the same difference, would be narrow enough to tell.

    For a difference that matters that is when the leader is shown to be no more than delta worse, for any other when
    the whole interval lies within delta.
    """
    apart, sign, delta = rival.difference, selection.criterion.sign, selection.delta
    behind = sign * apart.value
    least, most = sorted((sign * apart.low, sign * apart.high))
    if not math.isfinite(least + most):
        return ""
    wanted = [(behind - rival.behind_least, delta + behind)]
    if behind <= delta:
        wanted = [(behind - least, delta + behind), (most - behind, delta - behind)]
    runs = max(replications * (side / room) ** 2 if room > 0 else math.inf for side, room in wanted)
    if runs > _RUNS_MOST:
        return "; so close to the smallest difference that matters, no number of replications would do"
    digits = 1 - math.floor(math.log10(max(runs, 10.0)))
    return f"; about {round(runs, digits):,.0f} replications would do"


def _unjudged(selection: Selection) -> list[str]:
    names = [name for name in selection.allowed if selection.estimates[name] is None]
    if not names:
        return []
    return [f"{listed(names)} could not be ranked: too few runs to give the {selection.criterion.label}."]


def _other_bad_probability(comparison: Compared, kind: str, strategy: str, found: Flips) -> list[str]:
    """Break-even P(bad): the nearest on either side of the one assumed."""
    assumed = comparison.samples[strategy].bad_probability
    if len(comparison.samples) < 2 or comparison.selection.partial:
        return []
    if len({round(sample.bad_probability, 12) for sample in comparison.samples.values()}) > 1:
        return [
            "The chance of a bad release differs between the strategies; what another would change is not worked out."
        ]
    if assumed in (0.0, 1.0):
        return [f"Only {'bad' if assumed else 'good'} releases were simulated."]
    if comparison.criterion.given != "overall":
        return [f"The choice is made for a {comparison.criterion.given} release, whatever the chance of one."]
    taken = f"The chance of a bad release is taken as {percent(assumed)}"
    below = [(at, best) for at, best, _ in found if at <= assumed][-1:]
    above = [(at, best) for at, _, best in found if at > assumed][:1]
    leaves = _leaves(comparison.selection, comparison.samples, strategy) if kind == "either" else []
    if not found:
        ends = f"{percent(float(GRID[0]))} and {percent(float(GRID[-1]))}"
        return [f"{taken}; none found between {ends} changes which strategy is best.", *leaves]
    if kind == "either" and not leaves:
        leaves = [
            f"At none that was tried is {strategy} worse than another by more than {_matters(comparison.selection)}."
        ]
    is_best = "would be best" if kind == "choose" else _has_the_best_number(comparison.selection)
    texts = [f"below {percent(at, digits=2)} {best} {is_best}" for at, best in below]
    texts += [f"above {percent(at, digits=2)} {best} {is_best}" for at, best in above]
    return [f"{taken}; {' and '.join(texts)}.", *leaves]


def _has_the_best_number(selection: Selection) -> str:
    """What is true of a strategy that may yet tie with the others."""
    word = {"lower": ("lower", "lowest"), "higher": ("higher", "highest")}[selection.criterion.better]
    return f"has the {word[len(selection.contenders) > 2]} {selection.criterion.label}"


def _leaves(selection: Selection, samples: Mapping[str, Sample], strategy: str) -> list[str]:
    """At which P(bad) the one that is named of those that tie would be worse by more than matters."""
    able = {name: samples[name] for name in selection.contenders}
    worse = f"{strategy} would be more than {_matters(selection)} worse than"
    ends = overtaken(able, selection.criterion, strategy, selection.delta, samples[strategy].bad_probability)
    named = zip(("Below", "Above"), ends, strict=True)
    return [f"{word} {percent(end[0], digits=2)} {worse} {end[1]}." for word, end in named if end]


def _never_succeeds(comparison: Compared, strategy: str | None) -> list[str]:
    """Say so where not even a good release gets through."""
    if strategy is None:
        return []
    table = comparison.probabilities("good")
    row = table[(table.strategy == strategy) & (table.probability == "p_success")]
    if row.empty or row.n.iloc[0] == 0 or row.value.iloc[0] > 0:
        return []
    return [f"Good releases that succeed with {strategy}: {row.text.iloc[0]}."]


def _other_traffic(comparison: Compared, strategy: str) -> list[str]:
    """At which traffic the current practice would do, where it does not now, and this strategy no longer would."""
    current, parts = comparison.scenario.current_strategy, []
    left, peak = _left_in_service(comparison.scenario.under(current))
    if strategy != current and 0 < left < peak:
        enough = f"Below {left:,.0f} requests/s {current} would leave enough in service"
        parts.append(f"{enough}; traffic peaks at {peak:,.0f}.")
    kept, peak = _left_in_service(comparison.scenario.under(strategy))
    if 0 < peak <= kept <= _NEAR * peak:
        parts.append(f"Above {kept:,.0f} requests/s {strategy} would be short{' as well' if parts else ''}.")
    return parts


_NEAR = 1.25  # a peak so many times higher is still worth a warning


def _left_in_service(world: Scenario) -> tuple[float, float]:
    """Requests/s of those that stay in service, and of the peak; 0 where nothing limits them."""
    if not isinstance(world.service, ServerFleet) or world.deployment_type == "blue_green":
        return 0.0, 0.0
    fleet, configuration, stages = world.service.fleet, world.strategies[0].configuration, world.strategies[0].stages
    hosts = configuration.minimum_healthy_hosts
    if hosts is None:
        return 0.0, 0.0
    kept = least_in_service(stages, fleet, configuration)
    answered = world.service.answered_by(kept)
    return (0.0, 0.0) if answered is None else (answered, max(rate for _, rate in world.traffic.steps()))


def _without_end(comparison: Compared) -> list[str]:
    """Name the runs that were cut off, and what that does to the criterion."""
    criterion, parts = comparison.criterion, []
    cut_off: dict[str, list[str]] = {}
    open_ended = [rival.strategy for rival in comparison.selection.rivals if rival.open_ended]
    for name, sample in comparison.samples.items():
        runs = criterion.select(sample)
        values = criterion.values(runs)
        applies = ~np.isnan(values)
        endless = stratified_probability(np.isinf(values), runs.strata, runs.weights, applies)
        censored = runs.flags.get("censored", np.zeros(runs.runs, dtype=np.bool_))
        cut = stratified_probability(censored, runs.strata, runs.weights)
        if endless.value > 0:
            mean = ", which its mean leaves out" if criterion.statistic == "mean" else ""
            parts.append(f"Runs of {name} in which it did not end by the horizon{mean}: {endless}.")
        elif cut.value > 0 and not criterion.chance:
            cut_off.setdefault(str(cut), []).append(name)
    if cut_off:
        everyone = len(cut_off) == 1 and len(next(iter(cut_off.values()))) == len(comparison.samples)
        shares = [f"{share} of {'all strategies' if everyone else listed(names)}" for share, names in cut_off.items()]
        parts.append(f"Runs still unsettled at the horizon, amounts so far counted: {'; '.join(shares)}.")
    if open_ended:
        names = listed(open_ended)
        parts.append(f"Ranked last because more runs did not end, whatever the mean of the rest: {names}.")
    return parts


def _limits(selection: Selection, strategy: str | None) -> list[str]:
    own = [verdict for verdict in selection.limits if verdict.strategy == strategy]
    parts = [f"Not shown to be kept: {verdict}." for verdict in own if verdict.verdict == "unsure"]
    parts += [f"Nearly missed: {verdict}." for verdict in own if verdict.nearly_missed]
    broken = [name for name in selection.estimates if name not in selection.allowed]
    if broken and strategy is not None:
        parts.append(f"Ruled out by a limit: {listed(broken)}.")
    return parts
