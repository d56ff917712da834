"""Estimates from replications that were run stratum by stratum.

Each row has a stratum and a weight: the stratum's probability over the runs it had. A 0.5 % chance that the
revision is bad then needs no 100,000 runs, and any other chance can be put in afterwards.

The one thing a newcomer would get wrong: a metric need not apply to every run (there is no rollback time
without a rollback). Its mean is then a ratio, the weighted total over the weighted share of runs to which it
applies, and the share is itself uncertain. `applies` says which rows count; NaN never does.

Variances are those of a stratified ratio estimator, linearised. By stratum h they have two parts: the spread
of the values, A_h² s_h² / m_h with A_h the stratum's share of the applying rows and m_h their number; and the
luck of how many rows applied, which matters as far as the stratum's mean differs from the whole.

References
----------
Owen: A. B. Owen, *Monte Carlo theory, methods and examples*, ch. 8 (stratification).
Satterthwaite: F. E. Satterthwaite, An approximate distribution of estimates of variance components,
Biometrics Bulletin 2 (1946).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simulator.estimate.proportion import rule_of_three
from simulator.estimate.sample import FloatArray, t_quantile, z_quantile
from simulator.estimate.value import LEVEL, Estimate, Probability, Unvaried

ENOUGH_TO_CORRECT = 20  # rows: skewness estimated from fewer says more about them than about the truth

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]
Labels = npt.NDArray[np.generic]


@dataclass(frozen=True, slots=True)
class Moments:
    """A mean with its variance and the degrees of freedom of that variance.

    Parameters
    ----------
    value : float
        Weighted mean over the rows that count; NaN without any.
    variance : float
        Of `value`, not of the rows; ``inf`` when too few rows say anything about it.
    degrees : float
        Satterthwaite's, exact with one stratum.
    rows : int
        Rows that count.
    third : float
        Third cumulant of `value`: how lopsided its error is.
    """

    value: float
    variance: float
    degrees: float
    rows: int
    third: float = 0.0

    def estimate(self, level: float = LEVEL) -> Estimate:
        """Student-t interval."""
        half = math.inf
        if self.variance == 0:
            return Unvaried(self.value, self.value, self.value, level, self.rows)
        if math.isfinite(self.variance):
            half = t_quantile(level, self.degrees) * math.sqrt(self.variance)
        return Estimate(self.value, self.value - half, self.value + half, level, self.rows)

    def corrected(self, level: float = LEVEL) -> Estimate:
        """Interval of an average of skewed amounts; Student's t where nothing is skewed, or too few rows tell.

        Downtime is zero in most runs. Student's t is symmetric, so for such amounts it misses on one side, and for a
        mean that side is the harmful one. An end that Hall's transformation puts further out is put there; none is
        drawn in, since with heavy tails on both sides, as differences have them, the skewness itself is uncertain.

        References
        ----------
        P. Hall, On the removal of skewness by transformation, J. R. Statist. Soc. B 54 (1992).
        """
        plain = self.estimate(level)
        if not 0 < self.variance < math.inf or self.rows < ENOUGH_TO_CORRECT:
            return plain
        gamma = self.third / math.pow(self.variance, 1.5)
        if abs(gamma) < 1e-9:
            return plain
        t, error = t_quantile(level, self.degrees), math.sqrt(self.variance)

        def back(x: float) -> float:
            return 3 / gamma * (float(np.cbrt(1 + gamma * (x - gamma / 6))) - 1)

        low, high = self.value - error * back(t), self.value - error * back(-t)
        return Estimate(self.value, min(low, plain.low), max(high, plain.high), level, self.rows)

    def minus(self, other: Moments) -> Moments:
        """Difference of two independent means; Welch's interval when each comes from one stratum."""
        variance = self.variance + other.variance
        parts = np.array([self.variance, other.variance])
        degrees = np.array([self.degrees, other.degrees])
        rows, third = min(self.rows, other.rows), self.third - other.third
        return Moments(self.value - other.value, variance, _satterthwaite(parts, degrees), rows, third)


