"""The report of each shipped scenario as a reader meets it: on a desk, a phone and paper, in the dark, by keyboard."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest
from pypdf import PdfReader

from tests.browser.conftest import PHONE

pytestmark = pytest.mark.slow

MOST_PAGES = 12  # with four strategies; each further one may take one. It is laid out for ten or eleven: fonts differ
PAPER = {"A4": (595, 842), "Letter": (612, 792)}  # in points
TEXT_WIDTH = 680  # 180 mm, the width between the margins of A4, in CSS pixels


def test_it_says_nothing_on_the_console_and_asks_for_nothing(desk) -> None:
    desk.page.mouse.wheel(0, 20_000)
    desk.page.wait_for_load_state("networkidle")
    assert desk.said == []
    assert desk.asked == []


def test_no_width_makes_the_page_scroll_sideways(desk) -> None:
    for width in (320, 390, 768, 1199, 1280, 1920):
        desk.page.set_viewport_size({"width": width, "height": 800})
        assert desk.wide_as_the_window(), width


def test_axe_finds_nothing_serious(desk) -> None:
    assert desk.faults() == []
    assert desk.pale() == []
    # What differs in the dark are colours; what differs on a phone is which regions scroll.
    desk.page.emulate_media(color_scheme="dark")
    assert desk.pale() == []
    desk.page.set_viewport_size(PHONE)
    assert desk.lost() == []


def test_page_one_fits_a_desktop_screen(desk) -> None:
    desk.page.set_viewport_size({"width": 1920, "height": 1080})
    assert desk.page.locator("#decision").bounding_box()["height"] <= 1080
    answer = desk.page.locator(".answer").bounding_box()
    assert answer["y"] + answer["height"] <= 800


@pytest.mark.parametrize("paper", PAPER)
def test_it_prints_page_one_on_one_page_and_all_on_few(report: Path, desk, paper: str) -> None:
    pdf = PdfReader(io.BytesIO(desk.page.pdf(format=paper)))
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


def test_nothing_is_wider_than_the_paper(desk) -> None:
    """A browser shrinks everything to fit what is too wide; then the small print cannot be read."""
    desk.page.set_viewport_size({"width": TEXT_WIDTH, "height": 800})
    desk.page.emulate_media(media="print")
    assert desk.page.evaluate("document.documentElement.scrollWidth") <= TEXT_WIDTH
    beyond = """[...document.querySelectorAll("main *")].filter(one => !one.closest("svg") &&
        one.getBoundingClientRect().right > innerWidth + 1).map(one => one.outerHTML.slice(0, 90))"""
    assert desk.page.evaluate(beyond) == []


def test_it_is_dark_where_the_reader_wants_it_dark(desk) -> None:
    colours = {}
    for scheme in ("light", "dark"):
        desk.page.emulate_media(color_scheme=scheme)
        colours[scheme] = desk.page.evaluate(
            "[document.body, document.querySelector('figure svg')].map(one => getComputedStyle(one))"
            ".map((style, place) => place ? style.filter : style.backgroundColor)"
        )
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


def test_every_region_that_scrolls_can_be_reached_by_keyboard(desk) -> None:
    desk.page.set_viewport_size(PHONE)
    unreachable = """[...document.querySelectorAll("*")].filter(one => one.scrollWidth > one.clientWidth + 1 &&
        ["auto", "scroll"].includes(getComputedStyle(one).overflowX) && one.tabIndex < 0).length"""
    assert desk.page.evaluate(unreachable) == 0


def test_a_screen_reader_finds_landmarks_names_and_captions(desk) -> None:
    for landmark in ("banner", "main", "navigation", "contentinfo"):
        assert desk.page.get_by_role(landmark).count() == 1, landmark
    assert desk.page.evaluate("document.documentElement.lang") == "en"
    for what in ("figure svg", "table"):
        unnamed = f"""[...document.querySelectorAll("{what}")].filter(one => !(one.getAttribute("aria-label") ||
            (one.caption && one.caption.textContent.trim()))).length"""
        assert desk.page.evaluate(unnamed) == 0
    assert desk.page.evaluate("[...document.querySelectorAll('th')].filter(one => !one.scope).length") == 0


def test_nothing_moves_for_readers_who_do_not_want_it(desk) -> None:
    desk.page.emulate_media(reduced_motion="reduce")
    behaviour = desk.page.evaluate("getComputedStyle(document.documentElement).scrollBehavior")
    desk.page.emulate_media(reduced_motion="no-preference")
    assert behaviour == "auto"
    assert desk.page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "smooth"


def test_the_twin_inside_is_the_file_beside(report: Path, desk) -> None:
    inside = desk.page.evaluate("JSON.parse(document.getElementById('twin').textContent)")
    assert inside == json.loads((report / "report.json").read_text(encoding="utf-8"))


def test_a_report_of_the_library_opens_quietly_on_a_phone_and_on_a_desk(light_report: Path, opened) -> None:
    shown = opened(light_report / "report.html", **PHONE)
    assert shown.page.locator("#decision").is_visible()
    for width in (PHONE["width"], 1280):
        shown.page.set_viewport_size({"width": width, "height": 800})
        assert shown.wide_as_the_window(), width
    assert shown.said == []
    assert shown.asked == []
