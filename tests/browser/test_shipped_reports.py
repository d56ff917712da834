"""The report of each shipped scenario as a reader meets it: on a desk, a phone and paper, in the dark, by keyboard."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest
from pypdf import PdfReader

pytestmark = pytest.mark.slow

MOST_PAGES = 12  # with four strategies; each further one may take one more
PAPER = {"A4": (595, 842), "Letter": (612, 792)}  # in points
TEXT_WIDTH = 680  # 180 mm, the width between the margins of A4, in CSS pixels


def test_it_says_nothing_on_the_console_and_asks_for_nothing(report: Path, opened) -> None:
    shown = opened(report / "report.html")
    shown.page.mouse.wheel(0, 20_000)
    shown.page.wait_for_load_state("networkidle")
    assert shown.said == []
    assert shown.asked == []


def test_no_width_makes_the_page_scroll_sideways(report: Path, opened) -> None:
    shown = opened(report / "report.html")
    for width in (320, 390, 768, 1199, 1280, 1920):
        shown.page.set_viewport_size({"width": width, "height": 800})
        assert shown.wide_as_the_window(), width


def test_axe_finds_nothing_serious(report: Path, opened) -> None:
    shown = opened(report / "report.html", color_scheme="light")
    assert shown.faults() == []
    shown.page.emulate_media(color_scheme="dark")
    assert shown.faults() == []
    shown.page.set_viewport_size({"width": 390, "height": 844})
    assert shown.faults() == []


def test_page_one_fits_a_desktop_screen(report: Path, opened) -> None:
    page = opened(report / "report.html", 1920, 1080).page
    assert page.locator("#decision").bounding_box()["height"] <= 1080
    answer = page.locator(".answer").bounding_box()
    assert answer["y"] + answer["height"] <= 800


@pytest.mark.parametrize("paper", PAPER)
def test_it_prints_page_one_on_one_page_and_all_on_twelve(report: Path, opened, paper: str) -> None:
    page = opened(report / "report.html").page
    pdf = PdfReader(io.BytesIO(page.pdf(format=paper)))
    texts = [sheet.extract_text().lower() for sheet in pdf.pages]
    size = pdf.pages[0].mediabox
    assert (round(float(size.width)), round(float(size.height))) == pytest.approx(PAPER[paper], abs=2)
    strategies = len(json.loads((report / "report.json").read_text(encoding="utf-8"))["tables"]["strategies"]["rows"])
    assert len(texts) <= MOST_PAGES + max(strategies - 4, 0)
    first, second = (re.sub(r"\s+", " ", text) for text in texts[:2])
    assert "decision" in first
    assert "headline numbers" in first
    assert "not provided by its author" in first
    assert "strategies compared" in second
    assert "sign-off" in texts[-1]


def test_nothing_is_wider_than_the_paper(report: Path, opened) -> None:
    """A browser shrinks everything to fit what is too wide; then the small print cannot be read."""
    page = opened(report / "report.html", TEXT_WIDTH).page
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") <= TEXT_WIDTH
    beyond = """[...document.querySelectorAll("main *")].filter(one => !one.closest("svg") &&
        one.getBoundingClientRect().right > innerWidth + 1).map(one => one.outerHTML.slice(0, 90))"""
    assert page.evaluate(beyond) == []


def test_it_is_dark_where_the_reader_wants_it_dark(report: Path, opened) -> None:
    colours = {}
    for scheme in ("light", "dark"):
        page = opened(report / "report.html", color_scheme=scheme).page
        colours[scheme] = page.evaluate("[getComputedStyle(document.body).backgroundColor, "
                                        "getComputedStyle(document.querySelector('figure svg')).filter]")  # fmt: skip
    assert colours["light"] == ["rgb(255, 255, 255)", "none"]
    assert max(int(part) for part in re.findall(r"\d+", colours["dark"][0])) < 40
    assert colours["dark"][1].startswith("invert")


def test_the_keyboard_gets_straight_to_the_decision_and_sees_where_it_is(report: Path, opened) -> None:
    page = opened(report / "report.html").page
    page.keyboard.press("Tab")
    focused = "document.activeElement"
    assert page.evaluate(f"{focused}.textContent") == "Skip to the decision"
    assert page.evaluate(f"{focused}.getBoundingClientRect().left") >= 0
    assert page.evaluate(f"getComputedStyle({focused}).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    assert page.evaluate(f"{focused}.id") == "decision"


def test_every_region_that_scrolls_can_be_reached_by_keyboard(report: Path, opened) -> None:
    page = opened(report / "report.html", 390).page
    unreachable = """[...document.querySelectorAll("*")].filter(one => one.scrollWidth > one.clientWidth + 1 &&
        ["auto", "scroll"].includes(getComputedStyle(one).overflowX) && one.tabIndex < 0).length"""
    assert page.evaluate(unreachable) == 0


def test_a_screen_reader_finds_landmarks_names_and_captions(report: Path, opened) -> None:
    page = opened(report / "report.html").page
    for landmark in ("banner", "main", "navigation", "contentinfo"):
        assert page.get_by_role(landmark).count() == 1, landmark
    assert page.evaluate("document.documentElement.lang") == "en"
    for what in ("figure svg", "table"):
        unnamed = f"""[...document.querySelectorAll("{what}")].filter(one => !(one.getAttribute("aria-label") ||
            (one.caption && one.caption.textContent.trim()))).length"""
        assert page.evaluate(unnamed) == 0
    assert page.evaluate("[...document.querySelectorAll('th')].filter(one => !one.scope).length") == 0


def test_nothing_moves_for_readers_who_do_not_want_it(report: Path, opened) -> None:
    behaviour = "getComputedStyle(document.documentElement).scrollBehavior"
    assert opened(report / "report.html", reduced_motion="reduce").page.evaluate(behaviour) == "auto"


def test_the_twin_inside_is_the_file_beside(report: Path, opened) -> None:
    page = opened(report / "report.html").page
    inside = page.evaluate("JSON.parse(document.getElementById('twin').textContent)")
    assert inside == json.loads((report / "report.json").read_text(encoding="utf-8"))
