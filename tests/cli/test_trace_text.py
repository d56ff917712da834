"""A trace as lines and as JSON Lines."""

from __future__ import annotations

import json
import math
import re

from simulator.trace.records import AlarmChange, End
from simulator.trace.text import heading, lines, to_json_lines
from tests.cli.traces import a_trace, rolled_back_canary, smooth_rollout


def test_every_record_is_one_line_of_time_subject_and_what_happened() -> None:
    trace = rolled_back_canary()
    written = list(lines(trace))
    assert len(written) == len(trace.records)
    assert all(re.match(r"^ *-?\d+\.\d{3}  \S.*  \S", line) for line in written)
    assert (
        "      12.000  d-0/i-0  BeforeAllowTraffic  Succeeded  (began 2.000)  [lifecycle.events, limits.hook_callback]"
        in written
    )


def test_every_record_is_one_json_object_after_the_one_that_says_what_the_trace_is_of() -> None:
    trace = smooth_rollout()
    first, *rest = [json.loads(line) for line in to_json_lines(trace)]
    assert first["kind"] == "Trace"
    assert (first["strategy"], first["seed"], first["replication"]) == ("half-at-a-time", 7, 3)
    assert [record["kind"] for record in rest] == [type(record).__name__ for record in trace.records]
    assert [record["time"] for record in rest] == [record.time for record in trace.records]


def test_infinite_numbers_are_text_in_json() -> None:
    flows = [json.loads(line) for line in to_json_lines(rolled_back_canary()) if '"FlowChange"' in line]
    assert flows[0]["flow"]["capacity"] == "Infinity"
    assert math.isfinite(flows[0]["flow"]["demand"])


def test_a_name_with_control_characters_stays_on_its_line() -> None:
    trace = a_trace([AlarmChange(1.0, "a\nb\x1b[2J\u202e", "ALARM"), End(2.0, "settled")], strategy="s\n")
    written = [heading(trace), *lines(trace)]
    assert all(character.isprintable() for line in written for character in line)
