"""Verdicts: whether a difference is real, or that too little can be observed to say so."""

import numpy as np
import pandas as pd
from scipy.special import stdtr

from simlimit.arguments import Ints
from simlimit.study.intervals import moments, without_simulation_error
from simlimit.study.metrics import LEAST_EVENTS, Floats


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
    factors = np.arange(len(order), 0, -1)
    corrected[order] = np.minimum(1.0, np.maximum.accumulate(factors * p_values[order]))
    return corrected


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
