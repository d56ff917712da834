"""A real browser, headless, that can reach nothing but the file it is given; and reports for it to open.

Loading, drawing and looking cost seconds each, so a report is rendered once, from few runs, and opened once at a
desk's width for all checks that leave it as it was. `tests/conftest.py` keeps what one report is asked on one worker.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Dialog, Page, sync_playwright

import simulator
from simulator.report import numbers, pictures, replays

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
TEACHING = sorted(path.stem for path in SCENARIOS.glob("*.yaml"))
LIBRARY = sorted(path.relative_to(SCENARIOS).with_suffix("").as_posix() for path in SCENARIOS.glob("*/*.yaml"))
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}

# One element for each way text looks: its own colour, size and weight, on the colours that shine through behind it.
# Contrast is the same for all that look alike, and measuring the 2,000 texts of a report one by one takes a minute.
_MARK_LOOKS = """() => {
    const seen = new Set();
    for (const one of document.querySelectorAll("body *")) {
        one.removeAttribute("data-look");
        const text = [...one.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
        if (!text || one.closest("svg, script, style")) continue;
        const own = getComputedStyle(one), look = [own.color, own.fontSize, own.fontWeight];
        for (let at = one; at; at = at.parentElement) {
            const {backgroundColor, opacity, filter} = getComputedStyle(at);
            if (backgroundColor !== "rgba(0, 0, 0, 0)") look.push(backgroundColor);
            if (opacity !== "1" || filter !== "none") look.push(opacity + filter);
        }
        const key = look.join("|");
        if (!seen.has(key)) { seen.add(key); one.setAttribute("data-look", seen.size); }
    }
    return seen.size;
}"""
# A drawing is one image to a reader who cannot see it. That each has a name is a test of its own; its thousands of
# marks are taken out while axe looks, and put back.
_WITHOUT_MARKS = """() => { window.marks = [...document.querySelectorAll("figure svg")].map(svg => {
    const inside = [...svg.childNodes]; inside.forEach(one => one.remove()); return [svg, inside]; }); }"""
_WITH_MARKS = "() => { window.marks.forEach(([svg, inside]) => svg.append(...inside)); delete window.marks; }"


@dataclass
class Opened:
    """A page, and everything it said or asked for."""

    page: Page
    address: str
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def turn_to(self, file: Path) -> None:
        """Open a file, the only one that may be asked for from now on."""
        self.address = file.resolve().as_uri()
        self.page.goto(self.address)

    def refuse(self, dialog: Dialog) -> None:
        """Note a dialog and close it."""
        self.said.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def wide_as_the_window(self) -> bool:
        """Whether nothing makes the page itself scroll sideways."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))

    def faults(self) -> list[str]:
        """What axe-core finds that is serious or critical, with the first place of each: all but contrast."""
        return self._axe({"exclude": [["figure svg *"]]}, rules={"color-contrast": {"enabled": False}})

    def pale(self) -> list[str]:
        """Texts whose contrast axe-core finds too low, in the colours now shown: one for each look."""
        assert self.page.evaluate(_MARK_LOOKS) > 10
        return self._axe({"include": [["[data-look]"]]}, runOnly=["color-contrast"])

    def lost(self) -> list[str]:
        """Regions that scroll here and that axe-core finds no keyboard can reach."""
        return self._axe(None, runOnly=["scrollable-region-focusable"])

    def _axe(self, context: dict[str, Any] | None, **options: Any) -> list[str]:
        self.page.evaluate(_WITHOUT_MARKS)
        # Only violations: a list of the thousands of places where all is well takes seconds to hand over.
        found = Axe().run(self.page, context=context, options={"resultTypes": ["violations"], **options}).response
        self.page.evaluate(_WITH_MARKS)
        return [
            f"{each['id']}: {each['help']} at {each['nodes'][0]['target']}"
            for each in found["violations"]
            if each["impact"] in {"serious", "critical"}
        ]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium as the system has it, with a profile of its own that is thrown away."""
    program = next((found for name in _NAMES if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip("no Chromium here to open the report with; .ci/run installs it")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=list(_FLAGS))
        yield started
        started.close()


def _opener(browser: Browser, contexts: list[Any]) -> Callable[..., Opened]:
    def open_it(file: Path, width: int = 1280, height: int = 800, **options: Any) -> Opened:
        context = browser.new_context(viewport={"width": width, "height": height}, offline=True, **options)
        contexts.append(context)
        shown = Opened(context.new_page(), "")

        def guard(route: Any) -> None:
            if route.request.url == shown.address:
                route.continue_()
            else:
                shown.asked.append(route.request.url)
                route.abort()

        context.route("**/*", guard)
        page = shown.page
        page.on("console", lambda message: shown.said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: shown.said.append(f"error: {error}"))
        page.on("dialog", shown.refuse)
        page.on("popup", lambda _: shown.said.append("popup"))
        shown.turn_to(file)
        return shown

    return open_it


@pytest.fixture
def opened(browser: Browser) -> Iterator[Callable[..., Opened]]:
    """Return ``opened(file, width=1280, **context options)``: open a file with the network shut and all listened to."""
    contexts: list[Any] = []
    yield _opener(browser, contexts)
    for context in contexts:
        context.close()


@pytest.fixture(scope="session", params=TEACHING)
def report(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the report of a scenario that teaches, from a few runs of each strategy, with the columns of many."""
    comparison = simulator.compare(
        simulator.load(SCENARIOS / f"{request.param}.yaml"), replications=40, seed=3, workers=1
    )
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(numbers, "_RUNS_FOR_P99", 1)
        patched.setattr(replays, "BAD_RELEASES", 4)
        patched.setattr(replays, "GOOD_RELEASES", 4)
        return simulator.render(comparison, out=tmp_path_factory.mktemp("browser") / request.param)


@pytest.fixture(scope="session")
def at_desk(report: Path, browser: Browser) -> Iterator[Opened]:
    """The report, opened once at a desk's width."""
    contexts: list[Any] = []
    yield _opener(browser, contexts)(report / "report.html", **DESK)
    for context in contexts:
        context.close()


@pytest.fixture
def desk(at_desk: Opened) -> Iterator[Opened]:
    """The report on a desk, in light colours, scrolled to its top."""
    at_desk.page.evaluate("window.scrollTo(0, 0)")
    yield at_desk
    at_desk.page.emulate_media(media="null", color_scheme="light")
    at_desk.page.set_viewport_size(DESK)  # type: ignore[arg-type]  # a plain dict, as playwright takes it


@pytest.fixture(params=LIBRARY)
def light_report(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder of the report of a scenario of the library: few runs, none simulated again, and one figure."""
    comparison = simulator.compare(
        simulator.load(SCENARIOS / f"{request.param}.yaml"), replications=8, seed=3, workers=1
    )
    comparison.runner = None
    monkeypatch.setattr(pictures, "drawn", lambda _report, _facts: {})
    return simulator.render(comparison, out=tmp_path / "report")
