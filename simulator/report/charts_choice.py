"""Figures of the choice: the race of alarm and shift, the trade-off, and how the estimates settled."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from simulator.analysis.criterion import Criterion
from simulator.analysis.sample import BoolArray, Given, Sample
from simulator.analysis.words import listed
from simulator.estimate import Estimate, weighted_quantile
from simulator.report.charts import (
    LEVEL_WORDS,
    Chart,
    chance_shown,
    of_looks,
    scale_for,
    with_unit,
)
from simulator.report.dominance import Aim, aims, dominated
from simulator.report.figures import convergence, pareto, race
from simulator.report.numbers import FloatArray, Numbers
from simulator.report.words import chance, scale_of, short
from simulator.rules.detection import earliest_stop
from simulator.trace.records import FlowChange, Trace

# Costs below this are said in words; a figure of them would be a figure of nothing.
LEAST_USD = 0.01
_COURSE_POINTS = 40
_FEWEST_RUNS = 20


def racing(numbers: Numbers, order: Sequence[str], releases: dict[str, list[Trace]]) -> Chart | None:
    """Draw the alarm's clock against the shift's; None without bad releases."""
    if not numbers.runs("bad"):
        return None
    races = [_race(numbers, name, releases.get(name, [])) for name in order]
    if not any(each.stopped or each.full for each in races):
        return None
    heading = _race_heading(numbers, order)

    def draw(ax: Axes | None = None) -> list[Axes]:
        return race.draw(races, of_looks(numbers), heading, ax)

    full_runs = [each.full.runs for each in races if each.full]
    caption = (
        "Upper row of each strategy: first user on a bad release until an alarm or a failing check decides the "
        f"way back, over {numbers.runs('bad'):,} bad releases; thick: half of them, thin: 90 in 100; mark: median. "
        "Lower row, hollow mark: first user until everybody has the release where nothing stops it"
        + (f", over {min(full_runs):,} or more releases" if full_runs else "")
        + ", 90 in 100. Upright tick: the soonest an alarm can fire and be acted on, by arithmetic. At the right: how "
        f"often the stop came first, with its {LEVEL_WORDS}."
    )
    return Chart("race", draw, heading, caption, races)


def _race(numbers: Numbers, name: str, releases: Sequence[Trace]) -> race.Race:
    world = numbers.comparison.scenario.under(name)
    watched = [alarm for alarm in world.alarms if alarm.watched and alarm.alarm_rule is None]
    won = numbers.estimate(name, "p_detected_before_full", "mean", "bad")
    return race.Race(
        name,
        stopping(numbers.sample(name, "bad")),
        spreading(numbers.sample(name, "good"), releases),
        min((earliest_stop(alarm, world) for alarm in watched), default=None),
        chance(won).replace(" (", "\n(").replace(" [", "\n[") if won is not None else "",
    )


def stopping(bad: Sample) -> race.Clock | None:
    """First request to an automatic way back: 0 where it came before any request, infinite where none came."""
    detect, trigger = bad.numbers["detect_s"], bad.words["trigger"]
    automatic = np.isin(trigger, ("alarm", "failure"))
    times = np.where(automatic, np.where(np.isnan(detect), 0.0, detect), np.inf)
    return _clock(times, bad.weights, automatic | ~np.isnan(detect))


def spreading(good: Sample, releases: Sequence[Trace]) -> race.Clock | None:
    """First share of traffic to all of it in releases that nothing stopped; in bad ones where there are no others."""
    times, weights = good.numbers["mixed_version_s"], good.weights
    through = (good.words["deployment_status"] == "Succeeded") & (good.words["trigger"] == "")
    if not through.any() and releases:
        times = np.array([_to_all(trace) for trace in releases])
        weights, through = np.full(times.size, 1.0), np.isfinite(times)
    return _clock(times, weights, through & ~np.isnan(times))


def _to_all(trace: Trace) -> float:
    shares = [(record.time, record.flow.share_new) for record in trace.records if isinstance(record, FlowChange)]
    first = next((time for time, share in shares if share > 0), math.nan)
    return next((time for time, share in shares if share >= 1 - 1e-9), math.nan) - first


def _clock(times: FloatArray, weights: FloatArray, there: BoolArray) -> race.Clock | None:
    if not there.any():
        return None
    low, half_low, middle, half_high, high = (
        weighted_quantile(times[there], weights[there], p) for p in (0.05, 0.25, 0.5, 0.75, 0.95)
    )
    return race.Clock((low, half_low, middle, half_high, high), int(there.sum()))


def _race_heading(numbers: Numbers, order: Sequence[str]) -> str:
    chances = {name: numbers.estimate(name, "p_detected_before_full", "mean", "bad") for name in order}
    known = {name: each for name, each in chances.items() if each is not None}
    if not known:
        return "Whether a bad release is stopped before everybody has it"
    most, least = max(known, key=lambda n: known[n].value), min(known, key=lambda n: known[n].value)
    if len(known) > 1 and known[least].value >= 1 - 1e-9:
        return "Every bad release simulated was stopped by itself before everybody had it, under every strategy"
    if known[most].value <= 0:
        return "No strategy stopped a single bad release by itself before everybody had it"
    told = f"{short(most, 28)} stops {_of_releases(known[most])} before everybody has them"
    if len(known) == 1:
        return told[0].upper() + told[1:] if told[0].isalpha() else told
    apart = numbers.difference(most, least, "p_detected_before_full", "mean", "bad")
    if apart is None or apart.low <= 0:
        return "How often a bad release is stopped before everybody has it: no difference found between the strategies"
    return f"{told}, {short(least, 28)} {_of_releases(known[least]).removesuffix(' of bad releases')}"


def _of_releases(estimate: Estimate) -> str:
    if estimate.value >= 1 - 1e-9:
        return f"all {estimate.replications:,} bad releases"
    if estimate.value <= 0:
        return "none"
    return f"{chance_shown(estimate)} of bad releases"


def trade_off(numbers: Numbers, order: Sequence[str], metric: str | None, given: Given | None) -> Chart | None:
    """Draw harm against time and cost, with who dominates whom."""
    weighed = aims(numbers)
    if metric is not None:
        own = numbers.comparison.asked(metric, given or "overall")
        rest = [aim for aim in weighed[1:] if aim.criterion.metric != metric]
        weighed = [Aim(own, weighed[0].least if metric == weighed[0].criterion.metric else 0.0, own.label), *rest]
    estimates = {
        name: {str(place): _estimate(numbers, name, aim.criterion) for place, aim in enumerate(weighed)}
        for name in order
    }
    kept = [str(place) for place in range(len(weighed)) if any(estimates[name][str(place)] for name in order)]
    drawn = [name for name in order if all(estimates[name][key] for key in kept)]
    if "0" not in kept or len(kept) < 2 or not drawn:
        return None
    beaten = dominated(numbers, weighed)
    points = [
        pareto.Point(
            name, {key: e for key in kept if (e := estimates[name][key])}, beaten[name].by if name in beaten else None
        )
        for name in drawn
    ]
    objectives = [_objective(numbers, weighed[int(key)], key, points) for key in kept]
    named = objectives
    objectives = [named[0], *(each for each in named[1:] if not _tiny(each, points))]
    across = sorted(objectives[1:], key=lambda o: weighed[int(o.metric)].criterion.metric != "duration_s")
    heading = _trade_heading(points, [objective.words for objective in objectives])

    def draw(ax: Axes | None = None) -> list[Axes]:
        return pareto.draw(points, objectives[0], across, of_looks(numbers), heading, ax)

    caption = (
        f"One mark per strategy with the {LEVEL_WORDS} of each value, {numbers.runs():,} runs of each; down and to the "
        "left is better. Hollow and grey: another strategy is shown to be better in something and is worse in nothing "
        "by as much as matters, judged on paired differences."
    )
    if any(_tiny(each, points) for each in named):
        caption += f" Cost is under {LEAST_USD:g} USD with each of them."
    if len(drawn) < len(order):
        left_out = listed([short(name) for name in order if name not in drawn])
        caption += f" Not drawn, since a value of theirs did not end or is absent: {left_out}."
    return Chart("pareto", draw, heading, caption, points)


def _tiny(objective: pareto.Objective, points: Sequence[pareto.Point]) -> bool:
    """Whether it is an amount of money that rounds to nothing for everybody."""
    return objective.scale.unit == "USD" and max(p.values[objective.metric].value for p in points) < LEAST_USD


def _estimate(numbers: Numbers, name: str, criterion: Criterion) -> Estimate | None:
    found = numbers.estimate(name, criterion.metric, criterion.statistic, criterion.given)
    return found if found is not None and math.isfinite(found.value) else None


def _objective(numbers: Numbers, aim: Aim, key: str, points: Sequence[pareto.Point]) -> pareto.Objective:
    values = [point.values[key].value for point in points]
    scale = scale_of("fraction", []) if aim.criterion.chance else scale_for(numbers, aim.criterion.metric, values)
    words = aim.criterion.label.removesuffix(" of the rollout")
    return pareto.Objective(key, words, scale)


def _trade_heading(points: Sequence[pareto.Point], objectives: Sequence[str]) -> str:
    beaten = [point for point in points if point.beaten_by]
    free = [point for point in points if not point.beaten_by]
    if len(points) == 1:
        return f"Harm, time and cost of {short(points[0].strategy, 40)}"
    if not beaten:
        return f"Every strategy trades {listed(list(objectives))}: none dominates another"
    if len({point.beaten_by for point in beaten}) == 1:
        told = [short(point.strategy, 26) for point in beaten[:3]]
        more = [f"{len(beaten) - 3} more"] if len(beaten) > 3 else []
        by = f" by {short(beaten[0].beaten_by or '', 26)}"
    else:
        told = [f"{short(p.strategy, 26)} (by {short(p.beaten_by or '', 26)})" for p in beaten[:2]]
        more, by = [f"{len(beaten) - 2} more"] if len(beaten) > 2 else [], ""
    if len(free) == 1 and len(points) > 2:
        return f"{short(free[0].strategy, 40)} is the one strategy that no other dominates"
    verb = "is" if len(beaten) == 1 else "are"
    rest = (
        f"only {short(free[0].strategy, 26)} is left"
        if len(free) == 1
        else f"{len(free)} strategies are left to choose from"
    )
    return f"{listed([*told, *more])} {verb} dominated{by}; {rest}"


def converging(numbers: Numbers, order: Sequence[str], criterion: Criterion) -> Chart | None:
    """Estimate and interval of the decision's number as replications came in."""
    runs = numbers.runs()
    if runs < _FEWEST_RUNS:
        return None
    counts = np.unique(np.geomspace(10, runs, _COURSE_POINTS).round().astype(int) // 2 * 2)
    counts = np.unique(np.append(counts[counts >= 10], runs))
    courses = [_course(numbers.comparison.samples[name], criterion, counts) for name in order]
    courses = [course for course in courses if np.isfinite(course.value).any()]
    if not courses:
        return None
    last = [value for course in courses for value in course.value[-1:]]
    scale = scale_of("fraction", []) if criterion.chance else scale_for(numbers, criterion.metric, last)
    heading = _course_heading(courses, criterion, runs)

    def draw(ax: Axes | None = None) -> list[Axes]:
        return convergence.draw(courses, of_looks(numbers), scale, heading, with_unit(criterion.label, scale), ax)

    bands = f"Whisker at the end, and the shade {convergence.shaded(courses)}: {LEVEL_WORDS}"
    caption = (
        f"{criterion.label[0].upper()}{criterion.label[1:]} from the first so many of {runs:,} runs of each strategy, "
        f"in the order they were numbered. {bands} of the estimate, its precision, not the spread of deployments."
    )
    return Chart("convergence", draw, heading, caption, courses)


def _course(sample: Sample, criterion: Criterion, counts: Sequence[int] | FloatArray) -> convergence.Course:
    rows = []
    for count in counts:
        first = criterion.estimate(sample if count >= sample.runs else first_of(sample, int(count)))
        rows.append((first.value, first.low, first.high) if first else (math.nan, math.nan, math.nan))
    value, low, high = np.array(rows, dtype=np.float64).T
    return convergence.Course(sample.strategy, np.asarray(counts, dtype=np.float64), value, low, high)


def first_of(sample: Sample, count: int) -> Sample:
    """Return the first runs; each stratum keeps its probability."""
    taken = sample.taken(np.arange(count))
    weights = taken.weights.copy()
    for stratum in np.unique(sample.strata):
        here = taken.strata == stratum
        if here.any():
            weights[here] = sample.weights[sample.strata == stratum].sum() / here.sum()
    object.__setattr__(taken, "weights", weights / weights.sum())
    return taken


def _course_heading(courses: Sequence[convergence.Course], criterion: Criterion, runs: int) -> str:
    values = np.array([course.value for course in courses])
    if len(courses) == 1:
        return f"{criterion.label[0].upper()}{criterion.label[1:]} after {runs:,} runs"
    losses = np.where(np.isnan(values), np.inf, criterion.sign * values)
    leaders = np.argmin(losses, axis=0)
    if np.isinf(losses[leaders[-1], -1]) or (losses[:, -1] == losses[leaders[-1], -1]).sum() > 1:
        return f"After {runs:,} runs no strategy leads on {criterion.label}"
    changed = np.flatnonzero(leaders != leaders[-1])
    since = courses[0].replications[changed[-1] + 1] if changed.size else courses[0].replications[0]
    name = short(courses[leaders[-1]].strategy, 30)
    if since > runs / 2:
        return f"{name} leads after {runs:,} runs, but another did as late as the first {since:,.0f}"
    return f"{name} has led since the first {since:,.0f} of {runs:,} runs"
