"""Page one and the risk rating: what is asked and recommended, how sure, at what cost."""

from __future__ import annotations

import re

from simulator.analysis.sample import Given
from simulator.analysis.words import confidence, frequency, likelihood, listed, plain
from simulator.estimate import percent
from simulator.metrics.table import METRICS
from simulator.report import glossary, risk
from simulator.report.facts import Facts
from simulator.report.inputs import copes, shortfall
from simulator.report.page import NOT_PROVIDED, Report
from simulator.report.replays import metric_shown
from simulator.report.words import amount, chance, in_tables, short
from simulator.rules.detection import last_shift
from simulator.trace.records import DeploymentChange

MISSED_OFTEN = 0.05
PAGE_ONE = 420  # characters of doubt that leave page one readable
_VERDICTS = {
    "choose": "approve",
    "either": "either of several",
    "unsure": "more runs needed before deciding",
    "none_allowed": "do not approve",
}


def decision(report: Report, facts: Facts) -> None:
    """Write page one."""
    change, recommendation = facts.scenario.change, facts.recommendation
    what = change.title or facts.scenario.name
    window = f", {change.window}" if change.window else ", window not provided"
    if recommendation.kind == "unsure":
        asked = f"Choose a strategy for {what}{window}; {facts.shown} is the best estimate so far, which is not settled"
    else:
        one = " (one of several that do equally well)" if recommendation.kind == "either" else ""
        asked = f"Approve {facts.shown}{one} for {what}{window}"
    report.put("S1.1", "Decision asked", asked)
    verdict = _VERDICTS[recommendation.kind]
    conditions = _conditions(facts)
    if verdict == "approve" and conditions:
        verdict = "approve with conditions"
    report.put("S1.2", "Recommendation", recommendation.sentence)
    report.put("S1.2b", "Verdict", verdict)
    report.put("S1.2a", "Reason", recommendation.reason)
    report.put("S1.3", "Confidence in the choice", _confidence(facts))
    found = facts.risk_cells()
    rated = risk.leading(found).level if found else None
    report.put("S1.4", "Residual risk rating", rated_words(facts))
    report.put("S1.6", "Cost", _cost(facts))
    report.put("S1.7", "Worst plausible case", _worst(facts))
    report.put("S1.8", "Back-out", way_back(facts))
    report.put("S1.9", "Conditions", " · ".join(conditions) or "none beyond what the scenario already has")
    short_of = _capacity(facts)
    if short_of:
        report.put("S1.9a", "Capacity", short_of)
    first, more = _shared(recommendation.doubt)
    report.put("S1.10", "What would change this", first or "nothing that was looked at")
    report.put("S13.2", "Further doubts", more or "none")
    route = glossary.ROUTES[rated] if rated else None
    proposed = route and f"{route} (a proposal; levels and authority are yours to set)"
    report.put("S1.11", "Proposed route", proposed or "none proposed without a risk rating")
    report.lists["conditions"] = [(text, "") for text in conditions]


def _shared(doubt: str) -> tuple[str, str]:
    """Split the doubts into those that fit on page one and the rest, between sentences."""
    sentences = re.split(r"(?<=\.) ", doubt)
    count, length = 0, 0
    for sentence in sentences:
        length += len(sentence)
        if count and length > PAGE_ONE:
            break
        count += 1
    return " ".join(sentences[:count]), " ".join(sentences[count:])


def _confidence(facts: Facts) -> str:
    recommendation, parts = facts.recommendation, []
    several = len(facts.numbers.strategies) > 1
    if several and recommendation.p_best is not None and recommendation.kind != "either":
        share = f"{confidence(recommendation.p_best)} of resamples ({likelihood(recommendation.p_best)})"
        parts.append(f"{facts.shown} is best in {share}")
    if recommendation.versus_current is not None:
        parts.append(recommendation.versus_current)
    if recommendation.kind in {"either", "unsure"}:
        matters = plain(recommendation.delta, recommendation.criterion.unit)
        others = listed([short(name, 40) for name in recommendation.alternatives])
        if recommendation.kind == "unsure":
            parts.append(f"Not separable from {others} at the smallest difference that matters, {matters}")
        elif any(rival.difference.value for rival in recommendation.rivals if rival.standing == "tied"):
            parts.append(f"Shown to be within the smallest difference that matters, {matters}, of {others}")
    return ". ".join(parts) or "only one strategy was simulated"


