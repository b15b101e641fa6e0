"""Intervals over independent replications, which are the unit of error."""

from collections.abc import Hashable, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import stdtrit

from simlimit.delays.tables import with_interval
from simlimit.study.events import LEAST_EVENTS
from simlimit.study.metrics import NEVER_NEGATIVE, SHARES, Floats


class Intervals(NamedTuple):
    """Means over replications with their intervals; and how many replications have a value."""

    estimate: Floats
    low: Floats
    high: Floats
    replications: npt.NDArray[np.int64]


def t_intervals(values: Floats, confidence: float, events: Floats | None = None) -> Intervals:
    """Return the mean over replications, and Student's t interval of the expectation of a replication.

    Parameters
    ----------
    values : array of float, shape (replications, ...)
        NaN, such as a share of no holds, is left out. A value is infinite where it was not reached, such as a
        median; then the mean is NaN.
    confidence : float
    events : array of float, shape (...), optional
        How many events are expected in all replications.

    Returns
    -------
    Intervals
        Arrays of shape (...). The interval is NaN with fewer than two replications. It is NaN as well if all
        are equal, or fewer than `LEAST_EVENTS` are expected: how much others would differ was not seen.
    """
    number, mean, variance = moments(values)
    varies = np.fmin.reduce(values, initial=np.inf) < np.fmax.reduce(values, initial=-np.inf)
    is_known = varies if events is None else varies & (events >= LEAST_EVENTS)
    half = half_width(np.sqrt(np.where(is_known, variance, np.nan)), number, confidence)
    return Intervals(mean, mean - half, mean + half, number)


def t_interval_columns(
    name: Hashable, values: Floats, confidence: float, events: Floats | None = None
) -> dict[Hashable, Floats]:
    """Return the mean of `t_intervals` as a column, and its interval as two more."""
    return with_interval(name, *t_intervals(values, confidence, events)[:3])


def metric_intervals(
    values: Floats, confidence: float, events: Floats, metrics: Iterable[str]
) -> dict[str, npt.NDArray[Any]]:
    """Return `t_intervals` of metrics as columns; their ends stay between what is possible.

    Parameters
    ----------
    values : array of float, shape (replications, metrics, ...)
    confidence, events
        As for `t_intervals`.
    metrics : names
    """
    columns = t_intervals(values, confidence, events)._asdict()
    names = [*metrics]
    most = np.array([1.0 if metric in SHARES else np.inf for metric in names])
    least = np.array([0.0 if metric in NEVER_NEGATIVE else -np.inf for metric in names])
    columns["low"] = np.maximum(columns["low"].T, least).T
    columns["high"] = np.minimum(columns["high"].T, most).T
    return columns


def product_table(columns: Mapping[Any, npt.NDArray[Any]], **levels: Iterable[str]) -> pd.DataFrame:
    """Return arrays as the columns of a table; the labels along each axis become a level of its index."""
    index = pd.MultiIndex.from_product([list(labels) for labels in levels.values()], names=list(levels))
    return pd.DataFrame({name: column.ravel() for name, column in columns.items()}, index=index)


def moments(values: Floats) -> tuple[npt.NDArray[np.int64], Floats, Floats]:
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
    """Return the second less the first of each pair: NaN if either is NaN, else infinite if either is."""
    with np.errstate(invalid="ignore"):
        difference = np.where(np.isinf(one) | np.isinf(other), np.inf, other - one)
    return np.where(np.isnan(one) | np.isnan(other), np.nan, difference)


def half_width(deviation: Floats, number: npt.NDArray[np.int64], confidence: float) -> Floats:
    """Return half the width of the t interval of the mean of this number of values."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(stdtrit(number - 1.0, 0.5 + confidence / 2) * deviation / np.sqrt(number))
