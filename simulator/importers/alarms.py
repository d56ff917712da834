"""``aws cloudwatch describe-alarms`` into `Alarm` objects.

The one thing a newcomer would get wrong: the file lists the account's alarms, not the deployment group's.
Whether CodeDeploy watches one stands in ``get-deployment-group``, so ``watched`` is a guess, and said so.

Source: CloudWatch API, MetricAlarm, CompositeAlarm, MetricDataQuery.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from simulator.errors import quoted
from simulator.importers.document import Document
from simulator.importers.places import Map, Place, place_of
from simulator.importers.result import Note, Reader, opened
from simulator.importers.wording import complaints
from simulator.model.alarm import Alarm

_BAND = re.compile(r"ANOMALY_DETECTION_BAND\(\s*\w+\s*(?:,\s*([0-9.]+)\s*)?\)")
DEFAULT_BAND_WIDTH = 2.0  # CloudWatch user guide, "Using CloudWatch anomaly detection"


@dataclass(frozen=True, slots=True)
class ImportedAlarms:
    """Alarms in the order of the file, and what is to be said about their reading."""

    alarms: tuple[Alarm, ...]
    notes: tuple[Note, ...] = ()


def fits(root: Any) -> bool:
    """Whether a document looks like ``describe-alarms``: whole, a list of alarms, or one alarm."""
    if isinstance(root, Map):
        return bool({"MetricAlarms", "CompositeAlarms", "AlarmName"} & set(root))
    return isinstance(root, list) and all(isinstance(item, Map) and "AlarmName" in item for item in root)


def read(given: str | Path, name: str = "<text>") -> ImportedAlarms:
    """Read the whole document of the command, a list of alarms, or one alarm.

    Parameters
    ----------
    given : str or Path
        A `Path` is read from disk; a string is the text itself.
    name : str
        What to call the text in complaints.

    Raises
    ------
    ImportFailure
        With every complaint and its line.
    """
    return from_document(opened(given, name))


def from_document(document: Document) -> ImportedAlarms:
    """Read a document that is already parsed."""
    reader = Reader(document, list(document.problems))
    notes: list[Note] = []
    alarms: list[Alarm] = []
    for found, place in _found(reader, document):
        entry = reader.mapping(found, place, "an alarm")
        if entry:
            alarm = _alarm(reader, entry, notes)
            if alarm is not None:
                alarms.append(alarm)
    reader.finish()
    if isinstance(document.root, Map) and document.root.get("NextToken"):
        notes.append(Note("unseen", "the list goes on after NextToken; only this page was read"))
    if alarms:
        names = ", ".join(quoted(alarm.name) for alarm in alarms[:5]) + (" ..." if len(alarms) > 5 else "")
        notes.insert(0, Note("read", f"{len(alarms)} alarm{'s' if len(alarms) > 1 else ''}: {names}"))
        notes.append(
            Note("guessed", "the deployment group watches each of them; write watched: false where it does not")
        )
    return ImportedAlarms(tuple(alarms), tuple(notes))


def _found(reader: Reader, document: Document) -> Iterator[tuple[Any, Place]]:
    root = document.root
    if isinstance(root, list):
        items = reader.items(root, document.start, "the document")
        yield from zip(items, items.value_places, strict=True)
        return
    whole = reader.mapping(root, document.start, "the output of aws cloudwatch describe-alarms")
    if "AlarmName" in whole:
        yield whole, whole.place
        return
    if whole and not {"MetricAlarms", "CompositeAlarms"} & set(whole):
        reader.complain(
            whole.place,
            "no MetricAlarms and no CompositeAlarms in it; save the output of aws cloudwatch describe-alarms",
        )
    for kind in ("MetricAlarms", "CompositeAlarms"):
        if whole.get(kind) is not None:
            items = reader.items(whole[kind], whole.value_places[kind], kind)
            yield from zip(items, items.value_places, strict=True)


def _alarm(reader: Reader, entry: Map, notes: list[Note]) -> Alarm | None:
    before = len(reader.problems)
    fields = _fields(reader, entry, notes)
    if len(reader.problems) > before:
        return None
    try:
        return Alarm.model_validate(fields)
    except ValidationError as error:
        for found in complaints(error):
            path = tuple(_THEIRS.get(str(step), step) for step in found.path)
            said = f"{path[-1]} is missing; add it" if found.kind == "missing" else found.message
            who = f"{_who(entry)}: " if len(path) < 2 else ""
            reader.complain(place_of(entry, path) or entry.place, f"{who}{said}")
    return None


def _who(entry: Map) -> str:
    name = entry.get("AlarmName")
    return f"alarm {quoted(name)}" if isinstance(name, str) else "an alarm"


def _fields(reader: Reader, entry: Map, notes: list[Note]) -> dict[str, Any]:
    fields: dict[str, Any] = {ours: entry[theirs] for theirs, ours in _SAME.items() if entry.get(theirs) is not None}
    if "AlarmRule" in entry:
        fields["pages"] = _pages(entry)
        return fields
    if entry.get("Dimensions"):
        fields["dimensions"] = _dimensions(reader, entry)
    statistic = entry.get("Statistic") or entry.get("ExtendedStatistic")
    if statistic is not None:
        fields["statistic"] = statistic
    if entry.get("Metrics"):
        queries = reader.items(entry["Metrics"], entry.value_places["Metrics"], "Metrics")
        periods: set[Any] = set()
        fields["metrics"] = [
            _query(reader, reader.mapping(item, place, "a metric query"), periods)
            for item, place in zip(queries, queries.value_places, strict=True)
        ]
        if len(periods) > 1:
            reader.complain(entry.value_places["Metrics"], "its metrics have different periods; CloudWatch takes one")
        if periods:
            fields["period"] = min(periods, key=str)
        if entry.get("ThresholdMetricId"):
            _anomaly_band(entry, fields, notes)
    elif entry.get("MetricName") is None:
        reader.complain(entry.place, f"{_who(entry)} is on a query that is not read here")
    elif "Period" not in entry:
        reader.complain(entry.place, f"{_who(entry)} has no Period; add it")
    fields["pages"] = _pages(entry)
    return fields


def _query(reader: Reader, query: Map, periods: set[Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {"id": query.get("Id"), "return_data": query.get("ReturnData", True)}
    if query.get("Expression") is not None:
        fields["expression"] = query["Expression"]
        if isinstance(query.get("Period"), int):
            periods.add(query["Period"])
    if query.get("MetricStat") is not None:
        stat = reader.mapping(query["MetricStat"], query.value_places["MetricStat"], "MetricStat")
        metric = reader.mapping(stat.get("Metric"), stat.value_places.get("Metric", stat.place), "Metric")
        fields["metric"] = {
            "namespace": metric.get("Namespace", ""),
            "metric_name": metric.get("MetricName"),
            "dimensions": _dimensions(reader, metric) if metric.get("Dimensions") else {},
            "statistic": stat.get("Stat", "Sum"),
        }
        if isinstance(stat.get("Period"), int):
            periods.add(stat["Period"])  # seconds
    return fields


def _anomaly_band(entry: Map, fields: dict[str, Any], notes: list[Note]) -> None:
    """Keep the metric as what returns data, the band beside it, and the band's width as the threshold."""
    width = DEFAULT_BAND_WIDTH
    for query in fields["metrics"]:
        match = _BAND.search(str(query.get("expression") or ""))
        if match is not None:
            query["return_data"] = False
            width = float(match[1]) if match[1] else DEFAULT_BAND_WIDTH
    fields["threshold"] = width
    notes.append(
        Note(
            "unseen",
            f"{_who(entry)} compares with a band that CloudWatch learns; "
            f"the band is not in the file, so the alarm keeps its recorded state {fields.get('state', 'OK')}",
        )
    )


