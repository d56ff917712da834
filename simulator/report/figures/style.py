"""How every figure looks: one colour and one mark per strategy, a white card, the same bytes each time.

The one thing a newcomer would get wrong: figures are drawn without pyplot and inside `drawing`, so that a
notebook's own settings neither change them nor are changed by them.
"""

from __future__ import annotations

import io
import math
import re
import textwrap
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from html import escape
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import FuncFormatter, MaxNLocator

from simulator.report.words import short

WIDTH_IN = 6.7  # 170 mm, the text width of A4 with 20 mm margins
INK, SOFT, GRID, ACCENT = "#1a1f27", "#58616e", "#e3e7ec", "#0b5cad"
BAD, CALM = "#D55E00", "#0072B2"
WARM = "#a34700"  # vermilion dark enough for text

_LETTER_IN = 0.085  # width of a letter of a title, on average
_SECONDS_BELOW_MIN = 6.0  # an axis of fewer minutes has its times of day to the second
Dash = str | tuple[int, tuple[float, ...]]

# Okabe and Ito's colours that hold on white as thin marks, each with a mark and a line of its own.
_HUES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_MARKS = ("o", "s", "D", "^", "v", "P", "X", "h")
_GLYPHS = ("●", "■", "◆", "▲", "▼", "✚", "✖", "⬢")
_LINES: tuple[Dash, ...] = ("-", (0, (5, 2)), (0, (1, 1.4)), (0, (6, 2, 1, 2)))

_SETTINGS: dict[Any, Any] = {
    "font.family": ["DejaVu Sans"],
    "font.size": 8.5,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 10,
    "axes.labelsize": 8.5,
    "axes.labelcolor": SOFT,
    "axes.edgecolor": "#9aa3ae",
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": False,
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "text.color": INK,
    "xtick.color": SOFT,
    "ytick.color": INK,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "xtick.major.size": 3,
    "ytick.major.size": 0,
    "xtick.major.width": 0.7,
    "lines.solid_capstyle": "butt",
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "hatch.linewidth": 0.6,
    "svg.fonttype": "none",
    "text.usetex": False,
}
_NO_METADATA = {"Date": None, "Creator": None, "Type": None, "Format": None}
# Text stays text, so it can be searched and read aloud; these fonts are no wider than the one it was measured
# in.
_FONTS = "'DejaVu Sans', Verdana, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif"


@dataclass(frozen=True, slots=True)
class Look:
    """Colour, mark, line and printed glyph of one strategy on every page."""

    colour: str
    mark: str
    line: Dash
    glyph: str

    @property
    def ink(self) -> str:
        """The hue as dark as lines, marks and their edges need to stand out from white."""
        return readable(self.colour)


@cache
def readable(colour: str, ratio: float = 3.0) -> str:
    """Darken a colour until its contrast with white is at least `ratio` (WCAG 2.1, 1.4.11).

    >>> readable("#0072B2"), readable("#56B4E9")
    ('#0072B2', '#4A9BC8')
    """
    darkened = colour
    for step in range(100):
        if contrast(darkened) >= ratio:
            break
        share = 1 - (step + 1) / 50
        channels = (round(int(colour[place : place + 2], 16) * share) for place in (1, 3, 5))
        darkened = "#" + "".join(f"{max(channel, 0):02X}" for channel in channels)
    return darkened


