"""Intervals over independent replications, the unit of error, or over draws of the parameters; and verdicts.

A verdict says whether a difference is real, or that too little can be observed to say so.

Louis, T. A. (1984). Estimating a population of parameter values using Bayes and empirical Bayes methods.
Journal of the American Statistical Association 79(386), 393-398.

Sun, Y., Apley, D. W. and Staum, J. (2011). Efficient nested simulation for estimating the variance of
a conditional expectation. Operations Research 59(4), 998-1007.
"""

import warnings
from collections.abc import Hashable, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import log_ndtr, stdtr, stdtrit

from simlimit.arguments import Floats, Ints, Truths
from simlimit.delays.tables import with_interval
from simlimit.study.draws import PER_DRAW
from simlimit.study.metrics import LEAST_EVENTS, NEVER_NEGATIVE, SHARES

# By how much sums of the same parts may differ, relative to them.
ROUNDING = 1e-14


class Intervals(NamedTuple):
    """Means over replications with their intervals; and how many replications have a value."""

    estimate: Floats
    low: Floats
    high: Floats
    replications: Ints


def mean_intervals(
    values: Floats, confidence: float, events: Floats | None = None, draws: bool = False
) -> Intervals:
    """Return the mean over replications, and an interval of the expectation of a replication.

    It is Student's t. For draws of the parameters it is where the expectation of one more draw lies with this
    confidence: between two `order_statistics`.

    Parameters
    ----------
    values : array of float, shape (replications, ...)
        NaN, such as a share of no holds, is left out. A value is infinite where it was not reached, such as a
        median; then the mean is NaN.
    confidence : float
    events : array of float, shape (...), optional
        How many events are expected in all replications.
    draws : bool
        Whether each two replications in a row are of one draw of the parameters.

    Returns
    -------
    Intervals
        Arrays of shape (...). The interval is NaN with fewer than two replications, or too few draws. It is
        NaN as well if all are equal, or fewer than `LEAST_EVENTS` are expected: how much others would differ
        was not seen.
    """
    is_known = ~never_vary(values) & (True if events is None else events >= LEAST_EVENTS)
    number, mean, variance = moments(variance_components(values)[0] if draws else values)
    if draws:
        values = without_simulation_error(values)
    half = half_width(np.sqrt(variance), number, confidence)
    ends = order_statistics(values, number, confidence) if draws else np.stack([mean - half, mean + half])
    low, high = np.where(is_known & ~np.isnan(mean), ends, np.nan)
    return Intervals(mean, low, high, number * PER_DRAW if draws else number)


def never_vary(values: Floats) -> Truths:
    """Return which metrics have one and the same value in all replications that have one, or no value."""
    return np.asarray(np.fmin.reduce(values, initial=np.inf) >= np.fmax.reduce(values, initial=-np.inf))


def interval_columns(
    name: Hashable, values: Floats, confidence: float, events: Floats | None = None, draws: bool = False
) -> dict[Hashable, Floats]:
    """Return the mean of `mean_intervals` as a column, and its interval as two more."""
    return with_interval(name, *mean_intervals(values, confidence, events, draws)[:3])


def metric_intervals(
    values: Floats, confidence: float, events: Floats, metrics: Iterable[str], draws: bool
) -> dict[Any, Any]:
    """Return `mean_intervals` of metrics as columns; their ends stay between what is possible.

    Parameters
    ----------
    values : array of float, shape (replications, metrics, ...)
    confidence, events, draws
        As for `mean_intervals`.
    metrics : names
    """
    columns: dict[Any, Any] = mean_intervals(values, confidence, events, draws)._asdict()
    names = [*metrics]
    most = np.array([1.0 if metric in SHARES else np.inf for metric in names])
    least = np.array([0.0 if metric in NEVER_NEGATIVE else -np.inf for metric in names])
    columns["low"] = np.maximum(columns["low"].T, least).T
    columns["high"] = np.minimum(columns["high"].T, most).T
    return columns