def rated_words(facts: Facts) -> str:
    """Write the rating: its cell, the level at the upper end of the intervals, and under a pessimistic prior."""
    found = facts.risk_cells()
    if not found:
        scenario = facts.scenario
        wanting = [
            name
            for name, value in (
                ("slo.objective", scenario.slo.objective),
                ("change.deployments_per_year", scenario.change.deployments_per_year),
            )
            if value is None
        ]
        return f"{NOT_PROVIDED}: needs {listed(wanting or ['traffic'])} in the scenario"
    cell = risk.leading(found)
    others = {level for c in found for level in c.levels}
    above = [word for word in risk.LEVELS if word in others and risk.LEVELS.index(word) > risk.LEVELS.index(cell.level)]
    upper = f"; {above[-1]} at the upper end of the intervals" if above else ""
    doubted = facts.risk_cells(bad=risk.PESSIMISTIC_BAD)
    if doubted and facts.comparison.samples[facts.shown].bad_probability < risk.PESSIMISTIC_BAD:
        upper += f"; {risk.leading(doubted).level} if one release in four were bad"
    return f"{cell.level}: likelihood {cell.likelihood} × impact {cell.impact}{upper}"


def _cost(facts: Facts) -> str:
    words = "not provided, as they need a price per failed request or per hour of people"
    if facts.numbers.has("incident_usd"):
        words = f"{facts.text('incident_usd', 'mean')} on average"
    return f"Rollout {facts.text('cost_usd', 'mean')} on average; incidents {words}"


def _worst(facts: Facts) -> str:
    run, likely = facts.replays.worst, facts.replays.worst_chance
    if run is None or likely is None:
        return "not told: no run was simulated again for this report"
    metric = metric_shown(facts.numbers)
    value = getattr(run.outcome, metric, None)
    name = METRICS[metric].label.partition(",")[0].lower()
    reached = name if value is None else f"{name} {amount(value, METRICS[metric].unit)}"
    failed = getattr(run.outcome, "failed_requests", None)
    harm = f", {amount(failed, 'requests')} failed" if failed is not None and metric != "failed_requests" else ""
    defect = f", the release with {run.trace.defect}" if run.trace.defect else ""
    yearly = f", {facts.per_year * likely.value:.2g} a year" if facts.per_year else ""
    seen = frequency(likely.value) if likely.value > 0 else str(likely)
    where = f"(replication {run.trace.replication}, told in full below)"
    return f"About {seen}{yearly}: {reached}{harm}{defect} {where}"


def way_back(facts: Facts) -> str:
    """Say what starts the way back and how long it takes."""
    watched = [alarm.name for alarm in facts.world.alarms if alarm.watched]
    events = facts.world.rollback.events
    triggers = []
    if "DEPLOYMENT_STOP_ON_ALARM" in events and watched:
        triggers.append(f"on alarm {listed(watched[:3], 'or')}{' or another' if len(watched) > 3 else ''}")
    if "DEPLOYMENT_FAILURE" in events:
        triggers.append("on a failed deployment")
    how = f"Automatic {listed(triggers, 'or')}" if triggers else "No automatic rollback; people have to act"
    if not facts.numbers.has("rollback_s", "bad"):
        return f"{how}; no run needed one. Point of no return: none is modelled"
    times = (
        f"{way_back_times(facts)}, if the release is bad{'' if not _instant(facts) else ' (0 s: it had met no user)'}"
    )
    return f"{how}; {times}. Point of no return: none is modelled"


def way_back_times(facts: Facts, given: Given = "bad") -> str:
    """Median and 95th percentile of the time from the decision to the previous revision serving all."""
    median = facts.numbers.estimate(facts.shown, "rollback_s", "p50", given)
    p50, p95 = facts.text("rollback_s", "p50", given), facts.text("rollback_s", "p95", given)
    if median is not None and median.value == 0:
        p50 = in_tables("s", []).text(median) if median.high > 0 else "0 s"
    return f"median {p50}, 95th percentile {p95}"


def _instant(facts: Facts, given: Given = "bad") -> bool:
    """Whether the median way back takes no time."""
    median = facts.numbers.estimate(facts.shown, "rollback_s", "p50", given)
    return median is not None and median.value == 0


def why_zero(facts: Facts, given: Given = "bad") -> str:
    """Say why a median way back takes no time; nothing where it takes some."""
    if not _instant(facts, given):
        return ""
    run, took = facts.replays.bad.get(facts.shown), None
    if run is not None:
        changes = [record for record in run.trace.records if isinstance(record, DeploymentChange) and record.rollback]
        ended = [record for record in changes if record.status in {"Succeeded", "Failed", "Stopped"}]
        if ended:
            began = min(record.time for record in changes if record.deployment == ended[0].deployment)
            took = amount(ended[0].time - began, "s")
    ran = f" ({took} in the bad run told below)" if took else ""
    return f" 0 s where a bad release was stopped before it met a user; the rollback deployment itself still runs{ran}."