def contrast(colour: str, other: str = "#ffffff") -> float:
    """Contrast ratio of two colours (WCAG 2.1, relative luminance).

    >>> contrast("#000000")
    21.0
    """
    one, two = sorted((_luminance(colour), _luminance(other)))
    return (two + 0.05) / (one + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return sum(share * value for share, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def looks(strategies: Sequence[str]) -> dict[str, Look]:
    """Give each strategy its look, in the order of the scenario.

    >>> looks(["a", "b"])["b"].colour
    '#D55E00'
    """
    return {
        name: Look(
            _HUES[place % len(_HUES)],
            _MARKS[place % len(_MARKS)],
            _LINES[place % len(_LINES)],
            _GLYPHS[place % len(_GLYPHS)],
        )
        for place, name in enumerate(strategies)
    }


@contextmanager
def drawing() -> Iterator[None]:
    """Draw with the report's settings; the caller's own are back afterwards."""
    with mpl.rc_context(), warnings.catch_warnings():
        mpl.rcdefaults()
        mpl.rcParams.update(_SETTINGS)
        # A name may hold characters that the measuring font lacks; the reader's browser has them.
        warnings.filterwarnings("ignore", message=r".*Glyph .* missing from font")
        warnings.filterwarnings("ignore", message=r".*Matplotlib currently does not support")
        yield


# Who makes a figure: nobody but us, unless a notebook's own machinery is to show it.
_MAKER: ContextVar[Callable[..., Figure]] = ContextVar("maker", default=Figure)


@contextmanager
def made_by(maker: Callable[..., Figure]) -> Iterator[None]:
    """Within it, new figures come from `maker`, such as ``pyplot.figure``."""
    token = _MAKER.set(maker)
    try:
        yield
    finally:
        _MAKER.reset(token)


def new_figure(height_in: float) -> Figure:
    """Return an empty figure as wide as a page's text."""
    layout = ConstrainedLayoutEngine(w_pad=0.04, h_pad=0.04)
    return _MAKER.get()(figsize=(WIDTH_IN, height_in), layout=layout)


def panels_of(
    ax: Axes | None, height_in: float, rows: int, columns: int = 1, **shared: Any
) -> tuple[Figure, list[Axes]]:
    """Return the axes given, alone, or a new figure's panels, row by row."""
    if ax is not None:
        return axes_of(ax, height_in)[0], [ax]
    figure = new_figure(height_in)
    return figure, list(figure.subplots(rows, columns, squeeze=False, **shared).ravel())


def axes_of(ax: Axes | None, height_in: float) -> tuple[Figure, Axes]:
    """Return the axes given, or a new figure's own."""
    if ax is None:
        figure = new_figure(height_in)
        return figure, figure.add_subplot()
    return figure_of(ax), ax


def figure_of(axes: Axes) -> Figure:
    """Return the whole figure that axes stand in, be it within a part of it."""
    return axes.figure if isinstance(axes.figure, Figure) else axes.figure.figure


def label(name: str, limit: int = 28) -> str:
    r"""Write a scenario's name so that it can stand in a figure: one short line, no formulas.

    >>> label("costs $5 or $6")
    'costs \\$5 or \\$6'
    """
    return short(name, limit).replace("$", r"\$")


def plain_numbers(axis: Axis) -> None:
    """Label an axis with plain numbers, thousands grouped, on a log scale too."""
    axis.set_major_formatter(FuncFormatter(lambda value, _: _plain(value)))
    axis.set_minor_formatter(FuncFormatter(lambda _value, _place: ""))


def mark_tolerance(axes: Axes, at: float) -> None:
    """Draw the tolerance as a labelled line."""
    axes.axvline(at, color=INK, linewidth=0.9, linestyle=(0, (4, 3)))
    axes.annotate(
        "tolerance",
        (at, 1),
        xycoords=("data", "axes fraction"),
        xytext=(3, -2),
        textcoords="offset points",
        va="top",
        fontsize=8,
    )


def _plain(value: float) -> str:
    text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.6f}".rstrip("0").rstrip(".")
    return text.replace("-", "\u2212")


def title(axes: Axes, text: str, own_figure: bool = True, width: int = 74) -> None:
    """Set the finding above, wrapped at words, from the left edge of a figure of its own."""
    if not own_figure:
        width = max(round(figure_of(axes).get_figwidth() * axes.get_position().width / _LETTER_IN), 20)
    lines = "\n".join(textwrap.wrap(text, width, break_on_hyphens=False)).replace("$", r"\$")
    if own_figure and isinstance(axes.figure, Figure):
        axes.figure.suptitle(lines, x=0.008, ha="left", fontsize=10.5, fontweight="bold", linespacing=1.25)
    else:
        axes.set_title(lines)


def side_label(axes: Axes, text: str) -> None:
    """Name a low panel at its left, level with it."""
    axes.set_ylabel(text, rotation=0, ha="right", va="center", fontsize=8, color=SOFT, labelpad=8)


def note(axes: Axes, x: float, height: float, text: str, colour: str = INK) -> None:
    """Write a word beside a vertical line at `x`, on the side with more room; call it when the limits stand."""
    low, high = axes.get_xlim()
    right = x - low > 0.65 * (high - low)
    axes.annotate(
        text, (x, height), xycoords=("data", "axes fraction"), xytext=(-3 if right else 3, 0),
        textcoords="offset points", fontsize=8, color=colour, ha="right" if right else "left", va="center",
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.85},
    )  # fmt: skip


def top_tick(most: float) -> float:
    """Least round number that is no smaller.

    >>> top_tick(0.447), top_tick(0.654), top_tick(0.01)
    (0.5, 0.8, 0.01)
    """
    power = 10.0 ** math.floor(math.log10(most))
    return next(round(step * power, 12) for step in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if step * power >= most * (1 - 1e-9))


