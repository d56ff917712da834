"""What a notebook shows of a scenario, a run, a comparison and a difference."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import pytest

from simulator.analysis import Comparison, compare
from tests.analysis.builders import comparison, rows_of
from tests.experiment.worlds import HALF, ONE, servers

HOSTILE = "<script>alert(1)</script>\u202e" + "x" * 300


@cache
def simulated() -> Comparison:
    named = [{"name": HOSTILE, "configuration": ONE}, {"name": "half & half", "configuration": HALF}]
    return compare(servers(named, name=HOSTILE), replications=30, seed=7, workers=1)


@cache
def views() -> dict[str, str]:
    done = simulated()
    things: dict[str, Any] = {
        "scenario": done.scenario,
        "comparison": done,
        "run": done.run(HOSTILE, 1),
        "why": done.why(HOSTILE, "half & half"),
        "share": done.why(HOSTILE, "half & half", "p_rollback"),
    }
    return {name: thing._repr_html_() for name, thing in things.items()}


@pytest.mark.parametrize("name", ["scenario", "comparison", "run", "why", "share"])
def test_names_are_text_and_no_colour_is_set(name: str) -> None:
    html = views()[name]
    assert "<script" not in html
    assert "\u202e" not in html
    assert not re.search(r"colou?r\s*:|background", html)
    for tag in ("table", "div", "tr", "td", "th", "span", "details", "strong"):
        assert len(re.findall(f"<{tag}[ >]", html)) == html.count(f"</{tag}>"), tag


def test_a_comparison_shows_what_to_do_and_every_strategy_with_its_interval() -> None:
    html = views()["comparison"]
    assert "half &amp; half" in html
    assert "mean downtime, if bad" in html
    assert "30 replications of each strategy, seed 7" in html
    assert html.count("<tr>") == 1 + 2


def test_a_run_shows_how_it_ended_and_keeps_the_story_folded() -> None:
    html = views()["run"]
    assert "<details><summary>" in html
    assert "<code>downtime_s</code>" in html
    assert "bad release" in html


def test_plain_text_says_the_same_in_a_line() -> None:
    done = simulated()
    assert repr(done).startswith("<Comparison of 2 strategies in 30 replications, seed 7: ")
    run = done.run("half & half", 1)
    assert repr(run).startswith("<Run of 'half & half', replication 1, seed 7: bad release (")
    assert repr(done.scenario).startswith("<Scenario '<script>alert(1)")
    assert "\u202e" not in repr(done.scenario) + repr(run)


def test_a_comparison_of_outcomes_alone_is_shown_too() -> None:
    done = comparison(rows_of("a", {"downtime_s": [1.0, 2.0] * 10}), rows_of("b", {"downtime_s": [2.0, 4.0] * 10}))
    assert "mean downtime" in done._repr_html_()
    assert "all of it" in done.why("a", "b", "downtime_s")._repr_html_() or done.why("a", "b").lines == ()


def test_figures_are_found_by_name() -> None:
    assert "strategies" in dir(simulated().plot)
