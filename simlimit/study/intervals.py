"""Intervals over independent replications, which are the unit of error."""

import numpy as np
import numpy.typing as npt
from scipy.special import stdtr, stdtrit

Floats = npt.NDArray[np.float64]


def t_intervals(values: Floats, confidence: float) -> tuple[Floats, Floats, Floats, npt.NDArray[np.int64]]:
    """Return the mean over replications, and Student's t interval of the expectation of a replication.

    Parameters
    ----------
    values : array of float, shape (replications, ...)
        NaN where a replication has nothing to say, such as a share of no holds: it is left out. Infinite
        where what is asked was not reached: then so is the mean, and it is given as NaN.
    confidence : float

    Returns
    -------
    estimate, low, high : arrays of float, shape (...)
        The interval is NaN with fewer than two replications.
    replications : array of int, shape (...)
        How many had something to say.
    """
    number, mean, variance = moments(values)
    half = half_width(np.sqrt(variance), number, confidence)
    return mean, mean - half, mean + half, number


def moments(values: Floats) -> tuple[npt.NDArray[np.int64], Floats, Floats]:
    """Return number, mean and variance along the first axis, NaN left out.

    The mean is NaN if there is no value or one is infinite; the variance also with fewer than two.
    """
    number = np.count_nonzero(~np.isnan(values), axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.nansum(values, axis=0) / number
        mean = np.where(np.isfinite(mean), mean, np.nan)
        variance = np.nansum((values - mean) ** 2, axis=0) / (number - 1)
    return number, mean, np.where((number > 1) & np.isfinite(mean), variance, np.nan)


def paired(one: Floats, other: Floats) -> Floats:
    """Return the second less the first of each pair; infinite if either is, NaN if either is not there."""
    with np.errstate(invalid="ignore"):
        difference = np.where(np.isinf(one) | np.isinf(other), np.inf, other - one)
    return np.where(np.isnan(one) | np.isnan(other), np.nan, difference)


def half_width(deviation: Floats, number: npt.NDArray[np.int64], confidence: float) -> Floats:
    """Return half the width of the t interval of a mean of so many values."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(stdtrit(number - 1.0, 0.5 + confidence / 2) * deviation / np.sqrt(number))


def t_probabilities(values: Floats) -> Floats:
    """Return the two-sided probability of a mean so far from 0, were it 0, along the first axis."""
    mean, low, high, number = t_intervals(values, 0.5)
    with np.errstate(invalid="ignore", divide="ignore"):
        error = (high - low) / 2 / stdtrit(number - 1.0, 0.75)
        statistic = np.where(mean == 0, 0.0, np.abs(mean) / error)
        return np.asarray(2 * stdtr(number - 1.0, -statistic))


def holm(probabilities: Floats) -> Floats:
    """Return probabilities corrected for being several, by Holm's step-down rule; NaN stays out.

    Holm, S. (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal
    of Statistics 6(2), 65-70.
    """
    corrected = np.full_like(probabilities, np.nan)
    known = np.flatnonzero(~np.isnan(probabilities))
    order = known[np.argsort(probabilities[known], kind="stable")]
    factors = np.arange(len(order), 0, -1)
    corrected[order] = np.minimum(1.0, np.maximum.accumulate(factors * probabilities[order]))
    return corrected
