"""The twin of the report: whole, the same inside the page and beside it, and safe where it stands."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from html.parser import HTMLParser

import pytest

from simulator.analysis import Comparison
from simulator.experiment.own import described
from simulator.report.html import embedded
from simulator.report.page import NOT_PROVIDED
from simulator.report.rendering import contents
from tests.report.builders import a_comparison, a_scenario

# Every item that reference/report.md marks as required, and those it asks for in each section.
REQUIRED = (
    [f"S1.{number}" for number in range(1, 14)]
    + [f"S2.{number}" for number in range(1, 9)]
    + [f"S2.9.{number}" for number in range(1, 7)]
    + ["S3"]
    + [f"S4.{number}" for number in range(1, 6)]
    + ["S5"]
    + [f"S6.{number}" for number in range(1, 5)]
    + ["S7.1", "S7.2", "S8", "S9"]
    + [f"S10.{number}" for number in range(1, 9)]
    + ["S11", "S12", "S13.1", "S14.1", "S14.2", "S14.3", "S15", "S16", "S17", "S18.1", "S18.2"]
)
INSIDE = re.compile(r'<script type="application/json" id="twin">(.*?)</script>', re.DOTALL)
BARE = {
    "revision": {"bad": "0 %"}, "alarms": [], "slo": {}, "change": {}, "rollback": {"events": []},
    "strategies": [{"name": "only", "configuration": "CodeDeployDefault.OneAtATime"}],
}  # fmt: skip


class Cells(HTMLParser):
    """Text of the cells of every table, by the table's id."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tables: dict[str, list[str]] = {}
        self.open: list[str] | None = None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag == "table":
            self.open = self.tables.setdefault(dict(attrs)["id"], [])
        if tag in {"td", "th"} and self.open is not None:
            self.open.append("")

    def handle_endtag(self, tag):
        if tag == "table":
            self.open = None

    def handle_data(self, data):
        if self.open:
            self.open[-1] += data


def plain(text: str) -> str:
    """A text without what only sets it: spaces that hold, figure spaces, minus signs, glyphs, direction."""
    text = re.sub(r"[\u00a0\u2007\u2008\s]+", " ", text.replace("\u2212", "-"))
    return re.sub(r"[●■◆▲▼✚✖⬢]", "", text).strip()


@pytest.fixture(scope="module")
def bare() -> dict[str, str | bytes]:
    """A report of a scenario that says next to nothing."""
    return contents(a_comparison(a_scenario(**BARE), runs=40, bad=0.0, replays=False))


@pytest.mark.parametrize("id", REQUIRED)
def test_every_required_item_is_there_and_none_is_blank(twin, bare, id) -> None:
    for each in (twin, json.loads(bare["report.json"])):
        assert each["items"][id]["label"].strip()
        assert each["items"][id]["text"].strip()


def test_every_item_stands_on_the_page_by_its_number(page, twin) -> None:
    # Sections that are tables, figures or lists carry no sentence of their own.
    told = set(twin["items"]) - {"S1.5", "S1.12", "S3", "S4.3", "S5", "S8", "S9", "S11", "S12"}
    assert told <= set(re.findall(r'id="([^"]+)"', page))


@pytest.mark.parametrize("which", ["full", "bare"])
def test_what_was_not_provided_is_counted_once_for_page_and_twin(page, twin, bare, which) -> None:
    text, data = (page, twin) if which == "full" else (str(bare["report.html"]), json.loads(bare["report.json"]))
    missing = [id for id, item in data["items"].items() if item["text"].startswith(NOT_PROVIDED)]
    assert missing == data["not_provided"]["ids"]
    assert len(missing) == data["not_provided"]["count"] > 5
    assert f"{len(missing)} items of this report were not provided" in html.unescape(text).replace("\u00a0", " ")


def test_an_answer_of_the_author_is_no_longer_missing() -> None:
    answers = {"reason": "a fix users wait for", "rollback rehearsed": "2026-03-02", "capacity": True}
    scenario = a_scenario(change={"readiness": answers})
    items = json.loads(str(contents(a_comparison(scenario, runs=20, replays=False))["report.json"]))["items"]
    assert items["S2.4"]["text"] == "a fix users wait for"
    assert items["S10.6"]["text"] == "2026-03-02"
    assert items["S2.9.4"]["text"] == "yes"


def test_the_page_holds_the_twin_that_stands_beside_it(page, twin) -> None:
    assert json.loads(INSIDE.findall(page)[0]) == twin


@pytest.mark.parametrize("text", ["</script>", "</ScRiPt ><script>", "<!--", "]]>", "\u2028", "&lt;", "\u202e", '"\\'])
def test_nothing_in_the_twin_can_end_the_element_it_stands_in(text) -> None:
    written = str(embedded(json.dumps({text: [text]}, ensure_ascii=False)))
    assert json.loads(written) == {text: [text]}
    assert written.isascii()
    assert not set(written) & set("<>&")


def test_every_table_of_the_page_prints_what_the_twin_says(page, twin) -> None:
    shown, checked = Cells(html.unescape(page)).tables, 0
    for id, table in twin["tables"].items():
        if id.startswith("metric-"):
            continue
        keys = [column["key"] for column in table["columns"]]
        cells = [plain(cell) for cell in shown[id]]
        for row in table["rows"]:
            for key in keys:
                if key not in row:
                    continue
                said = row[key]["text"] if isinstance(row[key], dict) else row[key]
                words = [plain(word) for word in re.split(r"[()]", said) if plain(word)]
                assert any(all(word in cell for word in words) for cell in cells), (id, key, said)
                checked += 1
    assert checked > 150


def test_the_metrics_of_the_page_are_those_of_the_twin(page, twin) -> None:
    cells = [plain(cell) for cell in Cells(html.unescape(page)).tables["metrics"]]
    for id in ("metric-downtime_s", "metric-failed_requests", "metric-duration_s", "metric-rollback_s"):
        for row in twin["tables"][id]["rows"]:
            for key, cell in row.items():
                if isinstance(cell, dict) and key.startswith(("mean", "p", "cvar")):
                    assert plain(cell["text"]) in cells, (id, key)


def test_formulas_in_any_name_are_text_to_a_spreadsheet() -> None:
    names = ("=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\n=1", "\r=1")
    strategies = [{"name": name, "configuration": "CodeDeployDefault.HalfAtATime"} for name in names]
    text = str(contents(a_comparison(runs=20, replays=False, strategies=strategies))["summary.csv"])
    for row in csv.reader(io.StringIO(text, newline="")):
        for cell in row:
            assert not cell.startswith(("=", "+", "@", "\t", "\r", "\n"))
            assert not cell.startswith("-") or float(cell) < 0


def records(trace, scenario):
    """Records a trace holds"""
    return float(len(trace.records))


def test_a_metric_of_the_readers_own_stands_among_the_others() -> None:
    scenario = a_scenario()
    made_up = a_comparison(scenario, runs=40, replays=False)
    outcomes = made_up.outcomes.assign(records=made_up.outcomes["duration_s"] * 2)
    comparison = Comparison(
        scenario=scenario, outcomes=outcomes, seed=7, replications=40, wall_time_s=1.0,
        metrics={"records": described("records", records)},
    )  # fmt: skip
    files = contents(comparison)
    table = json.loads(str(files["report.json"]))["tables"]["metric-records"]
    assert table["caption"].startswith("Records a trace holds.")
    heads = [plain(cell) for cell in Cells(str(files["report.html"])).tables["metrics"]]
    assert any(head.startswith("records Records a trace holds.") for head in heads)
