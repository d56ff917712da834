"""The numbered items of the report: one sentence each, made from the numbers or asked of the user.

The one thing a newcomer would get wrong: what only people know (was the rollback rehearsed?) is never inferred.
It reads "not provided", and page one counts how often.
"""

from __future__ import annotations

import math

from simulator import units
from simulator.analysis.sample import Given
from simulator.analysis.words import confidence, frequency, likelihood, listed, plain, quantity
from simulator.estimate import Estimate, percent
from simulator.metrics.table import METRICS
from simulator.model.assumptions import TABLE
from simulator.model.scenario import Scenario
from simulator.model.service import ServerFleet
from simulator.report import glossary, inputs, risk
from simulator.report.numbers import Numbers
from simulator.report.page import Report
from simulator.report.replays import Replays, metric_shown
from simulator.report.words import amount, chance

_VERDICTS = {
    "choose": "approve",
    "either": "either of several",
    "unsure": "more runs needed before deciding",
    "none_allowed": "do not approve",
}
MISSED_OFTEN = 0.05
_EXPIRY = "revision, fleet, alarms or, by a fifth, traffic change, or after 30 days"


class Facts:
    """What the items are made from, so that each is written in one place.

    Parameters
    ----------
    numbers : Numbers
    replays : Replays
        May be empty, when nothing was simulated again.
    used : list of str
        Assumptions relied on.
    """

    def __init__(self, numbers: Numbers, replays: Replays, used: list[str]) -> None:
        self.numbers, self.replays, self.used = numbers, replays, used
        self.comparison = numbers.comparison
        self.scenario: Scenario = self.comparison.scenario
        self.recommendation = self.comparison.recommendation
        self.shown = self.recommendation.strategy or self.scenario.current_strategy
        if self.shown not in numbers.strategies:
            self.shown = numbers.strategies[0]
        self.world = self.scenario.under(self.shown)
        self.per_year = self.scenario.change.deployments_per_year

    @property
    def reference(self) -> str | None:
        """What the shown strategy is held against: today's practice, else the next best, else nothing."""
        current = self.scenario.current_strategy
        if current != self.shown and current in self.numbers.strategies:
            return current
        others = [
            *self.recommendation.alternatives,
            *(rival.strategy for rival in self.recommendation.rivals),
        ]
        others += [name for name in self.numbers.strategies]
        return next((name for name in others if name != self.shown), None)

    @property
    def order(self) -> list[str]:
        """Strategies, the best of the decision's criterion first; those without a number last."""
        criterion = self.comparison.criterion

        def place(name: str) -> tuple[bool, float]:
            value = criterion.point(self.comparison.samples[name])
            return math.isnan(value), 0.0 if math.isnan(value) else criterion.sign * value

        return sorted(self.numbers.strategies, key=place)

    def text(self, metric: str, statistic: str, given: Given = "overall") -> str:
        """One number of the shown strategy with its interval."""
        estimate = self.numbers.estimate(self.shown, metric, statistic, given)
        return "does not apply" if estimate is None else quantity(estimate, METRICS[metric].unit)

    def risk_cells(self) -> list[risk.Cell]:
        """Cells of the risk matrix; none without an objective and a yearly number."""
        if self.per_year is None or not self.numbers.has("budget_share"):
            return []
        return risk.cells(self.numbers, self.shown, self.per_year)


def fill(report: Report, facts: Facts) -> None:
    """Write every item."""
    _decision(report, facts)
    _change(report, facts)
    _rating(report, facts)
    _reach(report, facts)
    _back_out(report, facts)
    _validity(report, facts)
    _references(report)
    counted = [item for item in report.missing if item.id.split(".")[0] in {"S1", "S2", "S10", "S18"}]
    report.put(
        "S1.13",
        "Inputs",
        f"{_inputs(facts)} {len(counted)} items of this report were not provided by its author.",
    )


def _decision(report: Report, facts: Facts) -> None:
    change, recommendation = facts.scenario.change, facts.recommendation
    what = change.title or facts.scenario.name
    window = f", {change.window}" if change.window else ", window not provided"
    report.put("S1.1", "Decision asked", f"Approve {facts.shown} for {what}{window}")
    verdict = _VERDICTS[recommendation.kind]
    conditions = _conditions(facts)
    if verdict == "approve" and conditions:
        verdict = "approve with conditions"
    report.put("S1.2", "Recommendation", recommendation.sentence)
    report.put("S1.2b", "Verdict", verdict)
    report.put("S1.2a", "Reason", recommendation.reason)
    report.put("S1.3", "Confidence in the choice", _confidence(facts))
    found = facts.risk_cells()
    rated = risk.rating(found) if found else None
    report.put("S1.4", "Residual risk rating", _rated(found))
    report.put("S1.6", "Cost", _cost(facts))
    report.put("S1.7", "Worst plausible case", _worst(facts))
    report.put("S1.8", "Way back", _way_back(facts))
    report.put("S1.9", "Conditions", " · ".join(conditions) or "none beyond what the scenario already has")
    report.put("S1.10", "What would change this", recommendation.doubt or "nothing that was looked at")
    route = glossary.ROUTES[rated] if rated else None
    report.put(
        "S1.11", "Proposed route", route and f"{route} (a proposal; levels and authority are yours to set)"
    )
    report.lists["conditions"] = [(text, "") for text in conditions]


