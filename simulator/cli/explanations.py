"""Everything `rollsim explain` knows by name: rules, assumptions, metrics, lifecycle events and codes."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from simulator.errors import SimulatorError, quoted

READ = "Read"
_LINK = re.compile(r"[ :]*\(?(https://[^\s)]+)\)?")
_BOOKS = {
    "UG": "CodeDeploy user guide",
    "API": "CodeDeploy API reference",
    "ELB": "Elastic Load Balancing guides",
    "CW": "CloudWatch user guide",
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """One name explained.

    Parameters
    ----------
    kind, group : str
        What it is, and under which heading it is listed.
    name, title : str
        The name, and what it is about in a few words.
    text : str
        What it says.
    facts : tuple of (str, str)
        Headings with their text, in order: source, example, value and so on.
    """

    kind: str
    group: str
    name: str
    title: str
    text: str
    facts: tuple[tuple[str, str], ...]


def explained(name: str) -> Explanation:
    """Explain a name; a function of a rule will do for the rule, in any case of letters.

    Raises
    ------
    SimulatorError
        For a name that is not known, with the nearest ones.
    """
    known = everything()
    if name in known:
        return known[name]
    wanted = name.lower()
    found = [item for key, item in known.items() if wanted in (key.lower(), key.lower().rpartition(".")[2])]
    # `alarms.slots` stands in another module of the rule book, yet people find it under that name too.
    found = found or [known[key] for key in known if "." in wanted and key.endswith(f".{wanted.rpartition('.')[2]}")]
    if len(found) == 1:
        return found[0]
    if found:
        raise SimulatorError(f"{quoted(name)} may be {' or '.join(item.name for item in found)}; write one of them")
    raise SimulatorError(f"nothing is called {quoted(name)}; {nearest(name, known)}; rollsim explain lists all names")


def nearest(name: str, known: Iterable[str]) -> str:
    """Say which known names are nearest to one that is not.

    >>> nearest("downtime", ["downtime_s", "outage_s"])
    'the nearest is downtime_s'
    """
    by_end: dict[str, str] = {}
    for full in known:
        by_end[full.lower()] = full
        by_end.setdefault(full.lower().rpartition(".")[2], full)
    close = difflib.get_close_matches(name[:200].lower(), by_end, n=5, cutoff=0.5)
    found = list(dict.fromkeys(by_end[each] for each in close))[:3]
    if not found:
        return "no name is near"
    return f"the nearest {'is' if len(found) == 1 else 'are'} {', '.join(found)}"


@cache
def everything() -> Mapping[str, Explanation]:
    """Every explanation by its name, in the order of the list."""
    items = (*_rules(), *_assumptions(), *_metrics(), *_events(), *_codes())
    return {item.name: item for item in items}


def _rules() -> Iterator[Explanation]:
    from simulator.rules.catalogue import GROUPS

    for group, rules in GROUPS.items():
        for rule in rules:
            yield Explanation("rule", group, rule.id, rule.title, rule.statement, _sources(rule.source))


def example_of(item: Explanation) -> str:
    """The example of a rule, computed now; empty for what is not a rule."""
    from simulator.rules.catalogue import RULES

    return RULES[item.name].example if item.kind == "rule" else ""


def _assumptions() -> Iterator[Explanation]:
    from simulator.model.assumptions import TABLE

    for item in TABLE.values():
        other = next((value for value in item.span if value != item.default), item.default)
        facts = (
            ("Value", _value(item.default)),
            ("Range to try", "; ".join(_value(value) for value in item.span)),
            ("Why", f"{item.why}."),
            ("If it is wrong", f"{item.effect}."),
            ("Source", f"{_spelt(item.source)} ({item.evidence})"),
            ("To override", f"--set 'assumptions.{item.id}={_value(other)}', or under assumptions: in the scenario"),
        )
        text = f"{item.meaning[:1].upper()}{item.meaning[1:]}."
        yield Explanation("assumption", "Assumptions", item.id, item.meaning, text, facts)


def _sources(text: str) -> tuple[tuple[str, str], ...]:
    """A source, and the pages it names to be read."""
    links = _LINK.findall(text)
    return (("Source", _LINK.sub("", text)), *((READ, link) for link in links))


def _spelt(source: str) -> str:
    """Write the short names of AWS's books in full."""
    for short, book in _BOOKS.items():
        source = re.sub(rf"\b{short}\b", book, source)
    return source


def _value(value: object) -> str:
    """A value as it is written in a scenario, on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_value(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    return str(value)


def _metrics() -> Iterator[Explanation]:
    from simulator.metrics import METRICS
    from simulator.metrics.table import PARTS

    for group, table in (("Metrics", METRICS), ("Parts of metrics", PARTS)):
        for item in table.values():
            text = f"{item.definition[:1].upper()}{item.definition[1:]}."
            facts = (("Unit", item.unit), ("Better", item.better))
            yield Explanation("metric", group, item.name, item.label, text, facts)


def _events() -> Iterator[Explanation]:
    from simulator.rules import lifecycle
    from simulator.rules.catalogue import RULES
    from simulator.trace.behind import of_event

    for name in dict.fromkeys(event for events in lifecycle.EVENTS.values() for event in events):
        where = [platform for platform, events in lifecycle.EVENTS.items() if name in events]
        who = lifecycle.SCRIPTS_FROM.get(name)
        text = "CodeDeploy runs it itself; it has no scripts."
        if name in lifecycle.SCRIPTABLE["server"] and who is not None:
            text = f"On servers it runs the scripts of the {who} revision."
        if any(name in lifecycle.SCRIPTABLE[platform] for platform in ("lambda", "ecs")):
            hook = "On Lambda and ECS it can call a validation function."
            text = f"{text} {hook}" if who is not None else hook
        facts: tuple[tuple[str, str], ...] = tuple(
            (f"On {platform}", _neighbours(lifecycle.EVENTS[platform], name)) for platform in where
        )
        rules = dict.fromkeys(rule for platform in where for rule in of_event(name, platform) if "." in rule)
        facts += (("Rules", ", ".join(rules)), *_sources(RULES["lifecycle.events"].source))
        yield Explanation("event", "Lifecycle events", name, f"on {', '.join(where)}", text, facts)


def _neighbours(events: tuple[str, ...], name: str) -> str:
    place = events.index(name)
    before = f"after {events[place - 1]}" if place else "the first"
    after = f"before {events[place + 1]}" if place + 1 < len(events) else "the last"
    return f"{before}, {after}"


def _codes() -> Iterator[Explanation]:
    from simulator.rules.catalogue.codes import CODES
    from simulator.trace.behind import of_code

    for name, code in CODES.items():
        rules = of_code(name)
        facts = (("Rules", ", ".join(rules)),) if rules else ()
        title = code.statement.partition(";")[0].rstrip(".")
        yield Explanation("code", "Codes", name, title, code.statement, (*facts, *_sources(code.source)))