@dataclass(frozen=True, slots=True)
class Domain:
    """The rows that count: their stratum, and by stratum their number, share and the runs there were."""

    code: IntArray  # of each counting row
    share: FloatArray  # of the strata among the counting rows; sums to 1
    count: FloatArray  # counting rows of each stratum, at least 1
    runs: FloatArray  # all rows of each stratum

    def means(self, values: FloatArray) -> FloatArray:
        """Mean of the counting rows of each stratum."""
        return np.bincount(self.code, values, self.count.size) / self.count

    def variance_of_presence(self, means: FloatArray) -> FloatArray:
        """Part of the variance that comes from how many rows of each stratum happened to count."""
        overall = self.share @ means
        absent = 1 - self.count / self.runs
        scale = (self.share**2 * absent / self.count).reshape(-1, *(1,) * (means.ndim - 1))
        part: FloatArray = scale * (means - overall) ** 2
        return part


def stratified_moments(values: FloatArray, applies: BoolArray | None, strata: Labels, weights: FloatArray) -> Moments:
    """Weighted mean with its variance; rows that do not apply, or are not finite, are left out.

    Where a single run of several counts in a stratum, it borrows the spread of the others; a stratum of one run
    leaves the spread unknown.
    """
    counting = applying(applies, values) & np.isfinite(values)
    domain = domain_of(counting, strata, weights)
    if domain is None:
        return Moments(math.nan, math.inf, 1.0, 0)
    kept = values[counting]
    means = domain.means(kept)
    value = float(domain.share @ means)
    squares = np.bincount(domain.code, (kept - means[domain.code]) ** 2, means.size)
    freedom = domain.count - 1
    if freedom.sum() == 0 or (domain.runs < 2).any():
        # One run of a kind says nothing about its spread, and the other kind is no measure of it.
        return Moments(value, math.inf, 1.0, kept.size)
    spread = np.where(freedom > 0, squares / np.maximum(freedom, 1), squares.sum() / freedom.sum())
    within = domain.share**2 * spread / domain.count
    presence = domain.variance_of_presence(means)
    degrees = np.concatenate([np.maximum(freedom, 1), np.maximum(domain.runs - 1, 1)])
    parts = np.concatenate([within, presence])
    third = _third_cumulant(np.where(counting, values - value, 0.0), strata, weights, counting)
    return Moments(value, float(parts.sum()), _satterthwaite(parts, degrees), kept.size, third)


def _third_cumulant(residual: FloatArray, strata: Labels, weights: FloatArray, counting: BoolArray) -> float:
    """Third cumulant of a weighted mean, from what each row differs from it; 0 for rows that do not count."""
    total, third = float(weights.sum()), 0.0
    residual = residual * (total / float(weights[counting].sum()))
    for stratum in np.unique(strata):
        here = strata == stratum
        runs = int(here.sum())
        if runs < 3:
            continue
        centred = residual[here] - residual[here].mean()
        cumulant = runs * float((centred**3).sum()) / ((runs - 1) * (runs - 2))
        third += (float(weights[here].sum()) / total) ** 3 * cumulant / runs**2
    return third


def stratified_mean(
    values: FloatArray,
    applies: BoolArray | None,
    strata: Labels,
    weights: FloatArray,
    level: float = LEVEL,
) -> Estimate:
    """Mean over the finite rows to which a metric applies, with its Student-t interval.

    Parameters
    ----------
    values : array of float, shape (rows,)
        In the unit of the metric.
    applies : array of bool, shape (rows,), or None
        Rows that count; None for all that are not NaN.
    strata : array, shape (rows,)
        Stratum of each row.
    weights : array of float, shape (rows,)
        Stratum probability over the runs of that stratum; any common factor cancels.
    level : float
        Confidence level.

    Returns
    -------
    Estimate
        NaN without a counting row; infinite ends with a single one.

    References
    ----------
    Owen, section 8.4; Satterthwaite for the degrees of freedom.

    Examples
    --------
    >>> values = np.array([2.0, 4.0, 6.0, 100.0, 140.0])
    >>> strata = np.array(["good", "good", "good", "bad", "bad"])
    >>> round(stratified_mean(values, None, strata, np.array([0.3, 0.3, 0.3, 0.05, 0.05])).value, 9)
    15.6
    """
    return stratified_moments(values, applies, strata, weights).estimate(level)