def _confidence(facts: Facts) -> str:
    recommendation, parts = facts.recommendation, []
    if (
        recommendation.p_best is not None
        and len(facts.numbers.strategies) > 1
        and recommendation.kind != "either"
    ):
        best = (
            f"best in {confidence(recommendation.p_best)} of resamples ({likelihood(recommendation.p_best)})"
        )
        parts.append(f"{facts.shown} is {best}")
    superior = recommendation.p_superior_to_current
    if superior is not None:
        parts.append(
            f"it does better than the current practice in this share of runs, ties counted half: {superior}"
        )
    if recommendation.kind in {"either", "unsure"}:
        matters = plain(recommendation.delta, recommendation.criterion.unit)
        parts.append(f"not separable at the smallest difference that matters, {matters}")
    return "; ".join(parts) or "only one strategy was simulated"


def _rated(found: list[risk.Cell]) -> str | None:
    if not found:
        return None
    rating = risk.rating(found)
    cell = next(c for c in found if risk.level(c.likelihood, c.impact) == rating)
    other = sorted({level for c in found for level in c.levels} - {rating}, key=risk.LEVELS.index)
    above = [level for level in other if risk.LEVELS.index(level) > risk.LEVELS.index(rating)]
    straddles = f"; {above[-1]} at the upper end of the intervals" if above else ""
    return f"{rating}: likelihood {cell.likelihood} × impact {cell.impact}{straddles}"


def _cost(facts: Facts) -> str:
    incident = facts.numbers.estimate(facts.shown, "incident_usd", "mean", "overall")
    words = "not provided: needs a price per failed request or per hour of people"
    if incident is not None:
        words = f"{quantity(incident, 'USD')} on average"
    return f"Rollout {facts.text('cost_usd', 'mean')} on average; incidents {words}"


def _worst(facts: Facts) -> str | None:
    run, likely = facts.replays.worst, facts.replays.worst_chance
    if run is None or likely is None:
        return None
    metric = metric_shown(facts.numbers)
    value = getattr(run.outcome, metric, None)
    name = METRICS[metric].label.partition(",")[0].lower()
    reached = name if value is None else f"{name} {amount(value, METRICS[metric].unit)}"
    failed = getattr(run.outcome, "failed_requests", None)
    harm = (
        f", {amount(failed, 'requests')} failed" if failed is not None and metric != "failed_requests" else ""
    )
    defect = f", the release with {run.trace.defect}" if run.trace.defect else ""
    yearly = f", {facts.per_year * likely.value:.2g} a year" if facts.per_year else ""
    seen = frequency(likely.value) if likely.value > 0 else str(likely)
    return f"About {seen}{yearly}: {reached}{harm}{defect} (replication {run.trace.replication}, told in full below)"


def _way_back(facts: Facts) -> str:
    watched = [alarm.name for alarm in facts.world.alarms if alarm.watched]
    events = facts.world.rollback.events
    triggers = []
    if "DEPLOYMENT_STOP_ON_ALARM" in events and watched:
        triggers.append(f"on alarm {listed(watched[:3], 'or')}{' or another' if len(watched) > 3 else ''}")
    if "DEPLOYMENT_FAILURE" in events:
        triggers.append("on a failed deployment")
    how = f"Automatic {listed(triggers, 'or')}" if triggers else "No automatic rollback; people have to act"
    if not facts.numbers.has("rollback_s", "bad"):
        return f"{how}; no run needed one"
    p50, p95 = facts.text("rollback_s", "p50", "bad"), facts.text("rollback_s", "p95", "bad")
    return f"{how}; median {p50}, 95th percentile {p95}, if the release is bad. Point of no return: none is modelled"


