"""A database with room for one fleet's connections meets two."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.rules import dependency

limits = st.integers(0, 2000)
per_target = st.integers(1, 50)
targets = st.integers(0, 100)


def test_green_finds_no_connection_while_blue_holds_its_pools() -> None:
    assert dependency.without_connection(500, 10, old=50, new=50) == (0.0, 1.0)
    assert dependency.without_connection(500, 10, old=50, new=50, grant="even") == (0.5, 0.5)
    assert dependency.without_connection(1000, 10, old=50, new=50) == (0.0, 0.0)


def test_green_has_all_it_needs_once_blue_is_gone() -> None:
    assert dependency.without_connection(500, 10, old=0, new=50) == (0.0, 0.0)


@given(limits, per_target, targets, targets)
def test_never_more_connections_than_the_limit_and_none_idle_while_somebody_waits(limit, each, old, new) -> None:
    for grant in ("first_come", "even"):
        held = dependency.held(limit, each, old, new, grant)
        assert sum(held) == pytest.approx(min(limit, each * (old + new)))
        starved = dependency.without_connection(limit, each, old, new, grant)
        assert all(-1e-12 <= share <= 1.0 for share in starved)


@given(limits, per_target, targets, targets)
def test_a_higher_limit_starves_nobody_more(limit, each, old, new) -> None:
    for grant in ("first_come", "even"):
        tight = dependency.without_connection(limit, each, old, new, grant)
        loose = dependency.without_connection(limit + 10, each, old, new, grant)
        assert loose.old <= tight.old + 1e-12
        assert loose.new <= tight.new + 1e-12


@given(limits, per_target, targets)
def test_targets_that_fit_are_the_most_that_starve_nobody(limit, each, existing) -> None:
    room = dependency.targets_that_fit(limit, each, existing)
    if existing * each <= limit:
        assert dependency.without_connection(limit, each, existing, room) == (0.0, 0.0)
        assert dependency.without_connection(limit, each, existing, room + 1).new > 0.0