def _capacity(facts: Facts) -> str:
    """Say where today's practice, or the strategy shown, takes out more of the fleet than the peak can spare."""
    found, current = [], facts.scenario.current_strategy
    for name, role in ((current, "Current practice, "), (facts.shown, "")):
        if name not in facts.numbers.strategies or (not role and name == current):
            continue
        world = facts.scenario.under(name)
        if (shortfall(world, name) or 0.0) > 0:
            found.append(f"{role}{name}{',' if role else ''} {copes(world, name)}")
    return ". ".join(found)


def _conditions(facts: Facts) -> list[str]:
    """Say what can be checked and would make the recommendation safer."""
    world, found = facts.world, []
    watched = any(alarm.watched for alarm in world.alarms)
    if not watched:
        found.append("Give the deployment group an alarm to watch: no alarm can stop this deployment")
    elif "DEPLOYMENT_STOP_ON_ALARM" not in world.rollback.events:
        found.append("Turn on rollback on alarm: the alarms only stop the deployment, they do not roll it back")
    if "DEPLOYMENT_FAILURE" not in world.rollback.events:
        found.append("Turn on rollback on failure: a failed deployment stays as it is until people act")
    missed = facts.numbers.estimate(facts.shown, "p_missed", "mean", "overall")
    if watched and missed is not None and missed.low > MISSED_OFTEN:
        found.append(f"Have somebody watch the rollout: bad releases go unseen by the alarms in {chance(missed)}")
    own = [verdict for verdict in facts.recommendation.limits if verdict.strategy == facts.shown]
    unsure = [verdict.limit for verdict in own if verdict.verdict == "unsure"]
    found += [f"Settle this limit with more runs: {limit}" for limit in unsure]
    rehearsed = str(world.change.readiness.get("rollback rehearsed", "")).lower()
    if world.change.readiness and rehearsed in {"", "no", "false"}:
        found.append("Rehearse the rollback before the window")
    return found[:5]


def rating(report: Report, facts: Facts) -> None:
    """Write the risk rating as arithmetic, and what a rating is not."""
    _rating(report, facts)
    report.put(
        "S4.5",
        "Caveat",
        "Cells of a matrix compress risks and can mis-order them; strategies are ranked by their distributions.",
    )


def _rating(report: Report, facts: Facts) -> None:
    found = facts.risk_cells()
    if not found:
        for id, label in (("S4.1", "Derivation"), ("S4.2", "Impact"), ("S4.4", "Inherent beside residual")):
            report.put(id, label, "not rated: see the residual risk rating on page one")
        return
    cell = risk.leading(found)
    used = f"uses more than {percent(cell.from_share)} of the budget"
    chain = ""
    if facts.numbers.runs("bad"):
        bad = facts.comparison.samples[facts.shown].bad_probability
        inside = facts.numbers.exceeds(facts.shown, "budget_share", cell.from_share, "bad")
        chain = f"P(bad) {percent(bad)}, P({used} | bad) {inside}; "
    yearly = f"{cell.per_year:.2g} per year" if cell.per_year else f"at most {cell.most_per_year:.2g} per year"
    report.put(
        "S4.1",
        "Derivation",
        f"{chain}P({used}) {cell.chance} per deployment × {facts.per_year:g} per year = {yearly} → "
        f"likelihood {cell.likelihood} × impact {cell.impact} → {' or '.join(cell.levels)}",
    )
    bands = ", ".join(f"{band} above {percent(share)}" for share, band in risk.IMPACTS)
    report.put("S4.2", "Impact", f"by the share of the window's error budget that one deployment uses: {bands}")
    report.put("S4.4", "Inherent beside residual", _inherent(facts))


def _inherent(facts: Facts) -> str:
    """Rate the strategy that moves everything at once beside the one shown."""
    residual = f"residual, {facts.shown}: {risk.leading(facts.risk_cells()).level}"
    at_once = [name for name in facts.numbers.strategies if last_shift(facts.scenario.under(name)) == 0]
    if not at_once:
        return f"{residual}; inherent: not simulated, no strategy here moves everything at once"
    inherent = risk.leading(facts.risk_cells(at_once[0])).level
    return f"inherent, {at_once[0]} with the alarms it has: {inherent}; {residual}"