def _conditions(facts: Facts) -> list[str]:
    """Say what can be checked and would make the recommendation safer."""
    world, found = facts.world, []
    watched = any(alarm.watched for alarm in world.alarms)
    if not watched:
        found.append("Give the deployment group an alarm to watch: no alarm can stop this deployment")
    elif "DEPLOYMENT_STOP_ON_ALARM" not in world.rollback.events:
        found.append(
            "Turn on rollback on alarm: the alarms only stop the deployment, they do not roll it back"
        )
    if "DEPLOYMENT_FAILURE" not in world.rollback.events:
        found.append("Turn on rollback on failure: a failed deployment stays as it is until people act")
    missed = facts.numbers.estimate(facts.shown, "p_missed", "mean", "overall")
    if watched and missed is not None and missed.low > MISSED_OFTEN:
        found.append(
            f"Have somebody watch the rollout: bad releases go unseen by the alarms in {chance(missed)}"
        )
    for verdict in facts.recommendation.limits:
        if verdict.strategy == facts.shown and verdict.verdict == "unsure":
            found.append(f"Settle this limit with more runs: {verdict.limit}")
    rehearsed = str(world.change.readiness.get("rollback rehearsed", "")).lower()
    if world.change.readiness and rehearsed in {"", "no", "false"}:
        found.append("Rehearse the rollback before the window")
    return found[:5]


def _inputs(facts: Facts) -> str:
    left, every = inputs.defaults(facts.scenario)
    text = f"{left} of {every} inputs are at their defaults."
    if facts.used:
        default = [name for name in facts.used if name not in facts.scenario.assumptions]
        guesses = [name for name in default if TABLE[name].evidence == "guess"]
        text += (
            f" The runs relied on {len(facts.used)} assumptions, {len(default) or 'none'} at their defaults, "
            f"{len(guesses) or 'none'} of those guesses."
        )
    return text


def _change(report: Report, facts: Facts) -> None:
    scenario, change, service = facts.scenario, facts.scenario.change, facts.scenario.service
    report.put("S2.1", "Change", ", ".join(text for text in (change.id, change.title) if text) or None)
    report.put("S2.1a", "Owner", change.owner)
    report.put("S2.2", "What changes", f"{scenario.revision.previous} to {scenario.revision.name}")
    traffic = f"{scenario.traffic.mean_rate:,.3g} requests/s on average"
    spare = (
        f"; capacity {service.capacity:,.4g}/s" if service.capacity is not None else "; capacity not stated"
    )
    report.put("S2.3", "Platform and load", f"{inputs.platform_words(scenario)}; {traffic}{spare}")
    report.put("S2.4", "Reason, and cost of not changing", None)
    report.put("S2.5", "Who raised it, return, risks, resources, relation to other changes", None)
    report.put("S2.6", "Planned window", change.window)
    report.put("S2.7", "Data or schema step, one-way doors", None)
    report.put(
        "S2.8",
        "Test evidence and rehearsal of the rollback",
        _given(change.readiness.get("rollback rehearsed")),
    )
    for place, question in enumerate(glossary.READINESS, start=1):
        report.put(f"S2.9.{place}", f"Ready: {question}", _given(change.readiness.get(question)))
    extra = {
        q: a for q, a in change.readiness.items() if q not in (*glossary.READINESS, "rollback rehearsed")
    }
    for place, (question, answer) in enumerate(extra.items(), start=1 + len(glossary.READINESS)):
        report.put(f"S2.9.{place}", f"Ready: {question}", _given(answer))


def _given(answer: str | bool | None) -> str | None:
    return {True: "yes", False: "no", None: None}[answer] if isinstance(answer, bool | None) else answer


def _rating(report: Report, facts: Facts) -> None:
    found = facts.risk_cells()
    if not found:
        missing = "needs slo.objective and change.deployments_per_year in the scenario"
        report.put("S4.1", "Derivation", f"not provided: {missing}")
        return
    cell = max(found, key=lambda c: (risk.LEVELS.index(risk.level(c.likelihood, c.impact)), c.from_share))
    bad = facts.comparison.samples[facts.shown].bad_probability
    inside = (
        facts.numbers.exceeds(facts.shown, "budget_share", cell.from_share, "bad")
        if facts.numbers.runs("bad")
        else None
    )
    chain = (
        f"P(bad) {percent(bad)} × P(uses more than {percent(cell.from_share)} of the budget | bad) {inside}; "
        if inside
        else ""
    )
    report.put(
        "S4.1",
        "Derivation",
        f"{chain}P(uses more than {percent(cell.from_share)} of the budget) {cell.chance} per deployment × {facts.per_year:g} "
        f"per year = {cell.per_year:.2g} per year → likelihood {cell.likelihood} × impact {cell.impact} → "
        f"{' or '.join(cell.levels)}",
    )
    report.put(
        "S4.5",
        "Caveat",
        "Cells of a matrix compress risks and can mis-order them; strategies are ranked by their distributions.",
    )


