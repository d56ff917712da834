"""Names that would like to be markup, scripts, formulas or to run backwards: in a browser they are only ever text."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simulator.report import render
from tests.report.builders import a_comparison

pytestmark = pytest.mark.slow

NAMES = (
    "<script>window.taken = true; alert(1)</script>",
    "</script><img src=x onerror='window.taken = true'>",
    '"><svg onload="window.taken = true">',
    "=HYPERLINK(\"http://127.0.0.1/\",\"x\")",
    "a" * 10_000,
    "one\n\ttwo \x07",
    "\u202e\u2066evil \u202dשלום עולם",
    "<!-- 名前 🚀 ]]> &lt;b&gt; {{ 7 * 7 }}",
)  # fmt: skip


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Report of a scenario in which every name is one of these."""
    comparison = a_comparison(
        runs=40,
        name=NAMES[0],
        strategies=[
            {"name": name, "configuration": "CodeDeployDefault.HalfAtATime", "why": name[:2000]} for name in NAMES
        ],
        alarms=[
            {"name": name[:255], "namespace": "x", "metric_name": "y", "threshold": 1, "evaluation_periods": 1}
            for name in NAMES
        ],
        revision={"name": NAMES[1], "previous": NAMES[2], "bad": "5 %"},
        change={
            "id": NAMES[0], "title": NAMES[4][:500], "owner": NAMES[6], "window": NAMES[1],
            "readiness": {NAMES[0]: NAMES[2], "capacity": NAMES[7], "reason": NAMES[4]},
        },
    )  # fmt: skip
    return render(comparison, tmp_path_factory.mktemp("hostile") / "report")


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_runs_nothing_is_asked_for_and_the_layout_holds(hostile: Path, opened, width: int) -> None:
    shown = opened(hostile / "report.html", width)
    assert shown.said == []
    assert shown.asked == []
    assert shown.page.evaluate("window.taken") is None
    assert shown.page.evaluate("document.querySelectorAll('img, script:not([type=\"application/json\"])').length") == 0
    assert shown.wide_as_the_window()
    assert shown.faults() == []
    assert shown.lost() == []


def test_the_names_can_be_read_and_do_not_turn_their_neighbours_round(hostile: Path, opened) -> None:
    page = opened(hostile / "report.html").page
    heading = page.locator("h1")
    assert heading.inner_text() == NAMES[0]
    assert "\u202e" not in page.content()
    assert page.locator("bdi", has_text="שלום").count() > 0


def test_the_twin_keeps_the_names_as_they_were_given(hostile: Path, opened) -> None:
    inside = opened(hostile / "report.html").page.evaluate("JSON.parse(document.getElementById('twin').textContent)")
    assert inside == json.loads((hostile / "report.json").read_text(encoding="utf-8"))
    assert inside["title"] == NAMES[0]
    assert {row["strategy"] for row in inside["tables"]["strategies"]["rows"]} >= {NAMES[4]}


def test_a_figure_opened_by_itself_runs_nothing(hostile: Path, opened) -> None:
    figures = sorted((hostile / "figures").glob("*.svg"))
    assert figures
    shown = opened(figures[0])
    for figure in figures:
        shown.turn_to(figure)
        assert shown.said == [], figure
        assert shown.asked == [], figure
        assert shown.page.evaluate("window.taken") is None


def test_it_still_prints(hostile: Path, opened) -> None:
    page = opened(hostile / "report.html", 680).page
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") <= 680
    assert page.pdf(format="A4").startswith(b"%PDF")
