"""The numbered items of the report: one sentence each, made from the numbers or asked of the user.

The one thing a newcomer would get wrong: what only people know (was the rollback rehearsed?) is never
inferred. It reads "not provided", and page one counts how often.
"""

from __future__ import annotations

import math

from simulator import units
from simulator.analysis.words import quantity
from simulator.estimate import percent
from simulator.model.assumptions import TABLE
from simulator.model.service import ServerFleet
from simulator.report import decision, glossary, inputs
from simulator.report.facts import Facts
from simulator.report.page import Report
from simulator.report.words import chance

_ASKED_OF_THE_AUTHOR = ("S1", "S2", "S10", "S18")


def fill(report: Report, facts: Facts) -> None:
    """Write every item."""
    decision.decision(report, facts)
    _change(report, facts)
    decision.rating(report, facts)
    _reach(report, facts)
    _back_out(report, facts)
    _validity(report, facts)
    _references(report)
    counted = [item for item in report.missing if item.id.split(".")[0] in _ASKED_OF_THE_AUTHOR]
    report.put(
        "S1.13",
        "Inputs",
        f"{_inputs(facts)} {len(counted)} items of this report were not provided by its author.",
    )


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
    traffic = f"{scenario.traffic.mean_rate:,.6g} requests/s on average"
    spare = f"; capacity {service.capacity:,.4g}/s" if service.capacity is not None else "; capacity not stated"
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
    extra = {q: a for q, a in change.readiness.items() if q not in (*glossary.READINESS, "rollback rehearsed")}
    for place, (question, answer) in enumerate(extra.items(), start=1 + len(glossary.READINESS)):
        report.put(f"S2.9.{place}", f"Ready: {question}", _given(answer))


def _given(answer: str | bool | None) -> str | None:
    return {True: "yes", False: "no", None: None}[answer] if isinstance(answer, bool | None) else answer


def _reach(report: Report, facts: Facts) -> None:
    if facts.numbers.has("peak_exposure", "bad"):
        mean, p95 = (facts.text("peak_exposure", statistic, "bad") for statistic in ("mean", "p95"))
        text = f"Share of production traffic on a bad release at its peak: mean {mean}, 95th percentile {p95}"
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
    until = f", until {units.human(duration.value)} later in 19 of 20 rollouts" if duration is not None else ""
    report.put("S7.2", "Somebody available", f"from {start}{until}")


def _back_out(report: Report, facts: Facts) -> None:
    server = isinstance(facts.scenario.service, ServerFleet)
    mechanism = (
        "a new deployment of the previous revision to the fleet"
        if server
        else "the alias goes back to the previous version"
    )
    report.put("S10.1", "Triggers", decision.way_back(facts).partition(";")[0])
    times = f"from the decision to the previous revision serving all: {decision.way_back_times(facts, 'overall')}"
    why = decision.why_zero(facts, "overall")
    report.put("S10.2", "Mechanism and time", f"{mechanism}; {times}{'.' if why else ''}{why.removesuffix('.')}")
    failed = facts.numbers.estimate(facts.shown, "p_rollback_failed", "mean", "overall")
    report.put("S10.3", "The way back does not restore", chance(failed) if failed is not None else None)
    longest = facts.numbers.estimate(facts.shown, "rollback_s", "p95", "overall")
    latest = (
        f"window end less {units.human(longest.value)} (95th percentile) and a margin"
        if longest and math.isfinite(longest.value)
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
        f"at {percent(at, digits=2)}: {below} below, {above} above" for at, below, above in facts.recommendation.flips
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
    report.put("S14.3", "Lapses when", "revision, fleet, alarms or, by a fifth, traffic change, or after 30 days")
    for place, role in enumerate(("Requester", "Approver"), start=1):
        report.put(f"S18.{place}", f"{role}: name, decision, conditions, date", None)
    report.lists["not_modelled"] = list(glossary.NOT_MODELLED.items())
    report.lists["glossary"] = list(glossary.GLOSSARY.items())