def _reach(report: Report, facts: Facts) -> None:
    if facts.numbers.has("peak_exposure", "bad"):
        mean, p95 = (facts.numbers.estimate(facts.shown, "peak_exposure", s, "bad") for s in ("mean", "p95"))
        text = f"Share of production traffic on a bad release at its peak: mean {_share(mean)}, 95th percentile {_share(p95)}"
        report.put("S6.1", "Users exposed", text)
    fleet = facts.scenario.service
    report.put("S6.2", "Targets touched", inputs.platform_words(facts.scenario))
    if isinstance(fleet, ServerFleet):
        report.put("S6.4", "Same users throughout", "not modelled: requests spread evenly over the targets")
    duration = facts.numbers.estimate(facts.shown, "duration_s", "p95", "overall")
    report.put(
        "S7.1",
        "Rollout",
        f"Median {facts.text('duration_s', 'p50')}, 95th percentile {facts.text('duration_s', 'p95')}",
    )
    start = f"{facts.world.start.weekday} {facts.world.start.time}"
    until = (
        f", until {units.human(duration.value)} later in 19 of 20 rollouts" if duration is not None else ""
    )
    report.put("S7.2", "Somebody available", f"from {start}{until}")


def _share(estimate: Estimate | None) -> str:
    return "does not apply" if estimate is None else quantity(estimate, "fraction")


def _back_out(report: Report, facts: Facts) -> None:
    server = isinstance(facts.scenario.service, ServerFleet)
    mechanism = (
        "a new deployment of the previous revision to the fleet"
        if server
        else "the alias goes back to the previous version"
    )
    report.put("S10.1", "Triggers", _way_back(facts).partition(";")[0])
    report.put("S10.2", "Mechanism and time", f"{mechanism}; from the decision to the previous revision serving all: median "
               f"{facts.text('rollback_s', 'p50')}, 95th percentile {facts.text('rollback_s', 'p95')}")  # fmt: skip
    failed = facts.numbers.estimate(facts.shown, "p_rollback_failed", "mean", "overall")
    report.put("S10.3", "The way back does not restore", chance(failed) if failed is not None else None)
    p95 = facts.numbers.estimate(facts.shown, "rollback_s", "p95", "overall")
    latest = (
        f"window end less {units.human(p95.value)} (95th percentile) and a margin"
        if p95 and math.isfinite(p95.value)
        else None
    )
    report.put("S10.4", "Latest time to start the way back", latest)
    report.put("S10.5", "Data to reconcile", None)
    report.put("S10.6", "Last rehearsal", _given(facts.scenario.change.readiness.get("rollback rehearsed")))
    report.put("S10.7", "Roll-forward alternative", None)
    report.put("S10.8", "Checks after the way back", None)


def _references(report: Report) -> None:
    """Say where the items are that are tables or figures, and which are not part of this report."""
    places = {
        "S1.5": ("Headline numbers", "table headline"),
        "S1.12": ("Strategies on the decision's metric", "figure dots"),
        "S3": ("Strategies compared", "tables strategies, configurations"),
        "S4.3": ("Risk matrix", "table risk"),
        "S5": ("Outcome distributions", "tables chances and metric; figures exceedance, differences"),
        "S6.3": ("Dependencies that see the bad version", "not modelled"),
        "S8": ("Alarms", "table alarms; figures run"),
        "S9": ("Worst plausible case", "item S1.7; table worst"),
        "S11": ("Assumptions register", "tables assumptions, priors"),
        "S12": ("Sensitivity", "not part of this report"),
        "S15": ("Not modelled", "list not_modelled"),
        "S16": ("Reproducibility", "reproduce"),
        "S17": ("Glossary", "list glossary"),
    }
    for id, (label, text) in places.items():
        report.put(id, label, text)


def _validity(report: Report, facts: Facts) -> None:
    flips = [
        f"at {percent(at, digits=2)}: {below} below, {above} above"
        for at, below, above in facts.recommendation.flips
    ]
    report.put(
        "S13.1",
        "Chance of a bad release at which the best strategy changes",
        "; ".join(flips) or "none between 0.01 % and 99.99 %",
    )
    report.put(
        "S14.1",
        "Validated against",
        "AWS's published rules and examples; not validated on your own deployments",
    )
    criterion = facts.comparison.criterion
    estimate = facts.numbers.estimate(facts.shown, criterion.metric, criterion.statistic, criterion.given)
    reached = quantity(estimate, criterion.unit) if estimate is not None else "too few runs for a number"
    report.put(
        "S14.2",
        "Precision reached",
        f"{criterion.label}: {reached}, {facts.numbers.runs():,} runs of each strategy",
    )
    report.put("S14.3", "Lapses when", _EXPIRY)
    for place, role in enumerate(("Requester", "Approver"), start=1):
        report.put(f"S18.{place}", f"{role}: name, decision, conditions, date", None)
    report.lists["not_modelled"] = list(glossary.NOT_MODELLED.items())
    report.lists["glossary"] = list(glossary.GLOSSARY.items())
