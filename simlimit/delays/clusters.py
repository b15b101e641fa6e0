"""The interval of a statistic of pooled counts, from its change when one cluster is left out."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

from simlimit.arguments import check_confidence
from simlimit.delays.curves import FloatArray
from simlimit.errors import SimlimitError

Statistic = Callable[..., FloatArray]

# What is in work at a time should fit in a core's cache.
CELLS_AT_A_TIME = 50_000


class Band(NamedTuple):
    """An estimate with its standard error and interval; four arrays of one shape."""

    estimate: FloatArray
    error: FloatArray
    low: FloatArray
    high: FloatArray


def jackknife(
    statistic: Statistic,
    *counts: npt.ArrayLike,
    confidence: float = 0.95,
    bounds: tuple[float, float] = (0.0, 1.0),
) -> Band:
    """Return a statistic of pooled counts with its delete-one-cluster jackknife interval.

    The estimate is the statistic of the counts summed over clusters (replications of a study, borrowers of a
    log). Its squared standard error is (m - 1)/m times the sum, over the m clusters, of the squared
    deviations from their mean of the statistic without that cluster. The interval is that of Student's t with
    m - 1 degrees of freedom. It assumes that clusters are independent, and nothing of what is inside one.

    Parameters
    ----------
    statistic : callable
        Takes as many arrays as there are `counts`, with any leading axes instead of the clusters, and returns
        an array with these leading axes: `aalen_johansen`, or a difference of two of its curves.
    *counts : arrays of shape (clusters, ...)
        Counts, or amounts, of each cluster.
    confidence : float
        Between 0 and 1.
    bounds : (float, float)
        The interval is cut to these: what the statistic can be.

    Returns
    -------
    Band
        `estimate`, `error`, `low` and `high`, each of the shape of the statistic. With one cluster, and where
        the statistic is not defined without some cluster, all but the estimate are NaN.

    Raises
    ------
    SimlimitError
        If the arrays do not have the same number of clusters, or the confidence is not between 0 and 1.

    References
    ----------
    Efron, B. and Tibshirani, R. J. (1993). An Introduction to the Bootstrap, Chapman & Hall, chapter 11.

    Examples
    --------
    Of 4 holds each in three replications, 1, 2 and 3 were released at once, and the others a day later:

    >>> from simlimit.delays import aalen_johansen, jackknife
    >>> ended = [[[1, 3]], [[2, 2]], [[3, 1]]]
    >>> band = jackknife(aalen_johansen, ended, [[0, 0]] * 3)
    >>> [round(float(each[0, 0]), 4) for each in band]
    [0.5, 0.1443, 0.0, 1.0]
    """
    arrays = tuple(np.asarray(each, np.float64) for each in counts)
    clusters = {each.shape[:1] for each in arrays}
    if len(clusters) != 1 or clusters & {(), (0,)}:
        raise SimlimitError(
            f"counts have shapes {', '.join(str(each.shape) for each in arrays)}, "
            "but must have the same number of clusters, 1 or more, along their first axis."
        )
    number = len(arrays[0])
    step = clusters_at_a_time(sum(each[0].size for each in arrays))
    parts = (tuple(each[first : first + step] for each in arrays) for first in range(0, number, step))
    totals = tuple(each.sum(axis=0) for each in arrays)
    return jackknife_of_parts(statistic, totals, parts, number, confidence, bounds)


def clusters_at_a_time(cells: int) -> int:
    """Return how many clusters to work on at once, if each has so many counts."""
    return max(1, CELLS_AT_A_TIME // max(1, cells))


def jackknife_of_parts(
    statistic: Statistic,
    totals: Sequence[FloatArray],
    parts: Iterable[Sequence[FloatArray]],
    clusters: int,
    confidence: float,
    bounds: tuple[float, float] = (0.0, 1.0),
) -> Band:
    """Return what `jackknife` does, from the totals and from the clusters' counts a part at a time."""
    check_confidence(confidence)
    estimate = statistic(*totals)
    # Deviations from the estimate, not the values: their squares can be summed without losing digits.
    total = np.zeros_like(estimate)
    squares = np.zeros_like(estimate)
    for part in parts:
        # Never below 0: a sum of amounts in the same order is not less without some of them, even rounded.
        left_out = (whole - each for whole, each in zip(totals, part, strict=True))
        deviation = statistic(*left_out) - estimate
        total += deviation.sum(axis=0)
        squares += np.square(deviation, out=deviation).sum(axis=0)
    spread = np.maximum(squares - total**2 / clusters, 0.0)
    error = np.sqrt(spread * (clusters - 1) / clusters) if clusters > 1 else np.full_like(estimate, np.nan)
    margin = stdtrit(max(clusters - 1, 1), 0.5 + confidence / 2) * error
    low, high = (np.clip(side, *bounds) for side in (estimate - margin, estimate + margin))
    return Band(estimate, error, low, high)