def variance_components(values: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Return by what replications of draws vary: the analysis of variance (Sun and others 2011).

    Parameters
    ----------
    values : array of float, shape (replications, ...)
        Each two in a row are of one draw; both are left out if one is NaN.

    Returns
    -------
    tuple of four arrays
        The means of the draws. The variance of their expectations, and that of simulation error; both are
        unbiased, so that the first may be negative. The standard error of the first.
    """
    one, other = values[::PER_DRAW], values[1::PER_DRAW]
    with np.errstate(invalid="ignore", divide="ignore"):
        means = (one + other) / PER_DRAW
        number, _, between = moments(means)
        simulation = moments((one - other) ** 2 / PER_DRAW)[1]
        parameters, variance = between - simulation / PER_DRAW, (simulation / PER_DRAW) ** 2 / number
        return means, parameters, simulation, np.sqrt(2 * between**2 / (number - 1) + 2 * variance)


def without_simulation_error(values: Floats) -> Floats:
    """Return means of draws, moved towards their mean until they vary as much as the parameters make them.

    So they have the variance of the expectations behind them, and about their law (Louis 1984). Where
    simulation error hides that variance, it is not taken to be 0: it is the mean of what it may be, if all
    that is not negative was equally likely before. The error of the mean of all is added. Where replications
    differ more the further a draw is on one side, as those of a large effect do, it is moved more.

    Parameters
    ----------
    values : array of float, shape (replications, ...)
        As for `variance_components`.

    Returns
    -------
    array of float, shape (replications / 2, ...)
    """
    means, parameters, simulation, error = variance_components(values)
    number, mean, between = moments(means)
    away = means - mean
    with np.errstate(invalid="ignore", divide="ignore"):
        certain = parameters / error
        density = np.exp(-(certain**2) / 2 - log_ndtr(certain)) / np.sqrt(2 * np.pi)
        variance = parameters + error * density + between / number
        own = (values[::PER_DRAW] - values[1::PER_DRAW]) ** 2 / PER_DRAW**2
        slope = np.nansum(own * away, axis=0) / np.nansum(away**2, axis=0)
        noise = np.maximum(simulation / PER_DRAW + slope * away, 0)
        total = between + noise - moments(noise)[1]
        share = np.where(total > 0, variance / (total * (1 + 1 / number)), 1)
        moved = mean + np.sqrt(np.fmin(share, 1)) * away
    return np.where(np.isnan(moved), means, moved)


def order_statistics(values: Floats, number: Ints, confidence: float) -> Floats:
    """Return between what values one more lies with a confidence, whatever their law; NaN if too few say."""
    tail = 0.5 - confidence / 2
    with warnings.catch_warnings(action="ignore"):  # of what has no value, or an infinite one
        ends = np.nanquantile(values, (tail, 1 - tail), axis=0, method="weibull")
    return np.where(tail * (number + 1) > 1 - 1e-9, ends, np.nan)


def product_table(columns: Mapping[Any, npt.NDArray[Any]], **levels: Iterable[str]) -> pd.DataFrame:
    """Return arrays as the columns of a table; the labels along each axis become a level of its index."""
    index = pd.MultiIndex.from_product([list(labels) for labels in levels.values()], names=list(levels))
    return pd.DataFrame({name: column.ravel() for name, column in columns.items()}, index=index)


def moments(values: Floats) -> tuple[Ints, Floats, Floats]:
    """Return number, mean and variance along the first axis, NaN left out.

    The mean is NaN without a value, or if a value is infinite. The variance is also NaN of a single value.
    """
    # The order of a sum, and so its last digit, must not depend on how the values lie in memory.
    values = np.ascontiguousarray(values)
    number = np.count_nonzero(~np.isnan(values), axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.nansum(values, axis=0) / number
        mean = np.where(np.isfinite(mean), mean, np.nan)
        variance = np.nansum((values - mean) ** 2, axis=0) / (number - 1)
    return number, mean, np.where((number > 1) & np.isfinite(mean), variance, np.nan)


def paired_differences(one: Floats, other: Floats) -> Floats:
    """Return the second less the first of each pair: NaN if either is NaN, else infinite if either is.

    What differs by rounding only does not differ: days away are a sum, and their parts may change places.
    """
    with np.errstate(invalid="ignore"):
        difference = other - one
        is_rounding = np.abs(difference) <= ROUNDING * np.maximum(np.abs(one), np.abs(other))
        difference = np.where(is_rounding, 0.0, difference)
    difference = np.where(np.isinf(one) | np.isinf(other), np.inf, difference)
    return np.where(np.isnan(one) | np.isnan(other), np.nan, difference)


def variance_reduction(one: Floats, other: Floats, pairs: Floats) -> Floats:
    """Return 1 less the variance of paired differences relative to that of independent scenarios."""
    known = ~np.isnan(pairs)
    variances = [moments(np.where(known, values, np.nan))[2] for values in (one, other, pairs)]
    independent = variances[0] + variances[1]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(independent > 0, 1 - variances[2] / independent, np.nan)


def half_width(deviation: Floats, number: Ints, confidence: float) -> Floats:
    """Return half the width of the t interval of the mean of this number of values."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(stdtrit(number - 1.0, 0.5 + confidence / 2) * deviation / np.sqrt(number))


def corrected_p_values(
    values: Floats, events: Floats, confidence: float, sizes: Floats | None = None, draws: bool = False
) -> Floats:
    """Return p-values of the tests that each mean is 0, corrected by Holm's rule for all of them.

    Parameters
    ----------
    values : array of float, shape (replications, ...)
        Differences.
    events : array of float, shape (...)
        How many events of the metric are expected in all replications if nothing differs.
    confidence : float
    sizes : array of float, shape (..., groups), optional
        Where values are gaps between groups and the whole book: how many holds, or borrowers, a group has.
    draws : bool
        Whether each two replications in a row are of one draw of the parameters. Then the tests are that the
        mean of a further draw is 0.

    Returns
    -------
    array of float, shape (...)
        NaN where there is no verdict: with fewer events than `LEAST_EVENTS`, or with so few replications that
        the smallest p-value they can have, corrected, would not be significant.
    """
    if draws:
        values = without_simulation_error(values)
    p_values = np.where(events >= LEAST_EVENTS, raw_p_values(values, sizes, draws), np.nan)
    number = np.count_nonzero(~np.isnan(values), axis=0)
    tests = np.count_nonzero(~np.isnan(p_values))
    p_values[tests * _all_on_one_side(number) >= 1 - confidence] = np.nan
    return holm(p_values.ravel()).reshape(p_values.shape)


def raw_p_values(values: Floats, sizes: Floats | None = None, draws: bool = False) -> Floats:
    """Return two-sided p-values of Student's t test that the mean is 0, along the first axis.

    They are as large as they must be for a test far in the tail, which Holm's rule needs:

    - A group that happens to see few events has a small mean and a small variance, too. So the variance of a
      gap is not taken to be smaller than that of all groups together, scaled by the size of the group.
    - If k replications differ from 0, chance alone puts them all on one side with probability 2 / 2**k. A
      p-value is not smaller than that. It is 1 if no replication differs.

    Of draws, whose values are `without_simulation_error`, the test is that of a further one. The rank of 0
    among them tests the same whatever their law, so the p-value is no larger than its.

    Parameters
    ----------
    values, sizes, draws
        As for `corrected_p_values`.
    """
    number, mean, variance = moments(values)
    known = ~np.isnan(variance)
    if sizes is not None:
        variance = np.fmax(variance, _variance_of_all(variance, sizes))
    with np.errstate(invalid="ignore", divide="ignore"):
        error = np.sqrt(variance / number + variance * draws)
        t_test = 2 * stdtr(number - 1.0, -np.abs(mean) / error)
    differing = np.count_nonzero(~np.isnan(values) & (values != 0), axis=0)
    p_values = np.minimum(np.fmax(t_test, _all_on_one_side(differing)), 1.0)
    if draws:
        fewer = np.minimum(np.count_nonzero(values <= 0, axis=0), np.count_nonzero(values >= 0, axis=0))
        p_values = np.fmin(p_values, 2 * (fewer + 1) / (number + 1))
    return np.where(known, p_values, np.nan)


def is_significant(p_values: Floats, confidence: float) -> pd.arrays.BooleanArray:
    """Return whether corrected p-values are significant, as a column: unknown (NA) where they are NaN."""
    return pd.arrays.BooleanArray(p_values.ravel() < 1 - confidence, np.isnan(p_values.ravel()))


def holm(p_values: Floats) -> Floats:
    """Return p-values corrected for multiple tests by Holm's step-down rule; NaN is no test.

    Holm, S. (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal
    of Statistics 6(2), 65-70.
    """
    corrected = np.full_like(p_values, np.nan)
    known = np.flatnonzero(~np.isnan(p_values))
    order = known[np.argsort(p_values[known], kind="stable")]
    corrected[order] = np.maximum.accumulate(np.arange(len(order), 0, -1) * p_values[order])
    return np.minimum(corrected, 1.0)


def _all_on_one_side(number: Ints) -> Floats:
    """Return the p-value of a sign test of so many values that agree."""
    return np.asarray(2.0 ** (1 - number))


def _variance_of_all(variance: Floats, sizes: Floats) -> Floats:
    """Return the variance that gaps would have, did holds of all groups vary alike: by the size of a group.

    A group of n of all N has a gap of variance s^2 (1 / n - 1 / N). The groups estimate s^2 together.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = 1 / sizes - 1 / sizes.sum(axis=-1, keepdims=True)
        of_one = variance / scale
        weights = np.where(np.isnan(of_one), 0.0, sizes)
        mean = np.nansum(weights * of_one, axis=-1, keepdims=True) / weights.sum(axis=-1, keepdims=True)
        return np.asarray(mean * scale)