def stratified_share(
    scores: FloatArray,
    strata: Labels,
    weights: FloatArray,
    applies: BoolArray | None = None,
    level: float = LEVEL,
) -> Probability:
    """Weighted share of scores between 0 and 1, such as "better" with ties counted half.

    Wilson's interval at the effective number of runs p(1-p)/Var. A stratum in which every run says the same
    adds what its silence leaves open: (1 - c) W_h (1 - 0.05^(1/n_h)) above and c of it below, for a score c.

    Returns
    -------
    Probability
        NaN when no row counts.
    """
    counting = applying(applies, scores)
    domain = domain_of(counting, strata, weights)
    if domain is None:
        return Probability(math.nan, math.nan, math.nan, level, 0)
    kept = scores[counting]
    means = domain.means(kept)
    spread = np.maximum(domain.means(kept**2) - means**2, 0.0)
    value, low, high = (float(end[0]) for end in share_ends(means[:, None], spread[:, None], domain, level))
    bound = high if value <= 0 else low if value >= 1 else None
    return Probability(value, low, high, level, kept.size, bound)


def stratified_probability(
    hits: BoolArray,
    strata: Labels,
    weights: FloatArray,
    applies: BoolArray | None = None,
    level: float = LEVEL,
) -> Probability:
    """Probability of an event, among the rows that apply.

    p = Σ W_h p_h with variance Σ W_h² p_h (1-p_h) / n_h, and Wilson's interval at n_eff = p(1-p)/variance.
    A stratum without an event adds W_h (1 - 0.05^(1/n_h)) to the upper end, one in which every run had it
    takes as much from the lower end, and with no event at all the bound is the sum, which is conservative.

    Examples
    --------
    No event in 500 good and 500 bad runs, when 5 % of releases are bad:

    >>> strata = np.repeat(["good", "bad"], 500)
    >>> weights = np.repeat([0.95 / 500, 0.05 / 500], 500)
    >>> print(stratified_probability(np.zeros(1000, dtype=bool), strata, weights))
    none in 1,000 runs (at most 0.60 % at 95 %)
    """
    return stratified_share(hits.astype(np.float64), strata, weights, applies, level)


def share_ends(
    means: FloatArray, spread: FloatArray, domain: Domain, level: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Weighted share and its interval, from means and population variances of shape (strata, points)."""
    value = np.clip(domain.share @ means, 0.0, 1.0)
    # Shares are sums of floats: all of the runs may come out as 0.9999999999999999.
    value = np.where(np.abs(value - np.round(value)) < 1e-12, np.round(value), value)
    variance = (domain.share**2 / domain.count) @ spread + domain.variance_of_presence(means).sum(axis=0)
    # 1/n_eff is 0 where nothing varied: Wilson's formula then gives the value itself, and silence widens it.
    with np.errstate(divide="ignore", invalid="ignore"):
        inverse = np.where((variance > 0) & (value > 0) & (value < 1), variance / (value * (1 - value)), 0.0)
    z2 = z_quantile(level) ** 2
    centre = (value + z2 * inverse / 2) / (1 + z2 * inverse)
    half = math.sqrt(z2) * np.sqrt(value * (1 - value) * inverse + z2 * inverse**2 / 4) / (1 + z2 * inverse)
    open_share = domain.share * np.array([rule_of_three(count, level) for count in domain.count])
    silent = spread <= 1e-15
    above = np.where(silent, open_share[:, None] * (1 - means), 0.0).sum(axis=0)
    below = np.where(silent, open_share[:, None] * means, 0.0).sum(axis=0)
    low = np.clip(np.minimum(centre - half - below, value), 0.0, 1.0)
    high = np.clip(np.maximum(centre + half + above, value), 0.0, 1.0)
    return value, low, high


def domain_of(counting: BoolArray, strata: Labels, weights: FloatArray) -> Domain | None:
    """Group the counting rows by stratum; strata without a counting row drop out."""
    if not counting.any():
        return None
    names, code = np.unique(strata, return_inverse=True)
    runs = np.bincount(code, minlength=names.size)
    count = np.bincount(code[counting], minlength=names.size)
    weight = np.bincount(code[counting], weights[counting], names.size)
    present = count > 0
    position = np.cumsum(present) - 1
    return Domain(
        position[code[counting]],
        weight[present] / weight.sum(),
        count[present].astype(np.float64),
        runs[present].astype(np.float64),
    )


def _satterthwaite(parts: FloatArray, degrees: FloatArray) -> float:
    total = float(parts.sum())
    if total == 0 or not math.isfinite(total):
        return float(degrees.max())
    return total**2 / float((parts**2 / degrees).sum())


def applying(applies: BoolArray | None, values: FloatArray) -> BoolArray:
    """Rows that count: those named, else all that hold a value."""
    return ~np.isnan(values) if applies is None else applies & ~np.isnan(values)
