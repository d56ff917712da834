"""The risk rating: how often a deployment uses so much of the error budget, as cells of a risk matrix.

The one thing a newcomer would get wrong: a matrix is an index into the distribution, never a ranking. Very
different risks share a cell, so strategies are compared by their outcomes and only the route is read off
here.

Source: NIST SP 800-30 rev. 1, tables G-3 (likelihood by yearly frequency) and I-2 (level of risk).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.analysis.sample import Sample
from simulator.estimate import Probability, stratified_probability

LEVELS = ("Very Low", "Low", "Moderate", "High", "Very High")
# Impact by share of the window's error budget that one deployment uses; our bands. 20 % is where Google's
# example error-budget policy asks for a review of a single incident (Site Reliability Workbook, appendix B).
IMPACTS = ((1.0, "Very High"), (0.20, "High"), (0.05, "Moderate"), (0.01, "Low"))
# A board that doubts the chance of a bad release is shown the upper end of what surveys span (prior cfr.default).
PESSIMISTIC_BAD = 0.25
# Times per year from which on a likelihood holds (table G-3).
_LIKELIHOODS = ((100.0, "Very High"), (10.0, "High"), (1.0, "Moderate"), (0.1, "Low"), (0.0, "Very Low"))
# Rows: likelihood from Very Low to Very High; columns: impact from Very Low to Very High (table I-2).
_MATRIX = (
    ("Very Low", "Very Low", "Very Low", "Low", "Low"),
    ("Very Low", "Low", "Low", "Low", "Moderate"),
    ("Very Low", "Low", "Moderate", "Moderate", "High"),
    ("Very Low", "Low", "Moderate", "High", "Very High"),
    ("Very Low", "Low", "Moderate", "High", "Very High"),
)


@dataclass(frozen=True, slots=True)
class Cell:
    """One impact band of one strategy: how likely a deployment reaches it, how often a year, and the level.

    `levels` are those of the whole interval, `most_per_year` is its upper end.
    """

    impact: str
    from_share: float
    chance: Probability
    per_year: float
    likelihood: str
    most_per_year: float
    levels: tuple[str, ...]

    @property
    def level(self) -> str:
        """Level of risk at the point estimate."""
        return level(self.likelihood, self.impact)


def likelihood(per_year: float) -> str:
    """Likelihood of something that happens so often a year.

    >>> likelihood(2.1), likelihood(0.05)
    ('Moderate', 'Very Low')
    """
    return next(word for least, word in _LIKELIHOODS if per_year > least or least == 0)


def level(likely: str, impact: str) -> str:
    """Level of risk of a cell.

    >>> level("Moderate", "High"), level("Low", "Very High")
    ('Moderate', 'Moderate')
    """
    return _MATRIX[LEVELS.index(likely)][LEVELS.index(impact)]


def cells(sample: Sample, per_year: float) -> list[Cell]:
    """One cell for each impact band, worst first; both levels where the interval straddles a border."""
    used, found = sample.numbers["budget_share"], []
    for share, impact in IMPACTS:
        chance = stratified_probability(used > share, sample.strata, sample.weights, ~np.isnan(used))
        rates = (chance.low * per_year, chance.value * per_year, chance.high * per_year)
        words = [likelihood(rate) for rate in rates]
        levels = dict.fromkeys(level(word, impact) for word in words)
        found.append(Cell(impact, share, chance, rates[1], words[1], rates[2], tuple(levels)))
    return found


def leading(found: list[Cell]) -> Cell:
    """Return the cell that sets the rating: of the worst level, the one met most often."""
    return max(found, key=lambda cell: (LEVELS.index(cell.level), cell.per_year))


def span(found: list[Cell]) -> list[str]:
    """Lowest and highest rating that the intervals allow; one where they allow no other."""
    lowest = max(min(LEVELS.index(level) for level in cell.levels) for cell in found)
    highest = max(LEVELS.index(level) for cell in found for level in cell.levels)
    return list(dict.fromkeys((LEVELS[lowest], LEVELS[highest])))