def _dimensions(reader: Reader, entry: Map) -> dict[str, Any]:
    listed = reader.items(entry["Dimensions"], entry.value_places["Dimensions"], "Dimensions")
    pairs = [
        reader.mapping(item, place, "a dimension") for item, place in zip(listed, listed.value_places, strict=True)
    ]
    return {str(pair.get("Name")): pair.get("Value") for pair in pairs}


def _pages(entry: Map) -> bool:
    """Whether somebody hears of it: actions are on, and one of them is not only a machine's."""
    actions = entry.get("AlarmActions")
    if not isinstance(actions, list):
        return False
    heard = any(isinstance(action, str) and _machine_action(action) is None for action in actions)
    return entry.get("ActionsEnabled", True) is not False and heard


def _machine_action(action: str) -> re.Match[str] | None:
    return re.match(r"arn:[\w-]+:(automate|autoscaling|swf|lambda|application-autoscaling):", action)


_SAME = {
    "AlarmName": "name",
    "Namespace": "namespace",
    "MetricName": "metric_name",
    "AlarmRule": "alarm_rule",
    "Period": "period",  # seconds
    "EvaluationPeriods": "evaluation_periods",
    "DatapointsToAlarm": "datapoints_to_alarm",
    "Threshold": "threshold",
    "ComparisonOperator": "comparison_operator",
    "TreatMissingData": "treat_missing_data",
    "StateValue": "state",
}
_THEIRS = {ours: theirs for theirs, ours in _SAME.items()} | {
    "dimensions": "Dimensions",
    "statistic": "Statistic",
    "metrics": "Metrics",
    "id": "Id",
    "metric": "MetricStat",
    "expression": "Expression",
    "return_data": "ReturnData",
}
