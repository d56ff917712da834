"""A real browser, headless, that can reach nothing but the file it is given; and reports for it to open."""

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
from simulator.report import numbers

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
SHIPPED = sorted(path.stem for path in SCENARIOS.glob("*.yaml"))
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


@dataclass
class Opened:
    """A page, and everything it said or asked for."""

    page: Page
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def refuse(self, dialog: Dialog) -> None:
        """Note a dialog and close it."""
        self.said.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def wide_as_the_window(self) -> bool:
        """Whether nothing makes the page itself scroll sideways."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))

    def faults(self) -> list[str]:
        """What axe-core finds that is serious or critical, with the first place of each.

        A drawing is one image to a reader who cannot see it; that each has a name is a test of its own, and its
        thousands of marks are not looked at one by one.
        """
        found = Axe().run(self.page, context={"exclude": [["figure svg"]]}).response["violations"]
        return [
            f"{each['id']}: {each['help']} at {each['nodes'][0]['target']}"
            for each in found
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


@pytest.fixture
def opened(browser: Browser) -> Iterator[Callable[..., Opened]]:
    """Return ``opened(file, width=1280, **context options)``: open a file with the network shut and all listened to."""
    contexts = []

    def open_it(file: Path, width: int = 1280, height: int = 800, **options: Any) -> Opened:
        context = browser.new_context(viewport={"width": width, "height": height}, offline=True, **options)
        contexts.append(context)
        shown = Opened(context.new_page())
        address = file.resolve().as_uri()

        def guard(route: Any) -> None:
            if route.request.url == address:
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
        page.goto(address)
        return shown

    yield open_it
    for context in contexts:
        context.close()


@pytest.fixture(scope="session", params=SHIPPED)
def report(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the report of a shipped scenario, from a few runs of each strategy; with the columns of many runs."""
    scenario = simulator.load(SCENARIOS / f"{request.param}.yaml")
    comparison = simulator.compare(scenario, replications=40, seed=3)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(numbers, "_RUNS_FOR_P99", 1)
        return simulator.render(comparison, out=tmp_path_factory.mktemp("browser") / request.param)
