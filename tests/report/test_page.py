"""What a reader gets: numbers that agree, no false certainty, no harm from names, no network."""

from __future__ import annotations

import html
import math
import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from simulator.analysis.sample import Given
from simulator.analysis.words import quantity
from simulator.cli.strategy_table import duration
from simulator.report.document import build
from simulator.report.page import NOT_PROVIDED
from simulator.report.rendering import contents
from simulator.report.words import share_text
from tests.report.builders import a_comparison, a_scenario

TWIN = {"type": "application/json", "id": "twin"}  # data, which no browser runs
VOID = {"meta", "link", "br", "hr", "img", "input", "path", "use", "rect", "circle", "line"}


class Reader(HTMLParser):
    """Collects what the tests ask for and complains about tags that do not match."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict]] = []
        self.text: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in {"style", "title", "script"}:
            self.text.append(data)


def rendered(**changes) -> str:
    changes.setdefault("runs", 40)
    return str(contents(a_comparison(replays=False, **changes))["report.html"])


def words(page: str) -> str:
    return re.sub(r"\s+", " ", " ".join(Reader(page).text)).replace("\u00a0", " ")


def test_the_page_is_whole_and_alone(page) -> None:
    reader = Reader(page)
    assert reader.open == []
    names = {tag for tag, _ in reader.tags}
    assert not names & {"link", "img", "iframe", "object", "form"}
    assert [attributes for tag, attributes in reader.tags if tag == "script"] == [TWIN]
    for tag, attributes in reader.tags:
        for key, value in attributes.items():
            assert not key.startswith("on"), (tag, key)
            if key in {"href", "src", "xlink:href"}:
                assert value.startswith("#"), (tag, value)
    assert "url(http" not in page
    assert "@import" not in page


def test_every_id_is_used_once_and_every_link_leads_somewhere(page) -> None:
    reader = Reader(page)
    ids = [attributes["id"] for _, attributes in reader.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = {attributes["href"][1:] for tag, attributes in reader.tags if tag == "a"}
    assert links <= set(ids)


def test_headings_go_down_one_level_at_a_time(page) -> None:
    levels = [int(tag[1]) for tag, _ in Reader(page).tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_every_figure_says_its_message_and_every_table_has_a_caption(page) -> None:
    reader = Reader(page)
    count = {name: sum(tag == name for tag, _ in reader.tags) for name in ("figure", "figcaption", "table", "caption")}
    assert count["figure"] == count["figcaption"] > 5
    assert count["table"] == count["caption"] > 8
    for tag, attributes in reader.tags:
        if tag == "svg":
            assert attributes["role"] == "img"
            assert len(attributes["aria-label"]) > 20


HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }} {% raw %}",
    "$\\frac{1}{0}$ costs $5",
    "a" * 10_000,
    "one\n\ttwo \x07",
    "שלום עולם",
    "\u202eevil\u2066",
    "名前 🚀",
    "&amp; &lt;b&gt;",
)


def harmless(page: str) -> bool:
    reader = Reader(page)
    assert not {tag for tag, _ in reader.tags} & {"img", "b"}
    assert [attributes for tag, attributes in reader.tags if tag == "script"] == [TWIN]
    page = re.sub(r'<script type="application/json".*?</script>', "", page, flags=re.DOTALL)
    assert not any(key.startswith("on") for _, attributes in reader.tags for key in attributes)
    assert reader.open == []
    return not any(mark in page for mark in ("a" * 700, "\u202e", "\u2066", "\x07"))


def test_names_of_strategies_and_alarms_are_only_ever_text() -> None:
    strategies = [{"name": name, "configuration": "CodeDeployDefault.HalfAtATime"} for name in HOSTILE]
    alarms = [
        {"name": name[:255], "namespace": "x", "metric_name": "y", "threshold": 1, "evaluation_periods": 1}
        for name in HOSTILE
    ]
    assert harmless(rendered(strategies=strategies, alarms=alarms))


@pytest.mark.parametrize("name", HOSTILE[:5], ids=["script", "attribute", "template", "formula", "long"])
def test_the_name_of_a_scenario_is_only_ever_text(name) -> None:
    strategies = [{"name": "half", "configuration": "CodeDeployDefault.HalfAtATime"}]
    page = rendered(name=name, strategies=strategies, change={"title": name[:500], "owner": name[:200]})
    assert harmless(page)
    assert "49" not in re.findall(r"<h1>.*?</h1>", page)[0]


def test_a_name_that_runs_from_right_to_left_is_isolated_wherever_it_stands() -> None:
    name = "שלום"
    strategies = [{"name": name, "configuration": "CodeDeployDefault.AllAtOnce"},
                  {"name": "half", "configuration": "CodeDeployDefault.HalfAtATime"}]  # fmt: skip
    page = re.sub(r"<svg.*?</svg>", "", rendered(strategies=strategies), flags=re.DOTALL)
    body = page[page.index("<body>") :]
    outside = re.sub(r"<bdi[^>]*>[^<]*</bdi>", "", body)
    assert name in body
    assert name not in re.sub(r'"[^"]*"', "", outside)


def test_numbers_of_the_tables_are_those_of_the_summary(comparison, built) -> None:
    report, _ = built
    for given, key in (("overall", None), ("bad", "bad")):
        summary = comparison.summary(key).set_index(["strategy", "metric"])
        for metric in ("downtime_s", "failed_requests", "duration_s", "rollback_s", "cost_usd"):
            for row in report.tables[f"metric-{metric}"].rows:
                wanted = summary.loc[(row["strategy"].text, metric)]
                for statistic in ("mean", "p50", "p95", "cvar95"):
                    cell = row.get(f"{statistic}.{given}")
                    if cell is not None and cell.numbers:
                        assert cell.numbers["value"] == pytest.approx(wanted[statistic], rel=1e-12)
                if row[f"mean.{given}"].numbers:
                    assert row[f"mean.{given}"].numbers["low"] == pytest.approx(wanted["mean_low"], rel=1e-9)


UNITS = {"d": 86_400.0, "h": 3600.0, "min": 60.0, "s": 1.0}
DURATION = re.compile(r"-?(?:(?:[\d,.]+) (?:d|h|min|s)\b ?)*")


def seconds_of(text: str) -> float:
    """Read a duration as people say it; a bare number is one already."""
    sign = -1.0 if text.startswith("-") else 1.0
    parts = re.findall(r"([\d,.]+) (d|h|min|s)\b", DURATION.match(text)[0])  # type: ignore[index]
    if not parts:
        return float(text.replace(",", ""))
    return sign * sum(float(number.replace(",", "")) * UNITS[unit] for number, unit in parts)


def test_screen_page_and_sentence_write_one_interval_in_one_way(built) -> None:
    report, facts = built
    asked: list[tuple[str, str, Given]] = [
        ("downtime_s", "mean", "overall"), ("downtime_s", "mean", "bad"), ("duration_s", "p95", "overall"),
        ("rollback_s", "p95", "bad"),
    ]  # fmt: skip
    told = 0
    for row in report.tables["strategies"].rows:
        for metric, statistic, given in asked:
            estimate = facts.numbers.estimate(row["strategy"].text, metric, statistic, given)
            cell = row[f"{metric}.{statistic}.{given}"]
            if estimate is not None and math.isfinite(estimate.high):
                assert f"{cell.text} {cell.detail}" == duration(estimate) == quantity(estimate, "s")
                told += "min" in cell.text
    assert told >= 3


def test_a_mean_of_the_runs_that_ended_says_beside_it_how_many_did_not(built) -> None:
    report, facts = built
    table = report.tables["metric-detect_s"]
    for row in table.rows:
        name = row["strategy"].text
        share = facts.numbers.endless(name, "detect_s", "bad")
        assert share.value > 0
        assert row["mean.bad"].detail.endswith(f"; {share_text(share.value)} did not end")
        assert "did not end" not in row["p50.bad"].detail
        assert row["endless"].numbers["value"] == facts.numbers.endless(name, "detect_s", "overall").value
    assert not any("did not end" in row["mean.overall"].detail for row in report.tables["metric-downtime_s"].rows)


def test_the_printed_text_is_the_number_behind_it_rounded(twin) -> None:
    checked = 0
    for table in twin["tables"].values():
        for row in table["rows"]:
            for cell in row.values():
                if not isinstance(cell, dict) or "value" not in cell:
                    continue
                number = re.match(r"^-?[\d,]+(?:\.\d+)?", cell["text"])
                if number is None or not isinstance(cell["value"], float):
                    continue
                printed, value = float(number[0].replace(",", "")), cell["value"]
                if (told := DURATION.match(cell["text"])) and told[0].strip("- "):
                    sides = [abs(float(cell[end]) - value) for end in ("low", "high") if cell.get(end) is not None]
                    nearer = min((side for side in sides if math.isfinite(side)), default=0.0)
                    slack = max(0.51, 0.15 * nearer, 0.0051 * abs(value), 30.6 if "h" in told[0] else 0.0)
                    assert seconds_of(cell["text"]) == pytest.approx(value, abs=slack), cell
                    checked += 1
                    continue
                factors = (1, 100, 1e-3, 1e-6, 1 / 60, 1 / 3600, 1 / 86400)
                places = len(number[0].partition(".")[2])
                digits = len(number[0].replace(",", "").rstrip("0").replace(".", "").lstrip("-"))
                slack = max(0.51 * 10.0**-places, 0.51 * abs(printed) * 10.0 ** (1 - max(digits, 1)))
                assert any(math.isclose(printed, value * factor, abs_tol=slack) for factor in factors), cell
                checked += 1
    assert checked > 150


def test_probabilities_read_as_the_analysis_writes_them(comparison, page) -> None:
    text = words(page).replace("\u202f", " ")
    table = comparison.probabilities()
    shown = table[table["probability"].isin(["p_success", "p_missed", "p_detected_before_full"])]
    for written in shown["text"]:
        assert written in text


def test_nothing_simulated_reads_as_impossible_or_certain(built) -> None:
    report, _ = built
    for row in report.tables["chances"].rows:
        for key, cell in row.items():
            if key.startswith("s"):
                assert not re.match(r"^(0|100|0\.0+|100\.0+) %", cell.text), cell
    for item in report.fields.values():
        assert not re.search(r"(?<![\d.])(0|100) % of (runs|deployments|releases)", item.text), item


def test_a_zero_event_prints_its_bound(page) -> None:
    assert "none in 200 runs (at most 1.5 % at 95 %)" in words(page)


def test_overall_stands_beside_if_the_release_is_bad(built) -> None:
    report, _ = built
    groups = [name for name, _, _ in report.tables["metric-downtime_s"].groups]
    assert groups == ["", "overall", "if the release is bad"]


def test_every_caption_says_level_and_runs(built) -> None:
    report, _ = built
    for name, table in report.tables.items():
        if name.startswith(("metric-", "strategies", "chances", "headline", "causes", "detection")):
            assert "95 %" in table.caption
            assert re.search(r"\b(400|200) runs", table.caption), name


REQUIRED = (
    [f"S1.{number}" for number in range(1, 13)]
    + [f"S2.{number}" for number in (1, 2, 3, 4, 5, 6, 8)]
    + ["S2.9.1", "S3", "S4.1", "S4.3", "S4.5", "S5", "S6.1", "S6.2", "S6.3", "S6.4", "S7.1", "S8", "S9"]
    + [f"S10.{number}" for number in range(1, 9)]
    + ["S11", "S12", "S13.1", "S14.1", "S15", "S16", "S17", "S18.1"]
)


@pytest.mark.parametrize("id", REQUIRED)
def test_every_required_item_is_in_the_twin_and_none_is_blank(twin, id) -> None:
    assert twin["items"][id]["text"].strip()


def test_what_the_author_left_out_is_not_provided_and_counted_on_page_one(twin, page) -> None:
    missing = [id for id, item in twin["items"].items() if item["text"].startswith(NOT_PROVIDED)]
    assert "S2.6" in missing
    assert twin["not_provided"]["count"] == len(missing)
    assert re.search(rf"{len(missing)} items of this report were not provided", words(page))


def test_two_equal_strategies_are_either() -> None:
    comparison = a_comparison(runs=600, replays=False, harm={"all-at-once": 1, "half-at-a-time": 1, "one-at-a-time": 1})
    frame = comparison.outcomes
    first = frame[frame["strategy"] == "all-at-once"]
    for name in ("half-at-a-time", "one-at-a-time"):
        rows = frame["strategy"] == name
        for column in frame.columns.drop("strategy"):
            frame.loc[rows, column] = first[column].to_numpy()
    report, _ = build(comparison)
    assert report.fields["S1.2"].text.startswith("Either")
    assert report.fields["S1.2b"].text == "either of several"


def test_a_fleet_that_cannot_spare_a_batch_is_named(built) -> None:
    report, _ = built
    told = dict(report.lists["capacity"])
    assert "leaves none of 8 in service" in told["all-at-once"]
    assert "100 % of requests" in told["all-at-once"]
    assert "leaves 7 of 8 in service" in told["one-at-a-time"]


def test_no_mean_of_a_sum_reads_as_outside_its_interval(built) -> None:
    report, _ = built
    assert {"causes-overall", "causes-bad"} <= set(report.tables)
    for name in ("causes-overall", "causes-bad", "detection-bad"):
        for row in report.tables[name].rows if name in report.tables else ():
            for cell in row.values():
                ends = re.fullmatch(r"\[(.+), (.+)\]", cell.detail)
                if ends is not None and "end" not in cell.detail:
                    low, value, high = (seconds_of(text) for text in (ends[1], cell.text, ends[2]))
                    assert low <= value <= high, cell


def test_without_a_runner_the_page_says_what_it_leaves_out(page) -> None:
    text = words(rendered())
    assert "No run was simulated again, so there are no timelines here." in text
    assert "no timelines" not in words(page)


def test_an_interrupted_experiment_is_named_at_the_top() -> None:
    comparison = a_comparison(runs=40, replays=False)
    comparison.complete = False
    assert "The experiment was interrupted." in words(str(contents(comparison)["report.html"]))


def test_a_release_that_cannot_be_bad_still_gets_a_report() -> None:
    comparison = a_comparison(a_scenario(revision={"bad": "0 %"}), runs=40, bad=0.0, replays=True)
    report, _ = build(comparison)
    assert "causes-overall" in report.tables
    assert "exposure" not in report.pictures
    assert all("bad" not in column.key for column in report.tables["strategies"].columns)


def test_one_strategy_alone_gets_a_report() -> None:
    strategies = [{"name": "only", "configuration": "CodeDeployDefault.OneAtATime"}]
    page = rendered(strategies=strategies)
    assert "only is the only strategy" in words(page)


def test_assumptions_relied_on_stand_with_value_source_and_evidence(page) -> None:
    text = words(page)
    for part in ("alarm_poll_period", "20 s", "how often CodeDeploy looks at the alarms", "published runs"):
        assert part in text


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """WCAG 2.1, contrast ratio."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_text_stands_out_from_every_background_in_light_dark_and_print(page) -> None:
    schemes = re.findall(r":root \{(.*?)\}", html.unescape(page), flags=re.DOTALL)
    assert len(schemes) == 3
    for scheme in schemes:
        colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", scheme))
        for background in ("paper", "wash", "accent-wash"):
            for text in ("ink", "soft", "accent"):
                assert contrast(colours[text], colours[background]) >= 4.5, (text, background)
        for place in range(7):
            assert contrast(colours[f"s{place}"], colours["accent-wash"]) >= 3, place
