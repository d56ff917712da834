"""Every vector of the reference data, each kind by the function that answers it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from simulator.rules import alarm_suppression, alarms

POINTS = {"X": True, "0": False, "-": None}
STATES: tuple[alarms.State, ...] = ("OK", "ALARM", "INSUFFICIENT_DATA")
TREATMENTS: tuple[alarms.TreatMissingData, ...] = ("missing", "ignore", "breaching", "notBreaching")


@pytest.fixture(scope="module")
def vectors(shared: Path) -> dict[str, Any]:
    path = shared / "vectors" / "alarm_vectors_sample.yaml"
    if not path.is_file():
        pytest.skip("the reference data holds no vectors/alarm_vectors_sample.yaml")
    loaded: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded


def instant(text: object, day: str = "2024-01-10") -> float:
    """Seconds of a time of day or an instant, in UTC."""
    written = text.isoformat() if isinstance(text, datetime) else str(text)
    if "T" not in written:
        written = f"{day}T{written}"
    return datetime.fromisoformat(written).replace(tzinfo=UTC).timestamp()


def test_evaluation_vectors(vectors: dict[str, Any]) -> None:
    for vector in vectors["vectors"]:
        datapoints = [POINTS[point] for point in vector["datapoints"]]
        assert len(datapoints) == vector["evaluation_range"], vector["id"]
        treated = vector["treat_missing_data"]
        previous = vector["previous_state"]
        for treatment in TREATMENTS if treated == "any" else (treated,):
            for before in STATES if previous is None else (previous,):
                found = alarms.evaluate(
                    datapoints, vector["evaluation_periods"], vector["datapoints_to_alarm"], treatment, before
                )
                expected = vector["expected"]["state"]
                assert found != "ALARM" if expected == "NOT_ALARM" else found == expected, vector["id"]


def timeline(vectors: dict[str, Any], name: str) -> dict[str, Any]:
    for vector in vectors["timeline_vectors"]:
        if vector["id"] == name:
            found: dict[str, Any] = vector
            return found
    pytest.skip(f"the reference data holds no timeline {name}")


def test_a_six_hour_alarm_slides(vectors: dict[str, Any]) -> None:
    vector = timeline(vectors, "tl-so77796873")
    alarm = vector["alarm"]
    samples = [(instant(sample["at"]), float(sample["value"])) for sample in vector["samples"]]
    for evaluation in vector["expected_evaluations"]:
        recent = evaluation["recent"]
        slots = alarms.slots(instant(evaluation["at"]), alarm["period"], len(recent))
        values = [
            alarms.aggregate([value for at, value in samples if start <= at < end], "Maximum") for start, end in slots
        ]
        assert values == recent
        day = "2024-01-09"
        assert slots[0][0] == instant(evaluation["range_start"], day)
        fetched = alarms.slots(
            instant(evaluation["at"]),
            alarm["period"],
            alarms.evaluation_range(alarm["period"], alarm["evaluation_periods"]),
        )
        datapoints = [
            alarms.breaching(
                alarms.aggregate([value for at, value in samples if start <= at < end], "Maximum"),
                alarm["comparison"],
                float(alarm["threshold"]),
            )
            for start, end in fetched
        ]
        for treatment in TREATMENTS:
            assert (
                alarms.evaluate(datapoints, alarm["evaluation_periods"], alarm["datapoints_to_alarm"], treatment, "OK")
                == evaluation["state"]
            )


def test_a_multi_day_alarm_sees_up_to_the_hour(vectors: dict[str, Any]) -> None:
    vector = timeline(vectors, "tl-multiday-doc")
    results = [(instant(event["at"]), "fails" in event["what"]) for event in vector["events"]]
    for evaluation in vector["expected_evaluations"]:
        cutoff = alarms.window_end(instant(evaluation["at"]), 86_400, 2)
        seen = [failed for at, failed in results if at < cutoff]
        assert alarms.evaluate([bool(seen and seen[-1])], 1) == evaluation["state"]


def test_windows_slide_by_the_minute(vectors: dict[str, Any]) -> None:
    vector = timeline(vectors, "tl-sliding-doc")
    for start, end in vector["expected_windows"]:
        assert alarms.slots(instant(end), vector["alarm"]["period"], 1) == [(instant(start), instant(end))]


def test_alignment_vectors(vectors: dict[str, Any]) -> None:
    for vector in vectors["alignment_vectors"]:
        evaluated_at = str(vector["evaluated_at"])
        start = vector.get("newest_slot_start", vector.get("newest_used_slot_start"))
        (found, _), *_ = alarms.slots(instant(evaluated_at), vector["period"], 1)
        assert found == instant(start, day=evaluated_at[:10]), vector["id"]


def test_composite_suppression_vectors(vectors: dict[str, Any]) -> None:
    for vector in vectors["composite_suppression_vectors"]:
        found = alarm_suppression.actions(
            [(event["t"], event["alarm"], event["to"]) for event in vector["events"]],
            vector["wait_period"],
            vector["extension_period"],
            **vector["initial"],
        )
        expected = [(action["t"], action["composite_state"]) for action in vector["expected_actions"]]
        assert found == expected, vector["id"]


def test_aggregation_vectors(vectors: dict[str, Any]) -> None:
    for vector in vectors["aggregation_vectors"]:
        value = alarms.aggregate(vector["samples"], vector["statistic"])
        assert value == pytest.approx(vector["expected"]["value"], abs=5e-4), vector["id"]
        found = alarms.breaching(value, vector["comparison"], vector["threshold"])
        assert found == vector["expected"]["breaching"], vector["id"]


def test_low_sample_vectors(vectors: dict[str, Any]) -> None:
    for vector in vectors["low_sample_vectors"]:
        assert alarms.minimum_samples(vector["percentile"]) == vector["minimum_samples"], vector["id"]