def time_axis(axes: Axes, start_of_day_s: float | None = None, short: bool = False) -> None:
    """Label time in minutes from the start and, where it is known, in time of day under it."""
    from_start = "minutes from the start" + ("" if short else " of the deployment")
    axes.xaxis.set_major_locator(MaxNLocator(5 if short else 8, steps=[1, 2, 2.5, 3, 5, 6, 10]))
    axes.set_xlabel(from_start)
    plain_numbers(axes.xaxis)
    if start_of_day_s is None:
        return

    def words(minutes: float, _: int | None) -> str:
        low, high = axes.get_xlim()
        return f"{_plain(minutes)}\n{time_of_day(start_of_day_s + 60 * minutes, high - low < _SECONDS_BELOW_MIN)}"

    axes.xaxis.set_major_formatter(FuncFormatter(words))
    axes.set_xlabel(from_start + ("" if short else ", and time of day"))


def time_of_day(seconds: float, to_the_second: bool = False) -> str:
    """Write a time of day.

    >>> time_of_day(36_030.0), time_of_day(90_006.0, to_the_second=True)
    ('10:00', '01:00:06')
    """
    whole = math.floor(seconds + 1e-6)
    minutes = whole // 60 % 1440
    return f"{minutes // 60:02d}:{minutes % 60:02d}" + (f":{whole % 60:02d}" if to_the_second else "")


def spread_labels(places: Sequence[float], gap: float) -> list[float]:
    """Move label positions apart until neighbours are at least `gap` from each other, order kept.

    >>> spread_labels([1.0, 1.1, 5.0], 1.0)
    [0.55, 1.55, 5.0]
    """
    order = sorted(range(len(places)), key=lambda index: places[index])
    groups: list[list[int]] = []
    centre: list[float] = []
    for index in order:
        groups.append([index])
        centre.append(places[index])
        while len(groups) > 1 and centre[-1] - centre[-2] < gap * (len(groups[-1]) + len(groups[-2])) / 2:
            last, place = groups.pop(), centre.pop()
            size = len(groups[-1])
            centre[-1] = (centre[-1] * size + place * len(last)) / (size + len(last))
            groups[-1] += last
    moved = [0.0] * len(places)
    for group, middle in zip(groups, centre, strict=True):
        for rank, index in enumerate(group):
            moved[index] = round(middle + gap * (rank - (len(group) - 1) / 2), 9)
    return moved


def svg(figure: Figure, name: str, message: str) -> str:
    """Write a figure as SVG text that is the same each time and can stand with others in one page.

    Parameters
    ----------
    figure : Figure
    name : str
        Of letters, digits and dashes; makes the ids of this figure its own.
    message : str
        The finding in one sentence, for those who cannot see it.
    """
    out = io.StringIO()
    with drawing():
        mpl.rcParams["svg.hashsalt"] = name
        canvas = FigureCanvasSVG(figure)
        _settle(figure)
        # `savefig` would lay out and draw once more.
        canvas.print_svg(out, metadata=_NO_METADATA)  # type: ignore[no-untyped-call]  # it has no types
    text = out.getvalue()
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", text[text.index("<svg") :], flags=re.DOTALL)
    used = dict.fromkeys(re.findall(r'(?:href="|url\()#([^")]+)', text))
    names = {old: f"{name}-{place}" for place, old in enumerate(used)}
    text = re.sub(r"<[^>]+>", lambda tag: _own(tag[0], names), text)
    opening = f'<svg role="img" aria-label="{escape(message)}"'
    return re.sub(r"^<svg", lambda _: opening, text).strip() + "\n"


def _settle(figure: Figure) -> None:
    """Lay the figure out once and round the result: the solver's last digits differ from run to run."""
    engine = figure.get_layout_engine()
    if engine is None:
        return
    figure.dpi = 72  # as SVG has it
    engine.execute(figure)
    figure.set_layout_engine("none")
    for axes in figure.axes:
        left, bottom, width, height = axes.get_position().bounds
        axes.set_position((round(left, 5), round(bottom, 5), round(width, 5), round(height, 5)))


def _own(tag: str, names: dict[str, str]) -> str:
    """Make a tag's ids this figure's own, drop unused ones, and keep two decimals (4 micrometres)."""
    tag = re.sub(r' id="([^"]*)"', lambda found: f' id="{names[found[1]]}"' if found[1] in names else "", tag)
    tag = re.sub(r'((?:href="|url\()#)([^")]+)', lambda found: found[1] + names[found[2]], tag)
    # A hair upwards, so that a value on the border between two roundings always goes the same way.
    tag = re.sub(r"-?\d+\.\d{3,}(?!\d*[eE])", lambda found: f"{float(found[0]) + 1e-7:.2f}", tag)
    return re.sub(r"\s+", " ", tag).replace("'DejaVu Sans'", _FONTS)
