"""Colours, contrast and shapes: every strategy can be told apart by every eye and on grey paper."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from simulator.report.figures import gantt, style, traffic
from tests.report.test_figures import DEFICIENCIES

LOOKS = list(style.looks([f"s{place}" for place in range(8)]).values())


def linear(colour: str):
    rgb = np.array([int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)])
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    """CIE L*a*b* of linear sRGB under D65 (IEC 61966-2-1; CIE 15)."""
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    ratio = to_xyz @ np.clip(rgb, 0, 1) / np.array([0.95047, 1.0, 1.08883])
    f = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("eye", [*DEFICIENCIES, "normal"])
def test_the_first_four_strategies_are_far_apart_in_colour(eye) -> None:
    matrix = np.array(DEFICIENCIES[eye]) if eye in DEFICIENCIES else np.eye(3)
    seen = [lab(matrix @ linear(look.ink)) for look in LOOKS[:4]]
    assert min(np.linalg.norm(one - other) for one, other in combinations(seen, 2)) > 15


def test_any_two_strategies_differ_in_shape_whatever_the_eye_or_the_printer() -> None:
    for one, other in combinations(LOOKS, 2):
        assert one.mark != other.mark
        assert one.glyph != other.glyph
    for one, other in combinations(LOOKS[:4], 2):
        assert one.line != other.line


def test_two_strategies_of_one_grey_have_two_marks() -> None:
    grey = [style.contrast(look.ink) for look in LOOKS]
    alike = [(a, b) for a, b in combinations(range(len(LOOKS)), 2) if abs(grey[a] - grey[b]) < 0.5]
    assert alike, "a palette of one lightness is why marks differ"
    assert all(LOOKS[a].mark != LOOKS[b].mark for a, b in alike)


def test_lines_and_marks_stand_out_from_white_and_keep_the_hue() -> None:
    for look in LOOKS:
        assert style.contrast(look.ink) >= 3.0
        ours, pure = lab(linear(look.ink)), lab(linear(look.colour))
        if np.linalg.norm(pure[1:]) > 5:
            assert ours[1:] @ pure[1:] / np.linalg.norm(ours[1:]) / np.linalg.norm(pure[1:]) > 0.97


@pytest.mark.parametrize("colour", [style.INK, style.SOFT, style.WARM])
def test_text_is_readable(colour) -> None:
    assert style.contrast(colour) >= 4.5


def test_text_on_coloured_bars_is_readable() -> None:
    assert style.contrast("#ffffff", gantt._WAY_BACK) >= 4.5
    assert style.contrast("#000000", traffic._STATES["ALARM"][0]) >= 4.5
    assert style.contrast("#000000", traffic._STATES["OK"][0]) >= 4.5


def test_states_and_phases_that_share_a_grey_have_hatches_or_words() -> None:
    fills = list(gantt._FILLS.values())
    shown = {kind: gantt._FILLS[kind] for kind in ("leaving service", "installing", "starting", "returning to service")}
    for one, other in combinations(shown.values(), 2):
        apart = abs(style.contrast(one[0]) - style.contrast(other[0])) > 0.4
        assert apart or one[1] != other[1]
    assert len(fills) >= len(shown)
