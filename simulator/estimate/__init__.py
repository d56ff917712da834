"""Values with their uncertainty: the statistics both sides of an experiment share.

`value` is the pair itself, an `Estimate`, and how it is written without claiming more than the runs show.
`sample` and `proportion` estimate from independent replications that all count the same. `strata` and `tails`
do so from replications run stratum by stratum, each row with its weight; every number of a comparison comes
from these two.

References in the docstrings are to the textbooks, by the names the module that uses them gives.
"""

from __future__ import annotations

from simulator.estimate.proportion import clopper_pearson, rule_of_three, upper_bound, wilson
from simulator.estimate.sample import (
    dkw,
    half_width,
    mean,
    plug_in_cvar,
    quantile,
    quantile_ranks,
    sequential_stop,
)
from simulator.estimate.strata import (
    Moments,
    stratified_mean,
    stratified_moments,
    stratified_probability,
    stratified_share,
)
from simulator.estimate.tails import (
    cvar,
    stratified_cvar,
    stratified_exceedance,
    stratified_quantile,
    weighted_quantile,
)
from simulator.estimate.value import LEVEL, Estimate, Probability, Unvaried, number, percent

__all__ = [
    "LEVEL",
    "Estimate",
    "Moments",
    "Probability",
    "Unvaried",
    "clopper_pearson",
    "cvar",
    "dkw",
    "half_width",
    "mean",
    "number",
    "percent",
    "plug_in_cvar",
    "quantile",
    "quantile_ranks",
    "rule_of_three",
    "sequential_stop",
    "stratified_cvar",
    "stratified_exceedance",
    "stratified_mean",
    "stratified_moments",
    "stratified_probability",
    "stratified_quantile",
    "stratified_share",
    "upper_bound",
    "weighted_quantile",
    "wilson",
]
