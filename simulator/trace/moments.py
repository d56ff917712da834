"""What a story is made of: moments, and the two clocks they are told by."""

from __future__ import annotations

from typing import NamedTuple

from simulator.errors import quoted
from simulator.model.context import WEEKDAYS

FIRST, LAST = -1, 1 << 60


class Moment(NamedTuple):
    """One sentence of a story.

    Parameters
    ----------
    time : float
        Seconds since CreateDeployment.
    order : int
        Its place among others of the same instant: that of its record in the trace.
    text : str
        What happened.
    rules : tuple of str
        Names of the rules and assumptions behind it, as ``rollsim explain`` takes them.
    """

    time: float
    order: int
    text: str
    rules: tuple[str, ...] = ()


def clock(seconds: float) -> str:
    """Write an instant as a stopwatch shows it, rounded to the second as `simulator.units.human` rounds a duration.

    >>> clock(74.6), clock(3723), clock(-30), clock(90_000)
    ('1:15', '1:02:03', '-0:30', '25:00:00')
    """
    whole = abs(round(seconds))
    sign = "-" if round(seconds) < 0 else ""
    hours, rest = divmod(whole, 3600)
    minutes, second = divmod(rest, 60)
    return f"{sign}{hours}:{minutes:02}:{second:02}" if hours else f"{sign}{minutes}:{second:02}"


def wall_clock(second_of_week: float) -> str:
    """Write a second of the week as weekday and time.

    >>> wall_clock(86_400 + 36_000)
    'Tue 10:00:00'
    """
    day, second = divmod(round(second_of_week) % (7 * 86_400), 86_400)
    return f"{WEEKDAYS[day][:3]} {second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"


def safe(text: str) -> str:
    """Text of a file in a sentence: control characters escaped, shortened."""
    return quoted(text, limit=120)[1:-1]


def defect_words(defect: str) -> str:
    """Write the trace's word for a defect as what the revision does.

    >>> defect_words("errors 12.50%"), defect_words("crash at start"), defect_words("slow x1.60")
    ('fails 12.5 % of requests', 'crashes at start', 'takes 1.6 times as long')
    >>> defect_words("errors 12.50% after 40 min")
    'fails 12.5 % of requests from 40 min after it first serves on'
    """
    for mark, form in _WHEN.items():
        share, hidden, when = defect.partition(mark)
        if hidden:
            return f"{defect_words(share)} {form.format(safe(when))}"
    if defect == "crash at start":
        return "crashes at start"
    for beginning, form in _DEFECTS.items():
        number = defect.removeprefix(beginning).removesuffix("%")
        if defect.startswith(beginning) and number.replace(".", "", 1).isdigit():
            return form.format(float(number))
    return safe(defect)


_WHEN = {
    " after ": "from {} after it first serves on",
    " above ": "while it gets more than {}",
    " beside ": "while it serves beside {}",
}
_DEFECTS = {"errors ": "fails {:.3g} % of requests", "slow x": "takes {:.3g} times as long"}
