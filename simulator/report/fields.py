"""The numbered items of the report: one sentence each, made from the numbers or asked of the user.

The one thing a newcomer would get wrong: what only people know (was the rollback rehearsed?) is never
inferred. It reads "not provided", and page one counts how often.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from simulator import units
from simulator.analysis.words import quantity
from simulator.model.assumptions import TABLE
from simulator.report import breakeven, decision, glossary, inputs, register
from simulator.report.facts import Facts
from simulator.report.page import Report
from simulator.report.words import chance

# What only people know, by the key under change.readiness that answers it.
_ASKED = {
    "S2.4": ("Reason, and cost of not changing", "reason"),
    "S2.5": ("Who raised it, return, risks, resources, relation to other changes", "request"),
    "S2.7": ("Data or schema step, one-way doors", "data or schema step"),
    "S2.8": ("Test evidence", "test evidence"),
    "S10.5": ("Data to reconcile", "data to reconcile"),
    "S10.6": ("Last rehearsal", "rollback rehearsed"),
    "S10.7": ("Roll-forward alternative", "roll-forward"),
    "S10.8": ("Checks after the way back", "checks after the way back"),
}


def fill(report: Report, facts: Facts) -> None:
    """Write every item that stands on its own; `refer` adds those that are tables and figures."""
    decision.decision(report, facts)
    _change(report, facts)
    decision.rating(report, facts)
    _reach(report, facts)
    _back_out(report, facts)
    _validity(report, facts)
    missing = len(report.missing)
    items = "item of this report was" if missing == 1 else "items of this report were"
    report.put("S1.13", "Inputs", f"{_inputs(facts)} {missing or 'No'} {items} not provided by its author.")


def _inputs(facts: Facts) -> str:
    left, every = register.defaults(facts.scenario)
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
    _ask(report, facts, "S2.")
    report.put("S2.6", "Planned window", change.window)
    for place, question in enumerate(glossary.READINESS, start=1):
        report.put(f"S2.9.{place}", f"Ready: {question}", _given(change.readiness.get(question)))
    known = {*glossary.READINESS, *(key for _, key in _ASKED.values())}
    extra = {question: answer for question, answer in change.readiness.items() if question not in known}
    for place, (question, answer) in enumerate(extra.items(), start=1 + len(glossary.READINESS)):
        report.put(f"S2.9.{place}", f"Ready: {question}", _given(answer))


def _ask(report: Report, facts: Facts, section: str) -> None:
    """Put what the author was asked for and has answered, or not."""
    for id, (label, key) in _ASKED.items():
        if id.startswith(section):
            report.put(id, label, _given(facts.scenario.change.readiness.get(key)))


def _given(answer: str | bool | None) -> str | None:
    return {True: "yes", False: "no", None: None}[answer] if isinstance(answer, bool | None) else answer


def _reach(report: Report, facts: Facts) -> None:
    numbers = facts.numbers
    exposed = "no bad release was simulated"
    if numbers.has("peak_exposure", "bad"):
        mean, p95 = (facts.text("peak_exposure", statistic, "bad") for statistic in ("mean", "p95"))
        exposed = f"Share of production traffic on a bad release at its peak: mean {mean}, 95th percentile {p95}"
        exposed += f"; requests it took: mean {facts.text('exposed_requests', 'mean', 'bad')}"
    report.put("S6.1", "Users exposed", exposed)
    report.put("S6.2", "Targets touched", inputs.platform_words(facts.scenario))
    report.put("S6.3", "Dependencies that see the bad version", "not modelled")
    same = "not modelled: requests spread over the targets, or by weight, whoever sends them"
    report.put("S6.4", "Same users throughout", same)
    duration = numbers.estimate(facts.shown, "duration_s", "p95", "overall")
    report.put(
        "S7.1",
        "Rollout",
        f"Median {facts.text('duration_s', 'p50')}, 95th percentile {facts.text('duration_s', 'p95')}",
    )
    start = f"{facts.world.start.weekday} {facts.world.start.time}"
    until = "; how long is not known from so few runs"
    if duration is not None:
        until = f", until {units.human(duration.value)} later in 19 of 20 rollouts"
        if math.isinf(duration.value):
            until = "; in more than one of 20 rollouts the deployment does not end by itself"
    report.put("S7.2", "Somebody available", f"from {start}{until}")


def _back_out(report: Report, facts: Facts) -> None:
    kind = (facts.world.service.platform, facts.world.deployment_type)
    mechanism = glossary.MECHANISMS.get(kind, glossary.MECHANISM)
    report.put("S10.1", "Triggers", decision.way_back(facts).partition(";")[0])
    if facts.numbers.has("rollback_s"):
        times = f"from the decision to the previous revision serving all: {decision.way_back_times(facts, 'overall')}"
        why = decision.why_zero(facts, "overall")
        times = f"{times}{'.' if why else ''}{why.removesuffix('.')}"
    else:
        times = "no run needed one, so it has no time"
    report.put("S10.2", "Mechanism and time", f"{mechanism}; {times}")
    failed = facts.numbers.estimate(facts.shown, "p_rollback_failed", "mean", "overall")
    report.put("S10.3", "The way back does not restore", chance(failed) if failed is not None else "no run needed one")
    report.put("S10.4", "Latest time to start the way back", _latest(facts))
    _ask(report, facts, "S10.")


def _latest(facts: Facts) -> str:
    """Say until when the way back can be started inside the window."""
    longest = facts.numbers.estimate(facts.shown, "rollback_s", "p95", "overall")
    window = f"end of the window ({facts.scenario.change.window})" if facts.scenario.change.window else "window end"
    if longest is None:
        return f"{window} less a margin; no run says how long the way back takes"
    if math.isinf(longest.value):
        return f"{window}: none is safe, as in one of 20 the way back does not end by itself"
    return f"{window} less {units.human(longest.value)} (95th percentile) and a margin"


def refer(report: Report) -> None:
    """Say where the items are that are tables or figures, and which are not part of this report."""
    tables, pictures = report.tables, report.pictures
    first = next((name for name in pictures if name.startswith("dots-")), None)
    places = {
        "S1.5": ("Headline numbers", "table headline"),
        "S1.12": ("Strategies on the decision's metric", f"figure {first}" if first else "not drawn"),
        "S3": ("Strategies compared", "tables strategies, configurations"),
        "S4.3": ("Risk matrix", "table risk" if "risk" in tables else "not rated"),
        "S5": ("Outcome distributions", f"tables chances, {_named(tables, 'metric-')}"),
        "S8": ("Alarms", "table alarms" if "alarms" in tables else "the scenario has no alarm"),
        "S9": ("Worst plausible case", "item S1.7; table worst" if "worst" in tables else "item S1.7"),
        "S11": ("Assumptions register", _named(tables, "assumptions", "priors") or "no run was simulated again"),
        "S12": ("Sensitivity", "not part of this report"),
        "S15": ("Not modelled", "list not_modelled"),
        "S16": ("Reproducibility", "reproduce"),
        "S17": ("Glossary", "list glossary"),
    }
    for id, (label, text) in places.items():
        report.put(id, label, text)
    report.lists["figures"] = [(picture.id, picture.message) for picture in pictures.values()]


def _named(tables: Iterable[str], *prefixes: str) -> str:
    return ", ".join(name for name in tables if name.startswith(prefixes))


def _validity(report: Report, facts: Facts) -> None:
    words = "Chance of a bad release at which the best strategy changes"
    report.put("S13.1", words, breakeven.sentence(facts))
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
        report.put(f"S18.{place}", f"{role}: name, decision, conditions, date", "to be written by hand")
    report.lists["not_modelled"] = list(glossary.NOT_MODELLED.items())
    report.lists["glossary"] = list(glossary.GLOSSARY.items())
