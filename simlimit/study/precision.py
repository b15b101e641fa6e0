"""How many replications are enough: until the interval of every chosen metric is narrow, and stays so.

Hoad, K., Robinson, S. and Davies, R. (2010). Automated selection of the number of replications for
a discrete-event simulation. Journal of the Operational Research Society 61(11), 1632-1644.
"""

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from simlimit.errors import SimlimitError
from simlimit.study.intervals import Floats, half_width
from simlimit.study.metrics import METRICS

LEAST = 30
"""Replications before the rule may stop: a variance of fewer is too rough to stop on."""
LOOK_AHEAD = 5
"""For so many more replications, or per cent of them, the intervals must stay narrow."""
CONFIDENCE = 0.95
DEFAULT = "restricted_mean_days"


def wanted(precision: float | Mapping[str, float]) -> dict[str, float]:
    """Return the relative half-width that is wanted of each chosen metric; a number is of the mean delay."""
    chosen = dict(precision) if isinstance(precision, Mapping) else {DEFAULT: precision}
    if not chosen:
        raise SimlimitError("precision is empty, but must name at least one metric.")
    for metric, relative in chosen.items():
        if metric not in METRICS:
            raise SimlimitError(
                f"precision names {metric!r}, but must name metrics among: {', '.join(METRICS)}."
            )
        if not isinstance(relative, int | float) or isinstance(relative, bool) or not 0 < relative < 1:
            raise SimlimitError(
                f"precision of {metric} is {relative!r}, but must be a number between 0 and 1: half the "
                "width of the interval relative to the estimate."
            )
    return chosen


def enough(values: Floats, relative: Floats) -> int | None:
    """Return how many of the replications are enough.

    Parameters
    ----------
    values : array of float, shape (replications, metrics)
        In the order of their numbers; NaN, where a replication has nothing to say, is left out.
    relative : array of float, shape (metrics,)
        Half-widths that are wanted, relative to the estimates.

    Returns
    -------
    int or None
        The least number, at least `LEAST`, at which all intervals are as narrow and stay so over the
        replications that are looked ahead, these included; None if these are not enough.
    """
    narrow = np.append(is_narrow(values, relative), False)
    # From here on, for how many numbers in a row the intervals are narrow.
    ends = np.flatnonzero(~narrow)
    lasting = ends[np.searchsorted(ends, np.arange(len(values)))] - np.arange(len(values))
    for number in range(LEAST, len(values) + 1):
        ahead = max(LOOK_AHEAD, math.ceil(number * LOOK_AHEAD / 100))
        if lasting[number - 1] > ahead:
            return number + ahead
    return None


def is_narrow(values: Floats, relative: Floats) -> npt.NDArray[np.bool_]:
    """Return, for the first 1, 2, .. replications, whether the intervals of all metrics are narrow."""
    known = ~np.isnan(values)
    numbers = known.cumsum(axis=0)
    # Shifted, so that the running variance does not suffer from cancellation.
    first = np.take_along_axis(values, known.argmax(axis=0)[np.newaxis], axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        shifted = np.where(known, values - first, 0.0)
        mean = shifted.cumsum(axis=0) / numbers
        variance = ((shifted**2).cumsum(axis=0) - numbers * mean**2) / (numbers - 1)
        half = half_width(np.sqrt(np.maximum(variance, 0)), numbers, CONFIDENCE)
        estimate = np.abs(mean + first)
        # What has never happened yet is not known precisely to be nothing.
        return np.asarray(((half <= relative * estimate) & (estimate > 0)).all(axis=1))
